/* Where the channels of an end stand: what the program says, or is known to mean. */
#ifndef LOOPBRIDGE_CHMAP_H
#define LOOPBRIDGE_CHMAP_H

#include <alsa/asoundlib.h>
#include <stdbool.h>

#include "wire.h"

/* Positions are numbers of ALSA, SND_CHMAP_FL ..., one for each channel; zeros: none. */
struct lb_stand {
	uint32_t channels; /* 0: nothing is said */
	uint8_t at[LB_MAX_POSITIONS];
};

/* lb_order is which order the channels of a program have that says nothing. */
enum lb_order {
	LB_ORDER_ALSA, /* FL FR RL RR FC LFE ..., by convention */
	LB_ORDER_WAV,  /* FL FR FC LFE RL RR ...: it takes the frames of a file as they are */
	LB_ORDER_LOOP, /* that of the loop: it does not know of positions */
};

/* lb_chmap is what is known of the positions of an end. */
struct lb_chmap {
	enum lb_order order;
	struct lb_stand loop;	/* as it was when a client was let in; positions may be zeros */
	struct lb_stand listed; /* by the definition */
	struct lb_stand said;	/* by the program; zeros: its channels stand nowhere */
};

/* lb_chmap_init has the order of the program that runs. */
void lb_chmap_init(struct lb_chmap *c, snd_pcm_stream_t stream);

/* lb_chmap_parse reads the field "positions" of a definition: wav, alsa, loop, or a list of
 * names. -EINVAL: it is none of these, or has a name twice. */
int lb_chmap_parse(struct lb_chmap *c, const char *text);

/* lb_chmap_say keeps what the program says, and reports whether it can be: positions that
 * ALSA has a name for, each once; or none at all. */
bool lb_chmap_say(struct lb_chmap *c, const snd_pcm_chmap_t *map);

/* lb_chmap_tell is what the daemon is to know where the end has so many channels. */
void lb_chmap_tell(const struct lb_chmap *c, uint32_t channels, uint8_t at[LB_MAX_POSITIONS]);

/* lb_chmap_get is what a program that asks is told, to be freed; NULL: nobody knows. */
snd_pcm_chmap_t *lb_chmap_get(const struct lb_chmap *c, uint32_t channels);

/* lb_chmap_query is what a program may choose among, to be freed by snd_pcm_free_chmaps. */
snd_pcm_chmap_query_t **lb_chmap_query(const struct lb_chmap *c);

#endif
