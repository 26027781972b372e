/*
 * test_uac_early.c - early dialogs, reliable provisional answers and PRACK
 * (RFC 3262), UPDATE before the answer (RFC 3311), on a virtual clock.
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares,
 * ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

#include "sip/build.h"

#define REL(rseq) "Require: 100rel\r\nRSeq: " rseq "\r\n"
#define EARLY_SDP "v=0\r\no=- 5 5 IN IP4 192.0.2.77\r\ns=-\r\n"

static void early(int code, const char *tag, const char *more,
		  const char *body)
{
	wire_answer(nth_sent("INVITE", 0), code, tag, more, body);
}

static size_t n_dialogs(void)
{
	struct sip_stats stats;

	sip_get_stats(sip, &stats);
	return stats.dialogs;
}

/* ---- RFC 3262 ------------------------------------------------------------- */

static void rfc3262_4_100rel_is_supported_never_required(void **state)
{
	(void)state;
	invite();
	assert_string_equal(header(last(), "Supported"), "100rel, timer");
	assert_null(header(last(), "Require"));
	assert_null(header(last(), "Session-Expires"));
}

static void rfc3262_4_a_reliable_answer_gets_a_prack(void **state)
{
	const char *p, *req;
	char rack[64];

	(void)state;
	invite();
	early(183, "peer", TARGET REL("7") "Record-Route: <sip:192.0.2.3;lr>"
	      "\r\n" SDP_TYPE, EARLY_SDP);
	req = sent[0].text;
	p = last();
	assert_true(starts(p, "PRACK sip:gw@192.0.2.77:5070 SIP/2.0\r\n"));
	str_printf(rack, sizeof(rack), "7 %ld INVITE", number(req, "CSeq"));
	assert_string_equal(header(p, "RAck"), rack);
	assert_int_equal(number(p, "CSeq"), number(req, "CSeq") + 1);
	assert_non_null(strstr(header(p, "To"), ";tag=peer"));
	assert_string_equal(header(p, "Route"), "<sip:192.0.2.3;lr>");
	assert_int_equal(sent[n_sent - 1].to.in4.sin_addr.s_addr,
			 htonl(0xc0000203));
	assert_string_equal(told, "183");
	wire_simple(p, 200);
	wire_pass(40000);
	assert_int_equal(count_sent("PRACK"), 1);
}

static void rfc3262_4_the_same_rseq_is_answered_once(void **state)
{
	(void)state;
	invite();
	early(180, "peer", TARGET REL("7"), "");
	wire_simple(last(), 200);
	for (int i = 0; i < 3; i++)
		early(180, "peer", TARGET REL("7"), "");
	assert_int_equal(count_sent("PRACK"), 1);
	assert_string_equal(told, "180");
}

static void rfc3262_4_out_of_order_is_not_acknowledged(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET REL("7"), "");
	wire_simple(last(), 200);
	early(180, "peer", TARGET REL("9"), "");
	early(180, "peer", TARGET REL("6"), "");
	assert_int_equal(count_sent("PRACK"), 1);
	assert_string_equal(told, "183");
	early(180, "peer", TARGET REL("8"), "");
	assert_int_equal(count_sent("PRACK"), 2);
	assert_true(starts(header(last(), "RAck"), "8 "));
	assert_int_equal(number(last(), "CSeq"),
			 number(sent[0].text, "CSeq") + 2);
	assert_string_equal(told, "183 180");
}

static void a_lost_prack_is_repeated_by_its_transaction(void **state)
{
	static const int64_t at[] = { 0, 500, 1500, 3500 };

	(void)state;
	invite();
	early(180, "peer", TARGET REL("1"), "");
	wire_forget();
	wire_pass(3499);
	assert_int_equal(n_sent, 2);
	for (size_t i = 0; i < n_sent; i++)
		assert_int_equal(sent[i].at_ms, at[i + 1]);
}

static void a_prack_under_way_lets_the_next_one_wait(void **state)
{
	const char *first;

	(void)state;
	invite();
	early(183, "peer", TARGET REL("1"), "");
	first = last();
	early(180, "peer", TARGET REL("2"), "");
	assert_int_equal(count_sent("PRACK"), 1);
	wire_simple(first, 200);
	early(180, "peer", TARGET REL("2"), "");
	assert_int_equal(count_sent("PRACK"), 2);
}

static void a_prack_answers_its_own_challenge(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.auth = account("bob", "secret");
	begin(&p);
	wire_answer(last(), 407, "gw", "Proxy-Authenticate: Digest "
		    "realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n", "");
	/* Another server of the carrier's host; of any other one, see
	 * test_credentials_trust.c.                                           */
	wire_answer(last(), 183, "peer", "Contact: <sip:gw@192.0.2.9:5070>\r\n"
		    REL("1"), "");
	assert_true(starts(last(), "PRACK "));
	wire_answer(last(), 407, "peer", "Proxy-Authenticate: Digest "
		    "realm=\"r\", nonce=\"m\", qop=\"auth\"\r\n", "");
	assert_int_equal(count_sent("PRACK"), 2);
	assert_non_null(header(last(), "Proxy-Authorization"));
	assert_true(starts(header(last(), "RAck"), "1 "));
	wire_simple(last(), 200);
	/* Its numbers are used up. */
	wire_answer(nth_sent("INVITE", 1), 200, "peer", TARGET SDP_TYPE,
		    ANSWER);
	assert_int_equal(number(nth_sent("ACK", 1), "CSeq"),
			 number(nth_sent("INVITE", 1), "CSeq"));
	uac_hangup(call, 0);
	wire_settle();
	assert_int_equal(number(last(), "CSeq"),
			 number(nth_sent("INVITE", 1), "CSeq") + 3);
}

static void what_is_not_reliable_gets_no_prack(void **state)
{
	(void)state;
	invite();
	early(180, "peer", TARGET "RSeq: 1\r\n", "");
	early(180, "peer", TARGET "Require: 100rel\r\n", "");
	early(180, "peer", TARGET REL("0"), "");
	early(180, "peer", TARGET REL("4294967296"), "");
	early(180, "peer", TARGET REL("1x"), "");
	early(180, "", TARGET REL("1"), "");	/* no dialog           */
	early(100, "peer", TARGET REL("1"), "");
	assert_int_equal(n_sent, 1);
	early(180, "peer", TARGET REL("4294967295"), "");
	assert_int_equal(count_sent("PRACK"), 1);
}

static void a_481_to_prack_leaves_the_invite(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET REL("1"), "");
	wire_simple(last(), 481);
	early(183, "peer", TARGET REL("2"), "");
	assert_int_equal(count_sent("PRACK"), 1);
	assert_string_equal(told, "183");
	answer_with("peer");
	assert_string_equal(told, "183 answered");
}

/* ---- forks ---------------------------------------------------------------- */

static void rfc3261_12_1_each_fork_has_its_early_dialog(void **state)
{
	(void)state;
	invite();
	early(180, "one", "Contact: <sip:1@192.0.2.71>\r\n" REL("5"), "");
	early(180, "two", "Contact: <sip:2@192.0.2.72>\r\n" REL("5"), "");
	assert_true(starts(nth_sent("PRACK", 0), "PRACK sip:1@192.0.2.71"));
	assert_true(starts(nth_sent("PRACK", 1), "PRACK sip:2@192.0.2.72"));
	assert_int_equal(n_dialogs(), 2);
	wire_simple(nth_sent("PRACK", 0), 200);
	wire_simple(nth_sent("PRACK", 1), 200);
	answer_with("two");
	assert_int_equal(n_dialogs(), 1);
	assert_string_equal(told, "180 180 answered");
}

static void early_dialogs_are_bounded(void **state)
{
	char tag[16];

	(void)state;
	invite();
	for (int i = 0; i < 100; i++) {
		str_printf(tag, sizeof(tag), "t%d", i);
		wire_answer(sent[0].text, 180, tag, TARGET, "");
		if (i % 9 == 0)
			told[0] = '\0';
	}
	assert_int_equal(n_dialogs(), 8);
	wire_simple(sent[0].text, 486);
	assert_int_equal(n_dialogs(), 0);
}

static void what_was_heard_before_a_challenge_is_over(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.auth = account("bob", "secret");
	begin(&p);
	early(180, "peer", TARGET, "");
	assert_int_equal(n_dialogs(), 1);
	wire_answer(sent[0].text, 407, "gw", "Proxy-Authenticate: Digest "
		    "realm=\"r\", nonce=\"n\"\r\n", "");
	assert_int_equal(count_sent("INVITE"), 2);
	assert_int_equal(n_dialogs(), 0);
}

static void rfc3261_13_2_2_4_the_2xx_makes_the_route_set(void **state)
{
	(void)state;
	invite();
	early(180, "peer", "Contact: <sip:old@192.0.2.70>\r\n"
	      "Record-Route: <sip:192.0.2.3;lr>\r\n", "");
	wire_answer(sent[0].text, 200, "peer", TARGET SDP_TYPE
		    "Record-Route: <sip:192.0.2.4;lr>\r\n", ANSWER);
	assert_true(starts(last(), "ACK sip:gw@192.0.2.77:5070 SIP/2.0"));
	assert_string_equal(header(last(), "Route"), "<sip:192.0.2.4;lr>");
	assert_null(header_nth(last(), "Route", 1));
}

static void cancel_of_an_early_call_is_as_ever(void **state)
{
	(void)state;
	invite();
	early(180, "peer", TARGET REL("1"), "");
	wire_simple(last(), 200);
	uac_hangup(call, 16);
	assert_true(starts(last(), "CANCEL "));
	assert_string_equal(header(last(), "Reason"), "Q.850;cause=16");
	assert_null(strstr(header(last(), "To"), "tag="));
	wire_simple(last(), 200);
	wire_simple(sent[0].text, 487);
	assert_string_equal(told, "180 ended");
}

/* ---- the answer ----------------------------------------------------------- */

static void rfc3262_5_the_answer_of_a_reliable_183_counts(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET REL("1") SDP_TYPE, EARLY_SDP);
	wire_simple(last(), 200);
	wire_answer(sent[0].text, 200, "peer", TARGET, "");
	assert_string_equal(told, "183 answered");
	assert_string_equal(answer_sdp, EARLY_SDP);
}

static void rfc3261_13_2_1_another_one_in_the_2xx_is_ignored(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET REL("1") SDP_TYPE, EARLY_SDP);
	wire_simple(last(), 200);
	answer_with("peer");
	assert_string_equal(answer_sdp, EARLY_SDP);
}

static void the_first_reliable_description_is_the_answer(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET SDP_TYPE, ANSWER);
	early(183, "peer", TARGET REL("1") SDP_TYPE, EARLY_SDP);
	wire_simple(last(), 200);
	early(183, "peer", TARGET REL("2") SDP_TYPE, ANSWER);
	wire_simple(last(), 200);
	wire_answer(sent[0].text, 200, "peer", TARGET, "");
	assert_string_equal(answer_sdp, EARLY_SDP);
}

static void an_unreliable_one_is_good_where_the_2xx_has_none(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET SDP_TYPE, EARLY_SDP);
	wire_answer(sent[0].text, 200, "peer", TARGET, "");
	assert_string_equal(answer_sdp, EARLY_SDP);
}

static void else_the_2xx_has_the_last_word(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET SDP_TYPE, EARLY_SDP);
	answer_with("peer");
	assert_string_equal(answer_sdp, ANSWER);
}

static void the_description_of_another_fork_is_not_used(void **state)
{
	(void)state;
	invite();
	early(183, "one", TARGET REL("1") SDP_TYPE, EARLY_SDP);
	wire_simple(last(), 200);
	answer_with("two");
	assert_string_equal(answer_sdp, ANSWER);
}

/* ---- requests of theirs --------------------------------------------------- */

static void rfc3311_5_2_an_offer_before_our_answer_is_491(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET SDP_TYPE, EARLY_SDP);
	ask("UPDATE", 1, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 491"));
	ask("INVITE", 2, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 491"));
	assert_string_equal(told, "183");
}

static void rfc3311_5_2_an_offer_behind_a_reliable_answer(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET REL("1") SDP_TYPE, EARLY_SDP);
	wire_simple(last(), 200);
	ask("UPDATE", 1, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 200"));
	assert_string_equal(body_of(last()), OFFER);
	assert_string_equal(header(last(), "Contact"),
			    "<sip:me@198.51.100.1:5060>");
	assert_string_equal(answer_sdp, EARLY_SDP);
	assert_string_equal(offer_sdp, ANSWER);
	ask("UPDATE", 2, TARGET SDP_TYPE, EARLY_SDP);
	assert_string_equal(told, "183 early offer offer");
	/* What was settled stands: nothing is told again. */
	wire_answer(sent[0].text, 200, "peer", TARGET, "");
	assert_string_equal(told, "183 early offer offer answered");
	assert_string_equal(answer_sdp, "");
}

static void the_business_follows_one_fork_only(void **state)
{
	(void)state;
	invite();
	early(183, "one", TARGET REL("1") SDP_TYPE, EARLY_SDP);
	early(183, "two", TARGET REL("1") SDP_TYPE, EARLY_SDP);
	ask_as("one", "UPDATE", 1, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 200"));
	ask_as("two", "UPDATE", 1, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 488"));
	/* It is the other one that picks up. */
	wire_answer(sent[0].text, 200, "two", TARGET, "");
	assert_string_equal(told, "183 183 early offer unsettled answered");
	assert_string_equal(answer_sdp, EARLY_SDP);
}

static void an_answer_that_does_not_suit_refuses_the_offer(void **state)
{
	(void)state;
	early_code = 488;
	invite();
	early(183, "peer", TARGET REL("1") SDP_TYPE, EARLY_SDP);
	ask("UPDATE", 1, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 488"));
	assert_string_equal(told, "183 early");
}

static void an_early_update_moves_the_target(void **state)
{
	(void)state;
	invite();
	early(183, "peer", TARGET REL("1"), "");
	wire_simple(last(), 200);
	ask("UPDATE", 4, "Contact: <sip:new@192.0.2.99>\r\n", "");
	assert_true(starts(last(), "SIP/2.0 200"));
	early(180, "peer", REL("2"), "");
	assert_true(starts(last(), "PRACK sip:new@192.0.2.99 "));
	wire_simple(last(), 200);
	/* 12.2.2 goes on through the 2xx. */
	wire_answer(sent[0].text, 200, "peer", SDP_TYPE, ANSWER);
	assert_true(starts(last(), "ACK sip:new@192.0.2.99 "));
	ask("INFO", 3, "", "");
	assert_true(starts(last(), "SIP/2.0 500"));
}

static void other_early_requests_have_their_answers(void **state)
{
	static const struct {
		const char *method, *answer;
	} cases[] = {
		{ "OPTIONS", "SIP/2.0 200" }, { "INFO", "SIP/2.0 200" },
		{ "REFER", "SIP/2.0 403" }, { "MESSAGE", "SIP/2.0 405" },
		{ "PRACK", "SIP/2.0 481" }, { "FOO", "SIP/2.0 501" },
	};

	(void)state;
	invite();
	early(183, "peer", TARGET, "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(cases[i].method, 20 + (unsigned int)i, "", "");
		assert_true(starts(last(), cases[i].answer));
	}
	ask("INFO", 19, "", "");
	assert_true(starts(last(), "SIP/2.0 500"));
	ask("UPDATE", 40, "Content-Type: text/plain\r\n", "hello");
	assert_true(starts(last(), "SIP/2.0 415"));
	ask_as("stranger", "UPDATE", 1, "", "");
	assert_true(starts(last(), "SIP/2.0 481"));
}

/* RFC 3261 15: it may not send it; but its 2xx may have been overtaken.       */
static void a_bye_before_its_2xx_ends_the_call_with_it(void **state)
{
	(void)state;
	invite();
	early(180, "peer", TARGET, "");
	ask("BYE", 1, "", "");
	assert_true(starts(last(), "SIP/2.0 200"));
	assert_string_equal(told, "180");
	answer_with("peer");
	assert_int_equal(count_sent("ACK"), 1);
	assert_int_equal(count_sent("BYE"), 0);
	assert_string_equal(told, "180 answered hangup-them ended");
	assert_int_equal(result.end, UAC_END_BYE_RECEIVED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rfc3262_4_100rel_is_supported_never_required),
		CASE(rfc3262_4_a_reliable_answer_gets_a_prack),
		CASE(rfc3262_4_the_same_rseq_is_answered_once),
		CASE(rfc3262_4_out_of_order_is_not_acknowledged),
		CASE(a_lost_prack_is_repeated_by_its_transaction),
		CASE(a_prack_under_way_lets_the_next_one_wait),
		CASE(a_prack_answers_its_own_challenge),
		CASE(what_is_not_reliable_gets_no_prack),
		CASE(a_481_to_prack_leaves_the_invite),
		CASE(rfc3261_12_1_each_fork_has_its_early_dialog),
		CASE(early_dialogs_are_bounded),
		CASE(what_was_heard_before_a_challenge_is_over),
		CASE(rfc3261_13_2_2_4_the_2xx_makes_the_route_set),
		CASE(cancel_of_an_early_call_is_as_ever),
		CASE(rfc3262_5_the_answer_of_a_reliable_183_counts),
		CASE(rfc3261_13_2_1_another_one_in_the_2xx_is_ignored),
		CASE(the_first_reliable_description_is_the_answer),
		CASE(an_unreliable_one_is_good_where_the_2xx_has_none),
		CASE(else_the_2xx_has_the_last_word),
		CASE(the_description_of_another_fork_is_not_used),
		CASE(rfc3311_5_2_an_offer_before_our_answer_is_491),
		CASE(rfc3311_5_2_an_offer_behind_a_reliable_answer),
		CASE(the_business_follows_one_fork_only),
		CASE(an_answer_that_does_not_suit_refuses_the_offer),
		CASE(an_early_update_moves_the_target),
		CASE(other_early_requests_have_their_answers),
		CASE(a_bye_before_its_2xx_ends_the_call_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
