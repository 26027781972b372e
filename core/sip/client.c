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
#include "sip/client.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/cancel.h"
#include "sip/credentials.h"
#include "sip/msg.h"
#include "sip/oversize.h"
#include "sip/resolve.h"
#include "sip/stack.h"
#include "sip/txn.h"

enum {
	REST_MS = 30000,		/* of a server that did not answer     */
};

struct client {
	struct sip *sip;
	struct client_params p;		/* p.request is ours; as last sent     */
	uint32_t cseq;
	struct resolve_query *query;
	struct resolve_way *ways;	/* that were found                     */
	size_t n_ways, place;		/* `place`: the next one               */
	struct hop way;			/* by which it was meant to leave      */
	struct hop hop;			/* by which it leaves: the same, or TCP
					 * for its length (18.1.1)             */
	int err;			/* of the last way that was none       */
	struct credentials_use use;
	unsigned int again;		/* times that `again` was heard        */
	struct oversize *oversize;	/* waits for a connection to open      */

	struct txn *txn;
	struct timer timer;		/* late verdict, or the end of CANCEL  */
	int verdict;			/* 0: none is waiting                  */
	char note[SIP_REASON_LEN];	/* "": none                            */
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
	c->p.response(c->p.arg, resp, code, true, note && *note ? note : NULL);
}

/* A local verdict, told from the timer since it may arise inside a call of the
 * owner's.                                                                    */
static void fail_later(struct client *c, int code, const char *note)
{
	c->verdict = code;
	(void)str_copy(c->note, sizeof(c->note), note);
	if (timer_set_ms(stack_timers(c->sip), &c->timer, 0))
		log_error("sip: no memory for a timer");
}

/* ---- one try -------------------------------------------------------------- */

static void on_txn(void *arg, const osip_message_t *resp, int code,
		   const char *note);

static int complete(struct client *c)
{
	osip_message_t *req = c->p.request;
	char branch[STACK_BRANCH_LEN];
	struct buf sent_by;
	int err;

	buf_init(&sent_by, SIP_HOST_LEN + 16);
	hop_sent_by(c->sip, &c->hop, &sent_by);
	stack_branch(c->sip, branch);
	err = sent_by.err;
	if (!err)
		err = build_set_via(req, c->hop.transport, sent_by.data,
				    branch);
	buf_deinit(&sent_by);
	if (!err)
		err = build_set_cseq(req, c->cseq);
	if (!err)
		err = credentials_apply(c->p.auth, &c->use, req, &c->hop,
					c->sip->random);
	return err;
}

/* Timer B belongs to all the servers together: one that is silent must leave
 * time for the next.                                                          */
static void share_time(struct client *c)
{
	int ms = c->place < c->n_ways ? stack_64t1_ms(c->sip) / CLIENT_SHARE :
					0;

	if (c->p.silence_ms && (!ms || c->p.silence_ms < ms))
		ms = c->p.silence_ms;
	if (ms)
		txn_limit(c->txn, ms);
}

/* A new transaction by the way in hand. Takes the bytes of the request.       */
static int transact(struct client *c, struct wire wire)
{
	int err = c->p.leaves ? c->p.leaves(c->p.arg, c->p.request, &c->way) :
				0;

	/* Or it was cancelled inside, as in send_request().                   */
	if (err || c->cancel) {
		osip_free(wire.data);
		return err;
	}
	c->provisional = false;
	err = txn_client(&c->txn, c->sip, c->p.request, wire, &c->hop, on_txn,
			 c);
	if (!err)
		share_time(c);
	return err;
}

static int write_request(struct client *c, struct wire *wire)
{
	int err = complete(c);

	return err ? err : build_wire(c->p.request, wire);
}

static bool try_next(struct client *c);

/* 18.1.1: the connection is open, or there will be none. Only Via tells of it:
 * where we are found (Contact) has not changed.                               */
static void on_oversize(void *arg, const struct hop *hop)
{
	struct client *c = arg;
	struct wire wire;
	int err;

	c->oversize = NULL;
	if (hop)
		c->hop = *hop;
	err = hop ? write_request(c, &wire) :
		    build_wire(c->p.request, &wire);
	if (!err)
		err = transact(c, wire);
	if (err && !try_next(c))
		fail_later(c, 503, "the request could not be sent");
}

static int send_request(struct client *c)
{
	struct wire wire;
	int err = c->p.prepare ? c->p.prepare(c->p.arg, c->p.request, &c->way) :
				 0;

	/* Cancelled inside: the verdict comes from its timer.                 */
	if (c->cancel)
		return 0;
	if (!err)
		err = write_request(c, &wire);
	if (err)
		return err;
	if (oversize_is(c->sip, wire.len, &c->hop) &&
	    !oversize_start(&c->oversize, c->sip, &c->hop,
			    c->p.target.listen, on_oversize, c)) {
		osip_free(wire.data);
		return 0;
	}
	return transact(c, wire);
}

static const char *certificate_name(const struct sip_target *t)
{
	return *t->name ? t->name : t->host;
}

static int try_way(struct client *c, const struct resolve_way *way)
{
	const struct sip_target *t = &c->p.target;
	int err = hop_open(&c->way, c->sip, way->transport, &way->addr,
			   certificate_name(t), t->listen);

	c->hop = c->way;
	return err ? err : send_request(c);
}

/* True if there was one more server to try (RFC 3263 4.3).                    */
static bool try_next(struct client *c)
{
	while (c->place < c->n_ways) {
		c->err = try_way(c, &c->ways[c->place++]);
		if (!c->err)
			return true;
		log_warn("sip: no way to a server: %s", strerror(-c->err));
	}
	return false;
}

static void say_no_way(struct client *c)
{
	char note[SIP_REASON_LEN];

	(void)str_printf(note, sizeof(note), "no way to the address: %s",
			 strerror(-c->err));
	deliver(c, NULL, 503, note);
}

/* Mostly one, of the many that there may be.                                  */
static int keep_ways(struct client *c, const struct resolve_result *result)
{
	size_t size = result->n * sizeof(*c->ways);

	free(c->ways);
	c->place = c->n_ways = 0;
	c->ways = size ? malloc(size) : NULL;
	if (!size)
		return 0;
	if (!c->ways)
		return -ENOMEM;
	memcpy(c->ways, result->ways, size);
	c->n_ways = result->n;
	return 0;
}

static void on_resolved(void *arg, const struct resolve_result *result)
{
	struct client *c = arg;

	c->query = NULL;
	if (result->err)
		deliver(c, NULL, 503, result->note);
	else if (keep_ways(c, result))
		deliver(c, NULL, 503, "no memory for the addresses");
	else if (!try_next(c))
		say_no_way(c);
}

static int find_way(struct client *c)
{
	struct resolve_reach reach;

	hop_reach(c->sip, c->p.target.listen, &reach);
	return resolve_start(&c->query, c->sip->resolver, &c->p.target, &reach,
			     on_resolved, c);
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
			       &c->hop.remote, certificate_name(&c->p.target),
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

/* The next try of the same kind, with the next CSeq number (8.1.3.5); by another
 * connection where the server has closed the last one behind its answer.      */
static bool repeat(struct client *c)
{
	const struct resolve_way way = { c->way.transport, c->way.remote };

	c->cseq++;
	return !try_way(c, &way);
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
	const char *name = certificate_name(&c->p.target);
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
	return !find_way(c);
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
	if (unwell && try_next(c))
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

static void on_txn(void *arg, const osip_message_t *resp, int code,
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
	(void)sip_auth_ref(c->p.auth);
	c->use.known_realms_only = !params->own_target;
	c->cseq = msg_cseq(req);
	timer_init(&c->timer, on_timer, c);
	*cp = c;
	return 0;
}

int client_start(struct client *c)
{
	return find_way(c);
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
