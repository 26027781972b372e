/*
 * stack.h - what the files of core/sip/ share: the inside of struct sip.
 *
 * Thread: signalling. Not for other rooms; they use sip.h.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_STACK_H
#define SIP_STACK_H

#include "base/buf.h"
#include "base/map.h"
#include "sip/osip.h"
#include "sip/sip.h"
#include "sip/udp.h"

#define STACK_BRANCH_LEN 40		/* "z9hG4bK" and 24 hex digits         */
#define STACK_TAG_LEN 20		/* 16 hex digits                       */

enum {
	STACK_SOCKETS_MAX = 32,
	/* Answers to strangers that are kept for repetition; above it, they
	 * are answered without memory (RFC 3261 8.2.7).                       */
	STACK_SERVER_TXNS_MAX = 4096,
};

struct resolver;
struct uac;

/* How a datagram leaves; a test puts itself in between.                       */
typedef int stack_send_fn(void *arg, size_t sock, const struct addr *to,
			  const void *data, size_t len);

struct stack_socket {
	struct sip *sip;
	size_t index;
	enum sip_transport transport;
	struct udp *udp;
};

struct sip {
	struct loop *loop;
	struct random *random;
	osip_t *osip;
	struct resolver *resolver;
	struct stack_socket sockets[STACK_SOCKETS_MAX];
	size_t n_sockets;
	char advertise_host[SIP_HOST_LEN];	/* "": none                    */
	uint16_t advertise_port;		/* 0: the socket's own         */
	char user_agent[SIP_REASON_LEN];
	int t1_ms, t2_ms, t4_ms;		/* RFC 3261 17.1               */
	uint64_t secret;			/* makes stateless To tags     */
	stack_send_fn *send;
	void *send_arg;

	struct map *txns;			/* txn.c                       */
	struct map *dialogs;			/* dialog.c                    */
	struct map *accepted;			/* accepted.c                  */
	struct uac *orphans;			/* uac.c: given up, not ended  */
	size_t n_server_txns;
	struct sip_stats stats;
};

static inline struct timers *stack_timers(const struct sip *sip)
{
	return loop_timers(sip->loop);
}

static inline int64_t stack_now_ns(const struct sip *sip)
{
	return clock_now_ns(loop_clock(sip->loop));
}

/* 64*T1: how long RFC 3261 waits for what does not come.                      */
static inline int stack_64t1_ms(const struct sip *sip)
{
	return 64 * sip->t1_ms;
}

/* Replaces the wire (tests).                                                  */
void stack_set_wire(struct sip *sip, stack_send_fn *send, void *arg);
int stack_send(struct sip *sip, size_t sock, const struct addr *to,
	       const void *data, size_t len);
/* Index of the socket to reach that family from: `listen` if it fits, else the
 * first that does; -EAFNOSUPPORT.                                             */
int stack_pick(const struct sip *sip, int listen, int family);
/* AF_INET, AF_INET6 or AF_UNSPEC: what the sockets (or this one) can reach.   */
int stack_family(const struct sip *sip, int listen);
/* The address that `remote` will see us at: bound, or the route's.            */
int stack_local(const struct sip *sip, size_t sock, const struct addr *remote,
		struct addr *local);
/* host[:port] for Via and Contact: what is advertised, else `local`.          */
void stack_sent_by(const struct sip *sip, const struct addr *local,
		   struct buf *out);
void stack_branch(const struct sip *sip, char branch[STACK_BRANCH_LEN]);
void stack_tag(const struct sip *sip, char tag[STACK_TAG_LEN]);

#endif
