/*
 * uac_early.c - early dialogs (RFC 3261 12.1): what is heard between INVITE and
 * 2xx, reliable provisional answers and their PRACK (RFC 3262).
 *
 * Each To tag of a provisional answer is a dialog; a forked INVITE has several.
 * The 2xx confirms one of them, and all are gone.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/extension.h"
#include "sip/msg.h"
#include "sip/uac_call.h"
#include "sip/uas.h"

enum {
	EARLIES_MAX = 8,		/* forks that are told apart           */
	SDP_MAX = 8192,			/* longer ones wait for the 2xx        */
};

struct early {
	struct early *next;
	struct uac *u;
	struct dialog dialog;
	struct dialog_user user;
	uint32_t rseq;			/* last one taken, 0: none             */
	struct client *prack;
	char *sdp;			/* of the far end                      */
	size_t sdp_len;
	char *said;			/* our answer to its offer, or NULL    */
	bool answered;			/* that is its answer: it was reliable */
	bool settled;			/* the business has taken it           */
	bool over;			/* 481, 408                            */
	bool bye;			/* theirs came                         */
};

/* ---- life ----------------------------------------------------------------- */

static void free_early(struct early *e)
{
	uac_request_over(&e->dialog, &e->prack);
	accepted_note_cseq(e->u->accepted, e->dialog.local_cseq);
	dialog_unregister(e->u->sip, &e->dialog);
	dialog_deinit(&e->dialog);
	free(e->sdp);
	free(e->said);
	free(e);
}

void early_free_all(struct uac *u)
{
	while (u->earlies) {
		struct early *e = u->earlies;

		u->earlies = e->next;
		free_early(e);
	}
}

/* The business has followed a fork that it is not to follow any further.       */
static void unsettle(struct uac *u, const struct early *but)
{
	for (const struct early *e = u->earlies; e; e = e->next)
		if (e->settled && e != but && u->events.unsettled)
			u->events.unsettled(u->arg);
}

void early_restart(struct uac *u)
{
	unsettle(u, NULL);
	early_free_all(u);
}

static struct early *find(const struct uac *u, const osip_message_t *resp)
{
	struct early *e = u->earlies;

	while (e && strcmp(e->dialog.remote_tag, msg_to_tag(resp)))
		e = e->next;
	return e;
}

static void on_request(struct dialog_user *du, struct inbound *in);

/* An ACK belongs to no early dialog of a caller.                              */
static void on_ack(struct dialog_user *du, const osip_message_t *ack)
{
	(void)du;
	(void)ack;
}

static struct early *make(struct uac *u, const osip_message_t *resp)
{
	struct early *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->u = u;
	e->user = (struct dialog_user){ .request = on_request,
					.ack = on_ack };
	if (dialog_init(&e->dialog, resp, u->request_uri,
			accepted_way(u->accepted)) ||
	    dialog_register(u->sip, &e->dialog, &e->user)) {
		free_early(e);
		return NULL;
	}
	e->next = u->earlies;
	u->earlies = e;
	return e;
}

static size_t count(const struct uac *u)
{
	size_t n = 0;

	for (const struct early *e = u->earlies; e; e = e->next)
		n++;
	return n;
}

/* ---- PRACK (RFC 3262 4) --------------------------------------------------- */

static void on_prack(void *arg, const osip_message_t *resp, int code,
		     bool final, const char *note)
{
	struct early *e = arg;

	(void)resp;
	(void)note;
	if (!final)
		return;
	uac_enter(e->u);
	uac_request_over(&e->dialog, &e->prack);
	e->over = uac_is_lost(code);
	if (code >= 300)
		log_warn("sip: PRACK answered %d", code);
	uac_leave();
}

static int add_rack(osip_message_t *prack, uint32_t rseq, uint32_t cseq)
{
	char text[48];

	(void)str_printf(text, sizeof(text), "%u %u INVITE", rseq, cseq);
	return build_add_header(prack, "RAck", text);
}

static int send_prack(struct early *e, uint32_t rseq, uint32_t cseq)
{
	struct client_params p = { .response = on_prack, .arg = e };
	int err = uac_request(e->u, &e->dialog, "PRACK", &p);

	if (!err)
		err = add_rack(p.request, rseq, cseq);
	return uac_ask(e->u, &e->dialog, &p, err, &e->prack);
}

/* In order, each once; one that comes while a PRACK is under way is taken when
 * it is repeated.                                                             */
static bool take_reliable(struct early *e, const osip_message_t *resp,
			  uint32_t rseq)
{
	int err;

	if (e->prack || e->over || (e->rseq && rseq != e->rseq + 1))
		return false;
	err = send_prack(e, rseq, msg_cseq(resp));
	if (err) {
		log_warn("sip: PRACK not sent: error %d", -err);
		return false;
	}
	e->rseq = rseq;
	return true;
}

/* RFC 3261 13.2.1: the first reliable description is the answer. Another one is
 * a forecast, good for a far end whose 2xx has none.                          */
static void keep_sdp(struct early *e, const osip_message_t *resp,
		     bool reliable)
{
	size_t len;
	const char *sdp = msg_sdp(resp, &len);
	char *copy;

	if (!sdp || len > SDP_MAX || e->answered)
		return;
	copy = malloc(len);
	if (!copy)
		return;
	memcpy(copy, sdp, len);
	free(e->sdp);
	e->sdp = copy;
	e->sdp_len = len;
	e->answered = reliable;
}

bool early_take(struct uac *u, const osip_message_t *resp)
{
	bool reliable = extension_named(resp, "require", "100rel");
	struct early *e;
	uint32_t rseq;

	if (!*msg_to_tag(resp))
		return true;
	e = find(u, resp);
	if (!e && count(u) < EARLIES_MAX)
		e = make(u, resp);
	if (!e)
		return true;
	reliable = reliable && extension_rseq(resp, &rseq);
	if (reliable && !take_reliable(e, resp, rseq))
		return false;
	keep_sdp(e, resp, reliable);
	return true;
}

/* ---- what the far end asks before it answers ------------------------------ */

/* RFC 3261 15: it may not; but if its 2xx was overtaken, that is what it means. */
static void on_bye(struct early *e, struct inbound *in)
{
	int cause = msg_q850_cause(in->req);

	uas_answer(in, 200);
	log_info("sip: BYE before the answer");
	e->bye = true;
	if (cause)
		e->u->result.q850_cause = cause;
}

/* The business can follow one fork; the others stay as they are.              */
static int settle(struct early *e)
{
	struct uac *u = e->u;
	int code = 488;

	if (e->settled)
		return 200;
	for (const struct early *o = u->earlies; o; o = o->next)
		if (o->settled)
			return 488;
	if (u->events.early_answer)
		code = u->events.early_answer(u->arg, e->sdp, e->sdp_len);
	e->settled = code == 200;
	return code;
}

static void accept_update(struct early *e, struct inbound *in,
			  const char *sdp)
{
	osip_message_t *resp = uac_accept(e->u, &e->dialog, in, sdp,
					  &e->said);

	if (resp)
		(void)uas_send(in, resp);
	else
		uas_answer(in, 500);
}

/* RFC 3311 5.2: our own offer must have its answer first.                     */
static void on_offer(struct early *e, struct inbound *in, const char *sdp,
		     size_t len)
{
	struct uac *u = e->u;
	char answer[UAC_SDP_MAX] = "";
	int code;

	if (!e->answered) {
		uas_answer(in, 491);
		return;
	}
	code = settle(e);
	if (code == 200)
		code = u->events.offer ?
		       u->events.offer(u->arg, sdp, len, answer,
				       sizeof(answer)) : 488;
	if (code == 200)
		accept_update(e, in, answer);
	else
		uas_answer(in, code);
}

static void on_update(struct early *e, struct inbound *in)
{
	size_t len;
	const char *sdp = msg_sdp(in->req, &len);

	if (uas_body_refused(in) || uac_target_refused(&e->dialog, in))
		return;
	if (sdp)
		on_offer(e, in, sdp, len);
	else
		accept_update(e, in, NULL);
}

static void on_request(struct dialog_user *du, struct inbound *in)
{
	struct early *e = (struct early *)((char *)du -
					   offsetof(struct early, user));
	const struct uac *u = e->u;

	uac_enter(u);
	if (!uac_takes(&e->dialog, in))
		goto out;
	if (!strcmp(in->req->sip_method, "BYE"))
		on_bye(e, in);
	else if (!strcmp(in->req->sip_method, "UPDATE"))
		on_update(e, in);
	else if (!strcmp(in->req->sip_method, "INVITE"))
		uas_answer(in, 491);	/* 14.2: ours is under way             */
	else
		uac_answer_other(in);
 out:
	uac_leave();
}

/* ---- the 2xx -------------------------------------------------------------- */

/* By its length: a NUL in it is for its reader to refuse.                     */
static int copy_answer(struct uac *u, const osip_message_t *resp)
{
	const char *sdp = msg_sdp(resp, &u->answer_len);

	if (!sdp)
		return 0;
	u->answer = malloc(u->answer_len);
	if (!u->answer)
		return -ENOMEM;
	memcpy(u->answer, sdp, u->answer_len);
	return 0;
}

/* What was answered reliably stands, whatever the 2xx says (13.2.1). What the
 * business has settled since is not told again.                               */
static int choose_answer(struct uac *u, struct early *e,
			 const osip_message_t *resp)
{
	size_t len;

	if (!e || !e->sdp || (!e->answered && msg_sdp(resp, &len)))
		return copy_answer(u, resp);
	if (e->settled)
		return 0;
	u->answer = e->sdp;
	u->answer_len = e->sdp_len;
	e->sdp = NULL;
	return 0;
}

/* 13.2.2.4: route set and target are those of the 2xx; the numbers go on.     */
static int take_dialog(struct uac *u, struct early *e,
		       const osip_message_t *resp)
{
	int err = dialog_init(&u->dialog, resp,
			      e ? e->dialog.target : u->request_uri,
			      accepted_way(u->accepted));

	if (err || !e)
		return err;
	uac_request_over(&e->dialog, &e->prack);
	u->dialog.local_cseq = e->dialog.local_cseq;
	u->dialog.remote_cseq = e->dialog.remote_cseq;
	u->peer_bye = e->bye;
	return 0;
}

int early_confirm(struct uac *u, const osip_message_t *resp)
{
	struct early *e = find(u, resp);
	int err = choose_answer(u, e, resp);

	if (!err)
		err = take_dialog(u, e, resp);
	if (e && e->said) {
		free(u->sdp);
		u->sdp = e->said;
		e->said = NULL;
	}
	unsettle(u, e);
	early_free_all(u);
	return err;
}
