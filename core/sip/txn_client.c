/*
 * txn_client.c - requests that we send (RFC 3261 17.1).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "base/str.h"
#include "sip/msg.h"
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

/* Without memory for it the owner hears less, and the same verdict.           */
static void set_note(struct txn *t, const char *before, const char *after)
{
	char server[ADDR_TEXT_LEN], note[SIP_REASON_LEN];

	addr_text(&t->hop.remote, server);
	(void)str_printf(note, sizeof(note), "%s%s:%s%s", before,
			 sip_transport_name(t->hop.transport), server, after);
	free(t->note);
	t->note = strdup(note);
}

static void note_error(struct txn *t, int err)
{
	char after[SIP_REASON_LEN];

	(void)str_printf(after, sizeof(after), ": %s", strerror(-err));
	set_note(t, "no way to ", after);
}

/* Our own verdict, told from the timer: never from inside a call of the owner's. */
static void fail_later(struct txn *t, int verdict)
{
	t->verdict = verdict;
	t->end_ns = stack_now_ns(t->sip);
	txn_arm(t);
}

static void fail(struct txn *t)
{
	txn_machine_close(t);
	tell(t, NULL, t->verdict);
	txn_destroy(t);
}

/* A and E run until the first answer, A for good; E is only slowed by it.     */
static bool is_unanswered(const struct txn *t)
{
	return t->tr && (t->tr->state == ICT_CALLING ||
			 t->tr->state == NICT_TRYING);
}

/* Without an owner to cancel it, a ringing INVITE would stay for ever.        */
static void bound_ringing(struct txn *t)
{
	if (t->busy || t->fn || t->end_ns != TXN_NEVER || !t->tr)
		return;
	t->end_ns = txn_in_ms(t, stack_64t1_ms(t->sip));
	txn_arm(t);
}

void txn_client_unsent(struct txn *t, int err)
{
	note_error(t, err);
	t->verdict = 503;
}

void txn_client_repeat(struct txn *t)
{
	(void)txn_machine_run(t, t->invite ? TIMEOUT_A : TIMEOUT_E, NULL);
	if (t->verdict)
		fail(t);
}

/* Timers B and F. An INVITE that was heard of ends without a word: nobody owns
 * it any more.                                                                */
void txn_client_end(struct txn *t)
{
	bool unanswered = is_unanswered(t);

	if (!t->verdict && t->invite && !unanswered) {
		txn_destroy(t);
		return;
	}
	if (!t->verdict) {
		set_note(t, unanswered ? "no answer from " :
					 "no final answer from ", "");
		if (txn_machine_run(t, t->invite ? TIMEOUT_B : TIMEOUT_F,
				    NULL))
			t->verdict = 408;
	}
	fail(t);
}

/* ---- the request ---------------------------------------------------------- */

/* 17.1.4: what was on its way on a connection that broke fails with 503. An
 * INVITE that has begun to ring has arrived: its answer may come by another
 * connection (18.2.2), and whoever tried elsewhere would let two ring.        */
static void on_lost(struct hop_watch *w, const char *why)
{
	struct txn *t = (struct txn *)((char *)w - offsetof(struct txn, watch));

	if (!t->tr || t->verdict || t->tr->state == ICT_PROCEEDING)
		return;
	free(t->note);
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

static int start_client(struct txn *t, osip_message_t *req)
{
	int err;

	if (!hop_is_reliable(&t->hop))
		txn_repeat_in(t, t->sip->t1_ms);	/* Timer A, E          */
	t->watch.lost = on_lost;
	hop_watch(t->sip, &t->hop, &t->watch);
	t->end_ns = txn_in_ms(t, stack_64t1_ms(t->sip));	/* B, F        */
	txn_arm(t);
	err = txn_machine_run(t, t->invite ? SND_REQINVITE : SND_REQUEST, req);
	if (t->verdict)
		fail_later(t, t->verdict);
	return err;
}

int txn_client(struct txn **tp, struct sip *sip, osip_message_t *req,
	       struct wire wire, const struct hop *hop, txn_fn *fn, void *arg)
{
	struct txn *t;
	struct txn_key key;
	int err;

	txn_key_client(&key, msg_branch(req), req->sip_method);
	err = txn_open(&t, sip, false, &key, req, hop);
	if (err) {
		osip_free(wire.data);
		return err;
	}
	t->wire = wire;
	t->lent = true;
	t->print = print_of(sip, req);
	t->fn = fn;
	t->arg = arg;
	err = start_client(t, req);
	if (err)
		txn_destroy(t);
	else
		*tp = t;
	return err;
}

void txn_limit(struct txn *t, int ms)
{
	if (!t->tr || t->verdict || t->end_ns == TXN_NEVER)
		return;
	t->unlimited_ns = t->end_ns;
	t->end_ns = txn_in_ms(t, ms);
	txn_arm(t);
}

void txn_detach(struct txn *t)
{
	t->fn = NULL;
	t->lent = false;
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

void txn_refused(struct sip *sip, const char *branch, const char *method,
		 const struct addr *to, int err)
{
	struct txn *t = NULL;
	struct txn_key key;

	txn_key_client(&key, branch, method);
	if (!key.err)
		t = map_get(sip->txns, key.data, key.len);
	if (!t || !is_unanswered(t) || t->verdict ||
	    t->repeat_ns == TXN_NEVER || !addr_equal(&t->hop.remote, to) ||
	    ++t->refusals < REFUSALS_MAX)
		return;
	if (err == -ECONNREFUSED)
		set_note(t, "nobody listens at ", "");
	else
		note_error(t, err);
	fail_later(t, 503);
}

bool txn_matches(const struct txn *t, const osip_message_t *resp)
{
	return t->print == print_of(t->sip, resp);
}

bool txn_is_detached(const struct txn *t)
{
	return !t->fn;
}

bool txn_is_over(const struct txn *t)
{
	return !t->tr;
}

/* ---- answers -------------------------------------------------------------- */

/* A and B end with the first answer to an INVITE; from then on it rings as long
 * as its owner lets it.                                                       */
static void on_provisional(struct txn *t, const osip_message_t *resp)
{
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

/* The machine goes first: what it holds of the owner's is his again.          */
static void on_final(struct txn *t, const osip_message_t *resp)
{
	state_t state = t->tr->state;

	txn_machine_close(t);
	tell(t, resp, resp->status_code);
	if (state == ICT_COMPLETED) {
		txn_keep_record(t, stack_64t1_ms(t->sip));	/* Timer D     */
	} else if (state == NICT_COMPLETED && !t->dead) {
		txn_set_wire(t, (struct wire){ 0 });
		txn_keep_record(t, t->sip->t4_ms);	/* Timer K: absorbs    */
	} else {
		/* Further 2xx to an INVITE are accepted.c's business (RFC
		 * 6026).                                                      */
		txn_destroy(t);
	}
}

static type_t response_event(const osip_message_t *resp)
{
	if (MSG_IS_STATUS_1XX(resp))
		return RCV_STATUS_1XX;
	return MSG_IS_STATUS_2XX(resp) ? RCV_STATUS_2XX : RCV_STATUS_3456XX;
}

void txn_receive_response(struct txn *t, osip_message_t *resp)
{
	if (!t->tr) {
		if (t->invite && resp->status_code >= 300 && !t->busy)
			(void)txn_send_wire(t);
	} else if (!t->busy && !t->verdict &&
		   !txn_machine_run(t, response_event(resp), resp)) {
		resp = txn_machine_heard(t);
		if (resp && resp->status_code < 200)
			on_provisional(t, resp);
		else if (resp)
			on_final(t, resp);
	}
	osip_message_free(resp);
}
