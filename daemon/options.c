#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "setting.h"
#include "value.h"
#include "wire/host.h"

/* Where a setting was given. */
enum given { NOWHERE, ON_COMMAND_LINE, IN_FILE };

/* The state of reading all settings. */
struct reading {
	struct options *o;
	char *wrong;
	const char *file; /* NULL: the command line is being read */
	unsigned line;
	const char *name; /* the setting that is being read, or NULL */
	enum given given[SETTING_NONE];
};

struct arguments {
	char *const *next, *const *end;
};

/* Writes the place and then the error to wrong.  Returns -1. */
static int
fail(struct reading *r, const char *format, ...)
{
	const char *dashes = r->file == NULL ? "--" : "";
	size_t n = 0;
	va_list ap;
	int got = 0;

	if (r->file != NULL)
		got = snprintf(
		    r->wrong, OPTIONS_WRONG, "%.256s:%u: ", r->file, r->line);
	n = chat_str_written(r->wrong, (size_t)got, OPTIONS_WRONG).n;
	got = 0;
	if (r->name != NULL)
		got = snprintf(
		    r->wrong + n, OPTIONS_WRONG - n, "%s%s: ", dashes, r->name);
	n += chat_str_written(r->wrong + n, (size_t)got, OPTIONS_WRONG - n).n;
	va_start(ap, format);
	vsnprintf(r->wrong + n, OPTIONS_WRONG - n, format, ap);
	va_end(ap);
	return -1;
}

static int
fail_unknown(struct reading *r, struct chat_str name)
{
	const char *meant = setting_nearest(name, r->file != NULL);
	const char *dashes = r->file == NULL ? "--" : "";
	int n = name.n < 64 ? (int)name.n : 64;

	if (meant == NULL)
		return fail(r, "unknown option '%s%.*s'", dashes, n, name.p);
	return fail(r, "unknown option '%s%.*s', did you mean '%s%s'?", dashes,
	    n, name.p, dashes, meant);
}

/*
 * Values
 */

/* What a number may be. */
struct range {
	enum chat_unit unit;
	bool zero; /* may be 0, whatever min is */
	uint64_t min, max;
};

/* Sets *number to exactly the number that value says, or fails.  All numbers of
 * settings are read here. */
static int
set_number(struct reading *r, uint64_t *number, const struct range *range,
    const char *value)
{
	char bound[VALUE_SIZE];
	enum value_result result = value_parse(number, range->unit, value);

	if (result == VALUE_WRONG)
		return fail(
		    r, "'%s' is not a %s", value, value_unit_name(range->unit));
	if (result == VALUE_TOO_GREAT || *number > range->max) {
		value_write(bound, range->unit, range->max);
		return fail(r, "%s is more than %s", value, bound);
	}
	if (*number < range->min && !(range->zero && *number == 0)) {
		value_write(bound, range->unit, range->min);
		return fail(r, "%s is less than %s", value, bound);
	}
	return 0;
}

static int
set_limit(struct reading *r, struct options *o,
    const struct chat_limit_info *limit, const char *value)
{
	const struct range range = { limit->unit, true, limit->min,
		limit->max };
	uint32_t v32;
	uint64_t v;

	if (set_number(r, &v, &range, value) != 0)
		return -1;
	v32 = v == 0 ? CHAT_OFF : (uint32_t)v;
	memcpy((char *)&o->limits + limit->offset, &v32, sizeof(v32));
	return 0;
}

/* Whether s has the form of an address.  Only listening on it shows whether
 * this machine has it. */
static bool
is_address(const char *s)
{
	const char *colon = strrchr(s, ':');
	uint64_t port;

	if (strncmp(s, "unix:", 5) == 0)
		return s[5] != '\0';
	if (colon == NULL || colon == s ||
	    value_parse(&port, CHAT_COUNT, colon + 1) != VALUE_OK ||
	    port > 65535)
		return false;
	return s[0] == '[' ? colon[-1] == ']' : strchr(s, ':') == colon;
}

/* Whether s is "*" or a name, without a port: the one that a browser is given
 * may be that of a proxy. */
static bool
is_host(const char *s)
{
	return strcmp(s, "*") == 0 ||
	    (strlen(s) <= CHAT_MAX_HOST && chat_host_is_name(chat_str(s)));
}

/* Whether s is "*" or scheme://authority, the form that browsers send
 * (RFC 6454, section 6.1). */
static bool
is_origin(const char *s)
{
	const char *authority = strstr(s, "://");

	if (strcmp(s, "*") == 0)
		return true;
	return strlen(s) <= CHAT_MAX_ORIGIN && authority != NULL &&
	    authority != s && authority[3] != '\0' &&
	    strpbrk(authority + 3, "/?# \t") == NULL;
}

static int
append(struct reading *r, const char **list, size_t cap, const char *value)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	if (n == cap)
		return fail(r, "given more than %zu times", cap);
	list[n] = value;
	return 0;
}

static int
set_level(struct reading *r, struct options *o, const char *value)
{
	enum chat_level level;

	for (level = CHAT_LOG_ERROR; level <= CHAT_LOG_DEBUG; level++)
		if (strcmp(value, log_level_name(level)) == 0) {
			o->log_level = level;
			return 0;
		}
	return fail(r, "'%s' is not a level", value);
}

static int
set_size(struct reading *r, struct options *o, const char *value)
{
	static const struct range range = { CHAT_BYTES, false,
		CHAT_JOURNAL_SIZE_MIN, UINT64_MAX };

	return set_number(r, &o->journal.size, &range, value);
}

/* Sets *choice to whether value is yes; it has to be no otherwise. */
static int
set_choice(struct reading *r, bool *choice, const char *no, const char *yes,
    const char *value)
{
	*choice = strcmp(value, yes) == 0;
	if (*choice || strcmp(value, no) == 0)
		return 0;
	return fail(r, "'%s' is neither %s nor %s", value, no, yes);
}

static int
set_sync(struct reading *r, struct options *o, const char *value)
{
	bool disk;
	int result = set_choice(r, &disk, "os", "disk", value);

	o->journal.sync = disk ? CHAT_SYNC_DISK : CHAT_SYNC_OS;
	return result;
}

static int
set_own(struct reading *r, struct options *o, size_t id, const char *value)
{
	switch (id) {
	case SETTING_HELP:
		o->help = true;
		break;
	case SETTING_VERSION:
		o->version = true;
		break;
	case SETTING_TEST:
		o->test = true;
		break;
	case SETTING_CONFIG:
		o->config = value;
		break;
	case SETTING_WEB:
		o->web = value;
		break;
	case SETTING_LEVEL:
		return set_level(r, o, value);
	case SETTING_JOURNAL:
		o->journal.folder = value;
		break;
	case SETTING_JOURNAL_SIZE:
		return set_size(r, o, value);
	case SETTING_JOURNAL_PRIVATE:
		return set_choice(r, &o->journal.private, "no", "yes", value);
	case SETTING_SYNC:
		return set_sync(r, o, value);
	case SETTING_CHECK:
		o->check = value;
		break;
	case SETTING_LISTEN:
		if (!is_address(value))
			return fail(r, "'%s' is not an address", value);
		return append(r, o->listen, OPTIONS_LISTEN, value);
	case SETTING_HOST:
		if (!is_host(value))
			return fail(r, "'%s' is not a host name", value);
		return append(r, o->hosts, OPTIONS_HOSTS, value);
	case SETTING_ORIGIN:
		if (!is_origin(value))
			return fail(r, "'%s' is not an origin", value);
		return append(r, o->origins, OPTIONS_ORIGINS, value);
	}
	return 0;
}

/* Takes a value, NULL for none.  If the command line has the setting, a value
 * from the file is checked and then dropped. */
static int
set(struct reading *r, const struct setting *s, const char *value)
{
	struct options unused = { 0 }, *o = r->o;
	enum given *given = &r->given[s->id];
	int result;

	r->name = s->name;
	if (r->file != NULL && *given == ON_COMMAND_LINE)
		o = &unused;
	else
		*given = r->file != NULL ? IN_FILE : ON_COMMAND_LINE;
	if (s->value != NULL && (value == NULL || *value == '\0'))
		result = fail(r, "needs a value");
	else if (s->value == NULL && value != NULL)
		result = fail(r, "takes no value");
	else if (s->limit != NULL)
		result = set_limit(r, o, s->limit, value);
	else
		result = set_own(r, o, s->id, value != NULL ? value : "");
	r->name = NULL;
	return result;
}

/*
 * The command line
 */

static const char *
take(struct arguments *a)
{
	return a->next < a->end ? *a->next++ : NULL;
}

/* Reads --name, --name=value or --name value; p follows the dashes. */
static int
read_long(struct reading *r, const char *p, struct arguments *a)
{
	struct chat_str name = { p, strcspn(p, "=") };
	struct setting s = setting_find(name);
	const char *value = NULL;

	if (s.id == SETTING_NONE)
		return fail_unknown(r, name);
	if (p[name.n] == '=')
		value = p + name.n + 1;
	else if (s.value != NULL)
		value = take(a);
	return set(r, &s, value);
}

/* Reads -t, -l value, -lvalue or -tlvalue; p follows the dash. */
static int
read_short(struct reading *r, const char *p, struct arguments *a)
{
	struct setting s;

	for (; *p != '\0'; p++) {
		s = setting_find_letter(*p);
		if (s.id == SETTING_NONE)
			return fail(r, "unknown option '-%c'", *p);
		if (s.value != NULL)
			return set(r, &s, p[1] != '\0' ? p + 1 : take(a));
		if (set(r, &s, NULL) != 0)
			return -1;
	}
	return 0;
}

static int
read_argument(struct reading *r, const char *p, struct arguments *a)
{
	if (strcmp(p, "--") == 0) {
		p = take(a); /* only options are known, and they end here */
		return p == NULL ? 0 : fail(r, "unexpected argument '%s'", p);
	}
	if (p[0] == '-' && p[1] == '-')
		return read_long(r, p + 2, a);
	if (p[0] == '-' && p[1] != '\0')
		return read_short(r, p + 1, a);
	return fail(r, "unexpected argument '%s'", p);
}

/*
 * The file
 */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts off blanks at both ends. */
static char *
trim(char *s)
{
	size_t n;

	while (is_blank(*s))
		s++;
	for (n = strlen(s); n > 0 && is_blank(s[n - 1]); n--)
		continue;
	s[n] = '\0';
	return s;
}

/* Cuts off a comment, which begins with '#' at the beginning or after a
 * blank. */
static void
cut_comment(char *s)
{
	char *p;

	for (p = s; (p = strchr(p, '#')) != NULL; p++)
		if (p == s || is_blank(p[-1])) {
			*p = '\0';
			return;
		}
}

static int
read_line(struct reading *r, char *line)
{
	char *name, *value;
	struct setting s;

	if (strlen(line) > OPTIONS_FILE_LINE)
		return fail(
		    r, "the line is longer than %d bytes", OPTIONS_FILE_LINE);
	cut_comment(line);
	name = trim(line);
	if (*name == '\0')
		return 0;
	value = strchr(name, '=');
	if (value == NULL)
		return fail(r, "'%.64s' is not 'name = value'", name);
	*value++ = '\0';
	name = trim(name);
	s = setting_find(chat_str(name));
	if (s.id == SETTING_NONE)
		return fail_unknown(r, chat_str(name));
	if (!s.in_file)
		return fail(r, "%s works on the command line only", name);
	if (r->given[s.id] == IN_FILE && !s.repeats)
		return fail(r, "%s is set twice", name);
	return set(r, &s, trim(value));
}

/* Reads at most cap bytes of the file, and one more to detect a longer file.
 * Returns how many bytes were read, or -1 with errno. */
static long
load(const char *file, char *dst, size_t cap)
{
	FILE *f = fopen(file, "r");
	size_t n;
	int error;

	if (f == NULL)
		return -1;
	errno = 0;
	n = fread(dst, 1, cap + 1, f);
	error = ferror(f) != 0 ? errno : 0;
	fclose(f);
	errno = error;
	return error != 0 ? -1 : (long)n;
}

static int
read_file(struct reading *r, const char *file)
{
	char *line, *next;
	long n = -1;

	r->o->text = malloc(OPTIONS_FILE + 2);
	if (r->o->text != NULL)
		n = load(file, r->o->text, OPTIONS_FILE);
	if (n < 0)
		return fail(r, "cannot read %s: %s", file, strerror(errno));
	if (n > OPTIONS_FILE)
		return fail(
		    r, "%s is longer than %d bytes", file, OPTIONS_FILE);
	r->o->text[n] = '\0';
	if (strlen(r->o->text) < (size_t)n)
		return fail(r, "%s is not a text file", file);
	r->file = file;
	for (line = r->o->text; line != NULL; line = next) {
		r->line++;
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (read_line(r, line) != 0)
			return -1;
	}
	r->file = NULL;
	return 0;
}

static int
read_all(struct reading *r, struct arguments a)
{
	struct options *o = r->o;
	const char *p, *wrong;

	while ((p = take(&a)) != NULL) {
		if (read_argument(r, p, &a) != 0)
			return -1;
		if (o->help || o->version)
			return 0;
	}
	if (o->config != NULL && read_file(r, o->config) != 0)
		return -1;
	if (o->listen[0] == NULL)
		o->listen[0] = "127.0.0.1:3008";
	/* Each limit is within its own bounds, so two of them conflict. */
	if (chat_limits_complete(&o->limits, &wrong) != 0)
		return fail(r, "%s is too small for max-message", wrong);
	return 0;
}

int
options_parse(
    struct options *o, int argc, char *const argv[], char wrong[OPTIONS_WRONG])
{
	struct reading r = { .o = o, .wrong = wrong };
	struct arguments a = { argv + (argc > 0), argv + argc };

	*o = (struct options){ .log_level = CHAT_LOG_INFO };
	if (read_all(&r, a) == 0)
		return 0;
	options_release(o);
	return -1;
}

void
options_release(struct options *o)
{
	free(o->text);
	*o = (struct options){ 0 };
}
