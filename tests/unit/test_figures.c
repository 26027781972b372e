/*
 * test_figures.c - the figures of one stream, as a report tells them.
 * Needs: core/media/figures.c, mos.c, source.c; -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "media/figures.h"

static const struct cln_codec pcmu = { .name = "PCMU",
	.clock_rate = 8000 };

static struct control control;
static struct receive r;
static struct figures_sent sent;

static int start(void **state)
{
	(void)state;
	control = (struct control){ .round_trip_us = -1 };
	r = (struct receive){ .clock_rate = 8000, .control = &control };
	sent = (struct figures_sent){ .packets = 100, .bytes = 16000,
				      .late_max_ns = 1500000 };
	return 0;
}

static void receive_but(uint16_t n, uint16_t every)
{
	struct rtp_header h = { .ssrc = 9 };

	for (; h.seq < n; h.seq++, h.timestamp += 160) {
		if (every && h.seq % every == every - 1u)
			continue;
		r.received++;
		source_take(&r.source, &h, h.timestamp);
	}
}

static void what_is_not_known_is_said_so(void **state)
{
	struct cln_rtp_figures f;

	(void)state;
	figures_fill(&f, &r, NULL, &sent);
	assert_int_equal(f.sent, 100);
	assert_int_equal(f.sent_bytes, 16000);
	assert_int_equal(f.late_max_us, 1500);
	assert_int_equal(f.received, 0);
	assert_int_equal(f.lost, 0);
	assert_int_equal(f.far_lost, -1);
	assert_int_equal(f.far_jitter_us, -1);
	assert_int_equal(f.round_trip_us, -1);
	assert_int_equal(f.mos_x100, -1);
	assert_int_equal(f.far_mos_x100, -1);
}

static void what_we_received_has_a_score(void **state)
{
	struct cln_rtp_figures f;

	(void)state;
	receive_but(1000, 0);
	figures_fill(&f, &r, &pcmu, &sent);
	assert_int_equal(f.mos_x100, 441);
	assert_int_equal(f.far_mos_x100, -1);
	start(NULL);
	receive_but(1001, 20);			/* 5 % */
	r.source.jitter = 80 << 4;
	figures_fill(&f, &r, &pcmu, &sent);
	assert_int_equal(f.lost, 50);
	assert_int_equal(f.jitter_us, 10000);
	assert_in_range(f.mos_x100, 391, 393);
}

static void what_the_far_end_reports_has_a_score(void **state)
{
	struct cln_rtp_figures f;

	(void)state;
	control.told = true;
	control.round_trip_us = 80000;
	control.block = (struct rtcp_block){ .lost = 5, .jitter = 160 };
	sent.confirmed = 100;
	figures_fill(&f, &r, &pcmu, &sent);
	assert_int_equal(f.far_lost, 5);
	assert_int_equal(f.far_jitter_us, 20000);
	assert_int_equal(f.round_trip_us, 80000);
	assert_int_equal(f.far_mos_x100, 392);
	assert_int_equal(f.mos_x100, -1);
	/* Of packets sent since then nobody knows. */
	sent.packets = 10000;
	figures_fill(&f, &r, &pcmu, &sent);
	assert_int_equal(f.far_mos_x100, 392);
}

/* RFC 3550 A.3: duplicates may make it negative. */
static void a_negative_loss_is_none(void **state)
{
	struct cln_rtp_figures f;

	(void)state;
	control.told = true;
	control.block.lost = -3;
	sent.confirmed = 100;
	figures_fill(&f, &r, &pcmu, &sent);
	assert_int_equal(f.far_lost, 0);
	assert_int_equal(f.far_mos_x100, 441);
}

static void absurd_jitter_and_lateness_are_cut(void **state)
{
	struct cln_rtp_figures f;

	(void)state;
	control.told = true;
	control.block.jitter = UINT32_MAX;
	sent.confirmed = 1;
	sent.late_max_ns = INT64_MAX;
	figures_fill(&f, &r, &pcmu, &sent);
	assert_int_equal(f.far_jitter_us, INT32_MAX);
	assert_int_equal(f.late_max_us, INT32_MAX);
	/* Id comes to 50 at most: R = 43.2. */
	assert_int_equal(f.far_mos_x100, 222);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_known_is_said_so),
		TEST(what_we_received_has_a_score),
		TEST(what_the_far_end_reports_has_a_score),
		TEST(a_negative_loss_is_none),
		TEST(absurd_jitter_and_lateness_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
