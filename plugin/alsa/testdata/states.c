/* Fills in the table of states, calls, modes and signals for one PCM:
 *
 *	states crank client playback rw DEVICE OTHER     in time that a test lets pass
 *	states clock client playback mmap DEVICE OTHER   in time that passes by itself
 *
 * Standard output has a line for each cell: direction, state, call, mode and signals, then
 * what the call returned, and the state that it left:
 *
 *	playback RUNNING drain block none: 0 SETUP
 *
 * Nothing says how long a call took. One that would never return is dropped by another thread,
 * and has a ! behind what it returned then. */
#include "states.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "rig.h"

/* How a cell is called: the columns of the table. */
static const struct column {
	const char *mode, *signals;
	bool blocks;
	int flags;	/* of the handler; -1: there are no signals */
	int outlives; /* so many signals come before time passes */
} columns[] = {
	{ "block", "none", true, -1, 0 },
	{ "block", "restart", true, SA_RESTART, 5 },
	{ "block", "interrupt", true, 0, 50 },
	{ "nonblock", "none", false, -1, 0 },
};

static short block[2 * PART];

/* The calls: the rows. */
static long transfer(struct subject *s)
{
	if (subject_plays(s))
		return s->mapped ? snd_pcm_mmap_writei(s->pcm, block, PART) : snd_pcm_writei(s->pcm, block, PART);
	return s->mapped ? snd_pcm_mmap_readi(s->pcm, block, PART) : snd_pcm_readi(s->pcm, block, PART);
}

static long call_drain(struct subject *s) { return snd_pcm_drain(s->pcm); }
static long call_drop(struct subject *s) { return snd_pcm_drop(s->pcm); }
static long call_prepare(struct subject *s) { return snd_pcm_prepare(s->pcm); }
static long call_reset(struct subject *s) { return snd_pcm_reset(s->pcm); }
static long call_start(struct subject *s) { return snd_pcm_start(s->pcm); }
static long call_pause(struct subject *s) { return snd_pcm_pause(s->pcm, 1); }
static long call_resume(struct subject *s) { return snd_pcm_pause(s->pcm, 0); }
/* A state in which nothing moves is not waited in for ever. */
static long call_wait(struct subject *s) { return snd_pcm_wait(s->pcm, s->moves ? -1 : 100); }
static long call_avail(struct subject *s) { return snd_pcm_avail(s->pcm); }
static long call_avail_update(struct subject *s) { return snd_pcm_avail_update(s->pcm); }
static long call_rewind(struct subject *s) { return snd_pcm_rewind(s->pcm, PART); }
static long call_forward(struct subject *s) { return snd_pcm_forward(s->pcm, PART); }

static long call_delay(struct subject *s)
{
	snd_pcm_sframes_t n;
	int err = snd_pcm_delay(s->pcm, &n);

	return err < 0 ? err : n;
}

static long call_poll(struct subject *s)
{
	struct pollfd fd[4];
	unsigned short events = 0;
	int n = snd_pcm_poll_descriptors(s->pcm, fd, 4), err;

	if (n < 0)
		return n;
	poll(fd, (nfds_t)n, 0);
	err = snd_pcm_poll_descriptors_revents(s->pcm, fd, (unsigned int)n, &events);
	return err < 0 ? err : events;
}

static long call_close(struct subject *s)
{
	long err = snd_pcm_close(s->pcm);

	s->pcm = NULL;
	return err;
}

enum kind { PLAIN, FRAMES, COUNT, EVENTS };

static const struct row {
	const char *name;
	long (*call)(struct subject *s);
	enum kind kind; /* of what it returns */
	bool sleeps;
} rows[] = {
	{ "transfer", transfer, FRAMES, true },
	{ "drain", call_drain, PLAIN, true },
	{ "drop", call_drop, PLAIN, false },
	{ "prepare", call_prepare, PLAIN, false },
	{ "reset", call_reset, PLAIN, false },
	{ "start", call_start, PLAIN, false },
	{ "pause", call_pause, PLAIN, false },
	{ "resume", call_resume, PLAIN, false },
	{ "wait", call_wait, PLAIN, true },
	{ "poll", call_poll, EVENTS, false },
	{ "avail", call_avail, COUNT, false },
	{ "avail_update", call_avail_update, COUNT, false },
	{ "delay", call_delay, COUNT, false },
	{ "rewind", call_rewind, FRAMES, false },
	{ "forward", call_forward, FRAMES, false },
	{ "close", call_close, PLAIN, false },
};

static const char *error_name(long err)
{
	static const struct {
		long number;
		const char *name;
	} names[] = { { EAGAIN, "EAGAIN" }, { EPIPE, "EPIPE" },	    { EBADFD, "EBADFD" }, { EINTR, "EINTR" },
		      { EIO, "EIO" },	    { ENODEV, "ENODEV" },   { ENXIO, "ENXIO" },	  { ENOSYS, "ENOSYS" },
		      { EINVAL, "EINVAL" }, { EBUSY, "EBUSY" },	    { ESTRPIPE, "ESTRPIPE" }, { ECONNRESET, "ECONNRESET" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == -err)
			return names[i].name;
	return snd_strerror((int)err);
}

/* value is what a call returned, as far as it does not depend on when it looked. */
static const char *value(enum kind kind, long n)
{
	static char space[40];

	if (n < 0)
		return error_name(n);
	if (kind == FRAMES)
		return n == 0 ? "0" : n < PART ? "part" : "all";
	if (kind == COUNT)
		return n == 0 ? "0" : n < WHOLE ? "some" : n == WHOLE ? "whole" : "more";
	if (kind == EVENTS) {
		snprintf(space, sizeof space, "%s%s%s", n & (POLLIN | POLLOUT) ? "ready" : "", n & POLLERR ? "+error" : "",
			 n ? "" : "none");
		return space;
	}
	snprintf(space, sizeof space, "%ld", n);
	return space;
}

/* settled is a count as it was when the state was reached. A buffer that plays is full then, and one that
 * records is empty, but a clock that nobody cranks may move it before the call. What was recorded before a
 * drain is nobody's to move. */
static long settled(const struct subject *s, enum start state, const struct row *r, long n)
{
	bool moves = state == BUSY || (state == DRAINING && subject_plays(s));

	if (s->role || r->kind != COUNT || !moves || n <= 0 || n >= WHOLE)
		return n;
	return r->call == call_delay && subject_plays(s) ? WHOLE : 0;
}

static _Atomic int seen; /* signals */

static void count(int number)
{
	(void)number;
	seen++;
}

static void ring(long microseconds)
{
	struct itimerval t = { { 0, microseconds }, { 0, microseconds } };

	OK(setitimer(ITIMER_REAL, &t, NULL));
}

/* A call that sleeps has a helper, who lets time pass, and drops what nobody will ever wake. */
struct helper {
	pthread_t thread;
	struct subject *s;
	int outlives;
	bool starts; /* the call does that by itself */
	long frames; /* of time, which is enough for the call: with more a buffer might run over */
	_Atomic bool done;
	bool dropped;
};

static void *helps(void *arg)
{
	struct helper *h = arg;
	long passed = 0;

	if (h->starts && h->s->role)
		rig_until(h->s->role, "running");
	while (!h->done && seen < h->outlives)
		usleep(500);
	if (!h->s->moves)
		ring(0); /* a wait of alsa-lib begins its time anew with each signal */
	for (int idle = 0; !h->done && idle < 2000; passed += PERIOD) {
		if (passed < h->frames)
			pass(h->s, PERIOD);
		if (passed >= PART) {
			usleep(1000);
			idle++;
		}
	}
	if (!h->done) {
		h->dropped = true;
		ring(0);
		snd_pcm_drop(h->s->pcm);
	}
	return NULL;
}

static void begin(struct helper *h)
{
	sigset_t alarm, was;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, &was);
	WANT(pthread_create(&h->thread, NULL, helps, h), 0);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
}

static void cell(struct subject *s, enum start state, const struct row *r, const struct column *c)
{
	struct helper h = { .s = s, .outlives = c->outlives, .frames = PART + PERIOD };
	bool helped = r->sleeps && (c->blocks || r->call == call_wait);
	const char *text;
	long got;

	printf("%s %s %s %s %s: ", subject_plays(s) ? "playback" : "capture", start_names[state], r->name, c->mode, c->signals);
	s->mode = c->blocks ? 0 : SND_PCM_NONBLOCK;
	if (!subject_reach(s, state)) {
		printf("-\n");
		subject_close(s);
		return;
	}
	seen = 0;
	if (c->flags >= 0) {
		struct sigaction a = { .sa_handler = count, .sa_flags = c->flags };

		OK(sigaction(SIGALRM, &a, NULL));
		ring(2000);
	}
	if (r->call == call_drain || state == DRAINING)
		h.frames = LONG_MAX;
	else if (state == PREPARED || state == BUSY)
		h.frames = WHOLE - PART; /* the line may begin a cycle or two later */
	h.starts = r->call == transfer && state == PREPARED && !subject_plays(s);
	if (helped)
		begin(&h);
	rig_at = r->name;
	got = r->call(s);
	h.done = true;
	if (helped)
		WANT(pthread_join(h.thread, NULL), 0);
	if (c->flags >= 0)
		ring(0);
	text = value(r->kind, settled(s, state, r, got));
	printf("%s%s %s\n", text, h.dropped ? "!" : "", state_of(s));
	fflush(stdout);
	subject_close(s);
}

int main(int argc, char **argv)
{
	struct subject s = { 0 };

	if (argc != 7) {
		fprintf(stderr, "usage: states crank|clock client|server playback|capture rw|mmap DEVICE OTHER\n");
		return 2;
	}
	if (!strcmp(argv[1], "crank")) {
		s.role = argv[2];
		s.other_role = strcmp(s.role, "server") ? "server" : "client";
	}
	s.stream = strcmp(argv[3], "playback") ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK;
	s.mapped = !strcmp(argv[4], "mmap");
	s.device = argv[5];
	s.other_device = argv[6];
	for (enum start state = OPEN; state < STARTS; state++) {
		if (state == FULL && !subject_plays(&s))
			continue;
		for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
			for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
				cell(&s, state, &rows[r], &columns[c]);
	}
	snd_config_update_free_global();
	return 0;
}
