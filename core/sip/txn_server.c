/*
 * txn_server.c - requests that we answer (RFC 3261 17.2).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn.h"

#include <errno.h>

#include "sip/txn_impl.h"
#include "sip/txn_key.h"

int txn_server(struct txn **tp, struct sip *sip, osip_message_t *req,
	       const struct hop *hop)
{
	bool invite = MSG_IS_INVITE(req);
	struct txn *t;
	struct buf key;
	int err;

	buf_init(&key, TXN_KEY_MAX);
	txn_key_server(&key, req, req->sip_method);
	err = txn_open(&t, sip, invite ? IST : NIST, &key, req, hop);
	buf_deinit(&key);
	if (err) {
		osip_message_free(req);
		return err;
	}
	t->busy = true;
	txn_machine_run(t, invite ? RCV_REQINVITE : RCV_REQUEST, req);
	t->busy = false;
	if (!t->tr->orig_request) {
		txn_destroy(t);
		return -ENOMEM;
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
	struct buf key;
	struct txn *t = NULL;

	buf_init(&key, TXN_KEY_MAX);
	txn_key_server(&key, req, invite ? "INVITE" : req->sip_method);
	if (!key.err)
		t = map_get(sip->txns, key.data, key.len);
	buf_deinit(&key);
	return t;
}

const osip_message_t *txn_request(const struct txn *t)
{
	return t->tr ? t->tr->orig_request : NULL;
}

int txn_answer(struct txn *t, osip_message_t *resp)
{
	type_t type = SND_STATUS_3456XX;

	if (!t->tr) {
		osip_message_free(resp);
		return -EALREADY;
	}
	if (MSG_IS_STATUS_1XX(resp))
		type = SND_STATUS_1XX;
	else if (MSG_IS_STATUS_2XX(resp))
		type = SND_STATUS_2XX;
	t->awaits_ack = t->kind == IST && type == SND_STATUS_2XX;
	txn_run(t, type, resp);
	return 0;
}

static void confirm(struct txn *t)
{
	t->awaits_ack = false;
	t->confirmed = true;
	t->no_ack = NULL;
	txn_free_wire(t);
	t->repeat_ns = TXN_NEVER;
	/* Timer I                                                             */
	t->end_ns = txn_in_ms(t, hop_is_reliable(&t->hop) ? 0 : t->sip->t4_ms);
	txn_arm(t);
}

void txn_receive_request(struct txn *t, osip_message_t *req)
{
	bool ack = MSG_IS_ACK(req);

	if (t->tr && !t->busy) {
		txn_run(t, ack ? RCV_REQACK :
		       t->kind == IST ? RCV_REQINVITE : RCV_REQUEST, req);
		return;
	}
	/* RFC 6026 7.1: while a 2xx waits for its ACK, the repeated INVITE is
	 * absorbed; the 2xx has a timer of its own.                           */
	if (!t->tr && !t->awaits_ack) {
		if (!ack)
			(void)txn_send_wire(t);
		else if (t->kind == IST && !t->confirmed)
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
