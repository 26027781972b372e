/*
 * session.h - the media thread's half of a stream: sockets, pacing, figures.
 *
 *	IDLE -> PLAYING -> TAIL -> OVER		OVER also when sending failed
 *
 * Packet n is due at anchor + n * packet time and bears the timestamp of that
 * moment, whether those before it left or not: a hold, a stall of this machine
 * or a network that is away leaves a gap in time and none in the sound. Another
 * codec or packet time begins a new anchor at the turn that comes next.
 *
 * Thread: set up on the signalling thread, then the media worker's alone.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_SESSION_H
#define MEDIA_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/random.h"
#include "media/control.h"
#include "media/drain.h"
#include "media/media.h"
#include "media/playout.h"
#include "media/ports.h"
#include "media/receive.h"
#include "media/rtp.h"
#include "media/tally.h"
#include "media/wheel.h"

enum {
	/* After the last packet's time: what a far end's jitter buffer may
	 * still hold back. Nothing is sent in it.                            */
	SESSION_TAIL_MS = 200,
	/* How often the sockets are drained while nothing plays.             */
	SESSION_IDLE_MS = 100,
	/* A worker that woke late sends up to so many packets at once, and lets
	 * the time pass by for more.                                         */
	SESSION_CATCH_UP_MAX = 3,
	/* Sending is given up after this time without one success.           */
	SESSION_FAIL_MS = 2000,
};

enum session_state {
	SESSION_IDLE,
	SESSION_PLAYING,		/* also while held                    */
	SESSION_TAIL,
	SESSION_OVER,
};

enum session_event { SESSION_PLAYED, SESSION_FAILED };

/* Where to send, and whether.                                                */
struct session_aim {
	struct addr rtp, rtcp;
	bool rtcp_mux, send;
	uint8_t payload_type;		/* as the far end numbers it          */
};

/* Made ready on the signalling thread. `playout` and `packet` stay its own and
 * must live until the session has ended.                                     */
struct session_play {
	struct playout *playout;
	uint8_t *packet;		/* RTP_HEADER_LEN + payload_max bytes */
	struct session_aim aim;
};

struct session {
	struct wheel_node node;		/* first: the wheel's way back        */
	enum session_state state;
	bool send, marker;
	uint16_t seq;
	uint32_t ssrc, timestamp;	/* timestamp at the anchor            */
	int64_t due_ns;			/* of the next turn                   */
	int64_t anchor_ns, turn;
	int64_t tail_until_ns;
	int64_t rtcp_drain_ns;		/* not before this                    */
	struct playout *playout;
	uint8_t *packet;
	struct session_aim aim;
	struct port_pair ports;		/* lent                               */
	int64_t failing_since_ns;	/* 0: the last packet left            */

	uint64_t sent, sent_bytes;
	/* 6.4.1: reports count from where the SSRC began.                    */
	uint64_t sent_before, bytes_before;
	uint16_t first_seq;
	int64_t late_max_ns;
	bool complete;

	const struct clock *clock;
	struct drain *drain;		/* the worker's                       */
	struct tally *tally;		/* the worker's                       */
	struct receive receive;
	struct control control;
	struct random random;

	/* Runs on the media thread; at most once for each event.             */
	void (*on_event)(struct session *s, enum session_event e, int err);
};

struct session_config {
	const struct clock *clock;
	struct random *random;		/* of the signalling thread           */
	struct port_pair ports;
	bool rtcp;
	const char *cname;
	struct drain *drain;
	struct tally *tally;
	void (*on_event)(struct session *s, enum session_event e, int err);
};

void session_init(struct session *s, const struct session_config *cfg);
/* The first packet is due at `start_ns`.                                     */
void session_start(struct session *s, const struct session_play *play,
		   int64_t start_ns);
void session_set_aim(struct session *s, const struct session_aim *aim);
/* Goes on with another cursor over the same playlist from the next packet on, at
 * the very place, and with the next timestamp (RFC 3264 8.3.2). False: nothing
 * more is to be sent, and the old ones stay.                                 */
bool session_change(struct session *s, struct playout *playout,
		    uint8_t *packet);
/* Does what is due at s->due_ns, and says when the next turn is: s->due_ns.  */
void session_turn(struct session *s, int64_t now_ns);
/* Says good-bye where that was not done, and fills the report.               */
void session_end(struct session *s, struct stream_report *report,
		 int64_t now_ns);

#endif
