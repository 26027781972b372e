/*
 * resolve.h - from a target's name to the addresses to try, without blocking.
 *
 * Thread: signalling; c-ares on the loop. Numeric hosts are answered without a
 * query, still asynchronously. A and AAAA now; NAPTR and SRV (RFC 3263) fit
 * behind the same door.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_RESOLVE_H
#define SIP_RESOLVE_H

#include "sip/sip.h"

#define RESOLVE_MAX 8

struct resolver;
struct resolve_query;

struct resolve_result {
	int err;			/* 0, -ENOENT no such name, -ETIMEDOUT,
					 * -EIO the name server failed         */
	size_t n;
	struct addr addrs[RESOLVE_MAX];	/* in order of preference              */
};

typedef void resolve_fn(void *arg, const struct resolve_result *result);

int resolver_new(struct resolver **rp, struct loop *loop,
		 const struct addr *servers, size_t n_servers);
/* Outstanding queries are dropped; their fn is not called.                    */
void resolver_free(struct resolver *r);
/* `family` AF_INET, AF_INET6 or AF_UNSPEC. The answer comes later, never from
 * inside, and within 15 s; the query is gone by then and not to be cancelled. An
 * address of another family, or a host that is no name, is -ENOENT.           */
int resolve_start(struct resolve_query **qp, struct resolver *r,
		  const struct sip_target *target, int family,
		  resolve_fn *fn, void *arg);
void resolve_cancel(struct resolve_query *q);	/* fn will not be called      */

#endif
