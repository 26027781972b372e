/*
 * test_ports.c - pairs of ports: even and odd, rested, none in use by others.
 * Needs: core/media/ports.c, core/base/addr.c, clock.c, random.c, str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "media/ports.h"

/* Below those of tests/flow, and of what the kernel gives out by itself. */
enum { FIRST = 7100, PAIRS = 4 };

static struct clock now;
static struct random seeded;
static struct addr local;

static int start(void **state)
{
	(void)state;
	clock_virtual(&now, S_NS, 0);
	random_seeded(&seeded, 3);
	return addr_parse_ip(&local, "127.0.0.1", 0);
}

static struct ports *new_ports(uint16_t min, uint16_t max)
{
	struct ports *p;

	assert_int_equal(ports_new(&p, &local, min, max, true, &now, &seeded),
			 0);
	return p;
}

static uint16_t bound_port(int fd)
{
	struct addr a;
	socklen_t len = sizeof(a);

	assert_int_equal(getsockname(fd, &a.sa, &len), 0);
	return addr_port(&a);
}

static void pair_is_even_and_the_odd_one_above(void **state)
{
	struct ports *p = new_ports(FIRST, FIRST + 2 * PAIRS - 1);
	struct port_pair pair;

	(void)state;
	assert_int_equal(ports_capacity(p), PAIRS);
	assert_int_equal(ports_open(p, &pair), 0);
	assert_int_equal(pair.port % 2, 0);
	assert_in_range(pair.port, FIRST, FIRST + 2 * PAIRS - 2);
	assert_int_equal(bound_port(pair.rtp_fd), pair.port);
	assert_int_equal(bound_port(pair.rtcp_fd), pair.port + 1);
	ports_close(p, &pair);
	assert_int_equal(pair.rtp_fd, -1);
	ports_free(p);
}

static void range_counts_whole_pairs_only(void **state)
{
	static const struct { uint16_t min, max; size_t pairs; } cases[] = {
		{ 16384, 32767, 8192 }, { 10, 11, 1 }, { 11, 14, 1 },
		{ 11, 13, 1 }, { 11, 12, 0 }, { 12, 12, 0 },
		{ 65534, 65535, 1 }, { 65535, 65535, 0 }, { 20, 10, 0 }, { 0, 3, 0 },
	};
	struct ports *p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = ports_new(&p, &local, cases[i].min, cases[i].max,
				    true, &now, &seeded);

		if (!cases[i].pairs) {
			assert_int_equal(err, -EINVAL);
			continue;
		}
		assert_int_equal(err, 0);
		assert_int_equal(ports_capacity(p), cases[i].pairs);
		ports_free(p);
	}
}

static void pair_rests_before_it_is_used_again(void **state)
{
	struct ports *p = new_ports(FIRST, FIRST + 1);
	struct port_pair pair;

	(void)state;
	assert_int_equal(ports_open(p, &pair), 0);
	assert_int_equal(ports_open(p, &pair), -ENOBUFS);
	ports_close(p, &pair);
	clock_advance(&now, (PORTS_REST_MS - 1) * MS_NS);
	assert_int_equal(ports_open(p, &pair), -ENOBUFS);
	clock_advance(&now, MS_NS);
	assert_int_equal(ports_open(p, &pair), 0);
	assert_int_equal(pair.port, FIRST);
	ports_close(p, &pair);
	ports_free(p);
}

static void all_pairs_are_given_out_once_in_random_order(void **state)
{
	struct ports *p = new_ports(FIRST, FIRST + 2 * PAIRS - 1);
	struct port_pair pairs[PAIRS], more;
	unsigned int seen = 0;

	(void)state;
	for (int i = 0; i < PAIRS; i++) {
		assert_int_equal(ports_open(p, &pairs[i]), 0);
		seen |= 1u << (pairs[i].port - FIRST) / 2;
	}
	assert_int_equal(seen, (1u << PAIRS) - 1);
	assert_int_equal(ports_open(p, &more), -ENOBUFS);
	for (int i = 0; i < PAIRS; i++)
		ports_close(p, &pairs[i]);
	ports_free(p);
}

/* Whoever holds a pair's RTP or RTCP port, the pair is passed over. */
static void pair_in_use_by_others_is_skipped(void **state)
{
	struct ports *mine = new_ports(FIRST, FIRST + 3);
	struct ports *theirs = new_ports(FIRST, FIRST + 3);
	struct port_pair a, b, c;

	(void)state;
	assert_int_equal(ports_open(theirs, &a), 0);
	close(a.rtp_fd);			/* only RTCP stays in use */
	assert_int_equal(ports_open(mine, &b), 0);
	assert_int_not_equal(a.port, b.port);
	assert_int_equal(ports_open(mine, &c), -ENOBUFS);
	/* Not lost for ever: it is tried again after a rest. */
	close(a.rtcp_fd);
	clock_advance(&now, PORTS_REST_MS * MS_NS);
	assert_int_equal(ports_open(mine, &c), 0);
	assert_int_equal(c.port, a.port);
	ports_close(mine, &b);
	ports_close(mine, &c);
	ports_free(mine);
	ports_free(theirs);
}

static void no_descriptor_is_emfile_and_costs_no_port(void **state)
{
	struct ports *p = new_ports(FIRST, FIRST + 1);
	struct rlimit old, none;
	struct port_pair pair;
	int fd = dup(0);

	(void)state;
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)fd + 1;		/* room for one, not for two */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(ports_open(p, &pair), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(dup(0), fd);		/* nothing was left open */
	close(fd);
	assert_int_equal(ports_open(p, &pair), 0);
	ports_close(p, &pair);
	ports_free(p);
}

static void address_that_is_not_ours_is_said(void **state)
{
	struct port_pair pair;
	struct ports *p;
	struct addr a;

	(void)state;
	assert_int_equal(addr_parse_ip(&a, "192.0.2.1", 0), 0);
	assert_int_equal(ports_new(&p, &a, FIRST, FIRST + 1, true, &now,
				   &seeded), 0);
	assert_int_equal(ports_open(p, &pair), -EADDRNOTAVAIL);
	ports_free(p);
}

static void pair_is_bound_to_ipv6_too(void **state)
{
	struct port_pair pair;
	struct ports *p;
	struct addr a;
	int err;

	(void)state;
	assert_int_equal(addr_parse_ip(&a, "::1", 0), 0);
	assert_int_equal(ports_new(&p, &a, FIRST, FIRST + 1, true, &now,
				   &seeded), 0);
	err = ports_open(p, &pair);
	if (!err) {
		assert_int_equal(bound_port(pair.rtcp_fd), pair.port + 1);
		ports_close(p, &pair);
	}
	ports_free(p);
	if (err == -EADDRNOTAVAIL || err == -EAFNOSUPPORT)
		skip();			/* a machine without IPv6 */
	assert_int_equal(err, 0);
}

static void without_rtcp_only_one_socket_is_opened(void **state)
{
	struct port_pair pair;
	struct ports *p;

	(void)state;
	assert_int_equal(ports_new(&p, &local, FIRST, FIRST + 1, false, &now,
				   &seeded), 0);
	assert_int_equal(ports_open(p, &pair), 0);
	assert_int_equal(pair.rtcp_fd, -1);
	ports_close(p, &pair);
	ports_free(p);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pair_is_even_and_the_odd_one_above),
		TEST(range_counts_whole_pairs_only),
		TEST(pair_rests_before_it_is_used_again),
		TEST(all_pairs_are_given_out_once_in_random_order),
		TEST(pair_in_use_by_others_is_skipped),
		TEST(no_descriptor_is_emfile_and_costs_no_port),
		TEST(address_that_is_not_ours_is_said),
		TEST(pair_is_bound_to_ipv6_too),
		TEST(without_rtcp_only_one_socket_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
