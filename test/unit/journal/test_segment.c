/* Tests of segment: which files are the journal, and where a number is in one
 * of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "err.h"
#include "failing_alloc.h"
#include "temp_folder.h"
#include "lines_text.h"
#include "random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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

/*
 * The list
 */

static void
names_are_in_the_order_of_numbers(void **state)
{
	static const uint64_t numbers[] = { 1, 9, 10, 4097, 1000000001,
		CHAT_JSON_MAX_UINT };
	char name[CHAT_SEGMENT_NAME], before[CHAT_SEGMENT_NAME] = "";
	size_t i;

	(void)state;
	chat_segment_name(name, 4097);
	assert_string_equal(name, "0000000000004097.log");
	for (i = 0; i < COUNT(numbers); i++) {
		chat_segment_name(name, numbers[i]);
		assert_true(strcmp(before, name) < 0);
		strcpy(before, name);
	}
}

/* In order, whatever the order of the folder; nothing else counts. */
static void
segments_are_found(void **state)
{
	static const char *const foreign[] = { "0000000000000000.log",
		"9007199254740992.log", "9999999999999999.log",
		"000000000000001.log", "00000000000000001.log",
		"0000000000000001.log.cut-7", "000000000000001x.log",
		"0000000000000001.lo", "0000000000000001.LOG", "x", "new",
		"secret", "lock", ".log" };
	static const uint64_t numbers[] = { 300, 1, CHAT_JSON_MAX_UINT, 7, 20,
		4, 1000, 2, 3 };
	static const uint64_t order[] = { 1, 2, 3, 4, 7, 20, 300, 1000,
		CHAT_JSON_MAX_UINT };
	struct chat_segments s;
	char name[CHAT_SEGMENT_NAME];
	uint64_t size = 0;
	size_t i;

	(void)state;
	chat_segments_init(&s, NULL);
	assert_int_equal(chat_segments_list(&s, folder.fd), CHAT_OK);
	assert_int_equal(s.n, 0);
	for (i = 0; i < COUNT(foreign); i++)
		folder_write(&folder, foreign[i], "hello", 5);
	for (i = 0; i < COUNT(numbers); i++) {
		chat_segment_name(name, numbers[i]);
		folder_write(&folder, name, "0123456789", numbers[i] % 10);
		size += numbers[i] % 10;
	}
	assert_int_equal(chat_segments_list(&s, folder.fd), CHAT_OK);
	assert_int_equal(s.n, COUNT(order));
	for (i = 0; i < s.n; i++) {
		assert_int_equal(s.all[i].first, order[i]);
		assert_int_equal(s.all[i].size, order[i] % 10);
		assert_int_equal(s.all[i].entries, 0);
	}
	assert_int_equal(s.size, size);
	chat_segments_release(&s);
	assert_int_equal(s.n, 0);
	assert_int_equal(chat_segments_list(&s, -1), CHAT_ERR_SYSTEM);
	chat_segments_release(&s);
	unlinkat(folder.fd, ".log", 0);
}

static void
listing_needs_memory(void **state)
{
	struct failing_alloc heap;
	struct chat_segments s;
	char name[CHAT_SEGMENT_NAME];
	uint64_t i;
	size_t n;
	int err;

	(void)state;
	for (i = 1; i < 20; i++) {
		chat_segment_name(name, i);
		folder_write(&folder, name, "", 0);
	}
	failing_alloc_init(&heap, 0);
	for (n = 1; heap.failed || n == 1; n++) {
		failing_alloc_init(&heap, n);
		chat_segments_init(&s, &heap.alloc);
		err = chat_segments_list(&s, folder.fd);
		assert_int_equal(err, heap.failed ? CHAT_ERR_NOMEM : CHAT_OK);
		chat_segments_release(&s);
		failing_alloc_check(&heap);
	}
	assert_true(n > 3);
}

/* What a list has after each change, against a plain array. */
static void
segments_come_and_go(void **state)
{
	struct failing_alloc heap;
	struct chat_segment want[200];
	struct random r = { 1 };
	struct chat_segments s;
	size_t i, j, n = 0, first = 0, end = 0;
	uint64_t size;

	(void)state;
	failing_alloc_init(&heap, 0);
	chat_segments_init(&s, &heap.alloc);
	for (i = 0; i < 100; i++) {
		n = end - first;
		switch (n == 0 ? 0 : random_below(&r, 6)) {
		default:
			want[end].first = 10 * (i + 1);
			want[end].size = random_below(&r, 1000);
			assert_int_equal(chat_segments_add(&s, want[end].first,
					     want[end].size),
			    CHAT_OK);
			end++;
			break;
		case 1:
			want[end - 1].size = random_below(&r, 1000);
			s.all[s.n - 1].entries = 7;
			assert_int_equal(
			    chat_segments_add(
				&s, want[end - 1].first, want[end - 1].size),
			    CHAT_OK);
			assert_int_equal(s.all[s.n - 1].entries, 0);
			break;
		case 2:
			want[end - 1].size = random_below(&r, 1000);
			chat_segments_resize(&s, want[end - 1].size);
			break;
		case 3:
			chat_segments_drop_first(&s);
			first++;
			break;
		case 4:
			chat_segments_drop_last(&s);
			end--;
			break;
		}
		assert_int_equal(s.n, end - first);
		for (j = first, size = 0; j < end; j++) {
			assert_int_equal(s.all[j - first].first, want[j].first);
			assert_int_equal(s.all[j - first].size, want[j].size);
			size += want[j].size;
		}
		assert_int_equal(s.size, size);
		if (s.n > 0)
			assert_ptr_equal(
			    chat_segments_last(&s), &s.all[s.n - 1]);
	}
	chat_segments_release(&s);
	failing_alloc_check(&heap);
}

static void
no_memory_changes_nothing(void **state)
{
	struct failing_alloc heap;
	struct chat_segments s;
	uint64_t i;

	(void)state;
	failing_alloc_init(&heap, 0);
	chat_segments_init(&s, &heap.alloc);
	for (i = 1; i < 40; i++) {
		heap.fail = heap.calls + 1;
		heap.failed = false;
		if (chat_segments_add(&s, i, 5) < 0) {
			assert_true(heap.failed);
			assert_int_equal(s.n, i - 1);
			assert_int_equal(s.size, 5 * (i - 1));
			heap.fail = 0;
			assert_int_equal(chat_segments_add(&s, i, 5), CHAT_OK);
		}
		assert_int_equal(s.n, i);
		assert_int_equal(chat_segments_last(&s)->first, i);
	}
	chat_segments_release(&s);
	failing_alloc_check(&heap);
}

static void
numbers_have_a_segment(void **state)
{
	static const uint64_t firsts[] = { 3, 10, 11, 50, 1000 };
	struct chat_segments s;
	uint64_t seq;
	size_t n, i;

	(void)state;
	chat_segments_init(&s, NULL);
	for (n = 1; n <= COUNT(firsts); n++) {
		assert_int_equal(
		    chat_segments_add(&s, firsts[n - 1], 0), CHAT_OK);
		for (seq = 0; seq < 1100; seq++) {
			for (i = n - 1; i > 0 && firsts[i] > seq; i--)
				continue;
			assert_int_equal(chat_segments_find(&s, seq), i);
		}
		for (i = 0; i + 1 < n; i++)
			assert_int_equal(
			    chat_segments_void(&s, i), firsts[i + 1]);
		assert_int_equal(chat_segments_void(&s, n - 1), UINT64_MAX);
	}
	chat_segments_release(&s);
}

/*
 * One file
 */

static void
creating_replaces(void **state)
{
	struct folder_file file;
	int fd, other;

	(void)state;
	folder_write(&folder, "new", "rubbish of a former try", 23);
	fd = chat_segment_create(folder.fd, 5, "old\n", 4, false);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "more\n", 5, 4), 5);
	file = folder_read(&folder, "0000000000000005.log");
	assert_string_equal(file.p, "old\nmore\n");
	free(file.p);
	other = chat_segment_create(folder.fd, 5, "begin\n", 6, true);
	assert_true(other >= 0);
	assert_int_equal(pwrite(fd, "lost\n", 5, 9), 5);
	file = folder_read(&folder, "0000000000000005.log");
	assert_string_equal(file.p, "begin\n");
	free(file.p);
	assert_int_equal(folder_count(&folder), 1);
	close(fd);
	close(other);
}

static void
segments_are_opened(void **state)
{
	char c;
	int fd;

	(void)state;
	assert_int_equal(
	    chat_segment_open(folder.fd, 5, false), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(
	    chat_segment_open(folder.fd, 5, true), CHAT_ERR_SYSTEM);
	folder_write(&folder, "0000000000000005.log", "x", 1);
	fd = chat_segment_open(folder.fd, 5, false);
	assert_int_equal(pread(fd, &c, 1, 0), 1);
	assert_int_equal(pwrite(fd, "y", 1, 0), -1);
	close(fd);
	fd = chat_segment_open(folder.fd, 5, true);
	assert_int_equal(pwrite(fd, "y", 1, 0), 1);
	assert_int_equal(pread(fd, &c, 1, 0), 1);
	close(fd);
}

/* A file that may not grow stays as it is. */
static void
failing_to_create_leaves_nothing(void **state)
{
	struct rlimit old, small;
	int fd;

	(void)state;
	fd = chat_segment_create(folder.fd, 5, "old\n", 4, false);
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_IGN);
	small = old;
	small.rlim_cur = CHAT_SEGMENT_SPACE / 2;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	fd = chat_segment_create(folder.fd, 5, "new\n", 4, false);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(fd, CHAT_ERR_SYSTEM);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(folder_count(&folder), 1);
	assert_int_equal(mkdirat(folder.fd, "0000000000000009.log", 0700), 0);
	fd = chat_segment_create(folder.fd, 9, "new\n", 4, false);
	assert_int_equal(fd, CHAT_ERR_SYSTEM);
	assert_int_equal(folder_count(&folder), 2);
	assert_int_equal(
	    unlinkat(folder.fd, "0000000000000009.log", AT_REMOVEDIR), 0);
}

/*
 * Looking for a number
 */

/* A file of lines of some lengths, some of them damaged, and where each of the
 * good ones begins. */
struct model {
	struct chat_buf text;
	uint64_t at[4000], seq[4000];
	size_t n;
};

static void
make_up(struct model *m, struct random *r, size_t lines, size_t most,
    size_t damaged)
{
	uint64_t seq = 1;
	size_t i;

	m->n = m->text.n = 0;
	journal_head(&m->text, JOURNAL_LOG, 0);
	for (i = 0; i < lines; i++) {
		m->at[m->n] = m->text.n;
		m->seq[m->n] = seq;
		if (random_below(r, 20) == 0) {
			journal_skip(&m->text, seq, seq + 10);
			seq += 10;
			m->seq[m->n] = seq;
		} else
			journal_say(&m->text, seq, random_below(r, most));
		seq += 1 + random_below(r, 2);
		if (damaged > 0 && random_below(r, damaged) == 0)
			m->text.p[m->text.n - 2 - random_below(r, 40)] ^= 0x40;
		else
			m->n++;
	}
	folder_write(&folder, "text", m->text.p, m->text.n);
}

/* At the line, or at damaged ones that stand just before it. */
static void
expect_at(const struct model *m, uint64_t seq, uint64_t at)
{
	size_t i = 0;
	uint64_t after;

	while (i < m->n && m->seq[i] < seq)
		i++;
	if (i == m->n) {
		assert_int_equal(at, m->text.n);
		return;
	}
	assert_true(at <= m->at[i]);
	assert_true(at == 0 || m->text.p[at - 1] == '\n');
	after = i == 0 ? 0 : m->at[i - 1];
	assert_true(i == 0 || at > after);
}

/* With numbers that the file is said to have, which may be wrong: steps. */
static size_t
seek(struct chat_lines *l, uint64_t seq, uint64_t from, uint64_t to,
    uint64_t *at)
{
	struct chat_seek k;
	size_t steps = 1;
	int found;

	chat_seek_begin(&k, l, seq, from, to);
	while ((found = chat_seek_step(&k, l, journal_crc(), at)) == 0)
		steps++;
	assert_int_equal(found, 1);
	return steps;
}

static void
seek_all(const struct model *m)
{
	int fd = openat(folder.fd, "text", O_RDONLY);
	struct chat_lines l;
	uint64_t seq, at, last = m->n > 0 ? m->seq[m->n - 1] : 1;

	chat_lines_init(&l, NULL, fd, m->text.n, CHAT_LINES_GLANCE);
	for (seq = 1; seq < last + 15; seq += 1 + last / 300) {
		assert_int_equal(
		    chat_segment_seek(&l, journal_crc(), seq, &at), CHAT_OK);
		expect_at(m, seq, at);
		assert_true(seek(&l, seq, 1, last + 1, &at) <= 40);
		expect_at(m, seq, at);
		assert_true(seek(&l, seq, last / 2, last * 50, &at) <= 40);
		expect_at(m, seq, at);
		assert_true(seek(&l, seq, 0, last / 2, &at) <= 40);
		expect_at(m, seq, at);
	}
	assert_int_equal(
	    chat_segment_seek(&l, journal_crc(), UINT64_MAX, &at), CHAT_OK);
	assert_int_equal(at, m->text.n);
	chat_lines_release(&l);
	close(fd);
}

static void
numbers_are_found(void **state)
{
	static struct model m;
	struct random r = { 1 };
	size_t i;

	(void)state;
	for (i = 0; i < 40; i++) {
		make_up(&m, &r, random_below(&r, 300), 1 + 20 * i, 0);
		seek_all(&m);
	}
	make_up(&m, &r, 4000, 200, 0);
	seek_all(&m);
	make_up(&m, &r, 200, 40000, 0);
	seek_all(&m);
	chat_buf_release(&m.text);
}

/* Where lines are much alike, a number is found near the place where it should
 * be; one that is elsewhere takes longer, but not for ever. */
static void
numbers_are_where_they_should_be(void **state)
{
	static struct model m;
	struct random r = { 4 };
	struct chat_lines l;
	uint64_t seq, at, last;
	size_t steps = 0;
	int fd;

	(void)state;
	make_up(&m, &r, 4000, 1000, 0);
	last = m.seq[m.n - 1];
	fd = openat(folder.fd, "text", O_RDONLY);
	chat_lines_init(&l, NULL, fd, m.text.n, CHAT_LINES_GLANCE);
	for (seq = 1; seq <= last; seq += last / 100) {
		steps += seek(&l, seq, 1, last + 1, &at);
		expect_at(&m, seq, at);
	}
	assert_true(steps <= 4 * 101);
	assert_true(seek(&l, last, 1, last + 1000000000, &at) <= 20);
	expect_at(&m, last, at);
	chat_lines_release(&l);
	close(fd);
	chat_buf_release(&m.text);
}

static void
damaged_lines_are_passed(void **state)
{
	static struct model m;
	struct random r = { 2 };
	size_t i;

	(void)state;
	for (i = 1; i < 40; i++) {
		make_up(&m, &r, random_below(&r, 400), 400, 1 + i / 4);
		seek_all(&m);
	}
	make_up(&m, &r, 2000, 500, 2);
	seek_all(&m);
	chat_buf_release(&m.text);
}

static void
seeking_needs_a_glance_of_memory(void **state)
{
	static struct model m;
	struct random r = { 3 };
	struct failing_alloc heap;
	struct chat_lines l;
	uint64_t at;
	int fd;

	(void)state;
	make_up(&m, &r, 4000, 2000, 0);
	fd = openat(folder.fd, "text", O_RDONLY);
	failing_alloc_init(&heap, 0);
	chat_lines_init(&l, &heap.alloc, fd, m.text.n, CHAT_LINES_GLANCE);
	assert_int_equal(
	    chat_segment_seek(&l, journal_crc(), 2000, &at), CHAT_OK);
	/* Lines no longer than a glance need no more memory than one. */
	assert_true(heap.bytes <= 2 * CHAT_LINES_GLANCE);
	chat_lines_release(&l);
	heap.fail = heap.calls + 1;
	chat_lines_init(&l, &heap.alloc, fd, m.text.n, CHAT_LINES_GLANCE);
	assert_int_equal(
	    chat_segment_seek(&l, journal_crc(), 2000, &at), CHAT_ERR_NOMEM);
	chat_lines_release(&l);
	close(fd);
	chat_lines_init(&l, NULL, -1, m.text.n, CHAT_LINES_GLANCE);
	assert_int_equal(
	    chat_segment_seek(&l, journal_crc(), 2000, &at), CHAT_ERR_SYSTEM);
	chat_lines_release(&l);
	chat_buf_release(&m.text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_are_in_the_order_of_numbers),
		TEST(segments_are_found),
		TEST(listing_needs_memory),
		TEST(segments_come_and_go),
		TEST(no_memory_changes_nothing),
		TEST(numbers_have_a_segment),
		TEST(creating_replaces),
		TEST(segments_are_opened),
		TEST(failing_to_create_leaves_nothing),
		TEST(numbers_are_found),
		TEST(numbers_are_where_they_should_be),
		TEST(damaged_lines_are_passed),
		TEST(seeking_needs_a_glance_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
