/*
 * rtcp.h - the RTCP packets of RFC 3550 6: written, read, and how often.
 *
 * Thread: any; no state.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_RTCP_H
#define MEDIA_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

enum {
	RTCP_CNAME_MAX = 255,
	/* SR with one block, SDES with the longest CNAME, BYE. */
	RTCP_MAX = 28 + 24 + 4 + 4 + 2 + RTCP_CNAME_MAX + 4 + 8,
};

/* 6.4.1: what the other side did not get of one source.                      */
struct rtcp_block {
	uint32_t ssrc;			/* of the source                      */
	uint8_t fraction_lost;		/* of 256, since the last report      */
	int32_t lost;			/* 24 bits: since the beginning       */
	uint32_t highest_seq;		/* extended by cycles                 */
	uint32_t jitter;		/* in timestamp units                 */
	uint32_t last_sr;		/* middle of its NTP time, 0: none    */
	uint32_t since_last_sr;		/* 1/65536 s                          */
};

struct rtcp_sender {
	uint64_t ntp;			/* now: seconds since 1900 * 2^32     */
	uint32_t timestamp;		/* the same moment in RTP's units     */
	uint32_t packets, bytes;	/* payload bytes                      */
};

struct rtcp_report {
	uint32_t ssrc;			/* of us, who report                  */
	const struct rtcp_sender *sender;	/* NULL: RR instead of SR     */
	const struct rtcp_block *block;	/* NULL: nothing received             */
	const char *cname;
	bool bye;
};

/* What a compound packet of the far end says about us.                       */
struct rtcp_news {
	uint32_t ssrc;			/* of the far end                     */
	bool has_sender;
	struct rtcp_sender sender;
	bool has_block;
	struct rtcp_block block;	/* the one about `own_ssrc`           */
	bool bye;
	bool ours;			/* a report in it claims to be of
					 * `own_ssrc`                         */
};

/* Writes one compound packet: SR or RR, SDES with CNAME, BYE if asked for.
 * Returns its length, at most RTCP_MAX; dst holds as much.                   */
size_t rtcp_pack(uint8_t *dst, const struct rtcp_report *r);
/* 0, or -EBADMSG for what A.2's rules refuse. Nothing of a packet that is
 * refused is believed.                                                       */
int rtcp_parse(struct rtcp_news *news, const uint8_t *data, size_t len,
	       uint32_t own_ssrc);
/* 6.2 and 6.3.1 for two parties, whose share of the bandwidth is never the
 * limit: 5 s +-50 %, the first one after half of that. Divided by e - 3/2,
 * since who reconsiders (6.3.6) takes the longer of several draws, but never
 * below the half that 6.2 allows.                                            */
uint32_t rtcp_interval_ms(struct random *r, bool first);

/* The NTP time stamp of a wall time.                                         */
uint64_t rtcp_ntp(int64_t wall_ns);
/* Its middle 32 bits, as LSR counts.                                         */
static inline uint32_t rtcp_ntp_middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}
/* 6.4.1: from the block's LSR and DLSR and the time at which it came; -1 where
 * it names none or what it names cannot be.                                  */
int32_t rtcp_round_trip_us(const struct rtcp_block *b, uint32_t now_middle);

#endif
