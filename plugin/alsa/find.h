/* Where the daemon is, and waiting until it is there. PCM plugin, mixer plugin and package
 * client of Go look in the same places, and take the same one of them: TestFindingTheDaemon.
 *
 * A socket that is named, in a definition or by $LOOPBRIDGE_SOCKET, is the only place.
 * Otherwise there are two, and the first that lets the program in is the daemon:
 *
 *   $XDG_RUNTIME_DIR/loopbridge/loopbridge.sock    if that is an absolute path
 *   /run/loopbridge/loopbridge.sock
 *
 * So the variable does no harm where it is wrong: unset, of a folder that is not there or is
 * another user's, of one with a socket that a dead daemon left or that is for others only.
 * If neither lets the program in, the failure is that of a socket that is there and refuses
 * (-EPERM), the later one of two; else there is no daemon (-ECONNREFUSED). */
#ifndef LOOPBRIDGE_FIND_H
#define LOOPBRIDGE_FIND_H

#include "conn.h"

enum {
	LB_PATH_BYTES = 108, /* of a socket, with its zero byte */
	LB_PLACES = 2,
};

/* lb_search looks for the daemon, once or until it is there. It has no descriptor and no
 * memory but between lb_search_begin and lb_search_end. */
struct lb_search {
	char named[LB_PATH_BYTES]; /* empty: no socket is named, or one with too long a path */
	bool too_long;
	char place[LB_PLACES][LB_PATH_BYTES];
	unsigned int count;
	int64_t until; /* in ms of CLOCK_MONOTONIC; LB_FOREVER */
	int64_t tried; /* in ms: the last time */
	int pause;     /* in ms, from one time to the next */
	int watch;     /* an inotify instance; -1: none */
	bool stuck;    /* a daemon is there, and lets nobody in: no sense in waiting */
};

/* lb_search_begin looks for a daemon on a socket; NULL or empty: in its usual places. It
 * may take so many ns, or LB_FOREVER; 0: it is tried once. */
void lb_search_begin(struct lb_search *s, const char *path, int64_t wait);

/* lb_search_connect connects to the daemon, without waiting for anything. -ECONNREFUSED:
 * there is none; -EPERM, -ENOMEM; why of the connection is a sentence about it. */
int lb_search_connect(struct lb_search *s, struct lb_conn *c);

/* lb_search_wait sleeps until it makes sense to try again: when the folder of a socket has
 * changed, else after a while, and never sooner than 50 ms after the last time. -ETIMEDOUT;
 * -EINTR. */
int lb_search_wait(struct lb_search *s);

/* lb_search_left is how much of the time is left in ns, at least 1 ms; LB_FOREVER. */
int64_t lb_search_left(const struct lb_search *s);

void lb_search_end(struct lb_search *s);

#endif
