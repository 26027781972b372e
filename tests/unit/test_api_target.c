/*
 * test_api_target.c - what may be dialled, and who may be said to call.
 *
 * Needs api/target.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../api/target.h"

static void each(const char *const *list, const char *(*judge)(const char *),
		 bool good)
{
	for (; *list; list++)
		if (!judge(*list) != good)
			fail_msg("\"%s\" was %s", *list,
				 good ? "refused" : "taken");
}

static void numbers_are_taken(void **state)
{
	static const char *const good[] = {
		"123456", "+4930123456", "*31#0301234", "0",
		"12345678901234567890123456789012", NULL,
	};

	(void)state;
	each(good, target_fault, true);
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "+", "++1", "12 34", "1-2", "12a", "1@2", "1;2", "1?2",
		"1>2", "1\r\n2", "1%0d%0a", "123456789012345678901234567890123",
		"tel:+4930", "\xd9\xa1", NULL,
	};

	(void)state;
	each(bad, target_fault, false);
}

static void plain_sip_uris_are_taken(void **state)
{
	static const char *const good[] = {
		"sip:123456@192.168.1.1:5060", "sip:alice@example.com",
		"SIP:alice@example.com", "sip:192.168.1.1",
		"sip:a.b-c_d!~*'()&=+$,/@host", "sip:%41lice@host.example.",
		"sip:x@[::1]:5060", "sip:x@[2001:db8::1]", "sip:x@h:65535",
		"sip:x@1and1.example", NULL,
	};

	(void)state;
	each(good, target_fault, true);
}

static void uris_that_could_mean_more_are_refused(void **state)
{
	static const char *const bad[] = {
		"sip:", "sip:@host", "sip:x@", "sips:x@host",
		"sip:x@host;maddr=10.0.0.1", "sip:x@host:5060;transport=tcp",
		"sip:x@host?Subject=a", "sip:x;y@host", "sip:x?y@host",
		"sip:x:secret@host", "sip:x>@host", "sip:<x@host", "sip:x y@h",
		"sip:x\r\nVia: y@host", "sip:x@host\r\n", "sip:x@host\n",
		"sip:x%0d%0a@host", "sip:x%00@host", "sip:x%7f@host",
		"sip:x%4@host", "sip:x%zz@host", "sip:x%@host", "sip:\"x@host",
		"sip:a@b@host", "sip:x@ho st", "sip:x@host:0", "sip:x@host:",
		"sip:x@host:65536", "sip:x@host:5060x", "sip:x@host:+5",
		"sip:x@-host", "sip:x@host-.a", "sip:x@a..b", "sip:x@.a",
		"sip:x@2130706433", "sip:x@0x7f000001", "sip:x@127.1",
		"sip:x@127.0.0.01", "sip:x@256.0.0.1", "sip:x@[::1",
		"sip:x@[]", "sip:x@[::g]", "sip:x@[::1]x", "sip:x@::1",
		"sip:x@[::1]:0", "sip:x@[fe80::1%25eth0]", "sip:\xc3\xa4@host",
		"sip:x@h\xc3\xb6st", NULL,
	};

	(void)state;
	each(bad, target_fault, false);
}

static void a_long_uri_is_refused(void **state)
{
	char uri[TARGET_MAX + 32] = "sip:";
	size_t len = strlen(uri);

	(void)state;
	memset(uri + len, 'a', TARGET_MAX - 6);
	snprintf(uri + len + TARGET_MAX - 6, 8, "@h");
	assert_int_equal(strlen(uri), TARGET_MAX);
	assert_null(target_fault(uri));
	memset(uri + len, 'a', TARGET_MAX - 5);
	snprintf(uri + len + TARGET_MAX - 5, 8, "@h");
	assert_non_null(target_fault(uri));
}

static void from_is_a_user_part_only(void **state)
{
	static const char *const good[] = {
		"me", "+4930123", "a.b-c_d", "1*2#", NULL,
	};
	static const char *const bad[] = {
		"", "me@host", "a;b", "a?b", "a>b", "a\r\nb", "a b", "\"a\"",
		"sip:me", "%0d", "\xc3\xa4",
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
		"gggg", NULL,
	};

	(void)state;
	each(good, target_from_fault, true);
	each(bad, target_from_fault, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_taken),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(plain_sip_uris_are_taken),
		cmocka_unit_test(uris_that_could_mean_more_are_refused),
		cmocka_unit_test(a_long_uri_is_refused),
		cmocka_unit_test(from_is_a_user_part_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
