/* SPDX-License-Identifier: MIT */
/*
 * auth.h - who may register or call: users, challenges, nonces.
 */
#ifndef FAREND_AUTH_H
#define FAREND_AUTH_H

#include "digest.h"
#include "map.h"
#include "options.h"
#include "txt.h"

enum auth_result {
	AUTH_OK,
	AUTH_NONE,              /* no credentials for our realm */
	AUTH_MALFORMED,
	AUTH_UNKNOWN_USER,
	AUTH_BAD_REALM,
	AUTH_BAD_URI,
	AUTH_BAD_NONCE,
	AUTH_STALE,
	AUTH_NC_REPLAY,
	AUTH_BAD_QOP,
	AUTH_BAD_ALGORITHM,
	AUTH_BAD_RESPONSE,
	AUTH_RESULTS
};

struct auth {
	const struct options *opt;
	struct map nonces;
	uint64_t seed[2];
	uint64_t n_nonces;
	struct nonce *oldest;
	struct nonce *newest;
};

int auth_init(struct auth *a, const struct options *opt);
void auth_deinit(struct auth *a);
const char *auth_result_name(enum auth_result r);
/* Checks one credentials value against a request and its Request-URI. */
enum auth_result auth_check(struct auth *a, struct digest_creds *c,
			    const char *value, const char *request_uri,
			    const struct digest_request *req);
/* Adds challenge header lines; proxy picks Proxy-Authenticate. */
void auth_challenge(struct auth *a, struct txt *out, bool proxy, bool stale);

#endif
