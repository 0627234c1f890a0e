/* Tests of the manual pages: they know all settings, and no others, with the
 * defaults and bounds that these have.  To be run from the top of the tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/setting.h"
#include "daemon/value.h"
#include "journal/file.h"

static char chatd[65536], conf[65536], journal[65536];

static int
read_page(char *dst, size_t cap, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return -1;
	n = fread(dst, 1, cap - 1, f);
	dst[n] = '\0';
	fclose(f);
	return n < cap - 1 ? 0 : -1;
}

static int
read_pages(void **state)
{
	(void)state;
	return read_page(chatd, sizeof(chatd), "man/chatd.8") != 0 ||
	    read_page(conf, sizeof(conf), "man/chatd.conf.5") != 0 ||
	    read_page(journal, sizeof(journal), "man/chatjournal.5") != 0;
}

static void
assert_has(const char *page, const char *line)
{
	if (strstr(page, line) == NULL)
		fail_msg("the manual lacks '%s'", line);
}

static void
every_option_is_explained(void **state)
{
	char line[256], standard[VALUE_SIZE];
	struct setting s;
	size_t id;

	(void)state;
	for (id = 0; id < SETTING_NONE; id++) {
		s = setting_at(id);
		if (s.limit != NULL) {
			value_write(standard, s.limit->unit, s.limit->standard);
			snprintf(line, sizeof(line),
			    "\n.It Fl \\-%s Ta %s Ta %s\n", s.name, standard,
			    s.text);
		} else if (s.letter != 0)
			snprintf(line, sizeof(line), "\n.It Fl %c , Fl \\-%s",
			    s.letter, s.name);
		else
			snprintf(line, sizeof(line), "\n.It Fl \\-%s ", s.name);
		assert_has(chatd, line);
	}
}

static void
every_line_of_a_file_is_explained(void **state)
{
	char line[256], standard[VALUE_SIZE], min[VALUE_SIZE], max[VALUE_SIZE];
	const struct chat_limit_info *l;
	struct setting s;
	size_t id;

	(void)state;
	for (id = 0; id < SETTING_NONE; id++) {
		s = setting_at(id);
		snprintf(line, sizeof(line), "\n.It Cm %s No = Ar ", s.name);
		if (!s.in_file)
			assert_null(strstr(conf, line));
		else
			assert_has(conf, line);
		if ((l = s.limit) == NULL)
			continue;
		value_write(standard, l->unit, l->standard);
		value_write(min, l->unit, l->min);
		value_write(max, l->unit, l->max);
		snprintf(line, sizeof(line),
		    "\n.It Cm %s No = Ar %s\nDefault %s, %s to %s.\n", s.name,
		    value_unit_name(l->unit), standard, min, max);
		assert_has(conf, line);
	}
}

/* What is behind each of the marks is the name of a setting. */
static void
assert_known(const char *page, const char *mark)
{
	struct chat_str name;
	const char *p = page;

	while ((p = strstr(p, mark)) != NULL) {
		p += strlen(mark);
		name = (struct chat_str){ p, strcspn(p, " \n") };
		if (name.n > 0 && setting_find(name).id == SETTING_NONE)
			fail_msg("there is no '%.*s'", (int)name.n, name.p);
	}
}

static void
nothing_else_is_promised(void **state)
{
	(void)state;
	assert_known(chatd, "\n.It Fl \\-");
	assert_known(chatd, " Fl \\-");
	assert_known(conf, "\n.It Cm ");
}

static void
numbers_are_those_of_the_program(void **state)
{
	char line[64];

	(void)state;
	snprintf(line, sizeof(line), "up to %d times", OPTIONS_LISTEN);
	assert_has(chatd, line);
	assert_has(conf, line);
	snprintf(line, sizeof(line), "up to %d times", OPTIONS_ORIGINS);
	assert_has(chatd, line);
	assert_has(conf, line);
	snprintf(line, sizeof(line), "at most %d bytes, the file %d.",
	    OPTIONS_FILE_LINE, OPTIONS_FILE);
	assert_has(conf, line);
	snprintf(line, sizeof(line),
	    "%d lines in a burst, and then one every %d", LOG_BURST,
	    LOG_PERIOD);
	assert_has(chatd, line);
	snprintf(line, sizeof(line),
	    "The first %d bytes of a waiting line are kept.", LOG_SAMPLE - 4);
	assert_has(chatd, line);
}

static void
numbers_are_those_of_the_journal(void **state)
{
	char size[VALUE_SIZE], least[VALUE_SIZE], most[VALUE_SIZE], line[128];

	(void)state;
	value_write(size, CHAT_BYTES, CHAT_JOURNAL_SIZE);
	value_write(least, CHAT_BYTES, CHAT_JOURNAL_SIZE_MIN);
	snprintf(line, sizeof(line), "the default is %s, the least is %s.",
	    size, least);
	assert_has(chatd, line);
	snprintf(line, sizeof(line), "Default %s, %s or more, ", size, least);
	assert_has(conf, line);
	value_write(least, CHAT_BYTES, CHAT_FILE_PART_MIN);
	value_write(most, CHAT_BYTES, CHAT_FILE_PART_MAX);
	snprintf(line, sizeof(line), "no less than %s and no more than %s.",
	    least, most);
	assert_has(chatd, line);
	assert_int_equal(CHAT_FILE_PARTS, 16); /* a sixteenth */
	snprintf(line, sizeof(line), "the last %d messages", CHAT_REFS);
	assert_has(chatd, line);
	assert_has(conf, line);
	snprintf(line, sizeof(line), "at least %d lines",
	    CHAT_REFS + CHAT_REFS / 64);
	assert_has(journal, line);
	snprintf(line, sizeof(line), "the next %llu numbers",
	    (unsigned long long)CHAT_FILE_SKIP);
	assert_has(journal, line);
	snprintf(
	    line, sizeof(line), "A line has at most %zu bytes", CHAT_LINE_MAX);
	assert_has(journal, line);
	value_write(size, CHAT_BYTES, CHAT_SEGMENT_SPACE);
	snprintf(line, sizeof(line), "which needs %s of space", size);
	assert_has(journal, line);
}

/* The file among the examples is one. */
static void
the_example_is_right(void **state)
{
	static const char *const mark = ".Bd -literal -offset indent\n";
	char path[] = "/tmp/chatd-manual-XXXXXX", wrong[OPTIONS_WRONG];
	char name[] = "chatd", option[] = "-f",
	     *argv[] = { name, option, path };
	char *from = strstr(conf, mark), *to;
	int fd = mkstemp(path), result;
	struct options o;
	ssize_t n;

	(void)state;
	assert_non_null(from);
	from += strlen(mark);
	to = strstr(from, ".Ed\n");
	assert_non_null(to);
	n = write(fd, from, (size_t)(to - from));
	assert_int_equal(n, to - from);
	close(fd);
	result = options_parse(&o, 3, argv, wrong);
	unlink(path);
	if (result != 0)
		fail_msg("%s", wrong);
	assert_string_equal(o.listen[0], "unix:/run/chatd/sock");
	assert_int_equal(o.limits.past_size, 16777216);
	assert_string_equal(o.journal.folder, "/var/lib/chatd");
	assert_int_equal(o.journal.sync, CHAT_SYNC_DISK);
	options_release(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_is_explained),
		cmocka_unit_test(every_line_of_a_file_is_explained),
		cmocka_unit_test(nothing_else_is_promised),
		cmocka_unit_test(numbers_are_those_of_the_program),
		cmocka_unit_test(numbers_are_those_of_the_journal),
		cmocka_unit_test(the_example_is_right),
	};

	return cmocka_run_group_tests(tests, read_pages, NULL);
}
