/*
 * client_try.c - one try of a request: a way to a server, the bytes, the
 * transaction.
 *
 *	find_way -> try_next -> try_way -> prepare -> bytes -> transaction
 *	               ^                                \-> TCP for its length
 *	               \_______ no way to that server ______/
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/client_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/oversize.h"
#include "sip/txn.h"

/* ---- the bytes ------------------------------------------------------------- */

static int complete(struct client *c)
{
	osip_message_t *req = c->p.request;
	char branch[STACK_BRANCH_LEN];
	struct buf sent_by;
	int err;

	buf_init(&sent_by, SIP_HOST_LEN + 16);
	hop_sent_by(c->sip, &c->hop, &sent_by);
	stack_branch(c->sip, branch);
	err = sent_by.err;
	if (!err)
		err = build_set_via(req, c->hop.transport, sent_by.data,
				    branch);
	buf_deinit(&sent_by);
	if (!err)
		err = build_set_cseq(req, c->cseq);
	if (!err)
		err = credentials_apply(c->p.auth, &c->use, req, &c->hop,
					c->sip->random);
	return err;
}

/* Timer B belongs to all the servers together: one that is silent must leave
 * time for the next.                                                          */
static void share_time(struct client *c)
{
	int ms = c->place < c->n_ways ? stack_64t1_ms(c->sip) / CLIENT_SHARE :
					0;

	if (c->p.silence_ms && (!ms || c->p.silence_ms < ms))
		ms = c->p.silence_ms;
	if (ms)
		txn_limit(c->txn, ms);
}

/* A new transaction by the way in hand. Takes the bytes of the request.       */
static int transact(struct client *c, struct wire wire)
{
	int err = c->p.leaves ? c->p.leaves(c->p.arg, c->p.request, &c->way) :
				0;

	/* Or it was cancelled inside, as in send_request().                   */
	if (err || c->cancel) {
		osip_free(wire.data);
		return err;
	}
	c->provisional = false;
	err = txn_client(&c->txn, c->sip, c->p.request, wire, &c->hop,
			 client_on_txn, c);
	if (!err)
		share_time(c);
	return err;
}

static int write_request(struct client *c, struct wire *wire)
{
	int err = complete(c);

	return err ? err : build_wire(c->p.request, wire);
}

/* 18.1.1: the connection is open, or there will be none. Only Via tells of it:
 * where we are found (Contact) has not changed.                               */
static void on_oversize(void *arg, const struct hop *hop)
{
	struct client *c = arg;
	struct wire wire;
	int err;

	c->oversize = NULL;
	if (hop)
		c->hop = *hop;
	err = hop ? write_request(c, &wire) :
		    build_wire(c->p.request, &wire);
	if (!err)
		err = transact(c, wire);
	if (err && !client_try_next(c))
		client_fail_later(c, 503, "the request could not be sent");
}

static int send_request(struct client *c)
{
	struct wire wire;
	int err = c->p.prepare ? c->p.prepare(c->p.arg, c->p.request, &c->way) :
				 0;

	/* Cancelled inside: the verdict comes from its timer.                 */
	if (c->cancel)
		return 0;
	if (!err)
		err = write_request(c, &wire);
	if (err)
		return err;
	if (oversize_is(c->sip, wire.len, &c->hop) &&
	    !oversize_start(&c->oversize, c->sip, &c->hop,
			    c->p.target.listen, on_oversize, c)) {
		osip_free(wire.data);
		return 0;
	}
	return transact(c, wire);
}

/* ---- the ways -------------------------------------------------------------- */

int client_try_way(struct client *c, const struct resolve_way *way)
{
	const struct sip_target *t = &c->p.target;
	int err = hop_open(&c->way, c->sip, way->transport, &way->addr,
			   client_certificate_name(t), t->listen);

	c->hop = c->way;
	return err ? err : send_request(c);
}

bool client_try_next(struct client *c)
{
	while (c->place < c->n_ways) {
		c->err = client_try_way(c, &c->ways[c->place++]);
		if (!c->err)
			return true;
		log_warn("sip: no way to a server: %s", strerror(-c->err));
	}
	return false;
}

static void say_no_way(struct client *c)
{
	char note[SIP_REASON_LEN];

	(void)str_printf(note, sizeof(note), "no way to the address: %s",
			 strerror(-c->err));
	client_deliver(c, NULL, 503, note);
}

/* Mostly one, of the many that there may be.                                  */
static int keep_ways(struct client *c, const struct resolve_result *result)
{
	size_t size = result->n * sizeof(*c->ways);

	free(c->ways);
	c->place = c->n_ways = 0;
	c->ways = size ? malloc(size) : NULL;
	if (!size)
		return 0;
	if (!c->ways)
		return -ENOMEM;
	memcpy(c->ways, result->ways, size);
	c->n_ways = result->n;
	return 0;
}

static void on_resolved(void *arg, const struct resolve_result *result)
{
	struct client *c = arg;

	c->query = NULL;
	if (result->err)
		client_deliver(c, NULL, 503, result->note);
	else if (keep_ways(c, result))
		client_deliver(c, NULL, 503, "no memory for the addresses");
	else if (!client_try_next(c))
		say_no_way(c);
}

int client_find_way(struct client *c)
{
	struct resolve_reach reach;

	hop_reach(c->sip, c->p.target.listen, &reach);
	return resolve_start(&c->query, c->sip->resolver, &c->p.target, &reach,
			     on_resolved, c);
}
