/* Opening, and what hw_params offers and grants. */
#include <stdlib.h>

#include "capi.h"

/* The encodings of a loop, D5. */
static const snd_pcm_format_t formats[] = {
	SND_PCM_FORMAT_U8,	   SND_PCM_FORMAT_S8,	      SND_PCM_FORMAT_S16_LE,  SND_PCM_FORMAT_S16_BE,
	SND_PCM_FORMAT_S24_3LE,	   SND_PCM_FORMAT_S24_3BE,    SND_PCM_FORMAT_S24_LE,  SND_PCM_FORMAT_S24_BE,
	SND_PCM_FORMAT_S32_LE,	   SND_PCM_FORMAT_S32_BE,     SND_PCM_FORMAT_FLOAT_LE, SND_PCM_FORMAT_FLOAT_BE,
	SND_PCM_FORMAT_FLOAT64_LE, SND_PCM_FORMAT_FLOAT64_BE, SND_PCM_FORMAT_MU_LAW,  SND_PCM_FORMAT_A_LAW,
};
enum { FORMATS = sizeof formats / sizeof *formats };

static bool known(snd_pcm_format_t f)
{
	for (int i = 0; i < FORMATS; i++)
		if (formats[i] == f)
			return true;
	return false;
}

static snd_pcm_hw_params_t *any(struct end *e)
{
	static snd_pcm_hw_params_t *hw;

	if (!hw)
		OK(snd_pcm_hw_params_malloc(&hw));
	if (!e) {
		snd_pcm_hw_params_free(hw);
		return hw = NULL;
	}
	OK(snd_pcm_hw_params_any(e->pcm, hw));
	return hw;
}

/* offers checks the ranges that an end offers. */
static void offers(struct end *e, unsigned int least_rate, unsigned int most_rate, unsigned int least_channels,
		   unsigned int most_channels)
{
	snd_pcm_hw_params_t *hw = any(e);
	unsigned int n;
	int dir;

	OK(snd_pcm_hw_params_get_rate_min(hw, &n, &dir));
	WANT(n, least_rate);
	OK(snd_pcm_hw_params_get_rate_max(hw, &n, &dir));
	WANT(n, most_rate);
	OK(snd_pcm_hw_params_get_channels_min(hw, &n));
	WANT(n, least_channels);
	OK(snd_pcm_hw_params_get_channels_max(hw, &n));
	WANT(n, most_channels);
	WANT(snd_pcm_hw_params_test_rate(e->pcm, hw, least_rate - 1, 0), -EINVAL);
	WANT(snd_pcm_hw_params_test_rate(e->pcm, hw, most_rate + 1, 0), -EINVAL);
	WANT(snd_pcm_hw_params_test_channels(e->pcm, hw, least_channels - 1), -EINVAL);
	WANT(snd_pcm_hw_params_test_channels(e->pcm, hw, most_channels + 1), -EINVAL);
}

void server_offers_everything(void)
{
	struct end e = SERVER(PLAYBACK);

	OK(end_open(&e, 0));
	offers(&e, 1000, 768000, 1, 64);
	for (unsigned int rate = 1000; rate <= 768000; rate += rate % 3 ? 997 : 100)
		WANT(snd_pcm_hw_params_test_rate(e.pcm, any(&e), rate, 0), 0);
	for (unsigned int channels = 1; channels <= 64; channels++)
		WANT(snd_pcm_hw_params_test_channels(e.pcm, any(&e), channels), 0);
	for (int f = 0; f <= SND_PCM_FORMAT_LAST; f++)
		if (snd_pcm_format_name(f))
			WANT(snd_pcm_hw_params_test_format(e.pcm, any(&e), f), known(f) ? 0 : -EINVAL);
	for (int a = SND_PCM_ACCESS_MMAP_INTERLEAVED; a <= SND_PCM_ACCESS_RW_NONINTERLEAVED; a++)
		WANT(snd_pcm_hw_params_test_access(e.pcm, any(&e), a), a == SND_PCM_ACCESS_MMAP_COMPLEX ? -EINVAL : 0);
	any(NULL);
	end_close(&e);
}

/* What the server chooses becomes the loop's, and the only thing that a client is offered. */
void client_is_offered_what_can_be_converted(void)
{
	static const unsigned int rates[] = { 1000, 11025, 12345, 44100, 192000, 768000 };
	static const unsigned int channels[] = { 1, 2, 5, 64 };
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	OK(end_open(&s, 0));
	for (int i = 0; i < FORMATS; i++) {
		s.format = formats[i];
		s.rate = rates[i % 6];
		s.channels = channels[i % 4];
		s.period = s.rate / 50;
		s.buffer = 4 * s.period;
		end_setup(&s);
		OK(end_open(&c, 0));
		offers(&c, s.rate / 256 > 1000 ? (s.rate + 255) / 256 : 1000, s.rate < 768000 / 256 ? s.rate * 256 : 768000, 1, 64);
		for (int f = 0; f < FORMATS; f++)
			WANT(snd_pcm_hw_params_test_format(c.pcm, any(&c), formats[f]), 0);
		end_close(&c);
	}
	any(NULL);
	end_close(&s);
}

/* Period and buffer are what the program asks for, also in what the daemon made. */
void sizes_are_granted(void)
{
	static const snd_pcm_uframes_t periods[] = { 32, 64, 100, 441, 480, 1024, 4800 };
	static const snd_pcm_uframes_t buffers[] = { 2, 3, 4, 5, 8, 16, 93 }; /* periods: alsa-lib wants whole ones */
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	snd_pcm_uframes_t period, buffer;

	OK(end_open(&s, 0));
	for (int i = 0; i < 7; i++) {
		s.period = periods[i];
		s.buffer = s.period * buffers[i];
		end_setup(&s);
		OK(snd_pcm_get_params(s.pcm, &buffer, &period));
		WANT(period, s.period);
		WANT(buffer, s.buffer);
		WANT(rig_period("server"), s.period);
		WANT(rig_buffer("server"), s.buffer);
		OK(end_open(&c, 0));
		for (int j = 0; j < 7; j++) {
			c.period = periods[j];
			c.buffer = c.period * buffers[6 - j];
			c.start = c.buffer + 1;
			end_setup(&c);
			OK(snd_pcm_get_params(c.pcm, &buffer, &period));
			WANT(period, c.period);
			WANT(buffer, c.buffer);
			WANT(rig_period("client"), c.period);
			WANT(rig_buffer("client"), c.buffer);
			WANT(snd_pcm_avail(c.pcm), c.buffer);
			end_put(&c, c.buffer); /* it fits */
			OK(snd_pcm_drop(c.pcm));
		}
		end_close(&c);
		OK(snd_pcm_drop(s.pcm)); /* its client has come and gone */
	}
	end_close(&s);
}

/* A program that takes the largest buffer gets 2 s, and the period is short enough for a recorder
 * that waits for one; one that asks for up to 10 s gets them. */
void largest_buffer(void)
{
	static const struct {
		snd_pcm_uframes_t period, buffer; /* 0: the largest */
		snd_pcm_uframes_t granted_period, granted_buffer;
	} cases[] = {
		{ 0, 0, 24000, 96000 },		{ 1024, 0, 1024, 95232 },	  { 480, 0, 480, 61440 },
		{ 4800, 480000, 4800, 480000 }, { 48000, 480000, 48000, 480000 }, { 4800, 484800, 4800, 96000 },
		{ 0, 480000, 240000, 480000 },
	};
	struct end ends[] = { SERVER(CAPTURE), CLIENT(PLAYBACK) };
	snd_pcm_hw_params_t *hw;
	snd_pcm_uframes_t period, buffer;

	for (int e = 0; e < 2; e++) {
		OK(end_open(&ends[e], 0));
		for (unsigned int i = 0; i < sizeof cases / sizeof *cases; i++) {
			hw = any(&ends[e]);
			OK(snd_pcm_hw_params_set_access(ends[e].pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED));
			OK(snd_pcm_hw_params_set_format(ends[e].pcm, hw, SND_PCM_FORMAT_S16_LE));
			OK(snd_pcm_hw_params_set_channels(ends[e].pcm, hw, 2));
			OK(snd_pcm_hw_params_set_rate(ends[e].pcm, hw, 48000, 0));
			if (cases[i].period)
				OK(snd_pcm_hw_params_set_period_size(ends[e].pcm, hw, cases[i].period, 0));
			if (cases[i].buffer)
				OK(snd_pcm_hw_params_set_buffer_size(ends[e].pcm, hw, cases[i].buffer));
			else {
				OK(snd_pcm_hw_params_get_buffer_size_max(hw, &buffer));
				OK(snd_pcm_hw_params_set_buffer_size_near(ends[e].pcm, hw, &buffer));
			}
			if (!cases[i].period) {
				period = buffer = 0;
				OK(snd_pcm_hw_params_get_period_size_max(hw, &period, NULL));
				OK(snd_pcm_hw_params_set_period_size_near(ends[e].pcm, hw, &period, NULL));
			}
			OK(snd_pcm_hw_params(ends[e].pcm, hw));
			OK(snd_pcm_hw_params_get_period_size(hw, &period, NULL));
			OK(snd_pcm_hw_params_get_buffer_size(hw, &buffer));
			WANT(period, cases[i].granted_period);
			WANT(buffer, cases[i].granted_buffer);
			OK(snd_pcm_get_params(ends[e].pcm, &buffer, &period));
			WANT(period, cases[i].granted_period);
			WANT(buffer, cases[i].granted_buffer);
			WANT(rig_period(e ? "client" : "server"), cases[i].granted_period);
			WANT(rig_buffer(e ? "client" : "server"), cases[i].granted_buffer);
		}
	}
	any(NULL);
	end_close(&ends[1]);
	end_close(&ends[0]);
}

/* A stream that runs cannot be set up anew, and is not disturbed by who tries (D11). */
void running_stream_keeps_its_setup(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	snd_pcm_hw_params_t *hw;

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	hw = any(&s);
	OK(snd_pcm_hw_params_set_access(s.pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED));
	OK(snd_pcm_hw_params_set_format(s.pcm, hw, SND_PCM_FORMAT_S32_LE));
	OK(snd_pcm_hw_params_set_rate(s.pcm, hw, 96000, 0));
	OK(snd_pcm_hw_params_set_channels(s.pcm, hw, 1));
	WANT(snd_pcm_hw_params(s.pcm, hw), -EBUSY);
	end_setup(&s); /* alsa-lib has forgotten the setup that there is */
	end_pump(&c, &s, 10 * PERIOD);
	any(NULL);
	end_close_pair(&s, &c);
}

/* Nobody waits at open who does not ask for it (D1), and ends are exclusive (D2 to D4). */
void open_is_refused(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK), second = SERVER(CAPTURE), wrong = CLIENT(CAPTURE);

	for (int mode = 0; mode <= SND_PCM_NONBLOCK; mode += SND_PCM_NONBLOCK) {
		WANT(end_open(&c, mode), -EAGAIN);
		WANT(snd_pcm_open(&c.pcm, "loopbridge:LOOP=loop0,END=client,WAIT=20ms", c.stream, mode), mode ? -EAGAIN : -ETIMEDOUT);
		OK(end_open(&s, mode));
		WANT(end_open(&c, mode), -EAGAIN); /* the server has not chosen yet */
		end_setup(&s);
		WANT(end_open(&second, mode), -EBUSY);
		WANT(end_open(&wrong, mode), -EACCES);
		OK(end_open(&c, mode));
		second = CLIENT(PLAYBACK);
		WANT(end_open(&second, mode), -EBUSY);
		second = SERVER(CAPTURE);
		end_close_pair(&s, &c);
	}
	/* Who may not block does not wait, whatever WAIT says. */
	WANT(snd_pcm_open(&c.pcm, "loopbridge:LOOP=loop0,END=client,WAIT=1", c.stream, SND_PCM_NONBLOCK), -EAGAIN);
}
