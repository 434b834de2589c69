/* The connection to the daemon: requests and replies on a socket, and the bell by which
 * the daemon wakes the program. */
#ifndef LOOPBRIDGE_CONN_H
#define LOOPBRIDGE_CONN_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "wire.h"

struct lb_conn {
	int socket;
	int bell;  /* an epoll instance: the daemon's bell and what follows; -1: none */
	int nudge; /* an eventfd, readable while the bell must not be silent; -1: none */
	int alarm; /* a timerfd, readable from the time of lb_alarm on; -1: none */
	atomic_bool nudged;
	atomic_bool alarmed; /* the alarm is set, or has gone off */
	atomic_bool dead; /* the daemon has gone */
	atomic_bool noticed; /* a reply to a Follow has come */
	bool silent; /* the last request was not answered in time; guarded by calls */
	uint32_t seq;
	pthread_mutex_t calls; /* one request that waits for its reply at a time */
	char why[LB_TEXT_BYTES + 200]; /* what the daemon said to the last request that failed, or why there is none */
};

enum {
	LB_FOREVER = -1,
	LB_REPLY_MS = 5000, /* for requests that the daemon answers at once */
};

/* lb_now_ms is the time of CLOCK_MONOTONIC. */
int64_t lb_now_ms(void);

/* lb_conn_init makes a connection that lb_disconnect may end; lb_search_connect does, too. */
void lb_conn_init(struct lb_conn *c);

/* lb_call sends a request and waits for its reply, at most ms milliseconds; fds take
 * the descriptors that come with it, which number want. A negative errno is the
 * daemon's answer, and why says more; or -ENODEV: it has gone; -ETIMEDOUT, after which
 * the next requests wait for a second at most, until there is an answer; -EINTR where
 * interruptible. */
int lb_call(struct lb_conn *c, enum lb_op op, struct lb_message *m, int *fds, unsigned int want, int ms,
	    bool interruptible);

/* lb_call_each is lb_call for a request with several replies: each is called with all but
 * the last, which is in m afterwards. It must not use the connection. */
int lb_call_each(struct lb_conn *c, enum lb_op op, struct lb_message *m, int ms,
		 void (*each)(void *arg, const struct lb_message *m), void *arg);

/* lb_send sends a request whose reply lb_call does not wait for. */
int lb_send(struct lb_conn *c, enum lb_op op, struct lb_message *m);

/* lb_receive takes the next message, waiting at most ms milliseconds. -ENODEV,
 * -ETIMEDOUT, -EINTR, -EPROTO. */
int lb_receive(struct lb_conn *c, struct lb_message *m, int *fds, unsigned int want, int ms);

/* lb_bell_adopt takes the bell that the daemon sent. */
int lb_bell_adopt(struct lb_conn *c, int bell);

/* lb_hush makes the bell silent, and notices a daemon that has gone. */
void lb_hush(struct lb_conn *c);

/* lb_nudge makes the bell ring until it is hushed. */
void lb_nudge(struct lb_conn *c);

/* lb_alarm makes the bell ring at a time of CLOCK_MONOTONIC in ns; 0: at none. Any
 * alarm before is forgotten. */
void lb_alarm(struct lb_conn *c, int64_t at);

/* lb_disconnect closes everything. */
void lb_disconnect(struct lb_conn *c);

#endif
