/*
 * accepted.c - the 2xx answers of one INVITE, and what each must be given.
 *
 *	struct accepted	Call-ID + From tag, in sip->accepted
 *	  struct leg	one To tag: its ACK as bytes; a surplus one also its
 *			dialog and the BYE that ends it
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/accepted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/client.h"
#include "sip/msg.h"
#include "sip/resolve.h"

enum {
	LEGS_MAX = 16,			/* more is no fork but an attack       */
	KEY_MAX = 512,
	TRIES_MAX = 16,			/* addresses and challenges            */
};

/* One INVITE as it left. A 2xx that shows none of them is nobody's answer.    */
struct sent {
	char branch[STACK_BRANCH_LEN];
	uint32_t cseq;
};

struct leg {
	struct leg *next;
	struct accepted *a;
	char *to_tag;
	osip_message_t *ack;		/* until it was sent first             */
	struct resolve_query *query;	/* for the next hop                    */
	char *wire;			/* NULL: not sent yet; osip_free       */
	size_t wire_len, sock;
	struct addr remote;
	void (*done)(void *arg, int err);
	void *arg;

	bool surplus;
	struct dialog dialog;		/* surplus only                        */
	struct client *bye;
	struct client_auth *auth;
};

struct accepted {
	struct sip *sip;
	char *call_id, *from_tag, *request_uri;
	char *username, *password, *realm;
	struct sip_account account;	/* lends the three above               */
	osip_message_t *credentials;	/* holds nothing but those headers     */
	struct sent tries[TRIES_MAX];	/* the oldest is overwritten           */
	size_t n_tries;
	int listen;
	struct leg *legs;
	size_t n_legs;
	struct timer timer;		/* the end of 64*T1                    */
	bool heard, released;		/* a first 2xx; by the call            */
};

static void send_bye(struct leg *leg);

/* ---- life ----------------------------------------------------------------- */

static void leg_free(struct leg *leg)
{
	if (leg->query)
		resolve_cancel(leg->query);
	client_free(leg->bye);
	if (leg->surplus)
		dialog_deinit(&leg->dialog);
	osip_message_free(leg->ack);
	osip_free(leg->wire);
	free(leg->to_tag);
	free(leg->auth);
	free(leg);
}

static void write_key(struct buf *key, const char *call_id,
		      const char *from_tag)
{
	buf_init(key, KEY_MAX);
	buf_write(key, call_id, strlen(call_id) + 1);
	buf_write(key, from_tag, strlen(from_tag) + 1);
}

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void accepted_free(struct accepted *a)
{
	struct buf key;

	if (a->call_id && a->from_tag) {
		write_key(&key, a->call_id, a->from_tag);
		if (!key.err && map_get(a->sip->accepted, key.data,
					key.len) == a)
			map_remove(a->sip->accepted, key.data, key.len);
		buf_deinit(&key);
	}
	timer_stop(stack_timers(a->sip), &a->timer);
	while (a->legs) {
		struct leg *leg = a->legs;

		a->legs = leg->next;
		leg_free(leg);
	}
	osip_message_free(a->credentials);
	free(a->call_id);
	free(a->from_tag);
	free(a->request_uri);
	free(a->username);
	wipe(a->password);
	free(a->realm);
	free(a);
}

static bool is_busy(const struct accepted *a)
{
	for (const struct leg *leg = a->legs; leg; leg = leg->next)
		if (leg->query || leg->bye)
			return true;
	return false;
}

static void live_on(struct accepted *a)
{
	if (timer_set_ms(stack_timers(a->sip), &a->timer,
			 stack_64t1_ms(a->sip)))
		log_error("sip: no memory for a timer");
}

static void on_timer(struct timer *t)
{
	struct accepted *a = t->arg;

	if (!a->released)
		return;
	if (is_busy(a))
		live_on(a);
	else
		accepted_free(a);
}

static int copy(char **dst, const char *src)
{
	if (!src)
		return 0;
	*dst = strdup(src);
	return *dst ? 0 : -ENOMEM;
}

static int copy_params(struct accepted *a, const char *call_id,
		       const char *from_tag, const char *request_uri,
		       const struct sip_account *account)
{
	if (copy(&a->call_id, call_id) || copy(&a->from_tag, from_tag) ||
	    copy(&a->request_uri, request_uri) ||
	    copy(&a->username, account->username) ||
	    copy(&a->password, account->password) ||
	    copy(&a->realm, account->realm))
		return -ENOMEM;
	a->account = (struct sip_account){ .username = a->username,
					   .password = a->password,
					   .realm = a->realm };
	return osip_message_init(&a->credentials) ? -ENOMEM : 0;
}

int accepted_new(struct accepted **ap, struct sip *sip, const char *call_id,
		 const char *from_tag, const char *request_uri,
		 const struct sip_account *account, int listen)
{
	struct accepted *a = calloc(1, sizeof(*a));
	struct buf key;
	int err;

	if (!a)
		return -ENOMEM;
	a->sip = sip;
	a->listen = listen;
	timer_init(&a->timer, on_timer, a);
	err = copy_params(a, call_id, from_tag, request_uri, account);
	if (!err) {
		write_key(&key, call_id, from_tag);
		err = key.err ? key.err : map_put(sip->accepted, key.data,
						  key.len, a);
		buf_deinit(&key);
	}
	if (err)
		accepted_free(a);
	else
		*ap = a;
	return err;
}

int accepted_invite(struct accepted *a, const osip_message_t *invite,
		    int listen)
{
	struct sent *s = &a->tries[a->n_tries++ % TRIES_MAX];
	int err;

	(void)str_copy(s->branch, sizeof(s->branch), msg_branch(invite));
	s->cseq = msg_cseq(invite);
	a->listen = listen;
	build_remove_header(a->credentials, "Authorization");
	build_remove_header(a->credentials, "Proxy-Authorization");
	err = build_copy_headers(a->credentials, invite, "Authorization");
	if (!err)
		err = build_copy_headers(a->credentials, invite,
					 "Proxy-Authorization");
	return err;
}

void accepted_release(struct accepted *a)
{
	if (!a)
		return;
	a->released = true;
	for (struct leg *leg = a->legs; leg; leg = leg->next)
		leg->done = NULL;
	if (timer_pending(&a->timer))
		return;
	/* A call that ended long after its answer has nothing to wait for; one
	 * that never was answered may still get a late 2xx.                   */
	if (a->heard && !is_busy(a))
		accepted_free(a);
	else
		live_on(a);
}

void accepted_free_all(struct sip *sip)
{
	struct accepted *a;
	size_t pos = 0;

	while ((a = map_next(sip->accepted, &pos)))
		accepted_free(a);
}

/* ---- ACK ------------------------------------------------------------------ */

static int complete_ack(struct leg *leg)
{
	struct sip *sip = leg->a->sip;
	char branch[STACK_BRANCH_LEN];
	struct addr local;
	struct buf sent_by;
	int err = stack_local(sip, leg->sock, &leg->remote, &local);

	if (err)
		return err;
	buf_init(&sent_by, SIP_HOST_LEN + 16);
	stack_sent_by(sip, &local, &sent_by);
	stack_branch(sip, branch);
	err = sent_by.err ? sent_by.err :
			    build_set_via(leg->ack, sent_by.data, branch);
	buf_deinit(&sent_by);
	return err ? err : build_wire(leg->ack, &leg->wire, &leg->wire_len);
}

static int first_ack(struct leg *leg, const struct resolve_result *result)
{
	struct sip *sip = leg->a->sip;
	int sock, err;

	if (result->err)
		return result->err;
	leg->remote = result->addrs[0];
	sock = stack_pick(sip, leg->a->listen, leg->remote.sa.sa_family);
	if (sock < 0)
		return sock;
	leg->sock = (size_t)sock;
	err = complete_ack(leg);
	if (err)
		return err;
	/* One that does not get out counts as lost on the way: the far end then
	 * repeats its 2xx, and is answered with the same ACK.                 */
	(void)stack_send(sip, leg->sock, &leg->remote, leg->wire,
			 leg->wire_len);
	return 0;
}

static void on_resolved(void *arg, const struct resolve_result *result)
{
	struct leg *leg = arg;
	void (*done)(void *, int) = leg->done;
	int err;

	leg->query = NULL;
	err = first_ack(leg, result);
	osip_message_free(leg->ack);
	leg->ack = NULL;
	leg->done = NULL;
	if (err)
		log_warn("sip: ACK not sent: error %d", -err);
	if (leg->surplus)
		send_bye(leg);
	if (done)
		done(leg->arg, err);
}

/* 13.2.2.4: the CSeq number of the INVITE, its credentials, a branch of its own
 * (given when the address is known).                                          */
static int make_ack(struct leg *leg, const struct dialog *d)
{
	const osip_message_t *credentials = leg->a->credentials;
	int err = dialog_request(d, "ACK", d->local_cseq, &leg->ack);

	if (!err)
		err = build_set_header(leg->ack, "Max-Forwards", "70");
	if (!err)
		err = build_copy_headers(leg->ack, credentials,
					 "Authorization");
	if (!err)
		err = build_copy_headers(leg->ack, credentials,
					 "Proxy-Authorization");
	return err;
}

static int start_ack(struct leg *leg, const struct dialog *d)
{
	struct sip *sip = leg->a->sip;
	struct sip_target t;
	int err = make_ack(leg, d);

	if (!err)
		err = dialog_next_hop(d, &t);
	if (!err)
		err = resolve_start(&leg->query, sip->resolver, &t,
				    stack_family(sip, leg->a->listen),
				    on_resolved, leg);
	return err;
}

static int leg_new(struct leg **lp, struct accepted *a, const char *to_tag)
{
	struct leg *leg;

	if (a->n_legs >= LEGS_MAX)
		return -ENOSPC;
	leg = calloc(1, sizeof(*leg));
	if (!leg)
		return -ENOMEM;
	leg->a = a;
	leg->to_tag = strdup(to_tag);
	if (!leg->to_tag) {
		free(leg);
		return -ENOMEM;
	}
	leg->next = a->legs;
	a->legs = leg;
	a->n_legs++;
	if (!a->heard)
		live_on(a);
	a->heard = true;
	*lp = leg;
	return 0;
}

int accepted_ack(struct accepted *a, const struct dialog *d,
		 void (*done)(void *arg, int err), void *arg)
{
	struct leg *leg;
	int err = leg_new(&leg, a, d->remote_tag);

	if (err)
		return err;
	leg->done = done;
	leg->arg = arg;
	/* On an error the leg stays, so that a repeated 2xx is no fork.       */
	return start_ack(leg, d);
}

/* ---- forks ---------------------------------------------------------------- */

static void on_bye_answer(void *arg, const osip_message_t *resp, int code,
			  bool final, const char *note)
{
	struct leg *leg = arg;

	(void)resp;
	(void)code;
	(void)note;
	if (!final)
		return;
	client_free(leg->bye);
	leg->bye = NULL;
}

static void send_bye(struct leg *leg)
{
	struct accepted *a = leg->a;
	struct client_params p = {
		.account = &a->account,
		.response = on_bye_answer,
		.arg = leg,
	};
	int err = dialog_next_hop(&leg->dialog, &p.target);

	leg->auth = calloc(1, sizeof(*leg->auth));
	p.auth = leg->auth;
	if (!err && !leg->auth)
		err = -ENOMEM;
	if (!err)
		err = dialog_request(&leg->dialog, "BYE",
				     leg->dialog.local_cseq + 1, &p.request);
	if (!err)
		err = client_new(&leg->bye, a->sip, &p);
	if (!err)
		err = client_start(leg->bye);
	if (err) {
		log_warn("sip: BYE of a fork not sent: error %d", -err);
		client_free(leg->bye);
		leg->bye = NULL;
	}
}

/* A To tag that nobody asked for: ACK, then BYE.                              */
static void new_fork(struct accepted *a, const osip_message_t *resp)
{
	struct leg *leg;
	int err = leg_new(&leg, a, msg_to_tag(resp));

	if (err) {
		log_warn("sip: a 2xx too many: error %d", -err);
		return;
	}
	log_context(a->call_id);
	log_info("sip: one more 2xx, from a fork: ACK and BYE");
	err = dialog_init(&leg->dialog, resp, a->request_uri, a->listen);
	if (!err) {
		leg->surplus = true;
		err = start_ack(leg, &leg->dialog);
	}
	if (err)
		log_warn("sip: fork not hung up: error %d", -err);
	log_context(NULL);
}

/* 17.1.3: without this, who has once seen the INVITE could make us talk to
 * anybody.                                                                    */
static bool answers_us(const struct accepted *a, const osip_message_t *resp)
{
	size_t n = a->n_tries < TRIES_MAX ? a->n_tries : TRIES_MAX;

	for (size_t i = 0; i < n; i++)
		if (a->tries[i].cseq == msg_cseq(resp) &&
		    !strcmp(a->tries[i].branch, msg_branch(resp)))
			return true;
	return false;
}

bool accepted_receive(struct sip *sip, const osip_message_t *resp)
{
	struct accepted *a;
	struct buf key;

	if (resp->call_id->host)
		return false;
	write_key(&key, msg_call_id(resp), msg_from_tag(resp));
	a = key.err ? NULL : map_get(sip->accepted, key.data, key.len);
	buf_deinit(&key);
	if (!a || !answers_us(a, resp))
		return false;
	for (struct leg *leg = a->legs; leg; leg = leg->next) {
		if (strcmp(leg->to_tag, msg_to_tag(resp)))
			continue;
		if (leg->wire)
			(void)stack_send(sip, leg->sock, &leg->remote,
					 leg->wire, leg->wire_len);
		return true;
	}
	new_fork(a, resp);
	return true;
}
