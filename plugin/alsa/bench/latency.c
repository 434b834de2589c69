/* latency plays numbered frames into one ALSA device, records them from another, and
 * says how long they were on their way and what became of them:
 *
 *	latency [-p PERIOD] [-b BUFFER] [-t SECONDS] [-s SETTLE] [-x COMMAND] [-v] PLAYBACK CAPTURE
 *
 * A latency is the time from just before the snd_pcm_writei whose block begins with a
 * frame to the return of the snd_pcm_readi that brought this frame, so it contains the
 * wait for room. What happens in the first SETTLE seconds does not count. COMMAND runs
 * at the beginning and at the end of the time that counts. Prints "key value" lines. */
#define _GNU_SOURCE /* pthread_timedjoin_np */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "end.h"
#include "pattern.h"
#include "stalls.h"

/* Blocks on their way whose times are remembered, and gaps of which details are. */
enum { STAMPS = 1 << 16, MOST_GAPS = 200 };

static struct end playback = { .stream = SND_PCM_STREAM_PLAYBACK, .period = 480, .buffer = 1920 };
static struct end capture = { .stream = SND_PCM_STREAM_CAPTURE, .period = 480, .buffer = 1920 };
static double seconds = 10, settle = 2;
static const char *command;
static bool verbose;

/* From the writer to the reader. */
static _Atomic int64_t stamps[STAMPS];
static atomic_ulong written;
static atomic_bool stop, writer_done;

/* The phases of a run. */
static _Atomic int64_t begins = INT64_MAX, ends = INT64_MAX;

/* From the reader to main, after its end. */
static struct checker checker;
static struct tally early, counted;
static int64_t *latencies;
static size_t count, most;
static struct gap {
	int64_t at; /* when the reader received the frame after it */
	struct tally tally;
} gaps[MOST_GAPS];
static size_t gap_count;
static uint64_t early_xruns[2];
static int64_t slowest_write, slowest_read; /* between two returns */

static void *play(void *unused)
{
	void *block = calloc(playback.period, FRAME_BYTES);
	uint64_t n = 0;
	int64_t last = now_ns();

	(void)unused;
	while (!stop) {
		pattern_fill(block, n, playback.period);
		written = n + playback.period;
		stamps[n / playback.period % STAMPS] = now_ns();
		snd_pcm_sframes_t r = end_move(&playback, block, playback.period);
		if (r < 0) {
			fprintf(stderr, "latency: %s: %s\n", playback.name, snd_strerror((int)r));
			exit(1);
		}
		n += playback.period;
		int64_t now = now_ns();
		if (now > begins && now < ends && now - last > slowest_write)
			slowest_write = now - last;
		last = now;
	}
	snd_pcm_drain(playback.pcm);
	snd_pcm_close(playback.pcm);
	free(block);
	writer_done = true;
	return NULL;
}

static uint64_t amiss(const struct tally *t) { return t->lost + t->doubled + t->inserted + t->corrupt; }

static struct tally since(const struct tally *now, const struct tally *then)
{
	return (struct tally){ now->good - then->good, now->lost - then->lost, now->doubled - then->doubled,
			       now->inserted - then->inserted, now->corrupt - then->corrupt };
}

static void examine(const uint32_t *block, snd_pcm_sframes_t n, int64_t at)
{
	struct tally before = checker.tally;

	for (snd_pcm_sframes_t i = 0; i < n; i++) {
		int64_t frame = pattern_check(&checker, block + i, written);
		if (frame < 0 || (uint64_t)frame % playback.period != 0 || at < begins || at > ends || count == most)
			continue;
		latencies[count++] = at - stamps[(uint64_t)frame / playback.period % STAMPS];
	}
	struct tally found = since(&checker.tally, &before);
	if (amiss(&found) > 0 && at >= begins && at <= ends && gap_count < MOST_GAPS)
		gaps[gap_count++] = (struct gap){ at, found };
}

static void *record(void *unused)
{
	uint32_t *block = calloc(capture.period, FRAME_BYTES);
	int64_t last = now_ns(), give_up = INT64_MAX;
	bool counting = false;

	(void)unused;
	for (;;) {
		snd_pcm_sframes_t n = end_move(&capture, block, capture.period);
		int64_t now = now_ns();
		if (n < 0 && n == -ECONNRESET && stop)
			break;
		if (n < 0) {
			fprintf(stderr, "latency: %s: %s\n", capture.name, snd_strerror((int)n));
			break;
		}
		if (!counting && now >= begins) {
			counting = true;
			early = checker.tally;
			early_xruns[0] = playback.xruns;
			early_xruns[1] = capture.xruns;
		} else if (now > begins && now < ends && now - last > slowest_read) {
			slowest_read = now - last;
		}
		last = now;
		examine(block, n, now);
		/* A monitor continues with silence after the last frame. */
		if (writer_done && give_up == INT64_MAX)
			give_up = now + 1000000000;
		if (writer_done && (checker.next == written || now > give_up))
			break;
	}
	counted = since(&checker.tally, &early);
	free(block);
	return NULL;
}

static void pause_for(double s)
{
	struct timespec t = { (time_t)s, (long)((s - (double)(time_t)s) * 1e9) };

	while (nanosleep(&t, &t) < 0)
		;
}

static void run_command(void)
{
	if (command && system(command) != 0) {
		fprintf(stderr, "latency: failed: %s\n", command);
		exit(1);
	}
}

/* join ends the program if a thread hangs in a device. */
static void join(pthread_t thread, const char *name)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	if (pthread_timedjoin_np(thread, NULL, &until) == 0)
		return;
	fprintf(stderr, "latency: %s does not return\n", name);
	exit(1);
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static double percentile(double p)
{
	if (count == 0)
		return 0;
	size_t i = (size_t)(p / 100 * (double)(count - 1) + 0.5);
	return (double)latencies[i] / 1e6;
}

/* report_gaps prints for every gap how long the machine had stalled before it. */
static void report_gaps(void)
{
	const int64_t past = (int64_t)(playback.buffer + capture.buffer + 2 * playback.period) * 1000000000 / RATE;

	printf("gaps %zu\n", gap_count);
	for (size_t i = 0; verbose && i < gap_count; i++) {
		const struct gap *g = &gaps[i];
		printf("gap_at_s %.4f lost %lu doubled %lu inserted %lu corrupt %lu stall_ms %.2f\n", (double)(g->at - begins) / 1e9,
		       g->tally.lost, g->tally.doubled, g->tally.inserted, g->tally.corrupt,
		       (double)stalls_longest(g->at - past, g->at) / 1e6);
	}
}

static void report(void)
{
	qsort(latencies, count, sizeof *latencies, ascending);
	printf("period %lu\nbuffer %lu\n", playback.period, playback.buffer);
	printf("capture_period %lu\ncapture_buffer %lu\n", capture.period, capture.buffer);
	printf("count %zu\nmedian_ms %.3f\np99_ms %.3f\nmax_ms %.3f\n", count, percentile(50), percentile(99), percentile(100));
	printf("good %lu\nlost %lu\ndoubled %lu\ninserted %lu\ncorrupt %lu\n", counted.good, counted.lost, counted.doubled,
	       counted.inserted, counted.corrupt);
	printf("tail_lost %lu\nearly_amiss %lu\n", written - checker.next, amiss(&early));
	printf("playback_xruns %lu\ncapture_xruns %lu\n", playback.xruns - early_xruns[0], capture.xruns - early_xruns[1]);
	printf("write_gap_ms %.3f\nread_gap_ms %.3f\nstall_ms %.3f\n", (double)slowest_write / 1e6, (double)slowest_read / 1e6,
	       (double)stalls_longest(begins, ends) / 1e6);
	report_gaps();
}

static void options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "p:b:t:s:x:v")) != -1) {
		switch (c) {
		case 'p': playback.period = capture.period = strtoul(optarg, NULL, 10); break;
		case 'b': playback.buffer = capture.buffer = strtoul(optarg, NULL, 10); break;
		case 't': seconds = atof(optarg); break;
		case 's': settle = atof(optarg); break;
		case 'x': command = optarg; break;
		case 'v': verbose = true; break;
		default: optind = argc;
		}
	}
	if (argc - optind != 2 || playback.period == 0 || seconds <= 0) {
		fprintf(stderr, "usage: latency [-p PERIOD] [-b BUFFER] [-t SECONDS] [-s SETTLE] [-x COMMAND] [-v] PLAYBACK CAPTURE\n");
		exit(2);
	}
	playback.name = argv[optind];
	capture.name = argv[optind + 1];
}

int main(int argc, char **argv)
{
	pthread_t writer, reader;

	options(argc, argv);
	end_open(&capture); /* a loop's server has to open before its client */
	end_open(&playback);
	most = (size_t)(seconds * RATE / (double)playback.period) + 1000;
	latencies = calloc(most, sizeof *latencies);
	stalls_watch();
	pthread_create(&reader, NULL, record, NULL);
	pthread_create(&writer, NULL, play, NULL);

	pause_for(settle);
	run_command();
	begins = now_ns();
	pause_for(seconds);
	ends = now_ns();
	run_command();
	stop = true;
	join(writer, playback.name);
	join(reader, capture.name);
	report();
	/* The reader's device may hang in close, and everything is printed. */
	fflush(stdout);
	_exit(0);
}
