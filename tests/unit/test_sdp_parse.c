/*
 * test_sdp_parse.c - descriptions of strangers, and what they write instead.
 * Needs: core/sip/sdp_parse.c sdp_format.c sdp_text.c;
 * core/base/addr.c network.c buf.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/sdp.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
#define CONN "c=IN IP4 192.0.2.1\r\n"
#define TIME "t=0 0\r\n"
#define TOP HEAD CONN TIME

static int parse(struct sdp_parsed *p, const char *text)
{
	char why[96];
	int err;

	/* On the heap without a NUL, so that a byte read too far is seen. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	err = sdp_parse(p, SDP_AVP, copy, len, why, sizeof(why));
	assert_int_equal(err == -EBADMSG, why[0] != '\0');
	free(copy);
	return err;
}

static int verdict(const char *text)
{
	struct sdp_parsed p;

	return parse(&p, text);
}

static void assert_addr(const struct addr *a, const char *text)
{
	char got[ADDR_TEXT_LEN];

	addr_text(a, got);
	assert_string_equal(got, text);
}

/* ---- parser: what is right ----------------------------------------------- */

static void parse_reads_an_answer(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, TOP "m=audio 4000 RTP/AVP 8 0 97 101\r\n"
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:97 L16/16000/2\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
		"a=ptime:30\r\na=maxptime:60\r\na=sendonly\r\n"), 0);
	assert_addr(&p.audio.rtp, "192.0.2.1:4000");
	assert_addr(&p.audio.rtcp, "192.0.2.1:4001");
	assert_int_equal(p.audio.n_formats, 4);
	assert_string_equal(p.audio.formats[0].name, "PCMA");
	assert_string_equal(p.audio.formats[1].name, "PCMU");
	assert_int_equal(p.audio.formats[1].clock_rate, 8000);
	assert_string_equal(p.audio.formats[2].name, "L16");
	assert_int_equal(p.audio.formats[2].clock_rate, 16000);
	assert_int_equal(p.audio.formats[2].channels, 2);
	assert_string_equal(p.audio.formats[3].fmtp, "0-15");
	assert_int_equal(p.audio.ptime_ms, 30);
	assert_int_equal(p.audio.maxptime_ms, 60);
	assert_int_equal(p.audio.direction, SDP_SENDONLY);
	assert_int_equal(p.n_media, 1);
	assert_int_equal(p.audio_index, 0);
}

static void parse_takes_bare_line_feeds_and_no_end(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, "v=0\nc=IN IP4 192.0.2.1\n\n"
				   "m=audio  4000  RTP/AVP  0"), 0);
	assert_int_equal(p.audio.n_formats, 1);
	assert_int_equal(p.audio.direction, SDP_SENDRECV);
	assert_int_equal(p.audio.ptime_ms, 0);
}

static void parse_names_static_types(void **state)
{
	static const struct {
		int pt;
		const char *name;
		uint32_t clock_rate;
	} types[] = {
		{ 0, "PCMU", 8000 }, { 3, "GSM", 8000 }, { 4, "G723", 8000 },
		{ 8, "PCMA", 8000 }, { 9, "G722", 8000 }, { 13, "CN", 8000 },
		{ 15, "G728", 8000 }, { 18, "G729", 8000 }, { 96, "", 0 },
	};
	struct sdp_parsed p;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(types); i++) {
		snprintf(text, sizeof(text), TOP "m=audio 4000 RTP/AVP %d\r\n",
			 types[i].pt);
		assert_int_equal(parse(&p, text), 0);
		assert_string_equal(p.audio.formats[0].name, types[i].name);
		assert_int_equal(p.audio.formats[0].clock_rate,
				 types[i].clock_rate);
	}
}

static void parse_prefers_the_stream_to_the_session(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, HEAD "c=IN IP4 198.51.100.1\r\n" TIME
		"a=inactive\r\nm=audio 4000 RTP/AVP 0\r\n" CONN
		"a=recvonly\r\n"), 0);
	assert_addr(&p.audio.rtp, "192.0.2.1:4000");
	assert_int_equal(p.audio.direction, SDP_RECVONLY);
	assert_int_equal(parse(&p, TOP "a=inactive\r\n"
			       "m=audio 4000 RTP/AVP 0\r\n"), 0);
	assert_int_equal(p.audio.direction, SDP_INACTIVE);
}

static void parse_takes_ipv6(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, HEAD "c=IN IP6 2001:db8::1\r\n" TIME
		"m=audio 4000 RTP/AVP 0\r\n"), 0);
	assert_addr(&p.audio.rtp, "[2001:db8::1]:4000");
	assert_int_equal(verdict(HEAD "c=IN IP6 192.0.2.1\r\n" TIME
		"m=audio 4000 RTP/AVP 0\r\n"), -EBADMSG);
	assert_int_equal(verdict(HEAD "c=IN IP4 2001:db8::1\r\n" TIME
		"m=audio 4000 RTP/AVP 0\r\n"), -EBADMSG);
}

static void parse_takes_the_first_usable_of_many_streams(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, TOP "m=video 5000 RTP/AVP 31\r\n"
		"a=ptime:0\r\nm=audio 0 RTP/AVP 0\r\n"
		"m=audio 5002 RTP/SAVP 0\r\nm=application 9 UDP/DTLS x\r\n"
		"m=audio 5004/2 rtp/avp 8\r\na=ptime:20\r\n"
		"m=audio 5006 RTP/AVP 0\r\na=ptime:40\r\n"), 0);
	assert_int_equal(p.n_media, 6);
	assert_int_equal(p.n_open, 5);
	assert_int_equal(p.audio_index, 4);
	assert_addr(&p.audio.rtp, "192.0.2.1:5004");
	assert_int_equal(p.audio.formats[0].pt, 8);
	assert_int_equal(p.audio.ptime_ms, 20);
}

static void parse_reads_where_rtcp_goes(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, TOP "m=audio 4000 RTP/AVP 0\r\n"
			       "a=rtcp:5000\r\n"), 0);
	assert_addr(&p.audio.rtcp, "192.0.2.1:5000");
	assert_int_equal(parse(&p, TOP "m=audio 4000 RTP/AVP 0\r\n"
			       "a=rtcp:5000 IN IP4 192.0.2.9\r\n"), 0);
	assert_addr(&p.audio.rtcp, "192.0.2.9:5000");
	assert_int_equal(parse(&p, TOP "m=audio 4000 RTP/AVP 0\r\n"
			       "a=rtcp-mux\r\n"), 0);
	assert_true(p.audio.rtcp_mux);
	assert_addr(&p.audio.rtcp, "192.0.2.1:4001");	/* RFC 5761 5.1.1 */
	assert_int_equal(verdict(TOP "m=audio 65535 RTP/AVP 0\r\n"
				 "a=rtcp-mux\r\n"), 0);
	assert_int_equal(verdict(TOP "m=audio 65535 RTP/AVP 0\r\n"), -EBADMSG);
}

static void parse_understands_the_old_hold(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, HEAD "c=IN IP4 0.0.0.0\r\n" TIME
			       "m=audio 4000 RTP/AVP 0\r\n"), 0);
	assert_int_equal(p.audio.direction, SDP_SENDONLY);
	assert_int_equal(parse(&p, HEAD "c=IN IP4 0.0.0.0\r\n" TIME
			       "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n"), 0);
	assert_int_equal(p.audio.direction, SDP_INACTIVE);
}

static void parse_takes_packet_times_of_the_session(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, TOP "a=ptime:40\r\na=maxptime:60\r\n"
			       "m=audio 4000 RTP/AVP 0\r\na=ptime:30\r\n"), 0);
	assert_int_equal(p.audio.ptime_ms, 30);
	assert_int_equal(p.audio.maxptime_ms, 60);
	assert_int_equal(verdict(TOP "a=ptime:4294967316\r\n"
				 "m=audio 4000 RTP/AVP 0\r\n"), -EBADMSG);
	/* Those of another stream say nothing of ours. */
	assert_int_equal(parse(&p, TOP "m=audio 4000 RTP/AVP 0\r\n"
			       "m=audio 4002 RTP/AVP 0\r\na=ptime:0\r\n"
			       "a=inactive\r\nc=IN IP4 192.0.2.9\r\n"), 0);
	assert_int_equal(p.audio.ptime_ms, 0);
	assert_int_equal(p.audio.direction, SDP_SENDRECV);
	assert_addr(&p.audio.rtp, "192.0.2.1:4000");
}

static void parse_counts_the_streams_that_are_left(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, TOP "m=audio 0 RTP/AVP 0\r\n"
			       "m=video 0 RTP/AVP 31\r\n"), -ECONNREFUSED);
	assert_int_equal(p.n_media, 2);
	assert_int_equal(p.n_open, 0);
	assert_int_equal(parse(&p, TOP "m=audio 0 RTP/AVP 0\r\n"
			       "m=image 4000 udptl t38\r\n"), -ECONNREFUSED);
	assert_int_equal(p.n_open, 1);
}

static void parse_takes_a_fraction_of_ptime(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, TOP "m=audio 4000 RTP/AVP 0\r\n"
			       "a=ptime:22.5\r\n"), 0);
	assert_int_equal(p.audio.ptime_ms, 22);
}

static void parse_tells_rejected_from_foreign(void **state)
{
	(void)state;
	assert_int_equal(verdict(TOP "m=audio 0 RTP/AVP 0\r\n"), -ECONNREFUSED);
	assert_int_equal(verdict(TOP "m=video 5000 RTP/AVP 31\r\n"), -ENOTSUP);
	assert_int_equal(verdict(TOP "m=audio 5000 RTP/SAVP 0\r\n"), -ENOTSUP);
	assert_int_equal(verdict(TOP "m=image 5000 udptl t38\r\n"), -ENOTSUP);
}

/* ---- parser: what is wrong ----------------------------------------------- */

static void parse_refuses_broken_text(void **state)
{
	static const char *const broken[] = {
		"", "\r\n\r\n", "v=0\r\n", "hello", "v=1\r\n" CONN
		"m=audio 4000 RTP/AVP 0\r\n", "m=audio 4000 RTP/AVP 0\r\n",
		TOP "nonsense\r\nm=audio 4000 RTP/AVP 0\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=fmtp:0 \x01\r\n",
		TOP "m=audio 4000 RTP/AVP 0\ra=x\r\n",
		TOP "m=audio\r\n", TOP "m=audio 4000\r\n",
		TOP "m=audio 4000 RTP/AVP\r\n", TOP "m=audio  RTP/AVP 0\r\n",
		TOP "m=audio -1 RTP/AVP 0\r\n", TOP "m=audio 65536 RTP/AVP 0",
		TOP "m=audio 99999999999999999999999 RTP/AVP 0\r\n",
		TOP "m=audio 4000/x RTP/AVP 0\r\n",
		TOP "m=audio 4000/ RTP/AVP 0\r\n",
		TOP "m=audio 17000 RTP/AVP 4294967296\r\n",
		TOP "m=audio 17000 RTP/AVP 128\r\n",
		TOP "m=audio 17000 RTP/AVP 0 -8\r\n",
		TOP "m=audio 17000 RTP/AVP 0 x\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=rtpmap:256 PCMU/8000\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 /8000\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/0\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/4294967297\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000/0\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=fmtp:x 1\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=rtcp:0\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=rtcp:70000\r\n",
		TOP "m=audio 4000 RTP/AVP 0\r\na=rtcp:5000 IN IP4 host\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(broken); i++)
		assert_int_equal(verdict(broken[i]), -EBADMSG);
}

static void parse_refuses_an_impossible_ptime(void **state)
{
	static const char *const values[] = {
		"0", "-20", "", "x", "1001", "4294967316", "20.x", "0.5", ".5",
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(values); i++) {
		snprintf(text, sizeof(text), TOP "m=audio 4000 RTP/AVP 0\r\n"
			 "a=ptime:%s\r\n", values[i]);
		assert_int_equal(verdict(text), -EBADMSG);
		snprintf(text, sizeof(text), TOP "m=audio 4000 RTP/AVP 0\r\n"
			 "a=maxptime:%s\r\n", values[i]);
		assert_int_equal(verdict(text), -EBADMSG);
	}
}

static void parse_refuses_addresses_that_are_not_one_host(void **state)
{
	static const char *const lines[] = {
		"", "c=IN IP4 media.example.com\r\n", "c=IN IP4\r\n", "c=\r\n",
		"c=IN IP4 224.0.0.1/127\r\n", "c=IN IP4 255.255.255.255\r\n",
		"c=IN IP6 ff02::1\r\n", "c=IN IP6 ::ffff:224.0.0.1\r\n",
		"c=ATM NSAP 47.0091\r\n", "c=IN IP4 1.2.3\r\n",
		"c=IN IP4 0300.0.2.1\r\n", "c=IN IP4 3221225985\r\n",
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		snprintf(text, sizeof(text), HEAD "%s" TIME
			 "m=audio 4000 RTP/AVP 0\r\n", lines[i]);
		assert_int_equal(verdict(text), -EBADMSG);
	}
}

static void parse_says_which_line_is_wrong(void **state)
{
	static const char text[] = HEAD "c=IN IP4 host.example.com\r\n" TIME
		"m=audio 4000 RTP/AVP 0\r\n";
	struct sdp_parsed p;
	char why[96];

	(void)state;
	assert_int_equal(sdp_parse(&p, SDP_AVP, text, sizeof(text) - 1, why,
				   sizeof(why)), -EBADMSG);
	assert_string_equal(why, "line 4: not a numeric address");
	assert_int_equal(sdp_parse(&p, SDP_AVP, text, sizeof(text) - 1, NULL,
				   0), -EBADMSG);
}

static void parse_keeps_the_preferred_of_many_formats(void **state)
{
	struct sdp_parsed p;
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 65535);
	buf_puts(&b, TOP "m=audio 4000 RTP/AVP");
	for (i = 0; i < 128; i++)
		buf_printf(&b, " %d", i);
	assert_int_equal(parse(&p, b.data), 0);
	assert_int_equal(p.audio.n_formats, SDP_FORMATS_MAX);
	for (i = 0; i < 172; i++)
		buf_puts(&b, " 0");
	assert_int_equal(parse(&p, b.data), -EBADMSG);
	buf_deinit(&b);
}

static void parse_bounds_the_number_of_streams(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 65535);
	buf_puts(&b, TOP);
	for (i = 0; i < 65; i++)
		buf_puts(&b, "m=audio 4000 RTP/AVP 0\r\n");
	assert_int_equal(verdict(b.data), -EBADMSG);
	buf_deinit(&b);
}

static void parse_drops_a_format_with_a_huge_fmtp(void **state)
{
	char filler[5001];
	struct sdp_parsed p;
	struct buf b;

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	buf_init(&b, 65535);
	buf_printf(&b, TOP "m=audio 4000 RTP/AVP 0 8\r\na=fmtp:0 %s\r\n",
		   filler);
	assert_int_equal(parse(&p, b.data), 0);
	assert_int_equal(p.audio.n_formats, 1);
	assert_int_equal(p.audio.formats[0].pt, 8);
	buf_printf(&b, "a=rtpmap:8 %s/8000\r\n", filler);
	assert_int_equal(parse(&p, b.data), -EBADMSG);
	buf_deinit(&b);
}

static void parse_bounds_the_whole(void **state)
{
	char *text = malloc(70000);
	struct sdp_parsed p;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', 70000);
	assert_int_equal(sdp_parse(&p, SDP_AVP, text, 70000, NULL, 0),
			 -EBADMSG);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_reads_an_answer),
		cmocka_unit_test(parse_takes_bare_line_feeds_and_no_end),
		cmocka_unit_test(parse_names_static_types),
		cmocka_unit_test(parse_prefers_the_stream_to_the_session),
		cmocka_unit_test(parse_takes_ipv6),
		cmocka_unit_test(parse_takes_the_first_usable_of_many_streams),
		cmocka_unit_test(parse_reads_where_rtcp_goes),
		cmocka_unit_test(parse_understands_the_old_hold),
		cmocka_unit_test(parse_takes_packet_times_of_the_session),
		cmocka_unit_test(parse_counts_the_streams_that_are_left),
		cmocka_unit_test(parse_takes_a_fraction_of_ptime),
		cmocka_unit_test(parse_tells_rejected_from_foreign),
		cmocka_unit_test(parse_refuses_broken_text),
		cmocka_unit_test(parse_refuses_an_impossible_ptime),
		cmocka_unit_test(parse_refuses_addresses_that_are_not_one_host),
		cmocka_unit_test(parse_says_which_line_is_wrong),
		cmocka_unit_test(parse_keeps_the_preferred_of_many_formats),
		cmocka_unit_test(parse_bounds_the_number_of_streams),
		cmocka_unit_test(parse_drops_a_format_with_a_huge_fmtp),
		cmocka_unit_test(parse_bounds_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
