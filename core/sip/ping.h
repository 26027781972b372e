/*
 * ping.h - is a server alive? OPTIONS outside a dialog, again and again.
 *
 * Thread: signalling. RFC 3261 11.
 *
 *   UNKNOWN -> UP <-> DOWN
 *        \___________/
 *
 * Any answer says that it lives, a refusal too; only a 503 does not, and neither
 * does silence or a connection that fails. Silence is 64*T1 / 8 = 4 s,
 * not the 32 s of Timer F: four transmissions, of each server that it has.
 * PING_MISSES of those in a row make it DOWN, and the first answer UP again.
 * After a miss it is asked again within PING_AGAIN_MS, while it is DOWN every
 * PING_DOWN_MS at the latest; Retry-After of a 503 is kept to. All times vary by
 * a tenth, so that many do not beat together.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_PING_H
#define SIP_PING_H

#include "sip/auth.h"

struct ping;

enum {
	PING_MISSES = 2,
	PING_AGAIN_MS = 5000,
	PING_DOWN_MS = 30000,
	PING_CALL_ID_LEN = 33,
	PING_WHO_LEN = 32,
};

enum ping_state { PING_UNKNOWN, PING_UP, PING_DOWN };

struct ping_status {
	enum ping_state state;
	int last_code;			/* 408, 503 where no answer came; 0: none
					 * was sent yet                        */
	char last_reason[SIP_REASON_LEN];
	int64_t at;			/* wall-clock ms of the last result    */
	int rtt_ms;			/* of the last answer; -1: none came   */
	char server[SIP_SERVER_LEN];	/* "udp:192.0.2.1:5060" asked last     */
	char call_id[PING_CALL_ID_LEN];	/* of that OPTIONS                     */
};

struct ping_params {
	const char *who;		/* for the log: "carrier 6881895b"     */
	const char *host;		/* Request-URI sip:HOST[:PORT], and To */
	uint16_t port;			/* 0: not written                      */
	const char *user, *domain;	/* of From                             */
	struct sip_auth *auth;		/* a reference is taken; may be NULL   */
	int interval_s;
	/* Asked each time: where does it go? false: not now.                  */
	bool (*target)(void *arg, struct sip_target *t);
	/* The state is another one. ping_free() is allowed inside.            */
	void (*changed)(void *arg, const struct ping_status *st);
	void *arg;
};

/* Strings are copied. -EINVAL: a host or domain that is none, an interval that
 * is not at least 1 s.                                                        */
int ping_new(struct ping **pp, struct sip *sip,
	     const struct ping_params *params);
/* The next one after delay_ms, whatever was planned; none while one is under
 * way.                                                                        */
void ping_start(struct ping *p, int delay_ms);
void ping_get(const struct ping *p, struct ping_status *st);
void ping_free(struct ping *p);		/* fine with NULL                      */

#endif
