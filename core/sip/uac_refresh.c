/*
 * uac_refresh.c - session timers (RFC 4028), and our refresh of the session.
 *
 * Who refreshes and how often is settled by each 2xx to an INVITE or UPDATE. Are
 * we to do it, an UPDATE without offer leaves at half of the interval, or, where
 * the far end knows no UPDATE, a re-INVITE with our description unchanged. A
 * session that nobody refreshes is hung up a little before it expires.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/extension.h"
#include "sip/msg.h"
#include "sip/uac_call.h"
#include "sip/uas.h"

enum {
	/* Shorter ones are against the RFC; this keeps them from being a flood. */
	EXPIRES_MIN_S = 4,
	MARGIN_MAX_S = 32,		/* 10: hung up so long before          */
	BUSY_MS = 1000,			/* an INVITE is under way              */
	RETRY_MIN_MS = 2000,
	/* RFC 3261 14.1: 2.1 to 4 s in units of 10 ms, as owner of the Call-ID. */
	GLARE_MIN_MS = 2100,
	GLARE_STEPS = 191,
};

/* ---- headers -------------------------------------------------------------- */

static int set_seconds(osip_message_t *m, const char *name, int s,
		       const char *params)
{
	char text[48];

	(void)str_printf(text, sizeof(text), "%d%s", s, params);
	return build_set_header(m, name, text);
}

static int set_min_se(const struct uac *u, osip_message_t *req)
{
	return u->refresh.min_s ?
	       set_seconds(req, "Min-SE", u->refresh.min_s, "") : 0;
}

/* 7.1: who refreshes is left to the far end.                                  */
int refresh_ask(struct uac *u, osip_message_t *req)
{
	int err;

	if (!u->refresh.asked_s)
		return 0;
	if (u->refresh.asked_s < SIP_SESSION_MIN_S)
		u->refresh.asked_s = SIP_SESSION_MIN_S;
	err = set_seconds(req, "Session-Expires", u->refresh.asked_s, "");
	return err ? err : set_min_se(u, req);
}

void refresh_drop(struct uac *u, osip_message_t *req)
{
	u->refresh.asked_s = 0;
	build_remove_header(req, "Session-Expires");
	build_remove_header(req, "Min-SE");
}

bool refresh_raise(struct uac *u, const osip_message_t *resp,
		   osip_message_t *req)
{
	struct session_expires asked;
	int min_s = extension_min_se(resp);

	if (!extension_session(req, &asked) || min_s <= asked.s)
		return false;
	u->refresh.min_s = min_s;
	if (u->refresh.asked_s)
		u->refresh.asked_s = min_s;
	return !set_seconds(req, "Session-Expires", min_s,
			    asked.refresher == REFRESHER_UAC ?
			    ";refresher=uac" : "") &&
	       !set_min_se(u, req);
}

/* ---- the timer ------------------------------------------------------------ */

static int64_t now_ns(const struct uac *u)
{
	return stack_now_ns(u->sip);
}

static void wake_in(struct uac *u, int64_t ms)
{
	if (timer_set_ms(stack_timers(u->sip), &u->refresh.timer, ms))
		log_error("sip: no memory for a timer");
}

/* Not before the end.                                                         */
static void wake_at_end(struct uac *u)
{
	if (timer_set_ns(stack_timers(u->sip), &u->refresh.timer,
			 u->refresh.end_ns))
		log_error("sip: no memory for a timer");
}

static void turn_off(struct uac *u)
{
	u->refresh.expires_s = 0;
	timer_stop(stack_timers(u->sip), &u->refresh.timer);
}

static void arm(struct uac *u, int s, bool ours)
{
	struct uac_refresh *r = &u->refresh;
	int margin;

	if (s < EXPIRES_MIN_S)
		s = EXPIRES_MIN_S;
	margin = s / 3 < MARGIN_MAX_S ? s / 3 : MARGIN_MAX_S;
	r->expires_s = s;
	r->ours = ours;
	r->end_ns = now_ns(u) + (s - margin) * S_NS;
	if (ours)
		wake_in(u, s * INT64_C(500));
	else
		wake_at_end(u);
}

/* What the latest message says counts (RFC 3261 20.5).                        */
static void note_allow(struct uac *u, const osip_message_t *m)
{
	bool says, update = extension_allows(m, "UPDATE", &says);

	if (says)
		u->refresh.update = update;
}

void refresh_begin(struct uac *u, const osip_message_t *resp)
{
	struct session_expires se;

	note_allow(u, resp);
	if (!extension_session(resp, &se)) {
		turn_off(u);
		return;
	}
	/* Table 2: where a broken answer does not say who, we do it.          */
	arm(u, se.s, se.refresher != REFRESHER_UAS);
	log_info("sip: session timer %d s, %s refresh", u->refresh.expires_s,
		 u->refresh.ours ? "we" : "they");
}

/* ---- theirs --------------------------------------------------------------- */

/* 9: only who knows the timer can do something with a 422.                    */
bool refresh_refuses(struct inbound *in)
{
	struct session_expires se;

	if (!extension_session(in->req, &se) || se.s >= SIP_SESSION_MIN_S ||
	    !extension_named(in->req, "supported", "timer"))
		return false;
	uas_answer(in, 422);
	return true;
}

/* Table 2 of RFC 4028: who does not know the timer cannot be the one.         */
static bool we_refresh(const struct uac *u, const osip_message_t *req,
		       enum session_refresher asked)
{
	if (!extension_named(req, "supported", "timer"))
		return true;
	if (asked != REFRESHER_UNSAID)
		return asked == REFRESHER_UAS;
	return u->refresh.expires_s && u->refresh.ours;
}

/* A request that does not mention the timer leaves it as it is.               */
int refresh_accept(struct uac *u, const osip_message_t *req,
		   osip_message_t *resp)
{
	struct session_expires se;
	bool ours;
	int err;

	note_allow(u, req);
	if (!extension_session(req, &se)) {
		if (!u->refresh.expires_s)
			return 0;
		se.s = u->refresh.expires_s;
		se.refresher = REFRESHER_UNSAID;
	}
	ours = we_refresh(u, req, se.refresher);
	err = set_seconds(resp, "Session-Expires", se.s,
			  ours ? ";refresher=uas" : ";refresher=uac");
	if (!err && !ours)
		err = build_add_header(resp, "Require", "timer");
	if (!err)
		arm(u, se.s, ours);
	return err;
}

/* ---- ours ----------------------------------------------------------------- */

/* The answer to the offer that a re-INVITE must hold. Nothing has changed on our
 * side, but perhaps on theirs.                                                */
static void take_answer(struct uac *u, const osip_message_t *resp)
{
	size_t len;
	const char *sdp = msg_sdp(resp, &len);

	if (sdp && u->events.offer)
		(void)u->events.offer(u->arg, sdp, len, NULL, 0);
}

static void refreshed(struct uac *u, const osip_message_t *resp)
{
	bool invite = u->refresh.invite;
	int err = 0;

	if (dialog_refresh_target(&u->dialog, resp))
		log_warn("sip: the new Contact cannot be reached");
	if (invite)
		err = accepted_ack(u->accepted, &u->dialog, msg_cseq(resp),
				   NULL, NULL);
	if (err)
		log_warn("sip: ACK not sent: error %d", -err);
	refresh_begin(u, resp);
	if (invite)
		take_answer(u, resp);
}

static int retry_ms(const struct uac *u, const osip_message_t *resp)
{
	int64_t left_ms = (u->refresh.end_ns - now_ns(u)) / MS_NS;
	int64_t ms = left_ms / 2;
	int after_s = resp ? msg_retry_after(resp) : 0;

	if (ms < RETRY_MIN_MS)
		ms = RETRY_MIN_MS;
	if (ms < after_s * S_MS)
		ms = after_s * S_MS;
	return (int)(ms < left_ms ? ms : left_ms);
}

/* 10: it may be tried again until the session expires.                        */
static void refused(struct uac *u, const osip_message_t *resp, int code)
{
	struct uac_refresh *r = &u->refresh;

	log_info("sip: refresh answered %d", code);
	if (uac_is_lost(code)) {
		uac_lose(u, UAC_END_LOST);
	} else if (code == 491) {
		wake_in(u, GLARE_MIN_MS + 10 * (int)random_below(
				u->sip->random, GLARE_STEPS));
	} else if (!r->invite && (code == 405 || code == 501)) {
		r->update = false;
		wake_in(u, 0);
	} else {
		wake_in(u, retry_ms(u, resp));
	}
}

static void on_response(void *arg, const osip_message_t *resp, int code,
			bool final, const char *note)
{
	struct uac *u = arg;

	(void)note;
	if (!final)
		return;
	uac_enter(u);
	uac_request_over(&u->dialog, &u->refresh.client);
	if (resp && code < 300)
		refreshed(u, resp);
	else
		refused(u, resp, code);
	uac_leave();
}

static int prepare(void *arg, osip_message_t *req, const struct hop *hop)
{
	return caller_contact(arg, req, hop);
}

static int leaves(void *arg, const osip_message_t *req, const struct hop *hop)
{
	struct uac *u = arg;

	return uac_leaves(u, u->refresh.client, req, hop);
}

static bool again(void *arg, const osip_message_t *resp, osip_message_t *req,
		  struct sip_target *target)
{
	(void)target;
	return resp->status_code == 422 && refresh_raise(arg, resp, req);
}

static int fill(struct uac *u, osip_message_t *req)
{
	int err = build_add_abilities(req);

	if (!err)
		err = set_seconds(req, "Session-Expires", u->refresh.expires_s,
				  ";refresher=uac");
	if (!err)
		err = set_min_se(u, req);
	if (!err && u->refresh.invite)
		err = build_set_sdp(req, u->sdp);
	return err;
}

static int start(struct uac *u)
{
	struct uac_refresh *r = &u->refresh;
	struct client_params p = {
		.prepare = prepare,
		.leaves = r->invite ? leaves : NULL,
		.again = again,
		.response = on_response,
		.arg = u,
	};
	int err = uac_request(u, &u->dialog, r->invite ? "INVITE" : "UPDATE",
			      &p);

	if (!err)
		err = fill(u, p.request);
	return uac_ask(u, &u->dialog, &p, err, &r->client);
}

/* RFC 3261 14.1: no INVITE while one is under way, in either direction.       */
static void refresh(struct uac *u)
{
	struct uac_refresh *r = &u->refresh;
	int err;

	r->invite = !r->update;
	if (r->invite && (u->reinvite || u->offered)) {
		wake_in(u, BUSY_MS);
		return;
	}
	err = start(u);
	if (err) {
		log_warn("sip: refresh not sent: error %d", -err);
		wake_in(u, retry_ms(u, NULL));
	} else {
		log_info("sip: %s, to refresh the session",
			 r->invite ? "re-INVITE" : "UPDATE");
		wake_at_end(u);
	}
}

static void on_timer(struct timer *t)
{
	struct uac *u = t->arg;

	if (u->hangup)
		return;
	uac_enter(u);
	if (u->state != UAC_ANSWERED) {
		wake_in(u, BUSY_MS);	/* the ACK waits for DNS               */
	} else if (now_ns(u) >= u->refresh.end_ns) {
		log_warn("sip: the session was not refreshed in time");
		uac_lose(u, UAC_END_EXPIRED);
	} else if (u->refresh.ours && !u->refresh.client) {
		refresh(u);
	} else {
		wake_at_end(u);
	}
	uac_leave();
}

/* ---- life ----------------------------------------------------------------- */

void refresh_init(struct uac *u)
{
	timer_init(&u->refresh.timer, on_timer, u);
}

bool refresh_offers(const struct uac *u)
{
	return u->refresh.client && u->refresh.invite;
}

void refresh_stop(struct uac *u)
{
	turn_off(u);
	/* Its 2xx is ACKed, whatever has become of the call (13.2.2.4).       */
	if (refresh_offers(u) &&
	    accepted_expect(u->accepted, &u->dialog,
			    client_cseq(u->refresh.client)))
		log_warn("sip: a late 2xx will not be ACKed");
	uac_request_over(&u->dialog, &u->refresh.client);
}
