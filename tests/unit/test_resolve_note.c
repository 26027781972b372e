/*
 * test_resolve_note.c - what is said of a name that leads to no server: what was
 * asked for, and why there is none.
 * Needs: core/sip/resolve*.c resting.c dns_*.c hosts.c; all of core/base; cares.
 */
/* SPDX-License-Identifier: MIT */
#include "resolve_bench.h"

static const struct zone_line lines[] = {
	{ "_sip._udp.refuses.example", "SRV 0 0 0 ." },
	{ "_sip._udp.x.example", "SRV 1 0 5060 gone.x.example" },
	{ "_sip._udp.x.example", "SRV 2 0 5060 gone2.x.example" },
	{ "six.example", "AAAA 2001:db8::1" },
	{ "_sip._udp.srv6.example", "SRV 1 0 5060 six.example" },
	{ "four.example", "A 192.0.2.1" },
	{ "empty.example", "" },
	{ "sctp.example", "NAPTR 10 10 s SIP+D2S _sip._sctp.sctp.example" },
	{ "fail.example", "SERVFAIL" },
	{ "_sip._udp.late.example", "SRV 1 0 5060 silent.late.example" },
	{ "silent.late.example", "SILENT" },
	{ NULL, NULL },
};

static int set_up(void **state)
{
	(void)state;
	return bench_open(lines);
}

static void start(const char *host, enum sip_transport transport, int family,
		  int listen)
{
	const struct resolve_reach reach = {
		.family = { family, AF_UNSPEC, AF_UNSPEC },
	};
	struct sip_target t = { .transport = transport, .listen = listen };
	struct resolve_query *q;

	str_copy(t.host, sizeof(t.host), host);
	n_got = 0;
	assert_int_equal(resolve_start(&q, resolver, &t, &reach, bench_told,
				       NULL),
			 0);
}

static void expect_by(const char *host, enum sip_transport transport,
		      int family, int err, const char *note)
{
	char whole[RESOLVE_NOTE_LEN + 1] = "";

	start(host, transport, family, -1);
	rounds(500);
	assert_int_equal(n_got, 1);
	assert_int_equal(got.err, err);
	if (note)
		str_printf(whole, sizeof(whole), "not resolved: %s", note);
	assert_string_equal(got.note, whole);
}

static void expect(const char *host, int err, const char *note)
{
	expect_by(host, SIP_UDP, AF_INET, err, note);
}

static void what_is_found_needs_no_words(void **state)
{
	(void)state;
	expect("four.example", 0, NULL);
	expect("192.0.2.7", 0, NULL);
}

static void a_name_that_does_not_exist_is_named(void **state)
{
	(void)state;
	expect("nothing.example", -ENOENT, "no such name: nothing.example");
	expect_by("nothing.example", SIP_ANY, AF_INET, -ENOENT,
		  "no such name: nothing.example");
	expect_by("nothing.example", SIP_TLS, AF_INET, -ENOENT,
		  "no such name: nothing.example");
	expect("empty.example", -ENOENT, "no address: empty.example");
	expect("a b", -ENOENT, "no valid name: a b");
}

/* RFC 2782: target ".". */
static void a_service_that_is_refused_is_told(void **state)
{
	(void)state;
	expect("refuses.example", -ENOENT, "its domain refuses the service, "
	       "target \".\" of SRV _sip._udp.refuses.example");
	expect_by("refuses.example", SIP_ANY, AF_INET, -ENOENT,
		  "its domain refuses the service, target \".\" of SRV "
		  "_sip._udp.refuses.example");
}

static void a_server_that_does_not_exist_is_named(void **state)
{
	(void)state;
	expect("x.example", -ENOENT, "no such name: gone.x.example, of SRV "
	       "_sip._udp.x.example");
}

static void the_other_family_is_told(void **state)
{
	(void)state;
	expect("six.example", -ENOENT, "only IPv6 addresses, and no sip.listen "
	       "for IPv6: six.example");
	expect("srv6.example", -ENOENT, "only IPv6 addresses, and no "
	       "sip.listen for IPv6: six.example");
	expect_by("four.example", SIP_UDP, AF_INET6, -ENOENT, "only IPv4 "
		  "addresses, and no sip.listen for IPv4: four.example");
	expect("::1", -ENOENT, "an IPv6 address, and no sip.listen for IPv6: "
	       "::1");
	expect_by("192.0.2.1", SIP_UDP, AF_INET6, -ENOENT, "an IPv4 address, "
		  "and no sip.listen for IPv4: 192.0.2.1");
	start("six.example", SIP_UDP, AF_INET, 0);
	rounds(500);
	assert_string_equal(got.note, "not resolved: only IPv6 addresses, and "
			    "its \"listen\" is not IPv6: six.example");
}

/* It is asked for where nothing was found only. */
static void the_other_family_costs_nothing_else(void **state)
{
	(void)state;
	expect("four.example", 0, NULL);
	expect("nothing.example", -ENOENT, "no such name: nothing.example");
	assert_int_equal(n_of[DNS_AAAA], 0);
	expect("six.example", -ENOENT, "only IPv6 addresses, and no sip.listen "
	       "for IPv6: six.example");
	assert_int_equal(n_of[DNS_AAAA], 1);
}

static void a_transport_that_there_is_none_of_is_told(void **state)
{
	(void)state;
	expect_by("four.example", SIP_UDP, -1, -ENOENT,
		  "no sip.listen for udp: four.example");
	assert_int_equal(n_queries, 0);
}

static void services_that_we_lack_are_told(void **state)
{
	(void)state;
	expect_by("sctp.example", SIP_ANY, AF_INET, -ENOENT, "NAPTR offers "
		  "SIP+D2S only, and there is no SRV and no address: "
		  "sctp.example");
}

static void a_name_server_that_fails_is_named(void **state)
{
	char at[ADDR_TEXT_LEN], note[RESOLVE_NOTE_LEN];

	(void)state;
	addr_text(&dns_at, at);
	str_printf(note, sizeof(note), "the name server failed, %s: A of "
		   "fail.example", at);
	expect("fail.example", -EIO, note);
	start("late.example", SIP_UDP, AF_INET, -1);
	rounds(20);
	clock_advance(&wall, 5 * S_NS);
	rounds(500);
	assert_int_equal(got.err, -ETIMEDOUT);
	str_printf(note, sizeof(note), "not resolved: the name server does not "
		   "answer, %s: A of silent.late.example", at);
	assert_string_equal(got.note, note);
}

static void what_is_too_long_is_cut(void **state)
{
	char name[240];
	size_t i;

	(void)state;
	for (i = 0; i + 9 < sizeof(name); i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	str_copy(name + i - 1, 10, ".example");
	start(name, SIP_UDP, AF_INET, -1);
	rounds(500);
	assert_int_equal(got.err, -ENOENT);
	assert_int_equal(strlen(got.note), RESOLVE_NOTE_LEN - 1);
	assert_true(str_starts(got.note, "not resolved: no such name: aaa"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, bench_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_found_needs_no_words),
		CASE(a_name_that_does_not_exist_is_named),
		CASE(a_service_that_is_refused_is_told),
		CASE(a_server_that_does_not_exist_is_named),
		CASE(the_other_family_is_told),
		CASE(the_other_family_costs_nothing_else),
		CASE(a_transport_that_there_is_none_of_is_told),
		CASE(services_that_we_lack_are_told),
		CASE(a_name_server_that_fails_is_named),
		CASE(what_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
