/*
 * test_names.c - listen addresses, targets, status phrases.
 * Needs: core/sip/names.c; core/base/addr.c network.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "base/str.h"
#include "sip/sip.h"

static void listen_names_transport_address_and_port(void **state)
{
	struct sip_listen l;

	(void)state;
	assert_int_equal(sip_listen_parse(&l, "udp:127.0.0.1:5070"), 0);
	assert_int_equal(l.transport, SIP_UDP);
	assert_int_equal(addr_port(&l.addr), 5070);
	assert_int_equal(sip_listen_parse(&l, "192.0.2.1"), 0);
	assert_int_equal(l.transport, SIP_UDP);
	assert_int_equal(addr_port(&l.addr), 5060);
	assert_int_equal(sip_listen_parse(&l, "TLS:[::]"), 0);
	assert_int_equal(l.transport, SIP_TLS);
	assert_int_equal(addr_port(&l.addr), 5061);
	assert_int_equal(sip_listen_parse(&l, "tcp:[::1]:9"), 0);
	assert_int_equal(l.transport, SIP_TCP);
}

static void listen_refuses_the_rest(void **state)
{
	static const char *const texts[] = {
		"", "udp:", "sctp:127.0.0.1", "udp:host.example", "udp:1.2.3",
		"udp:127.0.0.1:x", "udp:127.0.0.1:70000", "udp 127.0.0.1",
	};
	struct sip_listen l;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(sip_listen_parse(&l, texts[i]), -EINVAL);
}

static void target_is_a_host_with_or_without_port(void **state)
{
	struct sip_target t;

	(void)state;
	assert_int_equal(sip_target_parse(&t, "sip.example.com"), 0);
	assert_string_equal(t.host, "sip.example.com");
	assert_int_equal(t.port, 0);
	assert_int_equal(t.listen, -1);
	assert_int_equal(sip_target_parse(&t, "10.2.2.22:5080"), 0);
	assert_string_equal(t.host, "10.2.2.22");
	assert_int_equal(t.port, 5080);
	assert_int_equal(sip_target_parse(&t, "[2001:db8::1]:5080"), 0);
	assert_string_equal(t.host, "[2001:db8::1]");
	assert_int_equal(t.port, 5080);
	assert_int_equal(sip_target_parse(&t, "2001:db8::1"), 0);
	assert_int_equal(t.port, 0);
}

static void target_refuses_the_rest(void **state)
{
	static const char *const texts[] = {
		"", ":5060", "a b", "host:", "host:0", "host:65536", "host:x",
		"h;maddr=x", "u@host", "host\r\n", "[::1", "host:5060x",
	};
	struct sip_target t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(sip_target_parse(&t, texts[i]), -EINVAL);
}

/* RFC 3261 8.1.3.2. */
static void unknown_codes_have_the_phrase_of_their_class(void **state)
{
	(void)state;
	assert_string_equal(sip_reason_phrase(486), "Busy Here");
	assert_string_equal(sip_reason_phrase(499), sip_reason_phrase(400));
	assert_string_equal(sip_reason_phrase(199), sip_reason_phrase(183));
	assert_string_equal(sip_reason_phrase(0), "Unknown");
	assert_string_equal(sip_reason_phrase(700), "Unknown");
	assert_string_equal(sip_transport_name(SIP_TLS), "tls");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listen_names_transport_address_and_port),
		cmocka_unit_test(listen_refuses_the_rest),
		cmocka_unit_test(target_is_a_host_with_or_without_port),
		cmocka_unit_test(target_refuses_the_rest),
		cmocka_unit_test(unknown_codes_have_the_phrase_of_their_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
