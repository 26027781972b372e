/*
 * txn_key.c - what a transaction is found by (RFC 3261 17.1.3, 17.2.3).
 *
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn_key.h"

#include <stdio.h>
#include <string.h>

#include "sip/msg.h"

/* A NUL behind each part keeps "ab" + "c" and "a" + "bc" apart.               */
static void part(struct buf *key, const char *s)
{
	buf_write(key, s ? s : "", s ? strlen(s) + 1 : 1);
}

void txn_key_client(struct buf *key, const char *branch, const char *method)
{
	buf_putc(key, 'C');
	part(key, branch);
	part(key, method);
}

void txn_key_server(struct buf *key, const osip_message_t *req,
		    const char *method)
{
	const osip_via_t *via = msg_via(req);
	const char *branch = msg_branch(req);

	buf_putc(key, 'S');
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
