/*
 * control.h - the RTCP side of one stream: when to report, what the far end
 * said.
 *
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_CONTROL_H
#define MEDIA_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "media/rtcp.h"
#include "media/source.h"

struct control {
	bool enabled;
	uint32_t ssrc;			/* ours                               */
	const char *cname;		/* lent                               */
	struct random *random;		/* of this stream alone               */
	int64_t wall_minus_mono_ns;	/* NTP times never step               */

	bool begun, reported, said_bye;
	bool first;			/* the report to come is (6.3.1)      */
	int64_t last_at_ns;		/* of the last report, or beginning   */
	int64_t next_at_ns;		/* of the next, unless reconsidered   */
	uint64_t sent_then, sent_earlier; /* packets at the last two reports  */
	uint32_t last_sr;		/* of the far end's SR, 0: none       */
	uint32_t last_sr_of;		/* and the SSRC that sent it          */
	int64_t last_sr_at_ns;

	uint32_t reporter;		/* SSRC of the report that came last  */
	bool told;			/* a block about us came              */
	struct rtcp_block block;	/* the one that came last             */
	int32_t round_trip_us;		/* -1: not known                      */
};

/* What the report tells of our own sending.                                  */
struct control_sent {
	uint64_t packets, bytes;
	uint32_t timestamp;		/* in RTP units, of this very moment  */
};

/* Sending starts: the first report is due in 1.25 to 3.1 s.                  */
void control_begin(struct control *c, int64_t now_ns);
/* Reconsiders when the time is up (6.3.6): ask once a turn, then pack.       */
bool control_due(struct control *c, int64_t now_ns);
/* Builds the compound packet into dst (RTCP_MAX bytes) and sets the time of the
 * next. After one with `bye` nothing is due any more.                        */
size_t control_pack(struct control *c, uint8_t *dst,
		    const struct control_sent *sent, struct source *source,
		    bool bye, int64_t now_ns);
/* Goes on under another SSRC, as a source of which nothing was said yet. What
 * the far end has last told of the old one stands until it tells of this one. */
void control_rename(struct control *c, uint32_t ssrc, int64_t now_ns);
/* What came from the far end at `at_ns` (monotonic). -EBADMSG: not RTCP. What
 * claims to be of our own SSRC is told by `reporter` alone: nothing else of it
 * counts.                                                                    */
int control_take(struct control *c, const uint8_t *data, size_t len,
		 int64_t at_ns);

#endif
