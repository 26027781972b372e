/*
 * test_source.c - sequence, loss and jitter of one RTP source.
 * Needs: core/media/source.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "media/source.h"

static void take(struct source *s, uint16_t seq)
{
	struct rtp_header h = { .seq = seq, .timestamp = seq * 160u,
				.ssrc = 9 };

	source_take(s, &h, seq * 160u);
}

static void take_many(struct source *s, uint16_t from, unsigned int n)
{
	while (n--)
		take(s, from++);
}

static void source_needs_two_in_order(void **state)
{
	struct source s = { 0 };
	struct rtcp_block b;

	(void)state;
	take(&s, 10);
	take(&s, 500);
	take(&s, 20);
	assert_false(source_report(&s, &b));
	assert_int_equal(source_lost(&s), 0);
	take(&s, 21);
	assert_true(source_report(&s, &b));
	assert_int_equal(b.ssrc, 9);
	assert_int_equal(b.highest_seq, 21);
}

static void source_counts_the_gap_as_lost(void **state)
{
	struct source s = { 0 };
	struct rtcp_block b;

	(void)state;
	take_many(&s, 100, 11);		/* counts from 101 on: 10 packets */
	take_many(&s, 121, 10);
	assert_int_equal(source_lost(&s), 10);
	assert_true(source_report(&s, &b));
	assert_int_equal(b.lost, 10);
	assert_int_equal(b.fraction_lost, 256 * 10 / 30);
	/* The next interval starts anew; silence in it needs no block. */
	assert_false(source_report(&s, &b));
	take_many(&s, 131, 10);
	assert_true(source_report(&s, &b));
	assert_int_equal(b.fraction_lost, 0);
	assert_int_equal(b.lost, 10);
}

static void source_late_packet_mends_the_loss(void **state)
{
	struct source s = { 0 };

	(void)state;
	take_many(&s, 100, 5);
	take(&s, 106);
	assert_int_equal(source_lost(&s), 1);
	take(&s, 105);
	assert_int_equal(source_lost(&s), 0);
}

static void source_duplicates_make_no_negative_loss(void **state)
{
	struct source s = { 0 };
	struct rtcp_block b;

	(void)state;
	take_many(&s, 100, 5);
	take(&s, 104);
	take(&s, 104);
	assert_int_equal(source_lost(&s), 0);
	assert_true(source_report(&s, &b));
	assert_int_equal(b.lost, -2);
	assert_int_equal(b.fraction_lost, 0);
}

static void source_counts_on_through_the_wrap(void **state)
{
	struct source s = { 0 };
	struct rtcp_block b;

	(void)state;
	take_many(&s, 65530, 12);
	assert_int_equal(source_lost(&s), 0);
	assert_true(source_report(&s, &b));
	assert_int_equal(b.highest_seq, 65536 + 5);
}

static void source_jump_is_a_restart_only_if_repeated(void **state)
{
	struct source s = { 0 };
	struct rtcp_block b;

	(void)state;
	take_many(&s, 100, 10);
	take(&s, 40000);
	assert_true(source_report(&s, &b));
	assert_int_equal(b.highest_seq, 109);
	take_many(&s, 40001, 3);
	assert_true(source_report(&s, &b));
	assert_int_equal(b.highest_seq, 40003);
	assert_int_equal(source_lost(&s), 0);
}

static void source_new_ssrc_keeps_the_loss_so_far(void **state)
{
	struct rtp_header h = { .seq = 7, .ssrc = 1234 };
	struct source s = { 0 };

	(void)state;
	take_many(&s, 100, 5);
	take_many(&s, 108, 5);
	assert_int_equal(source_lost(&s), 3);
	source_take(&s, &h, 0);
	h.seq++;
	source_take(&s, &h, 0);
	assert_int_equal(source_lost(&s), 3);
	h.seq += 2;
	source_take(&s, &h, 0);
	assert_int_equal(source_lost(&s), 4);
}

/* A.8: each difference moves the estimate by a sixteenth. */
static void source_jitter_is_that_of_a8(void **state)
{
	struct rtp_header h = { .ssrc = 5 };
	struct source s = { 0 };
	double want = 0;
	uint32_t at = 0;

	(void)state;
	for (int i = 0; i < 400; i++) {
		uint32_t late = i % 2 ? 80 : 0;

		source_take(&s, &h, at + late);
		if (i > 1)
			want += (80 - want) / 16;
		h.seq++;
		h.timestamp += 160;
		at += 160;
	}
	assert_in_range(source_jitter(&s), (uint32_t)want - 2,
			(uint32_t)want + 2);
}

static void source_steady_stream_has_no_jitter(void **state)
{
	struct source s = { 0 };

	(void)state;
	take_many(&s, 0, 100);
	assert_int_equal(source_jitter(&s), 0);
}

/* RFC 4733: ten packets of one event, 20 ms apart, all say when it began. */
static void source_events_make_no_jitter(void **state)
{
	struct source s = { 0 };
	struct rtp_header h = { .ssrc = 9 };
	uint32_t now = 0;

	(void)state;
	for (; h.seq < 100; h.seq++, now += 160) {
		if (h.seq % 20 < 10)
			h.timestamp = now;
		source_take(&s, &h, now);
	}
	assert_int_equal(source_jitter(&s), 0);
}

/* 6.4.1: 24 bits with a sign hold no more. */
static void source_loss_stops_at_what_24_bits_hold(void **state)
{
	struct source s = { 0 };
	struct rtcp_block b;

	(void)state;
	take_many(&s, 0, 3);
	for (uint32_t i = 1; i <= 4000; i++)
		take(&s, (uint16_t)(2 + i * 2900));
	assert_int_equal(source_lost(&s), 4000 * 2899);
	assert_true(source_report(&s, &b));
	assert_int_equal(b.lost, 0x7fffff);
	assert_int_equal(b.fraction_lost, 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_needs_two_in_order),
		cmocka_unit_test(source_counts_the_gap_as_lost),
		cmocka_unit_test(source_late_packet_mends_the_loss),
		cmocka_unit_test(source_duplicates_make_no_negative_loss),
		cmocka_unit_test(source_counts_on_through_the_wrap),
		cmocka_unit_test(source_jump_is_a_restart_only_if_repeated),
		cmocka_unit_test(source_new_ssrc_keeps_the_loss_so_far),
		cmocka_unit_test(source_jitter_is_that_of_a8),
		cmocka_unit_test(source_steady_stream_has_no_jitter),
		cmocka_unit_test(source_events_make_no_jitter),
		cmocka_unit_test(source_loss_stops_at_what_24_bits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
