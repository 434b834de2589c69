/* Who ends a drain, if not the program that waits for it. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "capi.h"

/* A program that asks for one drain, and then looks at poll and at the state alone. */
void drain_ends_by_itself(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	snd_pcm_status_t *status;

	snd_pcm_status_alloca(&status);
	for (int how = 0; how < 2; how++) {
		end_pair(&s, &c);
		OK(snd_pcm_nonblock(c.pcm, 1));
		end_pump(&c, &s, 10 * PERIOD);
		end_put(&c, 2 * PERIOD + 77); /* and a period is queued */
		WANT(end_drain_on(&c), -EAGAIN);
		for (int i = 0; i < 3; i++) {
			for (int again = 0; again < 3; again++) {
				WANT(end_poll(&c, 0), 0);
				WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_DRAINING);
			}
			rig_tick(PERIOD);
			end_take(&s, PERIOD);
		}
		WANT(end_poll(&c, 0), 0);
		rig_tick(PERIOD);
		if (how == 0)
			WANT(end_poll(&c, -1), POLLOUT | POLLERR);
		else
			OK(snd_pcm_status(c.pcm, status));
		WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
		WANT(snd_pcm_drain(c.pcm), 0);
		WANT(rig_xruns("client"), 0);
		end_take(&s, 77);
		WANT(snd_pcm_avail(s.pcm), 0); /* the session goes on: a drop after a drain is none */
		OK(snd_pcm_drop(c.pcm));
		OK(snd_pcm_prepare(c.pcm)); /* and so does the program */
		end_put(&c, 2 * PERIOD);
		rig_tick(2 * PERIOD);
		end_take(&s, 2 * PERIOD);
		end_close_pair(&s, &c);
		s = SERVER(CAPTURE);
		c = CLIENT(PLAYBACK);
	}
}

/* What was not heard is said, once there is nobody to hear it. */
void drain_whose_server_leaves(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	OK(snd_pcm_nonblock(c.pcm, 1));
	end_pump(&c, &s, 10 * PERIOD);
	end_put(&c, 2 * PERIOD);
	WANT(end_drain_on(&c), -EAGAIN);
	end_close(&s);
	rig_until("client", "ended");
	WANT(end_poll(&c, -1) & POLLOUT, POLLOUT);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_PREPARED);
	WANT(snd_pcm_drain(c.pcm), -ENXIO); /* D17 */
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_PREPARED);
	end_close(&c);
}

static void *drops(void *arg)
{
	rig_until("client", "draining");
	OK(snd_pcm_drop(arg));
	return NULL;
}

/* Another thread drops what one drains: both return, and the rest is not heard. */
void drop_ends_a_drain(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	pthread_t thread;
	char block[4 * PERIOD];

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	end_put(&c, 2 * PERIOD);
	rig_tick(PERIOD);
	WANT(pthread_create(&thread, NULL, drops, c.pcm), 0);
	WANT(snd_pcm_drain(c.pcm), 0);
	WANT(pthread_join(thread, NULL), 0);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	rig_tick(10 * PERIOD);
	end_take(&s, PERIOD);
	WANT(snd_pcm_readi(s.pcm, block, PERIOD), -ECONNRESET);
	OK(snd_pcm_prepare(s.pcm));
	OK(snd_pcm_prepare(c.pcm));
	c.next = s.next = 100000;
	end_begin(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);

	/* A drain that nobody waits for can be dropped, too. */
	OK(snd_pcm_nonblock(c.pcm, 1));
	WANT(end_drain_on(&c), -EAGAIN);
	OK(snd_pcm_drop(c.pcm));
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	rig_tick(10 * PERIOD);
	WANT(snd_pcm_readi(s.pcm, block, PERIOD), -ECONNRESET);
	end_close_pair(&s, &c);
}
