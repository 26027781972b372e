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

static void begin(struct txn_key *key, char kind)
{
	key->err = 0;
	key->len = 1;
	key->data[0] = kind;
}

/* A NUL behind each part keeps "ab" + "c" and "a" + "bc" apart.               */
static void part(struct txn_key *key, const char *s)
{
	size_t n = s ? strlen(s) + 1 : 1;

	if (n > sizeof(key->data) - key->len) {
		key->err = -ENOBUFS;
		return;
	}
	memcpy(key->data + key->len, s ? s : "", n);
	key->len += n;
}

void txn_key_client(struct txn_key *key, const char *branch,
		    const char *method)
{
	begin(key, 'C');
	part(key, branch);
	part(key, method);
}

void txn_key_server(struct txn_key *key, const osip_message_t *req,
		    const char *method)
{
	const osip_via_t *via = msg_via(req);
	const char *branch = msg_branch(req);

	begin(key, 'S');
	part(key, branch);
	part(key, via->host);
	part(key, via->port);
	part(key, method);
	if (!strncmp(branch, "z9hG4bK", 7))
		return;
	/* RFC 2543 clients: their branch need not be unique (17.2.3). The To
	 * tag is left out, since the ACK of a refusal carries ours.           */
	part(key, req->call_id->number);
	part(key, req->call_id->host);
	part(key, msg_from_tag(req));
	part(key, req->cseq->number);
}
