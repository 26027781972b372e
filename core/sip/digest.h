/*
 * digest.h - answers to digest challenges (RFC 2617, 7616, 8760).
 *
 * Pure functions over text plus a small state per challenge; no I/O.
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_DIGEST_H
#define SIP_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/random.h"
#include "sip/sip.h"

enum digest_algorithm { DIGEST_MD5, DIGEST_MD5_SESS, DIGEST_SHA256,
			DIGEST_SHA256_SESS };

/* One challenge, as parsed from WWW-Authenticate or Proxy-Authenticate. */
struct digest_challenge {
	bool proxy;			/* 407: answer in Proxy-Authorization */
	char realm[256];
	char nonce[512];
	char opaque[512];		/* with its escapes, as it came */
	bool has_opaque;
	bool stale;
	bool qop_auth, qop_auth_int;	/* neither: no qop (RFC 2069) */
	enum digest_algorithm algorithm;
	bool has_algorithm;		/* named: then the answer names it too */
};

/* `value` is the header's value without its name; only the first challenge in
 * it is read. 0, -EBADMSG (broken, or a value that does not fit), -ENOTSUP
 * (another scheme, an unknown algorithm or only unknown qops). */
int digest_parse(struct digest_challenge *c, const char *value, bool proxy);

/* Use of one nonce: nc rises with each request that carries it. */
struct digest_session {
	struct digest_challenge challenge;
	uint32_t nc;			/* uses so far */
	char cnonce[48];		/* fresh per session for -sess, else per
					 * request; start with "" */
};

struct digest_request {
	const char *method, *uri;
	const void *body;
	size_t body_len;
};

#define DIGEST_HEX 65			/* of SHA-256, and NUL                 */

/* The response for a session whose nc and cnonce are set.                     */
int digest_response(char dst[DIGEST_HEX], const struct digest_session *s,
		    const struct sip_account *account,
		    const struct digest_request *req);
/* Appends the value of (Proxy-)Authorization to `out` and counts nc up.
 * -ENOENT: account has no user name or password; -EINVAL: a control character
 * in user name or URI; -EIO: no such hash in the crypto library. Test out->err
 * afterwards. */
int digest_answer(struct digest_session *s, const struct sip_account *account,
		  const struct digest_request *req, struct random *random,
		  struct buf *out);

#endif
