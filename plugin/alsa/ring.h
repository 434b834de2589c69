/* The program's half of the ring that it shares with the daemon. Nothing here blocks. Package loop/ring
 * is the same in Go and explains the rules. */
#ifndef LOOPBRIDGE_RING_H
#define LOOPBRIDGE_RING_H

#include <alsa/asoundlib.h>
#include <stdbool.h>

#include "wire.h"

struct lb_ring {
	struct lb_shared *shared; /* NULL: none */
	size_t bytes;
	uint32_t period; /* frames, granted by the daemon */
};

/* lb_ring_map maps the memory behind fd, which it closes, in place of the previous one. On -EPROTO or
 * -ENOMEM the ring is unchanged. */
int lb_ring_map(struct lb_ring *r, int fd, const struct lb_granted *granted);

void lb_ring_unmap(struct lb_ring *r);

/* lb_ring_ready returns how many frames can be written or read now. */
snd_pcm_uframes_t lb_ring_ready(const struct lb_ring *r);

/* lb_ring_write copies up to size frames of areas, from offset on, to pos and after, or silence if
 * areas is NULL. It returns how many there was room for. pos must not be beyond the frames written; it
 * replaces those at pos and after, except frames that the daemon has taken. */
snd_pcm_uframes_t lb_ring_write(struct lb_ring *r, snd_pcm_format_t format, uint64_t pos,
				const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t size);

/* lb_ring_take_back unwrites the frames at pos and after. The end must be idle and no Start under way,
 * so that the daemon does not look at the ring. */
void lb_ring_take_back(struct lb_ring *r, uint64_t pos);

/* lb_ring_read copies up to size frames at pos and after, and returns how many. Frames that the daemon
 * has dropped become silence, so that positions stay true. It does not free them; lb_ring_take does. */
snd_pcm_uframes_t lb_ring_read(struct lb_ring *r, snd_pcm_format_t format, uint64_t pos,
			       const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t size);

/* lb_ring_take gives the frames before pos back to the daemon. */
void lb_ring_take(struct lb_ring *r, uint64_t pos);

/* lb_encoding and lb_format convert between the daemon's number and ALSA's format; they return 0 and
 * SND_PCM_FORMAT_UNKNOWN for an unknown one. */
uint32_t lb_encoding(snd_pcm_format_t format);
snd_pcm_format_t lb_format(uint32_t encoding);

/* lb_formats lists ALSA's formats in the order of the daemon's numbers, from 1 on. */
extern const unsigned int lb_formats[];
extern const unsigned int lb_formats_count;

#endif
