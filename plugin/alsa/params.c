/* The limits that alsa-lib gives to applications. */
#include "pcm.h"

enum {
	MOST_PERIODS = 128, /* the shortest period a program gets is then 10 ms, not 0.5 */
	MOST_BYTES = 16 << 20,
	LEAST_PERIOD_BYTES = 16,
	MOST_SECONDS = 10, /* the longest buffer a program gets */
	LONG_SECONDS = 2,  /* the buffer it gets if it asks for more or takes the largest */
};

/* What loops carry, and the largest ratio of two rates that is converted. */
enum { MOST_CHANNELS = 64, LEAST_RATE = 1000, MOST_RATE = 768000, MOST_RATIO = 256 };

static int list(struct lb_pcm *p, int what, unsigned int n, const unsigned int *values)
{
	return snd_pcm_ioplug_set_param_list(&p->io, what, n, values);
}

static int range(struct lb_pcm *p, int what, unsigned int least, uint64_t most)
{
	return snd_pcm_ioplug_set_param_minmax(&p->io, what, least, most < MOST_BYTES ? (unsigned int)most : MOST_BYTES);
}

/* The daemon converts for a client, so it may have any format, too. */
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

/* long_buffer reports whether a program has taken the largest buffer it was offered, or asks for too
 * long a one. alsa-lib lets a plugin limit the bytes of a buffer, not its duration. */
static bool long_buffer(const snd_pcm_ioplug_t *io)
{
	uint64_t rest = MOST_BYTES / (uint64_t)(snd_pcm_format_physical_width(io->format) * (int)io->channels / 8);
	bool largest = io->buffer_size + io->period_size > rest || io->buffer_size / io->period_size >= MOST_PERIODS;

	return io->buffer_size > (largest ? LONG_SECONDS : MOST_SECONDS) * io->rate;
}

int lb_pcm_shorten(struct lb_pcm *p, snd_pcm_hw_params_t *params)
{
	snd_pcm_ioplug_t *io = &p->io;
	snd_pcm_hw_params_t *hw;
	snd_pcm_uframes_t period = io->period_size, most = io->rate / 2, buffer;
	int err;

	if (!long_buffer(io))
		return 0;
	if (period > most)
		period = most;
	buffer = LONG_SECONDS * io->rate / period * period;
	snd_pcm_hw_params_alloca(&hw);
	err = snd_pcm_hw_params_any(io->pcm, hw);
	if (err >= 0)
		err = snd_pcm_hw_params_set_access(io->pcm, hw, io->access);
	if (err >= 0)
		err = snd_pcm_hw_params_set_format(io->pcm, hw, io->format);
	if (err >= 0)
		err = snd_pcm_hw_params_set_channels(io->pcm, hw, io->channels);
	if (err >= 0)
		err = snd_pcm_hw_params_set_rate(io->pcm, hw, io->rate, 0);
	if (err >= 0)
		err = snd_pcm_hw_params_set_period_size(io->pcm, hw, period, 0);
	if (err >= 0)
		err = snd_pcm_hw_params_set_buffer_size(io->pcm, hw, buffer);
	if (err < 0)
		return err;
	snd_pcm_hw_params_copy(params, hw);
	/* alsa-lib sets them again after this call. */
	io->period_size = period;
	io->buffer_size = buffer;
	return 0;
}
