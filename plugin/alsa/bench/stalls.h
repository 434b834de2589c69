/* When the machine let a program wait that was due: a thread on each processor sleeps
 * for a millisecond, again and again, and notes how late it wakes. */
#ifndef LOOPBRIDGE_BENCH_STALLS_H
#define LOOPBRIDGE_BENCH_STALLS_H

#include <stdint.h>

/* now_ns is CLOCK_MONOTONIC. */
int64_t now_ns(void);

/* stalls_watch begins; it is to be called once. */
void stalls_watch(void);

/* stalls_longest is the longest wait that touches the time from begin to end, in ns. */
int64_t stalls_longest(int64_t begin, int64_t end);

#endif
