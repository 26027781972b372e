/*
 * test_uac_invite.c - INVITE, refusals and CANCEL, on a virtual clock.
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares,
 * crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

/* ---- INVITE --------------------------------------------------------------- */

static void invite_is_complete(void **state)
{
	const char *m;

	(void)state;
	invite();
	m = last();
	assert_true(starts(m, "INVITE sip:8888123456@192.0.2.9:5062 SIP/2.0\r\n"));
	assert_true(starts(header(m, "Via"),
			   "SIP/2.0/UDP 198.51.100.1:5060;rport;"
			   "branch=z9hG4bK"));
	assert_string_equal(header(m, "Max-Forwards"), "70");
	assert_true(starts(header(m, "From"), "<sip:me@sip.carrier1.com>;tag="));
	/* RFC 3261 19.1.1: no port in To. */
	assert_string_equal(header(m, "To"), "<sip:8888123456@192.0.2.9>");
	assert_string_equal(header(m, "Contact"),
			    "<sip:me@198.51.100.1:5060>");
	assert_non_null(header(m, "Allow"));
	assert_non_null(header(m, "Supported"));
	assert_string_equal(header(m, "User-Agent"), "carillon/test");
	assert_string_equal(header(m, "Content-Type"), "application/sdp");
	assert_int_equal(number(m, "Content-Length"), strlen(OFFER));
	assert_string_equal(body_of(m), OFFER);
	assert_string_equal(header(m, "Call-ID"), uac_call_id(call));
	assert_null(header(m, "Authorization"));
}

static void offer_is_asked_for_once_the_route_is_known(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.sdp = NULL;
	p.auth = account("u", "p");
	begin(&p);
	assert_string_equal(body_of(last()), "v=0 127.0.0.1\r\n");
	wire_answer(last(), 407, "p", "Proxy-Authenticate: Digest realm=\"r\", "
		    "nonce=\"n\"\r\n", "");
	assert_string_equal(body_of(nth_sent("INVITE", 1)),
			    "v=0 127.0.0.1\r\n");
	assert_int_equal(n_local_offers, 1);
}

static void names_are_quoted_and_users_escaped(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.from_name = "A \"b\" \\";
	p.from_user = "x@y>;tag=\"";
	begin(&p);
	assert_true(starts(header(last(), "From"),
			   "\"A \\\"b\\\" \\\\\" <sip:x%40y%3E;tag=%22@"
			   "sip.carrier1.com>;tag="));
	assert_null(header_nth(last(), "From", 1));
}

static void without_from_domain_our_address_stands_there(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.from_domain = NULL;
	p.from_user = NULL;
	begin(&p);
	assert_true(starts(header(last(), "From"),
			   "<sip:198.51.100.1>;tag="));
	assert_string_equal(header(last(), "Contact"),
			    "<sip:198.51.100.1:5060>");
}

static void an_ipv6_address_of_ours_keeps_its_brackets(void **state)
{
	struct uac_params p = params();

	assert_int_equal(wire_tear_down(state), 0);
	assert_int_equal(wire_open_with("[2001:db8::5]"), 0);
	p.from_domain = NULL;
	begin(&p);
	assert_true(starts(header(last(), "From"),
			   "<sip:me@[2001:db8::5]>;tag="));
	assert_true(starts(header(last(), "Contact"),
			   "<sip:me@[2001:db8::5]:"));
	assert_true(starts(header(last(), "Via"),
			   "SIP/2.0/UDP [2001:db8::5]:"));
}

static void new_refuses_what_would_break_the_request(void **state)
{
	static const char *const uris[] = {
		"sip:1@h\r\nX: y", "sip:1@h X", "tel:+1", "sips:1@example.com",
		"sip:1@", "sip:1>@example.com", "sip:1%0d%0a@example.com",
		"sip:1%00@example.com", "sip:1@example.com?X=y", "", NULL,
	};
	struct uac_params p;
	struct uac *u = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(uris); i++) {
		p = params();
		p.request_uri = uris[i];
		assert_int_equal(uac_new(&u, sip, &p, &events, NULL), -EINVAL);
	}
	p = params();
	p.from_user = "a\r\nb";
	assert_int_equal(uac_new(&u, sip, &p, &events, NULL), -EINVAL);
	p = params();
	p.from_name = "a\nb";
	assert_int_equal(uac_new(&u, sip, &p, &events, NULL), -EINVAL);
	p = params();
	p.from_domain = "a;b";
	assert_int_equal(uac_new(&u, sip, &p, &events, NULL), -EINVAL);
	assert_null(u);
}

static void silence_is_repeated_by_timer_a_and_ends_by_timer_b(void **state)
{
	static const int64_t at[] = { 0, 500, 1500, 3500, 7500, 15500, 31500 };
	struct uac_params p = params();

	(void)state;
	p.ring_timeout_ms = 60000;
	begin(&p);
	wire_pass(31999);
	assert_int_equal(n_sent, ARRAY_LEN(at));
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		assert_int_equal(sent[i].at_ms, at[i]);
		assert_string_equal(sent[i].text, sent[0].text);
	}
	assert_string_equal(told, "");
	wire_pass(1);
	assert_string_equal(told, "ended");
	assert_int_equal(result.end, UAC_END_FAILED);
	assert_int_equal(result.code, 408);
}

static void a_100_stops_timer_a(void **state)
{
	(void)state;
	invite();
	wire_pass(600);
	assert_int_equal(n_sent, 2);
	wire_simple(sent[0].text, 100);
	wire_pass(10000);
	assert_int_equal(n_sent, 2);
	assert_string_equal(told, "");
}

static void provisionals_are_told_and_unknown_ones_are_183(void **state)
{
	(void)state;
	invite();
	wire_simple(last(), 100);
	wire_simple(last(), 180);
	wire_simple(last(), 199);
	assert_string_equal(told, "180 183");
}

/* ---- refusals ------------------------------------------------------------- */

static void refusal_is_acked_by_the_transaction(void **state)
{
	const char *ack, *req;

	(void)state;
	invite();
	wire_answer(last(), 486, "peer",
		    "Reason: SIP;cause=486, Q.850;cause=17;text=\"busy\"\r\n"
		    "Retry-After: 120 (lunch)\r\n", "");
	assert_int_equal(n_sent, 2);
	req = sent[0].text;
	ack = sent[1].text;
	assert_true(starts(ack, "ACK sip:8888123456@192.0.2.9:5062 SIP/2.0"));
	assert_string_equal(header(ack, "Via"), header(req, "Via"));
	assert_string_equal(header(ack, "From"), header(req, "From"));
	assert_string_equal(header(ack, "To"),
			    "<sip:8888123456@192.0.2.9>;tag=peer");
	assert_int_equal(number(ack, "CSeq"), number(req, "CSeq"));
	assert_non_null(strstr(header(ack, "CSeq"), " ACK"));
	assert_string_equal(header(ack, "Max-Forwards"), "70");
	assert_string_equal(told, "ended");
	assert_int_equal(result.end, UAC_END_FAILED);
	assert_int_equal(result.code, 486);
	assert_string_equal(result.reason, "Busy Here");
	assert_int_equal(result.q850_cause, 17);
	assert_int_equal(result.retry_after_s, 120);
}

static void repeated_refusal_is_acked_again_until_timer_d(void **state)
{
	(void)state;
	invite();
	wire_simple(sent[0].text, 404);
	for (int i = 0; i < 4; i++) {
		wire_pass(4000);
		wire_simple(sent[0].text, 404);
	}
	assert_int_equal(count_sent("ACK"), 5);
	for (size_t i = 1; i < n_sent; i++)
		assert_string_equal(sent[i].text, sent[1].text);
	wire_pass(17000);
	wire_simple(sent[0].text, 404);
	assert_int_equal(count_sent("ACK"), 5);
	assert_string_equal(told, "ended");
}

static void a_refusal_after_a_challenge_is_acked_with_credentials(void **state)
{
	struct uac_params p = params();
	const char *creds;

	(void)state;
	p.auth = account("bob", "secret");
	begin(&p);
	wire_answer(last(), 407, "gw", "Proxy-Authenticate: Digest "
		    "realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n", "");
	assert_true(starts(sent[1].text, "ACK "));
	assert_null(header(sent[1].text, "Proxy-Authorization"));
	assert_true(starts(sent[2].text, "INVITE "));
	assert_int_equal(number(sent[2].text, "CSeq"),
			 number(sent[0].text, "CSeq") + 1);
	assert_string_equal(header(sent[2].text, "To"),
			    header(sent[0].text, "To"));
	assert_string_equal(header(sent[2].text, "From"),
			    header(sent[0].text, "From"));
	creds = header(sent[2].text, "Proxy-Authorization");
	assert_non_null(creds);
	assert_string_equal(body_of(sent[2].text), OFFER);
	wire_simple(sent[2].text, 486);
	assert_string_equal(header(last(), "Proxy-Authorization"), creds);
	assert_int_equal(result.code, 486);
}

static void wrong_credentials_are_named(void **state)
{
	(void)state;
	invite();
	wire_answer(last(), 401, "gw",
		    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
		    "");
	assert_int_equal(result.code, 401);
	assert_string_equal(result.reason, "no account");
	assert_int_equal(count_sent("INVITE"), 1);
}

static void a_foreign_answer_changes_nothing(void **state)
{
	const char *m;
	char text[2048];
	struct sip_stats stats;

	(void)state;
	invite();
	m = last();
	str_printf(text, sizeof(text), "SIP/2.0 486 Busy\r\nVia: %s0\r\n"
		   "From: %s\r\nTo: %s;tag=x\r\nCall-ID: %s\r\nCSeq: %s\r\n\r\n",
		   header(m, "Via"), header(m, "From"), header(m, "To"),
		   header(m, "Call-ID"), header(m, "CSeq"));
	wire_receive(text);
	str_printf(text, sizeof(text), "SIP/2.0 486 Busy\r\nVia: %s\r\n"
		   "From: %s\r\nTo: %s;tag=x\r\nCall-ID: %s\r\n"
		   "CSeq: 1%s\r\n\r\n", header(m, "Via"), header(m, "From"),
		   header(m, "To"), header(m, "Call-ID"), header(m, "CSeq"));
	wire_receive(text);
	str_printf(text, sizeof(text), "SIP/2.0 486 Busy\r\nVia: %s\r\n"
		   "Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx\r\n"
		   "From: %s\r\nTo: %s;tag=x\r\nCall-ID: %s\r\n"
		   "CSeq: %s\r\n\r\n", header(m, "Via"), header(m, "From"),
		   header(m, "To"), header(m, "Call-ID"), header(m, "CSeq"));
	wire_receive(text);
	sip_get_stats(sip, &stats);
	assert_int_equal(stats.stray, 3);
	assert_string_equal(told, "");
	assert_int_equal(n_sent, 1);
}

static void transport_error_is_a_503(void **state)
{
	struct uac_params p = params();

	(void)state;
	assert_int_equal(uac_new(&call, sip, &p, &events, &call), 0);
	wire_error = -ENETUNREACH;
	assert_int_equal(uac_invite(call), 0);
	assert_string_equal(told, "");
	wire_pass(1);
	assert_string_equal(told, "ended");
	assert_int_equal(result.code, 503);
	assert_int_equal(result.end, UAC_END_FAILED);
}

/* ---- CANCEL --------------------------------------------------------------- */

static void cancel_waits_for_a_provisional(void **state)
{
	const char *c, *req;

	(void)state;
	invite();
	uac_hangup(call, 0);
	wire_pass(100);
	assert_int_equal(n_sent, 1);
	wire_simple(sent[0].text, 100);
	assert_int_equal(n_sent, 2);
	req = sent[0].text;
	c = sent[1].text;
	assert_true(starts(c, "CANCEL sip:8888123456@192.0.2.9:5062 SIP/2.0"));
	assert_string_equal(header(c, "Via"), header(req, "Via"));
	assert_null(header_nth(c, "Via", 1));
	assert_string_equal(header(c, "To"), header(req, "To"));
	assert_string_equal(header(c, "From"), header(req, "From"));
	assert_string_equal(header(c, "Call-ID"), header(req, "Call-ID"));
	assert_int_equal(number(c, "CSeq"), number(req, "CSeq"));
	assert_non_null(strstr(header(c, "CSeq"), " CANCEL"));
	assert_null(header(c, "Require"));
	assert_null(header(c, "Content-Type"));
	wire_simple(c, 200);
	assert_string_equal(told, "");
	wire_simple(req, 487);
	assert_true(starts(last(), "ACK "));
	assert_string_equal(told, "ended");
	assert_int_equal(result.end, UAC_END_CANCELED);
	assert_false(result.ring_timeout);
	assert_int_equal(result.code, 487);
}

static void nobody_answers_within_the_ring_timeout(void **state)
{
	(void)state;
	invite();
	wire_simple(sent[0].text, 180);
	wire_pass(19999);
	assert_int_equal(n_sent, 1);
	wire_pass(1);
	assert_int_equal(count_sent("CANCEL"), 1);
	wire_simple(nth_sent("CANCEL", 0), 200);
	wire_simple(sent[0].text, 487);
	assert_int_equal(result.end, UAC_END_CANCELED);
	assert_true(result.ring_timeout);
}

static void a_lost_cancel_is_given_up_after_64_t1(void **state)
{
	(void)state;
	invite();
	wire_simple(sent[0].text, 183);
	uac_hangup(call, 16);
	wire_pass(31999);
	assert_string_equal(told, "183");
	/* Timer E: 0, 0.5, 1.5, 3.5, then every 4 s. */
	assert_int_equal(count_sent("CANCEL"), 11);
	assert_string_equal(header(last(), "Reason"), "Q.850;cause=16");
	wire_pass(2);
	assert_string_equal(told, "183 ended");
	assert_int_equal(result.end, UAC_END_CANCELED);
	/* A very late 2xx is still hung up. */
	answer_with("late");
	assert_true(starts(nth_sent("ACK", 0), "ACK sip:gw@192.0.2.77:5070"));
	assert_true(starts(last(), "BYE sip:gw@192.0.2.77:5070"));
	wire_simple(last(), 200);
}

static void an_answer_that_crosses_cancel_is_acked_and_byed(void **state)
{
	(void)state;
	invite();
	wire_simple(sent[0].text, 180);
	uac_hangup(call, 0);
	assert_int_equal(count_sent("CANCEL"), 1);
	answer_with("peer");
	assert_int_equal(count_sent("ACK"), 1);
	assert_int_equal(count_sent("BYE"), 1);
	wire_simple(nth_sent("CANCEL", 0), 481);
	wire_simple(nth_sent("BYE", 0), 200);
	assert_string_equal(told, "180 ended");
	assert_int_equal(result.end, UAC_END_CANCELED);
	assert_int_equal(result.code, 200);
}

static void cancel_before_anything_left_ends_at_once(void **state)
{
	struct uac_params p = params();

	(void)state;
	assert_int_equal(uac_new(&call, sip, &p, &events, &call), 0);
	assert_int_equal(uac_invite(call), 0);
	uac_hangup(call, 0);
	assert_string_equal(told, "");
	wire_pass(1);
	assert_int_equal(n_sent, 0);
	assert_string_equal(told, "ended");
	assert_int_equal(result.end, UAC_END_CANCELED);
}

static void silence_is_no_ring_timeout(void **state)
{
	(void)state;
	invite();
	wire_pass(33000);
	assert_int_equal(count_sent("CANCEL"), 0);
	assert_int_equal(result.end, UAC_END_FAILED);
	assert_int_equal(result.code, 408);
	assert_string_equal(result.reason, "no answer from udp:" PEER);
	assert_false(result.ring_timeout);
}

/* ---- what the network sends back (RFC 3261 18.4) -------------------------- */

static void came_back(const char *from, size_t len)
{
	struct addr to;

	assert_int_equal(addr_parse(&to, from, 0), 0);
	datagram_refused(sip, &to, -ECONNREFUSED, sent[0].text, len);
	wire_settle();
}

static void peer_that_is_not_there_is_given_up_the_third_time(void **state)
{
	(void)state;
	invite();
	for (int i = 0; i < 2; i++) {
		came_back(PEER, 500);
		assert_string_equal(told, "");
		wire_pass(1000);
	}
	came_back(PEER, 500);
	assert_string_equal(told, "ended");
	assert_int_equal(result.code, 503);
	assert_true(result.local);
	assert_string_equal(result.reason, "nobody listens at udp:" PEER);
}

static void what_came_back_is_nothing_once_somebody_answered(void **state)
{
	(void)state;
	invite();
	wire_simple(last(), 180);
	told[0] = '\0';
	for (int i = 0; i < 5; i++)
		came_back(PEER, 500);
	assert_string_equal(told, "");
}

static void only_our_peer_and_our_branch_count(void **state)
{
	(void)state;
	invite();
	for (int i = 0; i < 5; i++) {
		came_back("192.0.2.77:5060", 500);
		came_back(PEER, 40);	/* cut before the branch               */
	}
	assert_string_equal(told, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(invite_is_complete),
		CASE(offer_is_asked_for_once_the_route_is_known),
		CASE(peer_that_is_not_there_is_given_up_the_third_time),
		CASE(what_came_back_is_nothing_once_somebody_answered),
		CASE(only_our_peer_and_our_branch_count),
		CASE(names_are_quoted_and_users_escaped),
		CASE(without_from_domain_our_address_stands_there),
		CASE(an_ipv6_address_of_ours_keeps_its_brackets),
		CASE(new_refuses_what_would_break_the_request),
		CASE(silence_is_repeated_by_timer_a_and_ends_by_timer_b),
		CASE(a_100_stops_timer_a),
		CASE(provisionals_are_told_and_unknown_ones_are_183),
		CASE(refusal_is_acked_by_the_transaction),
		CASE(repeated_refusal_is_acked_again_until_timer_d),
		CASE(a_refusal_after_a_challenge_is_acked_with_credentials),
		CASE(wrong_credentials_are_named),
		CASE(a_foreign_answer_changes_nothing),
		CASE(transport_error_is_a_503),
		CASE(cancel_waits_for_a_provisional),
		CASE(nobody_answers_within_the_ring_timeout),
		CASE(a_lost_cancel_is_given_up_after_64_t1),
		CASE(an_answer_that_crosses_cancel_is_acked_and_byed),
		CASE(cancel_before_anything_left_ends_at_once),
		CASE(silence_is_no_ring_timeout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
