/*
 * txn_key.h - what a transaction is found by (RFC 3261 17.1.3, 17.2.3).
 *
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TXN_KEY_H
#define SIP_TXN_KEY_H

#include "base/buf.h"
#include "sip/osip.h"

#define TXN_KEY_MAX 2048

/* Test key->err afterwards.                                                   */
void txn_key_client(struct buf *key, const char *branch, const char *method);
void txn_key_server(struct buf *key, const osip_message_t *req,
		    const char *method);

#endif
