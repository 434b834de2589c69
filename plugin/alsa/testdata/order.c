/* The order in which the program looks at words that the daemon changes in an order of its
 * own: a start that was just acknowledged is none that was taken back. Another thread is the
 * daemon; it arms the end and counts its start while this one looks. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "../pcm.h"

enum { ROUNDS = 2000 };

static struct lb_shared shared;
static _Atomic unsigned int asked, taken_back;

static void *daemon_heeds(void *arg)
{
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		while (asked != i)
			sched_yield();
		shared.state = LB_ARMED;
		shared.starts = i;
		while (taken_back != i)
			sched_yield();
		shared.state = LB_IDLE;
		asked = 0;
	}
	return arg;
}

int main(void)
{
	struct lb_pcm p = { .role = LB_SERVER, .ring.shared = &shared };
	unsigned int wrong = 0;
	pthread_t daemon;

	if (pthread_create(&daemon, NULL, daemon_heeds, NULL))
		return 2;
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		p.starts = i;
		p.armed = true;
		asked = i;
		while (shared.starts != i)
			wrong += lb_over(&p) != 0;
		p.armed = false; /* as when it halts */
		taken_back = i;
		while (asked)
			sched_yield();
	}
	pthread_join(daemon, NULL);
	if (wrong)
		fprintf(stderr, "%u of %d starts were told as taken back when they were acknowledged\n", wrong, ROUNDS);
	return wrong != 0;
}
