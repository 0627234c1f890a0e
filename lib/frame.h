/*
 * frame: the header of a WebSocket frame, and its mask (RFC 6455, 5.2).
 *
 * Headers alone: between bytes and struct chat_frame, in both directions.
 * Called by ws for what comes in, by room and core for what goes out, and by
 * programs that want frames and nothing else.  Not here: which frame may follow
 * which, what a payload holds and which side must mask, see ws.h.
 *
 *     byte 0          byte 1          0, 2 or 8      0 or 4     length
 *    +-+-+-+-+-------+-+-------------+ - - - - - - + - - - - + - - - - -
 *    |F|R|R|R|opcode |M| 0 ... 125   | 126: 16 bit | masking | payload
 *    |I|0|0|0|       |A| or 126, 127 | 127: 64 bit | key     |
 *    |N| | | |       |S|             | big-endian  |         |
 *    +-+-+-+-+-------+-+-------------+ - - - - - - + - - - - + - - - - -
 */
#ifndef CHAT_FRAME_H
#define CHAT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 6455, 11.8.  From 8 on they are control frames. */
enum chat_opcode {
	CHAT_OP_CONTINUATION = 0, /* more of the message under way */
	CHAT_OP_TEXT = 1,         /* a message of UTF-8 begins */
	CHAT_OP_BINARY = 2,       /* a message of any bytes begins */
	CHAT_OP_CLOSE = 8,
	CHAT_OP_PING = 9,
	CHAT_OP_PONG = 10,
};

/* Bytes: 2, an extended length of 8, and a masking key of 4. */
#define CHAT_FRAME_MAX_HEADER 14

/* The most bytes a control frame may carry.  RFC 6455, 5.5. */
#define CHAT_FRAME_MAX_CONTROL 125

struct chat_frame {
	enum chat_opcode opcode;
	bool fin; /* the last frame of its message */
	bool masked;
	unsigned char mask[4]; /* all zero unless masked */
	uint64_t length;       /* of the payload, in bytes, below 2^63 */
};

/* Reads the header at the start of p.  Returns its length, 2 to
 * CHAT_FRAME_MAX_HEADER, and fills f; 0 when n bytes are not all of it yet;
 * or CHAT_ERR_WS_PROTOCOL for a reserved bit or opcode, a control frame that
 * is a fragment or longer than CHAT_FRAME_MAX_CONTROL, a length that would
 * fit a shorter form or is 2^63 or more.  Each of these is reported as soon as
 * the byte that shows it is there.  Unless > 0 is returned f is left alone. */
int chat_frame_parse(struct chat_frame *f, const void *p, size_t n);

/* The bytes that chat_frame_write() needs for such a frame. */
size_t chat_frame_header_size(uint64_t length, bool masked);

/* Writes f as a header, in the shortest form, and returns its length.  Does not
 * check for what chat_frame_parse() refuses: f is the caller's own. */
size_t chat_frame_write(
    unsigned char dst[CHAT_FRAME_MAX_HEADER], const struct chat_frame *f);

/* Masks the n bytes at p in place, or unmasks them, which is the same.  They
 * begin offset bytes into the payload, so a payload may come in any pieces
 * (RFC 6455, 5.3). */
void chat_frame_mask(
    void *p, size_t n, const unsigned char mask[4], uint64_t offset);

/* Whether it is Close, Ping, Pong, or one of those yet to be defined. */
static inline bool
chat_frame_is_control(enum chat_opcode opcode)
{
	return ((unsigned)opcode & 8) != 0;
}

#endif
