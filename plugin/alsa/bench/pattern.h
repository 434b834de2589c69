/* Numbered frames, 16 bit and stereo: frame n holds n + 1 in 32 bits, the low half on the left, so that
 * 0 is silence. They survive a volume of 1 and conversion between 16 bit and float. */
#ifndef LOOPBRIDGE_BENCH_PATTERN_H
#define LOOPBRIDGE_BENCH_PATTERN_H

#include <stdint.h>

enum { FRAME_BYTES = 4 };

/* Frames by what became of them. */
struct tally {
	uint64_t good;	   /* in order */
	uint64_t lost;	   /* skipped */
	uint64_t doubled;  /* repeated */
	uint64_t inserted; /* silence in between */
	uint64_t corrupt;  /* never written */
};

struct checker {
	struct tally tally;
	uint64_t next; /* number of the next frame expected */
	uint64_t quiet; /* silence since the last frame */
	int begun;
};

/* pattern_fill numbers n frames from first on. */
void pattern_fill(void *block, uint64_t first, uint64_t n);

/* pattern_check checks a frame and returns its number, or -1 for silence and corrupt frames. written is
 * how many frames there can be. */
int64_t pattern_check(struct checker *c, const void *frame, uint64_t written);

#endif
