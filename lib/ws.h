/*
 * ws: WebSocket messages over frames (RFC 6455, 5.4 to 5.6 and 7).
 *
 * Turns received bytes into pieces of messages and control frames, in the
 * buffer where they lie: unmasks them, checks the order of the frames, the
 * UTF-8, the close codes and the sizes.  Also writes the Close frame.  Owns no
 * memory but the struct, and copies nothing: what is not yet whole stays with
 * the caller.
 *
 * Called by input and conn, and by programs that speak WebSocket.  Not here:
 * the opening handshake (handshake.h), single headers (frame.h), what to
 * answer, deadlines, and closing the socket.
 *
 *     .----------------------.  header  .--------------------------.
 *     |        HEADER        |--------->|         PAYLOAD          |
 *     | waits for a header;  |          | hands out what is there; |
 *     | control frames are   |<---------| length bytes in all,     |
 *     | taken whole          |   last   | taken of them so far     |
 *     '----------------------'   byte   '--------------------------'
 *         | a Close     | what is forbidden      |
 *         v             v                        | not UTF-8
 *      CLOSED        FAILED <--------------------'
 */
#ifndef CHAT_WS_H
#define CHAT_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "str.h"
#include "utf8.h"

/* Stands for a Close that had no code; never sent.  RFC 6455, 7.4.1. */
#define CHAT_WS_NO_CODE 1005

/* Space for any control frame that a server sends. */
#define CHAT_WS_MAX_CONTROL (CHAT_FRAME_MAX_HEADER + CHAT_FRAME_MAX_CONTROL)

/* Which side reads.  Clients must mask, servers must not (RFC 6455, 5.1). */
enum chat_ws_role {
	CHAT_WS_SERVER, /* all frames that come in are masked */
	CHAT_WS_CLIENT, /* no frame that comes in is */
};

struct chat_ws_config {
	enum chat_ws_role role;

	/* Frames in one message.  A fragment may be empty, so a message within
	 * max_message can go on for ever: that costs no memory, but where only
	 * messages are counted it must be bounded.  0: no limit. */
	uint32_t max_fragments;

	/* Payload bytes in one message.  0: no limit. */
	uint64_t max_message;
};

enum chat_ws_state {
	CHAT_WS_HEADER,  /* a header comes next, or a control frame */
	CHAT_WS_PAYLOAD, /* in the payload of a data frame */
	CHAT_WS_CLOSED,  /* a Close was taken: nothing more will be */
	CHAT_WS_FAILED,  /* the peer broke a rule: error says which */
};

/* The state of a parser: for the functions below alone. */
struct chat_ws {
	struct chat_ws_config config;
	enum chat_ws_state state;
	int error;               /* FAILED: what every call returns */
	struct chat_frame frame; /* PAYLOAD: the one under way */
	uint64_t taken;          /* of its payload */

	/* Of the message under way.  All zero when there is none. */
	enum chat_opcode opcode;
	bool begun;         /* a DATA event of it was reported */
	uint32_t fragments; /* frames so far */
	uint64_t size;      /* payload bytes so far, as announced */
	struct chat_utf8 utf8;
};

/* Sets up ws, all zero but for a copy of config. */
void chat_ws_init(struct chat_ws *ws, const struct chat_ws_config *config);

/* Whether it is between two messages and between two frames, and has neither
 * failed nor closed.  Then it may be forgotten, since init makes the same
 * again: an idle connection needs none. */
bool chat_ws_is_idle(const struct chat_ws *ws);

enum chat_ws_kind {
	CHAT_WS_MORE, /* progress, but nothing to report */
	CHAT_WS_DATA, /* a piece of a message */
	CHAT_WS_PING, /* to be answered with a Pong of the same data */
	CHAT_WS_PONG,
	CHAT_WS_CLOSE, /* to be answered, unless one has been sent before */
};

struct chat_ws_event {
	enum chat_ws_kind kind;
	enum chat_opcode opcode; /* DATA: of the message, TEXT or BINARY */
	bool first;              /* DATA: begins the message */
	bool last;               /* DATA: ends it */
	char *data; /* unmasked, inside p; of a Close, the reason */
	size_t size;
	int code; /* CLOSE: as sent, or CHAT_WS_NO_CODE */
};

/*
 * Takes the next thing out of the n bytes at p, which follow those consumed
 * before.  Returns
 *
 *     > 0  bytes of p consumed, and *ev is set: kind always, the rest as its
 *          comment says.  ev->data lives as long as these bytes of p do.
 *       0  needs more than these n bytes; none is consumed, so they are to
 *          be there again in front of those that follow.  Never happens with
 *          CHAT_WS_MAX_CONTROL bytes or more.  Also after a Close.
 *     < 0  CHAT_ERR_WS_PROTOCOL, _UTF8 or _SIZE; so does every later call.
 *
 * p is written to where it is consumed: payload is unmasked in place.
 *
 * A frame that is wholly in p becomes one event, so a message of one frame is
 * used where it lies: first and last are both set.  Otherwise the message comes
 * as several DATA, in order, each as soon as its bytes are there.  Only the
 * last of a message may be empty.  Control frames come whole, in between.
 *
 * Text is checked as it comes: pieces may end inside a code point, and the
 * first byte that cannot be UTF-8 is an error even if its frame is not over;
 * the bytes before it in the same p are then lost.  A frame that makes a
 * message too big is an error as soon as its header is there; so is a frame too
 * many.
 *
 * At most INT32_MAX bytes are consumed by one call, however many there are.
 */
int chat_ws_next(
    struct chat_ws *ws, void *p, size_t n, struct chat_ws_event *ev);

/* Whether a Close frame may carry the code: 1000 to 1003, 1007 to 1014 and 3000
 * to 4999 (RFC 6455, 7.4, and the registry of IANA that goes with it). */
bool chat_ws_is_code(int code);

/* Writes a server's Close frame and returns its length.  The reason is cut at
 * a code point boundary to the 123 bytes that there is room for.  With
 * CHAT_WS_NO_CODE the frame is empty: that answers a Close without a code. */
size_t chat_ws_write_close(
    unsigned char dst[CHAT_WS_MAX_CONTROL], int code, struct chat_str reason);

#endif
