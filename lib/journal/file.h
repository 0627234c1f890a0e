/*
 * file: the log in a folder, as a journal: the store that journal.h opens.
 *
 *     FOLDER/secret                 name of the log, secret of its sessions
 *            0000000000000001.log   the log, in segments       segment.h
 *            0000000000004097.log   ... a line an entry        line.h
 *            clean                  where it ended; only after a clean stop
 *            lock/held              locked by the one that writes
 *            *.cut-OFFSET           bytes that a start has cut off
 *
 *     open ---> tail       the end of the log is found, what follows is cut
 *      |   ---> recover    the room gets what it needs of the log
 *      |   ---> append     a turn's batch is written; segments begin and go
 *      '   ---> read       pages of older entries
 *
 * Those four share what is here: the struct, a line to be written, an answer
 * made of one that was read, what is logged.  Not here: the form of a line
 * (line.h), and looking over a whole journal (check.c).
 */
#ifndef CHAT_JOURNAL_FILE_H
#define CHAT_JOURNAL_FILE_H

#include "code/sha256.h"
#include "journal.h"
#include "line.h"
#include "scan.h"
#include "segment.h"
#include "stretch.h"
#include "store/refs.h"

/* Bytes of a segment: this part of the journal's, within bounds. */
#define CHAT_FILE_PARTS    16
#define CHAT_FILE_PART_MIN (UINT64_C(1) << 16)
#define CHAT_FILE_PART_MAX (UINT64_C(1) << 26)

/* Numbers that are left out after a stop that was not clean: more than can
 * have been given out since the file system last wrote to its disk, or since
 * somebody made the backup that is the journal now. */
#define CHAT_FILE_SKIP UINT64_C(1000000000)

/* A broken store tries again after this many ms. */
#define CHAT_FILE_RETRY 1000

/* Bytes of lines that one read goes through, and how many of them a stretch
 * counts for that it does not have to. */
#define CHAT_FILE_READ ((uint64_t)256 * 1024)
#define CHAT_FILE_PASS ((uint64_t)256)

/* Ends of pages that are remembered. */
#define CHAT_FILE_PLACES 64

/* Where a page has ended, and the next one before it begins. */
struct chat_file_place {
	uint64_t before; /* down to which number all is done; 0: none */
	uint64_t first;  /* number of the segment */
	uint64_t at;     /* offset after the next line in it */
	uint64_t top;    /* where the stretch ends that is gone through up to
			  * here; 0: it was entered in its midst */
	uint64_t users;  /* who has seen something in it, see stretch.h */
};

enum chat_file_page_state {
	CHAT_PAGE_NONE,  /* none is asked for */
	CHAT_PAGE_ASKED, /* nothing was done for it yet */
	CHAT_PAGE_SOUGHT,
	CHAT_PAGE_READ, /* from its place */
};

/* A page that is asked for. */
struct chat_file_page {
	enum chat_file_page_state state;
	struct chat_file_place place;
	uint64_t user;   /* who asks */
	uint32_t limit;  /* entries that may still be given */
	uint64_t budget; /* bytes that may still be gone through */
	int fd;          /* of the segment, -1: none */
	struct chat_lines lines;
	struct chat_seek seek;
	uint64_t loads; /* of lines, when the turn began */
};

struct chat_file {
	struct chat_store store;
	const struct chat_alloc *alloc;
	struct chat_journal journal; /* complete */
	chat_log_fn *on_log;
	void *user;

	int folder, lock;
	int old_lock;          /* of version 1, see hold.c; -1: none */
	struct chat_hmac mask; /* with the secret, nothing fed */
	int fd;                /* of the last segment, -1: none */
	int next; /* of one that has its name, but could not be begun; -1 */
	struct chat_segments segments;
	struct chat_crc32 crc;
	struct chat_buf lines; /* that are being written */

	/* The batch that is being answered for, see append.c. */
	const struct chat_batch *batch;
	size_t offset;     /* of the next record in it */
	size_t unanswered; /* records of it */
	bool recorded;     /* all of it */
	uint64_t seq;      /* of the record before the next one */

	/* Trouble with the last segment, see append.c. */
	bool superseded;
	bool broken;
	uint64_t retry; /* when to try again, mono */

	bool recovering; /* the room has not got all that it needs yet */
	struct chat_scan scan;
	struct chat_file_page page;
	struct chat_file_place places[CHAT_FILE_PLACES]; /* by before */
	struct chat_stretches stretches;
};

/* Logs a line; leaves errno alone. */
void chat_file_log(
    struct chat_file *f, enum chat_level level, const char *format, ...);

/* Logs as an error what could not be done to the journal and, from errno, why;
 * returns CHAT_ERR_SYSTEM.  err is CHAT_ERR_NOMEM if there was no memory, which
 * errno need not say. */
int chat_file_fail(struct chat_file *f, int err, const char *what);

/* Adds the line, with a newline, to f->lines.  CHAT_OK or
 * CHAT_ERR_NOMEM. */
int chat_file_put(struct chat_file *f, const struct chat_line *line);

/* Masks the users of a private entry, or unmasks them: twice is as never.  A
 * mask is made of the secret, and of the number and the time of the entry, so
 * nobody without the secret can tell which entries are of the same users: not
 * even if a number comes twice, as when one was refused. */
void chat_file_mask(const struct chat_file *f, struct chat_entry *e);

/* The users of a line that was read; what a caller sees of them is not masked.
 */
void chat_file_unmask(const struct chat_file *f, struct chat_line *line);

/* Makes an answer of a line that is an entry or a skip: CHAT_STORED or
 * CHAT_STORED_SKIPPED, good as long as the line's strings are. */
void chat_file_answer(struct chat_stored *out, const struct chat_line *line);

#endif
