/*
 * test_playout.c - a cursor over a script: recordings in a row.
 * Needs: core/media/playout.c, script.c, ledger.c; doubles for prompt.c in
 * fake_prompt.h; playout_bench.h.
 */
/* SPDX-License-Identifier: MIT */
#include "playout_bench.h"

static void stateless_packets_cross_items_and_only_the_last_is_padded(
	void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 250);
	struct prompt b = fake_prompt(&fake_g711, bytes + 250, 7);
	struct prompt c = fake_prompt(&fake_g711, bytes + 257, 400);
	struct prompt *list[] = { &a, &b, &c };
	uint8_t got[BIG];
	struct playout p;

	(void)state;
	write_prompts(list, 3);
	cursor(&p, &fake_g711, 20);
	assert_int_equal(p.track.framing.packet_ms, 20);
	assert_int_equal(p.track.framing.packet_units, 160);
	assert_int_equal(p.track.framing.payload_max, 160);
	assert_int_equal(play_all(&p, got, 160), 800);
	assert_memory_equal(got, bytes, 657);
	expect_all(got + 657, 0xff, 800 - 657);
}

static void no_padding_where_the_playlist_fills_its_packets(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 100);
	struct prompt b = fake_prompt(&fake_g711, bytes + 100, 220);
	struct prompt *list[] = { &a, &b };
	uint8_t got[BIG];
	struct playout p;

	(void)state;
	write_prompts(list, 2);
	cursor(&p, &fake_g711, 20);
	assert_int_equal(play_all(&p, got, 160), 320);
	assert_memory_equal(got, bytes, 320);
}

static void peeking_again_gives_the_same(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 500);
	struct prompt *list[] = { &a, &a };
	uint8_t one[160], two[160];
	struct playout p;

	(void)state;
	write_prompts(list, 2);
	cursor(&p, &fake_g711, 20);
	playout_peek(&p, one);
	playout_peek(&p, two);
	assert_memory_equal(one, two, 160);
	playout_advance(&p);
	playout_peek(&p, two);
	assert_memory_equal(two, bytes + 160, 160);
}

static void frame_codec_sends_whole_frames_and_a_shorter_last_packet(
	void **state)
{
	struct prompt a = fake_prompt(&fake_g729, bytes, 30);
	struct prompt b = fake_prompt(&fake_g729, bytes + 30, 20);
	struct prompt *list[] = { &a, &b };
	uint8_t got[64];
	struct playout p;

	(void)state;
	write_prompts(list, 2);
	cursor(&p, &fake_g729, 20);
	for (size_t at = 0; at < 40; at += 20) {
		assert_int_equal(playout_peek(&p, got), 20);
		assert_memory_equal(got, bytes + at, 20);
		playout_advance(&p);
	}
	assert_int_equal(playout_peek(&p, got), 10);
	assert_memory_equal(got, bytes + 40, 10);
	playout_advance(&p);
	assert_int_equal(playout_peek(&p, got), 0);
}

static void frames_of_different_length_go_by_their_offsets(void **state)
{
	static const uint32_t offsets[] = { 0, 10, 12, 22, 24 };
	struct prompt a = fake_prompt(&fake_g729, bytes, 24);
	struct prompt *list[] = { &a };
	uint8_t got[64];
	struct playout p;

	(void)state;
	a.frames.offsets = offsets;
	a.frames.n_frames = 4;
	write_prompts(list, 1);
	cursor(&p, &fake_g729, 20);
	assert_int_equal(playout_peek(&p, got), 12);
	playout_advance(&p);
	assert_int_equal(playout_peek(&p, got), 12);
	assert_memory_equal(got, bytes + 12, 12);
}

static void items_without_sound_are_stepped_over(void **state)
{
	struct prompt none = fake_prompt(&fake_g711, bytes, 0);
	struct prompt a = fake_prompt(&fake_g711, bytes, 160);
	struct prompt *list[] = { &none, &a, &none };
	struct script_step steps[] = { { .prompt = &none }, { .prompt = &none } };
	uint8_t got[160];
	struct playout p;

	(void)state;
	write_prompts(list, 3);
	cursor(&p, &fake_g711, 20);
	assert_int_equal(play_all(&p, got, 160), 160);
	write_prompts(list, 1);
	cursor(&p, &fake_g711, 20);
	assert_true(playout_at_end(&p));
	write_prompts(NULL, 0);
	cursor(&p, &fake_g711, 20);
	assert_true(playout_at_end(&p));
	/* However often. */
	write_script(steps, 2, UINT32_MAX);
	cursor(&p, &fake_g711, 20);
	assert_true(playout_at_end(&p));
}

/* ---- again and again ----------------------------------------------------- */

static void repeats_and_rounds_join_without_a_gap(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 70);
	struct prompt b = fake_prompt(&fake_g711, bytes + 70, 30);
	struct script_step steps[] = {
		{ .prompt = &a, .times = 2 }, { .prompt = &b },
	};
	uint8_t got[BIG];
	struct playout p;

	(void)state;
	write_script(steps, 2, 2);
	cursor(&p, &fake_g711, 20);
	assert_int_equal(play_all(&p, got, 160), 480);
	for (size_t round = 0; round < 2; round++) {
		const uint8_t *at = got + round * 170;

		assert_memory_equal(at, bytes, 70);
		assert_memory_equal(at + 70, bytes, 100);
	}
	expect_all(got + 340, 0xff, 140);
}

static void pause_is_exact_where_frames_are_samples(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 50);
	struct script_step steps[] = {
		{ .prompt = &a },
		{ .kind = SCRIPT_PAUSE, .pause_ms = 30, .times = 2 },
		{ .prompt = &a },
	};
	uint8_t got[BIG];
	struct playout p;

	(void)state;
	write_script(steps, 3, 1);
	cursor(&p, &fake_g711, 20);
	assert_int_equal(play_all(&p, got, 160), 640);
	assert_memory_equal(got, bytes, 50);
	expect_all(got + 50, 0xfe, 480);
	assert_memory_equal(got + 530, bytes, 50);
	expect_all(got + 580, 0xff, 60);
}

static void pause_is_rounded_up_to_whole_frames(void **state)
{
	struct prompt a = fake_prompt(&fake_g729, bytes, 10);
	struct script_step steps[] = {
		{ .kind = SCRIPT_PAUSE, .pause_ms = 65 }, { .prompt = &a },
	};
	struct cln_played items[2];
	uint8_t got[BIG];
	struct playout p;

	(void)state;
	write_script(steps, 2, 1);
	cursor(&p, &fake_g729, 20);
	assert_int_equal(play_all(&p, got, 20), 80);
	expect_all(got, 0xfe, 70);		/* five frames, looped */
	assert_memory_equal(got + 70, bytes, 10);
	assert_int_equal(ledger_report(ledger, 8000, false, items, 2), 2);
	assert_int_equal(items[0].sent_ms, 65);
}

/* ---- digits -------------------------------------------------------------- */

static void digits_as_sound_are_a_recording(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 100);
	struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "12", .prompt = &a },
	};
	uint8_t got[BIG];
	struct playout p;

	(void)state;
	write_script(steps, 1, 1);
	assert_int_equal(try_cursor(&p, &fake_g711, 20, false), 0);
	playout_start(&p);
	assert_int_equal(playout_event(&p), 0);
	assert_int_equal(play_all(&p, got, 160), 160);
	assert_memory_equal(got, bytes, 100);
}

/* The packet before them is filled up, and each digit takes 200 ms or more. */
static void digits_as_events_take_whole_packets(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 200);
	struct script_step steps[] = {
		{ .prompt = &a },
		{ .kind = SCRIPT_DTMF, .digits = "1#", .times = 2 },
		{ .prompt = &a },
	};
	struct cln_played items[3];
	uint8_t got[160];
	struct playout p;

	(void)state;
	write_script(steps, 3, 1);
	cursor(&p, &fake_g711, 20);
	say(&p, 1);
	assert_int_equal(playout_peek(&p, got), 160);
	assert_memory_equal(got, bytes + 160, 40);
	expect_all(got + 40, 0xff, 120);
	playout_advance(&p);
	for (int digit = 0; digit < 4; digit++)
		for (int n = 0; n < 10; n++) {
			assert_int_equal(playout_event(&p),
					 n ? 0 : "1#"[digit % 2]);
			say(&p, 1);
		}
	assert_int_equal(playout_event(&p), 0);
	playout_peek(&p, got);
	assert_memory_equal(got, bytes, 160);
	say(&p, 2);
	assert_int_equal(ledger_report(ledger, 8000, false, items, 3), 3);
	assert_int_equal(items[0].sent_ms, 25);
	assert_int_equal(items[1].sent_ms, 800);
	assert_int_equal(items[2].sent_ms, 25);
}

static void long_packets_leave_room_for_an_event_and_a_gap(void **state)
{
	static const struct script_step steps[] = {
		{ .kind = SCRIPT_DTMF, .digits = "9" },
	};
	struct playout p;

	(void)state;
	write_script(steps, 1, 1);
	cursor(&p, &fake_g711, 60);
	say(&p, 2 + DTMF_ENDS);		/* 60, 120 and its end twice more, gap */
	assert_true(playout_at_end(&p));
}

/* ---- gathers ------------------------------------------------------------- */

static void gather_is_silence_until_somebody_goes_on(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 240);
	struct script_step steps[] = {
		{ .prompt = &a }, { .kind = SCRIPT_GATHER }, { .prompt = &a },
	};
	struct cln_played items[3];
	uint8_t got[160];
	struct playout p;

	(void)state;
	write_script(steps, 3, 1);
	cursor(&p, &fake_g711, 20);
	say(&p, 1);
	assert_int_equal(playout_step(&p)->kind, SCRIPT_PROMPT);
	assert_int_equal(playout_peek(&p, got), 160);
	assert_memory_equal(got, bytes + 160, 80);
	expect_all(got + 80, 0xfe, 80);
	playout_advance(&p);
	assert_int_equal(playout_step(&p)->kind, SCRIPT_GATHER);
	say(&p, 1000);
	assert_int_equal(playout_step(&p)->kind, SCRIPT_GATHER);
	playout_go(&p, CLN_GOTO_NEXT);
	playout_peek(&p, got);
	assert_memory_equal(got, bytes, 160);
	say(&p, 1);
	playout_go(&p, 1);
	playout_go(&p, 0);
	say(&p, 1);
	playout_go(&p, CLN_GOTO_STOP);
	assert_true(playout_at_end(&p));
	assert_int_equal(playout_peek(&p, got), 0);
	assert_int_equal(ledger_report(ledger, 8000, false, items, 3), 3);
	assert_int_equal(items[0].sent_ms, 50);
	assert_int_equal(items[1].sent_ms, 20010);
	assert_int_equal(items[2].sent_ms, 20);
}

static void digit_leaves_for_the_next_gather_that_wants_it(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 500);
	struct script_step steps[] = {
		{ .prompt = &a },
		{ .kind = SCRIPT_GATHER },
		{ .prompt = &a },
		{ .kind = SCRIPT_GATHER, .gather = { .interrupt = 1 } },
		{ .prompt = &a },
	};
	struct playout p;

	(void)state;
	write_script(steps, 5, 2);
	cursor(&p, &fake_g711, 20);
	say(&p, 1);
	assert_false(playout_interrupt(&p));	/* the next one does not */
	playout_go(&p, 1);
	assert_false(playout_interrupt(&p));	/* it waits already */
	playout_go(&p, CLN_GOTO_NEXT);
	assert_true(playout_interrupt(&p));
	assert_int_equal(p.at.step, 3);
	playout_go(&p, CLN_GOTO_NEXT);
	script->steps[1].gather.interrupt = 1;
	assert_true(playout_interrupt(&p));	/* of the next round */
	assert_int_equal(p.at.step, 1);
	assert_int_equal(p.at.round, 1);
	playout_go(&p, 4);
	assert_false(playout_interrupt(&p));	/* there is none any more */
}

static void prelude_is_silence_that_no_item_counts(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 160);
	struct prompt *list[] = { &a };
	struct playout_config cfg = {
		.params = &(struct cln_codec_params){ .ptime_ms = 20 },
		.prelude = true,
	};
	struct cln_played item;
	struct playout p;
	uint8_t got[160];

	(void)state;
	write_prompts(list, 1);
	cfg.script = script;
	cfg.ledger = ledger;
	assert_int_equal(framing_init(&cfg.framing, &fake_g711, cfg.params),
			 0);
	assert_int_equal(playout_init(&p, &cfg), 0);
	playout_start(&p);
	assert_null(playout_step(&p));
	playout_peek(&p, got);
	expect_all(got, 0xfe, 160);
	say(&p, 50);
	assert_int_equal(ledger_report(ledger, 8000, false, &item, 1), 0);
	playout_go(&p, 0);
	playout_peek(&p, got);
	assert_memory_equal(got, bytes, 160);
	say(&p, 1);
	assert_true(playout_at_end(&p));
	assert_int_equal(ledger_report(ledger, 8000, false, &item, 1), 1);
	assert_int_equal(item.sent_ms, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stateless_packets_cross_items_and_only_the_last_is_padded),
		TEST(no_padding_where_the_playlist_fills_its_packets),
		TEST(peeking_again_gives_the_same),
		TEST(frame_codec_sends_whole_frames_and_a_shorter_last_packet),
		TEST(frames_of_different_length_go_by_their_offsets),
		TEST(items_without_sound_are_stepped_over),
		TEST(repeats_and_rounds_join_without_a_gap),
		TEST(pause_is_exact_where_frames_are_samples),
		TEST(pause_is_rounded_up_to_whole_frames),
		TEST(digits_as_sound_are_a_recording),
		TEST(digits_as_events_take_whole_packets),
		TEST(long_packets_leave_room_for_an_event_and_a_gap),
		TEST(gather_is_silence_until_somebody_goes_on),
		TEST(digit_leaves_for_the_next_gather_that_wants_it),
		TEST(prelude_is_silence_that_no_item_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
