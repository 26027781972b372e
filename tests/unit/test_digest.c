/*
 * test_digest.c - answers to digest challenges.
 * Needs: core/sip/digest.c challenge.c; core/base/buf.c random.c str.c; crypto.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sip/digest.h"

#define NONCE_2617 "dcd98b7102dd2f0e8b11d0f600bfb0c093"
#define NONCE_7616 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE_7616 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

static const struct sip_account mufasa = {
	.username = "Mufasa", .password = "Circle of Life",
};
static const struct sip_account bob = {
	.username = "bob", .password = "zanzibar",
};

static struct digest_texts texts;

static void parse(struct digest_challenge *c, const char *value)
{
	assert_int_equal(digest_parse(c, &texts, value, false), 0);
}

/* ---- published values ---------------------------------------------------- */

static struct digest_session session(enum digest_algorithm algorithm,
				     const char *realm, const char *nonce,
				     const char *cnonce)
{
	struct digest_session s = { .nc = 1 };

	s.challenge.algorithm = algorithm;
	s.challenge.qop_auth = true;
	s.challenge.realm = realm;
	s.challenge.nonce = nonce;
	assert_int_equal(str_copy(s.cnonce, sizeof(s.cnonce), cnonce), 0);
	return s;
}

static void assert_response(const struct digest_session *s,
			    const struct sip_account *account,
			    const struct digest_request *req,
			    const char *expected)
{
	char response[DIGEST_HEX];

	assert_int_equal(digest_response(response, s, account, req), 0);
	assert_string_equal(response, expected);
}

static const struct digest_request get = {
	.method = "GET", .uri = "/dir/index.html",
};

static void response_equals_rfc_2617_3_5(void **state)
{
	static const struct sip_account account = {
		.username = "Mufasa", .password = "Circle Of Life",
	};
	struct digest_session s = session(DIGEST_MD5, "testrealm@host.com",
					  NONCE_2617, "0a4f113b");

	(void)state;
	assert_response(&s, &account, &get, "6629fae49393a05397450978507c4ef1");
}

static void response_without_qop_equals_rfc_2069(void **state)
{
	static const struct sip_account account = {
		.username = "Mufasa", .password = "CircleOfLife",
	};
	struct digest_session s = session(DIGEST_MD5, "testrealm@host.com",
					  NONCE_2617, "");

	(void)state;
	s.challenge.qop_auth = false;
	assert_response(&s, &account, &get, "1949323746fe6a43ef61f9606e7febea");
}

static void response_equals_rfc_7616_3_9_1(void **state)
{
	struct digest_session s = session(DIGEST_MD5, "http-auth@example.org",
					  NONCE_7616, CNONCE_7616);

	(void)state;
	assert_response(&s, &mufasa, &get, "8ca523f5e9506fed4657c9700eebdbec");
	s.challenge.algorithm = DIGEST_SHA256;
	assert_response(&s, &mufasa, &get, "753927fa0e85d155564e2e272a28d1802c"
					   "a10daf4496794697cf8db5856cb6c1");
}

/* draft-smith-sipping-auth-examples-01, 3.1 to 3.6. */
static void response_equals_the_sip_examples(void **state)
{
	static const char sdp[] = "v=0\r\n"
		"o=bob 2890844526 2890844526 IN IP4 media.biloxi.com\r\n"
		"s=-\r\nc=IN IP4 media.biloxi.com\r\nt=0 0\r\n"
		"m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
		"m=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
		"m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n";
	const struct digest_request invite = {
		.method = "INVITE", .uri = "sip:bob@biloxi.com",
		.body = sdp, .body_len = sizeof(sdp) - 1,
	};
	struct digest_session s = session(DIGEST_MD5, "biloxi.com", NONCE_2617,
					  "0a4f113b");

	(void)state;
	assert_response(&s, &bob, &invite, "89eb0059246c02b2f6ee02c7961d5ea3");
	s.challenge.algorithm = DIGEST_MD5_SESS;
	assert_response(&s, &bob, &invite, "e4e4ea61d186d07a92c9e1f6919902e9");
	s.challenge.algorithm = DIGEST_MD5;
	s.challenge.qop_auth = false;
	assert_response(&s, &bob, &invite, "bf57e4e0d0bffc0fbaedce64d59add5e");
	s.challenge.qop_auth_int = true;
	assert_response(&s, &bob, &invite, "bdbeebb2da6adb6bca02599c2239e192");
	s.challenge.algorithm = DIGEST_MD5_SESS;
	assert_response(&s, &bob, &invite, "91984da2d8663716e91554859c22ca70");
}

/* ---- answers ------------------------------------------------------------- */

static const struct digest_request reg = {
	.method = "REGISTER", .uri = "sip:registrar.biloxi.com",
};

static int answer(struct digest_session *s, const struct sip_account *account,
		  struct buf *out)
{
	static struct random random;

	if (!random.fill)
		random_seeded(&random, 7);
	buf_init(out, 4096);
	return digest_answer(s, account, &reg, &random, out);
}

static void answer_holds_all_that_the_challenge_asks(void **state)
{
	struct digest_session s = { .nc = 0 };
	char response[DIGEST_HEX], expected[1024];
	struct buf out;

	(void)state;
	parse(&s.challenge, "Digest realm=\"r \\\"q\\\"\", nonce=\"n\", "
	      "opaque=\"o\\\"p\", algorithm=SHA-256, qop=\"auth-int,auth\"");
	assert_int_equal(answer(&s, &bob, &out), 0);
	assert_int_equal(strlen(s.cnonce), 32);
	assert_int_equal(digest_response(response, &s, &bob, &reg), 0);
	snprintf(expected, sizeof(expected), "Digest username=\"bob\", "
		 "realm=\"r \\\"q\\\"\", nonce=\"n\", "
		 "uri=\"sip:registrar.biloxi.com\", response=\"%s\", "
		 "algorithm=SHA-256, cnonce=\"%s\", opaque=\"o\\\"p\", "
		 "qop=auth, nc=00000001", response, s.cnonce);
	assert_string_equal(out.data, expected);
	buf_deinit(&out);
}

static void answer_without_qop_has_neither_nc_nor_cnonce(void **state)
{
	struct digest_session s = { .nc = 0 };
	struct buf out;

	(void)state;
	parse(&s.challenge, "Digest realm=\"r\", nonce=\"n\"");
	assert_int_equal(answer(&s, &bob, &out), 0);
	assert_null(strstr(out.data, "nc="));
	assert_null(strstr(out.data, "qop"));
	assert_null(strstr(out.data, "cnonce"));
	assert_null(strstr(out.data, "algorithm"));
	assert_null(strstr(out.data, "opaque"));
	buf_deinit(&out);
}

static void answer_counts_the_uses_of_a_nonce(void **state)
{
	struct digest_session s = { .nc = 0 };
	char first[48];
	struct buf out;

	(void)state;
	parse(&s.challenge, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
	assert_int_equal(answer(&s, &bob, &out), 0);
	assert_non_null(strstr(out.data, "nc=00000001"));
	buf_deinit(&out);
	str_copy(first, sizeof(first), s.cnonce);
	assert_int_equal(answer(&s, &bob, &out), 0);
	assert_non_null(strstr(out.data, "nc=00000002"));
	assert_string_not_equal(first, s.cnonce);
	buf_deinit(&out);
}

static void answer_of_a_session_keeps_its_cnonce(void **state)
{
	struct digest_session s = { .nc = 0 };
	char first[48];
	struct buf out;

	(void)state;
	parse(&s.challenge, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", "
			    "algorithm=SHA-256-sess");
	assert_int_equal(answer(&s, &bob, &out), 0);
	buf_deinit(&out);
	str_copy(first, sizeof(first), s.cnonce);
	assert_int_equal(answer(&s, &bob, &out), 0);
	assert_string_equal(first, s.cnonce);
	buf_deinit(&out);
}

static void answer_quotes_a_strange_user_name(void **state)
{
	static const struct sip_account odd = {
		.username = "b\"o\\b@biloxi.com", .password = "p",
	};
	struct digest_session s = { .nc = 0 };
	struct buf out;

	(void)state;
	parse(&s.challenge, "Digest realm=\"r\", nonce=\"n\"");
	assert_int_equal(answer(&s, &odd, &out), 0);
	assert_non_null(strstr(out.data,
			       "username=\"b\\\"o\\\\b@biloxi.com\","));
	buf_deinit(&out);
}

static void answer_needs_credentials(void **state)
{
	static const struct sip_account no_password = { .username = "bob" };
	static const struct sip_account no_name = { .password = "p" };
	struct digest_session s = { .nc = 0 };
	struct buf out;

	(void)state;
	parse(&s.challenge, "Digest realm=\"r\", nonce=\"n\"");
	assert_int_equal(answer(&s, &no_password, &out), -ENOENT);
	assert_int_equal(answer(&s, &no_name, &out), -ENOENT);
	assert_int_equal(answer(&s, NULL, &out), -ENOENT);
	assert_int_equal(s.nc, 0);
	assert_int_equal(out.len, 0);
}

static void answer_lets_no_line_break_through(void **state)
{
	static const struct sip_account evil = {
		.username = "bob\r\nEvil: 1", .password = "p",
	};
	struct digest_session s = { .nc = 0 };
	struct buf out;

	(void)state;
	parse(&s.challenge, "Digest realm=\"r\", nonce=\"n\"");
	assert_int_equal(answer(&s, &evil, &out), -EINVAL);
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(response_equals_rfc_2617_3_5),
		cmocka_unit_test(response_without_qop_equals_rfc_2069),
		cmocka_unit_test(response_equals_rfc_7616_3_9_1),
		cmocka_unit_test(response_equals_the_sip_examples),
		cmocka_unit_test(answer_holds_all_that_the_challenge_asks),
		cmocka_unit_test(answer_without_qop_has_neither_nc_nor_cnonce),
		cmocka_unit_test(answer_counts_the_uses_of_a_nonce),
		cmocka_unit_test(answer_of_a_session_keeps_its_cnonce),
		cmocka_unit_test(answer_quotes_a_strange_user_name),
		cmocka_unit_test(answer_needs_credentials),
		cmocka_unit_test(answer_lets_no_line_break_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
