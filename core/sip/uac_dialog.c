/*
 * uac_dialog.c - BYE, and what the far end asks inside the dialog.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/msg.h"
#include "sip/uac_call.h"
#include "sip/uas.h"

enum {
	SILENCE_MS = 1000,		/* that media may take to stop         */
	Q850_TIMER_EXPIRY = 102,
};

static struct uac *of_user(struct dialog_user *du)
{
	return (struct uac *)((char *)du - offsetof(struct uac, user));
}

/* ---- requests of ours ----------------------------------------------------- */

int uac_request(const struct uac *u, struct dialog *d, const char *method,
		struct client_params *p)
{
	int err = dialog_next_hop(d, &p->target);

	p->auth = u->auth;
	if (!err)
		err = dialog_request(d, method, ++d->local_cseq, &p->request);
	return err;
}

int uac_ask(const struct uac *u, struct dialog *d, struct client_params *p,
	    int err, struct client **cp)
{
	if (err) {
		osip_message_free(p->request);
		return err;
	}
	err = client_new(cp, u->sip, p);
	if (!err)
		err = client_start(*cp);
	if (err)
		uac_request_over(d, cp);
	return err;
}

void uac_request_over(struct dialog *d, struct client **cp)
{
	if (!*cp)
		return;
	d->local_cseq = client_cseq(*cp);
	client_free(*cp);
	*cp = NULL;
}

/* ---- our BYE (15.1.1) ----------------------------------------------------- */

/* Whose wish it was. 481 after a BYE of theirs crossed ours is no loss
 * (12.2.1.2), and one that was lost before needs no more proof.               */
static enum uac_end end_of_bye(const struct uac *u, bool lost)
{
	if (u->unusable && !u->rung_out)
		return UAC_END_LOST;
	if (lost && !u->peer_bye && u->bye != UAC_END_EXPIRED)
		return UAC_END_LOST;
	return u->told_answer ? u->bye : UAC_END_CANCELED;
}

static void on_bye_response(void *arg, const osip_message_t *resp, int code,
			    bool final, const char *note)
{
	struct uac *u = arg;

	(void)note;
	if (!final)
		return;
	uac_enter(u);
	log_info("sip: BYE answered %d", code);
	uac_end(u, end_of_bye(u, !resp || uac_is_lost(code)));
	uac_leave();
}

static int start_bye(struct uac *u)
{
	struct client_params p = { .response = on_bye_response, .arg = u };
	int err = uac_request(u, &u->dialog, "BYE", &p);

	if (!err)
		err = build_set_q850(p.request, u->q850);
	return uac_ask(u, &u->dialog, &p, err, &u->client);
}

/* Media stops before a BYE of ours leaves.                                    */
static void tell_hangup(struct uac *u, enum uac_end by)
{
	if (!u->told_answer || u->told_hangup)
		return;
	u->told_hangup = true;
	if (u->events.hangup)
		u->events.hangup(u->arg, by);
}

void uac_send_bye(struct uac *u)
{
	int err;

	u->state = UAC_CLOSING;
	u->hangup = true;
	u->result.ring_timeout = u->rung_out && !u->told_answer;
	refresh_stop(u);
	tell_hangup(u, u->bye);
	log_info("sip: BYE");
	err = start_bye(u);
	if (!err)
		return;
	log_warn("sip: BYE not sent: error %d", -err);
	uac_end(u, UAC_END_LOST);
}

void uac_lose(struct uac *u, enum uac_end why)
{
	if (u->hangup || u->losing)
		return;
	u->bye = why;
	if (why == UAC_END_EXPIRED)
		u->q850 = Q850_TIMER_EXPIRY;
	u->losing = true;
	refresh_stop(u);
	if (timer_set_ms(stack_timers(u->sip), &u->later, SILENCE_MS))
		log_error("sip: no memory for a timer");
	tell_hangup(u, why);
}

/* ---- their BYE (15.1.2) --------------------------------------------------- */

void uac_take_bye(struct uac *u)
{
	u->state = UAC_CLOSING;
	u->result.ring_timeout = u->rung_out && !u->told_answer;
	tell_hangup(u, UAC_END_BYE_RECEIVED);
	if (u->losing)
		uac_end(u, u->bye);
	else
		uac_end(u, u->told_answer ? UAC_END_BYE_RECEIVED :
					    end_of_bye(u, false));
}

static void on_bye(struct uac *u, struct inbound *in)
{
	int cause = msg_q850_cause(in->req);

	uas_answer(in, 200);
	if (cause)
		u->result.q850_cause = cause;
	u->peer_bye = true;
	log_info("sip: BYE received");
	/* It may come before our ACK has left, although 15 forbids that; then
	 * the call is answered first (on_acked).                              */
	if (u->state == UAC_ANSWERED)
		uac_take_bye(u);
	/* It met ours, which goes on by itself: the dialog is over.           */
	else if (u->state == UAC_CLOSING)
		uac_end(u, end_of_bye(u, false));
}

/* ---- re-INVITE, UPDATE (14.2, RFC 3311) ----------------------------------- */

/* 13.3.1.4: a 2xx that nobody confirms ends the dialog.                       */
static void on_no_ack(void *arg)
{
	struct uac *u = arg;

	u->reinvite = NULL;
	uac_enter(u);
	log_warn("sip: no ACK for a re-INVITE's 200");
	uac_lose(u, UAC_END_LOST);
	uac_leave();
}

bool uac_target_refused(const struct dialog *d, struct inbound *in)
{
	int err = dialog_check_target(d, in->req);

	if (!err)
		return false;
	log_info("sip: the Contact of %s cannot be reached: error %d",
		 in->req->sip_method, -err);
	uas_answer(in, 400);
	return true;
}

static int fill_accept(struct uac *u, const struct inbound *in,
		       osip_message_t *resp, const char *sdp, char **said)
{
	int err = caller_contact(u, resp, &in->from);

	if (!err)
		err = build_add_abilities(resp);
	if (!err && sdp)
		err = build_set_sdp(resp, sdp);
	if (!err && sdp)
		err = str_set(said, sdp);
	return err;
}

osip_message_t *uac_accept(struct uac *u, struct dialog *d,
			   struct inbound *in, const char *sdp, char **said)
{
	osip_message_t *resp = uas_response(in, 200);

	if (!resp || fill_accept(u, in, resp, sdp, said) ||
	    dialog_refresh_target(d, in->req)) {
		osip_message_free(resp);
		return NULL;
	}
	return resp;
}

static void await_ack(struct uac *u, struct txn *txn, uint32_t cseq)
{
	if (u->reinvite) {
		/* An ACK went lost; the next offer implies it.                */
		txn_confirm(u->reinvite);
	}
	u->reinvite = txn;
	u->reinvite_cseq = cseq;
	txn_on_no_ack(txn, on_no_ack, u);
}

/* 200; sdp NULL: an UPDATE that only refreshes. `ours`: it is an offer of ours,
 * whose answer the ACK will bring.                                            */
static void accept_offer(struct uac *u, struct inbound *in, const char *sdp,
			 bool ours)
{
	bool invite = MSG_IS_INVITE(in->req);
	uint32_t cseq = msg_cseq(in->req);
	osip_message_t *resp = uac_accept(u, &u->dialog, in, sdp, &u->sdp);

	if (!resp || refresh_accept(u, in->req, resp)) {
		osip_message_free(resp);
		uas_answer(in, 500);
		return;
	}
	if (uas_send(in, resp))
		return;
	u->offered = ours;
	if (invite)
		await_ack(u, in->txn, cseq);
}

static void answer_offer(struct uac *u, struct inbound *in)
{
	char answer[UAC_SDP_MAX] = "";
	size_t len;
	const char *sdp = msg_sdp(in->req, &len);
	int code = 488;

	if (u->events.offer)
		code = u->events.offer(u->arg, sdp, len, answer,
				       sizeof(answer));
	if (code != 200) {
		uas_answer(in, code);
		return;
	}
	log_info("sip: %s accepted", in->req->sip_method);
	accept_offer(u, in, answer, !sdp);
}

/* 14.2, RFC 3311 5.2: one offer at a time. An UPDATE without one is none.      */
static void on_offer(struct uac *u, struct inbound *in)
{
	bool offers = MSG_IS_INVITE(in->req) || msg_has_body(in->req);
	bool glare = u->state != UAC_ANSWERED || u->offered ||
		     refresh_offers(u);

	if (u->state == UAC_CLOSING)
		uas_answer(in, 481);
	else if (offers && glare)
		uas_answer(in, 491);
	else if (uas_body_refused(in) || refresh_refuses(in) ||
		 uac_target_refused(&u->dialog, in))
		return;
	else if (offers)
		answer_offer(u, in);
	else
		accept_offer(u, in, NULL, u->offered);
}

void uac_on_ack(struct dialog_user *du, const osip_message_t *ack)
{
	struct uac *u = of_user(du);
	const char *sdp;
	size_t len;

	if (!u->reinvite || msg_cseq(ack) != u->reinvite_cseq)
		return;
	txn_confirm(u->reinvite);
	u->reinvite = NULL;
	sdp = u->offered ? msg_sdp(ack, &len) : NULL;
	u->offered = false;
	if (!sdp || !u->events.offer)
		return;
	uac_enter(u);
	(void)u->events.offer(u->arg, sdp, len, NULL, 0);
	uac_leave();
}

/* ---- all requests of the dialog ------------------------------------------- */

bool uac_takes(struct dialog *d, struct inbound *in)
{
	int64_t cseq = msg_cseq(in->req);

	if (uas_refused(in))
		return false;
	if (cseq < d->remote_cseq) {
		uas_answer(in, 500);	/* 12.2.2                              */
		return false;
	}
	d->remote_cseq = cseq;
	return true;
}

void uac_answer_other(struct inbound *in)
{
	const char *method = in->req->sip_method;

	if (!strcmp(method, "INFO"))
		uas_answer(in, 200);
	else if (!strcmp(method, "REFER"))
		uas_answer(in, 403);
	else
		uas_stranger(in);
}

void uac_on_request(struct dialog_user *du, struct inbound *in)
{
	struct uac *u = of_user(du);
	const char *method = in->req->sip_method;

	uac_enter(u);
	if (!uac_takes(&u->dialog, in))
		goto out;
	if (!strcmp(method, "BYE"))
		on_bye(u, in);
	else if (!strcmp(method, "INVITE") || !strcmp(method, "UPDATE"))
		on_offer(u, in);
	else
		uac_answer_other(in);
 out:
	uac_leave();
}
