/*
 * test_control.c - the RTCP side of one stream.
 * Needs: core/media/control.c, rtcp.c, source.c, core/base/random.c, str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "base/clock.h"
#include "media/control.h"

enum { OURS = 1, THEIRS = 2 };

static struct random seeded;
static struct control c;
static struct source source;
static uint32_t reporter;		/* of what take() packs               */

static int start(void **state)
{
	(void)state;
	random_seeded(&seeded, 11);
	source = (struct source){ 0 };
	reporter = THEIRS;
	c = (struct control){
		.enabled = true, .ssrc = OURS, .cname = "us",
		.random = &seeded, .round_trip_us = -1,
		.wall_minus_mono_ns = 1700000000 * S_NS,
	};
	return 0;
}

static struct rtcp_news pack(uint64_t sent, bool bye, int64_t now_ns)
{
	struct control_sent what = { .packets = sent, .bytes = sent * 160,
				     .timestamp = 4711 };
	uint8_t data[RTCP_MAX];
	struct rtcp_news news;
	size_t len = control_pack(&c, data, &what, &source, bye, now_ns);

	assert_int_equal(rtcp_parse(&news, data, len, THEIRS), 0);
	return news;
}

static int take(uint32_t last_sr, uint32_t since, int64_t at_ns)
{
	struct rtcp_sender s = { .ntp = UINT64_C(0x1234567890abcdef) };
	struct rtcp_block b = { .ssrc = OURS, .lost = 3, .jitter = 40,
				.highest_seq = 77, .last_sr = last_sr,
				.since_last_sr = since };
	struct rtcp_report r = { .ssrc = reporter, .sender = &s, .block = &b,
				 .cname = "far" };
	uint8_t data[RTCP_MAX];

	return control_take(&c, data, rtcp_pack(data, &r), at_ns);
}

/* When it is due, asked every ms as a turn would. */
static int64_t due_ms(int64_t from_ms)
{
	int64_t ms = from_ms;

	while (!control_due(&c, ms * MS_NS))
		ms++;
	return ms;
}

static void control_first_report_is_due_after_half_the_interval(void **state)
{
	(void)state;
	assert_false(control_due(&c, INT64_MAX));
	for (int i = 0; i < 500; i++) {
		int64_t ms;

		c.begun = false;
		control_begin(&c, S_NS);
		ms = due_ms(1000);
		assert_in_range(ms, 1000 + 1250, 1000 + 3079);
		pack(1, false, ms * MS_NS);
		assert_in_range(due_ms(ms), ms + 2500, ms + 6157);
	}
}

/* 6.3.6: who draws again when the time is up, and waits if that gives longer,
 * comes to the 5 s that were meant.                                          */
static void control_reports_come_every_5_s_on_average(void **state)
{
	enum { REPORTS = 2000 };
	int64_t ms = 0;

	(void)state;
	control_begin(&c, 0);
	for (int i = 0; i < REPORTS; i++) {
		ms = due_ms(ms);
		pack((uint64_t)i, false, ms * MS_NS);
	}
	assert_in_range(ms / REPORTS, 4900, 5100);
}

static void control_switched_off_is_never_due(void **state)
{
	(void)state;
	c.enabled = false;
	control_begin(&c, 0);
	assert_false(control_due(&c, INT64_MAX));
}

static void control_says_bye_once_and_nothing_after_it(void **state)
{
	(void)state;
	control_begin(&c, 0);
	assert_true(pack(5, true, S_NS).bye);
	assert_true(c.said_bye);
	assert_false(control_due(&c, INT64_MAX));
}

/* RFC 3550 6.4: who sent within the last two intervals is a sender. */
static void control_sender_is_receiver_after_two_silent_intervals(
	void **state)
{
	struct rtcp_news n;

	(void)state;
	assert_false(pack(0, false, S_NS).has_sender);
	n = pack(10, false, 2 * S_NS);
	assert_true(n.has_sender);
	assert_int_equal(n.sender.packets, 10);
	assert_int_equal(n.sender.bytes, 1600);
	assert_int_equal(n.sender.timestamp, 4711);
	assert_true(n.sender.ntp == rtcp_ntp(1700000002 * S_NS));
	assert_true(pack(10, false, 3 * S_NS).has_sender);
	assert_false(pack(10, false, 4 * S_NS).has_sender);
}

static void control_round_trip_is_arrival_less_lsr_and_dlsr(void **state)
{
	uint32_t sr = rtcp_ntp_middle(rtcp_ntp(1700000002 * S_NS));

	(void)state;
	assert_int_equal(take(0, 0, 3 * S_NS), 0);
	assert_int_equal(c.round_trip_us, -1);
	assert_int_equal(take(sr, 65536, 3 * S_NS + 125 * MS_NS), 0);
	assert_in_range(c.round_trip_us, 124900, 125100);
	assert_true(c.told);
	assert_int_equal(c.block.lost, 3);
	assert_int_equal(c.block.highest_seq, 77);
	/* A later report that names no SR does not unlearn it. */
	take(0, 0, 4 * S_NS);
	assert_in_range(c.round_trip_us, 124900, 125100);
}

static void control_tells_lsr_and_dlsr_of_the_far_ends_report(void **state)
{
	struct rtp_header h = { .ssrc = THEIRS };
	struct rtcp_news n;

	(void)state;
	for (int i = 0; i < 5; i++, h.seq++)
		source_take(&source, &h, 0);
	take(0, 0, 3 * S_NS);
	n = pack(1, false, 5 * S_NS + 500 * MS_NS);
	assert_true(n.has_block);
	assert_int_equal(n.block.last_sr, 0x567890ab);
	assert_int_equal(n.block.since_last_sr, 65536 * 5 / 2);
}

/* 6.4.1: LSR is of the very source that the block is about. */
static void control_tells_no_lsr_of_another_source(void **state)
{
	struct rtp_header h = { .ssrc = THEIRS };
	struct rtcp_news n;

	(void)state;
	for (int i = 0; i < 5; i++, h.seq++)
		source_take(&source, &h, 0);
	reporter = THEIRS + 1;
	take(0, 0, 3 * S_NS);
	n = pack(1, false, 5 * S_NS);
	assert_true(n.has_block);
	assert_int_equal(n.block.last_sr, 0);
	assert_int_equal(n.block.since_last_sr, 0);
}

/* RFC 3550 8.2: our own report, sent back, or a far end with our number. */
static void control_what_bears_our_ssrc_counts_for_nothing(void **state)
{
	struct rtcp_sender s = { .ntp = UINT64_C(0x1234567890abcdef) };
	struct rtcp_block b = { .ssrc = OURS, .lost = 9, .jitter = 9,
				.highest_seq = 9, .last_sr = 1,
				.since_last_sr = 1 };
	struct rtcp_report r = { .ssrc = OURS, .sender = &s, .block = &b,
				 .cname = "us" };
	struct control before;
	uint8_t data[RTCP_MAX];

	(void)state;
	take(0, 0, S_NS);
	before = c;
	assert_int_equal(control_take(&c, data, rtcp_pack(data, &r), 2 * S_NS),
			 0);
	assert_int_equal(c.reporter, OURS);
	c.reporter = before.reporter;
	assert_memory_equal(&c, &before, sizeof(c));
}

static void control_another_ssrc_begins_anew(void **state)
{
	struct rtcp_news n;

	(void)state;
	control_begin(&c, 0);
	take(0, 0, S_NS);
	assert_true(pack(5, true, S_NS).bye);
	control_rename(&c, 1234, S_NS);
	assert_true(c.told);			/* until there is another */
	assert_false(c.reported || control_due(&c, S_NS + 2499 * MS_NS));
	assert_true(control_due(&c, S_NS + 6157 * MS_NS));
	n = pack(1, false, 8 * S_NS);
	assert_true(n.has_sender && !n.bye && n.ssrc == 1234);
}

static void control_refuses_what_is_no_rtcp(void **state)
{
	(void)state;
	assert_int_equal(control_take(&c, (const uint8_t *)"abc", 3, 0),
			 -EBADMSG);
	assert_false(c.told);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(control_first_report_is_due_after_half_the_interval),
		TEST(control_reports_come_every_5_s_on_average),
		TEST(control_switched_off_is_never_due),
		TEST(control_says_bye_once_and_nothing_after_it),
		TEST(control_sender_is_receiver_after_two_silent_intervals),
		TEST(control_round_trip_is_arrival_less_lsr_and_dlsr),
		TEST(control_tells_lsr_and_dlsr_of_the_far_ends_report),
		TEST(control_tells_no_lsr_of_another_source),
		TEST(control_what_bears_our_ssrc_counts_for_nothing),
		TEST(control_another_ssrc_begins_anew),
		TEST(control_refuses_what_is_no_rtcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
