/*
 * test_allow.c - lists of hosts and networks.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "base/allow.h"
#include "base/str.h"

static struct addr at(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text, 0), 0);
	return a;
}

static bool allowed(const char *entry, const char *host, const char *address)
{
	struct addr addr = at(address);
	struct allow a;

	assert_int_equal(allow_parse(&a, entry), 0);
	return allow_has(&a, 1, host, &addr);
}

static void allow_has_networks_and_addresses(void **state)
{
	(void)state;
	assert_true(allowed("10.0.0.0/8", NULL, "10.1.1.1:80"));
	assert_false(allowed("10.0.0.0/8", "10.0.0.1", "11.1.1.1:80"));
	assert_true(allowed("192.0.2.7:8080", "x", "192.0.2.7:8080"));
	assert_false(allowed("192.0.2.7:8080", "x", "192.0.2.7:80"));
}

static void allow_has_names_in_any_case(void **state)
{
	(void)state;
	assert_true(allowed("Media.Example.org", "media.example.ORG",
			    "10.0.0.1:80"));
	assert_true(allowed("media.example.org:80", "media.example.org",
			    "10.0.0.1:80"));
	assert_false(allowed("media.example.org:80", "media.example.org",
			     "10.0.0.1:81"));
	assert_false(allowed("example.org", "media.example.org",
			     "10.0.0.1:80"));
	assert_false(allowed("example.org", NULL, "10.0.0.1:80"));
}

static void allow_of_nothing_has_nothing(void **state)
{
	struct addr a = at("127.0.0.1:80");

	(void)state;
	assert_false(allow_has(NULL, 0, "localhost", &a));
}

static void allow_parse_refuses_nonsense(void **state)
{
	static const char *const bad[] = {
		"", "a b", "10.0.0.0/40", "host:", "host:0", "host:99999",
		"http://host", "host/24", "2130706433", "user@host",
	};
	struct allow a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(allow_parse(&a, bad[i]), -EINVAL);
}

static void host_port_parse_splits(void **state)
{
	char host[ALLOW_HOST_LEN];
	uint16_t port;

	(void)state;
	assert_int_equal(host_port_parse(host, &port, "example.org"), 0);
	assert_string_equal(host, "example.org");
	assert_int_equal(port, 0);
	assert_int_equal(host_port_parse(host, &port, "example.org:5070"), 0);
	assert_string_equal(host, "example.org");
	assert_int_equal(port, 5070);
	assert_int_equal(host_port_parse(host, &port, "192.0.2.1:5070"), 0);
	assert_string_equal(host, "192.0.2.1");
	assert_int_equal(port, 5070);
	assert_int_equal(host_port_parse(host, &port, "::1"), 0);
	assert_string_equal(host, "[::1]");
	assert_int_equal(port, 0);
	assert_int_equal(host_port_parse(host, &port, "[::1]:5070"), 0);
	assert_string_equal(host, "[::1]");
	assert_int_equal(port, 5070);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allow_has_networks_and_addresses),
		cmocka_unit_test(allow_has_names_in_any_case),
		cmocka_unit_test(allow_of_nothing_has_nothing),
		cmocka_unit_test(allow_parse_refuses_nonsense),
		cmocka_unit_test(host_port_parse_splits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
