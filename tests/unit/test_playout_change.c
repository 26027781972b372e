/*
 * test_playout_change.c - a cursor of another codec or packet time takes over,
 * and what is reported stays right.
 * Needs: as test_playout.c.
 */
/* SPDX-License-Identifier: MIT */
#include "playout_bench.h"

static void other_codec_goes_on_at_the_very_sample(void **state)
{
	uint8_t high[BIG], got[BIG];
	struct prompt a = both(high, bytes, 250);
	struct prompt b = both(high + 250, bytes + 250, 710);
	struct prompt *list[] = { &a, &b };
	struct playout p, q, r;

	(void)state;
	write_prompts(list, 2);
	cursor(&p, &fake_g711, 20);
	spare(&q, &fake_alaw, 30);
	spare(&r, &fake_g711, 20);
	say(&p, 2);
	playout_take_over(&q, &p, 2);
	assert_int_equal(playout_peek(&q, got), 240);
	assert_memory_equal(got, high + 320, 240);
	playout_advance(&q);
	playout_take_over(&r, &q, 3);
	assert_int_equal(play_all(&r, got, 160), 480);
	assert_memory_equal(got, bytes + 560, 400);
}

static void frame_codec_says_the_frame_again_that_was_begun(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 500);
	struct prompt *list[] = { &a };
	uint8_t got[BIG];
	struct playout p, q, r;

	(void)state;
	a.too = fake_frames(&fake_g729, bytes + 500, 110);	/* + 40 ms */
	a.too.samples = 500;
	write_prompts(list, 1);
	cursor(&p, &fake_g711, 25);
	spare(&q, &fake_g729, 20);
	spare(&r, &fake_g711, 20);
	say(&p, 1);					/* 25 ms of it */
	playout_take_over(&q, &p, 1);
	assert_int_equal(playout_peek(&q, got), 20);
	assert_memory_equal(got, bytes + 520, 20);	/* from 20 ms on */
	playout_advance(&q);
	playout_take_over(&r, &q, 2);			/* at 40 ms */
	assert_int_equal(playout_peek(&r, got), 160);
	assert_memory_equal(got, bytes + 320, 160);
}

static void silence_behind_an_item_has_no_counterpart(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 160);
	struct prompt b = fake_prompt(&fake_g711, bytes + 160, 160);
	struct prompt *list[] = { &a, &b };
	uint8_t got[BIG];
	struct playout p, q;

	(void)state;
	a.too = fake_frames(&fake_g729, bytes, 60);	/* 20 ms and 40 more */
	a.too.samples = 160;
	b.too = a.too;
	write_prompts(list, 2);
	cursor(&p, &fake_g729, 20);
	spare(&q, &fake_g711, 20);
	say(&p, 2);
	playout_take_over(&q, &p, 2);
	assert_int_equal(playout_peek(&q, got), 160);
	assert_memory_equal(got, bytes + 160, 160);
	say(&p, 3);
	playout_take_over(&q, &p, 5);
	assert_true(playout_at_end(&q));
}

static void place_in_repeats_and_rounds_is_kept(void **state)
{
	uint8_t high[BIG], got[BIG];
	struct prompt a = both(high, bytes, 160);
	struct script_step steps[] = { { .prompt = &a, .times = 3 } };
	struct playout p, q;

	(void)state;
	write_script(steps, 1, 2);
	cursor(&p, &fake_g711, 20);
	spare(&q, &fake_alaw, 10);
	say(&p, 4);
	playout_take_over(&q, &p, 4);
	assert_int_equal(play_all(&q, got, 80), 320);
	assert_memory_equal(got, high, 160);
	assert_memory_equal(got + 160, high, 160);
}

static void event_under_way_goes_on_in_whole_packets(void **state)
{
	static const struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "12" },
	};
	struct playout p, q;

	(void)state;
	write_script(steps, 1, 1);
	cursor(&p, &fake_g711, 20);
	spare(&q, &fake_g711, 30);
	say(&p, 4);				/* 80 of 200 ms: 90 of 210 */
	playout_take_over(&q, &p, 4);
	for (int n = 0; n < 4; n++) {
		assert_int_equal(playout_event(&q), 0);
		say(&q, 1);
	}
	assert_int_equal(playout_event(&q), '2');
	say(&q, 7);
	assert_true(playout_at_end(&q));
}

/* A digit that was begun is not said again. */
static void digits_go_on_as_sound_or_as_events(void **state)
{
	static uint8_t tones[4800];
	struct prompt a = fake_prompt(&fake_g711, tones, 4800);
	struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "123", .prompt = &a,
		  .times = 2 },
	};
	struct playout p, q, r;

	(void)state;
	write_script(steps, 1, 1);
	cursor(&p, &fake_g711, 20);
	assert_int_equal(try_cursor(&q, &fake_g711, 20, false), 0);
	spare(&r, &fake_g711, 20);
	say(&p, 30 + 10);			/* 1 2 3, 1 */
	playout_take_over(&q, &p, 40);
	assert_int_equal(q.at.repeat, 1);
	assert_int_equal(q.at.frame, 1600);
	say(&q, 3);				/* 2 has begun */
	playout_take_over(&r, &q, 43);
	assert_int_equal(playout_event(&r), '3');
	say(&r, 10);
	assert_true(playout_at_end(&r));
}

/* ---- reports ------------------------------------------------------------- */

static void report_says_how_far_each_item_was_sent_and_confirmed(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 240);
	struct prompt b = fake_prompt(&fake_g711, bytes, 400);
	struct prompt *list[] = { &a, &b, &b };
	struct cln_played items[3];
	struct playout p;

	(void)state;
	write_prompts(list, 3);
	cursor(&p, &fake_g711, 20);
	assert_int_equal(ledger_report(ledger, 8000, false, items, 3), 0);
	say(&p, 3);
	assert_int_equal(ledger_report(ledger, 8000, false, items, 3), 2);
	assert_int_equal(items[0].item, 0);
	assert_int_equal(items[0].sent_ms, 30);
	assert_int_equal(items[0].confirmed_ms, -1);
	assert_int_equal(items[1].sent_ms, 30);
	assert_int_equal(ledger_report(ledger, 8000, true, items, 3), 2);
	assert_int_equal(items[0].confirmed_ms, 0);
	ledger_confirm(ledger, 2);
	assert_int_equal(ledger_report(ledger, 8000, true, items, 3), 2);
	assert_int_equal(items[0].confirmed_ms, 30);
	assert_int_equal(items[1].confirmed_ms, 10);
	assert_int_equal(ledger_report(ledger, 8000, true, items, 1), 1);
	say(&p, 4);
	ledger_confirm(ledger, 7);
	assert_int_equal(ledger_report(ledger, 8000, true, items, 3), 3);
	assert_int_equal(items[2].sent_ms, 50);
	assert_int_equal(items[2].confirmed_ms, 50);
}

static void report_leaves_out_what_only_fills_up(void **state)
{
	struct prompt a = fake_prompt(&fake_g729, bytes, 30);
	struct script_step steps[] = { { .prompt = &a, .times = 3 } };
	struct cln_played item;
	struct playout p;

	(void)state;
	a.frames.samples = 200;			/* 25 of 30 ms */
	write_script(steps, 1, 1);
	cursor(&p, &fake_g729, 20);
	say(&p, 3);				/* twice */
	ledger_confirm(ledger, 2);		/* 40 ms: 25 and 10 */
	assert_int_equal(ledger_report(ledger, 8000, true, &item, 1), 1);
	assert_int_equal(item.sent_ms, 50);
	assert_int_equal(item.confirmed_ms, 35);
	say(&p, 2);
	assert_int_equal(ledger_report(ledger, 8000, true, &item, 1), 1);
	assert_int_equal(item.sent_ms, 75);
}

static void report_counts_across_codecs_and_packet_times(void **state)
{
	uint8_t high[BIG];
	struct prompt a = both(high, bytes, 400);
	struct prompt b = both(high + 400, bytes + 400, 600);
	struct prompt *list[] = { &a, &b };
	struct cln_played items[2];
	struct playout p, q;

	(void)state;
	write_prompts(list, 2);
	cursor(&p, &fake_g711, 20);
	spare(&q, &fake_alaw, 30);
	say(&p, 2);				/* 320 of 400 */
	playout_take_over(&q, &p, 2);
	say(&q, 2);				/* 800: all of a, half of b */
	assert_int_equal(ledger_report(ledger, 8000, false, items, 2), 2);
	assert_int_equal(items[0].sent_ms, 50);
	assert_int_equal(items[1].sent_ms, 50);
	ledger_confirm(ledger, 1);
	assert_int_equal(ledger_report(ledger, 8000, true, items, 2), 2);
	assert_int_equal(items[0].confirmed_ms, 20);
	assert_int_equal(items[1].confirmed_ms, 0);
	ledger_confirm(ledger, 3);
	assert_int_equal(ledger_report(ledger, 8000, true, items, 2), 2);
	assert_int_equal(items[0].confirmed_ms, 50);
	assert_int_equal(items[1].confirmed_ms, 20);
	ledger_confirm(ledger, 99);
	ledger_confirm(ledger, 2);		/* nothing is taken back */
	assert_int_equal(ledger_report(ledger, 8000, true, items, 2), 2);
	assert_int_equal(items[1].confirmed_ms, 50);
}

static void report_adds_up_what_is_played_again(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 400);
	struct prompt b = fake_prompt(&fake_g711, bytes, 80);
	struct prompt *list[] = { &a, &b };
	struct cln_played items[2];
	struct playout p;

	(void)state;
	write_prompts(list, 2);
	cursor(&p, &fake_g711, 20);
	say(&p, 2);
	playout_go(&p, 0);			/* from the beginning */
	say(&p, 3);
	assert_true(playout_at_end(&p));
	ledger_confirm(ledger, 3);
	assert_int_equal(ledger_report(ledger, 8000, true, items, 2), 2);
	assert_int_equal(items[0].sent_ms, 90);
	assert_int_equal(items[0].confirmed_ms, 60);
	assert_int_equal(items[1].sent_ms, 10);
	assert_int_equal(items[1].confirmed_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(other_codec_goes_on_at_the_very_sample),
		TEST(frame_codec_says_the_frame_again_that_was_begun),
		TEST(silence_behind_an_item_has_no_counterpart),
		TEST(place_in_repeats_and_rounds_is_kept),
		TEST(event_under_way_goes_on_in_whole_packets),
		TEST(digits_go_on_as_sound_or_as_events),
		TEST(report_says_how_far_each_item_was_sent_and_confirmed),
		TEST(report_leaves_out_what_only_fills_up),
		TEST(report_counts_across_codecs_and_packet_times),
		TEST(report_adds_up_what_is_played_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
