/*
 * test_uac.c - an outgoing call from its answer to its end, on a virtual clock.
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares,
 * crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

/* ---- the answer ----------------------------------------------------------- */

static void ack_of_a_2xx_is_the_dialogs(void **state)
{
	const char *ack, *req;

	(void)state;
	talk();
	req = sent[0].text;
	ack = last();
	assert_true(starts(ack, "ACK sip:gw@192.0.2.77:5070 SIP/2.0\r\n"));
	assert_string_not_equal(branch_of(ack), branch_of(req));
	assert_int_equal(number(ack, "CSeq"), number(req, "CSeq"));
	assert_non_null(strstr(header(ack, "To"), ";tag=peer"));
	assert_string_equal(header(ack, "Max-Forwards"), "70");
	assert_int_equal(addr_port(&sent[1].to), 5070);
	assert_string_equal(answer_sdp, ANSWER);
}

#define CHALLENGE(nonce) "Proxy-Authenticate: Digest realm=\"r\", " \
	"nonce=\"" nonce "\", qop=\"auth\"\r\n"

static void credentials_are_repeated_in_ack_and_bye(void **state)
{
	struct uac_params p = params();
	char creds[512];

	(void)state;
	p.auth = account("bob", "secret");
	begin(&p);
	wire_answer(last(), 407, "gw", CHALLENGE("n"), "");
	str_copy(creds, sizeof(creds), header(last(), "Proxy-Authorization"));
	wire_answer(last(), 200, "peer", "Contact: <sip:gw@" PEER ">\r\n"
		    SDP_TYPE, ANSWER);
	assert_true(starts(last(), "ACK sip:gw"));
	assert_string_equal(header(last(), "Proxy-Authorization"), creds);
	uac_hangup(call, 0);
	wire_settle();
	assert_true(starts(last(), "BYE "));
	assert_non_null(strstr(header(last(), "Proxy-Authorization"),
			       "nc=00000002"));
	wire_answer(last(), 407, "peer", CHALLENGE("m"), "");
	assert_true(starts(last(), "BYE "));
	assert_non_null(strstr(header(last(), "Proxy-Authorization"),
			       "nonce=\"m\""));
	wire_simple(last(), 200);
	assert_int_equal(result.end, UAC_END_BYE_SENT);
}

/* What proves who we are is not for whoever a Contact names.                  */
static void credentials_are_for_the_server_that_asked(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.auth = account("bob", "secret");
	begin(&p);
	wire_answer(last(), 407, "gw", CHALLENGE("n"), "");
	wire_answer(last(), 200, "peer", TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "ACK sip:gw@192.0.2.77"));
	assert_null(header(last(), "Proxy-Authorization"));
}

static void each_repeated_2xx_is_acked(void **state)
{
	const char *ack;

	(void)state;
	talk();
	ack = last();
	for (int i = 0; i < 3; i++) {
		wire_pass(4000);
		answer_with("peer");
		assert_string_equal(last(), ack);
	}
	assert_int_equal(count_sent("ACK"), 4);
	assert_string_equal(told, "answered");
}

static void a_2xx_is_acked_after_the_call_is_gone(void **state)
{
	(void)state;
	talk();
	uac_hangup(call, 0);
	wire_settle();
	wire_simple(last(), 200);
	assert_null(call);
	answer_with("peer");
	assert_int_equal(count_sent("ACK"), 2);
	wire_pass(33000);
	answer_with("peer");
	assert_int_equal(count_sent("ACK"), 2);
}

static void a_fork_is_acked_and_byed(void **state)
{
	const char *ack, *bye;

	(void)state;
	talk();
	wire_answer(sent[0].text, 200, "other",
		    "Contact: <sip:fork@192.0.2.88>\r\n" SDP_TYPE, ANSWER);
	assert_int_equal(count_sent("ACK"), 2);
	ack = nth_sent("ACK", 1);
	bye = nth_sent("BYE", 0);
	assert_true(starts(ack, "ACK sip:fork@192.0.2.88 SIP/2.0"));
	assert_non_null(strstr(header(ack, "To"), ";tag=other"));
	assert_true(starts(bye, "BYE sip:fork@192.0.2.88 SIP/2.0"));
	assert_int_equal(number(bye, "CSeq"),
			 number(ack, "CSeq") + 1);
	wire_simple(bye, 200);
	/* Again the same fork: ACK only. */
	wire_answer(sent[0].text, 200, "other", "", "");
	assert_int_equal(count_sent("ACK"), 3);
	assert_int_equal(count_sent("BYE"), 1);
	assert_string_equal(told, "answered");
}

/* The headers of a 2xx to the INVITE; the body is the rest of the datagram.   */
static size_t write_2xx(char *text, size_t cap, const char *tag)
{
	const char *m = sent[0].text;

	assert_int_equal(str_printf(text, cap,
		"SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=%s\r\n"
		"Call-ID: %s\r\nCSeq: %s\r\n" TARGET SDP_TYPE "\r\n",
		header(m, "Via"), header(m, "From"), header(m, "To"), tag,
		header(m, "Call-ID"), header(m, "CSeq")), 0);
	return strlen(text);
}

/* Its length is the body's, whatever is in there.                             */
static void an_answer_with_a_nul_is_told_whole(void **state)
{
	static const char sdp[] = "v=0\r\ns=\0\r\nt=0 0\r\n";
	char text[8192];
	size_t len;

	(void)state;
	invite();
	len = write_2xx(text, sizeof(text), "peer");
	memcpy(text + len, sdp, sizeof(sdp) - 1);
	wire_receive_from(PEER, text, len + sizeof(sdp) - 1);
	assert_string_equal(told, "answered");
	assert_memory_equal(answer_sdp, sdp, sizeof(sdp) - 1);
}

/* Both come before the ACK's next hop is known.                               */
static void receive_2xx_and_bye(void)
{
	char text[8192];
	const char *m = sent[0].text;
	struct hop hop;
	struct addr a;
	size_t len = write_2xx(text, sizeof(text), "peer");

	assert_int_equal(addr_parse(&a, PEER, 5060), 0);
	wire_hop(&hop, &a);
	datagram_receive(sip, &hop, text, len);
	assert_int_equal(count_sent("ACK"), 0);
	str_printf(text, sizeof(text),
		   "BYE sip:me@198.51.100.1 SIP/2.0\r\n"
		   "Via: SIP/2.0/UDP " PEER ";branch=z9hG4bKbye\r\n"
		   "From: %s;tag=peer\r\nTo: %s\r\nCall-ID: %s\r\n"
		   "CSeq: 7 BYE\r\n\r\n",
		   header(m, "To"), header(m, "From"), header(m, "Call-ID"));
	wire_receive(text);
	assert_int_equal(count_sent("ACK"), 1);
	assert_int_equal(count_sent("BYE"), 0);
	assert_int_equal(count_sent("SIP/2.0 200 OK"), 1);
}

static void a_bye_that_overtakes_our_ack_is_a_hang_up(void **state)
{
	(void)state;
	invite();
	receive_2xx_and_bye();
	assert_string_equal(told, "answered hangup-them ended");
	assert_int_equal(result.end, UAC_END_BYE_RECEIVED);
}

static void a_bye_behind_an_answer_that_crossed_is_no_answer(void **state)
{
	(void)state;
	invite();
	wire_simple(last(), 180);
	wire_pass(20001);
	receive_2xx_and_bye();
	assert_string_equal(told, "180 ended");
	assert_int_equal(result.end, UAC_END_CANCELED);
	assert_true(result.ring_timeout);
}

/* `old` in the INVITE's own 2xx becomes `new_text`.                           */
static void receive_forged(const char *old, const char *new_text)
{
	char text[8192], *at;
	size_t len;

	write_2xx(text, sizeof(text), "evil");
	at = strstr(text, old);
	assert_non_null(at);
	len = strlen(new_text);
	assert_true(len <= strlen(old));
	memset(at, 'x', strlen(old));
	memcpy(at, new_text, len);
	wire_receive(text);
}

static void a_2xx_of_another_branch_or_cseq_is_no_fork(void **state)
{
	char cseq[24], other[24];

	(void)state;
	invite();
	str_printf(cseq, sizeof(cseq), "CSeq: %ld",
		   number(sent[0].text, "CSeq"));
	str_printf(other, sizeof(other), "CSeq: %ld",
		   number(sent[0].text, "CSeq") - 1);
	for (int i = 0; i < 2; i++) {
		receive_forged("z9hG4bK", "z9hG4bX");
		receive_forged(cseq, other);
		assert_int_equal(count_sent("ACK"), (size_t)i);
		if (!i)
			answer_with("peer");
	}
	assert_int_equal(count_sent("BYE"), 0);
	assert_string_equal(told, "answered");
}

static void forks_without_end_are_bounded(void **state)
{
	char tag[16];

	(void)state;
	talk();
	for (int i = 0; i < 100; i++) {
		str_printf(tag, sizeof(tag), "t%d", i);
		wire_answer(sent[0].text, 200, tag, TARGET, "");
	}
	assert_true(count_sent("BYE") < 20);
}

static void loose_route_set_is_reversed(void **state)
{
	const char *ack;

	(void)state;
	invite();
	wire_answer(last(), 200, "peer", TARGET
		    "Record-Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2:5080;lr>"
		    "\r\nRecord-Route: <sip:192.0.2.3;lr>\r\n", "");
	ack = last();
	assert_true(starts(ack, "ACK sip:gw@192.0.2.77:5070 SIP/2.0\r\n"));
	assert_string_equal(header_nth(ack, "Route", 0), "<sip:192.0.2.3;lr>");
	assert_string_equal(header_nth(ack, "Route", 1),
			    "<sip:192.0.2.2:5080;lr>");
	assert_string_equal(header_nth(ack, "Route", 2), "<sip:192.0.2.1;lr>");
	assert_int_equal(sent[n_sent - 1].to.in4.sin_addr.s_addr,
			 htonl(0xc0000203));
	uac_hangup(call, 0);
	wire_settle();
	assert_true(starts(last(), "BYE sip:gw@192.0.2.77:5070 SIP/2.0\r\n"));
	assert_string_equal(header_nth(last(), "Route", 0),
			    "<sip:192.0.2.3;lr>");
}

static void strict_first_route_becomes_the_request_uri(void **state)
{
	(void)state;
	invite();
	wire_answer(last(), 200, "peer", TARGET
		    "Record-Route: <sip:192.0.2.1;lr>\r\n"
		    "Record-Route: <sip:192.0.2.3:5090>\r\n", "");
	assert_true(starts(last(), "ACK sip:192.0.2.3:5090 SIP/2.0\r\n"));
	assert_string_equal(header_nth(last(), "Route", 0),
			    "<sip:192.0.2.1;lr>");
	assert_string_equal(header_nth(last(), "Route", 1),
			    "<sip:gw@192.0.2.77:5070>");
	assert_int_equal(addr_port(&sent[n_sent - 1].to), 5090);
}

static void a_2xx_without_contact_is_asked_at_the_request_uri(void **state)
{
	(void)state;
	invite();
	wire_answer(last(), 200, "peer", "", "");
	assert_true(starts(last(), "ACK sip:8888123456@192.0.2.9:5062 SIP"));
	assert_string_equal(told, "answered");
}

/* ---- BYE ------------------------------------------------------------------ */

static void our_bye_ends_the_call(void **state)
{
	const char *bye;

	(void)state;
	talk();
	uac_hangup(call, 16);
	assert_string_equal(told, "answered");
	wire_settle();
	bye = last();
	assert_true(starts(bye, "BYE sip:gw@192.0.2.77:5070 SIP/2.0\r\n"));
	assert_string_equal(header(bye, "Reason"), "Q.850;cause=16");
	assert_int_equal(number(bye, "CSeq"),
			 number(sent[0].text, "CSeq") + 1);
	assert_string_equal(told, "answered hangup-us");
	wire_simple(bye, 200);
	assert_string_equal(told, "answered hangup-us ended");
	assert_int_equal(result.end, UAC_END_BYE_SENT);
	assert_int_equal(result.code, 200);
}

static void bye_is_repeated_by_timer_e_and_then_lost(void **state)
{
	static const int64_t at[] = { 0, 500, 1500, 3500, 7500, 11500, 15500,
				      19500, 23500, 27500, 31500 };

	(void)state;
	talk();
	wire_forget();
	uac_hangup(call, 0);
	wire_pass(31999);
	assert_int_equal(n_sent, ARRAY_LEN(at));
	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		assert_int_equal(sent[i].at_ms, at[i]);
	wire_pass(1);
	assert_int_equal(result.end, UAC_END_LOST);
}

static void a_481_to_bye_ends_it_as_lost(void **state)
{
	(void)state;
	talk();
	uac_hangup(call, 0);
	wire_settle();
	wire_simple(last(), 481);
	assert_int_equal(result.end, UAC_END_LOST);
}

static void their_bye(const char *branch)
{
	char text[2048];
	const char *m = nth_sent("INVITE", 0);

	str_printf(text, sizeof(text),
		   "BYE sip:me@198.51.100.1:5060 SIP/2.0\r\n"
		   "Via: SIP/2.0/UDP 192.0.2.77:5070;branch=%s;rport\r\n"
		   "Max-Forwards: 70\r\nFrom: %s;tag=peer\r\nTo: %s\r\n"
		   "Call-ID: %s\r\nCSeq: 7 BYE\r\n"
		   "Reason: Q.850;cause=16\r\nContent-Length: 0\r\n\r\n",
		   branch, header(m, "To"), header(m, "From"),
		   header(m, "Call-ID"));
	wire_receive(text);
}

static void their_bye_is_answered_and_told(void **state)
{
	(void)state;
	talk();
	their_bye("z9hG4bKbye");
	assert_true(starts(last(), "SIP/2.0 200 OK\r\n"));
	assert_string_equal(header(last(), "Via"),
			    "SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKbye;"
			    "rport=5060;received=192.0.2.9");
	assert_string_equal(told, "answered hangup-them ended");
	assert_int_equal(result.end, UAC_END_BYE_RECEIVED);
	assert_int_equal(result.q850_cause, 16);
	/* Repeated: the same answer; another one: no such call. */
	their_bye("z9hG4bKbye");
	assert_true(starts(last(), "SIP/2.0 200 OK\r\n"));
	their_bye("z9hG4bKbye2");
	assert_true(starts(last(), "SIP/2.0 481 "));
	assert_string_equal(told, "answered hangup-them ended");
}

static void byes_that_cross_end_once(void **state)
{
	const char *bye;

	(void)state;
	talk();
	uac_hangup(call, 0);
	wire_settle();
	bye = last();
	their_bye("z9hG4bKbye");
	assert_true(starts(last(), "SIP/2.0 200 OK\r\n"));
	/* 15.1.2: the dialog is over, and our BYE goes on by itself. */
	assert_string_equal(told, "answered hangup-us ended");
	assert_int_equal(result.end, UAC_END_BYE_SENT);
	wire_pass(500);
	assert_int_equal(count_sent("BYE"), 2);
	wire_simple(bye, 481);
	wire_pass(5000);
	assert_int_equal(count_sent("BYE"), 2);
}

static void hanging_up_inside_answered_works(void **state)
{
	(void)state;
	hang_up_when_answered = true;
	invite();
	answer_with("peer");
	assert_string_equal(told, "answered hangup-us");
	wire_simple(nth_sent("BYE", 0), 200);
	assert_string_equal(told, "answered hangup-us ended");
}

static void a_freed_call_hangs_up_by_itself(void **state)
{
	(void)state;
	free_when_answered = true;
	invite();
	answer_with("peer");
	assert_int_equal(count_sent("BYE"), 1);
	wire_simple(nth_sent("BYE", 0), 200);
	assert_string_equal(told, "answered");
}

static void a_call_freed_while_ringing_is_cancelled(void **state)
{
	(void)state;
	invite();
	wire_simple(last(), 180);
	uac_free(call);
	call = NULL;
	assert_int_equal(count_sent("CANCEL"), 1);
	wire_simple(sent[0].text, 487);
	assert_int_equal(count_sent("ACK"), 1);
	assert_string_equal(told, "180");
}

static void the_stack_can_go_while_calls_are_orphans(void **state)
{
	(void)state;
	talk();
	uac_free(call);
	call = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(ack_of_a_2xx_is_the_dialogs),
		CASE(credentials_are_repeated_in_ack_and_bye),
		CASE(credentials_are_for_the_server_that_asked),
		CASE(each_repeated_2xx_is_acked),
		CASE(a_2xx_is_acked_after_the_call_is_gone),
		CASE(a_fork_is_acked_and_byed),
		CASE(a_2xx_of_another_branch_or_cseq_is_no_fork),
		CASE(an_answer_with_a_nul_is_told_whole),
		CASE(a_bye_that_overtakes_our_ack_is_a_hang_up),
		CASE(a_bye_behind_an_answer_that_crossed_is_no_answer),
		CASE(forks_without_end_are_bounded),
		CASE(loose_route_set_is_reversed),
		CASE(strict_first_route_becomes_the_request_uri),
		CASE(a_2xx_without_contact_is_asked_at_the_request_uri),
		CASE(our_bye_ends_the_call),
		CASE(bye_is_repeated_by_timer_e_and_then_lost),
		CASE(a_481_to_bye_ends_it_as_lost),
		CASE(their_bye_is_answered_and_told),
		CASE(byes_that_cross_end_once),
		CASE(hanging_up_inside_answered_works),
		CASE(a_freed_call_hangs_up_by_itself),
		CASE(a_call_freed_while_ringing_is_cancelled),
		CASE(the_stack_can_go_while_calls_are_orphans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
