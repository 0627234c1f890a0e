/*
 * options: the settings of the operator, from the command line and a file.
 *
 *     --max-text=500        -l 0.0.0.0:80        max-text = 500
 *           \                     |                   /
 *            '------- a setting and its value -------'
 *                                 |
 *                           struct options
 *
 * The command line takes precedence: if it has a setting, the file's value of
 * that setting, or its whole list, is checked but not used.  Nothing here
 * prints or exits; an error is one line of text that can be printed or logged.
 *
 * Called by main, at the start and on SIGHUP.  Not here: which settings there
 * are (setting.h), and what they do.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "chatcore.h"

enum {
	OPTIONS_LISTEN = 16,      /* addresses to listen on */
	OPTIONS_HOSTS = 64,       /* names of this server */
	OPTIONS_ORIGINS = 64,     /* origins whose pages may join, too */
	OPTIONS_FILE = 65536,     /* bytes of a configuration file */
	OPTIONS_FILE_LINE = 1024, /* bytes of one of its lines */
	OPTIONS_WRONG = 512,      /* bytes of the line about an error */
};

/* Strings point into argv or into text.  Lists end with NULL. */
struct options {
	bool help, version; /* show it, and ignore all other settings */
	bool test;          /* only check the settings */
	const char *config; /* the file, NULL for none */
	const char *web;    /* a folder, NULL for the built-in page */
	enum chat_level log_level;
	struct chat_journal journal;
	const char *check;         /* a journal to check, NULL for none */
	struct chat_limits limits; /* complete */
	const char *listen[OPTIONS_LISTEN + 1]; /* at least one */
	const char *hosts[OPTIONS_HOSTS + 1];
	const char *origins[OPTIONS_ORIGINS + 1];
	char *text; /* the file's, cut into strings; owned */
};

/* Reads the command line and the file that it names.  Returns 0; or -1 with a
 * line without newline in wrong, and then there is nothing to release. */
int options_parse(
    struct options *o, int argc, char *const argv[], char wrong[OPTIONS_WRONG]);

/* Releases what options_parse() allocated, including strings of the file. */
void options_release(struct options *o);

#endif
