/*
 * test_dns_answer.c - DNS messages, right and wrong, as records.
 * Needs: core/sip/dns_answer.c; core/base/addr.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "dns_bytes.h"

static struct bytes b;

/* From memory of exactly that size, so that a sanitizer sees a byte too far. */
static struct dns_answer *parse_n(enum dns_type type, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct dns_answer *a;

	assert_non_null(copy);
	memcpy(copy, b.data, len);
	a = dns_answer_parse(type, copy, len);
	assert_non_null(a);
	free(copy);
	return a;
}

static struct dns_answer *parse(enum dns_type type)
{
	return parse_n(type, b.len);
}

static void expect_error(enum dns_type type, int err)
{
	struct dns_answer *a = parse(type);

	assert_int_equal(a->err, err);
	assert_int_equal(a->n, 0);
	dns_answer_unref(a);
}

static void assert_ip(const struct dns_answer *a, size_t i, const char *text)
{
	char ip[ADDR_TEXT_LEN];

	assert_true(i < a->n);
	addr_ip_text(&a->records[i].addr, ip);
	assert_string_equal(ip, text);
	assert_int_equal(addr_port(&a->records[i].addr), 0);
}

/* ---- what there is ------------------------------------------------------- */

static void addresses_and_their_least_ttl(void **state)
{
	struct dns_answer *a;

	(void)state;
	put_head(&b, NOERROR, "sip.example", DNS_A);
	put_ip(&b, NULL, 300, "192.0.2.1");
	put_ip(&b, "SIP.eXample", 60, "192.0.2.2");
	a = parse(DNS_A);
	assert_int_equal(a->err, 0);
	assert_int_equal(a->n, 2);
	assert_int_equal(a->ttl_s, 60);
	assert_ip(a, 0, "192.0.2.1");
	assert_ip(a, 1, "192.0.2.2");
	dns_answer_unref(a);
	put_head(&b, NOERROR, "sip.example", DNS_AAAA);
	put_ip(&b, NULL, 300, "2001:db8::1");
	a = parse(DNS_AAAA);
	assert_ip(a, 0, "2001:db8::1");
	dns_answer_unref(a);
}

static void aliases_are_followed_in_any_order(void **state)
{
	struct dns_answer *a;

	(void)state;
	put_head(&b, NOERROR, "a.example", DNS_A);
	put_ip(&b, "c.example", 300, "192.0.2.3");
	put_alias(&b, "b.example", 20, "c.example");
	put_alias(&b, "a.example", 200, "b.example");
	put_ip(&b, "d.example", 1, "192.0.2.4");
	a = parse(DNS_A);
	assert_int_equal(a->n, 1);
	assert_ip(a, 0, "192.0.2.3");
	assert_int_equal(a->ttl_s, 20);
	dns_answer_unref(a);
}

static void srv_is_read(void **state)
{
	const struct dns_srv *s;
	struct dns_answer *a;

	(void)state;
	put_head(&b, NOERROR, "_sip._udp.example", DNS_SRV);
	put_srv(&b, 60, 10, 20, 5070, "sip1.example");
	put_srv(&b, 60, 1, 0, 0, ".");
	a = parse(DNS_SRV);
	assert_int_equal(a->n, 2);
	s = &a->records[0].srv;
	assert_int_equal(s->priority, 10);
	assert_int_equal(s->weight, 20);
	assert_int_equal(s->port, 5070);
	assert_string_equal(s->target, "sip1.example");
	assert_string_equal(a->records[1].srv.target, ".");
	dns_answer_unref(a);
}

static void compressed_names_are_read(void **state)
{
	struct dns_answer *a;
	size_t at;

	(void)state;
	put_head(&b, NOERROR, "_sip._udp.example", DNS_SRV);
	at = begin_record(&b, NULL, DNS_SRV, 60);
	put16(&b, 1);
	put16(&b, 2);
	put16(&b, 3);
	put8(&b, 4);
	put_bytes(&b, "sip1", 4);
	put16(&b, 0xc000 | (12 + 10));	/* "example" of the question */
	end_record(&b, at, ANSWERS_AT);
	a = parse(DNS_SRV);
	assert_int_equal(a->n, 1);
	assert_string_equal(a->records[0].srv.target, "sip1.example");
	dns_answer_unref(a);
}

static void naptr_is_read(void **state)
{
	const struct dns_naptr *n;
	struct dns_answer *a;

	(void)state;
	put_head(&b, NOERROR, "example", DNS_NAPTR);
	put_naptr(&b, 60, 10, 20, "s", "SIP+D2U", "", "_sip._udp.example");
	put_naptr(&b, 60, 10, 30, "u", "E2U+sip", "!^.*$!sip:a@b!", ".");
	put_naptr(&b, 60, 1, 2, "much too long",
		  "a service of more than thirty-two bytes", "", "x.example");
	a = parse(DNS_NAPTR);
	assert_int_equal(a->n, 2);	/* not the one with a regexp */
	n = &a->records[0].naptr;
	assert_int_equal(n->order, 10);
	assert_int_equal(n->preference, 20);
	assert_string_equal(n->flags, "s");
	assert_string_equal(n->service, "SIP+D2U");
	assert_string_equal(n->replacement, "_sip._udp.example");
	assert_string_equal(a->records[1].naptr.flags, "?");
	assert_string_equal(a->records[1].naptr.service, "?");
	dns_answer_unref(a);
}

static void a_root_of_its_own_is_a_name(void **state)
{
	struct dns_answer *a;

	(void)state;
	put_head(&b, NOERROR, ".", DNS_A);
	put_ip(&b, ".", 60, "192.0.2.1");
	a = parse(DNS_A);
	assert_int_equal(a->n, 1);
	dns_answer_unref(a);
}

static void records_beyond_the_most_are_left(void **state)
{
	struct dns_answer *a;
	int i;

	(void)state;
	put_head(&b, NOERROR, "sip.example", DNS_A);
	for (i = 0; i < 600; i++)
		put_ip(&b, NULL, 60, "192.0.2.1");
	a = parse(DNS_A);
	assert_int_equal(a->n, DNS_RECORDS_MAX);
	dns_answer_unref(a);
}

static void a_ttl_with_its_highest_bit_is_zero(void **state)
{
	struct dns_answer *a;

	(void)state;
	put_head(&b, NOERROR, "sip.example", DNS_A);
	put_ip(&b, NULL, 0x80000001, "192.0.2.1");
	a = parse(DNS_A);
	assert_int_equal(a->ttl_s, 0);
	dns_answer_unref(a);
}

/* A control byte, a blank or a quote could end up in a message.              */
static void names_that_no_host_has_are_left_out(void **state)
{
	static const char *const odd[] = {
		"a b.example", "a\r\nb.example", "a\"b.example", "a;b.example",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		put_head(&b, NOERROR, "_sip._udp.example", DNS_SRV);
		put_srv(&b, 60, 1, 2, 3, odd[i]);
		expect_error(DNS_SRV, -ENOENT);
		put_head(&b, NOERROR, "example", DNS_NAPTR);
		put_naptr(&b, 60, 1, 2, "s", "SIP+D2U", "", odd[i]);
		expect_error(DNS_NAPTR, -ENOENT);
	}
}

static void answers_are_counted(void **state)
{
	struct dns_answer *a = dns_answer_new(-ENOENT, NULL, 0);

	(void)state;
	assert_ptr_equal(dns_answer_ref(a), a);
	assert_int_equal(a->refs, 2);
	dns_answer_unref(a);
	dns_answer_unref(a);
	dns_answer_unref(NULL);
}

/* ---- what there is not --------------------------------------------------- */

static void negative(unsigned int code, uint32_t ttl_s, uint32_t minimum_s,
		     uint32_t expected)
{
	struct dns_answer *a;

	put_head(&b, code, "x.example", DNS_SRV);
	put_soa(&b, ttl_s, minimum_s);
	a = parse(DNS_SRV);
	assert_int_equal(a->err, -ENOENT);
	assert_int_equal(a->ttl_s, expected);
	dns_answer_unref(a);
}

/* RFC 2308 5: the least of the SOA's TTL and its MINIMUM. */
static void none_lasts_as_the_soa_says(void **state)
{
	(void)state;
	negative(NXDOMAIN, 60, 600, 60);
	negative(NXDOMAIN, 600, 60, 60);
	negative(NOERROR, 600, 60, 60);
}

static void none_without_soa_has_no_time(void **state)
{
	struct dns_answer *a;

	(void)state;
	put_head(&b, NXDOMAIN, "x.example", DNS_A);
	a = parse(DNS_A);
	assert_int_equal(a->err, -ENOENT);
	assert_int_equal(a->ttl_s, 0);
	dns_answer_unref(a);
}

static void an_alias_to_nothing_is_none(void **state)
{
	struct dns_answer *a;

	(void)state;
	put_head(&b, NOERROR, "a.example", DNS_A);
	put_alias(&b, NULL, 10, "b.example");
	put_soa(&b, 600, 600);
	a = parse(DNS_A);
	assert_int_equal(a->err, -ENOENT);
	assert_int_equal(a->ttl_s, 10);
	dns_answer_unref(a);
}

static void records_of_others_are_not_taken(void **state)
{
	size_t at;

	(void)state;
	put_head(&b, NOERROR, "sip.example", DNS_A);
	put_ip(&b, "other.example", 60, "192.0.2.1");
	put_ip(&b, NULL, 60, "2001:db8::1");
	at = begin_record(&b, NULL, DNS_A, 60);
	b.data[at - 7] = 3;		/* class CH */
	put32(&b, 0);
	end_record(&b, at, ANSWERS_AT);
	expect_error(DNS_A, -ENOENT);
}

/* ---- what is broken ------------------------------------------------------ */

static void a_failure_is_one(void **state)
{
	(void)state;
	put_head(&b, SERVFAIL, "x.example", DNS_A);
	expect_error(DNS_A, -EIO);
}

static void every_cut_is_noticed(void **state)
{
	size_t len;

	(void)state;
	put_head(&b, NOERROR, "example", DNS_NAPTR);
	put_naptr(&b, 60, 10, 20, "s", "SIP+D2U", "", "_sip._udp.example");
	for (len = 0; len < b.len; len++) {
		struct dns_answer *a = parse_n(DNS_NAPTR, len);

		assert_int_equal(a->err, -EIO);
		dns_answer_unref(a);
	}
	put_head(&b, NOERROR, "_sip._udp.example", DNS_SRV);
	put_srv(&b, 60, 10, 20, 5070, "sip1.example");
	for (len = 0; len < b.len; len++) {
		struct dns_answer *a = parse_n(DNS_SRV, len);

		assert_int_equal(a->err, -EIO);
		dns_answer_unref(a);
	}
}

static void loops_of_aliases_end(void **state)
{
	(void)state;
	put_head(&b, NOERROR, "a.example", DNS_A);
	put_alias(&b, "a.example", 10, "b.example");
	put_alias(&b, "b.example", 10, "a.example");
	expect_error(DNS_A, -EIO);
}

static void loops_of_pointers_end(void **state)
{
	size_t at;

	(void)state;
	/* To itself, then to each other. */
	put_head(&b, NOERROR, "a.example", DNS_CNAME);
	at = begin_record(&b, NULL, DNS_SRV, 60);
	put32(&b, 0);
	put16(&b, 0);
	put16(&b, (unsigned int)(0xc000 | (at + 6)));
	end_record(&b, at, ANSWERS_AT);
	b.data[12 + 12] = DNS_SRV;
	expect_error(DNS_SRV, -EIO);
	put_head(&b, NOERROR, "a.example", DNS_SRV);
	at = begin_record(&b, NULL, DNS_SRV, 60);
	put32(&b, 0);
	put16(&b, 0);
	put16(&b, (unsigned int)(0xc000 | (at + 8)));
	put16(&b, (unsigned int)(0xc000 | (at + 6)));
	end_record(&b, at, ANSWERS_AT);
	expect_error(DNS_SRV, -EIO);
}

static void names_have_a_most_length(void **state)
{
	size_t at, i;

	(void)state;
	put_head(&b, NOERROR, "a.example", DNS_SRV);
	at = begin_record(&b, NULL, DNS_SRV, 60);
	put32(&b, 0);
	put16(&b, 0);
	for (i = 0; i < 130; i++) {
		put8(&b, 1);
		put8(&b, 'a');
	}
	put8(&b, 0);
	end_record(&b, at, ANSWERS_AT);
	expect_error(DNS_SRV, -EIO);
}

static void another_question_is_no_answer(void **state)
{
	(void)state;
	put_head(&b, NOERROR, "a.example", DNS_AAAA);
	expect_error(DNS_A, -EIO);
	put_head(&b, NOERROR, "a.example", DNS_A);
	b.data[2] = 0;			/* a query */
	expect_error(DNS_A, -EIO);
	put_head(&b, NOERROR, "a.example", DNS_A);
	b.data[5] = 2;			/* two questions */
	expect_error(DNS_A, -EIO);
}

static void an_address_of_another_length_is_broken(void **state)
{
	size_t at;

	(void)state;
	put_head(&b, NOERROR, "a.example", DNS_A);
	at = begin_record(&b, NULL, DNS_A, 60);
	put16(&b, 0x7f00);
	end_record(&b, at, ANSWERS_AT);
	expect_error(DNS_A, -EIO);
}

static void strings_stay_within_their_record(void **state)
{
	size_t at;

	(void)state;
	put_head(&b, NOERROR, "a.example", DNS_NAPTR);
	at = begin_record(&b, NULL, DNS_NAPTR, 60);
	put32(&b, 0);
	put8(&b, 200);
	put8(&b, 's');
	end_record(&b, at, ANSWERS_AT);
	put_ip(&b, NULL, 60, "192.0.2.1");
	expect_error(DNS_NAPTR, -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_their_least_ttl),
		cmocka_unit_test(aliases_are_followed_in_any_order),
		cmocka_unit_test(srv_is_read),
		cmocka_unit_test(compressed_names_are_read),
		cmocka_unit_test(naptr_is_read),
		cmocka_unit_test(a_root_of_its_own_is_a_name),
		cmocka_unit_test(records_beyond_the_most_are_left),
		cmocka_unit_test(a_ttl_with_its_highest_bit_is_zero),
		cmocka_unit_test(names_that_no_host_has_are_left_out),
		cmocka_unit_test(answers_are_counted),
		cmocka_unit_test(none_lasts_as_the_soa_says),
		cmocka_unit_test(none_without_soa_has_no_time),
		cmocka_unit_test(an_alias_to_nothing_is_none),
		cmocka_unit_test(records_of_others_are_not_taken),
		cmocka_unit_test(a_failure_is_one),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(loops_of_aliases_end),
		cmocka_unit_test(loops_of_pointers_end),
		cmocka_unit_test(names_have_a_most_length),
		cmocka_unit_test(another_question_is_no_answer),
		cmocka_unit_test(an_address_of_another_length_is_broken),
		cmocka_unit_test(strings_stay_within_their_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
