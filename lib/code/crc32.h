/*
 * crc32: the checksum of gzip, zlib and PNG (ISO 3309, RFC 1952 section 8).
 *
 * Reflected polynomial 0xedb88320, all ones before and inverted after, so that
 * "123456789" has cbf43926: the usual tools compute the same.  Finds accidents,
 * not forgeries.  Called by line; journal and check keep the tables for it.
 * Not here: what must not be forged, see sha256.h.
 *
 * Eight bytes a step, by eight tables of 256 numbers, which the caller keeps,
 * as the library has no variables of its own: table[k][b] is what byte b does
 * to the sum when k bytes follow it.
 */
#ifndef CHAT_CRC32_H
#define CHAT_CRC32_H

#include <stddef.h>
#include <stdint.h>

struct chat_crc32 {
	uint32_t table[8][256];
};

/* Computes the tables. */
void chat_crc32_init(struct chat_crc32 *c);

/* The checksum of n bytes. */
uint32_t chat_crc32_sum(const struct chat_crc32 *c, const void *p, size_t n);

#endif
