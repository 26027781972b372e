/*
 * uac.h - an outgoing call as the business sees it: invite, cancel, bye.
 *
 * Thread: signalling. Covers INVITE with its challenges, targets and redirects,
 * PRACK, CANCEL, ACK of every 2xx (forks are ACKed and BYEd by themselves), BYE
 * in both directions, re-INVITE, UPDATE and the other requests inside the dialog,
 * and the session timer.
 *
 *   IDLE -> CALLING -> PROCEEDING -> ACKING -> ANSWERED -> CLOSING -> ENDED
 *               \__________\___ failed / canceled _____________________/
 *
 * Every call ends with exactly one `ended` event, after which no event comes.
 * Events never come from inside uac_invite() or uac_hangup(); both uac_hangup()
 * and uac_free() are allowed inside every event.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_UAC_H
#define SIP_UAC_H

#include "sip/auth.h"

struct uac;

#define UAC_CALL_ID_LEN 64
#define UAC_SDP_MAX 4096		/* that we offer or answer             */

/* Where the caller is named (RFC 3323 4.1, RFC 3325 9.1).                     */
enum uac_caller_id {
	UAC_CALLER_FROM,		/* in From                             */
	UAC_CALLER_ASSERTED,		/* in From and P-Asserted-Identity     */
	UAC_CALLER_PRIVATE,		/* in P-Asserted-Identity, with Privacy:
					 * id; From is anonymous               */
};

struct uac_params {
	struct sip_target target;	/* next hop                            */
	const char *request_uri;	/* "sip:8888123456@sip.carrier1.com"   */
	const char *from_user;		/* unescaped; "" or NULL: anonymous-free
					 * From with host part only            */
	const char *from_domain;	/* NULL: our own address               */
	const char *from_name;		/* display name or NULL                */
	enum uac_caller_id caller_id;
	/* NULL-ended, or NULL: "Name: value", checked; added to the INVITE.   */
	const char *const *headers;
	/* NULL-ended, or NULL: values of Route that the dialog begins with, in
	 * their order ("<sip:192.0.2.1;lr>", RFC 3608 6.1).                   */
	const char *const *routes;
	int session_expires_s;		/* asked for (RFC 4028); 0: only if the
					 * far end asks                        */
	struct sip_auth *auth;		/* a reference is taken; NULL: none    */
	const char *sdp;		/* the offer; copied. NULL: asked for by
					 * the event local_offer               */
	int ring_timeout_ms;		/* CANCEL after this long without final */
};

enum uac_end {
	UAC_END_FAILED,		/* final >= 300, or local 408/503/500          */
	UAC_END_CANCELED,	/* we cancelled (ring timeout or uac_hangup)   */
	UAC_END_BYE_SENT,	/* we hung up                                  */
	UAC_END_BYE_RECEIVED,	/* the far end hung up                         */
	UAC_END_LOST,		/* 481/408 inside the dialog, no answer to BYE */
	UAC_END_EXPIRED,	/* nobody refreshed the session (RFC 4028 10)  */
};

struct uac_result {
	enum uac_end end;
	bool ring_timeout;		/* CANCELED because nobody answered    */
	int code;			/* final status of the INVITE; 0: none */
	bool local;			/* `code` is our own verdict: no answer
					 * came, or the request could not leave */
	char reason[SIP_REASON_LEN];
	bool own_words;			/* `reason` is ours, not the far end's */
	int q850_cause;			/* Reason header (RFC 3326), 0: none   */
	int retry_after_s;		/* of the failure, 0: none             */
};

struct uac_events {
	/* The route is known, and with it the local address that it takes:
	 * write the offer. Once per call, before the INVITE leaves. -errno
	 * fails the call.                                                     */
	int (*local_offer)(void *arg, const struct addr *local, char *sdp,
			   size_t cap);
	/* 180, 183, ...: the first 18x counts as ringing.                     */
	void (*provisional)(void *arg, int code, const char *reason);
	/* The far end has answered our offer before the 2xx (RFC 3262), and now
	 * makes one of its own: take its answer and return 200, or 488. `offer`
	 * follows. Once, unless `unsettled` comes; NULL: all such offers are
	 * refused.                                                            */
	int (*early_answer)(void *arg, const char *sdp, size_t len);
	/* What early_answer and `offer` have settled is void: a fork picked up
	 * that was not asked, or another server is tried. The far end knows
	 * nothing but our first offer.                                        */
	void (*unsettled)(void *arg);
	/* A 2xx came: `answered` follows when its ACK has left, or the end. May
	 * be NULL; must not touch the call.                                   */
	void (*picked_up)(void *arg);
	/* 2xx and ACK sent; not after uac_hangup(). `sdp` is the answer, lent
	 * for the call; NULL: it had none, or what early_answer and `offer` have
	 * settled stands. If it cannot be used, call uac_hangup().            */
	void (*answered)(void *arg, int code, const char *sdp, size_t len);
	/* An offer in a re-INVITE or UPDATE (NULL: delayed offer wanted).
	 * Write our SDP into answer[cap] and return 200, or return a refusal
	 * such as 488. Also called with NULL answer when only to confirm: `sdp`
	 * answers what we described ourselves by.                             */
	int (*offer)(void *arg, const char *sdp, size_t len, char *answer,
		     size_t cap);
	/* Media must stop now. UAC_END_BYE_RECEIVED: theirs came.
	 * UAC_END_BYE_SENT: ours leaves when this returns. UAC_END_LOST, since
	 * the far end did not confirm a 200 of ours or knows no such call, and
	 * UAC_END_EXPIRED, since nobody refreshed the session: ours leaves after
	 * uac_hangup(), which is awaited for a second (15.1.1).               */
	void (*hangup)(void *arg, enum uac_end by);
	/* The end: nothing of the dialog is outstanding. uac_free() is allowed
	 * inside.                                                             */
	void (*ended)(void *arg, const struct uac_result *result);
};

/* Call-ID exists from here on. Copies params.                                 */
int uac_new(struct uac **up, struct sip *sip, const struct uac_params *params,
	    const struct uac_events *events, void *arg);
/* Sends the INVITE (after the target is resolved).                            */
int uac_invite(struct uac *u);
/* Ends the call in whatever state: CANCEL before the answer (when a provisional
 * allows it), BYE after; an answer that crosses the CANCEL is ACKed and BYEd.
 * `q850` goes into a Reason header (0: none).                                 */
void uac_hangup(struct uac *u, int q850);
const char *uac_call_id(const struct uac *u);
/* Gives the call up; what must still be on the wire (re-ACK, BYE of forks) goes
 * on in the stack's own records. Fine with NULL.                              */
void uac_free(struct uac *u);

#endif
