/*
 * txn.c - transactions (RFC 3261 17): their index, timers and end.
 *
 * The machines are osip's (txn_machine.c). Every deadline is computed from T1 on
 * the loop's clock.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "sip/txn_impl.h"

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

	if (t->invite && !t->server)
		return ms;
	if (t->tr && t->tr->state == NICT_PROCEEDING)
		return t->sip->t2_ms;
	return ms < t->sip->t2_ms ? ms : t->sip->t2_ms;
}

/* ---- the wire ------------------------------------------------------------- */

int txn_send_wire(struct txn *t)
{
	if (!t->wire.data)
		return 0;
	return hop_send(t->sip, &t->hop, t->wire.data, t->wire.len);
}

void txn_set_wire(struct txn *t, struct wire wire)
{
	osip_free(t->wire.data);
	t->wire = wire;
}

/* ---- life ----------------------------------------------------------------- */

void txn_destroy(struct txn *t)
{
	if (t->busy) {
		t->dead = true;
		return;
	}
	map_remove(t->sip->txns, t->key, t->key_len);
	timer_stop(stack_timers(t->sip), &t->timer);
	hop_unwatch(&t->watch);
	txn_machine_close(t);
	osip_free(t->wire.data);
	free(t->note);
	free(t);
}

/* What a connection carries does not repeat itself: nothing is kept for it
 * (Timers D, I, J and K are zero there).                                      */
void txn_keep_record(struct txn *t, int ms)
{
	txn_machine_close(t);
	hop_unwatch(&t->watch);
	t->repeat_ns = TXN_NEVER;
	if (hop_is_reliable(&t->hop) && !t->awaits_ack) {
		txn_destroy(t);
		return;
	}
	t->end_ns = txn_in_ms(t, ms);
	txn_arm(t);
}

static void end(struct txn *t)
{
	void (*no_ack)(void *) = t->no_ack;
	void *arg = t->arg;

	txn_destroy(t);
	if (no_ack)
		no_ack(arg);
}

static void on_timer(struct timer *timer)
{
	struct txn *t = timer->arg;
	bool client = !t->server && t->tr;

	if (stack_now_ns(t->sip) >= t->end_ns) {
		if (client)
			txn_client_end(t);
		else
			end(t);
		return;
	}
	txn_repeat_in(t, next_interval(t));
	txn_arm(t);
	if (client)
		txn_client_repeat(t);
	else
		(void)txn_send_wire(t);
}

static int txn_new(struct txn **tp, struct sip *sip, const struct txn_key *key)
{
	struct txn *t;
	int err;

	if (key->err)
		return key->err;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->sip = sip;
	t->repeat_ns = t->end_ns = TXN_NEVER;
	timer_init(&t->timer, on_timer, t);
	t->key_len = key->len;
	err = map_put_kept(sip->txns, key->data, key->len, t, &t->key);
	if (err) {
		free(t);
		return err;
	}
	*tp = t;
	return 0;
}

int txn_open(struct txn **tp, struct sip *sip, bool server,
	     const struct txn_key *key, osip_message_t *req,
	     const struct hop *hop)
{
	struct txn *t;
	int err = txn_new(&t, sip, key);

	if (err)
		return err;
	t->server = server;
	t->invite = MSG_IS_INVITE(req);
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
	int err = map_new(&sip->txns);

	return err ? err : txn_machines_start(sip);
}

void txn_stop(struct sip *sip)
{
	size_t pos = 0;
	struct txn *t;

	if (!sip->txns)
		return;
	while ((t = map_next(sip->txns, &pos)))
		txn_destroy(t);
	map_free(sip->txns);
	if (sip->osip)
		osip_release(sip->osip);
}
