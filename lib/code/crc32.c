#include "crc32.h"

#define POLYNOMIAL 0xedb88320U /* bit 31 - n stands for x^n */

void
chat_crc32_init(struct chat_crc32 *c)
{
	uint32_t b, sum;
	int k;

	for (b = 0; b < 256; b++) {
		sum = b;
		for (k = 0; k < 8; k++)
			sum = sum >> 1 ^ ((sum & 1) != 0 ? POLYNOMIAL : 0);
		c->table[0][b] = sum;
	}
	for (k = 1; k < 8; k++)
		for (b = 0; b < 256; b++) {
			sum = c->table[k - 1][b];
			c->table[k][b] = sum >> 8 ^ c->table[0][sum & 255];
		}
}

/* By bytes, so that neither their order in a word nor where they lie makes a
 * difference; compilers know this as one load. */
static uint32_t
load(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

uint32_t
chat_crc32_sum(const struct chat_crc32 *c, const void *p, size_t n)
{
	const uint32_t(*t)[256] = c->table;
	const unsigned char *in = p;
	uint32_t sum = UINT32_MAX, low, high;

	for (; n >= 8; n -= 8, in += 8) {
		low = sum ^ load(in);
		high = load(in + 4);
		sum = t[7][low & 255] ^ t[6][low >> 8 & 255] ^
		    t[5][low >> 16 & 255] ^ t[4][low >> 24] ^ t[3][high & 255] ^
		    t[2][high >> 8 & 255] ^ t[1][high >> 16 & 255] ^
		    t[0][high >> 24];
	}
	for (; n > 0; n--)
		sum = sum >> 8 ^ t[0][(sum ^ *in++) & 255];
	return ~sum;
}
