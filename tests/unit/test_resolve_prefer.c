/*
 * test_resolve_prefer.c - the server that took a REGISTER is tried first, unless
 * it has just failed.
 * Needs: name_server.h; all of core/sip/resolve*.c and dns_*.c; core/base.
 */
/* SPDX-License-Identifier: MIT */
#include "resolve_bench.h"

static const struct zone_line zone_of_two[] = {
	{ "sip.example", "A 192.0.2.1" },
	{ "sip.example", "A 192.0.2.2" },
	{ "many.example", "A 192.0.2.1" }, { "many.example", "A 192.0.2.2" },
	{ "many.example", "A 192.0.2.3" }, { "many.example", "A 192.0.2.4" },
	{ "many.example", "A 192.0.2.5" }, { "many.example", "A 192.0.2.6" },
	{ "many.example", "A 192.0.2.7" }, { "many.example", "A 192.0.2.8" },
	{ "many.example", "A 192.0.2.9" }, { "many.example", "A 192.0.2.10" },
	{ "many.example", "A 192.0.2.11" }, { "many.example", "A 192.0.2.12" },
	{ "many.example", "A 192.0.2.13" }, { "many.example", "A 192.0.2.14" },
	{ "many.example", "A 192.0.2.15" }, { "many.example", "A 192.0.2.16" },
	{ "silent.example", "SILENT" },
	{ NULL, NULL },
};

static int set_up(void **state)
{
	(void)state;
	return bench_open(zone_of_two);
}

static int set_up_in_earnest(void **state)
{
	(void)state;
	return bench_open_on(clock_system(), zone_of_two);
}

/* Asks for UDP at 5060 over IPv4, preferring this server. */
static int resolve(const char *host, const char *server,
		   enum sip_transport transport)
{
	struct sip_target t = { .port = 5060, .transport = SIP_UDP,
				.listen = -1, .prefer_transport = transport };
	struct resolve_reach reach = { .family = { AF_INET, AF_INET, -1 } };
	struct resolve_query *query;

	str_copy(t.host, sizeof(t.host), host);
	assert_int_equal(addr_parse(&t.prefer, server, 0), 0);
	n_got = 0;
	assert_int_equal(resolve_start(&query, resolver, &t, &reach, bench_told,
				       NULL), 0);
	assert_int_equal(n_got, 0);
	rounds(500);
	assert_int_equal(n_got, 1);
	return got.err;
}

static void preferred_comes_first(void **state)
{
	(void)state;
	assert_int_equal(resolve("sip.example", "192.0.2.2:5060", SIP_UDP), 0);
	assert_int_equal(got.n, 2);
	assert_way(0, "192.0.2.2:5060");
	assert_way(1, "192.0.2.1:5060");
}

static void preferred_need_not_be_named_by_dns(void **state)
{
	(void)state;
	assert_int_equal(resolve("sip.example", "192.0.2.9:5070", SIP_TCP), 0);
	assert_int_equal(got.n, 3);
	assert_way(0, "192.0.2.9:5070");
	assert_int_equal(got.ways[0].transport, SIP_TCP);
	assert_way(1, "192.0.2.1:5060");
	assert_int_equal(got.ways[1].transport, SIP_UDP);
}

static void preferred_that_rests_comes_last(void **state)
{
	struct resolve_way way;

	(void)state;
	resolve("sip.example", "192.0.2.1:5060", SIP_UDP);
	way = got.ways[0];
	resolve_rest(resolver, &way, "sip.example", 30 * S_MS);
	assert_int_equal(resolve("sip.example", "192.0.2.1:5060", SIP_UDP), 0);
	assert_way(0, "192.0.2.2:5060");
	assert_way(1, "192.0.2.1:5060");
	clock_advance(&wall, 31 * S_NS);
	assert_int_equal(resolve("sip.example", "192.0.2.1:5060", SIP_UDP), 0);
	assert_way(0, "192.0.2.1:5060");
}

static void preferred_has_a_place_among_very_many(void **state)
{
	(void)state;
	assert_int_equal(resolve("many.example", "192.0.2.99:5060", SIP_UDP),
			 0);
	assert_int_equal(got.n, RESOLVE_MAX);
	assert_way(0, "192.0.2.99:5060");
	assert_int_equal(resolve("many.example", "192.0.2.16:5060", SIP_UDP),
			 0);
	assert_int_equal(got.n, RESOLVE_MAX);
	assert_way(0, "192.0.2.16:5060");
	for (size_t i = 1; i < got.n; i++)
		assert_false(addr_equal(&got.ways[i].addr, &got.ways[0].addr));
}

static void numeric_host_is_the_preferred_one(void **state)
{
	(void)state;
	assert_int_equal(resolve("192.0.2.1", "192.0.2.1:5060", SIP_UDP), 0);
	assert_int_equal(got.n, 1);
	assert_int_equal(n_queries, 0);
}

static void preferred_is_there_without_dns(void **state)
{
	(void)state;
	assert_int_equal(resolve("none.example", "192.0.2.7:5060", SIP_UDP),
			 0);
	assert_int_equal(got.n, 1);
	assert_way(0, "192.0.2.7:5060");
	/* A transport that there is none of is no way. */
	assert_int_equal(resolve("none.example", "192.0.2.7:5061", SIP_TLS),
			 -ENOENT);
}

/* Calls of a registered carrier do not wait for a name server that is gone. */
static void preferred_does_not_wait_for_dns_for_long(void **state)
{
	int64_t begin = clock_now_ms(clock_system());

	(void)state;
	assert_int_equal(resolve("silent.example", "192.0.2.7:5060", SIP_UDP),
			 0);
	assert_way(0, "192.0.2.7:5060");
	assert_true(clock_now_ms(clock_system()) - begin < 4000);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, set_up, bench_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(preferred_comes_first),
		RULE(preferred_need_not_be_named_by_dns),
		RULE(preferred_that_rests_comes_last),
		RULE(preferred_has_a_place_among_very_many),
		RULE(numeric_host_is_the_preferred_one),
		RULE(preferred_is_there_without_dns),
		cmocka_unit_test_setup_teardown(
			preferred_does_not_wait_for_dns_for_long,
			set_up_in_earnest, bench_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
