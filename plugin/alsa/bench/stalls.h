/* Records when the machine made a program wait: a thread on each processor sleeps for a millisecond at
 * a time and notes how late it wakes up. */
#ifndef LOOPBRIDGE_BENCH_STALLS_H
#define LOOPBRIDGE_BENCH_STALLS_H

#include <stdint.h>

/* now_ns returns CLOCK_MONOTONIC in ns. */
int64_t now_ns(void);

/* stalls_watch starts the threads. Call it once. */
void stalls_watch(void);

/* stalls_longest returns the longest delay, in ns, that overlaps the time from begin to end. */
int64_t stalls_longest(int64_t begin, int64_t end);

#endif
