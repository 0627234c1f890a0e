/* A name has to look the same to everybody and be the same user everywhere, so
 * invisible and reordering characters are refused.  Look-alikes of different
 * scripts are not: no table of those is ever complete. */
#include "name.h"

#include <stdbool.h>

#include "err.h"
#include "utf8.h"

/*
 * What no name contains, by General_Category of Unicode 17.0 and by its
 * Default_Ignorable_Code_Point, what shows nothing; in order, and the last
 * range ends the code space, so that a search always ends.  Derived by asking a
 * regular expression engine for these and for noncharacters, code point by code
 * point, and joining neighbours; Python's unicodedata says the same of the
 * categories of the version it knows, 15.1.  Left out are U+0020, variation
 * selectors and the noncharacters that end each plane, see is_allowed(); added
 * are two blanks that pass for symbols.  Others that are unassigned are
 * allowed: they are the letters of some later version.
 */
/* clang-format off */
static const struct range {
	uint32_t first, last;
} forbidden[] = {
	{ 0x0000, 0x001f },    /* C0 controls */
	{ 0x007f, 0x00a0 },    /* delete, C1 controls, no-break space */
	{ 0x00ad, 0x00ad },    /* soft hyphen */
	{ 0x034f, 0x034f },    /* combining grapheme joiner */
	{ 0x0600, 0x0605 },    /* Arabic number signs */
	{ 0x061c, 0x061c },    /* Arabic letter mark */
	{ 0x06dd, 0x06dd },    /* Arabic end of ayah */
	{ 0x070f, 0x070f },    /* Syriac abbreviation mark */
	{ 0x0890, 0x0891 },    /* Arabic currency marks */
	{ 0x08e2, 0x08e2 },    /* Arabic disputed end of ayah */
	{ 0x115f, 0x1160 },    /* Hangul fillers */
	{ 0x1680, 0x1680 },    /* Ogham space */
	{ 0x17b4, 0x17b5 },    /* Khmer inherent vowels */
	{ 0x180e, 0x180e },    /* Mongolian vowel separator */
	{ 0x2000, 0x200f },    /* spaces, joiners, marks of direction */
	{ 0x2028, 0x202f },    /* line and paragraph ends, embeddings, a space */
	{ 0x205f, 0x206f },    /* a space, word joiner, operators, isolates */
	{ 0x2800, 0x2800 },    /* blank Braille pattern */
	{ 0x3000, 0x3000 },    /* ideographic space */
	{ 0x3164, 0x3164 },    /* Hangul filler */
	{ 0xd800, 0xf8ff },    /* surrogates, private use */
	{ 0xfdd0, 0xfdef },    /* noncharacters */
	{ 0xfeff, 0xfeff },    /* byte order mark */
	{ 0xffa0, 0xffa0 },    /* halfwidth Hangul filler */
	{ 0xfff0, 0xfffb },    /* specials, interlinear annotations */
	{ 0x110bd, 0x110bd },  /* Kaithi number sign */
	{ 0x110cd, 0x110cd },  /* Kaithi number sign above */
	{ 0x13430, 0x1343f },  /* Egyptian hieroglyph formats */
	{ 0x1bca0, 0x1bca3 },  /* shorthand formats */
	{ 0x1d159, 0x1d159 },  /* musical null notehead */
	{ 0x1d173, 0x1d17a },  /* musical beams, ties, slurs, phrases */
	{ 0xe0000, 0xe00ff },  /* tags */
	{ 0xe01f0, 0xe0fff },  /* to be ignored, whatever they become */
	{ 0xf0000, 0x10ffff }, /* private use */
};
/* clang-format on */

/* One range after the other: names are short, and most characters are in one of
 * the first gaps.  The last two code points of each plane are noncharacters;
 * / ? # % would end or change the path of a URL. */
static bool
is_allowed(uint32_t cp)
{
	const struct range *r = forbidden;

	while (cp > r->last)
		r++;
	if (cp >= r->first || (cp & 0xfffe) == 0xfffe)
		return false;
	return cp != '/' && cp != '?' && cp != '#' && cp != '%';
}

/* They choose how the character before them looks.  After ASCII, or another of
 * them, they do nothing, and two spellings would look the same. */
static bool
is_selector(uint32_t cp)
{
	return (cp >= 0x180b && cp <= 0x180f && cp != 0x180e) ||
	    (cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0xe0100 && cp <= 0xe01ef);
}

static bool
may_follow(uint32_t cp, uint32_t before)
{
	return !is_selector(cp) || (before > 0x7f && !is_selector(before));
}

static bool
is_utf8(const char *p, size_t n)
{
	struct chat_utf8 u = { 0 };

	return chat_utf8_feed(&u, p, n) == CHAT_OK && chat_utf8_is_complete(&u);
}

/* "." and "..": in a path they mean the folder itself and the one above. */
static bool
is_dots(const char *p, size_t n)
{
	return p[0] == '.' && (n == 1 || (n == 2 && p[1] == '.'));
}

/* A space at an end, or one after another: a page shows neither. */
static bool
has_lost_space(const char *p, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (p[i - 1] == ' ' && p[i] == ' ')
			return true;
	return p[0] == ' ' || p[n - 1] == ' ';
}

/* UTF-8 first, since all that follows relies on it. */
int
chat_name_check(const char *p, size_t n)
{
	uint32_t cp, before = 0;
	size_t i;

	if (!is_utf8(p, n))
		return CHAT_ERR_UTF8;
	if (n == 0 || n > CHAT_NAME_MAX ||
	    chat_utf8_count(p, n) > CHAT_NAME_MAX_CODE_POINTS)
		return CHAT_ERR_NAME;
	if (has_lost_space(p, n) || is_dots(p, n))
		return CHAT_ERR_NAME;
	for (i = 0; i < n;) {
		i += (size_t)chat_utf8_next(p + i, n - i, &cp);
		if (!is_allowed(cp) || !may_follow(cp, before))
			return CHAT_ERR_NAME;
		before = cp;
	}
	return CHAT_OK;
}

/* Only ASCII is folded: every other rule depends on the language or on the
 * version of Unicode, and the key of a user must never change. */
static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char
fold(char c)
{
	return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

void
chat_name_fold(char *dst, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		dst[i] = fold(p[i]);
}

uint64_t
chat_name_case(const char *p, size_t n)
{
	uint64_t upper = 0;
	size_t i;

	for (i = 0; i < n; i++)
		upper |= (uint64_t)is_upper(p[i]) << i;
	return upper;
}

void
chat_name_unfold(char *dst, const char *folded, size_t n, uint64_t upper)
{
	size_t i;
	char c;

	for (i = 0; i < n; i++) {
		c = folded[i];
		dst[i] = upper >> i & 1 ? (char)(c - 'a' + 'A') : c;
	}
}

/* Folds as it goes, so that no copy is needed. */
int
chat_name_compare(const char *a, size_t an, const char *b, size_t bn)
{
	size_t i, n = an < bn ? an : bn;
	int d;

	for (i = 0; i < n; i++) {
		d = (unsigned char)fold(a[i]) - (unsigned char)fold(b[i]);
		if (d != 0)
			return d;
	}
	return (an > bn) - (an < bn);
}
