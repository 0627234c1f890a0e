#include "setting.h"

#include <string.h>

#include "value.h"

#define NAME 64 /* bytes of the longest name with its NUL */

/* clang-format off */
static const struct setting own[] = {
	{ SETTING_HELP, "help", 'h', false, false,
	    NULL, "show this help and exit", NULL },
	{ SETTING_VERSION, "version", 'V', false, false,
	    NULL, "show the version and exit", NULL },
	{ SETTING_LISTEN, "listen", 'l', true, true,
	    "ADDRESS", "address to listen on [127.0.0.1:3008]", NULL },
	{ SETTING_CONFIG, "config", 'f', false, false,
	    "FILE", "read settings from a file", NULL },
	{ SETTING_TEST, "test-config", 't', false, false,
	    NULL, "check all settings and exit", NULL },
	{ SETTING_WEB, "web", 0, true, false,
	    "DIR", "serve the page from this folder", NULL },
	{ SETTING_HOST, "host", 0, true, true,
	    "NAME", "a name of this server; * means any", NULL },
	{ SETTING_ORIGIN, "allow-origin", 0, true, true,
	    "ORIGIN", "let pages from there join; * means all", NULL },
	{ SETTING_LEVEL, "log-level", 0, true, false,
	    "LEVEL", "error, warning, info or debug [info]", NULL },
	{ SETTING_JOURNAL, "journal", 0, true, false,
	    "DIR", "keep the messages in this folder", NULL },
	{ SETTING_JOURNAL_SIZE, "journal-size", 0, true, false,
	    "SIZE", "about how much of it to keep [1G]", NULL },
	{ SETTING_JOURNAL_PRIVATE, "journal-private", 0, true, false,
	    "yes|no", "keep the text of private messages [no]", NULL },
	{ SETTING_SYNC, "sync", 0, true, false,
	    "os|disk", "when a message counts as recorded [os]", NULL },
	{ SETTING_CHECK, "check-journal", 0, false, false,
	    "DIR", "check a journal and exit", NULL },
};
/* clang-format on */

struct setting
setting_at(size_t id)
{
	const struct chat_limit_info *limit;

	if (id >= SETTING_NONE)
		return (struct setting){ .id = SETTING_NONE };
	if (id < SETTING_LIMITS)
		return own[id];
	limit = &chat_limits_table[id - SETTING_LIMITS];
	return (struct setting){ .id = id,
		.name = limit->name,
		.in_file = true,
		.value = "",
		.text = limit->text,
		.limit = limit };
}

struct setting
setting_find(struct chat_str name)
{
	size_t id = 0;

	while (id < SETTING_NONE &&
	    !chat_str_is(chat_str(setting_at(id).name), name))
		id++;
	return setting_at(id);
}

struct setting
setting_find_letter(char letter)
{
	size_t id = 0;

	while (id < SETTING_NONE && setting_at(id).letter != letter)
		id++;
	return setting_at(id);
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Returns how many letters have to be inserted, removed or replaced to turn a
 * into b, which is shorter than NAME (Levenshtein).  Only one row of the matrix
 * is kept. */
static size_t
distance(struct chat_str a, const char *b)
{
	size_t row[NAME] = { 0 }, i, j, corner, above, n = strlen(b);

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; i < a.n; i++) {
		corner = row[0]++;
		for (j = 0; j < n; j++) {
			above = row[j + 1];
			row[j + 1] = least(
			    corner + (a.p[i] != b[j]), above + 1, row[j] + 1);
			corner = above;
		}
	}
	return row[n];
}

const char *
setting_nearest(struct chat_str name, bool in_file)
{
	size_t id, far, nearest = name.n / 3 + 2;
	const char *found = NULL;
	struct setting s;

	if (name.n == 0 || name.n >= NAME)
		return NULL;
	for (id = 0; id < SETTING_NONE; id++) {
		s = setting_at(id);
		if (in_file && !s.in_file)
			continue;
		far = strncmp(s.name, name.p, name.n) == 0
		    ? 0 /* the name was cut short */
		    : distance(name, s.name);
		if (far < nearest) {
			nearest = far;
			found = s.name;
		}
	}
	return found;
}

static void
write_row(FILE *f, const struct setting *s)
{
	char letter[] = { '-', s->letter, ',', '\0' };
	char standard[VALUE_SIZE] = "", option[2 * NAME];

	if (s->limit != NULL)
		value_write(standard, s->limit->unit, s->limit->standard);
	snprintf(option, sizeof(option), "%3s --%s %s%s",
	    s->letter != 0 ? letter : "", s->name,
	    s->value != NULL ? s->value : "", standard);
	fprintf(f, "  %-37s %s\n", option, s->text);
}

void
setting_write_help(FILE *f)
{
	struct setting s;
	size_t id;

	fputs("usage: chatd [-htV] [-f file] [-l address] [--option value] "
	      "...\n\n",
	    f);
	for (id = 0; id < SETTING_NONE; id++) {
		s = setting_at(id);
		if (id == SETTING_LIMITS)
			fputs(
			    "\nLimits and their defaults; 0 turns one off:\n\n",
			    f);
		write_row(f, &s);
	}
	fputs(
	    "\nA configuration file has the same settings, one 'name = value' "
	    "per line.\n",
	    f);
}
