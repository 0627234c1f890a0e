/*
 * check: looks over a whole journal, and changes nothing.
 *
 * May be done while a server writes to it: what comes later is not seen.
 * Called by programs that own a journal.
 */
#ifndef CHAT_CHECK_H
#define CHAT_CHECK_H

#include "chatcore.h"

struct chat_check {
	uint64_t segments, bytes;
	uint64_t messages; /* private ones included */
	uint64_t messages_private;
	uint64_t first, last; /* numbers of messages; 0: there is none */
	uint64_t first_time, last_time; /* ms since 1970 */
	uint64_t skipped; /* times that numbers were left out, after a crash */
	uint64_t refused; /* lines that were refused, and do not count */
	uint64_t lost;    /* numbers that are missing */
	uint64_t bad;     /* damaged lines, a torn one at the end included */
};

/* Reads the journal in a folder; each thing that is wrong is logged with its
 * place.  CHAT_OK, whatever was found; CHAT_ERR_SYSTEM, CHAT_ERR_NOMEM: it
 * cannot be read, which has been logged. */
int chat_check_journal(struct chat_check *c, const char *folder,
    const struct chat_alloc *alloc, chat_log_fn *on_log, void *user);

#endif
