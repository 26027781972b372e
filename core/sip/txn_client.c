/*
 * txn_client.c - requests that we send (RFC 3261 17.1).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sip/msg.h"
#include "sip/txn_impl.h"
#include "sip/txn_key.h"

/* The request, and its repetitions after T1 and 3*T1: 1.5 s.                  */
#define REFUSALS_MAX 3

/* 17.1.4: what was on its way on a connection that broke fails with 503.      */
static void on_lost(struct hop_watch *w, const char *why)
{
	struct txn *t = (struct txn *)((char *)w - offsetof(struct txn, watch));

	if (!t->tr || t->verdict)
		return;
	t->verdict = 503;
	t->note = strdup(why);
	t->end_ns = stack_now_ns(t->sip);
	txn_arm(t);
}

static void start_client(struct txn *t, osip_message_t *req)
{
	if (!hop_is_reliable(&t->hop))
		txn_repeat_in(t, t->sip->t1_ms);		/* Timer A, E          */
	t->watch.lost = on_lost;
	hop_watch(t->sip, &t->hop, &t->watch);
	t->end_ns = txn_in_ms(t, stack_64t1_ms(t->sip));	/* Timer B, F          */
	txn_arm(t);
	t->busy = true;
	txn_machine_run(t, t->kind == ICT ? SND_REQINVITE : SND_REQUEST, req);
	t->busy = false;
	if (!t->tr->orig_request)
		t->verdict = 503;
	/* A transport error is told later, never from inside.                 */
	if (t->verdict) {
		t->end_ns = stack_now_ns(t->sip);
		txn_arm(t);
	}
}

int txn_client(struct txn **tp, struct sip *sip, osip_message_t *req,
	       const struct hop *hop, txn_fn *fn, void *arg)
{
	osip_fsm_type_t kind = MSG_IS_INVITE(req) ? ICT : NICT;
	struct txn *t;
	struct buf key;
	int err;

	buf_init(&key, TXN_KEY_MAX);
	txn_key_client(&key, msg_branch(req), req->sip_method);
	err = txn_open(&t, sip, kind, &key, req, hop);
	buf_deinit(&key);
	if (err) {
		osip_message_free(req);
		return err;
	}
	t->fn = fn;
	t->arg = arg;
	start_client(t, req);
	*tp = t;
	return 0;
}

void txn_limit(struct txn *t, int ms)
{
	if (!t->tr || t->verdict || t->end_ns == TXN_NEVER)
		return;
	t->end_ns = txn_in_ms(t, ms);
	txn_arm(t);
}

void txn_detach(struct txn *t)
{
	t->fn = NULL;
	txn_bound_ringing(t);
}

void txn_drop(struct txn *t)
{
	t->fn = NULL;
	txn_destroy(t);
}

struct txn *txn_find_client(const struct sip *sip, const osip_message_t *resp)
{
	struct buf key;
	struct txn *t = NULL;

	buf_init(&key, TXN_KEY_MAX);
	txn_key_client(&key, msg_branch(resp), resp->cseq->method);
	if (!key.err)
		t = map_get(sip->txns, key.data, key.len);
	buf_deinit(&key);
	return t;
}

/* A and E run until the first answer, A for good; E is only slowed by it.     */
static bool is_unanswered(const struct txn *t)
{
	return t->tr && !t->verdict && t->repeat_ns != TXN_NEVER &&
	       (t->tr->state == ICT_CALLING || t->tr->state == NICT_TRYING);
}

void txn_refused(struct sip *sip, const char *branch, const char *method,
		 const struct addr *to)
{
	struct txn *t = NULL;
	struct buf key;

	buf_init(&key, TXN_KEY_MAX);
	txn_key_client(&key, branch, method);
	if (!key.err)
		t = map_get(sip->txns, key.data, key.len);
	buf_deinit(&key);
	if (!t || !is_unanswered(t) || !addr_equal(&t->hop.remote, to) ||
	    ++t->refusals < REFUSALS_MAX)
		return;
	t->verdict = 503;
	t->end_ns = stack_now_ns(sip);
	txn_arm(t);
}

static bool same_text(const char *a, const char *b)
{
	return !strcasecmp(a ? a : "", b ? b : "");
}

bool txn_matches(const struct txn *t, const osip_message_t *resp)
{
	const osip_message_t *req = t->tr ? t->tr->orig_request : NULL;
	const osip_via_t *ours, *via = msg_via(resp);

	/* The record has the branch only; it does no more than repeat an ACK. */
	if (!req)
		return true;
	ours = msg_via(req);
	return same_text(ours->host, via->host) &&
	       same_text(ours->port, via->port) &&
	       msg_cseq(req) == msg_cseq(resp) &&
	       !strcmp(msg_call_id(req), msg_call_id(resp)) &&
	       !strcmp(msg_from_tag(req), msg_from_tag(resp));
}

bool txn_is_over(const struct txn *t)
{
	return !t->tr;
}

static type_t response_event(const osip_message_t *resp)
{
	if (MSG_IS_STATUS_1XX(resp))
		return RCV_STATUS_1XX;
	return MSG_IS_STATUS_2XX(resp) ? RCV_STATUS_2XX : RCV_STATUS_3456XX;
}

void txn_receive_response(struct txn *t, osip_message_t *resp)
{
	int code = resp->status_code;

	if (t->busy || t->verdict) {
		osip_message_free(resp);
		return;
	}
	if (!t->tr) {
		if (t->kind == ICT && code >= 300)
			(void)txn_send_wire(t);
		osip_message_free(resp);
		return;
	}
	if (t->kind == ICT && code < 200) {
		/* A and B end with the first answer; from then on it rings as
		 * long as its owner lets it.                                  */
		t->repeat_ns = TXN_NEVER;
		if (t->fn)
			t->end_ns = TXN_NEVER;
		txn_arm(t);
	}
	txn_run(t, response_event(resp), resp);
}
