/*
 * test_pacer.c - deadlines at a rate: no drift, no burst, promises kept.
 * Needs: core/call/pacer.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/clock.h"
#include "call/pacer.h"

static int64_t take_next(struct pacer *p, int64_t now_ns)
{
	int64_t at = pacer_peek(p, now_ns);

	pacer_take(p, at);
	return at;
}

static void deadlines_follow_each_other_by_the_interval(void **state)
{
	struct pacer p = { 0 };

	(void)state;
	pacer_set(&p, 50);
	for (int i = 0; i < 100; i++)
		/* Whoever asks late or early, the rate stays. */
		assert_int_equal(take_next(&p, i * 19 * MS_NS),
				 i * 20 * MS_NS);
}

static void pause_is_not_made_good(void **state)
{
	struct pacer p = { 0 };

	(void)state;
	pacer_set(&p, 10);
	take_next(&p, 0);
	assert_int_equal(take_next(&p, 60 * S_NS), 60 * S_NS);
	assert_int_equal(take_next(&p, 60 * S_NS), 60 * S_NS + 100 * MS_NS);
}

static void no_rate_is_no_limit(void **state)
{
	struct pacer p = { 0 };

	(void)state;
	pacer_set(&p, 0);
	assert_int_equal(take_next(&p, 7), 7);
	assert_int_equal(take_next(&p, 7), 7);
	assert_int_equal(pacer_room(&p, 7, 8, 99), 99);
}

static void change_of_rate_keeps_the_next_deadline(void **state)
{
	struct pacer p = { 0 };

	(void)state;
	pacer_set(&p, 1);
	take_next(&p, 0);
	pacer_set(&p, 100);
	assert_int_equal(take_next(&p, 0), S_NS);
	assert_int_equal(take_next(&p, 0), S_NS + 10 * MS_NS);
}

static void room_counts_deadlines_up_to_and_with_the_end(void **state)
{
	struct pacer p = { 0 };

	(void)state;
	pacer_set(&p, 100);
	assert_int_equal(pacer_room(&p, 0, 50 * MS_NS, 1000), 6);
	assert_int_equal(pacer_room(&p, 0, 50 * MS_NS, 4), 4);
	pacer_take(&p, 41 * MS_NS);
	assert_int_equal(pacer_room(&p, 0, 50 * MS_NS, 1000), 0);
	assert_int_equal(pacer_room(&p, 0, 51 * MS_NS, 1000), 1);
}

static void what_is_promised_is_no_room(void **state)
{
	struct pacer p = { 0 };

	(void)state;
	pacer_set(&p, 100);
	p.promised = 4;
	assert_int_equal(pacer_room(&p, 0, 50 * MS_NS, 1000), 2);
	p.promised = 9;
	assert_int_equal(pacer_room(&p, 0, 50 * MS_NS, 1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines_follow_each_other_by_the_interval),
		cmocka_unit_test(pause_is_not_made_good),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(change_of_rate_keeps_the_next_deadline),
		cmocka_unit_test(room_counts_deadlines_up_to_and_with_the_end),
		cmocka_unit_test(what_is_promised_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
