/*
 * sha1: the hash of the WebSocket handshake (FIPS 180-4, section 6.1).
 *
 * Broken as a signature, and not used as one: RFC 6455, section 4.2.2, asks for
 * it only to show that the server has read the client's key.  Called by
 * handshake alone.  Not here: what has to be secret or unforgeable, see
 * sha256.h.
 *
 *     init --> feed, feed, ... --> finish        any split of the bytes
 *                                                hashes the same
 */
#ifndef CHAT_SHA1_H
#define CHAT_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define CHAT_SHA1_SIZE 20 /* bytes of a digest */

/* A hash under way.  The caller's memory; owns nothing, may be copied. */
struct chat_sha1 {
	uint32_t state[5];
	uint64_t size;           /* bytes fed so far */
	unsigned char block[64]; /* the first size % 64 await the others */
};

/* Begins with no bytes. */
void chat_sha1_init(struct chat_sha1 *s);

/* Hashes the next n bytes at p, which may be NULL when n is 0. */
void chat_sha1_feed(struct chat_sha1 *s, const void *p, size_t n);

/* Writes the digest of all that was fed.  Before s is fed again, it has to be
 * initialised again. */
void chat_sha1_finish(struct chat_sha1 *s, unsigned char out[CHAT_SHA1_SIZE]);

#endif
