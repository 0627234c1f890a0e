/* Tests of the daemon's options: the command line, the file, and which wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/options.h"
#include "daemon/setting.h"
#include "daemon/value.h"

#define FILE_NAME "chatd-options-test.conf"

static char wrong[OPTIONS_WRONG];

/* Parses "chatd" and the arguments of a line, which are separated by single
 * spaces. */
static int
parse(struct options *o, const char *line)
{
	static char copy[4096];
	char *argv[128] = { copy };
	int argc = 1;
	char *p;

	snprintf(copy, sizeof(copy), "chatd %s", line);
	for (p = copy; (p = strchr(p, ' ')) != NULL; argv[argc++] = p)
		*p++ = '\0';
	return options_parse(o, *line == '\0' ? 1 : argc, argv, wrong);
}

static void
write_file(const void *bytes, size_t n)
{
	FILE *f;

	unlink(FILE_NAME); /* some file systems sync what is cut to nothing */
	f = fopen(FILE_NAME, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Parses the arguments of a line and a file of that text. */
static int
parse_file(struct options *o, const char *line, const char *text)
{
	char with_file[4096];

	write_file(text, strlen(text));
	snprintf(with_file, sizeof(with_file), "%s%s-f " FILE_NAME, line,
	    *line == '\0' ? "" : " ");
	return parse(o, with_file);
}

static void
assert_wrong(const char *line, const char *text)
{
	struct options o;

	assert_int_equal(parse(&o, line), -1);
	assert_string_equal(wrong, text);
}

static void
assert_wrong_file(const char *file, const char *text)
{
	struct options o;

	assert_int_equal(parse_file(&o, "", file), -1);
	assert_string_equal(wrong, text);
}

static void
nothing_given_is_the_default(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ""), 0);
	assert_string_equal(o.listen[0], "127.0.0.1:3008");
	assert_null(o.listen[1]);
	assert_null(o.origins[0]);
	assert_null(o.web);
	assert_null(o.config);
	assert_int_equal(o.log_level, CHAT_LOG_INFO);
	assert_false(o.test || o.help || o.version);
	assert_int_equal(o.limits.max_message, 65536);
	options_release(&o);
}

static void
options_have_four_forms(void **state)
{
	static const char *const forms[] = { "--listen 0.0.0.0:80",
		"--listen=0.0.0.0:80", "-l 0.0.0.0:80", "-l0.0.0.0:80" };
	struct options o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(parse(&o, forms[i]), 0);
		assert_string_equal(o.listen[0], "0.0.0.0:80");
		assert_null(o.listen[1]);
		options_release(&o);
	}
	assert_int_equal(parse(&o, "-tl[::1]:0 --web=a=b --"), 0);
	assert_true(o.test);
	assert_string_equal(o.listen[0], "[::1]:0");
	assert_string_equal(o.web, "a=b");
	options_release(&o);
}

static void
help_and_version_end_the_reading(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "-h --nonsense"), 0);
	assert_true(o.help);
	options_release(&o);
	assert_int_equal(parse(&o, "--version --nonsense"), 0);
	assert_true(o.version);
	options_release(&o);
	assert_wrong("--nonsense -h", "unknown option '--nonsense'");
}

static void
lists_are_lists_and_the_last_one_wins_elsewhere(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o,
			     "-l unix:/a#b --listen *:1 --allow-origin *"
			     " --allow-origin https://a.example:8443 "
			     "--max-text 1 --max-text 2"
			     " --log-level debug"),
	    0);
	assert_string_equal(o.listen[0], "unix:/a#b");
	assert_string_equal(o.listen[1], "*:1");
	assert_null(o.listen[2]);
	assert_string_equal(o.origins[0], "*");
	assert_string_equal(o.origins[1], "https://a.example:8443");
	assert_null(o.origins[2]);
	assert_int_equal(o.limits.max_text, 2);
	assert_int_equal(o.log_level, CHAT_LOG_DEBUG);
	options_release(&o);
}

static void
lists_have_an_end(void **state)
{
	struct options o;
	char line[2048] = "";
	int i;

	(void)state;
	for (i = 0; i < OPTIONS_LISTEN; i++)
		strcat(line, "-l a:1 ");
	line[strlen(line) - 1] = '\0';
	assert_int_equal(parse(&o, line), 0);
	assert_string_equal(o.listen[OPTIONS_LISTEN - 1], "a:1");
	options_release(&o);
	strcat(line, " -l a:1");
	assert_wrong(line, "--listen: given more than 16 times");
}

/* Every limit, by its option and by its line in a file. */
static void
every_limit_can_be_set(void **state)
{
	const struct chat_limit_info *l;
	char line[256], least[VALUE_SIZE];
	struct options o;
	uint32_t value;

	(void)state;
	for (l = chat_limits_table; l->name != NULL; l++) {
		value_write(least, l->unit, l->min);
		/* What the rings need is not the point here. */
		snprintf(line, sizeof(line), "--max-message 128 --%s %s",
		    l->name, least);
		assert_int_equal(parse(&o, line), 0);
		memcpy(&value, (char *)&o.limits + l->offset, sizeof(value));
		assert_int_equal(value, l->min);
		options_release(&o);

		snprintf(line, sizeof(line), "%s=%lu\n", l->name,
		    (unsigned long)l->standard);
		assert_int_equal(parse_file(&o, "", line), 0);
		memcpy(&value, (char *)&o.limits + l->offset, sizeof(value));
		assert_int_equal(value, l->standard);
		options_release(&o);
	}
}

enum { DIGITS = 64 };

/* What digits and a factor mean, as decimal digits without leading zeros: no
 * number that the code under test could get wrong in the same way. */
static void
multiply(char product[DIGITS + 1], const char *digits, uint64_t factor)
{
	uint64_t carry = 0;
	size_t n = strlen(digits), i;

	product[DIGITS] = '\0';
	for (i = 0; i < DIGITS; i++) {
		if (i < n)
			carry += factor * (uint64_t)(digits[n - 1 - i] - '0');
		product[DIGITS - 1 - i] = (char)('0' + carry % 10);
		carry /= 10;
	}
	n = strspn(product, "0");
	memmove(product, product + n, DIGITS + 1 - n);
}

/* Is the one greater than the other, both as by multiply()? */
static bool
is_greater(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	return n != m ? n > m : strcmp(a, b) > 0;
}

/* Rings are rounded up to a power of two. */
static uint64_t
rounded(const struct setting *s, uint64_t n)
{
	size_t at = s->limit != NULL ? s->limit->offset : 0;
	uint64_t size = 1;

	if (at != offsetof(struct chat_limits, past_size) &&
	    at != offsetof(struct chat_limits, live_size))
		return n;
	while (size < n)
		size *= 2;
	return size;
}

/* What the options have for a number that can be set. */
static uint64_t
value_of(const struct options *o, const struct setting *s)
{
	uint32_t v;

	if (s->limit == NULL)
		return o->journal.size;
	memcpy(&v, (const char *)&o->limits + s->limit->offset, sizeof(v));
	return v;
}

/* The options have exactly that number, or the line about what is wrong says
 * which bound it is beyond. */
static void
assert_exact(const struct setting *s, const char *number, const char *exact,
    bool in_file)
{
	bool is_limit = s->limit != NULL;
	char line[256], min[32], max[32];
	struct options o;
	int result;

	snprintf(min, sizeof(min), "%llu",
	    is_limit ? s->limit->min : CHAT_JOURNAL_SIZE_MIN + 0ULL);
	snprintf(max, sizeof(max), "%llu",
	    is_limit ? s->limit->max : UINT64_MAX + 0ULL);
	snprintf(line, sizeof(line), in_file ? "%s = %s\n" : "--%s %s", s->name,
	    number);
	result = in_file ? parse_file(&o, "", line) : parse(&o, line);
	if (is_greater(exact, max) || is_greater(min, exact)) {
		assert_int_equal(result, -1);
		assert_non_null(strstr(wrong,
		    is_greater(exact, max) ? " is more than "
					   : " is less than "));
	} else if (result != 0) {
		/* A bound of two limits together, not of this one. */
		assert_non_null(strstr(wrong, "is too small for max-message"));
	} else {
		assert_true(
		    value_of(&o, s) == rounded(s, strtoull(exact, NULL, 10)));
		options_release(&o);
	}
}

struct factor {
	const char *suffix;
	uint64_t factor;
};

static const struct factor counts[] = { { "", 1 }, { NULL, 0 } };
static const struct factor sizes[] = { { "", 1 }, { "K", 1 << 10 },
	{ "M", 1 << 20 }, { "G", 1 << 30 }, { NULL, 0 } };
static const struct factor durations[] = { { "", 1 }, { "ms", 1 },
	{ "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	{ NULL, 0 } };

/* The factors of a setting, NULL if it is no number. */
static const struct factor *
factors_of(const struct setting *s)
{
	static const struct factor *const units[] = { [CHAT_COUNT] = counts,
		[CHAT_PER_SECOND] = counts,
		[CHAT_BYTES] = sizes,
		[CHAT_MILLISECONDS] = durations };

	if (s->limit != NULL)
		return units[s->limit->unit];
	if (s->value == NULL || strcmp(s->value, "SIZE") != 0)
		return NULL;
	return sizes;
}

static void
assert_all_exact(const struct setting *s, const char *digits)
{
	char number[64], exact[DIGITS + 1];
	const struct factor *f;

	for (f = factors_of(s); f->suffix != NULL; f++) {
		snprintf(number, sizeof(number), "%s%s", digits, f->suffix);
		multiply(exact, digits, f->factor);
		assert_exact(s, number, exact, false);
		assert_exact(s, number, exact, true);
	}
}

/* Around the powers of two at which a type ends, alone and by each factor: what
 * wraps or saturates would be another number, or no limit at all. */
static void
every_number_is_exact_or_an_error(void **state)
{
	static const char *const numbers[] = {
		/* 2^31, 2^32, 2^63, 2^64, 2^65, 2^128 */
		"2147483647", "2147483648", "2147483649", "4294967294",
		"4294967295", "4294967296", "4294967297", "4295032832",
		"9223372036854775807", "9223372036854775808",
		"18446744073709551615", "18446744073709551616",
		"18446744073709617152", "36893488147419103232",
		"340282366920938463463374607431768211456",
		/* ... by K, M, G */
		"2097152", "4194303", "4194304", "4194305", "9007199254740992",
		"18014398509481983", "18014398509481984", "18014398509482048",
		"2048", "4095", "4096", "4097", "8796093022208",
		"17592186044415", "17592186044416", "2", "3", "4", "5",
		"8589934592", "17179869183", "17179869184", "17179869185",
		/* ... by s, m, h, d */
		"4294967", "4294968", "18446744073709551", "18446744073709552",
		"71582", "71583", "307445734561825", "307445734561826", "1193",
		"1194", "5124095576030", "5124095576031", "49", "50",
		"213503982334", "213503982335"
	};
	struct setting s;
	size_t id, i, settings = 0;

	(void)state;
	for (id = 0; id < SETTING_NONE; id++) {
		s = setting_at(id);
		if (factors_of(&s) == NULL)
			continue;
		settings++;
		for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			assert_all_exact(&s, numbers[i]);
	}
	assert_int_equal(settings, SETTING_NONE - SETTING_LIMITS + 1);
}

static void
zero_switches_off(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "--grace 0 --max-connections=0s"), -1);
	assert_int_equal(parse(&o, "--grace 0s --max-connections=0"), 0);
	assert_true(o.limits.grace == CHAT_OFF);
	assert_true(o.limits.max_connections == CHAT_OFF);
	options_release(&o);
}

static void
a_file_sets_the_same(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse_file(&o, "",
			     "# all of it\n"
			     "\n"
			     "listen = [::]:80\r\n"
			     "  listen=unix:/run/a#b   # the proxy's\n"
			     "\tmax-text\t=\t500\n"
			     "grace = 10s # long\n"
			     "allow-origin = https://a.example\n"
			     "web = /srv/my files\n"
			     "log-level = warning"),
	    0);
	assert_string_equal(o.listen[0], "[::]:80");
	assert_string_equal(o.listen[1], "unix:/run/a#b");
	assert_null(o.listen[2]);
	assert_int_equal(o.limits.max_text, 500);
	assert_int_equal(o.limits.grace, 10000);
	assert_string_equal(o.origins[0], "https://a.example");
	assert_string_equal(o.web, "/srv/my files");
	assert_int_equal(o.log_level, CHAT_LOG_WARNING);
	options_release(&o);
	assert_int_equal(parse_file(&o, "", ""), 0);
	assert_string_equal(o.listen[0], "127.0.0.1:3008");
	options_release(&o);
}

static void
the_command_line_wins(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(
	    parse_file(&o, "-l a:1 --max-text 7",
		"listen = b:2\nlisten = c:3\nmax-text = 8\nmax-message = 2K\n"),
	    0);
	assert_string_equal(o.listen[0], "a:1");
	assert_null(o.listen[1]);
	assert_int_equal(o.limits.max_text, 7);
	assert_int_equal(o.limits.max_message, 2048);
	options_release(&o);
	/* It makes a wrong line no better. */
	assert_int_equal(parse_file(&o, "--max-text 7", "max-text = x\n"), -1);
	assert_string_equal(
	    wrong, FILE_NAME ":1: max-text: 'x' is not a count");
}

static void
wrong_options_are_named(void **state)
{
	(void)state;
	assert_wrong("--lisen x",
	    "unknown option '--lisen', did you mean "
	    "'--listen'?");
	assert_wrong("--max-conn 1",
	    "unknown option '--max-conn', did you "
	    "mean '--max-connections'?");
	assert_wrong("--maxmessage=1",
	    "unknown option '--maxmessage', did "
	    "you mean '--max-message'?");
	assert_wrong("--quite-another", "unknown option '--quite-another'");
	assert_wrong("--=1", "unknown option '--'");
	assert_wrong("-x", "unknown option '-x'");
	assert_wrong("-tx", "unknown option '-x'");
	assert_wrong("serve", "unexpected argument 'serve'");
	assert_wrong("-", "unexpected argument '-'");
	assert_wrong("-t -- -t", "unexpected argument '-t'");
	assert_wrong("--listen", "--listen: needs a value");
	assert_wrong("--listen=", "--listen: needs a value");
	assert_wrong("-l", "--listen: needs a value");
	assert_wrong("--help=yes", "--help: takes no value");
}

static void
wrong_values_are_named(void **state)
{
	(void)state;
	assert_wrong("--max-message 12Q", "--max-message: '12Q' is not a size");
	assert_wrong("--max-message 9G", "--max-message: 9G is more than 16M");
	assert_wrong("--max-message 99999999999999999999",
	    "--max-message: 99999999999999999999 is more than 16M");
	assert_wrong("--max-message 1", "--max-message: 1 is less than 128");
	assert_wrong("--grace -5s", "--grace: '-5s' is not a duration");
	assert_wrong("--message-rate 5s", "--message-rate: '5s' is not a rate");
	assert_wrong("--log-level loud", "--log-level: 'loud' is not a level");
	assert_wrong("--live-size 16K --max-message 64K",
	    "live-size is too small for max-message");
	assert_wrong("--max-queue 4K --max-message 64K",
	    "max-queue is too small for max-message");
}

static void
a_journal_has_its_settings(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ""), 0);
	assert_null(o.journal.folder);
	assert_int_equal(o.journal.size, 0);
	assert_int_equal(o.journal.sync, CHAT_SYNC_OS);
	assert_false(o.journal.private);
	assert_null(o.check);
	options_release(&o);
	assert_int_equal(parse(&o,
			     "--journal /var/lib/a --journal-size 5G"
			     " --journal-private yes --sync=disk"),
	    0);
	assert_string_equal(o.journal.folder, "/var/lib/a");
	assert_int_equal(o.journal.size, UINT64_C(5) << 30);
	assert_int_equal(o.journal.sync, CHAT_SYNC_DISK);
	assert_true(o.journal.private);
	options_release(&o);
	assert_int_equal(parse(&o, "--journal-size 4294967296"), 0);
	assert_int_equal(o.journal.size, UINT64_C(1) << 32);
	options_release(&o);
	assert_int_equal(parse(&o, "--journal-size 1M --check-journal /a"), 0);
	assert_int_equal(o.journal.size, CHAT_JOURNAL_SIZE_MIN);
	assert_string_equal(o.check, "/a");
	options_release(&o);
	/* The command line overrules each of a file's by itself. */
	assert_int_equal(parse_file(&o, "--sync os --journal b",
			     "journal = /srv/my log # here\n"
			     "journal-size = 2M\n"
			     "journal-private = yes\n"
			     "sync = disk\n"),
	    0);
	assert_string_equal(o.journal.folder, "b");
	assert_int_equal(o.journal.size, 2 << 20);
	assert_int_equal(o.journal.sync, CHAT_SYNC_OS);
	assert_true(o.journal.private);
	options_release(&o);
	assert_int_equal(parse_file(&o, "", "journal = /srv/my log\n"), 0);
	assert_string_equal(o.journal.folder, "/srv/my log");
	options_release(&o);
}

static void
wrong_settings_of_a_journal_are_named(void **state)
{
	(void)state;
	assert_wrong("--journal", "--journal: needs a value");
	assert_wrong("--journal=", "--journal: needs a value");
	assert_wrong("--check-journal", "--check-journal: needs a value");
	assert_wrong("--journal-size 9Q", "--journal-size: '9Q' is not a size");
	assert_wrong("--journal-size -1", "--journal-size: '-1' is not a size");
	assert_wrong("--journal-size 18446744073709551616",
	    "--journal-size: 18446744073709551616 is more than "
	    "18446744073709551615");
	assert_wrong("--journal-size 0", "--journal-size: 0 is less than 1M");
	assert_wrong(
	    "--journal-size 1023K", "--journal-size: 1023K is less than 1M");
	assert_wrong("--journal-private on",
	    "--journal-private: 'on' is neither no nor yes");
	assert_wrong(
	    "--sync always", "--sync: 'always' is neither os nor disk");
	assert_wrong("--sync Disk", "--sync: 'Disk' is neither os nor disk");
	assert_wrong_file(
	    "sync = x\n", FILE_NAME ":1: sync: 'x' is neither os nor disk");
	assert_wrong_file("journal-size = 1K\n",
	    FILE_NAME ":1: journal-size: 1K is less than 1M");
	assert_wrong_file("check-journal = /a\n",
	    FILE_NAME ":1: check-journal works on the command line only");
	assert_wrong("--journl x",
	    "unknown option '--journl', did you mean '--journal'?");
}

static void
addresses_have_a_form(void **state)
{
	static const char *const good[] = { "127.0.0.1:3008", "0.0.0.0:0",
		"[::1]:65535", "*:80", "localhost:80", "unix:/a:b", "unix:a" };
	static const char *const bad[] = { "3008", ":3008", "localhost",
		"a:", "a:65536", "a:4294967376", "a:18446744073709551696",
		"a:-1", "a:b", "::1:80", "[::1]", "[::1:80",
		"unix:", "http://a:80" };
	char line[128], text[128];
	struct options o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(line, sizeof(line), "-l %s", good[i]);
		assert_int_equal(parse(&o, line), 0);
		options_release(&o);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "-l %s", bad[i]);
		snprintf(text, sizeof(text),
		    "--listen: '%s' is not an "
		    "address",
		    bad[i]);
		assert_wrong(line, text);
	}
}

static void
origins_have_a_form(void **state)
{
	static const char *const bad[] = { "a.example", "https://", "://a",
		"https://a.example/", "https://a.example/x", "null", "**" };
	char line[1024], text[128];
	struct options o;
	size_t i;

	(void)state;
	snprintf(line, sizeof(line), "--allow-origin https://%0*d",
	    CHAT_MAX_ORIGIN - 8, 1);
	assert_int_equal(parse(&o, line), 0);
	assert_int_equal(strlen(o.origins[0]), CHAT_MAX_ORIGIN);
	strcat(line, "1");
	assert_int_equal(parse(&o, line), -1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "--allow-origin %s", bad[i]);
		snprintf(text, sizeof(text),
		    "--allow-origin: '%s' is not an "
		    "origin",
		    bad[i]);
		assert_wrong(line, text);
	}
}

static void
hosts_have_a_form(void **state)
{
	static const char *const bad[] = { "chat.example.com:80", "**",
		"*.example.com", "http://chat.example.com", "a/b", "a..b", ".a",
		"a,b", "b\303\274cher.example" };
	char line[1024], text[128];
	struct options o;
	size_t i;

	(void)state;
	assert_int_equal(parse(&o, "--host chat.example.com --host *"), 0);
	assert_string_equal(o.hosts[0], "chat.example.com");
	assert_string_equal(o.hosts[1], "*");
	assert_null(o.hosts[2]);
	assert_int_equal(parse_file(&o, "", "host = a.example\nhost = b\n"), 0);
	assert_string_equal(o.hosts[1], "b");
	options_release(&o);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "--host %s", bad[i]);
		snprintf(text, sizeof(text), "--host: '%s' is not a host name",
		    bad[i]);
		assert_wrong(line, text);
	}
	snprintf(line, sizeof(line), "--host %0*d", CHAT_MAX_HOST, 1);
	assert_int_equal(parse(&o, line), 0);
	strcat(line, "1");
	assert_int_equal(parse(&o, line), -1);
}

static void
wrong_lines_have_a_number(void **state)
{
	(void)state;
	assert_wrong_file("\n# a\nmax-message = 12Q\n",
	    FILE_NAME ":3: max-message: '12Q' is not a size");
	assert_wrong_file(
	    "max-text\n", FILE_NAME ":1: 'max-text' is not 'name = value'");
	assert_wrong_file(
	    "max-text = # off\n", FILE_NAME ":1: max-text: needs a value");
	assert_wrong_file("= 5\n", FILE_NAME ":1: unknown option ''");
	assert_wrong_file("max-tex = 5\n",
	    FILE_NAME ":1: unknown option 'max-tex', did you mean 'max-text'?");
	assert_wrong_file("max-text = 5\nmax-text = 5\n",
	    FILE_NAME ":2: max-text is set twice");
	assert_wrong_file("config = x\n",
	    FILE_NAME ":1: config works on the command line only");
	assert_wrong_file("help = yes\n",
	    FILE_NAME ":1: help works on the command line only");
	assert_wrong_file("listen = here\n",
	    FILE_NAME ":1: listen: 'here' is not an address");
}

static void
files_have_bounds(void **state)
{
	static char text[OPTIONS_FILE + 1];
	struct options o;
	size_t i;

	(void)state;
	memset(text, ' ', sizeof(text));
	for (i = OPTIONS_FILE_LINE; i < sizeof(text);
	     i += OPTIONS_FILE_LINE + 1)
		text[i] = '\n';
	write_file(text, OPTIONS_FILE);
	assert_int_equal(parse(&o, "-f " FILE_NAME), 0);
	options_release(&o);
	write_file(text, OPTIONS_FILE + 1);
	assert_wrong("-f " FILE_NAME, FILE_NAME " is longer than 65536 bytes");
	text[OPTIONS_FILE_LINE] = ' ';
	write_file(text, OPTIONS_FILE);
	assert_wrong("-f " FILE_NAME,
	    FILE_NAME ":1: the line is longer than 1024 bytes");
	write_file("max-text = 5\0\n", 14);
	assert_wrong("-f " FILE_NAME, FILE_NAME " is not a text file");
	assert_wrong("-f /nonexistent",
	    "cannot read /nonexistent: No such file or directory");
	assert_wrong("-f /", "cannot read /: Is a directory");
}

/* A long name of a file or a value shortens the line, no more. */
static void
what_is_wrong_fits_its_line(void **state)
{
	char line[2048] = "--max-message=";
	struct options o;

	(void)state;
	memset(line + 14, 'x', 2000);
	assert_int_equal(parse(&o, line), -1);
	assert_int_equal(strlen(wrong), OPTIONS_WRONG - 1);
	memset(line, 'x', 2000);
	line[0] = line[1] = '-';
	assert_int_equal(parse(&o, line), -1);
	assert_true(strlen(wrong) < 100);
}

static void
the_help_has_every_setting(void **state)
{
	FILE *f = tmpfile();
	char text[8192], name[80], *line;
	struct setting s;
	size_t n, id;

	(void)state;
	assert_non_null(f);
	setting_write_help(f);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	for (id = 0; id < SETTING_NONE; id++) {
		s = setting_at(id);
		assert_int_equal(s.id, id);
		snprintf(name, sizeof(name), " --%s ", s.name);
		assert_non_null(strstr(text, name));
	}
	assert_non_null(strstr(text, "--past-size 4M "));
	assert_non_null(strstr(text, "--session-lifetime 7d "));
	for (line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		assert_true(strlen(line) < 80);
}

static char folder[] = "/tmp/chatd-options-XXXXXX";

static int
enter(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int
leave(void **state)
{
	(void)state;
	unlink(FILE_NAME);
	return chdir("/") != 0 || rmdir(folder) != 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_is_the_default),
		cmocka_unit_test(options_have_four_forms),
		cmocka_unit_test(help_and_version_end_the_reading),
		cmocka_unit_test(
		    lists_are_lists_and_the_last_one_wins_elsewhere),
		cmocka_unit_test(lists_have_an_end),
		cmocka_unit_test(every_limit_can_be_set),
		cmocka_unit_test(every_number_is_exact_or_an_error),
		cmocka_unit_test(zero_switches_off),
		cmocka_unit_test(a_file_sets_the_same),
		cmocka_unit_test(the_command_line_wins),
		cmocka_unit_test(wrong_options_are_named),
		cmocka_unit_test(wrong_values_are_named),
		cmocka_unit_test(a_journal_has_its_settings),
		cmocka_unit_test(wrong_settings_of_a_journal_are_named),
		cmocka_unit_test(addresses_have_a_form),
		cmocka_unit_test(origins_have_a_form),
		cmocka_unit_test(hosts_have_a_form),
		cmocka_unit_test(wrong_lines_have_a_number),
		cmocka_unit_test(files_have_bounds),
		cmocka_unit_test(what_is_wrong_fits_its_line),
		cmocka_unit_test(the_help_has_every_setting),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
