/* Written to be read beside the standard, FIPS 180-4, not for speed: a
 * handshake hashes 60 bytes.  sha256.c is fed and finished likewise.  The two
 * share no code, so that each can be compared with its own sections. */
#include "sha1.h"

#include <string.h>

static uint32_t
rotl(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

/* The function and the constant of round t, four kinds of twenty each (sections
 * 4.1.1 and 4.2.1). */
static uint32_t
mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return ((b & c) | (~b & d)) + 0x5a827999;
	if (t < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (t < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

/* The block as 16 big-endian words, and 64 more made of them (section 6.1.2,
 * step 1); read byte by byte, they come out the same on any machine. */
static void
expand(uint32_t w[80], const unsigned char *p)
{
	unsigned t;

	for (t = 0; t < 16; t++, p += 4)
		w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];
	for (; t < 80; t++)
		w[t] = rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
}

/* Section 6.1.2, steps 2 to 4. */
static void
compress(uint32_t state[5], const unsigned char *block)
{
	uint32_t w[80], next;
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3],
		 e = state[4];
	unsigned t;

	expand(w, block);
	for (t = 0; t < 80; t++) {
		next = rotl(a, 5) + mix(t, b, c, d) + e + w[t];
		e = d;
		d = c;
		c = rotl(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

void
chat_sha1_init(struct chat_sha1 *s)
{
	static const struct chat_sha1 initial = {
		.state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
		    0xc3d2e1f0 }
	};

	*s = initial;
}

void
chat_sha1_feed(struct chat_sha1 *s, const void *p, size_t n)
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
chat_sha1_finish(struct chat_sha1 *s, unsigned char out[CHAT_SHA1_SIZE])
{
	static const unsigned char padding[64] = { 0x80 };
	size_t have = s->size % sizeof(s->block), i;
	uint64_t bits = s->size * 8; /* before padding adds to it */
	unsigned char length[8];

	for (i = 0; i < sizeof(length); i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	chat_sha1_feed(s, padding, have < 56 ? 56 - have : 120 - have);
	chat_sha1_feed(s, length, sizeof(length));
	for (i = 0; i < CHAT_SHA1_SIZE; i++)
		out[i] = (unsigned char)(s->state[i / 4] >> (24 - i % 4 * 8));
}
