/* The way of a frame: how many can be moved, moving them, and poll(2).
 *
 * transfer copies frames between the application's memory and the ring, without a buffer or a thread in
 * between. pointer tells alsa-lib how many can be moved. alsa-lib calls transfer only if pointer
 * promises some, so pointer also does once the stream has ended; transfer then returns the reason. */
#include "pcm.h"

#include <errno.h>
#include <time.h>

/* When an alarm goes off, in ns: an eighth of a period after the cycle is due, within these limits, and
 * at most FORESIGHT ahead. */
enum { LEAST_MARGIN = 200000, MOST_MARGIN = 1000000, FORESIGHT = 1000000000 };

/* How often in a row ECONNRESET is returned; less often to a reader that maps its buffer and may not
 * see it: snd_pcm_mmap_readi only looks at the state. */
enum { PATIENCE = 100, PATIENCE_MAPPED = 1 };

/* How often a server that plays gets ECONNRESET, if it ignores it, before it gets an xrun: many
 * programs only recover from that, and then play to the next client. PipeWire does so; it maps the
 * buffer and asks once a cycle, and a client that comes back at once should find it. */
enum { PATIENCE_SERVER = 8, PATIENCE_SERVER_MAPPED = 2 };

/* How long, in ns, poll is not ready for a program that has ignored the end of a stream PATIENCE times,
 * as alsaloop does forever. */
enum { RESPITE = 100000000 };

static int64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool lb_plays(const struct lb_pcm *p) { return p->io.stream == SND_PCM_STREAM_PLAYBACK; }

uint32_t lb_state(const struct lb_pcm *p) { return p->ring.shared->state; }

/* mapped reports whether the application uses alsa-lib's buffer instead of its own. */
static bool mapped(const struct lb_pcm *p)
{
	return p->io.access == SND_PCM_ACCESS_MMAP_INTERLEAVED || p->io.access == SND_PCM_ACCESS_MMAP_NONINTERLEAVED;
}

/* lb_over returns why nothing moves any more: a negative errno, or 0. */
int lb_over(const struct lb_pcm *p)
{
	const struct lb_shared *s = p->ring.shared;
	/* Read before state: the daemon arms the end before it counts a start. */
	bool acknowledged = s->starts == p->starts;
	uint32_t now = s->state, error = s->error;

	if (now == LB_ENDED)
		return -(int)(error ? error : ECONNRESET);
	if (p->conn.dead)
		return -ENODEV;
	/* The start was taken back: start_timeout. */
	if (now == LB_IDLE && p->armed && acknowledged)
		return -(int)(error ? error : EINTR);
	return 0;
}

/* unstarted reports whether the daemon cannot take anything yet. */
static bool unstarted(const struct lb_pcm *p) { return lb_state(p) == LB_IDLE && !p->armed; }

/* catch_up reads how far the application is. */
static void catch_up(struct lb_pcm *p)
{
	snd_pcm_uframes_t now = p->io.appl_ptr;
	snd_pcm_sframes_t moved = (snd_pcm_sframes_t)(now - p->appl_ptr);

	if (p->boundary && moved > (snd_pcm_sframes_t)(p->boundary / 2))
		moved -= (snd_pcm_sframes_t)p->boundary;
	else if (p->boundary && moved < -(snd_pcm_sframes_t)(p->boundary / 2))
		moved += (snd_pcm_sframes_t)p->boundary;
	p->appl_ptr = now;
	p->appl = moved < 0 && p->appl < (uint64_t)-moved ? 0 : p->appl + (uint64_t)moved;
	if (!lb_plays(p))
		lb_ring_take(&p->ring, p->base + p->appl);
}

/* written_to returns the position up to which a writer has filled its ring: the application's, which
 * may have been rewound or forwarded since; in a drain, that of the ring. */
static uint64_t written_to(const struct lb_pcm *p)
{
	return p->io.state == SND_PCM_STATE_DRAINING ? p->ring.shared->program : p->base + p->appl;
}

/* room returns how many frames a writer can write. */
static snd_pcm_uframes_t room(const struct lb_pcm *p)
{
	const struct lb_shared *s = p->ring.shared;
	int64_t n = (int64_t)lb_ring_ready(&p->ring) - (int64_t)(written_to(p) - s->program);

	if (n < 0)
		return 0;
	return n < s->capacity ? (snd_pcm_uframes_t)n : s->capacity;
}

/* available returns how many frames transfer would move now. */
static snd_pcm_uframes_t available(const struct lb_pcm *p)
{
	snd_pcm_uframes_t most = p->io.buffer_size ? p->io.buffer_size : p->ring.shared->capacity;
	uint64_t n;

	if (lb_plays(p))
		return room(p);
	n = p->ring.shared->daemon - (p->base + p->appl);
	return n <= most || !p->stops_at_xrun ? (snd_pcm_uframes_t)n : most;
}

static bool drains(const struct lb_pcm *p) { return p->io.state == SND_PCM_STATE_DRAINING && lb_plays(p); }

/* wanted returns how many frames must be available for poll to be ready. */
static snd_pcm_uframes_t wanted(const struct lb_pcm *p)
{
	snd_pcm_uframes_t capacity = p->ring.shared->capacity;

	if (drains(p))
		return capacity;
	if (!p->avail_min)
		return 1;
	return p->avail_min < capacity ? p->avail_min : capacity;
}

/* still reports whether nothing will ever move in this state, so that poll must not wait. */
static bool still(const struct lb_pcm *p)
{
	return p->io.state == SND_PCM_STATE_OPEN || p->io.state == SND_PCM_STATE_SETUP ||
	       p->io.state == SND_PCM_STATE_XRUN || p->io.state == SND_PCM_STATE_DISCONNECTED;
}

/* rests reports whether what is left of a session is less than the program waits for, at a server that records on
 * (on_client_close = "hold"). Nothing follows it for now: poll is ready once. */
static bool rests(const struct lb_pcm *p)
{
	snd_pcm_uframes_t left = available(p);

	return !lb_plays(p) && lb_state(p) == LB_ARMED && left > 0 && left < wanted(p) && p->rested != p->ring.shared->daemon;
}

static bool ready(const struct lb_pcm *p)
{
	if (lb_over(p) || still(p) || rests(p))
		return true;
	/* A drain may run dry. */
	if (!drains(p) && p->stops_at_xrun && p->ring.shared->xruns != p->xruns)
		return true;
	return available(p) >= wanted(p);
}

/* position returns where the daemon has to be for n frames to be available. */
static uint64_t position(const struct lb_pcm *p, snd_pcm_uframes_t n)
{
	const struct lb_shared *s = p->ring.shared;
	uint64_t at = (lb_plays(p) ? written_to(p) : p->base + p->appl) + n;

	if (!lb_plays(p))
		return at;
	return at > s->capacity ? at - s->capacity : 0;
}

/* wake_at asks for the bell at a position of the daemon. */
static void wake_at(struct lb_pcm *p, uint64_t at)
{
	if (p->ring.shared->wake != at)
		p->ring.shared->wake = at;
}

/* await arranges for a wake-up when n frames are available. It costs the daemon more to wake a program
 * than to move its frames. In a running stream the program therefore sets its own alarm, for shortly
 * after the cycle that will bring the frames. The daemon rings if that goes wrong: half a buffer later
 * or, after an alarm in vain, as soon as the frames are there. heard: the bell may be ringing. */
static void await(struct lb_pcm *p, snd_pcm_uframes_t n, bool heard)
{
	const struct lb_shared *s = p->ring.shared;
	uint64_t at = position(p, n), daemon = s->daemon, reserve = (s->capacity - n) / 2;
	int64_t clock = s->clock, now = monotonic(), due, margin;

	margin = (int64_t)p->ring.period * 1000000000 / s->rate / 8;
	margin = margin < LEAST_MARGIN ? LEAST_MARGIN : margin > MOST_MARGIN ? MOST_MARGIN : margin;
	due = clock + (int64_t)((at - daemon) * 1000000000 / s->rate) + margin;
	if (lb_state(p) == LB_RUNNING && at > daemon && reserve > 0 && due > now && due < now + FORESIGHT) {
		wake_at(p, at + reserve);
		lb_alarm(&p->conn, due);
	} else {
		wake_at(p, at);
		lb_alarm(&p->conn, lb_stall(p, clock, now));
		heard = true; /* it may be: the daemon was asked to ring */
	}
	if (heard || p->conn.nudged)
		lb_hush(&p->conn);
}

/* settle is lb_pcm_poll for a caller that knows whether the bell may be ringing.
 *
 * A program that has prepared to record and polls before it starts is woken once without a reason:
 * PulseAudio forgets to start after an error, and does so when it wakes up. */
static void settle(struct lb_pcm *p, bool heard)
{
	p->wake_once = p->wake_once && !heard && unstarted(p);
	if (p->wake_once) {
		lb_nudge(&p->conn);
		return;
	}
	if (!ready(p)) {
		await(p, wanted(p), heard);
		if (!ready(p))
			return;
		heard = false;
	}
	if (!heard)
		lb_nudge(&p->conn);
}

void lb_pcm_poll(struct lb_pcm *p) { settle(p, false); }

void lb_unwrite(struct lb_pcm *p)
{
	catch_up(p);
	if (lb_plays(p) && unstarted(p))
		lb_ring_take_back(&p->ring, p->base + p->appl);
}

int lb_begin(struct lb_pcm *p)
{
	bool acknowledged = p->ring.shared->starts == p->starts; /* read before state, as in lb_over */
	int err;

	if (!acknowledged || lb_state(p) != LB_IDLE)
		return 0;
	lb_unwrite(p);
	err = lb_send(&p->conn, LB_OP_START, &(struct lb_message){ 0 });
	if (err < 0)
		return err;
	p->starts++;
	p->armed = true;
	return 0;
}

void lb_rebase(struct lb_pcm *p)
{
	if (lb_plays(p) && unstarted(p)) /* it is dropped, as on a card */
		lb_ring_take_back(&p->ring, 0);
	p->base = p->ring.shared->program;
	p->appl = 0;
	p->appl_ptr = p->io.appl_ptr;
	p->xruns = p->ring.shared->xruns;
	p->draining = p->drained = false;
	p->resets = p->overlooked = 0;
}

/* was_reset reports whether snd_pcm_reset has moved both pointers to 0. If nothing was taken yet, a
 * rewind of everything looks the same and has the same effect. */
static bool was_reset(const struct lb_pcm *p)
{
	return p->io.appl_ptr == 0 && p->io.hw_ptr == 0 && p->appl_ptr != 0 &&
	       !(lb_plays(p) && p->ring.shared->daemon <= p->base);
}

/* ignores_end reports whether a server that plays ignores that its client has gone. */
static bool ignores_end(const struct lb_pcm *p)
{
	unsigned int patience = mapped(p) ? PATIENCE_SERVER_MAPPED : PATIENCE_SERVER;

	return lb_plays(p) && p->role == LB_SERVER && p->resets >= patience && lb_over(p) == -ECONNRESET;
}

snd_pcm_sframes_t lb_pcm_pointer(snd_pcm_ioplug_t *io)
{
	struct lb_pcm *p = io->private_data;
	snd_pcm_uframes_t n, hw;

	if (io->state == SND_PCM_STATE_OPEN) /* no buffer yet */
		return 0;
	if (was_reset(p)) {
		if (!lb_plays(p)) /* what can be read is old */
			lb_ring_take(&p->ring, UINT64_MAX);
		lb_rebase(p);
	}
	catch_up(p);
	n = available(p);
	if (ignores_end(p))
		return -EPIPE;
	if (lb_over(p) && io->state != SND_PCM_STATE_DRAINING) {
		n = io->buffer_size;
	} else if (p->stops_at_xrun && p->ring.shared->xruns != p->xruns && io->state == SND_PCM_STATE_RUNNING) {
		return -EPIPE;
	}
	hw = p->io.appl_ptr + n;
	if (lb_plays(p))
		hw += p->boundary - io->buffer_size;
	return (snd_pcm_sframes_t)(p->boundary ? hw % p->boundary : hw);
}

/* write_frames is transfer for playback. */
static snd_pcm_sframes_t write_frames(struct lb_pcm *p, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
				      snd_pcm_uframes_t size)
{
	uint64_t pos = p->base + p->appl, written = p->ring.shared->program;

	p->draining = p->drained = false;
	if (written < pos) /* forwarded: fill with silence */
		lb_ring_write(&p->ring, p->io.format, written, NULL, 0, (snd_pcm_uframes_t)(pos - written));
	return (snd_pcm_sframes_t)lb_ring_write(&p->ring, p->io.format, pos, areas, offset, size);
}

/* read_frames is transfer for capture. If the application maps the buffer, alsa-lib asks for the same
 * frames repeatedly; so frames are taken only when the application has moved on, and frames missing at
 * the end of the stream become silence, because alsa-lib ignores a short count. */
static snd_pcm_sframes_t read_frames(struct lb_pcm *p, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
				     snd_pcm_uframes_t size)
{
	int over = lb_over(p); /* read first: no frame follows it */
	snd_pcm_uframes_t n = lb_ring_read(&p->ring, p->io.format, p->base + p->appl, areas, offset, size);

	if (n == 0) {
		if (over && mapped(p)) /* no old frames for a program that ignores the error */
			snd_pcm_areas_silence(areas, offset, p->io.channels, size, p->io.format);
		return over ? over : -EAGAIN;
	}
	if (!mapped(p)) {
		lb_ring_take(&p->ring, p->base + p->appl + n);
		return (snd_pcm_sframes_t)n;
	}
	if (n < size)
		snd_pcm_areas_silence(areas, offset + n, p->io.channels, size - n, p->io.format);
	return (snd_pcm_sframes_t)size;
}

/* fail sets a state in which the application can recover, and returns the error for it. GStreamer's
 * alsasrc takes an unknown error for a block of silence and asks again at once, forever; it knows
 * ENODEV. */
static int fail(struct lb_pcm *p, int err)
{
	if (err == -ECONNRESET && !p->told_end && !p->conn.dead) {
		p->told_end = true;
		if (p->role == LB_SERVER)
			SNDERR("loopbridge: the stream of %s has ended: its client closed, or stopped, paused or sought in its sound; for a loop whose server goes on then, set on_client_close = \"hold\" or \"silence\"",
			       p->loop);
		else
			SNDERR("loopbridge: the stream of %s has ended: its server has gone; servers that do not stay when a client stops, pauses or seeks want on_client_close = \"hold\" or \"silence\" for the loop",
			       p->loop);
	}
	if (err == -ECONNRESET && ++p->resets > (mapped(p) && !lb_plays(p) ? PATIENCE_MAPPED : PATIENCE))
		err = -ENODEV;
	if (p->conn.dead || err == -ENODEV) {
		snd_pcm_ioplug_set_state(&p->io, SND_PCM_STATE_DISCONNECTED);
	} else if (err != -EAGAIN && lb_state(p) == LB_IDLE) { /* a start was taken back: allow another */
		p->armed = false;
		if (lb_plays(p))
			lb_rebase(p);
		snd_pcm_ioplug_set_state(&p->io, SND_PCM_STATE_PREPARED);
	}
	return err;
}

snd_pcm_sframes_t lb_pcm_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
				      snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
	struct lb_pcm *p = io->private_data;
	snd_pcm_sframes_t n;

	catch_up(p);
	p->overlooked = 0;
	if (lb_plays(p) && lb_over(p))
		n = lb_over(p);
	else
		n = lb_plays(p) ? write_frames(p, areas, offset, size) : read_frames(p, areas, offset, size);
	if (n > 0 && (lb_plays(p) || !mapped(p))) { /* alsa-lib moves its pointer after this call */
		p->appl += (uint64_t)n;
		p->appl_ptr += (snd_pcm_uframes_t)n;
		if (p->boundary && p->appl_ptr >= p->boundary)
			p->appl_ptr -= p->boundary;
	}
	if (n < 0)
		n = fail(p, (int)n);
	lb_pcm_poll(p);
	return n;
}

#define LONGEST_CYCLE 10000000000 /* ns; no period is longer */

/* The daemon moves a period at a time; in between, the clock tells the position. */
static snd_pcm_sframes_t since_cycle(const struct lb_pcm *p)
{
	int64_t clock = p->ring.shared->clock, passed, n;

	if (lb_state(p) != LB_RUNNING || clock == 0 ||
	    (p->io.state != SND_PCM_STATE_RUNNING && p->io.state != SND_PCM_STATE_DRAINING))
		return 0;
	passed = monotonic() - clock;
	if (passed < 0)
		return 0;
	if (passed > LONGEST_CYCLE) /* the clock may be of another epoch: the product below must fit */
		return (snd_pcm_sframes_t)p->ring.period;
	n = passed * p->io.rate / 1000000000;
	return n < (int64_t)p->ring.period ? (snd_pcm_sframes_t)n : (snd_pcm_sframes_t)p->ring.period;
}

int lb_pcm_delay(snd_pcm_ioplug_t *io, snd_pcm_sframes_t *delay)
{
	struct lb_pcm *p = io->private_data;

	catch_up(p);
	if (lb_plays(p)) {
		*delay = (snd_pcm_sframes_t)(p->ring.shared->capacity - room(p));
		*delay -= *delay > since_cycle(p) ? since_cycle(p) : *delay;
	} else {
		*delay = (snd_pcm_sframes_t)available(p) + since_cycle(p);
	}
	*delay += p->ring.shared->delay;
	if (p->conn.dead && lb_state(p) != LB_ENDED)
		return -ENODEV;
	if (io->state == SND_PCM_STATE_XRUN)
		return -EPIPE;
	return io->state == SND_PCM_STATE_OPEN || io->state == SND_PCM_STATE_SETUP ? -EBADFD : 0;
}

int lb_pcm_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned int n, unsigned short *revents)
{
	struct lb_pcm *p = io->private_data;

	*revents = 0;
	if (n != 1)
		return -EINVAL;
	if (fds->revents & (POLLIN | POLLERR))
		settle(p, true);
	lb_drain_on(p);
	if (lb_over(p) && ++p->overlooked > PATIENCE) {
		lb_hush(&p->conn);
		lb_alarm(&p->conn, monotonic() + RESPITE);
	}
	if (io->state != SND_PCM_STATE_DRAINING && ready(p))
		*revents = lb_plays(p) ? POLLOUT : POLLIN;
	if (*revents && rests(p))
		p->rested = p->ring.shared->daemon;
	if (still(p))
		*revents |= POLLERR;
	return 0;
}

