/*
 * test_refusal_ack.c - the ACK that an INVITE transaction answers a refusal with.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "sip/msg.h"
#include "sip/refusal_ack.h"

static const char refusal[] =
	"SIP/2.0 486 Busy Here\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport=5060\r\n"
	"From: <sip:a@example.com>;tag=1\r\n"
	"To: \"B\" <sip:b@example.com>;tag=there\r\n"
	"Call-ID: abc\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n";

static int ack_of(struct wire *ack, const char *invite)
{
	char data[4096];
	struct wire wire = { data, strlen(invite) };
	osip_message_t *resp = NULL;
	const char *why;
	int err;

	memcpy(data, invite, wire.len);
	parser_start();
	assert_int_equal(msg_parse(&resp, refusal, strlen(refusal), &why), 0);
	err = refusal_ack(ack, &wire, resp);
	osip_message_free(resp);
	return err;
}

static void an_ack_of_a_refusal_holds_what_rfc_3261_17_1_1_3_says(void **state)
{
	struct wire ack;

	(void)state;
	assert_int_equal(ack_of(&ack,
		"INVITE sip:b@example.com SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1\r\n"
		"Route: <sip:192.0.2.5;lr>\r\nRoute: <sip:192.0.2.6;lr>\r\n"
		"From: <sip:a@example.com>;tag=1\r\n"
		"To: <sip:b@example.com>\r\nCall-ID: abc\r\n"
		"CSeq: 7 INVITE\r\nContact: <sip:a@192.0.2.1>\r\n"
		"Content-Type: application/sdp\r\nMax-Forwards: 70\r\n"
		"User-Agent: test\r\n"
		"Authorization: Digest username=\"a\", nonce=\"\"\r\n"
		"Proxy-Authorization: Digest username=\"b\"\r\n"
		"Content-Length: 10\r\n\r\nTo: body\r\n"), 0);
	assert_string_equal(ack.data,
		"ACK sip:b@example.com SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1\r\n"
		"Route: <sip:192.0.2.5;lr>\r\nRoute: <sip:192.0.2.6;lr>\r\n"
		"From: <sip:a@example.com>;tag=1\r\n"
		"To: \"B\" <sip:b@example.com>;tag=there\r\nCall-ID: abc\r\n"
		"CSeq: 7 ACK\r\nMax-Forwards: 70\r\n"
		"Authorization: Digest username=\"a\", nonce=\"\"\r\n"
		"Proxy-Authorization: Digest username=\"b\"\r\n"
		"Content-Length: 0\r\n\r\n");
	assert_int_equal(ack.len, strlen(ack.data));
	osip_free(ack.data);
}

static void no_ack_is_made_of_nothing(void **state)
{
	struct wire ack;

	(void)state;
	assert_int_equal(ack_of(&ack, ""), -EBADMSG);
	assert_int_equal(ack_of(&ack, "INVITE\r\n\r\n"), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_ack_of_a_refusal_holds_what_rfc_3261_17_1_1_3_says),
		cmocka_unit_test(no_ack_is_made_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
