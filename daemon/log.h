/*
 * log: lines about what happened, to a descriptor, which is stderr.
 *
 *     on a terminal   2024-06-01 18:45:03 warning: line     (local time)
 *     elsewhere       <4>line     (the priority as sd-daemon(3) has it; who
 *                                  collects such lines stamps them)
 *
 * A line is one write(), at most LOG_LINE bytes, and cannot be forged by what
 * clients send: all that would move a cursor is escaped.  Nothing here waits
 * or fails: a line for which there is no room now is dropped, one above the
 * budget of LOG_BURST a second too, and later a line tells how many were.
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
	LOG_BURST = 100, /* lines a second */
	LOG_LINE = 1024, /* bytes of one as it is written, its newline too */
};

struct log {
	int fd;
	bool terminal;
	enum chat_level level; /* lines beyond it are passed over */
	time_t second;         /* for which the budget is ... */
	unsigned left;         /* ... and the lines left in it */
	unsigned long dropped; /* lines nobody has been told about */
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

/* Tells of dropped lines if there are any and the second is over; to be called
 * now and then, lest they are mentioned only with the next line. */
void log_settle(struct log *l, time_t now);

#endif
