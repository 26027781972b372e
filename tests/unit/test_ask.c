/*
 * test_ask.c - questions from the threads of apps to the signalling thread.
 * Needs: libcarillon.a, app_bench.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "app_bench.h"

static void nothing(struct ask *a)
{
	ask_done(a, 0);
}

static void many_asks(struct app *a)
{
	for (int i = 0; i < 1000 && !a->err; i++) {
		struct ask ask = { 0 };

		a->err = ask_run(x, &ask, nothing);
		a->n++;
	}
}

static void asks_of_many_threads_are_all_answered(void **state)
{
	struct app apps[4] = { { .err = 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(apps); i++)
		app_start(&apps[i], many_asks);
	for (size_t i = 0; i < ARRAY_LEN(apps); i++) {
		app_join(&apps[i]);
		assert_int_equal(apps[i].err, 0);
		assert_int_equal(apps[i].n, 1000);
	}
}

static void ask_once(struct app *a)
{
	struct ask ask = { 0 };

	a->err = ask_run(x, &ask, nothing);
}

static void ask_of_a_closed_loop_is_refused(void **state)
{
	struct app a = { .err = 1 };

	(void)state;
	inbox_close(loop_inbox(x->cfg.loop));
	app_run(&a, ask_once);
	assert_int_equal(a.err, -ESHUTDOWN);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(asks_of_many_threads_are_all_answered),
		RULE(ask_of_a_closed_loop_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
