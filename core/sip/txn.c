/*
 * txn.c - transactions (RFC 3261 17): osip's state machines, our index and
 * timers.
 *
 * osip's own lists are linear and its timers rest on the wall clock: a
 * transaction is taken out of its list right after its birth, its machine is fed
 * by osip_transaction_execute(), and every deadline below is computed from T1
 * on the loop's clock.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sip/txn_impl.h"

static bool is_server(const struct txn *t)
{
	return t->kind == IST || t->kind == NIST;
}

/* ---- timers --------------------------------------------------------------- */

void txn_arm(struct txn *t)
{
	int64_t at = t->repeat_ns < t->end_ns ? t->repeat_ns : t->end_ns;

	if (at == TXN_NEVER)
		timer_stop(stack_timers(t->sip), &t->timer);
	else if (timer_set_ns(stack_timers(t->sip), &t->timer, at))
		log_error("sip: no memory for a timer");
}

int64_t txn_in_ms(const struct txn *t, int ms)
{
	return stack_now_ns(t->sip) + ms * MS_NS;
}

void txn_repeat_in(struct txn *t, int ms)
{
	t->repeat_ms = ms;
	t->repeat_ns = txn_in_ms(t, ms);
}

/* Timer A doubles without end; E and G stop at T2; E is T2 once a provisional
 * answer was seen (17.1.1.2, 17.1.2.2, 17.2.1).                               */
static int next_interval(const struct txn *t)
{
	int ms = 2 * t->repeat_ms;

	if (t->kind == ICT)
		return ms;
	if (t->tr && t->tr->state == NICT_PROCEEDING)
		return t->sip->t2_ms;
	return ms < t->sip->t2_ms ? ms : t->sip->t2_ms;
}

/* ---- life ----------------------------------------------------------------- */

void txn_free_wire(struct txn *t)
{
	osip_free(t->wire);
	t->wire = NULL;
}

void txn_destroy(struct txn *t)
{
	if (t->busy) {
		t->dead = true;
		return;
	}
	map_remove(t->sip->txns, t->key, t->key_len);
	if (is_server(t))
		t->sip->n_server_txns--;
	timer_stop(stack_timers(t->sip), &t->timer);
	hop_unwatch(&t->watch);
	txn_machine_close(t);
	txn_free_wire(t);
	free(t->note);
	free(t);
}

/* From here on only the last message is kept, until `ms` have passed. What a
 * connection carries does not repeat itself: nothing is kept for it (Timers D,
 * I, J and K are zero there).                                                 */
static void keep_record(struct txn *t, int ms)
{
	if (hop_is_reliable(&t->hop) && !t->awaits_ack) {
		txn_destroy(t);
		return;
	}
	hop_unwatch(&t->watch);
	txn_machine_close(t);
	if (t->kind == NICT)
		txn_free_wire(t);		/* Timer K only absorbs                */
	t->repeat_ns = TXN_NEVER;
	t->end_ns = txn_in_ms(t, ms);
	txn_arm(t);
}

/* Timer H. G repeats a refusal where the way is unreliable, and a 2xx on any way
 * (13.3.1.4).                                                                 */
static void keep_unconfirmed(struct txn *t)
{
	hop_unwatch(&t->watch);
	txn_machine_close(t);
	t->end_ns = txn_in_ms(t, stack_64t1_ms(t->sip));
	t->repeat_ns = TXN_NEVER;
	if (!hop_is_reliable(&t->hop) || t->awaits_ack)
		txn_repeat_in(t, t->sip->t1_ms);
	txn_arm(t);
}

/* Without an owner to cancel it, a ringing INVITE would stay for ever.        */
void txn_bound_ringing(struct txn *t)
{
	if (t->busy || t->fn || t->end_ns != TXN_NEVER || !t->tr)
		return;
	t->end_ns = txn_in_ms(t, stack_64t1_ms(t->sip));
	txn_arm(t);
}

/* What the machine's new state means for us.                                  */
static void settle(struct txn *t)
{
	if (t->dead) {
		txn_destroy(t);
		return;
	}
	if (!t->tr)
		return;
	switch (t->tr->state) {
	case ICT_COMPLETED:
	case NIST_COMPLETED:
		keep_record(t, stack_64t1_ms(t->sip));	/* Timer D, J          */
		break;
	case NICT_COMPLETED:
		keep_record(t, t->sip->t4_ms);		/* Timer K             */
		break;
	case IST_COMPLETED:
		keep_unconfirmed(t);
		break;
	case IST_TERMINATED:
		if (t->awaits_ack)
			keep_unconfirmed(t);
		else
			txn_destroy(t);
		break;
	case ICT_TERMINATED:
	case NICT_TERMINATED:
	case NIST_TERMINATED:
		txn_destroy(t);
		break;
	default:
		txn_bound_ringing(t);
		break;
	}
}

static void tell(struct txn *t)
{
	const osip_message_t *resp = t->received;
	int code = resp ? resp->status_code : t->verdict;

	t->received = NULL;
	t->verdict = 0;
	if (code && t->fn)
		t->fn(t->arg, resp, code, resp ? NULL : t->note);
}

void txn_run(struct txn *t, type_t type, osip_message_t *msg)
{
	t->busy = true;
	txn_machine_run(t, type, msg);
	tell(t);
	t->busy = false;
	settle(t);
}

static void repeat(struct txn *t)
{
	bool invite = t->kind == ICT;

	txn_repeat_in(t, next_interval(t));
	txn_arm(t);
	if (t->tr)
		txn_run(t, invite ? TIMEOUT_A : TIMEOUT_E, NULL);
	else
		(void)txn_send_wire(t);
}

static void finish(struct txn *t)
{
	void (*no_ack)(void *) = t->awaits_ack ? t->no_ack : NULL;
	void *arg = t->arg;

	if (t->tr && t->tr->state == ICT_CALLING) {
		txn_run(t, TIMEOUT_B, NULL);
	} else if (t->tr && t->kind == NICT) {
		txn_run(t, TIMEOUT_F, NULL);
	} else {
		txn_destroy(t);
		if (no_ack)
			no_ack(arg);
	}
}

static void on_timer(struct timer *timer)
{
	struct txn *t = timer->arg;

	if (t->verdict) {
		t->busy = true;
		tell(t);
		t->busy = false;
		txn_destroy(t);
	} else if (stack_now_ns(t->sip) >= t->end_ns) {
		finish(t);
	} else {
		repeat(t);
	}
}

static int txn_new(struct txn **tp, struct sip *sip, osip_fsm_type_t kind,
		   const struct buf *key)
{
	struct txn *t;
	int err;

	if (key->err)
		return key->err;
	t = calloc(1, sizeof(*t) + key->len);
	if (!t)
		return -ENOMEM;
	t->sip = sip;
	t->kind = kind;
	t->repeat_ns = t->end_ns = TXN_NEVER;
	timer_init(&t->timer, on_timer, t);
	t->key_len = key->len;
	memcpy(t->key, key->data, key->len);
	err = map_put(sip->txns, t->key, t->key_len, t);
	if (err) {
		free(t);
		return err;
	}
	if (is_server(t))
		sip->n_server_txns++;
	*tp = t;
	return 0;
}

int txn_open(struct txn **tp, struct sip *sip, osip_fsm_type_t kind,
		    const struct buf *key, osip_message_t *req,
		    const struct hop *hop)
{
	struct txn *t;
	int err = txn_new(&t, sip, kind, key);

	if (err)
		return err;
	t->hop = *hop;
	err = txn_machine_open(t, req);
	if (err)
		txn_destroy(t);
	else
		*tp = t;
	return err;
}

int txn_start(struct sip *sip)
{
	if (osip_init(&sip->osip))
		return -ENOMEM;
	txn_machine_callbacks(sip->osip);
	return 0;
}

void txn_stop(struct sip *sip)
{
	size_t pos = 0;
	struct txn *t;

	while ((t = map_next(sip->txns, &pos)))
		txn_destroy(t);
	osip_release(sip->osip);
	sip->osip = NULL;
}

