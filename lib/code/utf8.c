/* A sequence is known by its first byte; then each byte is compared with two
 * bounds.  That is the table of the header as it stands, where a table of
 * states would be shorter, but could not be compared with the RFC. */
#include "utf8.h"

#include <string.h>

#include "err.h"

/* Begins a sequence with its first byte; see the table in the header.  C0, C1
 * and F5 and above begin nothing.  All that the table forbids besides shows in
 * the second byte, so its bounds are set here. */
static bool
begin(struct chat_utf8 *u, unsigned char c)
{
	if (c < 0x80)
		return true;
	if (c < 0xc2 || c > 0xf4)
		return false;
	u->need = (unsigned char)(1 + (c >= 0xe0) + (c >= 0xf0));
	u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	u->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	return true;
}

/* Takes one byte, wherever it falls.  Only the second one of a sequence has
 * bounds of its own; those of the others are put back. */
static bool
take(struct chat_utf8 *u, unsigned char c)
{
	if (u->need == 0)
		return begin(u, c);
	if (c < u->low || c > u->high)
		return false;
	u->need--;
	u->low = 0x80;
	u->high = 0xbf;
	return true;
}

/* How many bytes at p are ASCII, rounded down to whole words.  Most text is,
 * and so is checked eight bytes a step.  Copying a word is one load wherever it
 * lies, and in either byte order the mask finds the same bits. */
static size_t
ascii_words(const unsigned char *p, size_t n)
{
	uint64_t word;
	size_t i;

	for (i = 0; n - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	return i;
}

int
chat_utf8_feed(struct chat_utf8 *u, const void *p, size_t n)
{
	const unsigned char *in = p;
	struct chat_utf8 v = *u; /* in registers, since in may alias u */
	size_t i = 0, run;

	while (i < n && !v.failed) {
		run = v.need == 0 ? ascii_words(in + i, n - i) : 0;
		if (run == 0)
			v.failed = !take(&v, in[i++]);
		i += run;
	}
	*u = v;
	return v.failed ? CHAT_ERR_UTF8 : CHAT_OK;
}

bool
chat_utf8_is_complete(const struct chat_utf8 *u)
{
	return !u->failed && u->need == 0;
}

int
chat_utf8_next(const char *p, size_t n, uint32_t *cp)
{
	const unsigned char *in = (const unsigned char *)p;
	struct chat_utf8 u = { 0 };
	uint32_t bits;
	size_t i;

	if (n == 0)
		return 0;
	/* The first byte marks the size by leading ones: what is left of it are
	 * 7, 5, 4 or 3 bits. */
	if (!begin(&u, in[0]))
		return CHAT_ERR_UTF8;
	bits = in[0] & (u.need == 0 ? 0x7fu : 0x3fu >> u.need);
	for (i = 1; u.need > 0; i++) {
		if (i == n || !take(&u, in[i]))
			return CHAT_ERR_UTF8;
		bits = bits << 6 | (in[i] & 0x3f);
	}
	*cp = bits;
	return (int)i;
}

/* Every byte counts but those that continue, 10xxxxxx. */
size_t
chat_utf8_count(const char *p, size_t n)
{
	size_t i, count = 0;

	for (i = 0; i < n; i++)
		count += ((unsigned char)p[i] & 0xc0) != 0x80;
	return count;
}

size_t
chat_utf8_write(char dst[4], uint32_t cp)
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4, i;

	if ((cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff)
		return 0;
	/* From the last byte to the first, six bits each. */
	for (i = n - 1; i > 0; i--, cp >>= 6)
		dst[i] = (char)(0x80 | (cp & 0x3f));
	dst[0] = (char)(first[n] | cp);
	return n;
}

/* White_Space, General_Category Cc, Default_Ignorable_Code_Point of Unicode
 * 17.0; and the marks of interlinear annotations, the blank Braille pattern and
 * the musical null notehead. */
bool
chat_utf8_is_blank(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} blanks[] = { { 0x0000, 0x0020 }, { 0x007f, 0x00a0 },
		{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x061c, 0x061c },
		{ 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f },
		{ 0x205f, 0x206f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 },
		{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
		{ 0x1d159, 0x1d159 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff } };
	size_t i;

	for (i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
		if (cp <= blanks[i].last)
			return cp >= blanks[i].first;
	return false;
}
