/*
 * txn_client.c - requests that we send (RFC 3261 17.1).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "sip/msg.h"
#include "sip/refusal_ack.h"
#include "sip/txn_impl.h"

/* The request, and its repetitions after T1 and 3*T1: 1.5 s.                  */
#define REFUSALS_MAX 3

/* ---- what the owner is told ----------------------------------------------- */

static void tell(struct txn *t, const osip_message_t *resp, int code)
{
	t->busy = true;
	if (t->fn)
		t->fn(t->arg, resp, code, resp ? NULL : t->note);
	t->busy = false;
}

/* Our own verdict, told from the timer: never from inside a call of the owner's. */
static void fail_later(struct txn *t, int verdict)
{
	t->verdict = verdict;
	t->end_ns = stack_now_ns(t->sip);
	txn_arm(t);
}

static void fail(struct txn *t, int verdict)
{
	t->state = TXN_OVER;
	tell(t, NULL, verdict);
	txn_destroy(t);
}

/* Without an owner to cancel it, a ringing INVITE would stay for ever.        */
static void bound_ringing(struct txn *t)
{
	if (t->busy || t->fn || t->end_ns != TXN_NEVER || t->state == TXN_OVER)
		return;
	t->end_ns = txn_in_ms(t, stack_64t1_ms(t->sip));
	txn_arm(t);
}

void txn_client_repeat(struct txn *t)
{
	if (txn_send_wire(t))
		fail(t, 503);
}

/* Timers B and F. An INVITE that was heard of ends without a word: nobody owns
 * it any more.                                                                */
void txn_client_end(struct txn *t)
{
	if (t->verdict || t->state == TXN_TRYING || !t->invite)
		fail(t, t->verdict ? t->verdict : 408);
	else
		txn_destroy(t);
}

/* ---- the request ---------------------------------------------------------- */

/* 17.1.4: what was on its way on a connection that broke fails with 503. An
 * INVITE that has begun to ring has arrived: its answer may come by another
 * connection (18.2.2), and whoever tried elsewhere would let two ring.        */
static void on_lost(struct hop_watch *w, const char *why)
{
	struct txn *t = (struct txn *)((char *)w - offsetof(struct txn, watch));

	if (t->state == TXN_OVER || t->verdict ||
	    (t->invite && t->state == TXN_PROCEEDING))
		return;
	t->note = strdup(why);
	fail_later(t, 503);
}

/* All that an answer must repeat of its request beside branch and method
 * (17.1.3, 18.1.2), in one number that a stranger cannot aim at.              */
static uint64_t print_of(const struct sip *sip, const osip_message_t *m)
{
	const osip_via_t *via = msg_via(m);
	const uint64_t key[2] = { sip->secret, msg_cseq(m) };
	struct txn_key text;

	txn_key_begin(&text);
	txn_key_add(&text, via->host);
	/* Names have no case, and some servers write them as they like.       */
	for (size_t i = 0; i < text.len; i++)
		text.data[i] = (char)tolower((unsigned char)text.data[i]);
	txn_key_add(&text, via->port);
	txn_key_add(&text, msg_call_id(m));
	txn_key_add(&text, msg_from_tag(m));
	return siphash(key, text.data, text.len);
}

static void start_client(struct txn *t)
{
	if (!hop_is_reliable(&t->hop))
		txn_repeat_in(t, t->sip->t1_ms);	/* Timer A, E          */
	t->watch.lost = on_lost;
	hop_watch(t->sip, &t->hop, &t->watch);
	t->end_ns = txn_in_ms(t, stack_64t1_ms(t->sip));	/* B, F        */
	txn_arm(t);
	if (txn_send_wire(t))
		fail_later(t, 503);
}

int txn_client(struct txn **tp, struct sip *sip, const osip_message_t *req,
	       struct wire wire, const struct hop *hop, txn_fn *fn, void *arg)
{
	struct txn *t;
	struct txn_key key;
	int err;

	txn_key_client(&key, msg_branch(req), req->sip_method);
	err = txn_open(&t, sip, false, MSG_IS_INVITE(req), &key, hop);
	if (err) {
		osip_free(wire.data);
		return err;
	}
	t->wire = wire;
	t->print = print_of(sip, req);
	t->fn = fn;
	t->arg = arg;
	start_client(t);
	*tp = t;
	return 0;
}

void txn_limit(struct txn *t, int ms)
{
	if (t->state == TXN_OVER || t->verdict || t->end_ns == TXN_NEVER)
		return;
	t->unlimited_ns = t->end_ns;
	t->end_ns = txn_in_ms(t, ms);
	txn_arm(t);
}

void txn_detach(struct txn *t)
{
	t->fn = NULL;
	bound_ringing(t);
}

void txn_drop(struct txn *t)
{
	t->fn = NULL;
	txn_destroy(t);
}

struct txn *txn_find_client(const struct sip *sip, const osip_message_t *resp)
{
	struct txn_key key;
	struct txn *t = NULL;

	txn_key_client(&key, msg_branch(resp), resp->cseq->method);
	if (!key.err)
		t = map_get(sip->txns, key.data, key.len);
	return t;
}

/* A and E run until the first answer, A for good; E is only slowed by it.     */
static bool is_unanswered(const struct txn *t)
{
	return t->state == TXN_TRYING && !t->verdict &&
	       t->repeat_ns != TXN_NEVER;
}

void txn_refused(struct sip *sip, const char *branch, const char *method,
		 const struct addr *to)
{
	struct txn *t = NULL;
	struct txn_key key;

	txn_key_client(&key, branch, method);
	if (!key.err)
		t = map_get(sip->txns, key.data, key.len);
	if (!t || !is_unanswered(t) || !addr_equal(&t->hop.remote, to) ||
	    ++t->refusals < REFUSALS_MAX)
		return;
	fail_later(t, 503);
}

bool txn_matches(const struct txn *t, const osip_message_t *resp)
{
	return t->print == print_of(t->sip, resp);
}

bool txn_is_over(const struct txn *t)
{
	return t->state == TXN_OVER;
}

/* ---- answers -------------------------------------------------------------- */

/* A and B end with the first answer to an INVITE; from then on it rings as long
 * as its owner lets it.                                                       */
static void on_provisional(struct txn *t, const osip_message_t *resp)
{
	t->state = TXN_PROCEEDING;
	if (t->invite) {
		t->repeat_ns = TXN_NEVER;
		if (t->fn)
			t->end_ns = TXN_NEVER;
		txn_arm(t);
	} else if (t->unlimited_ns) {
		t->end_ns = t->unlimited_ns;		/* it is not silent    */
		txn_arm(t);
	}
	tell(t, resp, resp->status_code);
	if (t->dead)
		txn_destroy(t);
	else
		bound_ringing(t);
}

/* Without memory for its ACK the refusal was not heard; it will be repeated.  */
static void on_refusal(struct txn *t, const osip_message_t *resp)
{
	struct wire ack;

	if (refusal_ack(&ack, &t->wire, resp))
		return;
	txn_set_wire(t, ack);
	(void)txn_send_wire(t);
	t->state = TXN_OVER;
	tell(t, resp, resp->status_code);
	txn_keep_record(t, stack_64t1_ms(t->sip));	/* Timer D             */
}

static void on_final(struct txn *t, const osip_message_t *resp)
{
	t->state = TXN_OVER;
	tell(t, resp, resp->status_code);
	/* Further 2xx to an INVITE are accepted.c's business (RFC 6026).      */
	if (t->invite || t->dead) {
		txn_destroy(t);
		return;
	}
	txn_set_wire(t, (struct wire){ 0 });
	txn_keep_record(t, t->sip->t4_ms);		/* Timer K: absorbs    */
}

void txn_receive_response(struct txn *t, osip_message_t *resp)
{
	int code = resp->status_code;

	if (t->state == TXN_OVER) {
		if (t->invite && code >= 300 && !t->busy)
			(void)txn_send_wire(t);
	} else if (t->busy || t->verdict) {
		;				/* too late                    */
	} else if (code < 200) {
		on_provisional(t, resp);
	} else if (t->invite && code >= 300) {
		on_refusal(t, resp);
	} else {
		on_final(t, resp);
	}
	osip_message_free(resp);
}
