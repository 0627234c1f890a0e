/* Descends recursively through a text once to check it.  All that is called
 * later works on text that is known to be good, and so may look for less. */
#include "json.h"

#include "err.h"
#include "json_string.h"
#include "siphash.h"
#include "utf8.h"

/* What is left to read of a text.  Each function that reads passes what it has
 * read; where it fails, how far it came means nothing. */
struct text {
	const char *p;
	const char *end;
};

static size_t
left(const struct text *t)
{
	return (size_t)(t->end - t->p);
}

/* Passes c, if that is next. */
static bool
take(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static void
skip_space(struct text *t)
{
	while (take(t, ' ') || take(t, '\n') || take(t, '\r') || take(t, '\t'))
		;
}

/*
 * Strings
 */

/* UTF-8 is checked here as well: outside of strings there is only ASCII. */
static bool
string(struct text *t)
{
	uint32_t cp;
	int n;

	if (!take(t, '"'))
		return false;
	for (;;) {
		t->p += chat_json_string_plain(t->p, left(t));
		if (take(t, '"'))
			return true;
		n = chat_json_string_next(t->p, left(t), &cp);
		if (n <= 0)
			return false;
		t->p += n;
	}
}

/*
 * Member names, to find the one that comes twice: readers differ in which of
 * the two they take.  Each is compared with all before it, at most 64, by its
 * hash.  That is one of 64 bits that is not easily steered: names that were
 * made to meet, with long beginnings in common, would each be compared with all
 * others to their ends.
 */

struct names {
	size_t n;
	const char *p[CHAT_JSON_MAX_MEMBERS]; /* after the opening quote */
	uint64_t hash[CHAT_JSON_MAX_MEMBERS];
};

#define END UINT32_MAX

/* The next character of a string that has been checked; END after the last. */
static uint32_t
pull(struct text *t)
{
	uint32_t cp = END;

	if (*t->p != '"')
		t->p += chat_json_string_next(t->p, left(t), &cp);
	return cp;
}

/* By characters and not by bytes, so that escapes do not matter; two to a word.
 * END pads the last one, and so tells lengths apart. */
static uint64_t
hash(struct text name)
{
	struct chat_siphash h;
	uint32_t a, b;

	chat_siphash_init(&h, 0, 0);
	do {
		a = pull(&name);
		b = a == END ? END : pull(&name);
		chat_siphash_word(&h, (uint64_t)b << 32 | a);
	} while (b != END);
	return chat_siphash_finish(&h);
}

static bool
same(struct text a, struct text b)
{
	uint32_t x, y;

	do {
		x = pull(&a);
		y = pull(&b);
	} while (x == y && x != END);
	return x == y;
}

/* Adds a name, unless it is there or there are too many. */
static bool
add(struct names *names, struct text name)
{
	struct text other = name;
	uint64_t h = hash(name);
	size_t i;

	if (names->n == CHAT_JSON_MAX_MEMBERS)
		return false;
	for (i = 0; i < names->n; i++) {
		other.p = names->p[i];
		if (names->hash[i] == h && same(name, other))
			return false;
	}
	names->p[i] = name.p;
	names->hash[i] = h;
	names->n++;
	return true;
}

/*
 * Values.  Each function passes one, and says whether it was one; depth is how
 * many arrays and objects may still be opened.  That bounds the recursion: a
 * level takes about 1 KiB of stack, nearly all of it for the names of object().
 */

static bool value(struct text *t, int depth);

static bool
spaced(struct text *t, int depth)
{
	bool ok;

	skip_space(t);
	ok = value(t, depth);
	skip_space(t);
	return ok;
}

/* "[" [ value *( "," value ) ] "]".  The caller has seen the bracket.  A comma
 * before the closing one is refused, since no value begins with that. */
static bool
array(struct text *t, int depth)
{
	take(t, '[');
	skip_space(t);
	if (take(t, ']'))
		return true;
	do {
		if (!spaced(t, depth))
			return false;
	} while (take(t, ','));
	return take(t, ']');
}

/* string ":" value.  Of the name, only where it begins is kept. */
static bool
member(struct text *t, struct names *names, int depth)
{
	struct text name;

	skip_space(t);
	name = *t;
	if (!string(t))
		return false;
	take(&name, '"');
	if (!add(names, name))
		return false;
	skip_space(t);
	return take(t, ':') && spaced(t, depth);
}

/* "{" [ member *( "," member ) ] "}" */
static bool
object(struct text *t, int depth)
{
	struct names names; /* not cleared: only the first n are looked at */

	take(t, '{');
	skip_space(t);
	if (take(t, '}'))
		return true;
	names.n = 0;
	do {
		if (!member(t, &names, depth))
			return false;
	} while (take(t, ','));
	return take(t, '}');
}

static bool
digits(struct text *t)
{
	const char *p = t->p;

	while (t->p < t->end && *t->p >= '0' && *t->p <= '9')
		t->p++;
	return t->p > p;
}

/* [ "-" ] int [ "." 1*DIGIT ] [ "e" [ "+" / "-" ] 1*DIGIT ], RFC 8259, section
 * 6.  After a 0 nothing is passed that would make it 01: the caller then finds
 * a digit where a comma or the end should be.  Nothing is computed, so no
 * number is too large. */
static bool
number(struct text *t)
{
	take(t, '-');
	if (!take(t, '0') && !digits(t))
		return false;
	if (take(t, '.') && !digits(t))
		return false;
	if (!take(t, 'e') && !take(t, 'E'))
		return true;
	if (!take(t, '+'))
		take(t, '-');
	return digits(t);
}

static bool
literal(struct text *t, struct chat_str word)
{
	if (left(t) < word.n || memcmp(t->p, word.p, word.n) != 0)
		return false;
	t->p += word.n;
	return true;
}

/* A value shows its type by its first byte; number() refuses all the rest. */
static enum chat_json_type
type(char c)
{
	switch (c) {
	case '{':
		return CHAT_JSON_OBJECT;
	case '[':
		return CHAT_JSON_ARRAY;
	case '"':
		return CHAT_JSON_STRING;
	case 't':
		return CHAT_JSON_TRUE;
	case 'f':
		return CHAT_JSON_FALSE;
	case 'n':
		return CHAT_JSON_NULL;
	}
	return CHAT_JSON_NUMBER;
}

/* The one place where the depth is counted.  No default, so that the compiler
 * asks for every type. */
static bool
value(struct text *t, int depth)
{
	if (t->p == t->end)
		return false;
	switch (type(*t->p)) {
	case CHAT_JSON_NULL:
		return literal(t, CHAT_STR("null"));
	case CHAT_JSON_FALSE:
		return literal(t, CHAT_STR("false"));
	case CHAT_JSON_TRUE:
		return literal(t, CHAT_STR("true"));
	case CHAT_JSON_NUMBER:
		return number(t);
	case CHAT_JSON_STRING:
		return string(t);
	case CHAT_JSON_ARRAY:
		return depth > 0 && array(t, depth - 1);
	case CHAT_JSON_OBJECT:
		return depth > 0 && object(t, depth - 1);
	}
	return false;
}

/*
 * Reading
 */

/* Passes a value and the space around it. */
static bool
read_value(struct text *t, struct chat_json_value *v)
{
	const char *p;

	skip_space(t);
	p = t->p;
	if (!value(t, CHAT_JSON_MAX_DEPTH))
		return false;
	v->type = type(*p);
	v->raw = (struct chat_str){ p, (size_t)(t->p - p) };
	skip_space(t);
	return true;
}

/* The bound on n lets lengths be returned as an int. */
int
chat_json_check(struct chat_json_value *v, const char *p, size_t n)
{
	struct text t;

	if (n == 0 || n > INT32_MAX)
		return CHAT_ERR_JSON;
	t = (struct text){ p, p + n };
	if (!read_value(&t, v) || t.p != t.end)
		return CHAT_ERR_JSON;
	return CHAT_OK;
}

/* All but the brackets. */
struct chat_json_members
chat_json_members(const struct chat_json_value *v)
{
	struct chat_json_members m = { NULL, NULL };

	if (v->type == CHAT_JSON_ARRAY || v->type == CHAT_JSON_OBJECT) {
		m.p = v->raw.p + 1;
		m.end = v->raw.p + v->raw.n - 1;
	}
	return m;
}

/* A string followed by a colon is a member name.  Values are checked again to
 * find their ends, which costs at most once per level that is looked into, and
 * saves the memory that would be needed to remember them. */
bool
chat_json_next(struct chat_json_members *m, struct chat_json_value *key,
    struct chat_json_value *v)
{
	struct text t = { m->p, m->end };
	struct chat_json_value name = { CHAT_JSON_NULL, { NULL, 0 } };

	take(&t, ',');
	if (!read_value(&t, v))
		return false;
	if (take(&t, ':')) {
		name = *v;
		if (!read_value(&t, v))
			return false;
	}
	if (key != NULL)
		*key = name;
	m->p = t.p;
	return true;
}

/* What is between the quotes. */
static struct text
inside(const struct chat_json_value *v)
{
	return (struct text){ v->raw.p + 1, v->raw.p + v->raw.n - 1 };
}

/* Passes all that stands for itself: what comes before the next escape. */
static struct chat_str
plain(struct text *t)
{
	struct chat_str run = { t->p, left(t) };
	const char *backslash = memchr(run.p, '\\', run.n);

	if (backslash != NULL)
		run.n = (size_t)(backslash - run.p);
	t->p += run.n;
	return run;
}

static bool
is_half(uint32_t cp)
{
	return cp >= 0xd800 && cp <= 0xdfff;
}

/* Passes an escape, and makes UTF-8 of it; absent: it is half of a character.
 * In a checked text it is an escape; in any other this is the end, so that
 * nobody goes round for ever. */
static struct chat_str
unescape(struct text *t, char utf8[4])
{
	uint32_t cp = 0;
	int n = chat_json_string_next(t->p, left(t), &cp);

	t->p += n > 0 ? (size_t)n : left(t);
	if (is_half(cp))
		return chat_str(NULL);
	return (struct chat_str){ utf8, chat_utf8_write(utf8, cp) };
}

/* Pulls the next run of bytes that the string v is made of; absent: no bytes
 * can be made of it. */
static struct chat_str
run(struct text *t, char utf8[4])
{
	return *t->p == '\\' ? unescape(t, utf8) : plain(t);
}

/* In place, writing never overtakes reading: an escape is 2, 6 or 12 bytes, and
 * what it stands for at most 1, 3 or 4. */
int
chat_json_string(char *dst, size_t cap, const struct chat_json_value *v)
{
	struct text t;
	struct chat_str s;
	char utf8[4];
	size_t n = 0;

	if (v->type != CHAT_JSON_STRING)
		return CHAT_ERR_JSON;
	for (t = inside(v); t.p < t.end; n += s.n) {
		s = run(&t, utf8);
		if (s.p == NULL)
			return CHAT_ERR_JSON;
		if (s.n > cap - n)
			return CHAT_ERR_SPACE;
		if (s.p != dst + n)
			memmove(dst + n, s.p, s.n);
	}
	return (int)n;
}

/* Compares run by run, so that no copy without escapes is needed. */
bool
chat_json_is(const struct chat_json_value *v, struct chat_str s)
{
	struct text t;
	struct chat_str r;
	char utf8[4];
	size_t n = 0;

	if (v->type != CHAT_JSON_STRING)
		return false;
	for (t = inside(v); t.p < t.end; n += r.n) {
		r = run(&t, utf8);
		if (r.p == NULL || r.n > s.n - n ||
		    memcmp(r.p, s.p + n, r.n) != 0)
			return false;
	}
	return n == s.n;
}

int
chat_json_uint(uint64_t *out, const struct chat_json_value *v)
{
	uint64_t u = 0, digit;
	size_t i;

	/* A sign, a fraction or an exponent is not a digit.  Leading zeros are
	 * not in the grammar. */
	if (v->type != CHAT_JSON_NUMBER)
		return CHAT_ERR_JSON;
	for (i = 0; i < v->raw.n; i++) {
		if (v->raw.p[i] < '0' || v->raw.p[i] > '9')
			return CHAT_ERR_JSON;
		digit = (uint64_t)(v->raw.p[i] - '0');
		/* u * 10 + digit > CHAT_JSON_MAX_UINT, before it is. */
		if (u > (CHAT_JSON_MAX_UINT - digit) / 10)
			return CHAT_ERR_JSON;
		u = u * 10 + digit;
	}
	*out = u;
	return CHAT_OK;
}
