/* SPDX-License-Identifier: MIT */
/*
 * trans.c - SIP transactions over UDP, RFC 3261 17, as small records.
 * Thread: signalling.
 *
 *   server   new -> proceeding -> completed (64*T1) -> gone
 *   client   calling -> proceeding -> completed (64*T1) -> gone
 */
#include "trans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int trans_init(struct trans *t, struct timers *timers, int t1_ms)
{
	t->timers = timers;
	t->t1_ms = t1_ms;
	if (map_init(&t->server))
		return -1;
	return map_init(&t->client);
}

void srvtx_detach(struct srvtx *tx)
{
	if (tx && tx->ref)
		*tx->ref = NULL;
	if (tx) {
		tx->ref = NULL;
		tx->owner = NULL;
	}
}

void clitx_detach(struct clitx *tx)
{
	if (tx && tx->ref)
		*tx->ref = NULL;
	if (tx) {
		tx->ref = NULL;
		tx->owner = NULL;
	}
}

static void srvtx_free(void *arg)
{
	struct srvtx *tx = arg;

	timer_stop(tx->trans->timers, &tx->resend);
	timer_stop(tx->trans->timers, &tx->expiry);
	map_del(&tx->trans->server, &tx->node);
	srvtx_detach(tx);
	txt_free(&tx->response);
	free(tx);
}

static void clitx_free(struct clitx *tx)
{
	timer_stop(tx->trans->timers, &tx->resend);
	timer_stop(tx->trans->timers, &tx->expiry);
	map_del(&tx->trans->client, &tx->node);
	clitx_detach(tx);
	txt_free(&tx->request);
	txt_free(&tx->ack);
	free(tx);
}

void trans_deinit(struct trans *t)
{
	void *tx;

	while ((tx = map_any(&t->server)))
		srvtx_free(tx);
	while ((tx = map_any(&t->client)))
		clitx_free(tx);
	map_deinit(&t->server);
	map_deinit(&t->client);
}

/* RFC 3261 17.2.3: branch, sent-by and method, an ACK counting as INVITE. */
static void server_key(char out[TRANS_KEY], const struct msg *m,
		       const char *method)
{
	snprintf(out, TRANS_KEY, "%s|%s|%s", m->branch, m->sent_by, method);
}

struct srvtx *srvtx_find(const struct trans *t, const struct msg *m,
			 const char *method)
{
	char key[TRANS_KEY];

	server_key(key, m, method);
	return map_find(&t->server, key);
}

struct srvtx *srvtx_new(struct trans *t, const struct msg *m)
{
	struct srvtx *tx = calloc(1, sizeof(*tx));

	if (!tx)
		return NULL;
	tx->trans = t;
	tx->listener = m->via_listener;
	tx->invite = !strcmp(m->method, "INVITE");
	tx->copies = 1;
	msg_reply_addr(m, &tx->to);
	server_key(tx->key, m, m->method);
	map_add(&t->server, &tx->node, tx->key, tx);
	return tx;
}

static void srvtx_send(struct srvtx *tx)
{
	if (tx->response.len)
		listener_send(tx->listener, &tx->to, tx->response.p,
			      tx->response.len);
}

/* Timer G, RFC 3261 17.2.1. */
static void srvtx_resend(void *arg)
{
	struct srvtx *tx = arg;

	srvtx_send(tx);
	tx->interval_ms *= 2;
	if (tx->interval_ms > T2_MS)
		tx->interval_ms = T2_MS;
	timer_start(tx->trans->timers, &tx->resend, tx->interval_ms,
		    srvtx_resend, tx);
}

/* Timer H or J. */
static void srvtx_expire(void *arg)
{
	struct srvtx *tx = arg;

	if (tx->owner && tx->on_timeout && tx->invite && !tx->acked)
		tx->on_timeout(tx->owner);
	srvtx_free(tx);
}

void srvtx_abandon(struct srvtx *tx)
{
	timer_start(tx->trans->timers, &tx->expiry, 64 * tx->trans->t1_ms,
		    srvtx_expire, tx);
}

void srvtx_respond(struct srvtx *tx, int code, const struct txt *response)
{
	tx->code = code;
	txt_reset(&tx->response);
	txt_add(&tx->response, response->p, response->len);
	srvtx_send(tx);
	if (code < 200)
		return;
	if (tx->invite && code >= 300) {
		tx->interval_ms = tx->trans->t1_ms;
		timer_start(tx->trans->timers, &tx->resend, tx->interval_ms,
			    srvtx_resend, tx);
	}
	srvtx_abandon(tx);
}

void srvtx_again(struct srvtx *tx)
{
	tx->copies++;
	if (!tx->acked)
		srvtx_send(tx);
}

void srvtx_ack(struct srvtx *tx, const struct msg *ack)
{
	bool first = !tx->acked;

	tx->acked = true;
	timer_stop(tx->trans->timers, &tx->resend);
	if (first && tx->owner && tx->on_ack)
		tx->on_ack(tx->owner, ack);
}

static void client_key(char out[TRANS_KEY], const char *branch,
		       const char *method)
{
	snprintf(out, TRANS_KEY, "%s|%s", branch, method);
}

struct clitx *clitx_new(struct trans *t, const char *branch,
			const char *method, const struct listener *l,
			const struct addr *to)
{
	struct clitx *tx = calloc(1, sizeof(*tx));

	if (!tx)
		return NULL;
	tx->trans = t;
	tx->listener = l;
	tx->to = *to;
	tx->invite = !strcmp(method, "INVITE");
	client_key(tx->key, branch, method);
	map_add(&t->client, &tx->node, tx->key, tx);
	return tx;
}

static void clitx_finish(struct clitx *tx, int code, const struct msg *m)
{
	tx->done = true;
	timer_stop(tx->trans->timers, &tx->resend);
	if (tx->owner && tx->on_final)
		tx->on_final(tx->owner, tx, code, m);
}

/* Timers A and E. */
static void clitx_resend(void *arg)
{
	struct clitx *tx = arg;

	listener_send(tx->listener, &tx->to, tx->request.p, tx->request.len);
	tx->interval_ms *= 2;
	if (!tx->invite && tx->interval_ms > T2_MS)
		tx->interval_ms = T2_MS;
	timer_start(tx->trans->timers, &tx->resend, tx->interval_ms,
		    clitx_resend, tx);
}

/* Timers B and F, and D and K of what is done. */
static void clitx_expire(void *arg)
{
	struct clitx *tx = arg;

	if (!tx->done)
		clitx_finish(tx, 408, NULL);
	clitx_free(tx);
}

void clitx_start(struct clitx *tx)
{
	tx->interval_ms = tx->trans->t1_ms;
	listener_send(tx->listener, &tx->to, tx->request.p, tx->request.len);
	timer_start(tx->trans->timers, &tx->resend, tx->interval_ms,
		    clitx_resend, tx);
	timer_start(tx->trans->timers, &tx->expiry, 64 * tx->trans->t1_ms,
		    clitx_expire, tx);
}

void trans_on_response(struct trans *t, const struct msg *m)
{
	char key[TRANS_KEY];
	struct clitx *tx;

	client_key(key, m->branch, m->cseq_method);
	tx = map_find(&t->client, key);
	if (!tx)
		return;
	if (m->code < 200) {
		if (tx->invite)
			timer_stop(t->timers, &tx->resend);
		return;
	}
	if (!tx->done) {
		/* The record stays to acknowledge what is repeated. */
		timer_start(t->timers, &tx->expiry, 64 * t->t1_ms,
			    clitx_expire, tx);
		clitx_finish(tx, m->code, m);
	}
	if (tx->ack.len)
		listener_send(tx->listener, &tx->to, tx->ack.p, tx->ack.len);
}
