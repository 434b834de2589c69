/* The mixer of a device as alsa-lib's external control plugins see it. */
#ifndef LOOPBRIDGE_CTL_H
#define LOOPBRIDGE_CTL_H

#include <alsa/asoundlib.h>
#include <alsa/control_external.h>
#include <stdbool.h>

#include "../conn.h"

enum { LB_ELEMENTS = 8 }; /* as many as there are at most */

struct lb_ctl {
	snd_ctl_ext_t ext;
	struct lb_conn conn;
	char device[LB_NAME_BYTES];
	unsigned int count;
	unsigned char elements[LB_ELEMENTS]; /* what this device has, by place in the table */

	/* Events. */
	bool watching;			      /* a Watch is under way */
	struct lb_device told;		      /* what the program knows */
	unsigned int events[LB_ELEMENTS];     /* what it has yet to be told, of each element */
	unsigned int deaths; /* how often the program was told that the daemon is gone */
};

/* lb_ctl_callbacks is what alsa-lib calls. */
extern const snd_ctl_ext_callback_t lb_ctl_callbacks;

/* lb_ctl_tlv is the dB scale of all volumes. */
extern const unsigned int lb_ctl_tlv[];

/* lb_ctl_info asks the daemon for the state of the device. A negative errno. */
int lb_ctl_info(struct lb_ctl *c, struct lb_device *now);

/* lb_ctl_begin finds out which elements the device has. */
void lb_ctl_begin(struct lb_ctl *c, const struct lb_device *now);

/* What elements.c and events.c share. */

/* lb_ctl_id names the element at an offset. */
void lb_ctl_id(struct lb_ctl *c, unsigned int offset, snd_ctl_elem_id_t *id);

/* lb_ctl_changes is the event that an element has when the state changes, 0: none. */
unsigned int lb_ctl_changes(const struct lb_ctl *c, unsigned int offset, const struct lb_device *before,
			    const struct lb_device *now);

/* lb_ctl_shown are the fields that the elements show. */
uint64_t lb_ctl_shown(const struct lb_ctl *c);

void lb_ctl_subscribe(snd_ctl_ext_t *ext, int subscribe);
int lb_ctl_read_event(snd_ctl_ext_t *ext, snd_ctl_elem_id_t *id, unsigned int *mask);
int lb_ctl_poll_revents(snd_ctl_ext_t *ext, struct pollfd *fds, unsigned int n, unsigned short *revents);

#endif
