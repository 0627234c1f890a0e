/*
 * sha256: SHA-256 (FIPS 180-4, section 6.2), and HMAC over it (RFC 2104).
 *
 * The plain hash tells contents apart, for the files that chatd serves; the
 * keyed one, chat_hmac, is for what must not be forged or guessed.  Called by
 * token, by room for the keys of users and sends, by core and the store in
 * memory for secrets made of the seed.  Not here: the hash that the handshake
 * needs, see sha1.h.
 *
 *     init --> feed, feed, ... --> finish        any split of the bytes
 *                                                hashes the same
 *
 * A keyed hash is two plain ones, each begun with one block made of the key:
 *
 *     inner:  | key ^ 36 36 36 ... | what is fed |
 *     outer:  | key ^ 5c 5c 5c ... | inner's digest |
 *
 * chat_hmac_init() hashes both key blocks, which for short messages is half of
 * the work.  To make many with one key, keep the initialised struct and feed
 * copies of it:
 *
 *     struct chat_hmac h = keyed;
 */
#ifndef CHAT_SHA256_H
#define CHAT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define CHAT_SHA256_SIZE 32 /* bytes of a digest */

/* A hash under way.  The caller's memory; owns nothing, may be copied. */
struct chat_sha256 {
	uint32_t state[8];
	uint64_t size;           /* bytes fed so far */
	unsigned char block[64]; /* the first size % 64 await the others */
};

/* Begins with no bytes. */
void chat_sha256_init(struct chat_sha256 *s);

/* Hashes the next n bytes at p, which may be NULL when n is 0. */
void chat_sha256_feed(struct chat_sha256 *s, const void *p, size_t n);

/* Writes the digest of all that was fed.  Before s is fed again, it has to be
 * initialised again. */
void chat_sha256_finish(
    struct chat_sha256 *s, unsigned char out[CHAT_SHA256_SIZE]);

/* A keyed hash under way.  The caller's memory, and as secret as the key;
 * owns nothing, may be copied. */
struct chat_hmac {
	struct chat_sha256 inner;
	struct chat_sha256 outer;
};

/* Begins with no bytes, under the n bytes of key.  The key is not kept.  RFC
 * 2104, section 3, wants 32 bytes of it or more; longer than 64 it is hashed
 * first. */
void chat_hmac_init(struct chat_hmac *h, const void *key, size_t n);

/* Hashes the next n bytes at p, which may be NULL when n is 0. */
void chat_hmac_feed(struct chat_hmac *h, const void *p, size_t n);

/* Writes the keyed digest of all that was fed.  Before h is fed again, it has
 * to be initialised again, or copied from one that was. */
void chat_hmac_finish(struct chat_hmac *h, unsigned char out[CHAT_SHA256_SIZE]);

#endif
