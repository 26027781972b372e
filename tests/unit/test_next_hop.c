/*
 * test_next_hop.c - where a carrier's requests go, by its fields alone.
 * Needs: core/call/next_hop.c, core/sip/names.c, base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/str.h"
#include "call/next_hop.h"

static struct cln_carrier carrier(const char *host, const char *transport)
{
	struct cln_carrier c = { .size = sizeof(c) };

	str_copy(c.host, sizeof(c.host), host);
	str_copy(c.transport, sizeof(c.transport), transport);
	return c;
}

static struct sip_target aim(const struct cln_carrier *c)
{
	struct sip_target t;

	next_hop_of(c, &t);
	return t;
}

static void transport_is_the_carriers(void **state)
{
	static const struct {
		const char *word;
		enum sip_transport transport;
	} cases[] = {
		{ "udp", SIP_UDP }, { "tcp", SIP_TCP }, { "tls", SIP_TLS },
		{ "auto", SIP_ANY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cln_carrier c = carrier("sip.example", cases[i].word);
		struct sip_target t = aim(&c);

		assert_int_equal(t.transport, cases[i].transport);
		assert_string_equal(t.host, "sip.example");
		assert_int_equal(t.port, 0);
		assert_int_equal(t.listen, -1);
	}
}

static void proxy_comes_before_the_host(void **state)
{
	struct cln_carrier c = carrier("sip.example", "udp");
	struct sip_target t;

	(void)state;
	c.port = 5080;
	t = aim(&c);
	assert_int_equal(t.port, 5080);
	str_copy(c.outbound_proxy, sizeof(c.outbound_proxy),
		 "sip:proxy.example;lr");
	t = aim(&c);
	assert_string_equal(t.host, "proxy.example");
	/* The port is the host's, not the proxy's. */
	assert_int_equal(t.port, 0);
	assert_int_equal(t.transport, SIP_UDP);
	str_copy(c.outbound_proxy, sizeof(c.outbound_proxy),
		 "proxy.example:5061;transport=tls");
	t = aim(&c);
	assert_int_equal(t.port, 5061);
	assert_int_equal(t.transport, SIP_TLS);
}

/* RFC 5922 7.2: the name that was meant, whatever it led to. */
static void certificate_is_for_a_name_where_there_is_one(void **state)
{
	struct cln_carrier c = carrier("sip.example", "tls");

	(void)state;
	assert_string_equal(aim(&c).name, "sip.example");
	str_copy(c.outbound_proxy, sizeof(c.outbound_proxy), "192.0.2.1");
	assert_string_equal(aim(&c).name, "sip.example");
	str_copy(c.outbound_proxy, sizeof(c.outbound_proxy), "edge.example");
	assert_string_equal(aim(&c).name, "edge.example");
	c = carrier("192.0.2.7", "tls");
	assert_string_equal(aim(&c).name, "192.0.2.7");
}

static void proxy_is_a_host_and_what_says_how_to_get_there(void **state)
{
	static const char *const good[] = {
		"proxy", "proxy.example:5070", "192.0.2.1", "[::1]:5061",
		"sip:proxy", "SIP:proxy:5060;lr;transport=udp",
		"proxy;TRANSPORT=Tcp",
	};
	static const char *const bad[] = {
		"", "sip:", ";", "proxy;", ";lr", "proxy;;lr", "proxy;x",
		"proxy;transport=", "proxy;transport=any", "proxy;transport=auto",
		"proxy;transport=tls;transport=udp", "sips:proxy", "a@proxy",
		"proxy?X=y", "proxy:0", "proxy:65536", "proxy x", "<sip:proxy>",
		".", ".:5060", "proxy..", "proxy\r\nVia: x", "proxy;maddr=192.0.2.1", "proxy;lr\n",
	};
	struct sip_target t;
	bool has;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (next_hop_proxy(&t, &has, good[i]))
			fail_msg("refused %s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!next_hop_proxy(&t, &has, bad[i]))
			fail_msg("accepted %s", bad[i]);
}

static void final_dot_of_a_proxy_is_dropped(void **state)
{
	struct cln_carrier c = carrier("sip.example", "tls");

	(void)state;
	str_copy(c.outbound_proxy, sizeof(c.outbound_proxy), "edge.example.");
	assert_string_equal(aim(&c).host, "edge.example");
	assert_string_equal(aim(&c).name, "edge.example");
	str_copy(c.outbound_proxy, sizeof(c.outbound_proxy),
		 "sip:edge.example.:5071;lr");
	assert_string_equal(aim(&c).host, "edge.example");
	assert_int_equal(aim(&c).port, 5071);
}

static void default_port_is_not_shown(void **state)
{
	struct cln_carrier c = carrier("sip.example", "udp");

	(void)state;
	assert_int_equal(next_hop_uri_port(&c), 0);
	c.port = 5060;
	assert_int_equal(next_hop_uri_port(&c), 0);
	c.port = 5061;
	assert_int_equal(next_hop_uri_port(&c), 5061);
	str_copy(c.transport, sizeof(c.transport), "tls");
	assert_int_equal(next_hop_uri_port(&c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transport_is_the_carriers),
		cmocka_unit_test(proxy_comes_before_the_host),
		cmocka_unit_test(certificate_is_for_a_name_where_there_is_one),
		cmocka_unit_test(
			proxy_is_a_host_and_what_says_how_to_get_there),
		cmocka_unit_test(final_dot_of_a_proxy_is_dropped),
		cmocka_unit_test(default_port_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
