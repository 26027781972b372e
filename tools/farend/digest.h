/* SPDX-License-Identifier: MIT */
/*
 * digest.h - digest authentication seen from the server's side:
 * RFC 3261 22.4, RFC 7616, RFC 8760.
 */
#ifndef FAREND_DIGEST_H
#define FAREND_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum digest_alg { DIGEST_MD5, DIGEST_SHA256, DIGEST_UNKNOWN };

enum { DIGEST_HEX = 65 };       /* 64 hex digits and the end */

struct digest_creds {
	char username[128];
	char realm[128];
	char nonce[128];
	char uri[512];
	char response[80];
	char algorithm[24];     /* empty: absent, which means MD5 */
	char cnonce[128];
	char opaque[128];
	char qop[16];           /* empty: absent */
	char nc[16];
};

/* What the hash covers besides the credentials themselves. */
struct digest_request {
	const char *method;
	const void *body;
	size_t body_len;
};

/* Reads a credentials header's value; false if it is not well-formed. */
bool digest_parse(struct digest_creds *c, const char *value);
enum digest_alg digest_alg(const char *name);
const char *digest_alg_name(enum digest_alg alg);
/* Computes the response that the right password would have given. */
bool digest_response(char out[DIGEST_HEX], const struct digest_creds *c,
		     const char *password, const struct digest_request *req);
/* The 8 hex digits of a nonce count; -1 if they are not. */
long digest_nc(const char *nc);

#endif
