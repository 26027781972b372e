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
	struct txn *txn;		/* NULL: a stranger's, answered without
					 * memory (8.2.7)                      */
	char to_tag[STACK_TAG_LEN];	/* for an answer to no dialog          */
};

/* Marks the top Via with received and rport (18.2.1, RFC 3581 4) and fills
 * `back` and `to_tag`. req is changed, so it comes by itself.                 */
int uas_open(struct inbound *in, osip_message_t *req);
/* The request is of a call of ours: where its connection is gone, the answer may
 * open one to where the request came from, at the port of sent-by (18.2.2). No
 * stranger can make us connect anywhere; and not by TLS, where nothing says whose
 * certificate it would have to be.                                            */
void uas_in_call(struct inbound *in);
/* The answer to build on; NULL without memory. The caller hands it to uas_send. */
osip_message_t *uas_response(const struct inbound *in, int code);
/* Takes resp. On an error the request counts as never heard: its transaction is
 * gone, and the far end asks again.                                           */
int uas_send(struct inbound *in, osip_message_t *resp);
/* Both: with the headers that the code demands (405 and OPTIONS: Allow, 415:
 * Accept, 422: Min-SE, 500: Retry-After).                                     */
void uas_answer(struct inbound *in, int code);
/* True if it was refused for what any method is refused for: version, scheme,
 * Require (8.2.2).                                                            */
bool uas_refused(struct inbound *in);
/* True if it was refused for a body that we cannot read: one that is not or does
 * not hold a session description, or is packed (8.2.3).                       */
bool uas_body_refused(struct inbound *in);
/* A request that belongs to no dialog of ours, and is not refused: answers it. */
void uas_stranger(struct inbound *in);

#endif
