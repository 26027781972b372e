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
	err = txn_open(&t, sip, true, &key, req, hop);
	if (!err) {
		err = txn_machine_run(t, t->invite ? RCV_REQINVITE :
						     RCV_REQUEST, req);
		if (err)
			txn_destroy(t);
	}
	if (err) {
		osip_message_free(req);
		return err;
	}
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
	txn_machine_close(t);
	t->end_ns = txn_in_ms(t, stack_64t1_ms(t->sip));
	if (!hop_is_reliable(&t->hop) || t->awaits_ack)
		txn_repeat_in(t, t->sip->t1_ms);
	txn_arm(t);
}

static type_t answer_event(const osip_message_t *resp)
{
	if (MSG_IS_STATUS_1XX(resp))
		return SND_STATUS_1XX;
	return MSG_IS_STATUS_2XX(resp) ? SND_STATUS_2XX : SND_STATUS_3456XX;
}

/* A final answer is out.                                                      */
static void settle(struct txn *t)
{
	switch (t->tr->state) {
	case IST_TERMINATED:			/* a 2xx: ours to repeat       */
		t->awaits_ack = true;
		keep_unconfirmed(t);
		break;
	case IST_COMPLETED:
		keep_unconfirmed(t);
		break;
	case NIST_COMPLETED:
		txn_keep_record(t, stack_64t1_ms(t->sip));	/* Timer J     */
		break;
	default:
		break;
	}
}

int txn_answer(struct txn *t, osip_message_t *resp)
{
	struct wire wire;
	int err = t->tr ? build_wire(resp, &wire) : -EALREADY;

	if (!err) {
		txn_set_wire(t, wire);
		err = txn_machine_run(t, answer_event(resp), resp);
	}
	if (!err) {
		settle(t);
		return 0;
	}
	osip_message_free(resp);
	if (t->tr)
		txn_destroy(t);
	return err;
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

static type_t request_event(const struct txn *t, const osip_message_t *req)
{
	if (MSG_IS_ACK(req))
		return RCV_REQACK;
	return t->invite ? RCV_REQINVITE : RCV_REQUEST;
}

void txn_receive_request(struct txn *t, osip_message_t *req)
{
	if (t->tr && !txn_machine_run(t, request_event(t, req), req))
		return;
	/* RFC 6026 7.1: while a 2xx waits for its ACK, the repeated INVITE is
	 * absorbed; the 2xx has a timer of its own.                           */
	if (!t->tr && !t->awaits_ack) {
		if (!MSG_IS_ACK(req))
			(void)txn_send_wire(t);
		else if (t->invite && !t->confirmed)
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
