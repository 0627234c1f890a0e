/*
 * options: what the operator wants, from the command line and from a file.
 *
 *     --max-text=500        -l 0.0.0.0:80        max-text = 500
 *           \                     |                   /
 *            '------- a setting and its value -------'
 *                                 |
 *                           struct options
 *
 * The command line wins over the file: a setting that is given there, a list
 * as a whole, is only checked in the file.  Nothing here prints or exits; what
 * is wrong is one line of text, fit for stderr and for the log.
 *
 * Called by main, at the start and on SIGHUP.  Not here: which settings there
 * are (setting.h), and what they do.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "chatcore.h"

enum {
	OPTIONS_LISTEN = 16,      /* addresses to listen at */
	OPTIONS_ORIGINS = 64,     /* origins that may join, too */
	OPTIONS_FILE = 65536,     /* bytes of a configuration file */
	OPTIONS_FILE_LINE = 1024, /* bytes of one of its lines */
	OPTIONS_WRONG = 512,      /* bytes of the line about what is wrong */
};

/* Strings point into argv or into text.  Lists end with NULL. */
struct options {
	bool help, version; /* wanted; nothing else counts then */
	bool test;          /* only check */
	const char *config; /* the file, NULL for none */
	const char *web;    /* a folder, NULL for what is built in */
	enum chat_level log_level;
	struct chat_journal journal;
	const char *check;         /* a journal to look over, NULL for none */
	struct chat_limits limits; /* complete */
	const char *listen[OPTIONS_LISTEN + 1]; /* at least one */
	const char *origins[OPTIONS_ORIGINS + 1];
	char *text; /* the file's, cut into strings; owned */
};

/* Reads the command line and the file that it names.  0; or -1, and a line
 * without newline in wrong, and nothing to release. */
int options_parse(
    struct options *o, int argc, char *const argv[], char wrong[OPTIONS_WRONG]);

/* Gives back what options_parse() took; strings of the file are gone. */
void options_release(struct options *o);

#endif
