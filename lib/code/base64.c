#include "base64.h"

#include <stdint.h>

#include "err.h"

/* In both directions bytes of 8 bits and values of 6 meet in a queue of bits,
 * of which the lowest `open` ones still have to leave.  Those that have left
 * are shifted out at the top in time; unsigned, that is no overflow. */

static const char *const alphabets[] = {
	[CHAT_BASE64_STANDARD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789+/",
	[CHAT_BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789-_",
};

size_t
chat_base64_size(size_t n, enum chat_base64 alphabet)
{
	if (alphabet == CHAT_BASE64_STANDARD)
		return (n / 3 + (n % 3 != 0)) * 4;
	/* 1 byte over becomes 2 characters, and 2 become 3. */
	return n / 3 * 4 + (n % 3 * 4 + 2) / 3;
}

size_t
chat_base64_write(char *dst, const void *p, size_t n, enum chat_base64 alphabet)
{
	const unsigned char *in = p;
	const char *letters = alphabets[alphabet];
	uint32_t bits = 0;
	unsigned open = 0;
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		bits = bits << 8 | in[i];
		for (open += 8; open >= 6; open -= 6)
			dst[len++] = letters[bits >> (open - 6) & 63];
	}
	if (open > 0)
		dst[len++] = letters[bits << (6 - open) & 63];
	if (alphabet == CHAT_BASE64_STANDARD)
		while (len % 4 != 0)
			dst[len++] = '=';
	return len;
}

/* Where a character stands in both alphabets, counted from 1: C makes all
 * others 0. */
/* clang-format off */
static const unsigned char places[128] = {
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
	14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
	40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
};
/* clang-format on */

/* The six bits that c stands for.  More than 63 if it stands for none: 64, or
 * for a place of 0 the greatest number, as 0 - 1 wraps. */
static uint32_t
value(char c, const char *letters)
{
	if (c == letters[62])
		return 62;
	if (c == letters[63])
		return 63;
	return (unsigned char)c < 128 ? places[(unsigned char)c] - 1U : 64;
}

/* Reads the n characters at s, padding apart, into dst.  The bits that are over
 * in the end have to be 0 (section 3.5): otherwise four texts, or sixteen,
 * would stand for the same bytes, and a token would have more than one
 * spelling. */
static int
parse(unsigned char *dst, const char *s, size_t n, const char *letters)
{
	uint32_t bits = 0, six;
	unsigned open = 0;
	size_t i;
	int len = 0;

	for (i = 0; i < n; i++) {
		six = value(s[i], letters);
		if (six > 63)
			return CHAT_ERR_BASE64;
		bits = bits << 6 | six;
		open += 6;
		if (open >= 8) {
			open -= 8;
			dst[len++] = (unsigned char)(bits >> open);
		}
	}
	if ((bits & ((1u << open) - 1)) != 0)
		return CHAT_ERR_BASE64;
	return len;
}

int
chat_base64_parse(unsigned char *dst, size_t cap, const char *s, size_t n,
    enum chat_base64 alphabet)
{
	size_t chars = n;

	if (alphabet == CHAT_BASE64_STANDARD) {
		if (n % 4 != 0)
			return CHAT_ERR_BASE64;
		/* Two signs of padding at most; a third is in no alphabet. */
		while (chars > 0 && n - chars < 2 && s[chars - 1] == '=')
			chars--;
	}
	if (chars % 4 == 1) /* six bits over: less than a byte */
		return CHAT_ERR_BASE64;
	if (cap > INT32_MAX) /* the length is returned as an int */
		cap = INT32_MAX;
	if (chars / 4 * 3 + chars % 4 * 3 / 4 > cap)
		return CHAT_ERR_SPACE;
	return parse(dst, s, chars, alphabets[alphabet]);
}
