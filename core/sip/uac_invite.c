/*
 * uac_invite.c - INVITE and its answers (RFC 3261 13.2).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/msg.h"
#include "sip/uac_call.h"

/* As much as a datagram should hold at the most.                              */
#define OFFER_MAX 4096

/* ---- the request ---------------------------------------------------------- */

static void write_from(const struct uac *u, struct buf *out)
{
	/* Without a domain of its own, prepare() writes our address.          */
	const char *domain = u->from_domain ? u->from_domain : "0.0.0.0";
	bool bare_v6 = strchr(domain, ':') && *domain != '[';

	buf_puts(out, "From: ");
	if (u->from_name && *u->from_name) {
		build_quoted(out, u->from_name);
		buf_putc(out, ' ');
	}
	buf_puts(out, "<sip:");
	if (u->from_user && *u->from_user) {
		build_user(out, u->from_user);
		buf_putc(out, '@');
	}
	buf_printf(out, bare_v6 ? "[%s]" : "%s", domain);
	buf_printf(out, ">;tag=%s\r\n", u->tag);
}

/* 19.1.1, table 1: To holds no port and no parameter that says how to get there,
 * so only the user parameter is taken over from the Request-URI.              */
static int write_to(const struct uac *u, struct buf *out)
{
	osip_uri_t *uri = NULL, *to = NULL;
	osip_uri_param_t *user = NULL;
	char *text = NULL;
	int err = -ENOMEM;

	if (osip_uri_init(&uri) || osip_uri_init(&to) ||
	    osip_uri_parse(uri, u->request_uri))
		goto out;
	to->scheme = osip_strdup(uri->scheme);
	to->host = osip_strdup(uri->host);
	if (uri->username)
		to->username = osip_strdup(uri->username);
	osip_uri_uparam_get_byname(uri, "user", &user);
	if (user && user->gvalue && !strcasecmp(user->gvalue, "phone"))
		osip_uri_set_user_phone(to);
	if (osip_uri_to_str(to, &text))
		goto out;
	buf_printf(out, "To: <%s>\r\n", text);
	osip_free(text);
	err = out->err;
 out:
	osip_uri_free(uri);
	osip_uri_free(to);
	return err;
}

static int make_invite(struct uac *u, osip_message_t **mp)
{
	osip_message_t *m = NULL;
	struct buf out;
	int err;

	buf_init(&out, BUILD_MESSAGE_MAX);
	buf_printf(&out, "INVITE %s SIP/2.0\r\n", u->request_uri);
	write_from(u, &out);
	err = write_to(u, &out);
	buf_printf(&out, "Call-ID: %s\r\n", u->call_id);
	buf_printf(&out, "CSeq: %u INVITE\r\n",
		   1 + random_below(u->sip->random, 65535));
	buf_puts(&out, "Allow: " BUILD_ALLOW "\r\nSupported: \r\n\r\n");
	if (!err)
		err = build_parse(&m, &out);
	buf_deinit(&out);
	if (err)
		return err;
	err = u->sdp ? build_set_sdp(m, u->sdp) : 0;
	if (err)
		osip_message_free(m);
	else
		*mp = m;
	return err;
}

int uac_set_contact(const struct uac *u, osip_message_t *m,
		    const struct addr *local)
{
	struct buf out;
	int err;

	buf_init(&out, BUILD_MESSAGE_MAX);
	buf_puts(&out, "<sip:");
	if (u->from_user && *u->from_user) {
		build_user(&out, u->from_user);
		buf_putc(&out, '@');
	}
	stack_sent_by(u->sip, local, &out);
	buf_putc(&out, '>');
	osip_list_special_free(&m->contacts,
			       (void (*)(void *))osip_contact_free);
	err = out.err;
	if (!err && osip_message_set_contact(m, out.data))
		err = -ENOMEM;
	buf_deinit(&out);
	return err;
}

/* From must stay as it is when the request is tried again, also elsewhere.    */
static int set_from_domain(struct uac *u, osip_message_t *m,
			   const struct addr *local)
{
	const char *own = u->sip->advertise_host;
	char ip[ADDR_TEXT_LEN];
	char *host;

	if (u->from_domain)
		return 0;
	addr_ip_text(local, ip);
	/* osip keeps an IPv6 literal without its brackets.                    */
	own += *own == '[';
	u->from_domain = *own ? strndup(own, strcspn(own, "]")) : strdup(ip);
	host = u->from_domain ? osip_strdup(u->from_domain) : NULL;
	if (!host)
		return -ENOMEM;
	osip_free(m->from->url->host);
	m->from->url->host = host;
	return 0;
}

/* Like From, the offer stays as it is when the request is tried again.        */
static int set_offer(struct uac *u, osip_message_t *m,
		     const struct addr *local)
{
	char sdp[OFFER_MAX];
	int err;

	if (u->sdp)
		return 0;
	err = u->events.local_offer(u->arg, local, sdp, sizeof(sdp));
	if (err)
		return err;
	u->sdp = strdup(sdp);
	return u->sdp ? build_set_sdp(m, u->sdp) : -ENOMEM;
}

static int prepare(void *arg, osip_message_t *m, const struct addr *local,
		   const struct addr *remote)
{
	struct uac *u = arg;
	const char *number = m->req_uri->username;
	char text[ADDR_TEXT_LEN];
	int err = set_from_domain(u, m, local);

	if (!err)
		err = uac_set_contact(u, m, local);
	if (!err)
		err = set_offer(u, m, local);
	addr_text(remote, text);
	uac_enter(u);
	log_info("sip: INVITE %s at %s", log_number(number ? number : ""),
		 text);
	uac_leave();
	return err;
}

static int leaves(void *arg, const osip_message_t *m, int listen)
{
	struct uac *u = arg;

	return accepted_invite(u->accepted, m, listen);
}

/* ---- its answers ---------------------------------------------------------- */

static void on_provisional(struct uac *u, const osip_message_t *resp, int code)
{
	u->state = UAC_PROCEEDING;
	if (code == 100 || u->hangup || u->rung_out)
		return;
	/* 8.1.3.2: an unknown one is treated as 183.                          */
	if (code < 180 || code > 183)
		code = 183;
	log_info("sip: provisional %d", resp->status_code);
	if (u->events.provisional)
		u->events.provisional(u->arg, code, resp->reason_phrase);
}

/* Only who was heard can be said not to have answered: silence is a failure.  */
static enum uac_end end_of_failure(struct uac *u, const osip_message_t *resp)
{
	bool silent = u->state == UAC_CALLING && !resp &&
		      u->result.code == 408;

	if (!u->hangup && (!u->rung_out || silent))
		return UAC_END_FAILED;
	u->result.ring_timeout = u->rung_out && !silent;
	return UAC_END_CANCELED;
}

static void on_failure(struct uac *u, const osip_message_t *resp, int code,
		       const char *note)
{
	uac_set_reason(u, code, note ? note :
				resp ? resp->reason_phrase : NULL);
	u->result.local = !resp;
	u->result.own_words = note || !resp;
	if (resp) {
		u->result.q850_cause = msg_q850_cause(resp);
		u->result.retry_after_s = msg_retry_after(resp);
	}
	log_info("sip: not answered: %d %s", code, u->result.reason);
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

static void on_acked(void *arg, int err)
{
	struct uac *u = arg;

	uac_enter(u);
	if (err) {
		uac_end(u, UAC_END_LOST);
		goto out;
	}
	u->state = UAC_ANSWERED;
	log_info("sip: answered %d, ACK sent", u->result.code);
	/* Else the answer crossed the CANCEL.                                 */
	if (!u->hangup && !u->rung_out)
		tell_answer(u);
	if (u->peer_bye)
		uac_take_bye(u);
	else if (!u->told_answer)
		uac_send_bye(u);
 out:
	uac_leave();
}

/* By its length: a NUL in it is for its reader to refuse.                     */
static int keep_answer(struct uac *u, const osip_message_t *resp)
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

static int take_answer(struct uac *u, const osip_message_t *resp)
{
	int err = keep_answer(u, resp);

	if (err)
		return err;
	err = dialog_init(&u->dialog, resp, u->request_uri,
			  client_listen(u->client));
	if (!err)
		err = dialog_register(u->sip, &u->dialog, &u->user);
	if (!err)
		err = accepted_ack(u->accepted, &u->dialog, on_acked, u);
	return err;
}

static void on_answer(struct uac *u, const osip_message_t *resp, int code)
{
	int err;

	timer_stop(stack_timers(u->sip), &u->ring);
	u->state = UAC_ACKING;
	uac_set_reason(u, code, resp->reason_phrase);
	err = take_answer(u, resp);
	client_free(u->client);
	u->client = NULL;
	if (!err)
		return;
	log_warn("sip: the answer cannot be used: error %d", -err);
	uac_end(u, UAC_END_LOST);
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
		.target = u->target,
		.account = &u->account,
		.auth = &u->auth,
		.prepare = prepare,
		.leaves = leaves,
		.response = on_response,
		.arg = u,
	};
	int err = make_invite(u, &p.request);

	if (!err)
		err = client_new(&u->client, u->sip, &p);
	return err ? err : client_start(u->client);
}
