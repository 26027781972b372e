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

#include "negotiate_bench.h"

static void offer_holds_the_codecs_in_their_order(void **state)
{
	(void)state;
	assert_int_equal(us.audio.n_formats, 4);
	assert_int_equal(us.audio.formats[0].pt, 0);
	assert_int_equal(us.audio.formats[1].pt, 18);
	assert_string_equal(us.audio.formats[1].fmtp, "annexb=no");
	assert_int_equal(us.audio.formats[3].pt, 96);
	assert_int_equal(addr_port(&us.audio.rtp), 20000);
	assert_int_equal(addr_port(&us.audio.rtcp), 20001);
	assert_int_equal(us.audio.ptime_ms, 20);
	assert_int_equal(us.audio.direction, SDP_SENDRECV);
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
	assert_int_equal(ptime(SDP("4\r\na=ptime:90\r\n")), 60);
	assert_int_equal(ptime(SDP("0\r\na=ptime:40\r\na=maxptime:30\r\n")),
			 30);
	assert_int_equal(ptime(SDP("18\r\na=maxptime:35\r\n")), 20);
}

/* maxptime is a must (RFC 8866 6.4): what cannot keep it is not used. */
static void codec_whose_frames_are_too_long_for_them_is_passed_over(
	void **state)
{
	(void)state;
	assert_int_equal(ptime(SDP("4 18\r\na=maxptime:20\r\n")), 20);
	assert_ptr_equal(n.codec, &g729);
	assert_int_equal(answer(SDP("4\r\na=maxptime:20\r\n")), -ENOTSUP);
	assert_string_equal(why, "the answer's G723 parameters do not suit");
	assert_int_equal(answer(SDP("0\r\na=maxptime:5\r\n")), -ENOTSUP);
}

/* 7: the first of theirs that we can really use. */
static void unusable_format_gives_way_to_the_next(void **state)
{
	(void)state;
	assert_int_equal(answer(SDP("101 9 18 97 0\r\n"
				    "a=rtpmap:101 telephone-event/8000\r\n"
				    "a=rtpmap:97 opus/48000\r\n"
				    "a=fmtp:18 annexb=yes\r\n")), 0);
	assert_ptr_equal(n.codec, &pcmu);
	assert_int_equal(answer(SDP("18 96\r\na=fmtp:18 annexb=yes\r\n"
				    "a=rtpmap:96 G729/8000\r\n"
				    "a=fmtp:96 annexb=no\r\n")), 0);
	assert_ptr_equal(n.codec, &g729);
	assert_int_equal(n.payload_type, 96);
	assert_string_equal(n.params.fmtp, "annexb=no");
	assert_int_equal(answer(SDP("18\r\n")), 0);
	assert_string_equal(n.params.fmtp, "");
}

/* 6.1: the numbers of an answer are its writer's. */
static void answer_may_use_numbers_of_its_own(void **state)
{
	static const struct codec_order two = { 2, { &ilbc, &speex } };

	(void)state;
	we_speak(&two);
	assert_int_equal(us.audio.formats[0].pt, 96);
	assert_int_equal(us.audio.formats[1].pt, 97);
	assert_int_equal(answer(SDP("96 97\r\na=rtpmap:96 SPEEX/8000\r\n"
				    "a=rtpmap:97 ilbc/8000/1\r\n")), 0);
	assert_ptr_equal(n.codec, &speex);
	assert_int_equal(n.payload_type, 96);
	assert_int_equal(answer(SDP("97\r\n")), 0);	/* ours, without a map */
	assert_ptr_equal(n.codec, &speex);
	assert_int_equal(answer(SDP("98\r\n")), -ENOENT);
	assert_int_equal(answer(SDP("0\r\na=rtpmap:0 iLBC/8000\r\n")), 0);
	assert_int_equal(n.payload_type, 0);
}

/* RFC 5761 5.1.1: muxed only where both said so, and an answerer does not begin
 * with it. */
static void reports_are_muxed_only_where_both_can(void **state)
{
	(void)state;
	assert_int_equal(answer(SDP("0\r\na=rtcp-mux\r\n")), 0);
	assert_false(n.rtcp_mux);
	assert_int_equal(addr_port(&n.rtcp), 40001);
	us.audio.rtcp_mux = true;
	assert_int_equal(answer(SDP("0\r\na=rtcp:50001\r\n")), 0);
	assert_false(n.rtcp_mux);
	assert_int_equal(addr_port(&n.rtcp), 50001);
	assert_int_equal(answer(SDP("0\r\na=rtcp-mux\r\n")), 0);
	assert_true(n.rtcp_mux);
}

/* 6: each m= line of the answer belongs to the one in its place. */
static void answers_audio_must_stand_where_ours_was_offered(void **state)
{
	static const char third[] = "v=0\r\nc=IN IP4 192.0.2.9\r\n"
		"m=video 0 RTP/AVP 31\r\nm=image 0 udptl t38\r\n"
		"m=audio 40000 RTP/AVP 0\r\n";
	static const char moved[] = "v=0\r\nc=IN IP4 192.0.2.9\r\n"
		"m=audio 0 RTP/AVP 0\r\nm=audio 40000 RTP/AVP 0\r\n";

	(void)state;
	assert_int_equal(answer(third), -EBADMSG);
	assert_string_equal(why, "the answer's media lines are not in the "
			    "order of the offer's");
	assert_int_equal(answer(moved), -EBADMSG);
	us.slot = 2;
	assert_int_equal(answer(third), 0);
	assert_int_equal(answer(SDP("0\r\n")), -EBADMSG);
	us.slot = 0;
	/* More behind it than were offered do no harm. */
	assert_int_equal(answer(SDP("0\r\nm=video 4002 RTP/AVP 31\r\n")), 0);
}

static void failed_answer_changes_nothing(void **state)
{
	struct negotiated before;

	(void)state;
	assert_int_equal(answer(SDP("0\r\n")), 0);
	before = n;
	assert_int_not_equal(answer(SDP("18\r\na=fmtp:18 annexb=yes\r\n")), 0);
	assert_memory_equal(&n, &before, sizeof(n));
}

static void hold_is_seen_in_every_form(void **state)
{
	(void)state;
	answer(SDP("0\r\na=sendonly\r\n"));
	assert_false(n.send);
	assert_false(n.far_silent);
	answer(SDP("0\r\na=inactive\r\n"));
	assert_false(n.send);
	assert_true(n.far_silent);
	answer(SDP("0\r\n"));
	assert_true(n.send);
	assert_false(n.far_silent);
	answer(SDP("0\r\na=recvonly\r\n"));
	assert_true(n.send);
	assert_true(n.far_silent);
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

/* ---- later offers -------------------------------------------------------- */

static void later_offer_goes_on_with_the_codec_that_plays(void **state)
{
	(void)state;
	playing(SDP("0\r\n"));
	assert_int_equal(offer(SDP("18 0\r\na=sendonly\r\n")), 0);
	assert_ptr_equal(n.codec, &pcmu);
	assert_false(n.send);
	assert_non_null(strstr(text, " 5 6 IN IP4 127.0.0.1\r\n"));
	assert_non_null(strstr(text, "RTP/AVP 0\r\n"));
	assert_non_null(strstr(text, "a=recvonly\r\n"));
}

/* 8.3.2; 5.1: what is offered first is liked best. */
static void later_offer_without_it_changes_to_the_first_that_suits(
	void **state)
{
	(void)state;
	playing(SDP("0\r\n"));
	assert_int_equal(offer(SDP("101 18 4\r\na=fmtp:18 annexb=yes\r\n"
				   "a=rtpmap:101 telephone-event/8000\r\n")),
			 0);
	assert_ptr_equal(n.codec, &g723);
	assert_int_equal(n.params.ptime_ms, 30);
	assert_int_equal(n.payload_type, 4);
	assert_non_null(strstr(text, "m=audio 20000 RTP/AVP 4\r\n"
			       "a=rtpmap:4 G723/8000\r\na=ptime:30\r\n"));
	assert_int_equal(offer(SDP("18\r\na=ptime:40\r\n")), 0);
	assert_ptr_equal(n.codec, &g729);
	assert_int_equal(n.params.ptime_ms, 40);
	/* RFC 7261: we answer annexb=no, whatever was offered. */
	assert_non_null(strstr(text, "a=fmtp:18 annexb=no\r\n"
			       "a=ptime:40\r\n"));
}

/* 6.1: the offer's numbers in our answer; 8.3.2: and ours in our next offer. */
static void answer_takes_over_the_numbers_of_the_offer(void **state)
{
	static const struct codec_order set = { 3, { &pcmu, &ilbc, &speex } };

	(void)state;
	we_speak(&set);
	playing(SDP("0\r\n"));
	assert_int_equal(offer(SDP("110\r\na=rtpmap:110 speex/8000\r\n")), 0);
	assert_ptr_equal(n.codec, &speex);
	assert_int_equal(n.payload_type, 110);
	assert_non_null(strstr(text, "RTP/AVP 110\r\na=rtpmap:110 speex"));
	negotiate_within(&us, n.codec);
	assert_int_equal(us.audio.formats[0].pt, 97);
	assert_string_equal(us.audio.formats[0].name, "speex");
	assert_int_equal(us.audio.formats[1].pt, 0);
	assert_int_equal(us.audio.formats[2].pt, 96);
	assert_int_equal(us.audio.n_formats, 3);
	assert_ptr_equal(us.codecs.codecs[1], &pcmu);
	assert_ptr_equal(us.codecs.codecs[2], &ilbc);
}

static void codec_of_another_clock_is_none_to_go_on_with(void **state)
{
	(void)state;
	playing(SDP("0\r\n"));
	assert_int_equal(us.codecs.n, 3);
	assert_int_equal(offer(SDP("97\r\na=rtpmap:97 opus/48000/2\r\n")),
			 -ENOENT);
	assert_ptr_equal(n.codec, &pcmu);
	setup(state);
	playing(SDP("97\r\na=rtpmap:97 opus/48000/2\r\n"));
	assert_int_equal(us.codecs.n, 1);
	assert_int_equal(us.audio.ptime_ms, 20);
	assert_int_equal(offer(SDP("0\r\n")), -ENOENT);
}

static void packet_time_of_a_later_offer_is_answered_with_it(void **state)
{
	(void)state;
	playing(SDP("0\r\n"));
	assert_int_equal(offer(SDP("0\r\na=ptime:60\r\n")), 0);
	assert_int_equal(n.params.ptime_ms, 60);
	assert_non_null(strstr(text, "a=ptime:60\r\n"));
	assert_int_equal(offer(SDP("0\r\na=maxptime:10\r\n")), 0);
	assert_int_equal(n.params.ptime_ms, 10);
	assert_int_equal(offer(SDP("0\r\na=ptime:4294967316\r\n")), -EBADMSG);
	assert_int_equal(n.params.ptime_ms, 10);
}

static void offer_to_mux_is_taken(void **state)
{
	(void)state;
	playing(SDP("0\r\n"));
	assert_int_equal(offer(SDP("0\r\na=rtcp-mux\r\n")), 0);
	assert_true(n.rtcp_mux);
	assert_non_null(strstr(text, "a=rtcp-mux\r\n"));
	assert_int_equal(offer(SDP("0\r\n")), 0);
	assert_false(n.rtcp_mux);
	assert_int_equal(addr_port(&n.rtcp), 40001);
	assert_null(strstr(text, "a=rtcp-mux\r\n"));
}

/* 8.2; where another stream is meant to take its place, we have none. */
static void offer_without_any_port_ends_the_stream_until_the_next(void **state)
{
	(void)state;
	playing(SDP("0\r\n"));
	assert_int_equal(offer("v=0\r\nc=IN IP4 192.0.2.9\r\n"
			       "m=audio 0 RTP/AVP 0 8\r\n"
			       "m=video 0 RTP/AVP 31\r\n"), 0);
	assert_false(n.send);
	assert_int_equal(addr_port(&n.rtp), 0);
	assert_int_equal(addr_port(&n.rtcp), 0);
	assert_non_null(strstr(text, "m=audio 0 RTP/AVP 0 8\r\n"
			       "m=video 0 RTP/AVP 31\r\n"));
	assert_int_equal(offer("v=0\r\nc=IN IP4 192.0.2.9\r\n"
			       "m=audio 0 RTP/AVP 0\r\n"
			       "m=image 4000 udptl t38\r\n"), -ECONNREFUSED);
	assert_int_equal(offer(SDP("0\r\n")), 0);
	assert_true(n.send);
	assert_int_equal(addr_port(&n.rtp), 40000);
}

static void offer_that_cannot_be_taken_changes_nothing(void **state)
{
	static const char *const offers[] = {
		SDP("8\r\n"), SDP("101\r\na=rtpmap:101 telephone-event/8000\r\n"),
		SDP("18\r\na=fmtp:18 annexb=yes\r\n"),
		SDP("0\r\na=maxptime:5\r\n"), "", "v=0\r\n",
		"v=0\r\nc=IN IP6 2001:db8::9\r\nm=audio 4000 RTP/AVP 0\r\n",
		"v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 4000 RTP/SAVP 0\r\n",
		"v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 70000 RTP/AVP 0\r\n",
	};
	struct negotiated before;

	(void)state;
	playing(SDP("0\r\n"));
	before = n;
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		assert_true(offer(offers[i]) < 0);
		assert_string_equal(text, "");
		assert_memory_equal(&n, &before, sizeof(n));
	}
	assert_int_not_equal(negotiate_offer(&n, &us, &session, SDP("4\r\n"),
					     sizeof(SDP("4\r\n")) - 1, text,
					     20), 0);
	assert_memory_equal(&n, &before, sizeof(n));
}

/* Our offer within a call: what plays first, then the carrier's order. */
static void later_offer_of_ours_begins_with_what_plays(void **state)
{
	static const struct codec_order set = { 3, { &g723, &pcmu, &pcma } };

	(void)state;
	we_speak(&set);
	assert_int_equal(us.audio.ptime_ms, 20);
	negotiate_within(&us, &pcma);
	assert_int_equal(us.audio.n_formats, 3);
	assert_int_equal(us.audio.formats[0].pt, 8);
	assert_int_equal(us.audio.formats[1].pt, 4);
	assert_int_equal(us.audio.formats[2].pt, 0);
	assert_int_equal(answer(SDP("4 8\r\n")), 0);
	assert_ptr_equal(n.codec, &g723);
	assert_int_equal(answer(SDP("0\r\n")), 0);
	assert_ptr_equal(n.codec, &pcmu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(offer_holds_the_codecs_in_their_order),
		RULE(answer_chooses_codec_address_and_number),
		RULE(answerers_order_wins),
		RULE(packet_time_is_what_they_ask_in_whole_frames),
		RULE(codec_whose_frames_are_too_long_for_them_is_passed_over),
		RULE(unusable_format_gives_way_to_the_next),
		RULE(answer_may_use_numbers_of_its_own),
		RULE(reports_are_muxed_only_where_both_can),
		RULE(answers_audio_must_stand_where_ours_was_offered),
		RULE(failed_answer_changes_nothing),
		RULE(hold_is_seen_in_every_form),
		RULE(answer_that_cannot_be_used_says_why),
		RULE(later_offer_goes_on_with_the_codec_that_plays),
		RULE(later_offer_without_it_changes_to_the_first_that_suits),
		RULE(answer_takes_over_the_numbers_of_the_offer),
		RULE(codec_of_another_clock_is_none_to_go_on_with),
		RULE(packet_time_of_a_later_offer_is_answered_with_it),
		RULE(offer_to_mux_is_taken),
		RULE(offer_without_any_port_ends_the_stream_until_the_next),
		RULE(offer_that_cannot_be_taken_changes_nothing),
		RULE(later_offer_of_ours_begins_with_what_plays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
