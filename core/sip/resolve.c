/*
 * resolve.c - names to servers: a resolution's look-ups, its time and its end.
 *
 *	resolve_start -> steps -> look-ups -> steps ... -> finish
 *	                                    timer, at once -> fn
 *
 * Each query has one timer from its start: it bounds the resolution as a whole,
 * and is moved to "now" when the result is there, so that fn never runs inside
 * resolve_start() or inside c-ares. Moving a timer needs no memory.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sip/resolve_impl.h"

#define HOSTS_PATH "/etc/hosts"

enum {
	BOUND_MS = 15000,		/* of a resolution */
	/* Some servers' addresses are there: so long the others may still take,
	 * enough for one datagram to be repeated. */
	GRACE_MS = 2000,
	CACHE_BYTES = 8 * 1024 * 1024,
};

static struct timers *timers_of(struct resolve_query *q)
{
	return loop_timers(q->resolver->loop);
}

/* ---- look-ups ------------------------------------------------------------ */

const struct dns_answer *query_answer(const struct resolve_query *q, int i)
{
	return i == NO_LOOKUP ? NULL : q->lookups[i].answer;
}

/* A server that says nothing outweighs one that says nonsense. */
void query_failed(struct resolve_query *q, int err, enum dns_type type,
		  const char *name)
{
	if (q->failure && (q->failure == -ETIMEDOUT || err != -ETIMEDOUT))
		return;
	q->failure = err;
	q->failed_type = type;
	q->failed_name = name;
}

/* "There is none" is an answer. */
static void take_answer(struct resolve_query *q, struct lookup *l,
			struct dns_answer *a, int err)
{
	l->answer = a;
	if (a)
		err = a->err;
	if (err && err != -ENOENT)
		query_failed(q, err, l->type, l->name);
}

static void advance(struct resolve_query *q)
{
	int64_t at_ns = clock_now_ns(loop_clock(q->resolver->loop)) +
			GRACE_MS * MS_NS;

	steps_advance(q);
	if (ways_found(q) && q->timer.at_ns > at_ns)
		timer_set_ns(timers_of(q), &q->timer, at_ns);
}

static void on_lookup(struct dns_wait *w, struct dns_answer *a)
{
	struct resolve_query *q = w->arg;

	q->n_pending--;
	take_answer(q, (struct lookup *)w, a, 0);
	advance(q);
}

int query_look_up(struct resolve_query *q, enum dns_type type,
		  const char *name)
{
	struct lookup *l = &q->lookups[q->n_lookups];
	struct dns_answer *a;
	int err;

	if (q->n_lookups == LOOKUPS_MAX)
		return NO_LOOKUP;
	*l = (struct lookup){
		.wait = { .fn = on_lookup, .arg = q },
		.type = type, .name = name,
	};
	a = dns_cache_ask(q->resolver->cache, type, name, &l->wait, &err);
	if (a || err)
		take_answer(q, l, a, err);
	else
		q->n_pending++;
	return (int)q->n_lookups++;
}

void query_drop_lookups(struct resolve_query *q)
{
	size_t i;

	for (i = 0; i < q->n_lookups; i++) {
		dns_cache_leave(&q->lookups[i].wait);
		dns_answer_unref(q->lookups[i].answer);
	}
	memset(q->lookups, 0, q->n_lookups * sizeof(q->lookups[0]));
	q->n_lookups = q->n_pending = 0;
}

/* ---- the end ------------------------------------------------------------- */

static void query_free(struct resolve_query *q)
{
	size_t i;

	query_drop_lookups(q);
	for (i = 0; i < q->n_servers; i++)
		dns_answer_unref(q->servers[i].known);
	for (i = 0; i < q->n_services; i++)
		dns_answer_unref(q->srv[i]);
	timer_stop(timers_of(q), &q->timer);
	LIST_REMOVE(q, link);
	free(q);
}

static void settle(struct resolve_query *q, int err)
{
	q->step = DONE;
	q->result.err = err;
	resolve_note(q);
}

void query_finish(struct resolve_query *q, int err)
{
	settle(q, err);
	timer_set_ms(timers_of(q), &q->timer, 0);
}

/* Whose answer is still out; the look-ups of one step began together. */
static void blame_pending(struct resolve_query *q)
{
	size_t i = 0;

	while (i < q->n_lookups && q->lookups[i].answer)
		i++;
	if (i < q->n_lookups)
		query_failed(q, -ETIMEDOUT, q->lookups[i].type,
			     q->lookups[i].name);
}

/* Some are better than none. */
static void out_of_time(struct resolve_query *q)
{
	ways_collect(q);
	if (!q->result.n)
		blame_pending(q);
	settle(q, q->result.n ? 0 : -ETIMEDOUT);
}

static void on_query_timer(struct timer *t)
{
	struct resolve_query *q = t->arg;
	struct resolve_result result;
	resolve_fn *fn = q->fn;
	void *arg = q->arg;

	if (q->step != DONE)
		out_of_time(q);
	result = q->result;
	query_free(q);
	fn(arg, &result);
}

/* ---- the door ------------------------------------------------------------ */

static void link_query(struct resolver *r, struct resolve_query *q)
{
	q->resolver = r;
	LIST_INSERT_HEAD(&r->queries, q, link);
}

int resolve_start(struct resolve_query **qp, struct resolver *r,
		  const struct sip_target *target,
		  const struct resolve_reach *reach, resolve_fn *fn, void *arg)
{
	struct resolve_query *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	timer_init(&q->timer, on_query_timer, q);
	if (timer_set_ms(loop_timers(r->loop), &q->timer, BOUND_MS)) {
		free(q);
		return -ENOMEM;
	}
	q->target = *target;
	q->reach = *reach;
	q->fn = fn;
	q->arg = arg;
	q->others = NO_LOOKUP;
	link_query(r, q);
	steps_begin(q);
	advance(q);
	*qp = q;
	return 0;
}

void resolve_cancel(struct resolve_query *q)
{
	if (q)
		query_free(q);
}

void resolve_rest(struct resolver *r, const struct resolve_way *way,
		  const char *name, int64_t for_ms)
{
	int64_t now_ms = clock_now_ms(loop_clock(r->loop));

	resting_set(&r->resting, way, name, now_ms + for_ms, false, now_ms);
}

void resolve_leave_alone(struct resolver *r, const struct resolve_way *way,
			 const char *name, int64_t for_ms)
{
	int64_t now_ms = clock_now_ms(loop_clock(r->loop));

	resting_set(&r->resting, way, name, now_ms + for_ms, true, now_ms);
}

int resolver_new(struct resolver **rp, struct loop *loop, struct random *random,
		 const struct addr *servers, size_t n_servers)
{
	struct resolver *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->loop = loop;
	r->random = random;
	err = hosts_new(&r->hosts, HOSTS_PATH);
	if (!err)
		err = dns_channel_new(&r->channel, loop, servers, n_servers);
	if (!err)
		err = dns_cache_new(&r->cache, loop, r->channel, CACHE_BYTES);
	if (!err)
		dns_channel_servers(r->channel, r->name_servers,
				    sizeof(r->name_servers));
	if (err)
		resolver_free(r);
	else
		*rp = r;
	return err;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	while (!LIST_EMPTY(&r->queries))
		query_free(LIST_FIRST(&r->queries));
	dns_channel_free(r->channel);	/* its last words go to the cache */
	dns_cache_free(r->cache);
	hosts_free(r->hosts);
	free(r);
}
