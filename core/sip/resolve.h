/*
 * resolve.h - from a target's name to the addresses to try, without blocking.
 *
 * RFC 3263 4: a numeric host or one with a port: no NAPTR, no SRV; nor for what
 * the hosts file knows. Else NAPTR where the transport is SIP_ANY, SRV with
 * priorities and weights, then A and AAAA. Answers are kept for their TTL, also
 * "there is none". Servers that have just failed go to the end of the list for
 * a while.
 *
 * Thread: signalling; c-ares on the loop. Numeric hosts are answered without a
 * query, still asynchronously.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_RESOLVE_H
#define SIP_RESOLVE_H

#include "sip/sip.h"

#define RESOLVE_MAX 16
#define RESOLVE_NOTE_LEN SIP_REASON_LEN

struct resolver;
struct resolve_query;

struct resolve_way {
	enum sip_transport transport;	/* never SIP_ANY                      */
	struct addr addr;
};

struct resolve_result {
	int err;			/* 0, -ENOENT no such name, -ETIMEDOUT,
					 * -EIO the name server failed        */
	size_t n;
	struct resolve_way ways[RESOLVE_MAX];	/* in order of preference     */
	/* What was asked for, and why it led nowhere: "not resolved: no such
	 * name: sip.example". "" where err is 0.                             */
	char note[RESOLVE_NOTE_LEN];
};

/* Address families that each transport can reach: AF_INET, AF_INET6, AF_UNSPEC
 * for both; -1: a transport that there is none of.                           */
struct resolve_reach {
	int family[SIP_ANY];
};

typedef void resolve_fn(void *arg, const struct resolve_result *result);

/* `random` draws among servers by weight; lent. No servers: the system's.    */
int resolver_new(struct resolver **rp, struct loop *loop, struct random *random,
		 const struct addr *servers, size_t n_servers);
/* Outstanding queries are dropped; their fn is not called.                   */
void resolver_free(struct resolver *r);
/* The answer comes later, never from inside, and within 15 s; the query is gone
 * by then and not to be cancelled. Only addresses within reach; none, or a host
 * that is no name, is -ENOENT.                                               */
int resolve_start(struct resolve_query **qp, struct resolver *r,
		  const struct sip_target *target,
		  const struct resolve_reach *reach, resolve_fn *fn, void *arg);
void resolve_cancel(struct resolve_query *q);	/* fn will not be called      */
/* This one did not answer, or said 503: for so long it is tried after all
 * others (and still tried where it is the only one). 0: it is well again. By
 * TLS that goes for targets of this name alone: a certificate that is not for
 * one may be right for another.                                              */
void resolve_rest(struct resolver *r, const struct resolve_way *way,
		  const char *name, int64_t for_ms);
/* This one has said itself how long it wants to be left alone (Retry-After): it
 * is not tried before, unless all of a target have said so.                  */
void resolve_leave_alone(struct resolver *r, const struct resolve_way *way,
			 const char *name, int64_t for_ms);

#endif
