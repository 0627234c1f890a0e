/*
 * random: numbers for tests that are the same in every run.
 *
 * One word that is counted up by a constant and mixed by two multiplications,
 * so any seed will do, zero included.  For tests alone.
 */
#ifndef CHAT_RANDOM_H
#define CHAT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state; /* the seed, at first */
};

/* Scatters the bits of x over a whole word. */
static inline uint64_t
random_mix(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static inline uint64_t
random_next(struct random *r)
{
	r->state += UINT64_C(0x9e3779b97f4a7c15);
	return random_mix(r->state);
}

/* A number below n (> 0); not quite evenly, which does not matter here. */
static inline size_t
random_below(struct random *r, size_t n)
{
	return (size_t)(random_next(r) % n);
}

/* n bytes. */
static inline void
random_fill(struct random *r, void *p, size_t n)
{
	unsigned char *byte = p;
	size_t i;

	for (i = 0; i < n; i++)
		byte[i] = (unsigned char)random_next(r);
}

#endif
