/*
 * The set of watched descriptors.  Built once against each implementation:
 * a caller must not notice which one it has, but for what it has to poll().
 */
#define _GNU_SOURCE /* syscall() */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/syscall.h>
#endif

#include "alloc.h"
#include "err.h"
#include "net/ready.h"

enum { MAX = 64 };

static int told; /* times that the kernel was told of an interest */

#ifdef __linux__
int
epoll_ctl(int epoll, int change, int fd, struct epoll_event *e)
{
	told++;
	return (int)syscall(SYS_epoll_ctl, epoll, change, fd, e);
}
#endif

/* One turn of a loop without waiting. */
static int
turn(struct chat_ready *r, struct chat_ready_event *events, size_t cap)
{
	struct pollfd fds[MAX];
	size_t n = chat_ready_fds(r, fds, MAX);

	assert_true(n <= MAX);
	assert_true(poll(fds, (nfds_t)n, 0) >= 0);
	return chat_ready_collect(r, fds, n, events, cap);
}

static void
assert_quiet(struct chat_ready *r)
{
	struct chat_ready_event events[MAX];

	assert_int_equal(turn(r, events, MAX), 0);
}

static void
assert_only(struct chat_ready *r, uint64_t key, unsigned expected)
{
	struct chat_ready_event events[MAX];

	assert_int_equal(turn(r, events, MAX), 1);
	assert_true(events[0].key == key);
	assert_int_equal(events[0].events, expected);
}

static void
connect_two(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
}

static void
close_two(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void
put(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static void
get(int fd)
{
	char c;

	assert_int_equal(read(fd, &c, 1), 1);
}

static void
watch(struct chat_ready *r, int fd, unsigned events, uint64_t key)
{
	assert_int_equal(chat_ready_watch(r, fd, events, key), CHAT_OK);
}

static void
test_empty_set_has_nothing_ready(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);

	(void)state;
	assert_non_null(r);
	assert_quiet(r);
	chat_ready_free(r);
	chat_ready_free(NULL);
}

static void
test_reading_is_reported_as_long_as_it_is_true(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int fds[2];

	(void)state;
	connect_two(fds);
	watch(r, fds[0], CHAT_READ, UINT64_MAX);
	assert_quiet(r);
	put(fds[1]);
	assert_only(r, UINT64_MAX, CHAT_READ);
	assert_only(r, UINT64_MAX, CHAT_READ);
	get(fds[0]);
	assert_quiet(r);
	chat_ready_free(r);
	close_two(fds);
}

static void
test_interest_can_change(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int fds[2];

	(void)state;
	connect_two(fds);
	put(fds[1]);
	watch(r, fds[0], CHAT_WRITE, 7);
	assert_only(r, 7, CHAT_WRITE);
	watch(r, fds[0], CHAT_READ | CHAT_WRITE, 7);
	assert_only(r, 7, CHAT_READ | CHAT_WRITE);
	watch(r, fds[0], CHAT_READ, 7);
	assert_only(r, 7, CHAT_READ);
	watch(r, fds[0], 0, 7);
	assert_quiet(r);
	chat_ready_free(r);
	close_two(fds);
}

static void
test_key_is_new_after_forgetting(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int fds[2];

	(void)state;
	connect_two(fds);
	put(fds[1]);
	watch(r, fds[0], CHAT_READ, 7);
	assert_only(r, 7, CHAT_READ);
	chat_ready_forget(r, fds[0]);
	watch(r, fds[0], CHAT_READ, 8);
	assert_only(r, 8, CHAT_READ);
	chat_ready_free(r);
	close_two(fds);
}

/* Over epoll this counts; the portable set never tells the kernel. */
static void
test_no_change_is_no_system_call(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int before, fds[2];

	(void)state;
	connect_two(fds);
	watch(r, fds[0], CHAT_READ, 7);
	before = told;
	watch(r, fds[0], CHAT_READ, 7);
	watch(r, fds[0], CHAT_READ, 7);
	assert_int_equal(told, before);
	chat_ready_free(r);
	close_two(fds);
}

static void
test_end_of_peer_is_reported_without_interest(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int fds[2];

	(void)state;
	connect_two(fds);
	watch(r, fds[0], 0, 7);
	assert_quiet(r);
	close(fds[1]);
	assert_only(r, 7, CHAT_READ | CHAT_BROKEN);
	chat_ready_free(r);
	close(fds[0]);
}

static void
test_half_close_of_peer_is_readable_only(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int fds[2];

	(void)state;
	connect_two(fds);
	watch(r, fds[0], CHAT_READ, 7);
	shutdown(fds[1], SHUT_WR);
	assert_only(r, 7, CHAT_READ);
	chat_ready_free(r);
	close_two(fds);
}

static void
test_pipe_without_writer_is_broken(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	watch(r, fds[0], CHAT_READ, 7);
	close(fds[1]);
	assert_only(r, 7, CHAT_READ | CHAT_BROKEN);
	chat_ready_free(r);
	close(fds[0]);
}

static void
test_forgotten_is_reported_no_more(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int fds[2];

	(void)state;
	connect_two(fds);
	put(fds[1]);
	watch(r, fds[0], CHAT_READ, 7);
	chat_ready_forget(r, fds[0]);
	assert_quiet(r);
	chat_ready_forget(r, fds[0]);
	watch(r, fds[0], CHAT_READ, 8);
	assert_only(r, 8, CHAT_READ);
	chat_ready_free(r);
	close_two(fds);
}

static void
test_forgetting_what_was_never_watched(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);

	(void)state;
	chat_ready_forget(r, -1);
	chat_ready_forget(r, 0);
	chat_ready_forget(r, 1 << 30);
	assert_quiet(r);
	chat_ready_free(r);
}

/* A copy keeps the connection, and so the kernel's memory of it, alive. */
static void
test_forgotten_stays_so_while_a_copy_is_open(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int copy, fds[2];

	(void)state;
	connect_two(fds);
	copy = dup(fds[0]);
	assert_true(copy >= 0);
	put(fds[1]);
	watch(r, fds[0], CHAT_READ, 7);
	chat_ready_forget(r, fds[0]);
	close(fds[0]);
	assert_quiet(r);
	chat_ready_free(r);
	close(copy);
	close(fds[1]);
}

/* A turn that closes and accepts gets the same number again, and what poll()
 * said was of the old one. */
static void
test_number_used_again_after_poll(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	struct chat_ready_event events[MAX];
	struct pollfd marked[MAX];
	int old[2], new[2];
	size_t n;

	(void)state;
	connect_two(old);
	connect_two(new);
	watch(r, old[0], CHAT_READ, 7);
	close(old[1]);
	n = chat_ready_fds(r, marked, MAX);
	assert_int_equal(poll(marked, (nfds_t)n, 0), 1);
	chat_ready_forget(r, old[0]);
	assert_int_equal(dup2(new[0], old[0]), old[0]);
	watch(r, old[0], CHAT_READ, 8);
	assert_int_equal(chat_ready_collect(r, marked, n, events, MAX), 0);
	put(new[1]);
	assert_only(r, 8, CHAT_READ);
	chat_ready_free(r);
	close(old[0]);
	close_two(new);
}

static void
test_changes_after_poll_count(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	struct chat_ready_event events[MAX];
	struct pollfd marked[MAX];
	int a[2], b[2], c[2];
	size_t n;

	(void)state;
	connect_two(a);
	connect_two(b);
	connect_two(c);
	put(a[1]);
	put(b[1]);
	put(c[1]);
	watch(r, a[0], CHAT_READ, 1);
	watch(r, b[0], CHAT_READ, 2);
	watch(r, c[0], CHAT_READ, 3);
	n = chat_ready_fds(r, marked, MAX);
	assert_true(poll(marked, (nfds_t)n, 0) > 0);
	watch(r, a[0], 0, 1);
	chat_ready_forget(r, b[0]);
	assert_int_equal(chat_ready_collect(r, marked, n, events, MAX), 1);
	assert_true(events[0].key == 3);
	chat_ready_free(r);
	close_two(a);
	close_two(b);
	close_two(c);
}

/*
 * Ten are ready, four fit.
 */

enum { TEN = 10, FOUR = 4 };

static void
watch_ten(struct chat_ready *r, int fds[TEN][2])
{
	uint64_t i;

	for (i = 0; i < TEN; i++) {
		connect_two(fds[i]);
		put(fds[i][1]);
		watch(r, fds[i][0], CHAT_READ, i);
	}
}

static void
close_ten(int fds[TEN][2])
{
	size_t i;

	for (i = 0; i < TEN; i++)
		close_two(fds[i]);
}

static void
count(int seen[TEN], const struct chat_ready_event *events, int n)
{
	assert_in_range(n, 1, FOUR);
	while (n-- > 0)
		seen[events[n].key]++;
}

static void
assert_fair(const int seen[TEN])
{
	int i;

	for (i = 0; i < TEN; i++)
		assert_in_range(seen[i], 1, 2);
}

static void
test_nobody_starves_over_turns(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	struct chat_ready_event events[FOUR];
	int i, fds[TEN][2], seen[TEN] = { 0 };

	(void)state;
	watch_ten(r, fds);
	for (i = 0; i < 3; i++)
		count(seen, events, turn(r, events, FOUR));
	assert_fair(seen);
	chat_ready_free(r);
	close_ten(fds);
}

static void
test_nobody_starves_within_a_turn(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	struct chat_ready_event events[FOUR];
	struct pollfd marked[MAX];
	int i, fds[TEN][2], seen[TEN] = { 0 };
	size_t n;

	(void)state;
	watch_ten(r, fds);
	n = chat_ready_fds(r, marked, MAX);
	assert_true(poll(marked, (nfds_t)n, 0) > 0);
	for (i = 0; i < 3; i++)
		count(seen, events,
		    chat_ready_collect(r, marked, n, events, FOUR));
	assert_fair(seen);
	chat_ready_free(r);
	close_ten(fds);
}

static void
test_each_comes_once_a_call(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	struct chat_ready_event events[MAX];
	int i, n, fds[TEN][2], seen[TEN] = { 0 };

	(void)state;
	watch_ten(r, fds);
	n = turn(r, events, MAX);
	assert_int_equal(n, TEN);
	for (i = 0; i < n; i++)
		assert_int_equal(seen[events[i].key]++, 0);
	assert_int_equal(turn(r, events, 0), 0);
	chat_ready_free(r);
	close_ten(fds);
}

static void
test_fds_says_how_many_it_needs(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	struct pollfd fds[TEN + 1];
	int i, pairs[TEN][2];
	size_t n;

	(void)state;
	watch_ten(r, pairs);
	for (i = 0; i < TEN + 1; i++)
		fds[i].fd = -2;
	n = chat_ready_fds(r, fds, 0);
	assert_true(n == 1 || n == TEN);
	assert_int_equal(fds[0].fd, -2);
	assert_int_equal(chat_ready_fds(r, fds, n - 1), n);
	assert_int_equal(fds[n - 1].fd, -2);
	assert_int_equal(chat_ready_fds(r, fds, TEN + 1), n);
	assert_true(fds[n - 1].fd >= 0);
	assert_int_equal(fds[n].fd, -2);
	chat_ready_free(r);
	close_ten(pairs);
}

/*
 * What fails.
 */

static void
test_negative_descriptor_is_refused(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);

	(void)state;
	assert_int_equal(
	    chat_ready_watch(r, -1, CHAT_READ, 1), CHAT_ERR_ARGUMENT);
	chat_ready_free(r);
}

/* Refused immediately, or reported by the next poll(); never silent. */
static void
test_closed_descriptor_is_noticed(void **state)
{
	struct chat_ready *r = chat_ready_new(NULL);
	int err, fds[2];

	(void)state;
	connect_two(fds);
	close_two(fds);
	err = chat_ready_watch(r, fds[0], CHAT_WRITE, 7);
	if (err == CHAT_OK) {
		assert_only(r, 7, CHAT_READ | CHAT_BROKEN);
	} else {
		assert_int_equal(err, CHAT_ERR_SYSTEM);
		assert_int_equal(errno, EBADF);
		assert_quiet(r);
	}
	chat_ready_free(r);
}

/* A heap of dirty memory that counts what is out, and gives nothing once left
 * is used up. */
struct heap {
	int left;
	int out;
};

static void *
resize(void *user, void *p, size_t n)
{
	struct heap *heap = user;
	void *q;

	if (n == 0) {
		free(p);
		heap->out -= p != NULL;
		return NULL;
	}
	if (heap->left-- <= 0)
		return NULL;
	q = realloc(p, n);
	assert_non_null(q);
	if (p == NULL) {
		heap->out++;
		memset(q, 1, n); /* every bool true */
	}
	return q;
}

static void
test_no_memory_for_a_set(void **state)
{
	struct heap heap = { 0, 0 };
	struct chat_alloc alloc = { resize, &heap };

	(void)state;
	errno = 0;
	assert_null(chat_ready_new(&alloc));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(heap.out, 0);
}

static void
test_no_memory_for_a_descriptor(void **state)
{
	struct heap heap = { 2, 0 };
	struct chat_alloc alloc = { resize, &heap };
	struct chat_ready *r = chat_ready_new(&alloc);
	int fds[2], high;

	(void)state;
	connect_two(fds);
	put(fds[1]);
	high = fcntl(fds[0], F_DUPFD, 200);
	assert_true(high >= 200);
	watch(r, fds[0], CHAT_READ, 7);
	assert_int_equal(
	    chat_ready_watch(r, high, CHAT_READ, 8), CHAT_ERR_NOMEM);
	assert_only(r, 7, CHAT_READ);
	chat_ready_forget(r, high);
	heap.left = 1;
	chat_ready_forget(r, fds[0]);
	watch(r, high, CHAT_READ, 8);
	assert_only(r, 8, CHAT_READ);
	chat_ready_free(r);
	assert_int_equal(heap.out, 0);
	close(high);
	close_two(fds);
}

/* The portable set needs no descriptor of its own. */
static void
test_no_descriptor_for_a_set(void **state)
{
	struct heap heap = { 1, 0 };
	struct chat_alloc alloc = { resize, &heap };
	struct rlimit limit, none;
	struct chat_ready *r;
	int err;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	errno = 0;
	r = chat_ready_new(&alloc);
	err = errno;
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(err, r == NULL ? EMFILE : 0);
	chat_ready_free(r);
	assert_int_equal(heap.out, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_set_has_nothing_ready),
		cmocka_unit_test(
		    test_reading_is_reported_as_long_as_it_is_true),
		cmocka_unit_test(test_interest_can_change),
		cmocka_unit_test(test_key_is_new_after_forgetting),
		cmocka_unit_test(test_no_change_is_no_system_call),
		cmocka_unit_test(test_end_of_peer_is_reported_without_interest),
		cmocka_unit_test(test_half_close_of_peer_is_readable_only),
		cmocka_unit_test(test_pipe_without_writer_is_broken),
		cmocka_unit_test(test_forgotten_is_reported_no_more),
		cmocka_unit_test(test_forgetting_what_was_never_watched),
		cmocka_unit_test(test_forgotten_stays_so_while_a_copy_is_open),
		cmocka_unit_test(test_number_used_again_after_poll),
		cmocka_unit_test(test_changes_after_poll_count),
		cmocka_unit_test(test_nobody_starves_over_turns),
		cmocka_unit_test(test_nobody_starves_within_a_turn),
		cmocka_unit_test(test_each_comes_once_a_call),
		cmocka_unit_test(test_fds_says_how_many_it_needs),
		cmocka_unit_test(test_negative_descriptor_is_refused),
		cmocka_unit_test(test_closed_descriptor_is_noticed),
		cmocka_unit_test(test_no_memory_for_a_set),
		cmocka_unit_test(test_no_memory_for_a_descriptor),
		cmocka_unit_test(test_no_descriptor_for_a_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
