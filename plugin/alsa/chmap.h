/* The positions of an end's channels: what the program says, or what it is known to mean. */
#ifndef LOOPBRIDGE_CHMAP_H
#define LOOPBRIDGE_CHMAP_H

#include <alsa/asoundlib.h>
#include <stdbool.h>

#include "wire.h"

/* The positions of channels, SND_CHMAP_FL ... of ALSA, one for each channel; all zeros: none. */
struct lb_stand {
	uint32_t channels; /* 0: unknown */
	uint8_t at[LB_MAX_POSITIONS];
};

/* lb_order is the channel order of a program that says nothing. */
enum lb_order {
	LB_ORDER_ALSA, /* FL FR RL RR FC LFE ..., by convention */
	LB_ORDER_WAV,  /* FL FR FC LFE RL RR ...: the program passes on the frames of a file */
	LB_ORDER_LOOP, /* the loop's: the program does not know positions */
};

/* lb_chmap is what is known of the positions of an end. */
struct lb_chmap {
	enum lb_order order;
	struct lb_stand loop;	/* when a client opened; positions may be zeros */
	struct lb_stand listed; /* by the definition */
	struct lb_stand said;	/* by the program; zeros: its channels have no positions */
};

/* lb_chmap_init sets the order of the running program. */
void lb_chmap_init(struct lb_chmap *c, snd_pcm_stream_t stream);

/* lb_chmap_parse parses the field "positions" of a definition: wav, alsa, loop, or a list of names. It
 * returns -EINVAL for anything else and for a name that occurs twice. */
int lb_chmap_parse(struct lb_chmap *c, const char *text);

/* lb_chmap_say stores what the program says and returns whether it is valid: positions with a name in
 * ALSA, each once; or none at all. */
bool lb_chmap_say(struct lb_chmap *c, const snd_pcm_chmap_t *map);

/* lb_chmap_tell stores in at what to tell the daemon about an end with that many channels. */
void lb_chmap_tell(const struct lb_chmap *c, uint32_t channels, uint8_t at[LB_MAX_POSITIONS]);

/* lb_chmap_get returns what to tell the program, to be freed; NULL if unknown. */
snd_pcm_chmap_t *lb_chmap_get(const struct lb_chmap *c, uint32_t channels);

/* lb_chmap_query returns the maps that a program may choose from, for snd_pcm_free_chmaps. */
snd_pcm_chmap_query_t **lb_chmap_query(const struct lb_chmap *c);

#endif
