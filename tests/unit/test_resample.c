/*
 * test_resample.c - sample rates changed to the exact length.
 * Needs: core/media/resample.c, core/base; -lspeexdsp -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "media/resample.h"
#include "recordings.h"

/* All of `in` in blocks of `step` through blocks of `cap`. */
static size_t resample(const int16_t *in, size_t n, unsigned int in_rate,
		       unsigned int out_rate, int16_t *out, size_t step,
		       size_t cap)
{
	struct resampler *r;
	size_t got = 0, at = 0, some;

	assert_int_equal(resampler_new(&r, in_rate, out_rate), 0);
	while (at < n) {
		size_t taken = n - at < step ? n - at : step;

		got += resampler_run(r, in + at, &taken, out + got, cap);
		at += taken;
	}
	while ((some = resampler_finish(r, out + got, cap)))
		got += some;
	resampler_free(r);
	return got;
}

static void resample_makes_exact_lengths(void **state)
{
	static const unsigned int rates[] = {
		4000, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100,
		44101, 48000, 96000, 191999, 192000,
	};
	static const size_t lengths[] = { 1, 7, 100, 4801, 20011 };
	static int16_t in[20011], out[20011 * 13];

	(void)state;
	tone(in, 20011, 300, 8000);
	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		for (size_t l = 0; l < 5; l++) {
			size_t n = lengths[l];
			size_t want = (n * 8000 + rates[r] / 2) / rates[r];

			assert_int_equal(resample(in, n, rates[r], 8000, out,
						  2048, 2048), want);
			want = (n * 48000 + rates[r] / 2) / rates[r];
			assert_int_equal(resample(in, n, rates[r], 48000, out,
						  2048, 2048), want);
		}
	}
}

static void resample_at_equal_rates_changes_nothing(void **state)
{
	static int16_t in[5000], out[5000];

	(void)state;
	tone(in, 5000, 440, 8000);
	assert_int_equal(resample(in, 5000, 8000, 8000, out, 333, 77), 5000);
	assert_memory_equal(in, out, sizeof(in));
}

static void resample_does_not_care_about_blocks(void **state)
{
	static int16_t in[9600], a[3200], b[3200];
	size_t n;

	(void)state;
	tone(in, 9600, 1000, 48000);
	n = resample(in, 9600, 48000, 8000, a, 9600, 3200);
	assert_int_equal(n, 1600);
	assert_int_equal(resample(in, 9600, 48000, 8000, b, 61, 13), n);
	assert_memory_equal(a, b, n * sizeof(*a));
}

static double snr_db(const int16_t *got, size_t from, size_t to, double hz,
		     double rate)
{
	double signal = 0, noise = 0;

	for (size_t i = from; i < to; i++) {
		double want = 12000 * sin(2 * M_PI * hz * (double)i / rate);

		signal += want * want;
		noise += (got[i] - want) * (got[i] - want);
	}
	return 10 * log10(signal / noise);
}

/* The tone comes out where it went in: a delay of one sample would leave 2 dB.
 * Rounding to 16 bits alone leaves some 89 dB of a tone this loud.           */
static void resample_keeps_a_tone_in_place(void **state)
{
	static const unsigned int rates[] = { 11025, 16000, 44100, 48000 };
	static int16_t in[96000], out[96000];

	(void)state;
	for (size_t r = 0; r < 4; r++) {
		size_t n = rates[r], got;

		tone(in, n, 1000, rates[r]);
		got = resample(in, n, rates[r], 8000, out, 2048, 2048);
		assert_int_equal(got, 8000);
		/* The ends meet silence, which the filter smears over. */
		assert_true(snr_db(out, 200, got - 200, 1000, 8000) > 80);
	}
}

/* A tone in two recordings, put together again: as though it were one. Zeros
 * at the edges would halve a sample that was cut at its peak.                */
static int worst_at_join(unsigned int rate, size_t first, size_t n, double hz)
{
	static int16_t in[48000], out[8000], want[8000];
	size_t got, all;
	int worst = 0;

	tone(in, n, hz, rate);
	tone(want, 8000, hz, 8000);
	got = resample(in, first, rate, 8000, out, 2048, 2048);
	assert_int_equal(got, first * 8000 / rate);
	all = got + resample(in + first, n - first, rate, 8000, out + got, 100,
			     33);
	assert_int_equal(all, n * 8000 / rate);
	for (size_t i = got - 50; i < got + 50; i++)
		if (abs(out[i] - want[i]) > worst)
			worst = abs(out[i] - want[i]);
	return worst;
}

static void resample_joins_without_a_click(void **state)
{
	static const unsigned int rates[] = { 11025, 16000, 44100, 48000 };

	(void)state;
	for (size_t r = 0; r < 4; r++)
		for (size_t part = 1; part < 20; part++) {
			unsigned int step = rates[r] / 25;
			int worst = worst_at_join(rates[r], part * step,
						  rates[r], 333);

			if (worst > 12000 / 12)
				fail_msg("%u Hz, cut at %zu: off by %d",
					 rates[r], part * step, worst);
		}
}

static void resample_starts_and_ends_at_full_height(void **state)
{
	static int16_t in[5000], out[48000];
	static const unsigned int rates[] = { 11025, 44100, 48000, 4000 };

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		in[i] = 10000;
	for (size_t r = 0; r < 4; r++) {
		/* Also where there is less of it than the filter looks for. */
		for (size_t n = 1; n <= 5000; n = n * 3 + 1) {
			size_t got = resample(in, n, rates[r], 8000, out, 700,
					      90);

			for (size_t i = 0; i < got; i++)
				assert_in_range(out[i], 9990, 10010);
		}
	}
}

static void resample_removes_what_would_alias(void **state)
{
	static int16_t in[48000], out[8000];
	int peak = 0;

	(void)state;
	tone(in, 48000, 7000, 48000);
	assert_int_equal(resample(in, 48000, 48000, 8000, out, 2048, 2048),
			 8000);
	for (size_t i = 500; i < 7500; i++)
		peak = abs(out[i]) > peak ? abs(out[i]) : peak;
	assert_in_range(peak, 0, 12);
}

static void resample_refuses_a_rate_of_zero(void **state)
{
	struct resampler *r;

	(void)state;
	assert_int_equal(resampler_new(&r, 0, 8000), -EINVAL);
	assert_int_equal(resampler_new(&r, 8000, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resample_makes_exact_lengths),
		cmocka_unit_test(resample_at_equal_rates_changes_nothing),
		cmocka_unit_test(resample_does_not_care_about_blocks),
		cmocka_unit_test(resample_keeps_a_tone_in_place),
		cmocka_unit_test(resample_joins_without_a_click),
		cmocka_unit_test(resample_starts_and_ends_at_full_height),
		cmocka_unit_test(resample_removes_what_would_alias),
		cmocka_unit_test(resample_refuses_a_rate_of_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
