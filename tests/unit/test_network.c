/*
 * test_network.c - which addresses are private, special, or in a network.
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

#include "base/addr.h"
#include "base/str.h"

static struct addr at(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text, 0), 0);
	return a;
}

static void all_special(const char *const *list, bool expected)
{
	for (; *list; list++) {
		struct addr a = at(*list);

		if (addr_is_special(&a) != expected)
			fail_msg("%s is wrongly taken for %s", *list,
				 expected ? "global" : "special");
	}
}

static void addr_is_special_covers_ipv4(void **state)
{
	static const char *const special[] = {
		"0.0.0.0", "0.1.2.3", "0.255.255.255", "10.0.0.0",
		"10.255.255.255", "100.64.0.0", "100.127.255.255",
		"127.0.0.1", "127.255.255.255", "169.254.0.0",
		"169.254.169.254", "172.16.0.0", "172.31.255.255",
		"192.0.0.0", "192.0.0.255", "192.0.2.1", "192.88.99.1",
		"192.168.0.0", "192.168.255.255", "198.18.0.0",
		"198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
		"239.255.255.255", "240.0.0.0", "255.255.255.254",
		"255.255.255.255", NULL
	};

	(void)state;
	all_special(special, true);
}

static void addr_is_special_leaves_the_neighbours(void **state)
{
	static const char *const global[] = {
		"1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0",
		"100.63.255.255", "100.128.0.0", "126.255.255.255",
		"128.0.0.0", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "191.255.255.255",
		"192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0",
		"192.167.255.255", "192.169.0.0", "198.17.255.255",
		"198.20.0.0", "198.51.99.255", "198.51.101.0",
		"203.0.112.255", "203.0.114.0", "223.255.255.255",
		"2001:200::", "2001:4860:4860::8888", "2001:db7:ffff::",
		"2001:db9::", "2003::1", "2a00:1450::1", "2606:4700::1111",
		"3fff:1000::", "3ffe:ffff::1", NULL
	};

	(void)state;
	all_special(global, false);
}

static void addr_is_special_covers_ipv6(void **state)
{
	static const char *const special[] = {
		"::", "::1", "::2", "100::1", "2001::1", "2001:2::1",
		"2001:10::1", "2001:1ff:ffff::", "2001:db8::1",
		"2001:db8:ffff::1", "3fff::1", "3fff:fff:ffff::", "5f00::1",
		"fc00::1", "fd12::1", "fdff:ffff::1", "fe80::1", "febf::1",
		"fec0::1", "ff02::1", "ff0e::1", "4000::1", "1fff:ffff::1",
		"64:ff9b:1::1", NULL
	};

	(void)state;
	all_special(special, true);
}

static void addr_is_special_judges_ipv4_inside_ipv6(void **state)
{
	static const char *const special[] = {
		"::ffff:127.0.0.1", "::ffff:10.0.0.1",
		"::ffff:169.254.169.254", "::ffff:0.0.0.0",
		"::ffff:100.64.0.1", "64:ff9b::127.0.0.1",
		"64:ff9b::10.1.2.3", "2002:7f00:1::1", "2002:a00:1::",
		"2002:c0a8:101::1", "2002:a9fe:a9fe::", "::127.0.0.1",
		"::8.8.8.8", "2001:0:7f00:1::", NULL
	};
	static const char *const global[] = {
		"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", NULL
	};

	(void)state;
	all_special(special, true);
	all_special(global, false);
}

static void addr_is_special_distrusts_other_families(void **state)
{
	struct addr a;

	(void)state;
	memset(&a, 0, sizeof(a));
	a.sa.sa_family = AF_UNIX;
	assert_true(addr_is_special(&a));
	assert_false(addr_is_private(&a));
	assert_false(addr_is_loopback(&a));
	assert_false(addr_is_any(&a));
}

static void addr_is_private_means_own_networks(void **state)
{
	static const char *const yes[] = {
		"127.0.0.1", "10.2.2.22", "172.16.1.1", "192.168.1.1",
		"169.254.1.1", "::1", "fd00::1", "fe80::1",
		"::ffff:192.168.1.1",
	};
	static const char *const no[] = {
		"0.0.0.0", "8.8.8.8", "100.64.0.1", "192.0.2.1", "224.0.0.1",
		"255.255.255.255", "172.32.0.1", "::", "2001:db8::1",
		"ff02::1", "2002:a00:1::", "::ffff:8.8.8.8",
	};
	struct addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		a = at(yes[i]);
		assert_true(addr_is_private(&a));
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		a = at(no[i]);
		assert_false(addr_is_private(&a));
	}
}

static void addr_is_loopback_and_any_see_through_mapping(void **state)
{
	struct addr a = at("127.9.9.9"), b = at("::ffff:127.0.0.1");
	struct addr c = at("::1"), d = at("128.0.0.1");
	struct addr e = at("::ffff:0.0.0.0"), f = at("::"), g = at("0.0.0.0");

	(void)state;
	assert_true(addr_is_loopback(&a));
	assert_true(addr_is_loopback(&b));
	assert_true(addr_is_loopback(&c));
	assert_false(addr_is_loopback(&d));
	assert_false(addr_is_loopback(&f));
	assert_true(addr_is_any(&e));
	assert_true(addr_is_any(&f));
	assert_true(addr_is_any(&g));
	assert_false(addr_is_any(&c));
}

static bool has(const char *network, const char *address)
{
	struct network n;
	struct addr a = at(address);

	assert_int_equal(network_parse(&n, network), 0);
	return network_has(&n, &a);
}

static void network_has_what_is_in_it(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "10.255.0.1:80"));
	assert_true(has("10.1.2.3/8", "10.255.0.1"));
	assert_false(has("10.0.0.0/8", "11.0.0.0"));
	assert_true(has("192.0.2.128/25", "192.0.2.128"));
	assert_false(has("192.0.2.128/25", "192.0.2.127"));
	assert_true(has("0.0.0.0/0", "1.2.3.4"));
	assert_false(has("0.0.0.0/0", "::1"));
	assert_true(has("fd00::/8", "fdff::1"));
	assert_false(has("fd00::/8", "fe80::1"));
	assert_true(has("::/0", "2001:db8::1"));
	assert_true(has("2001:db8::1/128", "2001:db8::1"));
	assert_false(has("2001:db8::1/128", "2001:db8::2"));
	assert_true(has("192.0.2.7", "192.0.2.7:99"));
}

static void network_with_port_wants_the_port(void **state)
{
	(void)state;
	assert_true(has("192.0.2.7:8080", "192.0.2.7:8080"));
	assert_false(has("192.0.2.7:8080", "192.0.2.7:8081"));
	assert_true(has("[::1]:80", "[::1]:80"));
	assert_false(has("[::1]:80", "[::1]:81"));
}

static void network_sees_through_mapping(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "::ffff:10.0.0.1"));
	assert_true(has("::ffff:10.0.0.0/104", "10.0.0.1"));
	assert_false(has("::ffff:10.0.0.0/104", "11.0.0.1"));
	assert_true(has("::ffff:10.0.0.1", "10.0.0.1"));
	assert_false(has("::/0", "::ffff:10.0.0.1"));
}

static void network_parse_refuses_nonsense(void **state)
{
	static const char *const bad[] = {
		"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
		"10.0.0.0/8x", "fd00::/129", "10/8", "example.org",
		"192.0.2.7:0", "10.0.0.0/8:80", "192.0.2.1:80/8",
		"10.0.0.0/008 ",
	};
	struct network n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(network_parse(&n, bad[i]), -EINVAL);
}

static void host_is_valid_takes_names_and_literals(void **state)
{
	static const char *const good[] = {
		"a", "example.org", "sip.carrier1.com", "1and1.com", "x-y.z",
		"A.B", "3com", "192.0.2.1", "::1", "[::1]", "a.1b",
		"xn--mller-kva.de",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(host_is_valid(good[i]));
}

static void host_is_valid_refuses_tricks(void **state)
{
	static const char *const bad[] = {
		"", ".", "a.", ".a", "a..b", "-a", "a-", "a-.b", "a b", "a_b",
		"2130706433", "127.1", "0x7f000001", "127.0.0.0x1", "1.2.3.999",
		"a.1", "0x", "a\r\nb", "a@b", "a;b", "a/b", "[::1", "a:80",
		"\xc3\xa4.de", "%41", "a>b",
	};
	char label[66], name[260];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (host_is_valid(bad[i]))
			fail_msg("\"%s\" passed", bad[i]);
	memset(label, 'a', sizeof(label));
	label[63] = '\0';
	assert_true(host_is_valid(label));
	label[63] = 'a';
	label[64] = '\0';
	assert_false(host_is_valid(label));
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	name[253] = '\0';
	assert_true(host_is_valid(name));
	name[253] = '.';
	name[255] = '\0';
	assert_false(host_is_valid(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addr_is_special_covers_ipv4),
		cmocka_unit_test(addr_is_special_leaves_the_neighbours),
		cmocka_unit_test(addr_is_special_covers_ipv6),
		cmocka_unit_test(addr_is_special_judges_ipv4_inside_ipv6),
		cmocka_unit_test(addr_is_special_distrusts_other_families),
		cmocka_unit_test(addr_is_private_means_own_networks),
		cmocka_unit_test(addr_is_loopback_and_any_see_through_mapping),
		cmocka_unit_test(network_has_what_is_in_it),
		cmocka_unit_test(network_with_port_wants_the_port),
		cmocka_unit_test(network_sees_through_mapping),
		cmocka_unit_test(network_parse_refuses_nonsense),
		cmocka_unit_test(host_is_valid_takes_names_and_literals),
		cmocka_unit_test(host_is_valid_refuses_tricks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
