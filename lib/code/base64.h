/*
 * base64: bytes as characters and back (RFC 4648), in two alphabets.
 *
 * One text stands for each run of bytes and the reader takes no other, so
 * that comparing texts compares bytes.  Called by handshake for its key
 * (standard), and for tokens, the ids of sessions and the names of logs by
 * token, room, store and journal (URL).  Not here: line breaks, as in mail.
 *
 *     bytes    |  01000001  |  01000010  |  01000011  |
 *     values   | 010000 | 010100 | 001001 | 000011 |
 *     text     |   Q    |   U    |   J    |   D    |
 */
#ifndef CHAT_BASE64_H
#define CHAT_BASE64_H

#include <stddef.h>

enum chat_base64 {
	CHAT_BASE64_STANDARD, /* section 4: + and /, padded with = */
	CHAT_BASE64_URL,      /* section 5: - and _, not padded */
};

/* How many characters n bytes become. */
size_t chat_base64_size(size_t n, enum chat_base64 alphabet);

/* Writes the n bytes at p as chat_base64_size() characters, without a NUL.
 * Returns their number. */
size_t chat_base64_write(
    char *dst, const void *p, size_t n, enum chat_base64 alphabet);

/*
 * Reads all of the n characters at s into dst, which has room for cap bytes.
 * Returns the number of bytes, which is 0 for no characters, or
 * CHAT_ERR_BASE64: a character that is not in the alphabet, padding that is
 * missing, misplaced or not of the alphabet's kind, or bits after the last byte
 * that are not 0 (section 3.5);
 * CHAT_ERR_SPACE: the text is longer than cap bytes allow.
 * After an error the contents of dst are undefined.
 */
int chat_base64_parse(unsigned char *dst, size_t cap, const char *s, size_t n,
    enum chat_base64 alphabet);

#endif
