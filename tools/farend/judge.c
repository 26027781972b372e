/* SPDX-License-Identifier: MIT */
/*
 * judge.c - what a caller does against RFC 3261, in words. Nothing is
 * refused for it; the words go into the call's record.
 * Thread: signalling.
 */
#include "judge.h"

#include "call.h"

#include <string.h>

void verdict_add(struct verdict *v, const char *text)
{
	for (int i = 0; i < v->n; i++)
		if (!strcmp(v->texts[i], text))
			return;
	if (v->n < VERDICT_MAX)
		v->texts[v->n++] = text;
}

void verdict_json(const struct verdict *v, struct txt *t, const char *key)
{
	json_begin(t, key, '[');
	for (int i = 0; i < v->n; i++)
		json_str(t, NULL, v->texts[i]);
	json_end(t, ']');
}

/* RFC 3261 8.1.1, 18.3; RFC 3581 3. */
void judge_request(struct verdict *v, const struct msg *m)
{
	const char *end = strstr(m->raw, "\r\n\r\n");
	size_t real = end ? m->raw_len - (size_t)(end + 4 - m->raw) : 0;

	if (strncmp(m->branch, "z9hG4bK", 7))
		verdict_add(v, "branch without z9hG4bK (8.1.1.7)");
	if (!msg_header(m, "max-forwards", 0))
		verdict_add(v, "no Max-Forwards (8.1.1.6)");
	if (strcmp(m->method, m->cseq_method))
		verdict_add(v, "CSeq names another method (8.1.1.5)");
	if (m->cseq < 0 || m->cseq > 0x7fffffff)
		verdict_add(v, "CSeq is not below 2^31 (8.1.1.5)");
	if (!m->from_tag[0])
		verdict_add(v, "no From tag (8.1.1.3)");
	if (!m->rport)
		verdict_add(v, "no rport (RFC 3581 3)");
	if (!m->body)
		verdict_add(v, "no Content-Length (20.14)");
	else if (m->body_len != real)
		verdict_add(v, "Content-Length is not the body's (18.3)");
	if (!strcmp(m->method, "INVITE") && !m->contact_uri[0])
		verdict_add(v, "INVITE without Contact (8.1.1.8)");
	if (!strcmp(m->method, "REGISTER") && m->user[0])
		verdict_add(v, "REGISTER with a user in its URI (10.2)");
}

/* RFC 3261 9.1. */
void judge_cancel(struct verdict *v, const struct call *c, const struct msg *m)
{
	if (strcmp(m->uri, c->uri))
		verdict_add(v, "CANCEL to another URI (9.1)");
	if (m->cseq != c->invite_cseq)
		verdict_add(v, "CANCEL with another CSeq number (9.1)");
	if (m->n_vias != 1)
		verdict_add(v, "CANCEL with more than one Via (9.1)");
	if (m->to_tag[0])
		verdict_add(v, "CANCEL with a To tag (9.1)");
	if (msg_header(m, "require", 0) || msg_header(m, "proxy-require", 0))
		verdict_add(v, "CANCEL with Require (9.1)");
	if (c->invite_tx && !c->invite_tx->code)
		verdict_add(v, "CANCEL before a provisional response (9.1)");
}

/* The ACK, and everything else, goes to our Contact by way of our routes. */
static void judge_target(struct verdict *v, const struct call *c,
			 const struct msg *m)
{
	struct txt contact = { 0 }, target = { 0 };

	call_contact(c, &contact);
	txt_fmt(&target, "Contact: <%s>\r\n", m->uri);
	if (!contact.p || !target.p ||
	    strncmp(contact.p, target.p, target.len))
		verdict_add(v, "in-dialog request not to the Contact "
			    "(12.2.1.1)");
	txt_free(&contact);
	txt_free(&target);
	if (c->script.record_route && msg_routes(m) < 2)
		verdict_add(v, "in-dialog request without the route set "
			    "(12.2.1.1)");
	if (!c->script.record_route && !c->routes.len && msg_routes(m))
		verdict_add(v, "in-dialog request with a Route of its own "
			    "(12.2.1.1)");
}

void judge_ack(struct verdict *v, const struct call *c, const struct msg *m)
{
	if (!strcmp(m->branch, c->branch))
		verdict_add(v, "ACK of a 2xx with the INVITE's branch "
			    "(13.2.2.4)");
	judge_target(v, c, m);
}

/* RFC 3261 17.1.1.3. */
void judge_ack_refused(struct verdict *v, const struct call *c,
		       const struct msg *m)
{
	if (strcmp(m->uri, c->uri))
		verdict_add(v, "ACK of a refusal to another URI (17.1.1.3)");
	if (strcmp(m->to_tag, c->legs[0].tag))
		verdict_add(v, "ACK of a refusal without its To tag "
			    "(17.1.1.3)");
	if (m->cseq != c->invite_cseq)
		verdict_add(v, "ACK with another CSeq number (17.1.1.3)");
	if (m->n_vias != 1)
		verdict_add(v, "ACK with more than one Via (17.1.1.3)");
}

void judge_in_dialog(struct verdict *v, const struct call *c,
		     const struct msg *m)
{
	if (m->cseq <= c->remote_cseq)
		verdict_add(v, "CSeq does not rise in the dialog (12.2.1.1)");
	if (strcmp(m->method, "BYE") == 0 && c->state < CALL_ANSWERED)
		verdict_add(v, "BYE before the answer (15)");
	judge_target(v, c, m);
}
