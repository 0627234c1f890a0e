/*
 * utf8: is it UTF-8 (RFC 3629), and which code points are in it?
 *
 * The validator takes text in pieces of any size, as it comes in frames, and
 * fails at the first byte after which no valid text is possible: a sender
 * that is wrong is told before it has sent the rest.  The other functions
 * work on text that is there as a whole.  Called by ws, json, msg and name, and
 * by chatd for its log.  Not here: which code points a name may have (name.h).
 *
 *               | first byte | second     | third  | fourth |
 *     ----------+------------+------------+--------+--------+
 *     1 byte    | 00..7F     |            |        |        |
 *     2 bytes   | C2..DF     | 80..BF     |        |        |
 *     3 bytes   | E0         | A0..BF     | 80..BF |        |
 *               | E1..EF     | 80..BF (1) | 80..BF |        |
 *     4 bytes   | F0         | 90..BF     | 80..BF | 80..BF |
 *               | F1..F3     | 80..BF     | 80..BF | 80..BF |
 *               | F4         | 80..8F     | 80..BF | 80..BF |
 *
 *     (1) 80..9F after ED: above are the surrogates, and above F4 8F there is
 *     no code point.  The spellings that the table leaves out at C0, E0
 *     and F0 are longer than need be.
 */
#ifndef CHAT_UTF8_H
#define CHAT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far a validator has come.  All zero is the initial state. */
struct chat_utf8 {
	unsigned char need; /* bytes that the open sequence lacks, 0 to 3 */
	unsigned char low;  /* while need > 0, the next one is at least this */
	unsigned char high; /* and at most that */
	bool failed;
};

/* Takes the next n bytes at p, which may be NULL when n is 0.  Returns
 * CHAT_OK, or CHAT_ERR_UTF8 if they, or any before, cannot be the beginning
 * of UTF-8. */
int chat_utf8_feed(struct chat_utf8 *u, const void *p, size_t n);

/* May the text end here: is it valid so far, and no sequence open? */
bool chat_utf8_is_complete(const struct chat_utf8 *u);

/* Reads one code point from the n bytes at p into cp.  Returns its size, 1 to
 * 4 bytes; 0 when n is 0; CHAT_ERR_UTF8, with cp untouched, when the bytes
 * do not begin with a whole valid sequence. */
int chat_utf8_next(const char *p, size_t n, uint32_t *cp);

/* How many code points there are in n bytes of valid UTF-8. */
size_t chat_utf8_count(const char *p, size_t n);

/* Writes cp.  Returns its size, 1 to 4 bytes; 0, with dst untouched, for the
 * surrogates D800 to DFFF and for numbers above 10FFFF. */
size_t chat_utf8_write(char dst[4], uint32_t cp);

/* Is there nothing to see of cp: white space, a control, a code point that is
 * to be ignored by default, or a blank that passes for a letter or a symbol? */
bool chat_utf8_is_blank(uint32_t cp);

#endif
