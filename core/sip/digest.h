/*
 * digest.h - answers to digest challenges (RFC 2617, 7616, 8760).
 *
 * Pure functions over text plus a small state per nonce; no I/O.
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

#define DIGEST_REALM_LEN 256
#define DIGEST_NONCE_LEN 512
#define DIGEST_CNONCE_LEN 48
#define DIGEST_HEX 65			/* of SHA-256, and NUL                 */

enum digest_algorithm { DIGEST_MD5, DIGEST_MD5_SESS, DIGEST_SHA256,
			DIGEST_SHA256_SESS };

/* One challenge of WWW-Authenticate or Proxy-Authenticate. Its texts stand
 * wherever it was read into.                                                  */
struct digest_challenge {
	const char *realm, *nonce;
	const char *opaque;		/* with its escapes, as it came; NULL:
					 * none                                */
	bool proxy;			/* 407: answer in Proxy-Authorization  */
	bool stale;
	bool qop_auth, qop_auth_int;	/* neither: no qop (RFC 2069)          */
	bool has_algorithm;		/* named: then the answer names it too */
	enum digest_algorithm algorithm;
};

/* Room for what digest_parse() reads.                                         */
struct digest_texts {
	char realm[DIGEST_REALM_LEN];
	char nonce[DIGEST_NONCE_LEN];
	char opaque[DIGEST_NONCE_LEN];
};

/* `value` is the header's value without its name; only the first challenge in
 * it is read, into `texts`. 0, -EBADMSG (broken, or a value that does not fit),
 * -ENOTSUP (another scheme, an unknown algorithm or only unknown qops).       */
int digest_parse(struct digest_challenge *c, struct digest_texts *texts,
		 const char *value, bool proxy);
/* What such a value asked for, in words: "Basic", "Digest SHA-512". Only of one
 * that digest_parse() did not take.                                           */
void digest_offer(struct buf *out, const char *value);
/* One value that may be quoted, alone, without its quotes and escapes. 0,
 * -EBADMSG (broken, empty, or it does not fit).                               */
int digest_unquote(char *dst, size_t cap, const char *value);

/* Use of one nonce: nc rises with each request that carries it.               */
struct digest_session {
	struct digest_challenge challenge;
	uint32_t nc;			/* uses so far                         */
	char cnonce[DIGEST_CNONCE_LEN];	/* one for all of a -sess, else fresh for
					 * each request; starts as ""          */
};

/* As RFC 7616 6.1 writes it; NULL behind the last one.                        */
const char *digest_algorithm_name(int algorithm);
static inline bool digest_is_sess(enum digest_algorithm a)
{
	return a == DIGEST_MD5_SESS || a == DIGEST_SHA256_SESS;
}

struct digest_request {
	const char *method, *uri;
	const void *body;
	size_t body_len;
};

/* The response for a session whose nc and cnonce are set. 0 or -EIO.          */
int digest_response(char dst[DIGEST_HEX], const struct digest_session *s,
		    const struct sip_account *account,
		    const struct digest_request *req);
/* Appends the value of (Proxy-)Authorization to `out` and counts nc up.
 * -ENOENT: account has no user name or password; -EINVAL: a control character
 * in user name or URI; -EIO: no such hash in the crypto library. Test out->err
 * afterwards.                                                                 */
int digest_answer(struct digest_session *s, const struct sip_account *account,
		  const struct digest_request *req, struct random *random,
		  struct buf *out);

#endif
