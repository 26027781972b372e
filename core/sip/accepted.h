/*
 * accepted.h - the 2xx answers of one INVITE, and what each must be given.
 *
 * RFC 3261 13.2.2.4: every 2xx is ACKed by the core, repeated ones too; a 2xx
 * with another To tag is a fork: it is ACKed and hung up. This small record is
 * made with the call and outlives it by 64*T1.
 *
 * Thread: signalling. Inside core/sip/, for uac.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_ACCEPTED_H
#define SIP_ACCEPTED_H

#include "sip/dialog.h"
#include "sip/sip.h"

struct accepted;

/* Account: copied. `request_uri`: where a 2xx without Contact is asked.       */
int accepted_new(struct accepted **ap, struct sip *sip, const char *call_id,
		 const char *from_tag, const char *request_uri,
		 const struct sip_account *account, int listen);
/* An INVITE leaves by that socket: its branch and CSeq are what a 2xx must show,
 * and its ACK repeats the credentials (22.1).                                 */
int accepted_invite(struct accepted *a, const osip_message_t *invite,
		    int listen);
/* ACKs the 2xx that made `d`, now and whenever it is repeated. `done` is called
 * once, never from inside: 0, or -errno when the next hop cannot be found.    */
int accepted_ack(struct accepted *a, const struct dialog *d,
		 void (*done)(void *arg, int err), void *arg);
/* The call is over: `done` is not called any more; lives on by itself. Fine
 * with NULL.                                                                  */
void accepted_release(struct accepted *a);
void accepted_free_all(struct sip *sip);

/* A 2xx to an INVITE that no transaction waits for. True if it was ours. Lent. */
bool accepted_receive(struct sip *sip, const osip_message_t *resp);

#endif
