/* Written to be read beside the standard, FIPS 180-4: most of what is hashed is
 * short.  How long it takes depends on the number of bytes alone, since nothing
 * is looked up or decided by their values; keys and secrets are among them. */
#include "sha256.h"

#include <string.h>

/* The first 32 bits of the fractions of the cube roots of the first 64 primes
 * (section 4.2.2): numbers that nobody could have chosen for a purpose. */
/* clang-format off */
static const uint32_t roots[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static uint32_t
rotr(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* The block as 16 big-endian words, and 48 more made of them (section 6.2.2,
 * step 1). */
static void
expand(uint32_t w[64], const unsigned char *p)
{
	uint32_t x, y;
	unsigned t;

	for (t = 0; t < 16; t++, p += 4)
		w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];
	for (; t < 64; t++) {
		x = w[t - 15];
		y = w[t - 2];
		w[t] = (rotr(x, 7) ^ rotr(x, 18) ^ x >> 3) + w[t - 7] +
		    (rotr(y, 17) ^ rotr(y, 19) ^ y >> 10) + w[t - 16];
	}
}

/* Ch and Maj of section 4.1.2. */
static uint32_t
choose(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) | (~x & z);
}

static uint32_t
majority(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) | (x & z) | (y & z);
}

/* Section 6.2.2, steps 2 to 4. */
static void
compress(uint32_t state[8], const unsigned char *block)
{
	uint32_t w[64], t1, t2;
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
	unsigned t;

	expand(w, block);
	for (t = 0; t < 64; t++) {
		t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) +
		    choose(e, f, g) + roots[t] + w[t];
		t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) +
		    majority(a, b, c);
		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

/* Section 5.3.3: the same of the square roots of the first 8 primes. */
void
chat_sha256_init(struct chat_sha256 *s)
{
	static const struct chat_sha256 initial = {
		.state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 }
	};

	*s = initial;
}

void
chat_sha256_feed(struct chat_sha256 *s, const void *p, size_t n)
{
	const unsigned char *in = p;
	size_t have, take;

	for (; n > 0; in += take, n -= take) {
		have = s->size % sizeof(s->block);
		take = sizeof(s->block) - have;
		if (take > n)
			take = n;
		memcpy(s->block + have, in, take);
		s->size += take;
		if (have + take == sizeof(s->block))
			compress(s->state, s->block);
	}
}

/* After the message: a 1 bit, then as few 0 bits as make the 64 bits of its
 * length end a block (section 5.1.1).  A block has room for both after up to 55
 * bytes; after more the length goes to the end of the next one. */
void
chat_sha256_finish(struct chat_sha256 *s, unsigned char out[CHAT_SHA256_SIZE])
{
	static const unsigned char padding[64] = { 0x80 };
	size_t have = s->size % sizeof(s->block), i;
	uint64_t bits = s->size * 8; /* before padding adds to it */
	unsigned char length[8];

	for (i = 0; i < sizeof(length); i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	chat_sha256_feed(s, padding, have < 56 ? 56 - have : 120 - have);
	chat_sha256_feed(s, length, sizeof(length));
	for (i = 0; i < CHAT_SHA256_SIZE; i++)
		out[i] = (unsigned char)(s->state[i / 4] >> (24 - i % 4 * 8));
}

/* Begins one of the two hashes with its block of key (RFC 2104, section 2).
 * The pads differ, so that neither hash can stand for the other. */
static void
init_keyed(
    struct chat_sha256 *s, const unsigned char key[64], unsigned char pad)
{
	unsigned char block[64];
	size_t i;

	for (i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ pad;
	chat_sha256_init(s);
	chat_sha256_feed(s, block, sizeof(block));
}

/* Both hashes are begun here, not when they are finished: what is kept can be
 * copied for each message, and no copy of the key has to be kept with it. */
void
chat_hmac_init(struct chat_hmac *h, const void *key, size_t n)
{
	unsigned char block[64] = { 0 };

	if (n > sizeof(block)) {
		chat_sha256_init(&h->inner);
		chat_sha256_feed(&h->inner, key, n);
		chat_sha256_finish(&h->inner, block);
	} else if (n > 0) { /* memcpy() takes no NULL, even for nothing */
		memcpy(block, key, n);
	}
	init_keyed(&h->inner, block, 0x36);
	init_keyed(&h->outer, block, 0x5c);
}

void
chat_hmac_feed(struct chat_hmac *h, const void *p, size_t n)
{
	chat_sha256_feed(&h->inner, p, n);
}

void
chat_hmac_finish(struct chat_hmac *h, unsigned char out[CHAT_SHA256_SIZE])
{
	/* out serves for the digest in between, too. */
	chat_sha256_finish(&h->inner, out);
	chat_sha256_feed(&h->outer, out, CHAT_SHA256_SIZE);
	chat_sha256_finish(&h->outer, out);
}
