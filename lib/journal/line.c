/* Two tables say all about the form of a line: the names of members in the
 * order in which they are written, and the forms: which members a line of each
 * kind must and may have.  So a reader needs no member that says what a line
 * is. */
#include "line.h"

#include "code/base64.h"
#include "err.h"

/* Characters of ,"sum":"S"} */
#define SEAL 18

/* Every member but the checksum, in the order in which they are written. */
enum field {
	JOURNAL,
	LOG,
	AFTER,
	SEQ,
	TIME,
	FROM,
	TO,
	BY,
	REF,
	TEXT,
	USERS,
	MASKED,
	KEY,
	SEND,
	SKIP,
	SECRET,
	SEGMENT,
	SIZE,
	INODE,
	CHANGED,
	UNKNOWN, /* any other */
};

#define NAME(s)                  \
	{                        \
		s, sizeof(s) - 1 \
	}

static const struct chat_str names[UNKNOWN] = {
	[JOURNAL] = NAME("journal"),
	[LOG] = NAME("log"),
	[AFTER] = NAME("after"),
	[SEQ] = NAME("seq"),
	[TIME] = NAME("time"),
	[FROM] = NAME("from"),
	[TO] = NAME("to"),
	[BY] = NAME("by"),
	[REF] = NAME("ref"),
	[TEXT] = NAME("text"),
	[USERS] = NAME("users"),
	[MASKED] = NAME("masked"),
	[KEY] = NAME("key"),
	[SEND] = NAME("send"),
	[SKIP] = NAME("skip"),
	[SECRET] = NAME("secret"),
	[SEGMENT] = NAME("segment"),
	[SIZE] = NAME("size"),
	[INODE] = NAME("inode"),
	[CHANGED] = NAME("changed"),
};

/* Sets of fields. */
#define BIT(f) (1U << (f))
#define HEAD   (BIT(JOURNAL) | BIT(LOG))
#define PLACE  (BIT(AFTER) | BIT(TIME))
#define FILE   (BIT(SEGMENT) | BIT(SIZE) | BIT(INODE) | BIT(CHANGED))
#define ENTRY  (BIT(SEQ) | BIT(TIME))
#define SAID   (BIT(FROM) | BIT(BY) | BIT(TEXT))
#define FIRST  (BIT(USERS) | BIT(KEY)) /* of version 1 alone */

/* A line says what it is by the members that it has. */
static const struct {
	enum chat_line_kind kind;
	enum chat_entry_kind entry;
	enum { PUBLIC, PRIVATE, WITHHELD } audience;
	unsigned must; /* all of these */
	unsigned may;  /* and any of these */
} forms[] = {
	{ CHAT_LINE_ENTRY, CHAT_ENTRY_MESSAGE, PUBLIC, ENTRY | SAID,
	    BIT(REF) | BIT(SEND) },
	{ CHAT_LINE_ENTRY, CHAT_ENTRY_MESSAGE, WITHHELD, ENTRY | BIT(MASKED),
	    BIT(SEND) },
	{ CHAT_LINE_ENTRY, CHAT_ENTRY_MESSAGE, PRIVATE,
	    ENTRY | SAID | BIT(TO) | BIT(MASKED), BIT(REF) | BIT(SEND) },
	{ CHAT_LINE_ENTRY, CHAT_ENTRY_MESSAGE, PUBLIC, ENTRY | SAID | BIT(KEY),
	    BIT(REF) },
	{ CHAT_LINE_ENTRY, CHAT_ENTRY_MESSAGE, WITHHELD, ENTRY | BIT(USERS),
	    BIT(KEY) },
	{ CHAT_LINE_ENTRY, CHAT_ENTRY_MESSAGE, PRIVATE,
	    ENTRY | SAID | BIT(TO) | BIT(USERS), BIT(REF) | BIT(KEY) },
	{ CHAT_LINE_SKIP, 0, PUBLIC, ENTRY | BIT(SKIP), 0 },
	{ CHAT_LINE_SEGMENT, 0, PUBLIC, HEAD | PLACE, 0 },
	{ CHAT_LINE_SECRET, 0, PUBLIC, HEAD | BIT(SECRET), 0 },
	{ CHAT_LINE_CLEAN, 0, PUBLIC, HEAD | PLACE | FILE, 0 },
};

/* Makes the end of a line whose rest has that checksum. */
static void
seal(char to[SEAL], uint32_t sum)
{
	static const char hex[] = "0123456789abcdef";
	int i;

	memcpy(to, ",\"sum\":\"00000000\"}", SEAL);
	for (i = 15; i >= 8; i--, sum >>= 4)
		to[i] = hex[sum & 15];
}

/*
 * Writing
 */

static void
put_key(struct chat_json_writer *w, enum field f)
{
	chat_json_write_key(w, names[f]);
}

static void
put_uint(struct chat_json_writer *w, enum field f, uint64_t u)
{
	put_key(w, f);
	chat_json_write_uint(w, u);
}

static void
put_string(struct chat_json_writer *w, enum field f, struct chat_str s)
{
	if (s.p == NULL)
		return;
	put_key(w, f);
	chat_json_write_string(w, s);
}

/* n bytes, of which CHAT_LOG_SECRET are the most. */
static void
write_bytes(struct chat_json_writer *w, const unsigned char *p, size_t n)
{
	char text[(CHAT_LOG_SECRET * 4 + 2) / 3];

	n = chat_base64_write(text, p, n, CHAT_BASE64_URL);
	chat_json_write_string(w, (struct chat_str){ text, n });
}

/* n words, three at most. */
static void
write_words(struct chat_json_writer *w, const uint64_t *words, size_t n)
{
	unsigned char bytes[3 * 8];
	size_t i;

	for (i = 0; i < 8 * n; i++)
		bytes[i] = (unsigned char)(words[i / 8] >> (56 - i % 8 * 8));
	write_bytes(w, bytes, 8 * n);
}

static void
put_users(struct chat_json_writer *w, enum field f, const uint64_t user[2])
{
	put_key(w, f);
	chat_json_open_array(w);
	write_words(w, &user[0], 1);
	write_words(w, &user[1], 1);
	chat_json_close_array(w);
}

/* A message without a ref has no key. */
static void
put_ref_key(
    struct chat_json_writer *w, enum field f, const struct chat_ref_key *k)
{
	const uint64_t words[3] = { k->send[0], k->send[1], k->content };

	if (chat_ref_key_is_none(k))
		return;
	put_key(w, f);
	write_words(w, words, 3);
}

static void
put_head(struct chat_json_writer *w, const struct chat_line *line)
{
	put_uint(
	    w, JOURNAL, line->version > 0 ? line->version : CHAT_LINE_VERSION);
	put_string(w, LOG, (struct chat_str){ line->log, sizeof(line->log) });
}

static void
put_segment(struct chat_json_writer *w, const struct chat_line *line)
{
	put_head(w, line);
	put_uint(w, AFTER, line->entry.seq);
	put_uint(w, TIME, line->entry.time);
}

static void
put_number(struct chat_json_writer *w, const struct chat_entry *e)
{
	put_uint(w, SEQ, e->seq);
	put_uint(w, TIME, e->time);
}

/* Writes what an entry says, which is not known of a withheld one. */
static void
put_content(struct chat_json_writer *w, const struct chat_entry *e)
{
	if (e->is_withheld)
		return;
	put_string(w, FROM, e->from);
	put_string(w, TO, e->to);
	put_string(w, BY, e->by);
	put_string(w, REF, e->ref);
	switch (e->kind) {
	case CHAT_ENTRY_MESSAGE:
		put_string(w, TEXT, e->text);
		break;
	}
}

static void
put_entry(struct chat_json_writer *w, const struct chat_line *line)
{
	const struct chat_entry *e = &line->entry;
	bool first = line->version == 1;

	put_number(w, e);
	put_content(w, e);
	if (e->is_private)
		put_users(w, first ? USERS : MASKED, e->user);
	put_ref_key(w, first ? KEY : SEND, &e->key);
}

static void
put_members(struct chat_json_writer *w, const struct chat_line *line)
{
	switch (line->kind) {
	case CHAT_LINE_SEGMENT:
		put_segment(w, line);
		break;
	case CHAT_LINE_ENTRY:
		put_entry(w, line);
		break;
	case CHAT_LINE_SKIP:
		put_number(w, &line->entry);
		put_uint(w, SKIP, line->skip);
		break;
	case CHAT_LINE_SECRET:
		put_head(w, line);
		put_key(w, SECRET);
		write_bytes(w, line->secret, sizeof(line->secret));
		break;
	case CHAT_LINE_CLEAN:
		put_segment(w, line);
		put_uint(w, SEGMENT, line->segment);
		put_uint(w, SIZE, line->size);
		put_uint(w, INODE, line->inode);
		put_uint(w, CHANGED, line->changed);
		break;
	}
}

/* A line that did not fit has no checksum: it is written again in more space.
 */
void
chat_line_write(struct chat_json_writer *w, const struct chat_crc32 *c,
    const struct chat_line *line)
{
	size_t start = w->n;
	uint32_t sum = 0;
	char end[SEAL];

	/* Without commas: before the line, as it is not in an array; before the
	 * seal, which brings its own; after the line, for the next one. */
	w->comma = false;
	chat_json_open_object(w);
	put_members(w, line);
	if (w->n <= w->cap)
		sum = chat_crc32_sum(c, w->p + start, w->n - start);
	seal(end, sum);
	w->comma = false;
	chat_json_write_raw(w, (struct chat_str){ end, SEAL });
	w->comma = false;
}

/*
 * Reading
 */

/* Is it a whole line, just as it was written?  This is asked first, so that
 * damage is found before anything is parsed. */
static bool
is_sealed(const struct chat_crc32 *c, const char *p, size_t n)
{
	char end[SEAL];

	if (n <= SEAL || n > CHAT_LINE_MAX || p[0] != '{')
		return false;
	seal(end, chat_crc32_sum(c, p, n - SEAL));
	return memcmp(p + n - SEAL, end, SEAL) == 0;
}

/* Each of these reads a value and returns whether it can be what it should be.
 */

static bool
read_uint(uint64_t *to, const struct chat_json_value *v)
{
	return chat_json_uint(to, v) == CHAT_OK;
}

/* A number of an entry: they begin at 1. */
static bool
read_seq(uint64_t *to, const struct chat_json_value *v)
{
	return read_uint(to, v) && *to > 0;
}

/* Reads a string in place: without its quotes and escapes it is never longer.
 * p is the line, in which v stands; v itself is not to be written to.  A value
 * that is not a string is an error of chat_json_string(). */
static bool
read_string(struct chat_str *to, const struct chat_json_value *v, char *p)
{
	char *dst = p + (v->raw.p - p) + 1;
	int n = chat_json_string(dst, v->raw.n, v);

	if (n < 0)
		return false;
	*to = (struct chat_str){ dst, (size_t)n };
	return memchr(dst, '\0', to->n) == NULL;
}

static bool
read_log(char to[8], const struct chat_json_value *v, char *p)
{
	struct chat_str s;

	if (!read_string(&s, v, p) || s.n != 8)
		return false;
	memcpy(to, s.p, 8);
	return true;
}

/* n bytes, no fewer and no more. */
static bool
read_bytes(unsigned char *to, size_t n, const struct chat_json_value *v)
{
	if (v->type != CHAT_JSON_STRING)
		return false;
	return chat_base64_parse(to, n, v->raw.p + 1, v->raw.n - 2,
		   CHAT_BASE64_URL) == (int)n;
}

/* n words, three at most. */
static bool
read_words(uint64_t *to, size_t n, const struct chat_json_value *v)
{
	unsigned char bytes[3 * 8];
	size_t i;

	/* Whatever is in to[] is shifted out by eight bytes. */
	if (!read_bytes(bytes, 8 * n, v))
		return false;
	for (i = 0; i < 8 * n; i++)
		to[i / 8] = to[i / 8] << 8 | bytes[i];
	return true;
}

static bool
read_users(uint64_t to[2], const struct chat_json_value *v)
{
	struct chat_json_members m = chat_json_members(v);
	struct chat_json_value user;
	int i;

	/* Two and no more: an object has members, too, and a longer array is
	 * not at its end. */
	for (i = 0; i < 2; i++)
		if (!chat_json_next(&m, NULL, &user) ||
		    !read_words(&to[i], 1, &user))
			return false;
	return v->type == CHAT_JSON_ARRAY && m.p == m.end;
}

/* An empty key is not one: it would have been left out. */
static bool
read_ref_key(struct chat_ref_key *to, const struct chat_json_value *v)
{
	uint64_t words[3] = { 0, 0, 0 };

	if (!read_words(words, 3, v))
		return false;
	*to = (struct chat_ref_key){ { words[0], words[1] }, words[2] };
	return !chat_ref_key_is_none(to);
}

static bool
read_field(struct chat_line *line, enum field f,
    const struct chat_json_value *v, char *p)
{
	switch (f) {
	case JOURNAL:
		return read_seq(&line->version, v);
	case LOG:
		return read_log(line->log, v, p);
	case AFTER:
		return read_uint(&line->entry.seq, v);
	case SEQ:
		return read_seq(&line->entry.seq, v);
	case TIME:
		return read_uint(&line->entry.time, v);
	case FROM:
		return read_string(&line->entry.from, v, p);
	case TO:
		return read_string(&line->entry.to, v, p);
	case BY:
		return read_string(&line->entry.by, v, p);
	case REF:
		return read_string(&line->entry.ref, v, p);
	case TEXT:
		return read_string(&line->entry.text, v, p);
	case USERS:
	case MASKED:
		return read_users(line->entry.user, v);
	case KEY:
	case SEND:
		return read_ref_key(&line->entry.key, v);
	case SKIP:
		return read_seq(&line->skip, v);
	case SECRET:
		return read_bytes(line->secret, sizeof(line->secret), v);
	case SEGMENT:
		return read_uint(&line->segment, v);
	case SIZE:
		return read_uint(&line->size, v);
	case INODE:
		return read_uint(&line->inode, v);
	case CHANGED:
		return read_uint(&line->changed, v);
	case UNKNOWN:
		return true;
	}
	return false;
}

/* Is the member called that?  A name with an escape in it was not written
 * here. */
static bool
is_named(const struct chat_json_value *key, enum field f)
{
	return chat_str_is(
	    names[f], (struct chat_str){ key->raw.p + 1, key->raw.n - 2 });
}

/* Members come in the order of the fields: the next one is not far from the
 * last one, where the search begins. */
static enum field
find(const struct chat_json_value *key, enum field last)
{
	enum field f;

	for (f = last; f < UNKNOWN; f++)
		if (is_named(key, f))
			return f;
	for (f = JOURNAL; f < last; f++)
		if (is_named(key, f))
			return f;
	return UNKNOWN;
}

/* Pulls the next member; stricter than chat_json_next(), which tolerates
 * missing commas and names. */
static bool
next(struct chat_json_members *m, bool comma, struct chat_json_value *key,
    struct chat_json_value *v)
{
	return (*m->p == ',') == comma && chat_json_next(m, key, v) &&
	    key->type == CHAT_JSON_STRING;
}

/* Reads the members from p + 1 up to end, where the seal begins, and says in
 * *has which.  There is no chat_json_check() before: pulling checks what it
 * pulls, so that would be the same work twice.  Reading a member may overwrite
 * it, which does no harm: what was passed is not looked at again. */
static bool
read_members(struct chat_line *line, unsigned *has, char *p, const char *end)
{
	struct chat_json_members m = { p + 1, end };
	struct chat_json_value key, v;
	enum field f, last = JOURNAL;
	bool comma = false;

	for (*has = 0; m.p < end; comma = true) {
		if (!next(&m, comma, &key, &v))
			return false;
		f = find(&key, last);
		/* If one comes twice, nobody can say which of them counts. */
		if (f != UNKNOWN && (*has & BIT(f)) != 0)
			return false;
		if (!read_field(line, f, &v, p))
			return false;
		*has |= BIT(f);
		last = f;
	}
	return true;
}

/* Finds the form that has these members.  No two forms allow the same ones, so
 * there is at most one. */
static bool
find_form(struct chat_line *line, unsigned has)
{
	size_t i;

	has &= ~BIT(UNKNOWN);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if ((has & ~forms[i].may) == forms[i].must)
			break;
	if (i == sizeof(forms) / sizeof(forms[0]))
		return false;
	line->kind = forms[i].kind;
	if (line->version == 0)
		line->version = (has & FIRST) != 0 ? 1 : CHAT_LINE_VERSION;
	line->entry.kind = forms[i].entry;
	line->entry.is_private = forms[i].audience != PUBLIC;
	line->entry.is_withheld = forms[i].audience == WITHHELD;
	return true;
}

int
chat_line_parse(
    struct chat_line *line, const struct chat_crc32 *c, char *p, size_t n)
{
	unsigned has;

	if (!is_sealed(c, p, n))
		return CHAT_ERR_LINE;
	*line = (struct chat_line){ .skip = 0 };
	if (!read_members(line, &has, p, p + n - SEAL))
		return CHAT_ERR_LINE;
	/* A skip is not backwards; all other lines have 0 there. */
	if (!find_form(line, has) || line->skip > line->entry.seq)
		return CHAT_ERR_LINE;
	return CHAT_OK;
}
