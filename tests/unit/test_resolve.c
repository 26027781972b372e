/*
 * test_resolve.c - names to addresses, against a name server of the test's own
 * on loopback. The loop runs on a virtual clock but for one test.
 * Needs: core/sip/resolve.c; all of core/base; cares.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/str.h"
#include "sip/resolve.h"

enum { TYPE_A = 1, TYPE_AAAA = 28, SERVFAIL = 2, NXDOMAIN = 3 };

/* ---- the name server ----------------------------------------------------- */

struct packet {
	uint8_t data[1024];
	size_t len;
};

static struct loop_fd server;
static unsigned int n_queries, n_a, n_aaaa;

static void put16(struct packet *p, unsigned int n)
{
	p->data[p->len++] = (uint8_t)(n >> 8);
	p->data[p->len++] = (uint8_t)n;
}

static void put_record(struct packet *p, unsigned int type, const void *data,
		       size_t len)
{
	put16(p, 0xc00c);
	put16(p, type);
	put16(p, 1);
	put16(p, 0);
	put16(p, 60);
	put16(p, (unsigned int)len);
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

static void put_a(struct packet *p, unsigned int last)
{
	const uint8_t ip[4] = { 192, 0, 2, (uint8_t)last };

	put_record(p, TYPE_A, ip, sizeof(ip));
}

static void put_aaaa(struct packet *p, unsigned int last)
{
	uint8_t ip[16] = { 0x20, 0x01, 0x0d, 0xb8 };

	ip[15] = (uint8_t)last;
	put_record(p, TYPE_AAAA, ip, sizeof(ip));
}

/* "sip.example." of the question; returns its end. */
static size_t read_name(const uint8_t *q, size_t len, char name[256])
{
	size_t at = 12, n = 0;

	while (at < len && q[at]) {
		size_t label = q[at++];

		assert_true(at + label < len && n + label + 2 < 256);
		memcpy(name + n, q + at, label);
		n += label;
		name[n++] = '.';
		at += label;
	}
	name[n] = '\0';
	return at + 1;
}

static unsigned int put_answers(struct packet *p, const char *name,
				unsigned int type)
{
	unsigned int i, n = 0;

	if (!strcmp(name, "lossy.example.")) {
		put_a(p, 9);
		n = 1;
	} else if (!strcmp(name, "sip.example.") && type == TYPE_A) {
		put_a(p, 1);
		put_a(p, 2);
		n = 2;
	} else if (!strcmp(name, "sip.example.") ||
		   !strcmp(name, "six.example.")) {
		if (type == TYPE_AAAA) {
			put_aaaa(p, 1);
			n = 1;
		}
	} else if (!strcmp(name, "broken.example.")) {
		put_a(p, 1);
		p->len -= 3;
		n = 1;
	} else if (!strcmp(name, "many.example.") && type == TYPE_A) {
		for (i = 1; i <= 12; i++)
			put_a(p, i);
		n = 12;
	}
	return n;
}

static unsigned int code_of(const char *name)
{
	if (!strcmp(name, "fail.example."))
		return SERVFAIL;
	if (!strcmp(name, "sip.example.") || !strcmp(name, "six.example.") ||
	    !strcmp(name, "many.example.") || !strcmp(name, "empty.example.") ||
	    !strcmp(name, "broken.example.") || !strcmp(name, "lossy.example."))
		return 0;
	return NXDOMAIN;
}

static void on_query(struct loop_fd *f, uint32_t events)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	struct packet q, p;
	char name[256];
	unsigned int type, n;
	ssize_t len = recvfrom(f->fd, q.data, sizeof(q.data), 0,
			       (struct sockaddr *)&from, &from_len);

	(void)events;
	assert_true(len > 16);
	n_queries++;
	p.len = read_name(q.data, (size_t)len, name);
	type = q.data[p.len] * 256u + q.data[p.len + 1];
	n_a += type == TYPE_A;
	n_aaaa += type == TYPE_AAAA;
	if (!strcmp(name, "silent.example.") ||
	    (!strcmp(name, "lossy.example.") && n_queries == 1))
		return;
	p.len += 4;
	memcpy(p.data, q.data, p.len);
	n = put_answers(&p, name, type);
	p.data[2] = 0x81;
	p.data[3] = (uint8_t)(0x80 | code_of(name));
	memset(p.data + 6, 0, 6);
	p.data[7] = (uint8_t)n;
	assert_true(sendto(f->fd, p.data, p.len, 0, (struct sockaddr *)&from,
			   from_len) > 0);
}

/* ---- the bench ----------------------------------------------------------- */

static struct clock wall;
static struct loop *loop;
static struct resolver *resolver;
static struct resolve_result got;
static struct resolve_query *query;
static unsigned int n_got;
static bool inside, free_when_told;

static void open_server(struct addr *a)
{
	socklen_t len = sizeof(*a);

	server = (struct loop_fd){ .fn = on_query };
	server.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(server.fd >= 0);
	assert_int_equal(addr_parse(a, "127.0.0.1:0", 0), 0);
	assert_int_equal(bind(server.fd, &a->sa, addr_len(a)), 0);
	assert_int_equal(getsockname(server.fd, &a->sa, &len), 0);
	assert_int_equal(loop_add(loop, &server, EPOLLIN), 0);
}

static int set_up_on(const struct clock *clock)
{
	struct addr a;

	n_queries = n_a = n_aaaa = n_got = 0;
	inside = free_when_told = false;
	assert_int_equal(loop_new(&loop, clock, 16), 0);
	open_server(&a);
	return resolver_new(&resolver, loop, &a, 1);
}

static int set_up(void **state)
{
	(void)state;
	clock_virtual(&wall, 1000 * S_NS, 0);
	return set_up_on(&wall);
}

/* c-ares has its own idea of time, so its retransmission is seen in earnest. */
static int set_up_in_earnest(void **state)
{
	(void)state;
	return set_up_on(clock_system());
}

static int tear_down(void **state)
{
	(void)state;
	resolver_free(resolver);
	resolver = NULL;
	if (server.loop)
		loop_remove(&server);
	close(server.fd);
	loop_free(loop);
	return 0;
}

static void told(void *arg, const struct resolve_result *result)
{
	assert_ptr_equal(arg, &got);
	assert_false(inside);
	got = *result;
	n_got++;
	if (free_when_told) {
		resolver_free(resolver);
		resolver = NULL;
	}
}

static void ask(const char *host, uint16_t port, int family)
{
	struct sip_target t = { .port = port, .listen = -1 };

	str_copy(t.host, sizeof(t.host), host);
	memset(&got, 0, sizeof(got));
	n_got = 0;
	inside = true;
	assert_int_equal(resolve_start(&query, resolver, &t, family, told,
				       &got), 0);
	inside = false;
	assert_int_equal(n_got, 0);
}

static void wait_answer(void)
{
	int i;

	for (i = 0; i < 250 && !n_got; i++)
		loop_once(loop, 20);
	assert_int_equal(n_got, 1);
}

static int resolve(const char *host, uint16_t port, int family)
{
	ask(host, port, family);
	wait_answer();
	return got.err;
}

static void assert_addr(size_t i, const char *text)
{
	char ip[ADDR_TEXT_LEN];

	assert_true(i < got.n);
	addr_text(&got.addrs[i], ip);
	assert_string_equal(ip, text);
}

/* ---- without a query ----------------------------------------------------- */

static void numeric_hosts_need_no_query(void **state)
{
	(void)state;
	assert_int_equal(resolve("192.0.2.7", 0, AF_UNSPEC), 0);
	assert_int_equal(got.n, 1);
	assert_addr(0, "192.0.2.7:5060");
	assert_int_equal(resolve("[2001:db8::7]", 5070, AF_INET6), 0);
	assert_addr(0, "[2001:db8::7]:5070");
	assert_int_equal(resolve("2001:db8::7", 0, AF_UNSPEC), 0);
	assert_addr(0, "[2001:db8::7]:5060");
	assert_int_equal(n_queries, 0);
}

static void default_port_is_the_transports(void **state)
{
	struct sip_target t = { .host = "192.0.2.7", .transport = SIP_TLS };

	(void)state;
	n_got = 0;
	assert_int_equal(resolve_start(&query, resolver, &t, AF_UNSPEC, told,
				       &got), 0);
	wait_answer();
	assert_addr(0, "192.0.2.7:5061");
}

static void an_address_of_another_family_is_none(void **state)
{
	(void)state;
	assert_int_equal(resolve("192.0.2.7", 0, AF_INET6), -ENOENT);
	assert_int_equal(resolve("::1", 0, AF_INET), -ENOENT);
	assert_int_equal(got.n, 0);
}

static void hosts_file_is_read(void **state)
{
	(void)state;
	assert_int_equal(resolve("localhost", 0, AF_INET), 0);
	assert_true(got.n >= 1);
	assert_true(addr_is_loopback(&got.addrs[0]));
	assert_int_equal(addr_port(&got.addrs[0]), 5060);
	assert_int_equal(n_queries, 0);
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
	assert_addr(0, "192.0.2.1:5080");
	assert_addr(1, "192.0.2.2:5080");
	assert_int_equal(n_aaaa, 0);
	assert_int_equal(resolve("six.example", 0, AF_INET6), 0);
	assert_int_equal(got.n, 1);
	assert_addr(0, "[2001:db8::1]:5060");
}

static void both_families_are_asked_for(void **state)
{
	(void)state;
	assert_int_equal(resolve("sip.example", 0, AF_UNSPEC), 0);
	assert_int_equal(got.n, 3);
	assert_int_equal(n_a, 1);
	assert_int_equal(n_aaaa, 1);
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
	loop_remove(&server);
	close(server.fd);
	assert_int_equal(resolve("sip.example", 0, AF_INET), -EIO);
	server.fd = -1;
}

static void a_silent_name_server_times_out(void **state)
{
	int i;

	(void)state;
	ask("silent.example", 0, AF_INET);
	for (i = 0; i < 10; i++)
		loop_once(loop, 10);
	assert_int_equal(n_got, 0);
	clock_advance(&wall, 15 * S_NS);
	wait_answer();
	assert_int_equal(got.err, -ETIMEDOUT);
}

static void a_lost_query_is_repeated(void **state)
{
	(void)state;
	assert_int_equal(resolve("lossy.example", 0, AF_INET), 0);
	assert_int_equal(n_queries, 2);
	assert_addr(0, "192.0.2.9:5060");
}

static void many_queries_run_at_once(void **state)
{
	struct sip_target t = { .host = "sip.example" };
	int i;

	(void)state;
	n_got = 0;
	for (i = 0; i < 100; i++)
		assert_int_equal(resolve_start(&query, resolver, &t, AF_INET,
					       told, &got), 0);
	for (i = 0; i < 500 && n_got < 100; i++)
		loop_once(loop, 20);
	assert_int_equal(n_got, 100);
	assert_int_equal(got.n, 2);
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

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(numeric_hosts_need_no_query),
		CASE(default_port_is_the_transports),
		CASE(an_address_of_another_family_is_none),
		CASE(hosts_file_is_read),
		CASE(what_is_no_name_is_not_asked_for),
		CASE(names_give_all_their_addresses),
		CASE(both_families_are_asked_for),
		CASE(many_addresses_are_cut),
		CASE(no_such_name_is_told_from_a_failure),
		CASE(a_broken_answer_is_a_failure),
		CASE(a_dead_name_server_is_a_failure),
		CASE(a_silent_name_server_times_out),
		cmocka_unit_test_setup_teardown(a_lost_query_is_repeated,
						set_up_in_earnest, tear_down),
		CASE(many_queries_run_at_once),
		CASE(a_cancelled_query_is_silent),
		CASE(freeing_drops_what_is_outstanding),
		CASE(it_may_be_freed_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
