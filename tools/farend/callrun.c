/* SPDX-License-Identifier: MIT */
/*
 * callrun.c - runs a call's script: the answers to its INVITE.
 * Thread: signalling.
 */
#include "call.h"
#include "clock.h"

#include <stdio.h>
#include <string.h>

void call_contact(const struct call *c, struct txt *headers)
{
	char text[ADDR_TEXT];

	addr_text(&c->local, text);
	txt_fmt(headers, "Contact: <sip:farend@%s>\r\n", text);
	if (c->script.record_route)
		/* Two proxies that are really us: the caller's route set is
		 * these in reverse, RFC 3261 12.1.2. */
		txt_fmt(headers, "Record-Route: <sip:p2@%s;lr>\r\n"
			"Record-Route: <sip:p1@%s;lr>\r\n", text, text);
}

int leg_media(struct leg *l)
{
	struct call *c = l->call;
	const struct options *opt = c->fe->opt;
	struct rtp_tx *tx = &l->rtp.tx;
	int err;

	if (l->has_rtp)
		return 0;
	err = rtp_open(&l->rtp, &c->local, &c->fe->ports);
	if (err)
		return err;
	l->has_rtp = true;
	l->rtp.any_source = opt->any_source;
	l->rtp.store.headers_only = opt->headers_only;
	rtp_store_expect(&l->rtp.store, &c->fe->expected);
	tx->fd = l->rtp.fd;
	tx->ssrc = (uint32_t)(c->number * 2654435761u);
	tx->seq = (uint16_t)(c->number * 40503u);
	tx->ptime_ms = 20;
	tx->event_pt = -1;
	if (c->script.other_port)
		rtp_use_other_port(&l->rtp);
	if (c->has_offer)
		call_set_peer(c, l, &c->offer);
	return rtp_sweep_add(&c->fe->sweep, &l->rtp);
}

void leg_sdp(struct leg *l, struct txt *out, bool as_answer)
{
	struct call *c = l->call;
	struct sdp_local local = {
		.rtp = &l->rtp.local,
		.codec = c->has_codec ? &c->codec : NULL,
		.event_pt = as_answer ? c->offer.event_pt : 101,
		.ptime = c->script.ptime,
		.dir = l->dir,
		.session = c->sdp_session,
		.version = c->sdp_version,
		.bad = c->script.bad_sdp,
	};

	if (c->has_codec && !as_answer)
		local.event_pt = c->offer.event_pt;
	sdp_write(out, as_answer ? &c->offer : NULL, &local);
}

/* RFC 3261 13.3.1.4: a 2xx is repeated until its ACK, for 64*T1. */
static void leg_resend(void *arg)
{
	struct leg *l = arg;
	struct call *c = l->call;
	struct addr to;

	if (l->ok_acked && l->again-- <= 0)
		return;
	if (!l->ok_acked && clock_ms() >= l->deadline_ms) {
		verdict_add(&c->verdict, "2xx never acknowledged (13.2.2.4)");
		call_bye(c);
		call_end(c, "timeout", 0);
		call_finish_in(c, c->fe->opt->linger_ms);
		return;
	}
	msg_reply_addr(c->invite, &to);
	listener_send(c->listener, &to, l->ok.p, l->ok.len);
	l->oks++;
	if (!l->ok_acked)
		l->interval_ms *= 2;
	if (l->interval_ms > T2_MS)
		l->interval_ms = T2_MS;
	timer_start(&c->fe->timers, &l->resend, l->interval_ms, leg_resend, l);
}

void leg_send_ok(struct leg *l, const struct txt *ok, long cseq)
{
	struct call *c = l->call;

	txt_reset(&l->ok);
	txt_add(&l->ok, ok->p, ok->len);
	l->ok_cseq = cseq;
	l->ok_acked = false;
	l->oks++;
	l->interval_ms = c->fe->opt->t1_ms;
	l->deadline_ms = clock_ms() + 64 * c->fe->opt->t1_ms;
	timer_start(&c->fe->timers, &l->resend, l->interval_ms, leg_resend, l);
}

void leg_repeat_ok(struct leg *l)
{
	l->interval_ms = l->call->fe->opt->t1_ms;
	timer_start(&l->call->fe->timers, &l->resend, l->interval_ms,
		    leg_resend, l);
}

/* What some codes need in order to mean something. */
static void code_headers(struct call *c, const struct step *st,
			 struct txt *headers)
{
	const char *arg = st->arg;

	if (st->code == 401 || st->code == 407)
		auth_challenge(&c->fe->auth, headers, st->code == 407,
			       !strcmp(arg, "stale"));
	else if (st->code / 100 == 3 && *arg)
		txt_fmt(headers, "Contact: <%s>\r\n", arg);
	else if (st->code == 420 && *arg)
		txt_fmt(headers, "Unsupported: %s\r\n", arg);
	else if (st->code == 422)
		txt_fmt(headers, "Min-SE: %s\r\n", *arg ? arg : "90");
	else if (st->code >= 400 && *arg)
		txt_fmt(headers, "Retry-After: %s\r\n", arg);
}

void call_refuse(struct call *c, int code, const char *headers)
{
	struct txt t = { 0 };

	c->final_code = code;
	c->final_ns = clock_ns();
	if (c->invite_tx) {
		msg_response(&t, c->invite, code, c->legs[0].tag, headers,
			     NULL);
		srvtx_respond(c->invite_tx, code, &t);
		txt_free(&t);
	}
	call_event(c, "refused", 0, code);
	call_end(c, "callee", 0);
}

/* 0, or the code that says why there is no media. */
static int prepare_media(struct call *c, struct leg *l)
{
	const char *want = c->script.codec[0] ? c->script.codec :
		c->fe->opt->codec;
	const struct sdp_codec *codec;

	if (c->has_offer && !c->has_codec) {
		codec = sdp_choose(&c->offer, want);
		if (!codec)
			return 488;
		c->codec = *codec;
		c->has_codec = true;
	}
	return leg_media(l) ? 503 : 0;
}

static void send_1xx(struct call *c, const struct step *st,
		     const char *headers, const char *body)
{
	struct txt t = { 0 };

	msg_response(&t, c->invite, st->code, st->code == 100 ? NULL :
		     c->legs[0].tag, headers, body);
	srvtx_respond(c->invite_tx, st->code, &t);
	if (st->reliable) {
		txt_reset(&c->rel);
		txt_add(&c->rel, t.p, t.len);
	}
	txt_free(&t);
	if (st->code == 100)
		return;
	if (!c->ringing_ns)
		c->ringing_ns = clock_ns();
	c->state = CALL_RINGING;
	call_event(c, "ringing", 0, st->code);
}

/* RFC 3262 3. */
static void rel_resend(void *arg)
{
	struct call *c = arg;
	struct addr to;

	msg_reply_addr(c->invite, &to);
	listener_send(c->listener, &to, c->rel.p, c->rel.len);
	c->rel_interval_ms *= 2;
	if (c->rel_interval_ms >= 64 * c->fe->opt->t1_ms) {
		verdict_add(&c->verdict, "no PRACK (RFC 3262 4)");
		call_refuse(c, 504, NULL);
		return;
	}
	timer_start(&c->fe->timers, &c->rel_timer, c->rel_interval_ms,
		    rel_resend, c);
}

static void provisional(struct call *c, const struct step *st)
{
	struct txt headers = { 0 }, body = { 0 };
	int code = st->sdp ? prepare_media(c, &c->legs[0]) : 0;

	if (code) {
		call_refuse(c, code, NULL);
		return;
	}
	if (st->code != 100)
		call_contact(c, &headers);
	if (st->reliable)
		txt_fmt(&headers, "Require: 100rel\r\nRSeq: %ld\r\n",
			++c->rseq);
	if (st->sdp)
		leg_sdp(&c->legs[0], &body, c->has_offer);
	send_1xx(c, st, headers.p, body.p);
	txt_free(&headers);
	txt_free(&body);
	if (st->reliable) {
		c->wait_prack = true;
		c->rel_interval_ms = c->fe->opt->t1_ms;
		timer_start(&c->fe->timers, &c->rel_timer, c->rel_interval_ms,
			    rel_resend, c);
	}
}

static void begin_sending(struct call *c, struct leg *l)
{
	enum send_mode mode = c->script.send ? c->script.send :
		c->script.play_later ? SEND_NONE : c->fe->opt->send;

	if (mode == SEND_DEFAULT)
		mode = SEND_NONE;
	l->rtp.tx.mode = mode;
	l->rtp.tx.rtcp = c->fe->opt->rtcp;
	l->rtp.tx.next_ms = clock_ms();
	l->rtp.tx.next_rtcp_ms = clock_ms() + 1000;
}

static void answer(struct call *c, struct leg *l, const struct step *st)
{
	struct txt headers = { 0 }, body = { 0 }, ok = { 0 };
	int code = prepare_media(c, l);

	if (code) {
		call_refuse(c, code, NULL);
		return;
	}
	call_contact(c, &headers);
	txt_str(&headers, "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, "
		"PRACK, INFO\r\n");
	leg_sdp(l, &body, c->has_offer);
	msg_response(&ok, c->invite, st->code, l->tag, headers.p, body.p);
	l->answered_ns = clock_ns();
	l->again = st->again;
	if (!c->final_code) {
		c->final_code = st->code;
		c->final_ns = l->answered_ns;
		c->state = CALL_ANSWERED;
		txt_add(&c->answer_text, body.p, body.len);
	}
	if (c->invite_tx)
		srvtx_respond(c->invite_tx, st->code, &ok);
	leg_send_ok(l, &ok, c->invite_cseq);
	begin_sending(c, l);
	call_event(c, l == c->legs ? "answered" : "forked", l->answered_ns,
		   st->code);
	c->wait_ack = true;
	txt_free(&headers);
	txt_free(&body);
	txt_free(&ok);
}

static void fork_answer(struct call *c)
{
	static const struct step ok = { .kind = STEP_CODE, .code = 200 };
	struct leg *l;

	if (c->n_legs == LEGS_MAX || c->state > CALL_TALKING)
		return;
	l = &c->legs[c->n_legs++];
	farend_token(c->fe, l->tag, sizeof(l->tag), "fork");
	answer(c, l, &ok);
}

static void step_code(struct call *c, const struct step *st)
{
	struct txt headers = { 0 };

	if (c->final_code) {
		/* A second final makes no sense and is not sent. */
		return;
	}
	if (st->code < 200) {
		provisional(c, st);
	} else if (st->code < 300) {
		answer(c, &c->legs[0], st);
	} else {
		code_headers(c, st, &headers);
		call_refuse(c, st->code, headers.p);
		txt_free(&headers);
	}
}

static void wake(void *arg)
{
	struct call *c = arg;

	c->slept = true;
	call_run(c);
}

static void step_do(struct call *c, const struct step *st)
{
	struct rtp_tx *tx = &c->legs[0].rtp.tx;

	switch (st->kind) {
	case STEP_CODE:
		step_code(c, st);
		break;
	case STEP_FORK:
		fork_answer(c);
		break;
	case STEP_BYE:
		call_bye(c);
		break;
	case STEP_REOFFER:
		call_reoffer(c, st->reoffer);
		break;
	case STEP_OPTIONS:
		call_options(c);
		break;
	case STEP_SEND:
		tx->mode = st->send;
		tx->next_ms = clock_ms();
		tx->until_ms = st->ms ? clock_ms() + st->ms : 0;
		break;
	case STEP_DTMF:
		txt_copy(tx->digits, sizeof(tx->digits), st->arg);
		tx->digit = 0;
		tx->digit_step = 0;
		break;
	case STEP_WAIT:
		break;
	}
}

/* Which steps wait for the time they name before they are done. */
static bool is_timed(const struct step *st)
{
	return st->ms && st->kind != STEP_SEND;
}

void call_run(struct call *c)
{
	while (c->state != CALL_ENDED && c->step < c->script.n) {
		const struct step *st = &c->script.steps[c->step];

		if (c->wait_prack || c->out_tx ||
		    (c->wait_ack && st->kind != STEP_FORK))
			return;
		if (is_timed(st) && !c->slept) {
			timer_start(&c->fe->timers, &c->script_timer, st->ms,
				    wake, c);
			return;
		}
		c->slept = false;
		c->step++;
		step_do(c, st);
	}
}
