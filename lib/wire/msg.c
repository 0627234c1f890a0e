/* A message is read in two steps: collect() checks the JSON and notes where
 * each known member is; the function of its type, in the table of types, then
 * reads the members that it has.  Members are found by name in one table for
 * all types, so a new one is a line there and one in the function. */
#include "msg.h"

#include "err.h"
#include "utf8.h"

/* The names are the protocol's, and the sentences are for people: clients with
 * words of their own go by the names. */
static const struct {
	const char *name;
	const char *text;
} codes[CHAT_MSG_CODES] = {
	[CHAT_MSG_OK] = { "ok", "All is well." },
	[CHAT_BAD_JSON] = { "bad_json", "This is not valid JSON." },
	[CHAT_BAD_REQUEST] = { "bad_request", "This is no valid message." },
	[CHAT_EMPTY] = { "empty", "There is nothing to read in this text." },
	[CHAT_TOO_LONG] = { "too_long", "This text is too long." },
	[CHAT_OFFLINE] = { "offline", "The recipient is not online." },
	[CHAT_RATE_LIMITED] = { "rate_limited", "Too fast; wait a moment." },
	[CHAT_STORAGE] = { "storage",
	    "It may not have been stored; try again." },
	[CHAT_REF_USED] = { "ref_used", "This ref was another message's." },
	[CHAT_BAD_NAME] = { "bad_name", "This name cannot be used." },
	[CHAT_FULL] = { "full", "The room is full; try again later." },
	[CHAT_REFUSED] = { "refused", "Joining is not allowed." },
};

const char *
chat_msg_code_name(enum chat_msg_code code)
{
	return codes[code].name;
}

const char *
chat_msg_code_text(enum chat_msg_code code)
{
	return codes[code].text;
}

/*
 * Reading
 */

/* The members that some message has. */
enum field {
	TYPE,
	SEQ,
	TIME,
	FROM,
	TO,
	BY,
	REF,
	TEXT,
	ACTIVE,
	BEFORE,
	LIMIT,
	AFTER,
	FIELDS
};

static const char *const fields[FIELDS] = {
	[TYPE] = "type",
	[SEQ] = "seq",
	[TIME] = "time",
	[FROM] = "from",
	[TO] = "to",
	[BY] = "by",
	[REF] = "ref",
	[TEXT] = "text",
	[ACTIVE] = "active",
	[BEFORE] = "before",
	[LIMIT] = "limit",
	[AFTER] = "after",
};

/* An object in a text that will be overwritten, and its members.  They point to
 * the text as const; p is the right to write to it. */
struct message {
	char *p;
	struct chat_json_value members[FIELDS];
	const char *wrong; /* what is wrong with a bad request */
};

static bool
has(const struct message *in, enum field f)
{
	return in->members[f].raw.p != NULL;
}

/* The field of that name; FIELDS: it is unknown, and ignored. */
static int
find(const struct chat_json_value *key)
{
	int f;

	for (f = 0; f < FIELDS; f++)
		if (chat_json_is(key, chat_str(fields[f])))
			break;
	return f;
}

/* Collects the members there are.  No strings are touched yet, as the whole
 * object has to be walked before its type is known.  No member comes twice:
 * chat_json_check() has seen to that.  Without an object there are no members,
 * and so no type, which the caller refuses. */
static int
collect(struct message *in, char *p, size_t n)
{
	struct chat_json_members m;
	struct chat_json_value v, key;
	int f;

	*in = (struct message){ .p = p };
	if (chat_json_check(&v, p, n) != CHAT_OK)
		return CHAT_ERR_JSON;
	if (v.type != CHAT_JSON_OBJECT)
		return CHAT_OK;
	for (m = chat_json_members(&v); chat_json_next(&m, &key, &v);)
		if ((f = find(&key)) < FIELDS)
			in->members[f] = v;
	return CHAT_OK;
}

/*
 * Each of these reads a member and returns whether its value can be what it
 * should be.  An absent member can, and leaves *s, *u or *b as it was.
 */

/* Reads a string in place: without quotes and escapes it is never longer. */
static bool
read_string(const struct message *in, enum field f, struct chat_str *s)
{
	const struct chat_json_value *v = &in->members[f];
	char *dst;
	int n;

	if (!has(in, f))
		return true;
	dst = in->p + (v->raw.p - in->p) + 1;
	n = chat_json_string(dst, v->raw.n - 1, v);
	if (n < 0)
		return false;
	*s = (struct chat_str){ dst, (size_t)n };
	return true;
}

/* Reads a string from a client, which may not have a U+0000: too many programs
 * end a string there. */
static bool
read_text(const struct message *in, enum field f, struct chat_str *s)
{
	return read_string(in, f, s) &&
	    (!has(in, f) || memchr(s->p, '\0', s->n) == NULL);
}

static bool
read_uint(const struct message *in, enum field f, uint64_t *u)
{
	return !has(in, f) || chat_json_uint(u, &in->members[f]) == CHAT_OK;
}

static bool
read_bool(const struct message *in, enum field f, bool *b)
{
	enum chat_json_type type = in->members[f].type;

	if (!has(in, f))
		return true;
	*b = type == CHAT_JSON_TRUE;
	return type == CHAT_JSON_TRUE || type == CHAT_JSON_FALSE;
}

static bool
read_ref(const struct message *in, struct chat_str *ref, size_t max)
{
	struct chat_str s;

	if (!has(in, REF))
		return true;
	/* Not into *ref, which stays absent unless the ref is valid: a refusal
	 * repeats it. */
	if (!read_text(in, REF, &s) || s.n == 0 || s.n > max)
		return false;
	*ref = s;
	return true;
}

/* Nobody has an empty name.  It is refused here, so that nothing later on can
 * mistake it for an absent one, and a private message for a public one. */
static bool
read_to(const struct message *in, struct chat_str *to)
{
	return read_text(in, TO, to) && (!has(in, TO) || to->n > 0);
}

static bool
is_blank(struct chat_str s)
{
	uint32_t cp;
	int n;

	for (; s.n > 0; s.p += n, s.n -= (size_t)n) {
		n = chat_utf8_next(s.p, s.n, &cp);
		if (n <= 0 || !chat_utf8_is_blank(cp))
			return false;
	}
	return true;
}

/* Is there a control character of ASCII that a text has no use for?  In JSON
 * each takes six bytes, so a text of them would take six times the memory of
 * one that can be read. */
static bool
has_control(struct chat_str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t' &&
		    s.p[i] != '\n' && s.p[i] != '\r')
			return true;
	return false;
}

/* What is wrong is said to whoever wrote the client. */
static enum chat_msg_code
bad(struct message *in, const char *what)
{
	in->wrong = what;
	return CHAT_BAD_REQUEST;
}

static const char bad_to[] = "to has to be a name.";

static enum chat_msg_code
read_message(
    struct chat_msg *m, struct message *in, const struct chat_msg_limits *l)
{
	if (!read_to(in, &m->to))
		return bad(in, bad_to);
	if (!has(in, TEXT))
		return bad(in, "text is missing.");
	if (!read_text(in, TEXT, &m->text))
		return bad(in,
		    "text has to be a string, without U+0000 and halves of "
		    "characters.");
	/* In this order: a blank text is refused as empty, at any length. */
	if (is_blank(m->text))
		return CHAT_EMPTY;
	if (has_control(m->text))
		return bad(in,
		    "text may have no control characters but tab, line feed "
		    "and carriage return.");
	if (chat_utf8_count(m->text.p, m->text.n) > l->text)
		return CHAT_TOO_LONG;
	return CHAT_MSG_OK;
}

static enum chat_msg_code
read_typing(
    struct chat_msg *m, struct message *in, const struct chat_msg_limits *l)
{
	(void)l;
	m->active = true;
	if (!read_to(in, &m->to))
		return bad(in, bad_to);
	if (!read_bool(in, ACTIVE, &m->active))
		return bad(in, "active has to be true or false.");
	return CHAT_MSG_OK;
}

static enum chat_msg_code
read_history(
    struct chat_msg *m, struct message *in, const struct chat_msg_limits *l)
{
	uint64_t limit = CHAT_MSG_HISTORY_LIMIT;

	m->before = CHAT_JSON_MAX_UINT;
	if (!read_uint(in, BEFORE, &m->before))
		return bad(in, "before has to be a number of an entry.");
	if (!read_uint(in, LIMIT, &limit) || limit < 1)
		return bad(in, "limit has to be a number, at least 1.");
	if (l->history == 0)
		return bad(in, "This server has turned history off.");
	m->limit = (uint32_t)(limit < l->history ? limit : l->history);
	return CHAT_MSG_OK;
}

static enum chat_msg_code
read_users(
    struct chat_msg *m, struct message *in, const struct chat_msg_limits *l)
{
	(void)l;
	if (!read_text(in, AFTER, &m->after))
		return bad(in, "after has to be a name.");
	return CHAT_MSG_OK;
}

static enum chat_msg_code
read_ping(
    struct chat_msg *m, struct message *in, const struct chat_msg_limits *l)
{
	(void)m;
	(void)in;
	(void)l;
	return CHAT_MSG_OK;
}

static const struct type {
	enum chat_msg_type type;
	const char *name;
	enum chat_msg_code (*read)(struct chat_msg *m, struct message *in,
	    const struct chat_msg_limits *l);
} types[] = {
	{ CHAT_MSG_MESSAGE, "message", read_message },
	{ CHAT_MSG_TYPING, "typing", read_typing },
	{ CHAT_MSG_HISTORY, "history", read_history },
	{ CHAT_MSG_USERS, "users", read_users },
	{ CHAT_MSG_PING, "ping", read_ping },
};

static const struct type *
find_type(const struct message *in)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (chat_json_is(&in->members[TYPE], chat_str(types[i].name)))
			return &types[i];
	return NULL;
}

static enum chat_msg_code
read(struct chat_msg *m, struct message *in, const struct chat_msg_limits *l)
{
	const struct type *type;

	/* The ref first, for the refusals that follow. */
	if (!read_ref(in, &m->ref, l->ref))
		return bad(
		    in, "ref has to be a string, not empty and not too long.");
	if (!has(in, TYPE))
		return bad(in, "type is missing, or this is no object.");
	if ((type = find_type(in)) == NULL)
		return bad(in, "type is none that this server knows.");
	m->type = type->type;
	return type->read(m, in, l);
}

enum chat_msg_code
chat_msg_parse(
    struct chat_msg *m, char *p, size_t n, const struct chat_msg_limits *l)
{
	enum chat_msg_code code;
	struct message in;

	memset(m, 0, sizeof(*m));
	if (collect(&in, p, n) != CHAT_OK)
		return CHAT_BAD_JSON;
	code = read(m, &in, l);
	m->wrong = chat_str(in.wrong);
	return code;
}

/* Does it have what every entry has?  Reading lets absent members pass. */
static bool
is_entry(const struct message *in)
{
	return chat_json_is(&in->members[TYPE], CHAT_STR("message")) &&
	    has(in, SEQ) && has(in, TIME) && has(in, FROM) && has(in, BY) &&
	    has(in, TEXT);
}

int
chat_msg_parse_entry(struct chat_entry *e, char *p, size_t n)
{
	struct chat_entry read = { .kind = CHAT_ENTRY_MESSAGE };
	struct message in;

	/* Strings may have a U+0000: a client shows what the server has. */
	if (collect(&in, p, n) != CHAT_OK || !is_entry(&in))
		return CHAT_ERR_JSON;
	if (!read_uint(&in, SEQ, &read.seq) ||
	    !read_uint(&in, TIME, &read.time) ||
	    !read_string(&in, FROM, &read.from) ||
	    !read_string(&in, TO, &read.to) ||
	    !read_string(&in, BY, &read.by) ||
	    !read_string(&in, REF, &read.ref) ||
	    !read_string(&in, TEXT, &read.text))
		return CHAT_ERR_JSON;
	read.is_private = read.to.p != NULL;
	*e = read;
	return CHAT_OK;
}

/*
 * Writing
 */

static void
key(struct chat_json_writer *w, const char *name)
{
	chat_json_write_key(w, chat_str(name));
}

static void
put_string(struct chat_json_writer *w, const char *name, struct chat_str s)
{
	key(w, name);
	chat_json_write_string(w, s);
}

static void
put_optional(struct chat_json_writer *w, const char *name, struct chat_str s)
{
	if (s.p != NULL)
		put_string(w, name, s);
}

static void
put_uint(struct chat_json_writer *w, const char *name, uint64_t u)
{
	key(w, name);
	chat_json_write_uint(w, u);
}

static void
put_bool(struct chat_json_writer *w, const char *name, bool b)
{
	key(w, name);
	chat_json_write_bool(w, b);
}

static void
begin(struct chat_json_writer *w, const char *type)
{
	chat_json_open_object(w);
	put_string(w, "type", chat_str(type));
}

static void
end(struct chat_json_writer *w)
{
	chat_json_close_object(w);
}

static void
put_features(struct chat_json_writer *w)
{
	key(w, "features");
	chat_json_open_array(w);
	chat_json_write_string(w, CHAT_STR("history"));
	chat_json_write_string(w, CHAT_STR("typing"));
	chat_json_close_array(w);
}

static void
put_limits(struct chat_json_writer *w, const struct chat_msg_welcome *m)
{
	key(w, "limits");
	chat_json_open_object(w);
	put_uint(w, "text", m->text);
	put_uint(w, "message", m->message);
	put_uint(w, "name", m->name_max);
	put_uint(w, "ref", m->ref);
	put_uint(w, "history", m->history);
	put_uint(w, "rate", m->rate);
	put_uint(w, "burst", m->burst);
	chat_json_close_object(w);
}

void
chat_msg_write_welcome(
    struct chat_json_writer *w, const struct chat_msg_welcome *m)
{
	begin(w, "welcome");
	put_string(w, "name", m->name);
	put_string(w, "session", m->session);
	put_string(w, "by", m->by);
	put_string(w, "server", m->server);
	put_uint(w, "time", m->time);
	put_features(w);
	put_limits(w, m);
	end(w);
}

void
chat_msg_write_sync(struct chat_json_writer *w, const struct chat_msg_sync *m)
{
	begin(w, "sync");
	put_string(w, "log", m->log);
	put_uint(w, "from", m->from);
	put_uint(w, "to", m->to);
	put_bool(w, "resumed", m->resumed);
	put_bool(w, "gap", m->gap);
	put_uint(w, "refs_from", m->refs_from);
	end(w);
}

static const char *
type_of(enum chat_entry_kind kind)
{
	switch (kind) {
	case CHAT_ENTRY_MESSAGE:
		break;
	}
	return "message";
}

void
chat_msg_write_entry(struct chat_json_writer *w, const struct chat_entry *e)
{
	begin(w, type_of(e->kind));
	put_uint(w, "seq", e->seq);
	put_uint(w, "time", e->time);
	put_string(w, "from", e->from);
	put_optional(w, "to", e->to);
	put_string(w, "by", e->by);
	put_optional(w, "ref", e->ref);
	switch (e->kind) {
	case CHAT_ENTRY_MESSAGE:
		put_string(w, "text", e->text);
		break;
	}
	end(w);
}

void
chat_msg_write_ack(struct chat_json_writer *w, struct chat_str ref,
    uint64_t seq, uint64_t time, bool duplicate)
{
	begin(w, "ack");
	put_string(w, "ref", ref);
	put_uint(w, "seq", seq);
	put_uint(w, "time", time);
	if (duplicate)
		put_bool(w, "duplicate", true);
	end(w);
}

void
chat_msg_write_error(struct chat_json_writer *w, enum chat_msg_code code,
    struct chat_str message, struct chat_str ref, uint64_t retry_after)
{
	if (message.p == NULL)
		message = chat_str(chat_msg_code_text(code));
	begin(w, "error");
	put_string(w, "code", chat_str(chat_msg_code_name(code)));
	put_string(w, "message", message);
	put_optional(w, "ref", ref);
	if (retry_after > 0)
		put_uint(w, "retry_after", retry_after);
	end(w);
}

void
chat_msg_write_typing(struct chat_json_writer *w, struct chat_str from,
    struct chat_str to, bool active)
{
	begin(w, "typing");
	put_string(w, "from", from);
	put_optional(w, "to", to);
	put_bool(w, "active", active);
	end(w);
}

void
chat_msg_write_pong(struct chat_json_writer *w, struct chat_str ref,
    uint64_t time, uint64_t seq)
{
	begin(w, "pong");
	put_optional(w, "ref", ref);
	put_uint(w, "time", time);
	put_uint(w, "seq", seq);
	end(w);
}

void
chat_msg_write_bye(
    struct chat_json_writer *w, struct chat_str reason, uint64_t retry_after)
{
	begin(w, "bye");
	put_string(w, "reason", reason);
	put_uint(w, "retry_after", retry_after);
	end(w);
}

void
chat_msg_open_users(struct chat_json_writer *w, uint64_t online)
{
	begin(w, "users");
	put_uint(w, "online", online);
	key(w, "names");
	chat_json_open_array(w);
}

void
chat_msg_close_users(struct chat_json_writer *w, bool complete)
{
	chat_json_close_array(w);
	put_bool(w, "complete", complete);
	end(w);
}

void
chat_msg_open_presence(struct chat_json_writer *w, uint64_t online)
{
	begin(w, "presence");
	put_uint(w, "online", online);
	key(w, "joined");
	chat_json_open_array(w);
}

void
chat_msg_turn_presence(struct chat_json_writer *w)
{
	chat_json_close_array(w);
	key(w, "left");
	chat_json_open_array(w);
}

void
chat_msg_close_presence(struct chat_json_writer *w)
{
	chat_json_close_array(w);
	end(w);
}

void
chat_msg_open_history(struct chat_json_writer *w, uint64_t before, bool more)
{
	begin(w, "history");
	put_uint(w, "before", before);
	put_bool(w, "more", more);
	key(w, "entries");
	chat_json_open_array(w);
}

void
chat_msg_close_history(struct chat_json_writer *w)
{
	chat_json_close_array(w);
	end(w);
}
