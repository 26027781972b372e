/*
 * test_number.c - numbers, SIP URIs and the Request-URI; nothing that could
 * change the shape of a message gets through.
 * Needs: core/call/number.c, base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "base/str.h"
#include "call/number.h"

static void number_is_plus_and_1_to_32_digits(void **state)
{
	static const char *const good[] = {
		"1", "+49301234567", "*100#", "12345678901234567890123456789012",
		"+12345678901234567890123456789012",
	};
	static const char *const bad[] = {
		"", "+", "++1", "1+", "12 34", "12a", "1;x=y", "1@host",
		"1\r\nX: y", "1?", "1>", "%31", "\xd9\xa1",
		"123456789012345678901234567890123",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(number_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(number_is_valid(bad[i]));
}

static void assert_split(const char *uri, const char *host, uint16_t port)
{
	char got[256];
	uint16_t p = 9;

	assert_int_equal(number_uri_split(uri, got, sizeof(got), &p), 0);
	assert_string_equal(got, host);
	assert_int_equal(p, port);
}

static void uri_gives_host_and_port(void **state)
{
	(void)state;
	assert_split("sip:alice@192.168.1.1:5060", "192.168.1.1", 5060);
	assert_split("SIP:alice@example.org", "example.org", 0);
	assert_split("sip:a@[::1]", "[::1]", 0);
	assert_split("sip:a@[2001:db8::1]:5070", "[2001:db8::1]", 5070);
	assert_split("sip:%23100%40x@h.example", "h.example", 0);
	assert_split("sip:+4930.1-2_3!~*'()&=+$/@h.example", "h.example", 0);
}

static void uri_that_could_change_a_message_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "sip:", "alice@host", "sips:a@host", "sip:host", "sip:@host",
		"sip:a@", "sip:a@b@c", "sip:a b@host", "sip:a@host ",
		"sip:a@host;maddr=evil", "sip:a@host?X=y", "sip:a;x=y@host",
		"sip:a?x@host", "sip:a,b@host", "sip:a\r\nX: y@host",
		"sip:a@host\r\nX: y", "sip:<a@host>", "sip:\"a\"@host",
		"sip:a\\b@host", "sip:12#@host", "sip:[a]@host", "sip:a:pw@host",
		"sip:a%@host", "sip:a%2@host", "sip:a%zz@host", "sip:\xc3\xa4@h",
		"sip:a@host:0", "sip:a@host:65536", "sip:a@host:", "sip:a@host:x",
		"sip:a@::1", "sip:a@fe80::1:5060", "sip:a@[::1", "sip:a@-h",
	};
	char host[256];
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!number_uri_split(bad[i], host, sizeof(host), &port))
			fail_msg("accepted %s", bad[i]);
}

static void uri_host_that_does_not_fit_is_refused(void **state)
{
	char host[8];
	uint16_t port;

	(void)state;
	assert_int_not_equal(number_uri_split("sip:a@example.org", host,
					      sizeof(host), &port), 0);
}

static void user_part_is_one(void **state)
{
	static const char *const bad[] = {
		"a@b", "a;b", "a?b", "<a", "a>", "a b", "a\"", "a\\", "a:b",
		"a/b", "a\nb", "\x7f", "\xc3\xa4",
	};

	(void)state;
	assert_true(number_user_is_valid("me"));
	assert_true(number_user_is_valid("+49-30_1.2#*"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(number_user_is_valid(bad[i]));
}

static void assert_request_uri(const char *prefix, const char *to,
			       const char *host, uint16_t port,
			       const char *want)
{
	char uri[NUMBER_URI_LEN];

	assert_int_equal(number_request_uri(uri, sizeof(uri), prefix, to, host,
					    port), 0);
	assert_string_equal(uri, want);
}

static void request_uri_is_prefix_number_host_and_foreign_port(void **state)
{
	char small[16];

	(void)state;
	assert_request_uri("8888", "123456", "sip.carrier1.com", 0,
			   "sip:8888123456@sip.carrier1.com");
	assert_request_uri("", "1", "h", 5060, "sip:1@h:5060");
	assert_request_uri("", "1", "h", 5080, "sip:1@h:5080");
	assert_request_uri("*31#", "+49#", "h", 0, "sip:*31%23+49%23@h");
	/* One + at the most: the prefix's is in front. */
	assert_request_uri("+1", "+49301", "h", 0, "sip:+149301@h");
	assert_request_uri("8888", "+49301", "h", 0, "sip:8888+49301@h");
	assert_request_uri("", "1", "::1", 5080, "sip:1@[::1]:5080");
	assert_request_uri("", "1", "[::1]", 0, "sip:1@[::1]");
	assert_int_not_equal(number_request_uri(small, sizeof(small), "8888",
						"123456", "host", 0), 0);
}

static void assert_dialled(const char *to, int strip, const char *format,
			   const char *want)
{
	char got[64];

	assert_int_equal(number_for_carrier(got, sizeof(got), to, strip,
					    format), 0);
	assert_string_equal(got, want);
}

static void number_is_stripped_and_then_formatted(void **state)
{
	(void)state;
	assert_dialled("123456", 0, "as_is", "123456");
	assert_dialled("+49301", 0, "as_is", "+49301");
	assert_dialled("+49301", 0, "plain", "49301");
	assert_dialled("49301", 0, "plain", "49301");
	assert_dialled("49301", 0, "e164", "+49301");
	assert_dialled("+49301", 0, "e164", "+49301");
	assert_dialled("0049301", 2, "e164", "+49301");
	assert_dialled("0049301", 2, "as_is", "49301");
	/* The + is no digit, and goes with the first one. */
	assert_dialled("+49301", 2, "as_is", "301");
	assert_dialled("+49301", 2, "e164", "+301");
	/* A service code is no number of E.164. */
	assert_dialled("*100#", 0, "e164", "*100#");
	assert_dialled("+*100#", 0, "e164", "*100#");
	assert_dialled("9*100#", 1, "e164", "*100#");
}

static void number_that_strip_uses_up_is_refused(void **state)
{
	char got[64];

	(void)state;
	assert_dialled("123", 2, "as_is", "3");
	assert_int_equal(number_for_carrier(got, sizeof(got), "123", 3,
					    "as_is"), -ERANGE);
	assert_int_equal(number_for_carrier(got, sizeof(got), "+123", 3,
					    "e164"), -ERANGE);
	assert_int_equal(number_for_carrier(got, sizeof(got), "1", 31,
					    "plain"), -ERANGE);
	assert_int_equal(number_for_carrier(got, 3, "1234", 0, "as_is"),
			 -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_is_plus_and_1_to_32_digits),
		cmocka_unit_test(uri_gives_host_and_port),
		cmocka_unit_test(uri_that_could_change_a_message_is_refused),
		cmocka_unit_test(uri_host_that_does_not_fit_is_refused),
		cmocka_unit_test(user_part_is_one),
		cmocka_unit_test(number_is_stripped_and_then_formatted),
		cmocka_unit_test(number_that_strip_uses_up_is_refused),
		cmocka_unit_test(
			request_uri_is_prefix_number_host_and_foreign_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
