/*
 * name_server.h - a name server on loopback, on the test's own loop, that says
 * what a table says.
 *
 *	{ "sip.example", "A 192.0.2.1" },
 *	{ "_sip._udp.x", "SRV 1 0 5060 host" },
 *	{ "x.example", "NAPTR 10 20 s SIP+D2U _sip._udp.x.example" },
 *	{ "y.example", "SERVFAIL" }: also SILENT, BROKEN, FIRST_LOST
 *
 * A name of the table without records of the type has none (NODATA); any other
 * does not exist.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_NAME_SERVER_H
#define TESTS_NAME_SERVER_H

#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/loop.h"
#include "dns_bytes.h"

struct zone_line {
	const char *name, *text;
};

static const struct zone_line *zone;	/* ends with a NULL name */
static uint32_t zone_ttl_s, zone_none_ttl_s;	/* none 0: no SOA */
static struct loop_fd name_server;
static unsigned int n_queries, n_of[64];	/* by type */
static unsigned int n_ports;		/* how often the source changed */

/* "sip.example" of the question; returns its end. */
static inline size_t read_question(const uint8_t *q, size_t len,
				   char name[256])
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
	name[n ? n - 1 : 0] = '\0';
	return at + 1;
}

static inline void put_line(struct bytes *b, const char *text,
			    unsigned int type)
{
	unsigned int a, c, port;
	char s1[64], s2[64], s3[256];

	if (sscanf(text, "A%*1[ ]%63s", s1) == 1) {
		if (type == DNS_A)
			put_ip(b, NULL, zone_ttl_s, s1);
	} else if (sscanf(text, "AAAA %63s", s1) == 1) {
		if (type == DNS_AAAA)
			put_ip(b, NULL, zone_ttl_s, s1);
	} else if (sscanf(text, "SRV %u %u %u %255s", &a, &c, &port, s3) == 4) {
		if (type == DNS_SRV)
			put_srv(b, zone_ttl_s, a, c, port, s3);
	} else if (sscanf(text, "NAPTR %u %u %63s %63s %255s", &a, &c, s1, s2,
			  s3) == 5) {
		if (type == DNS_NAPTR)
			put_naptr(b, zone_ttl_s, a, c, s1, s2, "", s3);
	}
}

/* 0: says nothing. */
static inline size_t answer_question(struct bytes *b, const char *name,
				     unsigned int type)
{
	const struct zone_line *z;
	bool known = false;

	put_head(b, NOERROR, name, type);
	for (z = zone; z->name; z++) {
		if (strcasecmp(z->name, name))
			continue;
		known = true;
		if (!strcmp(z->text, "SILENT") ||
		    (!strcmp(z->text, "FIRST_LOST") && n_queries == 1))
			return 0;
		if (!strcmp(z->text, "SERVFAIL"))
			b->data[3] |= SERVFAIL;
		put_line(b, z->text, type);
		if (!strcmp(z->text, "BROKEN")) {
			put_ip(b, NULL, zone_ttl_s, "192.0.2.1");
			b->len -= 3;
		}
	}
	if (!known)
		b->data[3] |= NXDOMAIN;
	if (!b->data[ANSWERS_AT + 1] && zone_none_ttl_s)
		put_soa(b, zone_none_ttl_s, zone_none_ttl_s);
	return b->len;
}

static inline void on_question(struct loop_fd *f, uint32_t events)
{
	static struct bytes b;
	static in_port_t last_port;
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t q[512];
	char name[256];
	size_t at;
	unsigned int type;
	ssize_t len = recvfrom(f->fd, q, sizeof(q), 0,
			       (struct sockaddr *)&from, &from_len);

	(void)events;
	assert_true(len > 16);
	at = read_question(q, (size_t)len, name);
	type = q[at] * 256u + q[at + 1];
	n_queries++;
	n_of[type]++;
	n_ports += from.sin_port != last_port;
	last_port = from.sin_port;
	if (!answer_question(&b, name, type))
		return;
	memcpy(b.data, q, 2);
	assert_true(sendto(f->fd, b.data, b.len, 0, (struct sockaddr *)&from,
			   from_len) > 0);
}

static inline void name_server_open(struct loop *loop, struct addr *a)
{
	socklen_t len = sizeof(*a);

	n_queries = n_ports = 0;
	memset(n_of, 0, sizeof(n_of));
	zone_ttl_s = 60;
	zone_none_ttl_s = 30;
	name_server = (struct loop_fd){ .fn = on_question };
	name_server.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(name_server.fd >= 0);
	assert_int_equal(addr_parse(a, "127.0.0.1:0", 0), 0);
	assert_int_equal(bind(name_server.fd, &a->sa, addr_len(a)), 0);
	assert_int_equal(getsockname(name_server.fd, &a->sa, &len), 0);
	assert_int_equal(loop_add(loop, &name_server, EPOLLIN), 0);
}

static inline void name_server_close(void)
{
	if (name_server.fd < 0)
		return;
	loop_remove(&name_server);
	close(name_server.fd);
	name_server.fd = -1;
}

#endif
