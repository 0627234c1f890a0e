/*
 * store_file: the log in a folder, as a journal.
 *
 *     FOLDER/secret                 name of the log, secret of its sessions
 *            0000000000000001.log   the log, in segments       segment.h
 *            0000000000004097.log   ... a line an entry        line.h
 *            clean                  where it ended; only after a clean stop
 *            lock                   held by the one that writes
 *            *.cut-OFFSET           bytes that a recovery has cut off
 *
 * Appending is one write for all of a turn, and with CHAT_SYNC_DISK one
 * fdatasync().  What fails is cut off again and its segment never written any
 * more: the next begins after the last good number, so that what was refused
 * does not come back, cut or not.  Until there is a next, the store is not
 * writable; it tries once a second.
 *
 *     writable  --a write, a sync fails; the file is gone-->  broken
 *         ^                                                     |
 *         '---------------- a new segment ----------------------'
 *
 * At its start it finds the last good line, cuts what is behind it, and gives
 * the room what it needs of the log: CHAT_REFS entries and some bytes, read
 * once from some place near the end.  After anything but a clean stop it
 * leaves out CHAT_STORE_SKIP numbers.
 *
 * In store_file.c: appending.  store_open.c, store_recover.c: the start.
 * store_read.c: pages.
 * Not here: the form of a line, and looking over a whole journal (check.h).
 */
#ifndef CHAT_STORE_FILE_H
#define CHAT_STORE_FILE_H

#include "chatcore.h"
#include "line.h"
#include "scan.h"
#include "segment.h"
#include "store.h"

/* Bytes of a segment: so much of the journal's, within bounds. */
#define CHAT_STORE_PARTS    16
#define CHAT_STORE_PART_MIN (UINT64_C(1) << 16)
#define CHAT_STORE_PART_MAX (UINT64_C(1) << 26)

/* Numbers that are left out after a stop that was not clean: more than can
 * have been given out since the file system last wrote to its disk, or since
 * the backup was made that is the journal now. */
#define CHAT_STORE_SKIP UINT64_C(1000000000)

/* A broken store tries again after so many ms. */
#define CHAT_STORE_RETRY 1000

/* Bytes of lines that one read goes through. */
#define CHAT_STORE_READ ((uint64_t)256 * 1024)

struct chat_store_file_config {
	const struct chat_alloc *alloc;
	struct chat_journal journal;
	size_t past;               /* bytes of entries that the room keeps */
	const unsigned char *seed; /* CHAT_TOKEN_SECRET bytes */
	struct chat_time now;
	chat_log_fn *on_log; /* may be NULL */
	void *user;
};

/* Opens the journal, makes it if there is none, and repairs its end.  NULL:
 * why has been logged as an error, and errno says it shorter. */
struct chat_store *chat_store_file_open(
    const struct chat_store_file_config *config);

/*
 * Between the files of the store
 */

/* A page that is asked for. */
struct chat_store_page {
	bool asked;
	bool begun;
	uint64_t before; /* down to which number all was given */
	uint32_t limit;  /* entries that may still be given */
	uint64_t budget; /* bytes that may still be gone through */
	size_t segment;
	uint64_t at; /* offset behind the next line in it */
	int fd;      /* of the segment, -1: none */
	struct chat_lines lines;
};

struct chat_store_file {
	struct chat_store store;
	const struct chat_alloc *alloc;
	struct chat_journal journal; /* complete */
	chat_log_fn *on_log;
	void *user;

	int folder, lock;
	int fd; /* of the last segment, -1: none */
	struct chat_segments segments;
	struct chat_crc32 crc;
	struct chat_buf lines; /* that are being written */

	const struct chat_batch *batch; /* NULL: answered for */
	size_t offset;                  /* of the next record in it */
	bool recorded;                  /* the batch */
	uint64_t seq;                   /* of the record before it */

	bool left; /* the next segment may be there: what is added to the last
		    * one would be void */
	bool broken;
	uint64_t retry; /* when to try again, mono */

	bool recovering;
	struct chat_scan scan;
	struct chat_store_page page;
	struct chat_batch record; /* the one that was read last */
};

void chat_store_log(
    struct chat_store_file *f, enum chat_level level, const char *format, ...);

/* What a store of this kind does. */
extern const struct chat_store_type chat_store_file_type;

/* Begins a segment after the last number, and forgets the oldest ones when
 * there are too many.  CHAT_OK, or an error: the last one is as it was, and
 * f->left says whether it can go on. */
int chat_store_roll(struct chat_store_file *f);

/* Writes the line, with a newline, to f->lines.  CHAT_OK or
 * CHAT_ERR_NOMEM. */
int chat_store_write(struct chat_store_file *f, const struct chat_line *line);

/* Makes an answer of a line: CHAT_STORED, CHAT_STORED_SKIPPED; for want of
 * memory CHAT_STORED_LOST. */
void chat_store_answer(struct chat_store_file *f, struct chat_stored *out,
    const struct chat_line *line);

/* store_recover.c: what the journal holds: sets log.known and log.first, for a
 * room that keeps so many bytes; then the next piece of it, false: that was
 * all. */
void chat_store_prepare(struct chat_store_file *f, size_t past);
bool chat_store_recover(struct chat_store_file *f, struct chat_stored *out);

/* store_read.c: the page that is asked for. */
void chat_store_ask(struct chat_store_file *f, uint64_t before, uint32_t limit);
void chat_store_read(struct chat_store_file *f, struct chat_stored *out);
void chat_store_stop_reading(struct chat_store_file *f);

#endif
