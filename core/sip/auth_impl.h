/*
 * auth_impl.h - the inside of struct sip_auth, for credentials.c.
 *
 * A session is one nonce: what a server of that address asked for in a realm,
 * as a registrar or user agent (401) or as a proxy (407). Sessions are made on
 * demand, each with just the bytes of its texts, since there are thousands of
 * accounts; the one that was not used for longest makes room.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_AUTH_IMPL_H
#define SIP_AUTH_IMPL_H

#include "sip/credentials.h"
#include "sip/digest.h"

enum {
	AUTH_REALMS_MAX = 8,
	AUTH_SERVERS_MAX = 16,
};

/* Requests that are asked alike: a carrier may challenge REGISTER as registrar
 * and INVITE as proxy.                                                        */
enum auth_methods {
	AUTH_REGISTER = 1,
	AUTH_CALLS = 2,			/* all but REGISTER                    */
};

struct auth_session {
	struct digest_session digest;	/* its texts stand in `text`           */
	struct addr server;		/* that gave the nonce                 */
	bool secure;			/* ... over TLS                        */
	unsigned int methods;		/* of auth_methods: was asked for these */
	uint32_t id;			/* never 0, never used again           */
	uint64_t used;			/* sip_auth.uses of that time          */
	char text[];
};

struct sip_auth {
	unsigned int refs;
	struct sip_account account;	/* its strings stand in `text`         */
	struct auth_session *sessions[AUTH_SESSIONS_MAX];	/* NULL: free  */
	uint32_t last_id;
	uint64_t uses;
	/* What requests to configured targets have met, newest over oldest.   */
	struct addr servers[AUTH_SERVERS_MAX];
	size_t n_servers, next_server;
	char *realms[AUTH_REALMS_MAX];	/* NULL: free                          */
	size_t next_realm;
	bool in_clear;			/* such a request went without TLS     */
	char note[SIP_REASON_LEN];	/* of credentials_learn(), the last    */
	size_t text_len;
	char text[];
};

/* The session for a challenge that `from` sends; NULL: none yet.              */
struct auth_session *auth_find(const struct sip_auth *a, bool proxy,
			       const char *realm, const struct hop *from);
/* Makes or renews that session. nc begins anew with a new nonce only. NULL: no
 * memory.                                                                     */
struct auth_session *auth_put(struct sip_auth *a,
			      const struct digest_challenge *c,
			      const struct hop *from);
void auth_forget(struct sip_auth *a, struct auth_session *s);
/* The sessions whose answers a request to `to` carries; counts as their use.  */
size_t auth_choose(struct sip_auth *a, const struct hop *to,
		   unsigned int methods,
		   struct auth_session *chosen[AUTH_SESSIONS_MAX]);

/* A request to a configured target goes to this server, or met this realm.    */
void auth_meet_server(struct sip_auth *a, const struct hop *to);
int auth_meet_realm(struct sip_auth *a, const char *realm);	/* -ENOMEM     */
bool auth_knows_server(const struct sip_auth *a, const struct hop *hop);
/* Whatever the port.                                                          */
bool auth_knows_host(const struct sip_auth *a, const struct hop *hop);
bool auth_knows_realm(const struct sip_auth *a, const char *realm);

#endif
