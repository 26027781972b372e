/*
 * test_tally.c - a worker's counters and percentiles.
 * Needs: core/media/tally.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "media/tally.h"

static int64_t percentile(const struct tally *t, unsigned int percent)
{
	return tally_percentile_us(&t, 1, percent);
}

static void tally_of_nothing_is_zero(void **state)
{
	struct tally t;

	(void)state;
	memset(&t, 0, sizeof(t));
	assert_int_equal(percentile(&t, 99), 0);
}

static void tally_percentile_is_within_a_quarter(void **state)
{
	(void)state;
	for (int64_t us = 0; us < 4000000; us = us * 9 / 8 + 1) {
		struct tally t;

		memset(&t, 0, sizeof(t));
		tally_late(&t, us);
		assert_in_range(percentile(&t, 99), us, us + us / 4 + 1);
	}
}

static void tally_extremes_do_not_overrun(void **state)
{
	struct tally t;

	(void)state;
	memset(&t, 0, sizeof(t));
	tally_late(&t, INT64_MAX);
	tally_late(&t, -1);
	assert_int_equal(t.n_late, 2);
	assert_int_equal(percentile(&t, 50), 0);
	assert_true(percentile(&t, 99) > 10000000);
}

static void tally_p99_leaves_out_the_worst_percent(void **state)
{
	const struct tally *both[2];
	struct tally a, b;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	for (int i = 0; i < 990; i++)
		tally_late(&a, 50);
	for (int i = 0; i < 10; i++)
		tally_late(&b, 100000);
	both[0] = &a;
	both[1] = &b;
	assert_in_range(tally_percentile_us(both, 2, 99), 50, 63);
	assert_true(tally_percentile_us(both, 2, 100) >= 100000);
}

static void tally_old_times_fade(void **state)
{
	struct tally t;

	(void)state;
	memset(&t, 0, sizeof(t));
	for (int i = 0; i < 1 << 20; i++)
		tally_late(&t, 100000);
	for (int i = 0; i < 20 << 20; i++)
		tally_late(&t, 10);
	assert_in_range(percentile(&t, 99), 10, 12);
}

static void tally_counts_add_up(void **state)
{
	struct tally t;

	(void)state;
	memset(&t, 0, sizeof(t));
	tally_add(&t.sent, 2);
	tally_add(&t.sent, 3);
	assert_int_equal(tally_get(&t.sent), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tally_of_nothing_is_zero),
		cmocka_unit_test(tally_percentile_is_within_a_quarter),
		cmocka_unit_test(tally_extremes_do_not_overrun),
		cmocka_unit_test(tally_p99_leaves_out_the_worst_percent),
		cmocka_unit_test(tally_old_times_fade),
		cmocka_unit_test(tally_counts_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
