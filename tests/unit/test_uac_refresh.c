/*
 * test_uac_refresh.c - session timers in both roles (RFC 4028), and what may go
 * wrong with a refresh, on a virtual clock.
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares,
 * ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

#define UPDATES "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n"
#define EVERY(s) "Session-Expires: " s "\r\n"
#define KNOWS_TIMER "Supported: timer\r\n"
#define CHANGED "v=0\r\no=- 2 3 IN IP4 192.0.2.77\r\ns=-\r\n"

/* An answered call, whose 2xx had these lines.                                */
static void talk_with(const char *more)
{
	char lines[512];

	invite();
	str_printf(lines, sizeof(lines), TARGET SDP_TYPE "%s", more);
	wire_answer(sent[0].text, 200, "peer", lines, ANSWER);
	assert_true(starts(last(), "ACK "));
	assert_string_equal(told, "answered");
	told[0] = '\0';
}

static void ask_for(int expires_s)
{
	struct uac_params p = params();

	p.session_expires_s = expires_s;
	begin(&p);
}

static void end_call(void)
{
	uac_hangup(call, 0);
	wire_settle();
	wire_simple(last(), 200);
	assert_null(call);
}

/* ---- the INVITE ----------------------------------------------------------- */

static void rfc4028_7_1_the_invite_asks_when_it_is_told_to(void **state)
{
	(void)state;
	ask_for(1800);
	assert_string_equal(header(last(), "Session-Expires"), "1800");
	assert_non_null(strstr(header(last(), "Supported"), "timer"));
	assert_null(header(last(), "Min-SE"));
}

static void rfc4028_4_less_than_90_s_is_not_asked_for(void **state)
{
	(void)state;
	ask_for(30);
	assert_string_equal(header(last(), "Session-Expires"), "90");
}

static void rfc4028_7_3_a_422_raises_and_asks_again(void **state)
{
	const char *first, *m;

	(void)state;
	ask_for(300);
	first = last();
	wire_answer(first, 422, "gw", "Min-SE: 1200\r\n", "");
	m = last();
	assert_true(starts(m, "INVITE "));
	assert_string_equal(header(m, "Session-Expires"), "1200");
	assert_string_equal(header(m, "Min-SE"), "1200");
	assert_string_equal(header(m, "Call-ID"), header(first, "Call-ID"));
	assert_string_equal(header(m, "From"), header(first, "From"));
	assert_string_equal(header(m, "To"), header(first, "To"));
	assert_int_equal(number(m, "CSeq"), number(first, "CSeq") + 1);
	assert_string_equal(told, "");
}

static void a_422_that_asks_for_no_more_is_final(void **state)
{
	(void)state;
	ask_for(300);
	wire_answer(last(), 422, "gw", "Min-SE: 90\r\n", "");
	assert_int_equal(count_sent("INVITE"), 1);
	assert_int_equal(result.code, 422);
}

static void a_422_to_who_asked_for_nothing_is_final(void **state)
{
	(void)state;
	invite();
	wire_answer(last(), 422, "gw", "Min-SE: 900\r\n", "");
	assert_int_equal(count_sent("INVITE"), 1);
	assert_int_equal(result.code, 422);
}

static void a_422_without_end_is_bounded(void **state)
{
	char line[32];

	(void)state;
	ask_for(100);
	for (int i = 0; i < 20 && call; i++) {
		str_printf(line, sizeof(line), "Min-SE: %d\r\n", 200 + i);
		wire_answer(nth_sent("INVITE", count_sent("INVITE") - 1), 422,
			    "gw", line, "");
	}
	assert_int_equal(count_sent("INVITE"), 5);
	assert_int_equal(result.code, 422);
}

/* ---- we refresh ----------------------------------------------------------- */

static void rfc4028_10_we_refresh_at_half_by_update(void **state)
{
	const char *m;

	(void)state;
	talk_with(UPDATES EVERY("1800;refresher=uac") "Require: timer\r\n");
	wire_forget();
	wire_pass(899999);
	assert_int_equal(n_sent, 0);
	wire_pass(1);
	m = last();
	assert_true(starts(m, "UPDATE sip:gw@192.0.2.77:5070 SIP/2.0\r\n"));
	assert_string_equal(header(m, "Session-Expires"),
			    "1800;refresher=uac");
	assert_non_null(strstr(header(m, "Supported"), "timer"));
	assert_string_equal(header(m, "Contact"),
			    "<sip:me@198.51.100.1:5060>");
	assert_string_equal(body_of(m), "");
	wire_answer(m, 200, "peer", TARGET EVERY("600;refresher=uac"), "");
	wire_pass(299999);
	assert_int_equal(n_sent, 1);
	wire_pass(1);
	assert_int_equal(n_sent, 2);
	wire_answer(last(), 200, "peer", EVERY("600;refresher=uac"), "");
	assert_string_equal(told, "");
	end_call();
}

static void rfc4028_7_4_else_by_reinvite_with_the_same_sdp(void **state)
{
	const char *m;

	(void)state;
	talk_with("Allow: INVITE, ACK, BYE\r\n" EVERY("120;refresher=uac"));
	wire_pass(60000);
	m = last();
	assert_true(starts(m, "INVITE sip:gw@192.0.2.77:5070 SIP/2.0\r\n"));
	assert_string_equal(body_of(m), OFFER);
	assert_string_equal(header(m, "Session-Expires"),
			    "120;refresher=uac");
	assert_non_null(header(m, "Allow"));
	wire_answer(m, 200, "peer", "Contact: <sip:new@192.0.2.78>\r\n"
		    SDP_TYPE EVERY("120;refresher=uac"), CHANGED);
	assert_true(starts(last(), "ACK sip:new@192.0.2.78 "));
	assert_int_equal(number(last(), "CSeq"), number(m, "CSeq"));
	assert_string_equal(told, "confirmed");
	assert_string_equal(offer_sdp, CHANGED);
	/* 13.2.2.4 holds for it as well. */
	wire_answer(m, 200, "peer", TARGET SDP_TYPE, CHANGED);
	assert_int_equal(count_sent("ACK"), 3);
	assert_int_equal(count_sent("BYE"), 0);
	wire_pass(60000);
	assert_int_equal(count_sent("INVITE"), 3);
	wire_answer(last(), 200, "peer", SDP_TYPE EVERY("120;refresher=uac"),
		    CHANGED);
	assert_int_equal(count_sent("ACK"), 4);
	end_call();
}

static void many_refreshes_are_all_acked(void **state)
{
	(void)state;
	talk_with(EVERY("90;refresher=uac"));
	for (size_t i = 1; i < 40; i++) {
		wire_pass(45000);
		assert_int_equal(count_sent("INVITE"), i + 1);
		wire_answer(last(), 200, "peer", SDP_TYPE
			    EVERY("90;refresher=uac"), ANSWER);
		assert_int_equal(count_sent("ACK"), i + 1);
		assert_string_equal(told, "confirmed");
		told[0] = '\0';
	}
	end_call();
}

static void an_unknown_update_becomes_a_reinvite(void **state)
{
	(void)state;
	talk_with(UPDATES EVERY("120;refresher=uac"));
	wire_pass(60000);
	assert_true(starts(last(), "UPDATE "));
	wire_simple(last(), 501);
	wire_settle();
	assert_true(starts(last(), "INVITE "));
	assert_int_equal(number(last(), "CSeq"),
			 number(nth_sent("UPDATE", 0), "CSeq") + 1);
	wire_answer(last(), 200, "peer", SDP_TYPE EVERY("120;refresher=uac"),
		    ANSWER);
	wire_pass(60000);
	assert_true(starts(last(), "INVITE "));
	assert_int_equal(count_sent("INVITE"), 3);
}

static void rfc3261_14_1_a_491_is_tried_again_after_2_to_4_s(void **state)
{
	int64_t at;

	(void)state;
	talk_with(EVERY("600;refresher=uac"));
	wire_pass(300000);
	for (size_t n = 2; n < 8; n++) {
		assert_int_equal(count_sent("INVITE"), n);
		at = wire_ms();
		wire_simple(nth_sent("INVITE", n - 1), 491);
		wire_pass(2090);
		assert_int_equal(count_sent("INVITE"), n);
		while (count_sent("INVITE") == n)
			wire_pass(10);
		assert_in_range(sent[n_sent - 1].at_ms - at, 2100, 4000);
	}
}

static void rfc3261_12_2_1_2_a_481_to_a_refresh_ends_it(void **state)
{
	(void)state;
	talk_with(UPDATES EVERY("120;refresher=uac"));
	wire_pass(60000);
	wire_simple(last(), 481);
	assert_string_equal(told, "hangup-lost");
	assert_true(starts(last(), "BYE "));
	wire_simple(last(), 481);
	assert_int_equal(result.end, UAC_END_LOST);
}

static void rfc3261_12_2_1_2_no_answer_to_a_refresh_ends_it(void **state)
{
	(void)state;
	talk_with(UPDATES EVERY("1800;refresher=uac"));
	wire_pass(900000);
	assert_true(starts(last(), "UPDATE "));
	wire_pass(31999);
	assert_string_equal(told, "");
	wire_pass(1);
	assert_string_equal(told, "hangup-lost");
	assert_int_equal(count_sent("BYE"), 1);
}

static void a_refused_refresh_is_tried_until_the_session_expires(void **state)
{
	size_t n;

	(void)state;
	talk_with(UPDATES EVERY("120;refresher=uac"));
	wire_pass(60000);
	while (!count_sent("BYE")) {
		n = count_sent("UPDATE");
		wire_simple(nth_sent("UPDATE", n - 1), 500);
		while (count_sent("UPDATE") == n && !count_sent("BYE"))
			wire_pass(10);
	}
	assert_in_range(count_sent("UPDATE"), 3, 8);
	assert_string_equal(told, "hangup-expired");
	/* 120 s less 32. */
	assert_in_range(sent[n_sent - 1].at_ms, 88000, 88010);
}

static void a_422_to_a_refresh_raises_it(void **state)
{
	(void)state;
	talk_with(UPDATES EVERY("120;refresher=uac"));
	wire_pass(60000);
	wire_answer(last(), 422, "peer", "Min-SE: 400\r\n", "");
	assert_int_equal(count_sent("UPDATE"), 2);
	assert_string_equal(header(last(), "Session-Expires"),
			    "400;refresher=uac");
	assert_string_equal(header(last(), "Min-SE"), "400");
}

static void a_bye_is_numbered_behind_a_refresh(void **state)
{
	(void)state;
	talk_with(UPDATES EVERY("120;refresher=uac"));
	wire_pass(60000);
	assert_true(starts(last(), "UPDATE "));
	uac_hangup(call, 0);
	wire_settle();
	assert_true(starts(last(), "BYE "));
	assert_int_equal(number(last(), "CSeq"),
			 number(nth_sent("UPDATE", 0), "CSeq") + 1);
	wire_simple(last(), 200);
	assert_int_equal(result.end, UAC_END_BYE_SENT);
}

static void rfc3261_14_2_their_offer_while_ours_is_out_is_491(void **state)
{
	(void)state;
	talk_with(EVERY("120;refresher=uac"));
	wire_pass(60000);
	assert_int_equal(count_sent("INVITE"), 2);
	ask("INVITE", 1, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 491"));
	ask("UPDATE", 2, TARGET SDP_TYPE, ANSWER);
	assert_true(starts(last(), "SIP/2.0 491"));
	/* One without an offer is none. */
	ask("UPDATE", 3, TARGET, "");
	assert_true(starts(last(), "SIP/2.0 200"));
	assert_string_equal(told, "");
}

static void rfc3261_14_1_ours_waits_while_theirs_is_unconfirmed(void **state)
{
	(void)state;
	talk_with(EVERY("90;refresher=uac"));
	wire_pass(30000);
	ask("INVITE", 1, TARGET SDP_TYPE KNOWS_TIMER, ANSWER);
	assert_true(starts(last(), "SIP/2.0 200"));
	/* That one has refreshed it, for another 90 s. */
	assert_string_equal(header(last(), "Session-Expires"),
			    "90;refresher=uas");
	wire_pass(20000);
	assert_int_equal(count_sent("INVITE"), 1);
	ask("ACK", 1, "", "");
	wire_pass(25000);
	assert_int_equal(count_sent("INVITE"), 2);
}

/* ---- they refresh --------------------------------------------------------- */

static void rfc4028_10_who_does_not_refresh_is_hung_up(void **state)
{
	(void)state;
	talk_with(EVERY("1800;refresher=uas"));
	wire_pass(1767999);
	assert_string_equal(told, "");
	wire_pass(1);
	assert_string_equal(told, "hangup-expired");
	assert_true(starts(last(), "BYE "));
	assert_string_equal(header(last(), "Reason"), "Q.850;cause=102");
	wire_pass(33000);
	assert_int_equal(result.end, UAC_END_EXPIRED);
}

static void a_short_session_ends_a_third_before(void **state)
{
	(void)state;
	talk_with(EVERY("9;refresher=uas"));
	wire_pass(5999);
	assert_string_equal(told, "");
	wire_pass(1);
	assert_string_equal(told, "hangup-expired");
}

static void rfc4028_9_their_refresh_moves_the_end(void **state)
{
	(void)state;
	talk_with(EVERY("120;refresher=uas"));
	for (unsigned int i = 1; i < 5; i++) {
		wire_pass(80000);
		ask("UPDATE", i, KNOWS_TIMER EVERY("120;refresher=uac"), "");
		assert_true(starts(last(), "SIP/2.0 200"));
		assert_string_equal(header(last(), "Session-Expires"),
				    "120;refresher=uac");
		assert_string_equal(header(last(), "Require"), "timer");
	}
	assert_string_equal(told, "");
	wire_pass(88000);
	assert_string_equal(told, "hangup-expired");
}

static void rfc4028_table_2_who_refreshes(void **state)
{
	static const struct {
		const char *asked, *answered;
		bool require;
	} cases[] = {
		{ EVERY("120"), "120;refresher=uas", false },
		{ KNOWS_TIMER EVERY("120;refresher=uas"),
		  "120;refresher=uas", false },
		{ "k: foo, timer\r\nx: 150 ; refresher = uac\r\n",
		  "150;refresher=uac", true },
		/* Left to us, it stays as it was. */
		{ KNOWS_TIMER EVERY("130"), "130;refresher=uac", true },
		{ KNOWS_TIMER, "130;refresher=uac", true },
		{ "", "130;refresher=uas", false },
		{ KNOWS_TIMER, "130;refresher=uas", false },
	};

	(void)state;
	talk_with("");
	ask("UPDATE", 9, "", "");
	assert_null(header(last(), "Session-Expires"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask("UPDATE", 10 + (unsigned int)i, cases[i].asked, "");
		assert_true(starts(last(), "SIP/2.0 200"));
		assert_string_equal(header(last(), "Session-Expires"),
				    cases[i].answered);
		assert_int_equal(header(last(), "Require") != NULL,
				 cases[i].require);
	}
}

static void rfc4028_9_too_short_is_422(void **state)
{
	(void)state;
	talk_with("");
	ask("INVITE", 1, TARGET SDP_TYPE KNOWS_TIMER EVERY("89"), ANSWER);
	assert_true(starts(last(), "SIP/2.0 422"));
	assert_string_equal(header(last(), "Min-SE"), "90");
	assert_string_equal(told, "");
	n_requests--;
	ask("ACK", 1, "", "");
	/* Who does not know the timer could do nothing with that. */
	ask("UPDATE", 2, EVERY("60"), "");
	assert_true(starts(last(), "SIP/2.0 200"));
	ask("UPDATE", 3, KNOWS_TIMER EVERY("90"), "");
	assert_true(starts(last(), "SIP/2.0 200"));
}

static void a_2xx_without_a_timer_has_none(void **state)
{
	(void)state;
	ask_for(120);
	answer_with("peer");
	wire_forget();
	wire_pass(3600000);
	assert_int_equal(n_sent, 0);
	assert_string_equal(told, "answered");
}

static void a_broken_session_expires_is_none(void **state)
{
	(void)state;
	talk_with("Session-Expires: soon;refresher=uas\r\n");
	wire_forget();
	wire_pass(3600000);
	assert_int_equal(n_sent, 0);
}

static void an_interval_of_nothing_is_no_flood(void **state)
{
	(void)state;
	talk_with(UPDATES EVERY("1;refresher=uac"));
	for (size_t i = 0; i < 10; i++) {
		wire_pass(2000);
		assert_int_equal(count_sent("UPDATE"), i + 1);
		wire_answer(last(), 200, "peer", EVERY("1;refresher=uac"),
			    "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rfc4028_7_1_the_invite_asks_when_it_is_told_to),
		CASE(rfc4028_4_less_than_90_s_is_not_asked_for),
		CASE(rfc4028_7_3_a_422_raises_and_asks_again),
		CASE(a_422_that_asks_for_no_more_is_final),
		CASE(a_422_to_who_asked_for_nothing_is_final),
		CASE(a_422_without_end_is_bounded),
		CASE(rfc4028_10_we_refresh_at_half_by_update),
		CASE(rfc4028_7_4_else_by_reinvite_with_the_same_sdp),
		CASE(many_refreshes_are_all_acked),
		CASE(an_unknown_update_becomes_a_reinvite),
		CASE(rfc3261_14_1_a_491_is_tried_again_after_2_to_4_s),
		CASE(rfc3261_12_2_1_2_a_481_to_a_refresh_ends_it),
		CASE(rfc3261_12_2_1_2_no_answer_to_a_refresh_ends_it),
		CASE(a_refused_refresh_is_tried_until_the_session_expires),
		CASE(a_422_to_a_refresh_raises_it),
		CASE(a_bye_is_numbered_behind_a_refresh),
		CASE(rfc3261_14_2_their_offer_while_ours_is_out_is_491),
		CASE(rfc3261_14_1_ours_waits_while_theirs_is_unconfirmed),
		CASE(rfc4028_10_who_does_not_refresh_is_hung_up),
		CASE(a_short_session_ends_a_third_before),
		CASE(rfc4028_9_their_refresh_moves_the_end),
		CASE(rfc4028_table_2_who_refreshes),
		CASE(rfc4028_9_too_short_is_422),
		CASE(a_2xx_without_a_timer_has_none),
		CASE(a_broken_session_expires_is_none),
		CASE(an_interval_of_nothing_is_no_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
