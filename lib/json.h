/*
 * json: JSON texts (RFC 8259), read and written without a tree or memory.
 *
 * A reader checks a whole text once, by one call; from then on a value is a
 * span of that text, and what is inside it is pulled out piece by piece.  A
 * writer fills memory of the caller's.  The reader is strict: what the grammar
 * leaves open is limited here, once, for all callers.
 *
 * Called by msg, by room for the lists that it writes, by line for the journal,
 * and by programs.  Not here: what the members of a text mean (msg.h).  Files:
 * json.c reads, json_write.c writes.
 *
 *      {"ref":"p\u0031", "limit":50, "x":[1,{}]}
 *       |---| |-------|          ||      |----|
 *       key   string          number   array       each a chat_json_value
 *                      |----------------------|
 *                      chat_json_members, when "ref" has been pulled
 */
#ifndef CHAT_JSON_H
#define CHAT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

/* How deep arrays and objects may be nested. */
#define CHAT_JSON_MAX_DEPTH 32

/* Members of one object, at most. */
#define CHAT_JSON_MAX_MEMBERS 64

/* The greatest integer that every JSON reader keeps exact: 2^53 - 1
 * (RFC 8259, section 6). */
#define CHAT_JSON_MAX_UINT ((UINT64_C(1) << 53) - 1)

enum chat_json_type {
	CHAT_JSON_NULL = 0,
	CHAT_JSON_FALSE,
	CHAT_JSON_TRUE,
	CHAT_JSON_NUMBER,
	CHAT_JSON_STRING,
	CHAT_JSON_ARRAY,
	CHAT_JSON_OBJECT,
};

/* A value where it stands.  raw is the whole of it and nothing else: a string
 * with its quotes and escapes, an array with its brackets.  An absent value has
 * raw.p == NULL. */
struct chat_json_value {
	enum chat_json_type type;
	struct chat_str raw;
};

/*
 * Reading
 */

/* Checks the whole text and sets *v to the value that it holds; v points into
 * p.  CHAT_OK or CHAT_ERR_JSON.  Beyond the grammar, CHAT_ERR_JSON for: bytes
 * that are not UTF-8, a byte order mark, two members of one object with the
 * same name (compared without escapes: "\u0061" is "a"), more members or deeper
 * nesting than the limits above, and more than INT32_MAX bytes.  An escaped
 * surrogate without its other half spoils its own string alone, see
 * chat_json_string().  Then *v means nothing.  Takes time in
 * proportion to n, and less than 64 KiB of stack. */
int chat_json_check(struct chat_json_value *v, const char *p, size_t n);

/* The part of an object or an array that has not been pulled yet. */
struct chat_json_members {
	const char *p;
	const char *end;
};

/* The members of the object v, or the elements of the array v, in the order
 * of the text; of any other value, none. */
struct chat_json_members chat_json_members(const struct chat_json_value *v);

/* Pulls the next one; false when there is none.  key is a string; it may be
 * NULL if it does not matter, and is set to an absent value for the elements
 * of an array.  Reads nothing that it has passed, so a value may be
 * overwritten as soon as it has been pulled. */
bool chat_json_next(struct chat_json_members *m, struct chat_json_value *key,
    struct chat_json_value *value);

/* Copies the string v to dst, without quotes and escapes, and returns its
 * length in bytes.  dst may be v->raw.p or v->raw.p + 1: nothing grows by
 * losing its escapes, and at + 1 a string that has none is not even moved.  The
 * result is UTF-8, may hold U+0000 and is not ended by a NUL.  CHAT_ERR_SPACE
 * when it does not fit cap, CHAT_ERR_JSON when v is not a string or has an
 * escaped surrogate without its other half, as no UTF-8 can be made of it; a
 * prefix may have been written then. */
int chat_json_string(char *dst, size_t cap, const struct chat_json_value *v);

/* Is v a string, and equal to s once its escapes are gone?  One with half of a
 * character equals nothing. */
bool chat_json_is(const struct chat_json_value *v, struct chat_str s);

/* The number v, 0 to CHAT_JSON_MAX_UINT, written in digits alone.  Everything
 * else is CHAT_ERR_JSON and leaves *out alone, even other ways to write the
 * same numbers: -0, 1.0 and 1e3 are not accepted. */
int chat_json_uint(uint64_t *out, const struct chat_json_value *v);

/*
 * Writing
 *
 * A writer is set up by hand, and holds one text:
 *
 *      struct chat_json_writer w = { .p = buf, .cap = sizeof(buf) };
 *
 *      chat_json_open_object(&w);
 *      chat_json_write_key(&w, CHAT_STR("seq"));
 *      chat_json_write_uint(&w, 1235);
 *      chat_json_close_object(&w);
 *      text = chat_json_text(&w);
 *      if (text.p == NULL)
 *              it did not fit, but would in w.n bytes
 *
 * The writer puts the commas and no white space.  It does not check that keys
 * are in objects and nowhere else, or that all brackets are closed.  Nothing is
 * written beyond cap, and p may be NULL if cap is 0.
 */
struct chat_json_writer {
	char *p;    /* where the text goes; not ended by a NUL */
	size_t cap; /* how much of it fits there, in bytes */
	size_t n;   /* its length so far, which may be more than cap */
	bool comma; /* the next value or key needs one before it */
};

void chat_json_open_object(struct chat_json_writer *w);
void chat_json_close_object(struct chat_json_writer *w);
void chat_json_open_array(struct chat_json_writer *w);
void chat_json_close_array(struct chat_json_writer *w);

/* A member's name; its value is written next. */
void chat_json_write_key(struct chat_json_writer *w, struct chat_str key);

/* s, which must be UTF-8, in quotes.  Only what has to be is escaped: the
 * quote, the backslash and U+0000 to U+001F (RFC 8259, section 7). */
void chat_json_write_string(struct chat_json_writer *w, struct chat_str s);

/* Readers of all kinds keep u exact up to CHAT_JSON_MAX_UINT. */
void chat_json_write_uint(struct chat_json_writer *w, uint64_t u);

void chat_json_write_bool(struct chat_json_writer *w, bool b);

/* A value that is JSON already, as it is. */
void chat_json_write_raw(struct chat_json_writer *w, struct chat_str raw);

/* What was written; absent if it did not fit. */
struct chat_str chat_json_text(const struct chat_json_writer *w);

#endif
