/*
 * test_wheel.c - who is due in which millisecond.
 * Needs: core/media/wheel.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "media/wheel.h"

static struct wheel w;

static int start(void **state)
{
	(void)state;
	wheel_init(&w, 5000);
	return 0;
}

static void wheel_gives_the_earliest_first_and_none_too_early(void **state)
{
	struct wheel_node a = { 0 }, b = { 0 }, c = { 0 };

	(void)state;
	wheel_add(&w, &a, 5030);
	wheel_add(&w, &b, 5010);
	wheel_add(&w, &c, 5010);
	assert_int_equal(wheel_next(&w), 5010);
	assert_null(wheel_take(&w, 5009));
	assert_ptr_equal(wheel_take(&w, 5040), &b);
	assert_ptr_equal(wheel_take(&w, 5040), &c);
	assert_ptr_equal(wheel_take(&w, 5040), &a);
	assert_null(wheel_take(&w, 5040));
	assert_true(wheel_next(&w) == INT64_MAX);
}

static void wheel_late_round_gives_each_turn_in_order(void **state)
{
	struct wheel_node a = { 0 };
	int turns = 0;

	(void)state;
	wheel_add(&w, &a, 5020);
	while (wheel_take(&w, 5100)) {
		turns++;
		wheel_add(&w, &a, a.slot + 20);
	}
	assert_int_equal(turns, 5);
	assert_int_equal(wheel_next(&w), 5120);
}

static void wheel_past_becomes_next_and_far_future_the_last(void **state)
{
	struct wheel_node a = { 0 }, b = { 0 };

	(void)state;
	wheel_add(&w, &a, 10);
	wheel_add(&w, &b, 1000000);
	assert_int_equal(a.slot, 5001);
	assert_int_equal(b.slot, 5000 + WHEEL_SLOTS - 1);
	assert_ptr_equal(wheel_take(&w, 5001), &a);
	assert_int_equal(wheel_next(&w), 5000 + WHEEL_SLOTS - 1);
}

static void wheel_finds_every_slot_from_every_place(void **state)
{
	(void)state;
	for (int64_t at = 0; at < WHEEL_SLOTS; at += 61) {
		for (int64_t d = 1; d < WHEEL_SLOTS; d++) {
			struct wheel_node a = { 0 };

			wheel_init(&w, at);
			wheel_add(&w, &a, at + d);
			assert_int_equal(wheel_next(&w), at + d);
			assert_null(wheel_take(&w, at + d - 1));
			assert_ptr_equal(wheel_take(&w, at + d), &a);
		}
	}
}

static void wheel_remove_takes_out_of_the_middle(void **state)
{
	struct wheel_node n[3] = { { 0 } };

	(void)state;
	for (int i = 0; i < 3; i++)
		wheel_add(&w, &n[i], 5001);
	wheel_remove(&w, &n[1]);
	wheel_remove(&w, &n[1]);
	assert_ptr_equal(wheel_take(&w, 5001), &n[0]);
	wheel_remove(&w, &n[2]);
	assert_null(wheel_take(&w, 5001));
	wheel_add(&w, &n[1], 5002);
	assert_ptr_equal(wheel_take(&w, 5002), &n[1]);
}

static void wheel_calmest_is_the_first_of_the_least_filled(void **state)
{
	struct wheel_node n[4] = { { 0 } };

	(void)state;
	assert_int_equal(wheel_calmest(&w, 5001, 3), 5001);
	wheel_add(&w, &n[0], 5001);
	wheel_add(&w, &n[1], 5001);
	wheel_add(&w, &n[2], 5002);
	assert_int_equal(wheel_calmest(&w, 5001, 2), 5002);
	assert_int_equal(wheel_calmest(&w, 5001, 5), 5003);
}

/* The wheel stands at 5,000 while many are added, and time runs on. */
static void wheel_calmest_counts_those_of_the_rounds_beside(void **state)
{
	struct wheel_node n[5] = { { 0 } };

	(void)state;
	wheel_add(&w, &n[0], 5001);
	wheel_add(&w, &n[1], 5002);
	assert_int_equal(wheel_calmest(&w, 5005, 4), 5007);
	wheel_add(&w, &n[2], 5007);
	wheel_add(&w, &n[3], 5008);
	assert_int_equal(wheel_calmest(&w, 5009, 4), 5009);
	wheel_add(&w, &n[4], 5009);
	assert_int_equal(wheel_calmest(&w, 5005, 4), 5006);
}

static void wheel_long_sleep_brings_nobody_twice(void **state)
{
	struct wheel_node n[2] = { { 0 } };

	(void)state;
	wheel_add(&w, &n[0], 5001);
	wheel_add(&w, &n[1], 5900);
	assert_ptr_equal(wheel_take(&w, 99000), &n[0]);
	assert_ptr_equal(wheel_take(&w, 99000), &n[1]);
	assert_null(wheel_take(&w, 99000));
	wheel_add(&w, &n[0], 99020);
	assert_int_equal(n[0].slot, 99020);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wheel_gives_the_earliest_first_and_none_too_early),
		TEST(wheel_late_round_gives_each_turn_in_order),
		TEST(wheel_past_becomes_next_and_far_future_the_last),
		TEST(wheel_finds_every_slot_from_every_place),
		TEST(wheel_remove_takes_out_of_the_middle),
		TEST(wheel_calmest_is_the_first_of_the_least_filled),
		TEST(wheel_calmest_counts_those_of_the_rounds_beside),
		TEST(wheel_long_sleep_brings_nobody_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
