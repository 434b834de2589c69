/* How long a program waits in all for a daemon that is stopped, in virtual time: ppoll and
 * clock_gettime are those of this program, and a wait for nothing takes no time.
 *
 *	patience SERVER CLIENT PID     opens ends of a loop; PID is the daemon
 */
#define _GNU_SOURCE
#include <alsa/asoundlib.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	LIMIT = 8000, /* ms, from open to close */
	SLEEP_LIMIT = 16000,
	LONG = 2000, /* of the first request; the next are shorter. What passes meanwhile in truth is not waited for */
};

static bool stopped;
static int waits; /* ms */
static int64_t ahead; /* ns */
static int64_t alarms[FD_SETSIZE]; /* ns; of timers, by their descriptors; 0: none */

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

static int set_timer(int fd, int64_t at)
{
	struct itimerspec t = { .it_value = { at / 1000000000, at % 1000000000 } };

	return (int)syscall(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, &t, NULL);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *t, struct itimerspec *old)
{
	int64_t at = t->it_value.tv_sec * 1000000000LL + t->it_value.tv_nsec;

	(void)flags, (void)old;
	alarms[fd] = at;
	return set_timer(fd, stopped || !at ? 0 : at - ahead);
}

/* first is the timer that goes off first; -1: none will. */
static int first(void)
{
	int found = -1;

	for (int fd = 0; fd < FD_SETSIZE; fd++)
		if (alarms[fd] && (found < 0 || alarms[fd] < alarms[found]))
			found = fd;
	return found;
}

/* poll is what alsa-lib sleeps in: until a timer goes off, or for ever. */
int poll(struct pollfd *fds, nfds_t n, int ms)
{
	int ready = (int)syscall(SYS_poll, fds, n, stopped ? 0 : ms);

	while (stopped && !ready && ms) {
		struct timespec t;
		int64_t now;
		int fd = first();

		if (ms > 0 || fd < 0)
			fail("it sleeps, and nothing would wake it", ms);
		clock_gettime(CLOCK_MONOTONIC, &t);
		now = t.tv_sec * 1000000000LL + t.tv_nsec;
		if (alarms[fd] > now) {
			waits += (int)((alarms[fd] - now) / 1000000);
			ahead += alarms[fd] - now;
		}
		alarms[fd] = 0;
		set_timer(fd, 1);
		ready = (int)syscall(SYS_poll, fds, n, 20);
	}
	return ready;
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

static snd_pcm_t *open_pcm(const char *device, snd_pcm_stream_t stream, int mode)
{
	snd_pcm_t *pcm;
	int err;

	/* What was closed while the daemon was stopped is still to be closed by it. */
	while ((err = snd_pcm_open(&pcm, device, stream, mode)) == -EBUSY)
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
		pcm = open_pcm(device, SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK);
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
		if (waits < LONG || waits > LIMIT)
			fail("in all it waits for ms", waits);
		go_on(pid);
	}
}

/* A daemon that answers again is waited for as before. */
static void again(const char *device, pid_t pid)
{
	snd_pcm_t *pcm = open_pcm(device, SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK);
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
	if (waits < LONG)
		fail("close waits for ms", waits);
	go_on(pid);
}

/* Who sleeps while the line runs is told, as by a card that makes no progress. */
static void asleep_in_a_write(const char *server, const char *client, pid_t pid)
{
	static short block[2 * 48000];
	snd_pcm_t *reader = open_pcm(server, SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK), *writer;
	snd_pcm_sframes_t n;

	if (params(reader))
		fail("params of the server", 0);
	snd_pcm_readi(reader, block, 480);
	writer = open_pcm(client, SND_PCM_STREAM_PLAYBACK, 0);
	if (params(writer))
		fail("params of the client", 0);
	while ((n = snd_pcm_readi(reader, block, 480)) < 0) {
		if (n == -EPIPE) /* the host let it wait */
			snd_pcm_prepare(reader);
		else if (n != -EAGAIN)
			fail("read", (int)n);
		if (snd_pcm_writei(writer, block, 480) == -EPIPE)
			snd_pcm_prepare(writer);
	}
	stop(pid);
	while ((n = snd_pcm_writei(writer, block, 48000)) > 0 || n == -EPIPE)
		if (n < 0)
			snd_pcm_prepare(writer);
	printf("asleep in a write: %d ms\n", waits);
	if (n != -ENODEV)
		fail("write", (int)n);
	if (waits < LONG || waits > SLEEP_LIMIT)
		fail("it sleeps for ms", waits);
	snd_pcm_close(writer);
	snd_pcm_close(reader);
	go_on(pid);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	each_step(argv[1], atoi(argv[3]));
	again(argv[1], atoi(argv[3]));
	asleep_in_a_write(argv[1], argv[2], atoi(argv[3]));
	return 0;
}
