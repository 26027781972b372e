/*
 * client.h - one request outside or inside a dialog, with all that may repeat
 * it: the target's servers in turn, challenges (401, 407), stale nonces.
 *
 * RFC 3263 4.3: a server that does not answer, cannot be reached or says 503 is
 * left for the next one, with a new branch. One that says nothing while others
 * remain gets CLIENT_SHARE of Timer B (F); the last one gets all of it.
 *
 * Thread: signalling. Inside core/sip/.
 * Rules: RFC 3261 8.1.3, 22.2-22.4; RFC 3263 4.3; RFC 8760. At most
 * CLIENT_MAX_CHALLENGES challenges in a row are answered.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_CLIENT_H
#define SIP_CLIENT_H

#include "sip/auth.h"
#include "sip/osip.h"
#include "sip/sip.h"
#include "sip/transport.h"

struct client;

enum {
	CLIENT_MAX_CHALLENGES = 3,
	CLIENT_MAX_AGAIN = 4,		/* times that `again` is heard         */
	CLIENT_SHARE = 8,		/* 64*T1 / 8 = 4 s: four transmissions */
};

struct client_params {
	struct sip_target target;
	struct sip_auth *auth;		/* a reference is taken; NULL: no challenge
					 * is answered                         */
	/* The target was configured, not learned from the wire: only then a new
	 * realm may be answered (credentials.h).                              */
	bool own_target;
	/* Complete but for Via, Authorization, Max-Forwards, User-Agent and
	 * Content-Length; CSeq holds the first number. Takes it.              */
	osip_message_t *request;
	/* A server that says nothing for so long is given up, the last one too;
	 * 0: as above.                                                        */
	int silence_ms;
	/* Our Contact depends on the way that the route takes: asked for each
	 * try, after the target is resolved. May be NULL.                     */
	int (*prepare)(void *arg, osip_message_t *req, const struct hop *hop);
	/* Told of each try before it leaves, complete with Via, CSeq and
	 * credentials; an error stops it. May be NULL.                        */
	int (*leaves)(void *arg, const osip_message_t *req,
		      const struct hop *hop);
	/* A final answer of 300 and more that is no challenge and no reason to
	 * try the next server: may change req (and target, to go elsewhere) and
	 * say true, to have it sent again with the next CSeq. May be NULL.    */
	bool (*again)(void *arg, const osip_message_t *resp,
		      osip_message_t *req, struct sip_target *target);
	/* Provisional answers, many; then exactly one final (`final` true).
	 * resp NULL: a local verdict: 408 timeout, 503 transport or DNS; a
	 * challenge that could not be answered arrives as it came. `note`, where
	 * not NULL, says why in words of ours ("no password", "nobody listens at
	 * udp:192.0.2.1:5060", "the certificate is not for sip.example"); lent. */
	void (*response)(void *arg, const osip_message_t *resp, int code,
			 bool final, const char *note);
	void *arg;
};

int client_new(struct client **cp, struct sip *sip,
	       const struct client_params *params);
int client_start(struct client *c);
/* CANCEL of an INVITE, when and if the RFC allows it (9.1).                   */
void client_cancel(struct client *c, int q850);
uint32_t client_cseq(const struct client *c);	/* last number used           */
/* Of the last try, before its length may have taken it to TCP (18.1.1).       */
const struct hop *client_hop(const struct client *c);
/* Where it goes; `again` may have changed it.                                 */
const struct sip_target *client_target(const struct client *c);
/* No event afterwards; the transaction itself lives on as the RFC asks.       */
void client_free(struct client *c);

#endif
