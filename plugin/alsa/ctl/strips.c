/* What a mixer shows: the strips that the daemon lists, and the slots of their elements. With rows for
 * clients they come and go while the mixer is open, and a program is told of one element at a time, so
 * it may know others than there are. To keep it from taking one for another, a slot is freed only after
 * the program was told that its element was removed, and reused only if there is no other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

struct lb_slot *lb_ctl_slot(struct lb_ctl *c, unsigned long offset)
{
	return offset < c->count && c->slots[offset].strip >= 0 ? &c->slots[offset] : NULL;
}

struct lb_strip *lb_ctl_strip(struct lb_ctl *c, const struct lb_slot *s)
{
	return &c->strips[s->strip];
}

void lb_ctl_id(struct lb_ctl *c, const struct lb_slot *s, snd_ctl_elem_id_t *id)
{
	const struct lb_strip *t = lb_ctl_strip(c, s);
	char name[LB_NAME_ROOM];

	snprintf(name, sizeof name, "%.*s%s", (int)sizeof name - 1, t->base, lb_ctl_element(s->element)->name);
	snd_ctl_elem_id_set_interface(id, SND_CTL_ELEM_IFACE_MIXER);
	snd_ctl_elem_id_set_name(id, name);
	snd_ctl_elem_id_set_index(id, t->index);
}

unsigned int lb_ctl_pending(struct lb_ctl *c, const struct lb_slot *s)
{
	bool there = lb_ctl_strip(c, s)->there;

	if (!s->told)
		return there ? SND_CTL_EVENT_MASK_ADD : 0;
	if (!c->clients) /* its loop was removed and may come back */
		return there ? s->events : 0;
	return there ? s->events : SND_CTL_EVENT_MASK_REMOVE;
}

static void free_slot(struct lb_ctl *c, struct lb_slot *s)
{
	lb_ctl_strip(c, s)->parted = true;
	s->strip = -1;
	s->freed = ++c->freed;
}

void lb_ctl_told(struct lb_ctl *c, struct lb_slot *s, unsigned int event)
{
	s->events = 0;
	s->told = event != SND_CTL_EVENT_MASK_REMOVE;
	if (!s->told)
		free_slot(c, s);
}

void lb_ctl_all_told(struct lb_ctl *c)
{
	for (unsigned int i = 0; i < c->count; i++)
		c->slots[i].told = c->slots[i].strip >= 0;
}

/* new_slot returns a slot that was never used, or else the one that has been free the longest. */
static struct lb_slot *new_slot(struct lb_ctl *c)
{
	struct lb_slot *oldest = NULL;

	if (c->count < LB_SLOTS)
		return &c->slots[c->count++];
	for (struct lb_slot *s = c->slots; s < c->slots + LB_SLOTS; s++)
		if (s->strip < 0 && (!oldest || s->freed < oldest->freed))
			oldest = s;
	return oldest;
}

static unsigned int room(const struct lb_ctl *c)
{
	unsigned int n = LB_SLOTS - c->count;

	for (unsigned int i = 0; i < c->count; i++)
		n += c->slots[i].strip < 0;
	return n;
}

static void add_slot(struct lb_ctl *c, const struct lb_strip *t, unsigned int element)
{
	struct lb_slot *s = new_slot(c);

	if (s)
		*s = (struct lb_slot){ .strip = (short)(t - c->strips), .element = (unsigned char)element };
}

/* add_own adds the elements of the first strip, which are permanent. */
static void add_own(struct lb_ctl *c, struct lb_strip *t, const struct lb_device *now)
{
	t->used = t->there = true;
	t->now = *now;
	for (unsigned int i = 0; i < LB_OWN; i++) {
		const struct lb_element *e = lb_ctl_element(i);
		if ((now->values[LB_HW_FEATURES] & e->needs) && (e->kind != PORTS || lb_ctl_ports(e, now)))
			add_slot(c, t, i);
	}
}

/* taken reports whether another strip has that base and index already: programs combine elements whose
 * names begin alike into one control. */
static bool taken(const struct lb_ctl *c, const struct lb_strip *new)
{
	static const char *const own[] = { "Master", "Balance", "Output", "Capture", "Monitor" };

	for (unsigned int i = 0; new->index == 0 && i < sizeof own / sizeof *own; i++)
		if (!strcmp(own[i], new->base))
			return true;
	for (const struct lb_strip *t = c->strips + 1; t < c->strips + LB_STRIPS; t++)
		if (t->used && t->there && t->index == new->index && (t->sides & new->sides) && !strcmp(t->base, new->base))
			return true;
	return false;
}

/* cut copies at most room bytes of a name, in whole UTF-8 characters. */
static void cut(char *to, const char *name, size_t room)
{
	size_t n = strlen(name);

	if (n > room)
		for (n = room; n && ((unsigned char)name[n] & 0xc0) == 0x80; n--)
			;
	memcpy(to, name, n);
	to[n] = 0;
}

/* identify derives base and sides of a strip from its name: a name that begins with the loop's is an
 * end of it, any other is the next loop. */
static void identify(struct lb_ctl *c, struct lb_strip *new)
{
	const struct lb_device *d = &new->now;
	const size_t most = LB_NAME_ROOM - sizeof " Playback Volume"; /* the longest */
	size_t loop = strlen(c->loop);
	const char *end = !strncmp(d->name, c->loop, loop) && d->name[loop] == '/' ? d->name + loop + 1 : "client";
	char pid[16];

	new->index = 0;
	new->sides = d->values[LB_HW_FEATURES] & (LB_HW_PLAY | LB_HW_RECORD);
	if (!strcmp(end, "client")) {
		strcpy(c->loop, d->name);
		c->loop[strcspn(c->loop, "/")] = 0; /* of LOOP/client */
		cut(new->base, c->loop, most);
		for (size_t n = strlen(new->base); n && new->base[n - 1] == '-'; n--)
			new->base[n - 1] = 0; /* alsa-lib would take "- Playback" for a part of the name */
	} else if (!strcmp(end, "server")) {
		strcpy(new->base, "Server");
	} else {
		snprintf(pid, sizeof pid, " %.14s", end);
		cut(new->base, *d->program ? d->program : "client", most - strlen(pid));
		strcat(new->base, pid);
		new->sides = (d->values[LB_PLAY_OPEN] ? LB_HW_PLAY : 0) | (d->values[LB_RECORD_OPEN] ? LB_HW_RECORD : 0);
	}
}

/* known returns the strip that new was before, if it is still there. */
static struct lb_strip *known(struct lb_ctl *c, const struct lb_strip *new)
{
	for (struct lb_strip *t = c->strips + 1; t < c->strips + LB_STRIPS; t++)
		if (t->used && !t->parted && t->sides == new->sides && !strcmp(t->now.name, new->now.name) &&
		    !strcmp(t->now.program, new->now.program))
			return t;
	return NULL;
}

/* update stores the new state of a strip and notes what changed. */
static void update(struct lb_ctl *c, struct lb_strip *t, const struct lb_device *now)
{
	for (struct lb_slot *s = c->slots; s < c->slots + c->count; s++) {
		if (s->strip != t - c->strips)
			continue;
		const struct lb_element *e = lb_ctl_element(s->element);
		if (t->now.values[e->field] != now->values[e->field])
			s->events |= SND_CTL_EVENT_MASK_VALUE;
		if (e->kind == PORTS && lb_ctl_ports(e, &t->now) != lb_ctl_ports(e, now))
			s->events |= SND_CTL_EVENT_MASK_VALUE | SND_CTL_EVENT_MASK_INFO;
	}
	t->now = *now;
	t->there = true;
	t->reads = LB_LAST_READS;
}

/* part removes the strips that are not listed any more. */
static void part(struct lb_ctl *c, const bool listed[LB_STRIPS])
{
	for (unsigned int i = 1; i < LB_STRIPS; i++) {
		struct lb_strip *t = &c->strips[i];
		t->there = t->there && listed[i];
		t->used = t->there; /* or if a slot is left */
	}
	for (struct lb_slot *s = c->slots; s < c->slots + c->count; s++) {
		if (s->strip < 0)
			continue;
		if (lb_ctl_strip(c, s)->there || s->told)
			lb_ctl_strip(c, s)->used = true;
		else
			free_slot(c, s); /* the program has never heard of it */
	}
}

/* add adds a strip and its elements, or returns false if there is no room. */
static bool add(struct lb_ctl *c, struct lb_strip *new)
{
	struct lb_strip *t = c->strips + 1;
	const struct lb_element *e;

	while (t < c->strips + LB_STRIPS && t->used)
		t++;
	if (t == c->strips + LB_STRIPS || room(c) < LB_MOST)
		return false;
	while (taken(c, new))
		new->index++;
	*t = *new;
	t->used = t->there = true;
	t->reads = LB_LAST_READS;
	for (unsigned int i = LB_OWN; (e = lb_ctl_element(i)); i++)
		if (t->sides & e->needs)
			add_slot(c, t, i);
	return true;
}

void lb_ctl_settle(struct lb_ctl *c)
{
	bool listed[LB_STRIPS] = { 0 }, more = c->clients || !c->strips[0].used;

	if (c->strips[0].used)
		update(c, c->strips, &c->listed[0].now);
	else
		add_own(c, c->strips, &c->listed[0].now);
	strcpy(c->loop, c->listed[0].now.name); /* empty for now in the mixer of a device */
	c->loop[strcspn(c->loop, "/")] = 0;
	for (unsigned int i = 1; i < c->listings; i++) {
		struct lb_strip *new = &c->listed[i], *old;
		identify(c, new);
		old = known(c, new);
		new->used = old || !new->sides || !more; /* nothing to add */
		if (old) {
			update(c, old, &new->now);
			listed[old - c->strips] = true;
		}
	}
	part(c, listed);
	c->crowded = false;
	for (unsigned int i = 1; i < c->listings; i++)
		if (!c->listed[i].used && !add(c, &c->listed[i]))
			c->crowded = true;
}

/* of_client reports whether a state belongs to a client: LOOP/PID. */
static bool of_client(const struct lb_device *d)
{
	const char *end = strchr(d->name, '/');

	return end && strcmp(end, "/server") && strcmp(end, "/client");
}

/* list stores each state in the daemon's order; the first is the mixer's own. */
static void list(void *arg, const struct lb_message *m)
{
	struct lb_ctl *c = arg;
	struct lb_strip *new = &c->listed[c->listings];

	if (c->listings == LB_STRIPS)
		return;
	*new = (struct lb_strip){ .now = m->device };
	new->now.name[LB_NAME_BYTES - 1] = new->now.program[LB_PROGRAM_BYTES - 1] = 0;
	if (c->clients || !c->listings || !of_client(&new->now))
		c->listings++;
}

int lb_ctl_look(struct lb_ctl *c)
{
	struct lb_message m = { 0 };
	int err;

	strcpy(m.device.name, c->device);
	c->listings = 0;
	err = lb_call_each(&c->conn, LB_OP_STATES, &m, LB_REPLY_MS, list, c);
	if (err && *c->conn.why)
		SNDERR("loopbridge: %s", c->conn.why);
	if (!err && !c->listings)
		err = -EPROTO;
	if (err)
		return err;
	c->seen = m.seen.events;
	lb_ctl_settle(c);
	return 0;
}
