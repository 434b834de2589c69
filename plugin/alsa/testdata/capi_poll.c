/* poll(2), and programs that live by it. */
#include <stdlib.h>

#include "capi.h"

/* Readiness is a level: it stays until something is done about it. */
void poll_is_level_triggered(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	for (int i = 0; i < 5; i++) {
		for (int again = 0; again < 3; again++) {
			WANT(end_poll(&c, -1), POLLOUT);
			WANT(end_poll(&s, 0), 0);
		}
		end_put(&c, BUFFER - PERIOD); /* full */
		for (int again = 0; again < 3; again++)
			WANT(end_poll(&c, 0), 0);
		rig_tick(PERIOD);
		for (int again = 0; again < 3; again++) {
			WANT(end_poll(&c, -1), POLLOUT);
			WANT(end_poll(&s, -1), POLLIN);
		}
		end_take(&s, PERIOD - 1); /* less than avail_min is left */
		WANT(end_poll(&s, 0), 0);
		rig_tick(2 * PERIOD);
		WANT(end_poll(&s, -1), POLLIN);
		end_take(&s, PERIOD);
		WANT(end_poll(&s, -1), POLLIN); /* there is more */
		end_take(&s, PERIOD + 1);
		WANT(end_poll(&s, 0), 0);
	}
	WANT(rig_xruns("client") + rig_xruns("server"), 0);
	end_close_pair(&s, &c);
}

/* A program sleeps until there are avail_min frames, and no longer. */
void avail_min(void)
{
	static const snd_pcm_uframes_t values[] = { 1, 100, PERIOD, PERIOD + 1, 2 * PERIOD, 3 * PERIOD };
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	end_put(&c, BUFFER - PERIOD);
	for (unsigned int i = 0; i < sizeof values / sizeof *values; i++) {
		snd_pcm_uframes_t ready = 0;

		s.avail_min = c.avail_min = values[i];
		OK(end_sw_params(&s));
		OK(end_sw_params(&c));
		for (;;) {
			WANT(snd_pcm_avail(s.pcm), ready);
			WANT(snd_pcm_avail(c.pcm), ready);
			WANT(end_poll(&s, 0) == POLLIN, ready >= values[i]);
			WANT(end_poll(&c, 0) == POLLOUT, ready >= values[i]);
			WANT(snd_pcm_wait(s.pcm, 0), ready >= values[i]);
			WANT(snd_pcm_wait(c.pcm, 0), ready >= values[i]);
			if (ready >= values[i])
				break;
			rig_tick(PERIOD);
			ready += PERIOD;
		}
		end_take(&s, ready);
		end_put(&c, ready);
	}

	/* A program that asks for less, or drops what fills the buffer, need not wait. */
	rig_tick(PERIOD);
	WANT(end_poll(&s, 0) | end_poll(&c, 0), 0);
	s.avail_min = c.avail_min = PERIOD;
	OK(end_sw_params(&s));
	OK(end_sw_params(&c));
	WANT(end_poll(&s, -1), POLLIN);
	WANT(end_poll(&c, -1), POLLOUT);
	end_put(&c, PERIOD);
	WANT(end_poll(&c, 0), 0);
	OK(snd_pcm_drop(c.pcm));
	OK(snd_pcm_prepare(c.pcm));
	WANT(end_poll(&c, -1), POLLOUT);
	end_close_pair(&s, &c);
}

/* move does what poll says, and returns how many frames that were. */
static snd_pcm_uframes_t move(struct end *e, unsigned short events, snd_pcm_uframes_t most)
{
	char block[BUFFER * 4];
	snd_pcm_sframes_t n;

	if (!(events & (POLLIN | POLLOUT)) || !most)
		return 0;
	if (e->stream == SND_PCM_STREAM_PLAYBACK) {
		frames_fill(block, e->frame_bytes, e->next, most);
		OK(n = snd_pcm_writei(e->pcm, block, most));
	} else {
		OK(n = snd_pcm_readi(e->pcm, block, most));
		frames_check(block, e->frame_bytes, e->next, (snd_pcm_uframes_t)n);
	}
	e->next += (uint64_t)n;
	return (snd_pcm_uframes_t)n;
}

/* session has one thread serve both ends of a loop by poll alone, from the first frame
 * to the end of the stream, as time passes by itself. */
static void session(struct end *s, struct end *c)
{
	struct end *from = s->stream == SND_PCM_STREAM_PLAYBACK ? s : c, *to = from == s ? c : s;
	const uint64_t all = 50 * PERIOD + 123;
	struct pollfd fds[2];
	unsigned short events[2];
	bool drained = false;

	OK(end_open(s, SND_PCM_NONBLOCK));
	end_setup(s);
	OK(end_open(c, SND_PCM_NONBLOCK));
	end_setup(c);
	OK(snd_pcm_start(to->pcm));
	while (to->next < all) {
		WANT(snd_pcm_poll_descriptors(to->pcm, fds, 1), 1);
		WANT(snd_pcm_poll_descriptors(from->pcm, fds + 1, 1), 1);
		RIG_AT("poll");
		/* Where nobody has anything to do it is time that has to pass. */
		if (poll(fds, drained ? 1 : 2, 1) == 0)
			rig_tick(PERIOD);
		OK(snd_pcm_poll_descriptors_revents(to->pcm, fds, 1, events));
		OK(snd_pcm_poll_descriptors_revents(from->pcm, fds + 1, 1, events + 1));
		if (from->next < all)
			move(from, events[1], all - from->next < 777 ? all - from->next : 777);
		else if (!drained)
			drained = WANT_ONE_OF(end_drain_on(from), 0, -EAGAIN) == 0;
		if (snd_pcm_avail(to->pcm) > 0)
			move(to, events[0] | (drained ? POLLIN : 0), 777);
	}
	WANT(rig_xruns("server") + rig_xruns("client"), 0);
}

void two_pcms_in_one_program(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	session(&s, &c);
	end_close_pair(&s, &c);
	s = SERVER(PLAYBACK);
	c = CLIENT(CAPTURE);
	session(&s, &c);
	end_close_pair(&s, &c);
}
