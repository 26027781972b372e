/*
 * test_clock.c - system and virtual time.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <time.h>

#include "base/clock.h"

static void clock_system_goes_forward(void **state)
{
	const struct clock *c = clock_system();
	int64_t a = clock_now_ns(c), b = clock_now_ns(c);

	(void)state;
	assert_true(a > 0);
	assert_true(b >= a);
	assert_true(clock_wall_ms(c) / 1000 - (int64_t)time(NULL) < 2);
}

static void clock_virtual_stands_until_moved(void **state)
{
	struct clock c;

	(void)state;
	clock_virtual(&c, 5 * MS_NS, 1000);
	assert_int_equal(clock_now_ns(&c), 5 * MS_NS);
	assert_int_equal(clock_now_ms(&c), 5);
	assert_int_equal(clock_wall_ms(&c), 1000);
	clock_advance(&c, 3 * MS_NS / 2);
	assert_int_equal(clock_now_ns(&c), 6500000);
	assert_int_equal(clock_wall_ms(&c), 1001);
	clock_advance(&c, MS_NS / 2);
	assert_int_equal(clock_now_ms(&c), 7);
	assert_int_equal(clock_wall_ms(&c), 1002);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_system_goes_forward),
		cmocka_unit_test(clock_virtual_stands_until_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
