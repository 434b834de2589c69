/* Opening the mixer of a device or of a loop, by a definition in alsa-lib's configuration or by a name
 * such as loopbridge:main. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../find.h"
#include "../text.h"
#include "ctl.h"

/* The fields of a definition. */
struct wish {
	const char *device, *rows, *socket;
};

static int read_definition(struct wish *w, const char *name, snd_config_t *conf)
{
	snd_config_iterator_t i, next;

	snd_config_for_each(i, next, conf) {
		snd_config_t *n = snd_config_iterator_entry(i);
		const char *id, **value;

		if (snd_config_get_id(n, &id) < 0 || !strcmp(id, "comment") || !strcmp(id, "type") || !strcmp(id, "hint"))
			continue;
		value = !strcmp(id, "device") ? &w->device : !strcmp(id, "rows") ? &w->rows : !strcmp(id, "socket") ? &w->socket : NULL;
		if (!value) {
			SNDERR("loopbridge: %s has an unknown field \"%s\"; it may have device, rows and socket", name, id);
			return -EINVAL;
		}
		if (snd_config_get_string(n, value) < 0) {
			SNDERR("loopbridge: the field \"%s\" of %s is not text; put it in quotes", id, name);
			return -EINVAL;
		}
	}
	return 0;
}

/* parse_rows stores whether clients have rows. */
static int parse_rows(const struct wish *w, const char *name, bool *clients)
{
	*clients = lb_is(w->rows, "clients");
	if (*clients || !*w->rows || lb_is(w->rows, "fixed"))
		return 0;
	SNDERR("loopbridge: rows of %s are fixed or clients; \"%s\" is neither", name, w->rows);
	return -EINVAL;
}

static int connect_daemon(struct lb_ctl *c, const char *socket)
{
	struct lb_search s;
	int err, bell;

	lb_search_begin(&s, socket, 0);
	err = lb_search_connect(&s, &c->conn);
	lb_search_end(&s);
	if (err) {
		SNDERR("loopbridge: no mixer: %s", c->conn.why);
		return err;
	}
	bell = epoll_create1(EPOLL_CLOEXEC);
	return bell < 0 ? -ENOMEM : lb_bell_adopt(&c->conn, bell);
}

/* find looks up a device or loop; the daemon chooses one if the name is empty. */
static int find(struct lb_ctl *c, const char *device)
{
	int err;

	if (strlen(device) >= sizeof c->device) {
		SNDERR("loopbridge: the name of a device has at most %d bytes; %s is longer", LB_NAME_BYTES - 1, device);
		return -ENODEV;
	}
	strcpy(c->device, device);
	err = lb_ctl_look(c);
	if (!err) {
		strcpy(c->device, c->strips[0].now.name);
		lb_ctl_all_told(c);
	} else if (!*c->conn.why) { /* else it was printed already */
		SNDERR("loopbridge: no mixer of %s: %s", *device ? device : "the device",
		       err == -ETIMEDOUT ? "the daemon does not answer; is it stopped?" :
		       err == -EPROTO	 ? "the daemon speaks another version of the protocol; use the same release of both" :
					   snd_strerror(err));
	}
	return err;
}

static int create(struct lb_ctl *c, const char *name, int mode)
{
	snd_ctl_ext_t *x = &c->ext;

	x->version = SND_CTL_EXT_VERSION;
	x->card_idx = 0;
	snprintf(x->id, sizeof x->id, "%.*s", (int)sizeof x->id - 1, c->device);
	snprintf(x->driver, sizeof x->driver, "loopbridge");
	snprintf(x->name, sizeof x->name, "%.*s", (int)sizeof x->name - 1, c->device);
	snprintf(x->longname, sizeof x->longname, "%.63s of loopbridge", c->device);
	snprintf(x->mixername, sizeof x->mixername, "loopbridge");
	x->poll_fd = c->conn.bell;
	x->callback = &lb_ctl_callbacks;
	x->private_data = c;
	x->tlv.p = lb_ctl_tlv;
	return snd_ctl_ext_create(x, name, mode);
}

#pragma GCC visibility push(default)

/* The entry point of alsa-lib for "type loopbridge". */
SND_CTL_PLUGIN_DEFINE_FUNC(loopbridge)
{
	struct wish w = { "", "", "" };
	struct lb_ctl *c;
	bool clients;
	int err = read_definition(&w, name, conf);

	(void)root;
	if (!err)
		err = parse_rows(&w, name, &clients);
	if (err < 0)
		return err;
	c = calloc(1, sizeof *c);
	if (!c)
		return -ENOMEM;
	c->clients = clients;
	err = connect_daemon(c, w.socket);
	if (!err)
		err = find(c, w.device);
	if (!err)
		err = create(c, name, mode);
	if (err < 0) {
		lb_disconnect(&c->conn);
		free(c);
		return err;
	}
	*handlep = c->ext.handle;
	return 0;
}

SND_CTL_PLUGIN_SYMBOL(loopbridge);

#pragma GCC visibility pop
