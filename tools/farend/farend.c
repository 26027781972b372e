/* SPDX-License-Identifier: MIT */
/*
 * farend.c - takes SIP off the sockets and says whom it concerns.
 * Thread: signalling.
 *
 *   datagram -> parse -> response  -> our transaction
 *                     -> repeated  -> the answer again
 *                     -> ACK, CANCEL -> the INVITE they belong to
 *                     -> To tag    -> the call, else 481
 *                     -> INVITE, REGISTER, OPTIONS -> something new
 */
#include "farend.h"

#include "call.h"
#include "clock.h"
#include "registrar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char allow[] = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, "
	"UPDATE, PRACK, INFO, REGISTER\r\n";

void farend_token(struct farend *fe, char *out, size_t size, const char *prefix)
{
	/* splitmix64: tokens must differ, not resist anybody. */
	uint64_t z = (fe->seed += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	z ^= z >> 31;
	snprintf(out, size, "%s%016llx", prefix, (unsigned long long)z);
}

void farend_reply(struct farend *fe, const struct msg *m, int code,
		  const char *headers)
{
	struct srvtx *tx = srvtx_new(&fe->trans, m);
	struct txt t = { 0 };
	char tag[40];

	if (!tx)
		return;
	farend_token(fe, tag, sizeof(tag), "");
	msg_response(&t, m, code, tag, headers, NULL);
	srvtx_respond(tx, code, &t);
	txt_free(&t);
}

static void on_ack(struct farend *fe, const struct msg *m)
{
	struct srvtx *tx = srvtx_find(&fe->trans, m, "INVITE");
	struct call *c;
	struct leg *l;

	if (tx && tx->code >= 300) {
		srvtx_ack(tx, m);
		return;
	}
	c = call_find(fe, m);
	l = c ? call_leg(c, m->to_tag) : NULL;
	if (l)
		call_on_ack(c, l, m);
}

static void on_cancel(struct farend *fe, const struct msg *m)
{
	struct srvtx *tx = srvtx_find(&fe->trans, m, "INVITE");

	if (!tx) {
		farend_reply(fe, m, 481, NULL);
	} else if (tx->owner) {
		call_on_cancel(tx->owner, m);
	} else {
		farend_reply(fe, m, 200, NULL);
	}
}

static void invite_refused_event(struct farend *fe, const struct msg *m,
				 int code, const char *auth)
{
	struct txt t = { 0 };

	if (!events_wanted(fe->events))
		return;
	event_begin(&t, "invite_challenged", m->at_ns);
	json_int(&t, "code", code);
	json_str(&t, "auth", auth);
	json_str(&t, "call_id", m->call_id);
	json_str(&t, "uri", m->uri);
	json_int(&t, "cseq", m->cseq);
	event_emit(fe->events, &t);
}

/* With --auth-invite: true once the caller has proved who it is. */
static bool invite_allowed(struct farend *fe, const struct msg *m)
{
	struct digest_request req = { "INVITE", m->body, m->body_len };
	enum auth_result best = AUTH_NONE;
	struct txt headers = { 0 };
	struct digest_creds c;
	char *value;
	int code = 407;

	for (int i = 0; best != AUTH_OK &&
	     (value = msg_credentials(m, true, i)); i++) {
		best = auth_check(&fe->auth, &c, value, m->uri, &req);
		free(value);
	}
	if (best == AUTH_OK)
		return true;
	if (best == AUTH_UNKNOWN_USER)
		code = 403;
	else
		auth_challenge(&fe->auth, &headers, true, best == AUTH_STALE);
	invite_refused_event(fe, m, code, auth_result_name(best));
	farend_reply(fe, m, code, headers.p);
	txt_free(&headers);
	return false;
}

static void on_invite(struct farend *fe, const struct msg *m)
{
	struct call *old = call_find(fe, m);

	if (old && old->state != CALL_ENDED) {
		farend_reply(fe, m, 482, NULL);
		return;
	}
	if (fe->opt->auth_invite && !invite_allowed(fe, m))
		return;
	call_on_invite(fe, m);
}

static void judge_event(struct farend *fe, const struct msg *m)
{
	struct verdict v = { 0 };
	struct txt t = { 0 };

	judge_request(&v, m);
	if (!v.n || !events_wanted(fe->events))
		return;
	event_begin(&t, "violation", m->at_ns);
	json_str(&t, "method", m->method);
	json_str(&t, "call_id", m->call_id);
	verdict_json(&v, &t, "violations");
	event_emit(fe->events, &t);
}

static void options_event(struct farend *fe, const struct msg *m)
{
	char source[ADDR_TEXT];
	struct txt t = { 0 };

	if (!events_wanted(fe->events))
		return;
	addr_text(&m->source, source);
	event_begin(&t, "options", m->at_ns);
	json_str(&t, "uri", m->uri);
	json_str(&t, "from", m->from);
	json_str(&t, "call_id", m->call_id);
	json_str(&t, "source", source);
	event_emit(fe->events, &t);
}

static void on_new(struct farend *fe, const struct msg *m)
{
	struct txt headers = { 0 };

	if (strcmp(m->method, "INVITE"))
		judge_event(fe, m);
	if (!strcmp(m->method, "INVITE")) {
		on_invite(fe, m);
	} else if (!strcmp(m->method, "REGISTER")) {
		registrar_on_register(fe->registrar, m);
	} else if (!strcmp(m->method, "OPTIONS")) {
		options_event(fe, m);
		txt_fmt(&headers, "%sAccept: application/sdp\r\n"
			"Supported: 100rel\r\n", allow);
		farend_reply(fe, m, fe->opt->options_code, headers.p);
		txt_free(&headers);
	} else if (!strcmp(m->method, "BYE") || !strcmp(m->method, "PRACK")) {
		farend_reply(fe, m, 481, NULL);
	} else {
		farend_reply(fe, m, 405, allow);
	}
}

static void on_request(struct farend *fe, const struct msg *m)
{
	struct srvtx *tx;
	struct call *c;
	struct leg *l;

	if (!strcmp(m->method, "ACK")) {
		on_ack(fe, m);
		return;
	}
	tx = srvtx_find(&fe->trans, m, m->method);
	if (tx) {
		srvtx_again(tx);
		if (tx->owner && tx->invite)
			call_on_invite_again(tx->owner);
	} else if (!strcmp(m->method, "CANCEL")) {
		on_cancel(fe, m);
	} else if (m->to_tag[0] && strcmp(m->method, "REGISTER")) {
		c = call_find(fe, m);
		l = c ? call_leg(c, m->to_tag) : NULL;
		if (l)
			call_on_request(c, l, m);
		else
			farend_reply(fe, m, 481, NULL);
	} else {
		on_new(fe, m);
	}
}

static void malformed(struct farend *fe, const char *buf, size_t len)
{
	char start[81];
	struct txt t = { 0 };

	fe->malformed++;
	if (!events_wanted(fe->events))
		return;
	snprintf(start, sizeof(start), "%.*s", (int)strcspn(buf, "\r\n"), buf);
	event_begin(&t, "malformed", 0);
	json_int(&t, "len", (int64_t)len);
	json_str(&t, "start", start);
	event_emit(fe->events, &t);
}

static void on_datagram(struct farend *fe, struct listener *l, char *buf,
			size_t len, const struct addr *from, int64_t at_ns)
{
	struct msg m;

	buf[len] = '\0';
	/* RFC 5626 4.4.1: a keep-alive is no message. */
	if (fe->deaf || strspn(buf, "\r\n") == len)
		return;
	if (msg_parse(&m, buf, len)) {
		malformed(fe, buf, len);
		return;
	}
	m.via_listener = l;
	m.source = *from;
	m.at_ns = at_ns;
	if (m.request)
		on_request(fe, &m);
	else
		trans_on_response(&fe->trans, &m);
	msg_free(&m);
}

void farend_receive(struct farend *fe, struct listener *l)
{
	static char buf[MSG_MAX + 1];   /* the signalling thread's only */
	uint8_t control[CMSG_SPACE(sizeof(struct timespec)) + 16];

	/* A burst is taken in portions, so that RTP has its turn. */
	for (int i = 0; i < 64; i++) {
		struct addr from = { 0 };
		struct iovec iov = { buf, MSG_MAX };
		struct msghdr h = {
			.msg_name = &from.ss,
			.msg_namelen = sizeof(from.ss),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(l->fd, &h, MSG_DONTWAIT);

		if (n < 0)
			return;
		from.len = h.msg_namelen;
		on_datagram(fe, l, buf, (size_t)n, &from, msghdr_time_ns(&h));
	}
}
