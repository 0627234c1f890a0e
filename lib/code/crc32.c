/* Eight bytes a step ("slicing-by-8"), since a start checks every line of a
 * journal, however long that is.  The tables are computed: as constants they
 * would be 2,048 numbers that nobody can check. */
#include "crc32.h"

#define POLYNOMIAL 0xedb88320U /* bit 31 - n stands for x^n */

/* Table 0 divides a byte bit by bit.  Table k is table k - 1 moved on by one
 * more byte, which is 0: what follows is added by the tables for it. */
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

/* Byte by byte, so that neither the order of bytes in a word nor alignment
 * matters; compilers make one load of it. */
static uint32_t
load(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/* The sum so far meets the first four of eight bytes; from there on all eight
 * are independent, so the processor looks them up side by side. */
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
