/*
 * test_api_guard.c - where the API listens, and which Host and Origin it takes.
 *
 * Needs api/guard.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../../api/guard.h"

static char why[256];

static void listening_addresses_are_numeric_with_a_port(void **state)
{
	static const char *const bad[] = {
		"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
		"127.0.0.1:65536", "host.example:8080", "127.1:8080",
		"127.0.0.1:80,0.0.0.0:81", "127.0.0.1:80s", NULL,
	};
	struct guard g = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(guard_add_listen(&g, "127.0.0.1:8080", why,
					  sizeof(why)), 0);
	assert_int_equal(guard_add_listen(&g, "localhost:0", why,
					  sizeof(why)), 0);
	assert_true(guard_is_loopback(&g));
	assert_int_equal(guard_add_listen(&g, "*:80", why, sizeof(why)), 0);
	assert_false(guard_is_loopback(&g));
	assert_string_equal(g.listens[2].host, "0.0.0.0");
	for (i = 0; bad[i]; i++)
		assert_int_equal(guard_add_listen(&g, bad[i], why,
						  sizeof(why)), -EINVAL);
	assert_int_equal(guard_add_listen(&g, "[::1]:80", why, sizeof(why)),
			 -EAFNOSUPPORT);
	assert_non_null(strstr(why, "IPv6"));
}

static void host_must_name_us(void **state)
{
	struct guard g = { 0 };

	(void)state;
	guard_add_listen(&g, "127.0.0.1:8080", why, sizeof(why));
	guard_add_name(&g, "voice.example.com", why, sizeof(why));
	assert_true(guard_host(&g, "127.0.0.1:8080"));
	assert_true(guard_host(&g, "127.0.0.1"));
	assert_true(guard_host(&g, "LocalHost:9999"));
	assert_true(guard_host(&g, "Voice.Example.com"));
	assert_false(guard_host(&g, "evil.example"));
	assert_false(guard_host(&g, "127.0.0.1.evil.example"));
	assert_false(guard_host(&g, "10.0.0.1"));
	assert_false(guard_host(&g, "127.0.0.1@evil.example"));
	assert_false(guard_host(&g, "127.0.0.1:80x"));
	assert_false(guard_host(&g, ""));
	assert_false(guard_host(&g, "[::1"));
}

static void a_wildcard_takes_any_literal_but_no_name(void **state)
{
	struct guard g = { 0 };

	(void)state;
	guard_add_listen(&g, "0.0.0.0:8080", why, sizeof(why));
	assert_true(guard_host(&g, "192.0.2.7:8080"));
	assert_true(guard_host(&g, "[2001:db8::1]:8080"));
	assert_false(guard_host(&g, "evil.example:8080"));
}

static void origin_must_be_the_host(void **state)
{
	(void)state;
	assert_true(guard_origin(NULL, "a"));
	assert_true(guard_origin("http://localhost:8080", "localhost:8080"));
	assert_true(guard_origin("https://Voice.example", "voice.example"));
	assert_false(guard_origin("http://localhost:8081", "localhost:8080"));
	assert_false(guard_origin("http://evil.example", "localhost:8080"));
	assert_false(guard_origin("null", "localhost:8080"));
	assert_false(guard_origin("file://", "localhost:8080"));
	assert_false(guard_origin("", "localhost:8080"));
}

static void names_are_names(void **state)
{
	struct guard g = { 0 };

	(void)state;
	assert_int_equal(guard_add_name(&g, "http://a", why, sizeof(why)),
			 -EINVAL);
	assert_int_equal(guard_add_name(&g, "a:80", why, sizeof(why)),
			 -EINVAL);
	assert_int_equal(guard_add_name(&g, "", why, sizeof(why)), -EINVAL);
	assert_int_equal(guard_add_name(&g, "a.example", why, sizeof(why)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listening_addresses_are_numeric_with_a_port),
		cmocka_unit_test(host_must_name_us),
		cmocka_unit_test(a_wildcard_takes_any_literal_but_no_name),
		cmocka_unit_test(origin_must_be_the_host),
		cmocka_unit_test(names_are_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
