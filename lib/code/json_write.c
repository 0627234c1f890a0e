/* The length goes on counting where the space ends, as snprintf() does it: one
 * try with cap 0 tells how much is needed, and no call has an error to check.
 *
 * One flag is enough to put the commas, at any depth: after a bracket that
 * opens and after a key there is none, after everything else there is. */
#include "json.h"

#include <string.h>

#include "json_string.h"

/* Puts as much as fits, and counts all. */
static void
put(struct chat_json_writer *w, const char *p, size_t n)
{
	size_t room = w->n < w->cap ? w->cap - w->n : 0;

	if (room > 0 && n > 0)
		memcpy(w->p + w->n, p, n < room ? n : room);
	w->n += n;
}

static void
put_char(struct chat_json_writer *w, char c)
{
	if (w->n < w->cap)
		w->p[w->n] = c;
	w->n++;
}

/* A value or a key follows. */
static void
begin(struct chat_json_writer *w)
{
	if (w->comma)
		put_char(w, ',');
	w->comma = true;
}

static void
enter(struct chat_json_writer *w, char bracket)
{
	begin(w);
	put_char(w, bracket);
	w->comma = false;
}

static void
leave(struct chat_json_writer *w, char bracket)
{
	put_char(w, bracket);
	w->comma = true;
}

void
chat_json_open_object(struct chat_json_writer *w)
{
	enter(w, '{');
}

void
chat_json_close_object(struct chat_json_writer *w)
{
	leave(w, '}');
}

void
chat_json_open_array(struct chat_json_writer *w)
{
	enter(w, '[');
}

void
chat_json_close_array(struct chat_json_writer *w)
{
	leave(w, ']');
}

void
chat_json_write_key(struct chat_json_writer *w, struct chat_str key)
{
	chat_json_write_string(w, key);
	put_char(w, ':');
	w->comma = false;
}

/* A plain run ends at one of these, or at a byte that is not ASCII, which needs
 * no escape. */
static bool
must_escape(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

void
chat_json_write_string(struct chat_json_writer *w, struct chat_str s)
{
	char escaped[CHAT_JSON_STRING_ESCAPE];
	size_t i, done = 0; /* bytes of s that are put */

	begin(w);
	put_char(w, '"');
	for (i = 0; i < s.n; i++) {
		i += chat_json_string_plain(s.p + i, s.n - i);
		if (i == s.n || !must_escape(s.p[i]))
			continue;
		put(w, s.p + done, i - done);
		put(w, escaped, chat_json_string_escape(escaped, s.p[i]));
		done = i + 1;
	}
	if (done < s.n)
		put(w, s.p + done, s.n - done);
	put_char(w, '"');
}

void
chat_json_write_uint(struct chat_json_writer *w, uint64_t u)
{
	char decimal[20]; /* 2^64 - 1 has 20 digits */
	size_t i = sizeof(decimal);

	do
		decimal[--i] = (char)('0' + u % 10);
	while ((u /= 10) > 0);
	begin(w);
	put(w, decimal + i, sizeof(decimal) - i);
}

void
chat_json_write_bool(struct chat_json_writer *w, bool b)
{
	chat_json_write_raw(w, b ? CHAT_STR("true") : CHAT_STR("false"));
}

void
chat_json_write_raw(struct chat_json_writer *w, struct chat_str raw)
{
	begin(w);
	put(w, raw.p, raw.n);
}

struct chat_str
chat_json_text(const struct chat_json_writer *w)
{
	if (w->n > w->cap)
		return chat_str(NULL);
	return (struct chat_str){ w->p, w->n };
}
