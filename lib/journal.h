/*
 * journal: the log in a folder, a JSON object a line; see chatjournal(5).
 *
 * A chat_server opens one if its configuration names a folder; a program that
 * drives a chat_core opens one here and hands it over as the core's store.
 * Its code is in journal/.  Not here: what a store is (store.h).
 */
#ifndef CHAT_JOURNAL_H
#define CHAT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "now.h"
#include "report.h"
#include "store.h"

/* When a message counts as recorded. */
enum chat_sync {
	CHAT_SYNC_OS,   /* handed to the system: survives the process */
	CHAT_SYNC_DISK, /* on the disk: survives the machine */
};

/* Bytes of a journal by default, and at least. */
#define CHAT_JOURNAL_SIZE     (UINT64_C(1) << 30)
#define CHAT_JOURNAL_SIZE_MIN (UINT64_C(1) << 20)

struct chat_journal {
	const char *folder; /* made if there is none; NULL: no journal */
	uint64_t size;      /* bytes kept, about; 0: CHAT_JOURNAL_SIZE */
	enum chat_sync sync;
	bool private; /* keep the text of private messages, too */
};

struct chat_journal_config {
	const struct chat_alloc *alloc;
	struct chat_journal journal;
	size_t past; /* bytes of entries that the room will keep in memory */
	const unsigned char *seed; /* CHAT_LOG_SECRET bytes */
	struct chat_time now;
	chat_log_fn *on_log; /* may be NULL */
	void *user;          /* its first argument */
};

/* Opens the journal, makes it if there is none, and repairs its end.  What
 * config points to must outlive the store, except folder and seed.  NULL: the
 * reason has been logged as an error, and errno says it in short. */
struct chat_store *chat_journal_open(const struct chat_journal_config *config);

/* What chat_check_journal() found. */
struct chat_check {
	uint64_t segments, bytes;
	uint64_t messages; /* private ones included */
	uint64_t messages_private;
	uint64_t first, last; /* numbers of messages; 0: there is none */
	uint64_t first_time, last_time; /* ms since 1970 UTC */
	uint64_t skipped; /* times that numbers were left out, after a crash */
	uint64_t refused; /* lines that were refused, and do not count */
	uint64_t lost;    /* numbers that are missing */
	uint64_t bad;     /* damaged lines, a torn one at the end included */
};

/* Reads the whole journal in a folder and changes nothing; each thing that is
 * wrong is logged with its place.  A server may write to it meanwhile: lines
 * that are added are not seen, and segments that are removed are not counted.
 * CHAT_OK, whatever was found; CHAT_ERR_SYSTEM, CHAT_ERR_NOMEM: it cannot be
 * read, which has been logged. */
int chat_check_journal(struct chat_check *c, const char *folder,
    const struct chat_alloc *alloc, chat_log_fn *on_log, void *user);

#endif
