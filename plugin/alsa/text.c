#include "text.h"

#include <string.h>

bool lb_is(const char *text, const char *word)
{
	for (; *text && *word; text++, word++)
		if (*text != *word && (*text < 'A' || *text > 'Z' || *text - 'A' + 'a' != *word))
			return false;
	return *text == *word;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

int64_t lb_time(const char *text)
{
	const int64_t most = 1000000000;
	int64_t whole = 0, part = 0, scale = 1, unit;

	if (!digit(*text))
		return -1;
	for (; digit(*text); text++) {
		whole = whole * 10 + (*text - '0');
		if (whole >= most)
			return -1;
	}
	if (*text == '.' && !digit(*++text))
		return -1;
	for (; digit(*text); text++) {
		if (scale == most)
			continue; /* below a nanosecond */
		part = part * 10 + (*text - '0');
		scale *= 10;
	}
	if (!strcmp(text, "s"))
		unit = 1000000000;
	else if (!strcmp(text, "ms"))
		unit = 1000000;
	else
		return -1;
	return whole * unit + part * unit / scale;
}
