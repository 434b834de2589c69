/* One open end of a loop as alsa-lib's ioplug sees it. */
#ifndef LOOPBRIDGE_PCM_H
#define LOOPBRIDGE_PCM_H

#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <stdbool.h>
#include <sys/types.h>

#include "chmap.h"
#include "conn.h"
#include "ring.h"

enum { LB_ABORTED = 2 }; /* what alsa-lib makes of nonblock in snd_pcm_abort */

struct lb_pcm {
	snd_pcm_ioplug_t io;
	struct lb_conn conn;
	struct lb_ring ring;
	enum lb_role role;
	char loop[LB_NAME_BYTES];
	pid_t owner; /* who opened: a child after fork must not close the end */
	struct lb_chmap chmap;
	uint8_t told[LB_MAX_POSITIONS]; /* what the daemon knows of the positions of this end */

	/* Positions. alsa-lib counts from the last prepare and wraps at the boundary; the
	 * ring counts since it was made and never wraps. */
	uint64_t base;		    /* ring position where alsa-lib's pointers were 0 */
	uint64_t appl;		    /* frames that the application is past base */
	snd_pcm_uframes_t appl_ptr; /* alsa-lib's view of appl when we last looked */
	snd_pcm_uframes_t boundary; /* 0: not known yet */

	snd_pcm_uframes_t avail_min;
	bool stops_at_xrun; /* stop_threshold is not "never" */
	uint32_t xruns;	    /* bursts that the application knows of */
	unsigned int resets; /* how often it was told of the end of the stream */
	unsigned int overlooked; /* how often poll told it that all is over, and it did not ask why */
	struct {
		int64_t clock, since; /* the last cycle, and since when it is waited for another in vain */
	} stall;
	bool told_end; /* a person was, once */
	bool stirs;    /* poll has yet to return once, see settle in flow.c */

	uint32_t starts; /* how many Start were sent on this ring */
	bool armed;	 /* a Start was sent, and not taken back since */
	bool settled;	 /* the application has chosen: a client at open has the loop's format */
	bool gap;	 /* an xrun has stopped it, and it has not started again */
	bool draining;	 /* the daemon was asked to drain what is written */
	bool drained;	 /* all was taken: a stop that follows need not end the session */
};

/* lb_pcm_callbacks is what alsa-lib calls. */
extern const snd_pcm_ioplug_callback_t lb_pcm_callbacks;

/* lb_pcm_constrain tells alsa-lib what the end can do: a server everything, a client
 * what its loop carries. */
int lb_pcm_constrain(struct lb_pcm *p);

/* lb_pcm_shorten gives a program that has taken the largest buffer one of 2 s, as cards have
 * them, and no program more than 10 s; in what it has chosen, and in p->io. */
int lb_pcm_shorten(struct lb_pcm *p, snd_pcm_hw_params_t *params);

/* lb_pcm_adopt begins to use the ring that was just mapped. */
void lb_pcm_adopt(struct lb_pcm *p);

/* lb_pcm_poll makes poll(2) tell the truth: the bell is audible if the application
 * need not wait, else it is silent until the daemon has got far enough. */
void lb_pcm_poll(struct lb_pcm *p);

/* flow.c, for pcm.c. */

bool lb_plays(const struct lb_pcm *p);

/* lb_state is what the end is doing: enum lb_state. */
uint32_t lb_state(const struct lb_pcm *p);

/* lb_over is why nothing moves any more: a negative errno, or 0. */
int lb_over(const struct lb_pcm *p);

/* lb_stall is for a program that will wait for a late cycle: clock is that of the last one. It returns
 * when to look again, 0: not at all; or gives a daemon up that does not answer. */
int64_t lb_stall(struct lb_pcm *p, int64_t clock, int64_t now);

/* lb_begin arms the end, once until the daemon has heeded. */
int lb_begin(struct lb_pcm *p);

/* lb_unwrite takes back what the application has rewound before the start. */
void lb_unwrite(struct lb_pcm *p);

/* lb_rebase makes the present position alsa-lib's 0. What a writer has not started is
 * dropped. */
void lb_rebase(struct lb_pcm *p);

snd_pcm_sframes_t lb_pcm_pointer(snd_pcm_ioplug_t *io);
snd_pcm_sframes_t lb_pcm_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
				  snd_pcm_uframes_t size);
int lb_pcm_delay(snd_pcm_ioplug_t *io, snd_pcm_sframes_t *delay);
int lb_pcm_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned int n, unsigned short *revents);

/* drain.c */

int lb_pcm_drain(snd_pcm_ioplug_t *io);

/* lb_drained notices, and says, that all of a drain was taken. */
bool lb_drained(struct lb_pcm *p);

/* lb_drain_on takes alsa-lib out of DRAINING once that has come to an end, as a card does
 * by itself. */
void lb_drain_on(struct lb_pcm *p);

#endif
