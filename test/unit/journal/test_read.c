/* Tests of pages of a journal: any number and limit, against what is in the
 * files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_alloc.h"
#include "lines_text.h"
#include "random.h"
#include "store_words.h"

static struct folder folder;
static struct store store;

static int
set_up(void **state)
{
	(void)state;
	folder = folder_make();
	store_init(&store, &folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_free(&store);
	folder_remove(&folder);
	return 0;
}

static void
page(uint64_t before, uint32_t limit, const char *words)
{
	(void)store_page(&store, before, limit);
	store_expect(&store, words);
}

static void
pages_go_back_to_the_beginning(void **state)
{
	uint64_t key;

	(void)state;
	assert_true(store_open(&store));
	page(10, 5, "end 1 last");
	for (key = 1; key <= 7; key++)
		store_say(&store, key, NULL, 1);
	page(8, 3, "7 6 5 end 5");
	page(5, 3, "4 3 2 end 2");
	page(2, 3, "1 end 1 last");
	page(1, 3, "end 1 last");
	page(0, 3, "end 0 last");
	page(3, 2, "2 1 end 1 last");
	page(UINT64_MAX, 2, "7 6 end 6");
	page(1000, 100, "7 6 5 4 3 2 1 end 1 last");
	/* New entries are there immediately. */
	store_say(&store, 8, NULL, 1);
	page(9, 1, "8 end 8");
}

static void
withheld_ones_are_left_out(void **state)
{
	(void)state;
	assert_true(store_open(&store));
	store_say(&store, 1, NULL, 1);
	store_say(&store, 2, "bob", 1);
	store_say(&store, 3, NULL, 1);
	store_say(&store, 4, "bob", 1);
	page(5, 1, "3 end 3");
	page(3, 1, "1 end 1 last");
	page(5, 9, "3 1 end 1 last");
}

static void
kept_ones_are_read(void **state)
{
	struct chat_stored out;
	struct chat_entry e;

	(void)state;
	store.config.journal.private = true;
	assert_true(store_open(&store));
	store_say(&store, 1, "bob", 4);
	page(2, 1, "end 1 last");
	store.user = 1;
	page(2, 1, "1 end 1 last");
	store.store->type->read(store.store, 2, 1, 'b');
	store_next(&store, &out);
	assert_int_equal(out.kind, CHAT_STORED_READ);
	e = out.record.entry;
	assert_int_equal(e.seq, 1);
	assert_int_equal(e.time, STORE_WALL);
	assert_true(e.is_private);
	assert_int_equal(e.user[1], 'b');
	assert_true(chat_str_is(e.text, CHAT_STR("1xxx")));
	assert_true(chat_str_is(e.to, CHAT_STR("bob")));
	store_next(&store, &out);
	assert_int_equal(out.kind, CHAT_STORED_END);
	assert_false(store.store->type->next(store.store, &out));
}

/* Answers for a batch come before those for a page. */
static void
appending_goes_on(void **state)
{
	struct chat_stored out;

	(void)state;
	assert_true(store_open(&store));
	store_say(&store, 1, NULL, 1);
	store.store->type->read(store.store, 2, 5, 0);
	store_put(&store, 2, NULL, 1);
	store.store->type->append(store.store, &store.batch, store.now);
	assert_true(store.store->type->next(store.store, &out));
	assert_int_equal(out.kind, CHAT_STORED);
	assert_int_equal(store_seq(&out), 2);
	store_next(&store, &out);
	assert_int_equal(out.kind, CHAT_STORED_READ);
	assert_int_equal(out.record.entry.seq, 1);
	store_next(&store, &out);
	assert_int_equal(out.kind, CHAT_STORED_END);
}

static void
unread_pages_can_be_freed(void **state)
{
	struct chat_stored out;

	(void)state;
	assert_true(store_open(&store));
	store_say(&store, 1, NULL, 1);
	store_say(&store, 2, NULL, 1);
	store.store->type->read(store.store, 3, 5, 0);
	store_next(&store, &out);
}

/*
 * Journals that are made up
 */

enum { NUMBERS = 1500 };

static struct {
	/* Numbers that a page may have, and for whom: 0 is everybody. */
	bool shown[NUMBERS + 1];
	uint64_t user[NUMBERS + 1];
	size_t size[NUMBERS + 1]; /* of their lines */
	uint64_t first, last;
} model;

static void
put_withheld(struct chat_buf *b, uint64_t seq)
{
	struct chat_line line = { .kind = CHAT_LINE_ENTRY,
		.entry = { .is_private = true,
		    .is_withheld = true,
		    .seq = seq,
		    .user = { 1, 2 } } };

	journal_put(b, &line);
}

enum { USERS = 5 };

/* One of a few users, who as hashes have different beginnings. */
static uint64_t
user(size_t i)
{
	return UINT64_C(0x1234567890abcdef) * (i % USERS + 1);
}

/* Does a page of the store's user have it? */
static bool
is_shown(uint64_t seq)
{
	return model.shown[seq] &&
	    (model.user[seq] == 0 || model.user[seq] == store.user);
}

/* Segments from number first on, of lines of up to most letters.  One in
 * damaged is. */
static void
make_up(struct random *r, uint64_t first, size_t most, size_t damaged)
{
	struct chat_buf text = { .n = 0 };
	uint64_t seq = first, begin = first;
	size_t at, n = NUMBERS - random_below(r, NUMBERS / 2);

	memset(&model, 0, sizeof(model));
	folder_empty(&folder);
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, seq - 1);
	for (; seq < n; seq++) {
		at = text.n;
		switch (random_below(r, 12)) {
		case 0:
			put_withheld(&text, seq);
			break;
		case 2:
			model.user[seq] = user(seq);
			model.shown[seq] = true;
			journal_say_to(&text, seq, random_below(r, most),
			    (uint64_t[2]){ user(seq), user(seq) });
			break;
		case 1:
			journal_skip(&text, seq, seq + 3);
			seq += 3;
			break;
		default:
			journal_say(&text, seq, random_below(r, most));
			model.shown[seq] = true;
		}
		model.size[seq] = text.n - at;
		if (damaged > 0 && random_below(r, damaged) == 0) {
			text.p[text.n - 2 - random_below(r, 40)] ^= 1;
			model.shown[seq] = false;
		}
		if (random_below(r, 100) == 0) {
			journal_segment(&folder, begin, &text);
			begin = seq + 1;
			journal_head(&text, JOURNAL_LOG, seq);
		}
	}
	journal_segment(&folder, begin, &text);
	chat_buf_release(&text);
	model.first = first;
	model.last = seq - 1;
}

/* One page: all that may be shown from its end on, up to the limit, and from no
 * more bytes than one page may go through. */
static struct chat_stored
check_page(uint64_t before, uint32_t limit)
{
	uint64_t expect = before, bytes = 0, seq;
	struct chat_stored out;
	size_t n = 0;

	if (expect > model.last + 1)
		expect = model.last + 1;
	store.store->type->read(store.store, before, limit, store.user);
	for (;;) {
		store_next(&store, &out);
		for (seq = store_seq(&out) + 1; seq < expect; seq++)
			assert_false(is_shown(seq));
		if (out.kind == CHAT_STORED_END)
			break;
		assert_int_equal(out.kind, CHAT_STORED_READ);
		assert_true(
		    store_seq(&out) < expect && is_shown(store_seq(&out)));
		assert_true(n++ < limit);
		expect = store_seq(&out);
		assert_true(bytes < CHAT_FILE_READ);
		bytes += model.size[expect];
	}
	assert_false(out.failed);
	assert_true(out.last == (out.seq <= model.first));
	assert_true(out.seq < before || before <= model.first);
	assert_true(out.seq >= expect || !is_shown(out.seq));
	return out;
}

static void
check_pages(struct random *r)
{
	struct chat_stored out;
	uint64_t before;
	size_t i;

	assert_true(store_open(&store));
	assert_int_equal(store.store->log.oldest, model.first);
	for (i = 0; i < 60; i++) {
		store.user = user(random_below(r, 2 * USERS));
		check_page(random_below(r, model.last + 20),
		    (uint32_t)(1 + random_below(r, 100)));
	}
	/* What was learned of the journal for one user is right for all. */
	for (i = 0; i < USERS; i++) {
		store.user = user(i);
		for (before = model.last + 1;; before = out.seq) {
			out = check_page(
			    before, (uint32_t)(1 + random_below(r, 300)));
			if (out.last)
				break;
		}
	}
	store_free(&store);
}

static void
any_page_is_what_is_there(void **state)
{
	struct random r = { 1 };
	size_t i;

	(void)state;
	for (i = 0; i < 25; i++) {
		make_up(&r, 1 + i * 3, 1 + 10 * i, 0);
		check_pages(&r);
	}
}

static void
damaged_lines_are_passed(void **state)
{
	struct random r = { 2 };
	size_t i;

	(void)state;
	for (i = 0; i < 25; i++) {
		make_up(&r, 1 + i * 3, 300, 2 + i);
		check_pages(&r);
	}
}

static void
reads_are_bounded(void **state)
{
	struct random r = { 3 };

	(void)state;
	make_up(&r, 1, 20000, 0);
	check_pages(&r);
	make_up(&r, 1, 20000, 10);
	check_pages(&r);
	/* The greatest of lines is more than the bound, and read all the
	 * same. */
	store_init(&store, &folder);
	folder_empty(&folder);
	assert_true(store_open(&store));
	store_say(&store, 1, NULL, 1);
	store_say(&store, 2, NULL, 2 * CHAT_FILE_READ);
	store_say(&store, 3, NULL, 1);
	page(4, 9, "3 2 end 2");
	page(2, 9, "1 end 1 last");
}

/* One public message, and very many that are not shown. */
static void
make_desert(void)
{
	struct chat_buf text = { .n = 0 };
	uint64_t seq;

	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	journal_say(&text, 1, 1);
	for (seq = 2; seq < 20000; seq++)
		put_withheld(&text, seq);
	journal_segment(&folder, 1, &text);
	chat_buf_release(&text);
	assert_true(store_open(&store));
}

/* Reads down to the only message there is: bytes that had to be read. */
static uint64_t
cross_desert(uint64_t before)
{
	struct chat_stored out;
	uint64_t cost = 0;

	for (;; before = out.seq) {
		out = store_page(&store, before, 10);
		cost += out.cost;
		if (out.last)
			break;
		assert_true(out.seq < before);
	}
	store_expect(&store, "1 end 1 last");
	return cost;
}

/* What shows nothing is read once, whoever asks for what lies before it, and
 * from wherever. */
static void
a_desert_is_crossed_once(void **state)
{
	uint64_t size, first, next;

	(void)state;
	make_desert();
	size = ((struct chat_file *)store.store)->segments.size;
	first = cross_desert(20000);
	assert_in_range(first, size, 2 * size);
	store.turns = 0;
	next = cross_desert(20000);
	assert_true(next < 5 * CHAT_STRETCH);
	store.user = 99;
	next = cross_desert(15000);
	assert_true(next < 5 * CHAT_STRETCH);
	assert_in_range(store.turns, 1, 60);
	/* New lines change nothing of it, and are seen. */
	store_say(&store, 7, NULL, 5);
	store_page(&store, UINT64_MAX, 1);
	assert_int_equal(store.words[0], '1');
	assert_true(cross_desert(20000) < 5 * CHAT_STRETCH);
}

/* What is a desert for one user has something for another. */
static void
everybody_finds_their_own(void **state)
{
	struct chat_buf text = { .n = 0 };
	struct chat_stored out;
	uint64_t seq, cost = 0;
	size_t i;

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	for (seq = 1; seq < 10000; seq++) {
		i = seq == 3000 || seq == 6000 ? seq / 3000 : 0;
		/* From one of them, and to the other one. */
		journal_say_to(&text, seq, 9,
		    (uint64_t[2]){ user(i % 2 * i), user(i / 2 * i) });
	}
	journal_segment(&folder, 1, &text);
	chat_buf_release(&text);
	assert_true(store_open(&store));
	for (i = 1; i < USERS; i++) {
		store.user = user(i);
		out.seq = 10000;
		for (cost = 0; out.seq > 1; cost += out.cost) {
			out = store_page(&store, out.seq, 10);
			if (strncmp(store.words, "end", 3) != 0)
				break;
		}
		if (i < 3)
			assert_int_equal(atoi(store.words), i * 3000);
	}
	/* The last one came after somebody had gone all the way. */
	assert_true(cost < 5 * CHAT_STRETCH);
}

/* Others wait for one access to the disk in a turn, or for a second one if a
 * line lies at the edge of what was read. */
static void
a_turn_waits_for_the_disk_once(void **state)
{
	struct random r = { 5 };
	size_t i;

	(void)state;
	make_desert();
	for (i = 0; i < 100; i++) {
		/* Nothing is remembered of the one before. */
		chat_stretches_release(
		    &((struct chat_file *)store.store)->stretches);
		store_page(&store, 1 + random_below(&r, 20000), 50);
	}
	assert_in_range(store.waits, 1, 2);
}

/* Going on before the number with which a page ended needs no search. */
static void
a_way_goes_on_where_it_ended(void **state)
{
	struct chat_stored out;
	struct random r = { 6 };

	(void)state;
	make_up(&r, 1, 100, 0);
	assert_true(store_open(&store));
	out = store_page(&store, 1400, 20);
	while (out.seq > 100) {
		out = store_page(&store, out.seq, 20);
		assert_true(out.cost <= 2 * CHAT_LINES_GLANCE);
	}
}

/* Going to any place costs no more than a few glances, and one for its lines.
 */
static void
places_are_found_quickly(void **state)
{
	struct chat_buf text = { .n = 0 };
	struct chat_stored out;
	struct random r = { 7 };
	uint64_t seq, cost = 0;
	size_t i;

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	for (seq = 1; seq < 30000; seq++)
		journal_say(&text, seq, random_below(&r, 200));
	journal_segment(&folder, 1, &text);
	journal_head(&text, JOURNAL_LOG, 29999);
	journal_segment(&folder, 30000, &text);
	chat_buf_release(&text);
	assert_true(store_open(&store));
	for (i = 0; i < 100; i++) {
		out = store_page(&store, 1 + random_below(&r, 30000), 10);
		cost += out.cost;
	}
	assert_true(cost / 100 < 5 * CHAT_LINES_GLANCE);
}

/* A page of entries that are not shown ends, too, lower than it began. */
static void
pages_of_nothing_get_on(void **state)
{
	struct chat_stored out;
	uint64_t seq;
	int n = 0;

	(void)state;
	make_desert();
	for (seq = 20000;; seq = out.seq, n++) {
		out = store_page(&store, seq, 10);
		if (out.last)
			break;
		assert_true(out.seq < seq);
	}
	store_expect(&store, "1 end 1 last");
	assert_in_range(n, 3, 20);
}

/* A line that is there twice, or out of order, leads nobody in circles. */
static void
repeated_lines_are_passed(void **state)
{
	struct chat_buf text = { .n = 0 };
	struct chat_stored out;
	uint64_t before;
	int n = 0;

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	journal_say(&text, 1, 1);
	journal_say(&text, 3, 1);
	journal_say(&text, 2, 1);
	journal_say(&text, 3, 1);
	journal_segment(&folder, 1, &text);
	chat_buf_release(&text);
	assert_true(store_open(&store));
	page(4, 9, "3 2 1 end 1 last");
	for (before = 4; n < 10; before = out.seq, n++) {
		out = store_page(&store, before, 1);
		if (out.last)
			break;
		assert_true(out.seq < before);
	}
	assert_true(out.last);
}

/* A line that has no place in a segment is none of its entries. */
static void
other_lines_are_passed(void **state)
{
	struct chat_line line = { .kind = CHAT_LINE_SECRET };
	struct chat_buf text = { .n = 0 };

	(void)state;
	memcpy(line.log, JOURNAL_LOG, sizeof(line.log));
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	journal_say(&text, 1, 1);
	journal_put(&text, &line);
	journal_say(&text, 2, 1);
	line.kind = CHAT_LINE_CLEAN;
	line.entry.seq = 1;
	journal_put(&text, &line);
	journal_say(&text, 3, 1);
	journal_segment(&folder, 1, &text);
	chat_buf_release(&text);
	assert_true(store_open(&store));
	page(4, 9, "3 2 1 end 1 last");
}

/*
 * Trouble
 */

static void
unreadable_files_are_passed(void **state)
{
	struct chat_buf text = { .n = 0 };
	struct chat_stored out;

	(void)state;
	journal_secret(&folder, JOURNAL_LOG);
	journal_head(&text, JOURNAL_LOG, 0);
	journal_say(&text, 1, 1);
	journal_segment(&folder, 1, &text);
	journal_head(&text, JOURNAL_LOG, 1);
	journal_say(&text, 2, 1);
	journal_segment(&folder, 2, &text);
	journal_head(&text, JOURNAL_LOG, 2);
	journal_say(&text, 3, 1);
	journal_segment(&folder, 3, &text);
	chat_buf_release(&text);
	assert_true(store_open(&store));
	unlinkat(folder.fd, "0000000000000002.log", 0);
	page(4, 9, "3 end 3");
	page(3, 9, "end 2 failed");
	page(2, 9, "1 end 1 last");
	unlinkat(folder.fd, "0000000000000001.log", 0);
	out = store_page(&store, 2, 9);
	assert_true(out.failed);
}

/* Whichever allocation fails, entries are told in order and complete, or the
 * end says that something failed. */
static void
memory_may_fail(void **state)
{
	static struct failing_alloc heap;
	struct chat_stored out;
	uint64_t expect;
	size_t n;

	(void)state;
	failing_alloc_init(&heap, 0);
	store.config.alloc = &heap.alloc;
	assert_true(store_open(&store));
	for (n = 1; n <= 40; n++)
		store_say(&store, n, NULL, n == 25 ? 300000 : n * 20);
	store_free(&store);
	failing_alloc_check(&heap);
	assert_true(store_open(&store));
	for (n = 1; heap.failed || n == 1; n++) {
		heap.fail = heap.calls + n;
		heap.failed = false;
		store.store->type->read(store.store, 31, 40, 0);
		for (expect = 30;; expect--) {
			store_next(&store, &out);
			if (out.kind == CHAT_STORED_END)
				break;
			assert_int_equal(out.kind, CHAT_STORED_READ);
			assert_int_equal(out.record.entry.seq, expect);
		}
		assert_int_equal(out.failed, heap.failed);
		if (!out.failed)
			assert_int_equal(expect, 24); /* by its length */
	}
	assert_true(n > 2);
	store_free(&store);
	failing_alloc_check(&heap);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_go_back_to_the_beginning),
		TEST(withheld_ones_are_left_out),
		TEST(kept_ones_are_read),
		TEST(appending_goes_on),
		TEST(unread_pages_can_be_freed),
		TEST(any_page_is_what_is_there),
		TEST(damaged_lines_are_passed),
		TEST(reads_are_bounded),
		TEST(pages_of_nothing_get_on),
		TEST(a_desert_is_crossed_once),
		TEST(everybody_finds_their_own),
		TEST(a_turn_waits_for_the_disk_once),
		TEST(a_way_goes_on_where_it_ended),
		TEST(places_are_found_quickly),
		TEST(repeated_lines_are_passed),
		TEST(other_lines_are_passed),
		TEST(unreadable_files_are_passed),
		TEST(memory_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
