/* What alsa-lib may let an application choose. */
#include "pcm.h"

enum {
	MOST_PERIODS = 128, /* programs that take the shortest period get 10 ms, not 0.5 */
	MOST_BYTES = 16 << 20,
	LEAST_PERIOD_BYTES = 16,
};

/* A client's period is not shorter than the daemon's cycle can be, its buffer not
 * longer than the daemon's rings. */
enum { PERIODS_PER_SECOND = 2000, BUFFER_SECONDS = 10 };

static int list(struct lb_pcm *p, int what, unsigned int n, const unsigned int *values)
{
	return snd_pcm_ioplug_set_param_list(&p->io, what, n, values);
}

static int range(struct lb_pcm *p, int what, unsigned int least, uint64_t most)
{
	return snd_pcm_ioplug_set_param_minmax(&p->io, what, least, most < MOST_BYTES ? (unsigned int)most : MOST_BYTES);
}

static int constrain_server(struct lb_pcm *p)
{
	int err = list(p, SND_PCM_IOPLUG_HW_FORMAT, lb_formats_count, lb_formats);

	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_CHANNELS, 1, 64);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_RATE, 1000, 768000);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_PERIOD_BYTES, LEAST_PERIOD_BYTES, MOST_BYTES / 2);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 2 * LEAST_PERIOD_BYTES, MOST_BYTES);
	return err;
}

static int constrain_client(struct lb_pcm *p)
{
	const struct lb_shared *s = p->ring.shared;
	const unsigned int format = (unsigned int)lb_format(s->encoding);
	const unsigned int period = (s->rate + PERIODS_PER_SECOND - 1) / PERIODS_PER_SECOND * s->frame_bytes;
	const uint64_t buffer = (uint64_t)s->rate * BUFFER_SECONDS * s->frame_bytes;
	int err = list(p, SND_PCM_IOPLUG_HW_FORMAT, 1, &format);

	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_CHANNELS, s->channels, s->channels);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_RATE, s->rate, s->rate);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_PERIOD_BYTES, period, buffer / 2);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 2 * period, buffer);
	return err;
}

int lb_pcm_constrain(struct lb_pcm *p)
{
	static const unsigned int access[] = { SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_RW_NONINTERLEAVED,
					       SND_PCM_ACCESS_MMAP_INTERLEAVED, SND_PCM_ACCESS_MMAP_NONINTERLEAVED };
	int err = list(p, SND_PCM_IOPLUG_HW_ACCESS, sizeof access / sizeof *access, access);

	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_PERIODS, 2, MOST_PERIODS);
	if (err >= 0)
		err = p->role == LB_SERVER ? constrain_server(p) : constrain_client(p);
	return err;
}
