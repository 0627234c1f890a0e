/* Tests of scan: what it finds in journals that are whole, damaged, and made
 * up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err.h"
#include "failing_alloc.h"
#include "temp_folder.h"
#include "lines_text.h"
#include "random.h"
#include "journal/scan.h"

static struct folder folder;
static struct chat_buf text; /* of the segment that is being written */

static int
set_up(void **state)
{
	(void)state;
	folder = folder_make();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	chat_buf_release(&text);
	text = (struct chat_buf){ .n = 0 };
	folder_remove(&folder);
	return 0;
}

static void
puts_text(const char *s)
{
	assert_int_equal(chat_buf_append(&text, s, strlen(s)), CHAT_OK);
}

/* Lines of the numbers from, to. */
static void
say(uint64_t from, uint64_t to)
{
	for (; from <= to; from++)
		journal_say(&text, from, 10);
}

/* A whole segment. */
static void
segment(uint64_t first, uint64_t last)
{
	journal_head(&text, JOURNAL_LOG, first - 1);
	say(first, last);
	journal_segment(&folder, first, &text);
}

/* Items that are found, as a text: numbers; x for damage, with its lines if it
 * is not one, and ! if torn. */

struct found {
	char words[2000];
	uint64_t void_lines;
};

static void
add_word(struct found *f, const struct chat_found_item *item)
{
	const struct chat_line *line = &item->line;
	char *p = f->words + strlen(f->words);
	size_t n = sizeof(f->words) - strlen(f->words);

	switch (item->kind) {
	case CHAT_FOUND_LINE:
		if (line->kind == CHAT_LINE_SKIP)
			snprintf(p, n, "skip %d-%d ", (int)line->skip,
			    (int)line->entry.seq);
		else
			snprintf(p, n, "%d ", (int)line->entry.seq);
		break;
	case CHAT_FOUND_LOST:
		snprintf(p, n, "lost %d-%d ", (int)item->skip, (int)item->seq);
		break;
	case CHAT_FOUND_DAMAGE:
		assert_true(item->bytes > 0 && item->lines > 0);
		snprintf(p, n, item->lines > 1 ? "x%d%s " : "x%.0d%s ",
		    item->lines > 1 ? (int)item->lines : 0,
		    item->torn ? "!" : "");
		break;
	case CHAT_FOUND_FAILURE:
		snprintf(p, n, "failure ");
		break;
	case CHAT_FOUND_END:
		break;
	}
}

static struct found
scan_from(size_t segment, uint64_t at, uint64_t expect, const char *log)
{
	struct chat_found_item item;
	struct chat_segments all;
	struct found f = { .words = "" };
	struct chat_scan s;

	chat_segments_init(&all, NULL);
	assert_int_equal(chat_segments_list(&all, folder.fd), CHAT_OK);
	chat_scan_init(&s, &all, folder.fd, journal_crc());
	s.log = log;
	chat_scan_begin(&s, segment, at, expect);
	do {
		chat_scan_next(&s, &item);
		add_word(&f, &item);
	} while (item.kind != CHAT_FOUND_END);
	chat_scan_next(&s, &item);
	assert_int_equal(item.kind, CHAT_FOUND_END);
	f.void_lines = s.void_lines;
	chat_scan_release(&s);
	chat_segments_release(&all);
	if (f.words[0] != '\0')
		f.words[strlen(f.words) - 1] = '\0';
	return f;
}

static void
expect_found(const char *words, uint64_t void_lines)
{
	struct found f = scan_from(0, 0, 1, JOURNAL_LOG);

	assert_string_equal(f.words, words);
	assert_int_equal(f.void_lines, void_lines);
}

static void
whole_journals_are_told_whole(void **state)
{
	(void)state;
	expect_found("", 0);
	segment(1, 0);
	expect_found("", 0);
	segment(1, 3);
	expect_found("1 2 3", 0);
	segment(4, 4);
	segment(5, 7);
	expect_found("1 2 3 4 5 6 7", 0);
	segment(8, 7);
	expect_found("1 2 3 4 5 6 7", 0);
}

/* As it is drawn in the header. */
static void
damage_is_told_and_what_it_took(void **state)
{
	(void)state;
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 3);
	puts_text("{\"seq\":4,\"time\":4,\"skip\":4,\"sum\":\"00000000\"}\n");
	say(6, 7);
	journal_segment(&folder, 1, &text);
	journal_head(&text, JOURNAL_LOG, 7);
	say(8, 9);
	puts_text("yy\n");
	journal_segment(&folder, 8, &text);
	expect_found("1 2 3 x lost 4-5 6 7 8 9 x", 0);
}

static void
neighbours_are_one_damage(void **state)
{
	(void)state;
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 1);
	puts_text("\n\nxx\n");
	say(2, 2);
	puts_text("half a li");
	journal_segment(&folder, 1, &text);
	expect_found("1 x3 2 x!", 0);
	segment(3, 3);
	expect_found("1 x3 2 3", 1);
	segment(4, 4);
	segment(6, 6);
	expect_found("1 x3 2 3 4 lost 5-5 6", 1);
}

static void
damage_has_a_place(void **state)
{
	struct chat_found_item item;
	struct chat_segments all;
	struct chat_scan s;
	size_t at;

	(void)state;
	segment(1, 2);
	journal_head(&text, JOURNAL_LOG, 2);
	at = text.n;
	puts_text("12345\n789\n");
	say(3, 3);
	journal_segment(&folder, 3, &text);
	chat_segments_init(&all, NULL);
	assert_int_equal(chat_segments_list(&all, folder.fd), CHAT_OK);
	chat_scan_init(&s, &all, folder.fd, journal_crc());
	chat_scan_begin(&s, 0, 0, 1);
	do
		chat_scan_next(&s, &item);
	while (item.kind == CHAT_FOUND_LINE);
	assert_int_equal(item.kind, CHAT_FOUND_DAMAGE);
	assert_int_equal(item.segment, 1);
	assert_int_equal(item.at, at);
	assert_int_equal(item.bytes, 10);
	assert_int_equal(item.lines, 2);
	assert_false(item.torn);
	chat_scan_next(&s, &item);
	assert_int_equal(item.kind, CHAT_FOUND_LINE);
	assert_int_equal(item.segment, 1);
	assert_true(chat_str_is(item.line.entry.text, CHAT_STR("dddddddddd")));
	chat_scan_release(&s);
	chat_segments_release(&all);
}

/* Lines of a segment beyond the beginning of the next were refused. */
static void
void_lines_are_passed(void **state)
{
	(void)state;
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 5);
	journal_segment(&folder, 1, &text);
	segment(3, 4);
	expect_found("1 2 3 4", 3);
	/* Cut anywhere, and with other damage after it. */
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 3);
	puts_text("{\"seq\":4");
	journal_segment(&folder, 1, &text);
	expect_found("1 2 3 4", 2);
	/* Before the last number that counts it is damage. */
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 1);
	puts_text("x\n");
	say(3, 4);
	journal_segment(&folder, 1, &text);
	expect_found("1 x lost 2-2 3 4", 2);
}

static void
skips_are_lines(void **state)
{
	(void)state;
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 2);
	journal_skip(&text, 3, 1002);
	say(1003, 1003);
	journal_segment(&folder, 1, &text);
	segment(1004, 1005);
	expect_found("1 2 skip 3-1002 1003 1004 1005", 0);
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 1);
	journal_skip(&text, 3, 1003);
	journal_segment(&folder, 1, &text);
	expect_found("1 lost 2-2 skip 3-1003 1004 1005", 0);
}

static void
numbers_only_grow(void **state)
{
	(void)state;
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 3);
	say(2, 4);
	journal_skip(&text, 4, 5);
	say(5, 5);
	journal_segment(&folder, 1, &text);
	expect_found("1 2 3 x2 4 x 5", 0);
}

static void
missing_files_are_lost_numbers(void **state)
{
	(void)state;
	segment(1, 4);
	segment(5, 6);
	segment(7, 8);
	segment(9, 9);
	unlinkat(folder.fd, "0000000000000005.log", 0);
	expect_found("1 2 3 4 lost 5-6 7 8 9", 0);
	folder_write(&folder, "0000000000000007.log", "", 0);
	expect_found("1 2 3 4 lost 5-6 lost 7-8 9", 0);
	folder_write(&folder, "0000000000000001.log", "", 0);
	expect_found("lost 1-6 lost 7-8 9", 0);
}

static void
files_that_cannot_be_read_are_failures(void **state)
{
	(void)state;
	segment(1, 2);
	assert_int_equal(mkdirat(folder.fd, "0000000000000003.log", 0700), 0);
	segment(5, 5);
	expect_found("1 2 failure lost 3-4 5", 0);
	unlinkat(folder.fd, "0000000000000005.log", 0);
	expect_found("1 2 failure", 0);
	unlinkat(folder.fd, "0000000000000003.log", AT_REMOVEDIR);
}

static void
heads_are_of_this_log_and_place(void **state)
{
	struct found f;

	(void)state;
	segment(1, 1);
	journal_head(&text, "another0", 1);
	say(2, 2);
	journal_segment(&folder, 2, &text);
	journal_head(&text, JOURNAL_LOG, 7);
	say(3, 3);
	journal_segment(&folder, 3, &text);
	expect_found("1 x 2 x 3", 0);
	f = scan_from(0, 0, 1, NULL);
	assert_string_equal(f.words, "1 2 x 3");
}

/* Lines that belong into other files do not count. */
static void
other_lines_are_damage(void **state)
{
	struct chat_line line = { .kind = CHAT_LINE_SECRET, .log = "12345678" };

	(void)state;
	journal_head(&text, JOURNAL_LOG, 0);
	journal_put(&text, &line);
	say(1, 1);
	line.kind = CHAT_LINE_CLEAN;
	line.entry.seq = 5;
	journal_put(&text, &line);
	journal_segment(&folder, 1, &text);
	expect_found("x 1 x", 0);
}

static void
scans_begin_anywhere(void **state)
{
	struct found f;
	size_t at;

	(void)state;
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 3);
	at = text.n;
	say(4, 6);
	journal_segment(&folder, 1, &text);
	segment(7, 8);
	f = scan_from(0, at, 4, JOURNAL_LOG);
	assert_string_equal(f.words, "4 5 6 7 8");
	f = scan_from(0, at, 0, JOURNAL_LOG);
	assert_string_equal(f.words, "4 5 6 7 8");
	f = scan_from(0, at, 2, JOURNAL_LOG);
	assert_string_equal(f.words, "lost 2-3 4 5 6 7 8");
	f = scan_from(1, 0, 7, JOURNAL_LOG);
	assert_string_equal(f.words, "7 8");
	f = scan_from(2, 0, 9, JOURNAL_LOG);
	assert_string_equal(f.words, "");
	unlinkat(folder.fd, "0000000000000001.log", 0);
	f = scan_from(0, 0, 0, JOURNAL_LOG);
	assert_string_equal(f.words, "7 8");
}

static void
too_long_lines_are_damage(void **state)
{
	char *long_one = malloc(CHAT_LINE_MAX + 100);

	(void)state;
	memset(long_one, 'x', CHAT_LINE_MAX + 99);
	long_one[CHAT_LINE_MAX + 99] = '\0';
	journal_head(&text, JOURNAL_LOG, 0);
	say(1, 1);
	puts_text(long_one);
	puts_text("\n");
	say(2, 2);
	journal_segment(&folder, 1, &text);
	expect_found("1 x2 2", 0);
	free(long_one);
}

static void
no_memory_is_a_failure(void **state)
{
	struct failing_alloc heap;
	struct chat_found_item item;
	struct chat_segments all;
	struct chat_scan s;

	(void)state;
	segment(1, 2);
	failing_alloc_init(&heap, 0);
	chat_segments_init(&all, &heap.alloc);
	assert_int_equal(chat_segments_list(&all, folder.fd), CHAT_OK);
	chat_scan_init(&s, &all, folder.fd, journal_crc());
	chat_scan_begin(&s, 0, 0, 1);
	heap.fail = heap.calls + 1;
	chat_scan_next(&s, &item);
	assert_int_equal(item.kind, CHAT_FOUND_FAILURE);
	assert_int_equal(item.err, CHAT_ERR_NOMEM);
	chat_scan_next(&s, &item);
	assert_int_equal(item.kind, CHAT_FOUND_END);
	chat_scan_release(&s);
	chat_segments_release(&all);
	failing_alloc_check(&heap);
}

/*
 * Any damage, against what is still whole
 */

enum { NUMBERS = 400, FILES = 40 };

/* The journal as it was written: for each number where its line is, and whether
 * that is still whole.  A skip has the line of its first number. */
static struct {
	struct chat_buf text;
	size_t begin[NUMBERS + 1], end[NUMBERS + 1]; /* offsets in text */
	bool is_first[NUMBERS + 1], whole[NUMBERS + 1];
	uint64_t last; /* number */
	size_t file[FILES + 1];
	uint64_t first[FILES];
	size_t files;
	bool missing[FILES];
} model;

static void
write_model(struct random *r)
{
	uint64_t seq = 1, to;
	size_t begin;

	memset(model.is_first, 0, sizeof(model.is_first));
	model.text.n = model.files = 0;
	while (seq < NUMBERS - 20) {
		if (model.files == 0 ||
		    (model.files < FILES && random_below(r, 15) == 0)) {
			model.missing[model.files] = false;
			model.first[model.files] = seq;
			model.file[model.files++] = model.text.n;
			journal_head(&model.text, JOURNAL_LOG, seq - 1);
		}
		begin = model.text.n;
		to = seq + (random_below(r, 9) == 0 ? random_below(r, 9) : 0);
		if (to > seq)
			journal_skip(&model.text, seq, to);
		else
			journal_say(&model.text, seq, random_below(r, 90));
		model.is_first[seq] = true;
		for (; seq <= to; seq++) {
			model.begin[seq] = begin;
			model.end[seq] = model.text.n;
			model.whole[seq] = true;
		}
	}
	model.last = seq - 1;
	model.file[model.files] = model.text.n;
}

/* Changes a byte: the line that has it is gone, and if it is a newline, so is
 * the next one. */
static void
change(size_t at, struct random *r)
{
	uint64_t seq;

	model.text.p[at] ^= (char)(1 + random_below(r, 255));
	for (seq = 1; seq <= model.last; seq++)
		if (at + 1 >= model.begin[seq] && at < model.end[seq])
			model.whole[seq] = false;
}

/* A file that is not there. */
static void
lose(size_t file)
{
	uint64_t seq;

	model.missing[file] = true;
	for (seq = 1; seq <= model.last; seq++)
		if (model.begin[seq] >= model.file[file] &&
		    model.begin[seq] < model.file[file + 1])
			model.whole[seq] = false;
}

static void
damage_model(struct random *r)
{
	size_t i, n = random_below(r, 12);

	for (i = 0; i < n; i++)
		change(random_below(r, model.text.n), r);
	/* The first one says where all begins. */
	if (model.files > 1 && random_below(r, 3) == 0)
		lose(1 + random_below(r, model.files - 1));
	folder_empty(&folder);
	for (i = 0; i < model.files; i++) {
		if (model.missing[i])
			continue;
		assert_int_equal(
		    chat_buf_append(&text, model.text.p + model.file[i],
			model.file[i + 1] - model.file[i]),
		    CHAT_OK);
		journal_segment(&folder, model.first[i], &text);
	}
}

/* The last number that can be known to have been there: a whole line's, or the
 * one before a file. */
static uint64_t
last_known(void)
{
	uint64_t seq = model.last, before = 0;
	size_t i;

	while (seq > 0 && !model.whole[seq])
		seq--;
	for (i = 0; i < model.files; i++)
		if (!model.missing[i])
			before = model.first[i] - 1;
	return seq > before ? seq : before;
}

static void
check_line(const struct chat_line *line, uint64_t expect)
{
	uint64_t from =
	    line->kind == CHAT_LINE_SKIP ? line->skip : line->entry.seq;

	assert_int_equal(from, expect);
	assert_true(model.is_first[from] && model.whole[from]);
	assert_int_equal(model.begin[line->entry.seq], model.begin[from]);
}

static void
every_number_is_told_once(void **state)
{
	struct random r = { 1 };
	struct chat_found_item item;
	struct chat_segments all;
	struct chat_scan s;
	uint64_t expect, seq;
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		write_model(&r);
		damage_model(&r);
		chat_segments_init(&all, NULL);
		assert_int_equal(chat_segments_list(&all, folder.fd), CHAT_OK);
		chat_scan_init(&s, &all, folder.fd, journal_crc());
		s.log = JOURNAL_LOG;
		chat_scan_begin(&s, 0, 0, 1);
		for (expect = 1;; expect = seq + 1) {
			do
				chat_scan_next(&s, &item);
			while (item.kind == CHAT_FOUND_DAMAGE);
			if (item.kind == CHAT_FOUND_END)
				break;
			if (item.kind == CHAT_FOUND_LINE) {
				check_line(&item.line, expect);
				seq = item.line.entry.seq;
				continue;
			}
			assert_int_equal(item.kind, CHAT_FOUND_LOST);
			assert_int_equal(item.skip, expect);
			assert_true(item.seq >= item.skip);
			for (seq = item.skip; seq <= item.seq; seq++)
				assert_false(model.whole[seq]);
			seq = item.seq;
		}
		assert_int_equal(expect - 1, last_known());
		chat_scan_release(&s);
		chat_segments_release(&all);
	}
	chat_buf_release(&model.text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_journals_are_told_whole),
		TEST(damage_is_told_and_what_it_took),
		TEST(neighbours_are_one_damage),
		TEST(damage_has_a_place),
		TEST(void_lines_are_passed),
		TEST(skips_are_lines),
		TEST(numbers_only_grow),
		TEST(missing_files_are_lost_numbers),
		TEST(files_that_cannot_be_read_are_failures),
		TEST(heads_are_of_this_log_and_place),
		TEST(other_lines_are_damage),
		TEST(scans_begin_anywhere),
		TEST(too_long_lines_are_damage),
		TEST(no_memory_is_a_failure),
		TEST(every_number_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
