/* What snd_pcm_delay of a converted client promises: when the frame is heard that is
 * written next. The clock of the test stands still, as far as it is concerned, so that the
 * plugin takes a whole period to have passed since the last cycle. */
#include <stdlib.h>
#include <string.h>

#include "capi.h"

enum { IMPULSE = 0x4000, MOST = RATE / 2 };

static void write_silence(struct end *e, snd_pcm_uframes_t n, bool impulse)
{
	int16_t *block = calloc(n, e->frame_bytes);

	if (impulse)
		block[0] = block[1] = IMPULSE;
	WANT(snd_pcm_writei(e->pcm, block, n), n);
	free(block);
}

static long delay_of(struct end *e)
{
	snd_pcm_sframes_t delay;

	OK(snd_pcm_delay(e->pcm, &delay));
	return delay;
}

/* loudest reads what there is of the server, and says where it is loudest. */
static long loudest(struct end *s)
{
	static int16_t block[2 * MOST];
	long n = snd_pcm_avail(s->pcm), at = 0;

	WANT(snd_pcm_readi(s->pcm, block, n), n);
	for (long i = 0; i < n; i++)
		if (abs(block[2 * i]) > abs(block[2 * at]))
			at = i;
	WANT(abs(block[2 * at]) > IMPULSE / 20, 1);
	return at;
}

static void predicts(unsigned int rate)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	snd_pcm_sframes_t none;
	long period = rate / 100, tolerance = RATE / (long)rate + 3, given, delay, before;

	s.buffer = MOST / PERIOD * PERIOD;
	c.rate = rate;
	c.period = (snd_pcm_uframes_t)period;
	c.buffer = 50 * c.period;
	OK(end_open(&s, 0));
	end_setup(&s);
	OK(end_open(&c, SND_PCM_NONBLOCK));
	end_setup(&c);
	OK(snd_pcm_start(s.pcm));
	rig_until("server", "armed");
	write_silence(&c, 10 * period, false);
	WANT(delay_of(&c), 10 * period); /* nothing runs yet */
	rig_until("server", "running");
	rig_tick(5 * PERIOD);
	given = snd_pcm_avail(s.pcm);
	delay = delay_of(&c) + period;
	write_silence(&c, 20 * period, true);
	WANT_BETWEEN(delay_of(&c), delay + 19 * period, delay + 19 * period);

	/* To drain changes nothing of that. */
	before = delay_of(&c);
	WANT(end_drain_on(&c), -EAGAIN);
	WANT(delay_of(&c), before);
	for (int i = 0; i < 15; i++) {
		rig_tick(PERIOD);
		WANT_BETWEEN(before - delay_of(&c), period - 2, period + 2);
		before = delay_of(&c);
	}
	rig_tick(20 * PERIOD);
	WANT(end_poll(&c, -1) & POLLOUT, POLLOUT);
	WANT(snd_pcm_delay(c.pcm, &none), -EBADFD); /* there is none in SETUP */
	WANT_BETWEEN(loudest(&s) - given - delay * RATE / (long)rate, -tolerance, tolerance);
	end_close_pair(&s, &c);
}

void delay_of_a_converted_writer(void)
{
	static const unsigned int rates[] = { 8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 192000 };

	for (unsigned int i = 0; i < sizeof rates / sizeof *rates; i++)
		predicts(rates[i]);
}
