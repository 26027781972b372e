/*
 * uac_call.h - the inside of an outgoing call, for the uac*.c files alone.
 *
 *	uac.c		door, life, the end
 *	uac_invite.c	INVITE and its answers
 *	uac_dialog.c	BYE, and what the far end asks inside the dialog
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

enum uac_state {
	UAC_IDLE,
	UAC_CALLING,			/* nothing heard yet                   */
	UAC_PROCEEDING,			/* 1xx                                 */
	UAC_ACKING,			/* 2xx; ACK waits for its next hop     */
	UAC_ANSWERED,
	UAC_CLOSING,			/* BYE sent or received                */
	UAC_ENDED,			/* nothing but `ended` to come         */
};

struct uac {
	struct sip *sip;
	struct uac_events events;	/* all NULL: given up                  */
	void *arg;
	enum uac_state state;

	struct sip_target target;
	char *request_uri, *from_user, *from_domain, *from_name, *sdp;
	char *username, *password, *realm;
	struct sip_account account;	/* lends the three above               */
	int ring_timeout_ms;
	char call_id[UAC_CALL_ID_LEN];
	char tag[STACK_TAG_LEN];

	struct client *client;		/* of INVITE, then of BYE              */
	struct client_auth auth;
	struct accepted *accepted;
	struct dialog dialog;
	struct dialog_user user;
	char *answer;			/* SDP of the 2xx, until ACKed         */
	size_t answer_len;

	struct txn *reinvite;		/* our 2xx that waits for its ACK      */
	uint32_t reinvite_cseq;
	bool offered;			/* that 2xx held an offer of ours      */

	struct timer ring;		/* ring_timeout_ms                     */
	struct timer later;		/* what must not come from inside      */
	bool hangup;			/* wished                              */
	bool rung_out;			/* by the ring timer                   */
	bool told_answer;		/* `answered` was called               */
	bool no_ack;			/* a 200 of ours was never confirmed   */
	bool peer_bye;			/* theirs came                         */
	int q850;			/* for our BYE or CANCEL               */
	struct uac_result result;

	struct uac *next, **prevp;	/* in sip->orphans                     */
};

/* uac.c */
void uac_enter(const struct uac *u);	/* log lines get the Call-ID           */
void uac_leave(void);
void uac_later(struct uac *u);
/* All is over; `ended` follows from the timer. Nothing if it was already.     */
void uac_end(struct uac *u, enum uac_end end);
void uac_set_reason(struct uac *u, int code, const char *text);
void uac_free_orphans(struct sip *sip);

/* uac_invite.c */
int uac_send_invite(struct uac *u);
int uac_set_contact(const struct uac *u, osip_message_t *m,
		    const struct addr *local);

/* uac_dialog.c */
void uac_send_bye(struct uac *u);
/* Theirs ends an answered call.                                               */
void uac_take_bye(struct uac *u);
void uac_on_request(struct dialog_user *du, struct inbound *in);
void uac_on_ack(struct dialog_user *du, const osip_message_t *ack);

#endif
