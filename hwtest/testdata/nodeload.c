// Loads device nodes: programs that are killed at any moment, many pairs at once, calls beside others that sleep.
//   nodeload kills N           nodeload pairs PAIRS SECONDS           nodeload calls PAIRS
#include "nodes.h"
#include <time.h>

static int node(int loop, int isserver, int flags)
{
	char name[64];
	snprintf(name, sizeof name, "/dev/loopbridge/loop%d%s", loop, isserver ? ".server" : "");
	return open(name, flags);
}

// victim does something with a node, until it is killed.
static void victim(unsigned seed)
{
	static char block[1 << 17];
	const int modes[] = {O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_NONBLOCK, O_RDONLY | O_NONBLOCK};
	int mode = modes[seed % 5], fd = -1, v = 0;
	while (fd < 0)
		fd = node(seed / 5 % 2, seed / 10 % 2, mode);
	for (;;) {
		struct pollfd p = {fd, POLLIN | POLLOUT, 0};
		switch (seed / 20 % 4) {
		case 0: read(fd, block, sizeof block); break;
		case 1: write(fd, block, sizeof block); break;
		case 2: ioctl(fd, SNDCTL_DSP_SPEED, &v); poll(&p, 1, 5); break;
		default: ioctl(fd, SNDCTL_DSP_RESET); write(fd, block, 4000); read(fd, block, 4000); close(dup(fd));
		}
	}
}

static int kills(int n)
{
	enum { together = 8 };
	pid_t all[together] = {0};
	srand(1);
	for (int i = 0; i < n + together; i++) {
		int k = i % together;
		if (all[k]) {
			kill(all[k], SIGKILL);
			waitpid(all[k], NULL, 0);
			all[k] = 0;
		}
		if (i < n) {
			unsigned seed = rand();
			if (!(all[k] = fork()))
				victim(seed);
		}
		if (i % 4 == 0)
			usleep(rand() % 2000);
	}
	for (int loop = 0; loop < 2; loop++) {
		int s = -1, c = -1;
		for (int i = 0; i < 500 && s < 0; i++, nap(10))
			s = node(loop, 1, O_RDONLY);
		for (int i = 0; i < 500 && c < 0; i++, nap(10))
			c = node(loop, 0, O_WRONLY);
		uint32_t block[100], got[100];
		numbered(block, 1, 100);
		if (s < 0 || c < 0 || write(c, block, 400) != 400 || all[0] || read(s, got, 400) != 400 || memcmp(block, got, 400))
			return printf("FAIL loop%d does not work after the kills (errno %d)\n", loop, errno), 1;
	}
	printf("ok   %d programs killed, both loops work\n", n);
	return 0;
}

// counts are what the readers of all pairs add up.
struct counts {
	uint32_t dropped, silence, corrupt;
};

// reads takes numbered frames until the end of the stream, and counts what is missing or was put in between.
static void reads(int server, uint32_t frames, struct counts *sum)
{
	uint32_t got[480], next = 1;
	struct counts c = {0};
	int bytes;
	while ((bytes = read(server, got, sizeof got)) > 0)
		for (int i = 0; i < bytes / 4; i++) {
			if (got[i] == 0) {
				c.silence++;
				continue;
			}
			if (got[i] < next || got[i] > frames) {
				c.corrupt++;
				continue;
			}
			c.dropped += got[i] - next;
			next = got[i] + 1;
		}
	c.corrupt += errno != ECONNRESET;
	__sync_fetch_and_add(&sum->dropped, c.dropped + frames + 1 - next);
	__sync_fetch_and_add(&sum->silence, c.silence);
	__sync_fetch_and_add(&sum->corrupt, c.corrupt);
}

static int pairs(int n, int seconds)
{
	uint32_t frames = 48000 * seconds;
	struct counts *sum = mmap(NULL, sizeof *sum, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int failed = 0;
	for (int k = 0; k < n; k++) {
		int s = node(k, 1, O_RDONLY);
		if (!fork()) {
			reads(s, frames, sum);
			_exit(0);
		}
		if (!fork()) {
			close(s);
			static uint32_t block[4800]; // the first write fills the buffer, as that of a player does
			int c = node(k, 0, O_WRONLY), size = 4800;
			for (uint32_t at = 1; at <= frames; at += size, size = 480) {
				numbered(block, at, size);
				if (write(c, block, 4 * size) != 4 * size)
					_exit(1);
			}
			_exit(close(c));
		}
		close(s);
	}
	int status;
	while (wait(&status) > 0)
		failed += status != 0;
	failed += sum->corrupt > 0;
	printf("%s %d pairs of nodes, %d s: dropped %u, silence %u, corrupt %u, programs that failed %d\n", failed ? "FAIL" : "ok  ",
	       n, seconds, sum->dropped, sum->silence, sum->corrupt, failed);
	return failed > 0;
}

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int before(const void *a, const void *b) { return (*(long *)a > *(long *)b) - (*(long *)a < *(long *)b); }

static int calls(int n)
{
	enum { times = 500 };
	static long took[times];
	pid_t all[64];
	for (int k = 1; k < n; k++) {
		int s = node(k, 1, O_RDONLY);
		char frame[4];
		if (!(all[k] = fork()))
			_exit(read(s, frame, 4) == 4);
		close(s);
	}
	nap(200);
	int s = node(0, 1, O_RDONLY), v = 0;
	for (int i = 0; i < times; i++) {
		long t = now();
		if (s < 0 || ioctl(s, SNDCTL_DSP_SPEED, &v) || v != 48000)
			return printf("FAIL a call beside others that sleep (errno %d)\n", errno), 1;
		took[i] = now() - t, v = 0;
	}
	long first = took[0]; // for which the daemon and the program fetch their pages
	qsort(took + 1, times - 1, sizeof *took, before);
	printf("ok   a call beside %d that sleep: the first %ld us, of %d more median %ld us, longest %ld us\n", n - 1, first / 1000, times - 1,
	       took[times / 2] / 1000, took[times - 1] / 1000);
	for (int k = 1; k < n; k++)
		kill(all[k], SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[1], "kills"))
		return kills(atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "pairs"))
		return pairs(atoi(argv[2]), atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "calls"))
		return calls(atoi(argv[2]));
	return 2;
}
