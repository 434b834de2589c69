#define _GNU_SOURCE /* ppoll */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { MOST_FDS = 4 };

/* The signals of this thread that have a handler, by their effect on a system call. */
struct kinds {
	sigset_t restarting;
	bool restarts, interrupts; /* whether there are any */
};

static void sort(struct kinds *k, const sigset_t *held)
{
	memset(k, 0, sizeof *k);
	sigemptyset(&k->restarting);
	for (int s = 1; s < NSIG; s++) {
		struct sigaction a;

		/* The C library reserves some; sigaction fails for them. */
		if (sigismember(held, s) || sigaction(s, NULL, &a) < 0 || a.sa_handler == SIG_DFL || a.sa_handler == SIG_IGN)
			continue;
		if (a.sa_flags & SA_RESTART) {
			sigaddset(&k->restarting, s);
			k->restarts = true;
		} else {
			k->interrupts = true;
		}
	}
}

/* held_back polls with all signals blocked except those of was. If there are handlers of both kinds,
 * poll cannot tell which ran; then those with SA_RESTART stay blocked, and a descriptor reports that
 * one is pending: the caller lets it run after the wait. */
static int held_back(struct pollfd *fds, unsigned int n, int ms, const sigset_t *was)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	struct pollfd all[MOST_FDS + 1];
	sigset_t held = *was;
	struct kinds k;
	int waiting = -1, ready;

	sort(&k, was);
	memcpy(all, fds, n * sizeof *fds);
	if (k.restarts && k.interrupts)
		waiting = signalfd(-1, &k.restarting, SFD_CLOEXEC | SFD_NONBLOCK);
	if (waiting >= 0) {
		all[n] = (struct pollfd){ .fd = waiting, .events = POLLIN };
		sigorset(&held, was, &k.restarting);
	}
	ready = ppoll(all, n + (waiting >= 0), ms < 0 ? NULL : &t, &held);
	if (ready < 0)
		ready = errno == EINTR && k.interrupts ? -EINTR : 0;
	if (waiting >= 0) {
		close(waiting);
		if (ready > 0 && all[n].revents)
			ready--;
	}
	for (unsigned int i = 0; i < n; i++)
		fds[i].revents = ready > 0 ? all[i].revents : 0;
	return ready;
}

int lb_poll(struct pollfd *fds, unsigned int n, int ms, bool (*gives_up)(void *arg), void *arg)
{
	sigset_t all, was;
	int ready = 0;

	if (n > MOST_FDS)
		return -EINVAL;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &was);
	if (!gives_up || !gives_up(arg))
		ready = held_back(fds, n, ms, &was);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return ready;
}
