/*
 * siphash: SipHash-1-3, a hash of 64-bit words under a key of two.
 *
 *     init(key) --> word(m) --> word(m) --> ... --> finish: 64 bits
 *
 * (Aumasson and Bernstein, 2012; one round a word and three at the end.)  Words
 * are the caller's: what is not made of words says itself how it becomes them,
 * its length included.  With a secret key nobody can choose inputs that meet;
 * with a known one, that many meet in one value still cannot be arranged, only
 * that two do.  Called by json and address.
 */
#ifndef CHAT_SIPHASH_H
#define CHAT_SIPHASH_H

#include <stdint.h>

struct chat_siphash {
	uint64_t v[4];
};

static inline uint64_t
chat_siphash_rotate(uint64_t u, int n)
{
	return u << n | u >> (64 - n);
}

static inline void
chat_siphash_round(struct chat_siphash *h)
{
	uint64_t *v = h->v;

	v[0] += v[1];
	v[2] += v[3];
	v[1] = chat_siphash_rotate(v[1], 13) ^ v[0];
	v[3] = chat_siphash_rotate(v[3], 16) ^ v[2];
	v[0] = chat_siphash_rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = chat_siphash_rotate(v[1], 17) ^ v[2];
	v[3] = chat_siphash_rotate(v[3], 21) ^ v[0];
	v[2] = chat_siphash_rotate(v[2], 32);
}

static inline void
chat_siphash_init(struct chat_siphash *h, uint64_t k0, uint64_t k1)
{
	h->v[0] = k0 ^ UINT64_C(0x736f6d6570736575);
	h->v[1] = k1 ^ UINT64_C(0x646f72616e646f6d);
	h->v[2] = k0 ^ UINT64_C(0x6c7967656e657261);
	h->v[3] = k1 ^ UINT64_C(0x7465646279746573);
}

static inline void
chat_siphash_word(struct chat_siphash *h, uint64_t m)
{
	h->v[3] ^= m;
	chat_siphash_round(h);
	h->v[0] ^= m;
}

static inline uint64_t
chat_siphash_finish(struct chat_siphash *h)
{
	h->v[2] ^= 0xff;
	chat_siphash_round(h);
	chat_siphash_round(h);
	chat_siphash_round(h);
	return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}

#endif
