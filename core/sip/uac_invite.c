/*
 * uac_invite.c - INVITE and its answers (RFC 3261 13.2).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/msg.h"
#include "sip/uac_call.h"

/* ---- the request ---------------------------------------------------------- */

static const char *next_text(const char *text)
{
	return text + strlen(text) + 1;
}

/* RFC 3608 6.1: the routes as the registrar gave them; the next hop stays what
 * the call was given.                                                         */
static int write_invite(const struct uac *u, struct buf *out)
{
	const char *route = u->opening->routes;
	int err;

	buf_printf(out, "INVITE %s SIP/2.0\r\n", u->request_uri);
	for (; route && *route; route = next_text(route))
		buf_printf(out, "Route: %s\r\n", route);
	err = caller_write(u, out);
	buf_printf(out, "Call-ID: %s\r\n", u->call_id);
	buf_printf(out, "CSeq: %u INVITE\r\n\r\n",
		   1 + random_below(u->sip->random, 65535));
	return err;
}

static int add_own_headers(const struct uac *u, osip_message_t *m)
{
	const char *line = u->opening->headers;
	char name[64];
	int err = 0;

	for (; !err && line && *line; line = next_text(line)) {
		size_t len = strcspn(line, ":");
		const char *value = line[len] ? line + len + 1 : "";

		err = str_copy_n(name, sizeof(name), line, len);
		value += strspn(value, " \t");
		if (!err)
			err = build_add_header(m, name, value);
	}
	return err;
}

static int add_headers(struct uac *u, osip_message_t *m)
{
	int err = build_add_abilities(m);

	if (!err)
		err = refresh_ask(u, m);
	if (!err)
		err = add_own_headers(u, m);
	if (!err && u->sdp)
		err = build_set_sdp(m, u->sdp);
	return err;
}

static int make_invite(struct uac *u, osip_message_t **mp)
{
	osip_message_t *m = NULL;
	struct buf out;
	int err;

	buf_init(&out, BUILD_MESSAGE_MAX);
	err = write_invite(u, &out);
	if (!err)
		err = build_parse(&m, &out);
	buf_deinit(&out);
	if (err)
		return err;
	err = add_headers(u, m);
	if (err)
		osip_message_free(m);
	else
		*mp = m;
	return err;
}

/* Like From, the offer stays as it is when the request is tried again.        */
static int set_offer(struct uac *u, osip_message_t *m,
		     const struct addr *local)
{
	char sdp[UAC_SDP_MAX];
	int err;

	if (u->sdp)
		return 0;
	err = u->events.local_offer(u->arg, local, sdp, sizeof(sdp));
	if (err)
		return err;
	err = str_set(&u->sdp, sdp);
	return err ? err : build_set_sdp(m, u->sdp);
}

static int prepare(void *arg, osip_message_t *m, const struct hop *hop)
{
	struct uac *u = arg;
	char text[ADDR_TEXT_LEN];
	int err = caller_complete(u, m, &hop->local);

	if (!err)
		err = caller_contact(u, m, hop);
	if (!err)
		err = set_offer(u, m, &hop->local);
	addr_text(&hop->remote, text);
	uac_enter(u);
	log_info("sip: INVITE to %s:%s", sip_transport_name(hop->transport),
		 text);
	uac_leave();
	return err;
}

int uac_leaves(struct uac *u, const struct client *c,
	       const osip_message_t *m, const struct hop *hop)
{
	const struct sip_target *t = client_target(c);
	struct dialog_way way = {
		.transport = hop->transport,
		.listen = hop->transport == SIP_UDP ? (int)hop->sock :
						      t->listen,
		.name = *t->name ? t->name : t->host,
		.remote = hop->remote,
	};

	return accepted_invite(u->accepted, m, &way);
}

/* What was heard of another try is over with it.                              */
static int leaves(void *arg, const osip_message_t *m, const struct hop *hop)
{
	struct uac *u = arg;

	early_restart(u);
	u->state = UAC_CALLING;
	return uac_leaves(u, u->client, m, hop);
}

/* ---- its answers ---------------------------------------------------------- */

static void on_provisional(struct uac *u, const osip_message_t *resp, int code)
{
	u->state = UAC_PROCEEDING;
	if (code == 100 || u->hangup || u->rung_out || !early_take(u, resp))
		return;
	/* 8.1.3.2: an unknown one is treated as 183.                          */
	if (code < 180 || code > 183)
		code = 183;
	log_debug("sip: provisional %d", resp->status_code);
	if (u->events.provisional)
		u->events.provisional(u->arg, code, resp->reason_phrase);
}

/* Only who was heard can be said not to have answered: silence is a failure, and
 * so is an INVITE that never left.                                            */
static enum uac_end end_of_failure(struct uac *u, const osip_message_t *resp)
{
	bool silent = u->state == UAC_CALLING && !resp;

	if (!u->hangup && (!u->rung_out || silent))
		return UAC_END_FAILED;
	u->result.ring_timeout = u->rung_out && !silent;
	return UAC_END_CANCELED;
}

static void on_failure(struct uac *u, const osip_message_t *resp, int code,
		       const char *note)
{
	if (u->rung_out && !u->hangup && !resp && code == 487 &&
	    u->state == UAC_CALLING) {
		code = 503;
		note = "the INVITE did not leave in time";
	}
	uac_set_reason(u, code, note ? note :
				resp ? resp->reason_phrase : NULL);
	u->result.local = !resp;
	u->result.own_words = note || !resp;
	if (resp) {
		u->result.q850_cause = msg_q850_cause(resp);
		u->result.retry_after_s = msg_retry_after(resp);
	}
	log_debug("sip: not answered: %d %s", code, u->result.reason);
	uac_end(u, end_of_failure(u, resp));
}

static void tell_answer(struct uac *u)
{
	char *sdp = u->answer;

	u->told_answer = true;
	u->answer = NULL;
	if (u->events.answered)
		u->events.answered(u->arg, u->result.code, sdp,
				   u->answer_len);
	free(sdp);
}

static void on_acked(void *arg, int err);

static int ack(struct uac *u)
{
	return accepted_ack(u->accepted, &u->dialog, u->invite_cseq, on_acked,
			    u);
}

/* 13.2.2.4: a 2xx that leads nowhere is ACKed all the same, and hung up, by the
 * way that the INVITE took.                                                   */
static void set_unusable(struct uac *u, const char *why)
{
	log_warn("sip: the answer cannot be used: %s", why);
	u->unusable = true;
	uac_set_reason(u, u->result.code, why);
	u->result.own_words = true;
}

static int ack_blindly(struct uac *u)
{
	int err;

	if (u->unusable)
		return -EBADMSG;
	set_unusable(u, "its next hop cannot be found");
	err = dialog_go_blind(&u->dialog, u->request_uri,
			      accepted_way(u->accepted));
	return err ? err : ack(u);
}

static void on_acked(void *arg, int err)
{
	struct uac *u = arg;

	uac_enter(u);
	if (err) {
		if (ack_blindly(u))
			uac_end(u, UAC_END_LOST);
		goto out;
	}
	u->state = UAC_ANSWERED;
	log_debug("sip: answered %d, ACK sent", u->result.code);
	/* Else the answer crossed the CANCEL.                                 */
	if (!u->hangup && !u->rung_out && !u->unusable)
		tell_answer(u);
	if (u->peer_bye)
		uac_take_bye(u);
	else if (!u->told_answer)
		uac_send_bye(u);
 out:
	uac_leave();
}

static int take_answer(struct uac *u, const osip_message_t *resp)
{
	int err = early_confirm(u, resp);

	if (!err)
		err = dialog_register(u->sip, &u->dialog, &u->user);
	if (!err)
		err = ack(u);
	if (!err)
		refresh_begin(u, resp);
	return err;
}

static int end_answer(struct uac *u, const osip_message_t *resp)
{
	int err;

	dialog_unregister(u->sip, &u->dialog);
	dialog_deinit(&u->dialog);
	err = dialog_init_blind(&u->dialog, resp, u->request_uri,
				accepted_way(u->accepted));
	if (err)
		return err;
	if (u->dialog.local_cseq < accepted_cseq(u->accepted))
		u->dialog.local_cseq = accepted_cseq(u->accepted);
	err = dialog_register(u->sip, &u->dialog, &u->user);
	return err ? err : ack(u);
}

static void on_answer(struct uac *u, const osip_message_t *resp, int code)
{
	int err;

	timer_stop(stack_timers(u->sip), &u->ring);
	u->state = UAC_ACKING;
	u->invite_cseq = msg_cseq(resp);
	uac_set_reason(u, code, resp->reason_phrase);
	if (u->events.picked_up)
		u->events.picked_up(u->arg);
	err = take_answer(u, resp);
	if (err) {
		set_unusable(u, err == -ENOMEM ? "no memory for its dialog" :
			     "its Contact or Record-Route lead nowhere");
		if (end_answer(u, resp))
			uac_end(u, UAC_END_LOST);
	}
	client_free(u->client);
	u->client = NULL;
}

static void on_response(void *arg, const osip_message_t *resp, int code,
			bool final, const char *note)
{
	struct uac *u = arg;

	uac_enter(u);
	if (!final)
		on_provisional(u, resp, code);
	else if (resp && code < 300)
		on_answer(u, resp, code);
	else
		on_failure(u, resp, code, note);
	uac_leave();
}

int uac_send_invite(struct uac *u)
{
	struct client_params p = {
		.target = u->opening->target,
		.auth = u->auth,
		.own_target = true,
		.prepare = prepare,
		.leaves = leaves,
		.again = redirect_again,
		.response = on_response,
		.arg = u,
	};
	int err = make_invite(u, &p.request);

	uac_free_opening(u);
	if (!err)
		err = client_new(&u->client, u->sip, &p);
	return err ? err : client_start(u->client);
}
