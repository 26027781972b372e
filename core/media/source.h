/*
 * source.h - what one RTP source sends us: sequence, loss, jitter.
 *
 * RFC 3550 A.1 (is it a source at all?), A.3 (loss) and A.8 (jitter).
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_SOURCE_H
#define MEDIA_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/rtcp.h"
#include "media/rtp.h"

/* All zero is the state before the first packet.                             */
struct source {
	bool known;			/* a packet was seen: ssrc is set     */
	uint32_t ssrc;
	uint16_t max_seq;		/* highest seen                       */
	uint32_t cycles;		/* of max_seq, times 65536            */
	uint32_t base_seq, bad_seq;
	uint32_t probation;		/* packets in order still wanted      */
	uint32_t received;		/* since base_seq                     */
	uint32_t expected_prior, received_prior;	/* at the last report */
	uint32_t transit;		/* of the packet before, RTP units    */
	uint32_t timestamp;		/* and what it bore                   */
	bool has_transit;
	uint32_t jitter;		/* 16 times the estimate, RTP units   */
	int64_t lost_before;		/* by sources and runs that ended     */
};

/* Counts a packet that arrived at `arrival` (RTP units of any origin). A new
 * SSRC is a new source: what the old one lost stays counted.                 */
void source_take(struct source *s, const struct rtp_header *h,
		 uint32_t arrival);
/* Its timestamps go on in other units (RFC 7160 4.1).                        */
void source_change_rate(struct source *s, uint32_t from, uint32_t to);
/* Packets that should have come and did not; never below 0.                  */
int64_t source_lost(const struct source *s);
uint32_t source_jitter(const struct source *s);		/* RTP units          */
/* Fills all but LSR and DLSR and begins a new interval. False where there was
 * nothing since the last report: then no block is due (6.4.1).               */
bool source_report(struct source *s, struct rtcp_block *b);

#endif
