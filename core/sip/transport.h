/*
 * transport.h - how messages leave, and the connections they come back by.
 *
 *	UDP	one socket per sip.listen
 *	TCP TLS	connections, found again by (transport, remote, name): requests
 *		to one place share one (RFC 3261 18.1.1), answers go back by
 *		the one that brought the request (18.2.2)
 *
 * Thread: signalling. Inside core/sip/.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TRANSPORT_H
#define SIP_TRANSPORT_H

#include <stdbool.h>

#include "base/list.h"
#include "sip/resolve.h"
#include "sip/stack.h"

/* One way to one place: a value, kept by whoever may have to send again.     */
struct hop {
	enum sip_transport transport;	/* never SIP_ANY                      */
	struct addr remote;
	struct addr local;		/* that the far end sees us at        */
	size_t sock;			/* UDP: index of the socket           */
	uint64_t conn;			/* TCP, TLS: the connection, slot and
					 * generation; UDP: 0                 */
	uint16_t back_port;		/* TCP: where hop_send() connects at
					 * `remote` if `conn` is gone; 0: it
					 * does not                           */
};

/* Finds the way to `remote`, and begins the connection where none is open; what
 * is sent by it meanwhile waits. `name`: what the certificate of a TLS server
 * must be for. `listen`: the socket to prefer, -1: any. 0, -EAFNOSUPPORT no
 * socket of that family, -EPROTONOSUPPORT, -ENOMEM, -EMFILE.                 */
int hop_open(struct hop *h, struct sip *sip, enum sip_transport transport,
	     const struct addr *remote, const char *name, int listen);
/* What each transport can reach: the families of the sockets (UDP; `listen` alone
 * if it is one), both for connections.                                       */
void hop_reach(const struct sip *sip, int listen, struct resolve_reach *reach);
/* 0 also for what waits, or is lost on the way. -EPIPE: the connection is gone,
 * -ENOBUFS: too much waits for it already.                                    */
int hop_send(struct sip *sip, const struct hop *h, const void *data,
	     size_t len);
/* Via's sent-by and Contact's host: what is advertised, else h->local.       */
void hop_sent_by(const struct sip *sip, const struct hop *h, struct buf *out);

/* "udp:192.0.2.1:5060", for people; "" where a name led nowhere.              */
void hop_server_text(char text[SIP_SERVER_LEN], const struct hop *h);

static inline bool hop_is_reliable(const struct hop *h)
{
	return h->transport != SIP_UDP;
}

/* Somebody who waits for what a connection brings; embedded in its owner. Told
 * at most once each, never from inside hop_open(), hop_send() or hop_watch().
 * `why` is a sentence for people ("the certificate is not for sip.example"). */
LIST_HEAD(hop_watches, hop_watch);

struct hop_watch {
	LIST_ENTRY(hop_watch) link;
	void (*opened)(struct hop_watch *w);	/* NULL: does not care        */
	void (*lost)(struct hop_watch *w, const char *why);
};

/* Nothing for UDP. One that is already open tells `opened` soon all the same;
 * one that is already gone tells `lost`.                                     */
void hop_watch(struct sip *sip, const struct hop *h, struct hop_watch *w);
void hop_unwatch(struct hop_watch *w);	/* fine when not watching             */
/* After a connection was lost or went by itself: is it still usable?         */
bool hop_is_open(const struct sip *sip, const struct hop *h);

/* ---- for sip.c ----------------------------------------------------------- */

struct transport;

/* `why`: what is wrong with a file of cfg->tls; "" on other errors.          */
int transport_new(struct transport **tp, struct sip *sip,
		  const struct sip_config *cfg, char *why, size_t cap);
/* Opens one listening socket of any transport: sip->sockets[index].          */
int transport_listen(struct transport *t, size_t index,
		     const struct sip_listen *l);
void transport_free(struct transport *t);

#endif
