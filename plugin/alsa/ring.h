/* The program's half of the ring that it shares with the daemon: where frames are, how
 * many, and taking or giving them. Nothing here blocks; package loop/ring is the same
 * in Go and explains the rules. */
#ifndef LOOPBRIDGE_RING_H
#define LOOPBRIDGE_RING_H

#include <alsa/asoundlib.h>
#include <stdbool.h>

#include "wire.h"

struct lb_ring {
	struct lb_shared *shared; /* NULL: none */
	size_t bytes;
	uint32_t period; /* frames, as the daemon granted */
};

/* lb_ring_map maps the memory behind fd, which it closes, in place of what was mapped.
 * -EPROTO, -ENOMEM: the ring is unchanged. */
int lb_ring_map(struct lb_ring *r, int fd, const struct lb_granted *granted);

void lb_ring_unmap(struct lb_ring *r);

/* lb_ring_ready is how many frames can be written or read now. */
snd_pcm_uframes_t lb_ring_ready(const struct lb_ring *r);

/* lb_ring_write copies up to size frames of areas, from offset on, or silence where
 * areas is NULL, to pos and after, and returns how many there was room for. pos is no
 * further than what was written; what was is replaced, but for frames that the daemon has
 * taken: it is too late for those. */
snd_pcm_uframes_t lb_ring_write(struct lb_ring *r, snd_pcm_format_t format, uint64_t pos,
				const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t size);

/* lb_ring_take_back unwrites what was written at pos and after. Only while the end is idle
 * and no Start is on its way: nobody looks at the ring then. */
void lb_ring_take_back(struct lb_ring *r, uint64_t pos);

/* lb_ring_read copies the frames at pos and after, up to size of them, and returns how
 * many. What the daemon has dropped since is silence, so that positions stay true. It
 * takes nothing: lb_ring_take does. */
snd_pcm_uframes_t lb_ring_read(struct lb_ring *r, snd_pcm_format_t format, uint64_t pos,
			       const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t size);

/* lb_ring_take gives everything before pos back to the daemon. */
void lb_ring_take(struct lb_ring *r, uint64_t pos);

/* lb_encoding and lb_format are the daemon's number for ALSA's format, and back;
 * 0 and SND_PCM_FORMAT_UNKNOWN where there is none. */
uint32_t lb_encoding(snd_pcm_format_t format);
snd_pcm_format_t lb_format(uint32_t encoding);

/* lb_formats lists ALSA's formats in the order of the daemon's numbers, from 1 on. */
extern const unsigned int lb_formats[];
extern const unsigned int lb_formats_count;

#endif
