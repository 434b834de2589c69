/* Setting up, starting and stopping an end for alsa-lib's ioplug.
 *
 *	alsa-lib's state   state of the end (package loop/pcm)
 *	OPEN, SETUP        idle; or running, after a drain, or a drop of what an xrun had stopped
 *	PREPARED           idle; a client that plays may have written already
 *	RUNNING            armed or running: a server's first read or write waits for its
 *	                   client, in poll if the application does not block
 *	PAUSED             running, paused
 *	XRUN               running: the line goes on and only needs prepare; or ended, for a
 *	                   server that plays and ignores ECONNRESET
 *	DISCONNECTED       the daemon has gone
 *
 * alsa-lib calls start, pointer, transfer, stop, hw_params and close with its lock held, the others
 * without. */
#include "pcm.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int request(struct lb_pcm *p, enum lb_op op, struct lb_message *m)
{
	return lb_call(&p->conn, op, m, NULL, 0, LB_REPLY_MS, false);
}

/* complain prints why a request failed, in the daemon's words if there are some. */
static void complain(const struct lb_pcm *p, int err)
{
	if (err == -ENXIO && p->role == LB_CLIENT && *p->conn.why)
		SNDERR("loopbridge: %s; servers that do not stay when a client stops, seeks or goes on with another rate want on_client_close = \"hold\" or \"silence\" for the loop",
		       p->conn.why);
	else if (*p->conn.why)
		SNDERR("loopbridge: %s", p->conn.why);
	else
		SNDERR("loopbridge: %s: %s", p->loop,
		       p->conn.dead ? "the daemon has gone" :
		       err == -ETIMEDOUT ? "the daemon does not answer: is it stopped?" : snd_strerror(err));
}

/* halt drops what is buffered and ends the session. */
static int halt(struct lb_pcm *p)
{
	struct lb_message m = { 0 };
	int err = request(p, LB_OP_HALT, &m);

	p->armed = p->gap = false;
	p->draining = p->drained = false;
	if (!err && !lb_plays(p))
		lb_ring_take(&p->ring, UINT64_MAX);
	return err;
}

void lb_pcm_adopt(struct lb_pcm *p)
{
	p->starts = p->ring.shared->starts;
	p->armed = false;
	lb_rebase(p);
}

static int pcm_start(snd_pcm_ioplug_t *io)
{
	struct lb_pcm *p = io->private_data;
	int err = lb_begin(p);

	p->gap = false;
	lb_pcm_poll(p);
	return err;
}

/* ours is false in a child after fork: the stream is still the parent's, and alsa-lib stops a stream to
 * close it. */
static bool ours(const struct lb_pcm *p) { return p->owner == getpid(); }

/* in_gap reports whether the line goes on without the program. */
static bool in_gap(const struct lb_pcm *p)
{
	return (p->gap || p->io.state == SND_PCM_STATE_XRUN) && !lb_over(p);
}

static int pcm_stop(snd_pcm_ioplug_t *io)
{
	struct lb_pcm *p = io->private_data;
	bool written = lb_plays(p) && lb_ring_ready(&p->ring) < p->ring.shared->capacity;
	int err = 0;

	if (p->conn.dead || !ours(p))
		return 0;
	if (!lb_drained(p)) {
		/* After an xrun the other end sees a gap. jackd prepares, drops, and prepares before it
		 * starts again, which must not end the stream there. */
		p->gap = in_gap(p);
		if (!p->gap && (lb_state(p) != LB_IDLE || p->armed || written))
			err = halt(p);
	}
	lb_nudge(&p->conn); /* in SETUP there is nothing to wait for */
	return err;
}

static int pcm_prepare(snd_pcm_ioplug_t *io)
{
	struct lb_pcm *p = io->private_data;
	int err = 0;

	p->gap = in_gap(p);
	if (lb_over(p))
		err = halt(p);
	if (!err) {
		lb_rebase(p);
	} else {
		complain(p, err);
		if (!p->conn.dead) /* read and write then return the reason */
			snd_pcm_ioplug_set_state(io, SND_PCM_STATE_PREPARED);
	}
	p->wake_once = !lb_plays(p);
	lb_pcm_poll(p);
	return err;
}

static int pcm_pause(snd_pcm_ioplug_t *io, int enable)
{
	struct lb_pcm *p = io->private_data;
	struct lb_message m = { .pause.on = enable != 0 };
	int err = request(p, LB_OP_PAUSE, &m);

	if (err < 0)
		complain(p, err);
	return err;
}

/* stopped reports whether the application expects nothing more of the stream. */
static bool stopped(const struct lb_pcm *p)
{
	return p->io.state == SND_PCM_STATE_OPEN || p->io.state == SND_PCM_STATE_SETUP || p->io.state == SND_PCM_STATE_PREPARED;
}

/* setup gives the end the parameters that the application has chosen. */
static int setup(struct lb_pcm *p)
{
	const snd_pcm_ioplug_t *io = &p->io;
	const struct lb_shared *s = p->ring.shared;
	struct lb_message m = { .setup = { .format = { io->rate, io->channels, lb_encoding(io->format) },
					   .period = (uint32_t)io->period_size,
					   .buffer = (uint32_t)io->buffer_size } };
	uint8_t positions[LB_MAX_POSITIONS];
	int fd, err;

	lb_chmap_tell(&p->chmap, io->channels, m.setup.format.positions);
	memcpy(positions, m.setup.format.positions, sizeof positions);
	if (p->settled && !memcmp(positions, p->told, sizeof positions) && m.setup.format.rate == s->rate &&
	    m.setup.format.channels == s->channels && m.setup.format.encoding == s->encoding &&
	    m.setup.period == p->ring.period && m.setup.buffer == s->capacity)
		return 0; /* also during a session, as between two files of aplay */
	if (lb_state(p) != LB_IDLE || p->armed) {
		if (!stopped(p)) {
			SNDERR("loopbridge: %s is in use with %u Hz, %u channels; drop or drain before you choose again",
			       p->loop, s->rate, s->channels);
			return -EBUSY;
		}
		err = halt(p);
		if (err < 0)
			return err;
	}
	err = lb_call(&p->conn, LB_OP_SETUP, &m, &fd, 1, LB_REPLY_MS, false);
	if (!err)
		err = lb_ring_map(&p->ring, fd, &m.granted);
	if (err < 0) {
		complain(p, err);
		return err;
	}
	if (p->ring.period != io->period_size || p->ring.shared->capacity != io->buffer_size) {
		SNDERR("loopbridge: %s grants %u frames of buffer and %u a period, not %lu and %lu", p->loop,
		       p->ring.shared->capacity, p->ring.period, io->buffer_size, io->period_size);
		return -EINVAL;
	}
	p->settled = true;
	memcpy(p->told, positions, sizeof positions);
	lb_pcm_adopt(p);
	return 0;
}

static int pcm_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params)
{
	struct lb_pcm *p = io->private_data;
	int err = lb_pcm_shorten(p, params);

	return err < 0 ? err : setup(p);
}

static snd_pcm_chmap_query_t **pcm_query_chmaps(snd_pcm_ioplug_t *io)
{
	struct lb_pcm *p = io->private_data;

	return lb_chmap_query(&p->chmap);
}

static snd_pcm_chmap_t *pcm_get_chmap(snd_pcm_ioplug_t *io)
{
	struct lb_pcm *p = io->private_data;

	return io->state == SND_PCM_STATE_OPEN ? NULL : lb_chmap_get(&p->chmap, io->channels);
}

/* As on a card, positions can be set until the stream starts. */
static int pcm_set_chmap(snd_pcm_ioplug_t *io, const snd_pcm_chmap_t *map)
{
	struct lb_pcm *p = io->private_data;
	struct lb_stand before = p->chmap.said;
	int err;

	if (io->state != SND_PCM_STATE_SETUP && io->state != SND_PCM_STATE_PREPARED)
		return -EBADFD;
	if (map->channels != io->channels || !lb_chmap_say(&p->chmap, map))
		return -EINVAL;
	err = setup(p);
	if (err < 0)
		p->chmap.said = before;
	lb_pcm_poll(p);
	return err;
}

static int pcm_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params)
{
	struct lb_pcm *p = io->private_data;
	snd_pcm_uframes_t stop = 0;

	snd_pcm_sw_params_get_boundary(params, &p->boundary);
	snd_pcm_sw_params_get_avail_min(params, &p->avail_min);
	snd_pcm_sw_params_get_stop_threshold(params, &stop);
	p->stops_at_xrun = stop < p->boundary;
	lb_pcm_poll(p);
	return 0;
}

/* alsa-lib has stopped the stream, which drops what was not drained. */
static int pcm_close(snd_pcm_ioplug_t *io)
{
	struct lb_pcm *p = io->private_data;
	struct lb_message m = { 0 };

	if (ours(p) && !p->conn.dead)
		request(p, LB_OP_CLOSE, &m);
	lb_ring_unmap(&p->ring);
	lb_disconnect(&p->conn);
	free(p);
	return 0;
}

static void pcm_dump(snd_pcm_ioplug_t *io, snd_output_t *out)
{
	struct lb_pcm *p = io->private_data;

	snd_output_printf(out, "loopbridge: %s end of %s\n", p->role == LB_SERVER ? "server" : "client", p->loop);
	snd_output_printf(out, "Its setup is:\n");
	snd_pcm_dump_setup(io->pcm, out);
}

const snd_pcm_ioplug_callback_t lb_pcm_callbacks = {
	.start = pcm_start,
	.stop = pcm_stop,
	.pointer = lb_pcm_pointer,
	.transfer = lb_pcm_transfer,
	.close = pcm_close,
	.hw_params = pcm_hw_params,
	.sw_params = pcm_sw_params,
	.prepare = pcm_prepare,
	.drain = lb_pcm_drain,
	.pause = pcm_pause,
	.poll_revents = lb_pcm_poll_revents,
	.dump = pcm_dump,
	.delay = lb_pcm_delay,
	.query_chmaps = pcm_query_chmaps,
	.get_chmap = pcm_get_chmap,
	.set_chmap = pcm_set_chmap,
};
