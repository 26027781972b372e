/*
 * cancel.h - the CANCEL that belongs to an INVITE (RFC 3261 9.1).
 *
 * Pure but for what the stack says of itself. Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_CANCEL_H
#define SIP_CANCEL_H

#include "sip/stack.h"

/* `invite` as it was last sent. `q850` goes into a Reason header, 0: none. 0 or
 * -ENOMEM.                                                                    */
int cancel_request(osip_message_t **mp, const struct sip *sip,
		   const osip_message_t *invite, int q850);

#endif
