/* Tests of lines: a file at any place and in any direction, against what it
 * holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err.h"
#include "failing_alloc.h"
#include "temp_folder.h"
#include "journal/line.h"
#include "journal/lines.h"
#include "random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct folder folder;

/* What the file holds, and the file. */
static struct chat_str text;
static int fd = -1;

static void
use(const char *p, size_t n)
{
	close(fd);
	text = (struct chat_str){ p, n };
	folder_write(&folder, "text", p, n);
	fd = openat(folder.fd, "text", O_RDWR);
	assert_true(fd >= 0);
}

static void
use_string(const char *s)
{
	use(s, strlen(s));
}

/* The length of what begins at an offset, up to its newline or the end. */
static size_t
length(uint64_t at)
{
	const char *newline = memchr(text.p + at, '\n', text.n - (size_t)at);

	return newline == NULL ? text.n - (size_t)at
			       : (size_t)(newline - text.p) - (size_t)at;
}

static void
scribble(struct chat_str line)
{
	if (line.n > 0)
		memset((char *)line.p, '\n', line.n);
}

/* Each returns the offset that it has come to.  They spoil the lines that they
 * get, which must not matter. */

static uint64_t
get(struct chat_lines *l, uint64_t at)
{
	size_t n = at < text.n ? length(at) : 0;
	bool whole = at + n < text.n;
	struct chat_str line;

	assert_int_equal(chat_lines_get(l, at, &line), whole);
	assert_int_equal(line.n, n);
	if (n > 0)
		assert_memory_equal(line.p, text.p + at, n);
	scribble(line);
	return at + n + whole;
}

static uint64_t
back(struct chat_lines *l, uint64_t end)
{
	uint64_t at = end;
	struct chat_str line;

	if (end == 0) {
		assert_int_equal(chat_lines_back(l, end, &line), 0);
		return 0;
	}
	for (at--; at > 0 && text.p[at - 1] != '\n'; at--)
		continue;
	assert_int_equal(chat_lines_back(l, end, &line), 1);
	assert_int_equal(line.n, end - at - 1);
	assert_memory_equal(line.p, text.p + at, line.n);
	scribble(line);
	return at;
}

static uint64_t
next(struct chat_lines *l, uint64_t at)
{
	uint64_t want = at, found;

	while (want > 0 && want < text.n && text.p[want - 1] != '\n')
		want++;
	if (want > text.n)
		want = text.n;
	assert_int_equal(chat_lines_next(l, at, &found), CHAT_OK);
	assert_int_equal(found, want);
	return found;
}

static void
read_all(size_t block)
{
	struct chat_lines l;
	uint64_t at;

	chat_lines_init(&l, NULL, fd, text.n, block);
	for (at = 0; at < text.n;)
		at = get(&l, at);
	get(&l, at);
	/* Back from the end of the last whole line. */
	while (at > 0 && text.p[at - 1] != '\n')
		at--;
	while (at > 0)
		at = back(&l, at);
	back(&l, 0);
	for (at = 0; at <= text.n; at++) {
		next(&l, at);
		get(&l, at);
		if (at > 0 && text.p[at - 1] == '\n')
			back(&l, at);
	}
	chat_lines_release(&l);
}

static const char *const texts[] = { "", "\n", "\n\n\n", "a", "a\n", "\na",
	"one\n\ntwo\nlonger than a few\n", "one\ntwo\nno newline",
	"much longer than all of the small blocks\nx\n" };

static void
all_blocks_give_the_same(void **state)
{
	size_t i, block;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		use_string(texts[i]);
		for (block = 1; block < 70; block++)
			read_all(block);
		read_all(CHAT_LINES_GLANCE);
	}
}

/* Any order of questions, and places that were read before. */
static void
any_order_gives_the_same(void **state)
{
	static const size_t blocks[] = { 1, 7, 64, 500, 4096 };
	static char bytes[3000];
	struct random r = { 1 };
	struct chat_lines l;
	size_t i, block;
	uint64_t at = 0, end;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = "abcdefg\n"[random_below(&r, i % 1000 / 8 + 8) % 8];
	use(bytes, sizeof(bytes));
	for (block = 0; block < COUNT(blocks); block++) {
		chat_lines_init(&l, NULL, fd, text.n, blocks[block]);
		for (i = 0; i < 4000; i++) {
			if (random_below(&r, 5) == 0)
				at = random_below(&r, text.n + 1);
			switch (random_below(&r, 3)) {
			case 0:
				at = get(&l, at);
				break;
			case 1:
				at = next(&l, at);
				break;
			default:
				end = at;
				while (end > 0 && text.p[end - 1] != '\n')
					end--;
				at = back(&l, end);
			}
		}
		chat_lines_release(&l);
	}
}

/* A part of a file is read as if it were all of it. */
static void
nothing_after_the_end_is_read(void **state)
{
	(void)state;
	use_string("one\ntwo\nthree\n");
	text.n = 6;
	read_all(4);
	text.n = 4;
	read_all(100);
	text.n = 0;
	read_all(3);
}

/* Beyond its end there is nothing, whoever asks. */
static void
there_is_nothing_beyond(void **state)
{
	struct chat_lines l;
	struct chat_str line;
	uint64_t at;

	(void)state;
	use_string("one\ntwo\n");
	chat_lines_init(&l, NULL, fd, text.n, 4);
	assert_int_equal(chat_lines_get(&l, 100, &line), 0);
	assert_int_equal(line.n, 0);
	assert_int_equal(chat_lines_back(&l, 100, &line), 0);
	assert_int_equal(chat_lines_next(&l, 100, &at), CHAT_OK);
	assert_int_equal(at, text.n);
	chat_lines_release(&l);
}

/* Bytes that are cut off meanwhile are not there, and no others come instead.
 */
static void
files_may_shrink(void **state)
{
	static const char whole[] = "one\ntwo\nthree is longer\nfour\n";
	struct chat_lines l;
	struct chat_str line;
	size_t block, size, from;
	uint64_t at;
	int found;

	(void)state;
	for (block = 1; block < 40; block += 6)
		for (size = 0; size < strlen(whole); size++)
			for (from = 0; from <= strlen(whole); from += 4) {
				use_string(whole);
				chat_lines_init(&l, NULL, fd, text.n, block);
				(void)chat_lines_get(&l, 0, &line);
				assert_int_equal(ftruncate(fd, (off_t)size), 0);
				found = chat_lines_get(&l, from, &line);
				assert_true(found == 0 || found == 1);
				if (line.n > 0)
					assert_memory_equal(
					    line.p, whole + from, line.n);
				found = chat_lines_back(&l, from, &line);
				assert_true(found == 0 || found == 1);
				if (found == 1 && line.n > 0)
					assert_memory_equal(line.p,
					    whole + from - line.n - 1, line.n);
				assert_int_equal(
				    chat_lines_next(&l, from, &at), CHAT_OK);
				chat_lines_release(&l);
			}
}

static void
lines_have_a_greatest_length(void **state)
{
	size_t most = CHAT_LINE_MAX, n = 2 * most + 100;
	char *bytes = malloc(n);
	struct chat_lines l;
	struct chat_str line;
	uint64_t at;

	(void)state;
	memset(bytes, 'x', n);
	bytes[0] = bytes[1 + most] = bytes[n - 1] = '\n';
	use(bytes, n);
	chat_lines_init(&l, NULL, fd, n, CHAT_LINES_GLANCE);
	/* The longest, and one that is too long. */
	assert_int_equal(chat_lines_get(&l, 1, &line), 1);
	assert_int_equal(line.n, most);
	assert_int_equal(chat_lines_back(&l, most + 2, &line), 1);
	assert_int_equal(line.n, most);
	bytes[1 + most] = 'x';
	bytes[2 + most] = '\n';
	use(bytes, n);
	chat_lines_release(&l);
	chat_lines_init(&l, NULL, fd, n, CHAT_LINES_GLANCE);
	assert_int_equal(chat_lines_get(&l, 1, &line), CHAT_ERR_SPACE);
	assert_int_equal(line.n, most);
	assert_int_equal(chat_lines_get(&l, 1 + most, &line), 1);
	assert_int_equal(line.n, 1);
	assert_int_equal(chat_lines_back(&l, most + 3, &line), CHAT_ERR_SPACE);
	assert_true(line.n > most);
	assert_int_equal(chat_lines_next(&l, 2, &at), CHAT_OK);
	assert_int_equal(at, most + 3);
	/* Without any newline. */
	bytes[2 + most] = bytes[n - 1] = 'x';
	use(bytes, n);
	chat_lines_release(&l);
	chat_lines_init(&l, NULL, fd, n, CHAT_LINES_GLANCE);
	assert_int_equal(chat_lines_get(&l, 1, &line), CHAT_ERR_SPACE);
	assert_int_equal(line.n, most);
	assert_int_equal(chat_lines_get(&l, n - 5, &line), 0);
	assert_int_equal(line.n, 5);
	assert_int_equal(chat_lines_next(&l, 2, &at), CHAT_OK);
	assert_int_equal(at, n);
	chat_lines_release(&l);
	free(bytes);
}

/* An allocation that fails is an error, and the next try is as good as any. */
static void
no_memory_is_an_error(void **state)
{
	struct failing_alloc heap;
	struct chat_lines l;
	struct chat_str line;
	uint64_t next_at;
	size_t n;

	(void)state;
	use_string("a line that is longer than the block\nx\n");
	failing_alloc_init(&heap, 0);
	for (n = 1; heap.failed || n == 1; n++) {
		failing_alloc_init(&heap, n);
		chat_lines_init(&l, &heap.alloc, fd, text.n, 4);
		if (chat_lines_get(&l, 0, &line) < 0)
			assert_true(heap.failed);
		get(&l, 0);
		back(&l, 37);
		chat_lines_release(&l);
		failing_alloc_check(&heap);
	}
	failing_alloc_init(&heap, 1);
	chat_lines_init(&l, &heap.alloc, fd, text.n, 4);
	assert_int_equal(chat_lines_back(&l, 37, &line), CHAT_ERR_NOMEM);
	assert_int_equal(back(&l, 37), 0);
	chat_lines_release(&l);
	failing_alloc_init(&heap, 1);
	chat_lines_init(&l, &heap.alloc, fd, text.n, 4);
	assert_int_equal(chat_lines_next(&l, 5, &next_at), CHAT_ERR_NOMEM);
	assert_int_equal(next(&l, 5), 37);
	chat_lines_release(&l);
}

static void
unreadable_is_an_error(void **state)
{
	struct chat_lines l;
	struct chat_str line;
	uint64_t at;

	(void)state;
	chat_lines_init(&l, NULL, -1, 100, 10);
	assert_int_equal(chat_lines_get(&l, 0, &line), CHAT_ERR_SYSTEM);
	assert_int_equal(chat_lines_back(&l, 10, &line), CHAT_ERR_SYSTEM);
	assert_int_equal(chat_lines_next(&l, 10, &at), CHAT_ERR_SYSTEM);
	chat_lines_release(&l);
}

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
	close(fd);
	folder_remove(&folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_blocks_give_the_same),
		cmocka_unit_test(any_order_gives_the_same),
		cmocka_unit_test(nothing_after_the_end_is_read),
		cmocka_unit_test(there_is_nothing_beyond),
		cmocka_unit_test(files_may_shrink),
		cmocka_unit_test(lines_have_a_greatest_length),
		cmocka_unit_test(no_memory_is_an_error),
		cmocka_unit_test(unreadable_is_an_error),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
