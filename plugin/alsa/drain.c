/* Draining: the program waits in a call, or continues and uses poll(2).
 *
 *	snd_pcm_drain       blocking   returns when all is taken; -EINTR as signals.h says
 *	                    else       -EAGAIN, and the daemon drains alone
 *	poll, while it drains          not ready; ready when all is taken, and then in SETUP
 *	drop, from any thread          drops what is left, and ends both
 *	the other end leaves           this drain or the next one fails with ECONNRESET */
#include "pcm.h"

#include <errno.h>

#include "signals.h"

static bool taken(const struct lb_pcm *p) { return lb_ring_ready(&p->ring) >= p->ring.shared->capacity; }

bool lb_drained(struct lb_pcm *p)
{
	if (p->draining && taken(p)) {
		p->draining = false;
		p->drained = true;
	}
	return p->drained;
}

/* request_drain asks the daemon to deliver what is written, once for each drain. */
static int request_drain(struct lb_pcm *p)
{
	struct lb_message m = { 0 };
	int err = 0;

	if (lb_over(p) && !p->conn.dead) /* the daemon knows whether the server has closed */
		err = lb_call(&p->conn, LB_OP_DRAIN, &m, NULL, 0, LB_REPLY_MS, false);
	lb_unwrite(p);
	if (err || p->draining || taken(p))
		return err;
	err = lb_begin(p);
	if (!err) { /* alsa-lib has no zero-length write: a drain ends a piece of sound */
		m.mark.position = p->ring.shared->program;
		err = lb_send(&p->conn, LB_OP_MARK, &m);
	}
	if (!err)
		err = lb_send(&p->conn, LB_OP_DRAIN, &(struct lb_message){ 0 });
	p->draining = true;
	return err;
}

/* impatient reports whether the program does not block, or no more after snd_pcm_abort. */
static bool impatient(void *arg)
{
	const struct lb_pcm *p = arg;

	return p->io.nonblock != 0;
}

/* doze sleeps until the daemon may have taken all, or something else has happened. */
static int doze(struct lb_pcm *p)
{
	struct pollfd bell = { .fd = p->conn.bell, .events = POLLIN };
	int n;

	p->ring.shared->wake = p->ring.shared->program;
	lb_alarm(&p->conn, 0);
	lb_hush(&p->conn);
	if (taken(p) || lb_over(p))
		return 0;
	n = lb_poll(&bell, 1, -1, impatient, p);
	return n < 0 ? n : 0;
}

/* quit sets the state in which the program can recover. */
static void quit(struct lb_pcm *p)
{
	p->draining = false;
	snd_pcm_ioplug_set_state(&p->io, p->conn.dead ? SND_PCM_STATE_DISCONNECTED : SND_PCM_STATE_PREPARED);
}

int lb_pcm_drain(snd_pcm_ioplug_t *io)
{
	struct lb_pcm *p = io->private_data;
	int err;

	if (!lb_plays(p))
		return 0;
	err = request_drain(p);
	while (!err) {
		int over = lb_over(p); /* read first: frames taken before the end count */

		if (taken(p))
			break;
		if (over)
			err = over;
		else if (io->nonblock)
			err = io->nonblock == LB_ABORTED ? -EINTR : -EAGAIN;
		else
			err = doze(p);
	}
	if (err == -EAGAIN)
		lb_pcm_poll(p);
	if (err == -EAGAIN || err == -EINTR) /* the drain continues until it is dropped */
		return err;
	if (err < 0) {
		quit(p);
		return err;
	}
	p->draining = false;
	p->drained = true;
	return 0;
}

void lb_drain_on(struct lb_pcm *p)
{
	int over = lb_over(p); /* read first, as above */

	if (!lb_plays(p) || p->io.state != SND_PCM_STATE_DRAINING)
		return;
	if (lb_drained(p))
		snd_pcm_ioplug_set_state(&p->io, SND_PCM_STATE_SETUP);
	else if (over)
		quit(p);
}
