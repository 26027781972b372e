/*
 * test_buf.c - a buffer with a ceiling that remembers its first error.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void buf_joins_what_is_written(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_puts(&b, "ab");
	buf_putc(&b, 'c');
	buf_printf(&b, "%d", 42);
	buf_write(&b, "\0x", 2);
	assert_int_equal(b.err, 0);
	assert_int_equal(b.len, 7);
	assert_memory_equal(b.data, "abc42\0x", 8);
	buf_deinit(&b);
}

static void buf_takes_exactly_its_ceiling(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_puts(&b, "1234");
	assert_int_equal(b.err, 0);
	buf_puts(&b, "");
	assert_int_equal(b.err, 0);
	buf_putc(&b, '5');
	assert_int_equal(b.err, -ENOBUFS);
	assert_string_equal(b.data, "1234");
	buf_deinit(&b);
}

static void buf_printf_keeps_what_was_there_when_it_meets_the_ceiling(
	void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_printf(&b, "%s", "12");
	buf_printf(&b, "%d", 34);
	assert_int_equal(b.err, 0);
	assert_string_equal(b.data, "1234");
	buf_printf(&b, "%c", '5');
	assert_int_equal(b.err, -ENOBUFS);
	assert_int_equal(b.len, 4);
	assert_string_equal(b.data, "1234");
	buf_deinit(&b);
}

static void buf_does_nothing_after_an_error(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_printf(&b, "%s", "too long");
	assert_int_equal(b.err, -ENOBUFS);
	buf_putc(&b, 'x');
	assert_int_equal(b.len, 0);
	assert_null(buf_take(&b));
	buf_reset(&b);
	buf_putc(&b, 'x');
	assert_int_equal(b.err, 0);
	assert_string_equal(b.data, "x");
	buf_deinit(&b);
}

static void buf_grows_to_any_size(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 100000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	assert_int_equal(b.err, 0);
	assert_int_equal(b.len, 100000);
	assert_int_equal(strlen(b.data), 100000);
	assert_int_equal(b.data[26 * 100], 'a');
	buf_deinit(&b);
}

static void buf_printf_fills_the_last_byte(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_printf(&b, "%255s", "x");
	buf_printf(&b, "%256s", "y");
	assert_int_equal(strlen(b.data), 511);
	assert_int_equal(b.data[254], 'x');
	assert_int_equal(b.data[510], 'y');
	buf_deinit(&b);
}

static void buf_take_gives_the_text_and_empties(void **state)
{
	struct buf b;
	char *s;

	(void)state;
	buf_init(&b, 10);
	buf_puts(&b, "hi");
	s = buf_take(&b);
	assert_string_equal(s, "hi");
	assert_int_equal(b.len, 0);
	free(s);
	s = buf_take(&b);
	assert_string_equal(s, "");
	free(s);
	buf_puts(&b, "again");
	assert_string_equal(b.data, "again");
	buf_deinit(&b);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_joins_what_is_written),
		cmocka_unit_test(buf_takes_exactly_its_ceiling),
		cmocka_unit_test(
			buf_printf_keeps_what_was_there_when_it_meets_the_ceiling),
		cmocka_unit_test(buf_does_nothing_after_an_error),
		cmocka_unit_test(buf_grows_to_any_size),
		cmocka_unit_test(buf_printf_fills_the_last_byte),
		cmocka_unit_test(buf_take_gives_the_text_and_empties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
