/* Tests of who has the folder of a journal, and of taking one over from version
 * 1: what a server of that version, of a later one or a second one of ours
 * finds, whenever it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "lines_text.h"
#include "store_words.h"

#define FIRST  "0000000000000001.log"
#define SECOND "0000001000000003.log"

static struct folder folder, copy;
static struct store store;

/* What somebody else does just after the lock of version 1 was removed, once.
 */
static void (*meanwhile)(void);

int __real_unlinkat(int fd, const char *name, int flags);
int __wrap_unlinkat(int fd, const char *name, int flags);

int
__wrap_unlinkat(int fd, const char *name, int flags)
{
	void (*hook)(void) = meanwhile;
	int result = __real_unlinkat(fd, name, flags);

	if (hook != NULL && strcmp(name, "lock") == 0) {
		meanwhile = NULL;
		hook();
	}
	return result;
}

static int
set_up(void **state)
{
	(void)state;
	folder = folder_make();
	copy = folder_make();
	store_init(&store, &folder);
	meanwhile = NULL;
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

static void
put_head(struct chat_buf *b, uint64_t version, uint64_t after)
{
	struct chat_line line = { .kind = CHAT_LINE_SEGMENT,
		.version = version,
		.entry = { .seq = after } };

	memcpy(line.log, JOURNAL_LOG, sizeof(line.log));
	journal_put(b, &line);
}

/* Leaves two messages as a version has them, without a lock. */
static void
leave(uint64_t version)
{
	struct chat_line line = { .kind = CHAT_LINE_SECRET,
		.version = version };
	struct chat_buf text = { .n = 0 };

	memcpy(line.log, JOURNAL_LOG, sizeof(line.log));
	journal_put(&text, &line);
	folder_write(&folder, "secret", text.p, text.n);
	text.n = 0;
	put_head(&text, version, 0);
	journal_say(&text, 1, 1);
	journal_say(&text, 2, 1);
	journal_segment(&folder, 1, &text);
	chat_buf_release(&text);
}

static void
leave_first(void)
{
	leave(1);
	folder_write(&folder, "lock", "", 0);
}

static bool
is_folder(const char *name)
{
	struct stat st;

	return fstatat(folder.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode);
}

static bool
begins_with(const char *name, const char *s)
{
	struct folder_file file = folder_read(&folder, name);
	bool does = file.n >= strlen(s) && memcmp(file.p, s, strlen(s)) == 0;

	free(file.p);
	return does;
}

static bool
is_version(const char *name, int version)
{
	char text[32];

	snprintf(text, sizeof(text), "{\"journal\":%d,", version);
	return begins_with(name, text);
}

/* Nothing is there that version 1 would take for damage. */
static void
assert_is_first(void)
{
	assert_true(is_version("secret", 1));
	assert_true(is_version(FIRST, 1));
	assert_false(folder_has(&folder, SECOND));
}

/* It goes on, and has been taken over. */
static void
assert_goes_on(void)
{
	assert_true(store_open(&store));
	assert_int_equal(store.errors + store.warnings, 0);
	store_expect(&store, "1:alice:b 2:alice:c skip 3-1000000002");
	assert_true(is_folder("lock"));
	assert_true(folder_has(&folder, "lock/held"));
	assert_false(folder_has(&folder, "lock.new"));
	assert_true(is_version("secret", 2));
	assert_true(is_version(FIRST, 1));
	assert_true(is_version(SECOND, 2));
	assert_int_equal(store_say(&store, 7, "bob", 1), 1000000003);
	store_free(&store);
	assert_true(store_open(&store));
	store_expect(&store,
	    "1:alice:b 2:alice:c skip 3-1000000002 1000000003:withheld");
}

/*
 * Version 1
 */

static void
journals_are_taken_over(void **state)
{
	(void)state;
	leave_first();
	assert_goes_on();
	/* A server of version 1 begins with this. */
	assert_int_equal(openat(folder.fd, "lock", O_RDWR | O_CREAT, 0600), -1);
	assert_int_equal(errno, EISDIR);
}

/* Backups of version 1 had none. */
static void
journals_without_a_lock_are_taken_over(void **state)
{
	(void)state;
	leave(1);
	assert_goes_on();
}

/* Somebody was killed who was taking it over. */
static void
what_was_begun_is_ended(void **state)
{
	(void)state;
	leave_first();
	assert_int_equal(mkdirat(folder.fd, "lock.new", 0700), 0);
	assert_goes_on();
	store_free(&store);
	folder_empty(&folder);
	leave(1);
	assert_int_equal(mkdirat(folder.fd, "lock.new", 0700), 0);
	folder_write(&folder, "lock.new/held", "", 0);
	assert_goes_on();
	store_free(&store);
	folder_empty(&folder);
	leave(1);
	assert_int_equal(mkdirat(folder.fd, "lock", 0700), 0);
	assert_goes_on();
}

/* A server of version 1 that has opened the lock, and asks for it only when it
 * has been replaced, does not look whether it still has its name. */
static void
opened_locks_stay_locked(void **state)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int opened[2], taken[2], fd, status;
	pid_t pid;
	char c;

	(void)state;
	leave_first();
	assert_int_equal(pipe(opened) | pipe(taken), 0);
	if ((pid = fork()) == 0) {
		fd = openat(folder.fd, "lock", O_RDWR);
		if (fd < 0 || write(opened[1], "", 1) != 1 ||
		    read(taken[0], &c, 1) != 1)
			_exit(2);
		_exit(fcntl(fd, F_SETLK, &lock) == 0);
	}
	assert_int_equal(read(opened[0], &c, 1), 1);
	assert_true(store_open(&store));
	assert_int_equal(write(taken[1], "", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(opened[0]);
	close(opened[1]);
	close(taken[0]);
	close(taken[1]);
}

static void
put_in_place(void)
{
	assert_int_equal(renameat(folder.fd, "lock.new", folder.fd, "lock"), 0);
}

/* A second server of version 2 does what was begun, and finds that it is held.
 */
static void
others_may_end_what_was_begun(void **state)
{
	(void)state;
	leave_first();
	meanwhile = put_in_place;
	assert_goes_on();
}

static void
make_lock(void)
{
	folder_write(&folder, "lock", "", 0);
}

/* A server of version 1 comes in between: it has the folder. */
static void
the_first_version_may_come_in_between(void **state)
{
	(void)state;
	leave_first();
	meanwhile = make_lock;
	assert_false(store_open(&store));
	assert_non_null(strstr(store.line, ": cannot lock: "));
	assert_is_first();
	assert_false(is_folder("lock"));
	assert_goes_on();
}

/* The power fails before the first segment of version 2 is on the disk. */
static void
lines_of_the_second_version_have_segments_of_it(void **state)
{
	static const char *const torn[] = { "", "{\"journal\":2" };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		leave_first();
		assert_true(store_open(&store));
		store_free(&store);
		folder_write(&folder, SECOND, torn[i], strlen(torn[i]));
		store_open(&store);
		assert_int_equal(store.errors, 0);
		store_free(&store);
		assert_true(is_version("0000002000000003.log", 2));
		folder_empty(&folder);
	}
}

/* Nobody can tell what the version of a segment without its first line is. */
static void
segments_of_no_version_are_not_written_to(void **state)
{
	struct folder_file file;

	(void)state;
	leave_first();
	file = folder_read(&folder, FIRST);
	file.p[2] ^= 1;
	folder_write(&folder, FIRST, file.p, file.n);
	free(file.p);
	assert_true(store_open(&store));
	assert_int_equal(store.errors, 0);
	assert_true(is_version(SECOND, 2));
}

/*
 * Later versions
 */

static void
compare(const struct folder *f, const char *name, void *other)
{
	struct folder_file a, b;

	if (is_folder(name)) {
		assert_true(folder_has(other, name));
		return;
	}
	a = folder_read(f, name);
	b = folder_read(other, name);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	free(a.p);
	free(b.p);
}

/* Not even what is damaged, or looks as if somebody was killed. */
static void
later_versions_are_left_alone(void **state)
{
	struct chat_buf text = { .n = 0 };
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		leave(i == 0 ? 2 : 3);
		if (i == 0) {
			put_head(&text, 3, 2);
			journal_segment(&folder, 3, &text);
		}
		if (i == 1)
			folder_write(&folder, "secret", "", 0);
		if (i == 2) {
			folder_write(&folder, FIRST, "what is this\n", 13);
			make_lock();
		}
		if (i == 3)
			assert_int_equal(
			    mkdirat(folder.fd, "lock.new", 0700), 0);
		folder_copy(&folder, &copy);
		assert_false(store_open(&store));
		assert_non_null(strstr(
		    store.line, ": is of version 3, later than this chatd"));
		assert_int_equal(folder_count(&folder), folder_count(&copy));
		folder_each(&folder, compare, &copy);
		folder_empty(&folder);
	}
	chat_buf_release(&text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(journals_are_taken_over),
		TEST(journals_without_a_lock_are_taken_over),
		TEST(what_was_begun_is_ended),
		TEST(opened_locks_stay_locked),
		TEST(others_may_end_what_was_begun),
		TEST(the_first_version_may_come_in_between),
		TEST(lines_of_the_second_version_have_segments_of_it),
		TEST(segments_of_no_version_are_not_written_to),
		TEST(later_versions_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
