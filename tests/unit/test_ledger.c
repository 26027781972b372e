/*
 * test_ledger.c - how far each step was sent and heard.
 * Needs: core/media/ledger.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>

#include "media/ledger.h"

static struct ledger *l;

static int start(void **state)
{
	(void)state;
	l = ledger_new(3, 1);
	ledger_set_pace(l, 160, 0);
	return !l;
}

static int stop(void **state)
{
	(void)state;
	free(l);
	return 0;
}

static void begin(int32_t step, uint64_t at, uint32_t length, uint32_t audible)
{
	const struct ledger_run r = { at, length, audible, 0, step };

	ledger_begin(l, &r);
}

static void packets(int n)
{
	while (n--)
		ledger_packet(l);
}

/* In ms at 8 kHz; -1: it was not begun. */
static int32_t sent(int32_t step, int32_t *heard)
{
	struct cln_played items[3];
	uint32_t n = ledger_report(l, 8000, true, items, 3);

	for (uint32_t i = 0; i < n; i++)
		if (items[i].item == step) {
			if (heard)
				*heard = items[i].confirmed_ms;
			return items[i].sent_ms;
		}
	return -1;
}

static void run_under_way_counts_up_to_now(void **state)
{
	int32_t heard;

	(void)state;
	begin(1, 0, 8000, 8000);
	assert_int_equal(sent(1, NULL), -1);
	packets(3);
	ledger_confirm(l, 2);
	assert_int_equal(sent(1, &heard), 60);
	assert_int_equal(heard, 40);
	assert_int_equal(sent(0, NULL), -1);
}

static void filling_counts_in_no_repetition(void **state)
{
	int32_t heard;

	(void)state;
	begin(0, 0, 320, 200);
	packets(4);
	begin(LEDGER_NONE, 640, 0, 0);
	packets(100);
	ledger_confirm(l, 3);
	assert_int_equal(sent(0, &heard), 50);
	assert_int_equal(heard, 45);
}

static void run_that_begins_within_counts_from_there(void **state)
{
	const struct ledger_run r = { 0, 800, 400, 320, 2 };

	(void)state;
	ledger_begin(l, &r);
	packets(4);				/* 320..400, and then 0..160 */
	assert_int_equal(sent(2, NULL), (80 + 160) / 8);
}

/* Never more than was heard, and what is sent stays exact. */
static void oldest_runs_go_where_reports_are_rare(void **state)
{
	int32_t heard;
	uint64_t at = 0;

	(void)state;
	for (int i = 0; i < 2 * LEDGER_RUNS_MIN; i++, at += 160) {
		begin(i % 2, at, 160, 160);
		packets(1);
	}
	ledger_confirm(l, 2 * LEDGER_RUNS_MIN);
	assert_int_equal(sent(0, &heard), 20 * LEDGER_RUNS_MIN);
	assert_int_equal(heard, 10 * LEDGER_RUNS_MIN);
	begin(2, at, 160, 160);
	packets(1);
	ledger_confirm(l, 2 * LEDGER_RUNS_MIN + 1);
	sent(2, &heard);
	assert_int_equal(heard, 20);
}

/* Twenty steps of 200 ms in one interval of reports. */
static void long_scripts_have_room_for_a_run_of_each_step(void **state)
{
	struct cln_played items[20];

	(void)state;
	free(l);
	l = ledger_new(20, 1);
	ledger_set_pace(l, 160, 0);
	for (int32_t i = 0; i < 20; i++) {
		begin(i, l->position, 1600, 1600);
		packets(10);
	}
	ledger_confirm(l, 200);
	assert_int_equal(ledger_report(l, 8000, true, items, 20), 20);
	for (int i = 0; i < 20; i++)
		assert_int_equal(items[i].confirmed_ms, 200);
}

static void more_rounds_have_more_room_up_to_a_bound(void **state)
{
	int32_t heard;
	uint64_t at = 0;

	(void)state;
	free(l);
	l = ledger_new(2, UINT32_MAX);
	ledger_set_pace(l, 160, 0);
	for (int i = 0; i < 2 * LEDGER_RUNS_MAX; i++, at += 160) {
		begin(i % 2, at, 160, 160);
		packets(1);
	}
	ledger_confirm(l, 2 * LEDGER_RUNS_MAX);
	assert_int_equal(sent(0, &heard), 20 * LEDGER_RUNS_MAX);
	assert_int_equal(heard, 10 * LEDGER_RUNS_MAX);
}

static void what_was_heard_of_a_run_that_goes_stays(void **state)
{
	int32_t heard;

	(void)state;
	begin(0, 0, 8000, 8000);
	packets(10);
	ledger_confirm(l, 4);
	for (int i = 0; i < LEDGER_RUNS_MIN; i++) {
		begin(1, l->position, 160, 160);
		packets(1);
	}
	assert_int_equal(sent(0, &heard), 200);
	assert_int_equal(heard, 80);
}

static void report_of_old_packets_is_read_at_their_pace(void **state)
{
	int32_t heard;

	(void)state;
	begin(0, 0, 80000, 80000);
	packets(4);
	ledger_set_pace(l, 320, 4);
	packets(2);
	ledger_confirm(l, 3);
	sent(0, &heard);
	assert_int_equal(heard, 60);
	ledger_confirm(l, 5);
	sent(0, &heard);
	assert_int_equal(heard, 120);
	ledger_set_pace(l, 160, 6);
	ledger_set_pace(l, 80, 6);
	ledger_confirm(l, 5);			/* too long ago: no news */
	sent(0, &heard);
	assert_int_equal(heard, 120);
	ledger_confirm(l, 1000);
	assert_int_equal(sent(0, &heard), 160);
	assert_int_equal(heard, 160);
}

static void step_without_sound_may_be_noted(void **state)
{
	(void)state;
	ledger_note(l, 2);
	ledger_note(l, LEDGER_NONE);
	assert_int_equal(sent(2, NULL), 0);
	assert_int_equal(sent(0, NULL), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(run_under_way_counts_up_to_now),
		TEST(filling_counts_in_no_repetition),
		TEST(run_that_begins_within_counts_from_there),
		TEST(oldest_runs_go_where_reports_are_rare),
		TEST(long_scripts_have_room_for_a_run_of_each_step),
		TEST(more_rounds_have_more_room_up_to_a_bound),
		TEST(what_was_heard_of_a_run_that_goes_stays),
		TEST(report_of_old_packets_is_read_at_their_pace),
		TEST(step_without_sound_may_be_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
