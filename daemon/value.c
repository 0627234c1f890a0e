#include "value.h"

#include <stdio.h>
#include <string.h>

struct suffix {
	const char *text;
	uint32_t factor;
};

/* From small to large; a factor of 0 ends the list. */
static const struct suffix none[] = { { "", 1 }, { "", 0 } };
static const struct suffix sizes[] = {
	{ "", 1 },
	{ "K", 1u << 10 },
	{ "M", 1u << 20 },
	{ "G", 1u << 30 },
	{ "", 0 },
};
static const struct suffix durations[] = {
	{ "", 1 },
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
	{ "d", 24 * 60 * 60 * 1000 },
	{ "", 0 },
};

static const struct {
	const char *name;
	const struct suffix *suffixes;
} units[] = {
	[CHAT_COUNT] = { "count", none },
	[CHAT_BYTES] = { "size", sizes },
	[CHAT_PER_SECOND] = { "rate", none },
	[CHAT_MILLISECONDS] = { "duration", durations },
};

const char *
value_unit_name(enum chat_unit unit)
{
	return units[unit].name;
}

/* Returns the factor that a suffix stands for, 0 if the unit has no such
 * suffix. */
static uint32_t
factor(enum chat_unit unit, const char *text)
{
	const struct suffix *s = units[unit].suffixes;

	while (s->factor != 0 && strcmp(s->text, text) != 0)
		s++;
	return s->factor;
}

enum value_result
value_parse(uint64_t *value, enum chat_unit unit, const char *s)
{
	size_t digits = strspn(s, "0123456789"), i;
	uint64_t scale = factor(unit, s + digits), digit, v = 0;

	if (digits == 0 || scale == 0)
		return VALUE_WRONG;
	for (i = 0; i < digits; i++) {
		digit = (uint64_t)(s[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return VALUE_TOO_GREAT;
		v = v * 10 + digit;
	}
	if (v > UINT64_MAX / scale)
		return VALUE_TOO_GREAT;
	*value = v * scale;
	return VALUE_OK;
}

void
value_write(char dst[VALUE_SIZE], enum chat_unit unit, uint64_t value)
{
	const struct suffix *s, *best = units[unit].suffixes;

	for (s = best; s->factor != 0; s++)
		if (value > 0 && value % s->factor == 0)
			best = s;
	snprintf(dst, VALUE_SIZE, "%llu%s",
	    (unsigned long long)(value / best->factor), best->text);
}
