/*
 * test_rtcp.c - the RTCP packets of RFC 3550 6.
 * Needs: core/media/rtcp.c, core/base/random.c, core/base/str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "media/rtcp.h"

enum { OURS = 0x11111111, THEIRS = 0x22222222 };

static const struct rtcp_sender sender = {
	.ntp = UINT64_C(0x0102030405060708), .timestamp = 0xa0a0a0a0,
	.packets = 50, .bytes = 8000,
};

static const struct rtcp_block block = {
	.ssrc = OURS, .fraction_lost = 64, .lost = -2,
	.highest_seq = 0x10005, .jitter = 7, .last_sr = 0x03040506,
	.since_last_sr = 65536,
};

static void rtcp_report_comes_first_then_cname_then_bye(void **state)
{
	struct rtcp_report r = { .ssrc = OURS, .sender = &sender,
				 .block = &block, .cname = "abc", .bye = true };
	uint8_t data[RTCP_MAX];
	size_t len = rtcp_pack(data, &r);

	(void)state;
	assert_int_equal(len, 52 + 16 + 8);
	assert_int_equal(data[0], 0x81);
	assert_int_equal(data[1], 200);
	assert_int_equal(data[3], 52 / 4 - 1);
	/* SDES: one chunk, CNAME of 3, ended by a zero, whole words. */
	assert_memory_equal(data + 52,
			    "\x81\xca\x00\x03\x11\x11\x11\x11\x01\x03" "abc"
			    "\0\0\0", 16);
	assert_memory_equal(data + 68, "\x81\xcb\x00\x01\x11\x11\x11\x11", 8);
}

static void rtcp_who_never_sent_writes_an_rr(void **state)
{
	struct rtcp_report r = { .ssrc = OURS, .cname = "ab" };
	uint8_t data[RTCP_MAX];
	size_t len = rtcp_pack(data, &r);

	(void)state;
	assert_int_equal(len, 8 + 16);
	assert_memory_equal(data, "\x80\xc9\x00\x01\x11\x11\x11\x11", 8);
	/* 4 + 4 + 2 + 2 are whole words already: four zeros end the list. */
	assert_memory_equal(data + 12 + 8, "\0\0\0\0", 4);
}

static void rtcp_longest_cname_fits(void **state)
{
	char cname[400];
	struct rtcp_report r = { .ssrc = OURS, .sender = &sender,
				 .block = &block, .cname = cname, .bye = true };
	uint8_t data[RTCP_MAX];
	struct rtcp_news news;
	size_t len;

	(void)state;
	memset(cname, 'x', sizeof(cname));
	cname[sizeof(cname) - 1] = '\0';
	len = rtcp_pack(data, &r);
	assert_true(len <= RTCP_MAX);
	assert_int_equal(data[52 + 9], 255);
	assert_int_equal(rtcp_parse(&news, data, len, OURS), 0);
}

static size_t pack_theirs(uint8_t *data, bool bye)
{
	struct rtcp_report r = { .ssrc = THEIRS, .sender = &sender,
				 .block = &block, .cname = "far", .bye = bye };

	return rtcp_pack(data, &r);
}

static void rtcp_parse_reads_what_pack_wrote(void **state)
{
	uint8_t data[RTCP_MAX];
	size_t len = pack_theirs(data, true);
	struct rtcp_news news;

	(void)state;
	assert_int_equal(rtcp_parse(&news, data, len, OURS), 0);
	assert_int_equal(news.ssrc, THEIRS);
	assert_true(news.has_sender);
	assert_true(news.sender.ntp == sender.ntp);
	assert_int_equal(news.sender.packets, 50);
	assert_int_equal(news.sender.bytes, 8000);
	assert_true(news.has_block);
	assert_int_equal(news.block.fraction_lost, 64);
	assert_int_equal(news.block.lost, -2);
	assert_int_equal(news.block.highest_seq, 0x10005);
	assert_int_equal(news.block.jitter, 7);
	assert_int_equal(news.block.last_sr, 0x03040506);
	assert_int_equal(news.block.since_last_sr, 65536);
	assert_true(news.bye);
}

static void rtcp_blocks_about_others_are_not_ours(void **state)
{
	uint8_t data[RTCP_MAX];
	size_t len = pack_theirs(data, false);
	struct rtcp_news news;

	(void)state;
	assert_int_equal(rtcp_parse(&news, data, len, OURS + 1), 0);
	assert_false(news.has_block);
	assert_false(news.bye);
}

static void rtcp_bye_of_another_source_is_not_theirs(void **state)
{
	uint8_t data[RTCP_MAX];
	size_t len = pack_theirs(data, true);
	struct rtcp_news news;

	(void)state;
	data[len - 1] ^= 1;
	assert_int_equal(rtcp_parse(&news, data, len, OURS), 0);
	assert_false(news.bye);
}

static void refused(const uint8_t *data, size_t len)
{
	struct rtcp_news news = { .ssrc = 5 };

	assert_int_equal(rtcp_parse(&news, data, len, OURS), -EBADMSG);
	assert_int_equal(news.ssrc, 5);
}

static void rtcp_parse_refuses_what_a2_refuses(void **state)
{
	uint8_t data[RTCP_MAX], copy[RTCP_MAX];
	size_t len = pack_theirs(data, true);

	(void)state;
	/* Cut anywhere, but for whole packets that happen to be left. */
	for (size_t n = 0; n < len; n++) {
		if (n == 52 || n == len - 8)
			continue;
		refused(data, n);
	}
	memcpy(copy, data, len);
	copy[0] ^= 0xc0;			/* version */
	refused(copy, len);
	memcpy(copy, data, len);
	copy[1] = 202;				/* SDES first */
	refused(copy, len);
	memcpy(copy, data, len);
	copy[0] |= 0x20;			/* padding in the first */
	refused(copy, len);
	memcpy(copy, data, len);
	copy[0] |= 0x1f;			/* 31 blocks */
	refused(copy, len);
	memcpy(copy, data, len);
	copy[len - 8] |= 0x1f;			/* 31 sources leave */
	refused(copy, len);
	memcpy(copy, data, len);
	copy[52] |= 0x20;			/* padding in the middle */
	refused(copy, len);
}

/* 6.3.1: 0.5 to 1.5 times 5 s, divided by e - 3/2; not below the half (6.2). */
static void rtcp_interval_is_5_s_and_half_at_first(void **state)
{
	uint32_t low = UINT32_MAX, high = 0;
	struct random r;

	(void)state;
	random_seeded(&r, 1);
	for (int i = 0; i < 20000; i++) {
		uint32_t ms = rtcp_interval_ms(&r, false);

		low = ms < low ? ms : low;
		high = ms > high ? ms : high;
		ms = rtcp_interval_ms(&r, true);
		assert_in_range(ms, 1250, 3078);
	}
	assert_int_equal(low, 2500);
	assert_in_range(high, 6148, 6156);
}

/* Wherever in the packet a report of ours stands, and nowhere else. */
static void rtcp_that_claims_to_be_ours_is_told(void **state)
{
	struct rtcp_block b = { .ssrc = 5 };
	struct rtcp_report r = { .ssrc = 77, .block = &b, .cname = "x" };
	uint8_t data[2 * RTCP_MAX];
	struct rtcp_news n;
	size_t len;

	(void)state;
	len = rtcp_pack(data, &r);
	assert_int_equal(rtcp_parse(&n, data, len, 5), 0);
	assert_false(n.ours);
	r.ssrc = 5;
	assert_int_equal(rtcp_parse(&n, data, rtcp_pack(data, &r), 5), 0);
	assert_true(n.ours);
	r.ssrc = 77;
	len = rtcp_pack(data, &r);
	r.ssrc = 5;
	len += rtcp_pack(data + len, &r);
	assert_int_equal(rtcp_parse(&n, data, len, 5), 0);
	assert_true(n.ours);
}

static void rtcp_ntp_counts_from_1900(void **state)
{
	(void)state;
	assert_true(rtcp_ntp(0) == UINT64_C(2208988800) << 32);
	assert_true(rtcp_ntp(500000000) ==
		    (UINT64_C(2208988800) << 32 | 0x80000000));
}

/* The example of figure 2 in RFC 3550 6.4.1. */
static void rtcp_round_trip_is_that_of_figure_2(void **state)
{
	struct rtcp_block b = { .last_sr = 0xb7052000,
				.since_last_sr = 0x00054000 };

	(void)state;
	assert_int_equal(rtcp_round_trip_us(&b, 0xb7108000), 6125000);
	b.last_sr = 0;
	assert_int_equal(rtcp_round_trip_us(&b, 0xb7108000), -1);
	/* A few units "before" is rounding, an hour is nonsense. */
	b = (struct rtcp_block){ .last_sr = 1000, .since_last_sr = 10 };
	assert_int_equal(rtcp_round_trip_us(&b, 1005), 0);
	assert_int_equal(rtcp_round_trip_us(&b, 1010 + 3600u * 65536), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rtcp_report_comes_first_then_cname_then_bye),
		cmocka_unit_test(rtcp_who_never_sent_writes_an_rr),
		cmocka_unit_test(rtcp_longest_cname_fits),
		cmocka_unit_test(rtcp_parse_reads_what_pack_wrote),
		cmocka_unit_test(rtcp_blocks_about_others_are_not_ours),
		cmocka_unit_test(rtcp_bye_of_another_source_is_not_theirs),
		cmocka_unit_test(rtcp_parse_refuses_what_a2_refuses),
		cmocka_unit_test(rtcp_interval_is_5_s_and_half_at_first),
		cmocka_unit_test(rtcp_that_claims_to_be_ours_is_told),
		cmocka_unit_test(rtcp_ntp_counts_from_1900),
		cmocka_unit_test(rtcp_round_trip_is_that_of_figure_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
