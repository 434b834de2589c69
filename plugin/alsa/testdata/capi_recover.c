/* How servers of sound recover, which hold their PCM for days: jackd, PipeWire, PulseAudio. */
#include <stdlib.h>

#include "capi.h"

/* again is what jackd does after an xrun. */
static void again(struct end *e)
{
	OK(snd_pcm_prepare(e->pcm));
	OK(snd_pcm_drop(e->pcm));
	WANT(snd_pcm_state(e->pcm), SND_PCM_STATE_SETUP);
	OK(snd_pcm_prepare(e->pcm));
}

static void writer_drops_after_an_xrun(struct end w, struct end r)
{
	struct end *s = w.name[0] == 's' ? &w : &r, *c = s == &w ? &r : &w;
	char block[BUFFER * 4] = { 0 };

	end_pair(s, c);
	end_pump(&w, &r, 10 * PERIOD);
	for (int burst = 1; burst <= 3; burst++) {
		rig_tick(PERIOD);
		end_take(&r, PERIOD);
		rig_tick(2 * PERIOD);
		end_silent(&r, 2 * PERIOD);
		WANT(snd_pcm_writei(w.pcm, block, PERIOD), -EPIPE);
		again(&w);
		WANT(snd_pcm_avail(w.pcm), BUFFER);
		end_put(&w, PERIOD);
		end_pump(&w, &r, 10 * PERIOD);
		WANT(rig_xruns(w.name), burst);
	}
	WANT(rig_xruns(r.name), 0);
	end_close_pair(s, c);
}

static void reader_drops_after_an_xrun(struct end w, struct end r)
{
	struct end *s = w.name[0] == 's' ? &w : &r, *c = s == &w ? &r : &w;
	char block[BUFFER * 4];

	end_pair(s, c);
	end_pump(&w, &r, 10 * PERIOD);
	for (int burst = 1; burst <= 3; burst++) {
		for (int i = 0; i < 10; i++) {
			end_put(&w, PERIOD);
			rig_tick(PERIOD);
		}
		WANT(snd_pcm_readi(r.pcm, block, PERIOD), -EPIPE);
		again(&r);
		r.next += 10 * PERIOD - BUFFER;
		end_take(&r, BUFFER);
		end_pump(&w, &r, 10 * PERIOD);
		WANT(rig_xruns(r.name), burst);
	}
	WANT(rig_xruns(w.name), 0);
	end_close_pair(s, c);
}

/* What an xrun has stopped can be dropped: that is no end of the stream at the other end. */
void drop_after_an_xrun(void)
{
	writer_drops_after_an_xrun(SERVER(PLAYBACK), CLIENT(CAPTURE));
	writer_drops_after_an_xrun(CLIENT(PLAYBACK), SERVER(CAPTURE));
	reader_drops_after_an_xrun(SERVER(PLAYBACK), CLIENT(CAPTURE));
	reader_drops_after_an_xrun(CLIENT(PLAYBACK), SERVER(CAPTURE));
}

/* PipeWire reports what it cannot write, and recovers from what snd_pcm_avail says, if that
 * is an xrun. */
static void recovers_by_avail(snd_pcm_access_t access, int least, int most)
{
	struct end s = SERVER(PLAYBACK), c = CLIENT(CAPTURE);
	char block[PERIOD * 4] = { 0 };
	snd_pcm_sframes_t avail;
	int resets = 0;

	s.access = c.access = access;
	end_pair(&s, &c);
	for (int i = 0; i < 3; i++) {
		end_pump(&s, &c, 10 * PERIOD);
		end_close(&c);
		rig_until("server", "ended");
		for (resets = 0; (avail = snd_pcm_avail(s.pcm)) >= 0; resets++) {
			WANT(resets < 100, 1);
			if (access == SND_PCM_ACCESS_MMAP_INTERLEAVED)
				WANT(snd_pcm_mmap_writei(s.pcm, block, PERIOD), -ECONNRESET);
			else
				WANT(snd_pcm_writei(s.pcm, block, PERIOD), -ECONNRESET);
		}
		WANT_BETWEEN(resets, least, most); /* D14: enough for who understands it, and soon over */
		WANT(avail, -EPIPE);
		WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_XRUN);
		WANT(snd_pcm_avail(s.pcm), -EPIPE);
		WANT(end_poll(&s, -1) & POLLERR, POLLERR);
		WANT(snd_pcm_recover(s.pcm, -EPIPE, 1), 0);
		WANT(snd_pcm_avail(s.pcm), BUFFER);
		s.next = 0;
		end_put(&s, 2 * PERIOD);
		WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_RUNNING);
		rig_until("server", "armed");
		OK(end_open(&c, 0));
		end_setup(&c);
		OK(snd_pcm_start(c.pcm));
		rig_until("server", "running");
		rig_tick(PERIOD);
		rig_tick(PERIOD);
		end_take(&c, PERIOD); /* D9 */
	}
	end_close_pair(&s, &c);
}

void server_that_knows_xruns_only(void)
{
	recovers_by_avail(SND_PCM_ACCESS_RW_INTERLEAVED, 6, 20);
	recovers_by_avail(SND_PCM_ACCESS_MMAP_INTERLEAVED, 1, 4);
}

/* wakes reports whether poll(2) returns, which is for nothing. */
static bool wakes(struct end *e, int timeout)
{
	struct pollfd fd;
	unsigned short events;

	WANT(snd_pcm_poll_descriptors(e->pcm, &fd, 1), 1);
	RIG_AT("poll");
	if (poll(&fd, 1, timeout) == 0)
		return false;
	OK(snd_pcm_poll_descriptors_revents(e->pcm, &fd, 1, &events));
	if (events)
		rig_fail("poll was ready, %#x, in state %s with %ld frames", events, snd_pcm_state_name(snd_pcm_state(e->pcm)),
			 (long)snd_pcm_avail(e->pcm));
	return true;
}

/* rests reports whether poll(2) would wait, once the daemon has said that it took the start. */
static bool rests(struct end *e)
{
	rig_until(e->name, "armed");
	wakes(e, 0);
	return !wakes(e, 0);
}

/* PulseAudio opens its source anew after an error, forgets to start it, and polls without
 * a limit; it starts when it is woken. */
void reader_that_forgets_to_start(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	for (int i = 0; i < 3; i++) {
		OK(end_open(&s, SND_PCM_NONBLOCK));
		end_setup(&s);
		WANT(snd_pcm_avail(s.pcm), 0);
		WANT(wakes(&s, -1), true);
		WANT(wakes(&s, 0), false); /* once */
		OK(snd_pcm_start(s.pcm));
		WANT(rests(&s), true);
		OK(snd_pcm_drop(s.pcm));
		OK(snd_pcm_prepare(s.pcm));
		WANT(snd_pcm_wait(s.pcm, 0), 0);
		OK(snd_pcm_prepare(s.pcm));
		OK(snd_pcm_start(s.pcm)); /* who has not forgotten is not woken */
		WANT(rests(&s), true);
		OK(end_open(&c, 0));
		end_setup(&c);
		end_put(&c, 2 * PERIOD);
		rig_until("server", "running");
		rig_tick(PERIOD);
		WANT(end_poll(&s, -1), POLLIN);
		end_take(&s, PERIOD);
		end_close_pair(&s, &c);
	}
}

/* on_client_close = "hold": a recorder that waits for a period gets what is left of a session, and is told of it once. */
void rest_of_a_session(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	OK(end_open(&s, SND_PCM_NONBLOCK));
	end_setup(&s);
	OK(snd_pcm_start(s.pcm));
	OK(end_open(&c, 0));
	end_setup(&c);
	end_put(&c, PERIOD + PERIOD / 2); /* which starts it */
	rig_until("server", "running");
	end_drain(&c);
	OK(snd_pcm_close(c.pcm));
	rig_until("server", "armed");
	WANT(end_poll(&s, 10000), POLLIN);
	end_take(&s, PERIOD);
	WANT(end_poll(&s, 10000), POLLIN);
	wakes(&s, 0);
	WANT(wakes(&s, 0), false);
	end_take(&s, PERIOD / 2);
	OK(snd_pcm_close(s.pcm));
}
