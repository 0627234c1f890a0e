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
	struct folder_file a = folder_read(f, name), b;

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
		TEST(memory_may_fail),
		TEST(stores_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
