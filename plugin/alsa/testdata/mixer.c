/* A mixer as programs have it that follow one, and keep what they have found: loads the
 * mixer that is named, says what comes, changes and goes, and does what lines on standard
 * input ask for:
 *
 *	keep NAME     remembers the element, as it is now
 *	read          reads the one that is kept
 *	write VALUE   writes it
 *	check         asks for each element that is known by its numid: is it still that one?
 *	quit
 *
 * With a second argument it does not follow. */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static snd_hctl_t *mixer;
static snd_ctl_elem_id_t *kept;

static const char *title(snd_hctl_elem_t *e)
{
	static char text[100];
	unsigned int index = snd_hctl_elem_get_index(e);

	snprintf(text, sizeof text, index ? "%s,%u" : "%s", snd_hctl_elem_get_name(e), index);
	return text;
}

static void print_value(const char *name, snd_hctl_elem_t *e)
{
	snd_ctl_elem_value_t *value;
	int err;

	snd_ctl_elem_value_alloca(&value);
	err = snd_hctl_elem_read(e, value);
	if (err < 0)
		printf("%s: %s\n", name, snd_strerror(err));
	else
		printf("%s = %ld\n", name, snd_ctl_elem_value_get_integer(value, 0));
}

static int changed(snd_hctl_elem_t *e, unsigned int mask)
{
	if (mask == SND_CTL_EVENT_MASK_REMOVE)
		printf("- %s\n", title(e));
	else
		print_value(title(e), e);
	return 0;
}

static int came(snd_hctl_t *m, unsigned int mask, snd_hctl_elem_t *e)
{
	(void)m;
	if (mask & SND_CTL_EVENT_MASK_ADD) {
		snd_hctl_elem_set_callback(e, changed);
		printf("+ %s\n", title(e));
	}
	return 0;
}

static void keep(const char *name)
{
	for (snd_hctl_elem_t *e = snd_hctl_first_elem(mixer); e; e = snd_hctl_elem_next(e)) {
		if (strcmp(title(e), name))
			continue;
		snd_hctl_elem_get_id(e, kept);
		printf("keeps %s\n", name);
		return;
	}
	printf("there is no %s\n", name);
}

/* use reads the element that is kept, or writes it, by its numid. */
static void use(const char *verb, long to_write)
{
	snd_ctl_elem_value_t *value;
	int err;

	snd_ctl_elem_value_alloca(&value);
	snd_ctl_elem_value_set_id(value, kept);
	if (to_write >= 0) {
		snd_ctl_elem_value_set_integer(value, 0, to_write);
		err = snd_ctl_elem_write(snd_hctl_ctl(mixer), value);
	} else {
		err = snd_ctl_elem_read(snd_hctl_ctl(mixer), value);
	}
	if (err < 0)
		printf("%s: %s\n", verb, snd_strerror(err));
	else
		printf("%s %ld\n", verb, snd_ctl_elem_value_get_integer(value, 0));
}

/* check prints how many elements are those that they were. */
static void check(void)
{
	snd_ctl_elem_info_t *info;
	unsigned int same = 0;

	snd_ctl_elem_info_alloca(&info);
	for (snd_hctl_elem_t *e = snd_hctl_first_elem(mixer); e; e = snd_hctl_elem_next(e)) {
		int err = snd_hctl_elem_info(e, info);
		if (err < 0)
			printf("%s: %s\n", title(e), snd_strerror(err));
		else if (strcmp(snd_ctl_elem_info_get_name(info), snd_hctl_elem_get_name(e)) ||
			 snd_ctl_elem_info_get_index(info) != snd_hctl_elem_get_index(e))
			printf("%s is now %s\n", title(e), snd_ctl_elem_info_get_name(info));
		else
			same++;
	}
	printf("the same: %u of %u\n", same, snd_hctl_get_count(mixer));
}

/* obey does what a line asks for, until there is none, or it is quit. */
static int obey(void)
{
	char line[200];

	if (!fgets(line, sizeof line, stdin) || !strcmp(line, "quit\n"))
		return 0;
	line[strcspn(line, "\n")] = 0;
	if (!strncmp(line, "keep ", 5))
		keep(line + 5);
	else if (!strncmp(line, "write ", 6))
		use("write", atol(line + 6));
	else if (!strcmp(line, "read"))
		use("read", -1);
	else if (!strcmp(line, "check"))
		check();
	return 1;
}

static int take_events(struct pollfd *p)
{
	unsigned short revents;
	int err = snd_hctl_poll_descriptors_revents(mixer, p, 1, &revents);

	if (err < 0)
		return err;
	if (revents & (POLLERR | POLLNVAL))
		return -ENODEV;
	return revents & POLLIN ? snd_hctl_handle_events(mixer) : 0;
}

int main(int argc, char **argv)
{
	struct pollfd p[2] = { { .fd = 0, .events = POLLIN } };
	int err = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* what is read ahead, poll does not see */
	snd_ctl_elem_id_alloca(&kept);
	if (argc < 2 || snd_hctl_open(&mixer, argv[1], SND_CTL_NONBLOCK) < 0)
		return 1;
	snd_hctl_set_callback(mixer, came);
	if (snd_hctl_load(mixer) < 0)
		return 1;
	if (argc > 2)
		snd_ctl_subscribe_events(snd_hctl_ctl(mixer), 0);
	puts("loaded");
	while (err >= 0) {
		if (snd_hctl_poll_descriptors(mixer, p + 1, 1) != 1 || poll(p, argc > 2 ? 1 : 2, -1) < 0)
			return 1;
		if (argc == 2 && p[1].revents)
			err = take_events(p + 1);
		if (p[0].revents && !obey())
			break;
	}
	printf("ends: %s\n", err < 0 ? snd_strerror(err) : "well");
	snd_hctl_close(mixer);
	return 0;
}
