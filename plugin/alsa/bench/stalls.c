#define _GNU_SOURCE /* pthread_setaffinity_np */
#include "stalls.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CPUS = 64, MOST_STALLS = 1 << 16, STEP_NS = 1000000, NOTED_NS = 200000 };

/* For one processor; its thread writes, and publishes with count. */
struct watcher {
	int cpu;
	atomic_uint count;
	struct {
		int64_t due, woken;
	} stalls[MOST_STALLS];
};

static struct watcher *watchers[MOST_CPUS];

int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *watch(void *arg)
{
	struct watcher *w = arg;
	cpu_set_t only;

	CPU_ZERO(&only);
	CPU_SET(w->cpu, &only);
	pthread_setaffinity_np(pthread_self(), sizeof only, &only);
	for (int64_t due = now_ns() + STEP_NS;; due += STEP_NS) {
		struct timespec t = { due / 1000000000, due % 1000000000 };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		int64_t now = now_ns();
		unsigned int n = w->count;
		if (now - due < NOTED_NS)
			continue;
		if (n < MOST_STALLS) {
			w->stalls[n].due = due;
			w->stalls[n].woken = now;
			w->count = n + 1;
		}
		due = now;
	}
	return NULL;
}

void stalls_watch(void)
{
	static struct watcher memory[MOST_CPUS];
	cpu_set_t mine;
	int n = 0;

	sched_getaffinity(0, sizeof mine, &mine);
	for (int cpu = 0; cpu < CPU_SETSIZE && n < MOST_CPUS; cpu++) {
		pthread_t thread;
		if (!CPU_ISSET(cpu, &mine))
			continue;
		memory[n].cpu = cpu;
		if (pthread_create(&thread, NULL, watch, &memory[n]) == 0)
			pthread_detach(thread);
		watchers[n] = &memory[n];
		n++;
	}
}

int64_t stalls_longest(int64_t begin, int64_t end)
{
	int64_t longest = 0;

	for (int i = 0; i < MOST_CPUS && watchers[i]; i++) {
		struct watcher *w = watchers[i];
		for (unsigned int k = 0; k < w->count; k++) {
			int64_t late = w->stalls[k].woken - w->stalls[k].due;
			if (w->stalls[k].woken >= begin && w->stalls[k].due <= end && late > longest)
				longest = late;
		}
	}
	return longest;
}
