/*
 * test_dns_channel.c - questions to a name server of the test's own.
 * Needs: core/sip/dns_channel.c dns_servers.c dns_answer.c; all of core/base; cares.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "name_server.h"
#include "sip/dns_channel.h"

static const struct zone_line zone_of_all[] = {
	{ "sip.example", "A 192.0.2.1" },
	{ "sip.example", "AAAA 2001:db8::1" },
	{ "sip.example", "SRV 1 2 3 a.example" },
	{ "sip.example", "NAPTR 1 2 s SIP+D2U a.example" },
	{ "short", "A 192.0.2.2" },
	{ "fail.example", "SERVFAIL" },
	{ "broken.example", "BROKEN" },
	{ "silent.example", "SILENT" },
	{ NULL, NULL },
};

static struct loop *loop;
static struct dns_channel *channel;
static struct dns_answer *got;
static unsigned int n_got;

static int set_up(void **state)
{
	struct addr a;

	(void)state;
	zone = zone_of_all;
	n_got = 0;
	got = NULL;
	assert_int_equal(loop_new(&loop, clock_system(), 16), 0);
	name_server_open(loop, &a);
	return dns_channel_new(&channel, loop, &a, 1);
}

static int tear_down(void **state)
{
	(void)state;
	dns_channel_free(channel);
	dns_answer_unref(got);
	name_server_close();
	loop_free(loop);
	return 0;
}

static void told(void *arg, struct dns_answer *a)
{
	assert_ptr_equal(arg, &got);
	dns_answer_unref(got);
	got = a;
	n_got++;
}

static const struct dns_answer *ask(enum dns_type type, const char *name)
{
	int i;

	n_got = 0;
	dns_channel_ask(channel, type, name, told, &got);
	for (i = 0; i < 250 && !n_got; i++)
		loop_once(loop, 20);
	assert_int_equal(n_got, 1);
	assert_non_null(got);
	return got;
}

static void each_type_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(ask(DNS_A, "sip.example")->n, 1);
	assert_int_equal(ask(DNS_AAAA, "sip.example")->n, 1);
	assert_int_equal(ask(DNS_SRV, "sip.example")->n, 1);
	assert_string_equal(got->records[0].srv.target, "a.example");
	assert_int_equal(ask(DNS_NAPTR, "sip.example")->n, 1);
	assert_int_equal(got->ttl_s, zone_ttl_s);
	assert_int_equal(ask(DNS_A, "short")->n, 1);
}

static void none_comes_with_its_time(void **state)
{
	(void)state;
	assert_int_equal(ask(DNS_SRV, "nothing.example")->err, -ENOENT);
	assert_int_equal(got->ttl_s, zone_none_ttl_s);
	assert_int_equal(ask(DNS_NAPTR, "short")->err, -ENOENT);
	assert_int_equal(got->ttl_s, zone_none_ttl_s);
}

static void failures_are_told_from_none(void **state)
{
	(void)state;
	assert_int_equal(ask(DNS_A, "fail.example")->err, -EIO);
	assert_int_equal(ask(DNS_A, "broken.example")->err, -EIO);
	name_server_close();
	assert_int_equal(ask(DNS_A, "sip.example")->err, -EIO);
}

/* RFC 1035 2.3.4: 63 bytes; there is none such, and nobody is asked. */
static void a_label_too_long_is_none(void **state)
{
	char name[80];

	(void)state;
	memset(name, 'a', 70);
	memcpy(name + 70, ".example", 9);
	assert_int_equal(ask(DNS_A, name)->err, -ENOENT);
	assert_int_equal(n_queries, 0);
}

static void freeing_tells_those_who_wait(void **state)
{
	(void)state;
	dns_channel_ask(channel, DNS_A, "silent.example", told, &got);
	dns_channel_ask(channel, DNS_SRV, "silent.example", told, &got);
	loop_once(loop, 20);
	dns_channel_free(channel);
	channel = NULL;
	assert_int_equal(n_got, 2);
	assert_int_equal(got->err, -EIO);
}

/* RFC 5452 9.2: whoever forges an answer has to guess the port, too, also where
 * there is always something under way.                                       */
static void the_port_changes_under_load(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < 200; i++) {
		if (i % 16 == 0)
			dns_channel_ask(channel, DNS_A, "silent.example", told,
					&got);
		str_printf(name, sizeof(name), "n%d.example", i);
		assert_int_equal(ask(DNS_A, name)->err, -ENOENT);
	}
	assert_true(n_ports > 200 / 40);
}

static size_t to_ask;

static void told_and_asks(void *arg, struct dns_answer *a)
{
	assert_int_equal(a->err, -ENOENT);
	dns_answer_unref(a);
	n_got++;
	for (int i = 0; i < 2 && to_ask; i++)
		dns_channel_ask(channel, DNS_A, to_ask-- % 3 ? "no.example" :
				"a..b", told_and_asks, arg);
}

/* Those who are told ask again, from inside of it; some are told at once.    */
static void answers_may_lead_to_questions(void **state)
{
	size_t all = 1000;

	(void)state;
	to_ask = all - 1;
	dns_channel_ask(channel, DNS_A, "no.example", told_and_asks, NULL);
	for (int i = 0; i < 20000 && n_got < all; i++)
		loop_once(loop, 20);
	assert_int_equal(n_got, all);
	assert_int_equal(to_ask, 0);
	assert_true(n_ports > 10);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_type_is_asked_for),
		CASE(none_comes_with_its_time),
		CASE(failures_are_told_from_none),
		CASE(a_label_too_long_is_none),
		CASE(freeing_tells_those_who_wait),
		CASE(the_port_changes_under_load),
		CASE(answers_may_lead_to_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
