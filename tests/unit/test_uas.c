/*
 * test_uas.c - what strangers ask, and where the answers go.
 * Needs: sip_wire.h; all of core/sip and core/base; osip2, cares, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "sip_wire.h"

#include "sip/build.h"

static unsigned int n_requests;

static void ask_with(const char *line, const char *method, const char *via,
		     const char *to_tag, const char *more)
{
	char text[4096];

	n_requests++;
	assert_int_equal(str_printf(text, sizeof(text),
		"%s\r\nVia: %s;branch=z9hG4bKs%u\r\nMax-Forwards: 70\r\n"
		"From: <sip:x@example.net>;tag=f\r\n"
		"To: <sip:y@198.51.100.1>%s\r\nCall-ID: c%u@example.net\r\n"
		"CSeq: 3 %s\r\n%sContent-Length: 0\r\n\r\n", line, via,
		n_requests, to_tag, n_requests, method, more), 0);
	wire_receive(text);
}

static void ask(const char *method, const char *more)
{
	char line[128];

	str_printf(line, sizeof(line), "%s sip:y@198.51.100.1 SIP/2.0",
		   method);
	ask_with(line, method, "SIP/2.0/UDP 192.0.2.9:5060;rport", "", more);
}

static void options_is_answered_with_what_we_can(void **state)
{
	(void)state;
	ask("OPTIONS", "");
	assert_true(starts(last(), "SIP/2.0 200 OK\r\n"));
	assert_string_equal(header(last(), "Allow"), BUILD_ALLOW);
	assert_string_equal(header(last(), "Accept"), "application/sdp");
	assert_string_equal(header(last(), "Supported"), BUILD_SUPPORTED);
	assert_non_null(strstr(header(last(), "To"), ";tag="));
	assert_string_equal(header(last(), "CSeq"), "3 OPTIONS");
}

static void strangers_are_refused(void **state)
{
	static const struct {
		const char *method, *answer;
	} cases[] = {
		{ "INVITE", "SIP/2.0 403" }, { "REGISTER", "SIP/2.0 405" },
		{ "SUBSCRIBE", "SIP/2.0 405" }, { "NOTIFY", "SIP/2.0 405" },
		{ "REFER", "SIP/2.0 405" }, { "MESSAGE", "SIP/2.0 405" },
		{ "PUBLISH", "SIP/2.0 405" }, { "BYE", "SIP/2.0 481" },
		{ "UPDATE", "SIP/2.0 481" }, { "CANCEL", "SIP/2.0 481" },
		{ "PRACK", "SIP/2.0 481" }, { "INFO", "SIP/2.0 481" },
		{ "NEWMETHOD", "SIP/2.0 501" }, { "invite", "SIP/2.0 501" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(cases[i].method, "");
		assert_int_equal(n_sent, i + 1);
		assert_true(starts(last(), cases[i].answer));
		if (starts(last(), "SIP/2.0 405"))
			assert_non_null(header(last(), "Allow"));
	}
	ask("ACK", "");
	assert_int_equal(n_sent, ARRAY_LEN(cases));
}

static void version_scheme_and_require_come_first(void **state)
{
	const char *via = "SIP/2.0/UDP 192.0.2.9:5060;rport";

	(void)state;
	ask_with("OPTIONS sip:y@example.com SIP/7.0", "OPTIONS", via, "", "");
	assert_true(starts(last(), "SIP/2.0 505"));
	ask_with("OPTIONS tel:+12345 SIP/2.0", "OPTIONS", via, "", "");
	assert_true(starts(last(), "SIP/2.0 416"));
	ask("INVITE", "Require: bar, 100rel, foo\r\nRequire: timer\r\n");
	assert_true(starts(last(), "SIP/2.0 420"));
	assert_string_equal(header(last(), "Unsupported"), "bar, foo");
	assert_null(header_nth(last(), "Unsupported", 1));
	ask("INVITE", "Require: 100rel,timer\r\n");
	assert_true(starts(last(), "SIP/2.0 403"));
	ask_with("OPTIONS sip:y@example.com SIP/2.0", "OPTIONS", via,
		 ";tag=gone", "");
	assert_true(starts(last(), "SIP/2.0 481"));
}

/* RFC 3581 4, RFC 3261 18.2.1, 18.2.2. */
static void answers_go_where_via_and_source_say(void **state)
{
	static const char line[] = "OPTIONS sip:y@example.com SIP/2.0";

	(void)state;
	ask_with(line, "OPTIONS", "SIP/2.0/UDP 10.1.1.1:5099;rport", "", "");
	assert_int_equal(addr_port(&sent[0].to), 5060);
	assert_int_equal(sent[0].to.in4.sin_addr.s_addr, htonl(0xc0000209));
	assert_non_null(strstr(header(last(), "Via"), "rport=5060"));
	assert_non_null(strstr(header(last(), "Via"), "received=192.0.2.9"));
	ask_with(line, "OPTIONS", "SIP/2.0/UDP 10.1.1.1:5099", "", "");
	assert_int_equal(addr_port(&sent[1].to), 5099);
	assert_int_equal(sent[1].to.in4.sin_addr.s_addr, htonl(0xc0000209));
	assert_non_null(strstr(header(last(), "Via"), "received=192.0.2.9"));
	ask_with(line, "OPTIONS", "SIP/2.0/UDP 192.0.2.9;received=10.0.0.1;"
		 "rport=9", "", "");
	assert_int_equal(addr_port(&sent[2].to), 5060);
	assert_null(strstr(header(last(), "Via"), "10.0.0.1"));
	assert_non_null(strstr(header(last(), "Via"), "rport=5060"));
}

static void the_same_question_has_the_same_answer(void **state)
{
	(void)state;
	ask("OPTIONS", "");
	n_requests--;
	wire_pass(31000);
	ask("OPTIONS", "");
	assert_int_equal(n_sent, 2);
	assert_string_equal(sent[0].text, sent[1].text);
}

static size_t n_transactions(void)
{
	struct sip_stats st;

	sip_get_stats(sip, &st);
	return st.transactions;
}

/* 8.2.7: nothing is kept, and nothing is sent to who may not have asked.      */
static void a_strangers_invite_is_refused_once_each_time(void **state)
{
	(void)state;
	ask("INVITE", "");
	wire_pass(40000);
	assert_int_equal(n_sent, 1);
	assert_int_equal(n_transactions(), 0);
	n_requests--;
	ask("INVITE", "");
	assert_int_equal(n_sent, 2);
	assert_string_equal(sent[0].text, sent[1].text);
	n_requests--;
	ask("ACK", "");
	assert_int_equal(n_sent, 2);
}

static void a_flood_takes_no_memory(void **state)
{
	(void)state;
	wire_mute = true;
	for (int i = 0; i < 5000; i++)
		ask(i % 2 ? "OPTIONS" : "INVITE", "");
	assert_int_equal(n_transactions(), 0);
	assert_int_equal(sip->stats.sent, 5000);
}

/* Minutes, if it were looked through once for each.                           */
static void long_lists_take_no_time_and_are_not_sent_back(void **state)
{
	struct buf b;

	(void)state;
	for (size_t n = 100; n < 10000; n += 100) {
		buf_init(&b, 32000);
		buf_printf(&b, "OPTIONS sip:y@198.51.100.1 SIP/2.0\r\n"
			   "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKl\r\n"
			   "From: <sip:x@example.net>;tag=f\r\n"
			   "To: <sip:y@198.51.100.1>\r\nCall-ID: l%zu\r\n"
			   "CSeq: 3 OPTIONS\r\nRequire: a", n);
		for (size_t i = 1; i < n; i++)
			buf_puts(&b, i % 2 ? ",b" : ",a");
		buf_puts(&b, "\r\nContent-Length: 0\r\n\r\n");
		assert_int_equal(b.err, 0);
		wire_receive_from(PEER, b.data, b.len);
		buf_deinit(&b);
	}
	/* So many as somebody could mean. */
	assert_in_range(n_sent, 4, 6);
	assert_true(starts(last(), "SIP/2.0 420"));
	assert_string_equal(header(last(), "Unsupported"), "a, b");
	assert_null(header_nth(last(), "Unsupported", 1));
}

#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, wire_set_up, wire_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(options_is_answered_with_what_we_can),
		CASE(strangers_are_refused),
		CASE(version_scheme_and_require_come_first),
		CASE(answers_go_where_via_and_source_say),
		CASE(the_same_question_has_the_same_answer),
		CASE(a_strangers_invite_is_refused_once_each_time),
		CASE(a_flood_takes_no_memory),
		CASE(long_lists_take_no_time_and_are_not_sent_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
