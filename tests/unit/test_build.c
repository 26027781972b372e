/*
 * test_build.c - parts and answers as they are written.
 * Needs: core/sip/build.c msg.c names.c osip.c; all of core/base; osip2.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "sip/build.h"
#include "sip/msg.h"

static void written(void (*write)(struct buf *, const char *), const char *in,
		    const char *expected)
{
	struct buf b;

	buf_init(&b, 256);
	write(&b, in);
	assert_string_equal(b.data, expected);
	buf_deinit(&b);
}

static void users_are_escaped(void **state)
{
	(void)state;
	written(build_user, "+49(30)*1-2_3.4", "+49(30)*1-2_3.4");
	written(build_user, "12#", "12%23");
	written(build_user, "a@b;c?d>e\"f\r\n%00",
		"a%40b%3Bc%3Fd%3Ee%22f%0D%0A%2500");
	written(build_user, "\xc3\xa4", "%C3%A4");
}

static void names_are_quoted(void **state)
{
	(void)state;
	written(build_quoted, "Bob", "\"Bob\"");
	written(build_quoted, "a\"b\\c", "\"a\\\"b\\\\c\"");
	written(build_quoted, "a\r\nb", "\"a  b\"");
}

static osip_message_t *parsed(const char *text)
{
	osip_message_t *m = NULL;
	struct buf b;

	parser_start();
	buf_init(&b, 4096);
	buf_puts(&b, text);
	assert_int_equal(build_parse(&m, &b), 0);
	buf_deinit(&b);
	return m;
}

static const char request[] =
	"INVITE sip:b@example.com SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\n"
	"Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKb\r\n"
	"From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"
	"Call-ID: c@h\r\nCSeq: 7 INVITE\r\nX: 1\r\n\r\n";

static void an_answer_copies_what_rfc_3261_8_2_6_says(void **state)
{
	struct sip sip = { .user_agent = "test" };
	osip_message_t *req = parsed(request), *resp = NULL;
	struct wire wire;

	(void)state;
	assert_int_equal(build_response(&resp, &sip, req, 486, "tt"), 0);
	assert_int_equal(build_wire(resp, &wire), 0);
	assert_string_equal(wire.data, "SIP/2.0 486 Busy Here\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\n"
		"Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKb\r\n"
		"From: <sip:a@example.com>;tag=1\r\n"
		"To: <sip:b@example.com>;tag=tt\r\nCall-ID: c@h\r\n"
		"CSeq: 7 INVITE\r\nServer: test\r\n"
		"Content-Length: 0\r\n\r\n");
	assert_int_equal(wire.len, strlen(wire.data));
	osip_free(wire.data);
	osip_message_free(resp);
	osip_message_free(req);
}

static void headers_are_replaced_not_doubled(void **state)
{
	osip_message_t *m = parsed(request);

	(void)state;
	assert_int_equal(build_set_header(m, "x", "2"), 0);
	assert_string_equal(msg_header(m, "X", 0), "2");
	assert_null(msg_header(m, "X", 1));
	assert_int_equal(build_set_via(m, SIP_UDP, "192.0.2.9:5060", "z9hG4bKn"), 0);
	assert_int_equal(msg_via_count(m), 1);
	assert_string_equal(msg_branch(m), "z9hG4bKn");
	assert_int_equal(build_set_cseq(m, 2147483647), 0);
	assert_int_equal(msg_cseq(m), 2147483647);
	assert_int_equal(build_set_q850(m, 0), 0);
	assert_null(msg_header(m, "Reason", 0));
	assert_int_equal(build_set_q850(m, 16), 0);
	assert_int_equal(msg_q850_cause(m), 16);
	osip_message_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_escaped),
		cmocka_unit_test(names_are_quoted),
		cmocka_unit_test(an_answer_copies_what_rfc_3261_8_2_6_says),
		cmocka_unit_test(headers_are_replaced_not_doubled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
