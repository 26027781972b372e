/*
 * test_addr.c - addresses and ports: parsing, comparing, printing.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "base/str.h"

static struct addr at(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text, 0), 0);
	return a;
}

static void prints(const char *text, uint16_t port, const char *expected)
{
	char dst[ADDR_TEXT_LEN];
	struct addr a;

	assert_int_equal(addr_parse(&a, text, port), 0);
	addr_text(&a, dst);
	assert_string_equal(dst, expected);
}

static void addr_parse_takes_ip_and_port(void **state)
{
	(void)state;
	prints("192.0.2.1:5061", 5060, "192.0.2.1:5061");
	prints("192.0.2.1", 5060, "192.0.2.1:5060");
	prints("[2001:db8::1]:80", 5060, "[2001:db8::1]:80");
	prints("[2001:db8::1]", 5060, "[2001:db8::1]:5060");
	prints("2001:DB8::1", 5060, "[2001:db8::1]:5060");
	prints("::", 0, "[::]:0");
	prints("127.0.0.1:0", 5060, "127.0.0.1:0");
	prints("127.0.0.1:65535", 5060, "127.0.0.1:65535");
}

static void addr_parse_refuses_all_else(void **state)
{
	static const char *const bad[] = {
		"", ":", "127.1", "127.0.0.01", "0x7f.0.0.1", "2130706433",
		"127.0.0.1.", "127.0.0.1 ", " 127.0.0.1", "127.0.0.256",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
		"127.0.0.1:+1", "127.0.0.1:80x", "127.0.0.1:000080",
		"[127.0.0.1]", "[127.0.0.1]:80", "[::1", "::1]", "[::1]80",
		"[::1]:", "[]", "fe80::1%lo", "[fe80::1%1]:80", "1::2::3",
		"example.org", "localhost:80", "1:2:3:4:5:6:7:8:9",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
	};
	struct addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(addr_parse(&a, bad[i], 1), -EINVAL);
		assert_int_equal(addr_parse_ip(&a, bad[i], 1), -EINVAL);
	}
	assert_int_equal(addr_parse_ip(&a, "127.0.0.1:80", 1), -EINVAL);
	assert_int_equal(addr_parse_ip(&a, "[::1]:80", 1), -EINVAL);
}

static void addr_prints_ip_and_host(void **state)
{
	char dst[ADDR_TEXT_LEN];
	struct addr a = at("[2001:db8::1]:80");

	(void)state;
	addr_ip_text(&a, dst);
	assert_string_equal(dst, "2001:db8::1");
	addr_host_text(&a, dst);
	assert_string_equal(dst, "[2001:db8::1]");
	a = at("192.0.2.1:80");
	addr_host_text(&a, dst);
	assert_string_equal(dst, "192.0.2.1");
	memset(&a, 0, sizeof(a));
	addr_ip_text(&a, dst);
	assert_string_equal(dst, "");
}

static void addr_prints_the_longest_address(void **state)
{
	static const char text[] =
		"[1111:2222:3333:4444:5555:6666:7777:8888]:65535";

	(void)state;
	prints(text, 0, text);
	prints("::ffff:192.0.2.1", 65535, "[::ffff:192.0.2.1]:65535");
}

static void addr_equal_counts_the_port_and_same_ip_does_not(void **state)
{
	struct addr a = at("192.0.2.1:1"), b = at("192.0.2.1:2");
	struct addr c = at("192.0.2.2:1"), d = at("[::1]:1");

	(void)state;
	assert_true(addr_equal(&a, &a));
	assert_false(addr_equal(&a, &b));
	assert_true(addr_same_ip(&a, &b));
	assert_false(addr_same_ip(&a, &c));
	assert_false(addr_same_ip(&a, &d));
	assert_true(addr_equal(&d, &d));
	addr_set_port(&b, 1);
	assert_true(addr_equal(&a, &b));
}

static void addr_mapped_equals_its_ipv4(void **state)
{
	struct addr a = at("192.0.2.1:1"), m = at("[::ffff:192.0.2.1]:1");

	(void)state;
	assert_true(addr_equal(&a, &m));
	addr_unmap(&m);
	assert_int_equal(m.sa.sa_family, AF_INET);
	assert_int_equal(addr_port(&m), 1);
	assert_int_equal(addr_len(&m), sizeof(struct sockaddr_in));
	m.sa.sa_family = AF_INET6;
	assert_int_equal(addr_len(&m),
			 sizeof(struct sockaddr_in6));
}

static void addr_local_for_loopback_is_loopback(void **state)
{
	struct addr to = at("127.0.0.1:9"), local;

	(void)state;
	assert_int_equal(addr_local_for(&local, &to), 0);
	assert_true(addr_is_loopback(&local));
	assert_int_equal(addr_port(&local), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addr_parse_takes_ip_and_port),
		cmocka_unit_test(addr_parse_refuses_all_else),
		cmocka_unit_test(addr_prints_ip_and_host),
		cmocka_unit_test(addr_prints_the_longest_address),
		cmocka_unit_test(
			addr_equal_counts_the_port_and_same_ip_does_not),
		cmocka_unit_test(addr_mapped_equals_its_ipv4),
		cmocka_unit_test(addr_local_for_loopback_is_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
