/*
 * dns_cache.h - what the name servers said, kept for as long as they allow.
 *
 * Also "there is none" (RFC 2308) and, for seconds, that nobody answered. Those
 * who ask for the same thing while it is looked up share the one look-up; none
 * of them waits longer than DNS_LOOKUP_MS after it began. What was known stands
 * in for a server that fails: after DNS_CLIENT_MS, and once that has happened,
 * at once, while it is asked again in the background (RFC 8767).
 *
 * Thread: signalling. Time is the loop's.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_DNS_CACHE_H
#define SIP_DNS_CACHE_H

#include "base/list.h"
#include "sip/dns_channel.h"

enum {
	DNS_LOOKUP_MS = 5000,		/* three transmissions                */
	DNS_CLIENT_MS = 1800,		/* where there is a stand-in: RFC 8767 5 */
	DNS_TTL_MAX_S = 24 * 3600,
	DNS_NONE_TTL_MAX_S = 300,	/* "there is none": a carrier that moves
					 * is seen after five minutes         */
	DNS_NONE_TTL_S = 5,		/* the same, where nobody says for how
					 * long                               */
	DNS_FAILED_S = 5,		/* no usable answer: asked again then */
	DNS_FAILED_EXTRA_S = 30,	/* the same of SRV and NAPTR, which we
					 * can do without                     */
	DNS_STALE_S = 24 * 3600,	/* old answers that stand in where one
					 * fails (RFC 8767)                   */
};

struct dns_cache;

/* One who waits; embedded, zeroed but for fn and arg.                        */
LIST_HEAD(dns_waits, dns_wait);

struct dns_wait {
	LIST_ENTRY(dns_wait) link;
	/* Never from inside dns_cache_ask(). The answer is w's to keep: a
	 * reference that the owner gives back.                               */
	void (*fn)(struct dns_wait *w, struct dns_answer *answer);
	void *arg;
};

/* `channel` is lent. The answers that were not used for longest go when a
 * question comes and more than max_bytes are held.                           */
int dns_cache_new(struct dns_cache **cp, struct loop *loop,
		  struct dns_channel *channel, size_t max_bytes);
/* After the channel, whose last words come here, and when nobody waits.      */
void dns_cache_free(struct dns_cache *c);
/* The answer if it is known, or must do, a reference for the caller; else NULL, and w->fn
 * is called, or *err says why not (-ENOMEM, -EBUSY).                         */
struct dns_answer *dns_cache_ask(struct dns_cache *c, enum dns_type type,
				 const char *name, struct dns_wait *w,
				 int *err);
void dns_cache_leave(struct dns_wait *w);	/* fn will not be called      */
size_t dns_cache_bytes(const struct dns_cache *c);

#endif
