#include "rig.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTROL = 3 }; /* the descriptor on which the test listens */

const char *rig_at = "the start";

void rig_fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", rig_at);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static const char *word(long n, char *space)
{
	if (n < 0)
		sprintf(space, "%ld (%s)", n, snd_strerror((int)n));
	else
		sprintf(space, "%ld", n);
	return space;
}

void rig_want(long got, long want)
{
	char a[100], b[100];

	if (got != want)
		rig_fail("got %s, want %s", word(got, a), word(want, b));
}

void rig_want_between(long got, long least, long most)
{
	char a[100];

	if (got < least || got > most)
		rig_fail("got %s, want %ld to %ld", word(got, a), least, most);
}

void rig_ok(long got)
{
	char a[100];

	if (got < 0)
		rig_fail("got %s", word(got, a));
}

long rig_want_one_of(long got, long one, long other)
{
	char a[100], b[100], c[100];

	if (got != one && got != other)
		rig_fail("got %s, want %s or %s", word(got, a), word(one, b), word(other, c));
	return got;
}

/* ask sends a line to the test and returns the number that it answers. */
static long ask(const char *format, ...)
{
	char line[200], *rest;
	size_t n = 0;
	va_list args;
	long answer;

	va_start(args, format);
	vsnprintf(line, sizeof line - 1, format, args);
	va_end(args);
	strcat(line, "\n");
	while (write(CONTROL, line, strlen(line)) < 0)
		if (errno != EINTR)
			rig_fail("the test does not listen: %s", strerror(errno));
	while (n < sizeof line - 1) {
		ssize_t got = read(CONTROL, line + n, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1 || line[n] == '\n')
			break;
		n++;
	}
	line[n] = 0;
	answer = strtol(line, &rest, 10);
	if (rest == line || *rest)
		rig_fail("the test says: %s", line);
	return answer;
}

void rig_tick(long frames) { ask("tick %ld", frames); }
void rig_run(bool on) { ask("run %d", on); }
void rig_until(const char *end, const char *state) { ask("until %s %s", end, state); }
long rig_xruns(const char *end) { return ask("xruns %s", end); }
long rig_xrun_frames(const char *end) { return ask("xrun_frames %s", end); }
long rig_period(const char *end) { return ask("period %s", end); }
long rig_buffer(const char *end) { return ask("buffer %s", end); }

static void terminated(int signal)
{
	static const char hangs[] = ": does not return\n";

	(void)signal;
	if (write(2, rig_at, strlen(rig_at)) < 0 || write(2, hangs, sizeof hangs - 1) < 0)
		_exit(3);
	_exit(2);
}

int rig_main(int argc, char **argv, const struct rig_case *cases)
{
	signal(SIGTERM, terminated);
	for (; argc == 2 && cases->name; cases++) {
		if (strcmp(cases->name, argv[1]))
			continue;
		cases->run();
		snd_config_update_free_global();
		return 0;
	}
	fprintf(stderr, "there is no such case\n");
	return 1;
}

int end_open(struct end *e, int mode)
{
	char device[100];

	snprintf(device, sizeof device, "loopbridge:loop0,%s", e->name);
	e->next = 0;
	return snd_pcm_open(&e->pcm, device, e->stream, mode);
}

int end_hw_params(struct end *e)
{
	snd_pcm_hw_params_t *hw;
	int err;

	snd_pcm_hw_params_alloca(&hw);
	e->format = e->format ? e->format : SND_PCM_FORMAT_S16_LE;
	e->rate = e->rate ? e->rate : RATE;
	e->channels = e->channels ? e->channels : 2;
	e->period = e->period ? e->period : PERIOD;
	e->buffer = e->buffer ? e->buffer : BUFFER;
	err = snd_pcm_hw_params_any(e->pcm, hw);
	if (err >= 0)
		err = snd_pcm_hw_params_set_access(e->pcm, hw, e->access);
	if (err >= 0)
		err = snd_pcm_hw_params_set_format(e->pcm, hw, e->format);
	if (err >= 0)
		err = snd_pcm_hw_params_set_rate(e->pcm, hw, e->rate, 0);
	if (err >= 0)
		err = snd_pcm_hw_params_set_channels(e->pcm, hw, e->channels);
	if (err >= 0)
		err = snd_pcm_hw_params_set_period_size(e->pcm, hw, e->period, 0);
	if (err >= 0)
		err = snd_pcm_hw_params_set_buffer_size(e->pcm, hw, e->buffer);
	if (err >= 0)
		err = snd_pcm_hw_params(e->pcm, hw);
	if (err >= 0)
		e->frame_bytes = (size_t)snd_pcm_frames_to_bytes(e->pcm, 1);
	return err;
}

int end_sw_params(struct end *e)
{
	snd_pcm_sw_params_t *sw;
	int err;

	snd_pcm_sw_params_alloca(&sw);
	err = snd_pcm_sw_params_current(e->pcm, sw);
	if (err >= 0)
		err = snd_pcm_sw_params_set_start_threshold(e->pcm, sw, e->start ? e->start : 1);
	if (err >= 0)
		err = snd_pcm_sw_params_set_stop_threshold(e->pcm, sw, e->stop ? e->stop : e->buffer);
	if (err >= 0)
		err = snd_pcm_sw_params_set_avail_min(e->pcm, sw, e->avail_min ? e->avail_min : e->period);
	if (err >= 0)
		err = snd_pcm_sw_params_set_tstamp_mode(e->pcm, sw, SND_PCM_TSTAMP_ENABLE);
	return err < 0 ? err : snd_pcm_sw_params(e->pcm, sw);
}

void end_setup(struct end *e)
{
	OK(end_hw_params(e));
	OK(end_sw_params(e));
}

void end_close(struct end *e)
{
	OK(snd_pcm_close(e->pcm));
	e->pcm = NULL;
	rig_until(e->name, "closed");
}

static struct end *writer(struct end *a, struct end *b) { return a->stream == SND_PCM_STREAM_PLAYBACK ? a : b; }

void end_begin(struct end *server, struct end *client)
{
	struct end *w = writer(server, client);

	OK(snd_pcm_start(server->pcm));
	rig_until("server", "armed");
	if (w == client)
		end_put(client, PERIOD);
	else
		OK(snd_pcm_start(client->pcm));
	rig_until("server", "running");
	rig_until("client", "running");
	if (w == server) {
		end_put(server, PERIOD);
		rig_tick(PERIOD); /* the clock of the line begins when there is a period */
	}
}

void end_pair(struct end *server, struct end *client)
{
	OK(end_open(server, 0));
	end_setup(server);
	OK(end_open(client, 0));
	end_setup(client);
	end_begin(server, client);
}

void end_close_pair(struct end *server, struct end *client)
{
	end_close(client);
	end_close(server);
}

static bool mapped(const struct end *e) { return e->access == SND_PCM_ACCESS_MMAP_INTERLEAVED; }

void end_put(struct end *e, snd_pcm_uframes_t n)
{
	char *block = malloc(n * e->frame_bytes);

	frames_fill(block, e->frame_bytes, e->next, n);
	WANT(mapped(e) ? snd_pcm_mmap_writei(e->pcm, block, n) : snd_pcm_writei(e->pcm, block, n), n);
	e->next += n;
	free(block);
}

void end_take(struct end *e, snd_pcm_uframes_t n)
{
	char *block = malloc(n * e->frame_bytes);

	WANT(mapped(e) ? snd_pcm_mmap_readi(e->pcm, block, n) : snd_pcm_readi(e->pcm, block, n), n);
	frames_check(block, e->frame_bytes, e->next, n);
	e->next += n;
	free(block);
}

void end_silent(struct end *e, snd_pcm_uframes_t n)
{
	char *block = malloc(n * e->frame_bytes);

	WANT(snd_pcm_readi(e->pcm, block, n), n);
	for (size_t i = 0; i < n * e->frame_bytes; i++)
		if (block[i])
			rig_fail("frame %zu of %lu is not silence", i / e->frame_bytes, n);
	free(block);
}

void end_pump(struct end *from, struct end *to, snd_pcm_uframes_t n)
{
	for (; n >= PERIOD; n -= PERIOD) {
		end_put(from, PERIOD);
		rig_tick(PERIOD);
		end_take(to, PERIOD);
	}
}

void end_drain(struct end *e)
{
	ask("drain %s", e->name);
	WANT(snd_pcm_drain(e->pcm), 0);
	rig_run(false);
}

int end_drain_on(struct end *e)
{
	int err = snd_pcm_drain(e->pcm);

	if (err == -EAGAIN)
		rig_until(e->name, "draining");
	return err;
}

int end_poll(struct end *e, int timeout)
{
	struct pollfd fd;
	unsigned short events = 0;

	WANT(snd_pcm_poll_descriptors_count(e->pcm), 1);
	WANT(snd_pcm_poll_descriptors(e->pcm, &fd, 1), 1);
	do { /* a wake-up without an event is permitted, for what changed meanwhile */
		OK(poll(&fd, 1, timeout));
		OK(snd_pcm_poll_descriptors_revents(e->pcm, &fd, 1, &events));
	} while (timeout < 0 && events == 0);
	return events;
}

static unsigned char frame_byte(uint64_t frame, size_t i)
{
	uint32_t mixed = (uint32_t)frame * 2654435761u + (uint32_t)i * 2246822519u;

	return (unsigned char)(1 + (mixed >> 15) % 255);
}

void frames_fill(void *block, size_t frame_bytes, uint64_t first, snd_pcm_uframes_t n)
{
	unsigned char *to = block;

	for (snd_pcm_uframes_t f = 0; f < n; f++)
		for (size_t i = 0; i < frame_bytes; i++)
			*to++ = frame_byte(first + f, i);
}

static bool is_frame(const unsigned char *frame, size_t frame_bytes, uint64_t number)
{
	for (size_t i = 0; i < frame_bytes; i++)
		if (frame[i] != frame_byte(number, i))
			return false;
	return true;
}

void frames_check(const void *block, size_t frame_bytes, uint64_t first, snd_pcm_uframes_t n)
{
	const unsigned char *frame = block;

	for (snd_pcm_uframes_t f = 0; f < n; f++, frame += frame_bytes) {
		if (is_frame(frame, frame_bytes, first + f))
			continue;
		for (uint64_t other = 0; other < first + 100000; other++)
			if (is_frame(frame, frame_bytes, other))
				rig_fail("frame %lu of %lu has number %lu, want %lu", f, n, other, first + f);
		rig_fail("frame %lu of %lu is none of those written, want number %lu", f, n, first + f);
	}
}
