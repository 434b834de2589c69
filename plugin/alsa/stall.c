/* Notices a daemon that is stopped while the line runs, as nothing else would wake the program. The
 * driver of a card also gives up after ten seconds. */
#include "pcm.h"

#include <errno.h>

static const int64_t most = 10000000000; /* ns */

/* answers sends the daemon a request without effect and returns whether it answers. */
static bool answers(struct lb_pcm *p)
{
	struct lb_message m = { 0 };

	return lb_call(&p->conn, LB_OP_INFO, &m, NULL, 0, LB_REPLY_MS, false) != -ETIMEDOUT;
}

int64_t lb_stall(struct lb_pcm *p, int64_t clock, int64_t now)
{
	if (lb_state(p) != LB_RUNNING || (p->io.state != SND_PCM_STATE_RUNNING && p->io.state != SND_PCM_STATE_DRAINING))
		return 0;
	if (p->stall.clock != clock || !p->stall.since) {
		p->stall.clock = clock;
		p->stall.since = now;
	} else if (now - p->stall.since >= most) {
		p->stall.since = now;
		if (!answers(p)) {
			SNDERR("loopbridge: %s: the daemon does not answer: is it stopped?", p->loop);
			p->conn.dead = true;
			return 0;
		}
	}
	return p->stall.since + most;
}
