/*
 * refusal_ack.h - the ACK that an INVITE transaction answers a refusal with.
 *
 * Pure. Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_REFUSAL_ACK_H
#define SIP_REFUSAL_ACK_H

#include "sip/build.h"

/* RFC 3261 17.1.1.3: from the INVITE as it was sent, and the final answer of 300
 * and more. 0, -ENOMEM, -EBADMSG.                                             */
int refusal_ack(struct wire *ack, const struct wire *invite,
		const osip_message_t *resp);

#endif
