/*
 * dns_channel.h - the way to the name servers: c-ares on the loop.
 *
 * Thread: signalling. Nothing waits; truncated answers are asked for again by
 * TCP (c-ares' own doing).
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_DNS_CHANNEL_H
#define SIP_DNS_CHANNEL_H

#include "base/loop.h"
#include "sip/dns_answer.h"

struct dns_channel;

/* Called exactly once, perhaps from inside dns_channel_ask(). Takes the answer;
 * NULL: no memory for it.                                                    */
typedef void dns_channel_fn(void *arg, struct dns_answer *answer);

/* No servers: those of the system.                                           */
int dns_channel_new(struct dns_channel **cp, struct loop *loop,
		    const struct addr *servers, size_t n_servers);
/* Their addresses, for people: "192.0.2.1, 192.0.2.2:5353", as far as they fit
 * whole; "" for none.                                                        */
void dns_channel_servers(const struct dns_channel *c, char *text, size_t cap);
/* All that is outstanding is told, with -EIO.                                */
void dns_channel_free(struct dns_channel *c);
/* Addresses of a name without a dot are looked for in the search domains.    */
void dns_channel_ask(struct dns_channel *c, enum dns_type type,
		     const char *name, dns_channel_fn *fn, void *arg);

#endif
