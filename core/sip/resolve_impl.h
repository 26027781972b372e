/*
 * resolve_impl.h - a resolution under way: for resolve.c, which holds its
 * look-ups and its time, and resolve_steps.c, which knows RFC 3263.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_RESOLVE_IMPL_H
#define SIP_RESOLVE_IMPL_H

#include "sip/dns_cache.h"
#include "sip/resting.h"
#include "sip/dns_service.h"

enum {
	FAMILIES = 2,
	LOOKUPS_MAX = SERVICES_MAX + FAMILIES * RESOLVE_MAX,
	NO_LOOKUP = -1,
};

struct resolver {
	struct loop *loop;
	struct random *random;
	struct dns_channel *channel;
	struct dns_cache *cache;
	struct resting resting;
	struct resolve_query *queries;
};

/* The addresses of one name and port, known or asked for. */
struct server {
	enum sip_transport transport;
	uint16_t port;
	struct dns_answer *known;	/* NULL: by the look-ups */
	int lookups[FAMILIES];		/* indices, or NO_LOOKUP */
};

struct lookup {
	struct dns_wait wait;
	struct dns_answer *answer;	/* NULL: none (yet) */
};

struct resolve_query {
	struct resolve_query *next, **prevp;
	struct resolver *resolver;
	struct timer timer;
	struct sip_target target;
	struct resolve_reach reach;
	enum { ASK_NAPTR, ASK_SRV, ASK_ADDRESSES, DONE } step;
	struct lookup lookups[LOOKUPS_MAX];
	size_t n_lookups, n_pending;
	struct service services[SERVICES_MAX];
	size_t n_services;
	struct server servers[RESOLVE_MAX];
	size_t n_servers;
	int failure;			/* of a look-up; 0: of none */
	resolve_fn *fn;
	void *arg;
	struct resolve_result result;
};

/* Asks the cache. The look-up's index, or NO_LOOKUP where they are too many. */
int query_look_up(struct resolve_query *q, enum dns_type type,
		  const char *name);
/* NULL: not there (yet).                                                     */
const struct dns_answer *query_answer(const struct resolve_query *q, int i);
void query_drop_lookups(struct resolve_query *q);
/* Remembered for the case that nothing is found at all.                      */
void query_failed(struct resolve_query *q, int err);
void query_finish(struct resolve_query *q, int err);

/* The first step, and what follows once no look-up is pending.               */
void steps_begin(struct resolve_query *q);
void steps_advance(struct resolve_query *q);
/* There is at least one address.                                             */
bool steps_found(const struct resolve_query *q);
/* What the look-ups gave, in order, into q->result.                          */
void steps_collect(struct resolve_query *q);

static inline bool has_records(const struct dns_answer *a)
{
	return a && !a->err;
}

#endif
