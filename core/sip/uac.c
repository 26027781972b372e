/*
 * uac.c - an outgoing call as the business sees it: its life and its end.
 *
 * What the business is told never comes from inside its own calls, and the end
 * always comes from a timer, when no other function of the call is running: so
 * it may free the call in any event. A call that is freed before its end becomes
 * an orphan, which tells nobody, hangs up by itself and then goes.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/uac.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/uac_call.h"

void uac_enter(const struct uac *u)
{
	log_context(u->call_id);
}

void uac_leave(void)
{
	log_context(NULL);
}

static void wake(struct uac *u)
{
	if (timer_set_ms(stack_timers(u->sip), &u->later, 0))
		log_error("sip: no memory for a timer");
}

void uac_set_reason(struct uac *u, int code, const char *text)
{
	u->result.code = code;
	sip_reason_text(u->result.reason, code, text);
}

/* ---- the end -------------------------------------------------------------- */

/* Whatever of the call is still known to others.                              */
static void let_go(struct uac *u)
{
	timer_stop(stack_timers(u->sip), &u->ring);
	timer_stop(stack_timers(u->sip), &u->later);
	refresh_stop(u);
	client_free(u->client);
	u->client = NULL;
	early_free_all(u);
	dialog_unregister(u->sip, &u->dialog);
	dialog_deinit(&u->dialog);
	if (u->reinvite) {
		txn_confirm(u->reinvite);
		u->reinvite = NULL;
	}
	accepted_release(u->accepted);
	u->accepted = NULL;
}

void uac_free_opening(struct uac *u)
{
	if (!u->opening)
		return;
	free(u->opening->headers);
	free(u->opening->routes);
	free(u->opening);
	u->opening = NULL;
}

static void destroy(struct uac *u)
{
	let_go(u);
	LIST_LEAVE(u, link);
	uac_free_opening(u);
	redirect_free(u->redirect);
	free(u->request_uri);
	free(u->from_user);
	free(u->from_domain);
	free(u->from_name);
	free(u->sdp);
	free(u->answer);
	sip_auth_unref(u->auth);
	free(u);
}

void uac_end(struct uac *u, enum uac_end end)
{
	if (u->state == UAC_ENDED)
		return;
	u->state = UAC_ENDED;
	u->result.end = end;
	let_go(u);
	wake(u);
}

static void tell_end(struct uac *u)
{
	void (*ended)(void *, const struct uac_result *) = u->events.ended;
	struct uac_result result = u->result;

	if (LIST_HAS(u, link))
		destroy(u);
	else if (ended)
		ended(u->arg, &result);
}

static void on_later(struct timer *t)
{
	struct uac *u = t->arg;

	uac_enter(u);
	if (u->state == UAC_ENDED)
		tell_end(u);
	else if (u->state == UAC_ANSWERED && (u->hangup || u->losing))
		uac_send_bye(u);
	uac_leave();
}

static void on_ring(struct timer *t)
{
	struct uac *u = t->arg;

	if (u->hangup || !u->client)
		return;
	uac_enter(u);
	log_info("sip: no answer within %d ms", u->ring_timeout_ms);
	u->rung_out = true;
	client_cancel(u->client, 0);
	uac_leave();
}

/* ---- birth ---------------------------------------------------------------- */

/* No byte that could end the line, the URI or the header around it.           */
static bool uri_text_ok(const char *text)
{
	return !str_has_ctl(text) && !strpbrk(text, " <>\"\\,");
}

static bool uri_ok(const char *text)
{
	osip_uri_t *uri = NULL;
	bool ok;

	if (!text || !uri_text_ok(text) || osip_uri_init(&uri))
		return false;
	/* osip unescapes the user part: "%0d" and "%00" show here.            */
	ok = !osip_uri_parse(uri, text) && uri->scheme &&
	     !strcasecmp(uri->scheme, "sip") && uri->host &&
	     host_is_valid(uri->host) && !osip_list_size(&uri->url_headers) &&
	     !strstr(text, "%00") &&
	     (!uri->username || !str_has_ctl(uri->username)) &&
	     (!uri->password || !str_has_ctl(uri->password));
	osip_uri_free(uri);
	return ok;
}

/* "Name: value"; what name and value may be is checked where they come from.  */
static bool header_ok(const char *line)
{
	return !str_has_ctl(line) && strchr(line, ':') && *line != ':';
}

static bool lists_are_sound(const struct uac_params *p)
{
	const char *const *text;

	for (text = p->headers; text && *text; text++)
		if (!header_ok(*text))
			return false;
	for (text = p->routes; text && *text; text++)
		if (str_has_ctl(*text) || **text != '<')
			return false;
	return true;
}

static bool is_sound(const struct uac_params *p,
		     const struct uac_events *events)
{
	return uri_ok(p->request_uri) && (p->sdp || events->local_offer) &&
	       (!p->from_user || !str_has_ctl(p->from_user)) &&
	       (!p->from_name || !str_has_ctl(p->from_name)) &&
	       (!p->from_domain || host_is_valid(p->from_domain)) &&
	       lists_are_sound(p);
}

/* One behind the other, each with its NUL, and an empty one at the end.       */
static int copy_list(char **dst, const char *const *list)
{
	struct buf out;
	int err;

	if (!list)
		return 0;
	buf_init(&out, BUILD_MESSAGE_MAX);
	for (; *list; list++)
		buf_write(&out, *list, strlen(*list) + 1);
	buf_putc(&out, '\0');
	err = out.err;
	if (!err)
		*dst = buf_take(&out);
	buf_deinit(&out);
	return err;
}

static int copy_opening(struct uac *u, const struct uac_params *p)
{
	int err;

	u->opening = calloc(1, sizeof(*u->opening));
	if (!u->opening)
		return -ENOMEM;
	u->opening->target = p->target;
	err = copy_list(&u->opening->headers, p->headers);
	return err ? err : copy_list(&u->opening->routes, p->routes);
}

static int copy_params(struct uac *u, const struct uac_params *p)
{
	if (str_set(&u->request_uri, p->request_uri) ||
	    str_set(&u->from_user, p->from_user) ||
	    str_set(&u->from_domain, p->from_domain) ||
	    str_set(&u->from_name, p->from_name) || str_set(&u->sdp, p->sdp))
		return -ENOMEM;
	u->caller_id = p->caller_id;
	u->refresh.asked_s = p->session_expires_s;
	u->ring_timeout_ms = p->ring_timeout_ms;
	u->auth = sip_auth_ref(p->auth);
	return copy_opening(u, p);
}

int uac_new(struct uac **up, struct sip *sip, const struct uac_params *params,
	    const struct uac_events *events, void *arg)
{
	struct uac *u;
	int err;

	if (!is_sound(params, events))
		return -EINVAL;
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->sip = sip;
	u->events = *events;
	u->arg = arg;
	u->user = (struct dialog_user){ .request = uac_on_request,
					.ack = uac_on_ack };
	timer_init(&u->ring, on_ring, u);
	timer_init(&u->later, on_later, u);
	refresh_init(u);
	u->bye = UAC_END_BYE_SENT;
	random_hex(sip->random, u->call_id, 32);
	stack_tag(sip, u->tag);
	err = copy_params(u, params);
	if (err)
		destroy(u);
	else
		*up = u;
	return err;
}

/* ---- the door ------------------------------------------------------------- */

int uac_invite(struct uac *u)
{
	int err;

	if (u->state != UAC_IDLE)
		return -EALREADY;
	err = accepted_new(&u->accepted, u->sip, u->call_id, u->tag,
			   u->request_uri, u->auth);
	if (!err)
		err = uac_send_invite(u);
	if (err) {
		let_go(u);
		return err;
	}
	u->state = UAC_CALLING;
	if (u->ring_timeout_ms > 0)
		err = timer_set_ms(stack_timers(u->sip), &u->ring,
				   u->ring_timeout_ms);
	return err;
}

void uac_hangup(struct uac *u, int q850)
{
	if (u->hangup)
		return;
	u->hangup = true;
	if (!u->losing)
		u->q850 = q850;
	switch (u->state) {
	case UAC_IDLE:
		uac_end(u, UAC_END_CANCELED);
		break;
	case UAC_CALLING:
	case UAC_PROCEEDING:
		client_cancel(u->client, q850);
		break;
	case UAC_ANSWERED:
		wake(u);
		break;
	default:
		break;			/* follows by itself                   */
	}
}

const char *uac_call_id(const struct uac *u)
{
	return u->call_id;
}

static void make_orphan(struct uac *u)
{
	struct sip *sip = u->sip;

	u->events = (struct uac_events){ 0 };
	LIST_INSERT_HEAD(&sip->orphans, u, link);
	uac_hangup(u, 0);
}

void uac_free(struct uac *u)
{
	if (!u)
		return;
	if (u->state == UAC_IDLE || u->state == UAC_ENDED)
		destroy(u);
	else
		make_orphan(u);
}

void uac_free_orphans(struct sip *sip)
{
	while (!LIST_EMPTY(&sip->orphans))
		destroy(LIST_FIRST(&sip->orphans));
}
