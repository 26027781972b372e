/*
 * addr.c - IP addresses and ports: parsing, comparing, printing.
 *
 * Values; any thread. No name is ever looked up here.
 */
/* SPDX-License-Identifier: MIT */
#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

static int parse_port(uint16_t *port, const char *text)
{
	int64_t n = 0;

	if (strlen(text) > 5 || str_to_i64(&n, text, 0, 65535))
		return -EINVAL;
	*port = (uint16_t)n;
	return 0;
}

/* inet_pton() takes four decimal parts without leading zeros only.           */
static int parse_bare(struct addr *a, const char *text, uint16_t port)
{
	struct addr out;

	memset(&out, 0, sizeof(out));
	if (inet_pton(AF_INET, text, &out.in4.sin_addr) == 1) {
		out.in4.sin_family = AF_INET;
	} else {
		memset(&out, 0, sizeof(out));
		if (inet_pton(AF_INET6, text, &out.in6.sin6_addr) != 1)
			return -EINVAL;
		out.in6.sin6_family = AF_INET6;
	}
	addr_set_port(&out, port);
	*a = out;
	return 0;
}

static int parse_v6(struct addr *a, const char *text, uint16_t port)
{
	return strchr(text, ':') ? parse_bare(a, text, port) : -EINVAL;
}

/* "[...]" with what follows the bracket in *rest.                            */
static int parse_bracket(struct addr *a, const char *text, uint16_t port,
			 const char **rest)
{
	char inner[INET6_ADDRSTRLEN];
	const char *end = strchr(text, ']');

	if (!end || str_copy_n(inner, sizeof(inner), text + 1,
			       (size_t)(end - text - 1)))
		return -EINVAL;
	*rest = end + 1;
	return parse_v6(a, inner, port);
}

int addr_parse_ip(struct addr *a, const char *text, uint16_t port)
{
	struct addr out;
	const char *rest;

	if (*text != '[')
		return parse_bare(a, text, port);
	if (parse_bracket(&out, text, port, &rest) || *rest)
		return -EINVAL;
	*a = out;
	return 0;
}

int addr_parse(struct addr *a, const char *text, uint16_t default_port)
{
	const char *colon = strchr(text, ':'), *rest;
	char host[INET6_ADDRSTRLEN];
	uint16_t port = default_port;
	struct addr out;

	if (*text == '[') {
		if (parse_bracket(&out, text, 0, &rest) ||
		    (*rest && (*rest != ':' || parse_port(&port, rest + 1))))
			return -EINVAL;
		addr_set_port(&out, port);
		*a = out;
		return 0;
	}
	if (!colon || strchr(colon + 1, ':'))
		return parse_bare(a, text, port);
	if (str_copy_n(host, sizeof(host), text, (size_t)(colon - text)) ||
	    parse_port(&port, colon + 1))
		return -EINVAL;
	return parse_bare(a, host, port);
}

socklen_t addr_len(const struct addr *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in4);
}

uint16_t addr_port(const struct addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET6 ? a->in6.sin6_port :
		     a->in4.sin_port);
}

void addr_set_port(struct addr *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET6)
		a->in6.sin6_port = htons(port);
	else
		a->in4.sin_port = htons(port);
}

void addr_unmap(struct addr *a)
{
	struct addr out;

	if (a->sa.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return;
	memset(&out, 0, sizeof(out));
	out.in4.sin_family = AF_INET;
	out.in4.sin_port = a->in6.sin6_port;
	memcpy(&out.in4.sin_addr, a->in6.sin6_addr.s6_addr + 12, 4);
	*a = out;
}

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
	struct addr x = *a, y = *b;

	addr_unmap(&x);
	addr_unmap(&y);
	if (x.sa.sa_family != y.sa.sa_family)
		return false;
	if (x.sa.sa_family == AF_INET)
		return x.in4.sin_addr.s_addr == y.in4.sin_addr.s_addr;
	/* A link-local address means something on its own link only. */
	return x.sa.sa_family == AF_INET6 &&
	       IN6_ARE_ADDR_EQUAL(&x.in6.sin6_addr, &y.in6.sin6_addr) &&
	       x.in6.sin6_scope_id == y.in6.sin6_scope_id;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_same_ip(a, b) && addr_port(a) == addr_port(b);
}

/* Each request and each log line holds some of these, and printf takes longer
 * for one than a transaction takes to be found.                              */
static void put_quad(const struct in_addr *ip, char *dst)
{
	const unsigned char *byte = (const unsigned char *)ip;

	for (int i = 0; i < 4; i++) {
		if (byte[i] >= 100)
			*dst++ = (char)('0' + byte[i] / 100);
		if (byte[i] >= 10)
			*dst++ = (char)('0' + byte[i] / 10 % 10);
		*dst++ = (char)('0' + byte[i] % 10);
		*dst++ = i < 3 ? '.' : '\0';
	}
}

void addr_ip_text(const struct addr *a, char *dst)
{
	dst[0] = '\0';
	if (a->sa.sa_family == AF_INET)
		put_quad(&a->in4.sin_addr, dst);
	else if (a->sa.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->in6.sin6_addr, dst, ADDR_TEXT_LEN);
}

void addr_host_text(const struct addr *a, char *dst)
{
	char ip[ADDR_TEXT_LEN];

	if (a->sa.sa_family != AF_INET6) {
		addr_ip_text(a, dst);
		return;
	}
	addr_ip_text(a, ip);
	str_printf(dst, ADDR_TEXT_LEN, "[%s]", ip);
}

void addr_text(const struct addr *a, char *dst)
{
	char host[ADDR_TEXT_LEN];

	addr_host_text(a, host);
	str_printf(dst, ADDR_TEXT_LEN, "%s:%u", host, addr_port(a));
}

int addr_local_for(struct addr *local, const struct addr *to)
{
	int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct addr out;
	socklen_t len = sizeof(out);
	int err = 0;

	if (fd < 0)
		return -errno;
	memset(&out, 0, sizeof(out));
	/* Connecting a datagram socket sends nothing: it only asks the
	 * kernel's routing table.                                            */
	if (connect(fd, &to->sa, addr_len(to)) ||
	    getsockname(fd, &out.sa, &len))
		err = -errno;
	close(fd);
	if (err)
		return err;
	addr_set_port(&out, 0);
	*local = out;
	return 0;
}
