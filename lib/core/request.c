/* Heads and short answers are made on the stack and copied to the queue; the
 * body of a page is shared or static, and never copied. */
#include "request.h"

#include <stdio.h>
#include <string.h>

#include "admit.h"
#include "body.h"
#include "conn.h"
#include "handshake.h"
#include "timers.h"

#define PREFIX "/ws/"

/* Bytes of all field lines of a response, with Date. */
#define MAX_FIELDS (CHAT_MAX_FIELDS + 128)

/* Bytes of the whole head. */
#define MAX_HEAD (MAX_FIELDS + 512)

/* Bytes that a question to the program counts for in a turn, because it may
 * have to look at a disk. */
#define ASKED 2048

#define PLAIN "text/plain; charset=utf-8"

/* Fields of the room's own answers, which are good for one moment. */
#define NO_STORE   "Cache-Control: no-store\r\n"
#define FOR_A_TEXT "X-Content-Type-Options: nosniff\r\n" NO_STORE

/* Writes a Date field (RFC 9110, section 5.6.7), by hand, as strftime() writes
 * days and months in the words of a locale.  Days are counted from 1 March of
 * the year 0, 719,468 days before 1970, so that a leap day is the last of its
 * year.  An era is 400 years, 146,097 days; doe, yoe and doy are the day of the
 * era, the year of the era, and the day of that year; from March on, five
 * months have 153 days.  1 January 1970 was a Thursday.  The form has no room
 * for years after 9999, and neither has this. */
static struct chat_str
write_date(char *dst, size_t cap, uint64_t wall)
{
	static const char names[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	uint64_t seconds = wall / 1000, days = seconds / 86400;
	uint64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153, day = doy - (153 * mp + 2) / 5 + 1;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;
	uint64_t year = yoe + era * 400 + (month <= 2);
	int n = snprintf(dst, cap,
	    "Date: %.3s, %02u %.3s %04u %02u:%02u:%02u GMT\r\n",
	    names + (days + 4) % 7 * 3, (unsigned)day, months + (month - 1) * 3,
	    (unsigned)year, (unsigned)(seconds / 3600 % 24),
	    (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));

	return chat_str_written(dst, (size_t)n, cap);
}

/* Date and the response's own fields; absent if they do not fit. */
static struct chat_str
write_fields(const struct chat_core *core, char dst[MAX_FIELDS],
    const struct chat_response *res)
{
	struct chat_str date = write_date(dst, MAX_FIELDS, core->now.wall);

	if (date.p == NULL || res->fields.n > MAX_FIELDS - date.n)
		return chat_str(NULL);
	if (res->fields.n > 0)
		memcpy(dst + date.n, res->fields.p, res->fields.n);
	return (struct chat_str){ dst, date.n + res->fields.n };
}

/* Lines that are not empty, each with CRLF: anything else would end the head
 * early, and what follows would be read as the body. */
static bool
are_lines(struct chat_str s)
{
	size_t i = 0, line;

	while (i < s.n) {
		for (line = i; i < s.n && strchr("\r\n", s.p[i]) == NULL; i++)
			continue;
		if (i == line || s.n - i < 2 || memcmp(s.p + i, "\r\n", 2) != 0)
			return false;
		i += 2;
	}
	return true;
}

/* As chatcore.h promises.  A program may say more than it meant. */
static bool
is_sound(const struct chat_response *res)
{
	return res->status >= 200 && res->status <= 599 &&
	    res->fields.n <= CHAT_MAX_FIELDS &&
	    chat_str(res->type).n <= CHAT_MAX_FIELDS - res->fields.n &&
	    (res->type == NULL || strpbrk(res->type, "\r\n") == NULL) &&
	    are_lines(res->fields);
}

/* Queues the head of a response.  False: it cannot be sent, and nothing was. */
static bool
send_head(struct chat_core *core, struct chat_conn *c,
    const struct chat_response *res, bool keep_alive)
{
	char fields[MAX_FIELDS], text[MAX_HEAD];
	struct chat_http_head head = { .status = res->status,
		.type = res->type,
		.length =
		    c->body != NULL ? c->body->source->length : res->body.n,
		.keep_alive = keep_alive,
		.fields = write_fields(core, fields, res) };
	struct chat_str s;

	if (!is_sound(res) || head.fields.p == NULL)
		return false;
	s = chat_str_written(text,
	    chat_http_write_head(text, sizeof(text), &head), sizeof(text));
	if (s.p != NULL)
		chat_conn_send(core, c, s);
	return s.p != NULL;
}

/* A body costs budget although it is not copied, since it has to be sent. */
static void
send_body(struct chat_core *core, struct chat_conn *c,
    const struct chat_response *res)
{
	struct chat_queue *q = &c->member.queue;

	chat_budget_spend(&core->budget, res->body.n);
	if (c->body != NULL)
		chat_body_send(core, c);
	else if (res->body.n == 0)
		return;
	else if (res->owner != NULL)
		chat_queue_share(q, &core->hub, res->owner);
	else
		chat_queue_static(q, &core->hub, res->body);
}

/* Does the response have content, and not only a length?  Bytes after one that
 * never has any would be taken for the next response. */
static bool
has_content(const struct chat_http_request *r, int status)
{
	return status != 204 && status != 304 &&
	    (r == NULL || !chat_str_is(r->method, CHAT_STR("HEAD")));
}

/* Sends the response, or a 500 in place of one that cannot be sent, and lets go
 * of its owner.  r is NULL if the request could not be parsed: then nobody
 * knows where the next one would begin.  The same is true after a body of a
 * request, which is not read. */
static void
respond(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r, const struct chat_response *res)
{
	const struct chat_response failed = { .status = 500,
		.type = PLAIN,
		.fields = CHAT_STR(FOR_A_TEXT),
		.body = chat_str(chat_http_reason(500)) };
	const struct chat_response *sent = res;
	bool keep_alive =
	    r != NULL && r->keep_alive && !r->has_body && core->close_code == 0;

	if (!send_head(core, c, res, keep_alive)) {
		chat_core_log(core, CHAT_LOG_ERROR,
		    "a response cannot be sent: status %d, %zu bytes of fields",
		    res->status, res->fields.n);
		chat_body_drop(core, c);
		sent = &failed;
		(void)send_head(core, c, sent, keep_alive); /* it is short */
	}
	if (has_content(r, sent->status))
		send_body(core, c, sent);
	else
		chat_body_drop(core, c);
	chat_bytes_free(res->owner);
	if (keep_alive)
		chat_timers_set(core, c, CHAT_TIMER_HANDSHAKE);
	else
		chat_conn_finish(core, c);
}

/* Sends the reason of a status as a short page.  fields begin with FOR_A_TEXT.
 */
static void
respond_text(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r, int status, const char *fields)
{
	const struct chat_response res = { .status = status,
		.type = PLAIN,
		.fields = chat_str(fields),
		.body = chat_str(chat_http_reason(status)) };

	respond(core, c, r, &res);
}

void
chat_request_refuse(struct chat_core *core, struct chat_conn *c, int status)
{
	respond_text(core, c, NULL, status, FOR_A_TEXT);
}

/* To a page of another name, which must not read anything; and to an operator
 * who has given us a name and not yet told us. */
static void
respond_misdirected(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r)
{
	const struct chat_response res = { .status = 421,
		.type = PLAIN,
		.fields = CHAT_STR(FOR_A_TEXT),
		.body = CHAT_STR(
		    "This server does not know the host name in the address.\n"
		    "If the name is right, it has to be set where the server "
		    "runs: chatd --host NAME\n") };

	respond(core, c, r, &res);
}

/*
 * The room's own pages
 */

/* Traffic is that of the first question in each tick, see metrics.h. */
static struct chat_metrics
shown_metrics(struct chat_core *core)
{
	uint64_t tick = core->now.mono / CHAT_METRICS_TICK + 1;
	struct chat_metrics m = core->metrics;

	if (core->shown_tick != tick) {
		core->shown = core->metrics.traffic;
		core->shown_tick = tick;
	}
	m.traffic = core->shown;
	return m;
}

static void
respond_metrics(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r)
{
	const struct chat_metrics m = shown_metrics(core);
	size_t n = chat_metrics_write(NULL, 0, &m);
	struct chat_response res = { .status = 200,
		.type = "text/plain; version=0.0.4; charset=utf-8",
		.fields = CHAT_STR(NO_STORE) };

	if ((res.owner = chat_bytes_new(&core->alloc, n + 1)) == NULL) {
		respond_text(core, c, r, 503, FOR_A_TEXT);
		return;
	}
	res.body = chat_str_written(
	    res.owner->p, chat_metrics_write(res.owner->p, n + 1, &m), n + 1);
	res.owner->n = res.body.n;
	respond(core, c, r, &res);
}

/* /healthz says how things are, always with status 200: to restart the server
 * would not mend a full disk.  /readyz says whether to send clients here. */
static void
respond_state(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r, bool ready)
{
	struct chat_response res = { .status = 200,
		.type = PLAIN,
		.fields = CHAT_STR(NO_STORE),
		.body = CHAT_STR("ok\n") };

	if (core->metrics.degraded != 0)
		res.body = CHAT_STR("degraded\n");
	if (ready && core->close_code != 0)
		res.body = CHAT_STR("draining\n");
	if (ready && (core->metrics.degraded != 0 || core->close_code != 0))
		res.status = 503;
	respond(core, c, r, &res);
}

/* Takes the source over and reads its first piece, as long as another answer
 * can be given. */
static bool
open_body(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r, const struct chat_response *res)
{
	if (!chat_body_open(core, c, res->source))
		return false;
	if (!has_content(r, res->status) || chat_body_read(core, c))
		return true;
	chat_body_drop(core, c);
	return false;
}

static void
respond_program(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r)
{
	struct chat_response res = { 0 };

	chat_budget_spend(&core->budget, ASKED);
	if (core->on_request != NULL)
		core->on_request(core->user, r, &res);
	if (res.owner != NULL) /* what is sent, whatever body says */
		res.body = (struct chat_str){ res.owner->p, res.owner->n };
	if (res.status == 0)
		respond_text(core, c, r, 404, FOR_A_TEXT);
	else if (res.source != NULL && !open_body(core, c, r, &res))
		respond_text(core, c, r, 503, FOR_A_TEXT);
	else
		respond(core, c, r, &res);
}

/*
 * The opening handshake
 */

/* Bytes of a field in a log line. */
#define SHOWN 128

static int
shown(struct chat_str s)
{
	return s.n < SHOWN ? (int)s.n : SHOWN;
}

/* Browsers send the origin of the page that asks, and no page can change it: so
 * pages from elsewhere cannot use the room through the browsers of their
 * readers.  A client that sends none is not a browser, and could send any. */
static bool
is_allowed_origin(struct chat_core *core, const struct chat_http_request *r)
{
	struct chat_str origin = chat_http_field(r, "Origin");

	if (chat_gate_lets_in(&core->gate, origin, r->host))
		return true;
	chat_core_log(core, CHAT_LOG_WARNING,
	    "refused a page of origin %.*s at host %.*s (see allow-origin)",
	    shown(origin), origin.p, shown(r->host), r->host.p);
	return false;
}

/* As in frames: a number of the log may have 16 digits. */
static bool
parse_number(uint64_t *out, struct chat_str s)
{
	const struct chat_json_value v = { CHAT_JSON_NUMBER, s };

	return s.n > 0 && chat_json_uint(out, &v) == CHAT_OK;
}

/* A position that cannot be read counts as one that the log never had: the
 * client is told of a gap, and not that it has missed nothing. */
static void
parse_position(struct chat_join *join, struct chat_str s)
{
	join->has_after = true;
	if (!parse_number(&join->after, s))
		join->after = UINT64_MAX;
}

static void
parse_query(struct chat_join *join, struct chat_str query)
{
	struct chat_str key, value;

	while (chat_http_query_next(&query, &key, &value)) {
		if (chat_str_is(key, CHAT_STR("session")))
			join->session = value;
		else if (chat_str_is(key, CHAT_STR("after")))
			parse_position(join, value);
		else if (chat_str_is(key, CHAT_STR("history")))
			join->has_history = parse_number(&join->history, value);
	}
}

/* Joins, or returns the code to refuse the join with; then *retry_after is the
 * time in ms after which to try again, 0 if that would not help. */
static enum chat_msg_code
join(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r, uint32_t *retry_after)
{
	const struct chat_limits *l = &core->limits;
	struct chat_join join = { .session = { NULL, 0 } };
	struct chat_str name = { r->path.p + strlen(PREFIX),
		r->path.n - strlen(PREFIX) };
	char decoded[CHAT_NAME_MAX];
	int n = chat_http_decode(decoded, sizeof(decoded), name);

	if (core->close_code != 0 || chat_admit_is_full(core, c)) {
		*retry_after = chat_admit_retry_after(core);
		return CHAT_FULL;
	}
	if (c->member.address != NULL)
		*retry_after = chat_rate_take(&c->member.address->joins,
		    l->join_rate, l->join_burst, core->now.mono);
	if (*retry_after > 0)
		return CHAT_RATE_LIMITED;
	/* A name that cannot be decoded, or is too long, is refused as an empty
	 * one is. */
	join.name = (struct chat_str){ decoded, n < 0 ? 0 : (size_t)n };
	parse_query(&join, r->query);
	return chat_room_join(&core->room, &c->member, &join);
}

/* The handshake succeeds before it is known whether the client may join: of a
 * handshake that fails, a browser tells its page nothing, but it passes on what
 * an open WebSocket says, and its close code. */
static void
upgrade(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r, const struct chat_handshake *h)
{
	const char *protocol =
	    chat_handshake_offers(r, "chat.v1") ? "chat.v1" : NULL;
	enum chat_msg_code code;
	uint32_t retry_after = 0;
	char text[MAX_HEAD];

	struct chat_str head = chat_str_written(text,
	    chat_handshake_write(text, sizeof(text), h, protocol),
	    sizeof(text));

	if (head.p == NULL) {
		chat_conn_die(core, c);
		return;
	}
	chat_conn_send(core, c, head);
	chat_conn_open(core, c);
	code = join(core, c, r, &retry_after);
	if (code == CHAT_MSG_OK)
		return;
	core->metrics.refused++;
	chat_tell_error(
	    &core->room, &c->member, code, chat_str(NULL), retry_after);
	/* 1013, "Try Again Later"; with a bad name that would not help. */
	chat_conn_close(core, c, code == CHAT_BAD_NAME ? 4500 : 1013,
	    chat_str(chat_msg_code_name(code)));
}

static void
shake_hands(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r)
{
	struct chat_handshake h;
	int status = chat_handshake_check(&h, r);

	if (status == 101 && !is_allowed_origin(core, r))
		status = 403;
	if (status == 101)
		upgrade(core, c, r, &h);
	else if (status == 426)
		respond_text(core, c, r, status,
		    FOR_A_TEXT "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			       "Sec-WebSocket-Version: 13\r\n");
	else
		respond_text(core, c, r, status,
		    status == 405 ? FOR_A_TEXT "Allow: GET\r\n" : FOR_A_TEXT);
}

/* Is the request for a host that is ours?  A client that names none, as those
 * of HTTP/1.0 need not, is no browser. */
static bool
is_known_host(struct chat_core *core, const struct chat_http_request *r)
{
	if (r->host.p == NULL || chat_gate_knows(&core->gate, r->host))
		return true;
	chat_core_log(core, CHAT_LOG_WARNING,
	    "unknown host %.*s in a request (if it is this server, see host)",
	    shown(r->host), r->host.p);
	return false;
}

void
chat_request_answer(struct chat_core *core, struct chat_conn *c,
    const struct chat_http_request *r)
{
	if (!is_known_host(core, r))
		respond_misdirected(core, c, r);
	else if (r->path.n >= strlen(PREFIX) &&
	    memcmp(r->path.p, PREFIX, strlen(PREFIX)) == 0)
		shake_hands(core, c, r);
	else if (!chat_str_is(r->method, CHAT_STR("GET")) &&
	    !chat_str_is(r->method, CHAT_STR("HEAD")))
		respond_text(
		    core, c, r, 405, FOR_A_TEXT "Allow: GET, HEAD\r\n");
	else if (chat_str_is(r->path, CHAT_STR("/healthz")))
		respond_state(core, c, r, false);
	else if (chat_str_is(r->path, CHAT_STR("/readyz")))
		respond_state(core, c, r, true);
	else if (chat_str_is(r->path, CHAT_STR("/metrics")))
		respond_metrics(core, c, r);
	else
		respond_program(core, c, r);
}
