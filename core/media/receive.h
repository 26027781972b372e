/*
 * receive.h - what comes in on one stream's ports: judged and counted.
 *
 *	RTP socket  --> stranger? --> RTP: ours? sequence, loss, jitter
 *	                          --> RTCP (RFC 5761) --> control
 *	RTCP socket --> stranger? --> control
 *
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_RECEIVE_H
#define MEDIA_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "media/control.h"
#include "media/drain.h"
#include "media/source.h"
#include "media/tally.h"

struct receive {
	bool has_remote;		/* until then everyone is a stranger  */
	struct addr rtp, rtcp;		/* as signalled; the ports are not
					 * looked at: behind NAT they differ  */
	uint32_t clock_rate;		/* of the far end's timestamps        */
	struct control *control;
	struct tally *tally;
	int64_t now_ns;			/* of the drain under way             */

	uint64_t received, strangers;	/* RTP; and whatever else came        */
	uint64_t reports;		/* RTCP packets that were understood  */
	bool collided;			/* the far end has our SSRC, too      */
	int64_t looped_until_ns;	/* what bears ours then is our own    */
	struct source source;
};

/* Empty the socket; nothing that is in it changes where we send to.          */
void receive_rtp(struct receive *r, struct drain *d, int fd, int64_t now_ns);
void receive_rtcp(struct receive *r, struct drain *d, int fd, int64_t now_ns);

#endif
