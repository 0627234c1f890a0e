/*
 * report: how the library says to the program around it what happened.
 *
 * It prints nothing itself: each line goes to a function of the program.
 */
#ifndef CHAT_REPORT_H
#define CHAT_REPORT_H

enum chat_level {
	CHAT_LOG_ERROR,   /* something has stopped working */
	CHAT_LOG_WARNING, /* something is not as it should be */
	CHAT_LOG_INFO,    /* something that an operator wants to know */
	CHAT_LOG_DEBUG,   /* ... when looking for a fault */
};

/* One line about what happened, without a newline, never the text of a
 * message.  Its first two words tell which kind of line it is: nothing that a
 * client has chosen is in them.  The line is gone after the call. */
typedef void chat_log_fn(void *user, enum chat_level level, const char *line);

#endif
