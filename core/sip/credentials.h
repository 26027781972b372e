/*
 * credentials.h - which challenges of a 401 or 407 to answer, and with what.
 *
 * Thread: signalling. Inside core/sip/, for client.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_CREDENTIALS_H
#define SIP_CREDENTIALS_H

#include "sip/auth.h"
#include "sip/osip.h"
#include "sip/transport.h"

enum {
	AUTH_SESSIONS_MAX = 8,		/* nonces that one account remembers   */
	CREDENTIALS_OF_KIND = 2,	/* 401 (407) of one server to one request
					 * that are answered                   */
};

/* What one request has done with challenges so far; starts as { 0 }.          */
struct credentials_use {
	/* Only realms that this account has already met, or that are named in
	 * it, are answered: the target was learned from the wire.             */
	bool known_realms_only;
	struct addr asker;		/* the counts below are of this server */
	unsigned int challenges;	/* 401 and 407 in a row                */
	unsigned int of_kind[2];	/* 401; 407                            */
	size_t n;
	struct {
		uint32_t session;	/* its id in auth_impl.h               */
		unsigned int at;	/* which challenge it answered         */
		bool again;		/* stale, and answered once more       */
	} answered[AUTH_SESSIONS_MAX];
};

/* Takes the challenges of resp, which `from` sent. 0: try again; -EACCES: it
 * ends here, `note` says why; -ENOMEM. The note is lent until the next call for
 * this account, and never holds its password.                                 */
int credentials_learn(struct sip_auth *auth, struct credentials_use *use,
		      const osip_message_t *resp, const struct hop *from,
		      const char **note);
/* Replaces (Proxy-)Authorization by answers to what `to` has asked before, and
 * to what this request was asked. 0, -ENOMEM. Fine with auth NULL.            */
int credentials_apply(struct sip_auth *auth,
		      const struct credentials_use *use, osip_message_t *req,
		      const struct hop *to, struct random *random);
/* The credentials of another request may be repeated there (in an ACK those of
 * its INVITE, RFC 3261 22.1): it is a server of the account's. Fine with NULL. */
bool credentials_may_go(const struct sip_auth *auth, const struct hop *to);
/* A 2xx of `from`: takes over the nonce that it wants next time (RFC 7616 3.5),
 * where it is clear which one that replaces. Fine with auth NULL.             */
void credentials_info(struct sip_auth *auth, const osip_message_t *resp,
		      const struct hop *from);

#endif
