/*
 * txn_impl.h - the inside of a transaction, for the txn*.c files alone.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TXN_IMPL_H
#define SIP_TXN_IMPL_H

#include "sip/txn.h"
#include "sip/txn_key.h"

#define TXN_NEVER INT64_MAX

struct txn {
	struct sip *sip;
	osip_transaction_t *tr;		/* NULL: only the record is left       */
	bool server, invite;
	bool lent;			/* the request, by a client's owner    */
	bool busy;			/* inside a callback                   */
	bool dead;			/* free it when no longer busy         */
	bool awaits_ack;		/* 2xx to INVITE, not yet confirmed    */
	bool confirmed;			/* ACK seen: absorb                    */
	struct hop hop;
	struct hop_watch watch;		/* client on a connection: its loss    */

	struct timer timer;		/* the nearer of these two             */
	int64_t repeat_ns, end_ns;
	int64_t unlimited_ns;		/* end_ns before txn_limit(), 0: none  */
	int repeat_ms;			/* interval that led to repeat_ns      */

	struct wire wire;		/* what is repeated                    */
	uint64_t print;			/* client: of what an answer must show */

	txn_fn *fn;			/* NULL: detached                      */
	void (*no_ack)(void *arg);
	void *arg;

	int verdict;			/* 408, 503: to be told                */
	int refusals;			/* ICMP errors, before any answer      */
	char *note;			/* with the verdict, or NULL           */
	const char *key;		/* in the index                        */
	size_t key_len;
};

/* txn_machine.c */
int txn_machines_start(struct sip *sip);
/* Looks at req; the first event is what hands it over.                        */
int txn_machine_open(struct txn *t, osip_message_t *req);
/* Frees all that it was given, but a request that is lent. More is harmless.  */
void txn_machine_close(struct txn *t);
/* One event. Takes msg, but not on an error (-ENOMEM).                        */
int txn_machine_run(struct txn *t, type_t type, osip_message_t *msg);
/* The answer that came by the last event, which is the caller's then.         */
osip_message_t *txn_machine_heard(struct txn *t);

/* txn.c */
/* In the index, with nothing sent and no timer running.                       */
int txn_open(struct txn **tp, struct sip *sip, bool server,
	     const struct txn_key *key, osip_message_t *req,
	     const struct hop *hop);
/* Now, or as soon as it is no longer busy.                                    */
void txn_destroy(struct txn *t);
void txn_arm(struct txn *t);
int64_t txn_in_ms(const struct txn *t, int ms);
void txn_repeat_in(struct txn *t, int ms);
int txn_send_wire(struct txn *t);
void txn_set_wire(struct txn *t, struct wire wire);	/* takes it            */
/* From here on only the last message is kept, until `ms` have passed.         */
void txn_keep_record(struct txn *t, int ms);

/* txn_client.c: one of the two deadlines of a client has come. t may be gone
 * afterwards.                                                                 */
void txn_client_repeat(struct txn *t);
void txn_client_end(struct txn *t);
/* The machine could not send: notes the verdict.                              */
void txn_client_unsent(struct txn *t, int err);

#endif
