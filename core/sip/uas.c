/*
 * uas.c - answers what comes from outside and belongs to no call.
 *
 * Nobody may call in: whoever tries is refused, OPTIONS is answered. A refusal
 * tells a stranger no more than the RFC asks for.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/uas.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/siphash.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/extension.h"
#include "sip/msg.h"
#include "sip/txn_key.h"

/* ---- the way back (18.2, RFC 3581) ---------------------------------------- */

static osip_generic_param_t *via_param(osip_via_t *via, const char *name)
{
	osip_list_iterator_t at;
	osip_generic_param_t *p = osip_list_get_first(&via->via_params, &at);

	for (; p; p = osip_list_get_next(&at))
		if (p->gname && !strcasecmp(p->gname, name))
			return p;
	return NULL;
}

static int set_param(osip_generic_param_t *p, const char *value)
{
	char *copy = osip_strdup(value);

	if (!copy)
		return -ENOMEM;
	osip_free(p->gvalue);
	p->gvalue = copy;
	return 0;
}

/* Whatever the sender claimed by itself is replaced.                          */
static int set_received(osip_via_t *via, const char *ip)
{
	osip_generic_param_t *p = via_param(via, "received");
	char *copy;

	if (p)
		return set_param(p, ip);
	copy = osip_strdup(ip);
	if (!copy)
		return -ENOMEM;
	return osip_via_set_received(via, copy) ? -ENOMEM : 0;
}

static uint16_t sent_by_port(const struct inbound *in, const osip_via_t *via)
{
	int64_t port;

	if (!via->port || str_to_i64(&port, via->port, 1, 65535))
		return sip_default_port(in->from.transport);
	return (uint16_t)port;
}

static int mark_via(struct inbound *in, osip_via_t *via)
{
	osip_generic_param_t *rport = via_param(via, "rport");
	char ip[ADDR_TEXT_LEN], port[8];

	addr_ip_text(&in->from.remote, ip);
	in->back = in->from;
	if (rport) {
		(void)str_printf(port, sizeof(port), "%u",
				 (unsigned int)addr_port(&in->from.remote));
		if (set_param(rport, port))
			return -ENOMEM;
		return set_received(via, ip);
	}
	if (!hop_is_reliable(&in->back))
		addr_set_port(&in->back.remote, sent_by_port(in, via));
	return strcmp(via->host, ip) ? set_received(via, ip) : 0;
}

void uas_in_call(struct inbound *in)
{
	if (in->back.transport == SIP_TCP)
		in->back.back_port =
			sent_by_port(in, osip_list_get(&in->req->vias, 0));
}

/* 8.2.7: a server that keeps nothing must say the same To tag again when the
 * request is repeated, so it is computed from the request and a secret, which it
 * must not give away. No CSeq is as high as the key's second half (txn_client.c
 * has the CSeq there).                                                        */
static void compute_tag(struct inbound *in)
{
	const osip_message_t *m = in->req;
	const uint64_t key[2] = { in->sip->secret, UINT64_MAX };
	struct txn_key text;
	uint64_t h;

	txn_key_begin(&text);
	txn_key_add(&text, msg_branch(m));
	txn_key_add(&text, msg_call_id(m));
	txn_key_add(&text, msg_from_tag(m));
	txn_key_add(&text, m->cseq->number);
	h = siphash(key, text.data, text.len);
	str_hex(in->to_tag, &h, sizeof(h));
}

int uas_open(struct inbound *in, osip_message_t *req)
{
	in->req = req;
	compute_tag(in);
	return mark_via(in, osip_list_get(&req->vias, 0));
}

/* ---- answers -------------------------------------------------------------- */

osip_message_t *uas_response(const struct inbound *in, int code)
{
	osip_message_t *resp = NULL;

	if (build_response(&resp, in->sip, in->req, code, in->to_tag))
		return NULL;
	return resp;
}

int uas_send(struct inbound *in, osip_message_t *resp)
{
	struct wire wire;
	int err;

	in->req = NULL;
	if (in->txn) {
		err = txn_answer(in->txn, resp);
		if (err)
			in->txn = NULL;
		return err;
	}
	err = build_wire(resp, &wire);
	if (!err) {
		(void)hop_send(in->sip, &in->back, wire.data, wire.len);
		osip_free(wire.data);
	}
	osip_message_free(resp);
	return err;
}

/* Unanswered, a transaction would stay for minutes.                           */
static void give_up(struct inbound *in)
{
	if (in->txn)
		txn_drop(in->txn);
	in->txn = NULL;
	in->req = NULL;
}

static int add_demanded(const struct inbound *in, osip_message_t *resp)
{
	char seconds[16];

	switch (resp->status_code) {
	case 405:
		return build_add_header(resp, "Allow", BUILD_ALLOW);
	case 415:
		return build_add_header(resp, "Accept", "application/sdp") ||
		       build_add_header(resp, "Accept-Encoding", "identity") ?
		       -ENOMEM : 0;
	case 422:			/* RFC 4028 5                          */
		(void)str_printf(seconds, sizeof(seconds), "%d",
				 SIP_SESSION_MIN_S);
		return build_add_header(resp, "Min-SE", seconds);
	case 500:			/* 14.2, RFC 3311 5.2                  */
		(void)str_printf(seconds, sizeof(seconds), "%u",
				 random_below(in->sip->random, 11));
		return build_add_header(resp, "Retry-After", seconds);
	default:
		return 0;
	}
}

void uas_answer(struct inbound *in, int code)
{
	osip_message_t *resp = uas_response(in, code);

	if (!resp || add_demanded(in, resp)) {
		osip_message_free(resp);
		give_up(in);
		return;
	}
	(void)uas_send(in, resp);
}

/* ---- refusals ------------------------------------------------------------- */

static bool scheme_known(const osip_uri_t *uri)
{
	return uri->scheme && (!strcasecmp(uri->scheme, "sip") ||
			       !strcasecmp(uri->scheme, "sips"));
}

/* 8.2.2.3: names what we do not understand.                                   */
static void refuse_extensions(struct inbound *in, const char *unknown)
{
	osip_message_t *resp = uas_response(in, 420);

	if (!resp || build_add_header(resp, "Unsupported", unknown)) {
		osip_message_free(resp);
		give_up(in);
		return;
	}
	(void)uas_send(in, resp);
}

bool uas_refused(struct inbound *in)
{
	char unknown[EXTENSION_UNKNOWN_LEN];

	if (strcasecmp(in->req->sip_version, "SIP/2.0")) {
		uas_answer(in, 505);
		return true;
	}
	if (!scheme_known(in->req->req_uri)) {
		uas_answer(in, 416);
		return true;
	}
	if (extension_unknown(in->req, unknown)) {
		refuse_extensions(in, unknown);
		return true;
	}
	return false;
}

static bool is_packed(const osip_message_t *m)
{
	const osip_content_encoding_t *e =
		osip_list_get(&m->content_encodings, 0);

	return e && e->value && strcasecmp(e->value, "identity");
}

bool uas_body_refused(struct inbound *in)
{
	size_t len;

	if (!msg_has_body(in->req) ||
	    (msg_sdp(in->req, &len) && !is_packed(in->req)))
		return false;
	uas_answer(in, 415);
	return true;
}

static void answer_options(struct inbound *in)
{
	osip_message_t *resp = uas_response(in, 200);

	if (!resp || osip_message_set_accept(resp, "application/sdp") ||
	    build_add_header(resp, "Accept-Encoding", "identity") ||
	    build_add_header(resp, "Accept-Language", "en") ||
	    build_add_abilities(resp)) {
		osip_message_free(resp);
		give_up(in);
		return;
	}
	(void)uas_send(in, resp);
}

static int code_for_stranger(const char *method)
{
	static const struct {
		const char *method;
		int code;
	} codes[] = {
		{ "INVITE", 403 },
		{ "BYE", 481 }, { "UPDATE", 481 }, { "INFO", 481 },
		{ "PRACK", 481 },
		{ "REGISTER", 405 }, { "SUBSCRIBE", 405 }, { "NOTIFY", 405 },
		{ "REFER", 405 }, { "MESSAGE", 405 }, { "PUBLISH", 405 },
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (!strcmp(codes[i].method, method))
			return codes[i].code;
	return 501;
}

void uas_stranger(struct inbound *in)
{
	const char *method = in->req->sip_method;

	if (!strcmp(method, "OPTIONS"))
		answer_options(in);
	else
		uas_answer(in, code_for_stranger(method));
}
