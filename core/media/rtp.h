/*
 * rtp.h - the RTP packet of RFC 3550 5.1: written, read, judged.
 *
 * Thread: any; no state.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_RTP_H
#define MEDIA_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RTP_VERSION = 2,
	RTP_HEADER_LEN = 12,		/* without CSRCs and extension        */
};

struct rtp_header {
	bool marker;
	uint8_t payload_type;		/* 0..127                             */
	uint16_t seq;
	uint32_t timestamp, ssrc;
};

struct rtp_packet {
	struct rtp_header header;
	const uint8_t *payload;		/* inside the bytes that were parsed  */
	size_t len;
};

/* Writes RTP_HEADER_LEN bytes.                                               */
void rtp_pack(uint8_t *dst, const struct rtp_header *h);
/* 0, or -EBADMSG for what is no RTP packet by A.1's static rules. CSRCs and
 * extension are skipped, padding is taken off. Borrows `data`.               */
int rtp_parse(struct rtp_packet *p, const uint8_t *data, size_t len);
/* Bytes before the payload: header, CSRCs and extension (5.1, 5.3.1). 0: no
 * RTP, or not all there.                                                     */
size_t rtp_header_len(const uint8_t *data, size_t len);
/* RFC 5761 4: RTCP on the RTP port, told apart by its packet type.           */
bool rtp_is_rtcp(const uint8_t *data, size_t len);

#endif
