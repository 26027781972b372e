/*
 * test_trace_redact.c - no secret stays in a message, and all else does.
 * Needs core/sip/{trace_redact,lines}.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/trace_redact.h"

#define S "53cr3t+"			/* looks like nothing else             */

/* In memory of its exact size, so that a sanitizer sees each byte too far.    */
static char *redacted(const char *text, size_t len)
{
	static char result[4096];
	char *exact = malloc(len ? len : 1);

	assert_non_null(exact);
	assert_true(len < sizeof(result));
	memcpy(exact, text, len);
	trace_redact(exact, len);
	memcpy(result, exact, len);
	result[len] = '\0';
	free(exact);
	return result;
}

static void becomes(const char *text, const char *expected)
{
	assert_string_equal(redacted(text, strlen(text)), expected);
}

static void stays(const char *text)
{
	becomes(text, text);
}

/* The secret is gone, length and line ends are what they were.                */
static void hides(const char *text)
{
	size_t len = strlen(text);
	char *r = redacted(text, len);

	if (strstr(r, S) || strstr(r, "53cr3t"))
		fail_msg("a secret stays in: %s", r);
	assert_int_equal(strlen(r), len);
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n' || text[i] == '\r' || text[i] == ' ')
			assert_int_equal(r[i], text[i]);
}

static void digest_keeps_what_is_harmless(void **state)
{
	(void)state;
	becomes("A x\r\nAuthorization: Digest username=\"bob\", "
		"realm=\"a b\", nonce=\"84a4==\", uri=\"sip:x@y\", "
		"response=\"6629fae49393a053\", algorithm=MD5, cnonce=\"0a4f\","
		" opaque=\"5c\", qop=auth, nc=00000001\r\nB: c\r\n",
		"A x\r\nAuthorization: Digest username=\"bob\", "
		"realm=\"a b\", nonce=\"84a4==\", uri=\"sip:x@y\", "
		"response=\"****************\", algorithm=MD5, cnonce=\"****\","
		" opaque=\"5c\", qop=auth, nc=00000001\r\nB: c\r\n");
	becomes("Proxy-Authorization: Digest a=" S ",nc=1\n",
		"Proxy-Authorization: Digest a=*******,nc=1\n");
}

static void digest_is_read_in_every_spelling(void **state)
{
	static const char *const texts[] = {
		"AUTHORIZATION: Digest response=" S,
		"authorization:digest response=\"" S "\"",
		"Authorization \t:  \t DIGEST  response \t=\t \"" S "\"",
		"Authorization:\r\n Digest\r\n\tresponse\r\n =\r\n \"" S "\"",
		"Authorization\r\n : Digest response=\"" S "\"",
		"Authorization: Digest RESPONSE=\"" S "\",nc=1",
		"Authorization: Digest , ,nc=1,,response=\"" S "\",",
		"Authorization: Digest response=\"\\\"" S "\\\"\"",
		"Authorization: Digest response=\"" S " " S "\"",
		"Authorization: Digest x-response=" S ", auts=\"" S "\"",
		"proxy-AUTHORIZATION:Digest response=" S,
		"P-Media-Authorization: " S,
		"X\r\nA: b\r\n\r\nAuthorization: Digest response=" S,
		"X\rA: b\rAuthorization: Digest response=" S "\r",
		"X\nA: b\nAuthorization: Digest response=" S "\n\n",
		"\x01\xff" "Authorization: Digest response=" S,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		hides(texts[i]);
}

static void broken_digest_hides_everything(void **state)
{
	static const char *const texts[] = {
		"Authorization: Digest username=\"bob, response=\"" S "\"",
		"Authorization: Digest username=\"bob, response=" S,
		"Authorization: Digest username=\"bob, response = " S "\"",
		"Authorization: Digest username=\"bob\" response=\"" S "\"",
		"Authorization: Digest username=bob response=" S,
		"Authorization: Digest nonce=\"x\"response=\"" S "\"",
		"Authorization: Digest nonce=\"" S,
		"Authorization: Digest nonce=\"" S "\\",
		"Authorization: Digest " S,
		"Authorization: Digest =" S,
		"Authorization: Digest nc=1; response=" S,
		"Authorization: Digest realm=a\"b\", response=\"" S "\"",
		"Authorization: Digest nc=1, Digest response=" S,
		"Authorization: Digest username=response=" S,
		"Authorization Digest response=" S,
		"Authorization Digest uri=\"sip:x\", response=" S,
		"Authorization; Digest response=" S "\r\nA: b",
		"A: b\rAuthorization: Digest response=" S "\r\nC: d\r\n",
		"Authorization: Digest nc=1,\rresponse=" S "\r\nC: d\r\n",
		"Authorization: Digest nc=\"1\r\", response=" S "\r\nC: d\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		hides(texts[i]);
}

static void other_schemes_hide_all_they_have(void **state)
{
	(void)state;
	becomes("Authorization: Basic dXNlcjpwYXNz\r\nA: b\r\n",
		"Authorization: Basic ************\r\nA: b\r\n");
	becomes("Authorization: Bearer a.b.c\r\n d",
		"Authorization: Bearer *****\r\n *");
	hides("Authorization: " S);
	hides("Authorization:" S "\r\nA: b");
	hides("Authorization: Digest-" S " x=1");
	hides("Authorization: NTLM username=\"" S "\"");
	stays("Authorization:\r\nA: b\r\n");
	stays("Authorization:");
}

static void authentication_info_hides_its_hashes(void **state)
{
	(void)state;
	becomes("Authentication-Info: nextnonce=\"" S "\", qop=auth, "
		"rspauth=\"" S "\", cnonce=\"" S "\", nc=00000001\r\n",
		"Authentication-Info: nextnonce=\"*******\", qop=auth, "
		"rspauth=\"*******\", cnonce=\"*******\", nc=00000001\r\n");
	hides("proxy-authentication-info:\r\n\tnextnonce=" S);
	hides("Authentication-Info: qop=\"auth, nextnonce=\"" S "\"");
	hides("Authentication-Info: " S);
}

static void challenges_and_other_headers_stay(void **state)
{
	(void)state;
	stays("SIP/2.0 401 Unauthorized\r\n"
	      "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;rport\r\n"
	      "WWW-Authenticate: Digest realm=\"a\", nonce=\"response=1\"\r\n"
	      "To: \"Bob: the one\" <sip:bob@[2001:db8::1]:5060>;tag=1\r\n"
	      "Supported: 100rel\r\nk: timer\r\nCrypto-Agile\r\n\r\n"
	      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
	      "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n");
	stays("");
	stays("\r\n\r\n");
	stays(":");
}

static void sdp_keys_are_hidden(void **state)
{
	(void)state;
	becomes("v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" S
		"|2^20|1:4\r\na=sendrecv\r\n",
		"v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*******"
		"*********\r\na=sendrecv\r\n");
	hides("v=0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline: " S "\n");
	hides("A=CRYPTO:1 AES_CM_128_HMAC_SHA1_80 INLINE:" S);
	hides("a = crypto : 1\tAES_CM_128_HMAC_SHA1_80\tinline:" S);
	hides("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a;inline:" S);
	hides("a=crypto:" S);
	hides("a=crypto:1 " S);
	hides("a=crypto:1 inline:" S);
	hides("a=crypto:1 AES_CM_128_HMAC_SHA1_80 " S);
	hides("a=crypto 1 AES_CM_128_HMAC_SHA1_80 inline:" S);
	hides("a=key-mgmt:mikey " S);
	hides("a=ice-pwd:" S);
	hides("k=clear:" S);
	hides("k=" S);
	hides("K = base64:" S);
	stays("k=");
}

static void passwords_in_uris_are_hidden(void **state)
{
	(void)state;
	becomes("INVITE sip:bob:" S "@192.0.2.9:5060 SIP/2.0\r\n",
		"INVITE sip:bob:*******@192.0.2.9:5060 SIP/2.0\r\n");
	becomes("Contact: <SIPS:bob:" S "@h>, sip:al:" S "@h;x=1\r\n",
		"Contact: <SIPS:bob:*******@h>, sip:al:*******@h;x=1\r\n");
	becomes("Alert-Info: <http://u:" S "@h:80/a>",
		"Alert-Info: <http://u:*******@h:80/a>");
	hides("f: sip:bob:" S "@" S "@h");
	hides("t: \"sip:bob:" S "@h\"");
	hides("x: sip:bob:" S "@h");
	hides("Refer-To: <sip:a@b;to=sip:c:" S "@d>");
	stays("INVITE sip:192.0.2.9:5060;transport=tcp SIP/2.0\r\n"
	      "Route: <sip:h:5060;lr>, <sip:a@h:5060;lr>\r\n"
	      "To: sip:bob@h:5060\r\nFrom: bob:x@h\r\nA: sip:\r\n");
}

static void binary_is_taken(void **state)
{
	static const char text[] =
		"A\0B: c\r\nAuthorization: Digest\0 response=" S "\r\n\0k=a";
	char *r = redacted(text, sizeof(text) - 1);

	(void)state;
	assert_null(memmem(r, sizeof(text) - 1, S, strlen(S)));
	assert_memory_equal(r, text, 10);
}

/* Cut anywhere, and each byte turned into each odd one.                       */
static void secrets_are_hidden_however_the_message_is_cut(void **state)
{
	static const char text[] =
		"REGISTER sip:h SIP/2.0\r\nAuthorization: Digest "
		"username=\"b\", response=\"" S S "\", nc=1\r\n\r\n"
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" S S "\r\n";
	size_t len = sizeof(text) - 1;

	(void)state;
	for (size_t n = 0; n <= len; n++)
		assert_null(strstr(redacted(text, n), S));
}

static void broken_anywhere_inside_it_the_header_is_hidden(void **state)
{
	static const char odd[] = "\"\\,;= \tx\xff\x01";
	char text[] = "B x\r\nAuthorization: Digest username=\"bob\", "
		      "realm=\"a\", response=\"" S S "\", nc=00000001\r\n\r\n";
	size_t from = (size_t)(strstr(text, "Digest") + 7 - text);
	size_t to = (size_t)(strstr(text, S) - text);

	(void)state;
	for (size_t at = from; at < to; at++)
		for (size_t i = 0; odd[i]; i++) {
			char kept = text[at];

			text[at] = odd[i];
			/* "username" itself may become another's name.        */
			if (strstr(redacted(text, strlen(text)), S))
				fail_msg("stays: %s", text);
			text[at] = kept;
		}
}

/* Not more than in proportion to the length, whatever stands there: minutes, if
 * it were in proportion to its square.                                        */
static void long_rows_of_anything_take_no_time(void **state)
{
	/* ThreadSanitizer looks at all of what memchr() may search, however
	 * soon it finds: there it is the square, and none of ours.           */
#ifdef __SANITIZE_THREAD__
	static char text[64 << 10];
#else
	static char text[4 << 20];
#endif
	static const char *const parts[] = {
		"sip:", "sip:@", "sip:x:@", "a:", "//:", "response=", "\r",
		"k=\r", "authorization:\r", "authorization: x\r\n", "\n ",
		"authorization:a=\"response\",\r\n ",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t n = strlen(parts[i]);

		for (size_t at = 0; at < sizeof(text); at++)
			text[at] = parts[i][at % n];
		trace_redact(text, sizeof(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_keeps_what_is_harmless),
		cmocka_unit_test(digest_is_read_in_every_spelling),
		cmocka_unit_test(broken_digest_hides_everything),
		cmocka_unit_test(other_schemes_hide_all_they_have),
		cmocka_unit_test(authentication_info_hides_its_hashes),
		cmocka_unit_test(challenges_and_other_headers_stay),
		cmocka_unit_test(sdp_keys_are_hidden),
		cmocka_unit_test(passwords_in_uris_are_hidden),
		cmocka_unit_test(binary_is_taken),
		cmocka_unit_test(secrets_are_hidden_however_the_message_is_cut),
		cmocka_unit_test(
			broken_anywhere_inside_it_the_header_is_hidden),
		cmocka_unit_test(long_rows_of_anything_take_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
