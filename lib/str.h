/*
 * str: a run of bytes that somebody else owns.
 *
 *     struct chat_str { p ----> h e l l o ...     not ended by a NUL
 *                       n = 5 }
 *
 * What parsers hand out: it points into their input and lives as long as that
 * does.  An absent value has p == NULL; an empty one has p != NULL, n == 0.
 * Used everywhere.  Not here: anything that allocates, see bytes.h.
 */
#ifndef CHAT_STR_H
#define CHAT_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct chat_str {
	const char *p;
	size_t n;
};

/* A string literal as a chat_str. */
#define CHAT_STR(literal) ((struct chat_str){ (literal), sizeof(literal) - 1 })

static inline struct chat_str
chat_str(const char *s)
{
	return (struct chat_str){ s, s == NULL ? 0 : strlen(s) };
}

/* The same bytes.  An absent one equals an absent or empty one. */
static inline bool
chat_str_is(struct chat_str a, struct chat_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* What a writer has put at p that returned n, as snprintf() does: the length
 * without the NUL.  Absent if it did not fit cap. */
static inline struct chat_str
chat_str_written(const char *p, size_t n, size_t cap)
{
	return n < cap ? (struct chat_str){ p, n } : chat_str(NULL);
}

#endif
