/* Events: changes by others, elements that come and go, and changes by the program itself. */
#include <errno.h>
#include <string.h>

#include "ctl.h"

/* follow asks the daemon to report the next change. */
static int follow(struct lb_ctl *c)
{
	struct lb_message m = { .seen.events = c->seen };
	int err;

	c->conn.noticed = false;
	err = lb_send(&c->conn, LB_OP_FOLLOW, &m);
	c->following = !err;
	return err;
}

/* look reads all states and follows on. */
static int look(struct lb_ctl *c)
{
	int err = lb_ctl_look(c);

	return err ? err : follow(c);
}

/* event returns the first slot with an event, NULL for none. Removed elements come first, since an
 * added one may have the same name. */
static struct lb_slot *event(struct lb_ctl *c, unsigned int *mask)
{
	struct lb_slot *first = NULL;

	for (unsigned int i = 0; i < c->count; i++) {
		struct lb_slot *s = lb_ctl_slot(c, i);
		unsigned int pending = s ? lb_ctl_pending(c, s) : 0;
		if (!pending || (first && pending != SND_CTL_EVENT_MASK_REMOVE))
			continue;
		first = s;
		*mask = pending;
		if (pending == SND_CTL_EVENT_MASK_REMOVE)
			break;
	}
	return first;
}

/* Every change since the mixer was opened is an event. */
void lb_ctl_subscribe(snd_ctl_ext_t *ext, int subscribe)
{
	struct lb_ctl *c = ext->private_data;
	unsigned int mask;

	if (!subscribe)
		return;
	if (!c->following || c->conn.noticed)
		look(c);
	if (event(c, &mask))
		lb_nudge(&c->conn);
}

/* refresh reads what the daemon has said. It silences the bell unless there are events left: a program
 * may take one for each poll. */
static int refresh(struct lb_ctl *c)
{
	unsigned int mask;
	int err = 0;

	lb_hush(&c->conn);
	if (c->conn.noticed && c->ext.subscribed)
		err = look(c);
	if (c->conn.dead)
		err = -ENODEV;
	if (!err && c->crowded && !event(c, &mask))
		lb_ctl_settle(c); /* removed elements were reported and have left room */
	/* A program that was told that the daemon has gone and continues, as alsamixer does, is not
	 * woken again. */
	if ((err && c->deaths++ < 2) || (!err && event(c, &mask)))
		lb_nudge(&c->conn);
	return err;
}

int lb_ctl_read_event(snd_ctl_ext_t *ext, snd_ctl_elem_id_t *id, unsigned int *mask)
{
	struct lb_ctl *c = ext->private_data;
	struct lb_slot *s;
	int err = refresh(c);

	if (err)
		return err;
	s = event(c, mask);
	if (!s)
		return -EAGAIN;
	lb_ctl_id(c, s, id);
	snd_ctl_elem_id_set_numid(id, (unsigned int)(s - c->slots) + 1);
	lb_ctl_told(c, s, *mask);
	return 1;
}

/* A program must not be woken without an event: amixer aborts. */
int lb_ctl_poll_revents(snd_ctl_ext_t *ext, struct pollfd *fds, unsigned int n, unsigned short *revents)
{
	struct lb_ctl *c = ext->private_data;
	unsigned int mask;
	bool rung = false;

	*revents = 0;
	for (unsigned int i = 0; i < n; i++)
		rung |= fds[i].revents != 0;
	if (rung && refresh(c))
		*revents = POLLERR | POLLNVAL; /* like a card that was unplugged */
	else if (rung && event(c, &mask))
		*revents = POLLIN;
	return 0;
}
