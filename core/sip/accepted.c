/*
 * accepted.c - the 2xx answers of one INVITE, and what each must be given.
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
#include "sip/accepted_impl.h"
#include "sip/build.h"
#include "sip/msg.h"

enum {
	LEGS_MAX = 16,			/* more is no fork but an attack       */
	KEY_MAX = 512,
};

/* ---- life ----------------------------------------------------------------- */

static void write_key(struct buf *key, const char *call_id,
		      const char *from_tag)
{
	buf_init(key, KEY_MAX);
	buf_write(key, call_id, strlen(call_id) + 1);
	buf_write(key, from_tag, strlen(from_tag) + 1);
}

static void accepted_free(struct accepted *a)
{
	if (a->call_id)
		map_remove(a->sip->accepted, a->call_id, a->key_len);
	timer_stop(stack_timers(a->sip), &a->timer);
	while (a->legs) {
		struct leg *leg = a->legs;

		a->legs = leg->next;
		leg_free(leg);
	}
	free(a->credentials);
	free(a->tries);
	free(a->request_uri);
	free(a->way_name);
	sip_auth_unref(a->auth);
	free(a);
}

static bool is_busy(const struct accepted *a)
{
	for (const struct leg *leg = a->legs; leg; leg = leg->next)
		if (leg->query || leg->bye)
			return true;
	return false;
}

static bool is_expecting(const struct accepted *a)
{
	for (const struct leg *leg = a->legs; leg; leg = leg->next)
		if (leg->expected)
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

static int enter(struct accepted *a, const char *call_id,
		 const char *from_tag)
{
	struct buf key;
	int err;

	write_key(&key, call_id, from_tag);
	err = key.err ? key.err : map_put_kept(a->sip->accepted, key.data,
					       key.len, a, &a->call_id);
	a->key_len = key.len;
	buf_deinit(&key);
	return err;
}

int accepted_new(struct accepted **ap, struct sip *sip, const char *call_id,
		 const char *from_tag, const char *request_uri,
		 struct sip_auth *auth)
{
	struct accepted *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	a->sip = sip;
	a->auth = sip_auth_ref(auth);
	timer_init(&a->timer, on_timer, a);
	err = str_set(&a->request_uri, request_uri);
	if (!err)
		err = enter(a, call_id, from_tag);
	if (err)
		accepted_free(a);
	else
		*ap = a;
	return err;
}

int accepted_redirect(struct accepted *a, const char *request_uri)
{
	return str_set(&a->request_uri, request_uri);
}

static int keep_way(struct accepted *a, const struct dialog_way *way)
{
	if ((!a->way_name || strcmp(a->way_name, way->name)) &&
	    str_set(&a->way_name, way->name))
		return -ENOMEM;
	a->way = *way;
	a->way.name = a->way_name;
	return 0;
}

/* As lines: that is all that an ACK needs of them.                            */
static int keep_credentials(struct accepted *a, const osip_message_t *invite)
{
	static const char *const names[] = { "Authorization",
					     "Proxy-Authorization" };
	struct msg_values v;
	const char *value;
	struct buf out;

	free(a->credentials);
	a->credentials = NULL;
	buf_init(&out, BUILD_MESSAGE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (value = msg_first(&v, invite, names[i]); value;
		     value = msg_next(&v))
			buf_printf(&out, "%s: %s\r\n", names[i], value);
	if (out.err) {
		buf_deinit(&out);
		return -ENOMEM;
	}
	if (out.len)
		a->credentials = buf_take(&out);
	return 0;
}

static struct sent *new_try(struct accepted *a)
{
	struct sent *tries;

	if (a->n_tries < ACCEPTED_TRIES_MAX) {
		tries = realloc(a->tries, (a->n_tries + 1) * sizeof(*tries));
		if (!tries)
			return NULL;
		a->tries = tries;
	}
	return &a->tries[a->n_tries++ % ACCEPTED_TRIES_MAX];
}

int accepted_invite(struct accepted *a, const osip_message_t *invite,
		    const struct dialog_way *way)
{
	struct sent *s = new_try(a);

	if (!s)
		return -ENOMEM;
	(void)str_copy(s->branch, sizeof(s->branch), msg_branch(invite));
	s->cseq = msg_cseq(invite);
	s->again = *msg_to_tag(invite);
	return keep_way(a, way) ? -ENOMEM : keep_credentials(a, invite);
}

const struct dialog_way *accepted_way(const struct accepted *a)
{
	return &a->way;
}

void accepted_note_cseq(struct accepted *a, uint32_t cseq)
{
	if (cseq > a->cseq)
		a->cseq = cseq;
}

uint32_t accepted_cseq(const struct accepted *a)
{
	return a->cseq;
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
	if (a->heard && !is_busy(a) && !is_expecting(a))
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

static struct leg *find_leg(const struct accepted *a, const char *to_tag)
{
	struct leg *leg = a->legs;

	while (leg && strcmp(leg->to_tag, to_tag))
		leg = leg->next;
	return leg;
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
	if (str_set(&leg->to_tag, to_tag)) {
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

/* The one of that dialog, free for another ACK.                               */
static int take_leg(struct leg **lp, struct accepted *a,
		    const struct dialog *d)
{
	*lp = find_leg(a, d->remote_tag);
	if (!*lp)
		return leg_new(lp, a, d->remote_tag);
	leg_forget_ack(*lp);
	return 0;
}

int accepted_expect(struct accepted *a, const struct dialog *d, uint32_t cseq)
{
	struct leg *leg;
	int err = take_leg(&leg, a, d);

	if (err)
		return err;
	leg->cseq = cseq;
	leg->done = NULL;
	err = leg_expect(leg, d);
	/* An older 2xx's time may be nearly over; this one's begins.          */
	if (!err)
		live_on(a);
	return err;
}

int accepted_ack(struct accepted *a, const struct dialog *d, uint32_t cseq,
		 void (*done)(void *arg, int err), void *arg)
{
	struct leg *leg;
	int err = take_leg(&leg, a, d);

	if (err)
		return err;
	live_on(a);
	leg->cseq = cseq;
	leg->done = done;
	leg->arg = arg;
	/* On an error the leg stays, so that a repeated 2xx is no fork.       */
	return leg_ack(leg, d);
}

/* ---- forks ---------------------------------------------------------------- */

/* A To tag that nobody asked for: ACK, then BYE.                              */
static void new_fork(struct accepted *a, const osip_message_t *resp)
{
	struct leg *leg;
	int err = leg_new(&leg, a, msg_to_tag(resp));

	if (err) {
		log_warn("sip: a 2xx too many: error %d", -err);
		return;
	}
	leg->cseq = msg_cseq(resp);
	log_context(a->call_id);
	log_info("sip: one more 2xx, from a fork: ACK and BYE");
	err = leg_end(leg, resp);
	if (err)
		log_warn("sip: fork not hung up: error %d", -err);
	log_context(NULL);
}

/* 17.1.3: without this, who has once seen the INVITE could make us talk to
 * anybody.                                                                    */
static const struct sent *find_try(const struct accepted *a,
				   const osip_message_t *resp)
{
	size_t n = a->n_tries < ACCEPTED_TRIES_MAX ? a->n_tries :
						     ACCEPTED_TRIES_MAX;

	for (size_t i = 0; i < n; i++)
		if (a->tries[i].cseq == msg_cseq(resp) &&
		    !strcmp(a->tries[i].branch, msg_branch(resp)))
			return &a->tries[i];
	return NULL;
}

static void leg_heard(struct leg *leg)
{
	if (leg->wire) {
		leg_repeat_ack(leg);
	} else if (leg->expected) {
		leg_ack_expected(leg);
		live_on(leg->a);
	}
}

bool accepted_receive(struct sip *sip, const osip_message_t *resp)
{
	const struct sent *try;
	struct accepted *a;
	struct leg *leg;
	struct buf key;

	if (resp->call_id->host)
		return false;
	write_key(&key, msg_call_id(resp), msg_from_tag(resp));
	a = key.err ? NULL : map_get(sip->accepted, key.data, key.len);
	buf_deinit(&key);
	try = a ? find_try(a, resp) : NULL;
	if (!try)
		return false;
	leg = find_leg(a, msg_to_tag(resp));
	if (leg && leg->cseq == msg_cseq(resp))
		leg_heard(leg);
	/* A re-INVITE does not fork.                                          */
	if (!leg && !try->again)
		new_fork(a, resp);
	return true;
}
