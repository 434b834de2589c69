/* The mixer of a device, or of a loop, as alsa-lib's external control plugins see it. */
#ifndef LOOPBRIDGE_CTL_H
#define LOOPBRIDGE_CTL_H

#include <alsa/asoundlib.h>
#include <alsa/control_external.h>
#include <stdbool.h>

#include "../conn.h"

enum {
	LB_NAME_ROOM = 44,  /* of an element's name, with its zero byte */
	LB_OWN = 8,	    /* elements of the device itself, at most */
	LB_STRIPS = 128,    /* states that are shown at a time; what comes beyond waits for room */
	LB_MOST = 3,	    /* elements of another strip, at most */
	LB_SLOTS = 512,	    /* numids there are; those of gone elements are used again when all were */
	LB_LAST_READS = 16, /* see struct lb_strip */
};

enum kind { VOLUME, NUMBER, SWITCH, PORTS };

/* What an element is, whosever it is. */
struct lb_element {
	const char *name; /* or the end of it, behind the name of its strip */
	enum kind kind;
	enum lb_field field;
	uint32_t needs; /* of LB_HW_FEATURES */
	long max;
	enum lb_field avail, mod; /* of PORTS */
	const char *const *ports;
};

/* A strip is a state with elements: the first that of the device, or loop, itself, the
 * others those of loops, ends and clients.
 *
 * A mixer has one of two sets of rows. Those that are fixed are there when it is opened, and
 * stay for as long as it is open: programs that keep a pointer to an element, such as MPD,
 * abort when one of its mixer goes. That of a loop that goes keeps its last value, and cannot
 * be set. With clients, all of them come and go.
 *
 * What has gone cannot be set any more. It can still be read a few times, as it was last:
 * alsa-lib reads a whole mixer when it opens it, and each element that comes, and gives
 * all of them up if one cannot be read. */
struct lb_strip {
	struct lb_device now; /* what the daemon said last */
	char base[LB_NAME_ROOM]; /* how the names of its elements begin; empty: with nothing */
	unsigned int index;	 /* of its elements: another strip may have the same base */
	uint32_t sides;		 /* LB_HW_PLAY, LB_HW_RECORD */
	bool used;		 /* elements are of it */
	bool there;
	bool parted;		 /* of those that it had some are free again */
	unsigned int reads;	 /* that are left, once it has gone */
};

/* A slot is an element of a strip, or none; its offset is the numid, less one. It stays
 * its strip's for as long as the program may know it. */
struct lb_slot {
	short strip; /* -1: none, it is free */
	unsigned char element;
	bool told;	     /* the program knows it */
	unsigned int events; /* SND_CTL_EVENT_MASK_VALUE and _INFO, of which it has yet to be told */
	uint64_t freed;	     /* when, in slots that were freed before */
};

struct lb_ctl {
	snd_ctl_ext_t ext;
	struct lb_conn conn;
	char device[LB_NAME_BYTES];
	bool clients; /* are shown; else the rows are fixed */
	struct lb_strip strips[LB_STRIPS];
	struct lb_slot slots[LB_SLOTS];
	unsigned int count; /* slots that were used */
	uint64_t freed;

	/* What the daemon has listed. */
	struct lb_strip listed[LB_STRIPS];
	unsigned int listings;
	bool crowded; /* there was no room for some of it */
	char loop[LB_NAME_BYTES]; /* whose ends are next */

	/* Events. */
	bool following;	     /* a Follow is under way */
	uint64_t seen;	     /* events of the daemon */
	unsigned int deaths; /* how often the program was told that the daemon is gone */
};

/* The files of the mixer use one another downwards: open, elements, events, strips, table. */

/* table.c: what there can be. */

/* lb_ctl_element is the n-th kind of element, NULL: there is none. The first LB_OWN are
 * those of the first strip. */
const struct lb_element *lb_ctl_element(unsigned int n);

/* lb_ctl_ports are those that can be chosen, of an element of ports. */
uint32_t lb_ctl_ports(const struct lb_element *e, const struct lb_device *now);

/* lb_ctl_tlv is the dB scale of all volumes. */
extern const unsigned int lb_ctl_tlv[];

/* strips.c: what there is. */

/* lb_ctl_look asks the daemon what there is now. A negative errno. */
int lb_ctl_look(struct lb_ctl *c);

/* lb_ctl_settle takes in what the daemon has listed, the mixer's own first; again where
 * there was no room for some of it, and may be now. */
void lb_ctl_settle(struct lb_ctl *c);

/* lb_ctl_slot is the one at an offset, NULL where there is none, or a free one. */
struct lb_slot *lb_ctl_slot(struct lb_ctl *c, unsigned long offset);

/* lb_ctl_strip is that of a slot which is not free. */
struct lb_strip *lb_ctl_strip(struct lb_ctl *c, const struct lb_slot *s);

/* lb_ctl_id names the element of a slot which is not free. */
void lb_ctl_id(struct lb_ctl *c, const struct lb_slot *s, snd_ctl_elem_id_t *id);

/* lb_ctl_pending is the event of a slot which is not free, 0: none. */
unsigned int lb_ctl_pending(struct lb_ctl *c, const struct lb_slot *s);

/* lb_ctl_told notes that the program was told of an event. */
void lb_ctl_told(struct lb_ctl *c, struct lb_slot *s, unsigned int event);

/* lb_ctl_all_told notes that the program knows what there is. */
void lb_ctl_all_told(struct lb_ctl *c);

/* events.c */

void lb_ctl_subscribe(snd_ctl_ext_t *ext, int subscribe);
int lb_ctl_read_event(snd_ctl_ext_t *ext, snd_ctl_elem_id_t *id, unsigned int *mask);
int lb_ctl_poll_revents(snd_ctl_ext_t *ext, struct pollfd *fds, unsigned int n, unsigned short *revents);

/* elements.c */

/* lb_ctl_callbacks is what alsa-lib calls. */
extern const snd_ctl_ext_callback_t lb_ctl_callbacks;

#endif
