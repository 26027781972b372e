/*
 * test_txn_machine.c - osip's machines and what they hold of their owners.
 * Needs: sip_wire.h; all of core/sip and core/base; osip2, cares, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "sip_wire.h"

#include "sip/build.h"
#include "sip/txn.h"

static int told_code;

static void told(void *arg, const osip_message_t *resp, int code,
		 const char *note)
{
	(void)resp;
	(void)note;
	told_code = code;
	if (code >= 200)
		osip_message_free(arg);
}

/* As client.c completes it.                                                   */
static void complete(osip_message_t *m)
{
	static const char *const headers[][2] = {
		{ "Max-Forwards", "70" }, { "User-Agent", "test" },
		{ "Authorization", "Digest username=\"a\", nonce=\"\"" },
		{ "Proxy-Authorization", "Digest username=\"b\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		assert_int_equal(build_add_header(m, headers[i][0],
						  headers[i][1]), 0);
}

static struct txn *send_text(const char *request, txn_fn *fn)
{
	osip_message_t *m = NULL;
	struct addr to;
	struct hop hop;
	struct buf text;
	struct wire wire;
	struct txn *t = NULL;

	told_code = 0;
	buf_init(&text, 4096);
	buf_puts(&text, request);
	assert_int_equal(build_parse(&m, &text), 0);
	buf_deinit(&text);
	complete(m);
	assert_int_equal(addr_parse(&to, PEER, 0), 0);
	wire_hop(&hop, &to);
	assert_int_equal(build_wire(m, &wire), 0);
	assert_int_equal(txn_client(&t, sip, m, wire, &hop, fn, m), 0);
	return t;
}

static const char invite[] =
	"INVITE sip:b@example.com SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1\r\n"
	"Route: <sip:192.0.2.5;lr>\r\nRoute: <sip:192.0.2.6;lr>\r\n"
	"From: <sip:a@example.com>;tag=1\r\n"
	"To: <sip:b@example.com>\r\nCall-ID: abc\r\n"
	"CSeq: 7 INVITE\r\nContact: <sip:a@192.0.2.1>\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: 10\r\n\r\nTo: body\r\n";

static const char refusal[] =
	"SIP/2.0 486 Busy Here\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport=5060\r\n"
	"From: \"A\" <sip:a@example.com>;tag=1\r\n"
	"To: \"B\" <sip:b@example.com>;tag=there\r\n"
	"Call-ID: abc\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n";

static const char ringing[] =
	"SIP/2.0 180 Ringing\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport=5060\r\n"
	"From: <sip:a@example.com>;tag=1\r\n"
	"To: <sip:b@example.com>;tag=there\r\n"
	"Call-ID: abc\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n";

static const char ack[] =
	"ACK sip:b@example.com SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1\r\n"
	"Route: <sip:192.0.2.5;lr>\r\nRoute: <sip:192.0.2.6;lr>\r\n"
	"From: <sip:a@example.com>;tag=1\r\n"
	"To: \"B\" <sip:b@example.com>;tag=there\r\nCall-ID: abc\r\n"
	"CSeq: 7 ACK\r\nMax-Forwards: 70\r\n"
	"Authorization: Digest username=\"a\", nonce=\"\"\r\n"
	"Proxy-Authorization: Digest username=\"b\"\r\n"
	"Content-Length: 0\r\n\r\n";

static void an_ack_of_a_refusal_holds_what_rfc_3261_17_1_1_3_says(void **state)
{
	(void)state;
	send_text(invite, told);
	wire_receive(refusal);
	assert_int_equal(told_code, 486);
	assert_int_equal(n_sent, 2);
	assert_string_equal(sent[1].text, ack);
}

static void a_repeated_refusal_gets_the_same_ack(void **state)
{
	(void)state;
	send_text(invite, told);
	wire_receive(refusal);
	wire_receive(refusal);
	assert_int_equal(n_sent, 3);
	assert_string_equal(sent[2].text, ack);
	wire_pass(32001);
	wire_receive(refusal);
	assert_int_equal(n_sent, 3);
}

static void a_request_that_was_let_go_still_makes_its_ack(void **state)
{
	struct txn *t;

	(void)state;
	t = send_text(invite, told);
	wire_receive(ringing);
	txn_detach(t);
	wire_receive(refusal);
	assert_int_equal(told_code, 180);
	assert_string_equal(last(), ack);
}

static struct txn *dropped;

static void drop_it(void *arg, const osip_message_t *resp, int code,
		    const char *note)
{
	(void)resp;
	(void)note;
	told_code = code;
	txn_drop(dropped);
	osip_message_free(arg);
}

static void a_transaction_may_be_dropped_from_its_own_answer(void **state)
{
	struct sip_stats st;

	(void)state;
	dropped = send_text(invite, drop_it);
	wire_receive(ringing);
	sip_get_stats(sip, &st);
	assert_int_equal(told_code, 180);
	assert_int_equal(st.transactions, 0);
}

static void a_request_that_cannot_leave_fails_later_with_503(void **state)
{
	struct sip_stats st;

	(void)state;
	wire_error = -ENETUNREACH;
	send_text(invite, told);
	assert_int_equal(told_code, 0);
	wire_settle();
	sip_get_stats(sip, &st);
	assert_int_equal(told_code, 503);
	assert_int_equal(st.transactions, 0);
}

static void a_stack_may_end_with_machines_running(void **state)
{
	(void)state;
	txn_detach(send_text(invite, told));
}

#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, wire_set_up, wire_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_ack_of_a_refusal_holds_what_rfc_3261_17_1_1_3_says),
		CASE(a_repeated_refusal_gets_the_same_ack),
		CASE(a_request_that_was_let_go_still_makes_its_ack),
		CASE(a_transaction_may_be_dropped_from_its_own_answer),
		CASE(a_request_that_cannot_leave_fails_later_with_503),
		CASE(a_stack_may_end_with_machines_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
