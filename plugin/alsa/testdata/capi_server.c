/* A server that plays before there is a client: as a sound card before its start, it has
 * its own buffer to fill, and sleeps once that is full (D7). */
#include <stdlib.h>

#include "capi.h"

/* space is what every call says of the room. */
static void space(struct end *s, long frames)
{
	WANT(snd_pcm_avail_update(s->pcm), frames);
	WANT(snd_pcm_avail(s->pcm), frames);
	WANT(end_poll(s, 0), frames >= PERIOD ? POLLOUT : 0);
}

/* By transfer where poll has promised it: as PulseAudio, jackd and zita-j2a do. */
static void plays_first(snd_pcm_access_t access, snd_pcm_uframes_t start, int mode)
{
	struct end s = SERVER(PLAYBACK), c = CLIENT(CAPTURE);
	bool mmap = access == SND_PCM_ACCESS_MMAP_INTERLEAVED;
	char block[PERIOD * 4] = { 0 };

	s.access = access;
	s.start = start;
	OK(end_open(&s, mode));
	end_setup(&s);
	WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_PREPARED);
	space(&s, BUFFER);
	for (int i = 1; i <= BUFFER / PERIOD; i++) {
		end_put(&s, PERIOD);
		space(&s, BUFFER - i * PERIOD);
		rig_tick(PERIOD); /* nothing moves before the start, nor before the client */
		space(&s, BUFFER - i * PERIOD);
	}
	if (snd_pcm_state(s.pcm) == SND_PCM_STATE_PREPARED)
		OK(snd_pcm_start(s.pcm));
	WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_RUNNING);
	rig_until("server", "armed");
	for (int again = 0; again < 3; again++) {
		rig_tick(10 * PERIOD);
		space(&s, 0);
		if (mode)
			WANT(mmap ? snd_pcm_mmap_writei(s.pcm, block, PERIOD) : snd_pcm_writei(s.pcm, block, PERIOD), -EAGAIN);
	}
	c.access = access;
	OK(end_open(&c, 0));
	end_setup(&c);
	OK(snd_pcm_start(c.pcm));
	rig_until("server", "running");
	rig_tick(PERIOD); /* the line begins, with or without a period */
	end_take(&c, WANT_ONE_OF(snd_pcm_avail(c.pcm), 0, PERIOD));
	for (int i = 0; i < 10; i++) {
		rig_tick(PERIOD);
		WANT(end_poll(&s, -1), POLLOUT);
		end_put(&s, PERIOD);
		WANT(snd_pcm_avail(c.pcm), PERIOD);
		end_take(&c, PERIOD); /* D9: the first is the first */
	}
	WANT(rig_xruns("server") + rig_xruns("client"), 0);

	/* The client leaves, and the next one hears what is written for it. */
	end_close(&c);
	WANT(snd_pcm_drop(s.pcm), 0);
	OK(snd_pcm_prepare(s.pcm));
	space(&s, BUFFER);
	s.next = 77777;
	end_put(&s, BUFFER);
	if (snd_pcm_state(s.pcm) == SND_PCM_STATE_PREPARED)
		OK(snd_pcm_start(s.pcm));
	OK(end_open(&c, 0));
	c.next = 77777;
	end_setup(&c);
	OK(snd_pcm_start(c.pcm));
	rig_until("server", "running");
	rig_tick(3 * PERIOD);
	end_take(&c, 2 * PERIOD);
	end_close_pair(&s, &c);
}

void server_that_plays_first(void)
{
	static const snd_pcm_access_t ways[] = { SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED };
	static const snd_pcm_uframes_t starts[] = { 1, PERIOD, BUFFER, 100 * BUFFER };

	for (int way = 0; way < 2; way++)
		for (int start = 0; start < 4; start++)
			for (int mode = 0; mode <= SND_PCM_NONBLOCK; mode += SND_PCM_NONBLOCK)
				plays_first(ways[way], starts[start], mode);
}

/* A drain in the pause waits for the client, who hears all of it. */
void server_that_drains_first(void)
{
	struct end s = SERVER(PLAYBACK), c = CLIENT(CAPTURE);

	s.start = BUFFER;
	OK(end_open(&s, SND_PCM_NONBLOCK));
	end_setup(&s);
	end_put(&s, PERIOD + 77);
	WANT(end_drain_on(&s), -EAGAIN);
	rig_tick(10 * PERIOD);
	WANT(end_poll(&s, 0), 0);
	OK(end_open(&c, 0));
	end_setup(&c);
	OK(snd_pcm_start(c.pcm));
	rig_until("server", "running");
	rig_tick(3 * PERIOD);
	WANT(end_poll(&s, -1), POLLOUT | POLLERR);
	WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_SETUP);
	end_take(&c, PERIOD + 77);
	end_close_pair(&s, &c);
}
