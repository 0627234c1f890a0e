/*
 * http_text: the few things that http and http_uri both do to characters and
 * to strings.  Called by these two alone.
 *
 * None uses <ctype.h>, whose answers depend on the locale of the program, and
 * are undefined for a char below zero.
 */
#ifndef CHAT_HTTP_TEXT_H
#define CHAT_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "str.h"

static inline bool
chat_http_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
chat_http_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    chat_http_is_digit(c);
}

static inline char
chat_http_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Takes the first n bytes off the front of s. */
static inline struct chat_str
chat_http_cut(struct chat_str *s, size_t n)
{
	struct chat_str front = { s->p, n };

	s->p += n;
	s->n -= n;
	return front;
}

/* Takes what comes before the next c off the front of s, or all of s, and
 * drops that c. */
static inline struct chat_str
chat_http_cut_at(struct chat_str *s, char c)
{
	const char *end = s->n == 0 ? NULL : memchr(s->p, c, s->n);
	struct chat_str front =
	    chat_http_cut(s, end ? (size_t)(end - s->p) : s->n);

	if (end != NULL)
		chat_http_cut(s, 1);
	return front;
}

#endif
