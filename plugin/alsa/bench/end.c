#include "end.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void must(const struct end *e, const char *what, int err)
{
	if (err >= 0)
		return;
	fprintf(stderr, "latency: %s: %s: %s\n", e->name, what, snd_strerror(err));
	exit(1);
}

void end_open(struct end *e)
{
	const int plays = e->stream == SND_PCM_STREAM_PLAYBACK;
	snd_pcm_hw_params_t *hw;
	snd_pcm_sw_params_t *sw;

	must(e, "open", snd_pcm_open(&e->pcm, e->name, e->stream, 0));
	snd_pcm_hw_params_alloca(&hw);
	must(e, "hw_params", snd_pcm_hw_params_any(e->pcm, hw));
	must(e, "access", snd_pcm_hw_params_set_access(e->pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED));
	must(e, "S16_LE", snd_pcm_hw_params_set_format(e->pcm, hw, SND_PCM_FORMAT_S16_LE));
	must(e, "2 channels", snd_pcm_hw_params_set_channels(e->pcm, hw, CHANNELS));
	must(e, "48000 Hz", snd_pcm_hw_params_set_rate(e->pcm, hw, RATE, 0));
	must(e, "period", snd_pcm_hw_params_set_period_size_near(e->pcm, hw, &e->period, NULL));
	must(e, "buffer", snd_pcm_hw_params_set_buffer_size_near(e->pcm, hw, &e->buffer));
	must(e, "hw_params", snd_pcm_hw_params(e->pcm, hw));
	snd_pcm_hw_params_get_period_size(hw, &e->period, NULL);
	snd_pcm_hw_params_get_buffer_size(hw, &e->buffer);

	snd_pcm_sw_params_alloca(&sw);
	must(e, "sw_params", snd_pcm_sw_params_current(e->pcm, sw));
	must(e, "avail_min", snd_pcm_sw_params_set_avail_min(e->pcm, sw, e->period));
	must(e, "start_threshold", snd_pcm_sw_params_set_start_threshold(e->pcm, sw, plays ? e->buffer : 1));
	must(e, "stop_threshold", snd_pcm_sw_params_set_stop_threshold(e->pcm, sw, e->buffer));
	must(e, "sw_params", snd_pcm_sw_params(e->pcm, sw));
}

snd_pcm_sframes_t end_move(struct end *e, void *block, snd_pcm_uframes_t n)
{
	const int plays = e->stream == SND_PCM_STREAM_PLAYBACK;
	snd_pcm_uframes_t done = 0;

	while (done < n) {
		void *rest = (char *)block + snd_pcm_frames_to_bytes(e->pcm, (snd_pcm_sframes_t)done);
		snd_pcm_sframes_t r = plays ? snd_pcm_writei(e->pcm, rest, n - done) : snd_pcm_readi(e->pcm, rest, n - done);
		if (r == -EPIPE) {
			e->xruns++;
			r = snd_pcm_prepare(e->pcm);
		} else if (r > 0) {
			done += (snd_pcm_uframes_t)r;
			if (!plays) /* return what is there, however short */
				break;
		} else if (r == -EAGAIN || r == 0) {
			r = snd_pcm_wait(e->pcm, 100);
		}
		if (r < 0 && r != -EINTR)
			return r;
	}
	return (snd_pcm_sframes_t)done;
}
