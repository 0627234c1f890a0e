/* Tests of metrics: the page, as read by a parser that takes nothing but what
 * the format allows. */
#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "metrics.h"

enum { MAX_PAGE = 16384, MAX_SAMPLES = 100 };

/* The page as it was read.  A series is a name with its labels. */
struct page {
	struct sample {
		char series[100];
		char value[40];
	} samples[MAX_SAMPLES];
	size_t n;
	char family[100], type[20]; /* of the samples to come */
};

static bool
begins(const char *p, const char *with)
{
	return strncmp(p, with, strlen(with)) == 0;
}

static bool
ends(const char *p, const char *with)
{
	size_t n = strlen(p), end = strlen(with);

	return n >= end && strcmp(p + n - end, with) == 0;
}

/* The length of the name of a metric or label with which p begins. */
static size_t
name_length(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) || p[n] == '_')
		n++;
	assert_true(n > 0 && !isdigit((unsigned char)p[0]));
	return n;
}

/* {name="value",name="value"}, of values that need no escapes. */
static size_t
labels_length(const char *p)
{
	size_t n = 0;

	if (p[0] != '{')
		return 0;
	do {
		n++;
		n += name_length(p + n);
		assert_true(begins(p + n, "=\""));
		n += 2;
		n += strcspn(p + n, "\"\\");
		assert_int_equal(p[n++], '"');
	} while (p[n] == ',');
	assert_int_equal(p[n++], '}');
	return n;
}

/* Digits, and maybe a point with more digits. */
static void
check_number(const char *p)
{
	size_t n = strspn(p, "0123456789");

	assert_true(n > 0);
	if (p[n] == '.') {
		p += n + 1;
		n = strspn(p, "0123456789");
		assert_true(n > 0);
	}
	assert_int_equal(p[n], '\0');
}

/* Is that a series of the family, or one of its histogram? */
static bool
is_of(const char *series, const char *family)
{
	const char *rest = series + strlen(family);

	return begins(series, family) &&
	    (strcspn(rest, "{") == 0 || begins(rest, "_bucket{"));
}

/* "# HELP name text", followed by "# TYPE name type": a family begins, which
 * has not been there before. */
static void
read_comment(struct page *page, const char *line)
{
	char name[100], rest[100];
	size_t i;

	assert_true(strlen(line) < sizeof(name));
	assert_int_equal(
	    sscanf(line, "# %*[A-Z] %99[a-z_] %99[^\n]", name, rest), 2);
	if (begins(line, "# HELP ")) {
		for (i = 0; i < page->n; i++)
			assert_false(is_of(page->samples[i].series, name));
		strcpy(page->family, name);
		page->type[0] = '\0';
		return;
	}
	assert_true(begins(line, "# TYPE "));
	assert_string_equal(name, page->family);
	assert_true(strcmp(rest, "counter") == 0 ||
	    strcmp(rest, "gauge") == 0 || strcmp(rest, "histogram") == 0);
	assert_int_equal(ends(name, "_total"), strcmp(rest, "counter") == 0);
	strcpy(page->type, rest);
}

/* "name{labels} value": of the current family, and only once. */
static void
read_sample(struct page *page, const char *line)
{
	struct sample *s = &page->samples[page->n];
	size_t name = name_length(line), family = strlen(page->family);
	size_t n = name + labels_length(line + name), i;

	assert_true(page->n < MAX_SAMPLES && n < sizeof(s->series));
	assert_true(page->type[0] != '\0');
	assert_true(begins(line, page->family));
	if (strcmp(page->type, "histogram") != 0)
		assert_int_equal(name, family);
	else
		assert_true(begins(line + family, "_bucket{le=\"") ||
		    begins(line + family, "_sum ") ||
		    begins(line + family, "_count "));
	memcpy(s->series, line, n);
	s->series[n] = '\0';
	assert_int_equal(line[n], ' ');
	check_number(line + n + 1);
	assert_true(strlen(line + n + 1) < sizeof(s->value));
	strcpy(s->value, line + n + 1);
	for (i = 0; i < page->n; i++)
		assert_string_not_equal(page->samples[i].series, s->series);
	page->n++;
}

static void
read_page(struct page *page, const struct chat_metrics *m)
{
	static char text[MAX_PAGE];
	size_t n = chat_metrics_write(text, sizeof(text), m);
	char *line, *end;

	assert_true(n < sizeof(text));
	assert_int_equal(strlen(text), n);
	memset(page, 0, sizeof(*page));
	for (line = text; *line != '\0'; line = end + 1) {
		assert_non_null(end = strchr(line, '\n'));
		*end = '\0';
		if (line[0] == '#')
			read_comment(page, line);
		else
			read_sample(page, line);
	}
}

static const char *
value(const struct page *page, const char *series)
{
	size_t i;

	for (i = 0; i < page->n; i++)
		if (strcmp(page->samples[i].series, series) == 0)
			return page->samples[i].value;
	fail_msg("no %s", series);
	return NULL;
}

static void
nothing_counted_is_zeros(void **state)
{
	static struct page page;
	struct chat_metrics m = { 0 };
	size_t i;

	(void)state;
	read_page(&page, &m);
	/* Four levels, eleven counts of one series, messages, errors, turns. */
	assert_int_equal(page.n,
	    4 + 11 + 2 + (CHAT_MSG_CODES - 1) + (CHAT_TURN_BUCKETS + 2));
	for (i = 0; i < page.n; i++)
		assert_int_equal(strspn(page.samples[i].value, "0."),
		    strlen(page.samples[i].value));
}

static void
every_count_has_its_series(void **state)
{
	static const char *const series[] = { "chatd_accepted_total",
		"chatd_refused_total", "chatd_joins_total",
		"chatd_resumes_total", "chatd_http_requests_total",
		"chatd_messages_total{audience=\"public\"}",
		"chatd_messages_total{audience=\"private\"}",
		"chatd_duplicates_total", "chatd_deliveries_total",
		"chatd_sends_total", "chatd_lagged_total", "chatd_connections",
		"chatd_windows", "chatd_users", "chatd_degraded" };
	struct chat_metrics m = { .accepted = 1,
		.refused = 2,
		.joins = 3,
		.resumes = 4,
		.requests = 5,
		.traffic = { .messages = 6 + 7,
		    .messages_private = 7,
		    .duplicates = 8,
		    .deliveries = 9,
		    .sends = 10 },
		.lagged = 11,
		.connections = 12,
		.windows = 13,
		.users = 14,
		.degraded = 15 };
	static struct page page;
	char number[20];
	size_t i;

	(void)state;
	read_page(&page, &m);
	for (i = 0; i < sizeof(series) / sizeof(series[0]); i++) {
		snprintf(number, sizeof(number), "%zu", i + 1);
		assert_string_equal(value(&page, series[i]), number);
	}
}

/* Nobody learns how long a message was that nobody else should see. */
static void
bytes_are_shown_in_steps(void **state)
{
	struct chat_metrics m = { 0 };
	static struct page page;

	(void)state;
	m.traffic.bytes_in = CHAT_METRICS_STEP - 1;
	m.traffic.bytes_out = 3 * CHAT_METRICS_STEP + 1;
	read_page(&page, &m);
	assert_string_equal(value(&page, "chatd_received_bytes_total"), "0");
	assert_string_equal(value(&page, "chatd_sent_bytes_total"), "12288");
}

static void
errors_go_by_their_names_on_the_wire(void **state)
{
	struct chat_metrics m = { 0 };
	static struct page page;
	char series[100], number[20];
	int code;

	(void)state;
	for (code = 1; code < CHAT_MSG_CODES; code++)
		m.errors[code] = (uint64_t)code * 100;
	read_page(&page, &m);
	assert_string_equal(
	    value(&page, "chatd_errors_total{code=\"bad_json\"}"), "100");
	for (code = 1; code < CHAT_MSG_CODES; code++) {
		snprintf(series, sizeof(series),
		    "chatd_errors_total{code=\"%s\"}",
		    chat_msg_code_name((enum chat_msg_code)code));
		snprintf(number, sizeof(number), "%d", code * 100);
		assert_string_equal(value(&page, series), number);
	}
}

/* Counts of weeks do not fit 32 bits. */
static void
large_counts_are_whole(void **state)
{
	struct chat_metrics m = { .traffic = { .bytes_out = UINT64_MAX,
				      .turn_usec =
					  UINT64_C(12345678901234567) },
		.connections = UINT32_MAX };
	static struct page page;

	(void)state;
	read_page(&page, &m);
	assert_string_equal(
	    value(&page, "chatd_sent_bytes_total"), "18446744073709547520");
	assert_string_equal(value(&page, "chatd_connections"), "4294967295");
	assert_string_equal(
	    value(&page, "chatd_turn_seconds_sum"), "12345678901.234567");
}

/* Each turn is in the first bucket whose bound it does not exceed, and in all
 * after it. */
static void
turns_are_counted_by_length(void **state)
{
	static const char *const bounds[CHAT_TURN_BUCKETS] = { "0.0001",
		"0.0002", "0.0004", "0.0008", "0.0016", "0.0032", "0.0064",
		"0.0128", "0.0256", "0.0512", "0.1024", "0.2048", "0.4096",
		"+Inf" };
	struct chat_metrics m;
	static struct page page;
	char series[100];
	uint64_t bound = 100;
	int i, j, more;

	(void)state;
	for (i = 0; i < CHAT_TURN_BUCKETS - 1; i++, bound *= 2)
		for (more = 0; more < 2; more++) {
			memset(&m, 0, sizeof(m));
			chat_metrics_count_turn(
			    &m.traffic, bound + (uint64_t)more);
			read_page(&page, &m);
			for (j = 0; j < CHAT_TURN_BUCKETS; j++) {
				snprintf(series, sizeof(series),
				    "chatd_turn_seconds_bucket{le=\"%s\"}",
				    bounds[j]);
				assert_string_equal(value(&page, series),
				    j >= i + more ? "1" : "0");
			}
		}
}

static void
turns_are_summed(void **state)
{
	struct chat_metrics m = { 0 };
	static struct page page;

	(void)state;
	chat_metrics_count_turn(&m.traffic, 0);
	chat_metrics_count_turn(&m.traffic, 150);
	chat_metrics_count_turn(&m.traffic, 150);
	chat_metrics_count_turn(&m.traffic, 3000000);
	read_page(&page, &m);
	assert_string_equal(
	    value(&page, "chatd_turn_seconds_bucket{le=\"0.0001\"}"), "1");
	assert_string_equal(
	    value(&page, "chatd_turn_seconds_bucket{le=\"0.0002\"}"), "3");
	assert_string_equal(
	    value(&page, "chatd_turn_seconds_bucket{le=\"0.4096\"}"), "3");
	assert_string_equal(
	    value(&page, "chatd_turn_seconds_bucket{le=\"+Inf\"}"), "4");
	assert_string_equal(value(&page, "chatd_turn_seconds_count"), "4");
	assert_string_equal(value(&page, "chatd_turn_seconds_sum"), "3.000300");
}

/* Whatever the space, the length is returned, as much as fits is written, and
 * not a byte after that. */
static void
space_is_respected(void **state)
{
	static char whole[MAX_PAGE];
	struct chat_metrics m = { .accepted = 12345 };
	size_t n = chat_metrics_write(whole, sizeof(whole), &m), cap;
	char *page = guard_copy(whole, n + 1);

	(void)state;
	assert_int_equal(chat_metrics_write(NULL, 0, &m), n);
	for (cap = 1; cap <= n + 1; cap++) {
		memset(page, '!', n + 1);
		assert_int_equal(
		    chat_metrics_write(page + n + 1 - cap, cap, &m), n);
		assert_memory_equal(page + n + 1 - cap, whole, cap - 1);
		assert_int_equal(page[n], '\0');
		if (cap <= n)
			assert_int_equal(page[n - cap], '!');
	}
	guard_free(page, n + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_counted_is_zeros),
		cmocka_unit_test(every_count_has_its_series),
		cmocka_unit_test(bytes_are_shown_in_steps),
		cmocka_unit_test(errors_go_by_their_names_on_the_wire),
		cmocka_unit_test(large_counts_are_whole),
		cmocka_unit_test(turns_are_counted_by_length),
		cmocka_unit_test(turns_are_summed),
		cmocka_unit_test(space_is_respected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
