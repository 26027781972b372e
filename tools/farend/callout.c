/* SPDX-License-Identifier: MIT */
/*
 * callout.c - what the script makes us send within the call: BYE,
 * re-INVITE, UPDATE, OPTIONS.
 * Thread: signalling.
 */
#include "call.h"
#include "clock.h"

#include <stdio.h>
#include <string.h>

/* Where requests go: the first route, else the caller's Contact, else the
 * place that the INVITE came from. Names are not resolved here. */
static void target_addr(const struct call *c, struct addr *to)
{
	const char *uri = c->routes.len ? strstr(c->routes.p, "sip:") :
		c->contact;
	char text[ADDR_TEXT + 8];
	const char *p = uri ? strstr(uri, "sip:") : NULL, *at;
	size_t n;

	*to = c->source;
	if (!p)
		return;
	p += 4;
	n = strcspn(p, ">;?\r\n");
	at = memchr(p, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	if (n >= ADDR_TEXT)
		return;
	memcpy(text, p, n);
	text[n] = '\0';
	if (!addr_parse(to, text)) {
		snprintf(text + n, 6, ":5060");
		if (!addr_parse(to, text))
			*to = c->source;
	}
}

static void request_head(struct call *c, struct txt *t, const char *method,
			 long cseq, const char *branch)
{
	char via[ADDR_TEXT];

	addr_text(&c->local, via);
	txt_fmt(t, "%s %s SIP/2.0\r\n", method, c->contact);
	txt_fmt(t, "Via: SIP/2.0/UDP %s;branch=%s;rport\r\n", via, branch);
	txt_str(t, "Max-Forwards: 70\r\n");
	if (c->routes.len)
		txt_str(t, c->routes.p);
	txt_fmt(t, "From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\n"
		"CSeq: %ld %s\r\nContact: <sip:farend@%s>\r\n"
		"User-Agent: carillon-farend\r\n", c->to, c->legs[0].tag,
		c->from, c->call_id, cseq, method, via);
}

static void request_body(struct txt *t, const struct txt *body)
{
	if (body && body->len)
		txt_str(t, "Content-Type: application/sdp\r\n");
	txt_fmt(t, "Content-Length: %zu\r\n\r\n", body ? body->len : 0);
	if (body)
		txt_add(t, body->p, body->len);
}

static struct clitx *request_send(struct call *c, const char *method,
				  const struct txt *body)
{
	char branch[48];
	struct addr to;
	struct clitx *tx;

	target_addr(c, &to);
	farend_token(c->fe, branch, sizeof(branch), "z9hG4bK");
	tx = clitx_new(&c->fe->trans, branch, method, c->listener, &to);
	if (!tx)
		return NULL;
	request_head(c, &tx->request, method, ++c->local_cseq, branch);
	request_body(&tx->request, body);
	tx->owner = c;
	clitx_start(tx);
	return tx;
}

static void journal(struct call *c, const char *what, int code,
		    const struct msg *m, int64_t took_from_ns)
{
	struct sdp sdp;
	char peer[ADDR_TEXT] = "";

	if (c->journal.len)
		txt_str(&c->journal, ",");
	txt_str(&c->journal, "{");
	json_str(&c->journal, "request", what);
	json_int(&c->journal, "code", code);
	json_int(&c->journal, "at_ns", took_from_ns ? took_from_ns :
		 clock_ns());
	if (m && m->body_len && sdp_parse(&sdp, m->body, m->body_len)) {
		if (sdp.usable)
			addr_text(&sdp.remote, peer);
		json_str(&c->journal, "direction", sdp_dir_name(sdp.dir));
		json_str(&c->journal, "peer", peer);
		json_int(&c->journal, "pt", sdp.n_codecs ?
			 sdp.codecs[0].pt : -1);
	}
	txt_str(&c->journal, "}");
}

static void on_bye_final(void *owner, struct clitx *tx, int code,
			 const struct msg *m)
{
	struct call *c = owner;

	(void)tx;
	(void)m;
	c->our_bye_code = code;
	call_end(c, "callee", c->our_bye_ns);
	call_finish_in(c, c->fe->opt->linger_ms);
}

void call_bye(struct call *c)
{
	struct clitx *tx;

	if (c->our_bye_ns || c->state == CALL_ENDED || !c->final_ns)
		return;
	clitx_detach(c->out_tx);
	tx = request_send(c, "BYE", NULL);
	c->our_bye_ns = clock_ns();
	for (int i = 0; i < c->n_legs; i++)
		c->legs[i].rtp.tx.mode = SEND_NONE;
	if (events_wanted(c->fe->events)) {
		struct txt t = { 0 };

		event_begin(&t, "bye", c->our_bye_ns);
		json_int(&t, "call", (int64_t)c->number);
		json_str(&t, "number", c->dialled);
		json_str(&t, "call_id", c->call_id);
		json_str(&t, "by", "callee");
		event_emit(c->fe->events, &t);
	}
	if (!tx)
		return;
	tx->on_final = on_bye_final;
	tx->ref = &c->out_tx;
	c->out_tx = tx;
}

/* RFC 3261 13.2.2.4 and 17.1.1.3: an ACK for every final of an INVITE, with
 * the INVITE's own branch unless it was a 2xx. */
static void acknowledge(struct call *c, struct clitx *tx, int code,
			const struct msg *m)
{
	char branch[MSG_TAG];

	txt_copy(branch, sizeof(branch), m->branch);
	if (code < 300)
		farend_token(c->fe, branch, sizeof(branch), "z9hG4bK");
	request_head(c, &tx->ack, "ACK", m->cseq, branch);
	if (code < 300 && c->out_reoffer == REOFFER_DELAYED) {
		struct txt body = { 0 };

		leg_sdp(&c->legs[0], &body, false);
		request_body(&tx->ack, &body);
		txt_free(&body);
		return;
	}
	request_body(&tx->ack, NULL);
}

static void on_final(void *owner, struct clitx *tx, int code,
		     const struct msg *m)
{
	struct call *c = owner;
	struct sdp sdp;

	if (tx->invite && m)
		acknowledge(c, tx, code, m);
	journal(c, c->out_name, code, m, m ? m->at_ns : 0);
	call_event(c, c->out_name, m ? m->at_ns : 0, code);
	if (code < 300 && m && m->body_len &&
	    sdp_parse(&sdp, m->body, m->body_len) && sdp.usable) {
		enum sdp_dir dir = c->legs[0].dir;

		/* The answer moves its RTP, but the direction was ours. */
		call_set_peer(c, &c->legs[0], &sdp);
		c->legs[0].dir = dir;
	}
	clitx_detach(tx);
	/* RFC 3261 12.2.1.2. */
	if (code == 481 || code == 408)
		call_bye(c);
	else
		call_run(c);
}

void call_reoffer(struct call *c, enum reoffer kind)
{
	static const char *const names[] = { "reinvite", "hold", "hold0",
		"resume", "delayed", "moveport", "update" };
	struct leg *l = &c->legs[0];
	struct txt body = { 0 };
	struct sdp_local local = {
		.codec = c->has_codec ? &c->codec : NULL,
		.event_pt = c->offer.event_pt,
		.ptime = c->script.ptime,
		.session = c->sdp_session,
		.hold0 = kind == REOFFER_HOLD0,
	};
	struct clitx *tx;

	if (!l->has_rtp || c->state != CALL_TALKING)
		return;
	if (kind == REOFFER_MOVE)
		rtp_move(&l->rtp, &c->fe->ports);
	if (kind == REOFFER_HOLD)
		l->dir = DIR_SENDONLY;
	else if (kind == REOFFER_RESUME)
		l->dir = DIR_SENDRECV;
	/* RFC 3264 8: the version counts the changes. */
	if (kind != REOFFER_SAME && kind != REOFFER_UPDATE)
		c->sdp_version++;
	local.rtp = &l->rtp.local;
	local.dir = l->dir;
	local.version = c->sdp_version;
	if (kind != REOFFER_DELAYED)
		sdp_write(&body, NULL, &local);
	c->out_reoffer = kind;
	c->out_name = names[kind];
	tx = request_send(c, kind == REOFFER_UPDATE ? "UPDATE" : "INVITE",
			  &body);
	txt_free(&body);
	if (!tx)
		return;
	tx->on_final = on_final;
	tx->ref = &c->out_tx;
	c->out_tx = tx;
}

void call_options(struct call *c)
{
	struct clitx *tx = request_send(c, "OPTIONS", NULL);

	if (!tx)
		return;
	c->out_name = "options";
	tx->on_final = on_final;
	tx->ref = &c->out_tx;
	c->out_tx = tx;
}
