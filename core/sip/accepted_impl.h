/*
 * accepted_impl.h - the inside of the record of 2xx, for accepted*.c alone.
 *
 *	struct accepted	Call-ID + From tag, in sip->accepted
 *	  struct leg	one To tag: its latest ACK as bytes; a surplus one
 *			also its dialog and the BYE that ends it
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_ACCEPTED_IMPL_H
#define SIP_ACCEPTED_IMPL_H

#include "sip/accepted.h"
#include "sip/client.h"
#include "sip/resolve.h"

#define ACCEPTED_TRIES_MAX 16		/* addresses and challenges            */

/* One INVITE as it left. A 2xx that shows none of them is nobody's answer.    */
struct sent {
	char branch[STACK_BRANCH_LEN];
	uint32_t cseq;
	bool again;			/* a re-INVITE                         */
};

struct leg {
	struct leg *next;
	struct accepted *a;
	char *to_tag;
	uint32_t cseq;
	char *ack;			/* until it was sent first: without Via
					 * and what follows CSeq               */
	struct sip_target *expected;	/* where that ACK goes once its 2xx comes;
					 * NULL: it goes by itself             */
	struct resolve_query *query;	/* for the next hop                    */
	char *name;			/* of its certificate                  */
	char *wire;			/* NULL: not sent yet                  */
	size_t wire_len;
	struct hop hop;
	void (*done)(void *arg, int err);
	void *arg;

	bool surplus;
	struct dialog dialog;		/* surplus only                        */
	struct client *bye;
};

struct accepted {
	struct sip *sip;
	const char *call_id;		/* in the index, the From tag behind it */
	size_t key_len;
	char *request_uri;
	struct sip_auth *auth;
	char *credentials;		/* their lines, NULL: none             */
	struct sent *tries;		/* at most ACCEPTED_TRIES_MAX: then the
					 * oldest is overwritten               */
	size_t n_tries;
	struct dialog_way way;		/* of the latest; its name is ours     */
	char *way_name;
	struct leg *legs;
	size_t n_legs;
	uint32_t cseq;			/* highest of its early dialogs        */
	struct timer timer;		/* the end of 64*T1                    */
	bool heard, released;		/* a first 2xx; by the call            */
};

/* accepted_leg.c */
/* Begins the ACK of leg->cseq in that dialog; a surplus leg is hung up when it
 * has left.                                                                   */
int leg_ack(struct leg *leg, const struct dialog *d);
/* Prepares it for a 2xx that may come.                                        */
int leg_expect(struct leg *leg, const struct dialog *d);
/* That has come.                                                              */
void leg_ack_expected(struct leg *leg);
/* ACK and BYE to whom nobody asked for.                                       */
int leg_end(struct leg *leg, const osip_message_t *resp);
void leg_repeat_ack(struct leg *leg);
/* Another ACK follows.                                                        */
void leg_forget_ack(struct leg *leg);
void leg_free(struct leg *leg);

#endif
