/*
 * receive.h - what comes in on one stream's ports: judged and counted.
 *
 *	RTP socket  --> stranger? --> open --> RTP: ours? sequence, loss, jitter
 *	                          |            --> whoever listens
 *	                          --> RTCP (RFC 5761) --> control
 *	RTCP socket --> stranger? --> open --> control
 *
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_RECEIVE_H
#define MEDIA_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/addr.h"
#include "media/control.h"
#include "media/drain.h"
#include "media/hear.h"
#include "media/source.h"
#include "media/srtp.h"
#include "media/tally.h"

enum {
	/* Of a call, or of a re-INVITE's new address.                        */
	RECEIVE_LEARN_MS = 10000,
	/* Who moves sends from the old place until it has our answer.        */
	RECEIVE_LEFT_MS = 1000,
};

/* That the far end may send, by our numbers.                                 */
struct receive_type {
	uint8_t payload_type;
	uint32_t clock_rate;		/* 0: that of the sound around it     */
};

struct receive {
	bool has_remote;		/* until then nobody is known, and what
					 * comes is not even counted          */
	struct timespec answered_at;	/* wall time: nor is what came before */
	struct addr rtp, rtcp;		/* as signalled; the ports are not
					 * looked at: behind NAT they differ  */
	uint32_t clock_rate;		/* of the far end's timestamps; those of
					 * a payload type bring their own     */
	struct control *control;
	struct tally *tally;
	struct hear *hear;		/* lent; NULL: nobody listens         */
	struct srtp *srtp;		/* lent; NULL: plain                  */
	int64_t now_ns;			/* of the drain under way             */

	uint64_t received, strangers;	/* RTP; and whatever else came        */
	uint64_t reports;		/* RTCP packets that were understood  */
	int64_t first_ns;		/* monotonic time of the first RTP
					 * packet that was no echo of ours, 0:
					 * none; set to 0 to wait for another */
	int64_t last_ns;		/* of the last such one, or RTCP      */
	bool collided;			/* the far end has our SSRC, too      */
	int64_t looped_until_ns;	/* what bears ours then is our own    */
	struct source source;

	/* Symmetric RTP (RFC 4961); set by receive_learn().                  */
	bool learn;
	bool learnt;
	struct addr from;		/* learnt: where it sends from        */
	int64_t learn_until_ns;
	struct addr left;		/* the place before, and until when it
					 * is not learnt again                */
	int64_t left_until_ns;
	struct receive_type types[CLN_CODECS_MAX + 1];
	size_t n_types;
};

/* The signalling names the far end. Another RTP address than before forgets
 * what was learnt and, where learning is on, begins its time again: of the
 * place that was left packets may be under way, hence that one has to wait for
 * a moment.                                                                  */
void receive_set_remote(struct receive *r, const struct addr *rtp,
			const struct addr *rtcp, int64_t now_ns);
/* What our description allows the far end to send, instead of what it did.   */
void receive_expect(struct receive *r, const struct receive_type *types,
		    size_t n);
/* The call is answered: the first RTP packet of an expected payload type that
 * comes from the signalled host within RECEIVE_LEARN_MS settles `from`, once.
 * Other hosts never do.                                                      */
void receive_learn(struct receive *r, int64_t now_ns);

/* Empty the socket; but for `from` nothing that is in it changes where we send
 * to.                                                                        */
void receive_rtp(struct receive *r, struct drain *d, int fd, int64_t now_ns);
void receive_rtcp(struct receive *r, struct drain *d, int fd, int64_t now_ns);

#endif
