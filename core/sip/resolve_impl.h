/*
 * resolve_impl.h - a resolution under way: for resolve.c, which holds its
 * look-ups and its time, resolve_steps.c, which knows RFC 3263, resolve_ways.c,
 * which puts in order what was found, and resolve_note.c, which says why there
 * is no server.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_RESOLVE_IMPL_H
#define SIP_RESOLVE_IMPL_H

#include "sip/dns_cache.h"
#include "sip/dns_service.h"
#include "sip/hosts.h"
#include "sip/resting.h"

enum {
	FAMILIES = 2,
	LOOKUPS_MAX = SERVICES_MAX + FAMILIES * RESOLVE_MAX,
	NO_LOOKUP = -1,
	NO_SERVICE = -1,
	RESOLVE_SERVERS_LEN = 64,
};

struct resolver {
	struct loop *loop;
	struct random *random;
	struct dns_channel *channel;
	struct dns_cache *cache;
	struct hosts *hosts;
	struct resting resting;
	LIST_HEAD(, resolve_query) queries;
	char name_servers[RESOLVE_SERVERS_LEN];	/* for people */
};

/* The addresses of one name and port, known or asked for. */
struct server {
	enum sip_transport transport;
	uint16_t port;
	const char *host;		/* of the target, or of q->srv */
	int service;			/* whose SRV named it, or NO_SERVICE */
	struct dns_answer *known;	/* NULL: by the look-ups */
	int lookups[FAMILIES];		/* indices, or NO_LOOKUP */
};

struct lookup {
	struct dns_wait wait;
	struct dns_answer *answer;	/* NULL: none (yet) */
	enum dns_type type;
	const char *name;		/* lives as long as the query */
};

struct resolve_query {
	LIST_ENTRY(resolve_query) link;
	struct resolver *resolver;
	struct timer timer;
	struct sip_target target;
	struct resolve_reach reach;
	enum { ASK_NAPTR, ASK_SRV, ASK_ADDRESSES, ASK_OTHERS, DONE } step;
	struct lookup lookups[LOOKUPS_MAX];
	size_t n_lookups, n_pending;
	struct service services[SERVICES_MAX];
	size_t n_services;
	struct dns_answer *srv[SERVICES_MAX];	/* of each service */
	char offered[32];		/* by NAPTR, where all of it is not for
					 * us */
	struct server servers[RESOLVE_MAX];
	size_t n_servers;
	int failure;			/* of a look-up; 0: of none */
	enum dns_type failed_type;	/* the first one that failed */
	const char *failed_name;
	int others;			/* ASK_OTHERS: its look-up */
	resolve_fn *fn;
	void *arg;
	struct resolve_result result;
};

/* Asks the cache. The look-up's index, or NO_LOOKUP where they are too many.
 * `name` must live as long as the query.                                     */
int query_look_up(struct resolve_query *q, enum dns_type type,
		  const char *name);
/* NULL: not there (yet).                                                     */
const struct dns_answer *query_answer(const struct resolve_query *q, int i);
void query_drop_lookups(struct resolve_query *q);
/* Remembered for the case that nothing is found at all.                      */
void query_failed(struct resolve_query *q, int err, enum dns_type type,
		  const char *name);
void query_finish(struct resolve_query *q, int err);

/* The first step, and what follows once no look-up is pending.               */
void steps_begin(struct resolve_query *q);
void steps_advance(struct resolve_query *q);

/* There is at least one address.                                             */
bool ways_found(const struct resolve_query *q);
/* What the look-ups gave, in order, into q->result.                          */
void ways_collect(struct resolve_query *q);

/* Writes q->result.note, by q->result.err and what the look-ups gave.        */
void resolve_note(struct resolve_query *q);
/* The family of addresses that would say more about why there is none, or
 * AF_UNSPEC: the first server's name exists, and has none of those in reach. */
int resolve_other_family(const struct resolve_query *q);

static inline bool has_records(const struct dns_answer *a)
{
	return a && !a->err;
}

#endif
