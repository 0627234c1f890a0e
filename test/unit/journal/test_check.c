/* Tests of looking over a journal: what is counted, what is told, and that
 * nothing changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "journal.h"
#include "failing_alloc.h"
#include "lines_text.h"
#include "store_words.h"

static struct folder folder, copy;
static struct chat_buf text;
static struct chat_check c;
static char said[4096]; /* lines, each with its newline */

static int
set_up(void **state)
{
	(void)state;
	folder = folder_make();
	copy = folder_make();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	chat_buf_release(&text);
	text = (struct chat_buf){ .n = 0 };
	folder_remove(&folder);
	folder_remove(&copy);
	return 0;
}

static void
on_log(void *user, enum chat_level level, const char *line)
{
	size_t n = strlen(said);

	assert_ptr_equal(user, &c);
	assert_true(level <= CHAT_LOG_WARNING);
	snprintf(said + n, sizeof(said) - n, "%s\n", line);
}

static void
compare(const struct folder *f, const char *name, void *other)
{
	struct folder_file a, b;

	if (strcmp(name, "lock") == 0)
		return;
	a = folder_read(f, name);
	b = folder_read(other, name);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	free(a.p);
	free(b.p);
}

/* Looks over the folder, which stays what it is. */
static int
check(void)
{
	int err;

	said[0] = '\0';
	folder_copy(&folder, &copy);
	err = chat_check_journal(&c, folder.path, NULL, on_log, &c);
	folder_each(&folder, compare, &copy);
	assert_int_equal(folder_count(&folder), folder_count(&copy));
	return err;
}

static void
put_private(uint64_t seq)
{
	struct chat_line line = { .kind = CHAT_LINE_ENTRY,
		.entry = { .is_private = true,
		    .is_withheld = true,
		    .seq = seq,
		    .time = 1000 + seq,
		    .user = { 1, 2 } } };

	journal_put(&text, &line);
}

/* 1 to 3, a skip, and 11 to 14 in a second file. */
static void
write_journal(void)
{
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	journal_say(&text, 1, 5);
	put_private(2);
	journal_say(&text, 3, 5);
	journal_skip(&text, 4, 10);
	journal_segment(&folder, 1, &text);
	journal_head(&text, JOURNAL_LOG, 10);
	journal_say(&text, 11, 5);
	journal_say(&text, 12, 5);
	put_private(13);
	journal_say(&text, 14, 5);
	journal_segment(&folder, 11, &text);
}

static void
whole_journals_are_counted(void **state)
{
	struct folder_file one, two;

	(void)state;
	write_journal();
	folder_write(&folder, "clean", "not looked at", 13);
	folder_write(&folder, "0000000000000001.log.cut-5", "x", 1);
	one = folder_read(&folder, "0000000000000001.log");
	two = folder_read(&folder, "0000000000000011.log");
	assert_int_equal(check(), CHAT_OK);
	assert_string_equal(said, "");
	assert_int_equal(c.segments, 2);
	assert_int_equal(c.bytes, one.n + two.n);
	assert_int_equal(c.messages, 7);
	assert_int_equal(c.messages_private, 2);
	assert_int_equal(c.first, 1);
	assert_int_equal(c.last, 14);
	assert_int_equal(c.first_time, 1001);
	assert_int_equal(c.last_time, 1014);
	assert_int_equal(c.skipped, 1);
	assert_int_equal(c.refused, 0);
	assert_int_equal(c.lost, 0);
	assert_int_equal(c.bad, 0);
	free(one.p);
	free(two.p);
}

static void
whatever_is_wrong_is_told_with_its_place(void **state)
{
	size_t at;

	(void)state;
	write_journal();
	journal_head(&text, JOURNAL_LOG, 14);
	journal_say(&text, 15, 5);
	at = text.n;
	journal_say(&text, 16, 5);
	text.p[at + 5] ^= 1;
	journal_say(&text, 17, 5);
	journal_put(&text,
	    &(struct chat_line){ .kind = CHAT_LINE_SECRET, .log = "12345678" });
	journal_say(&text, 18, 5);
	text.n -= 4;
	journal_segment(&folder, 15, &text);
	assert_int_equal(check(), CHAT_OK);
	assert_int_equal(c.messages, 9);
	assert_int_equal(c.last, 17);
	assert_int_equal(c.bad, 3);
	assert_int_equal(c.lost, 1);
	assert_non_null(strstr(said, "0000000000000015.log: "));
	assert_non_null(strstr(said, "in 1 lines at "));
	assert_non_null(strstr(said, "numbers 16 to 16 are missing"));
	assert_non_null(strstr(said, "in 2 lines at "));
	assert_non_null(strstr(said, ", the last one torn\n"));
}

static void
refused_lines_do_not_count(void **state)
{
	(void)state;
	write_journal();
	journal_head(&text, JOURNAL_LOG, 12);
	journal_say(&text, 13, 5);
	journal_segment(&folder, 13, &text);
	assert_int_equal(check(), CHAT_OK);
	assert_string_equal(said, "");
	assert_int_equal(c.refused, 2);
	assert_int_equal(c.messages, 6);
	assert_int_equal(c.messages_private, 1);
	assert_int_equal(c.last, 13);
}

static void
missing_files_are_told(void **state)
{
	(void)state;
	write_journal();
	journal_head(&text, JOURNAL_LOG, 20);
	journal_segment(&folder, 21, &text);
	unlinkat(folder.fd, "secret", 0);
	assert_int_equal(check(), CHAT_OK);
	assert_int_equal(c.lost, 6);
	assert_int_equal(c.bad, 1);
	assert_non_null(strstr(said, "secret: No such file"));
	assert_non_null(strstr(said, "numbers 15 to 20 are missing"));
	folder_write(&folder, "secret", "x", 1);
	assert_int_equal(check(), CHAT_OK);
	assert_non_null(strstr(said, "secret: damaged"));
}

/* Files of another log are told by their heads. */
static void
other_logs_are_told(void **state)
{
	(void)state;
	write_journal();
	journal_secret(&folder, "another0");
	assert_int_equal(check(), CHAT_OK);
	assert_int_equal(c.bad, 2);
}

static void
empty_folders_have_no_messages(void **state)
{
	(void)state;
	assert_int_equal(check(), CHAT_OK);
	assert_int_equal(c.segments, 0);
	assert_int_equal(c.messages, 0);
	assert_int_equal(c.first, 0);
}

static void
what_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	write_journal();
	said[0] = '\0';
	assert_int_equal(
	    chat_check_journal(&c, "/nonexistent", NULL, on_log, &c),
	    CHAT_ERR_SYSTEM);
	assert_string_equal(said, "/nonexistent: No such file or directory\n");
	assert_int_equal(
	    chat_check_journal(&c, "/nonexistent", NULL, NULL, NULL),
	    CHAT_ERR_SYSTEM);
	assert_int_equal(mkdirat(folder.fd, "0000000000000015.log", 0700), 0);
	said[0] = '\0';
	assert_int_equal(chat_check_journal(&c, folder.path, NULL, on_log, &c),
	    CHAT_ERR_SYSTEM);
	assert_non_null(strstr(said, "0000000000000015.log: cannot read at 0"));
	assert_int_equal(
	    unlinkat(folder.fd, "0000000000000015.log", AT_REMOVEDIR), 0);
}

/* A heap that removes segments when it is asked for the at-th time. */
struct trimming {
	struct failing_alloc heap;
	struct chat_alloc alloc;
	size_t at;
	int first, segments; /* from the first-th on, so many */
};

static void *
trim(void *user, void *p, size_t n)
{
	struct trimming *t = user;
	char name[CHAT_SEGMENT_NAME];
	int i;

	if (n > 0 && t->heap.calls + 1 == t->at)
		for (i = t->first; i < t->first + t->segments; i++) {
			chat_segment_name(name, 3 * (uint64_t)i + 1);
			folder_drop(&folder, name, NULL);
		}
	return chat_resize(&t->heap.alloc, p, n);
}

/* Six files of three messages each. */
static void
write_segments(void)
{
	uint64_t seq;

	folder_empty(&folder);
	journal_secret(&folder, JOURNAL_LOG);
	for (seq = 1; seq < 18; seq += 3) {
		journal_head(&text, JOURNAL_LOG, seq - 1);
		journal_say(&text, seq, 5);
		journal_say(&text, seq + 1, 5);
		journal_say(&text, seq + 2, 5);
		journal_segment(&folder, seq, &text);
	}
}

/* Whenever a server removes them: what is left is whole. */
static void
segments_may_be_removed_meanwhile(void **state)
{
	struct trimming t = { .alloc = { trim, &t } };
	size_t calls = 1;

	(void)state;
	for (t.segments = 0; t.segments < 6; t.segments++)
		for (t.at = 1; t.at <= calls; t.at++) {
			write_segments();
			failing_alloc_init(&t.heap, 0);
			said[0] = '\0';
			assert_int_equal(chat_check_journal(&c, folder.path,
					     &t.alloc, on_log, &c),
			    CHAT_OK);
			assert_string_equal(said, "");
			assert_int_equal(c.lost, 0);
			assert_int_equal(c.bad, 0);
			assert_int_equal(c.last, 18);
			assert_int_equal(c.messages, 18 - c.first + 1);
			assert_int_equal(c.segments, c.messages / 3);
			assert_int_equal(c.first % 3, 1);
			failing_alloc_check(&t.heap);
			calls = t.heap.calls > calls ? t.heap.calls : calls;
		}
	assert_true(calls > 5);
}

/* But one that is missing in the middle is a loss. */
static void
other_segments_are_missed(void **state)
{
	struct trimming t = {
		.alloc = { trim, &t }, .first = 2, .segments = 1
	};
	int err;

	(void)state;
	for (t.at = 1; t.at < 4; t.at++) {
		write_segments();
		failing_alloc_init(&t.heap, 0);
		said[0] = '\0';
		err = chat_check_journal(&c, folder.path, &t.alloc, on_log, &c);
		assert_int_equal(err != CHAT_OK,
		    strstr(said, "7.log: cannot read at 0: No such") != NULL);
		assert_int_equal(c.lost, 3);
		assert_int_equal(c.messages, 15);
	}
}

static void
memory_may_fail(void **state)
{
	struct failing_alloc heap;
	size_t n;
	int err;

	(void)state;
	write_journal();
	failing_alloc_init(&heap, 0);
	for (n = 1; heap.failed || n == 1; n++) {
		failing_alloc_init(&heap, n);
		said[0] = '\0';
		err = chat_check_journal(
		    &c, folder.path, &heap.alloc, on_log, &c);
		assert_int_equal(err, heap.failed ? CHAT_ERR_NOMEM : CHAT_OK);
		assert_int_equal(said[0] != '\0', heap.failed);
		failing_alloc_check(&heap);
	}
	assert_true(n > 2);
}

/* As a server leaves it, and while it has it. */
static void
stores_are_sound(void **state)
{
	struct store store;
	uint64_t key;

	(void)state;
	store_init(&store, &folder);
	store.config.journal.size = CHAT_JOURNAL_SIZE_MIN;
	assert_true(store_open(&store));
	for (key = 1; key <= 20; key++)
		store_say(&store, key, key % 3 == 0 ? "bob" : NULL, 10000);
	assert_int_equal(check(), CHAT_OK);
	assert_string_equal(said, "");
	assert_int_equal(c.messages, 20);
	assert_int_equal(c.messages_private, 6);
	assert_true(c.segments > 1);
	store_free(&store);
	assert_int_equal(check(), CHAT_OK);
	assert_string_equal(said, "");
	assert_int_equal(c.bad, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_journals_are_counted),
		TEST(whatever_is_wrong_is_told_with_its_place),
		TEST(refused_lines_do_not_count),
		TEST(missing_files_are_told),
		TEST(other_logs_are_told),
		TEST(empty_folders_have_no_messages),
		TEST(what_cannot_be_read_is_an_error),
		TEST(segments_may_be_removed_meanwhile),
		TEST(other_segments_are_missed),
		TEST(memory_may_fail),
		TEST(stores_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
