/* Words and times as a definition has them, the same in every locale: the C library's
 * functions for numbers and letter case follow the one that a program has chosen. */
#ifndef LOOPBRIDGE_TEXT_H
#define LOOPBRIDGE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* lb_is reports whether a text is a word of small ASCII letters, in whatever case. */
bool lb_is(const char *text, const char *word);

/* lb_time is a time such as 5s, 1.5s or 300ms in nanoseconds; -1: it is none, or has more
 * than 30 years. */
int64_t lb_time(const char *text);

#endif
