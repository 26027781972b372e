/*
 * stack.h - what the files of core/sip/ share: the inside of struct sip.
 *
 * Thread: signalling. Not for other rooms; they use sip.h.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_STACK_H
#define SIP_STACK_H

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "sip/osip.h"
#include "sip/sip.h"
#include "sip/udp.h"

#define STACK_BRANCH_LEN 32		/* "z9hG4bK" and 24 hex digits         */
#define STACK_TAG_LEN 20		/* 16 hex digits                       */

enum {
	STACK_SOCKETS_MAX = 32,
};

struct resolver;
struct trace;
struct transport;
struct uac;

/* How a datagram leaves; a test puts itself in between.                       */
typedef int stack_send_fn(void *arg, size_t sock, const struct addr *to,
			  const void *data, size_t len);

struct stack_socket {
	struct sip *sip;
	size_t index;
	enum sip_transport transport;
	struct addr bound;		/* with the real port                  */
	struct udp *udp;		/* NULL: another transport             */
};

struct sip {
	struct loop *loop;
	struct random *random;
	osip_t *osip;				/* txn_machine.c               */
	struct resolver *resolver;
	struct transport *transport;
	struct trace *trace;			/* NULL: off                   */
	struct stack_socket sockets[STACK_SOCKETS_MAX];
	size_t n_sockets;
	char advertise_host[SIP_HOST_LEN];	/* "": none                    */
	uint16_t advertise_port;		/* 0: the socket's own         */
	struct map *no_tcp;			/* oversize.c: servers that
						 * take no TCP                 */
	char user_agent[SIP_REASON_LEN];
	int t1_ms, t2_ms, t4_ms;		/* RFC 3261 17.1               */
	uint64_t secret;			/* of stateless To tags, and of
						 * what answers must show      */
	stack_send_fn *send;
	void *send_arg;

	struct map *txns;			/* txn.c                       */
	struct map *dialogs;			/* dialog.c                    */
	struct map *accepted;			/* accepted.c                  */
	LIST_HEAD(, uac) orphans;		/* uac.c: given up, not ended  */
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

/* Replaces the wire of UDP (tests).                                           */
void stack_set_wire(struct sip *sip, stack_send_fn *send, void *arg);
void stack_branch(const struct sip *sip, char branch[STACK_BRANCH_LEN]);
void stack_tag(const struct sip *sip, char tag[STACK_TAG_LEN]);

#endif
