#include "conn.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

/* For "loopbridge doctor", which finds it in the file of the library. Nothing here reads it. */
__attribute__((visibility("default"))) const uint32_t loopbridge_plugin_protocol = LB_VERSION;

/* The source of an event; the daemon's bell has 0 or any other number. */
enum { EVENT_NUDGE = 0x6e756467, EVENT_SOCKET = 0x736f636b, EVENT_ALARM = 0x616c726d };

/* After a daemon has failed to answer: a program makes several requests and must not wait the whole
 * time for each. */
enum { AGAIN_MS = 1000 };

int64_t lb_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void lb_conn_init(struct lb_conn *c)
{
	memset(c, 0, sizeof *c);
	c->socket = c->bell = c->nudge = c->alarm = -1;
	pthread_mutex_init(&c->calls, NULL);
}

/* await waits until the socket is ready or the time is up. */
static int await(struct lb_conn *c, short events, int64_t until)
{
	for (;;) {
		struct pollfd p = { .fd = c->socket, .events = events };
		int64_t left = until < 0 ? -1 : until - lb_now_ms();
		int n = lb_poll(&p, 1, until < 0 ? -1 : left > 0 ? (int)left : 0, NULL, NULL);
		if (n > 0)
			return 0;
		if (n < 0)
			return n;
		if (until >= 0 && lb_now_ms() >= until)
			return -ETIMEDOUT;
	}
}

static int gone(struct lb_conn *c)
{
	c->dead = true;
	return -ENODEV;
}

/* patience returns when to give up a request that may take ms. */
static int64_t patience(const struct lb_conn *c, int ms)
{
	return lb_now_ms() + (c->silent && ms > AGAIN_MS ? AGAIN_MS : ms);
}

static int transmit(struct lb_conn *c, enum lb_op op, struct lb_message *m, int64_t until)
{
	m->header.op = (uint16_t)op;
	m->header.version = LB_VERSION;
	m->header.seq = ++c->seq;
	m->header.error = m->header.last = 0;
	while (send(c->socket, m, sizeof *m, MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN) {
			if (await(c, POLLOUT, until) == -ETIMEDOUT)
				return -ETIMEDOUT;
		} else if (errno != EINTR) {
			return gone(c);
		}
	}
	return 0;
}

static void close_all(int *fds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
}

/* descriptors stores the wanted descriptors and closes the others. */
static int descriptors(struct msghdr *h, int *fds, unsigned int want)
{
	unsigned int got = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		int all[8];
		unsigned int n = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) / sizeof *all);
		memcpy(all, CMSG_DATA(c), n * sizeof *all);
		for (unsigned int i = 0; i < n; i++) {
			if (got < want)
				fds[got++] = all[i];
			else
				close(all[i]);
		}
	}
	if (got == want)
		return 0;
	close_all(fds, got);
	return h->msg_flags & MSG_CTRUNC ? -EMFILE : got ? -EPROTO : 0;
}

int lb_receive(struct lb_conn *c, struct lb_message *m, int *fds, unsigned int want, int ms)
{
	int64_t until = ms < 0 ? -1 : lb_now_ms() + ms;
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec part = { m, sizeof *m };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	ssize_t n;
	int err;

	memset(&control, 0, sizeof control);
	for (unsigned int i = 0; i < want; i++)
		fds[i] = -1;
	while ((n = recvmsg(c->socket, &h, MSG_CMSG_CLOEXEC)) < 0) {
		/* ECONNRESET is reported once, before the messages still unread. */
		if (errno == EINTR || errno == ECONNRESET)
			continue;
		if (errno != EAGAIN)
			return gone(c);
		err = await(c, POLLIN, until);
		if (err < 0)
			return err;
	}
	if (n == 0)
		return gone(c);
	err = descriptors(&h, fds, want);
	if (err < 0)
		return err;
	/* Header and failure are the same in all versions. */
	if (n != sizeof *m || (m->header.version != LB_VERSION && !m->header.error)) {
		for (unsigned int i = 0; i < want; i++)
			if (fds[i] >= 0)
				close(fds[i]);
		return -EPROTO;
	}
	return 0;
}

/* notice records the answer to a Follow. */
static bool notice(struct lb_conn *c, const struct lb_message *m)
{
	bool follow = m->header.op == LB_OP_FOLLOW;

	if (follow)
		c->noticed = true;
	return follow;
}

typedef void visitor(void *arg, const struct lb_message *m);

/* converse sends a request and receives its replies; each gets all but the last. */
static int converse(struct lb_conn *c, enum lb_op op, struct lb_message *m, int *fds, unsigned int want, int ms,
		    bool interruptible, visitor *each, void *arg)
{
	int64_t until = -1;
	uint32_t seq;
	int err;

	pthread_mutex_lock(&c->calls);
	*c->why = 0;
	if (ms >= 0)
		until = patience(c, ms);
	err = c->dead ? -ENODEV : transmit(c, op, m, ms < 0 ? patience(c, LB_REPLY_MS) : until);
	seq = c->seq;
	while (!err) {
		int64_t left = until < 0 ? -1 : until - lb_now_ms();
		err = lb_receive(c, m, fds, want, until < 0 ? -1 : left > 0 ? (int)left : 0);
		if (!err && c->silent) { /* an answer, perhaps a late one */
			c->silent = false;
			if (ms >= 0)
				until = patience(c, ms);
		}
		if (err == -EINTR && !interruptible)
			err = 0;
		else if (!err && m->header.seq == seq && each && !m->header.error && !m->header.last)
			each(arg, m);
		else if (!err && m->header.seq == seq)
			break;
		else if (!err && notice(c, m))
			lb_nudge(c);
	}
	if (err == -ETIMEDOUT)
		c->silent = true;
	if (!err && m->header.error) {
		err = -(int)m->header.error;
		m->failure.text[LB_TEXT_BYTES - 1] = 0;
		strcpy(c->why, m->failure.text);
	} else if (!err && want && fds[0] < 0) {
		err = -EPROTO;
	}
	pthread_mutex_unlock(&c->calls);
	return err;
}

int lb_call(struct lb_conn *c, enum lb_op op, struct lb_message *m, int *fds, unsigned int want, int ms,
	    bool interruptible)
{
	return converse(c, op, m, fds, want, ms, interruptible, NULL, NULL);
}

int lb_call_each(struct lb_conn *c, enum lb_op op, struct lb_message *m, int ms, visitor *each, void *arg)
{
	return converse(c, op, m, NULL, 0, ms, false, each, arg);
}

int lb_send(struct lb_conn *c, enum lb_op op, struct lb_message *m)
{
	int err;

	pthread_mutex_lock(&c->calls);
	err = c->dead ? -ENODEV : transmit(c, op, m, patience(c, LB_REPLY_MS));
	pthread_mutex_unlock(&c->calls);
	return err;
}

int lb_bell_adopt(struct lb_conn *c, int bell)
{
	struct epoll_event nudge = { .events = EPOLLIN, .data.u64 = EVENT_NUDGE };
	struct epoll_event alarm = { .events = EPOLLIN, .data.u64 = EVENT_ALARM };
	struct epoll_event socket = { .events = EPOLLIN, .data.u64 = EVENT_SOCKET };

	c->bell = bell;
	c->nudge = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (c->nudge < 0 || c->alarm < 0 || epoll_ctl(bell, EPOLL_CTL_ADD, c->nudge, &nudge) < 0 ||
	    epoll_ctl(bell, EPOLL_CTL_ADD, c->alarm, &alarm) < 0 ||
	    epoll_ctl(bell, EPOLL_CTL_ADD, c->socket, &socket) < 0)
		return -ENOMEM;
	return 0;
}

/* listen_to_socket drops late replies and notices the end of the connection and the answer to a Follow. */
static void listen_to_socket(struct lb_conn *c)
{
	struct lb_message m;

	/* A thread that waits for a reply reads the socket itself. */
	if (pthread_mutex_trylock(&c->calls) != 0)
		return;
	while (!lb_receive(c, &m, NULL, 0, 0))
		notice(c, &m);
	pthread_mutex_unlock(&c->calls);
	if (c->dead) /* else the bell would ring forever */
		epoll_ctl(c->bell, EPOLL_CTL_DEL, c->socket, NULL);
}

void lb_hush(struct lb_conn *c)
{
	struct epoll_event events[4];
	int n = epoll_wait(c->bell, events, 4, 0);
	uint64_t count;

	for (int i = 0; i < n; i++)
		if (events[i].data.u64 == EVENT_SOCKET)
			listen_to_socket(c);
	if (c->nudged && read(c->nudge, &count, sizeof count) > 0)
		c->nudged = false;
}

void lb_nudge(struct lb_conn *c)
{
	uint64_t one = 1;

	if (!c->nudged && write(c->nudge, &one, sizeof one) > 0)
		c->nudged = true;
}

void lb_alarm(struct lb_conn *c, int64_t at)
{
	struct itimerspec t = { .it_value = { (time_t)(at / 1000000000), (long)(at % 1000000000) } };

	if (at || c->alarmed)
		timerfd_settime(c->alarm, TFD_TIMER_ABSTIME, &t, NULL);
	c->alarmed = at != 0;
}

void lb_disconnect(struct lb_conn *c)
{
	if (c->nudge >= 0)
		close(c->nudge);
	if (c->alarm >= 0)
		close(c->alarm);
	if (c->bell >= 0)
		close(c->bell);
	if (c->socket >= 0)
		close(c->socket);
	c->nudge = c->alarm = c->bell = c->socket = -1;
	pthread_mutex_destroy(&c->calls);
}
