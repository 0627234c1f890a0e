/* What an error means, one row for each, so that its words, its status and its
 * close code are chosen together. */
#include "err.h"

#include <stddef.h>

/* Each error has both a status and a close code, though some occur only before
 * the handshake and some only after it: then the other is the vaguest there is,
 * 500 or 1011. */
static const struct error {
	enum chat_err err;
	int status;
	int close_code;
	const char *text;
} errors[] = {
	{ CHAT_OK, 200, 1000, "no error" },
	{ CHAT_ERR_NOMEM, 503, 1011, "out of memory" },
	{ CHAT_ERR_SYSTEM, 500, 1011, "system call failed" },
	{ CHAT_ERR_ARGUMENT, 500, 1011, "invalid argument" },
	{ CHAT_ERR_LIMIT, 503, 1013, "limit reached" },
	{ CHAT_ERR_SPACE, 500, 1011, "output does not fit" },
	{ CHAT_ERR_BASE64, 400, 1011, "invalid base64" },
	{ CHAT_ERR_UTF8, 400, 1007, "invalid UTF-8" },
	{ CHAT_ERR_NAME, 400, 4500, "invalid name" },
	{ CHAT_ERR_TOKEN, 400, 1011, "invalid session token" },
	{ CHAT_ERR_JSON, 400, 1011, "invalid JSON" },
	{ CHAT_ERR_LINE, 500, 1011, "damaged line of a journal" },
	{ CHAT_ERR_HTTP_SYNTAX, 400, 1011, "malformed HTTP request" },
	{ CHAT_ERR_HTTP_TARGET, 414, 1011, "request target too long" },
	{ CHAT_ERR_HTTP_FIELDS, 431, 1011, "header section too large" },
	{ CHAT_ERR_HTTP_VERSION, 505, 1011, "HTTP version not supported" },
	{ CHAT_ERR_WS_PROTOCOL, 500, 1002, "WebSocket protocol error" },
	{ CHAT_ERR_WS_DATA, 500, 1003, "kind of data not accepted" },
	{ CHAT_ERR_WS_UTF8, 500, 1007, "text is not UTF-8" },
	{ CHAT_ERR_WS_SIZE, 500, 1009, "message too big" },
};

static const struct error unknown = { CHAT_OK, 500, 1011, "unknown error" };

/* A search, since an array indexed by the negated number would have holes.  An
 * error ends a request or a connection, so it need not be fast. */
static const struct error *
find(int err)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].err == err)
			return &errors[i];
	return &unknown;
}

const char *
chat_strerror(int err)
{
	return find(err)->text;
}

int
chat_err_status(int err)
{
	return find(err)->status;
}

int
chat_err_close_code(int err)
{
	return find(err)->close_code;
}
