/* The mixer of a device or of a loop, as an external control plugin of alsa-lib. */
#ifndef LOOPBRIDGE_CTL_H
#define LOOPBRIDGE_CTL_H

#include <alsa/asoundlib.h>
#include <alsa/control_external.h>
#include <stdbool.h>

#include "../conn.h"

enum {
	LB_NAME_ROOM = 44,  /* of an element's name, with its zero byte */
	LB_OWN = 8,	    /* most elements of the first strip */
	LB_STRIPS = 128,    /* states shown at a time; others wait for room */
	LB_MOST = 3,	    /* most elements of another strip */
	LB_SLOTS = 512,	    /* numids; those of removed elements are reused when all were used */
	LB_LAST_READS = 16, /* see struct lb_strip */
};

enum kind { VOLUME, NUMBER, SWITCH, PORTS };

/* A kind of element. */
struct lb_element {
	const char *name; /* for another strip, the part after its base */
	enum kind kind;
	enum lb_field field;
	uint32_t needs; /* of LB_HW_FEATURES */
	long max;
	enum lb_field avail, mod; /* of PORTS */
	const char *const *ports;
};

/* A strip is a state with elements. The first strip is the device or loop itself; the others are loops,
 * ends and clients.
 *
 * A mixer shows one of two sets of rows. Fixed rows exist from its opening to its end, because programs
 * that keep a pointer to an element, such as MPD, abort when one is removed. A row whose loop is
 * removed keeps its last value and cannot be set. With rows for clients, all rows but the first strip's
 * come and go.
 *
 * A removed element cannot be set but can be read a few times with its last value: alsa-lib reads a
 * whole mixer when it opens it, and each element that is added, and fails if it cannot read one. */
struct lb_strip {
	struct lb_device now; /* the daemon's latest */
	char base[LB_NAME_ROOM]; /* prefix of its elements' names; may be empty */
	unsigned int index;	 /* of its elements: another strip may have the same base */
	uint32_t sides;		 /* LB_HW_PLAY, LB_HW_RECORD */
	bool used;		 /* it has elements */
	bool there;
	bool parted;		 /* some of its slots were freed */
	unsigned int reads;	 /* left after it was removed */
};

/* A slot is an element of a strip, or free; its offset is the numid - 1. It keeps its strip as long as
 * the program may know it. */
struct lb_slot {
	short strip; /* -1: free */
	unsigned char element;
	bool told;	     /* the program knows it */
	unsigned int events; /* SND_CTL_EVENT_MASK_VALUE and _INFO, still to be reported */
	uint64_t freed;	     /* number of slots freed before it */
};

struct lb_ctl {
	snd_ctl_ext_t ext;
	struct lb_conn conn;
	char device[LB_NAME_BYTES];
	bool clients; /* rows for clients, else fixed rows */
	struct lb_strip strips[LB_STRIPS];
	struct lb_slot slots[LB_SLOTS];
	unsigned int count; /* slots that were ever used */
	uint64_t freed;

	/* What the daemon has listed. */
	struct lb_strip listed[LB_STRIPS];
	unsigned int listings;
	bool crowded; /* some of it had no room */
	char loop[LB_NAME_BYTES]; /* of the ends that follow */

	/* Events. */
	bool following;	     /* a Follow is under way */
	uint64_t seen;	     /* number of the daemon's events */
	unsigned int deaths; /* how often the program was told that the daemon has gone */
};

/* The files of the mixer use one another downwards: open, elements, events, strips, table. */

/* table.c: the kinds of elements. */

/* lb_ctl_element returns the n-th kind of element, NULL if there is none. The first LB_OWN belong to
 * the first strip. */
const struct lb_element *lb_ctl_element(unsigned int n);

/* lb_ctl_ports returns the ports that an element can choose from. */
uint32_t lb_ctl_ports(const struct lb_element *e, const struct lb_device *now);

/* lb_ctl_tlv is the dB scale of all volumes. */
extern const unsigned int lb_ctl_tlv[];

/* strips.c: the elements that exist. */

/* lb_ctl_look asks the daemon for all states. It returns 0 or a negative errno. */
int lb_ctl_look(struct lb_ctl *c);

/* lb_ctl_settle updates strips and slots from what the daemon has listed, starting with the mixer's
 * own. Call it again when there may be room for what had none. */
void lb_ctl_settle(struct lb_ctl *c);

/* lb_ctl_slot returns the slot at an offset, NULL if it is free or beyond the last. */
struct lb_slot *lb_ctl_slot(struct lb_ctl *c, unsigned long offset);

/* lb_ctl_strip returns the strip of a slot that is not free. */
struct lb_strip *lb_ctl_strip(struct lb_ctl *c, const struct lb_slot *s);

/* lb_ctl_id stores the id of a slot that is not free. */
void lb_ctl_id(struct lb_ctl *c, const struct lb_slot *s, snd_ctl_elem_id_t *id);

/* lb_ctl_pending returns the event of a slot that is not free, 0 for none. */
unsigned int lb_ctl_pending(struct lb_ctl *c, const struct lb_slot *s);

/* lb_ctl_told notes that the program was told of an event. */
void lb_ctl_told(struct lb_ctl *c, struct lb_slot *s, unsigned int event);

/* lb_ctl_all_told notes that the program knows all elements. */
void lb_ctl_all_told(struct lb_ctl *c);

/* events.c */

void lb_ctl_subscribe(snd_ctl_ext_t *ext, int subscribe);
int lb_ctl_read_event(snd_ctl_ext_t *ext, snd_ctl_elem_id_t *id, unsigned int *mask);
int lb_ctl_poll_revents(snd_ctl_ext_t *ext, struct pollfd *fds, unsigned int n, unsigned short *revents);

/* elements.c */

/* lb_ctl_callbacks are the callbacks for alsa-lib. */
extern const snd_ctl_ext_callback_t lb_ctl_callbacks;

#endif
