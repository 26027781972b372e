/* SPDX-License-Identifier: MIT */
/*
 * rtpstore.c - keeps every RTP packet of one stream and counts its RTCP.
 * Thread: signalling fills it; the finisher reads it afterwards.
 */
#include "rtpstore.h"

#include <stdlib.h>
#include <string.h>

void rtp_store_free(struct rtp_store *s)
{
	free(s->packets);
	free(s->payload);
	memset(s, 0, sizeof(*s));
}

void rtp_store_expect(struct rtp_store *s, const struct expected *e)
{
	enum { LEAST_PAYLOAD = 160, SPARE = 64 };
	size_t cap = e->len / LEAST_PAYLOAD + SPARE;

	if (!e->data)
		return;
	s->heard.expected = e;
	s->packets = malloc(cap * sizeof(*s->packets));
	s->cap = s->packets ? cap : 0;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		(uint32_t)p[2] << 8 | p[3];
}

/* Room for one more packet; twice as much whenever it runs out. */
static bool store_reserve(struct rtp_store *s, size_t payload)
{
	void *p;

	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;

		p = realloc(s->packets, cap * sizeof(*s->packets));
		if (!p)
			return false;
		s->packets = p;
		s->cap = cap;
	}
	if (s->payload_len + payload > s->payload_cap) {
		size_t cap = s->payload_cap ? s->payload_cap : 8192;

		while (cap < s->payload_len + payload)
			cap *= 2;
		p = cap <= UINT32_MAX ? realloc(s->payload, cap) : NULL;
		if (!p)
			return false;
		s->payload = p;
		s->payload_cap = cap;
	}
	return true;
}

/* Where the payload begins and ends; false if this is not RTP. */
static bool rtp_bounds(const uint8_t *p, size_t len, size_t *from, size_t *to)
{
	size_t head;

	if (len < 12 || p[0] >> 6 != 2)
		return false;
	head = 12 + 4 * (size_t)(p[0] & 15);
	if (p[0] & 0x10) {
		if (len < head + 4)
			return false;
		head += 4 + 4 * ((size_t)p[head + 2] << 8 | p[head + 3]);
	}
	*to = len;
	if (p[0] & 0x20 && len)
		*to = p[len - 1] && p[len - 1] <= len ? len - p[len - 1] : 0;
	*from = head;
	return head <= *to;
}

void rtp_store_rtp(struct rtp_store *s, const uint8_t *p, size_t len,
		   int64_t at_ns)
{
	size_t from, to, keep;
	struct rtp_packet *k;

	if (!rtp_bounds(p, len, &from, &to)) {
		s->invalid++;
		return;
	}
	keep = s->headers_only ? 0 : to - from;
	if (!store_reserve(s, keep)) {
		s->full = true;
		return;
	}
	k = &s->packets[s->n++];
	k->at_ns = at_ns;
	k->marker = p[1] >> 7;
	k->pt = p[1] & 127;
	k->seq = (uint16_t)(p[2] << 8 | p[3]);
	k->ts = be32(p + 4);
	k->ssrc = be32(p + 8);
	k->len = (uint16_t)(to - from);
	k->offset = (uint32_t)s->payload_len;
	heard_take(&s->heard, k, p + from);
	if (keep)
		memcpy(s->payload + s->payload_len, p + from, keep);
	s->payload_len += keep;
}

static void take_sdes(struct rtp_store *s, const uint8_t *p, size_t len)
{
	size_t pos = 8;

	s->rtcp_sdes++;
	while (pos + 2 <= len && p[pos]) {
		size_t n = p[pos + 1];

		if (pos + 2 + n > len)
			return;
		if (p[pos] == 1) {
			size_t keep = n < sizeof(s->cname) ? n :
				sizeof(s->cname) - 1;

			memcpy(s->cname, p + pos + 2, keep);
			s->cname[keep] = '\0';
		}
		pos += 2 + n;
	}
}

static void take_report(struct rtp_store *s, const uint8_t *p, size_t len,
			int64_t at_ns)
{
	bool sender = p[1] == 200;
	size_t block = sender ? 28 : 8;

	if (sender)
		s->rtcp_sr++;
	else
		s->rtcp_rr++;
	if (sender && len >= 28) {
		s->sr_ntp = (uint64_t)be32(p + 8) << 32 | be32(p + 12);
		s->sr_packets = be32(p + 20);
		s->sr_octets = be32(p + 24);
		s->sr_at_ns = at_ns;
	}
	if (p[0] & 31 && len >= block + 24)
		s->rr_lost = be32(p + block + 4) & 0xffffff;
}

void rtp_store_rtcp(struct rtp_store *s, const uint8_t *p, size_t len,
		    int64_t at_ns)
{
	s->rtcp_packets++;
	/* RFC 3550 6.1: a compound packet begins with a report. */
	if (len < 8 || (p[1] != 200 && p[1] != 201))
		s->rtcp_invalid++;
	while (len >= 4) {
		size_t n = 4 * (((size_t)p[2] << 8 | p[3]) + 1);

		if (p[0] >> 6 != 2 || n > len) {
			s->rtcp_invalid++;
			return;
		}
		if ((p[1] == 200 || p[1] == 201) && n >= 8) {
			take_report(s, p, n, at_ns);
		} else if (p[1] == 202) {
			take_sdes(s, p, n);
		} else if (p[1] == 203) {
			s->rtcp_bye++;
			s->rtcp_bye_at_ns = at_ns;
		} else if (p[1] == 204) {
			s->rtcp_app++;
		}
		p += n;
		len -= n;
	}
}
