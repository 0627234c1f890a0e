/*
 * err: the one list of errors of the library.
 *
 * Every function that can fail returns a negative value of this enum, or NULL
 * if it returns a pointer.  A parser returns > 0 for the bytes it consumed, 0
 * when it needs more, < 0 for an error.  What an error means on the wire (an
 * HTTP status, a WebSocket close code) is written down once, here.
 *
 * Used everywhere.  Not here: the error codes of the chat protocol, see msg.h.
 */
#ifndef CHAT_ERR_H
#define CHAT_ERR_H

enum chat_err {
	CHAT_OK = 0,
	CHAT_ERR_NOMEM = -1,    /* the allocator gave nothing */
	CHAT_ERR_SYSTEM = -2,   /* a system call failed, errno says why */
	CHAT_ERR_ARGUMENT = -3, /* the caller passed what the manual forbids */
	CHAT_ERR_LIMIT = -4,    /* a limit with a name is reached */
	CHAT_ERR_SPACE = -5,    /* the output does not fit the space given */

	CHAT_ERR_BASE64 = -10, /* not canonical base64 (RFC 4648) */
	CHAT_ERR_UTF8 = -11,   /* not UTF-8 (RFC 3629) */
	CHAT_ERR_NAME = -12,   /* not a name that a user may have */
	CHAT_ERR_TOKEN = -13,  /* not a token that this secret has signed */
	CHAT_ERR_JSON = -14,   /* not JSON (RFC 8259), or beyond its limits */
	CHAT_ERR_LINE = -15,   /* not a whole line of a journal */

	CHAT_ERR_HTTP_SYNTAX = -20,  /* 400, malformed or ambiguous request */
	CHAT_ERR_HTTP_TARGET = -21,  /* 414, request target too long */
	CHAT_ERR_HTTP_FIELDS = -22,  /* 431, header section too large */
	CHAT_ERR_HTTP_VERSION = -23, /* 505, neither HTTP/1.0 nor HTTP/1.1 */

	CHAT_ERR_WS_PROTOCOL = -30, /* 1002, RFC 6455 broken */
	CHAT_ERR_WS_DATA = -31,     /* 1003, a kind of data not taken */
	CHAT_ERR_WS_UTF8 = -32,     /* 1007, text that is not UTF-8 */
	CHAT_ERR_WS_SIZE = -33,     /* 1009, message too big */
};

/* What went wrong, in English, lower case, without a full stop.  Static. */
const char *chat_strerror(int err);

/* The HTTP status that answers err (RFC 9110, section 15): 400 or a closer one
 * when what the client sent is to blame, 503 when it may come back later, 500
 * otherwise. */
int chat_err_status(int err);

/* The WebSocket close code that answers err (RFC 6455, section 7.4.1, and the
 * chat's own 4500 for a bad name): 1013 when the client may come back later,
 * 1011 when there is nothing better to say. */
int chat_err_close_code(int err);

#endif
