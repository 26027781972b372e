/*
 * test_resolve.c - names to addresses, against a name server of the test's own
 * on loopback. The loop runs on a virtual clock but for one test.
 * Needs: core/sip/resolve*.c resting.c dns_*.c; all of core/base; cares.
 */
/* SPDX-License-Identifier: MIT */
#include "resolve_bench.h"

#include <stdlib.h>
#include <unistd.h>

#include "sip/dns_cache.h"
#include "sip/resolve_impl.h"

static const struct zone_line zone_of_all[] = {
	{ "sip.example", "A 192.0.2.1" },
	{ "sip.example", "A 192.0.2.2" },
	{ "sip.example", "AAAA 2001:db8::1" },
	{ "six.example", "AAAA 2001:db8::1" },
	{ "fail.example", "SERVFAIL" },
	{ "broken.example", "BROKEN" },
	{ "silent.example", "SILENT" },
	{ "_sip._udp.silent.example", "SILENT" },
	{ "lossy.example", "FIRST_LOST" },
	{ "lossy.example", "A 192.0.2.9" },
	{ "empty.example", "" },
	{ "many.example", "A 192.0.2.1" },
	{ "many.example", "A 192.0.2.2" },
	{ "many.example", "A 192.0.2.3" },
	{ "many.example", "A 192.0.2.4" },
	{ "many.example", "A 192.0.2.5" },
	{ "many.example", "A 192.0.2.6" },
	{ "many.example", "A 192.0.2.7" },
	{ "many.example", "A 192.0.2.8" },
	{ "many.example", "A 192.0.2.9" },
	{ "many.example", "A 192.0.2.10" },
	{ "many.example", "A 192.0.2.11" },
	{ "many.example", "A 192.0.2.12" },
	{ "many.example", "A 192.0.2.13" },
	{ "many.example", "A 192.0.2.14" },
	{ "many.example", "A 192.0.2.15" },
	{ "many.example", "A 192.0.2.16" },
	{ "many.example", "A 192.0.2.17" },
	{ "many.example", "A 192.0.2.18" },
	{ "carrier.example",
	  "NAPTR 10 10 s SIP+D2T _sip._tcp.carrier.example" },
	{ "_sip._tcp.carrier.example", "SRV 1 0 5070 sip.example" },
	{ "_sip._udp.carrier.example", "SRV 1 0 5080 sip.example" },
	{ NULL, NULL },
};

/* ---- the bench ----------------------------------------------------------- */

static struct resolve_query *query;
static bool inside, free_when_told;

static int set_up(void **state)
{
	(void)state;
	inside = free_when_told = false;
	return bench_open(zone_of_all);
}

/* c-ares has its own idea of time, so its retransmission is seen in earnest. */
static int set_up_in_earnest(void **state)
{
	(void)state;
	inside = free_when_told = false;
	return bench_open_on(clock_system(), zone_of_all);
}

static void told(void *arg, const struct resolve_result *result)
{
	assert_ptr_equal(arg, &got);
	assert_false(inside);
	bench_told(arg, result);
	if (free_when_told) {
		resolver_free(resolver);
		resolver = NULL;
	}
}

static void ask_by(const char *host, uint16_t port, int family,
		   enum sip_transport transport)
{
	struct sip_target t = {
		.port = port, .transport = transport, .listen = -1,
	};
	struct resolve_reach reach = { .family = { family, family, family } };

	str_copy(t.host, sizeof(t.host), host);
	memset(&got, 0, sizeof(got));
	n_got = 0;
	inside = true;
	assert_int_equal(resolve_start(&query, resolver, &t, &reach, told,
				       &got), 0);
	inside = false;
	assert_int_equal(n_got, 0);
}

static void ask(const char *host, uint16_t port, int family)
{
	ask_by(host, port, family, SIP_UDP);
}

static void wait_answer(void)
{
	rounds(500);
	assert_int_equal(n_got, 1);
}

static int resolve(const char *host, uint16_t port, int family)
{
	ask(host, port, family);
	wait_answer();
	return got.err;
}

/* ---- without a query ----------------------------------------------------- */

static void numeric_hosts_need_no_query(void **state)
{
	(void)state;
	assert_int_equal(resolve("192.0.2.7", 0, AF_UNSPEC), 0);
	assert_int_equal(got.n, 1);
	assert_way(0, "192.0.2.7:5060");
	assert_int_equal(resolve("[2001:db8::7]", 5070, AF_INET6), 0);
	assert_way(0, "[2001:db8::7]:5070");
	assert_int_equal(resolve("2001:db8::7", 0, AF_UNSPEC), 0);
	assert_way(0, "[2001:db8::7]:5060");
	assert_int_equal(n_queries, 0);
}

static void default_port_is_the_transports(void **state)
{
	(void)state;
	ask_by("192.0.2.7", 0, AF_UNSPEC, SIP_TLS);
	wait_answer();
	assert_way(0, "192.0.2.7:5061");
	assert_int_equal(got.ways[0].transport, SIP_TLS);
}

/* RFC 3263 4.1: UDP for a numeric host, and where there is a port. */
static void without_a_name_any_is_udp(void **state)
{
	(void)state;
	ask_by("192.0.2.7", 0, AF_UNSPEC, SIP_ANY);
	wait_answer();
	assert_way(0, "192.0.2.7:5060");
	assert_int_equal(got.ways[0].transport, SIP_UDP);
	ask_by("sip.example", 5090, AF_INET, SIP_ANY);
	wait_answer();
	assert_way(0, "192.0.2.1:5090");
	assert_int_equal(got.ways[0].transport, SIP_UDP);
	assert_int_equal(n_of[DNS_NAPTR] + n_of[DNS_SRV], 0);
}

static void an_address_of_another_family_is_none(void **state)
{
	(void)state;
	assert_int_equal(resolve("192.0.2.7", 0, AF_INET6), -ENOENT);
	assert_int_equal(resolve("::1", 0, AF_INET), -ENOENT);
	assert_int_equal(got.n, 0);
}

static void localhost_is_asked_of_nobody(void **state)
{
	(void)state;
	assert_int_equal(resolve("localhost", 0, AF_INET), 0);
	assert_true(got.n >= 1);
	assert_true(addr_is_loopback(&got.ways[0].addr));
	assert_int_equal(addr_port(&got.ways[0].addr), 5060);
	assert_int_equal(n_queries, 0);
}

static void take_hosts_file(const char *path)
{
	hosts_free(resolver->hosts);
	assert_int_equal(hosts_new(&resolver->hosts, path), 0);
}

/* RFC 3263 knows nothing of it; whoever writes a name there means it.         */
static void hosts_file_comes_before_the_name_server(void **state)
{
	static const char text[] = "192.0.2.77 pbx Sip.Example\n";
	char path[] = "/tmp/test_resolve.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	take_hosts_file(path);
	assert_int_equal(resolve("pbx", 0, AF_UNSPEC), 0);
	assert_way(0, "192.0.2.77:5060");
	assert_int_equal(resolve("sip.example", 0, AF_UNSPEC), 0);
	assert_int_equal(got.n, 1);
	assert_way(0, "192.0.2.77:5060");
	assert_int_equal(n_queries, 0);
	unlink(path);
	assert_int_equal(resolve("sip.example", 5080, AF_INET), 0);
	assert_way(0, "192.0.2.1:5080");
}

static void what_is_no_name_is_not_asked_for(void **state)
{
	static const char *const hosts[] = {
		"", "a b", "a\r\nb", "-a.example", "a..example", "exa;mple",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(hosts); i++)
		assert_int_equal(resolve(hosts[i], 0, AF_UNSPEC), -ENOENT);
	assert_int_equal(n_queries, 0);
}

/* ---- with the name server ------------------------------------------------ */

static void names_give_all_their_addresses(void **state)
{
	(void)state;
	assert_int_equal(resolve("sip.example", 5080, AF_INET), 0);
	assert_int_equal(got.n, 2);
	assert_way(0, "192.0.2.1:5080");
	assert_way(1, "192.0.2.2:5080");
	assert_int_equal(n_of[DNS_AAAA], 0);
	assert_int_equal(resolve("six.example", 0, AF_INET6), 0);
	assert_int_equal(got.n, 1);
	assert_way(0, "[2001:db8::1]:5060");
}

static void both_families_are_asked_for(void **state)
{
	(void)state;
	assert_int_equal(resolve("sip.example", 0, AF_UNSPEC), 0);
	assert_int_equal(got.n, 3);
	assert_int_equal(n_of[DNS_A], 1);
	assert_int_equal(n_of[DNS_AAAA], 1);
	/* One that has one family only is found all the same. */
	assert_int_equal(resolve("six.example", 0, AF_UNSPEC), 0);
	assert_int_equal(got.n, 1);
}

static void many_addresses_are_cut(void **state)
{
	(void)state;
	assert_int_equal(resolve("many.example", 0, AF_INET), 0);
	assert_int_equal(got.n, RESOLVE_MAX);
}

static void no_such_name_is_told_from_a_failure(void **state)
{
	(void)state;
	assert_int_equal(resolve("nothing.example", 0, AF_UNSPEC), -ENOENT);
	assert_int_equal(resolve("empty.example", 0, AF_UNSPEC), -ENOENT);
	assert_int_equal(resolve("fail.example", 0, AF_INET), -EIO);
}

static void a_broken_answer_is_a_failure(void **state)
{
	(void)state;
	assert_int_equal(resolve("broken.example", 0, AF_INET), -EIO);
}

static void a_dead_name_server_is_a_failure(void **state)
{
	(void)state;
	name_server_close();
	assert_int_equal(resolve("sip.example", 0, AF_INET), -EIO);
}

static void a_silent_name_server_times_out(void **state)
{
	int i;

	(void)state;
	ask("silent.example", 0, AF_INET);
	for (i = 0; i < 10; i++)
		loop_once(loop, 10);
	assert_int_equal(n_got, 0);
	/* Each step has its share, all of them no more than 15 s. */
	clock_advance(&wall, 5 * S_NS);
	for (i = 0; i < 10; i++)
		loop_once(loop, 10);
	assert_int_equal(n_got, 0);
	clock_advance(&wall, 10 * S_NS);
	wait_answer();
	assert_int_equal(got.err, -ETIMEDOUT);
}

static void a_lost_query_is_repeated(void **state)
{
	(void)state;
	assert_int_equal(resolve("lossy.example", 5060, AF_INET), 0);
	assert_int_equal(n_queries, 2);
	assert_way(0, "192.0.2.9:5060");
}

static void wait_all(unsigned int n)
{
	int i;

	for (i = 0; i < 500 && n_got < n; i++)
		loop_once(loop, 20);
	assert_int_equal(n_got, n);
}

static void start_many(unsigned int n)
{
	struct sip_target t = { .host = "carrier.example",
				.transport = SIP_ANY };
	struct resolve_reach reach = { .family = { AF_INET, AF_INET, -1 } };
	unsigned int i;

	n_got = 0;
	for (i = 0; i < n; i++)
		assert_int_equal(resolve_start(&query, resolver, &t, &reach,
					       told, &got), 0);
}

static void a_thousand_calls_make_one_set_of_queries(void **state)
{
	(void)state;
	start_many(500);
	wait_all(500);
	assert_int_equal(got.n, 2);
	assert_way(0, "192.0.2.1:5070");
	assert_int_equal(got.ways[0].transport, SIP_TCP);
	start_many(500);
	wait_all(500);
	assert_int_equal(got.n, 2);
	assert_int_equal(n_of[DNS_NAPTR], 1);
	assert_int_equal(n_of[DNS_SRV], 1);
	assert_int_equal(n_of[DNS_A], 1);
	assert_int_equal(n_queries, 3);
}

static void what_is_over_is_asked_for_again(void **state)
{
	(void)state;
	start_many(1);
	wait_all(1);
	clock_advance(&wall, 59 * S_NS);
	start_many(1);
	wait_all(1);
	assert_int_equal(n_queries, 3);
	clock_advance(&wall, 2 * S_NS);
	start_many(1);
	wait_all(1);
	assert_int_equal(n_queries, 6);
}

static void one_that_rests_is_last(void **state)
{
	struct resolve_way first;

	(void)state;
	start_many(1);
	wait_all(1);
	first = got.ways[0];
	resolve_rest(resolver, &first, "sip.example", 30 * S_MS);
	start_many(1);
	wait_all(1);
	assert_int_equal(got.n, 2);
	assert_way(0, "192.0.2.2:5070");
	assert_way(1, "192.0.2.1:5070");
	resolve_rest(resolver, &first, "sip.example", 0);
	start_many(1);
	wait_all(1);
	assert_way(0, "192.0.2.1:5070");
	resolve_rest(resolver, &first, "sip.example", 30 * S_MS);
	clock_advance(&wall, 31 * S_NS);
	start_many(1);
	wait_all(1);
	assert_way(0, "192.0.2.1:5070");
	/* The only one is tried all the same. */
	resolve_rest(resolver, &first, "sip.example", 30 * S_MS);
	assert_int_equal(resolve("192.0.2.1", 5070, AF_INET), 0);
	assert_int_equal(got.n, 1);
}

/* ---- cancelling ---------------------------------------------------------- */

static void a_cancelled_query_is_silent(void **state)
{
	static const char *const hosts[] = {
		"192.0.2.7", "sip.example", "silent.example", "localhost",
	};
	size_t i;
	int round;

	(void)state;
	for (i = 0; i < ARRAY_LEN(hosts); i++) {
		ask(hosts[i], 0, AF_UNSPEC);
		resolve_cancel(query);
		for (round = 0; round < 5; round++)
			loop_once(loop, 10);
		clock_advance(&wall, 20 * S_NS);
		loop_once(loop, 0);
		assert_int_equal(n_got, 0);
	}
	resolve_cancel(NULL);
}

static void freeing_drops_what_is_outstanding(void **state)
{
	(void)state;
	ask("sip.example", 0, AF_UNSPEC);
	ask("silent.example", 0, AF_INET);
	resolve_cancel(query);
	ask("192.0.2.7", 0, AF_UNSPEC);
	ask("localhost", 0, AF_INET);
	resolver_free(resolver);
	resolver = NULL;
	loop_once(loop, 10);
	assert_int_equal(n_got, 0);
}

static void it_may_be_freed_when_told(void **state)
{
	(void)state;
	ask("silent.example", 0, AF_INET);
	resolve_cancel(query);
	free_when_told = true;
	assert_int_equal(resolve("sip.example", 0, AF_INET), 0);
	assert_null(resolver);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, bench_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(numeric_hosts_need_no_query),
		CASE(default_port_is_the_transports),
		CASE(without_a_name_any_is_udp),
		CASE(an_address_of_another_family_is_none),
		CASE(localhost_is_asked_of_nobody),
		CASE(hosts_file_comes_before_the_name_server),
		CASE(what_is_no_name_is_not_asked_for),
		CASE(names_give_all_their_addresses),
		CASE(both_families_are_asked_for),
		CASE(many_addresses_are_cut),
		CASE(no_such_name_is_told_from_a_failure),
		CASE(a_broken_answer_is_a_failure),
		CASE(a_dead_name_server_is_a_failure),
		CASE(a_silent_name_server_times_out),
		cmocka_unit_test_setup_teardown(a_lost_query_is_repeated,
						set_up_in_earnest, bench_close),
		CASE(a_thousand_calls_make_one_set_of_queries),
		CASE(what_is_over_is_asked_for_again),
		CASE(one_that_rests_is_last),
		CASE(a_cancelled_query_is_silent),
		CASE(freeing_drops_what_is_outstanding),
		CASE(it_may_be_freed_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
