/* A program that looks at what poll says and at nothing else, after the daemon has died:
 *
 *	deaf DEVICE PID     records at DEVICE, a server's end; PID is the daemon, which it kills
 *
 * It may be told at once for a while, as others want it, and then not all the time. */
#include <alsa/asoundlib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { TURNS = 1000 };

#define OK(x) do { int e = (x); if (e < 0) { fprintf(stderr, "%s: %s\n", #x, snd_strerror(e)); exit(1); } } while (0)

static snd_pcm_t *pcm;

/* told waits so many ms at most for what poll says. */
static unsigned short told(int ms)
{
	struct pollfd fds[4];
	int n = snd_pcm_poll_descriptors(pcm, fds, 4);
	unsigned short revents = 0;

	if (poll(fds, (nfds_t)n, ms) > 0)
		OK(snd_pcm_poll_descriptors_revents(pcm, fds, (unsigned int)n, &revents));
	return revents;
}

int main(int argc, char **argv)
{
	static short block[2 * 480];
	int turns = 0;

	if (argc != 3)
		return 2;
	OK(snd_pcm_open(&pcm, argv[1], SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK));
	OK(snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED, 2, 48000, 0, 100000));
	if (snd_pcm_readi(pcm, block, 480) != -EAGAIN || told(0))
		fprintf(stderr, "there is sound without a client\n");
	OK(kill(atoi(argv[2]), SIGKILL));
	while (!told(-1))
		;
	while (turns < TURNS && told(0))
		turns++;
	printf("%d turns\n", turns);
	if (turns < 2 || turns == TURNS) {
		fprintf(stderr, "it is told %d times in a row\n", turns);
		return 1;
	}
	for (int i = 0; i < 3; i++)
		if (!told(-1)) {
			fprintf(stderr, "and then for nothing\n");
			return 1;
		}
	if (snd_pcm_readi(pcm, block, 480) != -ENODEV || !told(0)) {
		fprintf(stderr, "who asks why is not told\n");
		return 1;
	}
	return 0;
}
