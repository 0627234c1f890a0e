/* Tests of appending to a journal: answers, segments, what is kept, and what
 * holds whichever call of the system fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "failing_alloc.h"
#include "lines_text.h"
#include "random.h"
#include "store_words.h"

static struct folder folder, copy, scratch;
static struct store store;
static size_t letters; /* of a text where some are to fill a file */

/*
 * Calls that fail: the linker leads them here
 */

ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __real_pread(int fd, void *p, size_t n, off_t at);
int __real_ftruncate(int fd, off_t size);
int __real_renameat(int from, const char *a, int to, const char *b);
int __real_openat(int folder_fd, const char *name, int flags, ...);
int __real_unlinkat(int folder_fd, const char *name, int flags);
int __real_fstat(int fd, struct stat *st);

ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_renameat(int from, const char *a, int to, const char *b);
int __wrap_openat(int folder_fd, const char *name, int flags, ...);
int __wrap_unlinkat(int folder_fd, const char *name, int flags);
int __wrap_fstat(int fd, struct stat *st);

static struct {
	bool on;
	size_t calls;
	size_t at;     /* which of them fails, 0: none */
	bool stay;     /* and all after it, too */
	size_t one_in; /* or one in this many of them, by chance; 0: none */
	struct random random;
	bool failed;    /* has one? */
	const char *of; /* "": of any kind; or of this one alone */
} fault;

/* Has the folder been synced that the journal's is in? */
static bool parent_synced;

static bool
fails(const char *name)
{
	if (!fault.on || (*fault.of != '\0' && strcmp(fault.of, name) != 0))
		return false;
	fault.calls++;
	if ((fault.at > 0 &&
		(fault.calls == fault.at ||
		    (fault.stay && fault.calls > fault.at))) ||
	    (fault.one_in > 0 &&
		random_below(&fault.random, fault.one_in) == 0)) {
		fault.failed = true;
		errno = EIO;
		return true;
	}
	return false;
}

/* Half of it is there. */
ssize_t
__wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (!fails("pwrite"))
		return __real_pwrite(fd, p, n, at);
	(void)!__real_pwrite(fd, p, n / 2, at);
	errno = EIO;
	return -1;
}

ssize_t
__wrap_pread(int fd, void *p, size_t n, off_t at)
{
	return fails("pread") ? -1 : __real_pread(fd, p, n, at);
}

/* Nothing here is for the disk. */
int
__wrap_fdatasync(int fd)
{
	(void)fd;
	return fails("fdatasync") ? -1 : 0;
}

int
__wrap_fsync(int fd)
{
	char parent[96];
	struct stat a, b;

	snprintf(parent, sizeof(parent), "%s/..", folder.path);
	if (__real_fstat(fd, &a) == 0 && stat(parent, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		parent_synced = true;
	return fails("fsync") ? -1 : 0;
}

int
__wrap_ftruncate(int fd, off_t size)
{
	return fails("ftruncate") ? -1 : __real_ftruncate(fd, size);
}

int
__wrap_renameat(int from, const char *a, int to, const char *b)
{
	return fails("renameat") ? -1 : __real_renameat(from, a, to, b);
}

int
__wrap_openat(int folder_fd, const char *name, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(ap, int) : 0;
	va_end(ap);
	return fails("openat") ? -1
			       : __real_openat(folder_fd, name, flags, mode);
}

int
__wrap_unlinkat(int folder_fd, const char *name, int flags)
{
	return fails("unlinkat") ? -1 : __real_unlinkat(folder_fd, name, flags);
}

int
__wrap_fstat(int fd, struct stat *st)
{
	return fails("fstat") ? -1 : __real_fstat(fd, st);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&fault, 0, sizeof(fault));
	fault.of = "";
	folder = folder_make();
	copy = folder_make();
	scratch = folder_make();
	store_init(&store, &folder);
	store.config.journal.size = CHAT_JOURNAL_SIZE_MIN;
	letters = 12000;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fault.on = false;
	store_free(&store);
	folder_remove(&folder);
	folder_remove(&copy);
	folder_remove(&scratch);
	return 0;
}

/*
 * All is well
 */

static void
answers_come_in_order(void **state)
{
	struct chat_stored out;
	uint64_t seq = 0, n, i;

	(void)state;
	assert_true(store_open(&store));
	for (n = 1; n < 20; n++) {
		for (i = 0; i < n; i++)
			store_put(&store, 100 * n + i, NULL, i);
		store.now.wall += 10;
		store.store->type->append(store.store, &store.batch, store.now);
		for (i = 0; i < n; i++) {
			assert_true(store.store->type->next(store.store, &out));
			assert_int_equal(out.kind, CHAT_STORED);
			assert_int_equal(out.record.entry.seq, ++seq);
			assert_int_equal(out.record.entry.time, store.now.wall);
			assert_int_equal(out.record.asker, 100 * n + i);
			assert_int_equal(out.last, i == n - 1);
		}
		assert_false(store.store->type->next(store.store, &out));
		assert_int_equal(store.store->log.seq, seq);
		chat_batch_clear(&store.batch);
	}
	assert_int_equal(store.store->type->deadline(store.store), UINT64_MAX);
}

/* Or all that a new journal says could be gone with its folder. */
static void
folders_of_new_journals_are_synced(void **state)
{
	(void)state;
	parent_synced = false;
	assert_true(store_open(&store));
	assert_true(parent_synced);
	store_free(&store);
	parent_synced = false;
	assert_true(store_open(&store));
	assert_false(parent_synced);
}

static void
times_never_go_back(void **state)
{
	(void)state;
	assert_true(store_open(&store));
	store_say(&store, 1, NULL, 1);
	store.now.wall -= 5000;
	store_say(&store, 2, NULL, 1);
	assert_int_equal(store.store->log.time, STORE_WALL);
	store.now.wall += 5001;
	store_say(&store, 3, NULL, 1);
	assert_int_equal(store.store->log.time, STORE_WALL + 1);
}

static void
lines_are_in_the_file_when_they_are_answered_for(void **state)
{
	struct folder_file file;

	(void)state;
	assert_true(store_open(&store));
	store_say(&store, 7, NULL, 3);
	file = folder_read(&folder, "0000000000000001.log");
	assert_non_null(strstr(file.p, "\"seq\":1,"));
	assert_non_null(strstr(file.p, "\"text\":\"7xx\""));
	free(file.p);
}

/* A file is full after a sixteenth of the journal, or 64 KiB. */
/* Whoever reads the log cannot tell whether two messages are between the same
 * users, nor whether one is from somebody to himself; not even if a number
 * comes twice, since the first one was refused. */
static void
users_are_masked(void **state)
{
	const struct chat_file *f;
	struct chat_entry e = {
		.seq = 9, .time = STORE_WALL, .user = { 1, 1 }
	};
	uint64_t seen[2][2], same[2];
	struct folder_file file;
	const char *p;
	char users[6][12] = { "" };
	int n = 0, i;

	(void)state;
	assert_true(store_open(&store));
	for (i = 0; i < 3; i++)
		store_put(&store, 1 + (uint64_t)i, i < 2 ? "bob" : "\1", 1);
	assert_int_equal(store_append(&store), 1);
	file = folder_read(&folder, "0000000000000001.log");
	assert_null(strstr(file.p, "users"));
	for (p = file.p; (p = strstr(p, "\"masked\":[")) != NULL; n += 2)
		assert_int_equal(sscanf(p += 10, "\"%11[^\"]\",\"%11[^\"]\"]",
				     users[n], users[n + 1]),
		    2);
	free(file.p);
	assert_int_equal(n, 6);
	while (n-- > 0)
		for (i = 0; i < n; i++)
			assert_string_not_equal(users[i], users[n]);

	f = (const struct chat_file *)store.store;
	for (i = 0; i < 2; i++) {
		chat_file_mask(f, &e);
		memcpy(seen[i], e.user, sizeof(e.user));
		chat_file_mask(f, &e);
		assert_int_equal(e.user[0], 1);
		assert_int_equal(e.user[1], 1);
		e.time++;
	}
	for (i = 0; i < 2; i++) {
		same[i] = seen[0][i] ^ seen[1][i];
		assert_true(same[i] != 0);
	}
	assert_true(same[0] != same[1]);
}

static void
segments_roll(void **state)
{
	uint64_t key;
	size_t n;

	(void)state;
	assert_true(store_open(&store));
	for (key = 1; key <= 30; key++)
		assert_int_equal(store_say(&store, key, NULL, 10000), key);
	assert_true(folder_has(&folder, "0000000000000001.log"));
	assert_true(folder_has(&folder, "0000000000000008.log"));
	assert_true(folder_has(&folder, "0000000000000015.log"));
	n = folder_count(&folder);
	assert_int_equal(n, 5 + 2);
	store_free(&store);
	assert_true(store_open(&store));
	assert_int_equal(store.warnings, 0);
	assert_null(strstr(store.words, "lost"));
	assert_null(strstr(store.words, "skip"));
	assert_int_equal(store.store->log.seq, 30);
	store_page(&store, 31, 100);
	store_expect(&store, "30 29 end 29");
}

/* The log is bounded in bytes, but for the entries whose refs count. */
static void
old_segments_are_dropped(void **state)
{
	const uint64_t size = UINT64_C(12) << 20;
	struct chat_segments all;
	uint64_t key = 0, first = 1, dropped = 0;
	int i;

	(void)state;
	store.config.journal.size = size;
	assert_true(store_open(&store));
	while (key < 200000) {
		for (i = 0; i < 1000; i++)
			store_put(&store, ++key, NULL, 1);
		assert_true(store_append(&store) > 0);
		dropped += store.store->log.oldest > first;
		first = store.store->log.oldest;
		assert_true(first == 1 || key - first + 1 >= CHAT_REFS);
	}
	assert_true(dropped > 2);
	chat_segments_init(&all, NULL);
	assert_int_equal(chat_segments_list(&all, folder.fd), CHAT_OK);
	assert_int_equal(all.all[0].first, first);
	/* More than the bound only for the refs' sake. */
	assert_true(all.size < size + 3 * size / 16 ||
	    key - all.all[1].first < CHAT_REFS);
	chat_segments_release(&all);
	store_page(&store, first + 1, 9);
	assert_non_null(strstr(store.words, " last"));
	store_free(&store);
	assert_true(store_open(&store));
	assert_int_equal(store.store->log.oldest, first);
	assert_int_equal(store.warnings, 0);
}

/* A file of 1 MB holds fewer entries than there are refs. */
static void
refs_keep_segments(void **state)
{
	uint64_t key = 0;
	int i;

	(void)state;
	store.config.journal.size = 1;
	assert_true(store_open(&store));
	while (key < CHAT_REFS) {
		for (i = 0; i < 1000; i++)
			store_put(&store, ++key, NULL, 1);
		assert_true(store_append(&store) > 0);
		assert_int_equal(store.store->log.oldest, 1);
	}
	store_free(&store);
	/* After a start it is known, too. */
	assert_true(store_open(&store));
	for (i = 0; i < 1000; i++)
		store_put(&store, ++key, NULL, 1);
	assert_true(store_append(&store) > 0);
	assert_true(store.store->log.oldest < 3000);
}

/*
 * Trouble
 */

static void
refused_batches_leave_nothing(void **state)
{
	struct folder_file before, after;

	(void)state;
	assert_true(store_open(&store));
	store_say(&store, 1, NULL, 1);
	before = folder_read(&folder, "0000000000000001.log");
	fault.on = true;
	fault.of = "pwrite";
	fault.at = 1;
	store_put(&store, 2, NULL, 1);
	store_put(&store, 3, NULL, 1);
	assert_int_equal(store_append(&store), 0);
	fault.on = false;
	after = folder_read(&folder, "0000000000000001.log");
	assert_int_equal(after.n, before.n);
	assert_memory_equal(after.p, before.p, before.n);
	free(before.p);
	free(after.p);
	assert_int_equal(store.errors, 1);
	assert_non_null(strstr(store.line, "Input/output error"));
	assert_int_equal(store.store->log.seq, 1);
	assert_false(store.store->type->is_writable(store.store));
	assert_int_equal(
	    store.store->type->deadline(store.store), store.now.mono + 1000);
	/* Until it has another file. */
	store_wait(&store, 999);
	assert_int_equal(store_say(&store, 2, NULL, 1), 0);
	assert_int_equal(store.errors, 1);
	store_wait(&store, 1);
	assert_true(store.store->type->is_writable(store.store));
	assert_int_equal(store_say(&store, 4, NULL, 1), 2);
	assert_true(folder_has(&folder, "0000000000000002.log"));
	store_free(&store);
	assert_true(store_open(&store));
	store_expect(&store, "1:alice:1 2:alice:4");
}

static void
broken_stores_try_once_a_second(void **state)
{
	(void)state;
	assert_true(store_open(&store));
	fault.on = true;
	fault.at = 1;
	fault.stay = true;
	assert_int_equal(store_say(&store, 1, NULL, 1), 0);
	fault.calls = fault.at;
	store_wait(&store, 500);
	assert_int_equal(fault.calls, fault.at);
	store_wait(&store, 500);
	assert_true(fault.calls > fault.at);
	assert_int_equal(
	    store.store->type->deadline(store.store), store.now.mono + 1000);
	assert_false(store.store->type->is_writable(store.store));
	assert_int_equal(store.errors, 1);
	/* And leave no mark. */
	fault.on = false;
	store_free(&store);
	assert_false(folder_has(&folder, "clean"));
}

/* Changes that somebody else makes to the file are noticed before anything is
 * lost. */
static void
files_are_looked_at(void **state)
{
	int fd;

	(void)state;
	assert_true(store_open(&store));
	store_say(&store, 1, NULL, 1);
	unlinkat(folder.fd, "0000000000000001.log", 0);
	assert_int_equal(store_say(&store, 2, NULL, 1), 0);
	store_wait(&store, 1000);
	assert_int_equal(store_say(&store, 3, NULL, 1), 2);
	fd = openat(folder.fd, "0000000000000002.log", O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(store_say(&store, 4, NULL, 1), 0);
	store_wait(&store, 1000);
	assert_int_equal(store_say(&store, 5, NULL, 1), 3);
}

/* Nobody else gets the folder when the lock is removed, once it is noticed. */
static void
the_lock_is_taken_again(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	assert_true(store_open(&store));
	assert_int_equal(store_say(&store, 1, NULL, 1), 1);
	assert_int_equal(unlinkat(folder.fd, "lock/held", 0), 0);
	assert_int_equal(store_say(&store, 2, NULL, 1), 2);
	assert_int_equal(store.warnings, 1);
	assert_string_equal(
	    store.line, "journal: lock was removed, and is back");
	if ((pid = fork()) == 0)
		_exit(store_open_only(&store));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(unlinkat(folder.fd, "lock/held", 0), 0);
	store_free(&store);
	assert_true(store_open(&store));
	store_expect(&store, "1:alice:1 2:alice:2");
}

/* Steps of a child that has the folder, too, as the lock was removed. */
static bool
say_elsewhere(void)
{
	struct store s;

	store_init(&s, &folder);
	s.now = store.now;
	return store_open(&s) && store_say(&s, 7, NULL, 1) > 1 &&
	    store_say(&s, 8, NULL, 1) > 1;
}

/* Another server has the folder, or had it: this one writes nothing more, and
 * replaces nothing. */
static void
folders_are_left_to_another_server(void **state)
{
	struct folder_file before, after;
	pid_t pid;
	int status;

	(void)state;
	assert_true(store_open(&store));
	assert_int_equal(unlinkat(folder.fd, "lock/held", 0), 0);
	if ((pid = fork()) == 0)
		_exit(!say_elsewhere());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	before = folder_read(&folder, "0000000000000001.log");
	assert_int_equal(store_say(&store, 2, NULL, 1), 0);
	assert_int_equal(store.errors, 1);
	assert_non_null(strstr(store.line, strerror(EBUSY)));
	store_wait(&store, CHAT_FILE_RETRY);
	assert_int_equal(store_say(&store, 3, NULL, 1), 0);
	store_free(&store);
	assert_false(folder_has(&folder, "clean"));
	assert_int_equal(folder_count(&folder), 3);
	after = folder_read(&folder, "0000000000000001.log");
	assert_int_equal(after.n, before.n);
	assert_memory_equal(after.p, before.p, before.n);
	free(before.p);
	free(after.p);
	assert_true(store_open(&store));
	assert_non_null(strstr(store.words, ":alice:7 "));
	assert_non_null(strstr(store.words, ":alice:8"));
}

/* A segment takes the place of nothing but a file of this process. */
static void
files_of_others_are_not_replaced(void **state)
{
	static const char content[] = "somebody else's";
	struct folder_file file;

	(void)state;
	assert_true(store_open(&store));
	assert_int_equal(store_say(&store, 1, NULL, 1), 1);
	folder_write(&folder, "0000000000000002.log", content, strlen(content));
	fault.on = true;
	fault.of = "pwrite";
	fault.at = 1;
	assert_int_equal(store_say(&store, 2, NULL, 1), 0);
	fault.on = false;
	store_wait(&store, CHAT_FILE_RETRY);
	assert_int_equal(store_say(&store, 2, NULL, 1), 0);
	file = folder_read(&folder, "0000000000000002.log");
	assert_string_equal(file.p, content);
	free(file.p);
	unlinkat(folder.fd, "0000000000000002.log", 0);
	store_wait(&store, CHAT_FILE_RETRY);
	assert_int_equal(store_say(&store, 2, NULL, 1), 2);
	/* Nor is a copy of the file that is written to. */
	folder_copy(&folder, &copy);
	unlinkat(folder.fd, "0000000000000002.log", 0);
	file = folder_read(&copy, "0000000000000002.log");
	folder_write(&folder, "0000000000000002.log", file.p, file.n);
	assert_int_equal(store_say(&store, 3, NULL, 1), 0);
	free(file.p);
	store_wait(&store, CHAT_FILE_RETRY);
	assert_int_equal(store_say(&store, 3, NULL, 1), 3);
	assert_true(folder_has(&folder, "0000000000000003.log"));
}

/* Old files that cannot be removed stay, and are there to be read. */
static void
failing_to_remove_is_no_harm(void **state)
{
	uint64_t key = 0;
	int i;

	(void)state;
	assert_true(store_open(&store));
	fault.of = "unlinkat";
	while (key < 75000) {
		for (i = 0; i < 1000; i++)
			store_put(&store, ++key, NULL, 1);
		/* None can be removed, and then one of many. */
		fault.on = true;
		fault.calls = 0;
		fault.at = key < 72000 ? 1 : 3;
		assert_true(store_append(&store) > 0);
		fault.on = false;
		assert_int_equal(store.store->log.oldest > 1, key >= 72000);
		store_page(&store, 1, 9);
		assert_non_null(strstr(store.words, " last"));
		store_page(&store, store.store->log.oldest + 1, 9);
		assert_non_null(strstr(store.words, " last"));
	}
	assert_true(fault.failed);
}

/*
 * Whatever fails
 */

enum { KEYS = 300 };

/* The answers: the number of each key, 0 if it was refused. */
static uint64_t stored[KEYS + 1];

static void
forget(void)
{
	memset(stored, 0, sizeof(stored));
	folder_empty(&folder);
	store.store = NULL;
}

/* A folder has each stored record once, with its number, and a store on it goes
 * on. */
static void
verify(const struct folder *f)
{
	unsigned found[KEYS + 1] = { 0 };
	struct chat_stored out;
	struct store s;
	uint64_t last = 0, key, number;

	folder_copy(f, &scratch);
	store_init(&s, &scratch);
	s.now = store.now;
	s.config.journal.size = store.config.journal.size;
	assert_true(store_open_only(&s));
	while (s.store->type->next(s.store, &out)) {
		assert_true(
		    out.kind == CHAT_STORED || out.kind == CHAT_STORED_SKIPPED);
		number = store_seq(&out);
		assert_true(number > last);
		last = number;
		if (out.kind != CHAT_STORED)
			continue;
		key = out.record.entry.key.send[0];
		assert_in_range(key, 1, KEYS);
		found[key]++;
		if (stored[key] > 0)
			assert_int_equal(number, stored[key]);
	}
	for (key = 1; key <= KEYS; key++)
		assert_in_range(found[key], stored[key] > 0, 1);
	assert_true(store_say(&s, KEYS + 1, NULL, 1) > last);
	store_free(&s);
}

/* Sends keys, as a client that tries again. */
static void
send_all(uint64_t from, uint64_t to)
{
	int tries;

	for (; from <= to; from++)
		for (tries = 0; tries < 3 && stored[from] == 0; tries++) {
			if (tries > 0)
				store_wait(&store, CHAT_FILE_RETRY);
			stored[from] = store_say(&store, from,
			    from % 5 == 0 ? "bob" : NULL, letters);
		}
}

static void
die_and_verify(void)
{
	fault.on = false;
	folder_copy(&folder, &copy);
	verify(&copy);
}

/* Opens, sends, dies, stops. */
static void
live_once(void)
{
	bool fault_on = fault.on;

	if (store_open(&store)) {
		send_all(1, 12);
		(void)store_page(&store, 8, 3);
		die_and_verify();
		if (fault_on && fault.stay) {
			store_wait(&store, CHAT_FILE_RETRY);
			stored[13] = store_say(&store, 13, NULL, 1);
			assert_true(stored[13] > 0);
		}
		fault.on = fault_on;
	}
	store_free(&store);
	fault.on = false;
	verify(&folder);
}

static void
each_call_may_fail(void **state)
{
	size_t n;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		store.config.journal.sync =
		    i % 2 == 0 ? CHAT_SYNC_OS : CHAT_SYNC_DISK;
		fault.stay = i / 2 > 0;
		fault.failed = true;
		for (n = 1; fault.failed; n++) {
			forget();
			fault.on = true;
			fault.calls = 0;
			fault.at = n;
			fault.failed = false;
			live_once();
		}
		assert_true(n > 50);
	}
}

/* The same, in a folder that has something. */
static void
each_call_of_a_later_start_may_fail(void **state)
{
	struct folder before = folder_make();
	size_t n;
	int i;

	(void)state;
	forget();
	assert_true(store_open(&store));
	send_all(14, 20);
	folder_copy(&folder, &before);
	folder_write(&before, "clean", "damaged", 7);
	store_free(&store);
	for (i = 0; i < 2; i++) {
		fault.stay = i > 0;
		fault.failed = true;
		for (n = 1; fault.failed; n++) {
			memset(stored, 0, 14 * sizeof(*stored));
			folder_copy(&before, &folder);
			fault.on = true;
			fault.calls = 0;
			fault.at = n;
			fault.failed = false;
			live_once();
		}
		assert_true(n > 50);
	}
	folder_remove(&before);
}

/* Many calls fail, in many starts, some after a death. */
static void
any_calls_may_fail(void **state)
{
	struct random r = { 1 };
	uint64_t key;
	int i;

	(void)state;
	letters = 3000;
	for (i = 0; i < 30; i++) {
		forget();
		fault.random = (struct random){ (uint64_t)i };
		fault.one_in = 2 + random_below(&r, 30);
		store.config.journal.sync =
		    i % 2 == 0 ? CHAT_SYNC_OS : CHAT_SYNC_DISK;
		for (key = 1; key + 15 <= KEYS;) {
			store.now.wall++;
			fault.on = true;
			if (store_open(&store)) {
				send_all(key, key + 14);
				key += 15;
			} else
				key++;
			fault.on = false;
			if (random_below(&r, 2) == 0) {
				store_free(&store);
				continue;
			}
			die_and_verify();
			store_free(&store);
			folder_copy(&copy, &folder);
		}
		verify(&folder);
	}
}

/* And of memory. */
static void
each_allocation_may_fail(void **state)
{
	static struct failing_alloc heap;
	size_t n;
	int i;

	(void)state;
	store.config.alloc = &heap.alloc;
	for (i = 0; i < 2; i++) {
		failing_alloc_init(&heap, 0);
		for (n = 1; heap.failed || n == 1; n++) {
			if (i == 0)
				forget();
			else
				memset(stored, 0, sizeof(stored));
			failing_alloc_init(&heap, n);
			if (store_open(&store)) {
				if (i == 0)
					send_all(1, 80);
				die_and_verify();
			}
			store_free(&store);
			failing_alloc_check(&heap);
			verify(&folder);
			folder_copy(&folder, &copy);
		}
		assert_true(n > 5);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_come_in_order),
		TEST(folders_of_new_journals_are_synced),
		TEST(times_never_go_back),
		TEST(lines_are_in_the_file_when_they_are_answered_for),
		TEST(users_are_masked),
		TEST(segments_roll),
		TEST(old_segments_are_dropped),
		TEST(refs_keep_segments),
		TEST(refused_batches_leave_nothing),
		TEST(broken_stores_try_once_a_second),
		TEST(files_are_looked_at),
		TEST(the_lock_is_taken_again),
		TEST(folders_are_left_to_another_server),
		TEST(files_of_others_are_not_replaced),
		TEST(failing_to_remove_is_no_harm),
		TEST(each_call_may_fail),
		TEST(each_call_of_a_later_start_may_fail),
		TEST(any_calls_may_fail),
		TEST(each_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
