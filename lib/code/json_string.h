/*
 * json_string: what stands between the quotes of a JSON string (RFC 8259,
 * section 7), one character or one run of plain ones at a time.
 *
 *     "caf\u00e9 noir"
 *      |-||----||---|
 *     plain next plain
 *
 * Called by json, which reads, and json_write.  Not here: the quotes, and
 * everything around them.
 */
#ifndef CHAT_JSON_STRING_H
#define CHAT_JSON_STRING_H

#include <stddef.h>
#include <stdint.h>

#define CHAT_JSON_STRING_ESCAPE 6 /* bytes of the longest one, as \u001f */

/* How many of the n bytes at p, from the first on, are ASCII that stands for
 * itself: neither a quote nor a backslash nor a control character. */
size_t chat_json_string_plain(const char *p, size_t n);

/* Reads one character, escaped or not, into *cp.  Returns the bytes that it
 * takes, up to 12 for two escaped surrogates, or < 0 if the n bytes at p do not
 * begin with a whole one.  A quote is a character like any other here.  An
 * escaped surrogate without its other half is in the grammar, and is what *cp
 * then is, although no UTF-8 can be made of it. */
int chat_json_string_next(const char *p, size_t n, uint32_t *cp);

/* Writes the escape of c, which must be a quote, a backslash or below 0x20.
 * Returns its length, 2 or 6. */
size_t chat_json_string_escape(char dst[CHAT_JSON_STRING_ESCAPE], char c);

#endif
