/* Where to find the daemon, and how to wait for it. The PCM plugin, the mixer plugin and package client
 * look in the same places and choose the same one of them: TestFindingTheDaemon.
 *
 * If a definition or $LOOPBRIDGE_SOCKET names a socket, that is the only place. Otherwise there are
 * two; the first one that accepts the program is the daemon:
 *
 *   $XDG_RUNTIME_DIR/loopbridge/loopbridge.sock    if that is an absolute path
 *   /run/loopbridge/loopbridge.sock
 *
 * So a wrong variable does no harm: unset, a missing folder, a folder of another user, a socket that a
 * dead daemon left, or one for others only. If no place accepts the program, the error is that of a
 * socket that refuses it (-EPERM), the later of two; else there is no daemon (-ECONNREFUSED). */
#ifndef LOOPBRIDGE_FIND_H
#define LOOPBRIDGE_FIND_H

#include "conn.h"

enum {
	LB_PATH_BYTES = 108, /* of a socket, with its zero byte */
	LB_PLACES = 2,
};

/* lb_search looks for the daemon, once or until it is there. It holds resources only between
 * lb_search_begin and lb_search_end. */
struct lb_search {
	char named[LB_PATH_BYTES]; /* empty: no socket is named, or its path is too long */
	bool too_long;
	char place[LB_PLACES][LB_PATH_BYTES];
	unsigned int count;
	int64_t until; /* ms of CLOCK_MONOTONIC, or LB_FOREVER */
	int64_t tried; /* ms: time of the last attempt */
	int pause;     /* ms between attempts */
	int watch;     /* an inotify instance; -1: none */
	bool stuck;    /* a daemon is there but accepts no connection: waiting is useless */
};

/* lb_search_begin looks for a daemon on a socket, NULL or empty for the usual places, for wait ns or
 * LB_FOREVER; 0 means one attempt. */
void lb_search_begin(struct lb_search *s, const char *path, int64_t wait);

/* lb_search_connect connects to the daemon without waiting. Errors: -ECONNREFUSED if there is none,
 * -EPERM, -ENOMEM; why of the connection explains them. */
int lb_search_connect(struct lb_search *s, struct lb_conn *c);

/* lb_search_wait sleeps until another attempt makes sense: when the folder of a socket has changed,
 * else after a while, and at least 50 ms after the last attempt. Errors: -ETIMEDOUT, -EINTR. */
int lb_search_wait(struct lb_search *s);

/* lb_search_left returns the time left in ns, at least 1 ms, or LB_FOREVER. */
int64_t lb_search_left(const struct lb_search *s);

void lb_search_end(struct lb_search *s);

#endif
