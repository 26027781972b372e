/*
 * client.c - one request with all that may repeat it.
 *
 *	resolve -> try addrs[0] -> challenge? again, CSeq + 1
 *	               |            408, 503: next address, new branch
 *	               \-> final
 *
 * CANCEL waits for a provisional answer (RFC 3261 9.1); until then it is a wish,
 * and while there is a wish nothing is tried again.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/client.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "sip/build.h"
#include "sip/credentials.h"
#include "sip/msg.h"
#include "sip/resolve.h"
#include "sip/stack.h"
#include "sip/txn.h"

struct client {
	struct sip *sip;
	struct client_params p;		/* p.request is ours; as last sent     */
	uint32_t cseq;
	struct resolve_query *query;
	struct resolve_result found;
	size_t place;			/* in found.addrs                      */
	size_t sock;
	struct addr local, remote;
	struct credentials_use use;

	struct txn *txn;
	struct timer timer;		/* late verdict, or the end of CANCEL  */
	int verdict;			/* 0: none is waiting                  */
	const char *note;
	int q850;
	bool provisional, cancel, cancel_sent, over;
};

/* ---- the end -------------------------------------------------------------- */

/* The last thing that happens: the owner may free c inside.                   */
static void deliver(struct client *c, const osip_message_t *resp, int code,
		    const char *note)
{
	c->over = true;
	timer_stop(stack_timers(c->sip), &c->timer);
	c->p.response(c->p.arg, resp, code, true, note);
}

/* A local verdict, told from the timer since it may arise inside a call of the
 * owner's.                                                                    */
static void fail_later(struct client *c, int code, const char *note)
{
	c->verdict = code;
	c->note = note;
	if (timer_set_ms(stack_timers(c->sip), &c->timer, 0))
		log_error("sip: no memory for a timer");
}

/* ---- one try -------------------------------------------------------------- */

static void on_txn(void *arg, const osip_message_t *resp, int code);

static int complete(struct client *c)
{
	osip_message_t *req = c->p.request;
	char branch[STACK_BRANCH_LEN];
	struct buf sent_by;
	int err;

	buf_init(&sent_by, SIP_HOST_LEN + 16);
	stack_sent_by(c->sip, &c->local, &sent_by);
	stack_branch(c->sip, branch);
	err = sent_by.err;
	if (!err)
		err = build_set_via(req, sent_by.data, branch);
	buf_deinit(&sent_by);
	if (!err)
		err = build_set_cseq(req, c->cseq);
	if (!err)
		err = credentials_apply(c->p.auth, c->p.account, req,
					c->sip->random);
	return err;
}

/* A new transaction to the address in hand.                                   */
static int send_request(struct client *c)
{
	osip_message_t *copy = NULL;
	int err = complete(c);

	if (!err && c->p.leaves)
		err = c->p.leaves(c->p.arg, c->p.request, (int)c->sock);
	if (err)
		return err;
	if (osip_message_clone(c->p.request, &copy))
		return -ENOMEM;
	c->provisional = false;
	return txn_client(&c->txn, c->sip, copy, c->sock, &c->remote, on_txn,
			  c);
}

static int try_address(struct client *c, const struct addr *remote)
{
	int sock = stack_pick(c->sip, c->p.target.listen,
			      remote->sa.sa_family);
	int err;

	if (sock < 0)
		return sock;
	c->sock = (size_t)sock;
	c->remote = *remote;
	err = stack_local(c->sip, c->sock, remote, &c->local);
	if (!err && c->p.prepare)
		err = c->p.prepare(c->p.arg, c->p.request, &c->local, remote);
	return err ? err : send_request(c);
}

/* True if there was one more address to try (RFC 3263 4.3).                   */
static bool try_next(struct client *c)
{
	while (c->place < c->found.n)
		if (!try_address(c, &c->found.addrs[c->place++]))
			return true;
	return false;
}

static void on_resolved(void *arg, const struct resolve_result *result)
{
	struct client *c = arg;

	c->query = NULL;
	c->found = *result;
	if (result->err)
		deliver(c, NULL, 503, "name not resolved");
	else if (!try_next(c))
		deliver(c, NULL, 503, "no way to the address");
}

/* ---- CANCEL (9.1) --------------------------------------------------------- */

static int clone_routes(osip_message_t *to, const osip_message_t *from)
{
	osip_route_t *route, *copy;

	for (int i = 0; (route = osip_list_get(&from->routes, i)); i++) {
		if (osip_route_clone(route, &copy))
			return -ENOMEM;
		if (osip_list_add(&to->routes, copy, -1) < 0) {
			osip_route_free(copy);
			return -ENOMEM;
		}
	}
	return 0;
}

static int fill_cancel(osip_message_t *m, const osip_message_t *invite)
{
	osip_via_t *via = NULL;

	m->sip_method = osip_strdup("CANCEL");
	m->sip_version = osip_strdup("SIP/2.0");
	if (!m->sip_method || !m->sip_version ||
	    osip_uri_clone(invite->req_uri, &m->req_uri) ||
	    osip_from_clone(invite->from, &m->from) ||
	    osip_to_clone(invite->to, &m->to) ||
	    osip_call_id_clone(invite->call_id, &m->call_id) ||
	    osip_cseq_clone(invite->cseq, &m->cseq) ||
	    osip_via_clone(msg_via(invite), &via))
		return -ENOMEM;
	if (osip_list_add(&m->vias, via, -1) < 0) {
		osip_via_free(via);
		return -ENOMEM;
	}
	osip_free(m->cseq->method);
	m->cseq->method = osip_strdup("CANCEL");
	return m->cseq->method ? clone_routes(m, invite) : -ENOMEM;
}

static int send_cancel(struct client *c)
{
	osip_message_t *m = NULL;
	struct txn *t;
	int err;

	if (osip_message_init(&m))
		return -ENOMEM;
	err = fill_cancel(m, c->p.request);
	if (!err)
		err = build_set_header(m, "Max-Forwards", "70");
	if (!err)
		err = build_add_agent(m, "User-Agent", c->sip);
	if (!err)
		err = build_set_q850(m, c->q850);
	if (err) {
		osip_message_free(m);
		return err;
	}
	/* Its answer says nothing; what counts is the INVITE's.               */
	return txn_client(&t, c->sip, m, c->sock, &c->remote, NULL, NULL);
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
		fail_later(c, 487, "cancelled before it was sent");
	}
}

static void on_timer(struct timer *t)
{
	struct client *c = t->arg;

	if (c->verdict) {
		deliver(c, NULL, c->verdict, c->note);
		return;
	}
	/* 64*T1 after CANCEL without a final answer: it is over.              */
	txn_drop(c->txn);
	c->txn = NULL;
	deliver(c, NULL, 487, "no answer to CANCEL");
}

/* ---- answers -------------------------------------------------------------- */

static bool retry_with_credentials(struct client *c,
				   const osip_message_t *resp,
				   const char **note)
{
	if (credentials_learn(c->p.auth, &c->use, c->p.account, resp, note))
		return false;
	*note = NULL;
	c->cseq++;
	return !send_request(c);
}

static bool try_again(struct client *c, const osip_message_t *resp, int code,
		      const char **note)
{
	if (c->cancel)
		return false;
	if (resp && (code == 401 || code == 407))
		return retry_with_credentials(c, resp, note);
	if (!resp || code == 503)
		return try_next(c);
	return false;
}

static void on_provisional(struct client *c, const osip_message_t *resp,
			   int code)
{
	c->provisional = true;
	if (c->cancel && !c->cancel_sent)
		cancel_now(c);
	c->p.response(c->p.arg, resp, code, false, NULL);
}

static void on_txn(void *arg, const osip_message_t *resp, int code)
{
	struct client *c = arg;
	const char *note = NULL;

	if (code < 200) {
		on_provisional(c, resp, code);
		return;
	}
	c->txn = NULL;
	if (!try_again(c, resp, code, &note))
		deliver(c, resp, code, note);
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
	c->cseq = msg_cseq(req);
	timer_init(&c->timer, on_timer, c);
	*cp = c;
	return 0;
}

int client_start(struct client *c)
{
	return resolve_start(&c->query, c->sip->resolver, &c->p.target,
			     stack_family(c->sip, c->p.target.listen),
			     on_resolved, c);
}

uint32_t client_cseq(const struct client *c)
{
	return c->cseq;
}

const struct addr *client_remote(const struct client *c)
{
	return &c->remote;
}

const struct addr *client_local(const struct client *c)
{
	return &c->local;
}

int client_listen(const struct client *c)
{
	return (int)c->sock;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	if (c->query)
		resolve_cancel(c->query);
	if (c->txn)
		txn_detach(c->txn);
	timer_stop(stack_timers(c->sip), &c->timer);
	osip_message_free(c->p.request);
	free(c);
}
