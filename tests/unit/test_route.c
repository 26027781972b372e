/*
 * test_route.c - which of our addresses a far end sees.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "sip/route.h"

static struct routes routes;
static struct clock clock_now;

static int set_up(void **state)
{
	(void)state;
	routes = (struct routes){ 0 };
	clock_virtual(&clock_now, 1000 * S_NS, 0);
	return 0;
}

static struct addr ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse_ip(&a, text, 0), 0);
	return a;
}

/* Something that no kernel would say shows where the answer comes from.       */
static void plant(const char *local)
{
	for (size_t i = 0; i < ROUTES_MAX; i++)
		routes.known[i].local = ip(local);
}

static void ask(const char *remote, const char *expected)
{
	struct addr to = ip(remote), local, wanted = ip(expected);

	assert_int_equal(route_local(&routes, &clock_now, &local, &to), 0);
	assert_true(addr_same_ip(&local, &wanted));
}

static void a_route_is_asked_for_once_a_second(void **state)
{
	(void)state;
	ask("127.0.0.1", "127.0.0.1");
	plant("192.0.2.9");
	ask("127.0.0.1", "192.0.2.9");
	clock_advance(&clock_now, S_NS);
	ask("127.0.0.1", "127.0.0.1");
}

static void another_remote_has_a_route_of_its_own(void **state)
{
	(void)state;
	ask("127.0.0.1", "127.0.0.1");
	plant("192.0.2.9");
	/* Also one that falls on the same place.                              */
	ask("127.0.0.65", "127.0.0.1");
	ask("::1", "::1");
	ask("127.0.0.1", "127.0.0.1");
}

#define CASE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_route_is_asked_for_once_a_second),
		CASE(another_remote_has_a_route_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
