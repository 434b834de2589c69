/* Words and times of a definition, parsed alike in every locale: the C library's functions for numbers
 * and letter case follow the program's. */
#ifndef LOOPBRIDGE_TEXT_H
#define LOOPBRIDGE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* lb_is reports whether text is word, which is in small ASCII letters, in any case. */
bool lb_is(const char *text, const char *word);

/* lb_time parses a time such as 5s, 1.5s or 300ms into ns. It returns -1 for anything else and for more
 * than 30 years. */
int64_t lb_time(const char *text);

#endif
