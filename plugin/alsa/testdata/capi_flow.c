/* Xruns, pause, drop and drain. */
#include <stdlib.h>

#include "capi.h"

void recover_after_underrun(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	char block[4 * PERIOD] = { 0 };

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	for (int burst = 1; burst <= 3; burst++) {
		rig_tick(PERIOD); /* what is queued */
		end_take(&s, PERIOD);
		rig_tick(2 * PERIOD); /* and more than that */
		end_silent(&s, 2 * PERIOD);
		WANT(rig_xruns("client"), burst);
		WANT(rig_xrun_frames("client"), burst * 2 * PERIOD);
		WANT(snd_pcm_writei(c.pcm, block, PERIOD), -EPIPE);
		WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_XRUN);
		WANT(end_poll(&c, 0) & POLLERR, POLLERR);
		WANT(snd_pcm_recover(c.pcm, -EPIPE, 1), 0);
		WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_PREPARED);
		WANT(snd_pcm_avail(c.pcm), BUFFER);
		end_put(&c, PERIOD);
		WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_RUNNING);
		end_pump(&c, &s, 10 * PERIOD);
	}
	WANT(rig_xruns("server"), 0);
	end_close_pair(&s, &c);
}

void recover_after_overrun(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	char block[4 * PERIOD];

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	for (int burst = 1; burst <= 3; burst++) {
		for (int i = 0; i < 10; i++) {
			end_put(&c, PERIOD);
			rig_tick(PERIOD);
		}
		WANT(rig_xruns("server"), burst);
		WANT(rig_xrun_frames("server"), burst * (10 * PERIOD - BUFFER));
		WANT(snd_pcm_readi(s.pcm, block, PERIOD), -EPIPE);
		WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_XRUN);
		WANT(snd_pcm_recover(s.pcm, -EPIPE, 1), 0);
		WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_PREPARED);
		s.next += 10 * PERIOD - BUFFER; /* the newest are kept */
		end_take(&s, BUFFER);
		WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_RUNNING);
		end_pump(&c, &s, 10 * PERIOD);
	}
	WANT(rig_xruns("client"), 0);
	end_close_pair(&s, &c);
}

/* A program that has set its stop threshold to the boundary wants no EPIPE. */
void no_xrun_without_threshold(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	snd_pcm_sw_params_t *sw;

	end_pair(&s, &c);
	snd_pcm_sw_params_alloca(&sw);
	OK(snd_pcm_sw_params_current(s.pcm, sw));
	OK(snd_pcm_sw_params_get_boundary(sw, &s.stop));
	OK(end_sw_params(&s));
	OK(snd_pcm_sw_params_current(c.pcm, sw));
	OK(snd_pcm_sw_params_get_boundary(sw, &c.stop));
	OK(end_sw_params(&c));
	end_pump(&c, &s, 10 * PERIOD);

	rig_tick(PERIOD);
	end_take(&s, PERIOD);
	rig_tick(3 * PERIOD);
	WANT(rig_xruns("client"), 1);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_RUNNING);
	end_put(&c, PERIOD);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_RUNNING);
	end_silent(&s, 3 * PERIOD);
	rig_tick(PERIOD);
	end_take(&s, PERIOD);

	end_put(&c, PERIOD);
	for (int i = 0; i < 10; i++) {
		end_put(&c, PERIOD);
		rig_tick(PERIOD);
	}
	WANT(rig_xruns("server"), 1);
	WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_RUNNING);
	/* To a program that asks for no stop what was lost is silence, in its place. */
	end_silent(&s, 10 * PERIOD - BUFFER);
	s.next += 10 * PERIOD - BUFFER;
	end_take(&s, BUFFER);
	end_pump(&c, &s, 10 * PERIOD);
	WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_RUNNING);
	end_close_pair(&s, &c);
}

/* A writer in its pause: the reader gets silence, and no frame of the writer is lost. */
void pause_of_a_writer(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	for (int i = 0; i < 3; i++) {
		WANT(snd_pcm_pause(c.pcm, 1), 0);
		WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_PAUSED);
		rig_tick(3 * PERIOD);
		end_silent(&s, 3 * PERIOD);
		WANT(snd_pcm_avail(c.pcm), BUFFER - PERIOD);
		WANT(snd_pcm_pause(c.pcm, 0), 0);
		WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_RUNNING);
		end_pump(&c, &s, 10 * PERIOD);
	}
	WANT(rig_xruns("client"), 0);
	WANT(rig_xruns("server"), 0);
	end_close_pair(&s, &c);
}

/* A reader in its pause: it keeps what it has, and misses what is played meanwhile. */
void pause_of_a_reader(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	end_put(&c, PERIOD);
	rig_tick(PERIOD);
	WANT(snd_pcm_pause(s.pcm, 1), 0);
	WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_PAUSED);
	for (int i = 0; i < 10; i++) {
		end_put(&c, PERIOD);
		rig_tick(PERIOD);
	}
	WANT(snd_pcm_pause(s.pcm, 0), 0);
	end_take(&s, PERIOD);
	s.next += 10 * PERIOD;
	end_pump(&c, &s, 10 * PERIOD);
	WANT(rig_xruns("client"), 0);
	WANT(rig_xruns("server"), 0);
	end_close_pair(&s, &c);
}

/* What is dropped is never heard, and the reader is told that the session is over. */
void drop(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	char block[4 * PERIOD];

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	end_put(&c, 2 * PERIOD);
	rig_tick(PERIOD);
	WANT(snd_pcm_drop(c.pcm), 0);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	rig_tick(10 * PERIOD);
	end_take(&s, PERIOD);
	WANT(snd_pcm_readi(s.pcm, block, PERIOD), -ECONNRESET);

	/* Both begin again, and nothing old is heard. */
	WANT(snd_pcm_drop(s.pcm), 0);
	OK(snd_pcm_prepare(s.pcm));
	OK(snd_pcm_prepare(c.pcm));
	c.next = s.next = 100000;
	end_begin(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	WANT(snd_pcm_drop(s.pcm), 0); /* a reader drops, too */
	WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_SETUP);
	WANT(snd_pcm_writei(c.pcm, block, PERIOD), -ECONNRESET);
	end_close_pair(&s, &c);
}

/* Fewer frames than a period are heard, too, and no silence after them. */
void drain_blocking(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	char block[4 * PERIOD];

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	end_put(&c, 77);
	end_drain(&c);
	rig_tick(5 * PERIOD); /* D21: the line stands still */
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	WANT(rig_xruns("client"), 0);
	end_close(&c);
	end_take(&s, PERIOD + 77);
	WANT(snd_pcm_readi(s.pcm, block, PERIOD), -ECONNRESET);
	end_close(&s);
}

void drain_nonblocking(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	OK(snd_pcm_nonblock(c.pcm, 1));
	end_pump(&c, &s, 10 * PERIOD);
	end_put(&c, 77); /* and a period is queued */
	WANT(end_drain_on(&c), -EAGAIN);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_DRAINING);
	WANT(end_poll(&c, 0), 0);
	rig_tick(PERIOD);
	WANT(end_drain_on(&c), -EAGAIN);
	WANT(end_poll(&c, 0), 0);
	rig_tick(PERIOD);
	WANT(end_poll(&c, -1) & POLLOUT, POLLOUT);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	WANT(snd_pcm_drain(c.pcm), 0);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	end_take(&s, PERIOD + 77);
	end_close(&c);
	end_close(&s);
}

/* There is nothing to wait for: a reader stops, and its writer learns of it. */
void drain_of_a_reader(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	char block[4 * PERIOD] = { 0 };

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	WANT(snd_pcm_drain(s.pcm), 0);
	WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_SETUP);
	WANT(snd_pcm_writei(c.pcm, block, PERIOD), -ECONNRESET);
	end_close_pair(&s, &c);
}

/* Frames that were written below the start threshold are heard; nothing is nothing. */
void drain_of_an_unstarted_stream(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	c.start = BUFFER;
	OK(end_open(&s, 0));
	end_setup(&s);
	OK(snd_pcm_start(s.pcm));
	OK(end_open(&c, 0));
	end_setup(&c);
	WANT(snd_pcm_drain(c.pcm), 0);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	OK(snd_pcm_prepare(c.pcm));
	end_put(&c, 77);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_PREPARED);
	end_drain(&c);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	end_close(&c);
	end_take(&s, 77);
	end_close(&s);
}

void drain_of_an_unstarted_stream_nonblocking(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	c.start = BUFFER;
	OK(end_open(&s, 0));
	end_setup(&s);
	OK(snd_pcm_start(s.pcm));
	OK(end_open(&c, SND_PCM_NONBLOCK));
	end_setup(&c);
	WANT(snd_pcm_drain(c.pcm), 0);
	OK(snd_pcm_prepare(c.pcm));
	end_put(&c, 77);
	WANT(end_drain_on(&c), -EAGAIN);
	WANT(end_poll(&c, 0), 0);
	rig_until("client", "running");
	rig_tick(2 * PERIOD);
	WANT(end_poll(&c, -1), POLLOUT | POLLERR);
	WANT(snd_pcm_drain(c.pcm), 0);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	end_close(&c);
	end_take(&s, 77);
	end_close(&s);
}
