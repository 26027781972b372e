/*
 * network.c - networks: which addresses are in them, and which are private.
 *
 * The classes below are what stands between a playlist's URL and the inside
 * of somebody's network, so a doubtful address counts as special.
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "base/str.h"

struct range4 {
	uint32_t base;
	unsigned int bits;
};

struct range6 {
	uint8_t base[16];
	unsigned int bits;
};

/* IANA's IPv4 special-purpose registry (RFC 6890), multicast and the rest.   */
static const struct range4 special4[] = {
	{ 0x00000000, 8 },	/* 0.0.0.0/8       this network               */
	{ 0x0a000000, 8 },	/* 10.0.0.0/8      private                    */
	{ 0x64400000, 10 },	/* 100.64.0.0/10   shared, carrier-grade NAT  */
	{ 0x7f000000, 8 },	/* 127.0.0.0/8     loopback                   */
	{ 0xa9fe0000, 16 },	/* 169.254.0.0/16  link-local, cloud metadata */
	{ 0xac100000, 12 },	/* 172.16.0.0/12   private                    */
	{ 0xc0000000, 24 },	/* 192.0.0.0/24    IETF protocols             */
	{ 0xc0000200, 24 },	/* 192.0.2.0/24    documentation              */
	{ 0xc0586300, 24 },	/* 192.88.99.0/24  6to4 relays                */
	{ 0xc0a80000, 16 },	/* 192.168.0.0/16  private                    */
	{ 0xc6120000, 15 },	/* 198.18.0.0/15   benchmarks                 */
	{ 0xc6336400, 24 },	/* 198.51.100.0/24 documentation              */
	{ 0xcb007100, 24 },	/* 203.0.113.0/24  documentation              */
	{ 0xe0000000, 4 },	/* 224.0.0.0/4     multicast                  */
	{ 0xf0000000, 4 },	/* 240.0.0.0/4     reserved, broadcast        */
};

static const struct range4 private4[] = {
	{ 0x0a000000, 8 },
	{ 0x7f000000, 8 },
	{ 0xa9fe0000, 16 },
	{ 0xac100000, 12 },
	{ 0xc0a80000, 16 },
};

/* Only 2000::/3 is given out as global unicast; these are its exceptions.    */
static const struct range6 special6[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },		/* IETF, Teredo 2001::/32     */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },	/* documentation              */
	{ { 0x3f, 0xff, 0x00 }, 20 },		/* documentation, RFC 9637    */
};

static const struct range6 global6 = { { 0x20 }, 3 };
static const struct range6 six_to_four = { { 0x20, 0x02 }, 16 };
static const struct range6 nat64 = { { 0x00, 0x64, 0xff, 0x9b }, 96 };

static const struct range6 private6[] = {
	{ { [15] = 1 }, 128 },			/* ::1                        */
	{ { 0xfc }, 7 },			/* unique local               */
	{ { 0xfe, 0x80 }, 10 },			/* link-local                 */
};

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	unsigned int rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (memcmp(a, b, bits / 8))
		return false;
	return !rest || !((a[bits / 8] ^ b[bits / 8]) & mask);
}

static bool in4(uint32_t ip, const struct range4 *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!((ip ^ ranges[i].base) >> (32 - ranges[i].bits)))
			return true;
	}
	return false;
}

static bool in6(const uint8_t *ip, const struct range6 *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bits_equal(ip, ranges[i].base, ranges[i].bits))
			return true;
	}
	return false;
}

static uint32_t word_be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static bool special_v4(uint32_t ip)
{
	return in4(ip, special4, ARRAY_LEN(special4));
}

static bool special_v6(const uint8_t *ip)
{
	if (in6(ip, &six_to_four, 1))
		return special_v4(word_be(ip + 2));
	if (in6(ip, &nat64, 1))
		return special_v4(word_be(ip + 12));
	return !in6(ip, &global6, 1) || in6(ip, special6, ARRAY_LEN(special6));
}

bool addr_is_special(const struct addr *a)
{
	struct addr x = *a;

	addr_unmap(&x);
	if (x.sa.sa_family == AF_INET)
		return special_v4(ntohl(x.in4.sin_addr.s_addr));
	return x.sa.sa_family != AF_INET6 ||
	       special_v6(x.in6.sin6_addr.s6_addr);
}

bool addr_is_private(const struct addr *a)
{
	struct addr x = *a;

	addr_unmap(&x);
	if (x.sa.sa_family == AF_INET)
		return in4(ntohl(x.in4.sin_addr.s_addr), private4,
			   ARRAY_LEN(private4));
	return x.sa.sa_family == AF_INET6 &&
	       in6(x.in6.sin6_addr.s6_addr, private6, ARRAY_LEN(private6));
}

bool addr_is_one_host(const struct addr *a)
{
	struct addr x = *a;

	addr_unmap(&x);
	if (addr_is_any(&x))
		return false;
	if (x.sa.sa_family == AF_INET6)
		return !IN6_IS_ADDR_MULTICAST(&x.in6.sin6_addr);
	return !IN_MULTICAST(ntohl(x.in4.sin_addr.s_addr)) &&
	       x.in4.sin_addr.s_addr != htonl(INADDR_BROADCAST);
}

bool addr_is_loopback(const struct addr *a)
{
	struct addr x = *a;

	addr_unmap(&x);
	if (x.sa.sa_family == AF_INET)
		return ntohl(x.in4.sin_addr.s_addr) >> 24 == 127;
	return x.sa.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&x.in6.sin6_addr);
}

bool addr_is_any(const struct addr *a)
{
	struct addr x = *a;

	addr_unmap(&x);
	if (x.sa.sa_family == AF_INET)
		return !x.in4.sin_addr.s_addr;
	return x.sa.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_UNSPECIFIED(&x.in6.sin6_addr);
}

static unsigned int family_bits(const struct addr *a)
{
	return a->sa.sa_family == AF_INET6 ? 128 : 32;
}

/* "ADDRESS/BITS"; a mapped network is kept as the IPv4 one that it means.    */
static int parse_prefix(struct network *n, const char *text, const char *slash)
{
	char ip[INET6_ADDRSTRLEN + 2];
	int64_t bits = 0;
	struct network out = { .port = 0 };

	if (str_copy_n(ip, sizeof(ip), text, (size_t)(slash - text)) ||
	    addr_parse_ip(&out.base, ip, 0) || strlen(slash + 1) > 3 ||
	    str_to_i64(&bits, slash + 1, 0, family_bits(&out.base)))
		return -EINVAL;
	out.bits = (unsigned int)bits;
	if (family_bits(&out.base) == 128 && bits >= 96) {
		addr_unmap(&out.base);
		if (family_bits(&out.base) == 32)
			out.bits -= 96;
	}
	*n = out;
	return 0;
}

int network_parse(struct network *n, const char *text)
{
	const char *slash = strchr(text, '/');
	struct network out = { .port = 0 };

	if (slash)
		return parse_prefix(n, text, slash);
	if (addr_parse_ip(&out.base, text, 0)) {
		if (addr_parse(&out.base, text, 0) || !addr_port(&out.base))
			return -EINVAL;
		out.port = addr_port(&out.base);
		addr_set_port(&out.base, 0);
	}
	addr_unmap(&out.base);
	out.bits = family_bits(&out.base);
	*n = out;
	return 0;
}

bool network_has(const struct network *n, const struct addr *a)
{
	struct addr x = *a;

	addr_unmap(&x);
	if (x.sa.sa_family != n->base.sa.sa_family ||
	    (n->port && n->port != addr_port(&x)))
		return false;
	if (x.sa.sa_family == AF_INET)
		return bits_equal((const uint8_t *)&x.in4.sin_addr,
				  (const uint8_t *)&n->base.in4.sin_addr,
				  n->bits);
	return x.sa.sa_family == AF_INET6 &&
	       bits_equal(x.in6.sin6_addr.s6_addr,
			  n->base.in6.sin6_addr.s6_addr, n->bits);
}

/* A name whose last label looks like a number would be taken for an address
 * by some resolvers ("2130706433", "127.1", "0x7f.1").                       */
static bool looks_numeric(const char *label)
{
	size_t len = strlen(label);

	if (label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
		return strspn(label + 2, "0123456789abcdefABCDEF") == len - 2;
	return strspn(label, "0123456789") == len;
}

static bool name_is_valid(const char *name)
{
	const char *label = name;
	const char *p = name;

	if (strlen(name) > 253)
		return false;
	for (;; p++) {
		if (isalnum((unsigned char)*p) && (unsigned char)*p < 0x80)
			continue;
		if (*p == '-' && p > label)
			continue;
		if ((*p != '.' && *p) || p == label || p - label > 63 ||
		    p[-1] == '-')
			return false;
		if (!*p)
			return !looks_numeric(label);
		label = p + 1;
	}
}

bool host_is_valid(const char *host)
{
	struct addr a;

	return !addr_parse_ip(&a, host, 0) || name_is_valid(host);
}
