/*
 * uac_call.h - the inside of an outgoing call, for the uac*.c files alone.
 *
 *	uac.c		door, life, the end
 *	uac_caller.c	who calls: From, To, Contact, P-Asserted-Identity
 *	uac_invite.c	INVITE and its answers
 *	uac_redirect.c	a refusal that allows another INVITE: 3xx, 420, 422
 *	uac_early.c	early dialogs, reliable provisional answers, PRACK
 *	uac_dialog.c	BYE, and what the far end asks inside the dialog
 *	uac_refresh.c	session timers, and our refresh: UPDATE or re-INVITE
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_UAC_CALL_H
#define SIP_UAC_CALL_H

#include "sip/accepted.h"
#include "sip/client.h"
#include "sip/dialog.h"
#include "sip/stack.h"
#include "sip/txn.h"
#include "sip/uac.h"

struct early;
struct inbound;
struct redirect;

enum uac_state {
	UAC_IDLE,
	UAC_CALLING,			/* nothing heard yet                   */
	UAC_PROCEEDING,			/* 1xx                                 */
	UAC_ACKING,			/* 2xx; ACK waits for its next hop     */
	UAC_ANSWERED,
	UAC_CLOSING,			/* BYE sent or received                */
	UAC_ENDED,			/* nothing but `ended` to come         */
};

/* What only the INVITE needs; freed when it is written.                       */
struct uac_opening {
	struct sip_target target;
	char *headers, *routes;		/* texts, each with its NUL, "" at the
					 * end; NULL: none                     */
};

/* The session timer (RFC 4028).                                               */
struct uac_refresh {
	int asked_s, min_s;		/* for our requests; 0: not said       */
	int expires_s;			/* in force; 0: none                   */
	bool ours;			/* we refresh, not the far end         */
	bool update;			/* the far end takes UPDATE            */
	bool invite;			/* what `client` sends is an INVITE    */
	struct client *client;		/* a refresh that is not answered yet  */
	struct timer timer;
	int64_t end_ns;			/* then it is hung up                  */
};

struct uac {
	struct sip *sip;
	struct uac_events events;	/* all NULL: given up                  */
	void *arg;
	enum uac_state state;

	struct uac_opening *opening;	/* until the INVITE is written         */
	char *request_uri, *from_user, *from_domain, *from_name;
	char *sdp;			/* that we sent last                   */
	enum uac_caller_id caller_id;
	struct sip_auth *auth;
	int ring_timeout_ms;
	char call_id[UAC_CALL_ID_LEN];
	char tag[STACK_TAG_LEN];

	struct client *client;		/* of INVITE, then of BYE              */
	struct accepted *accepted;
	uint32_t invite_cseq;		/* of the INVITE that was answered     */
	struct redirect *redirect;	/* NULL: no 3xx came                   */
	struct early *earlies;
	struct dialog dialog;
	struct dialog_user user;
	char *answer;			/* SDP of the far end, until ACKed     */
	size_t answer_len;

	struct uac_refresh refresh;
	struct txn *reinvite;		/* our 2xx that waits for its ACK      */
	uint32_t reinvite_cseq;
	bool offered;			/* that 2xx held an offer of ours      */

	struct timer ring;		/* ring_timeout_ms                     */
	struct timer later;		/* what must not come from inside      */
	bool hangup;			/* wished                              */
	bool rung_out;			/* by the ring timer                   */
	bool unusable;			/* the 2xx: ACK and BYE are all it gets */
	bool told_answer;		/* `answered` was called               */
	bool told_hangup;		/* `hangup` was called                 */
	bool losing;			/* our BYE waits for silence           */
	bool peer_bye;			/* theirs came                         */
	enum uac_end bye;		/* what our BYE is for: BYE_SENT, LOST,
					 * EXPIRED                             */
	int q850;			/* for our BYE or CANCEL               */
	struct uac_result result;

	LIST_ENTRY(uac) link;		/* in sip->orphans                     */
};

/* uac.c */
void uac_enter(const struct uac *u);	/* log lines get the Call-ID           */
void uac_leave(void);
/* All is over; `ended` follows from the timer. Nothing if it was already.     */
void uac_end(struct uac *u, enum uac_end end);
void uac_set_reason(struct uac *u, int code, const char *text);
void uac_free_opening(struct uac *u);
void uac_free_orphans(struct sip *sip);

/* uac_caller.c */
int caller_write(const struct uac *u, struct buf *out);	/* From, To            */
/* What it says of us where the way out is known: From's host, who calls.      */
int caller_complete(struct uac *u, osip_message_t *m,
		    const struct addr *local);
int caller_contact(const struct uac *u, osip_message_t *m,
		   const struct hop *hop);

/* uac_invite.c */
int uac_send_invite(struct uac *u);
/* It leaves by that hop: notes its branch for the 2xx.                        */
int uac_leaves(struct uac *u, const struct client *c,
	       const osip_message_t *m, const struct hop *hop);
/* uac_redirect.c */
bool redirect_again(void *arg, const osip_message_t *resp,
		    osip_message_t *req, struct sip_target *target);
void redirect_free(struct redirect *r);

/* uac_early.c */
/* A provisional answer; false: it came before, or out of order (RFC 3262 4).  */
bool early_take(struct uac *u, const osip_message_t *resp);
/* A 2xx: u->dialog and u->answer are made of it and of what was before.       */
int early_confirm(struct uac *u, const osip_message_t *resp);
/* Another server is asked: what was heard so far is over.                     */
void early_restart(struct uac *u);
void early_free_all(struct uac *u);

/* uac_dialog.c */
/* Fills the target and the request, with its next CSeq number.                */
int uac_request(const struct uac *u, struct dialog *d, const char *method,
		struct client_params *p);
/* Sends it. With an `err` from making it, and on its own errors, nothing is left
 * of it; returns that error.                                                  */
int uac_ask(const struct uac *u, struct dialog *d, struct client_params *p,
	    int err, struct client **cp);
/* After the final answer, or when it is given up: numbers that credentials took
 * are taken. Sets *cp to NULL.                                                */
void uac_request_over(struct dialog *d, struct client **cp);
/* 12.2.1.2: these two say that the dialog is no more.                         */
static inline bool uac_is_lost(int code)
{
	return code == 481 || code == 408;
}
void uac_send_bye(struct uac *u);
/* The dialog is to end, and the business did not ask for it: first it is told to
 * be silent, then the BYE leaves. Nothing if it ends already.                 */
void uac_lose(struct uac *u, enum uac_end why);
/* Theirs ends an answered call.                                               */
void uac_take_bye(struct uac *u);
void uac_on_request(struct dialog_user *du, struct inbound *in);
void uac_on_ack(struct dialog_user *du, const osip_message_t *ack);
/* False: answered already, since it is refused or comes out of order.         */
bool uac_takes(struct dialog *d, struct inbound *in);
/* The methods that mean the same in any state of a dialog.                    */
void uac_answer_other(struct inbound *in);
/* True if it was answered 400: a target that cannot be reached is none.       */
bool uac_target_refused(const struct dialog *d, struct inbound *in);
/* A 200 to their re-INVITE or UPDATE, with our description if sdp is not NULL,
 * which is kept in *said; NULL without memory.                                */
osip_message_t *uac_accept(struct uac *u, struct dialog *d,
			   struct inbound *in, const char *sdp, char **said);

/* uac_refresh.c */
void refresh_init(struct uac *u);
int refresh_ask(struct uac *u, osip_message_t *req);
/* 422: true if req now asks for more (RFC 4028 7.4).                          */
bool refresh_raise(struct uac *u, const osip_message_t *resp,
		   osip_message_t *req);
void refresh_drop(struct uac *u, osip_message_t *req);	/* it is not known     */
/* By a 2xx to a request of ours.                                              */
void refresh_begin(struct uac *u, const osip_message_t *resp);
/* Theirs: true if it was answered 422.                                        */
bool refresh_refuses(struct inbound *in);
/* By a 2xx of ours to theirs, which is completed.                             */
int refresh_accept(struct uac *u, const osip_message_t *req,
		   osip_message_t *resp);
bool refresh_offers(const struct uac *u);	/* a re-INVITE is under way    */
void refresh_stop(struct uac *u);

#endif
