/* What alsa-lib says of positions and times. The clock of the test is not that of the
 * machine, so that a delay may be a period less than what is queued: frames come closer
 * as time goes by. */
#include <stdlib.h>
#include <time.h>

#include "capi.h"

static void want_avail(struct end *e, long want)
{
	snd_pcm_sframes_t avail, delay;

	WANT(snd_pcm_avail(e->pcm), want);
	WANT(snd_pcm_avail_update(e->pcm), want);
	OK(snd_pcm_avail_delay(e->pcm, &avail, &delay));
	WANT(avail, want);
}

/* For a writer, delay + delivered = written: the frame to write next is heard after
 * those in the buffer. */
static void want_delay(struct end *e, long queued, long elapsed)
{
	snd_pcm_sframes_t delay, avail;

	OK(snd_pcm_delay(e->pcm, &delay));
	WANT_BETWEEN(delay, queued > elapsed ? queued - elapsed : 0, queued);
	OK(snd_pcm_avail_delay(e->pcm, &avail, &delay));
	WANT_BETWEEN(delay, queued > elapsed ? queued - elapsed : 0, queued);
	WANT(avail, BUFFER - queued);
}

/* W frames were written and D delivered: W - D are queued, at every step. */
void delay_of_a_writer(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	long queued;

	OK(end_open(&s, 0));
	end_setup(&s);
	OK(end_open(&c, 0));
	c.start = BUFFER; /* which is not reached */
	end_setup(&c);
	want_avail(&c, BUFFER);
	want_delay(&c, 0, 0);
	end_put(&c, 100); /* nothing moves before the start */
	want_avail(&c, BUFFER - 100);
	want_delay(&c, 100, 0);
	OK(snd_pcm_drop(c.pcm));
	OK(snd_pcm_prepare(c.pcm));
	c.next = 0;
	c.start = 1;
	OK(end_sw_params(&c));
	end_begin(&s, &c);
	want_avail(&c, BUFFER - PERIOD);
	for (int i = 0; i < 20; i++) {
		end_put(&c, 100 + 37 * (i % 5));
		want_delay(&c, (long)(c.next - s.next), PERIOD);
		if (c.next - s.next < PERIOD)
			continue;
		rig_tick(PERIOD);
		end_take(&s, PERIOD);
		queued = (long)(c.next - s.next);
		want_avail(&c, BUFFER - queued);
		want_delay(&c, queued, PERIOD);
	}
	end_close_pair(&s, &c);
}

/* For a reader, the delay is what can be read, and what has come since. */
void delay_of_a_reader(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	snd_pcm_sframes_t delay;
	long given = 0, avail;

	end_pair(&s, &c);
	want_avail(&s, 0);
	for (int i = 0; i < 20; i++) {
		end_put(&c, PERIOD);
		rig_tick(PERIOD);
		given += PERIOD;
		avail = given - (long)s.next;
		want_avail(&s, avail);
		OK(snd_pcm_delay(s.pcm, &delay));
		WANT_BETWEEN(delay, avail, avail + PERIOD);
		end_take(&s, avail < 440 + i % 3 * 40 ? avail : 440 + i % 3 * 40);
		want_avail(&s, given - (long)s.next);
	}
	end_close_pair(&s, &c);
}

static int64_t nanoseconds(snd_htimestamp_t t) { return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec; }

static int64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return nanoseconds(t);
}

/* check_status compares a snd_pcm_status_t with what the calls say, and its time with
 * the machine's. It returns the time. */
static int64_t check_status(struct end *e, long avail, int64_t before)
{
	snd_pcm_status_t *status;
	snd_htimestamp_t t;
	snd_pcm_uframes_t frames;
	int64_t now;

	snd_pcm_status_alloca(&status);
	OK(snd_pcm_status(e->pcm, status));
	WANT(snd_pcm_status_get_state(status), SND_PCM_STATE_RUNNING);
	WANT(snd_pcm_status_get_avail(status), avail);
	if (e->stream == SND_PCM_STREAM_PLAYBACK)
		WANT_BETWEEN(snd_pcm_status_get_delay(status), BUFFER - avail - PERIOD, BUFFER - avail);
	else
		WANT_BETWEEN(snd_pcm_status_get_delay(status), avail, avail + PERIOD);
	snd_pcm_status_get_htstamp(status, &t);
	now = nanoseconds(t);
	WANT(now >= before && now > 0, 1);
	WANT(now <= monotonic(), 1);
	OK(snd_pcm_htimestamp(e->pcm, &frames, &t));
	WANT(frames, avail);
	WANT(nanoseconds(t) >= now && nanoseconds(t) <= monotonic(), 1);
	return nanoseconds(t);
}

void status_and_timestamps(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	int64_t began = monotonic(), of_client = began, of_server = began;
	snd_pcm_hw_params_t *hw;

	end_pair(&s, &c);
	snd_pcm_hw_params_alloca(&hw);
	OK(snd_pcm_hw_params_current(c.pcm, hw));
	WANT(snd_pcm_hw_params_can_pause(hw), 1);
	for (int i = 0; i < 10; i++) {
		end_put(&c, PERIOD);
		rig_tick(PERIOD);
		of_client = check_status(&c, BUFFER - PERIOD, of_client);
		of_server = check_status(&s, PERIOD, of_server);
		end_take(&s, PERIOD);
	}
	end_close_pair(&s, &c);
}

/* again writes n frames that are numbered from first, and goes on where it was. */
static void again(struct end *e, snd_pcm_uframes_t n, uint64_t first)
{
	uint64_t next = e->next;

	e->next = first;
	end_put(e, n);
	e->next = next + n;
}

static void retake(struct end *e, snd_pcm_uframes_t n, uint64_t first)
{
	uint64_t next = e->next;

	e->next = first;
	end_take(e, n);
	e->next = next + n;
}

/* What was rewound and is written anew is heard anew, as far as the line has not taken it.
 * What is skipped forward is silence. */
void rewind_and_forward(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	end_put(&c, PERIOD); /* two periods are queued */
	WANT_BETWEEN(snd_pcm_rewindable(c.pcm), 0, 2 * PERIOD);
	WANT(snd_pcm_rewind(c.pcm, 100), 100);
	WANT(snd_pcm_avail(c.pcm), BUFFER - 2 * PERIOD + 100);
	c.next -= 100;
	again(&c, 300, 50000);
	WANT(snd_pcm_avail(c.pcm), BUFFER - 2 * PERIOD - 200);
	WANT(snd_pcm_forward(c.pcm, 280), 280);
	end_put(&c, PERIOD);
	WANT(snd_pcm_avail(c.pcm), BUFFER - 4 * PERIOD);
	rig_tick(4 * PERIOD);
	end_take(&s, 2 * PERIOD - 100);
	retake(&s, 300, 50000);
	end_silent(&s, 280);
	end_take(&s, PERIOD);
	WANT(rig_xruns("client"), 0);

	/* What the line has taken meanwhile is not, and does not move what follows. */
	end_put(&c, 2 * PERIOD);
	WANT(snd_pcm_rewind(c.pcm, 2 * PERIOD), 2 * PERIOD);
	rig_tick(PERIOD);
	c.next -= 2 * PERIOD;
	again(&c, PERIOD, 60000); /* too late */
	again(&c, PERIOD, 61000);
	end_take(&s, PERIOD);
	rig_tick(PERIOD);
	retake(&s, PERIOD, 61000);
	WANT(rig_xruns("client"), 0);

	/* A reader that rewinds gets silence for what the daemon has back; forward skips. */
	end_put(&c, 2 * PERIOD);
	rig_tick(2 * PERIOD);
	WANT(snd_pcm_forward(s.pcm, 100), 100);
	s.next += 100;
	WANT(snd_pcm_avail(s.pcm), 2 * PERIOD - 100);
	end_take(&s, 2 * PERIOD - 100);
	end_close_pair(&s, &c);
}

/* Before the start all that was written can be rewound, in whatever way it is written. */
void rewind_before_the_start(void)
{
	static const snd_pcm_access_t ways[] = { SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED };
	static const snd_pcm_uframes_t counts[] = { 1, PERIOD, BUFFER - 1, BUFFER };

	for (int i = 0; i < 2 * 2 * 4; i++) {
		snd_pcm_uframes_t n = counts[i % 4];
		bool anew = i / 4 % 2; /* or what is left is all there is */
		struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
		long left = BUFFER - (long)n;

		c.access = ways[i / 8];
		c.start = 2 * BUFFER;
		OK(end_open(&s, 0));
		end_setup(&s);
		OK(end_open(&c, 0));
		end_setup(&c);
		end_put(&c, BUFFER);
		WANT(snd_pcm_rewindable(c.pcm), BUFFER);
		WANT(snd_pcm_rewind(c.pcm, n), n);
		WANT(snd_pcm_avail(c.pcm), n);
		WANT(snd_pcm_avail_update(c.pcm), n);
		WANT(end_poll(&c, 0), n >= PERIOD ? POLLOUT : 0);
		if (anew)
			again(&c, n, 70000);
		else
			c.next -= n;
		OK(snd_pcm_start(s.pcm));
		OK(snd_pcm_start(c.pcm));
		rig_until("server", "running");
		if (!anew)
			end_put(&c, 100 < n ? 100 : n); /* what follows is what is written next */
		rig_tick(BUFFER);
		end_take(&s, left);
		if (anew)
			retake(&s, n, 70000);
		else
			end_take(&s, 100 < n ? 100 : n);
		end_close_pair(&s, &c);
	}
}

/* What a writer has prepared anew is not heard, and no end says that there is a drain of it. */
void prepare_before_the_start(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	OK(end_open(&s, 0));
	end_setup(&s);
	OK(end_open(&c, 0));
	c.start = 2 * BUFFER;
	end_setup(&c);
	for (int i = 0; i < 2; i++) {
		end_put(&c, BUFFER);
		if (i == 0)
			OK(snd_pcm_prepare(c.pcm));
		else
			WANT(snd_pcm_rewind(c.pcm, BUFFER), BUFFER);
		WANT(snd_pcm_avail(c.pcm), BUFFER);
	}
	WANT(snd_pcm_drain(c.pcm), 0);
	OK(snd_pcm_prepare(c.pcm));
	c.next = 0;
	c.start = 1;
	OK(end_sw_params(&c));
	end_begin(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	end_close_pair(&s, &c);
}

/* After snd_pcm_reset a reader gets what comes from now on. What a writer has queued is
 * on its way. */
void reset(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	snd_pcm_sframes_t delay;

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	end_put(&c, 2 * PERIOD);
	rig_tick(2 * PERIOD);
	WANT(snd_pcm_avail(s.pcm), 2 * PERIOD);
	WANT(snd_pcm_reset(s.pcm), 0);
	WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_RUNNING);
	WANT(snd_pcm_avail(s.pcm), 0);
	OK(snd_pcm_delay(s.pcm, &delay));
	WANT_BETWEEN(delay, 0, PERIOD);
	s.next += 2 * PERIOD;
	end_pump(&c, &s, 10 * PERIOD);

	WANT(snd_pcm_reset(c.pcm), 0);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_RUNNING);
	WANT(snd_pcm_avail(c.pcm), BUFFER - PERIOD);
	end_pump(&c, &s, 10 * PERIOD);
	WANT(rig_xruns("server") + rig_xruns("client"), 0);
	end_close_pair(&s, &c);
}

void link_is_not_possible(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	WANT(snd_pcm_link(s.pcm, c.pcm), -ENOSYS);
	WANT(snd_pcm_unlink(s.pcm), -ENOSYS);
	end_pump(&c, &s, 10 * PERIOD); /* both go on */
	end_close_pair(&s, &c);
}
