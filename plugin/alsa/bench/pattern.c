#include "pattern.h"

#include <string.h>

void pattern_fill(void *block, uint64_t first, uint64_t n)
{
	uint32_t *frames = block;

	for (uint64_t i = 0; i < n; i++)
		frames[i] = (uint32_t)(first + i + 1);
}

int64_t pattern_check(struct checker *c, const void *frame, uint64_t written)
{
	uint32_t value;
	uint64_t n;

	memcpy(&value, frame, sizeof value);
	if (value == 0) { /* no error after the last frame: see whether another follows */
		c->quiet += c->begun;
		return -1;
	}
	n = value - 1;
	if (n >= written) {
		c->tally.corrupt++;
		return -1;
	}
	c->tally.inserted += c->quiet;
	c->quiet = 0;
	if (!c->begun || n == c->next)
		c->tally.good++;
	else if (n > c->next) {
		c->tally.lost += n - c->next;
		c->tally.good++;
	} else {
		c->tally.doubled++;
		return -1; /* keep next: the following frames may be repeated, too */
	}
	c->begun = 1;
	c->next = n + 1;
	return (int64_t)n;
}
