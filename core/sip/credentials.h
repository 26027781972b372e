/*
 * credentials.h - which challenges of a 401 or 407 to answer, and with what.
 *
 * Thread: signalling. Inside core/sip/, for client.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_CREDENTIALS_H
#define SIP_CREDENTIALS_H

#include "sip/client.h"

/* How often one request answered each session of its client_auth.             */
struct credentials_use {
	unsigned int challenges;	/* 401 and 407 in a row                */
	struct {
		bool answered, stale;
	} sessions[4];
};

/* Takes the challenges of resp into `auth`. 0: try again; -EACCES: it ends here,
 * `note` says why.                                                            */
int credentials_learn(struct client_auth *auth, struct credentials_use *use,
		      const struct sip_account *account,
		      const osip_message_t *resp, const char **note);
/* Replaces (Proxy-)Authorization by answers from all sessions. 0, -ENOMEM.    */
int credentials_apply(struct client_auth *auth,
		      const struct sip_account *account, osip_message_t *req,
		      struct random *random);

#endif
