/*
 * log: lines about what happened, to a descriptor, which is stderr.
 *
 *     on a terminal   2024-06-01 18:45:03 warning: line     (local time)
 *     elsewhere       <4>line     (the priority as sd-daemon(3) has it; who
 *                                  collects such lines stamps them)
 *
 * A line is one write(), at most LOG_LINE bytes, and cannot be forged by what
 * clients send: all that would move a cursor is escaped.  Nothing here waits
 * or fails.
 *
 * Lines of one level whose first two words are the same, whatever their digits,
 * are of one kind, and each kind has a budget of its own: LOG_BURST lines at
 * once, and another each LOG_PERIOD seconds.  So nobody can fill a disk, or
 * keep an error from being written by what causes warnings.  Lines beyond that,
 * and those for which the descriptor has no room, are counted, and a later line
 * of the budget tells how many they were and what the last one said.
 *
 *     kinds   [ rest of errors | ... of debug | refused a | journal: cannot | ]
 *               one per level, for what         LOG_KINDS, each forgotten when
 *               finds no place among the        its budget is whole again
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
	LOG_LINE = 1024,  /* bytes of one as it is written, its newline too */
	LOG_SAMPLE = 256, /* bytes of one that is kept until it can be told */
	LOG_KINDS = 16,   /* kinds with a budget of their own */
	LOG_BURST = 20,   /* lines of a kind at once */
	LOG_PERIOD = 10, /* seconds until there may be one more, or until a full
			  * descriptor is tried again */
};

struct log_kind {
	enum chat_level level;
	time_t full;           /* when its budget is whole again */
	unsigned long waiting; /* lines nobody has been told about ... */
	time_t since;          /* ... when the first of them came ... */
	char line[LOG_SAMPLE]; /* ... and what the last one says; or else what
				* the kind begins with */
};

struct log {
	int fd;
	bool terminal;
	enum chat_level level; /* lines beyond it are passed over */
	time_t last;           /* the latest time that it was told */
	time_t retry;          /* when a full descriptor is tried again */
	struct log_kind kinds[CHAT_LOG_DEBUG + 1 + LOG_KINDS];
};

/* Logs to fd, which stays the caller's, all up to level. */
void log_init(struct log *l, int fd, enum chat_level level);

/* "error", "warning", "info", "debug"; static. */
const char *log_level_name(enum chat_level level);

/* One line, without newline.  A chat_log_fn: l is a struct log. */
void log_line(void *l, enum chat_level level, const char *line);

/* The same, put together as printf() does. */
void log_print(struct log *l, enum chat_level level, const char *format, ...);

/* The same as log_line(), with the time as an argument. */
void log_line_at(
    struct log *l, enum chat_level level, const char *line, time_t now);

/* Tells of lines that wait, as far as they may be told by now. */
void log_settle(struct log *l, time_t now);

/* In how many ms log_settle() has something to do; -1: nothing waits. */
int log_timeout(const struct log *l, time_t now);

/* Tells of all lines that wait: nothing will be logged after this. */
void log_end(struct log *l, time_t now);

#endif
