/* Between bytes and numbers: no state, and nothing but the header is looked
 * at. */
#include "frame.h"

#include "err.h"

#include <string.h>

/* The bits of the first two bytes. */
enum {
	FIN = 0x80,
	RESERVED = 0x70,
	OPCODE = 0x0f,
	MASKED = 0x80,
	LENGTH = 0x7f,
	LENGTH_16 = 126, /* two bytes of length follow */
	LENGTH_64 = 127, /* eight do */
};

/* Extensions give the reserved bits and opcodes a meaning, and none is ever
 * agreed on.  A control frame has to be whole, RFC 6455, 5.5. */
static bool
is_first_byte(unsigned char b)
{
	unsigned opcode = b & OPCODE;

	if ((b & RESERVED) != 0)
		return false;
	if (opcode >= CHAT_OP_CLOSE)
		return opcode <= CHAT_OP_PONG && (b & FIN) != 0;
	return opcode <= CHAT_OP_BINARY;
}

/* How many bytes of extended length follow the second byte. */
static size_t
extension(unsigned char b)
{
	switch (b & LENGTH) {
	case LENGTH_16:
		return 2;
	case LENGTH_64:
		return 8;
	}
	return 0;
}

/* Whether the first n bytes of an extended length of size bytes already show
 * that the length fits the next shorter form, or is 2^63 or more. */
static bool
is_bad_length(const unsigned char *b, size_t size, size_t n)
{
	static const unsigned char zeros[6];

	if (size == 2)
		return n >= 2 && b[0] == 0 && b[1] < LENGTH_16;
	if (size == 8)
		return (n >= 1 && b[0] >= 0x80) ||
		    (n >= 6 && memcmp(b, zeros, 6) == 0);
	return false;
}

/* Big-endian. */
static uint64_t
read_length(const unsigned char *b, size_t size)
{
	uint64_t length = 0;
	size_t i;

	for (i = 0; i < size; i++)
		length = length << 8 | b[i];
	return length;
}

int
chat_frame_parse(struct chat_frame *f, const void *p, size_t n)
{
	const unsigned char *b = p;
	size_t ext, size;

	/* Byte by byte, in the order in which they come, so that a peer that
	 * speaks something else is not waited for. */
	if (n >= 1 && !is_first_byte(b[0]))
		return CHAT_ERR_WS_PROTOCOL;
	if (n < 2)
		return 0;
	ext = extension(b[1]);
	/* An extended length is above 125, or it is bad anyway. */
	if (chat_frame_is_control(b[0] & OPCODE) && ext != 0)
		return CHAT_ERR_WS_PROTOCOL;
	if (is_bad_length(b + 2, ext, n - 2))
		return CHAT_ERR_WS_PROTOCOL;
	size = 2 + ext + ((b[1] & MASKED) != 0 ? 4 : 0);
	if (n < size)
		return 0;

	memset(f, 0, sizeof(*f));
	f->opcode = (enum chat_opcode)(b[0] & OPCODE);
	f->fin = (b[0] & FIN) != 0;
	f->masked = (b[1] & MASKED) != 0;
	f->length = ext == 0 ? b[1] & LENGTH : read_length(b + 2, ext);
	if (f->masked)
		memcpy(f->mask, b + size - 4, 4);
	return (int)size;
}

size_t
chat_frame_header_size(uint64_t length, bool masked)
{
	size_t size = masked ? 6 : 2;

	if (length > UINT16_MAX)
		return size + 8;
	return length < LENGTH_16 ? size : size + 2;
}

/* The seven bits that say the length, or how many bytes of it follow. */
static unsigned
short_length(uint64_t length, size_t ext)
{
	if (ext == 0)
		return (unsigned)length;
	return ext == 2 ? LENGTH_16 : LENGTH_64;
}

size_t
chat_frame_write(
    unsigned char dst[CHAT_FRAME_MAX_HEADER], const struct chat_frame *f)
{
	size_t size = chat_frame_header_size(f->length, f->masked);
	size_t ext = chat_frame_header_size(f->length, false) - 2;
	unsigned fin = f->fin ? FIN : 0;
	unsigned masked = f->masked ? MASKED : 0;
	size_t i;

	dst[0] = (unsigned char)(fin | (unsigned)f->opcode);
	dst[1] = (unsigned char)(masked | short_length(f->length, ext));
	for (i = 0; i < ext; i++)
		dst[2 + i] = (unsigned char)(f->length >> 8 * (ext - 1 - i));
	if (f->masked)
		memcpy(dst + size - 4, f->mask, 4);
	return size;
}

/* Eight bytes at a time: everything that clients send is masked.  The key
 * repeats every four bytes, so two of it, begun where p does, fit every word;
 * copied as bytes, they are right in either byte order.  The bytes that are
 * left at the end begin at a multiple of eight, where the key begins anew. */
void
chat_frame_mask(void *p, size_t n, const unsigned char mask[4], uint64_t offset)
{
	unsigned char *b = p;
	unsigned char key[8];
	uint64_t word, pattern;
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = mask[(offset + i) % 4];
	memcpy(&pattern, key, sizeof(key));
	for (; n >= sizeof(word); n -= sizeof(word), b += sizeof(word)) {
		memcpy(&word, b, sizeof(word));
		word ^= pattern;
		memcpy(b, &word, sizeof(word));
	}
	for (i = 0; i < n; i++)
		b[i] ^= key[i];
}
