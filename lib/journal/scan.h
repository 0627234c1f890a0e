/*
 * scan: goes through a journal from some place to its end, line by line.
 *
 *     segment:   [ head 1 2 3 xx 6 7 ] [ head 8 9 yy ] end
 *     found:            1 2 3 damage lost(4..5) 6 7 8 9 damage end
 *
 * Lines come in the order of the log, each number once; damage, and the numbers
 * that are missing, are told in between.  Lines with numbers that the next
 * segment has again are void, and passed.  Called by recover and check.  Not
 * here: where a journal ends (tail.h), and reading backward (read.h).
 */
#ifndef CHAT_SCAN_H
#define CHAT_SCAN_H

#include "line.h"
#include "segment.h"

enum chat_found {
	CHAT_FOUND_LINE,    /* a message or a skip */
	CHAT_FOUND_LOST,    /* numbers from skip to seq are not there */
	CHAT_FOUND_DAMAGE,  /* bytes that are not lines of this journal */
	CHAT_FOUND_FAILURE, /* the rest of the segment cannot be read: err */
	CHAT_FOUND_END,
};

struct chat_found_item {
	enum chat_found kind;
	struct chat_line line; /* strings are gone with the next call */
	uint64_t skip, seq;
	size_t segment;            /* index of where it is */
	uint64_t at, bytes, lines; /* of damage: its place and size */
	bool torn; /* damage without a newline, at a segment's end */
	int err;   /* errno says more if it is CHAT_ERR_SYSTEM */
};

struct chat_scan {
	const struct chat_crc32 *crc;
	const struct chat_segments *all;
	int folder, fd;
	const char *log; /* 8 characters, NULL: any */
	struct chat_lines lines;
	size_t segment;
	uint64_t at;                   /* of the next line in it */
	uint64_t expect;               /* the next number; 0: any */
	uint64_t void_lines;           /* that were passed */
	struct chat_found_item damage; /* bytes > 0: not told yet */
	struct chat_line line;
	bool has_line; /* in line, and not told yet */
	bool is_over;  /* the segment has no more */
};

/* The segments must stay as they are while a scan goes on, except that the last
 * one may grow: that is not seen. */
void chat_scan_init(struct chat_scan *s, const struct chat_segments *all,
    int folder, const struct chat_crc32 *crc);
/* Begins in a segment, at the offset of a line, which should have the number
 * expect; 0: it does not matter which. */
void chat_scan_begin(
    struct chat_scan *s, size_t segment, uint64_t at, uint64_t expect);
void chat_scan_release(struct chat_scan *s);

/* Finds the next item; after the end, the end again. */
void chat_scan_next(struct chat_scan *s, struct chat_found_item *item);

#endif
