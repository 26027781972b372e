/*
 * test_uac_dialog.c - what the far end asks inside a call.
 * Needs: sip_wire.h; all of core/sip and core/base; osip2, cares, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "sip_wire.h"

#include "sip/uac.h"

#define TARGET "Contact: <sip:gw@192.0.2.77:5070>\r\n"
#define SDP_TYPE "Content-Type: application/sdp\r\n"
#define OFFER "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\n"
#define ANSWER "v=0\r\no=- 2 2 IN IP4 192.0.2.77\r\ns=-\r\n"

static struct uac *call;
static struct uac_result result;
static unsigned int n_offers, n_confirmed, n_hangups;
static char offered[512];
static int offer_code;
static unsigned int n_requests;

static int offer(void *arg, const char *sdp, size_t len, char *answer,
		 size_t cap)
{
	(void)arg;
	str_copy_n(offered, sizeof(offered), sdp ? sdp : "none",
		   sdp ? len : 4);
	if (!answer) {
		n_confirmed++;
		return 0;
	}
	n_offers++;
	assert_int_equal(str_copy(answer, cap, OFFER), 0);
	return offer_code;
}

static void hangup(void *arg, enum uac_end by)
{
	(void)arg;
	(void)by;
	n_hangups++;
}

static void ended(void *arg, const struct uac_result *r)
{
	(void)arg;
	result = *r;
	uac_free(call);
	call = NULL;
}

static const struct uac_events events = {
	.offer = offer, .hangup = hangup, .ended = ended,
};

static int set_up(void **state)
{
	struct uac_params p = {
		.request_uri = "sip:123@192.0.2.9",
		.from_user = "me",
		.from_domain = "example.com",
		.sdp = OFFER,
	};

	if (wire_set_up(state) || sip_target_parse(&p.target, PEER))
		return -1;
	n_offers = n_confirmed = n_hangups = n_requests = 0;
	offer_code = 200;
	memset(&result, 0, sizeof(result));
	if (uac_new(&call, sip, &p, &events, NULL) || uac_invite(call))
		return -1;
	wire_settle();
	wire_answer(last(), 200, "peer", TARGET SDP_TYPE, ANSWER);
	return starts(last(), "ACK ") ? 0 : -1;
}

static int tear_down(void **state)
{
	uac_free(call);
	call = NULL;
	return wire_tear_down(state);
}

/* A request of the far end; each has a branch of its own.                     */
static void ask(const char *method, unsigned int cseq, const char *more,
		const char *body)
{
	const char *m = nth_sent("INVITE", 0);
	char text[4096];

	assert_int_equal(str_printf(text, sizeof(text),
		"%s sip:me@198.51.100.1:5060 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKp%u;rport\r\n"
		"Max-Forwards: 70\r\nFrom: %s;tag=peer\r\nTo: %s\r\n"
		"Call-ID: %s\r\nCSeq: %u %s\r\n%s"
		"Content-Length: %zu\r\n\r\n%s", method, ++n_requests,
		header(m, "To"), header(m, "From"), header(m, "Call-ID"),
		cseq, method, more, strlen(body), body), 0);
	wire_receive(text);
}

static void reinvite_is_answered_and_the_200_repeated_until_ack(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	assert_int_equal(n_offers, 1);
	assert_string_equal(offered, ANSWER);
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
	assert_int_equal(n_hangups, 0);
	assert_int_equal(n_confirmed, 0);
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
	assert_int_equal(n_hangups, 0);
}

static void a_repeated_reinvite_is_absorbed(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	n_requests--;			/* the same branch again               */
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	assert_int_equal(n_offers, 1);
}

static void a_reinvite_never_confirmed_ends_the_call(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	wire_pass(32000);
	assert_int_equal(count_sent("BYE"), 1);
	assert_int_equal(n_hangups, 1);
	wire_simple(nth_sent("BYE", 0), 200);
	assert_int_equal(result.end, UAC_END_BYE_SENT);
}

static void a_reinvite_without_offer_gets_ours(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET, "");
	assert_string_equal(offered, "none");
	assert_string_equal(body_of(last()), OFFER);
	/* Until its answer is here, another offer is glare. */
	ask("UPDATE", 2, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 491"));
	ask("ACK", 1, SDP_TYPE, ANSWER);
	assert_int_equal(n_confirmed, 1);
	assert_string_equal(offered, ANSWER);
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
	assert_int_equal(n_hangups, 0);
}

static void a_body_that_is_no_sdp_is_415(void **state)
{
	(void)state;
	ask("INVITE", 1, TARGET "Content-Type: text/plain\r\n", "hello");
	assert_true(starts(last(), "SIP/2.0 415"));
	assert_string_equal(header(last(), "Accept"), "application/sdp");
	assert_int_equal(n_offers, 0);
}

static void an_sdp_inside_a_multipart_is_found(void **state)
{
	(void)state;
	ask("UPDATE", 1, TARGET "Content-Type: multipart/mixed;boundary=xx\r\n",
	    "--xx\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
	    "--xx\r\nContent-Type: application/sdp\r\n\r\n" ANSWER
	    "\r\n--xx--\r\n");
	assert_true(starts(last(), "SIP/2.0 200"));
	assert_true(starts(offered, "v=0\r\no=- 2 2"));
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
	assert_string_equal(header_nth(last(), "Unsupported", 1), "bar");
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

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(reinvite_is_answered_and_the_200_repeated_until_ack),
		CASE(an_ack_with_the_branch_of_the_invite_confirms),
		CASE(a_repeated_reinvite_is_absorbed),
		CASE(a_reinvite_never_confirmed_ends_the_call),
		CASE(a_reinvite_without_offer_gets_ours),
		CASE(a_refused_offer_leaves_the_call),
		CASE(a_body_that_is_no_sdp_is_415),
		CASE(an_sdp_inside_a_multipart_is_found),
		CASE(a_target_refresh_moves_the_next_request),
		CASE(a_lower_cseq_is_500),
		CASE(other_methods_have_their_answers),
		CASE(after_our_bye_an_offer_finds_no_call),
		CASE(bye_while_a_reinvite_waits_for_its_ack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
