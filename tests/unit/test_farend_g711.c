/* SPDX-License-Identifier: MIT */
/*
 * test_farend_g711.c - the far end's own G.711 and its byte comparison.
 * Sources: tools/farend/g711.c tools/farend/compare.c tools/farend/wav.c
 *          tools/farend/txt.c
 * Libraries: cmocka, m
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../tools/farend/compare.h"
#include "../../tools/farend/g711.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Worked out by hand from the tables of G.711 and G.191's bit positions. */
static void mulaw_gives_known_codes(void **state)
{
	(void)state;
	assert_int_equal(g711_mulaw_encode(0), 0xff);
	assert_int_equal(g711_mulaw_encode(3), 0xff);
	assert_int_equal(g711_mulaw_encode(4), 0xfe);
	assert_int_equal(g711_mulaw_encode(12), 0xfd);
	assert_int_equal(g711_mulaw_encode(-1), 0x7f);
	assert_int_equal(g711_mulaw_encode(-4), 0x7f);
	assert_int_equal(g711_mulaw_encode(-5), 0x7e);
	assert_int_equal(g711_mulaw_encode(32767), 0x80);
	assert_int_equal(g711_mulaw_encode(-32768), 0x00);
	assert_int_equal(g711_mulaw_encode(1000), 0xce);
	assert_int_equal(g711_mulaw_encode(-1000), 0x4e);
}

static void alaw_gives_known_codes(void **state)
{
	(void)state;
	assert_int_equal(g711_alaw_encode(0), 0xd5);
	assert_int_equal(g711_alaw_encode(15), 0xd5);
	assert_int_equal(g711_alaw_encode(16), 0xd4);
	assert_int_equal(g711_alaw_encode(-1), 0x55);
	assert_int_equal(g711_alaw_encode(-16), 0x55);
	assert_int_equal(g711_alaw_encode(-17), 0x54);
	assert_int_equal(g711_alaw_encode(32767), 0xaa);
	assert_int_equal(g711_alaw_encode(-32768), 0x2a);
	assert_int_equal(g711_alaw_encode(1000), 0xfa);
}

static void decoders_give_known_samples(void **state)
{
	(void)state;
	assert_int_equal(g711_mulaw_decode(0xff), 0);
	assert_int_equal(g711_mulaw_decode(0x7f), 0);
	assert_int_equal(g711_mulaw_decode(0x80), 32124);
	assert_int_equal(g711_mulaw_decode(0x00), -32124);
	assert_int_equal(g711_mulaw_decode(0xfe), 8);
	assert_int_equal(g711_alaw_decode(0xd5), 8);
	assert_int_equal(g711_alaw_decode(0x55), -8);
	assert_int_equal(g711_alaw_decode(0xaa), 32256);
	assert_int_equal(g711_alaw_decode(0x2a), -32256);
}

/* G.191 mirrors by one's complement: s and ~s differ in the sign bit only. */
static void both_laws_mirror_and_rise(void **state)
{
	(void)state;
	for (int s = 0; s < 32768; s++) {
		uint8_t u = g711_mulaw_encode((int16_t)s);
		uint8_t a = g711_alaw_encode((int16_t)s);

		assert_int_equal(u ^ 0x80, g711_mulaw_encode((int16_t)~s));
		assert_int_equal(a ^ 0x80, g711_alaw_encode((int16_t)~s));
		if (!s)
			continue;
		assert_true(g711_mulaw_decode(u) >= g711_mulaw_decode(
			g711_mulaw_encode((int16_t)(s - 1))));
		assert_true(g711_alaw_decode(a) >= g711_alaw_decode(
			g711_alaw_encode((int16_t)(s - 1))));
	}
}

static void every_code_survives_a_round_trip(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		uint8_t u = g711_mulaw_encode(g711_mulaw_decode((uint8_t)c));

		/* Negative zero is the one code that zero cannot tell. */
		assert_int_equal(u, c == 0x7f ? 0xff : c);
	}
	for (int c = 0; c < 256; c++)
		assert_int_equal(g711_alaw_encode(g711_alaw_decode(
			(uint8_t)c)), c);
}

static void error_stays_within_half_a_step(void **state)
{
	(void)state;
	for (int s = -32768; s < 32768; s++) {
		int m = abs(s);
		int u = abs(g711_mulaw_decode(g711_mulaw_encode(
			(int16_t)s)) - s);
		int a = abs(g711_alaw_decode(g711_alaw_encode(
			(int16_t)s)) - s);

		if (m <= 32124)
			assert_true(u <= 8 + m / 32);
		assert_true(a <= 16 + m / 32);
	}
}

static void compare_allows_one_frame_of_silence(void **state)
{
	uint8_t want[320], got[640];
	struct comparison c;

	(void)state;
	memset(want, 0x12, sizeof(want));
	memset(got, G711_MULAW_SILENCE, sizeof(got));
	memcpy(got, want, sizeof(want));
	compare_bytes(&c, want, 320, got, 320 + 159, CODEC_MULAW, 160);
	assert_true(c.match);
	assert_int_equal(c.matched, 320);
	assert_int_equal(c.padding, 159);
	assert_true(isinf(c.snr_db));
	compare_bytes(&c, want, 320, got, 320 + 161, CODEC_MULAW, 160);
	assert_false(c.match);
	got[400] = 0x12;
	compare_bytes(&c, want, 320, got, 480, CODEC_MULAW, 160);
	assert_false(c.match);
	assert_false(c.padding_is_silence);
}

static void compare_finds_the_first_difference(void **state)
{
	uint8_t want[320], got[320];
	struct comparison c;

	(void)state;
	memset(want, 0x12, sizeof(want));
	memcpy(got, want, sizeof(want));
	got[7] ^= 1;
	compare_bytes(&c, want, 320, got, 320, CODEC_ALAW, 160);
	assert_false(c.match);
	assert_int_equal(c.first_difference, 7);
	assert_int_equal(c.matched, 319);
	compare_bytes(&c, want, 320, want, 300, CODEC_ALAW, 160);
	assert_false(c.match);
	assert_int_equal(c.first_difference, 300);
	compare_bytes(&c, want, 0, got, 0, CODEC_ALAW, 160);
	assert_false(c.match);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mulaw_gives_known_codes),
		cmocka_unit_test(alaw_gives_known_codes),
		cmocka_unit_test(decoders_give_known_samples),
		cmocka_unit_test(both_laws_mirror_and_rise),
		cmocka_unit_test(every_code_survives_a_round_trip),
		cmocka_unit_test(error_stays_within_half_a_step),
		cmocka_unit_test(compare_allows_one_frame_of_silence),
		cmocka_unit_test(compare_finds_the_first_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
