/*
 * log: writes lines about what has happened to a descriptor, which is stderr.
 *
 *     on a terminal   2024-06-01 18:45:03 warning: line     (local time)
 *     elsewhere       <4>line     (the priority of sd-daemon(3); the
 *                                  program that collects lines adds the time)
 *
 * A line is one write() of at most LOG_LINE bytes.  Clients cannot forge one,
 * because everything that would move a cursor is escaped.  Nothing here waits
 * or fails.
 *
 * Lines of one level whose first two words are the same, apart from digits, are
 * of one kind.  Each kind has a budget of its own: LOG_BURST lines in a burst,
 * and then one more every LOG_PERIOD seconds.  So nobody can fill a disk, and
 * whoever causes warnings cannot suppress an error.  Lines beyond the budget,
 * and lines for which the descriptor has no room, are counted.  A later line of
 * the budget tells how many there were and what the last one said.
 *
 *     kinds   [ rest of errors | ... of debug | refused a | journal: cannot | ]
 *               one per level, for lines        LOG_KINDS, each forgotten when
 *               that found no kind free         its budget is whole again
 *
 * Called by main, and through it by the library.  Not here: files, rotation,
 * syslog(3); what may be logged (never the text of a message).
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <time.h>

#include "chatcore.h"

enum {
	LOG_LINE = 1024,  /* bytes of a line with its beginning and newline */
	LOG_SAMPLE = 256, /* bytes of a line that are kept for a later one */
	LOG_KINDS = 16,   /* kinds with a budget of their own */
	LOG_BURST = 20,   /* lines of a kind in a burst */
	LOG_PERIOD = 10,  /* seconds until one more line, or until a full
			   * descriptor is tried again */
};

struct log_kind {
	enum chat_level level;
	time_t full;           /* when its budget is whole again */
	unsigned long waiting; /* lines that were not written yet ... */
	time_t since;          /* ... when the first of them came ... */
	char line[LOG_SAMPLE]; /* ... and the last of them; if none waits, the
				* line with which the kind began */
};

struct log {
	int fd;
	bool terminal;
	enum chat_level level; /* lines beyond it are not written */
	time_t last;           /* the latest time that was passed in */
	time_t retry;          /* when a full descriptor is tried again */
	struct log_kind kinds[CHAT_LOG_DEBUG + 1 + LOG_KINDS];
};

/* Logs to fd, which stays the caller's, lines up to level. */
void log_init(struct log *l, int fd, enum chat_level level);

/* "error", "warning", "info", "debug"; static. */
const char *log_level_name(enum chat_level level);

/* One line, without newline.  A chat_log_fn: l is a struct log. */
void log_line(void *l, enum chat_level level, const char *line);

/* The same, formatted like printf(). */
void log_print(struct log *l, enum chat_level level, const char *format, ...);

/* The same as log_line(), with the time as an argument. */
void log_line_at(
    struct log *l, enum chat_level level, const char *line, time_t now);

/* Tells of waiting lines, as far as the budgets allow it now. */
void log_settle(struct log *l, time_t now);

/* Returns in how many ms log_settle() has something to do, -1 if no line
 * waits. */
int log_timeout(const struct log *l, time_t now);

/* Tells of all waiting lines.  Nothing will be logged after this. */
void log_end(struct log *l, time_t now);

#endif
