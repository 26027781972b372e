/* SPDX-License-Identifier: MIT */
/*
 * callin.c - what the caller sends within its call.
 * Thread: signalling.
 */
#include "call.h"
#include "clock.h"

#include <stdlib.h>
#include <string.h>

void call_set_peer(struct call *c, struct leg *l, const struct sdp *sdp)
{
	struct rtp_tx *tx = &l->rtp.tx;
	const struct sdp_codec *codec = c->has_codec ? &c->codec :
		sdp_choose(sdp, NULL);

	if (!sdp->usable)
		return;
	rtp_set_peer(&l->rtp, &sdp->remote);
	l->dir = sdp_mirror(sdp->dir);
	tx->paused = l->dir == DIR_RECVONLY || l->dir == DIR_INACTIVE ||
		addr_is_any(&sdp->remote);
	tx->event_pt = sdp->event_pt;
	if (codec)
		tx->pt = codec->pt;
}

/* The SDP of an ACK that answers our offer in the 2xx. */
static void take_ack_answer(struct call *c, struct leg *l, const struct msg *m)
{
	const struct sdp_codec *codec;

	if (c->has_offer || c->has_codec)
		return;
	if (!m->body_len || !sdp_parse(&c->offer, m->body, m->body_len)) {
		verdict_add(&c->verdict, "ACK without the answer to an offer "
			    "in the 2xx (13.2.1)");
		return;
	}
	codec = sdp_choose(&c->offer, NULL);
	if (codec) {
		c->codec = *codec;
		c->has_codec = true;
	}
	call_set_peer(c, l, &c->offer);
}

static void ack_event(struct call *c, const struct leg *l, const struct msg *m)
{
	struct txt t = { 0 };

	if (!events_wanted(c->fe->events))
		return;
	event_begin(&t, "ack", m->at_ns);
	json_int(&t, "call", (int64_t)c->number);
	json_str(&t, "number", c->dialled);
	json_str(&t, "call_id", c->call_id);
	json_str(&t, "to_tag", l->tag);
	json_int(&t, "leg", l - c->legs);
	json_int(&t, "count", l->acks);
	json_int(&t, "cseq", m->cseq);
	event_emit(c->fe->events, &t);
}

void call_on_ack(struct call *c, struct leg *l, const struct msg *m)
{
	if (m->cseq == c->invite_cseq) {
		char *creds = msg_credentials(m, true, 0);

		l->acks++;
		c->ack_credentials |= creds != NULL;
		free(creds);
		if (!l->ack_ns)
			l->ack_ns = m->at_ns;
	} else {
		l->reacks++;
	}
	judge_ack(&c->verdict, c, m);
	ack_event(c, l, m);
	if (m->cseq != l->ok_cseq || l->ok_acked)
		return;
	l->ok_acked = true;
	timer_stop(&c->fe->timers, &l->resend);
	if (l->again)
		/* 200xN: as if the network had repeated what was answered. */
		leg_repeat_ok(l);
	if (c->state == CALL_ANSWERED) {
		take_ack_answer(c, l, m);
		c->state = CALL_TALKING;
	}
	c->wait_ack = false;
	call_run(c);
}

void call_on_cancel(struct call *c, const struct msg *m)
{
	struct txt t = { 0 };

	c->cancels++;
	if (!c->cancel_ns)
		c->cancel_ns = m->at_ns;
	judge_cancel(&c->verdict, c, m);
	if (c->script.silent)
		return;
	farend_reply(c->fe, m, 200, NULL);
	call_event(c, "cancel", m->at_ns, 0);
	if (c->final_code || c->script.ignore_cancel || !c->invite_tx)
		return;
	c->final_code = 487;
	c->final_ns = clock_ns();
	msg_response(&t, c->invite, 487, c->legs[0].tag, NULL, NULL);
	srvtx_respond(c->invite_tx, 487, &t);
	txt_free(&t);
	call_end(c, "cancel", m->at_ns);
}

static void on_bye(struct call *c, struct leg *l, const struct msg *m)
{
	struct txt t = { 0 };

	c->byes++;
	if (!l->bye_ns)
		l->bye_ns = m->at_ns;
	if (events_wanted(c->fe->events)) {
		event_begin(&t, "bye", m->at_ns);
		json_int(&t, "call", (int64_t)c->number);
		json_str(&t, "number", c->dialled);
		json_str(&t, "call_id", c->call_id);
		json_str(&t, "by", "caller");
		json_int(&t, "leg", l - c->legs);
		json_str(&t, "reason", msg_header(m, "reason", 0));
		event_emit(c->fe->events, &t);
	}
	if (!c->script.ignore_bye)
		farend_reply(c->fe, m, c->script.bye_code ?
			     c->script.bye_code : 200, NULL);
	timer_stop(&c->fe->timers, &l->resend);
	l->rtp.tx.mode = SEND_NONE;
	if (l != c->legs)
		return;         /* a fork went; the call goes on */
	call_end(c, "caller", m->at_ns);
	call_finish_in(c, c->fe->opt->linger_ms);
}

/* A new session description: take it, and write the answer. */
static int renegotiate(struct call *c, struct leg *l, const struct msg *m,
		       struct txt *body)
{
	const struct sdp_codec *codec;
	struct sdp fresh;

	if (!l->has_rtp)
		return 488;
	c->sdp_version++;
	if (!m->body_len) {
		if (!strcmp(m->method, "INVITE"))
			leg_sdp(l, body, false);
		return 0;
	}
	if (!sdp_parse(&fresh, m->body, m->body_len))
		return 488;
	codec = sdp_choose(&fresh, c->has_codec ? c->codec.name : NULL);
	if (!codec)
		codec = sdp_choose(&fresh, NULL);
	if (!codec)
		return 488;
	c->codec = *codec;
	c->has_codec = true;
	c->offer = fresh;
	c->has_offer = true;
	call_set_peer(c, l, &fresh);
	leg_sdp(l, body, true);
	return 0;
}

static void on_reoffer(struct call *c, struct leg *l, const struct msg *m)
{
	struct txt headers = { 0 }, body = { 0 }, ok = { 0 };
	bool invite = !strcmp(m->method, "INVITE");
	struct srvtx *tx;
	int code;

	if (invite)
		c->reinvites++;
	else
		c->updates++;
	call_event(c, invite ? "reinvited" : "updated", m->at_ns, 0);
	if (c->out_tx && c->out_tx->invite && !c->out_tx->done) {
		farend_reply(c->fe, m, 491, NULL);
		return;
	}
	code = renegotiate(c, l, m, &body);
	tx = code ? NULL : srvtx_new(&c->fe->trans, m);
	if (!tx) {
		farend_reply(c->fe, m, code ? code : 500, NULL);
		txt_free(&body);
		return;
	}
	if (m->contact_uri[0])
		txt_copy(c->contact, sizeof(c->contact), m->contact_uri);
	call_contact(c, &headers);
	msg_response(&ok, m, 200, l->tag, headers.p, body.p);
	srvtx_respond(tx, 200, &ok);
	if (invite)
		leg_send_ok(l, &ok, m->cseq);
	txt_free(&headers);
	txt_free(&body);
	txt_free(&ok);
}

static void on_prack(struct call *c, const struct msg *m)
{
	const char *rack = msg_header(m, "rack", 0);
	long rseq = rack ? strtol(rack, NULL, 10) : -1;

	c->pracks++;
	if (!c->wait_prack || rseq != c->rseq) {
		verdict_add(&c->verdict, "PRACK of nothing (RFC 3262 3)");
		farend_reply(c->fe, m, 481, NULL);
		return;
	}
	c->wait_prack = false;
	timer_stop(&c->fe->timers, &c->rel_timer);
	farend_reply(c->fe, m, 200, NULL);
	call_run(c);
}

void call_on_request(struct call *c, struct leg *l, const struct msg *m)
{
	bool stale = m->cseq <= c->remote_cseq;

	judge_request(&c->verdict, m);
	judge_in_dialog(&c->verdict, c, m);
	if (stale && l == c->legs) {
		farend_reply(c->fe, m, 500, NULL);
		return;
	}
	if (l == c->legs)
		c->remote_cseq = m->cseq;
	if (!strcmp(m->method, "BYE")) {
		on_bye(c, l, m);
	} else if (c->state == CALL_ENDED) {
		farend_reply(c->fe, m, 481, NULL);
	} else if (!strcmp(m->method, "INVITE") ||
		   !strcmp(m->method, "UPDATE")) {
		on_reoffer(c, l, m);
	} else if (!strcmp(m->method, "PRACK")) {
		on_prack(c, m);
	} else if (!strcmp(m->method, "INFO")) {
		c->infos++;
		farend_reply(c->fe, m, 200, NULL);
	} else if (!strcmp(m->method, "OPTIONS")) {
		farend_reply(c->fe, m, 200, NULL);
	} else {
		farend_reply(c->fe, m, 405, "Allow: INVITE, ACK, CANCEL, BYE, "
			     "OPTIONS, UPDATE, PRACK, INFO\r\n");
	}
}
