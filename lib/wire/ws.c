/* The parser keeps counts and the header under way, but no bytes: payload is
 * unmasked and handed out where the caller has it.  Section numbers are those
 * of RFC 6455. */
#include "ws.h"

#include "err.h"

#include <string.h>

void
chat_ws_init(struct chat_ws *ws, const struct chat_ws_config *config)
{
	memset(ws, 0, sizeof(*ws));
	ws->config = *config;
}

bool
chat_ws_is_idle(const struct chat_ws *ws)
{
	return ws->state == CHAT_WS_HEADER && ws->fragments == 0;
}

/* 1004 is undefined, 1005, 1006 and 1015 only stand for what was not sent, and
 * 1016 to 2999 are for the protocol to define. */
bool
chat_ws_is_code(int code)
{
	return (code >= 1000 && code <= 1003) ||
	    (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/* The only place that assigns the state, so that a debugger has one to stop
 * at. */
static void
enter(struct chat_ws *ws, enum chat_ws_state state)
{
	ws->state = state;
}

/* After one error nothing that follows can be understood, so it stays. */
static int
fail(struct chat_ws *ws, int error)
{
	ws->error = error;
	enter(ws, CHAT_WS_FAILED);
	return error;
}

/* Counts the data frame f into its message.  CHAT_OK, or the rule it breaks.
 * size never exceeds max, so the difference does not wrap; the number of
 * fragments stays at the greatest one instead of becoming 0 again. */
static int
begin_data(struct chat_ws *ws, const struct chat_frame *f)
{
	const struct chat_ws_config *c = &ws->config;
	uint64_t max = c->max_message == 0 ? UINT64_MAX : c->max_message;
	bool continues = f->opcode == CHAT_OP_CONTINUATION;

	if (continues != (ws->fragments > 0))
		return CHAT_ERR_WS_PROTOCOL;
	if (f->length > max - ws->size)
		return CHAT_ERR_WS_SIZE;
	if (c->max_fragments != 0 && ws->fragments == c->max_fragments)
		return CHAT_ERR_WS_SIZE;
	if (!continues)
		ws->opcode = f->opcode;
	if (ws->fragments < UINT32_MAX)
		ws->fragments++;
	ws->size += f->length;
	ws->frame = *f;
	ws->taken = 0;
	return CHAT_OK;
}

/* Forgets the message that is over, so that the next one finds all zero. */
static void
end_message(struct chat_ws *ws)
{
	ws->opcode = CHAT_OP_CONTINUATION;
	ws->begun = false;
	ws->fragments = 0;
	ws->size = 0;
	memset(&ws->utf8, 0, sizeof(ws->utf8));
}

/* Takes what there is of the payload under way, n bytes at p at most.  A code
 * point may be cut by frames, but not by the end of the message (5.6). */
static int
next_payload(struct chat_ws *ws, char *p, size_t n, struct chat_ws_event *ev)
{
	uint64_t left = ws->frame.length - ws->taken;
	bool ends = left <= n;
	bool last = ends && ws->frame.fin;

	if (ends)
		n = (size_t)left;
	if (ws->frame.masked)
		chat_frame_mask(p, n, ws->frame.mask, ws->taken);
	if (ws->opcode == CHAT_OP_TEXT &&
	    (chat_utf8_feed(&ws->utf8, p, n) != CHAT_OK ||
		(last && !chat_utf8_is_complete(&ws->utf8))))
		return fail(ws, CHAT_ERR_WS_UTF8);
	ws->taken += n;
	/* An empty piece tells nothing, unless it is the end of the message. */
	if (n > 0 || last) {
		ev->kind = CHAT_WS_DATA;
		ev->opcode = ws->opcode;
		ev->first = !ws->begun;
		ev->last = last;
		ev->data = p;
		ev->size = n;
		ws->begun = true;
	}
	if (last)
		end_message(ws);
	enter(ws, ends ? CHAT_WS_HEADER : CHAT_WS_PAYLOAD);
	return (int)n;
}

/* The payload of a Close: nothing, or a code and a reason.  RFC 6455, 5.5.1. */
static int
parse_close(struct chat_ws_event *ev)
{
	const unsigned char *b = (const unsigned char *)ev->data;
	struct chat_utf8 utf8;

	ev->code = CHAT_WS_NO_CODE; /* stands for none */
	if (ev->size == 0)
		return CHAT_OK;
	if (ev->size == 1) /* half a code */
		return CHAT_ERR_WS_PROTOCOL;
	ev->code = b[0] << 8 | b[1];
	ev->data += 2;
	ev->size -= 2;
	if (!chat_ws_is_code(ev->code))
		return CHAT_ERR_WS_PROTOCOL;
	memset(&utf8, 0, sizeof(utf8));
	if (chat_utf8_feed(&utf8, ev->data, ev->size) != CHAT_OK ||
	    !chat_utf8_is_complete(&utf8))
		return CHAT_ERR_WS_UTF8;
	return CHAT_OK;
}

/* Takes a control frame, whose payload is f->length bytes at p.  It may come
 * between the frames of a message, and touches nothing of that.  An unmasked
 * one has a mask of zeros. */
static int
take_control(struct chat_ws *ws, const struct chat_frame *f, char *p,
    struct chat_ws_event *ev)
{
	int error;

	chat_frame_mask(p, (size_t)f->length, f->mask, 0);
	ev->kind = f->opcode == CHAT_OP_PING ? CHAT_WS_PING : CHAT_WS_PONG;
	ev->data = p;
	ev->size = (size_t)f->length;
	if (f->opcode != CHAT_OP_CLOSE)
		return CHAT_OK;
	ev->kind = CHAT_WS_CLOSE;
	if ((error = parse_close(ev)) != CHAT_OK)
		return fail(ws, error);
	enter(ws, CHAT_WS_CLOSED);
	return CHAT_OK;
}

/* A control frame is taken when it is all there: it is short, and so nothing
 * has to be kept of it.  Of a data frame, what is there is handed out with
 * it. */
static int
next_header(struct chat_ws *ws, char *p, size_t n, struct chat_ws_event *ev)
{
	struct chat_frame f;
	int size, taken;

	size = chat_frame_parse(&f, p, n);
	if (size == 0)
		return 0;
	if (size < 0)
		return fail(ws, size);
	if (f.masked != (ws->config.role == CHAT_WS_SERVER))
		return fail(ws, CHAT_ERR_WS_PROTOCOL);
	p += size;
	n -= (size_t)size;

	if (chat_frame_is_control(f.opcode)) {
		if (n < f.length) /* the header will be read again */
			return 0;
		taken = take_control(ws, &f, p, ev);
		return taken < 0 ? taken : size + (int)f.length;
	}
	if ((taken = begin_data(ws, &f)) != CHAT_OK)
		return fail(ws, taken);
	taken = next_payload(ws, p, n, ev);
	return taken < 0 ? taken : size + taken;
}

int
chat_ws_next(struct chat_ws *ws, void *p, size_t n, struct chat_ws_event *ev)
{
	/* The result is an int.  The bytes beyond are for the next call. */
	if (n > INT32_MAX)
		n = INT32_MAX;
	ev->kind = CHAT_WS_MORE;
	switch (ws->state) {
	case CHAT_WS_HEADER:
		return next_header(ws, p, n, ev);
	case CHAT_WS_PAYLOAD:
		return n == 0 ? 0 : next_payload(ws, p, n, ev);
	case CHAT_WS_CLOSED:
		return 0;
	case CHAT_WS_FAILED:
		return ws->error;
	}
	return CHAT_ERR_ARGUMENT;
}

/* The most bytes of s, up to cap, that do not end inside a code point: the byte
 * after them must not continue one. */
static size_t
cut(struct chat_str s, size_t cap)
{
	if (s.n <= cap)
		return s.n;
	while (cap > 0 && ((unsigned char)s.p[cap] & 0xc0) == 0x80)
		cap--;
	return cap;
}

size_t
chat_ws_write_close(
    unsigned char dst[CHAT_WS_MAX_CONTROL], int code, struct chat_str reason)
{
	struct chat_frame f = { .opcode = CHAT_OP_CLOSE, .fin = true };
	size_t size = cut(reason, CHAT_FRAME_MAX_CONTROL - 2);
	size_t header;

	if (code == CHAT_WS_NO_CODE)
		return chat_frame_write(dst, &f);
	f.length = 2 + size;
	header = chat_frame_write(dst, &f);
	dst[header] = (unsigned char)(code >> 8);
	dst[header + 1] = (unsigned char)code;
	if (size > 0)
		memcpy(dst + header + 2, reason.p, size);
	return header + 2 + size;
}
