/*
 * addr.h - IP addresses, ports and networks, and which of them are private.
 *
 * Values; any thread. No name is ever looked up here.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	};
};

#define ADDR_TEXT_LEN 64

struct network {
	struct addr base;
	unsigned int bits;
	uint16_t port;			/* 0: any                             */
};

/* "192.0.2.1", "[2001:db8::1]" or "2001:db8::1"; strict dotted quads only.   */
int addr_parse_ip(struct addr *a, const char *text, uint16_t port);
/* "192.0.2.1:5060", "[::1]:5060"; without port: default_port.                */
int addr_parse(struct addr *a, const char *text, uint16_t default_port);
socklen_t addr_len(const struct addr *a);
uint16_t addr_port(const struct addr *a);
void addr_set_port(struct addr *a, uint16_t port);
bool addr_equal(const struct addr *a, const struct addr *b);	/* with port  */
bool addr_same_ip(const struct addr *a, const struct addr *b);
/* ::ffff:192.0.2.1 becomes 192.0.2.1; others stay. Comparisons do it too.    */
void addr_unmap(struct addr *a);
bool addr_is_any(const struct addr *a);
/* Not unspecified, multicast or broadcast, mapped in IPv6 neither.            */
bool addr_is_one_host(const struct addr *a);
bool addr_is_loopback(const struct addr *a);	/* also mapped in IPv6        */
/* Not globally reachable by RFC 6890: loopback, private, link-local, shared,
 * multicast, unspecified, reserved, ULA, and IPv4 inside IPv6 (mapped, 6to4,
 * NAT64) judged by what is inside.                                           */
bool addr_is_special(const struct addr *a);
/* Loopback, RFC 1918, ULA, link-local: the default of sip.direct.allow.      */
bool addr_is_private(const struct addr *a);
/* "192.0.2.1", "2001:db8::1" (dst of ADDR_TEXT_LEN).                         */
void addr_ip_text(const struct addr *a, char *dst);
/* As in a URI or Via: "192.0.2.1", "[2001:db8::1]".                          */
void addr_host_text(const struct addr *a, char *dst);
void addr_text(const struct addr *a, char *dst);		/* with port  */
/* The local address that the kernel would send from towards `to`.            */
int addr_local_for(struct addr *local, const struct addr *to);

/* "10.0.0.0/8", "192.0.2.7", "192.0.2.7:8080", "[::1]:80", "fd00::/8".       */
int network_parse(struct network *n, const char *text);
bool network_has(const struct network *n, const struct addr *a);
/* A host name by RFC 1123 or an IP literal ("[::1]" or "::1").               */
bool host_is_valid(const char *host);

#endif
