/*
 * test_negotiate_events.c - the packet time that a carrier wants, telephone
 * events (RFC 4733), comfort noise, and what we may be sent.
 * Needs: core/call/negotiate.c, core/sip/sdp*.c, base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "negotiate_bench.h"

static void wished_packet_time_is_offered_and_used_where_they_name_none(
	void **state)
{
	static const struct codec_order set = { 2, { &pcmu, &g723 } };

	(void)state;
	wishes.ptime_ms = 40;
	we_speak(&set);
	assert_int_equal(us.audio.ptime_ms, 40);
	assert_int_equal(ptime(SDP("0\r\n")), 40);
	assert_int_equal(ptime(SDP("0\r\na=ptime:10\r\n")), 10);
	assert_int_equal(ptime(SDP("0\r\na=maxptime:30\r\n")), 30);
	/* In whole frames. */
	assert_int_equal(ptime(SDP("4\r\n")), 30);
	negotiate_within(&us, &pcmu);
	assert_int_equal(us.audio.ptime_ms, 40);
}

#define EVENTS(pt) "a=rtpmap:" pt " telephone-event/8000\r\n"

static void events_are_offered_for_each_clock_rate(void **state)
{
	static const struct codec_order set = { 3, { &pcmu, &opus, &ilbc } };

	(void)state;
	assert_int_equal(us.audio.n_formats, 4);
	wishes.events = true;
	we_speak(&set);
	assert_int_equal(us.audio.n_formats, 5);
	assert_string_equal(us.audio.formats[3].name, "telephone-event");
	assert_int_equal(us.audio.formats[3].clock_rate, 8000);
	assert_int_equal(us.audio.formats[3].pt, 101);
	assert_string_equal(us.audio.formats[3].fmtp, "0-15");
	assert_int_equal(us.audio.formats[4].clock_rate, 48000);
	assert_int_equal(us.audio.formats[4].pt, 98);
	negotiate_within(&us, &ilbc);
	assert_int_equal(us.audio.n_formats, 3);
	assert_int_equal(us.audio.formats[2].pt, 101);
}

static void number_of_events_is_no_codecs(void **state)
{
	static const struct codec_order set = {
		7, { &opus, &ilbc, &speex, &opus, &ilbc, &speex, &opus }
	};

	(void)state;
	wishes.events = true;
	we_speak(&set);
	for (size_t i = 0; i < us.audio.n_formats; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(us.audio.formats[i].pt,
					     us.audio.formats[j].pt);
}

static void events_go_by_the_number_of_each_side(void **state)
{
	(void)state;
	wishes.events = true;
	we_speak(&us.codecs);
	assert_int_equal(answer(SDP("0 110\r\n" EVENTS("110"))), 0);
	assert_int_equal(n.event_in, 101);
	assert_int_equal(n.event_out, 110);
	assert_int_equal(answer(SDP("0\r\n")), 0);
	assert_int_equal(n.event_in, -1);
	assert_int_equal(n.event_out, -1);
	/* Of another clock than the voice. */
	assert_int_equal(answer(SDP("0 98\r\n"
				    "a=rtpmap:98 telephone-event/48000\r\n")),
			 0);
	assert_int_equal(n.event_out, -1);
}

static void events_that_we_did_not_offer_are_none(void **state)
{
	(void)state;
	assert_int_equal(answer(SDP("0 101\r\n" EVENTS("101"))), 0);
	assert_int_equal(n.event_in, -1);
	assert_int_equal(n.event_out, -1);
	assert_int_equal(offer(SDP("0 101\r\n" EVENTS("101"))), 0);
	assert_int_equal(n.event_out, -1);
	assert_non_null(strstr(text, "RTP/AVP 0\r\n"));
}

static void events_of_a_later_offer_are_answered_by_its_number(void **state)
{
	(void)state;
	wishes.events = true;
	we_speak(&us.codecs);
	playing(SDP("0 101\r\n" EVENTS("101")));
	assert_int_equal(offer(SDP("0 18 96\r\n" EVENTS("96"))), 0);
	assert_int_equal(n.event_in, 96);
	assert_int_equal(n.event_out, 96);
	assert_non_null(strstr(text, "RTP/AVP 0 96\r\n"));
	assert_non_null(strstr(text, "a=rtpmap:96 telephone-event/8000\r\n"
			       "a=fmtp:96 0-15\r\n"));
	assert_int_equal(offer(SDP("0\r\n")), 0);
	assert_int_equal(n.event_in, -1);
}

static void comfort_noise_is_tolerated_and_never_chosen(void **state)
{
	(void)state;
	assert_int_equal(answer(SDP("13 0\r\n")), 0);
	assert_ptr_equal(n.codec, &pcmu);
	assert_int_equal(answer(SDP("13\r\n")), -ENOENT);
	playing(SDP("0 13\r\n"));
	assert_int_equal(offer(SDP("13 0\r\n")), 0);
	assert_non_null(strstr(text, "RTP/AVP 0\r\n"));
}

static void what_we_may_be_sent_has_our_numbers(void **state)
{
	(void)state;
	wishes.events = true;
	we_speak(&us.codecs);
	assert_int_equal(answer(SDP("97\r\na=rtpmap:97 opus/48000/2\r\n")),
			 0);
	assert_int_equal(n.n_hear, 4);
	assert_int_equal(n.hear[0].payload_type, 0);
	assert_ptr_equal(n.hear[3].codec, &opus);
	assert_int_equal(n.hear[3].payload_type, 96);
	negotiate_within(&us, &opus);
	assert_int_equal(offer(SDP("111\r\na=rtpmap:111 opus/48000/2\r\n")),
			 0);
	assert_int_equal(n.n_hear, 1);
	assert_int_equal(n.hear[0].payload_type, 111);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(wished_packet_time_is_offered_and_used_where_they_name_none),
		RULE(events_are_offered_for_each_clock_rate),
		RULE(number_of_events_is_no_codecs),
		RULE(events_go_by_the_number_of_each_side),
		RULE(events_that_we_did_not_offer_are_none),
		RULE(events_of_a_later_offer_are_answered_by_its_number),
		RULE(comfort_noise_is_tolerated_and_never_chosen),
		RULE(what_we_may_be_sent_has_our_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
