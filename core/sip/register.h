/*
 * register.h - one binding at one registrar, kept fresh.
 *
 * Thread: signalling. RFC 3261 10.2: same Call-ID and rising CSeq, one REGISTER
 * at a time, refresh before expiry, 423, Retry-After, back-off with jitter.
 *
 *   OFF -> REGISTERING -> REGISTERED (refresh) -> registration_stop() -> OFF
 *             |    \          | expired   ^
 *             |     `-----> FAILED ------/   (tries again by its timer)
 *             \-> REJECTED
 *
 * A refresh that fails leaves REGISTERED as long as the binding lives; `changed`
 * tells the code. 401, 407 and 403 are final: REJECTED, and no further try until
 * registration_start(). Any other failure is tried again: time-outs, 480, 5xx
 * and 6xx after 2 s, doubled up to 300 s; the other 4xx, 404 too, about every
 * 300 s; Retry-After is kept to (retry.h).
 *
 * A refresh goes to the server that took the binding, and where that one fails
 * to the others of the name. A binding whose TCP or TLS connection is lost is refreshed
 * soon (RFC 5626 4.5). What is not used of RFC 5626: reg-id and +sip.instance,
 * which tell several flows of one user apart; there is one flow here, and calls
 * only go out.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_REGISTER_H
#define SIP_REGISTER_H

#include "sip/auth.h"

struct registration;

enum registration_state {
	REGISTRATION_OFF,		/* never started, or un-registered     */
	REGISTRATION_REGISTERING,	/* first try, no binding               */
	REGISTRATION_REGISTERED,
	REGISTRATION_FAILED,		/* will be tried again                 */
	REGISTRATION_REJECTED,		/* terminal until started again        */
};

struct registration_params {
	const char *who;		/* for the log: "carrier 6881895b"     */
	struct sip_target target;	/* registrar, or the outbound proxy    */
	const char *registrar_host;	/* Request-URI sip:HOST[:PORT]         */
	uint16_t registrar_port;	/* 0: not written                      */
	const char *aor_user;		/* From, To, Contact user              */
	const char *aor_domain;		/* From, To domain                     */
	struct sip_auth *auth;		/* a reference is taken                */
	int expires_s;			/* asked for                           */
};

/* What is true now; wall-clock times in ms, 0: none.                          */
struct registration_status {
	enum registration_state state;
	int64_t expires_at;		/* of the binding                      */
	int64_t next_attempt_at;	/* 0 while a REGISTER is outstanding   */
	int last_code;			/* of the last answer; 408, 503 where none
					 * came; 0: nothing was sent yet       */
	char last_reason[SIP_REASON_LEN];
	char server[SIP_SERVER_LEN];	/* "udp:192.0.2.1:5060" that accepted the
					 * binding, "" without one             */
	struct addr server_addr;	/* the same; calls go there            */
	enum sip_transport server_transport;
};

/* Called on each change of state, code or reason, never from inside a call of
 * this header. registration_free() is allowed inside.                         */
typedef void registration_fn(void *arg, const struct registration_status *st);

/* -EINVAL: a host that is none, an empty user, a control character, or expires_s
 * not within 1 s and 30 days.                                                 */
int registration_new(struct registration **rp, struct sip *sip,
		     const struct registration_params *params,
		     registration_fn *changed, void *arg);
/* First REGISTER after delay_ms (many carriers are spread out at start). Also a
 * refresh, or a new beginning after REJECTED; nothing while stopping.         */
void registration_start(struct registration *r, int delay_ms);
/* Un-registers if there is a binding (Expires 0, authenticated too); `done` is
 * called once, when the registrar answered or after at most 64*T1 / when there
 * was nothing to do (still asynchronously). No `changed` afterwards.          */
void registration_stop(struct registration *r, void (*done)(void *arg),
		       void *arg);
/* The truth at this moment: a binding past its expiry is not REGISTERED.      */
void registration_get(const struct registration *r,
		      struct registration_status *st);
const char *registration_call_id(const struct registration *r);
/* Values of Route for what is sent while it is REGISTERED (Service-Route, RFC
 * 3608), NULL-ended; lent until the next event.                               */
const char *const *registration_routes(const struct registration *r);
void registration_free(struct registration *r);	/* sends nothing              */

#endif
