/*
 * test_str.c - text helpers that cannot overflow.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/str.h"

static void str_copy_says_when_it_cuts(void **state)
{
	char dst[4];

	(void)state;
	assert_int_equal(str_copy(dst, sizeof(dst), "abc"), 0);
	assert_string_equal(dst, "abc");
	assert_int_equal(str_copy(dst, sizeof(dst), "abcd"), -ENAMETOOLONG);
	assert_string_equal(dst, "abc");
	assert_int_equal(str_copy(dst, sizeof(dst), NULL), 0);
	assert_string_equal(dst, "");
	assert_int_equal(str_copy_n(dst, sizeof(dst), "abcdef", 2), 0);
	assert_string_equal(dst, "ab");
	assert_int_equal(str_printf(dst, sizeof(dst), "%d", 1234),
			 -ENAMETOOLONG);
	assert_string_equal(dst, "123");
}

static int i64(const char *s, int64_t min, int64_t max, int64_t *n)
{
	*n = 77;
	return str_to_i64(n, s, min, max);
}

static void str_to_i64_takes_whole_decimals_only(void **state)
{
	static const char *const bad[] = {
		"", "-", "+1", " 1", "1 ", "0x1", "1.0", "1e3", "--1", "a",
		"99999999999999999999x",
	};
	int64_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(i64(bad[i], INT64_MIN, INT64_MAX, &n),
				 -EINVAL);
		assert_int_equal(n, 77);
	}
	assert_int_equal(i64("007", 0, 10, &n), 0);
	assert_int_equal(n, 7);
	assert_int_equal(i64("-3", -5, 5, &n), 0);
	assert_int_equal(n, -3);
}

static void str_to_i64_knows_its_limits(void **state)
{
	int64_t n;

	(void)state;
	assert_int_equal(i64("9223372036854775807", 0, INT64_MAX, &n), 0);
	assert_true(n == INT64_MAX);
	assert_int_equal(i64("-9223372036854775808", INT64_MIN, 0, &n), 0);
	assert_true(n == INT64_MIN);
	assert_int_equal(i64("9223372036854775808", 0, INT64_MAX, &n), -ERANGE);
	assert_int_equal(i64("-9223372036854775809", INT64_MIN, 0, &n),
			 -ERANGE);
	assert_int_equal(i64("18446744073709551616", 0, INT64_MAX, &n),
			 -ERANGE);
	assert_int_equal(i64("6", 0, 5, &n), -ERANGE);
	assert_int_equal(i64("-1", 0, 5, &n), -ERANGE);
	assert_int_equal(n, 77);
}

static void str_to_bool_knows_eight_words(void **state)
{
	bool b = false;

	(void)state;
	assert_int_equal(str_to_bool(&b, "yes"), 0);
	assert_true(b);
	assert_int_equal(str_to_bool(&b, "off"), 0);
	assert_false(b);
	assert_int_equal(str_to_bool(&b, "1"), 0);
	assert_true(b);
	assert_int_equal(str_to_bool(&b, "Yes"), -EINVAL);
	assert_int_equal(str_to_bool(&b, ""), -EINVAL);
	assert_true(b);
}

static void str_has_ctl_finds_control_bytes(void **state)
{
	(void)state;
	assert_false(str_has_ctl("plain \xc3\xa4"));
	assert_true(str_has_ctl("a\nb"));
	assert_true(str_has_ctl("\x7f"));
	assert_true(str_has_ctl("\x1f"));
}

static bool utf8(const char *s)
{
	return str_is_utf8(s, strlen(s));
}

static void str_is_utf8_refuses_what_rfc3629_refuses(void **state)
{
	(void)state;
	assert_true(utf8(""));
	assert_true(utf8("a\xc2\x80\xe2\x82\xac\xf0\x9f\x98\x80"));
	assert_true(utf8("\xf4\x8f\xbf\xbf"));
	assert_false(utf8("\x80"));
	assert_false(utf8("\xc0\xaf"));
	assert_false(utf8("\xc1\x80"));
	assert_false(utf8("\xe0\x9f\xbf"));
	assert_false(utf8("\xed\xa0\x80"));
	assert_false(utf8("\xf0\x8f\xbf\xbf"));
	assert_false(utf8("\xf4\x90\x80\x80"));
	assert_false(utf8("\xf5\x80\x80\x80"));
	assert_false(utf8("\xc3"));
	assert_false(utf8("\xe2\x82"));
	assert_false(utf8("\xc3(") );
	assert_false(utf8("\xf0\x9f\x98x"));
}

static void str_nearest_names_the_likely_word(void **state)
{
	static const char *const words[] = {
		"listen", "advertise", "username", "port", "play", NULL
	};

	(void)state;
	assert_string_equal(str_nearest("lisen", words), "listen");
	assert_string_equal(str_nearest("lsiten", words), "listen");
	assert_string_equal(str_nearest("Listen", words), "listen");
	assert_string_equal(str_nearest("user_name", words), "username");
	assert_string_equal(str_nearest("prot", words), "port");
	assert_string_equal(str_nearest("advertize", words), "advertise");
}

static void str_nearest_is_silent_where_nothing_is_near(void **state)
{
	static const char *const words[] = { "listen", "x", "port", NULL };
	char huge[500];

	(void)state;
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	assert_null(str_nearest("banana", words));
	assert_null(str_nearest("y", words));
	assert_null(str_nearest("", words));
	assert_null(str_nearest(huge, words));
}

static void str_rfc3339_prints_utc_with_milliseconds(void **state)
{
	char dst[STR_TIME_LEN];

	(void)state;
	str_rfc3339(dst, INT64_C(1795404655123));
	assert_string_equal(dst, "2026-11-23T03:30:55.123Z");
	str_rfc3339(dst, INT64_C(951782400005));
	assert_string_equal(dst, "2000-02-29T00:00:00.005Z");
	str_rfc3339(dst, 0);
	assert_string_equal(dst, "");
}

static void str_hex_prints_two_digits_a_byte(void **state)
{
	char dst[9];

	(void)state;
	str_hex(dst, "\x00\x0f\xa0\xff", 4);
	assert_string_equal(dst, "000fa0ff");
}

static void str_equal_secret_compares(void **state)
{
	(void)state;
	assert_true(str_equal_secret("", ""));
	assert_true(str_equal_secret("abc", "abc"));
	assert_false(str_equal_secret("abc", "abd"));
	assert_false(str_equal_secret("abc", "ab"));
}

static void str_starts_compares_the_beginning(void **state)
{
	(void)state;
	assert_true(str_starts("sip:a", "sip:"));
	assert_true(str_starts("sip:", ""));
	assert_false(str_starts("si", "sip:"));
}

static void str_set_replaces_what_was(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(str_set(&text, "one"), 0);
	assert_string_equal(text, "one");
	assert_int_equal(str_set(&text, "another"), 0);
	assert_string_equal(text, "another");
	assert_int_equal(str_set(&text, NULL), 0);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(str_copy_says_when_it_cuts),
		cmocka_unit_test(str_to_i64_takes_whole_decimals_only),
		cmocka_unit_test(str_to_i64_knows_its_limits),
		cmocka_unit_test(str_to_bool_knows_eight_words),
		cmocka_unit_test(str_has_ctl_finds_control_bytes),
		cmocka_unit_test(str_is_utf8_refuses_what_rfc3629_refuses),
		cmocka_unit_test(str_nearest_names_the_likely_word),
		cmocka_unit_test(str_nearest_is_silent_where_nothing_is_near),
		cmocka_unit_test(str_rfc3339_prints_utc_with_milliseconds),
		cmocka_unit_test(str_hex_prints_two_digits_a_byte),
		cmocka_unit_test(str_equal_secret_compares),
		cmocka_unit_test(str_starts_compares_the_beginning),
		cmocka_unit_test(str_set_replaces_what_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
