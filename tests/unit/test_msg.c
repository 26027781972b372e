/*
 * test_msg.c - messages as they should and should not be.
 * Needs: core/sip/msg.c osip.c; core/base/buf.c str.c log.c; osip2.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "sip/msg.h"

#define TOP_VIA "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa\r\n"
#define REST "From: <sip:a@example.com>;tag=1\r\n" \
	"To: <sip:b@example.com>\r\nCall-ID: c1\r\n"
#define REQ "OPTIONS sip:b@example.com SIP/2.0\r\n" TOP_VIA REST
#define RESP(code) "SIP/2.0 " code " x\r\n" TOP_VIA REST "CSeq: 1 OPTIONS\r\n"
#define CSEQ_1 "CSeq: 1 OPTIONS\r\n"

static int parse_n(osip_message_t **mp, const char *text, size_t len)
{
	const char *why = NULL;
	osip_message_t *m = NULL;
	int err;

	parser_start();
	err = msg_parse(&m, text, len, &why);
	if (mp && (!err || err == -EPROTO))
		*mp = m;
	else if (!err || err == -EPROTO)
		osip_message_free(m);
	if (err)
		assert_non_null(why);
	return err;
}

static int parse(const char *text)
{
	return parse_n(NULL, text, strlen(text));
}

static osip_message_t *must(const char *text)
{
	osip_message_t *m = NULL;

	assert_int_equal(parse_n(&m, text, strlen(text)), 0);
	return m;
}

static void what_osip_lets_through_is_dropped(void **state)
{
	static const char *const texts[] = {
		"", "x", "\r\n", "OPTIONS sip:b@example.com SIP/2.0",
		/* no end of headers, no Via, no CSeq, no Call-ID, no To */
		"OPTIONS sip:b@example.com SIP/2.0\r\n" TOP_VIA REST CSEQ_1,
		"OPTIONS sip:b@example.com SIP/2.0\r\n" REST CSEQ_1 "\r\n",
		REQ "\r\n",
		"OPTIONS sip:b@example.com SIP/2.0\r\n" TOP_VIA CSEQ_1
			"From: <sip:a@example.com>;tag=1\r\n"
			"To: <sip:b@example.com>\r\n\r\n",
		"OPTIONS sip:b@example.com SIP/2.0\r\n" TOP_VIA CSEQ_1
			"From: <sip:a@example.com>;tag=1\r\nCall-ID: x\r\n\r\n",
		/* start lines */
		"OPTIONS  sip:b@example.com SIP/2.0\r\n" TOP_VIA REST CSEQ_1 "\r\n",
		"OPTIONS sip:b@example.com SIP/2.0 \r\n" TOP_VIA REST CSEQ_1 "\r\n",
		"SIP/2.0 200\r\n" TOP_VIA REST CSEQ_1 "\r\n",
		"SIP/2.0 2000 OK\r\n" TOP_VIA REST CSEQ_1 "\r\n",
		"SIP/2.0 99 OK\r\n" TOP_VIA REST CSEQ_1 "\r\n",
		"SIP/2.0 700 OK\r\n" TOP_VIA REST CSEQ_1 "\r\n",
		"SIP/3.0 200 OK\r\n" TOP_VIA REST CSEQ_1 "\r\n",
		/* twice what may be there once */
		REQ CSEQ_1 "Call-ID: c2\r\n\r\n", REQ CSEQ_1 CSEQ_1 "\r\n",
		/* control characters */
		REQ CSEQ_1 "X: a\x01z\r\n\r\n", REQ CSEQ_1 "X: a\rz\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (parse(texts[i]) != -EBADMSG)
			fail_msg("text %zu was taken", i);
	assert_int_equal(parse_n(NULL, REQ CSEQ_1 "X: a\0z\r\n\r\n",
				 sizeof(REQ CSEQ_1 "X: a\0z\r\n\r\n") - 1),
			 -EBADMSG);
}

static void broken_rules_are_answerable(void **state)
{
	(void)state;
	assert_int_equal(parse(REQ "CSeq: 1 INVITE\r\n\r\n"), -EPROTO);
	assert_int_equal(parse(REQ "CSeq: 2147483648 OPTIONS\r\n\r\n"),
			 -EPROTO);
	assert_int_equal(parse(REQ "CSeq: -1 OPTIONS\r\n\r\n"), -EPROTO);
	assert_int_equal(parse(REQ "CSeq: 1x OPTIONS\r\n\r\n"), -EPROTO);
	assert_int_equal(parse(REQ CSEQ_1 "Content-Length: 4\r\n\r\nabc"),
			 -EPROTO);
	assert_int_equal(parse(REQ CSEQ_1 "Content-Length: -1\r\n\r\nabc"),
			 -EPROTO);
	assert_int_equal(parse(REQ CSEQ_1 "l: 99999999999999999999\r\n\r\nabc"),
			 -EPROTO);
	assert_int_equal(parse(REQ CSEQ_1 "l: 4294967299\r\n\r\nabc"), -EPROTO);
	assert_int_equal(parse(REQ "CSeq: 2147483647 OPTIONS\r\n\r\n"), 0);
}

static void bytes_beyond_content_length_are_dropped(void **state)
{
	osip_message_t *m = must(REQ CSEQ_1 "c: application/sdp\r\n"
				 "l: 3\r\n\r\nabcdef");
	size_t len;

	(void)state;
	assert_memory_equal(msg_sdp(m, &len), "abc", 3);
	assert_int_equal(len, 3);
	osip_message_free(m);
}

static void short_body_of_a_known_type_is_answerable(void **state)
{
	(void)state;
	assert_int_equal(parse(REQ CSEQ_1 "Content-Type: application/sdp\r\n"
			       "Content-Length: 4\r\n\r\nabc"), -EPROTO);
	assert_int_equal(parse(REQ CSEQ_1 "c : application/\r\n sdp\r\n"
			       "l: 4\r\n\r\n"), -EPROTO);
	/* What is not the length's fault stays unreadable.                    */
	assert_int_equal(parse(REQ CSEQ_1 "c: multipart/mixed;boundary=b\r\n"
			       "l: 6\r\n\r\n--b\r\nx"), -EBADMSG);
}

static void endless_headers_are_dropped(void **state)
{
	static char text[70000];
	size_t n = strlen(REQ CSEQ_1);

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, REQ CSEQ_1 "X: ", n + 3);
	memcpy(text + sizeof(text) - 4, "\r\n\r\n", 4);
	assert_int_equal(parse_n(NULL, text, sizeof(text)), -EBADMSG);
	memcpy(text, REQ CSEQ_1, n);
	for (size_t i = n; i + 4 < sizeof(text); i += 4)
		memcpy(text + i, "a:\r\n", 4);
	memcpy(text + 4000, "\r\n\r\n", 4);
	assert_int_equal(parse_n(NULL, text, 4004), -EBADMSG);
}

static int parse_repeated(const char *head, const char *item, size_t n,
			  const char *tail)
{
	static char text[70000];
	size_t len = strlen(head), size = strlen(item);

	memcpy(text, head, len);
	for (size_t i = 0; i < n; i++, len += size)
		memcpy(text + len, item, size);
	memcpy(text + len, tail, strlen(tail) + 1);
	return parse_n(NULL, text, len + strlen(tail));
}

/* osip walks its lists from their beginning: each of these took it seconds, and
 * us minutes.                                                                 */
static void what_falls_into_many_parts_is_dropped(void **state)
{
	static const char *const lists[] = {
		"Require: a", "X: a", "Allow: A", "Via: SIP/2.0/UDP h",
		"Contact: <sip:a@h", "Contact: <sip:a@h?x=y",
	};
	static const char *const items[] = { ",a", ";a", "&a=b" };
	char head[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists) * ARRAY_LEN(items); i++) {
		str_printf(head, sizeof(head), "%s%s%s", REQ, CSEQ_1,
			   lists[i / ARRAY_LEN(items)]);
		assert_int_equal(parse_repeated(
			head, items[i % ARRAY_LEN(items)], 6000, "\r\n\r\n"),
			-EBADMSG);
	}
	assert_int_equal(parse_repeated(REQ CSEQ_1 "Supported: a", ",a", 200,
					"\r\n\r\n"), 0);
}

static void bodies_in_many_parts_are_dropped(void **state)
{
	static const char head[] = REQ CSEQ_1
		"Content-Type: multipart/mixed;boundary=a\r\n\r\n";
	static const char part[] = "--a\r\nContent-Type: text/plain\r\n\r\n"
		"x\r\n";
	char one[256];

	(void)state;
	assert_int_equal(parse_repeated(head, part, 1000, "--a--\r\n"),
			 -EBADMSG);
	str_printf(one, sizeof(one), "%s--a\r\nContent-Type: a/b\r\n", head);
	assert_int_equal(parse_repeated(one, "X:y\r\n", 10000,
					"\r\nx\r\n--a--\r\n"), -EBADMSG);
	assert_int_equal(parse_repeated(head, part, 3, "--a--\r\n"), 0);
	/* What is no multipart has no parts. */
	assert_int_equal(parse_repeated(REQ CSEQ_1
					"Content-Type: text/plain\r\n\r\n",
					"a,\r\n", 10000, ""), 0);
}

/* They are repeated in each answer, by osip up to three times as long.        */
static void endless_parties_are_dropped(void **state)
{
	(void)state;
	assert_int_equal(parse_repeated("OPTIONS sip:", "a", 4000, "@h SIP/2.0"
					"\r\n" TOP_VIA REST CSEQ_1 "\r\n"), 0);
	assert_int_equal(parse_repeated("OPTIONS sip:", "a", 4100, "@h SIP/2.0"
					"\r\n" TOP_VIA REST CSEQ_1 "\r\n"),
			 -EBADMSG);
	assert_int_equal(parse_repeated("OPTIONS sip:h SIP/2.0\r\n" TOP_VIA
					CSEQ_1 "t: <sip:b@h>\r\nCall-ID: c\r\n"
					"f : <sip:", "\xe9", 4100, "@h>;tag=1"
					"\r\n\r\n"), -EBADMSG);
	assert_int_equal(parse_repeated("OPTIONS sip:h SIP/2.0\r\n" TOP_VIA
					CSEQ_1 "From: <sip:b@h>;tag=1\r\n"
					"Call-ID: c\r\nTO:", "\r\n x", 1100,
					" <sip:x@h>\r\n\r\n"), -EBADMSG);
}

static void values_are_walked_in_order(void **state)
{
	osip_message_t *m = must(REQ CSEQ_1 "X: 1\r\nY: 2\r\nx: 3\r\n\r\n");
	struct msg_values v;

	(void)state;
	assert_string_equal(msg_first(&v, m, "X"), "1");
	assert_string_equal(msg_next(&v), "3");
	assert_null(msg_next(&v));
	assert_null(msg_first(&v, m, "Z"));
	osip_message_free(m);
}

static void a_contact_is_read_as_a_request_uri(void **state)
{
	osip_message_t *m = must(REQ CSEQ_1 "Contact: <sip:g@h;method=BYE;x;"
				 "METHOD=A?Route=a&b=c>;q=1\r\n\r\n");
	char *uri = msg_contact_uri(m);

	(void)state;
	assert_string_equal(uri, "sip:g@h;x");
	osip_free(uri);
	osip_message_free(m);
}

static void short_forms_folding_and_case_are_read(void **state)
{
	osip_message_t *m = must("OPTIONS sip:b@example.com SIP/2.0\r\n"
		"v: SIP / 2.0 / UDP 192.0.2.1 ;branch = z9hG4bKa\r\n"
		"f: \"x\" <sip:a@example.com>;TAG=Xy\r\n"
		"t: sip:b@example.com\r\n"
		"i: c1@host\r\ncSEQ: 0009\r\n  OPTIONS\r\n"
		"RETRY-AFTER: 18000;duration=3600\r\n\r\n");

	(void)state;
	assert_string_equal(msg_branch(m), "z9hG4bKa");
	assert_string_equal(msg_from_tag(m), "Xy");
	assert_string_equal(msg_to_tag(m), "");
	assert_string_equal(msg_call_id(m), "c1");
	assert_int_equal(msg_cseq(m), 9);
	assert_int_equal(msg_retry_after(m), 18000);
	assert_int_equal(msg_via_count(m), 1);
	assert_null(msg_contact_uri(m));
	osip_message_free(m);
}

static void reason_is_found_in_a_list(void **state)
{
	static const struct {
		const char *headers;
		int cause;
	} cases[] = {
		{ "", 0 },
		{ "Reason: Q.850;cause=16;text=\"a, b\"\r\n", 16 },
		{ "Reason: SIP;cause=200, Q.850 ;cause = 17\r\n", 17 },
		{ "Reason: SIP;cause=200\r\nreason: q.850;cause=31\r\n", 31 },
		{ "Reason: Q.850\r\n", 0 },
		{ "Reason: Q.850;text=\"the cause=3; \\\";cause=4\""
		  ";cause=21\r\n", 21 },
		{ "Reason: Q.850;cause=x\r\n", 0 },
		{ "Reason: Q.850;cause=99999999999999\r\n", 127 },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		osip_message_t *m;

		str_printf(text, sizeof(text), "%s%s%s\r\n", REQ, CSEQ_1,
			   cases[i].headers);
		m = must(text);
		assert_int_equal(msg_q850_cause(m), cases[i].cause);
		osip_message_free(m);
	}
}

static void challenges_are_kept_as_they_came(void **state)
{
	osip_message_t *m = must(RESP("401")
		"WWW-Authenticate: Digest realm=\"a\",\r\n nonce=\"n\", "
		"opaque=\"\", foo=bar\r\n"
		"www-authenticate : Basic realm=\"b\"\r\n"
		"Proxy-Authenticate: Digest realm=\"p\", nonce=\"m\"\r\n\r\n");

	(void)state;
	assert_string_equal(msg_challenge(m, false, 0),
			    "Digest realm=\"a\",   nonce=\"n\", opaque=\"\", "
			    "foo=bar");
	assert_non_null(strstr(msg_challenge(m, false, 1), "Basic"));
	assert_null(msg_challenge(m, false, 2));
	assert_non_null(strstr(msg_challenge(m, true, 0), "realm=\"p\""));
	osip_message_free(m);
	m = must(RESP("200") "WWW-Authenticate: Digest realm=\"a\"\r\n\r\n");
	assert_null(msg_challenge(m, false, 0));
	osip_message_free(m);
}

static void record_route_in_one_line_is_split(void **state)
{
	osip_message_t *m = must(RESP("200") "Record-Route: <sip:192.0.2.1;lr>,"
				 "<sip:192.0.2.2;lr>, <sip:192.0.2.3;lr>\r\n"
				 "\r\n");

	(void)state;
	assert_int_equal(osip_list_size(&m->record_routes), 3);
	osip_message_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_osip_lets_through_is_dropped),
		cmocka_unit_test(broken_rules_are_answerable),
		cmocka_unit_test(bytes_beyond_content_length_are_dropped),
		cmocka_unit_test(short_body_of_a_known_type_is_answerable),
		cmocka_unit_test(endless_headers_are_dropped),
		cmocka_unit_test(what_falls_into_many_parts_is_dropped),
		cmocka_unit_test(bodies_in_many_parts_are_dropped),
		cmocka_unit_test(endless_parties_are_dropped),
		cmocka_unit_test(values_are_walked_in_order),
		cmocka_unit_test(a_contact_is_read_as_a_request_uri),
		cmocka_unit_test(short_forms_folding_and_case_are_read),
		cmocka_unit_test(reason_is_found_in_a_list),
		cmocka_unit_test(challenges_are_kept_as_they_came),
		cmocka_unit_test(record_route_in_one_line_is_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
