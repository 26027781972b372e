/*
 * uas.h - requests from outside: one value that is answered once.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_UAS_H
#define SIP_UAS_H

#include "sip/stack.h"
#include "sip/txn.h"

struct inbound {
	struct sip *sip;
	const osip_message_t *req;	/* gone after the answer               */
	struct hop from;		/* how it came                         */
	struct hop back;		/* how the answer goes (18.2.2)        */
	struct txn *txn;		/* NULL: answered without memory       */
	char to_tag[STACK_TAG_LEN];	/* for an answer to no dialog          */
};

/* Marks the top Via with received and rport (18.2.1, RFC 3581 4) and fills
 * `reply_to` and `to_tag`. req is changed, so it comes by itself.             */
int uas_open(struct inbound *in, osip_message_t *req);
/* The answer to build on; NULL without memory. The caller hands it to uas_send. */
osip_message_t *uas_response(const struct inbound *in, int code);
void uas_send(struct inbound *in, osip_message_t *resp);	/* takes resp  */
/* Both: with the headers that the code demands (405 and OPTIONS: Allow, 415:
 * Accept, 422: Min-SE, 500: Retry-After).                                                  */
void uas_answer(struct inbound *in, int code);
/* True if it was refused for what any method is refused for: version, scheme,
 * Require (8.2.2).                                                            */
bool uas_refused(struct inbound *in);
/* True if it was refused for a body that we cannot read: one that is not or does
 * not hold a session description, or is packed (8.2.3).                       */
bool uas_body_refused(struct inbound *in);
/* A request that belongs to no dialog of ours: answers it.                    */
void uas_stranger(struct inbound *in);

#endif
