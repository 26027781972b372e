/*
 * test_challenge.c - what is read from WWW- and Proxy-Authenticate.
 * Needs: core/sip/challenge.c; core/base/str.c.
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

static struct digest_texts texts;

static void parse(struct digest_challenge *c, const char *value)
{
	assert_int_equal(digest_parse(c, &texts, value, false), 0);
}

static int verdict(const char *value)
{
	struct digest_challenge c;

	return digest_parse(&c, &texts, value, false);
}

static void parse_reads_every_parameter(void **state)
{
	struct digest_challenge c;

	(void)state;
	assert_int_equal(digest_parse(&c, &texts, "Digest "
		"realm=\"atlanta.com\", "
		"domain=\"sip:ss1.carrier.com\", qop=\"auth,auth-int\", "
		"nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", opaque=\"5ccc\", "
		"stale=TRUE, algorithm=SHA-256", true), 0);
	assert_true(c.proxy);
	assert_string_equal(c.realm, "atlanta.com");
	assert_string_equal(c.nonce, "f84f1cec41e6cbe5aea9c8e88d359");
	assert_string_equal(c.opaque, "5ccc");
	assert_true(c.stale && c.qop_auth && c.qop_auth_int);
	assert_int_equal(c.algorithm, DIGEST_SHA256);
	assert_true(c.has_algorithm);
}

static void parse_defaults_to_md5_without_qop(void **state)
{
	struct digest_challenge c;

	(void)state;
	parse(&c, "Digest realm=\"r\", nonce=\"n\"");
	assert_int_equal(c.algorithm, DIGEST_MD5);
	assert_false(c.has_algorithm || c.qop_auth || c.qop_auth_int);
	assert_false(c.stale || c.proxy);
	assert_null(c.opaque);
}

static void parse_takes_any_order_space_and_case(void **state)
{
	struct digest_challenge c;

	(void)state;
	parse(&c, "\t dIgEsT\tNONCE = \"n\"\t,,\r\n ReAlM= \"r\" , "
		  "Algorithm=\"md5-SESS\",QOP=auth,");
	assert_string_equal(c.nonce, "n");
	assert_string_equal(c.realm, "r");
	assert_int_equal(c.algorithm, DIGEST_MD5_SESS);
	assert_true(c.qop_auth);
}

static void parse_unescapes_quoted_strings(void **state)
{
	struct digest_challenge c;

	(void)state;
	parse(&c, "Digest realm=\"a \\\"b\\\\, c=\\\"\", nonce=\"n\", "
		  "opaque=\"x\\y\"");
	assert_string_equal(c.realm, "a \"b\\, c=\"");
	assert_string_equal(c.opaque, "x\\y");
}

static void parse_passes_over_what_it_does_not_know(void **state)
{
	struct digest_challenge c;
	char value[4096];
	char filler[3000];

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	snprintf(value, sizeof(value), "Digest charset=UTF-8, userhash=false,"
		 "x=\"%s\", flag, realm=\"r\", nonce=\"n\", qop=\"token,auth\"",
		 filler);
	parse(&c, value);
	assert_true(c.qop_auth);
	assert_string_equal(c.realm, "r");
}

static void parse_takes_values_without_their_quotes(void **state)
{
	struct digest_challenge c;

	(void)state;
	parse(&c, "Digest realm=example.com, nonce=QUJD+/==, stale=\"true\"");
	assert_string_equal(c.realm, "example.com");
	assert_string_equal(c.nonce, "QUJD+/==");
	assert_true(c.stale);
}

static void parse_reads_only_the_first_of_two_challenges(void **state)
{
	struct digest_challenge c;

	(void)state;
	parse(&c, "Digest realm=\"a\", nonce=\"1\", Digest realm=\"b\", "
		  "nonce=\"2\"");
	assert_string_equal(c.realm, "a");
	assert_string_equal(c.nonce, "1");
}

static void parse_refuses_what_it_cannot_answer(void **state)
{
	(void)state;
	assert_int_equal(verdict("Basic realm=\"r\""), -ENOTSUP);
	assert_int_equal(verdict("Digest realm=\"r\",nonce=\"n\","
				 "algorithm=SHA-512-256"), -ENOTSUP);
	assert_int_equal(verdict("Digest realm=\"r\",nonce=\"n\","
				 "qop=\"auth-conf\""), -ENOTSUP);
}

static void parse_refuses_broken_text(void **state)
{
	static const char *const broken[] = {
		"", " ", "Digest", "Digest ", ",", "Digest,realm=\"r\"",
		"Digest realm=\"r\"", "Digest nonce=\"n\"",
		"Digest realm=\"r, nonce=\"n\"", "Digest realm=\"r\\",
		"Digest realm=\"r\\\", nonce=\"n\"",
		"Digest realm=\"r\" nonce=\"n\"",
		"Digest realm=, nonce=\"n\"",
		"Digest realm=\"r\", nonce=\"n\", realm=\"s\"",
		"Digest realm=\"r\", nonce=\"n\", nonce=\"m\"",
		"Digest realm=\"r\", nonce=\"n\", algorithm=MD5, algorithm=x",
		"Digest realm=\"r\r\nEvil: 1\", nonce=\"n\"",
		"Digest realm=\"r\", nonce=\"n\x01\"",
		"Digest realm=\"r\\\n\", nonce=\"n\"",
		"Digest realm=\"r\", nonce=\"n\", opaque=a\"b",
		"Digest realm=\"r\", nonce=\"n\", =x",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(broken); i++)
		assert_int_equal(verdict(broken[i]), -EBADMSG);
}

static void parse_refuses_values_that_do_not_fit(void **state)
{
	static const char *const names[] = { "realm", "nonce", "opaque" };
	char value[1024], filler[600];
	size_t i;

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	for (i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(value, sizeof(value), "Digest %s%s%s=\"%s\"",
			 i == 0 ? "" : "realm=\"r\",",
			 i == 1 ? "" : i == 2 ? "nonce=\"n\"," : "",
			 names[i], filler);
		assert_int_equal(verdict(value), -EBADMSG);
	}
}

static void parse_that_fails_leaves_the_challenge(void **state)
{
	struct digest_challenge c = { .realm = "old" };

	(void)state;
	assert_int_equal(digest_parse(&c, &texts, "Digest realm=\"new\"",
				      false), -EBADMSG);
	assert_string_equal(c.realm, "old");
}

static void unquote_takes_one_value(void **state)
{
	char dst[8];

	(void)state;
	assert_int_equal(digest_unquote(dst, sizeof(dst), " \"a\\\"b\" "), 0);
	assert_string_equal(dst, "a\"b");
	assert_int_equal(digest_unquote(dst, sizeof(dst), "abc=="), 0);
	assert_string_equal(dst, "abc==");
}

static void unquote_refuses_what_is_none(void **state)
{
	static const char *const broken[] = {
		"", "\"\"", "\"a", "a b", "\"a\" b", "\"a\r\nb\"",
		"12345678", "\"12345678\"",
	};
	char dst[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		assert_int_equal(digest_unquote(dst, sizeof(dst), broken[i]),
				 -EBADMSG);
}

static void offered(const char *value, const char *words)
{
	struct buf out;

	buf_init(&out, 256);
	digest_offer(&out, value);
	assert_string_equal(out.data, words);
	buf_deinit(&out);
}

static void what_was_offered_is_named(void **state)
{
	(void)state;
	offered("Basic realm=\"r\"", "Basic");
	offered("", "a scheme that cannot be read");
	offered("Digest realm=\"r\", nonce=\"n\", algorithm=\"AKAv1-MD5\"",
		"Digest AKAv1-MD5");
	offered("Digest realm=\"r\", nonce=\"n\", qop=\"auth-conf\"",
		"Digest with an unknown qop");
	offered("Digest realm=\"r\"", "Digest that cannot be read");
	offered("Digest realm=\"r\", nonce=\"n\", algorithm=\"\x1b[31m\"",
		"Digest that cannot be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_reads_every_parameter),
		cmocka_unit_test(parse_defaults_to_md5_without_qop),
		cmocka_unit_test(parse_takes_any_order_space_and_case),
		cmocka_unit_test(parse_unescapes_quoted_strings),
		cmocka_unit_test(parse_passes_over_what_it_does_not_know),
		cmocka_unit_test(parse_takes_values_without_their_quotes),
		cmocka_unit_test(parse_reads_only_the_first_of_two_challenges),
		cmocka_unit_test(parse_refuses_what_it_cannot_answer),
		cmocka_unit_test(parse_refuses_broken_text),
		cmocka_unit_test(parse_refuses_values_that_do_not_fit),
		cmocka_unit_test(parse_that_fails_leaves_the_challenge),
		cmocka_unit_test(what_was_offered_is_named),
		cmocka_unit_test(unquote_takes_one_value),
		cmocka_unit_test(unquote_refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
