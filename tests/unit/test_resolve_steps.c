/*
 * test_resolve_steps.c - RFC 3263 4, rule by rule, against a name server of the
 * test's own.
 * Needs: core/sip/resolve*.c resting.c dns_*.c; all of core/base; cares.
 */
/* SPDX-License-Identifier: MIT */
#include "resolve_bench.h"

static const struct resolve_reach all = {
	.family = { AF_INET, AF_INET, AF_INET },
};
static const struct resolve_reach udp_only = {
	.family = { AF_INET, -1, -1 },
};

static int set_up(void **state)
{
	(void)state;
	return bench_open(NULL);
}

static void start(const char *host, enum sip_transport transport,
		  const struct resolve_reach *reach)
{
	struct sip_target t = { .transport = transport, .listen = -1 };
	struct resolve_query *q;

	str_copy(t.host, sizeof(t.host), host);
	n_got = 0;
	assert_int_equal(resolve_start(&q, resolver, &t, reach, bench_told,
				       NULL),
			 0);
}

/* "udp 192.0.2.1:5060, tcp ..." of the whole result, or the error. */
static void expect(const char *host, enum sip_transport transport,
		   const struct resolve_reach *reach, const char *expected)
{
	static const char *const names[] = { "udp", "tcp", "tls" };
	char text[2048] = "", ip[ADDR_TEXT_LEN];
	size_t i, len = 0;

	start(host, transport, reach);
	rounds(500);
	assert_int_equal(n_got, 1);
	for (i = 0; i < got.n; i++) {
		addr_text(&got.ways[i].addr, ip);
		str_printf(text + len, sizeof(text) - len, "%s%s %s",
			   i ? ", " : "", names[got.ways[i].transport], ip);
		len = strlen(text);
	}
	if (got.err)
		str_copy(text, sizeof(text),
			 got.err == -ENOENT ? "none" :
			 got.err == -ETIMEDOUT ? "late" : "failed");
	assert_string_equal(text, expected);
}

/* ---- 4.1: the transport -------------------------------------------------- */

static const struct zone_line with_naptr[] = {
	{ "x.example", "NAPTR 10 20 s SIP+D2U _sip._udp.x.example" },
	{ "x.example", "NAPTR 10 10 s SIP+D2T _sip._tcp.x.example" },
	{ "x.example", "NAPTR 20 10 s SIPS+D2T _sips._tcp.x.example" },
	{ "_sip._udp.x.example", "SRV 1 0 5060 a.x.example" },
	{ "_sip._tcp.x.example", "SRV 1 0 5070 a.x.example" },
	{ "_sips._tcp.x.example", "SRV 1 0 5061 a.x.example" },
	{ "a.x.example", "A 192.0.2.1" },
	{ NULL, NULL },
};

static void naptr_chooses_the_transport(void **state)
{
	(void)state;
	zone = with_naptr;
	expect("x.example", SIP_ANY, &all,
	       "tcp 192.0.2.1:5070, udp 192.0.2.1:5060");
	expect("x.example", SIP_ANY, &udp_only, "udp 192.0.2.1:5060");
}

static void a_given_transport_needs_no_naptr(void **state)
{
	(void)state;
	zone = with_naptr;
	expect("x.example", SIP_TCP, &all, "tcp 192.0.2.1:5070");
	expect("x.example", SIP_TLS, &all, "tls 192.0.2.1:5061");
	assert_int_equal(n_of[DNS_NAPTR], 0);
	assert_int_equal(n_of[DNS_SRV], 2);
	expect("x.example", SIP_TCP, &udp_only, "none");
}

/* Who can break a TLS connection must not win a plain one by it. */
static void nothing_plain_stands_in_for_tls(void **state)
{
	static const struct zone_line lines[] = {
		{ "x.example", "NAPTR 10 1 s SIPS+D2T _sips._tcp.x.example" },
		{ "x.example", "NAPTR 10 2 s SIP+D2U _sip._udp.x.example" },
		{ "_sip._udp.x.example", "SRV 1 0 5060 a.x.example" },
		{ "_sips._tcp.x.example", "SRV 1 0 5061 a.x.example" },
		{ "a.x.example", "A 192.0.2.1" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_ANY, &all, "tls 192.0.2.1:5061");
}

static void without_naptr_each_transport_is_looked_for(void **state)
{
	static const struct zone_line lines[] = {
		{ "x.example", "A 192.0.2.9" },
		{ "_sip._udp.x.example", "SRV 1 0 5060 a.x.example" },
		{ "_sip._tcp.x.example", "SRV 1 0 5070 a.x.example" },
		{ "y.example", "A 192.0.2.9" },
		{ "_sip._tcp.y.example", "SRV 1 0 5070 a.x.example" },
		{ "a.x.example", "A 192.0.2.1" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_ANY, &all,
	       "udp 192.0.2.1:5060, tcp 192.0.2.1:5070");
	expect("y.example", SIP_ANY, &all, "tcp 192.0.2.1:5070");
}

static void without_srv_it_is_udp_at_5060(void **state)
{
	static const struct zone_line lines[] = {
		{ "x.example", "A 192.0.2.9" }, { NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_ANY, &all, "udp 192.0.2.9:5060");
	expect("x.example", SIP_TCP, &all, "tcp 192.0.2.9:5060");
	expect("x.example", SIP_TLS, &all, "tls 192.0.2.9:5061");
}

static void naptr_of_others_is_none(void **state)
{
	static const struct zone_line lines[] = {
		{ "x.example", "NAPTR 1 1 u E2U+sip x.example" },
		{ "_sip._udp.x.example", "SRV 1 0 5080 a.x.example" },
		{ "a.x.example", "A 192.0.2.1" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_ANY, &all, "udp 192.0.2.1:5080");
}

static void naptr_without_its_srv_still_says_the_transport(void **state)
{
	static const struct zone_line lines[] = {
		{ "x.example", "NAPTR 1 1 s SIP+D2T _sip._tcp.x.example" },
		{ "x.example", "A 192.0.2.9" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_ANY, &all, "tcp 192.0.2.9:5060");
}

/* ---- 4.2: port and address ----------------------------------------------- */

static void priorities_give_the_order(void **state)
{
	static const struct zone_line lines[] = {
		{ "_sip._udp.x.example", "SRV 30 0 5063 c.x.example" },
		{ "_sip._udp.x.example", "SRV 10 0 5061 a.x.example" },
		{ "_sip._udp.x.example", "SRV 20 0 5062 b.x.example" },
		{ "a.x.example", "A 192.0.2.1" },
		{ "a.x.example", "A 192.0.2.11" },
		{ "b.x.example", "A 192.0.2.2" },
		{ "c.x.example", "A 192.0.2.3" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_UDP, &all,
	       "udp 192.0.2.1:5061, udp 192.0.2.11:5061, "
	       "udp 192.0.2.2:5062, udp 192.0.2.3:5063");
}

static void a_dot_says_that_there_is_no_service(void **state)
{
	static const struct zone_line lines[] = {
		{ "_sip._udp.x.example", "SRV 0 0 0 ." },
		{ "x.example", "A 192.0.2.9" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_UDP, &all, "none");
	expect("x.example", SIP_ANY, &all, "none");
	assert_int_equal(n_of[DNS_A], 0);
}

static void targets_that_are_not_there_are_passed_over(void **state)
{
	static const struct zone_line lines[] = {
		{ "_sip._udp.x.example", "SRV 1 0 5060 gone.x.example" },
		{ "_sip._udp.x.example", "SRV 2 0 5060 fail.x.example" },
		{ "_sip._udp.x.example", "SRV 3 0 5060 a.x.example" },
		{ "_sip._udp.x.example", "SRV 4 0 5060 192.0.2.77" },
		{ "fail.x.example", "SERVFAIL" },
		{ "a.x.example", "A 192.0.2.1" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_UDP, &all,
	       "udp 192.0.2.1:5060, udp 192.0.2.77:5060");
}

static void the_same_server_is_there_once(void **state)
{
	static const struct zone_line lines[] = {
		{ "_sip._udp.x.example", "SRV 1 0 5060 a.x.example" },
		{ "_sip._udp.x.example", "SRV 2 0 5060 a.x.example" },
		{ "_sip._udp.x.example", "SRV 3 0 5070 a.x.example" },
		{ "a.x.example", "A 192.0.2.1" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_UDP, &all,
	       "udp 192.0.2.1:5060, udp 192.0.2.1:5070");
	assert_int_equal(n_of[DNS_A], 1);
}

static void weights_share_the_calls(void **state)
{
	static const struct zone_line lines[] = {
		{ "_sip._udp.x.example", "SRV 1 3000 5061 a.x.example" },
		{ "_sip._udp.x.example", "SRV 1 1000 5062 a.x.example" },
		{ "a.x.example", "A 192.0.2.1" },
		{ NULL, NULL },
	};
	unsigned int first = 0;
	int i;

	(void)state;
	zone = lines;
	for (i = 0; i < 1000; i++) {
		start("x.example", SIP_UDP, &all);
		rounds(100);
		assert_int_equal(got.n, 2);
		first += addr_port(&got.ways[0].addr) == 5061;
	}
	assert_in_range(first, 700, 800);
	assert_int_equal(n_queries, 2);
}

static void many_servers_are_cut(void **state)
{
	static struct zone_line lines[RESOLVE_MAX + 4];
	static char texts[RESOLVE_MAX + 2][40];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		str_printf(texts[i], sizeof(texts[i]), "SRV %zu 0 %zu a.x", i,
			   5000 + i);
		lines[i] = (struct zone_line){ "_sip._udp.x.example",
					       texts[i] };
	}
	lines[i] = (struct zone_line){ "a.x", "A 192.0.2.1" };
	zone = lines;
	start("x.example", SIP_UDP, &all);
	rounds(500);
	assert_int_equal(got.n, RESOLVE_MAX);
	assert_int_equal(addr_port(&got.ways[0].addr), 5000);
}

/* Both families, where there is a route to them: this machine's own. */
static void both_families_of_a_server(void **state)
{
	static const struct resolve_reach both = { .family = { 0, 0, 0 } };
	static const struct zone_line lines[] = {
		{ "_sip._udp.x.example", "SRV 1 0 5060 a.x.example" },
		{ "a.x.example", "A 127.0.0.2" },
		{ "a.x.example", "AAAA ::1" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	start("x.example", SIP_UDP, &both);
	rounds(500);
	assert_int_equal(got.n, 2);
	assert_int_not_equal(got.ways[0].addr.sa.sa_family,
			     got.ways[1].addr.sa.sa_family);
	assert_int_equal(n_of[DNS_AAAA], 1);
}

/* ---- what fails ---------------------------------------------------------- */

static void failing_extras_are_done_without(void **state)
{
	static const struct zone_line lines[] = {
		{ "_sip._udp.x.example", "SERVFAIL" },
		{ "_sip._tcp.x.example", "SERVFAIL" },
		{ "x.example", "A 192.0.2.9" },
		{ "fail.example", "SERVFAIL" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	expect("x.example", SIP_ANY, &all, "udp 192.0.2.9:5060");
	expect("fail.example", SIP_ANY, &all, "failed");
	expect("nothing.example", SIP_ANY, &all, "none");
}

static void a_silent_step_takes_its_share_only(void **state)
{
	static const struct zone_line lines[] = {
		{ "_sip._udp.x.example", "SILENT" },
		{ "x.example", "A 192.0.2.9" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	start("x.example", SIP_UDP, &all);
	rounds(10);
	assert_int_equal(n_got, 0);
	clock_advance(&wall, 5 * S_NS);
	rounds(500);
	assert_int_equal(got.err, 0);
	assert_int_equal(got.n, 1);
	/* The next call does not wait for it. */
	expect("x.example", SIP_UDP, &all, "udp 192.0.2.9:5060");
}

static void one_slow_server_does_not_hold_the_others_up(void **state)
{
	static const struct zone_line lines[] = {
		{ "_sip._udp.x.example", "SRV 1 0 5060 slow.x.example" },
		{ "_sip._udp.x.example", "SRV 2 0 5060 a.x.example" },
		{ "slow.x.example", "SILENT" },
		{ "a.x.example", "A 192.0.2.1" },
		{ NULL, NULL },
	};

	(void)state;
	zone = lines;
	start("x.example", SIP_UDP, &all);
	rounds(20);
	assert_int_equal(n_got, 0);
	clock_advance(&wall, 2 * S_NS);
	rounds(50);
	assert_int_equal(n_got, 1);
	assert_int_equal(got.n, 1);
	assert_int_equal(addr_port(&got.ways[0].addr), 5060);
	/* Also where its address is known from the start. */
	start("x.example", SIP_UDP, &all);
	rounds(20);
	assert_int_equal(n_got, 0);
	clock_advance(&wall, 2 * S_NS);
	rounds(50);
	assert_int_equal(n_got, 1);
}

static void all_steps_together_have_a_bound(void **state)
{
	static const struct zone_line lines[] = {
		{ "x.example", "SILENT" },
		{ "_sip._udp.x.example", "SILENT" },
		{ "_sip._tcp.x.example", "SILENT" },
		{ NULL, NULL },
	};
	int i;

	(void)state;
	zone = lines;
	start("x.example", SIP_ANY, &all);
	for (i = 0; i < 15; i++) {
		assert_int_equal(n_got, 0);
		rounds(3);
		clock_advance(&wall, S_NS);
	}
	rounds(10);
	assert_int_equal(n_got, 1);
	assert_int_equal(got.err, -ETIMEDOUT);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, bench_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(naptr_chooses_the_transport),
		CASE(a_given_transport_needs_no_naptr),
		CASE(nothing_plain_stands_in_for_tls),
		CASE(without_naptr_each_transport_is_looked_for),
		CASE(without_srv_it_is_udp_at_5060),
		CASE(naptr_of_others_is_none),
		CASE(naptr_without_its_srv_still_says_the_transport),
		CASE(priorities_give_the_order),
		CASE(a_dot_says_that_there_is_no_service),
		CASE(targets_that_are_not_there_are_passed_over),
		CASE(the_same_server_is_there_once),
		CASE(weights_share_the_calls),
		CASE(many_servers_are_cut),
		CASE(both_families_of_a_server),
		CASE(failing_extras_are_done_without),
		CASE(a_silent_step_takes_its_share_only),
		CASE(one_slow_server_does_not_hold_the_others_up),
		CASE(all_steps_together_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
