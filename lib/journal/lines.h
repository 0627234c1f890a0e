/*
 * lines: reads a file of lines at any place, forward or backward.
 *
 *     file:    0 .......... at .......... from ....... to .......... end
 *     buf:                  [ given out   | not given  | given out ]
 *
 * A block at a time, in a buffer that grows only for a line that is longer.  A
 * line may be overwritten by whoever gets it: it is read from the file again if
 * it is wanted again.  Called by all of the journal that reads files.  Not
 * here: what a line says (line.h).
 */
#ifndef CHAT_LINES_H
#define CHAT_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "str.h"

/* Bytes that are read at a time, to go through a file at once, to go through it
 * a turn at a time, and to look into it. */
#define CHAT_LINES_BLOCK  ((size_t)1024 * 1024)
#define CHAT_LINES_STEP   ((size_t)64 * 1024)
#define CHAT_LINES_GLANCE ((size_t)16 * 1024)

struct chat_lines {
	struct chat_buf buf;
	int fd;
	uint64_t end;      /* of the file, as far as it is to be read */
	uint64_t at;       /* offset of the buffer in it */
	uint64_t from, to; /* what of it the buffer has unchanged */
	size_t block;      /* bytes that are read at a time */
	uint64_t loads;    /* how often the file was read */
	uint64_t loaded;   /* bytes of it */
};

/* Reads fd, which stays the caller's, up to end. */
void chat_lines_init(struct chat_lines *l, const struct chat_alloc *a, int fd,
    uint64_t end, size_t block);
void chat_lines_release(struct chat_lines *l);

/* Gets the line that begins at an offset, without its newline: 1.  0: no
 * newline comes after that, and *line is what is left, at most CHAT_LINE_MAX of
 * it.  CHAT_ERR_SPACE: none comes within CHAT_LINE_MAX bytes, which *line has.
 * CHAT_ERR_SYSTEM, CHAT_ERR_NOMEM.  *line is good until the next call. */
int chat_lines_get(struct chat_lines *l, uint64_t at, struct chat_str *line);

/* Gets the line that ends before an offset; returns as above, but 0: the offset
 * is 0, or beyond the end.  The byte just before the offset is taken for its
 * newline, line->p[line->n], whatever it is.  The first line begins at 0. */
int chat_lines_back(struct chat_lines *l, uint64_t end, struct chat_str *line);

/* Would chat_lines_back() find that line without reading the file? */
bool chat_lines_has(const struct chat_lines *l, uint64_t end);

/* Finds the offset at which the first line at or after an offset begins; the
 * end of the file if none does.  CHAT_OK or an error. */
int chat_lines_next(struct chat_lines *l, uint64_t at, uint64_t *next);

#endif
