/* An ALSA program for the conformance suite: it does with one PCM what the test asks on
 * standard input, and answers on standard output. Both ways, a message is a count of
 * bytes and as many bytes; a request is struct request and perhaps frames, a reply is a
 * result, negative for an errno, and perhaps frames. SIGUSR1 interrupts a call. */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
	int32_t op, a, b, c, d, e;
};

enum { OPEN = 1, PARAMS, READ, WRITE, POLL, WAIT, HALT, DRAIN, PAUSE, NONBLOCK, CLOSE };

static snd_pcm_t *pcm;
static int capture, server, nonblock, paused;
static size_t frame_bytes;
static struct request kept; /* the last PARAMS that worked */

static void all(int fd, void *bytes, size_t n, int out)
{
	while (n > 0) {
		ssize_t done = out ? write(fd, bytes, n) : read(fd, bytes, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			exit(0);
		bytes = (char *)bytes + done;
		n -= (size_t)done;
	}
}

static void reply(int32_t result, void *frames, size_t bytes)
{
	uint32_t n = (uint32_t)(sizeof result + bytes);

	all(1, &n, sizeof n, 1);
	all(1, &result, sizeof result, 1);
	all(1, frames, bytes, 1);
}

static void interrupt(int signal)
{
	(void)signal;
	if (pcm)
		snd_pcm_abort(pcm);
}

static int sw_params(snd_pcm_uframes_t avail_min)
{
	snd_pcm_sw_params_t *sw;
	int err;

	snd_pcm_sw_params_alloca(&sw);
	err = snd_pcm_sw_params_current(pcm, sw);
	if (err >= 0)
		err = snd_pcm_sw_params_set_start_threshold(pcm, sw, 1);
	if (err >= 0)
		err = snd_pcm_sw_params_set_avail_min(pcm, sw, avail_min);
	return err < 0 ? err : snd_pcm_sw_params(pcm, sw);
}

/* params: format, rate, channels, period, buffer. The result is the buffer. */
static int params(const struct request *r, uint32_t *period)
{
	snd_pcm_hw_params_t *hw;
	snd_pcm_uframes_t p = (snd_pcm_uframes_t)r->d, b = (snd_pcm_uframes_t)r->e;
	int err, dir = 0;

	snd_pcm_hw_params_alloca(&hw);
	err = snd_pcm_hw_params_any(pcm, hw);
	if (err >= 0)
		err = snd_pcm_hw_params_set_access(pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED);
	if (err >= 0)
		err = snd_pcm_hw_params_set_format(pcm, hw, (snd_pcm_format_t)r->a);
	if (err >= 0)
		err = snd_pcm_hw_params_set_rate(pcm, hw, (unsigned int)r->b, 0);
	if (err >= 0)
		err = snd_pcm_hw_params_set_channels(pcm, hw, (unsigned int)r->c);
	if (err >= 0)
		err = snd_pcm_hw_params_set_period_size_near(pcm, hw, &p, &dir);
	if (err >= 0)
		err = snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &b);
	if (err >= 0)
		err = snd_pcm_hw_params(pcm, hw);
	if (err < 0)
		return err;
	frame_bytes = (size_t)snd_pcm_frames_to_bytes(pcm, 1);
	*period = (uint32_t)p;
	err = sw_params(p);
	return err < 0 ? err : (int)b;
}

/* setup is params; where they are refused, the old ones come back. */
static void setup(const struct request *r)
{
	uint32_t period = 0, old;
	int n = params(r, &period);

	if (n >= 0)
		kept = *r;
	else if (kept.op)
		params(&kept, &old);
	reply(n, &period, sizeof period);
}

/* again: after an xrun the PCM has to be prepared; what is in the buffer stays. */
static int again(snd_pcm_sframes_t n) { return n == -EPIPE && snd_pcm_prepare(pcm) >= 0; }

static void transfer(const struct request *r, char *frames)
{
	snd_pcm_sframes_t n;

	snd_pcm_nonblock(pcm, nonblock); /* also takes an abort back */
	do
		n = capture ? snd_pcm_readi(pcm, frames, (snd_pcm_uframes_t)r->a)
			    : snd_pcm_writei(pcm, frames, (snd_pcm_uframes_t)r->a);
	while (again(n));
	reply((int32_t)n, frames, capture && n > 0 ? (size_t)n * frame_bytes : 0);
}

/* begin starts what the first transfer would: a client that plays waits for its frames. */
static int begin(void) { return (capture || server) && snd_pcm_state(pcm) == SND_PCM_STATE_PREPARED ? snd_pcm_start(pcm) : 0; }

static int do_poll(const struct request *r, int timeout)
{
	struct pollfd fd;
	unsigned short events = 0;
	int err = sw_params((snd_pcm_uframes_t)r->a);

	snd_pcm_nonblock(pcm, nonblock);
	if (err >= 0)
		err = begin();
	if (err < 0 || snd_pcm_poll_descriptors(pcm, &fd, 1) != 1)
		return err < 0 ? err : -EIO;
	do {
		if (poll(&fd, 1, timeout) < 0)
			return -errno;
		err = snd_pcm_poll_descriptors_revents(pcm, &fd, 1, &events);
	} while (timeout < 0 && err >= 0 && !events);
	return err < 0 ? err : events;
}

static int drain(void)
{
	int err;

	snd_pcm_nonblock(pcm, 0);
	if (paused)
		snd_pcm_pause(pcm, 0);
	paused = 0;
	err = snd_pcm_drain(pcm);
	return err;
}

static int close_pcm(int drains)
{
	int err = drains ? drain() : 0;
	snd_pcm_t *closing = pcm;

	pcm = NULL;
	snd_pcm_close(closing);
	return err;
}

static int halt(void)
{
	int err = snd_pcm_drop(pcm);

	paused = 0;
	return err < 0 ? err : snd_pcm_prepare(pcm);
}

static int pause_pcm(int on)
{
	int err = snd_pcm_pause(pcm, on);

	if (err >= 0)
		paused = on;
	return err;
}

static int open_pcm(const struct request *r, const char *name)
{
	capture = r->a;
	server = r->b;
	nonblock = r->c;
	return snd_pcm_open(&pcm, name, capture ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK,
			    nonblock ? SND_PCM_NONBLOCK : 0);
}

static void quiet(const char *file, int line, const char *function, int err, const char *format, ...)
{
	(void)file, (void)line, (void)function, (void)err, (void)format;
}

int main(void)
{
	struct sigaction action = { .sa_handler = interrupt };
	size_t space = 1 << 20;
	char *frames = malloc(space);
	int err;

	setlocale(LC_ALL, ""); /* as programs with a window do */
	sigaction(SIGUSR1, &action, NULL);
	snd_lib_error_set_handler(quiet);
	for (;;) {
		struct request r;
		uint32_t n;

		all(0, &n, sizeof n, 0);
		all(0, &r, sizeof r, 0);
		n -= (uint32_t)sizeof r;
		if (n + 1 > space)
			frames = realloc(frames, space = n + 1);
		all(0, frames, n, 0);
		frames[n] = 0;
		if (r.op == READ && (size_t)r.a * frame_bytes > space)
			frames = realloc(frames, space = (size_t)r.a * frame_bytes);
		switch (r.op) {
		case PARAMS:
			setup(&r);
			continue;
		case READ:
		case WRITE:
			transfer(&r, frames);
			continue;
		case OPEN:
			err = open_pcm(&r, frames);
			break;
		case POLL:
			err = do_poll(&r, 0);
			break;
		case WAIT:
			err = do_poll(&r, -1);
			break;
		case HALT:
			err = halt();
			break;
		case DRAIN:
			err = drain();
			if (err >= 0)
				err = snd_pcm_prepare(pcm);
			break;
		case PAUSE:
			err = pause_pcm(r.a);
			break;
		case NONBLOCK:
			nonblock = r.a;
			err = snd_pcm_nonblock(pcm, nonblock);
			break;
		case CLOSE:
			err = close_pcm(r.a);
			break;
		default:
			err = -ENOSYS;
		}
		reply(err, NULL, 0);
	}
}
