/*
 * test_track.c - a script in one codec, and the places in it.
 * Needs: core/media/track.c, and for its bench what test_playout.c needs.
 */
/* SPDX-License-Identifier: MIT */
#include "playout_bench.h"

static void packet_time_is_bounded_and_whole(void **state)
{
	struct cln_codec odd = fake_g711, huge = fake_g711;
	struct playout p;

	(void)state;
	write_prompts(NULL, 0);
	cursor(&p, &fake_g711, 2000);
	assert_int_equal(p.track.framing.packet_ms, FRAMING_PTIME_MAX);
	cursor(&p, &fake_g729, 0);
	assert_int_equal(p.track.framing.packet_frames, 2);
	cursor(&p, &fake_g729, 7);		/* less than a frame */
	assert_int_equal(p.track.framing.packet_ms, 10);
	odd.sample_rate = 44100;
	odd.frame_samples = 1024;
	assert_int_equal(try_cursor(&p, &odd, 20, true), -EINVAL);
	huge.frame_bytes = 10;
	assert_int_equal(try_cursor(&p, &huge, 20, true), -EMSGSIZE);
}

static void prompt_of_another_codec_is_refused(void **state)
{
	struct prompt a = fake_prompt(&fake_g711, bytes, 160);
	struct prompt b = fake_prompt(&fake_g729, bytes, 160);
	struct prompt *list[] = { &a, &b };
	struct playout p;

	(void)state;
	write_prompts(list, 2);
	assert_int_equal(try_cursor(&p, &fake_g711, 20, true), -ENOENT);
}

static void silence_is_refused_where_it_is_needed_and_not_there(void **state)
{
	static const struct script_step steps[] = {
		{ .kind = SCRIPT_PAUSE, .pause_ms = 65 },
	};
	struct playout p;

	(void)state;
	assert_int_equal(script_new(&script, steps, 1, 1, NULL), 0);
	assert_int_equal(try_cursor(&p, &fake_g711, 20, true), -ENOENT);
	script_unref(script);
	assert_int_equal(script_new(&script, steps, 1, 1, &silence), 0);
	assert_int_equal(try_cursor(&p, &fake_alaw, 20, true), -ENOENT);
	assert_int_equal(try_cursor(&p, &fake_g729, 20, true), 0);
}

/* What no codec of ours has, but a plugin may. */
static void frames_that_are_no_whole_unit_are_counted_together(void **state)
{
	struct cln_codec odd = fake_g729;
	struct track t;

	(void)state;
	odd.sample_rate = 24000;		/* 80 samples are 26 2/3 units */
	write_prompts(NULL, 0);
	t = (struct track){ .framing.codec = &odd, .script = script };
	assert_int_equal(track_units(&t, 1), 26);
	assert_int_equal(track_units(&t, 3), 80);
	assert_int_equal(track_units(&t, TRACK_FOR_EVER), TRACK_FOR_EVER);
	assert_int_equal(track_frames_of_ms(&t, 10), 3);
	assert_int_equal(track_frames_of_ms(&t, 11), 4);
}

static void places_follow_repeats_steps_and_rounds(void **state)
{
	static const struct { int32_t step; uint32_t round, repeat; } way[] = {
		{ 0, 0, 0 }, { 0, 0, 1 }, { 1, 0, 0 },
		{ 0, 1, 0 }, { 0, 1, 1 }, { 1, 1, 0 }, { 2, 1, 0 },
	};
	struct prompt a = fake_prompt(&fake_g711, bytes, 100);
	struct script_step steps[] = {
		{ .prompt = &a, .times = 2 }, { .prompt = &a },
	};
	struct framing f;
	struct track t;
	struct place at = { 0 };

	(void)state;
	write_script(steps, 2, 2);
	assert_int_equal(framing_init(&f, &fake_g711,
			 &(struct cln_codec_params){ .ptime_ms = 20 }), 0);
	assert_int_equal(track_init(&t, &f, script, false, false), 0);
	place_go(&t, &at, 0);
	for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
		assert_int_equal(at.step, way[i].step);
		assert_int_equal(at.round, way[i].round);
		assert_int_equal(at.repeat, way[i].repeat);
		if (!at.length)
			break;
		place_forward(&t, &at, 60);
		assert_int_equal(at.frame, 60);
		place_forward(&t, &at, 40);
	}
	assert_null(track_step(&t, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packet_time_is_bounded_and_whole),
		TEST(prompt_of_another_codec_is_refused),
		TEST(silence_is_refused_where_it_is_needed_and_not_there),
		TEST(frames_that_are_no_whole_unit_are_counted_together),
		TEST(places_follow_repeats_steps_and_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
