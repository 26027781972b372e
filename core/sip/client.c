/*
 * client.c - one request with all that may repeat it.
 *
 *	resolve -> try ways[0] -> challenge? again, CSeq + 1
 *	   ^           |            408, 503: next way, new branch
 *	   |           \-> final -> `again`? again, CSeq + 1
 *	   \------------------------ elsewhere
 *
 * CANCEL waits for a provisional answer (RFC 3261 9.1); until then it is a wish,
 * and while there is a wish nothing is tried again.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/client_impl.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/cancel.h"
#include "sip/msg.h"
#include "sip/oversize.h"
#include "sip/txn.h"

enum {
	REST_MS = 30000,		/* of a server that did not answer     */
};

/* ---- the end -------------------------------------------------------------- */

void client_deliver(struct client *c, const osip_message_t *resp, int code,
		    const char *note)
{
	c->over = true;
	timer_stop(stack_timers(c->sip), &c->timer);
	c->p.response(c->p.arg, resp, code, true, note && *note ? note : NULL);
}

void client_fail_later(struct client *c, int code, const char *note)
{
	c->verdict = code;
	(void)str_copy(c->note, sizeof(c->note), note);
	if (timer_set_ms(stack_timers(c->sip), &c->timer, 0))
		log_error("sip: no memory for a timer");
}

/* ---- CANCEL (9.1) --------------------------------------------------------- */

static int send_cancel(struct client *c)
{
	osip_message_t *m = NULL;
	struct wire wire;
	struct txn *t;
	int err = cancel_request(&m, c->sip, c->p.request, c->q850);

	if (err)
		return err;
	/* The INVITE's connection may be gone: CANCEL takes another.          */
	if (!hop_is_open(c->sip, &c->hop))
		(void)hop_open(&c->hop, c->sip, c->hop.transport,
			       &c->hop.remote,
			       client_certificate_name(&c->p.target),
			       c->p.target.listen);
	err = build_wire(m, &wire);
	/* Its answer says nothing; what counts is the INVITE's.               */
	if (!err)
		err = txn_client(&t, c->sip, m, wire, &c->hop, NULL, NULL);
	if (!err)
		txn_detach(t);
	else
		osip_message_free(m);
	return err;
}

static void cancel_now(struct client *c)
{
	int err = send_cancel(c);

	c->cancel_sent = true;
	if (err)
		log_warn("sip: CANCEL not sent: error %d", -err);
	if (timer_set_ms(stack_timers(c->sip), &c->timer,
			 stack_64t1_ms(c->sip)))
		log_error("sip: no memory for a timer");
}

void client_cancel(struct client *c, int q850)
{
	if (c->over || c->cancel || c->verdict)
		return;
	c->cancel = true;
	c->q850 = q850;
	if (c->txn && c->provisional) {
		cancel_now(c);
	} else if (!c->txn) {
		if (c->query)
			resolve_cancel(c->query);
		c->query = NULL;
		oversize_cancel(c->oversize);
		c->oversize = NULL;
		client_fail_later(c, 487, "cancelled before it was sent");
	}
}

static void on_timer(struct timer *t)
{
	struct client *c = t->arg;

	if (c->verdict) {
		client_deliver(c, NULL, c->verdict, c->note);
		return;
	}
	/* 64*T1 after CANCEL without a final answer: it is over.              */
	txn_drop(c->txn);
	c->txn = NULL;
	client_deliver(c, NULL, 487, "no answer to CANCEL");
}

/* ---- answers -------------------------------------------------------------- */

/* The next try of the same kind, with the next CSeq number (8.1.3.5); by another
 * connection where the server has closed the last one behind its answer.      */
static bool repeat(struct client *c)
{
	const struct resolve_way way = { c->way.transport, c->way.remote };

	c->cseq++;
	return !client_try_way(c, &way);
}

static bool retry_with_credentials(struct client *c,
				   const osip_message_t *resp,
				   const char **note)
{
	if (credentials_learn(c->p.auth, &c->use, resp, &c->hop, note))
		return false;
	*note = NULL;
	return repeat(c);
}

/* RFC 3263 4.3, RFC 3261 20.33: it is left alone for a while, by all.         */
static void rest(struct client *c, const osip_message_t *resp)
{
	const struct resolve_way way = { c->way.transport, c->way.remote };
	const char *name = client_certificate_name(&c->p.target);
	int s = resp ? msg_retry_after(resp) : 0;

	if (s > SIP_REST_MAX_S)
		s = SIP_REST_MAX_S;
	if (s > 0)
		resolve_leave_alone(c->sip->resolver, &way, name, s * S_MS);
	else
		resolve_rest(c->sip->resolver, &way, name, REST_MS);
}

static bool same_target(const struct sip_target *a, const struct sip_target *b)
{
	return !strcmp(a->host, b->host) && a->port == b->port &&
	       a->transport == b->transport;
}

static bool ask_owner(struct client *c, const osip_message_t *resp)
{
	struct sip_target before = c->p.target;

	if (!c->p.again || c->again >= CLIENT_MAX_AGAIN ||
	    !c->p.again(c->p.arg, resp, c->p.request, &c->p.target))
		return false;
	c->again++;
	if (same_target(&before, &c->p.target))
		return repeat(c);
	c->cseq++;
	c->use.known_realms_only = true;	/* learned from the wire       */
	c->p.target.prefer.sa.sa_family = AF_UNSPEC;
	return !client_find_way(c);
}

/* What can be cured is often not what the last of several servers failed by.   */
static void add_reason(struct client *c, const char **note)
{
	size_t len = strlen(c->note);

	if (!*note)
		return;
	if (!strstr(c->note, *note))
		(void)str_printf(c->note + len, sizeof(c->note) - len,
				 "%s%s", len ? "; " : "", *note);
	*note = c->note;
}

static bool try_again(struct client *c, const osip_message_t *resp, int code,
		      const char **note)
{
	bool unwell = !resp || code == 503;

	if (unwell)
		rest(c, resp);
	if (!resp)
		add_reason(c, note);
	if (c->cancel)
		return false;
	if (resp && (code == 401 || code == 407))
		return retry_with_credentials(c, resp, note);
	if (unwell && client_try_next(c))
		return true;
	return resp && code >= 300 && ask_owner(c, resp);
}

static void on_provisional(struct client *c, const osip_message_t *resp,
			   int code)
{
	c->provisional = true;
	if (c->cancel && !c->cancel_sent)
		cancel_now(c);
	c->p.response(c->p.arg, resp, code, false, NULL);
}

void client_on_txn(void *arg, const osip_message_t *resp, int code,
		   const char *why)
{
	struct client *c = arg;
	const char *note = why;

	if (code < 200) {
		on_provisional(c, resp, code);
		return;
	}
	c->txn = NULL;
	if (resp && code < 300)
		credentials_info(c->p.auth, resp, &c->hop);
	if (!try_again(c, resp, code, &note))
		client_deliver(c, resp, code, note);
}

/* ---- the door ------------------------------------------------------------- */

int client_new(struct client **cp, struct sip *sip,
	       const struct client_params *params)
{
	osip_message_t *req = params->request;
	struct client *c = calloc(1, sizeof(*c));
	int err = c ? 0 : -ENOMEM;

	if (!err)
		err = build_set_header(req, "Max-Forwards", "70");
	if (!err)
		err = build_add_agent(req, "User-Agent", sip);
	if (err) {
		osip_message_free(req);
		free(c);
		return err;
	}
	c->sip = sip;
	c->p = *params;
	(void)sip_auth_ref(c->p.auth);
	c->use.known_realms_only = !params->own_target;
	c->cseq = msg_cseq(req);
	timer_init(&c->timer, on_timer, c);
	*cp = c;
	return 0;
}

int client_start(struct client *c)
{
	return client_find_way(c);
}

uint32_t client_cseq(const struct client *c)
{
	return c->cseq;
}

const struct hop *client_hop(const struct client *c)
{
	return &c->way;
}

const struct sip_target *client_target(const struct client *c)
{
	return &c->p.target;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	if (c->query)
		resolve_cancel(c->query);
	oversize_cancel(c->oversize);
	if (c->txn)
		txn_detach(c->txn);	/* with the request                    */
	else
		osip_message_free(c->p.request);
	sip_auth_unref(c->p.auth);
	timer_stop(stack_timers(c->sip), &c->timer);
	free(c->ways);
	free(c);
}
