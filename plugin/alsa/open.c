/* Opening an end by a definition in alsa-lib's configuration, or by a name such as
 * loopbridge:loop0,server. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "find.h"
#include "pcm.h"
#include "text.h"

/* The fields of a definition. */
struct wish {
	const char *loop, *end, *wait, *socket, *positions;
	char number[5][24]; /* for values written as numbers */
};

static int text(snd_config_t *n, const char **value, char *number)
{
	long l;

	if (snd_config_get_string(n, value) >= 0)
		return 0;
	if (snd_config_get_integer(n, &l) < 0)
		return -EINVAL;
	sprintf(number, "%ld", l);
	*value = number;
	return 0;
}

static int read_definition(struct wish *w, const char *name, snd_config_t *conf)
{
	const struct {
		const char *id;
		const char **value;
	} fields[] = { { "loop", &w->loop }, { "end", &w->end },
		       { "wait", &w->wait }, { "socket", &w->socket },
		       { "positions", &w->positions } };
	snd_config_iterator_t i, next;

	snd_config_for_each(i, next, conf) {
		snd_config_t *n = snd_config_iterator_entry(i);
		const char *id;
		unsigned int f = 0;

		if (snd_config_get_id(n, &id) < 0 || !strcmp(id, "comment") || !strcmp(id, "type") || !strcmp(id, "hint"))
			continue;
		while (f < 5 && strcmp(id, fields[f].id))
			f++;
		if (f == 5) {
			SNDERR("loopbridge: %s has an unknown field \"%s\"; it may have loop, end, wait, socket and positions", name, id);
			return -EINVAL;
		}
		if (text(n, fields[f].value, w->number[f]) < 0) {
			SNDERR("loopbridge: the field \"%s\" of %s is neither text nor a number", id, name);
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_role(const struct wish *w, enum lb_role *role)
{
	if (!w->end || !*w->end || lb_is(w->end, "client"))
		*role = LB_CLIENT;
	else if (lb_is(w->end, "server"))
		*role = LB_SERVER;
	else {
		SNDERR("loopbridge: an end of %s is server or client; \"%s\" is neither", w->loop, w->end);
		return -EINVAL;
	}
	return 0;
}

/* parse_wait parses 0, 1 (forever), or a time such as 5s or 300ms into ns. */
static int parse_wait(const struct wish *w, int64_t *wait)
{
	*wait = 0;
	if (!w->wait || !*w->wait || !strcmp(w->wait, "0") || lb_is(w->wait, "no"))
		return 0;
	if (!strcmp(w->wait, "1") || lb_is(w->wait, "yes")) {
		*wait = LB_FOREVER;
		return 0;
	}
	*wait = lb_time(w->wait);
	if (*wait >= 0)
		return 0;
	SNDERR("loopbridge: WAIT of %s is 0, 1, or a time such as 5s or 300ms; \"%s\" is none of them", w->loop, w->wait);
	return -EINVAL;
}

static int parse_positions(const struct wish *w, struct lb_chmap *c, snd_pcm_stream_t stream)
{
	lb_chmap_init(c, stream);
	if (!lb_chmap_parse(c, w->positions))
		return 0;
	SNDERR("loopbridge: POSITIONS of %s is wav, alsa, loop, or a list such as FL FR FC LFE RL RR, each once; \"%s\" is none of them",
	       w->loop, w->positions);
	return -EINVAL;
}

/* open_end asks the daemon for the end and waits up to wait ns for a server, or for its turn. */
static int open_end(struct lb_pcm *p, int64_t wait)
{
	struct lb_message m = { .open = { .role = p->role,
					  .direction = p->io.stream == SND_PCM_STREAM_PLAYBACK ? LB_WRITE : LB_READ,
					  .unsettled = p->role == LB_SERVER,
					  .wait = wait } };
	int64_t most = wait / 1000000 + LB_REPLY_MS;
	int fds[2], err;

	strcpy(m.open.loop, p->loop);
	err = lb_call(&p->conn, LB_OP_OPEN, &m, fds, 2, wait == LB_FOREVER ? LB_FOREVER : most < INT_MAX ? (int)most : INT_MAX,
		      wait != 0);
	if (!err) {
		err = lb_ring_map(&p->ring, fds[0], &m.granted);
		if (p->role == LB_CLIENT) {
			p->chmap.loop.channels = err ? 0 : p->ring.shared->channels;
			memcpy(p->chmap.loop.at, m.granted.positions, sizeof p->chmap.loop.at);
		}
		if (err)
			close(fds[1]);
		else
			err = lb_bell_adopt(&p->conn, fds[1]);
	}
	return err;
}

static void complain(const struct lb_pcm *p, int err, bool connected)
{
	if (err == -EINTR)
		return;
	if (!connected)
		SNDERR("loopbridge: %s cannot be opened: %s", p->loop, p->conn.why);
	else if (*p->conn.why)
		SNDERR("loopbridge: %s", p->conn.why);
	else if (err == -ETIMEDOUT)
		SNDERR("loopbridge: the daemon does not answer, so %s cannot be opened: is it stopped?", p->loop);
	else if (err == -EPROTO)
		SNDERR("loopbridge: the daemon speaks another version of the protocol than this plugin, so %s cannot be opened: use the same release of both",
		       p->loop);
	else
		SNDERR("loopbridge: %s cannot be opened: %s", p->loop, snd_strerror(err));
}

/* reach connects to the daemon and opens the end. It waits up to wait ns for both, also if the daemon
 * goes in between and comes back. */
static int reach(struct lb_pcm *p, const struct wish *w, int64_t wait)
{
	struct lb_search s;
	bool connected;
	int err, waited;

	lb_search_begin(&s, w->socket, wait);
	for (int64_t left = wait;; left = lb_search_left(&s)) {
		err = lb_search_connect(&s, &p->conn);
		connected = !err;
		if (connected)
			err = open_end(p, left);
		if (!wait || (err != -ECONNREFUSED && !p->conn.dead))
			break;
		waited = lb_search_wait(&s);
		if (waited == -EINTR)
			err = waited;
		if (waited)
			break;
		lb_disconnect(&p->conn);
	}
	lb_search_end(&s);
	if (err)
		complain(p, err, connected);
	return err;
}

static int create(struct lb_pcm *p, const char *name, snd_pcm_stream_t stream, int mode)
{
	int err;

	p->io.version = SND_PCM_IOPLUG_VERSION;
	p->io.name = "loopbridge";
	p->io.flags = SND_PCM_IOPLUG_FLAG_MONOTONIC | SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
	p->io.poll_fd = p->conn.bell;
	p->io.poll_events = POLLIN;
	p->io.callback = &lb_pcm_callbacks;
	p->io.private_data = p;
	p->io.nonblock = (mode & SND_PCM_NONBLOCK) != 0; /* alsa-lib only sets it in snd_pcm_nonblock */
	err = snd_pcm_ioplug_create(&p->io, name, stream, mode);
	if (err < 0)
		return err;
	lb_pcm_adopt(p);
	err = lb_pcm_constrain(p);
	if (err < 0) {
		snd_pcm_ioplug_delete(&p->io); /* frees p */
		return err;
	}
	lb_pcm_poll(p);
	return 1;
}

/* A process of loopbridge marks itself while PortAudio lists the devices: PortAudio opens all of them
 * in both directions, and the daemon would become its own client. */
static int not_for_us(void)
{
	const char *process = secure_getenv("LOOPBRIDGE_NOT_FOR");
	char ours[24];

	snprintf(ours, sizeof ours, "%ld", (long)getpid());
	return process && !strcmp(process, ours);
}

#pragma GCC visibility push(default)

/* The entry point of alsa-lib for "type loopbridge". */
SND_PCM_PLUGIN_DEFINE_FUNC(loopbridge)
{
	struct wish w = { 0 };
	struct lb_pcm *p;
	int64_t wait;
	int err;

	(void)root;
	if (not_for_us())
		return -ENODEV;
	err = read_definition(&w, name, conf);
	if (err < 0)
		return err;
	if (!w.loop || !*w.loop) {
		SNDERR("loopbridge: %s names no loop; write for example loopbridge:loop0", name);
		return -EINVAL;
	}
	if (strlen(w.loop) >= sizeof p->loop) {
		SNDERR("loopbridge: the name of a loop has at most %d bytes; %s is longer", LB_NAME_BYTES - 1, w.loop);
		return -ENODEV;
	}
	p = calloc(1, sizeof *p);
	if (!p)
		return -ENOMEM;
	p->owner = getpid();
	p->io.stream = stream;
	strcpy(p->loop, w.loop);
	err = parse_role(&w, &p->role);
	if (!err)
		err = parse_wait(&w, &wait);
	if (!err)
		err = parse_positions(&w, &p->chmap, stream);
	if (err < 0) {
		free(p);
		return err;
	}
	/* A non-blocking program does not wait, whatever WAIT says: it may be trying every device. */
	err = reach(p, &w, mode & SND_PCM_NONBLOCK ? 0 : wait);
	if (!err)
		err = create(p, name, stream, mode);
	if (err == 1) {
		*pcmp = p->io.pcm;
		return 0;
	}
	if (!p->io.pcm) {
		lb_ring_unmap(&p->ring);
		lb_disconnect(&p->conn);
		free(p);
	}
	return err;
}

SND_PCM_PLUGIN_SYMBOL(loopbridge);

#pragma GCC visibility pop
