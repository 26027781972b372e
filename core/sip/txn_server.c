/*
 * txn_server.c - requests that we answer (RFC 3261 17.2).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn.h"

#include <errno.h>

#include "sip/txn_impl.h"

int txn_server(struct txn **tp, struct sip *sip, osip_message_t *req,
	       const struct hop *hop)
{
	struct txn *t;
	struct txn_key key;
	int err;

	txn_key_server(&key, req, req->sip_method);
	err = txn_open(&t, sip, true, MSG_IS_INVITE(req), &key, hop);
	if (err) {
		osip_message_free(req);
		return err;
	}
	t->request = req;
	/* Our answers are made at once; this is for the one that forgets.     */
	t->end_ns = txn_in_ms(t, 10 * stack_64t1_ms(sip));
	txn_arm(t);
	*tp = t;
	return 0;
}

struct txn *txn_find_server(const struct sip *sip, const osip_message_t *req,
			    bool invite)
{
	struct txn_key key;
	struct txn *t = NULL;

	txn_key_server(&key, req, invite ? "INVITE" : req->sip_method);
	if (!key.err)
		t = map_get(sip->txns, key.data, key.len);
	return t;
}

/* Timer H. G repeats a refusal where the way is unreliable, and a 2xx on any way
 * (13.3.1.4).                                                                 */
static void keep_unconfirmed(struct txn *t)
{
	t->state = TXN_OVER;
	t->end_ns = txn_in_ms(t, stack_64t1_ms(t->sip));
	if (!hop_is_reliable(&t->hop) || t->awaits_ack)
		txn_repeat_in(t, t->sip->t1_ms);
	txn_arm(t);
}

static void answer_final(struct txn *t, int code)
{
	t->awaits_ack = t->invite && code < 300;
	osip_message_free(t->request);
	t->request = NULL;
	if (t->invite)
		keep_unconfirmed(t);
	else
		txn_keep_record(t, stack_64t1_ms(t->sip));	/* Timer J     */
}

int txn_answer(struct txn *t, osip_message_t *resp)
{
	int code = resp->status_code;
	struct wire wire;
	int err = t->state == TXN_OVER ? -EALREADY : build_wire(resp, &wire);

	osip_message_free(resp);
	if (err)
		return err;
	txn_set_wire(t, wire);
	/* One that is lost on the way is asked for again.                     */
	(void)txn_send_wire(t);
	if (code < 200)
		t->state = TXN_PROCEEDING;
	else
		answer_final(t, code);
	return 0;
}

static void confirm(struct txn *t)
{
	t->awaits_ack = false;
	t->confirmed = true;
	t->no_ack = NULL;
	txn_set_wire(t, (struct wire){ 0 });
	t->repeat_ns = TXN_NEVER;
	/* Timer I                                                             */
	t->end_ns = txn_in_ms(t, hop_is_reliable(&t->hop) ? 0 : t->sip->t4_ms);
	txn_arm(t);
}

void txn_receive_request(struct txn *t, osip_message_t *req)
{
	/* RFC 6026 7.1: while a 2xx waits for its ACK, the repeated INVITE is
	 * absorbed; the 2xx has a timer of its own.                           */
	if (!t->awaits_ack) {
		if (!MSG_IS_ACK(req))
			(void)txn_send_wire(t);
		else if (t->invite && t->state == TXN_OVER && !t->confirmed)
			confirm(t);
	}
	osip_message_free(req);
}

void txn_on_no_ack(struct txn *t, void (*fn)(void *arg), void *arg)
{
	t->no_ack = fn;
	t->arg = arg;
}

bool txn_awaits_ack(const struct txn *t)
{
	return t->awaits_ack;
}

void txn_confirm(struct txn *t)
{
	if (t->awaits_ack)
		confirm(t);
}
