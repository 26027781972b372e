/*
 * test_tone.c - digits as tones in the sound, heard and made.
 * Needs: core/media/tone.c, core/base/random.c, str.c; -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "media/dtmf.h"
#include "media/tone.h"
#include "sounds.h"

enum { MOST = 1024, PIECE = 160 };

static const char all[] = "0123456789*#ABCD";
static struct sounds s;
static char heard[MOST + 1];

/* In pieces as packets would bring them. */
static size_t listen(void)
{
	struct tone t;
	size_t n = 0;

	tone_init(&t, s.rate);
	for (size_t at = 0; at < s.n; at += PIECE) {
		size_t len = s.n - at < PIECE ? s.n - at : PIECE;

		n += tone_feed(&t, s.pcm + at, len, heard + n, MOST - n);
	}
	heard[n] = '\0';
	return n;
}

/* One digit, some ms after the beginning, its frequencies off by a share. */
static size_t one(uint32_t rate, char digit, double at_ms, double on_ms,
		  double off_low, double off_high)
{
	sounds_new(&s, rate, 1);
	sounds_silence(&s, at_ms);
	sounds_tones(&s, on_ms, sounds_low(digit) * (1 + off_low), dbm0(-10),
		     sounds_high(digit) * (1 + off_high), dbm0(-8));
	sounds_silence(&s, 100);
	sounds_done(&s, 'u');
	return listen();
}

static void all_digits_are_heard_once_each(void **state)
{
	static const uint32_t rates[] = { 8000, 16000 };

	(void)state;
	for (size_t r = 0; r < 2; r++)
		for (int law = 0; law < 3; law++) {
			sounds_new(&s, rates[r], 2);
			for (const char *d = all; *d; d++)
				sounds_digit(&s, *d, 70, 60);
			sounds_done(&s, "-ua"[law]);
			assert_int_equal(listen(), 16);
			assert_string_equal(heard, all);
		}
}

/* Q.24: 40 ms of tone and of pause must do, wherever our windows begin. */
static void forty_ms_on_and_off_are_enough_at_any_moment(void **state)
{
	(void)state;
	for (double at = 0; at < 20; at += 0.5) {
		sounds_new(&s, 8000, 3);
		sounds_silence(&s, at);
		for (const char *d = all; *d; d++)
			sounds_digit(&s, *d, 40, 40);
		sounds_digit(&s, '5', 40, 40);
		sounds_digit(&s, '5', 40, 40);
		sounds_silence(&s, 60);
		sounds_done(&s, 'u');
		listen();
		assert_string_equal(heard, "0123456789*#ABCD55");
	}
}

static void twenty_ms_are_no_digit(void **state)
{
	(void)state;
	for (const char *d = all; *d; d++)
		for (double at = 0; at < 20; at += 0.5)
			assert_int_equal(one(8000, *d, at, 20, 0, 0), 0);
}

static void a_digit_interrupted_for_20_ms_is_one(void **state)
{
	(void)state;
	for (double at = 0; at < 20; at += 0.5) {
		sounds_new(&s, 8000, 4);
		sounds_silence(&s, at);
		sounds_digit(&s, '7', 60, 20);
		sounds_digit(&s, '7', 60, 100);
		sounds_done(&s, 'a');
		assert_int_equal(listen(), 1);
	}
}

static void a_long_press_is_one_digit(void **state)
{
	(void)state;
	assert_int_equal(one(8000, '#', 0, 8000, 0, 0), 1);
	assert_string_equal(heard, "#");
}

static void frequencies_1_5_percent_off_are_taken(void **state)
{
	static const double off[] = { -0.015, 0, 0.015 };

	(void)state;
	for (const char *d = all; *d; d++)
		for (int k = 0; k < 9; k++)
			for (double at = 0; at < 10; at += 2.5) {
				one(8000, *d, at, 40, off[k % 3], off[k / 3]);
				assert_int_equal(heard[0], *d);
				assert_int_equal(heard[1], 0);
			}
}

static void frequencies_3_5_percent_off_are_refused(void **state)
{
	static const double off[] = { -0.05, -0.035, 0.035, 0.05 };

	(void)state;
	for (const char *d = all; *d; d++)
		for (int k = 0; k < 4; k++) {
			assert_int_equal(one(8000, *d, 0, 500, off[k], 0), 0);
			assert_int_equal(one(8000, *d, 0, 500, 0, off[k]), 0);
			assert_int_equal(one(16000, *d, 0, 500, off[k],
					     -off[k]), 0);
		}
}

static size_t twisted(char digit, double low, double high)
{
	sounds_new(&s, 8000, 5);
	sounds_tones(&s, 50, sounds_low(digit), dbm0(low),
		     sounds_high(digit), dbm0(high));
	sounds_silence(&s, 60);
	sounds_done(&s, 'u');
	return listen();
}

static void twist_of_4_dB_up_and_8_down_is_taken(void **state)
{
	(void)state;
	for (const char *d = all; *d; d++) {
		assert_int_equal(twisted(*d, -12, -8), 1);
		assert_int_equal(twisted(*d, -8, -16), 1);
		assert_int_equal(twisted(*d, -20, -8), 0);
		assert_int_equal(twisted(*d, -8, -24), 0);
	}
}

static void levels_from_0_to_minus_25_dBm0_are_taken(void **state)
{
	(void)state;
	for (double level = 0; level >= -25; level -= 2.5)
		for (const char *d = all; *d; d++)
			assert_int_equal(twisted(*d, level, level), 1);
	assert_int_equal(twisted('1', -45, -45), 0);
}

/* At 15 dB, which is a bad line. */
static void digits_are_heard_through_noise(void **state)
{
	double tone = dbm0(-10) * dbm0(-10) / 2 + dbm0(-8) * dbm0(-8) / 2;

	(void)state;
	for (unsigned int seed = 0; seed < 20; seed++) {
		sounds_new(&s, 8000, 100 + seed);
		for (const char *d = all; *d; d++)
			sounds_digit(&s, *d, 50, 50);
		sounds_add_noise(&s, tone / pow(10, 1.5));
		sounds_done(&s, 'u');
		listen();
		assert_string_equal(heard, all);
	}
}

static void noise_holds_no_digit(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 8; seed++) {
		sounds_new(&s, 8000, 200 + seed);
		sounds_silence(&s, 40000);
		sounds_add_noise(&s, 9e6);
		sounds_done(&s, 'u');
		assert_int_equal(listen(), 0);
	}
}

/* Forty minutes of voices of all pitches. */
static void speech_holds_no_digit(void **state)
{
	size_t n = 0;

	(void)state;
	for (unsigned int seed = 0; seed < 60; seed++) {
		sounds_new(&s, 8000, 300 + seed);
		for (int i = 0; i < 8; i++)
			sounds_speech(&s, 5000, 8000);
		sounds_done(&s, 'u');
		n += listen();
	}
	assert_int_equal(n, 0);
}

/* Held vowels: harmonics that stand still and meet both groups. */
static void harmonics_are_no_digit(void **state)
{
	(void)state;
	for (double f0 = 80; f0 < 420; f0 += 0.9) {
		sounds_new(&s, 8000, 1);
		sounds_silence(&s, 300);
		for (size_t i = 0; i < s.n; i++)
			for (int k = 1; k * f0 < 3600; k++)
				s.x[i] += 9000.0 / (k + 1) *
					  sin(2 * M_PI * f0 * k * (double)i /
					      8000 + k * k);
		sounds_done(&s, 'u');
		assert_int_equal(listen(), 0);
	}
}

static void single_and_ringing_tones_are_no_digit(void **state)
{
	(void)state;
	for (double f = 300; f < 3400; f += 7) {
		sounds_new(&s, 8000, 6);
		sounds_tones(&s, 200, f, dbm0(-6), 0, 0);
		sounds_done(&s, 'u');
		assert_int_equal(listen(), 0);
	}
	sounds_new(&s, 8000, 6);
	sounds_tones(&s, 2000, 440, dbm0(-10), 480, dbm0(-10));
	sounds_tones(&s, 2000, 350, dbm0(-10), 440, dbm0(-10));
	sounds_tones(&s, 2000, 480, dbm0(-10), 620, dbm0(-10));
	sounds_tones(&s, 2000, 700, dbm0(-10), 1100, dbm0(-10));
	sounds_tones(&s, 2000, 1300, dbm0(-10), 1500, dbm0(-10));
	sounds_done(&s, 'u');
	assert_int_equal(listen(), 0);
}

static void what_we_make_is_what_we_hear(void **state)
{
	static const uint32_t rates[] = { 8000, 16000 };

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		sounds_new(&s, rates[r], 7);
		s.n = tone_make(all, rates[r], 0, s.pcm, SOUNDS_MAX);
		assert_int_equal(s.n, 16 * rates[r] / 5);
		listen();
		assert_string_equal(heard, all);
	}
}

static void the_sound_is_the_same_from_any_place(void **state)
{
	int16_t piece[77];
	size_t at = 0, n;

	(void)state;
	sounds_new(&s, 8000, 7);
	s.n = tone_make("1#", 8000, 0, s.pcm, SOUNDS_MAX);
	assert_int_equal(s.n, 3200);
	while ((n = tone_make("1#", 8000, at, piece, 77))) {
		assert_memory_equal(piece, s.pcm + at, n * sizeof(*piece));
		at += n;
	}
	assert_int_equal(at, s.n);
}

/* It neither clicks at its ends nor clips, and the gap is silence. */
static void the_sound_has_no_edges(void **state)
{
	(void)state;
	sounds_new(&s, 8000, 7);
	s.n = tone_make("D", 8000, 0, s.pcm, SOUNDS_MAX);
	assert_in_range(s.pcm[1] + 400, 0, 800);
	assert_in_range(s.pcm[798] + 400, 0, 800);
	for (size_t i = 0; i < s.n; i++) {
		assert_in_range(s.pcm[i] + 17000, 0, 34000);
		if (i >= 800)
			assert_int_equal(s.pcm[i], 0);
	}
}

static void no_digits_are_no_sound(void **state)
{
	int16_t pcm[10];

	(void)state;
	assert_int_equal(tone_make("", 8000, 0, pcm, 10), 0);
	assert_int_equal(tone_make("1", 8000, 1600, pcm, 10), 0);
	assert_int_equal(tone_make("1", 8000, UINT64_MAX, pcm, 10), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_digits_are_heard_once_each),
		cmocka_unit_test(forty_ms_on_and_off_are_enough_at_any_moment),
		cmocka_unit_test(twenty_ms_are_no_digit),
		cmocka_unit_test(a_digit_interrupted_for_20_ms_is_one),
		cmocka_unit_test(a_long_press_is_one_digit),
		cmocka_unit_test(frequencies_1_5_percent_off_are_taken),
		cmocka_unit_test(frequencies_3_5_percent_off_are_refused),
		cmocka_unit_test(twist_of_4_dB_up_and_8_down_is_taken),
		cmocka_unit_test(levels_from_0_to_minus_25_dBm0_are_taken),
		cmocka_unit_test(digits_are_heard_through_noise),
		cmocka_unit_test(noise_holds_no_digit),
		cmocka_unit_test(speech_holds_no_digit),
		cmocka_unit_test(harmonics_are_no_digit),
		cmocka_unit_test(single_and_ringing_tones_are_no_digit),
		cmocka_unit_test(what_we_make_is_what_we_hear),
		cmocka_unit_test(the_sound_is_the_same_from_any_place),
		cmocka_unit_test(the_sound_has_no_edges),
		cmocka_unit_test(no_digits_are_no_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
