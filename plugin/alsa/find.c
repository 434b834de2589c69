#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* secure_getenv */
#endif
#include "find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "signals.h"

/* The parent of the system daemon's folder. A test uses another one. */
#ifndef LB_SYSTEM_RUN
#define LB_SYSTEM_RUN "/run"
#endif

#define NAME "/loopbridge/loopbridge.sock"

enum {
	LEAST_PAUSE = 50, /* ms between attempts */
	MOST_PAUSE = 16 * LEAST_PAUSE,
	MOST_BLIND_PAUSE = 4 * LEAST_PAUSE, /* without inotify */
};

_Static_assert(sizeof((struct sockaddr_un *)0)->sun_path == LB_PATH_BYTES, "as the kernel has it");

/* fits joins a path and returns whether it fits into a socket address. */
static bool fits(char *to, const char *folder, const char *name)
{
	return snprintf(to, LB_PATH_BYTES, "%s%s", folder, name) < LB_PATH_BYTES;
}

void lb_search_begin(struct lb_search *s, const char *path, int64_t wait)
{
	const char *named = path && *path ? path : secure_getenv("LOOPBRIDGE_SOCKET");
	const char *user = secure_getenv("XDG_RUNTIME_DIR");

	memset(s, 0, sizeof *s);
	s->watch = -1;
	s->pause = LEAST_PAUSE;
	s->until = wait == LB_FOREVER ? LB_FOREVER : lb_now_ms() + (wait + 999999) / 1000000;
	if (named && *named) {
		s->too_long = !fits(s->named, named, "");
		strcpy(s->place[0], s->named);
		s->count = !s->too_long;
		return;
	}
	/* The specification says to ignore relative paths; they would differ between programs. */
	if (user && *user == '/' && fits(s->place[0], user, NAME))
		s->count++;
	fits(s->place[s->count++], LB_SYSTEM_RUN, NAME);
}

/* What try found in a place. */
enum place {
	DAEMON,
	NOBODY,
	FORBIDDEN, /* a socket that refuses this user */
	CLOSED,	   /* a folder that this user may not enter */
	FULL,	   /* a daemon that accepts no connection now */
	NO_ROOM,   /* no descriptor left */
};

static enum place try(struct lb_conn *c, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat there;
	int err;

	strcpy(address.sun_path, path);
	/* Non-blocking: a stopped daemon with a full queue must not hang us. */
	c->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->socket < 0)
		return NO_ROOM;
	if (connect(c->socket, (struct sockaddr *)&address, sizeof address) == 0)
		return DAEMON;
	err = errno;
	close(c->socket);
	c->socket = -1;
	switch (err) {
	case EACCES:
	case EPERM:
		return stat(path, &there) < 0 && errno == EACCES ? CLOSED : FORBIDDEN;
	case EAGAIN:
		return FULL;
	case ENOMEM:
	case ENOBUFS:
		return NO_ROOM;
	default:
		return NOBODY;
	}
}

#define ADVICE "start one with \"loopbridge serve\", or name its socket with SOCKET= or $LOOPBRIDGE_SOCKET"

/* number parses the next number of a file; false: there is none. */
static bool number(FILE *f, unsigned int *n)
{
	int c = getc(f);

	while (c == ' ' || c == '\n')
		c = getc(f);
	if (c < '0' || c > '9')
		return false;
	for (*n = 0; c >= '0' && c <= '9'; c = getc(f))
		*n = *n * 10 + (unsigned int)(c - '0');
	return true;
}

/* outside maps a user id to the one outside of this program's user namespace. Each line of the map has
 * the first id inside, the first one outside, and a count. */
static unsigned int outside(unsigned int uid)
{
	FILE *uids = fopen("/proc/self/uid_map", "re");
	unsigned int inside, out, count, found = uid;

	while (uids && number(uids, &inside) && number(uids, &out) && number(uids, &count))
		if (uid >= inside && uid - inside < count)
			found = out + (uid - inside);
	if (uids)
		fclose(uids);
	return found;
}

/* forbidden explains a socket that refuses this user. The daemon sees the user id outside of the
 * program's container, so the text names that one. */
static void forbidden(struct lb_conn *c, const char *path)
{
	unsigned int uid = geteuid(), out = outside(uid);

	if (out != uid)
		snprintf(c->why, sizeof c->why,
			 "you may not use the daemon on %s as user %u, who you are outside of this container: join the group of that socket there and keep it here (podman: --group-add keep-groups), or ask for that user to be listed",
			 path, out);
	else
		snprintf(c->why, sizeof c->why,
			 "you may not use the daemon on %s as user %u: join the group of that socket and log in again, or ask for your user to be listed",
			 path, uid);
}

/* none explains that no place has a daemon. */
static int none(struct lb_search *s, struct lb_conn *c, bool closed)
{
	if (s->too_long)
		snprintf(c->why, sizeof c->why, "the path of its socket is too long: it may have %d bytes", LB_PATH_BYTES - 1);
	else if (s->count == 1)
		snprintf(c->why, sizeof c->why, "no daemon on %s: " ADVICE, s->place[0]);
	else
		snprintf(c->why, sizeof c->why, "no daemon on %s%s, nor on %s: " ADVICE, s->place[0],
			 closed ? ", in a folder that you may not enter" : "", s->place[1]);
	return -ECONNREFUSED;
}

int lb_search_connect(struct lb_search *s, struct lb_conn *c)
{
	const char *refuses = NULL, *shut = NULL;
	bool closed = false;

	lb_conn_init(c);
	s->tried = lb_now_ms();
	for (unsigned int i = 0; i < s->count; i++) {
		switch (try(c, s->place[i])) {
		case DAEMON:
			return 0;
		case NOBODY:
			break;
		case FORBIDDEN:
			refuses = s->place[i];
			shut = NULL;
			break;
		case CLOSED:
			/* $XDG_RUNTIME_DIR belongs to another user: no daemon for us. */
			if (i + 1 == s->count)
				shut = s->place[i];
			else
				closed = true;
			break;
		case FULL:
			s->stuck = true;
			snprintf(c->why, sizeof c->why, "the daemon on %s accepts no connections: is it stopped?", s->place[i]);
			return -ECONNREFUSED;
		case NO_ROOM:
			snprintf(c->why, sizeof c->why, "this program has no descriptors left: raise its limit of open files (ulimit -n)");
			return -ENOMEM;
		}
	}
	if (shut)
		snprintf(c->why, sizeof c->why, "you may not enter the folder of the daemon on %s: join its group", shut);
	else if (refuses)
		forbidden(c, refuses);
	return shut || refuses ? -EPERM : none(s, c, closed);
}

/* look watches the folder of a socket, or the nearest parent that exists. */
static void look(int watch, const char *path)
{
	const uint32_t changes = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
	char folder[LB_PATH_BYTES];
	char *end;

	strcpy(folder, path);
	while ((end = strrchr(folder, '/'))) {
		end[end == folder] = 0; /* the root keeps its slash */
		if (inotify_add_watch(watch, folder, changes) >= 0 || end == folder)
			return;
	}
	inotify_add_watch(watch, ".", changes);
}

static void forget_changes(int watch)
{
	char events[4096];

	while (read(watch, events, sizeof events) > 0)
		;
}

int lb_search_wait(struct lb_search *s)
{
	int64_t now = lb_now_ms(), at = s->tried + s->pause;
	bool changed = false;

	if (!s->count || s->stuck || (s->until != LB_FOREVER && now >= s->until))
		return -ETIMEDOUT;
	if (s->watch < 0)
		s->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	for (unsigned int i = 0; s->watch >= 0 && i < s->count; i++)
		look(s->watch, s->place[i]);
	/* Make the last attempt at the end, or none. */
	if (s->until != LB_FOREVER && at > s->until)
		at = s->until;
	for (; now < at; now = lb_now_ms()) {
		struct pollfd p = { .fd = changed ? -1 : s->watch, .events = POLLIN };
		int n = lb_poll(&p, 1, (int)(at - now), NULL, NULL);

		if (n < 0)
			return n;
		if (n == 0)
			continue;
		forget_changes(s->watch);
		changed = true;
		if (at > s->tried + LEAST_PAUSE)
			at = s->tried + LEAST_PAUSE;
	}
	if (now < s->tried + LEAST_PAUSE)
		return -ETIMEDOUT;
	if (changed)
		s->pause = LEAST_PAUSE;
	else if (s->pause < (s->watch < 0 ? MOST_BLIND_PAUSE : MOST_PAUSE))
		s->pause *= 2;
	return 0;
}

int64_t lb_search_left(const struct lb_search *s)
{
	int64_t left;

	if (s->until == LB_FOREVER)
		return LB_FOREVER;
	left = s->until - lb_now_ms();
	return (left > 1 ? left : 1) * 1000000;
}

void lb_search_end(struct lb_search *s)
{
	if (s->watch >= 0)
		close(s->watch);
	s->watch = -1;
}
