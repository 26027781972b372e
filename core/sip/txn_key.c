/*
 * txn_key.c - what a transaction is found by (RFC 3261 17.1.3, 17.2.3).
 *
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn_key.h"

#include <errno.h>
#include <string.h>

#include "sip/msg.h"

void txn_key_begin(struct txn_key *key)
{
	key->err = 0;
	key->len = 0;
}

/* A NUL behind each part keeps "ab" + "c" and "a" + "bc" apart.               */
void txn_key_add(struct txn_key *key, const char *part)
{
	size_t n = part ? strlen(part) + 1 : 1;

	if (n > sizeof(key->data) - key->len) {
		key->err = -ENOBUFS;
		return;
	}
	memcpy(key->data + key->len, part ? part : "", n);
	key->len += n;
}

void txn_key_client(struct txn_key *key, const char *branch,
		    const char *method)
{
	txn_key_begin(key);
	txn_key_add(key, "C");
	txn_key_add(key, branch);
	txn_key_add(key, method);
}

void txn_key_server(struct txn_key *key, const osip_message_t *req,
		    const char *method)
{
	const osip_via_t *via = msg_via(req);
	const char *branch = msg_branch(req);

	txn_key_begin(key);
	txn_key_add(key, "S");
	txn_key_add(key, branch);
	txn_key_add(key, via->host);
	txn_key_add(key, via->port);
	txn_key_add(key, method);
	if (!strncmp(branch, "z9hG4bK", 7))
		return;
	/* RFC 2543 clients: their branch need not be unique (17.2.3). The To
	 * tag is left out, since the ACK of a refusal carries ours.           */
	txn_key_add(key, req->call_id->number);
	txn_key_add(key, req->call_id->host);
	txn_key_add(key, msg_from_tag(req));
	txn_key_add(key, req->cseq->number);
}
