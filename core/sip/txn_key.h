/*
 * txn_key.h - what a transaction is found by (RFC 3261 17.1.3, 17.2.3).
 *
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TXN_KEY_H
#define SIP_TXN_KEY_H

#include "sip/osip.h"

/* Two or three lookups a message: it stands on the stack.                     */
struct txn_key {
	int err;			/* -ENOBUFS: test it before use        */
	size_t len;
	char data[2048];
};

/* Any parts, each kept apart from the next. NULL counts as "".                */
void txn_key_begin(struct txn_key *key);
void txn_key_add(struct txn_key *key, const char *part);
void txn_key_client(struct txn_key *key, const char *branch,
		    const char *method);
void txn_key_server(struct txn_key *key, const osip_message_t *req,
		    const char *method);

#endif
