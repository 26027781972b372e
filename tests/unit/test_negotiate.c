/*
 * test_negotiate.c - our offer, their answer, and later offers (RFC 3264).
 * Needs: core/call/negotiate.c, core/sip/sdp*.c, base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "call/negotiate.h"

static int no_annexb(const char *local, const char *remote, uint32_t ptime_ms,
		     struct cln_codec_params *out)
{
	(void)local;
	out->ptime_ms = ptime_ms;
	return strstr(remote, "annexb=yes") ? -ENOTSUP : 0;
}

static const struct cln_codec pcmu = {
	.size = sizeof(pcmu), .name = "PCMU", .api_name = "mulaw",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
};

static const struct cln_codec g729 = {
	.size = sizeof(g729), .name = "G729", .api_name = "g729",
	.payload_type = 18, .clock_rate = 8000, .sample_rate = 8000,
	.channels = 1, .frame_samples = 80, .frame_bytes = 10, .ptime_ms = 20,
	.fmtp = "annexb=no", .match = no_annexb,
};

static const struct cln_codec g723 = {
	.size = sizeof(g723), .name = "G723", .api_name = "g723",
	.payload_type = 4, .clock_rate = 8000, .sample_rate = 8000,
	.channels = 1, .frame_samples = 240, .frame_bytes = 24, .ptime_ms = 30,
};

static const struct cln_codec opus = {
	.size = sizeof(opus), .name = "opus", .api_name = "opus",
	.payload_type = CLN_PT_DYNAMIC, .clock_rate = 48000,
	.sample_rate = 48000, .channels = 2, .frame_samples = 960,
	.frame_bytes = 400, .ptime_ms = 20,
};

static const struct codec_set all = { 4, { &pcmu, &g729, &g723, &opus } };
static struct sdp_audio local;
static struct negotiated n;
static char why[128];

static int setup(void **state)
{
	struct addr address;

	(void)state;
	addr_parse_ip(&address, "127.0.0.1", 0);
	negotiate_local(&local, &all, &address, 20000);
	n = (struct negotiated){ 0 };
	return 0;
}

#define SDP(m) "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n" \
	"c=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 40000 RTP/AVP " m

static int answer(const char *sdp)
{
	return negotiate_answer(&n, &all, &local, sdp, sdp ? strlen(sdp) : 0,
				why, sizeof(why));
}

static void offer_holds_the_codecs_in_their_order(void **state)
{
	(void)state;
	assert_int_equal(local.n_formats, 4);
	assert_int_equal(local.formats[0].pt, 0);
	assert_int_equal(local.formats[1].pt, 18);
	assert_string_equal(local.formats[1].fmtp, "annexb=no");
	assert_int_equal(local.formats[3].pt, 96);
	assert_int_equal(addr_port(&local.rtp), 20000);
	assert_int_equal(addr_port(&local.rtcp), 20001);
	assert_int_equal(local.ptime_ms, 20);
	assert_int_equal(local.direction, SDP_SENDRECV);
}

static void answer_chooses_codec_address_and_number(void **state)
{
	struct addr rtp, rtcp;

	(void)state;
	addr_parse_ip(&rtp, "192.0.2.9", 40000);
	addr_parse_ip(&rtcp, "192.0.2.9", 40001);
	assert_int_equal(answer(SDP("97\r\na=rtpmap:97 opus/48000/2\r\n"
				    "a=ptime:40\r\n")), 0);
	assert_ptr_equal(n.codec, &opus);
	assert_int_equal(n.payload_type, 97);
	assert_int_equal(n.params.ptime_ms, 40);
	assert_true(addr_equal(&n.rtp, &rtp));
	assert_true(addr_equal(&n.rtcp, &rtcp));
	assert_true(n.send);
}

static void answerers_order_wins(void **state)
{
	(void)state;
	assert_int_equal(answer(SDP("18 0\r\n")), 0);
	assert_ptr_equal(n.codec, &g729);
}

static uint32_t ptime(const char *pt_and_rest)
{
	assert_int_equal(answer(pt_and_rest), 0);
	return n.params.ptime_ms;
}

static void packet_time_is_what_they_ask_in_whole_frames(void **state)
{
	(void)state;
	assert_int_equal(ptime(SDP("0\r\n")), 20);
	assert_int_equal(ptime(SDP("0\r\na=ptime:30\r\n")), 30);
	assert_int_equal(ptime(SDP("0\r\na=ptime:200\r\n")), 60);
	assert_int_equal(ptime(SDP("0\r\na=ptime:1\r\n")), 10);
	assert_int_equal(ptime(SDP("0\r\na=maxptime:10\r\n")), 10);
	assert_int_equal(ptime(SDP("18\r\na=ptime:25\r\n")), 20);
	assert_int_equal(ptime(SDP("4\r\na=ptime:20\r\n")), 30);
	assert_int_equal(ptime(SDP("4\r\na=ptime:60\r\n")), 60);
}

static void hold_is_seen_in_every_form(void **state)
{
	(void)state;
	answer(SDP("0\r\na=sendonly\r\n"));
	assert_false(n.send);
	answer(SDP("0\r\na=inactive\r\n"));
	assert_false(n.send);
	answer(SDP("0\r\na=recvonly\r\n"));
	assert_true(n.send);
	answer("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 0.0.0.0\r\n"
	       "t=0 0\r\nm=audio 40000 RTP/AVP 0\r\n");
	assert_false(n.send);
}

static void answer_that_cannot_be_used_says_why(void **state)
{
	(void)state;
	assert_int_not_equal(answer(NULL), 0);
	assert_string_equal(why, "the answer has no SDP");
	assert_int_not_equal(answer(SDP("8\r\n")), 0);
	assert_string_equal(why, "the answer holds no codec that was offered");
	assert_int_not_equal(answer(SDP("18\r\na=fmtp:18 annexb=yes\r\n")), 0);
	assert_string_equal(why, "the answer's G729 parameters do not suit");
	assert_int_not_equal(answer("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
				    "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
				    "m=audio 0 RTP/AVP 0\r\n"), 0);
	assert_string_equal(why, "the answer refuses audio");
	assert_int_not_equal(answer("v=0\r\no=- 1 1 IN IP6 2001:db8::9\r\ns=-\r\n"
				    "c=IN IP6 2001:db8::9\r\nt=0 0\r\n"
				    "m=audio 4000 RTP/AVP 0\r\n"), 0);
	assert_string_equal(why, "the answer's address is of the other IP "
			    "version");
	assert_int_not_equal(answer("x"), 0);
	assert_true(why[0]);
}

static void later_offer_must_hold_the_codec_that_plays(void **state)
{
	static const char same[] = SDP("18 0\r\na=sendonly\r\n");
	static const char other[] = SDP("18\r\n");
	const struct sdp_session session = { 5, 6 };
	char text[2048];

	(void)state;
	answer(SDP("0\r\n"));
	assert_int_equal(negotiate_offer(&n, &session, &local, same,
					 sizeof(same) - 1, text,
					 sizeof(text)), 0);
	assert_ptr_equal(n.codec, &pcmu);
	assert_false(n.send);
	assert_non_null(strstr(text, " 5 6 IN IP4 127.0.0.1\r\n"));
	assert_non_null(strstr(text, "RTP/AVP 0\r\n"));
	assert_int_not_equal(negotiate_offer(&n, &session, &local, other,
					     sizeof(other) - 1, text,
					     sizeof(text)), 0);
	assert_int_not_equal(negotiate_offer(&n, &session, &local, same,
					     sizeof(same) - 1, text, 20), 0);
}

static void narrowing_leaves_one_codec(void **state)
{
	(void)state;
	negotiate_narrow(&local, &g723);
	assert_int_equal(local.n_formats, 1);
	assert_int_equal(local.formats[0].pt, 4);
	assert_int_equal(local.ptime_ms, 30);
}

#define RULE(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(offer_holds_the_codecs_in_their_order),
		RULE(answer_chooses_codec_address_and_number),
		RULE(answerers_order_wins),
		RULE(packet_time_is_what_they_ask_in_whole_frames),
		RULE(hold_is_seen_in_every_form),
		RULE(answer_that_cannot_be_used_says_why),
		RULE(later_offer_must_hold_the_codec_that_plays),
		RULE(narrowing_leaves_one_codec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
