/*
 * test_greeting.c - is whoever answered still speaking?
 * Needs: core/media/greeting.c, core/base/random.c, str.c; -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>

#include "media/greeting.h"
#include "sounds.h"

enum { PIECE = 160, LOUD = 9000 };

static struct sounds s;
static struct greeting *g;
static double at_ms;			/* when the verdict fell, -1: none    */

static int start(void **state)
{
	(void)state;
	g = malloc(greeting_size());
	sounds_new(&s, 8000, 1);
	return g ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	free(g);
	return 0;
}

static enum greeting_verdict listen(char law)
{
	enum greeting_verdict v = GREETING_GOES_ON;

	sounds_done(&s, law);
	greeting_init(g, s.rate);
	at_ms = -1;
	for (size_t at = 0; at < s.n && v == GREETING_GOES_ON; at += PIECE) {
		size_t len = s.n - at < PIECE ? s.n - at : PIECE;

		v = greeting_feed(g, s.pcm + at, len);
		if (v != GREETING_GOES_ON)
			at_ms = (double)(at + len) * 1000 / s.rate;
	}
	return v;
}

static void falls_between(double low_ms, double high_ms)
{
	if (at_ms < low_ms || at_ms > high_ms)
		fail_msg("verdict at %.0f ms, not %.0f to %.0f", at_ms, low_ms,
			 high_ms);
}

static void beep(double ms, double hz, double level)
{
	sounds_tones(&s, ms, hz, dbm0(level), 0, 0);
}

static void nobody_speaks_for_4_s(void **state)
{
	(void)state;
	for (int law = 0; law < 3; law++) {
		sounds_new(&s, 8000, 1);
		sounds_silence(&s, 6000);
		assert_int_equal(listen("-ua"[law]), GREETING_SILENCE);
		falls_between(3900, 4100);
	}
}

static void hello_and_then_1200_ms_of_silence(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed < 60; seed++) {
		sounds_new(&s, seed % 2 ? 8000 : 16000, seed);
		sounds_silence(&s, 700);
		sounds_syllable(&s, 220, 120 + seed * 2, LOUD);
		sounds_syllable(&s, 330, 130 + seed * 2, LOUD);
		sounds_silence(&s, 3000);
		assert_int_equal(listen('u'), GREETING_SILENCE);
		falls_between(2300, 2600);
	}
}

static void speech_goes_on(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed < 40; seed++) {
		sounds_new(&s, 8000, seed);
		sounds_speech(&s, 20000, LOUD);
		if (listen("-ua"[seed % 3]) != GREETING_GOES_ON)
			fail_msg("voice %u: verdict at %.0f ms", seed, at_ms);
	}
}

static void speech_through_noise_goes_on(void **state)
{
	static const double snr[] = { 30, 20, 15 };

	(void)state;
	for (unsigned int seed = 1; seed < 40; seed++) {
		sounds_new(&s, 8000, seed);
		sounds_speech(&s, 15000, LOUD);
		sounds_add_noise(&s, sounds_power(&s, 0, s.n) /
				     pow(10, snr[seed % 3] / 10));
		if (listen('u') != GREETING_GOES_ON)
			fail_msg("voice %u: verdict at %.0f ms", seed, at_ms);
	}
}

/* The line is never still: what does not change is silence all the same. */
static void silence_behind_speech_is_found_in_noise(void **state)
{
	static const double level[] = { -60, -50, -42, -36, -30 };

	(void)state;
	for (unsigned int seed = 1; seed < 40; seed++) {
		double amplitude = dbm0(level[seed % 5]);

		sounds_new(&s, 8000, seed);
		sounds_silence(&s, 300);
		sounds_speech(&s, 3000, LOUD);
		sounds_silence(&s, 4000);
		sounds_add_noise(&s, amplitude * amplitude / 2);
		assert_int_equal(listen('a'), GREETING_SILENCE);
		falls_between(4200, 5100);
	}
}

static void noise_alone_is_nobody(void **state)
{
	(void)state;
	sounds_silence(&s, 8000);
	sounds_add_noise(&s, dbm0(-35) * dbm0(-35) / 2);
	assert_int_equal(listen('u'), GREETING_SILENCE);
	falls_between(3900, 4100);
}

static void the_least_steps_of_g711_are_silence(void **state)
{
	(void)state;
	sounds_silence(&s, 6000);
	for (size_t i = 0; i < s.n; i++)
		s.x[i] = random_below(&s.random, 2) ? 8 : -8;
	assert_int_equal(listen('a'), GREETING_SILENCE);
	falls_between(3900, 4100);
}

static void a_click_is_no_speech_and_does_not_begin_again(void **state)
{
	(void)state;
	sounds_silence(&s, 3000);
	sounds_tones(&s, 8, 900, 8000, 0, 0);
	sounds_silence(&s, 3000);
	assert_int_equal(listen('u'), GREETING_SILENCE);
	falls_between(3900, 4200);
}

static void a_beep_after_the_greeting(void **state)
{
	static const double hz[] = { 360, 425, 440, 640, 800, 1000, 1400,
				     1900, 2000, 2100, 2500, 2590 };
	static const double ms[] = { 120, 200, 330, 500, 700 };

	(void)state;
	for (unsigned int i = 0; i < 12; i++)
		for (unsigned int k = 0; k < 5; k++) {
			double end;

			sounds_new(&s, 8000, i * 5 + k);
			sounds_speech(&s, 4000, LOUD);
			sounds_silence(&s, 400 + i);
			beep(ms[k], hz[i], -12);
			end = (double)s.n / 8;
			sounds_silence(&s, 1000);
			if (listen("-ua"[i % 3]) != GREETING_BEEP)
				fail_msg("%.0f Hz, %.0f ms", hz[i], ms[k]);
			falls_between(end, end + 130);
		}
}

static void a_beep_in_noise_and_at_16_kHz(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 40; seed++) {
		sounds_new(&s, seed % 2 ? 8000 : 16000, seed);
		sounds_speech(&s, 2000, LOUD);
		sounds_silence(&s, 300);
		beep(400, 400 + seed * 50, -10);
		sounds_silence(&s, 400);
		sounds_add_noise(&s, dbm0(-10) * dbm0(-10) / 2 / 60);
		if (listen('u') != GREETING_BEEP)
			fail_msg("%u Hz", 400 + seed * 50);
	}
}

static void a_beep_right_at_the_beginning(void **state)
{
	(void)state;
	beep(300, 1000, -15);
	sounds_silence(&s, 300);
	assert_int_equal(listen('u'), GREETING_BEEP);
}

static void a_blip_is_no_beep(void **state)
{
	(void)state;
	for (double ms = 20; ms <= 80; ms += 10) {
		sounds_new(&s, 8000, 3);
		sounds_silence(&s, 100);
		beep(ms, 1000, -12);
		sounds_silence(&s, 900);
		assert_int_equal(listen('u'), GREETING_GOES_ON);
	}
}

static void a_tone_that_speech_follows_is_no_beep(void **state)
{
	(void)state;
	beep(400, 800, -15);
	sounds_speech(&s, 5000, LOUD);
	assert_int_equal(listen('u'), GREETING_GOES_ON);
}

static void two_lost_packets_do_not_end_a_beep(void **state)
{
	(void)state;
	for (int at = 0; at < 30; at += 2) {
		sounds_new(&s, 8000, 1);
		sounds_silence(&s, 200 + at);
		beep(300, 1000, -15);
		sounds_silence(&s, 40);
		beep(300, 1000, -15);
		sounds_silence(&s, 300);
		assert_int_equal(listen('u'), GREETING_BEEP);
		falls_between(840 + at, 970 + at);
	}
}

static void rings(double f1, double f2, const int *pattern_ms, size_t n)
{
	sounds_new(&s, 8000, 1);
	sounds_silence(&s, 250);
	for (size_t i = 0; s.n < 20 * 8000; i++)
		if (i % n % 2)
			sounds_silence(&s, pattern_ms[i % n]);
		else
			sounds_tones(&s, pattern_ms[i % n], f1,
				     dbm0(f2 > 0 ? -13 : -10), f2,
				     f2 > 0 ? dbm0(-13) : 0);
	if (listen('u') != GREETING_GOES_ON)
		fail_msg("%.0f+%.0f Hz: verdict at %.0f ms", f1, f2, at_ms);
}

static void ringing_goes_on(void **state)
{
	(void)state;
	rings(440, 480, (const int[]){ 2000, 4000 }, 2);
	rings(425, 0, (const int[]){ 1000, 4000 }, 2);
	rings(425, 0, (const int[]){ 1000, 5000 }, 2);
	rings(440, 0, (const int[]){ 1500, 3500 }, 2);
	rings(400, 450, (const int[]){ 400, 200, 400, 2000 }, 4);
	rings(413, 438, (const int[]){ 400, 200, 400, 2000 }, 4);
	rings(450, 0, (const int[]){ 1000, 4000 }, 2);
}

/* Ringing at another desk, then somebody there. */
static void speech_after_ringing_counts(void **state)
{
	(void)state;
	sounds_tones(&s, 2000, 440, dbm0(-13), 480, dbm0(-13));
	sounds_silence(&s, 2000);
	sounds_speech(&s, 1500, LOUD);
	sounds_silence(&s, 3000);
	assert_int_equal(listen('u'), GREETING_SILENCE);
	falls_between(6500, 6900);
}

static void tones_that_never_end_are_no_beep(void **state)
{
	(void)state;
	beep(3300, 2100, -12);			/* a fax */
	sounds_silence(&s, 1000);
	assert_int_equal(listen('u'), GREETING_GOES_ON);
	sounds_new(&s, 8000, 1);
	sounds_tones(&s, 8000, 350, dbm0(-13), 440, dbm0(-13));
	assert_int_equal(listen('u'), GREETING_GOES_ON);
}

static void the_verdict_stays(void **state)
{
	(void)state;
	sounds_silence(&s, 5000);
	assert_int_equal(listen('u'), GREETING_SILENCE);
	sounds_new(&s, 8000, 9);
	sounds_speech(&s, 1000, LOUD);
	sounds_done(&s, 'u');
	assert_int_equal(greeting_feed(g, s.pcm, s.n), GREETING_SILENCE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_speaks_for_4_s),
		TEST(hello_and_then_1200_ms_of_silence),
		TEST(speech_goes_on),
		TEST(speech_through_noise_goes_on),
		TEST(silence_behind_speech_is_found_in_noise),
		TEST(noise_alone_is_nobody),
		TEST(the_least_steps_of_g711_are_silence),
		TEST(a_click_is_no_speech_and_does_not_begin_again),
		TEST(a_beep_after_the_greeting),
		TEST(a_beep_in_noise_and_at_16_kHz),
		TEST(a_beep_right_at_the_beginning),
		TEST(a_blip_is_no_beep),
		TEST(a_tone_that_speech_follows_is_no_beep),
		TEST(two_lost_packets_do_not_end_a_beep),
		TEST(ringing_goes_on),
		TEST(speech_after_ringing_counts),
		TEST(tones_that_never_end_are_no_beep),
		TEST(the_verdict_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
