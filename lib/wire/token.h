/*
 * token: the name of a session, which the server makes and later recognises.
 *
 * A session has no entry in any table: all there is to know about it is in the
 * token that its window keeps, and a signature with the log's secret says that
 * it is ours.  It is valid for one name only, in any spelling.  Called by join.
 * Not here: random numbers, the clock, and how old a session may get.
 *
 *     0        6             14            22               38 bytes
 *     +--------+-------------+-------------+----------------+
 *     |   id   |     seq     |    time     |   signature    |
 *     +--------+-------------+-------------+----------------+
 *     | 8      | 43 characters of URL-safe base64           |
 *
 * Numbers are big-endian.  The signature is the first 16 bytes of HMAC-SHA-256
 * of a label, id, seq, time and the folded name.  Since id is written first and
 * in whole characters, the public id of a session, which others see, is how its
 * token begins; it tells nothing about the rest.
 */
#ifndef CHAT_TOKEN_H
#define CHAT_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#define CHAT_TOKEN_ID     6  /* bytes of id, 8 characters */
#define CHAT_TOKEN_SECRET 32 /* bytes of secret */
#define CHAT_TOKEN_SIZE   51 /* characters of every token */

struct chat_token {
	unsigned char id[CHAT_TOKEN_ID]; /* random, the session's public id */
	uint64_t seq;                    /* of the log's end at joining */
	uint64_t time; /* of joining, milliseconds since 1970 UTC */
};

/* Writes the token of the user called by the n bytes of name, as
 * CHAT_TOKEN_SIZE characters without a NUL. */
void chat_token_write(char dst[CHAT_TOKEN_SIZE], const struct chat_token *t,
    const char *name, size_t n, const unsigned char secret[CHAT_TOKEN_SECRET]);

/* Reads the sn characters at s.  Returns CHAT_OK, or CHAT_ERR_TOKEN, with t
 * untouched, for all that was not written for this user under this secret;
 * how long that takes tells nothing about the right signature. */
int chat_token_parse(struct chat_token *t, const char *s, size_t sn,
    const char *name, size_t n, const unsigned char secret[CHAT_TOKEN_SECRET]);

#endif
