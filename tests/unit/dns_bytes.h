/*
 * dns_bytes.h - DNS messages made by hand, right or wrong, for tests.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DNS_BYTES_H
#define TESTS_DNS_BYTES_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sip/dns_answer.h"

enum { BYTES_MAX = 16384, NOERROR = 0, SERVFAIL = 2, NXDOMAIN = 3 };

struct bytes {
	uint8_t data[BYTES_MAX];
	size_t len;
};

static void put8(struct bytes *b, unsigned int n)
{
	assert_true(b->len < BYTES_MAX);
	b->data[b->len++] = (uint8_t)n;
}

static void put16(struct bytes *b, unsigned int n)
{
	put8(b, n >> 8);
	put8(b, n & 0xff);
}

static void put32(struct bytes *b, uint32_t n)
{
	put16(b, n >> 16);
	put16(b, n & 0xffff);
}

static inline void put_bytes(struct bytes *b, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--)
		put8(b, *p++);
}

/* "" and "." are the root. */
static inline void put_name(struct bytes *b, const char *name)
{
	while (*name && *name != '.') {
		size_t len = strcspn(name, ".");

		put8(b, (unsigned int)len);
		put_bytes(b, name, len);
		name += len + (name[len] == '.');
	}
	put8(b, 0);
}

static inline void put_string(struct bytes *b, const char *text)
{
	put8(b, (unsigned int)strlen(text));
	put_bytes(b, text, strlen(text));
}

/* Counts are set by count_up(). */
static inline void put_head(struct bytes *b, unsigned int code,
			    const char *name, unsigned int type)
{
	b->len = 0;
	put16(b, 0x1234);
	put16(b, 0x8180 | code);
	put16(b, 1);
	put16(b, 0);
	put32(b, 0);
	put_name(b, name);
	put16(b, type);
	put16(b, 1);
}

enum { ANSWERS_AT = 6, AUTHORITY_AT = 8 };

static inline void count_up(struct bytes *b, size_t at)
{
	unsigned int n = (unsigned int)b->data[at] << 8 | b->data[at + 1];

	b->data[at] = (uint8_t)((n + 1) >> 8);
	b->data[at + 1] = (uint8_t)(n + 1);
}

/* owner NULL: a pointer to the question's name. Returns where its data begin,
 * for end_record(). */
static inline size_t begin_record(struct bytes *b, const char *owner,
				  unsigned int type, uint32_t ttl_s)
{
	if (owner)
		put_name(b, owner);
	else
		put16(b, 0xc00c);
	put16(b, type);
	put16(b, 1);
	put32(b, ttl_s);
	put16(b, 0);
	return b->len;
}

static inline void end_record(struct bytes *b, size_t at, size_t count_at)
{
	size_t len = b->len - at;

	b->data[at - 2] = (uint8_t)(len >> 8);
	b->data[at - 1] = (uint8_t)len;
	count_up(b, count_at);
}

static inline void put_ip(struct bytes *b, const char *owner, uint32_t ttl_s,
			  const char *ip)
{
	bool six = strchr(ip, ':');
	size_t at = begin_record(b, owner, six ? DNS_AAAA : DNS_A, ttl_s);
	uint8_t raw[16];

	assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, ip, raw), 1);
	put_bytes(b, raw, six ? 16 : 4);
	end_record(b, at, ANSWERS_AT);
}

static inline void put_alias(struct bytes *b, const char *owner,
			     uint32_t ttl_s, const char *to)
{
	size_t at = begin_record(b, owner, DNS_CNAME, ttl_s);

	put_name(b, to);
	end_record(b, at, ANSWERS_AT);
}

static inline void put_srv(struct bytes *b, uint32_t ttl_s,
			   unsigned int priority, unsigned int weight,
			   unsigned int port, const char *target)
{
	size_t at = begin_record(b, NULL, DNS_SRV, ttl_s);

	put16(b, priority);
	put16(b, weight);
	put16(b, port);
	put_name(b, target);
	end_record(b, at, ANSWERS_AT);
}

static inline void put_naptr(struct bytes *b, uint32_t ttl_s,
			     unsigned int order, unsigned int preference,
			     const char *flags, const char *service,
			     const char *regexp, const char *replacement)
{
	size_t at = begin_record(b, NULL, DNS_NAPTR, ttl_s);

	put16(b, order);
	put16(b, preference);
	put_string(b, flags);
	put_string(b, service);
	put_string(b, regexp);
	put_name(b, replacement);
	end_record(b, at, ANSWERS_AT);
}

static inline void put_soa(struct bytes *b, uint32_t ttl_s,
			   uint32_t minimum_s)
{
	size_t at = begin_record(b, "example", DNS_SOA, ttl_s);

	put_name(b, "ns.example");
	put_name(b, "admin.example");
	put32(b, 1);
	put32(b, 7200);
	put32(b, 900);
	put32(b, 86400);
	put32(b, minimum_s);
	end_record(b, at, AUTHORITY_AT);
}

#endif
