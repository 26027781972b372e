/*
 * test_timer.c - a heap of one-shot timers on a virtual clock.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/random.h"
#include "base/timer.h"

static struct clock now;
static struct timers ts;
static int fired[1000], n_fired;

static void note(struct timer *t)
{
	assert_false(timer_pending(t));
	fired[n_fired++] = *(int *)t->arg;
}

static int setup(void **state)
{
	(void)state;
	clock_virtual(&now, S_NS, 0);
	timers_init(&ts, &now);
	n_fired = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	timers_deinit(&ts);
	return 0;
}

static void timers_fire_in_order_when_due(void **state)
{
	int ids[] = { 0, 1, 2 };
	struct timer t[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		timer_init(&t[i], note, &ids[i]);
	timer_set_ms(&ts, &t[0], 30);
	timer_set_ms(&ts, &t[1], 10);
	timer_set_ms(&ts, &t[2], 20);
	assert_int_equal(timers_next_ns(&ts), S_NS + 10 * MS_NS);
	assert_int_equal(timers_run(&ts), S_NS + 10 * MS_NS);
	assert_int_equal(n_fired, 0);
	clock_advance(&now, 20 * MS_NS);
	assert_int_equal(timers_run(&ts), S_NS + 30 * MS_NS);
	assert_int_equal(n_fired, 2);
	clock_advance(&now, 10 * MS_NS);
	assert_true(timers_run(&ts) == INT64_MAX);
	assert_int_equal(fired[0], 1);
	assert_int_equal(fired[1], 2);
	assert_int_equal(fired[2], 0);
}

static void timer_stopped_does_not_fire(void **state)
{
	int id = 1;
	struct timer t;

	(void)state;
	timer_init(&t, note, &id);
	timer_stop(&ts, &t);
	timer_set_ms(&ts, &t, 1);
	assert_true(timer_pending(&t));
	timer_stop(&ts, &t);
	assert_false(timer_pending(&t));
	clock_advance(&now, S_NS);
	timers_run(&ts);
	assert_int_equal(n_fired, 0);
}

static void timer_set_again_moves(void **state)
{
	int id = 1;
	struct timer t;

	(void)state;
	timer_init(&t, note, &id);
	timer_set_ms(&ts, &t, 10);
	timer_set_ms(&ts, &t, 500);
	clock_advance(&now, 100 * MS_NS);
	timers_run(&ts);
	assert_int_equal(n_fired, 0);
	timer_set_ms(&ts, &t, 0);
	timers_run(&ts);
	assert_int_equal(n_fired, 1);
	assert_int_equal(ts.n, 0);
}

static void again(struct timer *t)
{
	n_fired++;
	timer_set_ms(&ts, t, 0);
}

static void timer_that_sets_itself_to_now_does_not_lock_up(void **state)
{
	struct timer t;

	(void)state;
	timer_init(&t, again, NULL);
	timer_set_ms(&ts, &t, 0);
	assert_int_equal(timers_run(&ts), S_NS);
	assert_int_equal(n_fired, 1);
	timers_run(&ts);
	assert_int_equal(n_fired, 2);
}

static void free_owner(struct timer *t)
{
	free(t);
	n_fired++;
}

static void timer_may_free_its_owner(void **state)
{
	struct timer *t = malloc(sizeof(*t));

	(void)state;
	assert_non_null(t);
	timer_init(t, free_owner, NULL);
	timer_set_ms(&ts, t, 0);
	timers_run(&ts);
	assert_int_equal(n_fired, 1);
}

static struct timer victim;

static void stop_victim(struct timer *t)
{
	(void)t;
	timer_stop(&ts, &victim);
}

static void timer_may_stop_another_that_is_due(void **state)
{
	int id = 1;
	struct timer t;

	(void)state;
	timer_init(&t, stop_victim, NULL);
	timer_init(&victim, note, &id);
	timer_set_ms(&ts, &t, 1);
	timer_set_ms(&ts, &victim, 2);
	clock_advance(&now, S_NS);
	timers_run(&ts);
	assert_int_equal(n_fired, 0);
}

static void timer_far_away_does_not_overflow(void **state)
{
	int id = 1;
	struct timer t;

	(void)state;
	timer_init(&t, note, &id);
	assert_int_equal(timer_set_ms(&ts, &t, INT64_MAX), 0);
	timers_run(&ts);
	assert_int_equal(n_fired, 0);
	timer_stop(&ts, &t);
}

static void timers_keep_order_under_random_changes(void **state)
{
	static struct timer t[500];
	static int ids[500];
	struct random r;

	(void)state;
	random_seeded(&r, 3);
	for (int i = 0; i < 500; i++) {
		ids[i] = i;
		timer_init(&t[i], note, &ids[i]);
	}
	for (int i = 0; i < 20000; i++) {
		struct timer *one = &t[random_below(&r, 500)];

		if (random_below(&r, 3))
			timer_set_ms(&ts, one, random_below(&r, 1000));
		else
			timer_stop(&ts, one);
	}
	for (size_t i = 2; i <= ts.n; i++)
		assert_true(ts.heap[i / 2]->at_ns <= ts.heap[i]->at_ns);
	clock_advance(&now, S_NS);
	timers_run(&ts);
	assert_int_equal(ts.n, 0);
	for (int i = 1; i < n_fired; i++)
		assert_true(t[fired[i - 1]].at_ns <= t[fired[i]].at_ns);
}

static void timers_deinit_stops_what_is_left(void **state)
{
	struct timer t;

	(void)state;
	timer_init(&t, note, NULL);
	timer_set_ms(&ts, &t, 1);
	timers_deinit(&ts);
	assert_false(timer_pending(&t));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(timers_fire_in_order_when_due),
		T(timer_stopped_does_not_fire),
		T(timer_set_again_moves),
		T(timer_that_sets_itself_to_now_does_not_lock_up),
		T(timer_may_free_its_owner),
		T(timer_may_stop_another_that_is_due),
		T(timer_far_away_does_not_overflow),
		T(timers_keep_order_under_random_changes),
		T(timers_deinit_stops_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
