/* Follows the mixer that is named, one event for each poll: prints "follows", then the
 * name of each element that has an event, with its value, "+" before one that has come and
 * "-" before one that has gone, and how it ended. */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <stdio.h>

static void print_event(snd_ctl_t *ctl, const snd_ctl_event_t *event)
{
	snd_ctl_elem_id_t *id;
	snd_ctl_elem_value_t *value;

	snd_ctl_elem_id_alloca(&id);
	snd_ctl_elem_value_alloca(&value);
	snd_ctl_event_elem_get_id(event, id);
	snd_ctl_elem_value_set_id(value, id);
	if (snd_ctl_event_elem_get_mask(event) == SND_CTL_EVENT_MASK_REMOVE) {
		printf("- %s\n", snd_ctl_elem_id_get_name(id));
		return;
	}
	if (snd_ctl_event_elem_get_mask(event) & SND_CTL_EVENT_MASK_ADD)
		printf("+ ");
	int err = snd_ctl_elem_read(ctl, value);

	if (err < 0)
		printf("%s cannot be read: %s\n", snd_ctl_elem_id_get_name(id), snd_strerror(err));
	else
		printf("%s = %ld\n", snd_ctl_elem_id_get_name(id), snd_ctl_elem_value_get_integer(value, 0));
}

static int follow(snd_ctl_t *ctl)
{
	snd_ctl_event_t *event;
	struct pollfd p;
	unsigned short revents;
	int err;

	snd_ctl_event_alloca(&event);
	for (;;) {
		if (snd_ctl_poll_descriptors(ctl, &p, 1) != 1 || poll(&p, 1, -1) != 1)
			return -EIO;
		snd_ctl_poll_descriptors_revents(ctl, &p, 1, &revents);
		if (!(revents & (POLLIN | POLLERR)))
			continue;
		err = snd_ctl_read(ctl, event);
		if (err < 0)
			return err;
		if (revents & POLLERR)
			return -EIO; /* an error, and then none */
		if (err == 0)
			return -ENODATA; /* woken for nothing */
		print_event(ctl, event);
	}
}

int main(int argc, char **argv)
{
	snd_ctl_t *ctl;
	int err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2 || snd_ctl_open(&ctl, argv[1], SND_CTL_NONBLOCK) < 0 || snd_ctl_subscribe_events(ctl, 1) < 0)
		return 1;
	puts("follows");
	err = follow(ctl);
	printf("ends: %s\n", snd_strerror(err));
	snd_ctl_close(ctl);
	return 0;
}
