/*
 * test_uac_dialog.c - what the far end asks inside a call.
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

/* Each test begins with a call that was answered.                             */
static int set_up_call(void **state)
{
	if (set_up(state))
		return -1;
	talk();
	told[0] = '\0';
	return 0;
}

static void reinvite_is_answered_and_the_200_repeated_until_ack(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	assert_string_equal(told, "offer");
	assert_string_equal(offer_sdp, ANSWER);
	assert_true(starts(last(), "SIP/2.0 200 OK"));
	assert_string_equal(header(last(), "Contact"),
			    "<sip:me@198.51.100.1:5060>");
	assert_string_equal(header(last(), "Content-Type"), "application/sdp");
	assert_string_equal(body_of(last()), OFFER);
	wire_pass(3500);
	/* At 0, 0.5, 1.5 and 3.5 s. */
	assert_int_equal(count_sent("SIP/2.0 200 OK"), 4);
	ask("ACK", 1, "", "");
	wire_pass(40000);
	assert_int_equal(count_sent("SIP/2.0 200 OK"), 4);
	assert_string_equal(told, "offer");
}

/* Not as RFC 3261 13.2.2.4 has it, but seen of peers that grew up before. */
static void an_ack_with_the_branch_of_the_invite_confirms(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	n_requests--;			/* the same branch again               */
	ask("ACK", 1, "", "");
	wire_pass(40000);
	assert_int_equal(count_sent("SIP/2.0 200 OK"), 1);
	assert_string_equal(told, "offer");
}

static void a_repeated_reinvite_is_absorbed(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	n_requests--;			/* the same branch again               */
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	assert_string_equal(told, "offer");
}

static void a_reinvite_never_confirmed_ends_the_call(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	wire_pass(32000);
	assert_int_equal(count_sent("BYE"), 1);
	assert_string_equal(told, "offer hangup-lost");
	wire_simple(nth_sent("BYE", 0), 200);
	assert_int_equal(result.end, UAC_END_LOST);
}

/* 15.1.1: no media behind a BYE, so who is to be silent is waited for, but not
 * for ever.                                                                   */
static void our_own_bye_waits_for_silence(void **state)
{
	(void)state;
	stays_loud = true;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	wire_pass(32000);
	assert_string_equal(told, "offer hangup-lost");
	assert_int_equal(count_sent("BYE"), 0);
	wire_pass(300);
	uac_hangup(call, 16);
	wire_settle();
	assert_int_equal(count_sent("BYE"), 1);
	assert_null(header(last(), "Reason"));
	wire_simple(last(), 200);
	assert_string_equal(told, "offer hangup-lost ended");
	assert_int_equal(result.end, UAC_END_LOST);
}

static void our_own_bye_waits_a_second(void **state)
{
	(void)state;
	stays_loud = true;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	wire_pass(32999);
	assert_int_equal(count_sent("BYE"), 0);
	wire_pass(1);
	assert_int_equal(count_sent("BYE"), 1);
	ask("BYE", 2, "", "");
	assert_string_equal(told, "offer hangup-lost ended");
	assert_int_equal(result.end, UAC_END_LOST);
}

/* The hang-up was under way before.                                           */
static void a_missing_ack_does_not_rename_a_hangup(void **state)
{
	const char *bye;

	(void)state;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	wire_pass(31000);
	uac_hangup(call, 16);
	wire_settle();
	bye = nth_sent("BYE", 0);
	wire_pass(2000);
	wire_simple(bye, 200);
	assert_string_equal(told, "offer hangup-us ended");
	assert_int_equal(result.end, UAC_END_BYE_SENT);
}

static void a_reinvite_without_offer_gets_ours(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET, "");
	assert_string_equal(offer_sdp, "none");
	assert_string_equal(body_of(last()), OFFER);
	/* Until its answer is here, another offer is glare. */
	ask("UPDATE", 2, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 491"));
	ask("ACK", 1, SDP_TYPE, ANSWER);
	assert_string_equal(told, "offer confirmed");
	assert_string_equal(offer_sdp, ANSWER);
	ask("UPDATE", 3, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 200"));
}

static void a_refused_offer_leaves_the_call(void **state)
{
	(void)state;
	offer_code = 488;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 488"));
	n_requests--;			/* a refusal's ACK has its branch      */
	ask("ACK", 1, "", "");
	wire_pass(33000);
	assert_int_equal(count_sent("SIP/2.0 488"), 1);
	assert_non_null(call);
	assert_string_equal(told, "offer");
}

static void a_body_that_is_no_sdp_is_415(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET "Content-Type: text/plain\r\n", "hello");
	assert_true(starts(last(), "SIP/2.0 415"));
	assert_string_equal(header(last(), "Accept"), "application/sdp");
	assert_string_equal(told, "");
}

static void rfc3261_8_2_3_a_packed_body_is_415(void **state)
{
	(void)state;
	ask("UPDATE", 1, TARGET SDP_TYPE "Content-Encoding: gzip\r\n", ANSWER);
	assert_true(starts(last(), "SIP/2.0 415"));
	assert_string_equal(header(last(), "Accept-Encoding"), "identity");
	ask("UPDATE", 2, TARGET SDP_TYPE "e: identity\r\n", ANSWER);
	assert_true(starts(last(), "SIP/2.0 200"));
}

static void rfc4028_extensions_that_we_know_may_be_required(void **state)
{
	(void)state;
	ask("UPDATE", 1, TARGET "Require: timer, 100rel\r\n", "");
	assert_true(starts(last(), "SIP/2.0 200"));
	assert_string_equal(header(last(), "Supported"), "100rel, timer");
	ask("UPDATE", 2, TARGET "Require: replaces\r\n", "");
	assert_true(starts(last(), "SIP/2.0 420"));
	assert_string_equal(header(last(), "Unsupported"), "replaces");
}

static void an_sdp_inside_a_multipart_is_found(void **state)
{
	(void)state;
	ask("UPDATE", 1, TARGET "Content-Type: multipart/mixed;boundary=xx\r\n",
	    "--xx\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
	    "--xx\r\nContent-Type: application/sdp\r\n\r\n" ANSWER
	    "\r\n--xx--\r\n");
	assert_true(starts(last(), "SIP/2.0 200"));
	assert_true(starts(offer_sdp, "v=0\r\no=- 2 2"));
}

static void a_target_refresh_moves_the_next_request(void **state)
{
	(void)state;
	ask("UPDATE", 1, "Contact: <sip:new@192.0.2.99:5099>\r\n", "");
	assert_true(starts(last(), "SIP/2.0 200"));
	uac_hangup(call, 0);
	wire_settle();
	assert_true(starts(last(), "BYE sip:new@192.0.2.99:5099 SIP/2.0"));
	assert_int_equal(addr_port(&sent[n_sent - 1].to), 5099);
}

static void a_target_that_cannot_be_reached_is_refused(void **state)
{
	static const char *const contacts[] = {
		"Contact: <sip:x@192.0.2.1;transport=ws>\r\n",
		"Contact: <sip:x@192.0.2.1:99999>\r\n",
	};
	static const char *const methods[] = { "UPDATE", "INVITE" };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		char more[256];

		str_printf(more, sizeof(more), "%s%s", contacts[i / 2],
			   SDP_TYPE);
		ask(methods[i % 2], 1 + i, more, ANSWER);
		assert_true(starts(last(), "SIP/2.0 400"));
	}
	n_requests--;
	ask("ACK", 4, "", "");
	assert_string_equal(told, "");
	uac_hangup(call, 0);
	wire_settle();
	assert_true(starts(last(), "BYE sip:gw@192.0.2.77:5070 SIP/2.0"));
}

/* 9.2: also where nothing else is listened to any more.                       */
static void a_flood_leaves_bye_and_cancel_their_answers(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 513; i++)
		ask("INFO", 1 + i, "", "");
	assert_true(starts(last(), "SIP/2.0 500"));
	ask("CANCEL", 600, "", "");
	assert_true(starts(last(), "SIP/2.0 481"));
	ask("INVITE", 601, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 500"));
	ask("BYE", 602, "", "");
	assert_true(starts(last(), "SIP/2.0 200"));
	assert_string_equal(told, "hangup-them ended");
}

static void a_lower_cseq_is_500(void **state)
{
	(void)state;
	ask("INFO", 9, "", "");
	assert_true(starts(last(), "SIP/2.0 200"));
	ask("INFO", 8, "", "");
	assert_true(starts(last(), "SIP/2.0 500"));
	assert_non_null(header(last(), "Retry-After"));
	ask("INFO", 10, "", "");
	assert_true(starts(last(), "SIP/2.0 200"));
}

static void other_methods_have_their_answers(void **state)
{
	static const struct {
		const char *method, *answer;
	} cases[] = {
		{ "OPTIONS", "SIP/2.0 200" }, { "INFO", "SIP/2.0 200" },
		{ "REFER", "SIP/2.0 403" }, { "MESSAGE", "SIP/2.0 405" },
		{ "SUBSCRIBE", "SIP/2.0 405" }, { "NOTIFY", "SIP/2.0 405" },
		{ "PRACK", "SIP/2.0 481" }, { "FOO", "SIP/2.0 501" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(cases[i].method, 20 + (unsigned int)i, "", "");
		assert_true(starts(last(), cases[i].answer));
	}
	ask("OPTIONS", 40, "Require: foo, bar\r\n", "");
	assert_true(starts(last(), "SIP/2.0 420"));
	assert_string_equal(header(last(), "Unsupported"), "foo, bar");
	assert_non_null(call);
}

static void after_our_bye_an_offer_finds_no_call(void **state)
{
	(void)state;
	uac_hangup(call, 0);
	wire_settle();
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 481"));
}

static void bye_while_a_reinvite_waits_for_its_ack(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	ask("BYE", 2, "", "");
	assert_true(starts(last(), "SIP/2.0 200"));
	assert_null(call);
	wire_pass(40000);
	assert_int_equal(count_sent("SIP/2.0 200"), 2);
	assert_int_equal(result.end, UAC_END_BYE_RECEIVED);
}

#define IN_CALL(test) \
	cmocka_unit_test_setup_teardown(test, set_up_call, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_CALL(reinvite_is_answered_and_the_200_repeated_until_ack),
		IN_CALL(an_ack_with_the_branch_of_the_invite_confirms),
		IN_CALL(a_repeated_reinvite_is_absorbed),
		IN_CALL(a_reinvite_never_confirmed_ends_the_call),
		IN_CALL(our_own_bye_waits_for_silence),
		IN_CALL(our_own_bye_waits_a_second),
		IN_CALL(a_missing_ack_does_not_rename_a_hangup),
		IN_CALL(a_reinvite_without_offer_gets_ours),
		IN_CALL(a_refused_offer_leaves_the_call),
		IN_CALL(a_body_that_is_no_sdp_is_415),
		IN_CALL(rfc3261_8_2_3_a_packed_body_is_415),
		IN_CALL(rfc4028_extensions_that_we_know_may_be_required),
		IN_CALL(an_sdp_inside_a_multipart_is_found),
		IN_CALL(a_target_that_cannot_be_reached_is_refused),
		IN_CALL(a_flood_leaves_bye_and_cancel_their_answers),
		IN_CALL(a_target_refresh_moves_the_next_request),
		IN_CALL(a_lower_cseq_is_500),
		IN_CALL(other_methods_have_their_answers),
		IN_CALL(after_our_bye_an_offer_finds_no_call),
		IN_CALL(bye_while_a_reinvite_waits_for_its_ack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
