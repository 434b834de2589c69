/* Waiting for a daemon in virtual time: the search is built here with a clock, a socket and
 * a folder of the test. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../conn.h"
#include "../signals.h"

static int64_t now;

/* What happens, in ms; -1: never. */
static int64_t comes, interrupts, changes_from;
static int64_t changes_every; /* 0: once */
static int blind;
static int full; /* a daemon is there, and lets nobody in */

/* What was done. */
static int64_t tries[1000];
static int tried, open_files;

int64_t lb_now_ms(void)
{
	return now;
}

void lb_conn_init(struct lb_conn *c)
{
	memset(c, 0, sizeof *c);
}

static int fake_socket(int a, int b, int c)
{
	(void)a, (void)b, (void)c;
	open_files++;
	return 100;
}

static int fake_close(int fd)
{
	(void)fd;
	open_files--;
	return 0;
}

static int fake_connect(int fd, const struct sockaddr *address, socklen_t n)
{
	(void)fd, (void)address, (void)n;
	if (tried < 1000)
		tries[tried] = now;
	tried++;
	if (comes >= 0 && now >= comes)
		return 0;
	errno = full ? EAGAIN : ENOENT;
	return -1;
}

/* next_change is the first at or after a time. */
static int64_t next_change(int64_t at)
{
	if (changes_from < 0 || (at > changes_from && !changes_every))
		return -1;
	if (at <= changes_from)
		return changes_from;
	return changes_from + (at - changes_from + changes_every - 1) / changes_every * changes_every;
}

static int64_t seen = -1; /* changes until then were read */

int lb_poll(struct pollfd *p, unsigned int n, int ms, bool (*gives_up)(void *), void *arg)
{
	int64_t change = p->fd >= 0 ? next_change(seen + 1) : -1, end = now + ms;

	(void)n, (void)gives_up, (void)arg;
	if (change >= 0 && change < now)
		change = now;
	if (interrupts >= now && interrupts <= end && (change < 0 || interrupts < change)) {
		now = interrupts;
		return -EINTR;
	}
	if (change >= 0 && change <= end) {
		now = change;
		return 1;
	}
	now = end;
	return 0;
}

static ssize_t fake_read(int fd, void *to, size_t n)
{
	(void)fd, (void)to, (void)n;
	seen = now;
	errno = EAGAIN;
	return -1;
}

static int fake_inotify_init1(int flags)
{
	(void)flags;
	open_files += !blind;
	return blind ? -1 : 200;
}

static int fake_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	(void)fd, (void)path, (void)mask;
	return 1;
}

#define socket(a, b, c) fake_socket(a, b, c)
#define close fake_close
#define connect fake_connect
#define read fake_read
#define inotify_init1 fake_inotify_init1
#define inotify_add_watch fake_inotify_add_watch
#include "../find.c"
#undef socket

struct result {
	int err;
	int64_t at;
	int tries;
};

/* run waits for a daemon on one socket, as open.c does. */
static struct result run(int64_t wait_ms)
{
	struct lb_search s;
	struct lb_conn c;
	int err, waited = 0;

	now = tried = open_files = 0;
	seen = -1;
	lb_search_begin(&s, "/run/x/s", wait_ms < 0 ? LB_FOREVER : wait_ms * 1000000);
	while ((err = lb_search_connect(&s, &c)) == -ECONNREFUSED && !waited)
		if ((waited = lb_search_wait(&s)))
			break;
	lb_search_end(&s);
	if (waited == -EINTR)
		err = waited;
	if (open_files != !err)
		printf("%d descriptors are left\n", open_files);
	return (struct result){ err, now, tried };
}

static void never(void)
{
	comes = interrupts = changes_from = -1;
	changes_every = 0;
	blind = full = 0;
}

static int failures;

static void want(const char *what, struct result got, int err, int64_t at, int least, int most)
{
	int64_t pause = 1000000;

	for (int i = 1; i < got.tries && i < 1000; i++)
		if (tries[i] - tries[i - 1] < pause)
			pause = tries[i] - tries[i - 1];
	if (got.err == err && got.at == at && got.tries >= least && got.tries <= most && pause >= 50)
		return;
	failures++;
	printf("%s: %d at %lld ms after %d tries, %lld ms apart at least; want %d at %lld ms after %d to %d, 50 ms apart\n", what, got.err,
	       (long long)got.at, got.tries, (long long)pause, err, (long long)at, least, most);
}

int main(void)
{
	never();
	want("nobody comes", run(10000), -ECONNREFUSED, 10000, 16, 17);
	want("nobody comes for a moment", run(10), -ECONNREFUSED, 10, 1, 1);
	want("nobody comes for two moments", run(60), -ECONNREFUSED, 60, 2, 2);
	blind = 1;
	want("nobody comes, unnoticed", run(10000), -ECONNREFUSED, 10000, 51, 53);
	never();
	changes_from = 0;
	changes_every = 1;
	want("a folder where much happens", run(10000), -ECONNREFUSED, 10000, 201, 201);
	want("one where much happens, for ever", (comes = 99990, run(-1)), 0, 100000, 2001, 2001);
	never();
	changes_from = comes = 3003;
	want("the daemon comes", run(-1), 0, 3003, 7, 9);
	comes = 3004; /* the socket is there before somebody listens */
	want("the daemon comes slowly", run(-1), 0, 3053, 8, 10);
	never();
	comes = 20;
	want("the daemon comes at once", run(5000), 0, 50, 2, 2);
	never();
	comes = 0;
	want("the daemon is there", run(5000), 0, 0, 1, 1);
	never();
	full = 1;
	want("a daemon that lets nobody in", run(-1), -ECONNREFUSED, 0, 1, 1);
	never();
	interrupts = 1234;
	want("a signal", run(-1), -EINTR, 1234, 5, 5);
	want("a signal in a limited time", run(5000), -EINTR, 1234, 5, 5);
	return failures > 0;
}
