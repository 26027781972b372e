/*
 * test_call_events.c - re-INVITEs within a call.
 * Needs: libcarillon.a, one_call.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "one_call.h"

static char text[4096];

static int offer(const char *sdp)
{
	text[0] = '\0';
	return uacs[0]->events->offer(uacs[0]->arg, sdp, sdp ? strlen(sdp) : 0,
				      text, sizeof(text));
}

#define SDP(version, ip, port, rest) \
	"v=0\r\no=- 1 " version " IN IP4 192.0.2.9\r\ns=-\r\n" \
	"c=IN IP4 " ip "\r\nt=0 0\r\nm=audio " port " RTP/AVP " rest

static unsigned long long version_of(const char *sdp)
{
	unsigned long long id, version;

	assert_int_equal(sscanf(strstr(sdp, "o="), "o=%*s %llu %llu", &id,
				&version), 2);
	return version;
}

static void far_end_may_hold_and_move(void **state)
{
	struct addr moved;

	(void)state;
	answer(0);
	assert_int_equal(offer(SDP("2", "192.0.2.9", "40000",
				   "8\r\na=sendonly\r\n")), 200);
	assert_false(streams[0]->send);
	assert_non_null(strstr(text, "a=recvonly"));
	assert_int_equal(offer(SDP("3", "192.0.2.10", "41000", "0 8\r\n")),
			 200);
	addr_parse_ip(&moved, "192.0.2.10", 41000);
	assert_true(streams[0]->send);
	assert_true(addr_equal(&streams[0]->rtp, &moved));
	/* The stream goes on with the codec that it plays. */
	assert_non_null(strstr(text, "RTP/AVP 8\r\n"));
}

static void version_grows_where_our_description_changes(void **state)
{
	unsigned long long first = version_of(uacs[0]->sdp);

	(void)state;
	answer(0);
	offer(SDP("2", "192.0.2.9", "40000", "8\r\na=sendonly\r\n"));
	assert_int_equal(version_of(text), first + 1);
	offer(SDP("2", "192.0.2.9", "40000", "8\r\na=sendonly\r\n"));
	assert_int_equal(version_of(text), first + 1);
	offer(SDP("3", "192.0.2.9", "40000", "8\r\n"));
	assert_int_equal(version_of(text), first + 2);
}

/* RFC 3264 8.3.2: what we send bears the number that the far end gave last. */
static void far_end_may_give_our_codec_another_number(void **state)
{
	(void)state;
	answer(0);
	assert_int_equal(offer(SDP("2", "192.0.2.9", "40000",
				   "96\r\na=rtpmap:96 PCMA/8000\r\n")), 200);
	assert_int_equal(streams[0]->payload_type, 96);
}

static void offer_without_our_codec_leaves_the_call_as_it_was(void **state)
{
	(void)state;
	answer(0);
	assert_int_equal(offer(SDP("2", "192.0.2.10", "41000", "0\r\n")), 488);
	assert_int_equal(offer("v=0\r\nnonsense"), 488);
	assert_true(streams[0]->send);
	assert_int_equal(addr_port(&streams[0]->rtp), 40000);
	assert_int_equal(uacs[0]->n_hangups, 0);
}

static void delayed_offer_holds_our_codec_and_its_answer_is_taken(void **state)
{
	const char *late = SDP("2", "192.0.2.9", "42000", "8\r\n");

	(void)state;
	answer(0);
	assert_int_equal(offer(NULL), 200);
	assert_non_null(strstr(text, "m=audio 20000 RTP/AVP 8\r\n"));
	assert_int_equal(uacs[0]->events->offer(uacs[0]->arg, late,
						strlen(late), NULL, 0), 200);
	assert_int_equal(addr_port(&streams[0]->rtp), 42000);
	assert_int_equal(uacs[0]->events->offer(uacs[0]->arg, NULL, 0, NULL,
						0), 200);
}

static void late_answer_that_cannot_be_used_ends_the_call(void **state)
{
	const char *late = SDP("2", "192.0.2.9", "42000", "18\r\n");

	(void)state;
	answer(0);
	assert_int_equal(offer(NULL), 200);
	uacs[0]->events->offer(uacs[0]->arg, late, strlen(late), NULL, 0);
	silence_then_bye();
}

static void offer_after_the_end_is_refused(void **state)
{
	(void)state;
	assert_int_equal(offer(SDP("2", "192.0.2.9", "40000", "8\r\n")), 488);
	answer(0);
	hangup(UAC_END_BYE_SENT);
	assert_int_equal(offer(SDP("2", "192.0.2.9", "40000", "8\r\n")), 488);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL(far_end_may_hold_and_move),
		CALL(far_end_may_give_our_codec_another_number),
		CALL(version_grows_where_our_description_changes),
		CALL(offer_without_our_codec_leaves_the_call_as_it_was),
		CALL(delayed_offer_holds_our_codec_and_its_answer_is_taken),
		CALL(late_answer_that_cannot_be_used_ends_the_call),
		CALL(offer_after_the_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
