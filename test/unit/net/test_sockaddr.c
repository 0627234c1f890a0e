/* Tests of who counts as one address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "net/sockaddr.h"

/* The peer of an address as text, at an interface. */
static struct chat_peer
peer(const char *text, uint32_t interface)
{
	union chat_sockaddr a = { .v6 = { .sin6_port = 1234 } };

	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
		a.any.sa_family = AF_INET;
	} else {
		a.any.sa_family = AF_INET6;
		a.v6.sin6_scope_id = interface;
		assert_int_equal(inet_pton(AF_INET6, text, &a.v6.sin6_addr), 1);
	}
	return chat_sockaddr_peer(&a);
}

static void
expect_key(const char *text, uint32_t interface, const char *key)
{
	struct chat_peer p = peer(text, interface);
	unsigned char wanted[16];

	assert_int_equal(inet_pton(AF_INET6, key, wanted), 1);
	assert_memory_equal(p.address, wanted, sizeof(wanted));
}

/* The lines of the picture in peer.h, and what is next to them. */
static void
test_keys(void **state)
{
	(void)state;
	expect_key("203.0.113.9", 0, "::ffff:203.0.113.9");
	expect_key("::ffff:203.0.113.9", 0, "::ffff:203.0.113.9");
	expect_key("2001:db8:1:2:3:4:5:6", 0, "2001:db8:1:2::");
	expect_key("2001:db8:1:2:3:4:5:7", 3, "2001:db8:1:2::");
	expect_key("2001:db8:1:3::", 0, "2001:db8:1:3::");
	expect_key("::1", 0, "::");
	expect_key("::203.0.113.9", 0, "::");
	expect_key("fec0::5:6", 2, "fec0::");
	expect_key("fd00::5:6", 2, "fd00::");
}

/* All neighbours on a link have the same first 64 bits. */
static void
test_neighbours(void **state)
{
	(void)state;
	expect_key("fe80::5:6", 2, "fe80:0:0:2::5:6");
	expect_key("fe80::5:7", 2, "fe80:0:0:2::5:7");
	expect_key("fe80::5:6", 0x10003, "fe80:0:1:3::5:6");
	expect_key("febf::1", 1, "febf:0:0:1::1");
}

/* So have all clients of a translator. */
static void
test_translated(void **state)
{
	(void)state;
	expect_key("64:ff9b::203.0.113.9", 0, "::ffff:203.0.113.9");
	expect_key("64:ff9b::203.0.113.8", 0, "::ffff:203.0.113.8");
	expect_key("64:ff9b:1::203.0.113.9", 0, "64:ff9b:1::");
	expect_key("64:ff9b:0:0:0:1:cb00:7109", 0, "64:ff9b::");
}

static void
test_exempt(void **state)
{
	static const char *const exempt[] = { "127.0.0.1", "127.255.0.9",
		"::ffff:127.0.0.1", "::1" };
	static const char *const others[] = { "128.0.0.1", "::", "::2",
		"0:0:0:1::1", "fe80::1", "::127.0.0.1", "64:ff9b::127.0.0.1" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(exempt) / sizeof(exempt[0]); i++)
		assert_true(peer(exempt[i], 0).exempt);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(peer(others[i], 0).exempt);
}

static void
test_unix(void **state)
{
	union chat_sockaddr a = { .un = { .sun_family = AF_UNIX,
				      .sun_path = "/run/chatd/sock" } };
	static const unsigned char nobody[16];
	struct chat_peer p = chat_sockaddr_peer(&a);

	(void)state;
	assert_true(p.exempt);
	assert_memory_equal(p.address, nobody, sizeof(nobody));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_translated),
		cmocka_unit_test(test_exempt),
		cmocka_unit_test(test_unix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
