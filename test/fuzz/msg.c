/*
 * msg: any bytes as a JSON text and as a message.  What is accepted has
 * to be what the headers promise, and to survive being written and read again.
 * Replayed by main.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "msg.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
expect(bool truth)
{
	if (!truth)
		abort();
}

/* A copy that ends where its memory ends. */
static char *
copy(const void *p, size_t n)
{
	char *to = calloc(1, n > 0 ? n : 1);

	expect(to != NULL);
	if (n > 0)
		memcpy(to, p, n);
	return to;
}

static bool
is_utf8(struct chat_str s)
{
	struct chat_utf8 u = { 0 };

	return chat_utf8_feed(&u, s.p, s.n) == CHAT_OK &&
	    chat_utf8_is_complete(&u);
}

/*
 * JSON
 */

/* Is there an escape as \ud83c? */
static bool
has_surrogate(struct chat_str s)
{
	for (; s.n >= 3; s.p++, s.n--)
		if (memcmp(s.p, "\\u", 2) == 0 &&
		    (s.p[2] == 'd' || s.p[2] == 'D'))
			return true;
	return false;
}

/* A string is UTF-8, no longer than it was, the same when its escapes are
 * removed in place, and the same when it is written and read again. */
static void
check_string(const struct chat_json_value *v)
{
	size_t cap = v->raw.n - 2;
	char *text = copy(v->raw.p, v->raw.n), *dst = copy(v->raw.p, cap);
	struct chat_json_value again = { v->type, { text, v->raw.n } };
	struct chat_json_writer w = { .p = NULL };
	int n = chat_json_string(dst, cap, v);
	struct chat_str s = { dst, (size_t)n };

	if (n == CHAT_ERR_JSON) {
		expect(has_surrogate(v->raw));
		free(text);
		free(dst);
		return;
	}
	expect(n >= 0 && s.n <= cap);
	expect(is_utf8(s));
	expect(chat_json_is(v, s));
	expect(n == 0 || chat_json_string(dst, s.n - 1, v) == CHAT_ERR_SPACE);
	expect(chat_json_string(dst, s.n, v) == n);
	expect(chat_json_string(text + 1, cap, &again) == n);
	expect(memcmp(text + 1, dst, s.n) == 0);
	free(text);

	chat_json_write_string(&w, s);
	w = (struct chat_json_writer){ .p = malloc(w.n), .cap = w.n };
	expect(w.p != NULL);
	chat_json_write_string(&w, s);
	expect(w.n == w.cap);
	expect(chat_json_check(&again, w.p, w.n) == CHAT_OK);
	expect(chat_json_is(&again, s));
	free(w.p);
	free(dst);
}

/* An integer is written as it was read. */
static void
check_number(const struct chat_json_value *v)
{
	char digits[20];
	struct chat_json_writer w = { .p = digits, .cap = sizeof(digits) };
	uint64_t u;

	if (chat_json_uint(&u, v) != CHAT_OK)
		return;
	expect(u <= CHAT_JSON_MAX_UINT);
	chat_json_write_uint(&w, u);
	expect(chat_str_is((struct chat_str){ digits, w.n }, v->raw));
}

/* Each value in a text is a text by itself. */
static void
check_value(const struct chat_json_value *v)
{
	struct chat_json_members m = chat_json_members(v);
	struct chat_json_value key, member, again;
	size_t n;

	expect(chat_json_check(&again, v->raw.p, v->raw.n) == CHAT_OK);
	expect(again.type == v->type && again.raw.n == v->raw.n);
	if (v->type == CHAT_JSON_STRING)
		check_string(v);
	if (v->type == CHAT_JSON_NUMBER)
		check_number(v);
	for (n = 0; chat_json_next(&m, &key, &member); n++) {
		expect((key.raw.p != NULL) == (v->type == CHAT_JSON_OBJECT));
		if (key.raw.p != NULL)
			check_string(&key);
		check_value(&member);
	}
	expect(v->type != CHAT_JSON_OBJECT || n <= CHAT_JSON_MAX_MEMBERS);
	expect(n == 0 || m.p == m.end);
}

/* Pulling from bytes that were not checked does not lead out of them. */
static void
pull_unchecked(const char *p, size_t n, enum chat_json_type type)
{
	struct chat_json_value v = { type, { p, n } }, key;
	struct chat_json_members m;

	if (n < 2)
		return;
	for (m = chat_json_members(&v); chat_json_next(&m, &key, &v);)
		expect(v.raw.p > p && v.raw.p + v.raw.n < p + n);
}

/*
 * Messages
 */

/* An absent string is fine. */
static void
check_text(struct chat_str s, size_t least)
{
	if (s.p == NULL)
		return;
	expect(s.n >= least && is_utf8(s));
	expect(memchr(s.p, '\0', s.n) == NULL);
}

/* A text takes at most two bytes for each of its own when it is written. */
static void
check_size(struct chat_str s)
{
	struct chat_json_writer w = { .p = NULL };

	chat_json_write_string(&w, s);
	expect(w.n <= 2 * s.n + 2);
}

static void
check_msg(const struct chat_msg *m, const struct chat_msg_limits *l)
{
	check_text(m->to, 1);
	check_text(m->text, 1);
	check_text(m->after, 0);
	switch (m->type) {
	case CHAT_MSG_MESSAGE:
		expect(m->text.p != NULL);
		expect(chat_utf8_count(m->text.p, m->text.n) <= l->text);
		check_size(m->text);
		break;
	case CHAT_MSG_HISTORY:
		expect(m->before <= CHAT_JSON_MAX_UINT);
		expect(m->limit >= 1 && m->limit <= l->history);
		break;
	case CHAT_MSG_TYPING:
	case CHAT_MSG_USERS:
	case CHAT_MSG_PING:
		break;
	}
}

static void
parse_msg(const uint8_t *p, size_t n, bool is_json)
{
	const struct chat_msg_limits limits = {
		.text = 40, .ref = 64, .history = 100
	};
	char *text = copy(p, n);
	struct chat_msg m;
	enum chat_msg_code code = chat_msg_parse(&m, text, n, &limits);

	expect(code <= CHAT_TOO_LONG);
	expect((code != CHAT_BAD_JSON) == is_json);
	expect(is_json || m.ref.p == NULL);
	check_text(m.ref, 1);
	expect(m.ref.n <= limits.ref);
	if (code == CHAT_MSG_OK)
		check_msg(&m, &limits);
	free(text);
}

/* An absent string comes back absent. */
static void
expect_same(struct chat_str a, struct chat_str b)
{
	expect((a.p == NULL) == (b.p == NULL) && chat_str_is(a, b));
}

static void
expect_same_entry(const struct chat_entry *a, const struct chat_entry *b)
{
	expect(a->kind == b->kind && a->is_private == b->is_private);
	expect(a->seq == b->seq && a->time == b->time);
	expect_same(a->from, b->from);
	expect_same(a->to, b->to);
	expect_same(a->by, b->by);
	expect_same(a->ref, b->ref);
	expect_same(a->text, b->text);
}

static void
parse_entry(const uint8_t *p, size_t n)
{
	char *text = copy(p, n);
	struct chat_entry e, again;
	struct chat_json_writer w = { .p = NULL };

	if (chat_msg_parse_entry(&e, text, n) == CHAT_OK) {
		chat_msg_write_entry(&w, &e);
		w = (struct chat_json_writer){ .p = malloc(w.n), .cap = w.n };
		expect(w.p != NULL);
		chat_msg_write_entry(&w, &e);
		expect(w.n == w.cap);
		expect(chat_msg_parse_entry(&again, w.p, w.n) == CHAT_OK);
		expect_same_entry(&e, &again);
		free(w.p);
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct chat_json_value v;
	char *text = copy(p, n);
	bool is_json = chat_json_check(&v, text, n) == CHAT_OK;

	if (is_json)
		check_value(&v);
	pull_unchecked(text, n, CHAT_JSON_OBJECT);
	free(text);
	parse_msg(p, n, is_json);
	parse_entry(p, n);
	return 0;
}
