/*
 * segment: the files of a journal, each a run of the log.
 *
 *     FOLDER/0000000000000001.log    numbers 1 to 4,096
 *            0000000000004097.log    from 4,097 on; grows
 *
 * A segment is named by the first number that it may hold, in 16 digits, so
 * that segments sort by their names.  Its first line says the same: the number
 * after which it goes on.  What an earlier one holds beyond that was refused,
 * and is void.  Called by all of the journal.  Not here: the form of lines
 * (line.h), and when a segment begins or goes (append.h).
 */
#ifndef CHAT_SEGMENT_H
#define CHAT_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "code/crc32.h"
#include "lines.h"

/* Bytes of a name, with its NUL. */
#define CHAT_SEGMENT_NAME 21

/* Bytes that there must be space for when a segment begins.  It may begin
 * because the disk was full: it should not be given up after one message. */
#define CHAT_SEGMENT_SPACE 65536

struct chat_segment {
	uint64_t first;   /* number, its name */
	uint64_t size;    /* bytes */
	uint64_t entries; /* that were seen in it, which may not be all */
};

struct chat_segments {
	const struct chat_alloc *alloc;
	struct chat_segment *all; /* in order */
	size_t n;
	uint64_t size; /* of all */
};

void chat_segments_init(struct chat_segments *s, const struct chat_alloc *a);
void chat_segments_release(struct chat_segments *s);

/* Lists those of a folder, from which some may be removed meanwhile.  CHAT_OK,
 * CHAT_ERR_NOMEM, CHAT_ERR_SYSTEM. */
int chat_segments_list(struct chat_segments *s, int folder);

/* The last one; there must be one. */
struct chat_segment *chat_segments_last(const struct chat_segments *s);

/* Adds one at the end, in place of the last if that has the same name; drops
 * the first or the last.  CHAT_OK or CHAT_ERR_NOMEM, and nothing has changed.
 */
int chat_segments_add(struct chat_segments *s, uint64_t first, uint64_t size);
void chat_segments_drop_first(struct chat_segments *s);
void chat_segments_drop_last(struct chat_segments *s);
/* The last one has grown, or shrunk, to size. */
void chat_segments_resize(struct chat_segments *s, uint64_t size);

/* The index of the one that may hold a number; the first for lower ones. */
size_t chat_segments_find(const struct chat_segments *s, uint64_t seq);

/* The number from which on the segment of an index is void; UINT64_MAX: it is
 * the last one. */
uint64_t chat_segments_void(const struct chat_segments *s, size_t i);

void chat_segment_name(char name[CHAT_SEGMENT_NAME], uint64_t first);

/* Opens one to be read, or written too: its descriptor, or CHAT_ERR_SYSTEM. */
int chat_segment_open(int folder, uint64_t first, bool write);

/* Makes one that begins with n bytes, all of it or nothing, in place of what
 * had its name; sync: its bytes are on the disk.  (Its name is not, before
 * chat_disk_sync_folder().)  Its descriptor, to write and to read; or
 * CHAT_ERR_SYSTEM. */
int chat_segment_create(
    int folder, uint64_t first, const char *p, size_t n, bool sync);

/* A search for the first line of a file with a number of at least seq.
 *
 *     [ 1 2 3 | 4 ............ seq ............ | 96 97 98 ]
 *             low  from                  to   high
 *
 * Numbers grow with the file, so a look at the place where seq should be mostly
 * finds it, or tells how far off it is. */
struct chat_seek {
	uint64_t seq;
	uint64_t low, high; /* lines before low have lower numbers, lines from
			     * high on do not */
	uint64_t from, to;  /* lines from low on have numbers of at least from,
			     * those before high of less than to, as far as is
			     * known: from < to */
	bool halves;        /* the middle of what is left is next */
	bool is_near;       /* the lines after low are next */
};

/* All of the file's numbers should be at least from, and less than to; 0 and 0:
 * that is not known. */
void chat_seek_begin(struct chat_seek *k, const struct chat_lines *l,
    uint64_t seq, uint64_t from, uint64_t to);

/* Takes a step of it, a glance or two: 1, and *at is the offset of that line,
 * the end if there is none; 0: it goes on; or an error.  Some 3 steps in a file
 * of lines that are much alike, and never more than 40: every other one halves
 * what is left.  Damaged lines are passed. */
int chat_seek_step(struct chat_seek *k, struct chat_lines *l,
    const struct chat_crc32 *crc, uint64_t *at);

/* Takes all steps at once.  CHAT_OK or an error. */
int chat_segment_seek(struct chat_lines *l, const struct chat_crc32 *crc,
    uint64_t seq, uint64_t *at);

#endif
