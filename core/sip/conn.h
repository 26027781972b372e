/*
 * conn.h - the connections of TCP and TLS: opened, found again, kept, lost.
 *
 * One connection serves all requests to one place; what is sent while it opens
 * waits, in order and within bounds. Those that come in from strangers are
 * limited in number and in patience, and in what they leave lying of ours.
 *
 * Thread: signalling. For transport.c and listener.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_CONN_H
#define SIP_CONN_H

#include "base/loop.h"
#include "base/random.h"
#include "sip/tls.h"
#include "sip/transport.h"

enum {
	CONN_INBOUND_MAX = 1024,
	CONN_SPARE_MAX = 1024,		/* of ours, that nobody waits for     */
	CONN_OPEN_MS = 5000,		/* for TCP, and again for TLS         */
	CONN_STRANGER_MS = 32000,	/* until a first whole message        */
	CONN_HALF_MS = 32000,		/* for a message that has begun       */
	CONN_IDLE_MS = 600 * 1000,
	CONN_PING_MS = 95 * 1000,	/* RFC 5626 4.4.1: 95 to 120 s        */
	CONN_PING_SPREAD_MS = 25 * 1000,
	CONN_PONG_MS = 10 * 1000,
	CONN_WAITING_MAX = 1 << 20,	/* bytes, while it opens              */
	CONN_OUT_MAX = 4 << 20,		/* bytes that the peer has not taken  */
	CONN_INBOUND_OUT_MAX = 128 << 10,	/* the same, where it came in */
	CONN_INBOUND_HELD_MAX = 16 << 20,	/* memory for all of these    */
	CONN_INBOUND_SNDBUF = 64 << 10,		/* the kernel's for each one  */
};

struct conns;

struct conn_config {
	struct loop *loop;
	struct random *random;
	/* One whole message.                                                 */
	void (*message)(void *arg, const struct hop *from, const char *data,
			size_t len);
	/* What came cannot be read, and nothing behind it: its head, where that
	 * is complete, else len 0. An answer may be sent; then it is closed. */
	void (*broken)(void *arg, const struct hop *from, const char *head,
		       size_t len, const char *why);
	void *arg;
};

struct conn_to {
	enum sip_transport transport;
	struct addr remote;
	const char *name;		/* of the TLS server                  */
	struct tls *tls;		/* lent for the connection's life      */
	const struct addr *from;	/* IP address to come from, NULL: any */
};

int conns_new(struct conns **csp, const struct conn_config *cfg);
void conns_free(struct conns *cs);	/* nobody is told                     */
/* Finds it, or begins it. h->local is the connection's own address. 0 or
 * -errno; that nobody is there is told later.                                */
int conn_open(struct hop *h, struct conns *cs, const struct conn_to *to);
/* Takes fd, on an error too.                                                 */
int conn_accept(struct conns *cs, enum sip_transport transport, size_t sock,
		int fd, struct tls *tls);
/* Makes room for a descriptor: ends the stranger who waits the longest. False:
 * there is none.                                                             */
bool conns_evict(struct conns *cs);
/* As hop_send(), hop_watch() and hop_is_open().                              */
int conn_send(struct conns *cs, uint64_t id, const void *data, size_t len);
void conn_watch(struct conns *cs, uint64_t id, struct hop_watch *w);
bool conn_is_open(const struct conns *cs, uint64_t id);
size_t conns_count(const struct conns *cs);

#endif
