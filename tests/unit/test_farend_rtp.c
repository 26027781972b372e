/* SPDX-License-Identifier: MIT */
/*
 * test_farend_rtp.c - the far end's figures of a stream.
 * Sources: tools/farend/rtpstore.c tools/farend/rtpstat.c tools/farend/expect.c
 *   tools/farend/txt.c
 * Libraries: cmocka, m
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../tools/farend/rtpstore.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { START = 1000 };

/* A packet of 160 mu-law bytes, ms after the start of time. */
static void put(struct rtp_store *s, unsigned int seq, unsigned int ts,
		double ms, int pt, bool marker, uint32_t ssrc)
{
	uint8_t p[12 + 160] = { 0x80 };

	p[1] = (uint8_t)(pt | (marker ? 0x80 : 0));
	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	for (int i = 0; i < 4; i++) {
		p[4 + i] = (uint8_t)(ts >> (24 - 8 * i));
		p[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
	}
	memset(p + 12, (int)(seq & 255), 160);
	rtp_store_rtp(s, p, sizeof(p), (int64_t)((START + ms) * 1e6));
}

static struct rtp_figures figures(const struct rtp_store *s)
{
	struct rtp_marks m = { .answered_ns = START * 1000000ll - 5000000,
		.ack_ns = START * 1000000ll - 2000000, .ptime_ms = 20,
		.event_pt = 101, .clock_rate = 8000, .pt = 0 };
	struct rtp_figures f;

	assert_true(rtp_figures(&f, s, &m));
	rtp_figures_free(&f);
	return f;
}

static void perfect_stream_has_perfect_figures(void **state)
{
	struct rtp_store s = { 0 };
	struct rtp_figures f;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		put(&s, (65500 + i) & 0xffff, 0xffffff00u + i * 160, i * 20.0,
		    0, i == 0, 9);
	f = figures(&s);
	assert_int_equal(f.packets, 100);
	assert_int_equal(f.payload_bytes, 16000);
	assert_int_equal(f.lost + f.duplicates + f.reordered + f.ts_jumps, 0);
	assert_true(f.marker_only_first);
	assert_true(fabs(f.p50_ms - 20) < 1e-6 && fabs(f.max_ms - 20) < 1e-6);
	assert_true(fabs(f.late_max_ms) < 1e-6);
	assert_true(fabs(f.first_after_ack_ms - 2) < 1e-6);
	assert_true(f.outside_share == 0);
	rtp_store_free(&s);
}

static void losses_duplicates_and_disorder_are_told_apart(void **state)
{
	static const unsigned int seqs[] = { 1, 2, 4, 3, 3, 5, 8, 9 };
	struct rtp_store s = { 0 };
	struct rtp_figures f;
	uint32_t *order;
	size_t n;

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		put(&s, seqs[i], seqs[i] * 160, i * 20.0, 0, i == 0, 9);
	f = figures(&s);
	assert_int_equal(f.lost, 2);
	assert_int_equal(f.gaps, 1);
	assert_int_equal(f.duplicates, 1);
	assert_int_equal(f.reordered, 1);
	assert_int_equal(f.ts_jumps, 0);
	order = rtp_order(&n, &s, 101);
	assert_int_equal(n, 7);
	assert_int_equal(s.packets[order[2]].seq, 3);
	assert_int_equal(s.packets[order[6]].seq, 9);
	free(order);
	rtp_store_free(&s);
}

static void late_packets_show_although_the_mean_is_right(void **state)
{
	struct rtp_store s = { 0 };
	struct rtp_figures f;

	(void)state;
	for (unsigned int i = 0; i < 50; i++)
		put(&s, i, i * 160, i * 20.0 + (i == 25 ? 30 : 0), 0, i == 0,
		    9);
	f = figures(&s);
	assert_true(fabs(f.late_max_ms - 30) < 1e-6);
	assert_true(fabs(f.max_ms - 50) < 1e-6);
	assert_true(f.outside_share > 0.0);
	assert_int_equal(f.reordered, 0);
	rtp_store_free(&s);
}

static void jumps_sources_and_events_are_counted(void **state)
{
	struct rtp_store s = { 0 };
	struct rtp_figures f;

	(void)state;
	put(&s, 1, 160, 0, 0, true, 9);
	put(&s, 2, 480, 20, 0, false, 9);       /* a time stamp too far */
	put(&s, 3, 640, 40, 101, true, 9);
	put(&s, 4, 640, 60, 101, false, 9);
	put(&s, 50, 5, 80, 0, true, 10);        /* another source */
	put(&s, 51, 165, 100, 8, false, 10);    /* not the agreed codec */
	f = figures(&s);
	assert_int_equal(f.ts_jumps, 1);
	assert_int_equal(f.ssrc_changes, 1);
	assert_int_equal(f.event_packets, 2);
	assert_int_equal(f.lost, 0);
	assert_int_equal(f.wrong_pt, 1);
	assert_int_equal(f.n_pts, 3);
	assert_false(f.marker_only_first);
	rtp_store_free(&s);
}

static void nothing_received_gives_figures_too(void **state)
{
	struct rtp_store s = { 0 };
	struct rtp_figures f = figures(&s);
	struct txt t = { 0 };

	(void)state;
	assert_int_equal(f.packets, 0);
	assert_true(isnan(f.first_after_ack_ms));
	rtp_figures_json(&t, NULL, &f, &s);
	assert_non_null(strstr(t.p, "\"first_packet_after_ack_ms\":null"));
	txt_free(&t);
}

static void datagrams_that_are_not_rtp_are_invalid(void **state)
{
	struct rtp_store s = { 0 };
	uint8_t p[64] = { 0x80 };

	(void)state;
	rtp_store_rtp(&s, p, 11, 1);
	p[0] = 0x40;
	rtp_store_rtp(&s, p, 64, 1);
	p[0] = 0x8f;                    /* 15 sources do not fit */
	rtp_store_rtp(&s, p, 64, 1);
	p[0] = 0x90;
	p[14] = 255;                    /* nor does this extension */
	rtp_store_rtp(&s, p, 64, 1);
	p[0] = 0xa0;
	p[63] = 200;                    /* nor this padding */
	rtp_store_rtp(&s, p, 64, 1);
	assert_int_equal(s.invalid, 5);
	assert_int_equal(s.n, 0);
	p[63] = 4;
	rtp_store_rtp(&s, p, 64, 1);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.packets[0].len, 48);
	rtp_store_free(&s);
}

static void rtcp_is_counted_by_kind(void **state)
{
	static const uint8_t compound[] = {
		0x80, 200, 0, 6, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2,
		0, 0, 0, 3, 0, 0, 0, 77, 0, 0, 1, 0,
		0x81, 202, 0, 2, 0, 0, 0, 9, 1, 1, 'x', 0,
		0x81, 203, 0, 1, 0, 0, 0, 9,
	};
	struct rtp_store s = { 0 };

	(void)state;
	rtp_store_rtcp(&s, compound, sizeof(compound), 5);
	assert_int_equal(s.rtcp_sr, 1);
	assert_int_equal(s.sr_packets, 77);
	assert_int_equal(s.rtcp_sdes, 1);
	assert_string_equal(s.cname, "x");
	assert_int_equal(s.rtcp_bye, 1);
	assert_int_equal(s.rtcp_invalid, 0);
	for (size_t n = 0; n < sizeof(compound); n++)
		rtp_store_rtcp(&s, compound, n, 5);
	assert_true(s.rtcp_invalid > 0);
	rtp_store_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(perfect_stream_has_perfect_figures),
		cmocka_unit_test(losses_duplicates_and_disorder_are_told_apart),
		cmocka_unit_test(late_packets_show_although_the_mean_is_right),
		cmocka_unit_test(jumps_sources_and_events_are_counted),
		cmocka_unit_test(nothing_received_gives_figures_too),
		cmocka_unit_test(datagrams_that_are_not_rtp_are_invalid),
		cmocka_unit_test(rtcp_is_counted_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
