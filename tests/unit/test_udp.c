/*
 * test_udp.c - a UDP socket: where a datagram was sent to, what came back.
 * Needs: core/sip/udp.c; core/base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "sip/udp.h"

static struct loop *loop;
static struct udp *udp;
static int far;
static struct addr far_addr, got_from, got_to, refused_to;
static char got[64], came_back[64];
static int n_got, n_refused, refused_err;

static void on_datagram(void *arg, const struct addr *from,
			const struct addr *to, const char *data, size_t len)
{
	assert_ptr_equal(arg, &loop);
	assert_true(len < sizeof(got));
	memcpy(got, data, len);
	got[len] = '\0';
	got_from = *from;
	got_to = *to;
	n_got++;
}

static void on_refused(void *arg, const struct addr *to, int err,
		       const char *data, size_t len)
{
	assert_ptr_equal(arg, &loop);
	assert_true(len < sizeof(came_back));
	memcpy(came_back, data, len);
	came_back[len] = '\0';
	refused_to = *to;
	refused_err = err;
	n_refused++;
}

static int set_up(void **state)
{
	(void)state;
	udp = NULL;
	far = -1;
	n_got = n_refused = 0;
	return loop_new(&loop, clock_system(), 16);
}

static int tear_down(void **state)
{
	(void)state;
	udp_close(udp);
	if (far >= 0)
		close(far);
	loop_free(loop);
	return 0;
}

static int open_both(const char *ip)
{
	socklen_t len = sizeof(far_addr);
	struct addr a;
	int err;

	assert_int_equal(addr_parse_ip(&a, ip, 0), 0);
	err = udp_open(&udp, loop, &a, on_datagram, on_refused, &loop);
	if (err)
		return err;
	assert_int_equal(addr_parse_ip(&a, a.sa.sa_family == AF_INET ?
				       "127.0.0.1" : "::1", 0), 0);
	far = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(far, &a.sa, addr_len(&a)))
		return -errno;
	return getsockname(far, &far_addr.sa, &len) ? -errno : 0;
}

static void send_to_us(const char *ip)
{
	struct addr a;

	assert_int_equal(addr_parse_ip(&a, ip, addr_port(udp_addr(udp))), 0);
	assert_int_equal(sendto(far, "hello", 5, 0, &a.sa, addr_len(&a)), 5);
	for (int i = 0; i < 500 && !n_got; i++)
		loop_once(loop, 10);
	assert_int_equal(n_got, 1);
	assert_string_equal(got, "hello");
	assert_true(addr_equal(&got_from, &far_addr));
	assert_true(addr_equal(&got_to, &a));
	n_got = 0;
}

static void a_datagram_comes_with_both_addresses(void **state)
{
	(void)state;
	assert_int_equal(open_both("127.0.0.1"), 0);
	send_to_us("127.0.0.1");
}

static void a_wildcard_knows_which_address_was_meant(void **state)
{
	(void)state;
	assert_int_equal(open_both("0.0.0.0"), 0);
	send_to_us("127.0.0.1");
	send_to_us("127.0.0.5");
}

static void an_ipv6_wildcard_knows_it_too(void **state)
{
	(void)state;
	if (open_both("::"))
		skip();
	send_to_us("::1");
}

static void what_nobody_takes_comes_back(void **state)
{
	(void)state;
	assert_int_equal(open_both("127.0.0.1"), 0);
	close(far);
	far = -1;
	assert_int_equal(udp_send(udp, &far_addr, "lost", 4), 0);
	for (int i = 0; i < 500 && !n_refused; i++)
		loop_once(loop, 10);
	assert_int_equal(n_refused, 1);
	assert_string_equal(came_back, "lost");
	assert_true(addr_equal(&refused_to, &far_addr));
	assert_int_equal(refused_err, -ECONNREFUSED);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_datagram_comes_with_both_addresses),
		CASE(a_wildcard_knows_which_address_was_meant),
		CASE(an_ipv6_wildcard_knows_it_too),
		CASE(what_nobody_takes_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
