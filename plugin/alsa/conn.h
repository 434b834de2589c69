/* The connection to the daemon: requests and replies on a socket, and the bell by which the daemon
 * wakes the program. */
#ifndef LOOPBRIDGE_CONN_H
#define LOOPBRIDGE_CONN_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "wire.h"

struct lb_conn {
	int socket;
	int bell;  /* an epoll instance: the daemon's bell and the next two; -1: none */
	int nudge; /* an eventfd, readable while the bell rings; -1: none */
	int alarm; /* a timerfd, readable from the time of lb_alarm on; -1: none */
	atomic_bool nudged;
	atomic_bool alarmed; /* the alarm is set or has gone off */
	atomic_bool dead; /* the daemon has gone */
	atomic_bool noticed; /* a Follow was answered */
	bool silent; /* the last request was not answered in time; guarded by calls */
	uint32_t seq;
	pthread_mutex_t calls; /* held by the request that waits for its reply */
	char why[LB_TEXT_BYTES + 200]; /* the daemon's text for the last failed request, or why there is none */
};

enum {
	LB_FOREVER = -1,
	LB_REPLY_MS = 5000, /* for requests that the daemon answers at once */
};

/* lb_now_ms returns CLOCK_MONOTONIC in ms. */
int64_t lb_now_ms(void);

/* lb_conn_init initializes a connection for lb_disconnect; lb_search_connect does so, too. */
void lb_conn_init(struct lb_conn *c);

/* lb_call sends a request and waits at most ms milliseconds for its reply, which replaces m. fds
 * receives the want descriptors that come with it. A negative errno is the daemon's, with its text in
 * why; or -ENODEV if the daemon has gone; -ETIMEDOUT, after which requests wait for at most a second
 * until one is answered; -EINTR if interruptible. */
int lb_call(struct lb_conn *c, enum lb_op op, struct lb_message *m, int *fds, unsigned int want, int ms,
	    bool interruptible);

/* lb_call_each is lb_call for a request with several replies: it calls each for all but the last, which
 * it leaves in m. each must not use the connection. */
int lb_call_each(struct lb_conn *c, enum lb_op op, struct lb_message *m, int ms,
		 void (*each)(void *arg, const struct lb_message *m), void *arg);

/* lb_send sends a request without waiting for a reply. */
int lb_send(struct lb_conn *c, enum lb_op op, struct lb_message *m);

/* lb_receive waits at most ms milliseconds for the next message. Errors: -ENODEV, -ETIMEDOUT, -EINTR,
 * -EPROTO. */
int lb_receive(struct lb_conn *c, struct lb_message *m, int *fds, unsigned int want, int ms);

/* lb_bell_adopt takes over the bell that the daemon sent. */
int lb_bell_adopt(struct lb_conn *c, int bell);

/* lb_hush silences the bell and notices a daemon that has gone. */
void lb_hush(struct lb_conn *c);

/* lb_nudge makes the bell ring until lb_hush. */
void lb_nudge(struct lb_conn *c);

/* lb_alarm makes the bell ring at a time of CLOCK_MONOTONIC in ns, in place of any earlier alarm; 0:
 * never. */
void lb_alarm(struct lb_conn *c, int64_t at);

/* lb_disconnect closes everything. */
void lb_disconnect(struct lb_conn *c);

#endif
