/*
 * lines: a file of lines, read at any place, forward or backward.
 *
 *     file:    0 .......... at .......... from ....... to .......... end
 *     buf:                  [ passed      | not given  |]
 *
 * A block at a time, in a buffer that grows only for a line that is longer.
 * What is given may be overwritten by whoever gets it: it is read again when
 * it is wanted again.  Called by scan, segment and store_file.
 */
#ifndef CHAT_LINES_H
#define CHAT_LINES_H

#include <stdint.h>

#include "base/buf.h"
#include "str.h"

/* Bytes that are read at a time, to go through a file and to look into it. */
#define CHAT_LINES_BLOCK  ((size_t)1024 * 1024)
#define CHAT_LINES_GLANCE ((size_t)16 * 1024)

struct chat_lines {
	struct chat_buf buf;
	int fd;
	uint64_t end;      /* of the file, as far as it is to be read */
	uint64_t at;       /* offset of the buffer in it */
	uint64_t from, to; /* what of it is in the buffer as it was read */
	size_t block;
};

/* Reads fd, which stays the caller's, up to end. */
void chat_lines_init(struct chat_lines *l, const struct chat_alloc *a, int fd,
    uint64_t end, size_t block);
void chat_lines_release(struct chat_lines *l);

/* The line that begins at an offset, without its newline: 1.  0: no newline
 * comes after that, line is what is left, at most CHAT_LINE_MAX of it.
 * CHAT_ERR_SPACE: none comes within CHAT_LINE_MAX bytes, which line has.
 * CHAT_ERR_SYSTEM, CHAT_ERR_NOMEM. */
int chat_lines_get(struct chat_lines *l, uint64_t at, struct chat_str *line);

/* The line whose newline is the last byte before an offset: as above; 0: there
 * is none before it.  What precedes the first newline begins at 0. */
int chat_lines_back(struct chat_lines *l, uint64_t end, struct chat_str *line);

/* The offset at which the first line at or after an offset begins; the end of
 * the file if none does.  Or an error. */
int chat_lines_next(struct chat_lines *l, uint64_t at, uint64_t *next);

#endif
