/*
 * test_sdp.c - the offers and answers that we write, and what matches them.
 * Needs: core/sip/sdp.c sdp_parse.c sdp_format.c sdp_text.c;
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
#include <string.h>

#include "base/str.h"
#include "sip/sdp.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
#define CONN "c=IN IP4 192.0.2.1\r\n"
#define TIME "t=0 0\r\n"
#define TOP HEAD CONN TIME

static int parse(struct sdp_parsed *p, const char *text)
{
	return sdp_parse(p, SDP_AVP, text, strlen(text), NULL, 0);
}

/* ---- match --------------------------------------------------------------- */

static void audio_of(struct sdp_audio *a, const char *formats)
{
	struct sdp_parsed p;
	char text[512];

	snprintf(text, sizeof(text), TOP "m=audio 4000 RTP/AVP %s\r\n",
		 formats);
	assert_int_equal(parse(&p, text), 0);
	*a = p.audio;
}

static void match_finds_the_first_that_was_offered(void **state)
{
	struct sdp_audio offer, answer;
	size_t offered = 99;

	(void)state;
	audio_of(&offer, "8 0 18 101\r\na=rtpmap:101 telephone-event/8000");
	audio_of(&answer, "9 101 0 8\r\na=rtpmap:101 telephone-event/8000");
	assert_int_equal(sdp_match(&offer, &answer, 0, &offered), 2);
	assert_int_equal(offered, 1);
}

static void match_compares_names_and_clocks_not_numbers(void **state)
{
	struct sdp_audio offer, answer;
	size_t offered = 99;

	(void)state;
	audio_of(&offer, "0 97\r\na=rtpmap:97 speex/8000");
	audio_of(&answer, "98 99 100\r\na=rtpmap:98 speex/16000\r\n"
		 "a=rtpmap:99 speex/8000/2\r\na=rtpmap:100 SPEEX/8000");
	assert_int_equal(sdp_match(&offer, &answer, 0, &offered), 2);
	assert_int_equal(offered, 1);
}

static void match_takes_an_offered_number_without_rtpmap(void **state)
{
	struct sdp_audio offer, answer;
	size_t offered = 99;

	(void)state;
	audio_of(&offer, "0 97\r\na=rtpmap:97 speex/8000");
	audio_of(&answer, "97");
	assert_int_equal(sdp_match(&offer, &answer, 0, &offered), 0);
	assert_int_equal(offered, 1);
}

static void match_goes_on_behind_one_that_did_not_suit(void **state)
{
	struct sdp_audio offer, answer;
	size_t offered = 99;

	(void)state;
	audio_of(&offer, "8 0 18");
	audio_of(&answer, "0 9 18 8");
	assert_int_equal(sdp_match(&offer, &answer, 1, &offered), 2);
	assert_int_equal(offered, 2);
	assert_int_equal(sdp_match(&offer, &answer, 3, &offered), 3);
	assert_int_equal(sdp_match(&offer, &answer, 4, &offered), -ENOENT);
}

static void match_refuses_what_was_not_offered(void **state)
{
	struct sdp_audio offer, answer;
	size_t offered = 99;

	(void)state;
	audio_of(&offer, "0 101\r\na=rtpmap:101 telephone-event/8000");
	audio_of(&answer, "8 101\r\na=rtpmap:101 telephone-event/8000");
	assert_int_equal(sdp_match(&offer, &answer, 0, &offered), -ENOENT);
	/* Number 0 under a foreign name is another codec. */
	audio_of(&answer, "0\r\na=rtpmap:0 GSM/8000");
	assert_int_equal(sdp_match(&offer, &answer, 0, &offered), -ENOENT);
	assert_int_equal(offered, 99);
}

/* ---- writer -------------------------------------------------------------- */

static const struct sdp_session us = { .id = 42, .version = 7 };

static void ours(struct sdp_audio *a)
{
	memset(a, 0, sizeof(*a));
	assert_int_equal(addr_parse(&a->rtp, "198.51.100.7:16384", 0), 0);
	assert_int_equal(addr_parse(&a->rtcp, "198.51.100.7:16385", 0), 0);
	a->direction = SDP_SENDRECV;
	a->ptime_ms = 20;
	a->n_formats = 2;
	a->formats[0] = (struct sdp_format){ .pt = 8, .name = "PCMA",
		.clock_rate = 8000, .channels = 1 };
	a->formats[1] = (struct sdp_format){ .pt = 101,
		.name = "telephone-event", .clock_rate = 8000, .channels = 1,
		.fmtp = "0-15" };
}

static void write_gives_a_full_offer(void **state)
{
	struct sdp_audio a;
	struct buf b;

	(void)state;
	ours(&a);
	buf_init(&b, 4096);
	sdp_write(&b, &us, &a, NULL);
	assert_int_equal(b.err, 0);
	assert_string_equal(b.data, "v=0\r\no=- 42 7 IN IP4 198.51.100.7\r\n"
		"s=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
		"m=audio 16384 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
		"a=ptime:20\r\na=sendrecv\r\n");
	buf_deinit(&b);
}

static void write_says_what_is_not_the_default(void **state)
{
	struct sdp_audio a;
	struct buf b;

	(void)state;
	ours(&a);
	assert_int_equal(addr_parse(&a.rtp, "[2001:db8::7]:16384", 0), 0);
	addr_set_port(&a.rtcp, 20000);
	a.formats[0].channels = 2;
	a.maxptime_ms = 60;
	a.direction = SDP_SENDONLY;
	buf_init(&b, 4096);
	sdp_write(&b, &us, &a, NULL);
	assert_non_null(strstr(b.data, "c=IN IP6 2001:db8::7\r\n"));
	assert_non_null(strstr(b.data, "a=rtpmap:8 PCMA/8000/2\r\n"));
	assert_non_null(strstr(b.data, "a=maxptime:60\r\na=rtcp:20000\r\n"
			       "a=sendonly\r\n"));
	a.rtcp_mux = true;
	buf_reset(&b);
	sdp_write(&b, &us, &a, NULL);
	assert_non_null(strstr(b.data, "a=rtcp-mux\r\n"));
	assert_null(strstr(b.data, "a=rtcp:"));
	buf_deinit(&b);
}

static void what_is_written_can_be_parsed(void **state)
{
	struct sdp_parsed p;
	struct sdp_audio a;
	struct buf b;

	(void)state;
	ours(&a);
	buf_init(&b, 4096);
	sdp_write(&b, &us, &a, NULL);
	assert_int_equal(parse(&p, b.data), 0);
	assert_int_equal(p.n_media, 1);
	assert_int_equal(p.n_open, 1);
	assert_true(addr_equal(&p.audio.rtp, &a.rtp));
	assert_true(addr_equal(&p.audio.rtcp, &a.rtcp));
	assert_int_equal(p.audio.n_formats, 2);
	assert_memory_equal(&p.audio.formats[1], &a.formats[1],
			    sizeof(a.formats[1]));
	buf_deinit(&b);
}

/* ---- later offers of ours ------------------------------------------------ */

/* RFC 3264 8: there are never fewer m= lines than before, in the same order. */
static void later_offer_keeps_the_media_lines_that_we_have(void **state)
{
	static const char before[] = TOP "m=video 0 RTP/AVP 31\r\n"
		"m=audio 16384 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
		"a=recvonly\r\nm=image 0 udptl t38\r\n";
	struct sdp_audio a;
	struct buf b;

	(void)state;
	ours(&a);
	a.n_formats = 1;
	assert_int_equal(sdp_slot(before), 1);
	buf_init(&b, 4096);
	sdp_write(&b, &us, &a, before);
	assert_string_equal(b.data, "v=0\r\no=- 42 7 IN IP4 198.51.100.7\r\n"
		"s=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
		"m=video 0 RTP/AVP 31\r\nm=audio 16384 RTP/AVP 8\r\n"
		"a=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n"
		"m=image 0 udptl t38\r\n");
	buf_deinit(&b);
}

/* 8.1: the place of a stream that was ended is used again. */
static void later_offer_takes_the_place_of_the_stream_that_was_ended(
	void **state)
{
	static const char before[] = TOP "m=audio 0 RTP/AVPF 0\r\n"
		"m=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 8\r\n";
	struct sdp_parsed p;
	struct sdp_audio a;
	struct buf b;

	(void)state;
	ours(&a);
	assert_int_equal(sdp_slot(before), 1);
	buf_init(&b, 4096);
	sdp_write(&b, &us, &a, before);
	assert_int_equal(parse(&p, b.data), 0);
	assert_int_equal(p.n_media, 3);
	assert_int_equal(p.audio_index, 1);
	assert_int_equal(sdp_slot(TOP "m=audio 4000 RTP/AVP 0\r\n"), 0);
	buf_deinit(&b);
}

/* ---- answer -------------------------------------------------------------- */

static void answer_keeps_every_stream_of_the_offer(void **state)
{
	static const char offer[] = HEAD CONN "t=3034423619 3042462419\r\n"
		"m=video 5000 RTP/AVP 31 96\r\na=rtpmap:96 H264/90000\r\n"
		"m=audio 4000 RTP/AVP 0 108 120\r\n"
		"a=rtpmap:108 PCMA/8000\r\n"
		"a=rtpmap:120 telephone-event/8000\r\na=sendonly\r\n"
		"m=application 9 UDP/DTLS/SCTP  webrtc-datachannel\r\n";
	struct sdp_audio a;
	struct buf b;

	(void)state;
	ours(&a);
	buf_init(&b, 4096);
	assert_int_equal(sdp_answer(&b, &us, offer, sizeof(offer) - 1, &a), 0);
	assert_string_equal(b.data, "v=0\r\no=- 42 7 IN IP4 198.51.100.7\r\n"
		"s=-\r\nc=IN IP4 198.51.100.7\r\nt=3034423619 3042462419\r\n"
		"m=video 0 RTP/AVP 31 96\r\n"
		"m=audio 16384 RTP/AVP 108 120\r\na=rtpmap:108 PCMA/8000\r\n"
		"a=rtpmap:120 telephone-event/8000\r\na=fmtp:120 0-15\r\n"
		"a=ptime:20\r\na=recvonly\r\n"
		"m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n");
	buf_deinit(&b);
}

static void answer_lists_our_formats_in_the_offers_order(void **state)
{
	static const char offer[] = TOP "m=audio 4000 RTP/AVP 101 0 98 97 8\r\n"
		"a=rtpmap:101 telephone-event/8000\r\n"
		"a=rtpmap:97 PCMA/8000\r\na=rtpmap:98 PCMA/8000\r\n";
	struct sdp_audio a;
	struct buf b;

	(void)state;
	ours(&a);
	buf_init(&b, 4096);
	/* Our own number is taken where the name is there more than once. */
	assert_int_equal(sdp_answer(&b, &us, offer, sizeof(offer) - 1, &a), 0);
	assert_non_null(strstr(b.data, "RTP/AVP 101 8\r\n"));
	a.formats[0].pt = 97;
	buf_reset(&b);
	assert_int_equal(sdp_answer(&b, &us, offer, sizeof(offer) - 1, &a), 0);
	assert_non_null(strstr(b.data, "RTP/AVP 101 97\r\n"));
	a.formats[0].pt = 120;
	buf_reset(&b);
	assert_int_equal(sdp_answer(&b, &us, offer, sizeof(offer) - 1, &a), 0);
	assert_non_null(strstr(b.data, "RTP/AVP 101 98\r\n"));
	buf_deinit(&b);
}

/* 8.2: a stream without a port MUST have none in the answer either. */
static void answer_to_an_offer_that_ends_all_streams_ends_them(void **state)
{
	static const char offer[] = TOP "m=audio 0 RTP/AVP 8 0\r\n"
		"m=video 0 RTP/AVP 31\r\n";
	static const char other[] = TOP "m=audio 0 RTP/AVP 8\r\n"
		"m=image 4000 udptl t38\r\n";
	struct sdp_audio a;
	struct buf b;

	(void)state;
	ours(&a);
	buf_init(&b, 4096);
	assert_int_equal(sdp_answer(&b, &us, offer, sizeof(offer) - 1, &a), 0);
	assert_string_equal(strstr(b.data, "m="), "m=audio 0 RTP/AVP 8 0\r\n"
			    "m=video 0 RTP/AVP 31\r\n");
	buf_reset(&b);
	assert_int_equal(sdp_answer(&b, &us, other, sizeof(other) - 1, &a),
			 -ECONNREFUSED);
	assert_int_equal(b.len, 0);
	buf_deinit(&b);
}

static void answer_mirrors_the_direction(void **state)
{
	static const struct {
		const char *theirs;
		enum sdp_direction ours;
		const char *answer;
	} cases[] = {
		{ "sendrecv", SDP_SENDRECV, "sendrecv" },
		{ "sendonly", SDP_SENDRECV, "recvonly" },
		{ "recvonly", SDP_SENDRECV, "sendonly" },
		{ "inactive", SDP_SENDRECV, "inactive" },
		{ "sendrecv", SDP_SENDONLY, "sendonly" },
		{ "sendonly", SDP_SENDONLY, "inactive" },
		{ "recvonly", SDP_SENDONLY, "sendonly" },
	};
	char offer[256], expected[32];
	struct sdp_audio a;
	struct buf b;
	size_t i;

	(void)state;
	ours(&a);
	buf_init(&b, 4096);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(offer, sizeof(offer), TOP "m=audio 4000 RTP/AVP 8\r\n"
			 "a=%s\r\n", cases[i].theirs);
		snprintf(expected, sizeof(expected), "a=%s\r\n",
			 cases[i].answer);
		a.direction = cases[i].ours;
		buf_reset(&b);
		assert_int_equal(sdp_answer(&b, &us, offer, strlen(offer), &a),
				 0);
		assert_non_null(strstr(b.data, expected));
	}
	buf_deinit(&b);
}

static void answer_refuses_an_offer_without_our_codec(void **state)
{
	static const char *const offers[] = {
		TOP "m=audio 4000 RTP/AVP 0\r\n",
		TOP "m=audio 4000 RTP/AVP 101\r\n"
		"a=rtpmap:101 telephone-event/8000\r\n",
	};
	struct sdp_audio a;
	struct buf b;
	size_t i;

	(void)state;
	ours(&a);
	buf_init(&b, 4096);
	for (i = 0; i < ARRAY_LEN(offers); i++)
		assert_int_equal(sdp_answer(&b, &us, offers[i],
					    strlen(offers[i]), &a), -ENOENT);
	assert_int_equal(sdp_answer(&b, &us, "x", 1, &a), -EBADMSG);
	assert_int_equal(b.len, 0);
	buf_deinit(&b);
}

static void answer_muxes_only_where_both_do(void **state)
{
	static const char plain[] = TOP "m=audio 4000 RTP/AVP 8\r\n";
	static const char mux[] = TOP "m=audio 4000 RTP/AVP 8\r\na=rtcp-mux";
	struct sdp_audio a;
	struct buf b;

	(void)state;
	ours(&a);
	buf_init(&b, 4096);
	assert_int_equal(sdp_answer(&b, &us, mux, sizeof(mux) - 1, &a), 0);
	assert_null(strstr(b.data, "rtcp-mux"));
	a.rtcp_mux = true;
	buf_reset(&b);
	assert_int_equal(sdp_answer(&b, &us, plain, sizeof(plain) - 1, &a), 0);
	assert_null(strstr(b.data, "rtcp-mux"));
	buf_reset(&b);
	assert_int_equal(sdp_answer(&b, &us, mux, sizeof(mux) - 1, &a), 0);
	assert_non_null(strstr(b.data, "rtcp-mux"));
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(match_finds_the_first_that_was_offered),
		cmocka_unit_test(match_compares_names_and_clocks_not_numbers),
		cmocka_unit_test(match_takes_an_offered_number_without_rtpmap),
		cmocka_unit_test(match_goes_on_behind_one_that_did_not_suit),
		cmocka_unit_test(match_refuses_what_was_not_offered),
		cmocka_unit_test(write_gives_a_full_offer),
		cmocka_unit_test(write_says_what_is_not_the_default),
		cmocka_unit_test(what_is_written_can_be_parsed),
		cmocka_unit_test(answer_keeps_every_stream_of_the_offer),
		cmocka_unit_test(
			later_offer_keeps_the_media_lines_that_we_have),
		cmocka_unit_test(
		  later_offer_takes_the_place_of_the_stream_that_was_ended),
		cmocka_unit_test(answer_lists_our_formats_in_the_offers_order),
		cmocka_unit_test(
			answer_to_an_offer_that_ends_all_streams_ends_them),
		cmocka_unit_test(answer_mirrors_the_direction),
		cmocka_unit_test(answer_refuses_an_offer_without_our_codec),
		cmocka_unit_test(answer_muxes_only_where_both_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
