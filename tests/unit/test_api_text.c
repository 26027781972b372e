/*
 * test_api_text.c - growing text, times, ids, cursors, nearest words.
 *
 * Needs api/text.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../../api/text.h"

static void text_grows_and_stays_ended(void **state)
{
	struct text t = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		text_printf(&t, "%d,", i % 10);
	text_putc(&t, '!');
	assert_int_equal(t.err, 0);
	assert_int_equal(t.len, 2001);
	assert_int_equal(strlen(t.data), 2001);
	text_free(&t);
	assert_null(t.data);
}

static void copies_never_end_inside_a_character(void **state)
{
	char dst[4];

	(void)state;
	text_copy(dst, sizeof(dst), "ab\xc3\xa4");
	assert_string_equal(dst, "ab");
	text_copy(dst, sizeof(dst), "a\xc3\xa4");
	assert_string_equal(dst, "a\xc3\xa4");
}

static void the_nearest_word_counts_swaps_as_one(void **state)
{
	static const char *const known[] = { "prefix", "port", "name", NULL };

	(void)state;
	assert_string_equal(text_nearest("prot", known), "port");
	assert_string_equal(text_nearest("prefx", known), "prefix");
	assert_int_equal(text_distance("prot", "port"), 1);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
}

static void a_word_that_is_far_from_all_has_no_nearest(void **state)
{
	static const char *const codecs[] = { "mulaw", "g729", "opus", NULL };
	static const char *const none[] = { NULL };
	char word[200];

	(void)state;
	assert_null(text_nearest("gsm", codecs));
	assert_null(text_nearest("", codecs));
	assert_null(text_nearest("mulaw", none));
	assert_string_equal(text_nearest("ulaw", codecs), "mulaw");
	assert_string_equal(text_nearest("g792", codecs), "g729");
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(text_nearest(word, codecs));
}

static void times_are_rfc3339_with_milliseconds(void **state)
{
	char text[TEXT_TIME_LEN];

	(void)state;
	text_time(text, INT64_C(1700000000123));
	assert_string_equal(text, "2023-11-14T22:13:20.123Z");
	text_time(text, -1);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	text_time(text, INT64_MAX);	/* whatever it says, it ends          */
	assert_true(strlen(text) < sizeof(text));
}

static void uuids_are_version_4_and_differ(void **state)
{
	char a[CLN_UUID_LEN], b[CLN_UUID_LEN];

	(void)state;
	assert_int_equal(text_uuid(a), 0);
	assert_int_equal(text_uuid(b), 0);
	assert_true(text_is_uuid(a));
	assert_string_not_equal(a, b);
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89ab", a[19]));
	assert_false(text_is_uuid(""));
	assert_false(text_is_uuid("63af"));
	assert_false(text_is_uuid("00000000-0000-0000-0000-00000000000g"));
	assert_false(text_is_uuid("00000000-0000-0000-0000-0000000000000"));
}

static void carrier_ids_are_eight_small_hex_digits(void **state)
{
	(void)state;
	assert_true(text_is_carrier_id("74445609"));
	assert_true(text_is_carrier_id("d49d1f1e"));
	assert_false(text_is_carrier_id("D49D1F1E"));
	assert_false(text_is_carrier_id("d49d1f1"));
	assert_false(text_is_carrier_id("d49d1f1e0"));
	assert_false(text_is_carrier_id("d49d1f1/"));
}

static void cursors_come_back_as_they_went(void **state)
{
	char cursor[TEXT_CURSOR_LEN], position[24];

	(void)state;
	text_cursor(cursor, 'r', "1234567");
	assert_int_equal(text_cursor_read(cursor, 'r', position,
					  sizeof(position)), 0);
	assert_string_equal(position, "1234567");
	assert_int_equal(text_cursor_read(cursor, 'c', position,
					  sizeof(position)), -EINVAL);
	assert_int_equal(text_cursor_read("r3", 'r', position,
					  sizeof(position)), -EINVAL);
	assert_int_equal(text_cursor_read("r", 'r', position,
					  sizeof(position)), -EINVAL);
	assert_int_equal(text_cursor_read("", 'r', position,
					  sizeof(position)), -EINVAL);
	assert_int_equal(text_cursor_read("r00", 'r', position,
					  sizeof(position)), -EINVAL);
	assert_int_equal(text_cursor_read("r313131", 'r', position, 3),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows_and_stays_ended),
		cmocka_unit_test(copies_never_end_inside_a_character),
		cmocka_unit_test(the_nearest_word_counts_swaps_as_one),
		cmocka_unit_test(a_word_that_is_far_from_all_has_no_nearest),
		cmocka_unit_test(times_are_rfc3339_with_milliseconds),
		cmocka_unit_test(uuids_are_version_4_and_differ),
		cmocka_unit_test(carrier_ids_are_eight_small_hex_digits),
		cmocka_unit_test(cursors_come_back_as_they_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
