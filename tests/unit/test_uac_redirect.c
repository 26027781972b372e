/*
 * test_uac_redirect.c - 3xx, 420 and the classes of final answers (RFC 3261
 * 8.1.3), on a virtual clock.
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares,
 * ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

/* The INVITE that left last.                                                  */
static const char *latest(void)
{
	return nth_sent("INVITE", count_sent("INVITE") - 1);
}

static void redirect(int code, const char *contacts)
{
	wire_answer(latest(), code, "gw", contacts, "");
	wire_settle();
}

static void rfc3261_8_1_3_4_a_302_is_followed_within_the_carrier(void **state)
{
	const char *first, *m;

	(void)state;
	invite();
	first = last();
	redirect(302, "Contact: <sip:999@192.0.2.9:5071>\r\n");
	assert_int_equal(count_sent("ACK"), 1);
	m = last();
	assert_true(starts(m, "INVITE sip:999@192.0.2.9:5071 SIP/2.0\r\n"));
	assert_int_equal(addr_port(&sent[n_sent - 1].to), 5071);
	assert_string_equal(header(m, "Call-ID"), header(first, "Call-ID"));
	assert_string_equal(header(m, "From"), header(first, "From"));
	assert_string_equal(header(m, "To"), header(first, "To"));
	assert_int_equal(number(m, "CSeq"), number(first, "CSeq") + 1);
	assert_string_not_equal(branch_of(m), branch_of(first));
	assert_string_equal(body_of(m), OFFER);
	assert_string_equal(told, "");
	/* A 2xx without Contact is asked where the call has gone to. */
	wire_answer(m, 200, "peer", SDP_TYPE, ANSWER);
	assert_true(starts(last(), "ACK sip:999@192.0.2.9:5071 "));
	assert_string_equal(told, "answered");
}

static void rfc3261_8_1_3_4_nobody_else_is_called(void **state)
{
	static const char *const contacts[] = {
		"Contact: <sip:999@198.51.100.66>\r\n",
		"Contact: <sip:999@evil.example>\r\n",
		"Contact: <sip:999@192.0.2.9;maddr=198.51.100.66>\r\n",
		"Contact: <sip:999@192.0.2.9?Route=%3Csip:evil.ex%3E>\r\n",
		"Contact: <sip:999@192.0.2.9;method=BYE>\r\n",
		"Contact: <tel:+15551234>\r\n",
		"Contact: <mailto:a@192.0.2.9>\r\n",
		"Contact: <sip:999@192.0.2.9;transport=sctp>\r\n",
		"Contact: <sip:9%0d%0aX@192.0.2.9>\r\n",
		"Contact: <sip:999@192.0.2.9:99999>\r\n",
		"Contact: *\r\n",
		"",
	};

	for (size_t i = 0; i < ARRAY_LEN(contacts); i++) {
		invite();
		redirect(302, contacts[i]);
		assert_int_equal(count_sent("INVITE"), 1);
		assert_int_equal(result.end, UAC_END_FAILED);
		assert_int_equal(result.code, 302);
		assert_string_equal(result.reason, "Moved Temporarily");
		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

static void rfc3261_8_1_3_4_never_the_same_uri_twice(void **state)
{
	(void)state;
	invite();
	redirect(302, "Contact: <sip:8888123456@192.0.2.9:5062>\r\n");
	assert_int_equal(count_sent("INVITE"), 1);
	assert_int_equal(result.code, 302);
}

static void a_loop_of_redirects_ends(void **state)
{
	(void)state;
	invite();
	redirect(302, "Contact: <sip:a@192.0.2.9>\r\n");
	redirect(302, "Contact: <sip:b@192.0.2.9>\r\n");
	redirect(302, "Contact: <sip:a@192.0.2.9>\r\n");
	assert_int_equal(count_sent("INVITE"), 3);
	assert_int_equal(result.code, 302);
}

static void redirects_without_end_are_bounded(void **state)
{
	char contact[64];

	(void)state;
	invite();
	for (int i = 0; i < 20 && call; i++) {
		str_printf(contact, sizeof(contact),
			   "Contact: <sip:%d@192.0.2.9>\r\n", i);
		redirect(302, contact);
	}
	assert_int_equal(count_sent("INVITE"), 5);
	assert_string_equal(told, "ended");
}

static void rfc3261_8_1_3_4_the_highest_q_comes_first(void **state)
{
	(void)state;
	invite();
	redirect(300, "Contact: <sip:low@192.0.2.9>;q=0.25, "
		 "<sip:evil@198.51.100.66>;q=1\r\n"
		 "Contact: \"M\" <sip:mid@192.0.2.9>;q=0.5\r\n"
		 "Contact: <sip:top@192.0.2.9>\r\n");
	assert_true(starts(latest(), "INVITE sip:top@192.0.2.9 "));
	wire_simple(latest(), 404);
	wire_settle();
	assert_true(starts(latest(), "INVITE sip:mid@192.0.2.9 "));
	wire_simple(latest(), 500);
	wire_settle();
	assert_true(starts(latest(), "INVITE sip:low@192.0.2.9 "));
	wire_simple(latest(), 404);
	assert_int_equal(count_sent("INVITE"), 4);
	assert_int_equal(result.code, 404);
}

static void a_6xx_ends_them_all(void **state)
{
	(void)state;
	invite();
	redirect(300, "Contact: <sip:a@192.0.2.9>\r\n"
		 "Contact: <sip:b@192.0.2.9>\r\n");
	wire_simple(latest(), 603);
	assert_int_equal(count_sent("INVITE"), 2);
	assert_int_equal(result.code, 603);
}

static void a_305_and_a_380_are_not_followed(void **state)
{
	(void)state;
	invite();
	redirect(305, "Contact: <sip:a@192.0.2.9>\r\n");
	assert_int_equal(count_sent("INVITE"), 1);
	assert_int_equal(result.code, 305);
}

static void an_unknown_3xx_is_a_300(void **state)
{
	(void)state;
	invite();
	redirect(399, "Contact: <sip:a@192.0.2.9>\r\n");
	assert_int_equal(count_sent("INVITE"), 2);
}

static void the_name_that_was_called_stays_at_its_proxy(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.request_uri = "sip:1@carrier.example";
	begin(&p);
	redirect(302, "Contact: <sip:2@carrier.example>\r\n");
	assert_true(starts(latest(), "INVITE sip:2@carrier.example SIP"));
	assert_int_equal(addr_port(&sent[n_sent - 1].to), 5060);
	assert_int_equal(sent[n_sent - 1].to.in4.sin_addr.s_addr,
			 htonl(0xc0000209));
}

static void no_redirect_is_followed_once_we_hung_up(void **state)
{
	(void)state;
	invite();
	wire_simple(last(), 180);
	uac_hangup(call, 0);
	redirect(302, "Contact: <sip:a@192.0.2.9>\r\n");
	assert_int_equal(count_sent("INVITE"), 1);
	assert_int_equal(result.end, UAC_END_CANCELED);
}

static void early_dialogs_do_not_outlive_a_redirect(void **state)
{
	struct sip_stats stats;

	(void)state;
	invite();
	wire_answer(last(), 180, "gw", TARGET, "");
	redirect(302, "Contact: <sip:a@192.0.2.9>\r\n");
	sip_get_stats(sip, &stats);
	assert_int_equal(stats.dialogs, 0);
}

/* ---- 420 ------------------------------------------------------------------ */

static void rfc3261_8_1_3_5_a_420_is_asked_again_without_it(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.session_expires_s = 600;
	begin(&p);
	wire_answer(last(), 420, "gw", "Unsupported: timer\r\n", "");
	assert_int_equal(count_sent("INVITE"), 2);
	assert_string_equal(header(last(), "Supported"), "100rel");
	assert_null(header(last(), "Session-Expires"));
	assert_int_equal(number(last(), "CSeq"),
			 number(sent[0].text, "CSeq") + 1);
	wire_answer(last(), 420, "gw", "Unsupported: timer, 100rel\r\n", "");
	assert_int_equal(count_sent("INVITE"), 3);
	assert_null(header(last(), "Supported"));
	wire_answer(last(), 420, "gw", "Unsupported: timer, 100rel\r\n", "");
	assert_int_equal(count_sent("INVITE"), 3);
	assert_int_equal(result.code, 420);
}

static void a_420_for_what_we_did_not_say_is_final(void **state)
{
	(void)state;
	invite();
	wire_answer(last(), 420, "gw", "Unsupported: foo\r\n", "");
	assert_int_equal(count_sent("INVITE"), 1);
	assert_string_equal(result.reason, "Bad Extension");
}

/* ---- the others ----------------------------------------------------------- */

static void rfc3261_8_1_3_2_refusals_are_final_with_their_reason(void **state)
{
	static const struct {
		int code;
		const char *reason;
	} cases[] = {
		{ 413, "Request Entity Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 416, "Unsupported URI Scheme" },
		{ 488, "Not Acceptable Here" },
		{ 499, "Bad Request" },
		{ 599, "Server Internal Error" },
		{ 699, "Busy Everywhere" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		invite();
		wire_simple(last(), cases[i].code);
		assert_int_equal(count_sent("INVITE"), 1);
		assert_int_equal(result.code, cases[i].code);
		assert_string_equal(result.reason, cases[i].reason);
		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

static void retry_after_is_kept(void **state)
{
	static const int codes[] = { 480, 486, 500, 503, 600, 603 };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		invite();
		wire_answer(last(), codes[i], "gw", "Retry-After: 90\r\n",
			    "");
		assert_int_equal(result.code, codes[i]);
		assert_int_equal(result.retry_after_s, 90);
		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rfc3261_8_1_3_4_a_302_is_followed_within_the_carrier),
		CASE(rfc3261_8_1_3_4_nobody_else_is_called),
		CASE(rfc3261_8_1_3_4_never_the_same_uri_twice),
		CASE(a_loop_of_redirects_ends),
		CASE(redirects_without_end_are_bounded),
		CASE(rfc3261_8_1_3_4_the_highest_q_comes_first),
		CASE(a_6xx_ends_them_all),
		CASE(a_305_and_a_380_are_not_followed),
		CASE(an_unknown_3xx_is_a_300),
		CASE(the_name_that_was_called_stays_at_its_proxy),
		CASE(no_redirect_is_followed_once_we_hung_up),
		CASE(early_dialogs_do_not_outlive_a_redirect),
		CASE(rfc3261_8_1_3_5_a_420_is_asked_again_without_it),
		CASE(a_420_for_what_we_did_not_say_is_final),
		CASE(rfc3261_8_1_3_2_refusals_are_final_with_their_reason),
		CASE(retry_after_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
