/*
 * test_gather.c - digits that a script waits for.
 * Needs: core/media/gather.c, playout.c, track.c, script.c, ledger.c; doubles
 * for prompt.c in fake_prompt.h; playout_bench.h.
 */
/* SPDX-License-Identifier: MIT */
#include "playout_bench.h"

#include "base/clock.h"
#include "media/gather.h"

static struct gather *g;
static struct prompt a;
static struct playout p;
static struct cln_gathered got[CLN_GATHERED_MAX];

/* item 0: a recording, 1: a gather, 2: the recording, 3: a gather, 4: again. */
static struct script_step steps[5];

static int begin(void **state)
{
	start(state);
	a = fake_prompt(&fake_g711, bytes, 800);
	memset(steps, 0, sizeof(steps));
	for (int i = 0; i < 5; i++)
		steps[i] = (struct script_step){
			.kind = i % 2 ? SCRIPT_GATHER : SCRIPT_PROMPT,
			.prompt = i % 2 ? NULL : &a,
			.gather = { .digits = 1, .timeout_ms = 1000,
				    .otherwise = CLN_GOTO_NEXT,
				    .on_timeout = CLN_GOTO_NEXT },
		};
	g = gather_new();
	return !g;
}

static int finish(void **state)
{
	free(g);
	return stop(state);
}

static void open_script(void)
{
	write_script(steps, 5, 1);
	cursor(&p, &fake_g711, 20);
}

static void type(const char *digits)
{
	gather_type(g, digits, strlen(digits));
}

static void turn(int64_t ms)
{
	gather_turn(g, &p, false, ms * MS_NS);
}

/* The newest. */
static void expect(int32_t item, int end, const char *digits)
{
	uint32_t n = gather_report(g, got);

	assert_true(n > 0);
	assert_int_equal(got[n - 1].item, item);
	assert_int_equal(got[n - 1].end, end);
	assert_string_equal(got[n - 1].digits, digits);
}

static void gather_is_wanted_where_a_step_waits(void **state)
{
	(void)state;
	open_script();
	assert_true(gather_wanted(script));
	write_script(steps, 1, 1);
	assert_false(gather_wanted(script));
}

static void last_of_the_digits_ends_it(void **state)
{
	(void)state;
	steps[1].gather.digits = 3;
	open_script();
	playout_go(&p, 1);
	turn(0);
	type("12");
	turn(10);
	assert_int_equal(p.at.step, 1);
	type("34");
	turn(20);
	expect(1, CLN_GATHER_DIGITS, "123");
	/* The fourth stays for the next gather. */
	playout_go(&p, 3);
	turn(30);
	expect(3, CLN_GATHER_DIGITS, "4");
}

static void terminator_ends_it_and_is_not_told(void **state)
{
	(void)state;
	steps[1].gather.digits = 9;
	steps[1].gather.terminator = '#';
	open_script();
	playout_go(&p, 1);
	type("42#");
	turn(0);
	expect(1, CLN_GATHER_TERMINATOR, "42");
	playout_go(&p, 1);
	type("#");
	turn(10);
	expect(1, CLN_GATHER_TERMINATOR, "");
}

static void timeout_counts_from_the_beginning_and_from_each_digit(void **state)
{
	(void)state;
	steps[1].gather.digits = 4;
	open_script();
	playout_go(&p, 1);
	turn(5000);
	turn(5999);
	assert_int_equal(p.at.step, 1);
	type("7");
	turn(5999);
	turn(6998);
	assert_int_equal(p.at.step, 1);
	turn(6999);
	expect(1, CLN_GATHER_TIMEOUT, "7");
	assert_int_equal(p.at.step, 2);
	playout_go(&p, 3);
	turn(8000);
	turn(9000);
	expect(3, CLN_GATHER_TIMEOUT, "");
}

static void time_stands_still_while_held(void **state)
{
	(void)state;
	open_script();
	playout_go(&p, 1);
	turn(0);
	gather_turn(g, &p, true, 5000 * MS_NS);
	turn(5999);
	assert_int_equal(p.at.step, 1);
	turn(6000);
	expect(1, CLN_GATHER_TIMEOUT, "");
}

static void digits_choose_where_it_goes_on(void **state)
{
	static const struct {
		const char *digits;
		int32_t step;
	} ways[] = { { "12", 4 }, { "1#", 0 }, { "99", 5 }, { "77", 2 } };
	struct cln_gather *w = &steps[1].gather;

	(void)state;
	w->digits = 2;
	w->terminator = '#';
	w->n_branches = 3;
	w->branches[0] = (__typeof__(w->branches[0])){ "12", 4 };
	w->branches[1] = (__typeof__(w->branches[0])){ "1", 0 };
	w->branches[2] = (__typeof__(w->branches[0])){ "99", CLN_GOTO_STOP };
	w->otherwise = 2;
	w->on_timeout = 3;
	open_script();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		playout_go(&p, 1);
		type(ways[i].digits);
		turn(0);
		assert_int_equal(p.at.step, ways[i].step);
	}
	playout_go(&p, 1);
	turn(0);
	turn(1000);
	assert_int_equal(p.at.step, 3);
}

static void digits_typed_ahead_count_and_are_bounded(void **state)
{
	char many[CLN_DIGITS_MAX + 9];

	(void)state;
	open_script();
	say(&p, 1);
	type("8");
	turn(0);
	assert_int_equal(p.at.step, 0);		/* nothing is cut short */
	playout_go(&p, 1);
	turn(10);
	expect(1, CLN_GATHER_DIGITS, "8");
	memset(many, '5', sizeof(many));
	gather_type(g, many, sizeof(many));
	assert_int_equal(g->n_typed, CLN_DIGITS_MAX);
}

static void digit_cuts_short_what_plays_before(void **state)
{
	struct cln_played items[5];

	(void)state;
	steps[1].gather.interrupt = steps[3].gather.interrupt = 1;
	open_script();
	say(&p, 2);
	turn(0);
	assert_int_equal(p.at.step, 0);
	type("12");
	turn(10);				/* through both of them */
	assert_int_equal(gather_report(g, got), 2);
	assert_string_equal(got[0].digits, "1");
	assert_string_equal(got[1].digits, "2");
	assert_int_equal(p.at.step, 4);
	say(&p, 1);
	assert_int_equal(ledger_report(ledger, 8000, false, items, 5), 4);
	assert_int_equal(items[0].sent_ms, 40);
	assert_int_equal(items[1].item, 1);
	assert_int_equal(items[1].sent_ms, 0);
	assert_int_equal(items[2].item, 3);	/* item 2 was never begun */
}

static void hangup_is_told_of_what_waits(void **state)
{
	(void)state;
	steps[1].gather.digits = 4;
	open_script();
	gather_end(g, &p, 0);
	assert_int_equal(gather_report(g, got), 0);
	playout_go(&p, 1);
	type("31");
	turn(0);
	gather_end(g, &p, 0);
	expect(1, CLN_GATHER_HANGUP, "31");
	gather_end(g, &p, 0);
	assert_int_equal(gather_report(g, got), 1);
}

static void digits_before_a_hangup_count(void **state)
{
	(void)state;
	steps[1].gather.digits = 2;
	steps[1].gather.interrupt = 1;
	open_script();
	turn(0);
	type("31");				/* cuts the recording short */
	gather_end(g, &p, 10 * MS_NS);
	expect(1, CLN_GATHER_DIGITS, "31");
	assert_int_equal(p.at.step, 2);
}

static void hangup_is_no_timeout(void **state)
{
	(void)state;
	open_script();
	playout_go(&p, 1);
	turn(0);
	gather_end(g, &p, 5000 * MS_NS);
	expect(1, CLN_GATHER_HANGUP, "");
}

static void last_ones_are_kept_in_order(void **state)
{
	(void)state;
	steps[1].gather.otherwise = 1;
	open_script();
	playout_go(&p, 1);
	for (int i = 0; i < CLN_GATHERED_MAX + 3; i++) {
		char digit[2] = { (char)('0' + i % 10), '\0' };

		type(digit);
		turn(i);
	}
	assert_int_equal(gather_report(g, got), CLN_GATHERED_MAX);
	for (int i = 0; i < CLN_GATHERED_MAX; i++)
		assert_int_equal(got[i].digits[0], '0' + (i + 3) % 10);
}

static void script_that_leads_back_for_ever_is_ended(void **state)
{
	(void)state;
	steps[1].gather.timeout_ms = 0;
	steps[1].gather.on_timeout = 1;
	open_script();
	playout_go(&p, 1);
	turn(0);
	assert_true(playout_at_end(&p));
	assert_int_equal(g->n_ended, GATHER_ENDS_MAX);
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(gather_is_wanted_where_a_step_waits),
		RULE(last_of_the_digits_ends_it),
		RULE(terminator_ends_it_and_is_not_told),
		RULE(timeout_counts_from_the_beginning_and_from_each_digit),
		RULE(time_stands_still_while_held),
		RULE(digits_choose_where_it_goes_on),
		RULE(digits_typed_ahead_count_and_are_bounded),
		RULE(digit_cuts_short_what_plays_before),
		RULE(hangup_is_told_of_what_waits),
		RULE(digits_before_a_hangup_count),
		RULE(hangup_is_no_timeout),
		RULE(last_ones_are_kept_in_order),
		RULE(script_that_leads_back_for_ever_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
