/*
 * test_resting.c - servers that have just failed are tried after all others.
 * Needs: core/sip/resting.c; core/base/addr.c network.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "sip/resting.h"

static struct resting table;
static struct resolve_way ways[3];

static struct resolve_way way(const char *text, enum sip_transport transport)
{
	struct resolve_way w;

	memset(&w, 0, sizeof(w));
	w.transport = transport;
	assert_int_equal(addr_parse(&w.addr, text, 5060), 0);
	return w;
}

static int set_up(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	ways[0] = way("192.0.2.1", SIP_UDP);
	ways[1] = way("192.0.2.2", SIP_UDP);
	ways[2] = way("192.0.2.3", SIP_UDP);
	return 0;
}

static void rest(const char *text, enum sip_transport transport,
		 int64_t until_ms, int64_t now_ms)
{
	struct resolve_way w = way(text, transport);

	resting_set(&table, &w, "a.example", until_ms, false, now_ms);
}

static void leave_alone(const char *text, int64_t until_ms, int64_t now_ms)
{
	struct resolve_way w = way(text, SIP_UDP);

	resting_set(&table, &w, "a.example", until_ms, true, now_ms);
}

static void expect(int64_t now_ms, const char *digits)
{
	char ip[ADDR_TEXT_LEN];
	size_t i, n;

	n = resting_last(&table, "a.example", ways, ARRAY_LEN(ways), now_ms);
	assert_int_equal(n, strlen(digits));
	for (i = 0; i < n; i++) {
		addr_ip_text(&ways[i].addr, ip);
		assert_int_equal(ip[strlen(ip) - 1], digits[i]);
	}
}

static void those_that_rest_go_last_in_order(void **state)
{
	(void)state;
	rest("192.0.2.1", SIP_UDP, 1000, 0);
	rest("192.0.2.2", SIP_UDP, 1000, 0);
	expect(10, "312");
	expect(10, "312");
}

static void a_rest_has_an_end(void **state)
{
	(void)state;
	rest("192.0.2.1", SIP_UDP, 1000, 0);
	expect(1000, "123");
	assert_int_equal(table.n, 0);
}

static void one_that_answers_is_well_again(void **state)
{
	(void)state;
	rest("192.0.2.1", SIP_UDP, 1000, 0);
	rest("192.0.2.1", SIP_UDP, 5, 5);
	expect(5, "123");
	rest("192.0.2.2", SIP_UDP, 5, 5);	/* never rested */
	assert_int_equal(table.n, 0);
}

static void one_that_asked_for_it_is_left_out(void **state)
{
	(void)state;
	leave_alone("192.0.2.1", 1000, 0);
	rest("192.0.2.2", SIP_UDP, 1000, 0);
	expect(10, "32");
}

static void all_that_asked_for_it_are_tried_all_the_same(void **state)
{
	(void)state;
	leave_alone("192.0.2.1", 1000, 0);
	leave_alone("192.0.2.2", 1000, 0);
	leave_alone("192.0.2.3", 1000, 0);
	expect(10, "123");
}

static void what_it_asked_for_outlives_a_failure(void **state)
{
	(void)state;
	leave_alone("192.0.2.1", 1000, 0);
	rest("192.0.2.1", SIP_UDP, 500, 10);
	expect(600, "23");
	rest("192.0.2.1", SIP_UDP, 600, 600);
	assert_true(table.list[0].until_ms <= 600);
}

static void another_port_or_transport_is_another_server(void **state)
{
	(void)state;
	rest("192.0.2.1:5070", SIP_UDP, 1000, 0);
	rest("192.0.2.1", SIP_TCP, 1000, 0);
	expect(10, "123");
}

/* A certificate is for a name, and so is what it fails by: another name at the
 * same address is tried as ever. */
static void by_tls_a_name_rests_and_not_the_address(void **state)
{
	struct resolve_way w = way("192.0.2.1:5061", SIP_TLS);
	struct resolve_way two[2] = { w, way("192.0.2.2:5061", SIP_TLS) };

	(void)state;
	resting_set(&table, &w, "Wrong.example", 1000, false, 0);
	assert_int_equal(resting_last(&table, "right.example", two, 2, 10), 2);
	assert_true(resolve_same_way(&two[0], &w));
	assert_int_equal(resting_last(&table, "wrong.example", two, 2, 10), 2);
	assert_true(resolve_same_way(&two[1], &w));
	/* UDP and TCP know no names. */
	ways[0] = way("192.0.2.1", SIP_UDP);
	resting_set(&table, &ways[0], "wrong.example", 1000, false, 0);
	expect(10, "231");
}

static void the_table_is_bounded(void **state)
{
	char text[32];
	int i;

	(void)state;
	rest("192.0.2.1", SIP_UDP, 9000, 0);
	for (i = 0; i < 2 * RESTING_MAX; i++) {
		str_printf(text, sizeof(text), "198.51.%d.%d", i / 256,
			   i % 256);
		rest(text, SIP_UDP, 1000 + i, 0);
	}
	assert_int_equal(table.n, RESTING_MAX);
	expect(10, "231");		/* the longest rest is not lost */
	/* What is over makes room first. */
	rest("192.0.2.2", SIP_UDP, 10000, 8000);
	assert_int_equal(table.n, 2);
	expect(8000, "321");
}

#define CASE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(those_that_rest_go_last_in_order),
		CASE(a_rest_has_an_end),
		CASE(one_that_answers_is_well_again),
		CASE(one_that_asked_for_it_is_left_out),
		CASE(all_that_asked_for_it_are_tried_all_the_same),
		CASE(what_it_asked_for_outlives_a_failure),
		CASE(another_port_or_transport_is_another_server),
		CASE(by_tls_a_name_rests_and_not_the_address),
		CASE(the_table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
