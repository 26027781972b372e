/* SPDX-License-Identifier: MIT */
/*
 * test_farend_digest.c - the far end checks digests as the RFCs say.
 * Sources: tools/farend/digest.c tools/farend/auth.c tools/farend/map.c
 *          tools/farend/txt.c
 * Libraries: cmocka, crypto, m
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../tools/farend/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct digest_request get = { "GET", "", 0 };
static const struct digest_request reg = { "REGISTER", "", 0 };

static void expect(const char *value, const char *password,
		   const struct digest_request *req, bool right)
{
	struct digest_creds c;
	char out[DIGEST_HEX];

	assert_true(digest_parse(&c, value));
	assert_true(digest_response(out, &c, password, req));
	assert_int_equal(!strcmp(out, c.response), right);
}

/* RFC 7616 3.9.1. */
static void digest_matches_rfc7616_md5_and_sha256(void **state)
{
	(void)state;
	expect("Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
	       "uri=\"/dir/index.html\", algorithm=MD5, "
	       "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
	       "nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemx"
	       "URZJ\", qop=auth, "
	       "response=\"8ca523f5e9506fed4657c9700eebdbec\", opaque=\""
	       "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
	       "Circle of Life", &get, true);
	expect("Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
	       "uri=\"/dir/index.html\", algorithm=SHA-256, "
	       "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
	       "nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemx"
	       "URZJ\", qop=auth, response=\"753927fa0e85d155564e2e272a28d180"
	       "2ca10daf4496794697cf8db5856cb6c1\"",
	       "Circle of Life", &get, true);
}

/* RFC 2617 3.5's numbers, and the same with a wrong password. */
static void digest_matches_rfc2617_and_refuses_others(void **state)
{
	static const char value[] = "Digest username=\"Mufasa\", "
		"realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f"
		"600bfb0c093\", uri=\"/dir/index.html\", qop=auth, "
		"nc=00000001, cnonce=\"0a4f113b\", "
		"response=\"6629fae49393a05397450978507c4ef1\"";

	(void)state;
	expect(value, "Circle Of Life", &get, true);
	expect(value, "circle of life", &get, false);
	expect(value, "Circle Of Life", &reg, false);
}

static void digest_covers_the_body_with_auth_int(void **state)
{
	static const struct digest_request a = { "INVITE", "v=0", 3 };
	static const struct digest_request b = { "INVITE", "v=1", 3 };
	struct digest_creds c;
	char one[DIGEST_HEX], two[DIGEST_HEX];

	(void)state;
	assert_true(digest_parse(&c, "Digest username=a,realm=r,nonce=n,"
				 "uri=\"sip:x\",qop=auth-int,nc=00000001,"
				 "cnonce=c,response=x"));
	assert_true(digest_response(one, &c, "p", &a));
	assert_true(digest_response(two, &c, "p", &b));
	assert_string_not_equal(one, two);
}

static void digest_parse_survives_nonsense(void **state)
{
	static const char *const wrong[] = { "", "Digest", "Digest ",
		"Basic abc", "Digest username", "Digest username=",
		"Digest username=\"a", "Digest username=\"a\\",
		"Digest =x", "Digest username=a,,", "Digest username=a b",
		"Digest username=a,username=b,nonce=c,uri=d,response=e" };
	struct digest_creds c;
	char *huge = malloc(70000);

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(digest_parse(&c, wrong[i]));
	assert_non_null(huge);
	memset(huge, 'a', 69999);
	huge[69999] = '\0';
	memcpy(huge, "Digest username=", 16);
	assert_false(digest_parse(&c, huge));
	free(huge);
	assert_true(digest_parse(&c, "digest username=\"a\\\"b\",nonce=n,"
				 "uri=u,response=r,x-new=\"1,2\""));
	assert_string_equal(c.username, "a\"b");
}

static void nc_is_eight_hex_digits(void **state)
{
	(void)state;
	assert_int_equal(digest_nc("00000001"), 1);
	assert_int_equal(digest_nc("0000000a"), 10);
	assert_int_equal(digest_nc("1"), -1);
	assert_int_equal(digest_nc("0000000g"), -1);
	assert_int_equal(digest_nc(""), -1);
}

/* What a client does with a challenge of ours. */
static void answer(char *out, size_t size, const char *nonce, int nc,
		   const char *password)
{
	struct digest_creds c = { .username = "alice", .realm = "farend",
		.uri = "sip:reg", .cnonce = "c", .qop = "auth" };
	char r[DIGEST_HEX];

	snprintf(c.nonce, sizeof(c.nonce), "%s", nonce);
	snprintf(c.nc, sizeof(c.nc), "%08x", (unsigned int)nc);
	assert_true(digest_response(r, &c, password, &reg));
	snprintf(out, size, "Digest username=\"alice\", realm=\"farend\", "
		 "nonce=\"%s\", uri=\"sip:reg\", response=\"%s\", cnonce=\"c\""
		 ", nc=%08x, qop=auth", nonce, r, (unsigned int)nc);
}

static void get_nonce(struct auth *a, char *out, size_t size)
{
	struct txt t = { 0 };
	char *p;

	auth_challenge(a, &t, false, false);
	p = strstr(t.p, "nonce=\"");
	assert_non_null(p);
	snprintf(out, size, "%.*s", (int)strcspn(p + 7, "\""), p + 7);
	txt_free(&t);
}

static void auth_wants_rising_counts_and_ends_nonces(void **state)
{
	struct user u = { "alice", "secret", NULL };
	struct options opt = { .users = &u, .n_users = 1, .realm = "farend",
		.offer_md5 = true, .qop = "auth", .nonce_uses = 2,
		.nonce_life_s = 300 };
	struct digest_creds c;
	struct auth a;
	char nonce[64], v[512];

	(void)state;
	assert_int_equal(auth_init(&a, &opt), 0);
	get_nonce(&a, nonce, sizeof(nonce));
	answer(v, sizeof(v), nonce, 1, "wrong");
	assert_int_equal(auth_check(&a, &c, v, "sip:reg", &reg),
			 AUTH_BAD_RESPONSE);
	answer(v, sizeof(v), nonce, 1, "secret");
	assert_int_equal(auth_check(&a, &c, v, "sip:other", &reg),
			 AUTH_BAD_URI);
	assert_int_equal(auth_check(&a, &c, v, "sip:reg", &reg), AUTH_OK);
	assert_int_equal(auth_check(&a, &c, v, "sip:reg", &reg),
			 AUTH_NC_REPLAY);
	answer(v, sizeof(v), nonce, 2, "secret");
	assert_int_equal(auth_check(&a, &c, v, "sip:reg", &reg), AUTH_OK);
	answer(v, sizeof(v), nonce, 3, "secret");
	assert_int_equal(auth_check(&a, &c, v, "sip:reg", &reg), AUTH_STALE);
	answer(v, sizeof(v), "madeup", 1, "secret");
	assert_int_equal(auth_check(&a, &c, v, "sip:reg", &reg),
			 AUTH_BAD_NONCE);
	assert_int_equal(auth_check(&a, &c, NULL, "sip:reg", &reg), AUTH_NONE);
	auth_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_matches_rfc7616_md5_and_sha256),
		cmocka_unit_test(digest_matches_rfc2617_and_refuses_others),
		cmocka_unit_test(digest_covers_the_body_with_auth_int),
		cmocka_unit_test(digest_parse_survives_nonsense),
		cmocka_unit_test(nc_is_eight_hex_digits),
		cmocka_unit_test(auth_wants_rising_counts_and_ends_nonces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
