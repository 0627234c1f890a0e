/* Reading and writing have to agree on what is escaped and how, so both are
 * here. */
#include "json_string.h"

#include <stdbool.h>
#include <string.h>

#include "err.h"
#include "utf8.h"

/* The escapes of one letter, and in the same places what they stand for. */
static const char letters[] = "\"\\/bfnrt";
static const char lettered[] = "\"\\/\b\f\n\r\t";

/* A UTF-16 code unit, as in \u20ac.  Of the place of a digit in hex, the lowest
 * four bits are its value, in upper case too. */
static bool
unit(const char *p, size_t n, uint32_t *u)
{
	static const char hex[] = "0123456789abcdef0123456789ABCDEF";
	const char *digit;
	size_t i;

	if (n < 6 || p[0] != '\\' || p[1] != 'u')
		return false;
	*u = 0;
	for (i = 2; i < 6; i++) {
		digit = memchr(hex, p[i], sizeof(hex) - 1);
		if (digit == NULL)
			return false;
		*u = *u << 4 | ((uint32_t)(digit - hex) & 15);
	}
	return true;
}

/* One unit, or the two halves of what needs more than 16 bits: a high surrogate
 * and then a low one.  Either may come alone. */
static int
units(const char *p, size_t n, uint32_t *cp)
{
	uint32_t low;

	if (!unit(p, n, cp))
		return CHAT_ERR_JSON;
	if (*cp < 0xd800 || *cp > 0xdbff || !unit(p + 6, n - 6, &low) ||
	    low < 0xdc00 || low > 0xdfff)
		return 6;
	*cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

static int
escape(const char *p, size_t n, uint32_t *cp)
{
	const char *letter;

	if (n < 2)
		return CHAT_ERR_JSON;
	if (p[1] == 'u')
		return units(p, n, cp);
	letter = memchr(letters, p[1], sizeof(letters) - 1);
	if (letter == NULL)
		return CHAT_ERR_JSON;
	*cp = (uint32_t)lettered[letter - letters];
	return 2;
}

/* A control character must be escaped, so as itself it is an error. */
int
chat_json_string_next(const char *p, size_t n, uint32_t *cp)
{
	if (n == 0 || (unsigned char)*p < 0x20)
		return CHAT_ERR_JSON;
	if (*p == '\\')
		return escape(p, n, cp);
	if ((unsigned char)*p >= 0x80)
		return chat_utf8_next(p, n, cp);
	*cp = (uint32_t)*p;
	return 1;
}

/*
 * Most strings are plain, so they are passed eight bytes at a time.  Of a byte
 * that is not plain the highest bit gets set in one of these ways: it is set
 * already (not ASCII), or subtracting borrows, 0x20 from the byte (a control
 * character) or 1 from its difference to a quote or to a backslash (that very
 * character).  A borrow may run on and set a bit falsely, but only beside one
 * that is set rightly, and then the word is looked at byte by byte.
 */
size_t
chat_json_string_plain(const char *p, size_t n)
{
	const uint64_t ones = ~UINT64_C(0) / 255;
	uint64_t x, quote, backslash;
	size_t i;

	for (i = 0; i + sizeof(x) <= n; i += sizeof(x)) {
		memcpy(&x, p + i, sizeof(x));
		quote = x ^ ones * '"';
		backslash = x ^ ones * '\\';
		if (((x | (x - ones * 0x20) | (quote - ones) |
			 (backslash - ones)) &
			ones * 0x80) != 0)
			break;
	}
	/* As a signed char, what is not ASCII is below 0x20, too. */
	while (
	    i < n && (signed char)p[i] >= 0x20 && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

size_t
chat_json_string_escape(char dst[CHAT_JSON_STRING_ESCAPE], char c)
{
	static const char hex[] = "0123456789abcdef";
	const char *found = memchr(lettered, c, sizeof(lettered) - 1);

	dst[0] = '\\';
	if (found != NULL) {
		dst[1] = letters[found - lettered];
		return 2;
	}
	dst[1] = 'u';
	dst[2] = dst[3] = '0';
	dst[4] = hex[c >> 4];
	dst[5] = hex[c & 15];
	return 6;
}
