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
 * Thread: set up on the signalling thread, then the media worker's alone, until
 * session_report() on the signalling thread again.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_SESSION_H
#define MEDIA_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/random.h"
#include "media/control.h"
#include "media/drain.h"
#include "media/dtmf.h"
#include "media/gather.h"
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
	/* Sockets are drained so often where nobody waits for what comes.    */
	SESSION_DRAIN_MS = 100,
	/* A worker that woke late sends up to so many packets at once, and lets
	 * the time pass by for more.                                         */
	SESSION_CATCH_UP_MAX = 3,
	/* Sending is given up after this time without one success.           */
	SESSION_FAIL_MS = 2000,
};

enum session_state {
	SESSION_IDLE,
	SESSION_PLAYING,		/* also while held, or not begun      */
	SESSION_TAIL,
	SESSION_OVER,
};

enum session_event { SESSION_PLAYED, SESSION_FAILED };

/* Where to send, and whether; and what may come.                             */
struct session_aim {
	struct addr rtp, rtcp;		/* as signalled                       */
	bool rtcp_mux, send;
	bool far_silent;		/* it owes us no packets              */
	uint8_t payload_type, event_type; /* as the far end numbers them      */
	size_t n_expected;
	struct receive_type expected[CLN_CODECS_MAX + 1];
};

/* Made ready on the signalling thread. All that is pointed to must live until
 * the session has ended.                                                     */
struct session_play {
	struct playout *playout;
	uint8_t *packet;		/* RTP_HEADER_LEN, payload_max or
					 * DTMF_EVENT_LEN, SRTP_GROWTH_MAX    */
	struct session_aim aim;
	struct gather *gather;		/* NULL: no step waits for digits     */
	struct hear *hear;		/* NULL: nobody listens               */
	int64_t asked_ns;		/* when stream_play() was called      */
	struct timespec answered_at;	/* wall time: what came before is early
					 * media                              */
	int32_t start;			/* enum cln_start                     */
	uint32_t start_wait_ms;		/* for that at most                   */
	uint32_t rtp_timeout_ms;	/* 0: none                            */
	bool symmetric;
};

struct session {
	struct wheel_node node;		/* first: the wheel's way back        */
	/* What each packet needs.                                            */
	int64_t due_ns;			/* of the next turn                   */
	int64_t drain_ns, rtcp_drain_ns; /* not before this                   */
	int64_t anchor_ns, turn;
	enum session_state state;
	bool send, marker;
	bool waiting;			/* for the start                      */
	bool in_event;			/* a digit is under way               */
	uint8_t payload_type, event_type;
	uint16_t seq;
	uint32_t ssrc, timestamp;	/* timestamp at the anchor            */
	struct playout *playout;
	uint8_t *packet;
	struct port_pair ports;		/* lent                               */
	struct addr to;			/* RTP, and RTCP where it is muxed    */
	uint64_t sent, sent_bytes;
	int64_t late_max_ns;
	int64_t failing_since_ns;	/* 0: the last packet left            */
	struct tally *tally;		/* the worker's                       */
	struct drain *drain;		/* the worker's                       */
	/* By the signalling thread: session_start() is to come, and what comes
	 * from now on waits for it in the socket.                            */
	atomic_bool answered;

	/* The rest is looked at now and then.                                */
	struct gather *gather;
	struct dtmf_send event;
	int64_t asked_ns, wait_until_ns, alive_ns, tail_until_ns;
	int64_t rtp_timeout_ns;
	int32_t started_ms;
	uint8_t start, start_as, started; /* enum cln_start, enum cln_started */
	bool rtcp_mux, complete;
	bool far_silent;		/* by its description                 */
	/* 6.4.1: reports count from where the SSRC began; so much was sent
	 * under another.                                                     */
	uint64_t sent_as_other, bytes_as_other;
	uint64_t reports;		/* of the far end, looked at          */
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
		   int64_t start_ns, int64_t now_ns);
void session_set_aim(struct session *s, const struct session_aim *aim,
		     int64_t now_ns);
/* Another one from the next packet on; keys that stay go on where they were.
 * The one before is given back, good for nothing but to be freed.            */
struct srtp *session_set_srtp(struct session *s, struct srtp *srtp);
/* Goes on with another cursor over the same script from the next packet on, at
 * the very place, and with the next timestamp (RFC 3264 8.3.2). False: nothing
 * more is to be sent, and the old ones stay.                                 */
bool session_change(struct session *s, struct playout *playout,
		    uint8_t *packet);
/* Listens with another ear, if it listens at all.                            */
void session_set_hear(struct session *s, struct hear *hear);
/* Does what is due at s->due_ns, and says when the next turn is: s->due_ns.  */
void session_turn(struct session *s, int64_t now_ns);
/* Says good-bye where that was not done. Nothing changes any more.           */
void session_end(struct session *s, int64_t now_ns);
void session_report(const struct session *s, struct stream_report *report);

#endif
