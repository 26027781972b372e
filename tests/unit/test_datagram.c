/*
 * test_datagram.c - datagrams that no friend sends (in the spirit of RFC 4475).
 * Needs: sip_wire.h; all of core/sip and core/base; osip2, cares, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "sip_wire.h"

#define V "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKt\r\n"
#define FT "From: <sip:a@example.net>;tag=1\r\nTo: <sip:b@example.com>\r\n"

static struct sip_stats stats(void)
{
	struct sip_stats st;

	sip_get_stats(sip, &st);
	return st;
}

static void keep_alives_are_no_messages(void **state)
{
	(void)state;
	wire_receive("\r\n\r\n");
	wire_receive("\r\n");
	wire_receive("");
	wire_receive_from(PEER, "\0\1\0\0\x21\x12\xa4\x42", 8);
	assert_int_equal(stats().received, 0);
	assert_int_equal(stats().malformed, 0);
	wire_receive("\r\n\r\nOPTIONS sip:b@example.com SIP/2.0\r\n" V FT
		     "Call-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n");
	assert_true(starts(last(), "SIP/2.0 200"));
}

static void a_tortuous_but_valid_request_is_answered(void **state)
{
	(void)state;
	wire_receive("OPTIONS sip:vivekg@chair-dnrc.example.com;unknownparam"
		     " SIP/2.0\r\nTO :\r\n sip:vivekg@chair-dnrc.example.com ;"
		     "   tag    = 1918181833n\r\nfrom   : \"J Rosenberg \\\\"
		     "\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n"
		     "  tag = 98asjd8\r\nMaX-fOrWaRdS: 0068\r\n"
		     "Call-ID: wsinv.ndaksdj@192.0.2.1\r\n"
		     "Content-Length   : 0\r\ncseq: 0009\r\n  OPTIONS\r\n"
		     "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;"
		     "branch=390skdjuw\r\ns :\r\nNewFangledHeader:   newfangled"
		     " value\r\n continued newfangled value\r\n"
		     "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
		     "m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ;"
		     " newparam =\r\n      newvalue ;\r\n  secondparam ; "
		     "q = 0.33\r\n\r\n");
	/* It has a To tag of no dialog of ours. */
	assert_true(starts(last(), "SIP/2.0 481"));
	assert_non_null(strstr(header(last(), "To"), "1918181833n"));
}

static void a_broken_request_that_says_where_from_gets_400(void **state)
{
	(void)state;
	wire_receive("INVITE sip:b@example.com SIP/2.0\r\n" V FT
		     "Call-ID: x\r\nCSeq: 1 INVITE\r\n"
		     "Content-Length: 9999\r\n\r\nv=0\r\n");
	assert_true(starts(last(), "SIP/2.0 400"));
	wire_receive("INVITE sip:b@example.com SIP/2.0\r\n" V FT
		     "Call-ID: x\r\nCSeq: 36893488147419103232 INVITE\r\n\r\n");
	assert_true(starts(last(), "SIP/2.0 400"));
	wire_receive("OPTIONS sip:b@example.com SIP/2.0\r\n" V FT
		     "Call-ID: x\r\nCSeq: 8 INVITE\r\n\r\n");
	assert_true(starts(last(), "SIP/2.0 400"));
	assert_int_equal(n_sent, 3);
	assert_int_equal(stats().malformed, 3);
	/* Nothing is kept for these. */
	assert_int_equal(stats().transactions, 0);
	/* Never an answer to an ACK. */
	wire_receive("ACK sip:b@example.com SIP/2.0\r\n" V FT
		     "Call-ID: x\r\nCSeq: 8 INVITE\r\n\r\n");
	assert_int_equal(n_sent, 3);
}

static void what_cannot_be_answered_is_dropped(void **state)
{
	static const char *const texts[] = {
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"INVITE sip:b@example.com SIP/2.0\r\n\r\n",
		"SIP/2.0 200 OK\r\n\r\n",
		"SIP/2.0 200\r\n" V FT "Call-ID: x\r\nCSeq: 1 INVITE\r\n\r\n",
		"INVITE sip:b@example.com SIP/2.0\r\n"
		"Via: SIP/2.0/UDP\r\n" FT "Call-ID: x\r\nCSeq: 1 INVITE\r\n\r\n",
		"INVITE sip:b@example.com SIP/2.0\r\n" V
		"From: \"unclosed <sip:a@example.net>\r\nTo: <sip:b@c.d>\r\n"
		"Call-ID: x\r\nCSeq: 1 INVITE\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		wire_receive(texts[i]);
	assert_int_equal(n_sent, 0);
	assert_int_equal(stats().malformed, ARRAY_LEN(texts));
}

static void stray_answers_are_counted(void **state)
{
	(void)state;
	wire_receive("SIP/2.0 200 OK\r\n" V FT "Call-ID: x\r\n"
		     "CSeq: 1 INVITE\r\n\r\n");
	wire_receive("SIP/2.0 486 Busy\r\n" V V FT "Call-ID: x\r\n"
		     "CSeq: 1 INVITE\r\n\r\n");
	assert_int_equal(stats().stray, 2);
	assert_int_equal(n_sent, 0);
}

/* Cut anywhere, or with a byte changed anywhere, it must do no harm.          */
static void mutations_do_no_harm(void **state)
{
	static const char text[] = "INVITE sip:b@example.com SIP/2.0\r\n" V FT
		"Call-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.9>\r\n"
		"Record-Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2>\r\n"
		"Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\n"
		"v=0\r\n";
	static const char bytes[] = "\0\r\n\t <>\";,:=%@/\\\x7f\xff" "0";
	char copy[sizeof(text)];

	(void)state;
	wire_mute = true;
	for (size_t n = 0; n < sizeof(text); n++)
		wire_receive_from(PEER, text, n);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		for (size_t b = 0; b < sizeof(bytes) - 1; b++) {
			memcpy(copy, text, sizeof(text));
			copy[i] = bytes[b];
			wire_receive_from(PEER, copy, sizeof(text) - 1);
		}
	}
	wire_mute = false;
	wire_receive("OPTIONS sip:b@example.com SIP/2.0\r\n" V FT
		     "Call-ID: y\r\nCSeq: 1 OPTIONS\r\n\r\n");
	assert_true(starts(last(), "SIP/2.0 200"));
}

#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, wire_set_up, wire_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keep_alives_are_no_messages),
		CASE(a_tortuous_but_valid_request_is_answered),
		CASE(a_broken_request_that_says_where_from_gets_400),
		CASE(what_cannot_be_answered_is_dropped),
		CASE(stray_answers_are_counted),
		CASE(mutations_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
