/*
 * client_impl.h - the inside of a request, for the client*.c files alone.
 *
 *	client.c	door, life, the end; CANCEL; who is heard, and tried again
 *	client_try.c	one try: a way to a server, the bytes, the transaction
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_CLIENT_IMPL_H
#define SIP_CLIENT_IMPL_H

#include "sip/client.h"
#include "sip/credentials.h"
#include "sip/resolve.h"
#include "sip/stack.h"

struct oversize;
struct txn;

struct client {
	struct sip *sip;
	struct client_params p;		/* p.request is ours; as last sent     */
	uint32_t cseq;
	struct resolve_query *query;
	struct resolve_way *ways;	/* that were found                     */
	size_t n_ways, place;		/* `place`: the next one               */
	struct hop way;			/* by which it was meant to leave      */
	struct hop hop;			/* by which it leaves: the same, or TCP
					 * for its length (18.1.1)             */
	int err;			/* of the last way that was none       */
	struct credentials_use use;
	unsigned int again;		/* times that `again` was heard        */
	struct oversize *oversize;	/* waits for a connection to open      */

	struct txn *txn;
	struct timer timer;		/* late verdict, or the end of CANCEL  */
	int verdict;			/* 0: none is waiting                  */
	char note[SIP_REASON_LEN];	/* "": none                            */
	int q850;
	bool provisional, cancel, cancel_sent, over;
};

/* What a TLS server of that target must prove to be.                          */
static inline const char *client_certificate_name(const struct sip_target *t)
{
	return *t->name ? t->name : t->host;
}

/* client.c */
/* The last thing that happens: the owner may free c inside.                   */
void client_deliver(struct client *c, const osip_message_t *resp, int code,
		    const char *note);
/* A local verdict, told from the timer since it may arise inside a call of the
 * owner's.                                                                    */
void client_fail_later(struct client *c, int code, const char *note);
/* The transaction's answers and its end.                                      */
void client_on_txn(void *arg, const osip_message_t *resp, int code,
		   const char *note);

/* client_try.c */
/* Resolves the target, then tries its servers in turn.                        */
int client_find_way(struct client *c);
/* True if there was one more server to try (RFC 3263 4.3).                    */
bool client_try_next(struct client *c);
int client_try_way(struct client *c, const struct resolve_way *way);

#endif
