/* How a PCM gets into each state. */
#include "states.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

const char *const start_names[STARTS] = { "OPEN", "SETUP",	"PREPARED", "FULL", "RUNNING",
					  "BUSY", "XRUN", "DRAINING", "PAUSED" };

bool subject_plays(const struct subject *s) { return s->stream == SND_PCM_STREAM_PLAYBACK; }

void pass(const struct subject *s, snd_pcm_uframes_t frames)
{
	if (s->role)
		rig_tick((long)frames);
	else
		usleep((useconds_t)(frames * 1000000 / RATE));
}

const char *state_of(const struct subject *s)
{
	snd_pcm_status_t *status;
	snd_pcm_state_t now;

	if (!s->pcm)
		return "closed";
	snd_pcm_status_alloca(&status);
	now = snd_pcm_state(s->pcm);
	if (now != SND_PCM_STATE_OPEN && snd_pcm_status(s->pcm, status) >= 0)
		now = snd_pcm_status_get_state(status);
	return snd_pcm_state_name(now);
}

/* setup chooses the same for both; what is tested starts when it is told to if it plays, and
 * with the first read if it records. */
static void setup(snd_pcm_t *pcm, bool tested, bool mapped)
{
	snd_pcm_hw_params_t *hw;
	snd_pcm_sw_params_t *sw;
	snd_pcm_uframes_t boundary;
	bool records = snd_pcm_stream(pcm) == SND_PCM_STREAM_CAPTURE;

	snd_pcm_hw_params_alloca(&hw);
	OK(snd_pcm_hw_params_any(pcm, hw));
	OK(snd_pcm_hw_params_set_access(pcm, hw, mapped ? SND_PCM_ACCESS_MMAP_INTERLEAVED : SND_PCM_ACCESS_RW_INTERLEAVED));
	OK(snd_pcm_hw_params_set_format(pcm, hw, SND_PCM_FORMAT_S16_LE));
	OK(snd_pcm_hw_params_set_channels(pcm, hw, 2));
	OK(snd_pcm_hw_params_set_rate(pcm, hw, RATE, 0));
	OK(snd_pcm_hw_params_set_period_size(pcm, hw, PART, 0));
	OK(snd_pcm_hw_params_set_buffer_size(pcm, hw, WHOLE));
	OK(snd_pcm_hw_params(pcm, hw));

	snd_pcm_sw_params_alloca(&sw);
	OK(snd_pcm_sw_params_current(pcm, sw));
	OK(snd_pcm_sw_params_get_boundary(sw, &boundary));
	OK(snd_pcm_sw_params_set_start_threshold(pcm, sw, tested && records ? 1 : boundary));
	OK(snd_pcm_sw_params_set_stop_threshold(pcm, sw, tested ? WHOLE : boundary));
	OK(snd_pcm_sw_params_set_avail_min(pcm, sw, PART));
	OK(snd_pcm_sw_params(pcm, sw));
}

static short silence[2 * WHOLE];

static void fill(const struct subject *s, snd_pcm_uframes_t n)
{
	WANT(s->mapped ? snd_pcm_mmap_writei(s->pcm, silence, n) : snd_pcm_writei(s->pcm, silence, n), n);
}

/* begin_other opens, sets up and starts the other end. */
static void begin_other(struct subject *s)
{
	snd_pcm_stream_t stream = subject_plays(s) ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK;

	OK(snd_pcm_open(&s->other, s->other_device, stream, 0));
	setup(s->other, false, false);
	if (!subject_plays(s))
		WANT(snd_pcm_writei(s->other, silence, WHOLE), WHOLE);
	OK(snd_pcm_start(s->other));
}

static void start(const struct subject *s)
{
	OK(snd_pcm_start(s->pcm));
	if (s->role)
		rig_until(s->role, "running");
}

/* run starts, with something to move and something that has moved. */
static void run(const struct subject *s)
{
	if (subject_plays(s)) {
		fill(s, WHOLE / 2);
		start(s);
		return;
	}
	start(s);
	do
		pass(s, PART);
	while (OK(snd_pcm_avail(s->pcm)), snd_pcm_avail_update(s->pcm) < PART);
}

static void overrun(const struct subject *s)
{
	if (subject_plays(s))
		fill(s, PART);
	start(s);
	while (snd_pcm_avail(s->pcm) != -EPIPE)
		pass(s, PART);
}

static void drain(const struct subject *s)
{
	if (subject_plays(s)) {
		fill(s, WHOLE);
		start(s);
		OK(snd_pcm_nonblock(s->pcm, 1));
		WANT(snd_pcm_drain(s->pcm), -EAGAIN);
		if (s->role)
			rig_until(s->role, "draining");
	} else {
		run(s);
		OK(snd_pcm_nonblock(s->pcm, 0));
		OK(snd_pcm_drain(s->pcm));
	}
	OK(snd_pcm_nonblock(s->pcm, s->mode != 0));
}

static void walk(struct subject *s, enum start state)
{
	if (state == SETUP)
		OK(snd_pcm_drop(s->pcm));
	else if (state == FULL)
		fill(s, WHOLE);
	else if (state == RUNNING || state == PAUSED)
		run(s);
	else if (state == XRUN)
		overrun(s);
	else if (state == DRAINING)
		drain(s);
	else if (state == BUSY) {
		if (subject_plays(s))
			fill(s, WHOLE);
		start(s);
	}
	if (state == PAUSED)
		OK(snd_pcm_pause(s->pcm, 1));
}

bool subject_reach(struct subject *s, enum start state)
{
	bool first = s->role && !strcmp(s->role, "server");
	static const char *const real[STARTS] = { [FULL] = "PREPARED", [BUSY] = "RUNNING" };
	const char *want = real[state] ? real[state] : start_names[state];

	s->moves = state == RUNNING || state == BUSY || state == DRAINING;
	if (!first)
		begin_other(s);
	OK(snd_pcm_open(&s->pcm, s->device, s->stream, s->mode));
	if (state != OPEN) {
		setup(s->pcm, true, s->mapped);
		if (first)
			begin_other(s);
		walk(s, state);
	}
	return !strcmp(state_of(s), want);
}

static void close_one(snd_pcm_t **pcm, const char *role)
{
	if (*pcm)
		OK(snd_pcm_close(*pcm));
	*pcm = NULL;
	if (role)
		rig_until(role, "closed");
}

void subject_close(struct subject *s)
{
	bool first = s->role && !strcmp(s->role, "server");

	if (first)
		close_one(&s->other, s->other_role);
	close_one(&s->pcm, s->role);
	if (!first)
		close_one(&s->other, s->other_role);
}
