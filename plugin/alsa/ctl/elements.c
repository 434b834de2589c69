/* The values of the mixer's elements: fields in the state of a device or of an end. */
#include <errno.h>
#include <string.h>

#include "ctl.h"

/* port returns the n-th of some ports, 0 if there are fewer. */
static uint32_t port(uint32_t all, unsigned int n)
{
	for (; all && n; n--)
		all &= all - 1;
	return all & -all;
}

/* target is an element that a program asks for. */
struct target {
	struct lb_strip *strip;
	const struct lb_element *element;
	bool own; /* of the first strip */
};

static bool find(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, struct target *t)
{
	struct lb_ctl *c = ext->private_data;
	struct lb_slot *s = lb_ctl_slot(c, key);

	if (s)
		*t = (struct target){ lb_ctl_strip(c, s), lb_ctl_element(s->element), s->strip == 0 };
	return s;
}

/* ask sends a request about the state of an element. */
static int ask(struct lb_ctl *c, const struct target *t, enum lb_op op, struct lb_message *m)
{
	int err;

	memcpy(m->device.name, t->own ? c->device : t->strip->now.name, sizeof m->device.name);
	err = lb_call(&c->conn, op, m, NULL, 0, LB_REPLY_MS, false);
	if (err && *c->conn.why && (t->own || op == LB_OP_SET))
		SNDERR("loopbridge: %s", c->conn.why);
	return err;
}

/* look reads the state of an element. -ENODEV: it was removed, or another program has its pid. */
static int look(struct lb_ctl *c, const struct target *t, struct lb_device *now)
{
	struct lb_message m = { 0 };
	int err = t->strip->there ? ask(c, t, LB_OP_INFO, &m) : -ENODEV;

	if (!err && !t->own && strncmp(m.device.program, t->strip->now.program, LB_PROGRAM_BYTES))
		err = -ENODEV;
	if (!err)
		*now = m.device;
	return err;
}

/* last_look is look, but returns the last state of a removed element for a few reads; that of a fixed
 * row always. */
static int last_look(struct lb_ctl *c, const struct target *t, struct lb_device *now)
{
	int err = look(c, t, now);

	if (err != -ENODEV || c->conn.dead || t->own)
		return err;
	if (c->clients && !t->strip->reads)
		return err;
	if (c->clients)
		t->strip->reads--;
	*now = t->strip->now;
	return 0;
}

static int elem_count(snd_ctl_ext_t *ext)
{
	const struct lb_ctl *c = ext->private_data;

	return (int)c->count;
}

/* An element in the list needs no event to announce it. The place of a removed element is listed under
 * a name that no mixer shows. */
static int elem_list(snd_ctl_ext_t *ext, unsigned int offset, snd_ctl_elem_id_t *id)
{
	struct lb_ctl *c = ext->private_data;
	struct lb_slot *s = lb_ctl_slot(c, offset);

	if (offset >= c->count)
		return -EINVAL;
	if (s) {
		lb_ctl_id(c, s, id);
		s->told = true;
		return 0;
	}
	snd_ctl_elem_id_set_interface(id, SND_CTL_ELEM_IFACE_CARD);
	snd_ctl_elem_id_set_name(id, "gone");
	snd_ctl_elem_id_set_index(id, offset);
	return 0;
}

static snd_ctl_ext_key_t find_elem(snd_ctl_ext_t *ext, const snd_ctl_elem_id_t *id)
{
	struct lb_ctl *c = ext->private_data;
	unsigned int number = snd_ctl_elem_id_get_numid(id);
	snd_ctl_ext_key_t gone = SND_CTL_EXT_KEY_NOT_FOUND;
	snd_ctl_elem_id_t *each;

	if (number > 0)
		return lb_ctl_slot(c, number - 1) ? number - 1 : SND_CTL_EXT_KEY_NOT_FOUND;
	snd_ctl_elem_id_alloca(&each);
	for (unsigned int i = 0; i < c->count; i++) {
		struct lb_slot *s = lb_ctl_slot(c, i);
		if (!s)
			continue;
		lb_ctl_id(c, s, each);
		if (strcmp(snd_ctl_elem_id_get_name(id), snd_ctl_elem_id_get_name(each)) ||
		    snd_ctl_elem_id_get_index(id) != snd_ctl_elem_id_get_index(each))
			continue;
		if (lb_ctl_strip(c, s)->there)
			return i;
		gone = i;
	}
	return gone;
}

static int get_attribute(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, int *type, unsigned int *access,
			 unsigned int *count)
{
	struct target t;

	if (!find(ext, key, &t))
		return -ENODEV;
	*access = SND_CTL_EXT_ACCESS_READWRITE;
	*count = 1;
	switch (t.element->kind) {
	case VOLUME:
		*access |= SND_CTL_EXT_ACCESS_TLV_READ;
		*type = SND_CTL_ELEM_TYPE_INTEGER;
		break;
	case NUMBER:
		*type = SND_CTL_ELEM_TYPE_INTEGER;
		break;
	case SWITCH:
		*type = SND_CTL_ELEM_TYPE_BOOLEAN;
		break;
	case PORTS:
		*type = SND_CTL_ELEM_TYPE_ENUMERATED;
	}
	return 0;
}

static int get_integer_info(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *min, long *max, long *step)
{
	struct target t;

	if (!find(ext, key, &t))
		return -ENODEV;
	*min = 0;
	*max = t.element->max;
	*step = 1;
	return 0;
}

/* read_state finds an element and reads its state. */
static int read_state(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, struct target *t, struct lb_device *now)
{
	return find(ext, key, t) ? last_look(ext->private_data, t, now) : -ENODEV;
}

static int get_enumerated_info(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int *items)
{
	struct lb_device now;
	struct target t;
	int err = read_state(ext, key, &t, &now);

	if (!err)
		*items = (unsigned int)__builtin_popcount(lb_ctl_ports(t.element, &now));
	return err;
}

static int get_enumerated_name(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int item, char *name, size_t size)
{
	struct lb_device now;
	struct target t;
	uint32_t bit;
	int err = read_state(ext, key, &t, &now);

	if (err)
		return err;
	bit = port(lb_ctl_ports(t.element, &now), item);
	if (!bit)
		return -EINVAL;
	if (t.element->ports[__builtin_ctz(bit)])
		snprintf(name, size, "%s", t.element->ports[__builtin_ctz(bit)]);
	else
		snprintf(name, size, "%u", bit);
	return 0;
}

static int read_integer(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *value)
{
	struct lb_device now;
	struct target t;
	int err = read_state(ext, key, &t, &now);

	if (!err)
		*value = t.element->kind == SWITCH ? !now.values[t.element->field] : (long)now.values[t.element->field];
	return err;
}

/* Of several ports in use the first is shown; choosing one selects only that. */
static int read_enumerated(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int *item)
{
	struct lb_device now;
	struct target t;
	int err = read_state(ext, key, &t, &now);

	if (!err) {
		uint32_t all = lb_ctl_ports(t.element, &now), used = port(all & now.values[t.element->field], 0);
		*item = used ? (unsigned int)__builtin_popcount(all & (used - 1)) : 0;
	}
	return err;
}

/* set changes a value. It returns 1, 0 if the value is the same, or a negative errno. */
static int set(struct lb_ctl *c, const struct target *t, const struct lb_device *now, uint32_t value)
{
	struct lb_message m = { 0 };
	int err;

	if (now->values[t->element->field] == value)
		return 0;
	m.device.fields = 1ULL << t->element->field;
	m.device.values[t->element->field] = value;
	err = ask(c, t, LB_OP_SET, &m);
	return err ? err : 1;
}

static int write_integer(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *value)
{
	struct lb_ctl *c = ext->private_data;
	struct lb_device now;
	struct target t;
	int err = find(ext, key, &t) ? look(c, &t, &now) : -ENODEV;

	if (err)
		return err;
	if (*value < 0 || *value > t.element->max)
		return -EINVAL;
	return set(c, &t, &now, t.element->kind == SWITCH ? !*value : (uint32_t)*value);
}

static int write_enumerated(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int *item)
{
	struct lb_ctl *c = ext->private_data;
	struct lb_device now;
	struct target t;
	uint32_t bit;
	int err = find(ext, key, &t) ? look(c, &t, &now) : -ENODEV;

	if (err)
		return err;
	bit = port(lb_ctl_ports(t.element, &now), *item);
	return bit ? set(c, &t, &now, bit) : -EINVAL;
}

static void close_ctl(snd_ctl_ext_t *ext)
{
	struct lb_ctl *c = ext->private_data;

	lb_disconnect(&c->conn);
	free(c);
}

const snd_ctl_ext_callback_t lb_ctl_callbacks = {
	.close = close_ctl,
	.elem_count = elem_count,
	.elem_list = elem_list,
	.find_elem = find_elem,
	.get_attribute = get_attribute,
	.get_integer_info = get_integer_info,
	.get_enumerated_info = get_enumerated_info,
	.get_enumerated_name = get_enumerated_name,
	.read_integer = read_integer,
	.read_enumerated = read_enumerated,
	.write_integer = write_integer,
	.write_enumerated = write_enumerated,
	.subscribe_events = lb_ctl_subscribe,
	.read_event = lb_ctl_read_event,
	.poll_revents = lb_ctl_poll_revents,
};
