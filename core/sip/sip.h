/*
 * sip.h - the signalling stack: sockets, transactions, and what strangers send.
 *
 * Thread: signalling (the loop's). All of core/sip/ runs there, nothing waits.
 *
 *   call/            sip/uac.h (calls)    sip/register.h (bindings)
 *                          \                  /
 *                       client.h  one request with its challenges and targets
 *                            |
 *                     txn.h     transactions, found by (branch, method)
 *                            |
 *                       transport.h: UDP, TCP, TLS
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_SIP_H
#define SIP_SIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/loop.h"
#include "base/random.h"

struct sip;

enum sip_transport {
	SIP_UDP, SIP_TCP, SIP_TLS,
	SIP_ANY,			/* of a target only: as DNS says (NAPTR),
					 * UDP where it says nothing           */
};

#define SIP_HOST_LEN 256
#define SIP_REASON_LEN 96
#define SIP_SERVER_LEN 64
#define SIP_REST_MAX_S 3600		/* that the Retry-After of a 503 may ask for */
#define SIP_SESSION_MIN_S 90		/* of a session timer (RFC 4028 4)     */

struct sip_listen {
	enum sip_transport transport;
	struct addr addr;		/* port 0: a free one                  */
};

/* PEM files; NULL: none, or the system's list of authorities.                 */
struct sip_tls {
	const char *certificate, *key;	/* ours: for listeners, and shown to a
					 * server that asks for one            */
	const char *ca;			/* file or directory of authorities that
					 * a server's certificate must come from */
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
	struct sip_tls tls;
	size_t trace_bytes;		/* for the message trace; 0: none      */
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
	uint16_t port;			/* 0: by SRV, else the default         */
	enum sip_transport transport;
	int listen;			/* index of the socket to use, -1: the
					 * first of the right family           */
	/* What a TLS certificate must be for; "": host.                       */
	char name[SIP_HOST_LEN];
	/* Tried before all that DNS says, unless it has just failed: the server
	 * that took our REGISTER. AF_UNSPEC (0): none.                        */
	struct addr prefer;
	enum sip_transport prefer_transport;
};

/* Counters for metrics and tests.                                             */
struct sip_stats {
	uint64_t received;		/* messages, broken ones too           */
	uint64_t sent;			/* messages that the kernel, or the
					 * connection, took                    */
	uint64_t malformed;		/* dropped or answered 400             */
	uint64_t stray;			/* responses that match nothing        */
	uint64_t transactions;		/* live now                            */
	uint64_t dialogs;		/* live now                            */
};

/* Opens the sockets and reads the files. 0 or -errno (-EADDRINUSE ...); `why`
 * names the key of the configuration, its value and what is wrong with it; ""
 * where it is none of them.                                                   */
int sip_new(struct sip **sipp, const struct sip_config *cfg, char *why,
	    size_t cap);
/* Reads the files of cfg->tls as the start would, and forgets them.           */
int sip_check_files(const struct sip_config *cfg, char *why, size_t cap);
/* Everything that uses it must have been freed.                               */
void sip_free(struct sip *sip);
/* Bound address of a socket (the real port).                                  */
int sip_listen_addr(const struct sip *sip, size_t index, struct addr *a);
/* Index of the socket that "udp:127.0.0.1:5060" names, or -ENOENT.            */
int sip_listen_find(const struct sip *sip, const char *text);
/* All of them, for people: "udp:192.0.2.1:5060, tls:[::1]:5061".              */
void sip_listen_list(const struct sip *sip, char *text, size_t cap);
void sip_get_stats(const struct sip *sip, struct sip_stats *stats);

/* "udp:192.0.2.1:5060", "tls:[::]:5061"; without transport: udp. 0 or -EINVAL. */
int sip_listen_parse(struct sip_listen *l, const char *text);
/* host[:port] into a target with port 0 where none is given.                  */
int sip_target_parse(struct sip_target *t, const char *text);
uint16_t sip_default_port(enum sip_transport t);	/* RFC 3261 19.1.2     */
const char *sip_transport_name(enum sip_transport t);	/* "udp", "any"     */
int sip_transport_parse(enum sip_transport *t, const char *text);

/* ---- what the wire carried, call by call (trace.c) ------------------------ */

struct sip_trace_message {
	bool sent;			/* by us                               */
	enum sip_transport transport;
	struct addr local, remote;
	int64_t wall_ms, mono_ns;	/* when; the latter to tell them apart */
	size_t len;			/* kept                                */
	size_t cut;			/* bytes behind that were not kept     */
	const char *data;		/* secrets taken out                   */
};

/* Copies the messages of one Call-ID, oldest first, the last 256 if it has more,
 * into a buffer that any thread may read with the functions below. 0, or -ENOENT: nothing (any more) in
 * memory. Test copy->err.                                                     */
int sip_trace(const struct sip *sip, const char *call_id, struct buf *copy);
/* Steps through a copy: start with *pos = 0; false at the end. Lends.         */
bool sip_trace_next(const struct buf *copy, size_t *pos,
		    struct sip_trace_message *m);
/* A ladder for people, then the messages in full. Test out->err, also below.  */
void sip_trace_text(const struct buf *copy, struct buf *out);
/* A capture file for Wireshark, all transports written as UDP.                */
void sip_trace_pcap(const struct buf *copy, struct buf *out);

/* Phrase of RFC 3261 21 for a status code.                                    */
const char *sip_reason_phrase(int code);
/* What is shown of a phrase from the wire: where it is empty, holds a control
 * character or is no UTF-8, also since it was cut, that of the code.          */
void sip_reason_text(char text[SIP_REASON_LEN], int code, const char *phrase);

#endif
