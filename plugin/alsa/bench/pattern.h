/* Numbered frames, 16 bit and stereo: frame n holds n + 1 in 32 bits, the low half on
 * the left, so that 0 is silence. Volumes of 1 and conversions between 16 bit and float
 * leave it as it is. */
#ifndef LOOPBRIDGE_BENCH_PATTERN_H
#define LOOPBRIDGE_BENCH_PATTERN_H

#include <stdint.h>

enum { FRAME_BYTES = 4 };

/* What became of frames, in frames. */
struct tally {
	uint64_t good;	   /* came in their turn */
	uint64_t lost;	   /* were skipped */
	uint64_t doubled;  /* came again */
	uint64_t inserted; /* silence in between */
	uint64_t corrupt;  /* were never written */
};

struct checker {
	struct tally tally;
	uint64_t next; /* the frame that is expected */
	uint64_t quiet; /* silence since the last frame */
	int begun;
};

/* pattern_fill numbers n frames from first on. */
void pattern_fill(void *block, uint64_t first, uint64_t n);

/* pattern_check follows one frame and returns its number, or -1: silence or corrupt.
 * written is how many frames there can be. */
int64_t pattern_check(struct checker *c, const void *frame, uint64_t written);

#endif
