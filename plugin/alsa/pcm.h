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

enum { LB_ABORTED = 2 }; /* io.nonblock after snd_pcm_abort */

struct lb_pcm {
	snd_pcm_ioplug_t io;
	struct lb_conn conn;
	struct lb_ring ring;
	enum lb_role role;
	char loop[LB_NAME_BYTES];
	pid_t owner; /* the process that opened: a child after fork must not close the end */
	struct lb_chmap chmap;
	uint8_t told[LB_MAX_POSITIONS]; /* the positions that the daemon knows */

	/* Positions. alsa-lib counts from the last prepare and wraps at the boundary; the ring counts
	 * from its creation and never wraps. */
	uint64_t base;		    /* ring position where alsa-lib's pointers were 0 */
	uint64_t appl;		    /* frames of the application after base */
	snd_pcm_uframes_t appl_ptr; /* alsa-lib's view of appl at our last look */
	snd_pcm_uframes_t boundary; /* 0: unknown */

	snd_pcm_uframes_t avail_min;
	bool stops_at_xrun; /* stop_threshold is below the boundary */
	uint32_t xruns;	    /* known to the application */
	unsigned int resets; /* how often it was told of the end of the stream */
	unsigned int overlooked; /* how often poll told it of the end and it did not ask for the reason */
	struct {
		int64_t clock, since; /* the last cycle, and since when the next one is overdue */
	} stall;
	bool told_end; /* a message about the end was printed */
	bool wake_once; /* poll must return once, see settle in flow.c */
	uint64_t rested; /* the daemon's position when poll told of a rest, see rests in flow.c */

	uint32_t starts; /* number of Start sent on this ring */
	bool armed;	 /* a Start was sent and not taken back */
	bool settled;	 /* the application has chosen: a client starts with the loop's format */
	bool gap;	 /* stopped by an xrun and not started again */
	bool draining;	 /* the daemon was asked to drain */
	bool drained;	 /* all was taken: a stop need not end the session */
};

/* lb_pcm_callbacks are the callbacks for alsa-lib. */
extern const snd_pcm_ioplug_callback_t lb_pcm_callbacks;

/* lb_pcm_constrain tells alsa-lib what the end can do: a server everything, a client what the loop
 * converts. */
int lb_pcm_constrain(struct lb_pcm *p);

/* lb_pcm_shorten limits the buffer that the program has chosen, in params and in p->io: to 2 s, as on a
 * card, if it took the largest, else to 10 s. */
int lb_pcm_shorten(struct lb_pcm *p, snd_pcm_hw_params_t *params);

/* lb_pcm_adopt starts to use a newly mapped ring. */
void lb_pcm_adopt(struct lb_pcm *p);

/* lb_pcm_poll makes poll(2) tell the truth: the bell rings if the application need not wait, and is
 * silent until the daemon has got far enough otherwise. */
void lb_pcm_poll(struct lb_pcm *p);

/* flow.c, for pcm.c. */

bool lb_plays(const struct lb_pcm *p);

/* lb_state returns the state of the end, an enum lb_state. */
uint32_t lb_state(const struct lb_pcm *p);

/* lb_over returns why the stream has ended, a negative errno, or 0. */
int lb_over(const struct lb_pcm *p);

/* lb_stall checks on a late cycle; clock is the time of the last one. It returns the time of the next
 * check, 0 for none. It declares a daemon dead that does not answer. */
int64_t lb_stall(struct lb_pcm *p, int64_t clock, int64_t now);

/* lb_begin arms the end, unless an earlier Start is under way. */
int lb_begin(struct lb_pcm *p);

/* lb_unwrite takes back what the application has rewound before the start. */
void lb_unwrite(struct lb_pcm *p);

/* lb_rebase makes the present position alsa-lib's 0. It drops what was written before a start. */
void lb_rebase(struct lb_pcm *p);

snd_pcm_sframes_t lb_pcm_pointer(snd_pcm_ioplug_t *io);
snd_pcm_sframes_t lb_pcm_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
				  snd_pcm_uframes_t size);
int lb_pcm_delay(snd_pcm_ioplug_t *io, snd_pcm_sframes_t *delay);
int lb_pcm_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned int n, unsigned short *revents);

/* drain.c */

int lb_pcm_drain(snd_pcm_ioplug_t *io);

/* lb_drained returns whether all of a drain was taken, from then until the next write. */
bool lb_drained(struct lb_pcm *p);

/* lb_drain_on takes alsa-lib out of DRAINING once the drain is over, as a card does by itself. */
void lb_drain_on(struct lb_pcm *p);

#endif
