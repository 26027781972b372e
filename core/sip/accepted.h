/*
 * accepted.h - the 2xx answers of one INVITE, and what each must be given.
 *
 * RFC 3261 13.2.2.4: every 2xx is ACKed by the core, repeated ones too; a 2xx
 * with another To tag is a fork: it is ACKed and hung up. This small record is
 * made with the call and outlives it by 64*T1. It also ACKs the 2xx of a
 * re-INVITE of ours.
 *
 * Thread: signalling. Inside core/sip/, for uac.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_ACCEPTED_H
#define SIP_ACCEPTED_H

#include "sip/auth.h"
#include "sip/dialog.h"
#include "sip/sip.h"

struct accepted;

/* Takes a reference to `auth`. `request_uri`: where a 2xx without Contact is
 * asked.                                                                      */
int accepted_new(struct accepted **ap, struct sip *sip, const char *call_id,
		 const char *from_tag, const char *request_uri,
		 struct sip_auth *auth);
/* The INVITE goes to another URI from now on (8.1.3.4).                       */
int accepted_redirect(struct accepted *a, const char *request_uri);
/* An INVITE leaves that way: its branch and CSeq are what a 2xx must show, and
 * its ACK repeats the credentials (22.1). A re-INVITE too.                    */
int accepted_invite(struct accepted *a, const osip_message_t *invite,
		    const struct dialog_way *way);
/* How the latest one left. Lent.                                              */
const struct dialog_way *accepted_way(const struct accepted *a);
/* ACKs the 2xx to the INVITE of that CSeq number in `d`, now and whenever it is
 * repeated. `done`, which may be NULL, is called once, never from inside: 0, or
 * -errno when the next hop cannot be found.                                   */
int accepted_ack(struct accepted *a, const struct dialog *d, uint32_t cseq,
		 void (*done)(void *arg, int err), void *arg);
/* An early dialog has used that number: the BYE of a fork takes a higher one.  */
void accepted_note_cseq(struct accepted *a, uint32_t cseq);
uint32_t accepted_cseq(const struct accepted *a);	/* highest of them     */
/* Nobody waits for the re-INVITE of that number any more. Should a 2xx to it come,
 * it is ACKed in `d` as that is now.                                          */
int accepted_expect(struct accepted *a, const struct dialog *d, uint32_t cseq);
/* The call is over: `done` is not called any more; lives on by itself. Fine
 * with NULL.                                                                  */
void accepted_release(struct accepted *a);
void accepted_free_all(struct sip *sip);

/* A 2xx to an INVITE that no transaction waits for. True if it was ours. Lent. */
bool accepted_receive(struct sip *sip, const osip_message_t *resp);

#endif
