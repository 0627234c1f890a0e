/*
 * Any bytes, in any pieces, tell the same story.  main.c replays the corpus.
 *
 * An input is one byte of configuration, one that says in what pieces the rest
 * comes, and the rest: what a peer sends.  It is taken as a whole and in these
 * pieces, each in memory of its own size, and what is told must be the same:
 * messages, control frames, the error at the end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int what)
{
	if (!what)
		abort();
}

/* What was told: a record of kind, opcode and bytes for each message and each
 * control frame; and the message under way. */
struct story {
	char *told, *part;
	size_t told_n, part_n;
	int error;
};

/* Every byte told was received, and a record has a head of eight. */
static void
init(struct story *s, size_t n)
{
	memset(s, 0, sizeof(*s));
	s->told = malloc(n * 8 + 8);
	s->part = malloc(n + 1);
	must(s->told != NULL && s->part != NULL);
}

static void
release(struct story *s)
{
	free(s->told);
	free(s->part);
}

static void
tell(struct story *s, int kind, int code, const char *data, size_t n)
{
	char head[8] = { (char)kind, (char)(code >> 8), (char)code, (char)n,
		(char)(n >> 8), (char)(n >> 16) };

	memcpy(s->told + s->told_n, head, sizeof(head));
	memcpy(s->told + s->told_n + sizeof(head), data, n);
	s->told_n += sizeof(head) + n;
}

static void
tell_event(struct story *s, const struct chat_ws_event *ev)
{
	if (ev->kind == CHAT_WS_MORE)
		return;
	if (ev->kind != CHAT_WS_DATA) {
		must(ev->size <= CHAT_FRAME_MAX_CONTROL);
		must(ev->kind != CHAT_WS_CLOSE || ev->code == CHAT_WS_NO_CODE ||
		    chat_ws_is_code(ev->code));
		tell(s, (int)ev->kind, ev->kind == CHAT_WS_CLOSE ? ev->code : 0,
		    ev->data, ev->size);
		return;
	}
	must(ev->size > 0 || ev->last);
	must(!ev->first || s->part_n == 0);
	memcpy(s->part + s->part_n, ev->data, ev->size);
	s->part_n += ev->size;
	if (!ev->last)
		return;
	tell(s, CHAT_WS_DATA, (int)ev->opcode, s->part, s->part_n);
	s->part_n = 0;
}

/* Takes what it can of a copy of the n bytes at p.  Returns how much. */
static size_t
take(struct chat_ws *ws, struct story *s, const uint8_t *p, size_t n)
{
	char *copy = malloc(n > 0 ? n : 1);
	struct chat_ws_event ev;
	size_t taken = 0;
	int result;

	must(copy != NULL);
	memcpy(copy, p, n);
	while ((result = chat_ws_next(ws, copy + taken, n - taken, &ev)) > 0) {
		taken += (size_t)result;
		must(taken <= n);
		tell_event(s, &ev);
	}
	must(result < 0 || ws->state == CHAT_WS_CLOSED ||
	    n - taken < CHAT_WS_MAX_CONTROL);
	must(chat_ws_next(ws, copy + taken, n - taken, &ev) == result);
	s->error = result;
	free(copy);
	return taken;
}

static void
feed(struct story *s, const struct chat_ws_config *config, const uint8_t *p,
    size_t n, size_t step)
{
	size_t begin = 0, end = 0;
	struct chat_ws ws;

	chat_ws_init(&ws, config);
	while (end < n && s->error == 0) {
		end = n - end > step ? end + step : n;
		begin += take(&ws, s, p + begin, end - begin);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct chat_ws_config config = { CHAT_WS_SERVER, 0, 0 };
	struct story whole, pieces;
	size_t step;

	if (n < 2)
		return 0;
	config.role = (p[0] & 1) != 0 ? CHAT_WS_CLIENT : CHAT_WS_SERVER;
	config.max_fragments = (p[0] & 2) != 0 ? 3 : 0;
	config.max_message = (p[0] & 4) != 0 ? 40 : 0;
	step = (size_t)p[1] + 1;
	p += 2;
	n -= 2;
	init(&whole, n);
	init(&pieces, n);
	feed(&whole, &config, p, n, n);
	feed(&pieces, &config, p, n, step);
	must(whole.error == pieces.error);
	must(whole.told_n == pieces.told_n);
	must(memcmp(whole.told, pieces.told, whole.told_n) == 0);
	release(&whole);
	release(&pieces);
	return 0;
}
