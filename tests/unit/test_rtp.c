/*
 * test_rtp.c - the RTP packet of RFC 3550 5.1.
 * Needs: core/media/rtp.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "media/rtp.h"

static const struct rtp_header header = {
	.marker = true, .payload_type = 8, .seq = 0xfffe,
	.timestamp = 0x01020304, .ssrc = 0xdeadbeef,
};

static void rtp_pack_writes_the_header_of_5_1(void **state)
{
	static const uint8_t want[] = { 0x80, 0x88, 0xff, 0xfe, 1, 2, 3, 4,
					0xde, 0xad, 0xbe, 0xef };
	uint8_t got[RTP_HEADER_LEN];

	(void)state;
	rtp_pack(got, &header);
	assert_memory_equal(got, want, sizeof(want));
}

static void rtp_parse_reads_what_pack_wrote(void **state)
{
	uint8_t data[RTP_HEADER_LEN + 3] = { 0 };
	struct rtp_packet p;

	(void)state;
	rtp_pack(data, &header);
	memcpy(data + RTP_HEADER_LEN, "abc", 3);
	assert_int_equal(rtp_parse(&p, data, sizeof(data)), 0);
	assert_true(p.header.marker);
	assert_int_equal(p.header.payload_type, 8);
	assert_int_equal(p.header.seq, 0xfffe);
	assert_int_equal(p.header.timestamp, 0x01020304);
	assert_int_equal(p.header.ssrc, 0xdeadbeef);
	assert_int_equal(p.len, 3);
	assert_memory_equal(p.payload, "abc", 3);
}

static void rtp_parse_skips_csrcs_and_extension(void **state)
{
	uint8_t data[12 + 2 * 4 + 4 + 4 + 1] = { 0x92, 0 };
	struct rtp_packet p;

	(void)state;
	data[12 + 8 + 3] = 1;		/* one word of extension */
	data[sizeof(data) - 1] = 'x';
	assert_int_equal(rtp_parse(&p, data, sizeof(data)), 0);
	assert_int_equal(p.len, 1);
	assert_int_equal(p.payload[0], 'x');
	data[12 + 8 + 3] = 2;
	assert_int_equal(rtp_parse(&p, data, sizeof(data)), -EBADMSG);
	data[12 + 8 + 2] = 0xff;
	assert_int_equal(rtp_parse(&p, data, sizeof(data)), -EBADMSG);
	assert_int_equal(rtp_parse(&p, data, 12 + 8 + 3), -EBADMSG);
	assert_int_equal(rtp_parse(&p, data, 12 + 7), -EBADMSG);
}

static void rtp_parse_takes_padding_off(void **state)
{
	uint8_t data[12 + 4] = { 0xa0, 0 };
	struct rtp_packet p;

	(void)state;
	data[15] = 3;
	assert_int_equal(rtp_parse(&p, data, sizeof(data)), 0);
	assert_int_equal(p.len, 1);
	data[15] = 4;
	assert_int_equal(rtp_parse(&p, data, sizeof(data)), 0);
	assert_int_equal(p.len, 0);
	data[15] = 5;
	assert_int_equal(rtp_parse(&p, data, sizeof(data)), -EBADMSG);
	data[15] = 0;
	assert_int_equal(rtp_parse(&p, data, sizeof(data)), -EBADMSG);
}

static void rtp_parse_refuses_what_a1_refuses(void **state)
{
	uint8_t data[12] = { 0x80, 0 };
	struct rtp_packet p;

	(void)state;
	assert_int_equal(rtp_parse(&p, data, 12), 0);
	for (size_t n = 0; n < 12; n++)
		assert_int_equal(rtp_parse(&p, data, n), -EBADMSG);
	data[0] = 0x40;
	assert_int_equal(rtp_parse(&p, data, 12), -EBADMSG);
	data[0] = 0xc0;
	assert_int_equal(rtp_parse(&p, data, 12), -EBADMSG);
}

static void rtcp_types_are_told_from_rtp(void **state)
{
	uint8_t data[12] = { 0x80, 200 };
	struct rtp_packet p;

	(void)state;
	assert_true(rtp_is_rtcp(data, 12));
	assert_int_equal(rtp_parse(&p, data, 12), -EBADMSG);
	data[1] = 192;
	assert_true(rtp_is_rtcp(data, 12));
	data[1] = 223;
	assert_true(rtp_is_rtcp(data, 12));
	data[1] = 191;
	assert_false(rtp_is_rtcp(data, 12));
	data[1] = 224;			/* payload type 96 with marker */
	assert_false(rtp_is_rtcp(data, 12));
	assert_false(rtp_is_rtcp(data, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rtp_pack_writes_the_header_of_5_1),
		cmocka_unit_test(rtp_parse_reads_what_pack_wrote),
		cmocka_unit_test(rtp_parse_skips_csrcs_and_extension),
		cmocka_unit_test(rtp_parse_takes_padding_off),
		cmocka_unit_test(rtp_parse_refuses_what_a1_refuses),
		cmocka_unit_test(rtcp_types_are_told_from_rtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
