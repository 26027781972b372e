/*
 * test_dns_service.c - which transports and servers a domain's records ask for.
 * Needs: core/sip/dns_service.c dns_answer.c; core/base/addr.c random.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/dns_service.h"

static const struct resolve_reach all = { .family = { 0, 0, 0 } };
static struct dns_record records[DNS_RECORDS_MAX];
static size_t n_records;
static struct service list[SERVICES_MAX];
static struct random luck;

static int set_up(void **state)
{
	(void)state;
	memset(records, 0, sizeof(records));
	n_records = 0;
	random_seeded(&luck, 7);
	return 0;
}

/* ---- NAPTR (RFC 3263 4.1) ------------------------------------------------ */

static void naptr(unsigned int order, unsigned int preference,
		  const char *flags, const char *service,
		  const char *replacement)
{
	struct dns_naptr *n = &records[n_records++].naptr;

	n->order = (uint16_t)order;
	n->preference = (uint16_t)preference;
	str_copy(n->flags, sizeof(n->flags), flags);
	str_copy(n->service, sizeof(n->service), service);
	str_copy(n->replacement, sizeof(n->replacement), replacement);
}

static size_t choose(const struct resolve_reach *reach)
{
	struct dns_answer *a = dns_answer_new(0, records, n_records);
	size_t n;

	assert_non_null(a);
	n = service_by_naptr(list, a, "carrier.example", reach);
	dns_answer_unref(a);
	return n;
}

static void naptr_goes_by_order_then_preference(void **state)
{
	(void)state;
	naptr(20, 1, "s", "SIP+D2U", "_sip._udp.carrier.example");
	naptr(10, 50, "S", "sip+d2t", "_sip._tcp.carrier.example");
	naptr(10, 40, "s", "SIPS+D2T", "_sips._tcp.carrier.example");
	assert_int_equal(choose(&all), 3);
	assert_int_equal(list[0].transport, SIP_TLS);
	assert_int_equal(list[1].transport, SIP_TCP);
	assert_int_equal(list[2].transport, SIP_UDP);
	assert_string_equal(list[0].name, "_sips._tcp.carrier.example");
}

static void what_is_out_of_reach_is_not_chosen(void **state)
{
	static const struct resolve_reach udp = { .family = { 0, -1, -1 } };

	(void)state;
	naptr(10, 10, "s", "SIPS+D2T", "_sips._tcp.carrier.example");
	naptr(20, 10, "s", "SIP+D2T", "_sip._tcp.carrier.example");
	naptr(30, 10, "s", "SIP+D2U", "_sip._udp.carrier.example");
	assert_int_equal(choose(&udp), 1);
	assert_int_equal(list[0].transport, SIP_UDP);
}

static void other_services_and_flags_are_passed_over(void **state)
{
	(void)state;
	naptr(1, 1, "u", "E2U+sip", "x.example");
	naptr(1, 1, "a", "SIP+D2U", "x.example");
	naptr(1, 1, "", "SIP+D2U", "x.example");
	naptr(1, 1, "s", "SIP+D2S", "x.example");
	naptr(1, 1, "s", "SIP+D2U", ".");
	assert_int_equal(choose(&all), 0);
}

/* RFC 3263 4.1: not for SIPS; SIP may go anywhere. */
static void tls_stays_within_the_domain(void **state)
{
	(void)state;
	naptr(1, 1, "s", "SIPS+D2T", "_sips._tcp.thief.example");
	naptr(1, 2, "s", "SIPS+D2T", "_sips._tcp.not-carrier.example");
	naptr(1, 3, "s", "SIPS+D2T", "carrier.example");
	naptr(1, 4, "s", "SIPS+D2T", "_sips._tcp.eu.Carrier.example");
	naptr(1, 5, "s", "SIP+D2U", "_sip._udp.partner.example");
	assert_int_equal(choose(&all), 2);
	assert_string_equal(list[0].name, "_sips._tcp.eu.Carrier.example");
	assert_string_equal(list[1].name, "_sip._udp.partner.example");
}

static void of_many_services_the_best_are_kept(void **state)
{
	char name[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		str_printf(name, sizeof(name), "_sip._udp.%u.example", i);
		naptr(100 - i, 1, "s", "SIP+D2U", name);
	}
	assert_int_equal(choose(&all), SERVICES_MAX);
	assert_string_equal(list[0].name, "_sip._udp.19.example");
	assert_string_equal(list[SERVICES_MAX - 1].name,
			    "_sip._udp.14.example");
}

/* ---- names --------------------------------------------------------------- */

static void names_without_naptr(void **state)
{
	static const struct resolve_reach tls = { .family = { -1, -1, 0 } };

	(void)state;
	assert_int_equal(service_by_name(list, "x.example", SIP_ANY, &all), 2);
	assert_string_equal(list[0].name, "_sip._udp.x.example");
	assert_string_equal(list[1].name, "_sip._tcp.x.example");
	assert_int_equal(service_by_name(list, "x.example.", SIP_TLS, &all), 1);
	assert_string_equal(list[0].name, "_sips._tcp.x.example");
	assert_int_equal(service_by_name(list, "x.example", SIP_ANY, &tls), 1);
	assert_int_equal(list[0].transport, SIP_TLS);
	assert_int_equal(service_by_name(list, "x.example", SIP_UDP, &tls), 0);
}

static void a_name_too_long_is_none(void **state)
{
	char name[251];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(service_by_name(list, name, SIP_UDP, &all), 0);
}

/* ---- SRV (RFC 2782) ------------------------------------------------------ */

static void srv(unsigned int priority, unsigned int weight, const char *target)
{
	struct dns_srv *s = &records[n_records++].srv;

	s->priority = (uint16_t)priority;
	s->weight = (uint16_t)weight;
	s->port = 5060;
	str_copy(s->target, sizeof(s->target), target);
}

static size_t order(char *text, size_t cap)
{
	const struct dns_srv *servers[DNS_RECORDS_MAX];
	struct dns_answer *a = dns_answer_new(0, records, n_records);
	size_t i, n;

	assert_non_null(a);
	n = service_servers(servers, a, &luck);
	text[0] = '\0';
	for (i = 0; i < n; i++)
		str_copy(text + strlen(text), cap - strlen(text),
			 servers[i]->target);
	dns_answer_unref(a);
	return n;
}

static void priorities_ascend(void **state)
{
	char text[64];
	int i;

	(void)state;
	srv(30, 100, "c");
	srv(10, 0, "a");
	srv(20, 65535, "b");
	for (i = 0; i < 100; i++) {
		assert_int_equal(order(text, sizeof(text)), 3);
		assert_string_equal(text, "abc");
	}
}

static void a_dot_is_no_server(void **state)
{
	char text[64];

	(void)state;
	srv(1, 0, ".");
	assert_int_equal(order(text, sizeof(text)), 0);
	srv(2, 0, "a");
	assert_int_equal(order(text, sizeof(text)), 1);
	assert_string_equal(text, "a");
}

/* Three to one; and one without weight is not never, but seldom first. */
static void weights_share_the_calls(void **state)
{
	unsigned int first[3] = { 0 };
	char text[64];
	int i;

	(void)state;
	srv(1, 0, "z");
	srv(1, 75, "a");
	srv(1, 25, "b");
	for (i = 0; i < 10000; i++) {
		assert_int_equal(order(text, sizeof(text)), 3);
		first[text[0] == 'a' ? 0 : text[0] == 'b' ? 1 : 2]++;
	}
	assert_in_range(first[0], 7200, 7700);
	assert_in_range(first[1], 2250, 2700);
	assert_in_range(first[2], 40, 200);
}

/* The rest is drawn anew: c follows a half as often as b does. */
static void the_second_is_drawn_by_weight_too(void **state)
{
	unsigned int seen[2] = { 0 };
	char text[64];
	int i;

	(void)state;
	srv(1, 60000, "a");
	srv(1, 200, "b");
	srv(1, 100, "c");
	for (i = 0; i < 6000; i++) {
		order(text, sizeof(text));
		if (text[0] == 'a')
			seen[text[1] == 'c']++;
	}
	assert_in_range(seen[0], 3700, 4200);
	assert_in_range(seen[1], 1750, 2200);
}

static void without_weights_the_order_stays(void **state)
{
	char text[64];

	(void)state;
	srv(1, 0, "a");
	srv(1, 0, "b");
	srv(1, 0, "c");
	assert_int_equal(order(text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
}

static void a_full_set_is_ordered(void **state)
{
	char text[DNS_RECORDS_MAX + 1];
	unsigned int i;

	(void)state;
	for (i = 0; i < DNS_RECORDS_MAX; i++)
		srv(DNS_RECORDS_MAX - i, 65535, i % 2 ? "a" : "b");
	assert_int_equal(order(text, sizeof(text)), DNS_RECORDS_MAX);
	assert_int_equal(strlen(text), DNS_RECORDS_MAX);
}

#define CASE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(naptr_goes_by_order_then_preference),
		CASE(what_is_out_of_reach_is_not_chosen),
		CASE(other_services_and_flags_are_passed_over),
		CASE(tls_stays_within_the_domain),
		CASE(of_many_services_the_best_are_kept),
		CASE(names_without_naptr),
		CASE(a_name_too_long_is_none),
		CASE(priorities_ascend),
		CASE(a_dot_is_no_server),
		CASE(weights_share_the_calls),
		CASE(the_second_is_drawn_by_weight_too),
		CASE(without_weights_the_order_stays),
		CASE(a_full_set_is_ordered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
