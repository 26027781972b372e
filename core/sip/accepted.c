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
	free(a->credentials);
	free(a->tries);
	free(a->call_id);
	free(a->from_tag);
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
		       const char *from_tag, const char *request_uri)
{
	if (copy(&a->call_id, call_id) || copy(&a->from_tag, from_tag) ||
	    copy(&a->request_uri, request_uri))
		return -ENOMEM;
	return 0;
}

int accepted_new(struct accepted **ap, struct sip *sip, const char *call_id,
		 const char *from_tag, const char *request_uri,
		 struct sip_auth *auth)
{
	struct accepted *a = calloc(1, sizeof(*a));
	struct buf key;
	int err;

	if (!a)
		return -ENOMEM;
	a->sip = sip;
	a->auth = sip_auth_ref(auth);
	timer_init(&a->timer, on_timer, a);
	err = copy_params(a, call_id, from_tag, request_uri);
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

int accepted_redirect(struct accepted *a, const char *request_uri)
{
	char *text = strdup(request_uri);

	if (!text)
		return -ENOMEM;
	free(a->request_uri);
	a->request_uri = text;
	return 0;
}

static int keep_way(struct accepted *a, const struct dialog_way *way)
{
	if (!a->way_name || strcmp(a->way_name, way->name)) {
		char *name = strdup(way->name);

		if (!name)
			return -ENOMEM;
		free(a->way_name);
		a->way_name = name;
	}
	a->way = *way;
	a->way.name = a->way_name;
	return 0;
}

/* As lines: that is all that an ACK needs of them.                            */
static int keep_credentials(struct accepted *a, const osip_message_t *invite)
{
	static const char *const names[] = { "Authorization",
					     "Proxy-Authorization" };
	const char *value;
	struct buf out;

	free(a->credentials);
	a->credentials = NULL;
	buf_init(&out, BUILD_MESSAGE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (int n = 0; (value = msg_header(invite, names[i], n)); n++)
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

int accepted_ack(struct accepted *a, const struct dialog *d, uint32_t cseq,
		 void (*done)(void *arg, int err), void *arg)
{
	struct leg *leg = find_leg(a, d->remote_tag);
	int err;

	if (leg) {
		leg_forget_ack(leg);
		live_on(a);
	} else {
		err = leg_new(&leg, a, d->remote_tag);
		if (err)
			return err;
	}
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
	err = dialog_init(&leg->dialog, resp, a->request_uri, &a->way);
	if (!err) {
		leg->surplus = true;
		err = leg_ack(leg, &leg->dialog);
	}
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
	if (leg && leg->wire && leg->cseq == msg_cseq(resp))
		leg_repeat_ack(leg);
	/* A re-INVITE does not fork.                                          */
	if (!leg && !try->again)
		new_fork(a, resp);
	return true;
}
