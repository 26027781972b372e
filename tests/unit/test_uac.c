/*
 * test_uac.c - an outgoing call from its INVITE to its end, on a virtual clock.
 * Needs: sip_wire.h; all of core/sip and core/base; osip2, cares.
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
static char told[256];			/* events in order                     */
static char answer_sdp[512], offer_sdp[512];
static int offer_code;
static bool free_when_ended, hang_up_when_answered, free_when_answered;

static void tell(const char *what)
{
	size_t n = strlen(told);

	assert_int_equal(str_printf(told + n, sizeof(told) - n, "%s%s",
				    n ? " " : "", what), 0);
}

static void provisional(void *arg, int code, const char *reason)
{
	char text[16];

	assert_ptr_equal(arg, &call);
	assert_non_null(reason);
	str_printf(text, sizeof(text), "%d", code);
	tell(text);
}

static void answered(void *arg, int code, const char *sdp, size_t len)
{
	assert_ptr_equal(arg, &call);
	assert_int_equal(code / 100, 2);
	tell("answered");
	str_copy_n(answer_sdp, sizeof(answer_sdp), sdp ? sdp : "", len);
	if (hang_up_when_answered)
		uac_hangup(call, 16);
	if (free_when_answered) {
		uac_free(call);
		call = NULL;
	}
}

static int offer(void *arg, const char *sdp, size_t len, char *answer,
		 size_t cap)
{
	assert_ptr_equal(arg, &call);
	tell(answer ? "offer" : "confirmed");
	str_copy_n(offer_sdp, sizeof(offer_sdp), sdp ? sdp : "none",
		   sdp ? len : 4);
	if (answer)
		assert_int_equal(str_copy(answer, cap, OFFER), 0);
	return offer_code;
}

static void hangup(void *arg, enum uac_end by)
{
	assert_ptr_equal(arg, &call);
	tell(by == UAC_END_BYE_SENT ? "hangup-us" : "hangup-them");
}

static void ended(void *arg, const struct uac_result *r)
{
	assert_ptr_equal(arg, &call);
	tell("ended");
	result = *r;
	if (free_when_ended) {
		uac_free(call);
		call = NULL;
	}
}

static const struct uac_events events = {
	provisional, answered, offer, hangup, ended,
};

static struct uac_params params(void)
{
	struct uac_params p = {
		.request_uri = "sip:8888123456@192.0.2.9:5062",
		.from_user = "me",
		.from_domain = "sip.carrier1.com",
		.sdp = OFFER,
		.ring_timeout_ms = 20000,
	};

	assert_int_equal(sip_target_parse(&p.target, PEER), 0);
	return p;
}

static void begin(const struct uac_params *p)
{
	assert_int_equal(uac_new(&call, sip, p, &events, &call), 0);
	assert_int_equal(uac_invite(call), 0);
	assert_int_equal(n_sent, 0);
	wire_settle();
	assert_int_equal(n_sent, 1);
}

static void invite(void)
{
	struct uac_params p = params();

	begin(&p);
}

static void answer_with(const char *tag)
{
	wire_answer(nth_sent("INVITE", 0), 200, tag, TARGET SDP_TYPE, ANSWER);
}

static void talk(void)
{
	invite();
	answer_with("peer");
	assert_string_equal(told, "answered");
	assert_true(starts(last(), "ACK "));
}

static int set_up(void **state)
{
	told[0] = answer_sdp[0] = offer_sdp[0] = '\0';
	offer_code = 200;
	free_when_ended = true;
	hang_up_when_answered = free_when_answered = false;
	memset(&result, 0, sizeof(result));
	return wire_set_up(state);
}

static int tear_down(void **state)
{
	struct sip_stats stats;

	uac_free(call);
	call = NULL;
	wire_pass(100000);
	sip_get_stats(sip, &stats);
	assert_int_equal(stats.transactions, 0);
	assert_int_equal(stats.dialogs, 0);
	assert_int_equal(map_count(sip->accepted), 0);
	return wire_tear_down(state);
}

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
	assert_int_equal(atoi(header(m, "Content-Length")), strlen(OFFER));
	assert_string_equal(body_of(m), OFFER);
	assert_string_equal(header(m, "Call-ID"), uac_call_id(call));
	assert_null(header(m, "Authorization"));
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
	assert_int_equal(atoi(header(ack, "CSeq")), atoi(header(req, "CSeq")));
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
	assert_int_equal(atoi(header(c, "CSeq")), atoi(header(req, "CSeq")));
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
	assert_false(result.ring_timeout);
}

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
	assert_int_equal(atoi(header(ack, "CSeq")), atoi(header(req, "CSeq")));
	assert_non_null(strstr(header(ack, "To"), ";tag=peer"));
	assert_string_equal(header(ack, "Max-Forwards"), "70");
	assert_int_equal(addr_port(&sent[1].to), 5070);
	assert_string_equal(answer_sdp, ANSWER);
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
	assert_int_equal(atoi(header(bye, "CSeq")),
			 atoi(header(ack, "CSeq")) + 1);
	wire_simple(bye, 200);
	/* Again the same fork: ACK only. */
	wire_answer(sent[0].text, 200, "other", "", "");
	assert_int_equal(count_sent("ACK"), 3);
	assert_int_equal(count_sent("BYE"), 1);
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
	assert_int_equal(atoi(header(bye, "CSeq")),
			 atoi(header(sent[0].text, "CSeq")) + 1);
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
	assert_string_equal(told, "answered hangup-us");
	wire_simple(bye, 481);
	assert_string_equal(told, "answered hangup-us ended");
	assert_int_equal(result.end, UAC_END_BYE_SENT);
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

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(invite_is_complete),
		CASE(names_are_quoted_and_users_escaped),
		CASE(without_from_domain_our_address_stands_there),
		CASE(new_refuses_what_would_break_the_request),
		CASE(silence_is_repeated_by_timer_a_and_ends_by_timer_b),
		CASE(a_100_stops_timer_a),
		CASE(provisionals_are_told_and_unknown_ones_are_183),
		CASE(refusal_is_acked_by_the_transaction),
		CASE(repeated_refusal_is_acked_again_until_timer_d),
		CASE(a_foreign_answer_changes_nothing),
		CASE(transport_error_is_a_503),
		CASE(cancel_waits_for_a_provisional),
		CASE(nobody_answers_within_the_ring_timeout),
		CASE(a_lost_cancel_is_given_up_after_64_t1),
		CASE(an_answer_that_crosses_cancel_is_acked_and_byed),
		CASE(cancel_before_anything_left_ends_at_once),
		CASE(silence_is_no_ring_timeout),
		CASE(ack_of_a_2xx_is_the_dialogs),
		CASE(each_repeated_2xx_is_acked),
		CASE(a_2xx_is_acked_after_the_call_is_gone),
		CASE(a_fork_is_acked_and_byed),
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
