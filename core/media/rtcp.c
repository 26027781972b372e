/*
 * rtcp.c - the RTCP packets of RFC 3550 6: written, read, and how often.
 * Thread: any; no state.
 */
/* SPDX-License-Identifier: MIT */
#include "media/rtcp.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "media/rtp.h"
#include "media/wire.h"

enum rtcp_type { SR = 200, RR = 201, SDES = 202, BYE = 203 };

enum {
	HEADER_LEN = 4,
	SENDER_LEN = 20,
	BLOCK_LEN = 24,
	SDES_CNAME = 1,
	PADDING = 0x20,
	INTERVAL_MS = 5000,
	COMPENSATION = 121828,	/* e - 3/2 in 1/100000 (6.3.1)                */
	ROUND_TRIP_MAX_S = 60,	/* more is a far end that cannot count */
};

/* `len` includes the header and is a multiple of 4. */
static void put_header(uint8_t *p, unsigned int count, enum rtcp_type type,
		       size_t len)
{
	p[0] = (uint8_t)(RTP_VERSION << 6 | count);
	p[1] = (uint8_t)type;
	wire_put16(p + 2, (uint32_t)(len / 4 - 1));
}

static void put_block(uint8_t *p, const struct rtcp_block *b)
{
	wire_put32(p, b->ssrc);
	wire_put32(p + 4, (uint32_t)b->fraction_lost << 24 |
			  ((uint32_t)b->lost & 0xffffff));
	wire_put32(p + 8, b->highest_seq);
	wire_put32(p + 12, b->jitter);
	wire_put32(p + 16, b->last_sr);
	wire_put32(p + 20, b->since_last_sr);
}

static void put_sender(uint8_t *p, const struct rtcp_sender *s)
{
	wire_put32(p, (uint32_t)(s->ntp >> 32));
	wire_put32(p + 4, (uint32_t)s->ntp);
	wire_put32(p + 8, s->timestamp);
	wire_put32(p + 12, s->packets);
	wire_put32(p + 16, s->bytes);
}

static size_t pack_report(uint8_t *dst, const struct rtcp_report *r)
{
	uint8_t *p = dst + HEADER_LEN;

	wire_put32(p, r->ssrc);
	p += 4;
	if (r->sender) {
		put_sender(p, r->sender);
		p += SENDER_LEN;
	}
	if (r->block) {
		put_block(p, r->block);
		p += BLOCK_LEN;
	}
	put_header(dst, r->block ? 1 : 0, r->sender ? SR : RR,
		   (size_t)(p - dst));
	return (size_t)(p - dst);
}

/* One chunk: SSRC, CNAME, and one to four zeros up to the next 32 bits. */
static size_t pack_sdes(uint8_t *dst, uint32_t ssrc, const char *cname)
{
	size_t name_len = strnlen(cname, RTCP_CNAME_MAX);
	size_t len = HEADER_LEN + 4 + 2 + name_len;
	size_t padded = (len / 4 + 1) * 4;

	wire_put32(dst + 4, ssrc);
	dst[8] = SDES_CNAME;
	dst[9] = (uint8_t)name_len;
	memcpy(dst + 10, cname, name_len);
	memset(dst + len, 0, padded - len);
	put_header(dst, 1, SDES, padded);
	return padded;
}

static size_t pack_bye(uint8_t *dst, uint32_t ssrc)
{
	wire_put32(dst + 4, ssrc);
	put_header(dst, 1, BYE, HEADER_LEN + 4);
	return HEADER_LEN + 4;
}

size_t rtcp_pack(uint8_t *dst, const struct rtcp_report *r)
{
	size_t n = pack_report(dst, r);

	n += pack_sdes(dst + n, r->ssrc, r->cname);
	if (r->bye)
		n += pack_bye(dst + n, r->ssrc);
	return n;
}

static void get_sender(struct rtcp_sender *s, const uint8_t *p)
{
	s->ntp = (uint64_t)wire_get32(p) << 32 | wire_get32(p + 4);
	s->timestamp = wire_get32(p + 8);
	s->packets = wire_get32(p + 12);
	s->bytes = wire_get32(p + 16);
}

static void get_block(struct rtcp_block *b, const uint8_t *p)
{
	uint32_t lost = wire_get32(p + 4);

	b->ssrc = wire_get32(p);
	b->fraction_lost = (uint8_t)(lost >> 24);
	lost &= 0xffffff;
	b->lost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost;
	b->highest_seq = wire_get32(p + 8);
	b->jitter = wire_get32(p + 12);
	b->last_sr = wire_get32(p + 16);
	b->since_last_sr = wire_get32(p + 20);
}

/* SR and RR: both begin with the reporter's SSRC and end with the blocks. */
static int get_report(struct rtcp_news *news, const uint8_t *p, size_t len,
		      uint32_t own_ssrc)
{
	bool is_sr = p[1] == SR;
	size_t at = HEADER_LEN + 4 + (is_sr ? SENDER_LEN : 0);
	unsigned int count = p[0] & 31;

	if (len < at + count * BLOCK_LEN)
		return -EBADMSG;
	news->ssrc = wire_get32(p + 4);
	if (news->ssrc == own_ssrc)
		news->ours = true;
	if (is_sr) {
		get_sender(&news->sender, p + 8);
		news->has_sender = true;
	}
	for (; count; count--, at += BLOCK_LEN) {
		if (wire_get32(p + at) != own_ssrc)
			continue;
		get_block(&news->block, p + at);
		news->has_block = true;
	}
	return 0;
}

/* The far end leaves only if the list names the SSRC of its own report. */
static int get_bye(struct rtcp_news *news, const uint8_t *p, size_t len)
{
	unsigned int count = p[0] & 31;

	if (len < HEADER_LEN + 4 * count)
		return -EBADMSG;
	for (unsigned int i = 0; i < count; i++)
		if (wire_get32(p + HEADER_LEN + 4 * i) == news->ssrc)
			news->bye = true;
	return 0;
}

/* A.2: version 2 throughout, SR or RR first and without padding, padding in
 * the last packet only, and lengths that add up. Returns the packet's length,
 * 0 where it is none.                                                        */
static size_t packet_len(const uint8_t *p, size_t left, bool first)
{
	size_t len;

	if (left < HEADER_LEN || p[0] >> 6 != RTP_VERSION)
		return 0;
	len = 4 * ((size_t)wire_get16(p + 2) + 1);
	if (len > left)
		return 0;
	if (first && p[1] != SR && p[1] != RR)
		return 0;
	if (p[0] & PADDING && (first || len != left))
		return 0;
	return len;
}

int rtcp_parse(struct rtcp_news *news, const uint8_t *data, size_t len,
	       uint32_t own_ssrc)
{
	struct rtcp_news n = { 0 };
	size_t at = 0;

	do {
		const uint8_t *p = data + at;
		size_t one = packet_len(p, len - at, !at);
		int err = 0;

		if (!one)
			return -EBADMSG;
		if (p[1] == SR || p[1] == RR)
			err = get_report(&n, p, one, own_ssrc);
		else if (p[1] == BYE)
			err = get_bye(&n, p, one);
		if (err)
			return err;
		at += one;
	} while (at < len);
	*news = n;
	return 0;
}

uint32_t rtcp_interval_ms(struct random *r, bool first)
{
	uint32_t base = first ? INTERVAL_MS / 2 : INTERVAL_MS;
	uint32_t ms = (uint32_t)((base / 2 + random_below(r, base + 1)) *
				 UINT64_C(100000) / COMPENSATION);

	return ms > base / 2 ? ms : base / 2;
}

uint64_t rtcp_ntp(int64_t wall_ns)
{
	const uint64_t from_1900 = UINT64_C(2208988800);
	uint64_t s = (uint64_t)wall_ns / S_NS;
	uint64_t ns = (uint64_t)wall_ns % S_NS;

	return (s + from_1900) << 32 | (ns << 32) / S_NS;
}

int32_t rtcp_round_trip_us(const struct rtcp_block *b, uint32_t now_middle)
{
	uint32_t took = now_middle - b->last_sr - b->since_last_sr;

	if (!b->last_sr)
		return -1;
	/* On one host the far end's rounding may make it arrive "before" it
	 * was sent.                                                          */
	if (took >= UINT32_MAX - 65536 / 1000)
		return 0;
	if (took > ROUND_TRIP_MAX_S * 65536u)
		return -1;
	return (int32_t)((uint64_t)took * 1000000 / 65536);
}
