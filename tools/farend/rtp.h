/* SPDX-License-Identifier: MIT */
/*
 * rtp.h - one stream's sockets: receiving everything, sending a little.
 *
 * Streams are not waited for one by one: a sweep visits each every 20 ms
 * and takes what the kernel has kept, with the kernel's own time stamps, so
 * that 3,000 streams cost a fraction of one core.
 */
#ifndef FAREND_RTP_H
#define FAREND_RTP_H

#include "net.h"
#include "rtpstore.h"
#include "script.h"

enum { SWEEP_TICK_MS = 5, SWEEP_SLOTS = 4 };

struct rtp_tx {
	enum send_mode mode;
	int fd;                 /* the stream's own, or another port's */
	bool paused;            /* the peer has put us on hold */
	bool started;
	int pt;
	int event_pt;
	int ptime_ms;
	uint32_t ssrc;
	uint32_t ts;
	uint16_t seq;
	int64_t next_ms;
	int64_t until_ms;       /* 0: until the end */
	double phase;           /* of the tone */
	uint64_t packets;
	uint64_t bytes;
	bool rtcp;
	int64_t next_rtcp_ms;
	char digits[64];        /* DTMF that waits to be sent */
	size_t digit;
	int digit_step;
};

struct rtp {
	int fd;
	int fd_rtcp;
	int fd_other;           /* -1: none */
	struct addr local;
	struct addr peer;       /* as the SDP says; len 0: unknown */
	struct addr source;     /* of the first packet; see any_source */
	bool any_source;
	bool learnt;
	struct rtp_store store;
	struct rtp_tx tx;
	size_t slot;            /* in the sweep, plus one */
	unsigned int visits;
};

struct rtp_sweep {
	struct rtp **items;
	size_t n;
	size_t cap;
	size_t busiest;         /* the most streams at a time */
	unsigned int turn;
	int64_t next_ms;
};

struct rtp_range {
	int lo;                 /* 0: ephemeral */
	int hi;
	int next;
};

/* Opens an even port and the odd one above it. 0 or -errno. */
int rtp_open(struct rtp *r, const struct addr *local, struct rtp_range *range);
void rtp_close(struct rtp *r);
/* Moves to a new port; what was received is kept. */
int rtp_move(struct rtp *r, struct rtp_range *range);
/* Takes everything that the kernel has for this stream. */
void rtp_drain(struct rtp *r);
/* The peer's address changed or became known. */
void rtp_set_peer(struct rtp *r, const struct addr *peer);
/* Sends from a port that the SDP does not name. */
int rtp_use_other_port(struct rtp *r);
/* Sends what is due; see rtpsend.c. */
void rtp_send_due(struct rtp *r, int64_t now_ms);
void rtp_echo(struct rtp *r, const uint8_t *p, size_t len);

int rtp_sweep_add(struct rtp_sweep *s, struct rtp *r);
void rtp_sweep_del(struct rtp_sweep *s, struct rtp *r);
/* Visits what is due; ms until the next visit, -1 with no streams. */
int rtp_sweep_run(struct rtp_sweep *s);

#endif
