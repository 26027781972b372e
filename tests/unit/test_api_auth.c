/*
 * test_api_auth.c - API keys: hashes, scopes, verdicts.
 *
 * Needs api/auth.c api/sha256.c.
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

#include "../../api/auth.h"
#include "../../api/sha256.h"

/* SHA-256 of "abc" (FIPS 180-4, appendix).                                   */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void hex(char out[65], const uint8_t hash[SHA256_LEN])
{
	size_t i;

	for (i = 0; i < SHA256_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static void sha256_gives_the_published_digests(void **state)
{
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklm"
				  "klmnlmnomnopnopq";
	uint8_t hash[SHA256_LEN];
	struct sha256 s;
	char text[65];
	int i;

	(void)state;
	sha256_of("abc", 3, hash);
	hex(text, hash);
	assert_string_equal(text, ABC);
	sha256_of("", 0, hash);
	hex(text, hash);
	assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e464"
			    "9b934ca495991b7852b855");
	sha256_of(two, sizeof(two) - 1, hash);
	hex(text, hash);
	assert_string_equal(text, "248d6a61d20638b8e5c026930c3e6039a33ce45964"
			    "ff2167f6ecedd419db06c1");
	sha256_init(&s);
	for (i = 0; i < 1000000; i++)
		sha256_add(&s, "a", 1);
	sha256_end(&s, hash);
	hex(text, hash);
	assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a4"
			    "97200e046d39ccc7112cd0");
}

static void without_keys_everybody_may_do_everything(void **state)
{
	struct auth *a = auth_new();
	unsigned int scopes, key;

	(void)state;
	assert_false(auth_has_keys(a));
	assert_int_equal(auth_check(a, NULL, &scopes, &key), AUTH_OK);
	assert_int_equal(scopes, AUTH_ALL);
	auth_free(a);
}

static void a_key_opens_by_secret_and_by_hash(void **state)
{
	struct auth *a = auth_new();
	unsigned int scopes, key, other;
	char why[128];

	(void)state;
	assert_int_equal(auth_add(a, "sha256:" ABC " read,call", why,
				  sizeof(why)), 0);
	assert_int_equal(auth_add(a, "s3cret", why, sizeof(why)), 0);
	assert_int_equal(auth_check(a, "Bearer abc", &scopes, &key), AUTH_OK);
	assert_int_equal(scopes, AUTH_READ | AUTH_CALL);
	assert_int_equal(auth_check(a, "bearer  s3cret ", &scopes, &other),
			 AUTH_OK);
	assert_int_equal(scopes, AUTH_ALL);
	assert_int_not_equal(key, other);
	auth_free(a);
}

static void a_wrong_key_has_no_scope(void **state)
{
	static const char *const wrong[] = {
		"Bearer s3cre", "Bearer s3crett", "Bearer ", "Bearer s3cret x",
		"Bearer sha256:" ABC, "Bearer " ABC, NULL,
	};
	struct auth *a = auth_new();
	unsigned int scopes, key;
	char why[128];
	size_t i;

	(void)state;
	auth_add(a, "s3cret", why, sizeof(why));
	auth_add(a, "sha256:" ABC, why, sizeof(why));
	for (i = 0; wrong[i]; i++) {
		assert_int_equal(auth_check(a, wrong[i], &scopes, &key),
				 AUTH_WRONG);
		assert_int_equal(scopes, 0);
	}
	assert_int_equal(auth_check(a, NULL, &scopes, &key), AUTH_MISSING);
	assert_int_equal(auth_check(a, "Basic czNjcmV0", &scopes, &key),
			 AUTH_MISSING);
	auth_free(a);
}

static void broken_keys_are_refused_without_being_shown(void **state)
{
	static const char *const broken[] = {
		"", " read", "hush root", "hush read,", "hush read;call",
		"hush ,", "sha256:12", "sha256:" ABC "0",
		"sha256:" "zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410"
		"ff61f20015ad", NULL,
	};
	struct auth *a = auth_new();
	char why[128];
	size_t i;

	(void)state;
	for (i = 0; broken[i]; i++) {
		assert_int_equal(auth_add(a, broken[i], why, sizeof(why)),
				 -EINVAL);
		assert_null(strstr(why, "hush"));
	}
	assert_false(auth_has_keys(a));
	auth_free(a);
}

static void admin_includes_the_others(void **state)
{
	struct auth *a = auth_new();
	unsigned int scopes, key;
	char why[128];

	(void)state;
	assert_int_equal(auth_add(a, "k admin", why, sizeof(why)), 0);
	assert_int_equal(auth_check(a, "Bearer k", &scopes, &key), AUTH_OK);
	assert_int_equal(scopes, AUTH_ALL);
	auth_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_published_digests),
		cmocka_unit_test(without_keys_everybody_may_do_everything),
		cmocka_unit_test(a_key_opens_by_secret_and_by_hash),
		cmocka_unit_test(a_wrong_key_has_no_scope),
		cmocka_unit_test(broken_keys_are_refused_without_being_shown),
		cmocka_unit_test(admin_includes_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
