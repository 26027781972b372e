/*
 * test_call.c - one call: what leaves, every way it can end, events that cross.
 * Needs: libcarillon.a, one_call.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "one_call.h"

/* ---- what leaves ------------------------------------------------------------ */

static void call_goes_where_the_carrier_says(void **state)
{
	const struct uac *u = uacs[0];

	(void)state;
	assert_string_equal(u->uri, "sip:8888123456@192.0.2.1");
	assert_string_equal(u->from_user, "me");
	assert_string_equal(u->from_domain, "192.0.2.1");
	assert_string_equal(u->target.host, "192.0.2.1");
	assert_int_equal(u->ring_timeout_ms, 60000);
	assert_non_null(strstr(u->sdp, "c=IN IP4 127.0.0.1\r\n"));
	assert_non_null(strstr(u->sdp, "m=audio 20000 RTP/AVP 0 8 101\r\n"));
	assert_int_equal(ROW->state, CLN_RCPT_CALLING);
	assert_string_equal(ROW->attempt.call_id, "call-0");
	assert_string_equal(ROW->attempt.carrier_id, "aaaaaaaa");
	/* The clock of a virtual machine starts at 1000 s. */
	assert_in_range(ROW->attempt.started_at - WALL_MS, 0, 5);
}

static void call_plays_what_was_answered(void **state)
{
	const struct stream *s = streams[0];
	struct addr far;

	(void)state;
	ring();
	advance(100);
	answer(0);
	run();
	addr_parse_ip(&far, "192.0.2.9", 40000);
	assert_true(s->playing);
	assert_true(s->send);
	assert_true(addr_equal(&s->rtp, &far));
	assert_int_equal(s->payload_type, 8);
	assert_ptr_equal(s->codec, &pcma);
	assert_int_equal(s->ptime_ms, 20);
	assert_int_equal(s->script->n_steps, 1);
	assert_int_equal(ROW->state, CLN_RCPT_ANSWERED);
	assert_string_equal(ROW->attempt.codec, "alaw");
	assert_int_equal(ROW->attempt.answered_at - ROW->attempt.ringing_at,
			 100);
}

/* ---- ends ------------------------------------------------------------------- */

static void call_that_was_heard_out_is_completed(void **state)
{
	(void)state;
	answer(0);
	streams[0]->events->played(streams[0]->arg);
	assert_int_equal(uacs[0]->n_hangups, 1);
	hangup(UAC_END_BYE_SENT);
	assert_true(streams[0]->stopping);
	stream_stopped(0, true, 1);
	end(0, UAC_END_BYE_SENT, 200, "OK");
	assert_ended(CLN_RCPT_COMPLETED, "");
	assert_int_equal(ROW->attempt.hangup_by, CLN_BY_CALLER);
	assert_int_equal(ROW->attempt.sip_code, 200);
	assert_int_equal(ROW->attempt.rtp.sent, 100);
	assert_int_equal(ROW->attempt.n_played, 1);
	assert_int_equal(ROW->played[0].sent_ms, 500);
}

static void call_that_the_callee_ends_early_is_completed(void **state)
{
	(void)state;
	answer(0);
	hangup(UAC_END_BYE_RECEIVED);
	end(0, UAC_END_BYE_RECEIVED, 200, "OK");
	assert_int_equal(x->n_calls, 1);	/* the stream still runs out */
	assert_int_equal(x->channels, 1);
	stream_stopped(0, false, 1);
	assert_ended(CLN_RCPT_COMPLETED, "");
	assert_int_equal(ROW->attempt.hangup_by, CLN_BY_CALLEE);
}

static void call_that_is_busy_is_busy(void **state)
{
	(void)state;
	ring();
	call_refused(486, "Busy Here");
	assert_ended(CLN_RCPT_BUSY, "");
	assert_int_equal(ROW->attempt.sip_code, 486);
	assert_string_equal(ROW->attempt.sip_reason, "Busy Here");
	assert_int_equal(ROW->attempt.hangup_by, CLN_BY_NONE);
}

static void call_refused_by_the_network_is_failed(void **state)
{
	(void)state;
	call_refused(404, "Not Found");
	assert_ended(CLN_RCPT_FAILED, "sip: Not Found");
	assert_int_equal(ROW->attempt.sip_code, 404);
}

static void call_that_the_far_end_times_out_is_no_answer(void **state)
{
	(void)state;
	ring();
	call_refused(480, "Temporarily Unavailable");
	assert_ended(CLN_RCPT_NO_ANSWER, "");
}

static void silence_is_a_failure_and_no_missed_call(void **state)
{
	struct uac_result r = {
		.end = UAC_END_FAILED, .code = 408, .local = true,
		.reason = "Request Timeout",
	};

	(void)state;
	uacs[0]->events->ended(uacs[0]->arg, &r);
	stream_stopped(0, false, 0);
	assert_ended(CLN_RCPT_FAILED, "no_response");
}

static void way_that_is_not_there_is_told_from_a_refusal(void **state)
{
	struct uac_result r = {
		.end = UAC_END_FAILED, .code = 503, .local = true,
		.reason = "name not resolved",
	};

	(void)state;
	uacs[0]->events->ended(uacs[0]->arg, &r);
	stream_stopped(0, false, 0);
	assert_ended(CLN_RCPT_FAILED, "unreachable: name not resolved");
}

static void challenge_that_cannot_be_answered_is_named(void **state)
{
	struct uac_result r = {
		.end = UAC_END_FAILED, .code = 407, .own_words = true,
		.reason = "no password",
	};

	(void)state;
	uacs[0]->events->ended(uacs[0]->arg, &r);
	stream_stopped(0, false, 0);
	assert_ended(CLN_RCPT_FAILED, "authentication: no password");
}

static void call_that_rings_out_is_no_answer(void **state)
{
	struct uac_result r = {
		.end = UAC_END_CANCELED, .ring_timeout = true, .code = 487,
		.reason = "Request Terminated",
	};

	(void)state;
	ring();
	uacs[0]->events->ended(uacs[0]->arg, &r);
	stream_stopped(0, false, 0);
	assert_ended(CLN_RCPT_NO_ANSWER, "");
	assert_int_equal(ROW->attempt.hangup_by, CLN_BY_CALLER);
}

/* Neither its Contact nor its routes led anywhere: it never was a call. */
static void call_whose_2xx_cannot_be_used_is_failed(void **state)
{
	struct uac_result r = {
		.end = UAC_END_LOST, .code = 200, .own_words = true,
		.reason = "no way there",
	};

	(void)state;
	ring();
	uacs[0]->events->ended(uacs[0]->arg, &r);
	stream_stopped(0, false, 0);
	assert_ended(CLN_RCPT_FAILED, "unusable_answer: no way there");
}

/* The 200 crossed our CANCEL: the dialog hung up without telling us. */
static void call_whose_answer_crossed_the_cancel_is_no_answer(void **state)
{
	struct uac_result r = {
		.end = UAC_END_CANCELED, .ring_timeout = true, .code = 200,
		.reason = "OK",
	};

	(void)state;
	ring();
	uacs[0]->events->ended(uacs[0]->arg, &r);
	stream_stopped(0, false, 0);
	assert_ended(CLN_RCPT_NO_ANSWER, "");
	assert_false(ROW->attempt.answered_at);
}

static void call_whose_dialog_is_lost_is_failed(void **state)
{
	(void)state;
	answer(0);
	end(0, UAC_END_LOST, 200, "OK");
	stream_stopped(0, false, 1);
	assert_ended(CLN_RCPT_FAILED, "dialog_lost");
}

/* RFC 4028 10 */
static void call_that_nobody_refreshed_is_failed(void **state)
{
	(void)state;
	answer(0);
	hangup(UAC_END_EXPIRED);
	stream_stopped(0, false, 1);
	end(0, UAC_END_EXPIRED, 200, "OK");
	assert_ended(CLN_RCPT_FAILED, "session_expired");
	assert_int_equal(ROW->attempt.hangup_by, CLN_BY_SYSTEM);
}

static void call_heard_out_is_completed_though_its_bye_is_lost(void **state)
{
	(void)state;
	answer(0);
	streams[0]->events->played(streams[0]->arg);
	hangup(UAC_END_BYE_SENT);
	stream_stopped(0, true, 1);
	end(0, UAC_END_LOST, 200, "OK");
	assert_ended(CLN_RCPT_COMPLETED, "");
}

/* ---- answers that cannot be used -------------------------------------------- */

static void answered_with(const char *sdp)
{
	uacs[0]->events->answered(uacs[0]->arg, 200, sdp,
				  sdp ? strlen(sdp) : 0);
}

static void assert_unusable(const char *reason)
{
	assert_false(streams[0]->playing);
	assert_int_equal(uacs[0]->n_hangups, 1);
	assert_int_equal(uacs[0]->q850, 88);
	hangup(UAC_END_BYE_SENT);
	stream_stopped(0, false, 0);
	end(0, UAC_END_BYE_SENT, 200, "OK");
	assert_ended(CLN_RCPT_FAILED, reason);
	assert_int_equal(ROW->attempt.hangup_by, CLN_BY_SYSTEM);
}

static void answer_without_sdp_is_hung_up(void **state)
{
	(void)state;
	answered_with(NULL);
	assert_unusable("unusable_answer: the answer has no SDP");
}

static void answer_with_a_foreign_codec_is_hung_up(void **state)
{
	(void)state;
	answered_with("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
		      "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
		      "m=audio 40000 RTP/AVP 18\r\n");
	assert_unusable("unusable_answer: the answer holds no codec that was "
			"offered");
}

static void call_that_could_not_be_played_is_not_completed(void **state)
{
	(void)state;
	answered_with(NULL);
	hangup(UAC_END_BYE_RECEIVED);	/* theirs crossed ours */
	stream_stopped(0, false, 0);
	end(0, UAC_END_BYE_RECEIVED, 200, "OK");
	assert_ended(CLN_RCPT_FAILED,
		     "unusable_answer: the answer has no SDP");
	assert_int_equal(ROW->attempt.hangup_by, CLN_BY_CALLEE);
}

static void call_whose_stream_cannot_play_is_failed(void **state)
{
	(void)state;
	stream_play_err = -EAFNOSUPPORT;
	answer(0);
	assert_int_equal(uacs[0]->n_hangups, 1);
	hangup(UAC_END_BYE_SENT);
	stream_stopped(0, false, 0);
	end(0, UAC_END_BYE_SENT, 200, "OK");
	assert_ended(CLN_RCPT_FAILED, "unusable_answer: Address family not "
		     "supported by protocol");
}

/* ---- what goes wrong in the middle ------------------------------------------ */

static void call_whose_media_fail_is_hung_up(void **state)
{
	(void)state;
	answer(0);
	streams[0]->events->failed(streams[0]->arg, -ENETUNREACH);
	silence_then_bye();
	end(0, UAC_END_BYE_SENT, 200, "OK");
	assert_ended(CLN_RCPT_FAILED, "media_failed: Network is unreachable");
}

static void call_that_is_held_for_ever_ends(void **state)
{
	(void)state;
	answer(0);
	run();
	clock_advance(&now, 700 * S_NS);
	run();
	silence_then_bye();
	end(0, UAC_END_BYE_SENT, 200, "OK");
	assert_ended(CLN_RCPT_FAILED, "held_too_long");
}

/* A far end that does not answer our BYE: the call was over before. */
static void end_that_takes_its_time_is_no_call_that_was_too_long(void **state)
{
	(void)state;
	answer(0);
	streams[0]->events->played(streams[0]->arg);
	hangup(UAC_END_BYE_SENT);
	stream_stopped(0, true, 1);
	run();
	clock_advance(&now, 8000 * S_NS);
	run();
	end(0, UAC_END_LOST, 200, "OK");
	assert_ended(CLN_RCPT_COMPLETED, "");
	assert_int_equal(ROW->attempt.hangup_by, CLN_BY_CALLER);
}

static void stream_may_end_before_or_after_the_dialog(void **state)
{
	(void)state;
	answer(0);
	hangup(UAC_END_BYE_SENT);
	stream_stopped(0, true, 1);
	run();
	assert_int_equal(ROW->state, CLN_RCPT_ANSWERED);
	assert_int_equal(x->n_calls, 1);
	end(0, UAC_END_BYE_SENT, 200, "OK");
	assert_ended(CLN_RCPT_COMPLETED, "");
}

/* ---- calls that do not begin ------------------------------------------------ */

static int setup_queued(void **state)
{
	setup(state);
	plain_carrier("aaaaaaaa");
	job = add_job("job-1", "aaaaaaaa", 1);
	run();
	return 0;
}

static void used_up_ports_are_a_limit_and_no_failure(void **state)
{
	(void)state;
	stream_new_err = -ENOBUFS;
	all_prompts_arrive();
	advance(5000);
	assert_int_equal(n_uacs, 0);
	assert_int_equal(ROW->state, CLN_RCPT_CALLING);
	stream_new_err = 0;
	advance(250);
	assert_int_equal(n_uacs, 1);
}

static void call_that_cannot_be_made_is_failed(void **state)
{
	(void)state;
	uac_new_err = -EINVAL;
	all_prompts_arrive();
	advance(5);
	assert_true(streams[0]->stopping);
	/* A stop in between does not take it for one that waits. */
	calls_unclaim(x);
	run();
	assert_int_equal(x->n_calls, 1);
	stream_stopped(0, false, 0);
	assert_ended(CLN_RCPT_FAILED, "Invalid argument");
	assert_false(ROW->has_attempt);
}

static void invite_that_cannot_leave_is_failed(void **state)
{
	(void)state;
	uac_invite_err = -ENETUNREACH;
	all_prompts_arrive();
	advance(5);
	stream_stopped(0, false, 0);
	assert_ended(CLN_RCPT_FAILED, "Network is unreachable");
	assert_null(uacs[0]);
	assert_true(ROW->has_attempt);
}

static void claimed_call_of_a_deleted_carrier_is_failed(void **state)
{
	(void)state;
	the_store.hold = true;
	all_prompts_arrive();
	run();
	carrier_remove(carrier_find(x, "aaaaaaaa"));
	the_store.hold = false;
	advance(5);
	assert_int_equal(n_uacs, 0);
	assert_ended(CLN_RCPT_FAILED, "carrier_deleted");
}

/* Seconds may pass while the name of its host is looked up. */
static void carrier_that_goes_takes_no_secrecy_with_it(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");

	(void)state;
	str_copy(d.srtp, sizeof(d.srtp), "required");
	str_copy(d.dtmf, sizeof(d.dtmf), "off");
	add_carrier(&d);
	job = add_job("job-1", "aaaaaaaa", 1);
	uac_resolving = true;
	run();
	all_prompts_arrive();
	advance(5);
	assert_int_equal(n_uacs, 1);
	carrier_remove(carrier_find(x, "aaaaaaaa"));
	assert_int_equal(uac_resolved(uacs[0]), 0);
	assert_non_null(strstr(uacs[0]->sdp,
			       "m=audio 20000 RTP/SAVP 0 8\r\n"));
	assert_non_null(strstr(uacs[0]->sdp, "a=crypto:1 "));
}

static void uri_is_dialled_without_a_carrier(const char *to)
{
	const struct cln_item item = { .text = "http://a/hello.wav" };
	const struct cln_recipient recipient = { .to = to };
	struct cln_play play = {
		.request_id = "job-2", .n_items = 1, .items = &item,
		.n_recipients = 1, .recipients = &recipient,
		.ring_timeout_s = 7,
	};
	struct store_job *data;
	struct job *j;

	store_play(&play, &data);
	assert_int_equal(job_new(&j, x, data), 0);
	job = stored("job-2");
	dialer_wake(x);
	run();
	all_prompts_arrive();
	advance(5);
}

static void private_uri_is_dialled_directly(void **state)
{
	(void)state;
	uri_is_dialled_without_a_carrier("sip:alice@127.0.0.1:5070");
	assert_int_equal(n_uacs, 1);
	assert_string_equal(uacs[0]->uri, "sip:alice@127.0.0.1:5070");
	assert_string_equal(uacs[0]->target.host, "127.0.0.1");
	assert_int_equal(uacs[0]->target.port, 5070);
	assert_string_equal(uacs[0]->from_user, "carillon");
	assert_string_equal(uacs[0]->username, "");
	assert_int_equal(uacs[0]->ring_timeout_ms, 7000);
	assert_string_equal(ROW->attempt.carrier_id, "");
}

static void foreign_uri_is_refused_again_at_the_call(void **state)
{
	(void)state;
	uri_is_dialled_without_a_carrier("sip:alice@8.8.8.8");
	assert_int_equal(n_uacs, 0);
	assert_ended(CLN_RCPT_FAILED, "forbidden_target");
}

#define QUEUED(f) cmocka_unit_test_setup_teardown(f, setup_queued, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL(call_goes_where_the_carrier_says),
		CALL(call_plays_what_was_answered),
		CALL(call_that_was_heard_out_is_completed),
		CALL(call_that_the_callee_ends_early_is_completed),
		CALL(call_that_is_busy_is_busy),
		CALL(call_refused_by_the_network_is_failed),
		CALL(call_that_the_far_end_times_out_is_no_answer),
		CALL(silence_is_a_failure_and_no_missed_call),
		CALL(way_that_is_not_there_is_told_from_a_refusal),
		CALL(challenge_that_cannot_be_answered_is_named),
		CALL(call_that_rings_out_is_no_answer),
		CALL(call_whose_2xx_cannot_be_used_is_failed),
		CALL(call_whose_answer_crossed_the_cancel_is_no_answer),
		CALL(call_whose_dialog_is_lost_is_failed),
		CALL(call_that_nobody_refreshed_is_failed),
		CALL(call_heard_out_is_completed_though_its_bye_is_lost),
		CALL(answer_without_sdp_is_hung_up),
		CALL(answer_with_a_foreign_codec_is_hung_up),
		CALL(call_that_could_not_be_played_is_not_completed),
		CALL(call_whose_stream_cannot_play_is_failed),
		CALL(call_whose_media_fail_is_hung_up),
		CALL(call_that_is_held_for_ever_ends),
		CALL(end_that_takes_its_time_is_no_call_that_was_too_long),
		CALL(stream_may_end_before_or_after_the_dialog),
		QUEUED(used_up_ports_are_a_limit_and_no_failure),
		QUEUED(call_that_cannot_be_made_is_failed),
		QUEUED(invite_that_cannot_leave_is_failed),
		QUEUED(claimed_call_of_a_deleted_carrier_is_failed),
		RULE(carrier_that_goes_takes_no_secrecy_with_it),
		RULE(private_uri_is_dialled_directly),
		RULE(foreign_uri_is_refused_again_at_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
