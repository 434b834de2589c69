/* What alsa-lib may let an application choose. */
#include "pcm.h"

enum {
	MOST_PERIODS = 128, /* programs that take the shortest period get 10 ms, not 0.5 */
	MOST_BYTES = 16 << 20,
	LEAST_PERIOD_BYTES = 16,
};

/* What loops carry, and how far apart two rates may be that are converted. */
enum { MOST_CHANNELS = 64, LEAST_RATE = 1000, MOST_RATE = 768000, MOST_RATIO = 256 };

static int list(struct lb_pcm *p, int what, unsigned int n, const unsigned int *values)
{
	return snd_pcm_ioplug_set_param_list(&p->io, what, n, values);
}

static int range(struct lb_pcm *p, int what, unsigned int least, uint64_t most)
{
	return snd_pcm_ioplug_set_param_minmax(&p->io, what, least, most < MOST_BYTES ? (unsigned int)most : MOST_BYTES);
}

/* A client is converted, so it may have any format, too. */
static int rates(struct lb_pcm *p)
{
	uint64_t rate = p->role == LB_CLIENT ? p->ring.shared->rate : 0;
	uint64_t least = (rate + MOST_RATIO - 1) / MOST_RATIO;

	if (least < LEAST_RATE)
		least = LEAST_RATE;
	rate *= MOST_RATIO;
	if (rate == 0 || rate > MOST_RATE)
		rate = MOST_RATE;
	return range(p, SND_PCM_IOPLUG_HW_RATE, (unsigned int)least, rate);
}

int lb_pcm_constrain(struct lb_pcm *p)
{
	static const unsigned int access[] = { SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_RW_NONINTERLEAVED,
					       SND_PCM_ACCESS_MMAP_INTERLEAVED, SND_PCM_ACCESS_MMAP_NONINTERLEAVED };
	int err = list(p, SND_PCM_IOPLUG_HW_ACCESS, sizeof access / sizeof *access, access);

	if (err >= 0)
		err = list(p, SND_PCM_IOPLUG_HW_FORMAT, lb_formats_count, lb_formats);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_CHANNELS, 1, MOST_CHANNELS);
	if (err >= 0)
		err = rates(p);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_PERIODS, 2, MOST_PERIODS);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_PERIOD_BYTES, LEAST_PERIOD_BYTES, MOST_BYTES / 2);
	if (err >= 0)
		err = range(p, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 2 * LEAST_PERIOD_BYTES, MOST_BYTES);
	return err;
}
