#include "ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Indexed by the daemon's number - 1. */
const unsigned int lb_formats[] = {
	SND_PCM_FORMAT_U8,	 SND_PCM_FORMAT_S8,	  SND_PCM_FORMAT_S16_LE,   SND_PCM_FORMAT_S16_BE,
	SND_PCM_FORMAT_S24_3LE,	 SND_PCM_FORMAT_S24_3BE,  SND_PCM_FORMAT_S24_LE,   SND_PCM_FORMAT_S24_BE,
	SND_PCM_FORMAT_S32_LE,	 SND_PCM_FORMAT_S32_BE,	  SND_PCM_FORMAT_FLOAT_LE, SND_PCM_FORMAT_FLOAT_BE,
	SND_PCM_FORMAT_FLOAT64_LE, SND_PCM_FORMAT_FLOAT64_BE, SND_PCM_FORMAT_MU_LAW, SND_PCM_FORMAT_A_LAW,
};
const unsigned int lb_formats_count = sizeof lb_formats / sizeof *lb_formats;

uint32_t lb_encoding(snd_pcm_format_t format)
{
	for (unsigned int i = 0; i < lb_formats_count; i++)
		if (lb_formats[i] == (unsigned int)format)
			return i + 1;
	return 0;
}

snd_pcm_format_t lb_format(uint32_t encoding)
{
	if (encoding == 0 || encoding > lb_formats_count)
		return SND_PCM_FORMAT_UNKNOWN;
	return (snd_pcm_format_t)lb_formats[encoding - 1];
}

static bool sound(const struct lb_shared *s, uint64_t bytes)
{
	return s->magic == LB_MAGIC && s->version == LB_LAYOUT_VERSION && s->capacity > 0 && s->frame_bytes > 0 &&
	       lb_format(s->encoding) != SND_PCM_FORMAT_UNKNOWN &&
	       LB_FRAMES_OFFSET + (uint64_t)s->capacity * s->frame_bytes <= bytes;
}

int lb_ring_map(struct lb_ring *r, int fd, const struct lb_granted *granted)
{
	struct stat st;
	void *mem = MAP_FAILED;

	if (granted->bytes > LB_FRAMES_OFFSET && granted->bytes <= SIZE_MAX && fstat(fd, &st) == 0 &&
	    (uint64_t)st.st_size >= granted->bytes)
		mem = mmap(NULL, (size_t)granted->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	if (!sound(mem, granted->bytes)) {
		munmap(mem, (size_t)granted->bytes);
		return -EPROTO;
	}
	lb_ring_unmap(r);
	r->shared = mem;
	r->bytes = (size_t)granted->bytes;
	r->period = granted->period;
	return 0;
}

void lb_ring_unmap(struct lb_ring *r)
{
	if (r->shared)
		munmap(r->shared, r->bytes);
	r->shared = NULL;
}

snd_pcm_uframes_t lb_ring_ready(const struct lb_ring *r)
{
	struct lb_shared *s = r->shared;
	/* Read the program's position first: the daemon's may only pass it in a reader's ring. */
	uint64_t program = s->program, daemon = s->daemon;
	uint64_t n = s->playback ? s->capacity - (program - daemon) : daemon - program;

	return n <= s->capacity ? (snd_pcm_uframes_t)n : 0;
}

/* piece describes the frames at pos as ALSA's areas, one for each channel, and returns how many are
 * contiguous. */
static snd_pcm_uframes_t piece(const struct lb_ring *r, uint64_t pos, snd_pcm_channel_area_t *areas)
{
	const struct lb_shared *s = r->shared;
	unsigned int sample_bits = s->frame_bytes * 8 / s->channels;
	uint64_t at = pos % s->capacity;

	for (unsigned int c = 0; c < s->channels; c++) {
		areas[c].addr = (unsigned char *)r->shared + LB_FRAMES_OFFSET + at * s->frame_bytes;
		areas[c].first = c * sample_bits;
		areas[c].step = s->frame_bytes * 8;
	}
	return (snd_pcm_uframes_t)(s->capacity - at);
}

static snd_pcm_uframes_t least(uint64_t a, uint64_t b) { return (snd_pcm_uframes_t)(a < b ? a : b); }

/* silence fills the application's areas. */
static void silence(const struct lb_ring *r, snd_pcm_format_t format, const snd_pcm_channel_area_t *areas,
		    snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
	snd_pcm_areas_silence(areas, offset, r->shared->channels, size, format);
}

snd_pcm_uframes_t lb_ring_write(struct lb_ring *r, snd_pcm_format_t format, uint64_t pos,
				const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
	struct lb_shared *s = r->shared;
	snd_pcm_channel_area_t ours[s->channels];
	uint64_t daemon = s->daemon, written = s->program;
	snd_pcm_uframes_t done;

	pos = least(pos, written);
	done = pos < daemon ? least(size, daemon - pos) : 0;

	size = least(size, daemon + s->capacity - pos);
	while (done < size) {
		snd_pcm_uframes_t n = least(size - done, piece(r, pos + done, ours));
		if (areas)
			snd_pcm_areas_copy(ours, 0, areas, offset + done, s->channels, n, format);
		else
			snd_pcm_areas_silence(ours, 0, s->channels, n, format);
		done += n;
	}
	if (pos + done > written)
		s->program = pos + done;
	return done;
}

void lb_ring_take_back(struct lb_ring *r, uint64_t pos)
{
	struct lb_shared *s = r->shared;

	if (pos < s->daemon)
		pos = s->daemon;
	if (pos < s->program)
		s->program = pos;
}

snd_pcm_uframes_t lb_ring_read(struct lb_ring *r, snd_pcm_format_t format, uint64_t pos,
			       const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
	struct lb_shared *s = r->shared;
	snd_pcm_channel_area_t ours[s->channels];
	uint64_t end = s->daemon, kept;
	snd_pcm_uframes_t done = 0;

	size = pos < end ? least(size, end - pos) : 0;
	while (done < size) {
		snd_pcm_uframes_t n = least(size - done, piece(r, pos + done, ours));
		snd_pcm_areas_copy(areas, offset + done, ours, 0, s->channels, n, format);
		done += n;
	}
	/* Frames dropped during the copy may be torn. */
	atomic_thread_fence(memory_order_acquire);
	kept = s->program;
	if (kept > pos)
		silence(r, format, areas, offset, least(done, kept - pos));
	return done;
}

void lb_ring_take(struct lb_ring *r, uint64_t pos)
{
	uint64_t now = r->shared->program;

	pos = least(pos, r->shared->daemon);
	while (now < pos && !atomic_compare_exchange_weak(&r->shared->program, &now, pos))
		; /* the daemon dropped some */
}
