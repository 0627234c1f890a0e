/* Tests of disk: folders, the lock, whole reads and writes, replacing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "journal/disk.h"
#include "err.h"
#include "temp_folder.h"

static struct folder folder;

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
	folder_remove(&folder);
	return 0;
}

static unsigned
mode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (unsigned)st.st_mode & 07777;
}

static void
folders_are_made_for_their_owner(void **state)
{
	char path[96];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/inside", folder.path);
	assert_int_equal(chat_disk_find_folder(path), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, ENOENT);
	fd = chat_disk_open_folder(path);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(fd), 0700);
	chat_disk_close(fd);
	fd = chat_disk_open_folder(path);
	assert_true(fd >= 0);
	chat_disk_close(fd);
	fd = chat_disk_find_folder(path);
	assert_true(fd >= 0);
	chat_disk_close(fd);
	assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/no/such", folder.path);
	assert_int_equal(chat_disk_open_folder(path), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, ENOENT);
	folder_write(&folder, "file", "", 0);
	snprintf(path, sizeof(path), "%s/file", folder.path);
	assert_int_equal(chat_disk_open_folder(path), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, ENOTDIR);
}

/* A folder that others can write to may hold anything. */
static void
folders_of_others_are_refused(void **state)
{
	static const mode_t modes[] = { 0770, 0720, 0707, 01777, 0702, 0755,
		0700, 0711 };
	char path[96];
	size_t i;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/inside", folder.path);
	assert_int_equal(mkdir(path, 0700), 0);
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		errno = 0;
		fd = chat_disk_open_folder(path);
		if (i < 5) {
			assert_int_equal(fd, CHAT_ERR_ARGUMENT);
			assert_int_equal(errno, EPERM);
			/* They may be looked at. */
			fd = chat_disk_find_folder(path);
		}
		assert_true(fd >= 0);
		chat_disk_close(fd);
	}
	assert_int_equal(rmdir(path), 0);
}

static void
expect_no_file(const char *name, int flags, int error)
{
	assert_int_equal(
	    chat_disk_open(folder.fd, name, flags), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, error);
}

/* Only files of the folder are opened, and nobody has to wait for one. */
static void
only_regular_files_are_opened(void **state)
{
	struct folder_file file;
	long holder;
	char bytes[8];
	int fd;

	(void)state;
	folder_write(&folder, "a", "hello", 5);
	fd = chat_disk_open(folder.fd, "a", O_RDONLY);
	assert_true(fd >= 0);
	assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	chat_disk_close(fd);
	assert_int_equal(symlinkat("a", folder.fd, "link"), 0);
	assert_int_equal(symlinkat("none", folder.fd, "loose"), 0);
	assert_int_equal(mkfifoat(folder.fd, "pipe", 0600), 0);
	assert_int_equal(mkdirat(folder.fd, "folder", 0700), 0);
	expect_no_file("link", O_RDONLY, ELOOP);
	expect_no_file("link", O_RDWR | O_CREAT | O_TRUNC, ELOOP);
	expect_no_file("loose", O_RDWR | O_CREAT, ELOOP);
	expect_no_file("pipe", O_RDONLY, EINVAL);
	expect_no_file("folder", O_RDONLY, EINVAL);
	assert_int_equal(
	    chat_disk_lock(folder.fd, "loose", &holder), CHAT_ERR_SYSTEM);
	assert_int_equal(chat_disk_create(folder.fd, "link"), CHAT_ERR_SYSTEM);
	assert_int_equal(
	    chat_disk_load(folder.fd, "link", bytes, 8), CHAT_ERR_SYSTEM);
	assert_int_equal(symlinkat("a", folder.fd, "b.new"), 0);
	assert_int_equal(
	    chat_disk_replace(folder.fd, "b", "x", 1), CHAT_ERR_SYSTEM);
	/* A link is replaced, and not the file that it leads to. */
	assert_int_equal(chat_disk_replace(folder.fd, "link", "x", 1), CHAT_OK);
	assert_false(folder_has(&folder, "none"));
	file = folder_read(&folder, "a");
	assert_string_equal(file.p, "hello");
	free(file.p);
	assert_int_equal(unlinkat(folder.fd, "folder", AT_REMOVEDIR), 0);
}

/* Another process tries: 0: it gets the lock; 1: it does not, as we hold it. */
static int
lock_elsewhere(void)
{
	pid_t parent = getpid(), pid = fork();
	long holder;
	int status, err;

	if (pid == 0) {
		err = chat_disk_lock(folder.fd, "lock", &holder);
		_exit(err >= 0                                      ? 0
			: err == CHAT_ERR_LIMIT && holder == parent ? 1
								    : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
one_process_holds_the_lock(void **state)
{
	long holder;
	int fd;

	(void)state;
	assert_int_equal(lock_elsewhere(), 0);
	fd = chat_disk_lock(folder.fd, "lock", &holder);
	assert_true(fd >= 0);
	assert_int_equal(lock_elsewhere(), 1);
	chat_disk_close(fd);
	assert_int_equal(lock_elsewhere(), 0);
	assert_int_equal(
	    chat_disk_lock(folder.fd, "no/lock", &holder), CHAT_ERR_SYSTEM);
}

/* Whoever removes the file lets another have the lock: that can be seen. */
static void
files_are_told_from_others_of_their_name(void **state)
{
	long holder;
	int fd;

	(void)state;
	fd = chat_disk_lock(folder.fd, "lock", &holder);
	assert_int_equal(chat_disk_is(folder.fd, "lock", fd), CHAT_OK);
	assert_int_equal(unlinkat(folder.fd, "lock", 0), 0);
	assert_int_equal(chat_disk_is(folder.fd, "lock", fd), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(lock_elsewhere(), 0);
	assert_int_equal(chat_disk_is(folder.fd, "lock", fd), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(chat_disk_is(folder.fd, "lock", -1), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, EBADF);
	/* A link to it is another one, too. */
	assert_int_equal(renameat(folder.fd, "lock", folder.fd, "a"), 0);
	assert_int_equal(symlinkat("a", folder.fd, "lock"), 0);
	chat_disk_close(fd);
	fd = chat_disk_open(folder.fd, "a", O_RDONLY);
	assert_int_equal(chat_disk_is(folder.fd, "lock", fd), CHAT_ERR_SYSTEM);
	assert_int_equal(chat_disk_is(folder.fd, "a", fd), CHAT_OK);
	chat_disk_close(fd);
}

static void
bytes_are_read_where_they_are_written(void **state)
{
	char bytes[16] = "";
	int fd = chat_disk_create(folder.fd, "a"), in;

	(void)state;
	assert_int_equal(mode_of(fd), 0600);
	assert_int_equal(chat_disk_write(fd, "hello", 5, 3), CHAT_OK);
	assert_int_equal(chat_disk_write(fd, "J", 1, 3), CHAT_OK);
	assert_int_equal(chat_disk_write(fd, NULL, 0, 9), CHAT_OK);
	assert_int_equal(chat_disk_sync(fd), CHAT_OK);
	in = openat(folder.fd, "a", O_RDONLY);
	assert_int_equal(chat_disk_read(in, bytes, 16, 0), 8);
	assert_memory_equal(bytes, "\0\0\0Jello", 8);
	assert_int_equal(chat_disk_read(in, bytes, 2, 4), 2);
	assert_memory_equal(bytes, "el", 2);
	assert_int_equal(chat_disk_read(in, bytes, 16, 8), 0);
	assert_int_equal(chat_disk_read(in, bytes, 16, 100), 0);
	assert_int_equal(chat_disk_write(in, "x", 1, 0), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, EBADF);
	assert_int_equal(chat_disk_read(-1, bytes, 1, 0), CHAT_ERR_SYSTEM);
	assert_int_equal(chat_disk_sync(-1), CHAT_ERR_SYSTEM);
	chat_disk_close(in);
	chat_disk_close(fd);
	fd = chat_disk_create(folder.fd, "a");
	assert_true(fd >= 0);
	chat_disk_close(fd);
	assert_int_equal(chat_disk_load(folder.fd, "a", bytes, 16), 0);
	assert_int_equal(
	    chat_disk_create(folder.fd, "no/file"), CHAT_ERR_SYSTEM);
}

static void
small_files_are_loaded_whole(void **state)
{
	char bytes[8] = "xxxxxxx";

	(void)state;
	assert_int_equal(
	    chat_disk_load(folder.fd, "a", bytes, 8), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, ENOENT);
	folder_write(&folder, "a", "hello", 5);
	assert_int_equal(chat_disk_load(folder.fd, "a", bytes, 8), 5);
	assert_memory_equal(bytes, "helloxx", 8);
	assert_int_equal(chat_disk_load(folder.fd, "a", bytes, 5), 5);
	assert_int_equal(
	    chat_disk_load(folder.fd, "a", bytes, 4), CHAT_ERR_SPACE);
}

static void
replacing_is_all_or_nothing(void **state)
{
	struct folder_file file;
	struct stat st;

	(void)state;
	assert_int_equal(chat_disk_replace(folder.fd, "a", "one", 3), CHAT_OK);
	assert_int_equal(
	    chat_disk_replace(folder.fd, "a", "second", 6), CHAT_OK);
	file = folder_read(&folder, "a");
	assert_string_equal(file.p, "second");
	free(file.p);
	assert_int_equal(fstatat(folder.fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(folder_count(&folder), 1);
	assert_int_equal(mkdirat(folder.fd, "b", 0700), 0);
	assert_int_equal(
	    chat_disk_replace(folder.fd, "b", "x", 1), CHAT_ERR_SYSTEM);
	assert_int_equal(unlinkat(folder.fd, "b", AT_REMOVEDIR), 0);
	assert_int_equal(
	    chat_disk_replace(folder.fd, "c/d", "x", 1), CHAT_ERR_SYSTEM);
}

static void
closing_keeps_errno(void **state)
{
	(void)state;
	errno = ENOSPC;
	chat_disk_close(-1);
	chat_disk_close(12345);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(chat_disk_sync_folder(folder.fd), CHAT_OK);
	assert_int_equal(chat_disk_sync_folder(-1), CHAT_ERR_SYSTEM);
	assert_int_equal(chat_disk_sync_parent(folder.fd), CHAT_OK);
	assert_int_equal(chat_disk_sync_parent(-1), CHAT_ERR_SYSTEM);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(folders_are_made_for_their_owner),
		TEST(folders_of_others_are_refused),
		TEST(only_regular_files_are_opened),
		TEST(one_process_holds_the_lock),
		TEST(files_are_told_from_others_of_their_name),
		TEST(bytes_are_read_where_they_are_written),
		TEST(small_files_are_loaded_whole),
		TEST(replacing_is_all_or_nothing),
		TEST(closing_keeps_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
