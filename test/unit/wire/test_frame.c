/* Tests of frame: the headers of RFC 6455, 5.2, and the mask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "frame.h"
#include "guard.h"

/* What parse says to n bytes that no others follow. */
static int
parse(struct chat_frame *f, const void *p, size_t n)
{
	void *copy = guard_copy(p, n);
	int size = chat_frame_parse(f, copy, n);

	guard_free(copy, n);
	return size;
}

/* The headers of the examples in RFC 6455, 5.7, and one at each limit. */
static const struct header {
	const char *bytes;
	int size;
	struct chat_frame frame;
} headers[] = {
	{ "\x81\x05", 2, { CHAT_OP_TEXT, true, false, "", 5 } },
	{ "\x81\x85\x37\xfa\x21\x3d", 6,
	    { CHAT_OP_TEXT, true, true, "\x37\xfa\x21\x3d", 5 } },
	{ "\x01\x03", 2, { CHAT_OP_TEXT, false, false, "", 3 } },
	{ "\x80\x02", 2, { CHAT_OP_CONTINUATION, true, false, "", 2 } },
	{ "\x89\x05", 2, { CHAT_OP_PING, true, false, "", 5 } },
	{ "\x8a\x85\x37\xfa\x21\x3d", 6,
	    { CHAT_OP_PONG, true, true, "\x37\xfa\x21\x3d", 5 } },
	{ "\x82\x7e\x01\x00", 4, { CHAT_OP_BINARY, true, false, "", 256 } },
	{ "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10,
	    { CHAT_OP_BINARY, true, false, "", 65536 } },
	{ "\x00\x00", 2, { CHAT_OP_CONTINUATION, false, false, "", 0 } },
	{ "\x88\xfd\x01\x02\x03\x04", 6,
	    { CHAT_OP_CLOSE, true, true, "\x01\x02\x03\x04", 125 } },
	{ "\x82\x7d", 2, { CHAT_OP_BINARY, true, false, "", 125 } },
	{ "\x82\x7e\x00\x7e", 4, { CHAT_OP_BINARY, true, false, "", 126 } },
	{ "\x82\x7e\x00\x7f", 4, { CHAT_OP_BINARY, true, false, "", 127 } },
	{ "\x82\x7e\xff\xff", 4, { CHAT_OP_BINARY, true, false, "", 65535 } },
	{ "\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00", 10,
	    { CHAT_OP_BINARY, true, false, "", UINT64_C(1) << 32 } },
	{ "\x02\xff\x7f\xff\xff\xff\xff\xff\xff\xff\xa1\xb2\xc3\xd4", 14,
	    { CHAT_OP_BINARY, false, true, "\xa1\xb2\xc3\xd4", INT64_MAX } },
};

#define HEADERS (sizeof(headers) / sizeof(headers[0]))

static void
assert_same(const struct chat_frame *a, const struct chat_frame *b)
{
	assert_int_equal(a->opcode, b->opcode);
	assert_int_equal(a->fin, b->fin);
	assert_int_equal(a->masked, b->masked);
	assert_memory_equal(a->mask, b->mask, 4);
	assert_int_equal(a->length, b->length);
}

static void
test_parse_reads_each_header(void **state)
{
	const struct header *h;

	(void)state;
	for (h = headers; h < headers + HEADERS; h++) {
		struct chat_frame f;

		assert_int_equal(parse(&f, h->bytes, (size_t)h->size), h->size);
		assert_same(&f, &h->frame);
	}
}

static void
test_parse_waits_for_the_whole_header(void **state)
{
	const struct header *h;

	(void)state;
	for (h = headers; h < headers + HEADERS; h++) {
		struct chat_frame f, before;
		int n;

		memset(&f, 0x5a, sizeof(f));
		before = f;
		for (n = 0; n < h->size; n++)
			assert_int_equal(parse(&f, h->bytes, (size_t)n), 0);
		assert_memory_equal(&f, &before, sizeof(f));
	}
}

static void
test_parse_stops_at_the_payload(void **state)
{
	struct chat_frame f;

	(void)state;
	assert_int_equal(parse(&f, "\x81\x05Hello", 7), 2);
	assert_int_equal(parse(&f, "\x81\x05Hel", 5), 2);
	assert_int_equal(f.length, 5);
}

static void
test_write_is_the_inverse_of_parse(void **state)
{
	const struct header *h;

	(void)state;
	for (h = headers; h < headers + HEADERS; h++) {
		unsigned char dst[CHAT_FRAME_MAX_HEADER + 1];

		memset(dst, 0x5a, sizeof(dst));
		assert_int_equal(chat_frame_write(dst, &h->frame), h->size);
		assert_int_equal(dst[h->size], 0x5a);
		assert_memory_equal(dst, h->bytes, (size_t)h->size);
		assert_int_equal(
		    chat_frame_header_size(h->frame.length, h->frame.masked),
		    h->size);
	}
}

/* Every first byte: 3 data opcodes with and without FIN, 3 control opcodes
 * with it; all other 247 are refused with nothing else seen. */
static void
test_parse_knows_every_first_byte(void **state)
{
	static const char good[] = "\x00\x01\x02\x80\x81\x82\x88\x89\x8a";
	int b;

	(void)state;
	for (b = 0; b < 256; b++) {
		unsigned char byte = (unsigned char)b;
		bool is_good = memchr(good, b, 9) != NULL;
		struct chat_frame f;

		assert_int_equal(
		    parse(&f, &byte, 1), is_good ? 0 : CHAT_ERR_WS_PROTOCOL);
	}
}

/* What is forbidden, and how many bytes it takes to see it. */
static const struct wrong {
	const char *bytes;
	size_t seen;
} wrongs[] = {
	{ "\x88\x7e\x00\x7e", 2 },             /* Close of 126 bytes */
	{ "\x89\xfe\x00\x7e\x01\x02\x03", 2 }, /* Ping of 126 bytes */
	{ "\x8a\x7f\x00\x00\x00\x00", 2 },     /* Pong, length to come */
	{ "\x81\x7e\x00\x00", 4 },             /* 0, in two bytes */
	{ "\x81\x7e\x00\x7d", 4 },             /* 125, in two bytes */
	{ "\x81\xfe\x00\x7d\x01\x02\x03\x04", 4 },
	{ "\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x00", 8 }, /* 0, in eight */
	{ "\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x7d", 8 },
	{ "\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 8 }, /* 65535 */
	{ "\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff", 8 },
	{ "\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00", 3 }, /* 2^63 */
	{ "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 3 }, /* 2^64 - 1 */
};

static void
test_parse_refuses_as_soon_as_it_shows(void **state)
{
	const struct wrong *w;
	struct chat_frame f;
	size_t n;

	(void)state;
	for (w = wrongs; w < wrongs + sizeof(wrongs) / sizeof(*w); w++) {
		for (n = 0; n < w->seen; n++)
			assert_int_equal(parse(&f, w->bytes, n), 0);
		assert_int_equal(
		    parse(&f, w->bytes, w->seen), CHAT_ERR_WS_PROTOCOL);
		assert_int_equal(
		    parse(&f, w->bytes, w->seen + 1), CHAT_ERR_WS_PROTOCOL);
	}
}

static void
test_is_control(void **state)
{
	(void)state;
	assert_false(chat_frame_is_control(CHAT_OP_CONTINUATION));
	assert_false(chat_frame_is_control(CHAT_OP_TEXT));
	assert_false(chat_frame_is_control(CHAT_OP_BINARY));
	assert_true(chat_frame_is_control(CHAT_OP_CLOSE));
	assert_true(chat_frame_is_control(CHAT_OP_PING));
	assert_true(chat_frame_is_control(CHAT_OP_PONG));
}

static void
test_mask_of_the_rfc(void **state)
{
	char hello[] = "\x7f\x9f\x4d\x51\x58";

	(void)state;
	chat_frame_mask(hello, 5, (const unsigned char *)"\x37\xfa\x21\x3d", 0);
	assert_string_equal(hello, "Hello");
}

/* The byte at i of the payload meets byte i % 4 of the key. */
static void
assert_masks(const char *plain, size_t n, uint64_t offset)
{
	static const unsigned char key[4] = { 0x01, 0x20, 0x84, 0xff };
	char *p = guard_copy(plain, n);
	size_t i;

	chat_frame_mask(p, n, key, offset);
	for (i = 0; i < n; i++)
		assert_int_equal(
		    (unsigned char)(p[i] ^ plain[i]), key[(offset + i) % 4]);
	chat_frame_mask(p, n, key, offset);
	assert_memory_equal(p, plain, n);
	guard_free(p, n);
}

/* Any size, at any place in a payload, ending at the edge of memory. */
static void
test_mask_any_run(void **state)
{
	char plain[64];
	size_t n, i;

	(void)state;
	for (i = 0; i < sizeof(plain); i++)
		plain[i] = (char)(i * 37);
	for (n = 0; n <= sizeof(plain); n++)
		for (i = 0; i < 9; i++) {
			assert_masks(plain, n, i);
			assert_masks(plain, n, UINT32_MAX + i);
			assert_masks(plain, n, INT64_MAX - i);
		}
}

static void
test_mask_touches_nothing_else(void **state)
{
	char bytes[32];
	size_t i;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	chat_frame_mask(bytes + 5, 19, (const unsigned char *)"abcd", 3);
	for (i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i] == 'x', i < 5 || i >= 24);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_reads_each_header),
		cmocka_unit_test(test_parse_waits_for_the_whole_header),
		cmocka_unit_test(test_parse_stops_at_the_payload),
		cmocka_unit_test(test_write_is_the_inverse_of_parse),
		cmocka_unit_test(test_parse_knows_every_first_byte),
		cmocka_unit_test(test_parse_refuses_as_soon_as_it_shows),
		cmocka_unit_test(test_is_control),
		cmocka_unit_test(test_mask_of_the_rfc),
		cmocka_unit_test(test_mask_any_run),
		cmocka_unit_test(test_mask_touches_nothing_else),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
