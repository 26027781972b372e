/*
 * test_mos.c - a mean opinion score by the E-model (G.107).
 * Needs: core/media/mos.c; -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "media/mos.h"

static const struct cln_codec pcmu = { .name = "PCMU" };
static const struct cln_codec pcma = { .name = "pcma" };
static const struct cln_codec g729 = { .name = "G729" };
static const struct cln_codec g723 = { .name = "G723" };
static const struct cln_codec other = { .name = "X-OTHER" };

static int32_t mos(const struct cln_codec *c, uint64_t lost,
		   int32_t jitter_ms, int32_t round_trip_ms)
{
	struct mos_facts f = { .codec = c, .expected = 1000, .lost = lost,
			       .jitter_us = jitter_ms * 1000,
			       .round_trip_us = round_trip_ms * 1000 };

	return mos_x100(&f);
}

/* G.107's default values give R = 93.2, hence 4.41 (annex B). */
static void nothing_but_the_codec_costs_on_a_good_line(void **state)
{
	(void)state;
	assert_int_equal(mos(&pcmu, 0, 0, 0), 441);
	assert_int_equal(mos(&pcma, 0, 0, 0), 441);
	assert_int_equal(mos(&g729, 0, 0, 0), 410);	/* R = 82.2 */
	assert_int_equal(mos(&g723, 0, 0, 0), 395);	/* R = 78.2 */
}

/* Ie,eff = Ie + (95 - Ie) * P / (P + Bpl): R of 89.6, 77.4, 66.1. */
static void loss_costs_by_g113(void **state)
{
	(void)state;
	assert_int_equal(mos(&pcmu, 10, 0, 0), 433);
	assert_int_equal(mos(&pcmu, 50, 0, 0), 392);
	assert_int_equal(mos(&pcmu, 100, 0, 0), 341);
	assert_int_equal(mos(&g729, 50, 0, 0), 334);	/* R = 64.7 */
	assert_int_equal(mos(&g723, 30, 0, 0), 339);	/* R = 65.6 */
}

/* Idd of G.107 7.4: nothing up to 100 ms, 3.0 at 200, 14.8 at 300. */
static void delay_costs_when_it_is_noticed(void **state)
{
	(void)state;
	assert_int_equal(mos(&pcmu, 0, 0, 200), 441);
	assert_int_equal(mos(&pcmu, 0, 0, 400), 434);
	assert_int_equal(mos(&pcmu, 0, 0, 600), 396);
	/* Twice the jitter is held back: 50 ms of it are 100 of delay. */
	assert_int_equal(mos(&pcmu, 0, 50, 200), mos(&pcmu, 0, 0, 400));
}

static void what_is_not_known_costs_nothing(void **state)
{
	struct mos_facts f = { .codec = &pcmu, .expected = 10,
			       .jitter_us = -1, .round_trip_us = -1 };

	(void)state;
	assert_int_equal(mos_x100(&f), 441);
}

static void more_of_what_is_bad_is_never_better(void **state)
{
	int32_t last = 451;

	(void)state;
	for (uint64_t lost = 0; lost <= 1000; lost += 10) {
		int32_t now = mos(&g729, lost, 10, 100);

		assert_true(now <= last && now >= 100);
		last = now;
	}
	last = 451;
	for (int32_t ms = 0; ms < 20000; ms += 50) {
		int32_t now = mos(&pcmu, 0, 0, ms);

		assert_true(now <= last && now >= 100);
		last = now;
	}
}

static void the_worst_is_1(void **state)
{
	(void)state;
	assert_int_equal(mos(&pcmu, 1000, 2000, 30000), 100);
	assert_int_equal(mos(&pcmu, 5000, 0, 0), mos(&pcmu, 1000, 0, 0));
}

static void nothing_expected_or_no_such_codec_is_no_score(void **state)
{
	struct mos_facts f = { .codec = &pcmu };

	(void)state;
	assert_int_equal(mos_x100(&f), -1);
	assert_int_equal(mos(&other, 0, 0, 0), -1);
	assert_int_equal(mos(NULL, 0, 0, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_but_the_codec_costs_on_a_good_line),
		cmocka_unit_test(loss_costs_by_g113),
		cmocka_unit_test(delay_costs_when_it_is_noticed),
		cmocka_unit_test(what_is_not_known_costs_nothing),
		cmocka_unit_test(more_of_what_is_bad_is_never_better),
		cmocka_unit_test(the_worst_is_1),
		cmocka_unit_test(nothing_expected_or_no_such_codec_is_no_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
