/*
 * client.h - one request outside or inside a dialog, with all that may repeat
 * it: the target's addresses in turn, challenges (401, 407), stale nonces.
 *
 * Thread: signalling. Used by register.c and uac.c; not for other rooms.
 * Rules: RFC 3261 8.1.3, 22.2-22.4; RFC 3263 4.3; RFC 8760. At most
 * CLIENT_MAX_CHALLENGES challenges in a row are answered.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_CLIENT_H
#define SIP_CLIENT_H

#include "sip/digest.h"
#include "sip/osip.h"
#include "sip/sip.h"

struct client;

#define CLIENT_MAX_CHALLENGES 3

/* Nonces that one account was given, to answer before being asked; owned by the
 * registration or the call.                                                   */
struct client_auth {
	struct digest_session sessions[4];
	size_t n;
};

struct client_params {
	struct sip_target target;
	const struct sip_account *account;	/* lent; NULL: never answer    */
	struct client_auth *auth;		/* lent                        */
	/* Complete but for Via, Authorization, Max-Forwards, User-Agent and
	 * Content-Length; CSeq holds the first number. Takes it.              */
	osip_message_t *request;
	/* Our Contact depends on the address that the route takes: asked for
	 * each try, after the target is resolved. May be NULL.                */
	int (*prepare)(void *arg, osip_message_t *req, const struct addr *local,
		       const struct addr *remote);
	/* Told of each try before it leaves, complete with Via, CSeq and
	 * credentials; an error stops it. May be NULL.                        */
	int (*leaves)(void *arg, const osip_message_t *req, int listen);
	/* Provisional answers, many; then exactly one final (`final` true).
	 * resp NULL: a local verdict: 408 timeout, 503 transport or DNS; a
	 * challenge that could not be answered arrives as it came, reason in
	 * `note` ("no password", "wrong credentials", "foreign realm").        */
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
const struct addr *client_remote(const struct client *c);
const struct addr *client_local(const struct client *c);
int client_listen(const struct client *c);	/* index of the socket used    */
/* No event afterwards; the transaction itself lives on as the RFC asks.       */
void client_free(struct client *c);

#endif
