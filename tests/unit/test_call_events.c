/*
 * test_call_events.c - offers and answers within a call.
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

/* RFC 3264 8.3.2: of the carrier's codecs another one, if ours is not offered. */
static void far_end_may_change_the_codec_and_the_packet_time(void **state)
{
	(void)state;
	answer(0);
	assert_ptr_equal(streams[0]->codec, &pcma);
	assert_int_equal(offer(SDP("2", "192.0.2.9", "40000",
				   "18 0\r\na=ptime:40\r\n")), 200);
	assert_ptr_equal(streams[0]->codec, &pcmu);
	assert_int_equal(streams[0]->payload_type, 0);
	assert_int_equal(streams[0]->ptime_ms, 40);
	assert_int_equal(streams[0]->script->n_steps, 1);
	assert_non_null(strstr(text, "m=audio 20000 RTP/AVP 0\r\n"
			       "a=rtpmap:0 PCMU/8000\r\na=ptime:40\r\n"));
	/* From now on it is this one that goes on. */
	assert_int_equal(offer(SDP("3", "192.0.2.9", "40000", "8 0\r\n")),
			 200);
	assert_ptr_equal(streams[0]->codec, &pcmu);
	assert_int_equal(streams[0]->ptime_ms, 20);
	hangup(UAC_END_BYE_SENT);
	stream_stopped(0, true, 1);
	end(0, UAC_END_BYE_SENT, 200, "OK");
	run();
	assert_string_equal(ROW->attempt.codec, "mulaw");
}

/* RFC 3264 8.2. */
static void far_end_may_end_the_stream_and_bring_it_back(void **state)
{
	unsigned long long first = version_of(uacs[0]->sdp);

	(void)state;
	answer(0);
	assert_int_equal(offer(SDP("2", "192.0.2.9", "0", "8\r\n")), 200);
	assert_non_null(strstr(text, "m=audio 0 RTP/AVP 8\r\n"));
	assert_int_equal(version_of(text), first + 1);
	assert_false(streams[0]->send);
	assert_int_equal(addr_port(&streams[0]->rtp), 0);
	assert_int_equal(addr_port(&streams[0]->rtcp), 0);
	assert_int_equal(offer(NULL), 200);
	assert_non_null(strstr(text, "m=audio 20000 RTP/AVP 8 0 101\r\n"));
	assert_int_equal(version_of(text), first + 2);
	assert_int_equal(offer(SDP("3", "192.0.2.9", "40000", "8\r\n")), 200);
	assert_true(streams[0]->send);
	assert_int_equal(addr_port(&streams[0]->rtp), 40000);
}

static void offer_that_cannot_be_used_leaves_the_call_as_it_was(void **state)
{
	unsigned long long first = version_of(uacs[0]->sdp);

	(void)state;
	answer(0);
	assert_int_equal(offer(SDP("2", "192.0.2.10", "41000", "18\r\n")), 488);
	assert_int_equal(offer("v=0\r\nnonsense"), 488);
	assert_int_equal(offer(SDP("2", "192.0.2.9", "0", "8\r\n"
				   "m=image 4000 udptl t38\r\n")), 488);
	stream_update_err = -ENOMEM;
	assert_int_equal(offer(SDP("2", "192.0.2.10", "41000", "0\r\n")), 500);
	stream_update_err = -ENOENT;
	assert_int_equal(offer(SDP("2", "192.0.2.10", "41000", "0\r\n")), 488);
	stream_update_err = 0;
	/* What was refused was never said, so it does not count (8). */
	assert_int_equal(offer(SDP("2", "192.0.2.9", "40000", "8\r\n")), 200);
	assert_int_equal(version_of(text), first + 1);
	assert_ptr_equal(streams[0]->codec, &pcma);
	assert_true(streams[0]->send);
	assert_int_equal(addr_port(&streams[0]->rtp), 40000);
	assert_int_equal(uacs[0]->n_hangups, 0);
}

static void late_answer(const char *late)
{
	assert_int_equal(uacs[0]->events->offer(uacs[0]->arg, late,
						late ? strlen(late) : 0, NULL,
						0), 200);
}

/* RFC 3261 14.2: as many formats as we can go on with. */
static void delayed_offer_holds_all_codecs_and_its_answer_is_taken(
	void **state)
{
	(void)state;
	answer(0);
	assert_int_equal(offer(NULL), 200);
	assert_non_null(strstr(text, "m=audio 20000 RTP/AVP 8 0 101\r\n"));
	assert_int_equal(addr_port(&streams[0]->rtp), 40000);
	late_answer(SDP("2", "192.0.2.9", "42000", "8\r\n"));
	assert_int_equal(addr_port(&streams[0]->rtp), 42000);
	assert_ptr_equal(streams[0]->codec, &pcma);
	offer(NULL);
	late_answer(SDP("2", "192.0.2.9", "42000", "0 8\r\na=recvonly\r\n"));
	assert_ptr_equal(streams[0]->codec, &pcmu);
	assert_true(streams[0]->send);
	offer(NULL);
	assert_non_null(strstr(text, "m=audio 20000 RTP/AVP 0 8 101\r\n"));
	late_answer(NULL);			/* none came: as it was */
	assert_ptr_equal(streams[0]->codec, &pcmu);
}

/* RFC 3264 8: the lines that an offer of theirs has added stay. */
static void delayed_offer_keeps_the_media_lines_and_their_order(void **state)
{
	const char *more = "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\n"
		"c=IN IP4 192.0.2.9\r\nt=0 0\r\nm=video 4000 RTP/AVP 31\r\n"
		"m=audio 40000 RTP/AVP 8\r\nm=image 4002 udptl t38\r\n";

	(void)state;
	answer(0);
	assert_int_equal(offer(more), 200);
	assert_non_null(strstr(text, "m=video 0 RTP/AVP 31\r\nm=audio 20000"));
	assert_int_equal(offer(NULL), 200);
	assert_non_null(strstr(text, "m=video 0 RTP/AVP 31\r\n"
			       "m=audio 20000 RTP/AVP 8 0 101\r\n"));
	assert_non_null(strstr(text, "m=image 0 udptl t38\r\n"));
	late_answer("v=0\r\nc=IN IP4 192.0.2.9\r\nm=video 0 RTP/AVP 31\r\n"
		    "m=audio 42000 RTP/AVP 0\r\nm=image 0 udptl t38\r\n");
	assert_int_equal(addr_port(&streams[0]->rtp), 42000);
	assert_ptr_equal(streams[0]->codec, &pcmu);
	assert_int_equal(offer(NULL), 200);
	late_answer("v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 42000 RTP/AVP 0\r\n");
	silence_then_bye();
}

static void late_answer_that_cannot_be_used_ends_the_call(void **state)
{
	(void)state;
	answer(0);
	assert_int_equal(offer(NULL), 200);
	late_answer(SDP("2", "192.0.2.9", "42000", "18\r\n"));
	silence_then_bye();
	end(0, UAC_END_BYE_SENT, 200, "OK");
	assert_ended(CLN_RCPT_FAILED, "unusable_answer: the answer holds no "
		     "codec that was offered");
}

static void late_answer_that_cannot_be_played_ends_the_call(void **state)
{
	(void)state;
	answer(0);
	assert_int_equal(offer(NULL), 200);
	stream_update_err = -ENOMEM;
	late_answer(SDP("2", "192.0.2.9", "42000", "0\r\n"));
	silence_then_bye();
	end(0, UAC_END_BYE_SENT, 200, "OK");
	assert_ended(CLN_RCPT_FAILED,
		     "unusable_answer: Cannot allocate memory");
}

static void offer_after_the_end_is_refused(void **state)
{
	(void)state;
	assert_int_equal(offer(SDP("2", "192.0.2.9", "40000", "8\r\n")), 488);
	answer(0);
	hangup(UAC_END_BYE_SENT);
	assert_int_equal(offer(SDP("2", "192.0.2.9", "40000", "8\r\n")), 488);
}

/* ---- before the answer (RFC 3262, RFC 3311) -------------------------------- */

static int early(const char *sdp)
{
	return uacs[0]->events->early_answer(uacs[0]->arg, sdp, strlen(sdp));
}

static void answered_with(const char *sdp)
{
	uacs[0]->events->answered(uacs[0]->arg, 200, sdp,
				  sdp ? strlen(sdp) : 0);
}

static void unsettled(void)
{
	uacs[0]->events->unsettled(uacs[0]->arg);
}

static void far_end_may_move_before_it_answers(void **state)
{
	(void)state;
	assert_int_equal(early(SDP("1", "192.0.2.9", "40000", "0\r\n")), 200);
	assert_int_equal(offer(SDP("2", "192.0.2.9", "42000", "0\r\n")), 200);
	assert_false(streams[0]->playing);
	answered_with(NULL);
	assert_true(streams[0]->playing);
	assert_ptr_equal(streams[0]->codec, &pcmu);
	assert_int_equal(addr_port(&streams[0]->rtp), 42000);
	assert_int_equal(uacs[0]->n_hangups, 0);
}

static void another_fork_may_answer_with_another_codec(void **state)
{
	(void)state;
	assert_int_equal(early(SDP("1", "192.0.2.9", "40000", "0\r\n")), 200);
	unsettled();
	answered_with(SDP("1", "192.0.2.9", "43000", "8\r\n"));
	assert_ptr_equal(streams[0]->codec, &pcma);
	assert_int_equal(addr_port(&streams[0]->rtp), 43000);
}

/* It has not heard what was settled with the first one; nor has that one picked
 * up, so it must not be played to.                                            */
static void another_fork_knows_our_first_offer_only(void **state)
{
	unsigned long long first = version_of(uacs[0]->sdp);

	(void)state;
	assert_int_equal(early(SDP("1", "192.0.2.9", "40000", "0\r\n")), 200);
	assert_int_equal(offer(SDP("2", "192.0.2.9", "42000", "0\r\n")), 200);
	assert_int_equal(version_of(text), first + 1);
	unsettled();
	answered_with(SDP("1", "192.0.2.9", "43000", "8\r\n"));
	assert_int_equal(offer(SDP("2", "192.0.2.9", "43000", "8\r\n")), 200);
	assert_int_equal(version_of(text), first + 1);
}

static void another_fork_without_an_answer_is_hung_up(void **state)
{
	(void)state;
	assert_int_equal(early(SDP("1", "192.0.2.9", "40000", "0\r\n")), 200);
	unsettled();
	answered_with(NULL);
	assert_false(streams[0]->playing);
	assert_int_equal(uacs[0]->n_hangups, 1);
}

/* ---- keys before the answer -------------------------------------------------- */

#define SEALED(version, tag, suite, byte) \
	"v=0\r\no=- 1 " version " IN IP4 192.0.2.9\r\ns=-\r\n" \
	"c=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 0\r\n" \
	"a=crypto:" tag " AES_CM_128_HMAC_SHA1_" suite " inline:" \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" byte "\r\n"

static int setup_sealed(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");

	setup(state);
	str_copy(d.srtp, sizeof(d.srtp), "required");
	add_carrier(&d);
	job = add_job("job-1", "aaaaaaaa", 1);
	run();
	all_prompts_arrive();
	advance(5);
	assert_int_equal(n_uacs, 1);
	return 0;
}

static const uint8_t *our_key(enum srtp_suite suite)
{
	return LIST_FIRST(&x->calls)->wishes.keys->of[suite];
}

/* It seals by our first offer, so that this is what we must open with: what a
 * fork has left unused is as good as new. */
static void another_fork_may_take_a_key_that_the_first_one_left(void **state)
{
	const enum srtp_suite first = SRTP_AES_CM_128_HMAC_SHA1_80;
	uint8_t offered[SRTP_KEY_MAX];

	(void)state;
	memcpy(offered, our_key(first), sizeof(offered));
	assert_int_equal(early(SEALED("1", "1", "80", "AA")), 200);
	assert_int_equal(offer(SEALED("2", "1", "32", "BB")), 200);
	unsettled();
	answered_with(SEALED("1", "1", "80", "CC"));
	assert_true(streams[0]->playing);
	assert_int_equal(streams[0]->crypto.suite, first);
	assert_memory_equal(streams[0]->crypto.send, offered, 30);
	/* From now on it is in use, and what was left must not come back. */
	assert_int_equal(offer(SEALED("2", "1", "32", "DD")), 200);
	assert_memory_not_equal(our_key(first), offered, 30);
}

static void call_that_nobody_has_settled_has_no_codec(void **state)
{
	const struct call *c = LIST_FIRST(&x->calls);

	(void)state;
	assert_int_equal(early(SEALED("1", "1", "80", "AA")), 200);
	assert_string_equal(c->attempt.codec, "mulaw");
	assert_string_equal(c->attempt.srtp, "AES_CM_128_HMAC_SHA1_80");
	unsettled();
	assert_string_equal(c->attempt.codec, "");
	assert_string_equal(c->attempt.srtp, "");
}

/* The dialog ends by itself, and waits for us to be silent.                   */
static void bye_of_a_lost_dialog_waits_for_the_stream(void **state)
{
	(void)state;
	answer(0);
	hangup(UAC_END_LOST);
	assert_true(streams[0]->stopping);
	assert_int_equal(uacs[0]->n_hangups, 0);
	stream_stopped(0, false, 1);
	assert_int_equal(uacs[0]->n_hangups, 1);
	end(0, UAC_END_LOST, 200, "OK");
	assert_ended(CLN_RCPT_FAILED, "dialog_lost");
}

static void early_answer_that_cannot_be_used_is_refused(void **state)
{
	(void)state;
	assert_int_equal(early(SDP("1", "192.0.2.9", "40000", "18\r\n")),
			 488);
	answered_with(NULL);
	assert_false(streams[0]->playing);
	assert_int_equal(uacs[0]->n_hangups, 1);
}

#define SEALED_CALL(f) cmocka_unit_test_setup_teardown(f, setup_sealed, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL(far_end_may_hold_and_move),
		CALL(far_end_may_give_our_codec_another_number),
		CALL(version_grows_where_our_description_changes),
		CALL(far_end_may_change_the_codec_and_the_packet_time),
		CALL(far_end_may_end_the_stream_and_bring_it_back),
		CALL(offer_that_cannot_be_used_leaves_the_call_as_it_was),
		CALL(delayed_offer_holds_all_codecs_and_its_answer_is_taken),
		CALL(delayed_offer_keeps_the_media_lines_and_their_order),
		CALL(late_answer_that_cannot_be_used_ends_the_call),
		CALL(late_answer_that_cannot_be_played_ends_the_call),
		CALL(offer_after_the_end_is_refused),
		CALL(far_end_may_move_before_it_answers),
		CALL(another_fork_may_answer_with_another_codec),
		CALL(another_fork_knows_our_first_offer_only),
		CALL(another_fork_without_an_answer_is_hung_up),
		SEALED_CALL(another_fork_may_take_a_key_that_the_first_one_left),
		SEALED_CALL(call_that_nobody_has_settled_has_no_codec),
		CALL(bye_of_a_lost_dialog_waits_for_the_stream),
		CALL(early_answer_that_cannot_be_used_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
