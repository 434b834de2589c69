/* The elements of the mixer: a table, and their values in the state of the device. */
#include <errno.h>
#include <string.h>

#include "ctl.h"

enum kind { VOLUME, NUMBER, SWITCH, PORTS };

struct element {
	const char *name;
	enum kind kind;
	enum lb_field field;
	uint32_t needs; /* of LB_HW_FEATURES */
	long max;
	enum lb_field avail, mod; /* of PORTS */
	const char *const *ports;
};

static const char *const outputs[32] = { "speaker", "headphone", "line_out", "spdif_out", "aux1_out", "aux2_out" };
static const char *const inputs[32] = { "microphone", "line_in", "cd",		   "spdif_in",
					"aux1_in",    "aux2_in", "codec_loopb_in", "sunvts" };

static const struct element table[LB_ELEMENTS] = {
	{ "Master Playback Volume", VOLUME, LB_PLAY_GAIN, LB_HW_PLAY, 255, 0, 0, NULL },
	{ "Master Playback Switch", SWITCH, LB_OUTPUT_MUTED, LB_HW_PLAY, 1, 0, 0, NULL },
	{ "Balance", NUMBER, LB_PLAY_BALANCE, LB_HW_PLAY, 64, 0, 0, NULL },
	{ "Output Playback Enum", PORTS, LB_PLAY_PORT, LB_HW_PLAY, 0, LB_PLAY_AVAIL_PORTS, LB_PLAY_MOD_PORTS, outputs },
	{ "Capture Volume", VOLUME, LB_RECORD_GAIN, LB_HW_RECORD, 255, 0, 0, NULL },
	{ "Capture Balance", NUMBER, LB_RECORD_BALANCE, LB_HW_RECORD, 64, 0, 0, NULL },
	{ "Capture Source", PORTS, LB_RECORD_PORT, LB_HW_RECORD, 0, LB_RECORD_AVAIL_PORTS, LB_RECORD_MOD_PORTS, inputs },
	{ "Monitor Playback Volume", VOLUME, LB_MONITOR_GAIN, LB_HW_IN2OUT, 255, 0, 0, NULL },
};

/* The gain is linear, 255 is 0 dB and 0 is silence. */
const unsigned int lb_ctl_tlv[] = { SND_CTL_TLVT_DB_LINEAR, 2 * sizeof(unsigned int),
				    (unsigned int)SND_CTL_TLV_DB_GAIN_MUTE, 0 };

/* ports are those that can be chosen, of an element of ports. */
static uint32_t ports(const struct element *e, const struct lb_device *now)
{
	return now->values[e->avail] & now->values[e->mod];
}

void lb_ctl_begin(struct lb_ctl *c, const struct lb_device *now)
{
	for (unsigned int i = 0; i < LB_ELEMENTS; i++) {
		const struct element *e = &table[i];
		if ((now->values[LB_HW_FEATURES] & e->needs) && (e->kind != PORTS || ports(e, now)))
			c->elements[c->count++] = (unsigned char)i;
	}
}

static const struct element *element(const struct lb_ctl *c, unsigned long offset)
{
	return &table[c->elements[offset]];
}

/* port is the n-th of some ports, 0: there are not so many. */
static uint32_t port(uint32_t all, unsigned int n)
{
	for (; all && n; n--)
		all &= all - 1;
	return all & -all;
}

void lb_ctl_id(struct lb_ctl *c, unsigned int offset, snd_ctl_elem_id_t *id)
{
	snd_ctl_elem_id_set_interface(id, SND_CTL_ELEM_IFACE_MIXER);
	snd_ctl_elem_id_set_name(id, element(c, offset)->name);
}

unsigned int lb_ctl_changes(const struct lb_ctl *c, unsigned int offset, const struct lb_device *before,
			    const struct lb_device *now)
{
	const struct element *e = element(c, offset);
	unsigned int events = before->values[e->field] != now->values[e->field] ? SND_CTL_EVENT_MASK_VALUE : 0;

	if (e->kind == PORTS && ports(e, before) != ports(e, now))
		events |= SND_CTL_EVENT_MASK_VALUE | SND_CTL_EVENT_MASK_INFO;
	return events;
}

uint64_t lb_ctl_shown(const struct lb_ctl *c)
{
	uint64_t fields = 0;

	for (unsigned int i = 0; i < c->count; i++) {
		const struct element *e = element(c, i);
		fields |= 1ULL << e->field;
		if (e->kind == PORTS)
			fields |= 1ULL << e->avail | 1ULL << e->mod;
	}
	return fields;
}

static int ask(struct lb_ctl *c, enum lb_op op, struct lb_message *m)
{
	int err;

	memcpy(m->device.name, c->device, sizeof m->device.name);
	err = lb_call(&c->conn, op, m, NULL, 0, 5000, false);
	if (err && *c->conn.why)
		SNDERR("loopbridge: %s", c->conn.why);
	return err;
}

int lb_ctl_info(struct lb_ctl *c, struct lb_device *now)
{
	struct lb_message m = { 0 };
	int err = ask(c, LB_OP_INFO, &m);

	if (!err)
		*now = m.device;
	return err;
}

static int elem_count(snd_ctl_ext_t *ext)
{
	const struct lb_ctl *c = ext->private_data;

	return (int)c->count;
}

static int elem_list(snd_ctl_ext_t *ext, unsigned int offset, snd_ctl_elem_id_t *id)
{
	struct lb_ctl *c = ext->private_data;

	if (offset >= c->count)
		return -EINVAL;
	lb_ctl_id(c, offset, id);
	return 0;
}

static snd_ctl_ext_key_t find_elem(snd_ctl_ext_t *ext, const snd_ctl_elem_id_t *id)
{
	const struct lb_ctl *c = ext->private_data;
	unsigned int number = snd_ctl_elem_id_get_numid(id);
	const char *name = snd_ctl_elem_id_get_name(id);

	if (number > 0 && number <= c->count)
		return number - 1;
	for (unsigned int i = 0; i < c->count; i++)
		if (!strcmp(name, element(c, i)->name) && snd_ctl_elem_id_get_index(id) == 0)
			return i;
	return SND_CTL_EXT_KEY_NOT_FOUND;
}

static int get_attribute(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, int *type, unsigned int *access,
			 unsigned int *count)
{
	const struct lb_ctl *c = ext->private_data;

	*access = SND_CTL_EXT_ACCESS_READWRITE;
	*count = 1;
	switch (element(c, key)->kind) {
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
	const struct lb_ctl *c = ext->private_data;

	*min = 0;
	*max = element(c, key)->max;
	*step = 1;
	return 0;
}

static int get_enumerated_info(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int *items)
{
	struct lb_ctl *c = ext->private_data;
	struct lb_device now;
	int err = lb_ctl_info(c, &now);

	if (!err)
		*items = (unsigned int)__builtin_popcount(ports(element(c, key), &now));
	return err;
}

static int get_enumerated_name(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int item, char *name, size_t size)
{
	struct lb_ctl *c = ext->private_data;
	const struct element *e = element(c, key);
	struct lb_device now;
	uint32_t bit;
	int err = lb_ctl_info(c, &now);

	if (err)
		return err;
	bit = port(ports(e, &now), item);
	if (!bit)
		return -EINVAL;
	if (e->ports[__builtin_ctz(bit)])
		snprintf(name, size, "%s", e->ports[__builtin_ctz(bit)]);
	else
		snprintf(name, size, "%u", bit);
	return 0;
}

static int read_integer(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *value)
{
	struct lb_ctl *c = ext->private_data;
	const struct element *e = element(c, key);
	struct lb_device now;
	int err = lb_ctl_info(c, &now);

	if (!err)
		*value = e->kind == SWITCH ? !now.values[e->field] : (long)now.values[e->field];
	return err;
}

/* Of several ports in use the first is shown; choosing one leaves only that. */
static int read_enumerated(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int *item)
{
	struct lb_ctl *c = ext->private_data;
	const struct element *e = element(c, key);
	struct lb_device now;
	int err = lb_ctl_info(c, &now);

	if (!err) {
		uint32_t all = ports(e, &now), used = port(all & now.values[e->field], 0);
		*item = used ? (unsigned int)__builtin_popcount(all & (used - 1)) : 0;
	}
	return err;
}

/* set gives an element another value: 1, 0 where it has that, a negative errno. */
static int set(struct lb_ctl *c, const struct element *e, const struct lb_device *now, uint32_t value)
{
	struct lb_message m = { 0 };
	int err;

	if (now->values[e->field] == value)
		return 0;
	m.device.fields = 1ULL << e->field;
	m.device.values[e->field] = value;
	err = ask(c, LB_OP_SET, &m);
	return err ? err : 1;
}

static int write_integer(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *value)
{
	struct lb_ctl *c = ext->private_data;
	const struct element *e = element(c, key);
	struct lb_device now;
	int err = lb_ctl_info(c, &now);

	if (err)
		return err;
	if (*value < 0 || *value > e->max)
		return -EINVAL;
	return set(c, e, &now, e->kind == SWITCH ? !*value : (uint32_t)*value);
}

static int write_enumerated(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int *item)
{
	struct lb_ctl *c = ext->private_data;
	const struct element *e = element(c, key);
	struct lb_device now;
	uint32_t bit;
	int err = lb_ctl_info(c, &now);

	if (err)
		return err;
	bit = port(ports(e, &now), *item);
	return bit ? set(c, e, &now, bit) : -EINVAL;
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
