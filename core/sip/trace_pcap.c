/*
 * trace_pcap.c - the messages of one call as a capture file.
 *
 * The classic format (magic a1b2c3d4, microseconds) with raw IP packets. What
 * went by TCP or TLS is written as UDP datagrams too, one message each: so
 * Wireshark shows it as SIP, without a key and without a handshake.
 *
 * Thread: any; it reads a copy.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/sip.h"

#include <string.h>

#include "base/clock.h"

enum {
	SNAP_LEN = 65535,
	LINKTYPE_RAW = 101,		/* begins with the IP header           */
	IP4_HEADER = 20,
	IP6_HEADER = 40,
	UDP_HEADER = 8,
	TTL = 64,
	US_MS = 1000,
	US_S = 1000000,
};

struct ends {
	struct addr from, to;
	bool v6;
};

/* ---- bytes ---------------------------------------------------------------- */

/* The file's numbers are little-endian, those of the packets big-endian.      */
static void put_le32(struct buf *out, uint32_t v)
{
	unsigned char b[4] = {
		(unsigned char)v, (unsigned char)(v >> 8),
		(unsigned char)(v >> 16), (unsigned char)(v >> 24),
	};

	buf_write(out, b, sizeof(b));
}

static void set_be16(unsigned char *p, unsigned int v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

/* RFC 1071, not yet folded and turned over.                                   */
static uint32_t sum(uint32_t s, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (; len > 1; p += 2, len -= 2)
		s += (uint32_t)(p[0] << 8 | p[1]);
	if (len)
		s += (uint32_t)(p[0] << 8);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static unsigned int checksum(uint32_t s)
{
	return ~s & 0xffff;
}

/* ---- addresses ------------------------------------------------------------ */

static void to_v6(struct addr *a)
{
	struct addr mapped = { .in6 = { .sin6_family = AF_INET6 } };

	if (a->sa.sa_family == AF_INET6)
		return;
	mapped.in6.sin6_port = htons(addr_port(a));
	mapped.in6.sin6_addr.s6_addr[10] = 0xff;
	mapped.in6.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&mapped.in6.sin6_addr.s6_addr[12], &a->in4.sin_addr, 4);
	*a = mapped;
}

/* Both of one family, whatever was noted.                                     */
static struct ends ends_of(const struct sip_trace_message *m)
{
	struct ends e = {
		.from = m->sent ? m->local : m->remote,
		.to = m->sent ? m->remote : m->local,
	};

	addr_unmap(&e.from);
	addr_unmap(&e.to);
	e.v6 = e.from.sa.sa_family == AF_INET6 ||
	       e.to.sa.sa_family == AF_INET6;
	if (e.v6) {
		to_v6(&e.from);
		to_v6(&e.to);
	}
	return e;
}

static const void *ip_of(const struct addr *a, bool v6)
{
	return v6 ? (const void *)&a->in6.sin6_addr :
		    (const void *)&a->in4.sin_addr;
}

/* ---- headers -------------------------------------------------------------- */

static void put_ip4(struct buf *out, const struct ends *e, size_t udp_len,
		    unsigned int id)
{
	unsigned char h[IP4_HEADER] = {
		[0] = 0x45, [6] = 0x40 /* do not fragment */, [8] = TTL,
		[9] = IPPROTO_UDP,
	};

	set_be16(h + 2, (unsigned int)(IP4_HEADER + udp_len));
	set_be16(h + 4, id & 0xffff);
	memcpy(h + 12, ip_of(&e->from, false), 4);
	memcpy(h + 16, ip_of(&e->to, false), 4);
	set_be16(h + 10, checksum(sum(0, h, sizeof(h))));
	buf_write(out, h, sizeof(h));
}

static void put_ip6(struct buf *out, const struct ends *e, size_t udp_len)
{
	unsigned char h[IP6_HEADER] = {
		[0] = 0x60, [6] = IPPROTO_UDP, [7] = TTL,
	};

	set_be16(h + 4, (unsigned int)udp_len);
	memcpy(h + 8, ip_of(&e->from, true), 16);
	memcpy(h + 24, ip_of(&e->to, true), 16);
	buf_write(out, h, sizeof(h));
}

/* Its checksum covers addresses, protocol and length too (RFC 768, 8200 8.1). */
static void put_udp(struct buf *out, const struct ends *e,
		    const struct sip_trace_message *m)
{
	size_t n = e->v6 ? 16 : 4, udp_len = UDP_HEADER + m->len;
	unsigned char h[UDP_HEADER] = { 0 };
	unsigned int check;
	uint32_t s;

	set_be16(h, addr_port(&e->from));
	set_be16(h + 2, addr_port(&e->to));
	set_be16(h + 4, (unsigned int)udp_len);
	s = sum(IPPROTO_UDP + (uint32_t)udp_len, ip_of(&e->from, e->v6), n);
	s = sum(s, ip_of(&e->to, e->v6), n);
	check = checksum(sum(sum(s, h, sizeof(h)), m->data, m->len));
	set_be16(h + 6, check ? check : 0xffff);	/* 0 means none        */
	buf_write(out, h, sizeof(h));
	buf_write(out, m->data, m->len);
}

/* ---- the file ------------------------------------------------------------- */

static void put_packet(struct buf *out, const struct sip_trace_message *m,
		       int64_t at_us, unsigned int id)
{
	struct ends e = ends_of(m);
	size_t udp_len = UDP_HEADER + m->len;
	size_t len = (e.v6 ? IP6_HEADER : IP4_HEADER) + udp_len;

	put_le32(out, (uint32_t)(at_us / US_S));
	put_le32(out, (uint32_t)(at_us % US_S));
	put_le32(out, (uint32_t)len);
	put_le32(out, (uint32_t)len);
	if (e.v6)
		put_ip6(out, &e, udp_len);
	else
		put_ip4(out, &e, udp_len, id);
	put_udp(out, &e, m);
}

void sip_trace_pcap(const struct buf *copy, struct buf *out)
{
	struct sip_trace_message m, first = { 0 };
	unsigned int n = 0;
	size_t pos = 0;

	put_le32(out, 0xa1b2c3d4);
	put_le32(out, 2 | 4 << 16);		/* version 2.4                 */
	put_le32(out, 0);			/* time zone: UTC              */
	put_le32(out, 0);
	put_le32(out, SNAP_LEN);
	put_le32(out, LINKTYPE_RAW);
	while (sip_trace_next(copy, &pos, &m)) {
		if (!n)
			first = m;
		/* The first one's wall time, and from there on a clock that
		 * never jumps.                                                */
		put_packet(out, &m, first.wall_ms * US_MS +
			   (m.mono_ns - first.mono_ns) / US_MS, n++);
	}
}
