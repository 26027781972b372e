/*
 * resolve_ways.c - what the look-ups of a resolution gave, as ways in order.
 *
 *	servers in their order -> addresses, those with a route first
 *	    -> the server that took the REGISTER -> those that rest, last
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/resolve_impl.h"

#include <string.h>

static void take(struct resolve_query *q, const struct server *s,
		 const struct addr *a)
{
	struct resolve_result *result = &q->result;
	struct resolve_way way = { .transport = s->transport, .addr = *a };
	int family = q->reach.family[s->transport];
	size_t i;

	if (family != AF_UNSPEC && a->sa.sa_family != family)
		return;
	addr_set_port(&way.addr, s->port);
	for (i = 0; i < result->n; i++)
		if (resolve_same_way(&result->ways[i], &way))
			return;
	if (result->n < RESOLVE_MAX)
		result->ways[result->n++] = way;
}

static void take_all(struct resolve_query *q, const struct server *s,
		     const struct dns_answer *a)
{
	size_t i;

	for (i = 0; has_records(a) && i < a->n; i++)
		take(q, s, &a->records[i].addr);
}

static bool is_routed(const struct addr *to)
{
	struct addr local;

	return addr_local_for(&local, to) == 0;
}

/* Both families are there: what this machine has no route to goes behind what
 * it has (RFC 6724 rule 1).                                                  */
static void prefer_routed(struct resolve_way *ways, size_t n)
{
	struct resolve_way last[RESOLVE_MAX];
	size_t i, n_last = 0, n_routed = 0;
	bool mixed = false;

	for (i = 1; i < n; i++)
		mixed |= ways[i].addr.sa.sa_family !=
			 ways[0].addr.sa.sa_family;
	for (i = 0; mixed && i < n; i++) {
		if (is_routed(&ways[i].addr))
			ways[n_routed++] = ways[i];
		else
			last[n_last++] = ways[i];
	}
	for (i = 0; i < n_last; i++)
		ways[n_routed + i] = last[i];
}

/* Reachable in principle, at least.                                          */
static bool has_preferred(const struct resolve_query *q)
{
	const struct addr *a = &q->target.prefer;
	int family = q->reach.family[q->target.prefer_transport];

	return a->sa.sa_family != AF_UNSPEC &&
	       (family == AF_UNSPEC || family == a->sa.sa_family);
}

/* Whether DNS names it (still) or not.                                       */
static void put_preferred_first(struct resolve_query *q)
{
	struct resolve_way way = { q->target.prefer_transport,
				   q->target.prefer };
	struct resolve_result *result = &q->result;
	size_t at = 0;

	while (at < result->n && !resolve_same_way(&result->ways[at], &way))
		at++;
	if (at == result->n && result->n < RESOLVE_MAX)
		result->n++;
	if (at == RESOLVE_MAX)
		at--;
	memmove(result->ways + 1, result->ways, at * sizeof(way));
	result->ways[0] = way;
}

void ways_collect(struct resolve_query *q)
{
	struct resolver *r = q->resolver;
	struct resolve_result *result = &q->result;
	size_t i;
	int f;

	for (i = 0; i < q->n_servers; i++) {
		const struct server *s = &q->servers[i];
		size_t before = result->n;

		take_all(q, s, s->known);
		for (f = 0; f < FAMILIES; f++)
			take_all(q, s, query_answer(q, s->lookups[f]));
		prefer_routed(result->ways + before, result->n - before);
	}
	if (has_preferred(q))
		put_preferred_first(q);
	result->n = resting_last(&r->resting, *q->target.name ?
				 q->target.name : q->target.host, result->ways,
				 result->n, clock_now_ms(loop_clock(r->loop)));
}

bool ways_found(const struct resolve_query *q)
{
	size_t i;
	int f;

	if (has_preferred(q))
		return true;
	if (q->step != ASK_ADDRESSES)
		return false;
	for (i = 0; i < q->n_servers; i++) {
		const struct server *s = &q->servers[i];

		if (has_records(s->known))
			return true;
		for (f = 0; f < FAMILIES; f++)
			if (has_records(query_answer(q, s->lookups[f])))
				return true;
	}
	return false;
}
