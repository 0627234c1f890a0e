/*
 * setting: the table of all settings.
 *
 * The table has a row per setting.  The long options, the short options, the
 * lines of a configuration file and the text of --help are all made from its
 * rows.  The library's limits are rows too, made from chat_limits_table.
 *
 *     id   0 ............... SETTING_LIMITS ............. SETTING_NONE
 *          the daemon's own  the limits in their order    (no setting)
 *
 * Called by options.  Not here: where values come from and where they go.
 */
#ifndef SETTING_H
#define SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "chatcore.h"

enum setting_id {
	SETTING_HELP,
	SETTING_VERSION,
	SETTING_LISTEN,
	SETTING_CONFIG,
	SETTING_TEST,
	SETTING_WEB,
	SETTING_HOST,
	SETTING_ORIGIN,
	SETTING_LEVEL,
	SETTING_JOURNAL,
	SETTING_JOURNAL_SIZE,
	SETTING_JOURNAL_PRIVATE,
	SETTING_SYNC,
	SETTING_CHECK,
	SETTING_LIMITS, /* the first of them */
	SETTING_NONE =
	    SETTING_LIMITS + sizeof(struct chat_limits) / sizeof(uint32_t),
};

struct setting {
	size_t id;         /* SETTING_NONE: no setting; nothing else is set */
	const char *name;  /* as in --name */
	char letter;       /* of the short option, 0 for none */
	bool in_file;      /* may be in a configuration file */
	bool repeats;      /* may be given several times, as a list */
	const char *value; /* its name in the help, NULL if it takes none */
	const char *text;  /* one line of help */
	const struct chat_limit_info *limit; /* NULL if it is not a limit */
};

/* Returns the setting with that id, name or letter. */
struct setting setting_at(size_t id);
struct setting setting_find(struct chat_str name);
struct setting setting_find_letter(char letter);

/* Returns the name that was probably meant by one that does not exist, among
 * all settings or those for files; NULL if no name is near. */
const char *setting_nearest(struct chat_str name, bool in_file);

/* Writes the text of --help. */
void setting_write_help(FILE *f);

#endif
