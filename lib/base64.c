#include "base64.h"

#include <stdint.h>
#include <string.h>

#include "err.h"

/* In both directions bytes and values meet in a queue of bits, of which the
 * lowest `open` ones still have to leave. */

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

/* The characters that stand for bits, read into dst. */
static int
parse(unsigned char *dst, const char *s, size_t n, const char *letters)
{
	const char *letter;
	uint32_t bits = 0;
	unsigned open = 0;
	size_t i;
	int len = 0;

	for (i = 0; i < n; i++) {
		letter = memchr(letters, s[i], 64);
		if (letter == NULL)
			return CHAT_ERR_BASE64;
		bits = bits << 6 | (uint32_t)(letter - letters);
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
		while (chars > 0 && n - chars < 2 && s[chars - 1] == '=')
			chars--;
	}
	if (chars % 4 == 1)
		return CHAT_ERR_BASE64;
	if (cap > INT32_MAX)
		cap = INT32_MAX;
	if (chars / 4 * 3 + chars % 4 * 3 / 4 > cap)
		return CHAT_ERR_SPACE;
	return parse(dst, s, chars, alphabets[alphabet]);
}
