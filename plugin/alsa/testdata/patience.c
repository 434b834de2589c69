/* How long a program waits in all for a daemon that is stopped, in virtual time: ppoll and
 * clock_gettime are those of this program, and a wait for nothing takes no time.
 *
 *	patience DEVICE PID     plays at DEVICE; PID is the daemon
 */
#define _GNU_SOURCE
#include <alsa/asoundlib.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 8000 /* ms, from open to close */, ONE_ANSWER = 5000 };

static bool stopped;
static int waits; /* ms */
static int64_t ahead; /* ns */

static void fail(const char *what, int number)
{
	fprintf(stderr, "%s: %d\n", what, number);
	exit(1);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (syscall(SYS_clock_gettime, clock, t) < 0)
		return -1;
	t->tv_sec += (ahead + t->tv_nsec) / 1000000000;
	t->tv_nsec = (ahead + t->tv_nsec) % 1000000000;
	return 0;
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t, const sigset_t *mask)
{
	static const struct timespec no_time;
	/* The kernel writes what is left of the time. */
	struct timespec real = stopped ? no_time : t ? *t : no_time;
	int ready = (int)syscall(SYS_ppoll, fds, n, stopped || t ? &real : NULL, mask, 8);

	if (!stopped || ready)
		return ready;
	if (!t)
		fail("it waits for ever", 0);
	waits += (int)(t->tv_sec * 1000 + t->tv_nsec / 1000000);
	ahead += t->tv_sec * 1000000000LL + t->tv_nsec;
	return 0;
}

/* asleep: all threads of a process are stopped. */
static bool asleep(pid_t pid)
{
	char path[300], state;
	bool all = true;
	struct dirent *thread;
	DIR *threads;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && (thread = readdir(threads))) {
		FILE *stat;

		snprintf(path, sizeof path, "/proc/%d/task/%s/stat", pid, thread->d_name);
		stat = *thread->d_name == '.' ? NULL : fopen(path, "re");
		if (!stat)
			continue;
		if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1 || state != 'T')
			all = false;
		fclose(stat);
	}
	if (threads)
		closedir(threads);
	return all;
}

static void stop(pid_t pid)
{
	kill(pid, SIGSTOP);
	while (!asleep(pid))
		usleep(1000);
	stopped = true;
	waits = 0;
}

static void go_on(pid_t pid)
{
	stopped = false;
	kill(pid, SIGCONT);
}

static snd_pcm_t *open_pcm(const char *device)
{
	snd_pcm_t *pcm;
	int err;

	/* What was closed while the daemon was stopped is still to be closed by it. */
	while ((err = snd_pcm_open(&pcm, device, SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK)) == -EBUSY)
		usleep(1000);
	if (err && !stopped)
		fail("open", err);
	return err ? NULL : pcm;
}

static int params(snd_pcm_t *pcm)
{
	return snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED, 2, 48000, 0, 100000);
}

/* Whatever the program has done when the daemon is stopped, and goes on to do. */
static void each_step(const char *device, pid_t pid)
{
	static const short silence[2 * 480];

	for (int step = 0; step < 5; step++) {
		snd_pcm_t *pcm;

		if (step == 0)
			stop(pid);
		pcm = open_pcm(device);
		if (step == 1)
			stop(pid);
		if (pcm)
			params(pcm);
		if (step == 2)
			stop(pid);
		if (pcm)
			snd_pcm_prepare(pcm);
		if (step == 3)
			stop(pid);
		if (pcm)
			snd_pcm_writei(pcm, silence, 480);
		if (step == 4)
			stop(pid);
		if (pcm) {
			snd_pcm_drop(pcm);
			snd_pcm_prepare(pcm);
			snd_pcm_close(pcm);
		}
		printf("stopped before step %d: %d ms\n", step, waits);
		if (waits < ONE_ANSWER || waits > LIMIT)
			fail("in all it waits for ms", waits);
		go_on(pid);
	}
}

/* A daemon that answers again is waited for as before. */
static void again(const char *device, pid_t pid)
{
	snd_pcm_t *pcm = open_pcm(device);
	int err;

	stop(pid);
	err = params(pcm);
	if (err != -ETIMEDOUT)
		fail("params", err);
	go_on(pid);
	err = params(pcm);
	if (err)
		fail("params of a daemon that goes on", err);
	stop(pid);
	snd_pcm_close(pcm);
	if (waits != ONE_ANSWER)
		fail("close waits for ms", waits);
	go_on(pid);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	each_step(argv[1], atoi(argv[2]));
	again(argv[1], atoi(argv[2]));
	return 0;
}
