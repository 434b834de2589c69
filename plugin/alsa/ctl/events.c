/* Events: what others have changed, and what the program itself has. */
#include <errno.h>
#include <string.h>

#include "ctl.h"

/* watch asks to be told when the device is no more as the program knows it. */
static int watch(struct lb_ctl *c)
{
	struct lb_message m = { .device = c->told };
	int err;

	m.device.fields = lb_ctl_shown(c);
	c->conn.noticed = false;
	err = lb_send(&c->conn, LB_OP_WATCH, &m);
	c->watching = !err;
	return err;
}

void lb_ctl_subscribe(snd_ctl_ext_t *ext, int subscribe)
{
	struct lb_ctl *c = ext->private_data;

	memset(c->events, 0, sizeof c->events);
	if (subscribe && !c->watching && !lb_ctl_info(c, &c->told))
		watch(c);
}

/* look finds out what has changed, and watches on. */
static int look(struct lb_ctl *c)
{
	struct lb_device now;
	int err = lb_ctl_info(c, &now);

	if (err)
		return err;
	for (unsigned int i = 0; i < c->count; i++)
		c->events[i] |= lb_ctl_changes(c, i, &c->told, &now);
	c->told = now;
	return watch(c);
}

static bool pending(const struct lb_ctl *c)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (c->events[i])
			return true;
	return false;
}

/* refresh takes in what the daemon has said. It makes the bell silent, unless there are
 * events, of which a program may take one for each poll, or nothing will come any more. */
static int refresh(struct lb_ctl *c)
{
	int err = 0;

	lb_hush(&c->conn);
	if (c->conn.noticed && c->ext.subscribed)
		err = look(c);
	if (c->conn.dead)
		err = -ENODEV;
	/* Who has heard that the daemon is gone, and goes on, as alsamixer does, is not woken
	 * again and again. */
	if ((err && c->deaths++ < 2) || (!err && pending(c)))
		lb_nudge(&c->conn);
	return err;
}

int lb_ctl_read_event(snd_ctl_ext_t *ext, snd_ctl_elem_id_t *id, unsigned int *mask)
{
	struct lb_ctl *c = ext->private_data;
	int err = refresh(c);

	if (err)
		return err;
	for (unsigned int i = 0; i < c->count; i++) {
		if (!c->events[i])
			continue;
		lb_ctl_id(c, i, id);
		snd_ctl_elem_id_set_numid(id, i + 1);
		*mask = c->events[i];
		c->events[i] = 0;
		return 1;
	}
	return -EAGAIN;
}

/* Programs do not expect to be woken for nothing: amixer aborts. */
int lb_ctl_poll_revents(snd_ctl_ext_t *ext, struct pollfd *fds, unsigned int n, unsigned short *revents)
{
	struct lb_ctl *c = ext->private_data;
	bool rung = false;

	*revents = 0;
	for (unsigned int i = 0; i < n; i++)
		rung |= fds[i].revents != 0;
	if (rung && refresh(c))
		*revents = POLLERR | POLLNVAL; /* as of a card that was pulled out */
	else if (rung && pending(c))
		*revents = POLLIN;
	return 0;
}
