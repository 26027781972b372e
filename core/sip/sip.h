/*
 * sip.h - the signalling stack: sockets, transactions, and what strangers send.
 *
 * Thread: signalling (the loop's). All of core/sip/ runs there, nothing waits.
 *
 *   call/            sip/uac.h (calls)    sip/register.h (bindings)
 *                          \                  /
 *                       client.h  one request with its challenges and targets
 *                            |
 *                     transaction index (branch, method), osip state machines
 *                            |
 *                       transport: UDP (TCP, TLS later)
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_SIP_H
#define SIP_SIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/loop.h"
#include "base/random.h"

struct sip;

enum sip_transport { SIP_UDP, SIP_TCP, SIP_TLS };

#define SIP_HOST_LEN 256
#define SIP_REASON_LEN 96

struct sip_listen {
	enum sip_transport transport;
	struct addr addr;		/* port 0: a free one                  */
};

struct sip_config {
	struct loop *loop;
	struct random *random;
	const struct sip_listen *listen;	/* copied                      */
	size_t n_listen;
	const char *advertise;		/* host[:port] for Via and Contact behind
					 * NAT, NULL: the socket's own address, or
					 * the route's where that is a wildcard  */
	const char *user_agent;
	int t1_ms;			/* RFC 3261 T1; 500                    */
	const struct addr *dns_servers;	/* none: the system's                  */
	size_t n_dns_servers;
};

/* Credentials of a carrier; lent for the life of what uses them.              */
struct sip_account {
	const char *username;		/* digest user name, NULL: none        */
	const char *password;		/* NULL: none: a challenge ends it     */
	const char *realm;		/* only this realm is answered; NULL: any
					 * realm that the carrier's own server asks */
};

/* Where a request goes first: a name or an address.                           */
struct sip_target {
	char host[SIP_HOST_LEN];
	uint16_t port;			/* 0: default of the transport         */
	enum sip_transport transport;
	int listen;			/* index of the socket to use, -1: the
					 * first of the right family           */
};

/* Counters for metrics and tests.                                             */
struct sip_stats {
	uint64_t received, sent;	/* messages                            */
	uint64_t malformed;		/* dropped or answered 400             */
	uint64_t stray;			/* responses that match nothing        */
	uint64_t transactions;		/* live now                            */
	uint64_t dialogs;		/* live now                            */
};

/* Opens the sockets. 0 or -errno (-EADDRINUSE ...); which says the failing one. */
int sip_new(struct sip **sipp, const struct sip_config *cfg, char *which,
	    size_t cap);
/* Everything that uses it must have been freed.                               */
void sip_free(struct sip *sip);
/* Bound address of a socket (the real port).                                  */
int sip_listen_addr(const struct sip *sip, size_t index, struct addr *a);
/* Index of the socket that "udp:127.0.0.1:5060" names, or -ENOENT.            */
int sip_listen_find(const struct sip *sip, const char *text);
void sip_get_stats(const struct sip *sip, struct sip_stats *stats);

/* "udp:192.0.2.1:5060", "tls:[::]:5061"; without transport: udp. 0 or -EINVAL. */
int sip_listen_parse(struct sip_listen *l, const char *text);
/* host[:port] into a target with port 0 where none is given.                  */
int sip_target_parse(struct sip_target *t, const char *text);
const char *sip_transport_name(enum sip_transport t);	/* "udp"            */
/* Phrase of RFC 3261 21 for a status code.                                    */
const char *sip_reason_phrase(int code);

#endif
