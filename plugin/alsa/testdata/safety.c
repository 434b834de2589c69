/* What the plugin does to the program that it is in: nothing that shows. See rig.h. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rig.h"

static void exits(struct end *s, struct end *c)
{
	(void)s, (void)c;
	exit(0);
}

static void closes(struct end *s, struct end *c)
{
	OK(snd_pcm_close(c->pcm));
	OK(snd_pcm_close(s->pcm));
	exit(0);
}

static void drops(struct end *s, struct end *c)
{
	snd_pcm_drop(c->pcm);
	snd_pcm_drop(s->pcm);
	closes(s, c);
}

static void executes(struct end *s, struct end *c)
{
	(void)s, (void)c;
	execl("/bin/true", "true", (char *)NULL);
	_exit(1);
}

/* A child that a program forks may do what it likes to its copy: the parent's stream
 * goes on, frame by frame, also in poll. */
void fork_leaves_the_stream_alone(void)
{
	void (*const children[])(struct end *, struct end *) = { exits, closes, drops, executes };
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	for (int i = 0; i < 8; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			children[i % 4](&s, &c);
		OK(pid);
		OK(waitpid(pid, &status, 0));
		WANT(status, 0);
		WANT(snd_pcm_state(s.pcm), SND_PCM_STATE_RUNNING);
		WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_RUNNING);
		WANT(end_poll(&s, 0), 0);
		rig_until("server", "running");
		rig_until("client", "running");
		end_put(&c, PERIOD);
		rig_tick(PERIOD);
		WANT(end_poll(&s, -1), POLLIN);
		end_take(&s, PERIOD);
		end_pump(&c, &s, 10 * PERIOD);
	}
	WANT(rig_xruns("server") + rig_xruns("client"), 0);
	end_close_pair(&s, &c);
}

/* in_directory counts what a directory lists, and calls f with each number. */
static int in_directory(const char *path, void (*f)(int))
{
	DIR *d = opendir(path);
	int n = 0;

	if (!d)
		rig_fail("%s: %s", path, strerror(errno));
	for (struct dirent *e; (e = readdir(d));) {
		if (*e->d_name == '.' || atoi(e->d_name) == dirfd(d))
			continue;
		n++;
		if (f)
			f(atoi(e->d_name));
	}
	closedir(d);
	return n;
}

static bool ours[1000]; /* the descriptors from before */

static void remember(int fd) { ours[fd] = true; }

static void check_flags(int fd)
{
	char path[100], name[200] = { 0 };

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (!ours[fd] && !(fcntl(fd, F_GETFD) & FD_CLOEXEC) && readlink(path, name, sizeof name - 1) > 0)
		rig_fail("descriptor %d (%s) is not close-on-exec", fd, name);
}

static int descriptors(void) { return in_directory("/proc/self/fd", NULL); }

static int threads(void) { return in_directory("/proc/self/task", NULL); }

void descriptors_are_close_on_exec(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	int before = in_directory("/proc/self/fd", remember), during;

	OK(end_open(&s, 0));
	in_directory("/proc/self/fd", check_flags);
	end_setup(&s);
	OK(end_open(&c, 0));
	end_setup(&c);
	in_directory("/proc/self/fd", check_flags);
	end_begin(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	during = in_directory("/proc/self/fd", check_flags);
	WANT(during > before, 1);
	end_close_pair(&s, &c);
	WANT(descriptors(), before);
}

struct signals {
	struct sigaction actions[NSIG];
	sigset_t mask;
};

static void look_at_signals(struct signals *all)
{
	memset(all, 0, sizeof *all);
	for (int i = 1; i < NSIG; i++)
		sigaction(i, NULL, &all->actions[i]);
	sigprocmask(SIG_SETMASK, NULL, &all->mask);
}

/* same_signals also looks for threads, of which there may be one. */
static void same_signals(const struct signals *before)
{
	struct signals now;

	look_at_signals(&now);
	for (int i = 1; i < NSIG; i++) {
		if (now.actions[i].sa_handler != before->actions[i].sa_handler ||
		    now.actions[i].sa_flags != before->actions[i].sa_flags)
			rig_fail("signal %d (%s) is handled in another way than before", i, strsignal(i));
		if (sigismember(&now.mask, i) != sigismember(&before->mask, i))
			rig_fail("signal %d (%s) is blocked, or no more", i, strsignal(i));
	}
	WANT(threads(), 1);
}

void no_signals_and_no_threads(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	struct signals before;

	look_at_signals(&before);
	same_signals(&before);
	OK(end_open(&s, 0));
	end_setup(&s);
	same_signals(&before);
	OK(end_open(&c, 0));
	end_setup(&c);
	end_begin(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	same_signals(&before);
	WANT(end_poll(&c, 0), POLLOUT);
	OK(snd_pcm_pause(c.pcm, 1));
	OK(snd_pcm_pause(c.pcm, 0));
	OK(snd_pcm_drop(c.pcm));
	same_signals(&before);
	end_close_pair(&s, &c);
	same_signals(&before);
	WANT(end_open(&c, 0), -EAGAIN);
	same_signals(&before);
}

struct held {
	int descriptors, mappings;
	size_t bytes;
};

static struct held held(void)
{
	FILE *maps;
	struct held h = { .descriptors = descriptors() };

	h.bytes = mallinfo2().uordblks;
	maps = fopen("/proc/self/maps", "re");
	for (int c; maps && (c = fgetc(maps)) != EOF;)
		h.mappings += c == '\n';
	fclose(maps);
	return h;
}

static void round_trip(int i)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	if (i % 2) {
		s = SERVER(PLAYBACK);
		c = CLIENT(CAPTURE);
	}
	WANT(end_open(&c, 0), -EAGAIN); /* a refusal leaves nothing behind, either */
	if (i % 3 == 0)
		end_pair(&s, &c);
	else if (i % 3 == 1) { /* and set up more than once, never started */
		OK(end_open(&s, SND_PCM_NONBLOCK));
		end_setup(&s);
		s.buffer *= 2;
		end_setup(&s);
		OK(end_open(&c, 0));
	} else {
		OK(end_open(&s, 0));
		end_setup(&s);
		OK(end_open(&c, 0));
		end_setup(&c);
	}
	OK(snd_pcm_close(c.pcm));
	OK(snd_pcm_close(s.pcm));
	rig_until("client", "closed");
	rig_until("server", "closed");
}

static void quiet(const char *file, int line, const char *function, int err, const char *format, ...)
{
	(void)file, (void)line, (void)function, (void)err, (void)format;
}

void nothing_is_left_behind(void)
{
	struct held before, after;

	snd_lib_error_set_handler(quiet);
	for (int i = 0; i < 60; i++) /* caches fill, those of malloc, too */
		round_trip(i);
	before = held();
	for (int i = 0; i < 198; i++)
		round_trip(i);
	after = held();
	WANT(after.descriptors, before.descriptors);
	WANT_BETWEEN(after.mappings, 0, before.mappings + 2); /* malloc may have one more */
	/* The smallest block in each round would be more; malloc itself keeps some. */
	WANT_BETWEEN((long)after.bytes - (long)before.bytes, LONG_MIN, 198 * 24 - 1);
}

/* A whole session, with all that can happen, for a checker of memory to watch. */
static void everything(struct end *s, struct end *c)
{
	struct end *from = s->stream == SND_PCM_STREAM_PLAYBACK ? s : c, *to = from == s ? c : s;
	char block[4 * BUFFER];

	WANT(end_open(c, 0), -EAGAIN);
	end_pair(s, c);
	end_pump(from, to, 20 * PERIOD);
	WANT(end_poll(from, -1), POLLOUT);
	OK(snd_pcm_pause(from->pcm, 1));
	rig_tick(PERIOD);
	end_silent(to, PERIOD);
	OK(snd_pcm_pause(from->pcm, 0));
	rig_tick(4 * PERIOD); /* what is queued, then silence; then both prepare */
	end_take(to, PERIOD);
	end_silent(to, 3 * PERIOD);
	WANT(snd_pcm_writei(from->pcm, block, 1), -EPIPE);
	OK(snd_pcm_recover(from->pcm, -EPIPE, 1));
	end_put(from, PERIOD);
	end_pump(from, to, 5 * PERIOD);
	if (from == c) {
		OK(snd_pcm_nonblock(c->pcm, 1));
		while (end_drain_on(c) == -EAGAIN)
			rig_tick(PERIOD);
		end_close(c);
		end_take(s, PERIOD);
		WANT(snd_pcm_readi(s->pcm, block, PERIOD), -ECONNRESET);
	} else {
		end_close(c);
		WANT(snd_pcm_writei(s->pcm, block, PERIOD), -ECONNRESET);
	}
	OK(snd_pcm_drop(s->pcm));
	s->format = SND_PCM_FORMAT_FLOAT64_BE;
	s->channels = 7;
	s->next = 0;
	end_setup(s);
	*c = c->stream == SND_PCM_STREAM_PLAYBACK ? CLIENT(PLAYBACK) : CLIENT(CAPTURE);
	c->format = s->format;
	c->channels = s->channels;
	OK(end_open(c, 0));
	end_setup(c);
	end_begin(s, c);
	end_pump(from, to, 5 * PERIOD);
	end_close_pair(s, c);
}

void whole_session(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	everything(&s, &c);
	s = SERVER(PLAYBACK);
	c = CLIENT(CAPTURE);
	everything(&s, &c);
}

/* What a checker of memory has to find, or it checks nothing. */
void something_is_left_behind(void)
{
	char *volatile lost = malloc(1000);

	lost = NULL;
	(void)lost;
}

void something_is_overrun(void)
{
	volatile size_t size = 1000; /* of which the compiler knows nothing */
	volatile char *block = malloc(size);

	block[size] = 1;
	free((void *)block);
}

int main(int argc, char **argv)
{
	static const struct rig_case cases[] = {
		{ "fork_leaves_the_stream_alone", fork_leaves_the_stream_alone },
		{ "descriptors_are_close_on_exec", descriptors_are_close_on_exec },
		{ "no_signals_and_no_threads", no_signals_and_no_threads },
		{ "nothing_is_left_behind", nothing_is_left_behind },
		{ "whole_session", whole_session },
		{ "something_is_left_behind", something_is_left_behind },
		{ "something_is_overrun", something_is_overrun },
		{ NULL, NULL },
	};

	return rig_main(argc, argv, cases);
}
