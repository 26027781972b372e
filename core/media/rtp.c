/*
 * rtp.c - the RTP packet of RFC 3550 5.1: written, read, judged.
 * Thread: any; no state.
 *
 *	 0                   1                   2                   3
 *	|V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *	|                           timestamp                           |
 *	|                             SSRC                              |
 *	|  CSRC * CC, then extension if X, payload, padding if P        |
 */
/* SPDX-License-Identifier: MIT */
#include "media/rtp.h"

#include <errno.h>

#include "media/wire.h"

enum {
	PADDING = 0x20,
	EXTENSION = 0x10,
	CSRC_COUNT = 0x0f,
	MARKER = 0x80,
	RTCP_FIRST = 192,	/* RFC 5761 4: packet types kept for RTCP */
	RTCP_LAST = 223,
};

void rtp_pack(uint8_t *dst, const struct rtp_header *h)
{
	dst[0] = RTP_VERSION << 6;
	dst[1] = (uint8_t)((h->marker ? MARKER : 0) | (h->payload_type & 0x7f));
	wire_put16(dst + 2, h->seq);
	wire_put32(dst + 4, h->timestamp);
	wire_put32(dst + 8, h->ssrc);
}

bool rtp_is_rtcp(const uint8_t *data, size_t len)
{
	return len >= 2 && data[1] >= RTCP_FIRST && data[1] <= RTCP_LAST;
}

size_t rtp_header_len(const uint8_t *data, size_t len)
{
	size_t n;

	if (len < RTP_HEADER_LEN || data[0] >> 6 != RTP_VERSION)
		return 0;
	n = RTP_HEADER_LEN + 4u * (data[0] & CSRC_COUNT);
	if (n > len)
		return 0;
	if (data[0] & EXTENSION) {
		if (n + 4 > len)
			return 0;
		n += 4 + 4u * wire_get16(data + n + 2);
	}
	return n > len ? 0 : n;
}

int rtp_parse(struct rtp_packet *p, const uint8_t *data, size_t len)
{
	size_t head = rtp_header_len(data, len);

	if (!head || rtp_is_rtcp(data, len))
		return -EBADMSG;
	if (data[0] & PADDING) {
		/* The last byte counts the padding, itself included. */
		uint8_t padding = data[len - 1];

		if (!padding || padding > len - head)
			return -EBADMSG;
		len -= padding;
	}
	p->header = (struct rtp_header){
		.marker = data[1] & MARKER,
		.payload_type = data[1] & 0x7f,
		.seq = wire_get16(data + 2),
		.timestamp = wire_get32(data + 4),
		.ssrc = wire_get32(data + 8),
	};
	p->payload = data + head;
	p->len = len - head;
	return 0;
}
