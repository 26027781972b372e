/*
 * txn_impl.h - the inside of a transaction, for the txn*.c files alone.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TXN_IMPL_H
#define SIP_TXN_IMPL_H

#include "sip/txn.h"

#define TXN_NEVER INT64_MAX

struct txn {
	struct sip *sip;
	osip_fsm_type_t kind;
	osip_transaction_t *tr;		/* NULL: only the record is left       */
	struct hop hop;
	struct hop_watch watch;		/* client on a connection: its loss    */

	struct timer timer;		/* the nearer of these two             */
	int64_t repeat_ns, end_ns;
	int repeat_ms;			/* interval that led to repeat_ns      */

	char *wire;			/* what is repeated; osip_free         */
	size_t wire_len;
	const osip_message_t *wire_of;	/* the message it was made from        */

	txn_fn *fn;			/* NULL: detached                      */
	void (*no_ack)(void *arg);
	void *arg;

	const osip_message_t *received;	/* by the machine, to be told          */
	int verdict;			/* 408, 503: to be told                */
	char *note;			/* with the verdict, or NULL           */
	int refusals;			/* ICMP errors, before any answer      */
	bool busy;			/* inside the machine or a callback    */
	bool dead;			/* free it when no longer busy         */
	bool awaits_ack;		/* 2xx to INVITE, not yet confirmed    */
	bool confirmed;			/* ACK seen: absorb                    */
	size_t key_len;
	char key[];
};

/* txn_machine.c */
void txn_machine_callbacks(osip_t *osip);
/* Lends req until the machine has got it by txn_machine_run().                */
int txn_machine_open(struct txn *t, osip_message_t *req);
void txn_machine_close(struct txn *t);
/* One event for the machine. Takes msg.                                       */
void txn_machine_run(struct txn *t, type_t type, osip_message_t *msg);
int txn_send_wire(struct txn *t);

/* txn.c */
int txn_open(struct txn **tp, struct sip *sip, osip_fsm_type_t kind,
	     const struct buf *key, osip_message_t *req,
	     const struct hop *hop);
/* Now, or as soon as it is no longer busy.                                    */
void txn_destroy(struct txn *t);
void txn_arm(struct txn *t);
int64_t txn_in_ms(const struct txn *t, int ms);
void txn_repeat_in(struct txn *t, int ms);
void txn_free_wire(struct txn *t);
void txn_bound_ringing(struct txn *t);
/* An event with all that follows from it; t may be gone afterwards.           */
void txn_run(struct txn *t, type_t type, osip_message_t *msg);

#endif
