/*
 * test_carrier_fields.c - what each field of a carrier may hold, and how a
 * change is merged in.
 * Needs: libcarillon.a.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "call/carrier_fields.h"

static size_t index_of(const char *name)
{
	size_t i = 0;

	while (carrier_fields[i] && strcmp(carrier_fields[i]->name, name))
		i++;
	if (!carrier_fields[i])
		fail_msg("no field %s", name);
	return i;
}

static bool takes(const char *name, const char *value)
{
	const struct cln_field *f = carrier_fields[index_of(name)];
	char why[128] = "";
	int err = f->check ? f->check(value, why, sizeof(why)) : 0;

	/* A refusal says what to do. */
	assert_true(!err || why[0]);
	return !err;
}

static void table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; carrier_fields[i]; i++) {
		const struct cln_field *f = carrier_fields[i];
		size_t len = f->type == CLN_FIELD_STRING ? f->cap : 1;

		assert_int_equal(f->size, sizeof(*f));
		assert_true(f->help && *f->help);
		assert_true(len > 0);
		assert_true(f->offset + len <= sizeof(struct cln_carrier));
		assert_int_equal(index_of(f->name), i);
	}
}

static void nothing_that_changes_a_message_gets_in(void **state)
{
	static const char *const evil[] = {
		"a\r\nX: y", "a\nb", "a@evil", "a;maddr=evil", "a?X=y", "a>",
		"a b",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(evil); i++) {
		assert_false(takes("host", evil[i]));
		assert_false(takes("from_domain", evil[i]));
		assert_false(takes("from_user", evil[i]));
		assert_false(takes("prefix", evil[i]));
		assert_false(takes("outbound_proxy", evil[i]));
		assert_false(takes("listen", evil[i]));
	}
	assert_false(takes("username", "a\r\nb"));
	assert_false(takes("realm", "a\nb"));
	assert_false(takes("password", "a\x7f"));
}

static void quoted_names_may_hold_anything_printable(void **state)
{
	(void)state;
	assert_true(takes("username", "o'neil@\"home\" \\ ;?>"));
	assert_true(takes("password", "p w@;?>\""));
	assert_true(takes("realm", "a realm"));
	assert_true(takes("auth_username", "\xc3\xa4"));
}

static void fields_take_what_they_are_for(void **state)
{
	(void)state;
	assert_true(takes("host", "sip.carrier1.com"));
	assert_true(takes("host", "10.2.2.22"));
	assert_true(takes("host", "[2001:db8::1]"));
	assert_true(takes("host", "sip.carrier1.com."));
	assert_false(takes("host", ""));
	assert_false(takes("host", "."));
	assert_false(takes("host", "sip.carrier1.com.."));
	assert_false(takes("host", "10.2.2.22."));
	assert_false(takes("host", "host:5060"));
	assert_true(takes("outbound_proxy", ""));
	assert_true(takes("outbound_proxy", "proxy.example:5070"));
	assert_true(takes("outbound_proxy", "sip:proxy.example;lr"));
	assert_true(takes("outbound_proxy", "[::1]:5061;transport=TLS"));
	assert_false(takes("outbound_proxy", "proxy;transport=sctp"));
	assert_false(takes("outbound_proxy", "proxy;transport=auto"));
	assert_false(takes("outbound_proxy", "proxy;maddr=192.0.2.1"));
	assert_true(takes("headers", "X-Account: 4711"));
	assert_false(takes("headers", "Via: SIP/2.0/UDP evil"));
	assert_true(takes("listen", "udp:192.0.2.1:5060"));
	assert_true(takes("listen", ""));
	assert_true(takes("prefix", ""));
	assert_true(takes("prefix", "+8888*#"));
	assert_false(takes("prefix", "8+8"));
	assert_false(takes("prefix", "abc"));
	assert_false(takes("name", ""));
	assert_true(takes("from_domain", ""));
}

/* Nobody answers from such an address, and some would answer all at once. */
static void an_address_of_no_single_host_is_none(void **state)
{
	static const char *const hosts[] = {
		"0.0.0.0", "::", "[::]", "255.255.255.255", "224.0.0.1",
		"239.255.255.250", "ff02::1", "[ff0e::1]", "::ffff:224.0.0.1",
		"::ffff:0.0.0.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		assert_false(takes("host", hosts[i]));
		assert_false(takes("outbound_proxy", hosts[i]));
	}
	assert_false(takes("outbound_proxy", "224.0.0.1:5060;transport=udp"));
	assert_true(takes("host", "127.0.0.1"));
	assert_true(takes("host", "[fe80::1]"));
}

static struct cln_carrier two(void)
{
	struct cln_carrier c = { .size = sizeof(c), .port = 5080,
				 .max_cps = 5, .enabled = 1 };

	str_copy(c.name, sizeof(c.name), "two");
	str_copy(c.password, sizeof(c.password), "secret");
	c.password_set = 1;
	return c;
}

static void patch_changes_what_was_named(void **state)
{
	struct cln_carrier to = two(), from = { .max_cps = 9 };
	uint8_t set[64] = { 0 };

	(void)state;
	set[index_of("max_cps")] = 1;
	carrier_fields_merge(&to, &from, set, false);
	assert_int_equal(to.max_cps, 9);
	assert_int_equal(to.port, 5080);
	assert_string_equal(to.name, "two");
	assert_string_equal(to.password, "secret");
}

static void put_sets_defaults_and_keeps_the_password(void **state)
{
	struct cln_carrier to = two(), from = { .size = 0 };
	uint8_t set[64] = { 0 };

	(void)state;
	str_copy(from.name, sizeof(from.name), "three");
	set[index_of("name")] = 1;
	carrier_fields_merge(&to, &from, set, true);
	assert_string_equal(to.name, "three");
	assert_int_equal(to.port, 0);
	assert_int_equal(to.max_cps, 0);
	assert_int_equal(to.expires_s, 3600);
	assert_int_equal(to.enabled, 1);
	assert_string_equal(to.transport, "auto");
	assert_string_equal(to.number_format, "as_is");
	assert_string_equal(to.caller_id, "from");
	assert_int_equal(to.headers.n, 0);
	assert_string_equal(to.password, "secret");
	assert_int_equal(to.password_set, 1);
}

static void null_password_clears_it(void **state)
{
	struct cln_carrier to = two(), from = { .size = 0 };
	uint8_t set[64] = { 0 };

	(void)state;
	set[index_of("password")] = 1;
	carrier_fields_merge(&to, &from, set, true);
	assert_string_equal(to.password, "");
	assert_int_equal(to.password_set, 0);
}

static void registration_needs_a_user(void **state)
{
	struct cln_problems problems = { .size = sizeof(problems) };
	struct cln_carrier c = two();

	(void)state;
	carrier_fields_check(&c, &problems);
	assert_int_equal(problems.n, 0);
	c.do_register = 1;
	carrier_fields_check(&c, &problems);
	assert_int_equal(problems.n, 1);
	assert_string_equal(problems.items[0].pointer, "/username");
}

static void session_timer_is_90_s_at_least(void **state)
{
	struct cln_problems problems = { .size = sizeof(problems) };
	struct cln_carrier c = two();

	(void)state;
	c.session_expires_s = 90;
	carrier_fields_check(&c, &problems);
	assert_int_equal(problems.n, 0);
	c.session_expires_s = 89;
	carrier_fields_check(&c, &problems);
	assert_int_equal(problems.n, 1);
	assert_string_equal(problems.items[0].pointer, "/session_expires_s");
}

static void packet_time_is_10_ms_at_least(void **state)
{
	struct cln_problems problems = { .size = sizeof(problems) };
	struct cln_carrier c = two();

	(void)state;
	c.ptime = 10;
	carrier_fields_check(&c, &problems);
	assert_int_equal(problems.n, 0);
	c.ptime = 9;
	carrier_fields_check(&c, &problems);
	assert_int_equal(problems.n, 1);
	assert_string_equal(problems.items[0].pointer, "/ptime");
}

static struct cln_problems check(const struct cln_carrier *c)
{
	struct cln_problems problems = { .size = sizeof(problems) };

	carrier_fields_check(c, &problems);
	return problems;
}

/* RFC 3261 26: no less than what was asked for. */
static void tls_is_not_undone_by_the_proxy(void **state)
{
	struct cln_carrier c = two();
	struct cln_problems problems;

	(void)state;
	str_copy(c.host, sizeof(c.host), "sip.example");
	str_copy(c.transport, sizeof(c.transport), "tls");
	str_copy(c.outbound_proxy, sizeof(c.outbound_proxy), "192.0.2.1");
	assert_int_equal(check(&c).n, 0);
	str_copy(c.outbound_proxy, sizeof(c.outbound_proxy),
		 "192.0.2.1;transport=udp");
	problems = check(&c);
	assert_int_equal(problems.n, 2);
	assert_string_equal(problems.items[0].pointer, "/outbound_proxy");
	assert_string_equal(problems.items[1].pointer, "/transport");
	/* More than was asked for is fine. */
	str_copy(c.transport, sizeof(c.transport), "udp");
	str_copy(c.outbound_proxy, sizeof(c.outbound_proxy),
		 "192.0.2.1;transport=tls");
	assert_int_equal(check(&c).n, 0);
}

static void listen_is_one_that_is_used(void **state)
{
	struct cln_carrier c = two();
	struct cln_problems problems;

	(void)state;
	str_copy(c.host, sizeof(c.host), "sip.example");
	str_copy(c.transport, sizeof(c.transport), "udp");
	str_copy(c.listen, sizeof(c.listen), "udp:192.0.2.1:5060");
	assert_int_equal(check(&c).n, 0);
	str_copy(c.listen, sizeof(c.listen), "tls:192.0.2.1:5061");
	problems = check(&c);
	assert_int_equal(problems.n, 1);
	assert_string_equal(problems.items[0].pointer, "/listen");
	/* Connections come from its address, whatever it listens for. */
	str_copy(c.transport, sizeof(c.transport), "tcp");
	assert_int_equal(check(&c).n, 0);
	str_copy(c.transport, sizeof(c.transport), "auto");
	assert_int_equal(check(&c).n, 0);
}

static void one_plus_is_enough(void **state)
{
	struct cln_carrier c = two();
	struct cln_problems problems;

	(void)state;
	str_copy(c.prefix, sizeof(c.prefix), "+1");
	assert_int_equal(check(&c).n, 0);
	str_copy(c.number_format, sizeof(c.number_format), "e164");
	problems = check(&c);
	assert_int_equal(problems.n, 1);
	assert_string_equal(problems.items[0].pointer, "/prefix");
	str_copy(c.prefix, sizeof(c.prefix), "8888");
	assert_int_equal(check(&c).n, 0);
}

static void final_dots_are_not_kept(void **state)
{
	struct cln_carrier c = two();

	(void)state;
	str_copy(c.host, sizeof(c.host), "sip.example.");
	str_copy(c.from_domain, sizeof(c.from_domain), "example.");
	carrier_fields_settle(&c);
	assert_string_equal(c.host, "sip.example");
	assert_string_equal(c.from_domain, "example");
	carrier_fields_settle(&c);
	assert_string_equal(c.host, "sip.example");
}

static void caller_is_named_once(void **state)
{
	struct cln_problems problems = { .size = sizeof(problems) };
	struct cln_carrier c = two();

	(void)state;
	c.headers.n = 2;
	str_copy(c.headers.items[0].name, CLN_HEADER_NAME_LEN, "X-A");
	str_copy(c.headers.items[1].name, CLN_HEADER_NAME_LEN,
		 "p-asserted-identity");
	str_copy(c.caller_id, sizeof(c.caller_id), "from");
	carrier_fields_check(&c, &problems);
	assert_int_equal(problems.n, 0);
	str_copy(c.caller_id, sizeof(c.caller_id), "privacy");
	carrier_fields_check(&c, &problems);
	assert_int_equal(problems.n, 1);
	assert_string_equal(problems.items[0].pointer,
			    "/headers/p-asserted-identity");
}

static void headers_are_merged_as_a_whole(void **state)
{
	struct cln_carrier to = two(), from = { .headers.n = 1 };
	uint8_t set[64] = { 0 };

	(void)state;
	to.headers.n = 3;
	str_copy(from.headers.items[0].name, CLN_HEADER_NAME_LEN, "X-A");
	carrier_fields_merge(&to, &from, set, false);
	assert_int_equal(to.headers.n, 3);
	set[index_of("headers")] = 1;
	carrier_fields_merge(&to, &from, set, false);
	assert_int_equal(to.headers.n, 1);
	assert_string_equal(to.headers.items[0].name, "X-A");
}

static void problems_are_counted_beyond_their_room(void **state)
{
	struct cln_problems problems = { .size = sizeof(problems) };

	(void)state;
	for (int i = 0; i < 100; i++)
		problem_add(&problems, CLN_INVALID, "/x", "no %d", i);
	assert_int_equal(problems.n, 100);
	assert_string_equal(problems.items[CLN_PROBLEMS_MAX - 1].detail,
			    "no 31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_sound),
		cmocka_unit_test(nothing_that_changes_a_message_gets_in),
		cmocka_unit_test(quoted_names_may_hold_anything_printable),
		cmocka_unit_test(fields_take_what_they_are_for),
		cmocka_unit_test(patch_changes_what_was_named),
		cmocka_unit_test(put_sets_defaults_and_keeps_the_password),
		cmocka_unit_test(null_password_clears_it),
		cmocka_unit_test(registration_needs_a_user),
		cmocka_unit_test(session_timer_is_90_s_at_least),
		cmocka_unit_test(packet_time_is_10_ms_at_least),
		cmocka_unit_test(an_address_of_no_single_host_is_none),
		cmocka_unit_test(tls_is_not_undone_by_the_proxy),
		cmocka_unit_test(listen_is_one_that_is_used),
		cmocka_unit_test(one_plus_is_enough),
		cmocka_unit_test(final_dots_are_not_kept),
		cmocka_unit_test(caller_is_named_once),
		cmocka_unit_test(headers_are_merged_as_a_whole),
		cmocka_unit_test(problems_are_counted_beyond_their_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
