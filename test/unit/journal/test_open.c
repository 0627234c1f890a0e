/* Tests of opening a journal: what it gives back, where it goes on, and what it
 * refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "lines_text.h"
#include "store_words.h"

#define FIRST "0000000000000001.log"
#define S     "1000000000" /* CHAT_FILE_SKIP */

static struct folder folder, copy;
static struct store store;

static int
set_up(void **state)
{
	(void)state;
	folder = folder_make();
	copy = folder_make();
	store_init(&store, &folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_free(&store);
	folder_remove(&folder);
	folder_remove(&copy);
	return 0;
}

/* As if the process had died: all that there is, in another folder. */
static void
die(void)
{
	folder_copy(&folder, &copy);
	store_free(&store);
	folder_copy(&copy, &folder);
	store.now.wall += 1000;
}

static void
stop(void)
{
	store_free(&store);
	store.now.wall += 1000;
}

/* Opens it, which must succeed; its answers are in store.words. */
static void
start(void)
{
	assert_true(store_open(&store));
	assert_int_equal(store.errors, 0);
}

static void
new_journals_are_empty(void **state)
{
	struct stat st;

	(void)state;
	start();
	store_expect(&store, "");
	assert_int_equal(store.warnings, 0);
	assert_int_equal(store.store->log.seq, 0);
	assert_int_equal(store.store->log.replay_from, 1);
	assert_int_equal(store.store->log.oldest, 1);
	assert_false(store.store->log.existed);
	assert_true(store.store->type->is_writable(store.store));
	assert_int_equal(fstatat(folder.fd, "secret", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fstatat(folder.fd, FIRST, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(folder_has(&folder, "clean"));
}

static void
clean_stops_leave_no_trace(void **state)
{
	struct chat_log_info log;

	(void)state;
	start();
	store_say(&store, 1, NULL, 1);
	store_put(&store, 2, NULL, 1);
	store_put(&store, 3, NULL, 1);
	assert_int_equal(store_append(&store), 2);
	log = store.store->log;
	stop();
	assert_true(folder_has(&folder, "clean"));
	start();
	assert_false(folder_has(&folder, "clean"));
	store_expect(&store, "1:alice:1 2:alice:2 3:alice:3");
	assert_int_equal(store.warnings, 0);
	assert_true(store.store->log.existed);
	assert_memory_equal(store.store->log.name, log.name, sizeof(log.name));
	assert_memory_equal(
	    store.store->log.secret, log.secret, sizeof(log.secret));
	assert_int_equal(store.store->log.seq, 3);
	assert_int_equal(store.store->log.time, log.time);
	assert_int_equal(store_say(&store, 4, NULL, 1), 4);
	stop();
	start();
	store_expect(&store, "1:alice:1 2:alice:2 3:alice:3 4:alice:4");
	stop();
	start();
	stop();
	start();
	assert_int_equal(store_say(&store, 5, NULL, 1), 5);
}

static void
records_come_back_as_they_were(void **state)
{
	struct chat_stored out;
	struct chat_entry e;

	(void)state;
	store.config.journal.private = true;
	start();
	store_say(&store, 7, NULL, 1);
	store_say(&store, 8, "bob", 3);
	stop();
	assert_true(store_open_only(&store));
	assert_true(store.store->type->next(store.store, &out));
	e = out.record.entry;
	assert_int_equal(out.kind, CHAT_STORED);
	assert_int_equal(e.seq, 1);
	assert_int_equal(e.time, STORE_WALL);
	assert_int_equal(e.key.send[0], 7);
	assert_int_equal(e.key.send[1], ~UINT64_C(7));
	assert_int_equal(e.key.content, 49);
	assert_true(chat_str_is(e.by, CHAT_STR("k3J9x2Qa")));
	assert_false(e.is_private || e.is_withheld);
	assert_true(chat_str_is(e.ref, CHAT_STR("r7")));
	assert_null(e.to.p);
	assert_true(store.store->type->next(store.store, &out));
	e = out.record.entry;
	assert_true(e.is_private);
	assert_false(e.is_withheld);
	assert_int_equal(e.user[0], 1);
	assert_int_equal(e.user[1], 'b');
	assert_true(chat_str_is(e.to, CHAT_STR("bob")));
	assert_true(chat_str_is(e.text, CHAT_STR("8xx")));
	assert_false(store.store->type->next(store.store, &out));
}

static void
private_texts_are_withheld(void **state)
{
	struct chat_stored out;
	struct folder_file file;

	(void)state;
	start();
	store_say(&store, 1, "bob", 5);
	stop();
	file = folder_read(&folder, FIRST);
	assert_null(strstr(file.p, "alice"));
	assert_null(strstr(file.p, "bob"));
	assert_null(strstr(file.p, "1xxxx"));
	assert_null(strstr(file.p, "r1"));
	free(file.p);
	assert_true(store_open_only(&store));
	assert_true(store.store->type->next(store.store, &out));
	assert_true(
	    out.record.entry.is_private && out.record.entry.is_withheld);
	assert_int_equal(out.record.entry.user[0], 1);
	assert_int_equal(out.record.entry.user[1], 'b');
	assert_int_equal(out.record.entry.key.send[0], 1);
	assert_int_equal(out.record.entry.key.content, 7);
}

static void
other_stops_leave_numbers_out(void **state)
{
	(void)state;
	start();
	store_say(&store, 1, NULL, 1);
	store_say(&store, 2, NULL, 1);
	die();
	start();
	store_expect(&store, "1:alice:1 2:alice:2 skip 3-1000000002");
	assert_int_equal(store.store->log.seq, 1000000002);
	assert_int_equal(store_say(&store, 3, NULL, 1), 1000000003);
	stop();
	start();
	store_expect(
	    &store, "1:alice:1 2:alice:2 skip 3-1000000002 1000000003:alice:3");
	die();
	start();
	assert_int_equal(store.store->log.seq, UINT64_C(2000000003));
}

static void
nothing_said_is_no_clean_stop_either(void **state)
{
	(void)state;
	start();
	die();
	start();
	store_expect(&store, "skip 1-1000000000");
	die();
	start();
	assert_int_equal(store.store->log.seq, 2 * CHAT_FILE_SKIP);
}

/* A copy is not clean, though it has the mark. */
static void
copies_are_not_believed(void **state)
{
	(void)state;
	start();
	store_say(&store, 1, NULL, 1);
	stop();
	folder_copy(&folder, &copy);
	store_init(&store, &copy);
	start();
	store_expect(&store, "1:alice:1 skip 2-1000000001");
}

/* A journal that does not go with the mark is not clean. */
static void
marks_are_checked(void **state)
{
	static const char wrong[] = "{\"journal\":1}\n";
	struct folder_file mark;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		start();
		store_say(&store, 1, NULL, 1);
		stop();
		mark = folder_read(&folder, "clean");
		if (i == 0) { /* of an earlier stop */
			start();
			store_say(&store, 2, NULL, 1);
			stop();
			folder_write(&folder, "clean", mark.p, mark.n);
		} else if (i == 1)
			folder_write(&folder, "clean", wrong, strlen(wrong));
		else
			folder_write(&folder, "clean", "", 0);
		free(mark.p);
		start();
		assert_non_null(strstr(store.words, "skip"));
		stop();
		folder_empty(&folder);
	}
}

static void
time_does_not_go_back(void **state)
{
	(void)state;
	start();
	store_say(&store, 1, NULL, 1);
	stop();
	store.now.wall = 5;
	start();
	assert_int_equal(store.store->log.time, STORE_WALL);
	store_say(&store, 2, NULL, 1);
	assert_int_equal(store.store->log.time, STORE_WALL);
}

/*
 * Damage
 */

/* Appends bytes to the last file. */
static void
append(const char *name, const char *s)
{
	int fd = openat(folder.fd, name, O_WRONLY | O_APPEND);

	assert_int_equal(write(fd, s, strlen(s)), strlen(s));
	close(fd);
}

static size_t
size_of(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(folder.fd, name, &st, 0), 0);
	return (size_t)st.st_size;
}

static void
torn_ends_are_cut_off_and_kept(void **state)
{
	char name[64];
	struct folder_file file;
	size_t size;

	(void)state;
	start();
	store_say(&store, 1, NULL, 1);
	die();
	size = size_of(FIRST);
	append(FIRST, "two\nlines and a ha");
	start();
	store_expect(&store, "1:alice:1 skip 2-1000000001");
	assert_int_equal(store.warnings, 1);
	assert_non_null(strstr(store.line, "18 damaged bytes in 2 lines"));
	snprintf(name, sizeof(name), FIRST ".cut-%d", (int)size);
	file = folder_read(&folder, name);
	assert_string_equal(file.p, "two\nlines and a ha");
	free(file.p);
	file = folder_read(&folder, FIRST);
	assert_int_equal(file.p[size - 1], '\n');
	assert_int_equal(file.p[size], '{');
	free(file.p);
	stop();
	start();
	store_expect(&store, "1:alice:1 skip 2-1000000001");
	assert_int_equal(store.warnings, 0);
}

/* Wherever it is cut off, all lines that were whole before are there. */
static void
any_torn_end_is_cut_off(void **state)
{
	struct folder_file whole;
	size_t n, one, two;

	(void)state;
	start();
	one = size_of(FIRST);
	store_say(&store, 1, NULL, 1);
	two = size_of(FIRST);
	store_say(&store, 2, NULL, 1);
	stop();
	folder_copy(&folder, &copy);
	whole = folder_read(&folder, FIRST);
	for (n = one; n < whole.n; n++) {
		folder_copy(&copy, &folder);
		folder_write(&folder, FIRST, whole.p, n);
		start();
		if (n < two)
			store_expect(&store, "skip 1-" S);
		else
			store_expect(&store, "1:alice:1 skip 2-1000000001");
		assert_int_equal(store.warnings, n != one && n != two);
		assert_true(store_say(&store, 3, NULL, 1) > CHAT_FILE_SKIP);
		stop();
	}
	free(whole.p);
}

/* Nothing good in the last file: the one before goes on. */
static void
worthless_files_are_set_aside(void **state)
{
	(void)state;
	start();
	store_say(&store, 1, NULL, 1);
	stop();
	folder_write(&folder, "0000000000000002.log", "rubbish\n", 8);
	folder_write(&folder, "0000000000000009.log", "", 0);
	start();
	store_expect(&store, "1:alice:1");
	assert_int_equal(store.warnings, 2);
	assert_true(folder_has(&folder, "0000000000000002.log.cut-0"));
	assert_true(folder_has(&folder, "0000000000000009.log.cut-0"));
	assert_false(folder_has(&folder, "0000000000000002.log"));
	stop();
	/* Nothing good at all: another log. */
	folder_write(&folder, FIRST, "rubbish\n", 8);
	start();
	store_expect(&store, "");
	assert_false(store.store->log.existed);
	assert_true(folder_has(&folder, FIRST ".cut-0"));
	assert_int_equal(store_say(&store, 2, NULL, 1), 1);
}

/* A file that says that it is another one has no good line either, nor is a
 * line good that belongs elsewhere. */
static void
misplaced_lines_are_not_the_end(void **state)
{
	struct chat_line clean = {
		.kind = CHAT_LINE_CLEAN, .entry.seq = 77, .log = "x7YqAb3k"
	};
	struct chat_buf text = { .n = 0 };

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	journal_say(&text, 1, 1);
	journal_put(&text, &clean);
	journal_segment(&folder, 1, &text);
	journal_head(&text, JOURNAL_LOG, 4);
	journal_say(&text, 5, 1);
	journal_segment(&folder, 9, &text);
	chat_buf_release(&text);
	start();
	store_expect(&store, "1:alice:b skip 2-1000000001");
	assert_int_equal(store.warnings, 2);
	assert_true(folder_has(&folder, "0000000000000009.log.cut-0"));
}

static void
damage_inside_is_lost_and_told(void **state)
{
	struct folder_file file;
	char *p;

	(void)state;
	start();
	store_say(&store, 1, NULL, 1);
	store_say(&store, 2, NULL, 1);
	store_say(&store, 3, NULL, 1);
	stop();
	file = folder_read(&folder, FIRST);
	p = strstr(file.p, "\"text\":\"2\"");
	assert_non_null(p);
	p[8] = '9';
	folder_write(&folder, FIRST, file.p, file.n);
	free(file.p);
	/* Nor is it as a clean stop has left it; but the clock may be slow. */
	assert_int_equal(unlinkat(folder.fd, "clean", 0), 0);
	start();
	store_expect(&store, "1:alice:1 lost 2-2 3:alice:3 skip 4-1000000003");
	assert_int_equal(store.warnings, 2);
	assert_int_equal(store_say(&store, 4, NULL, 1), 1000000004);
}

static void
missing_files_are_lost_and_told(void **state)
{
	struct chat_buf text = { .n = 0 };

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	journal_say(&text, 1, 1);
	journal_segment(&folder, 1, &text);
	journal_head(&text, JOURNAL_LOG, 3);
	journal_say(&text, 4, 1);
	journal_segment(&folder, 4, &text);
	chat_buf_release(&text);
	start();
	store_expect(&store, "1:alice:b lost 2-3 4:alice:e skip 5-1000000004");
	assert_int_equal(store.store->log.oldest, 1);
}

/* Lines of an earlier file beyond the beginning of the next were refused. */
static void
refused_lines_do_not_come_back(void **state)
{
	struct chat_buf text = { .n = 0 };

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	journal_say(&text, 1, 1);
	journal_say(&text, 2, 5);
	journal_say(&text, 3, 5);
	journal_segment(&folder, 1, &text);
	journal_head(&text, JOURNAL_LOG, 1);
	journal_say(&text, 2, 1);
	journal_segment(&folder, 2, &text);
	chat_buf_release(&text);
	start();
	store_expect(&store, "1:alice:b 2:alice:c skip 3-1000000002");
	assert_int_equal(store.warnings, 0);
}

static void
secrets_may_be_lost(void **state)
{
	struct chat_log_info log;
	int i;

	(void)state;
	start();
	store_say(&store, 1, NULL, 1);
	log = store.store->log;
	stop();
	for (i = 0; i < 2; i++) {
		if (i == 0)
			unlinkat(folder.fd, "secret", 0);
		else
			folder_write(&folder, "secret", "damaged\n", 8);
		store.config.seed = (const unsigned char *)(i == 0
			? "another seed of 32 bytes........"
			: "and one more seed of 32 bytes...");
		start();
		store_expect(&store, "1:alice:1");
		assert_int_equal(store.warnings, 1);
		assert_false(store.store->log.existed);
		assert_memory_equal(
		    store.store->log.name, log.name, sizeof(log.name));
		assert_memory_not_equal(
		    store.store->log.secret, log.secret, sizeof(log.secret));
		log = store.store->log;
		stop();
	}
	start();
	assert_int_equal(store.warnings, 0);
	assert_memory_equal(
	    store.store->log.secret, log.secret, sizeof(log.secret));
}

static void
folders_have_one_log(void **state)
{
	(void)state;
	start();
	stop();
	journal_secret(&folder, "another0");
	assert_false(store_open(&store));
	assert_non_null(strstr(store.line, "not of one journal"));
}

/* The folder it is opened with */

static void
one_process_has_it(void **state)
{
	char holder[64];
	int told[2], hold[2], status;
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(told), 0);
	assert_int_equal(pipe(hold), 0);
	pid = fork();
	if (pid == 0) {
		close(hold[1]);
		c = store_open(&store) ? '+' : '-';
		if (write(told[1], &c, 1) == 1)
			(void)!read(hold[0], &c, 1);
		_exit(0); /* and not clean */
	}
	close(hold[0]);
	assert_int_equal(read(told[0], &c, 1), 1);
	assert_int_equal(c, '+');
	assert_false(store_open(&store));
	assert_int_equal(errno, EBUSY);
	snprintf(holder, sizeof(holder), "in use by process %ld", (long)pid);
	assert_non_null(strstr(store.line, holder));
	close(hold[1]);
	close(told[0]);
	close(told[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	start();
	store_expect(&store, "skip 1-" S);
}

static void
what_cannot_be_opened_is_refused(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/no/such", folder.path);
	store.config.journal.folder = path;
	assert_false(store_open(&store));
	assert_int_equal(errno, ENOENT);
	snprintf(path, sizeof(path), "%s/file", folder.path);
	folder_write(&folder, "file", "", 0);
	assert_false(store_open(&store));
	assert_int_equal(errno, ENOTDIR);
	store.config.on_log = NULL;
	store.store = chat_journal_open(&store.config);
	assert_null(store.store);
}

static void
folders_of_others_are_refused(void **state)
{
	(void)state;
	assert_int_equal(fchmod(folder.fd, 0770), 0);
	assert_false(store_open(&store));
	assert_int_equal(errno, EPERM);
	assert_non_null(strstr(store.line, ": others can write to it: "));
	assert_int_equal(folder_count(&folder), 0);
	assert_int_equal(fchmod(folder.fd, 0750), 0);
	start();
}

/* Whoever has put a link there wants something else to be read or written. */
static void
links_are_not_followed(void **state)
{
	static const char *const names[] = { "lock/held", "secret",
		"0000000000000001.log", "0000000000000002.log", "secret.new" };
	static const char content[] = "somebody else's";
	struct folder_file file;
	char path[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		start();
		store_say(&store, 1, NULL, 1);
		stop();
		folder_write(&copy, "file", content, strlen(content));
		(void)unlinkat(folder.fd, names[i], 0);
		if (i == 4)
			(void)unlinkat(folder.fd, "secret", 0);
		snprintf(path, sizeof(path), "%s/file", copy.path);
		assert_int_equal(symlinkat(path, folder.fd, names[i]), 0);
		assert_false(store_open(&store));
		assert_int_equal(errno, ELOOP);
		store_free(&store);
		file = folder_read(&copy, "file");
		assert_string_equal(file.p, content);
		free(file.p);
		folder_empty(&folder);
	}
}

/* A pipe is nothing to wait for. */
static void
other_files_are_not_opened(void **state)
{
	(void)state;
	assert_int_equal(mkfifoat(folder.fd, "0000000000000001.log", 0600), 0);
	assert_false(store_open(&store));
	folder_empty(&folder);
	assert_int_equal(mkfifoat(folder.fd, "secret", 0600), 0);
	assert_false(store_open(&store));
}

static void
numbers_may_end(void **state)
{
	struct chat_buf text = { .n = 0 };

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, CHAT_JSON_MAX_UINT - 2);
	journal_say(&text, CHAT_JSON_MAX_UINT - 1, 1);
	journal_segment(&folder, CHAT_JSON_MAX_UINT - 1, &text);
	chat_buf_release(&text);
	assert_false(store_open(&store));
	assert_non_null(strstr(store.line, "out of numbers"));
}

/* How much it gives the room */

/* Enough for the room's memory and its refs, from the newest back; and a start
 * that does not read all of it. */
static void
long_journals_are_read_from_near_their_end(void **state)
{
	const uint64_t n = 100000;
	struct chat_buf text = { .n = 0 };
	struct chat_stored out;
	uint64_t seq, expect;

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	for (seq = 1; seq <= n; seq++) {
		if (seq % 10000 == 1) {
			if (seq > 1)
				journal_segment(&folder, seq - 10000, &text);
			journal_head(&text, JOURNAL_LOG, seq - 1);
		}
		journal_say(&text, seq, 1);
	}
	journal_segment(&folder, n - 9999, &text);
	chat_buf_release(&text);
	assert_true(store_open_only(&store));
	expect = store.store->log.replay_from;
	assert_in_range(expect, 10000, n - CHAT_REFS);
	while (store.store->type->next(store.store, &out)) {
		if (out.kind != CHAT_STORED)
			break;
		assert_int_equal(out.record.entry.seq, expect++);
	}
	assert_int_equal(out.kind, CHAT_STORED_SKIPPED);
	assert_int_equal(expect, n + 1);
	assert_false(store.store->type->next(store.store, &out));
	assert_int_equal(store.warnings, 0);
}

/* A line may be longer than a glance. */
static void
long_lines_are_no_damage(void **state)
{
	struct chat_buf text = { .n = 0 };
	uint64_t seq;
	size_t i;

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	for (seq = 1; seq <= CHAT_REFS + CHAT_REFS / 64 + 6; seq++)
		journal_say(&text, seq, seq <= 6 ? 3000000 : 1);
	journal_segment(&folder, 1, &text);
	chat_buf_release(&text);
	for (i = 0; i < 8; i++) {
		store.config.past = 3500000 + i * 500000;
		start();
		assert_int_equal(store.warnings, 0);
		assert_int_equal(store.store->log.oldest, 1);
		assert_in_range(store.store->log.replay_from, 1, 6);
		stop();
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_journals_are_empty),
		TEST(clean_stops_leave_no_trace),
		TEST(records_come_back_as_they_were),
		TEST(private_texts_are_withheld),
		TEST(other_stops_leave_numbers_out),
		TEST(nothing_said_is_no_clean_stop_either),
		TEST(copies_are_not_believed),
		TEST(marks_are_checked),
		TEST(time_does_not_go_back),
		TEST(torn_ends_are_cut_off_and_kept),
		TEST(any_torn_end_is_cut_off),
		TEST(worthless_files_are_set_aside),
		TEST(misplaced_lines_are_not_the_end),
		TEST(damage_inside_is_lost_and_told),
		TEST(missing_files_are_lost_and_told),
		TEST(refused_lines_do_not_come_back),
		TEST(secrets_may_be_lost),
		TEST(folders_have_one_log),
		TEST(one_process_has_it),
		TEST(what_cannot_be_opened_is_refused),
		TEST(folders_of_others_are_refused),
		TEST(links_are_not_followed),
		TEST(other_files_are_not_opened),
		TEST(numbers_may_end),
		TEST(long_journals_are_read_from_near_their_end),
		TEST(long_lines_are_no_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
