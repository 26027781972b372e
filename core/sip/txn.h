/*
 * txn.h - transactions (RFC 3261 17): their machines, index and timers.
 *
 *   client  TRYING -> PROCEEDING -> (final) -> record -> gone
 *   server  TRYING -> PROCEEDING -> (final) -> record -> gone
 *
 * The machines are osip's, each from the request to the final answer. What is
 * left then is a record of bytes, which repeats the ACK or the answer until Timer
 * D, I, J or K. All stand in one hash of (branch, method). Each has
 * one timer in the loop's heap, on the monotonic clock.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TXN_H
#define SIP_TXN_H

#include <stdbool.h>

#include "sip/build.h"
#include "sip/transport.h"

struct txn;

int txn_start(struct sip *sip);
void txn_stop(struct sip *sip);		/* frees all, nothing is called        */

/* Provisional answers, then one final. resp NULL: 408 timeout, 503 transport,
 * with a `note` that says of which server and why. Never called from inside
 * txn_client(). Message and note are lent for the call.                       */
typedef void txn_fn(void *arg, const osip_message_t *resp, int code,
		    const char *note);

/* Sends a request, complete with Via, which is lent until the last call of fn,
 * txn_detach() or txn_drop(). Takes its bytes, on an error too.               */
int txn_client(struct txn **tp, struct sip *sip, osip_message_t *req,
	       struct wire wire, const struct hop *hop, txn_fn *fn, void *arg);
/* Without any answer it is over after so long, instead of 64*T1.              */
void txn_limit(struct txn *t, int ms);
/* The owner has no more interest; the transaction goes on by itself. Takes the
 * request.                                                                    */
void txn_detach(struct txn *t);
/* Ends at once (an INVITE that was cancelled and is not answered, 9.1).       */
void txn_drop(struct txn *t);
struct txn *txn_find_client(const struct sip *sip, const osip_message_t *resp);
/* The network says by `err` that `to` cannot be reached (RFC 3261 18.4). A server
 * that is being restarted is given a few repetitions; then the verdict is 503. */
void txn_refused(struct sip *sip, const char *branch, const char *method,
		 const struct addr *to, int err);
/* Takes msg.                                                                  */
void txn_receive_response(struct txn *t, osip_message_t *resp);
/* It is of this transaction in more than branch and method (17.1.3, 18.1.2).  */
bool txn_matches(const struct txn *t, const osip_message_t *resp);
bool txn_is_detached(const struct txn *t);
/* Completed or terminated: a 2xx is not its business any more.                */
bool txn_is_over(const struct txn *t);

/* A new request. Takes req, on an error too.                                  */
int txn_server(struct txn **tp, struct sip *sip, osip_message_t *req,
	       const struct hop *hop);
/* Also finds the INVITE that an ACK or, with `invite`, a CANCEL is for.       */
struct txn *txn_find_server(const struct sip *sip, const osip_message_t *req,
			    bool invite);
/* Takes resp, and frees the request unless resp is provisional. -EALREADY; on any
 * other error t is gone.                                                      */
int txn_answer(struct txn *t, osip_message_t *resp);
/* Takes msg: a repeated request, or the ACK of a refusal.                     */
void txn_receive_request(struct txn *t, osip_message_t *req);
/* A 2xx to an INVITE is repeated (13.3.1.4) until the dialog saw its ACK and
 * calls txn_confirm(); `fn` is called when 64*T1 passed without.              */
void txn_on_no_ack(struct txn *t, void (*fn)(void *arg), void *arg);
void txn_confirm(struct txn *t);
/* Our 2xx waits for its ACK, which is the dialog's business.                  */
bool txn_awaits_ack(const struct txn *t);

#endif
