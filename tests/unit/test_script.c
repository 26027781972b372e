/*
 * test_script.c - a playlist as steps: references and how long it takes.
 * Needs: core/media/script.c; doubles for prompt.c in fake_prompt.h.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "fake_prompt.h"

static uint8_t bytes[8000];

static void references_are_taken_and_given_back(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 800);
	struct prompt quiet = fake_prompt(&fake_g711, bytes, 80);
	struct script_step steps[] = {
		{ .prompt = &a }, { .kind = SCRIPT_PAUSE }, { .prompt = &a },
	};
	struct script *s;

	(void)state;
	assert_int_equal(script_new(&s, steps, 3, 0, &quiet), 0);
	assert_int_equal(s->rounds, 1);
	assert_int_equal(a.refs, 2);
	assert_int_equal(quiet.refs, 1);
	script_unref(script_ref(s));
	assert_int_equal(a.refs, 2);
	script_unref(s);
	script_unref(NULL);
	assert_int_equal(a.refs, 0);
	assert_int_equal(quiet.refs, 0);
}

static void more_steps_than_a_playlist_has_are_refused(void **state)
{
	static const struct script_step steps[CLN_ITEMS_MAX + 1];
	struct script *s;

	(void)state;
	assert_int_equal(script_new(&s, steps, CLN_ITEMS_MAX + 1, 1, NULL),
			 -E2BIG);
	assert_int_equal(script_new(&s, NULL, 0, 1, NULL), 0);
	assert_int_equal(script_duration_ms(s), 0);
	script_unref(s);
}

static int64_t duration(const struct script_step *steps, size_t n,
			uint32_t rounds)
{
	struct script *s;
	int64_t ms;

	assert_int_equal(script_new(&s, steps, n, rounds, NULL), 0);
	ms = script_duration_ms(s);
	script_unref(s);
	return ms;
}

static void duration_counts_every_repetition(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 800);
	struct script_step steps[] = {
		{ .prompt = &a, .times = 3 },
		{ .kind = SCRIPT_PAUSE, .pause_ms = 500, .times = 2 },
		{ .kind = SCRIPT_DTMF, .digits = "12" },
		{ .kind = SCRIPT_GATHER, .times = 9,
		  .gather = { .digits = 2, .timeout_ms = 3000,
			      .otherwise = CLN_GOTO_NEXT,
			      .on_timeout = CLN_GOTO_STOP } },
	};

	(void)state;
	assert_int_equal(duration(steps, 4, 2),
			 2 * (300 + 1000 + 400 + 6000));
	assert_true(duration(steps, 4, UINT32_MAX) > INT32_MAX);
	steps[1].pause_ms = steps[1].times = UINT32_MAX;
	assert_true(duration(steps, 4, UINT32_MAX) > INT32_MAX);
}

static void nobody_knows_how_long_where_a_choice_leads_back(void **state)
{
	struct script_step steps[] = {
		{ .kind = SCRIPT_PAUSE, .pause_ms = 500 },
		{ .kind = SCRIPT_GATHER,
		  .gather = { .digits = 1, .timeout_ms = 1000,
			      .n_branches = 1, .branches = { { "1", 2 } },
			      .otherwise = 2, .on_timeout = 2 } },
		{ .kind = SCRIPT_PAUSE, .pause_ms = 500 },
	};
	struct cln_gather *g = &steps[1].gather;

	(void)state;
	assert_int_equal(duration(steps, 3, 1), 2000);
	g->branches[0].go = 1;
	assert_int_equal(duration(steps, 3, 1), -1);
	g->branches[0].go = 2;
	g->otherwise = 0;
	assert_int_equal(duration(steps, 3, 1), -1);
	g->otherwise = CLN_GOTO_STOP;
	g->on_timeout = 1;
	assert_int_equal(duration(steps, 3, 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_are_taken_and_given_back),
		cmocka_unit_test(more_steps_than_a_playlist_has_are_refused),
		cmocka_unit_test(duration_counts_every_repetition),
		cmocka_unit_test(nobody_knows_how_long_where_a_choice_leads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
