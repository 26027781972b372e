/*
 * auth.h - API keys: who asks, and what that key may do.
 *
 * Made at start, read-only afterwards: any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_AUTH_H
#define API_AUTH_H

#include <stdbool.h>
#include <stddef.h>

enum auth_scope {
	AUTH_READ = 1u << 0,
	AUTH_CALL = 1u << 1,
	AUTH_ADMIN = 1u << 2,	/* includes the others                        */
	AUTH_ALL = AUTH_READ | AUTH_CALL | AUTH_ADMIN,
};

enum auth_verdict { AUTH_OK, AUTH_MISSING, AUTH_WRONG };

struct auth;

struct auth *auth_new(void);
void auth_free(struct auth *a);
/* "SECRET" or "sha256:HEX", then optionally scopes: "SECRET read,call". Only
 * the hash is kept. 0, or -errno with a sentence that does not show the key. */
int auth_add(struct auth *a, const char *value, char *why, size_t cap);
bool auth_has_keys(const struct auth *a);
/* Judges an Authorization header (NULL: none). On AUTH_OK: the key's scopes
 * and a number that names it. Without any key everybody may do everything.   */
enum auth_verdict auth_check(const struct auth *a, const char *header,
			     unsigned int *scopes, unsigned int *key);

#endif
