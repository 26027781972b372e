/*
 * register_answer.c - the REGISTER on the wire, and what its answer means.
 *
 *	2xx		bound until the granted time is over
 *	423		asks again for as long as the registrar wants
 *	401 403 407	rejected: client.h has tried the credentials
 *	the rest	failed: again after a while (retry.h)
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/registration.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "sip/retry.h"

enum {
	INTERVAL_TRIES = 2,		/* answers 423 in a row */
	FLOW_LASTED_S = 600,		/* a connection that was no failure */
};

#define NEVER REG_NEVER

void reg_set_status(struct registration *r, enum registration_state state,
		    int code, const char *reason)
{
	struct registration_status *st = &r->status;
	char text[SIP_REASON_LEN] = "";

	if (*reason)
		sip_reason_text(text, code, reason);
	if (st->state == state && st->last_code == code &&
	    strcmp(st->last_reason, text) == 0)
		return;
	st->state = state;
	st->last_code = code;
	(void)str_copy(st->last_reason, sizeof(st->last_reason), text);
	if (!r->stopping)
		r->notify_ns = reg_now_ns(r);
}

void reg_drop(struct registration *r)
{
	struct registration_status *st = &r->status;

	hop_unwatch(&r->flow);
	service_routes_clear(&r->routes);
	r->bound[0] = '\0';
	r->expiry_ns = NEVER;
	st->expires_at = 0;
	st->server[0] = '\0';
	memset(&st->server_addr, 0, sizeof(st->server_addr));
}

/* The phrase of a status that says nothing better: a note of ours, what the
 * registrar wrote, what RFC 3261 calls it. */
static const char *reason_of(const osip_message_t *resp, int code,
			     const char *note)
{
	if (note && *note)
		return note;
	if (resp && resp->reason_phrase && *resp->reason_phrase)
		return resp->reason_phrase;
	return sip_reason_phrase(code);
}

static void note_server(struct registration *r, const struct hop *hop)
{
	struct registration_status *st = &r->status;

	hop_server_text(st->server, hop);
	st->server_addr = hop->remote;
	st->server_transport = hop->transport;
}

/* A binding that still lives outlives the failure of its refresh. */
void reg_failed(struct registration *r, int code, const char *reason,
		int retry_after_s)
{
	int64_t in_ms = retry_after_failure_ms(r->sip->random, ++r->failures,
					       code, retry_after_s);

	reg_attempt_in(r, in_ms);
	reg_set_status(r, r->bound[0] ? REGISTRATION_REGISTERED :
					REGISTRATION_FAILED, code, reason);
	log_warn("%s: %s at %s: %d %s, again in %lld ms", r->who,
		 r->bound[0] ? "not refreshed" : "not registered",
		 r->registrar_host, code, r->status.last_reason,
		 (long long)in_ms);
}

static void rejected(struct registration *r, int code, const char *reason)
{
	reg_drop(r);
	r->attempt_ns = NEVER;
	r->status.next_attempt_at = 0;
	reg_set_status(r, REGISTRATION_REJECTED, code, reason);
	log_error("%s: refused by %s: %d %s", r->who, r->registrar_host, code,
		  r->status.last_reason);
}

/* ---- the connection of the binding --------------------------------------- */

/* RFC 5626 4.5: who took the binding by it cannot reach us any more, or has
 * begun anew and knows nothing of us. */
void reg_flow_lost(struct hop_watch *w, const char *why)
{
	struct registration *r = (struct registration *)(void *)
		((char *)w - offsetof(struct registration, flow));
	char text[SIP_REASON_LEN];
	int64_t in_ms;

	if (r->client || r->stopping)
		return;
	if (reg_now_ns(r) - r->granted_ns > FLOW_LASTED_S * S_NS)
		r->flow_losses = 0;
	in_ms = retry_flow_ms(r->sip->random, ++r->flow_losses);
	if (r->attempt_ns > reg_now_ns(r) + in_ms * MS_NS)
		reg_attempt_in(r, in_ms);
	(void)str_printf(text, sizeof(text), "connection lost: %s", why);
	reg_set_status(r, r->status.state, 503, text);
	log_warn("%s: %s", r->who, text);
	reg_reschedule(r);
}

static void watch_flow(struct registration *r, const struct hop *hop)
{
	hop_unwatch(&r->flow);
	if (hop_is_reliable(hop))
		hop_watch(r->sip, hop, &r->flow);
}

/* ---- answers ------------------------------------------------------------- */

static void take_routes(struct registration *r, const osip_message_t *resp)
{
	int err = service_routes_read(&r->routes, resp);

	if (err)
		log_warn("%s: the Service-Route of %s cannot be used: %s",
			 r->who, r->registrar_host, strerror(-err));
}

static void granted(struct registration *r, const osip_message_t *resp,
		    int code, const struct hop *hop)
{
	int seconds = binding_granted(resp, r->contact, r->asked_s);

	if (seconds == 0) {
		reg_drop(r);
		reg_failed(r, code, "the registrar granted no time", -1);
		return;
	}
	r->failures = 0;
	(void)str_copy(r->bound, sizeof(r->bound), r->contact);
	r->expiry_ns = reg_now_ns(r) + seconds * S_NS;
	r->status.expires_at = reg_wall_in_ms(r, seconds * S_MS);
	r->granted_ns = reg_now_ns(r);
	note_server(r, hop);
	watch_flow(r, hop);
	take_routes(r, resp);
	reg_attempt_in(r, retry_refresh_ms(r->sip->random, seconds));
	if (r->status.state != REGISTRATION_REGISTERED)
		log_info("%s: registered at %s for %d s", r->who,
			 r->registrar_host, seconds);
	reg_set_status(r, REGISTRATION_REGISTERED, code,
		       reason_of(resp, code, NULL));
}

/* 423: asks for what the registrar wants at least (10.3), a few times. */
static void too_brief(struct registration *r, const osip_message_t *resp,
		      int code)
{
	int least = resp ? binding_seconds(resp, "min-expires") : -1;

	if (least <= r->asked_s || least >= BINDING_EXPIRES_MAX_S ||
	    ++r->too_brief > INTERVAL_TRIES) {
		reg_failed(r, code, reason_of(resp, code, NULL), -1);
		return;
	}
	r->asked_s = least;
	reg_attempt_in(r, 0);
}

static void on_final(struct registration *r, const osip_message_t *resp,
		     int code, const char *note, const struct hop *hop)
{
	const char *reason = reason_of(resp, code, note);

	if (code != 423)
		r->too_brief = 0;
	if (code >= 200 && code < 300 && resp)
		granted(r, resp, code, hop);
	else if (code == 401 || code == 403 || code == 407)
		rejected(r, code, reason);
	else if (code == 423)
		too_brief(r, resp, code);
	else
		reg_failed(r, code, reason,
			   resp ? binding_seconds(resp, "retry-after") : -1);
}

/* What had been outstanding when we were told to stop may have bound us, so the
 * un-REGISTER follows its answer (10.2: one at a time). */
static void on_final_stopping(struct registration *r,
			      const osip_message_t *resp, int code,
			      const struct hop *hop)
{
	if (!r->unregistering && code >= 200 && code < 300 && resp)
		granted(r, resp, code, hop);
	if (r->unregistering || !r->bound[0])
		reg_stop_now(r);
	else
		reg_attempt_in(r, 0);
}

static void on_response(void *arg, const osip_message_t *resp, int code,
			bool final, const char *note)
{
	struct registration *r = arg;
	struct client *c = r->client;
	struct hop hop;

	if (!final)
		return;
	hop = *client_hop(c);
	r->cseq = client_cseq(c) + 1;
	r->client = NULL;
	if (r->stopping)
		on_final_stopping(r, resp, code, &hop);
	else
		on_final(r, resp, code, note, &hop);
	reg_reschedule(r);
	client_free(c);
}

/* The binding is taken back under the Contact that it was made with, wherever
 * the route leads by now. */
static int on_prepare(void *arg, osip_message_t *req, const struct hop *hop)
{
	struct registration *r = arg;
	struct buf sent_by;
	int err;

	if (r->unregistering)
		return binding_set_contact(req, r->bound);
	buf_init(&sent_by, SIP_HOST_LEN + 8);
	hop_sent_by(r->sip, hop, &sent_by);
	err = sent_by.err;
	if (!err)
		err = binding_contact(r->contact, r->user, sent_by.data,
				      hop->transport);
	if (!err)
		err = binding_set_contact(req, r->contact);
	buf_deinit(&sent_by);
	return err;
}

int reg_send(struct registration *r)
{
	struct client_params params = {
		.target = r->target,
		.auth = r->auth,
		.own_target = true,
		.prepare = on_prepare,
		.response = on_response,
		.arg = r,
	};
	struct binding_request b = {
		.registrar_host = r->registrar_host,
		.registrar_port = r->registrar_port,
		.user = r->user,
		.domain = r->domain,
		.call_id = r->call_id,
		.tag = r->tag,
		.cseq = r->cseq,
		.expires_s = r->unregistering ? 0 : r->asked_s,
	};
	int err = binding_request(&params.request, &b);

	/* RFC 3263 4: no other one, as long as this one answers.              */
	params.target.prefer = r->status.server_addr;
	params.target.prefer_transport = r->status.server_transport;
	if (!err)
		err = client_new(&r->client, r->sip, &params);
	if (!err)
		err = client_start(r->client);
	return err;
}
