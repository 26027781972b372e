/*
 * secrecy.h - our keys of one call, and the a=crypto lines that carry them.
 *
 * Each suite has a key of its own, and so each has its own tag. The first is the
 * one that everybody can do (RFC 4568 6.2): some far ends look at no other, and
 * most take the first that they know. Pure but for the making of keys; thread:
 * signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_SECRECY_H
#define CALL_SECRECY_H

#include <stdbool.h>

#include "media/media.h"
#include "sip/sdp.h"

/* OPTIONAL: RTP/AVP with keys (RFC 8643), for those who take them.            */
enum secrecy { SECRECY_OFF, SECRECY_OPTIONAL, SECRECY_REQUIRED };

struct secrecy_keys {
	uint8_t of[SRTP_SUITES][SRTP_KEY_MAX];
};

/* The carrier's field "srtp".                                                 */
enum secrecy secrecy_of(const char *field);
void secrecy_make_keys(struct secrecy_keys *keys, struct random *random);
/* A key that was left must not come back: its packets would be counted from the
 * start again (RFC 3711 9.1).                                                 */
void secrecy_renew(struct secrecy_keys *keys, enum srtp_suite suite,
		   struct random *random);
/* The lines of our description: all suites that the library has.              */
void secrecy_offer(struct sdp_audio *ours, enum secrecy secrecy,
		   const struct secrecy_keys *keys);
/* What their answer takes of our offer: by tag and suite (RFC 4568 5.1.3).
 * -ENOENT: nothing that it could.                                             */
int secrecy_answered(struct srtp_crypto *crypto, const struct sdp_audio *ours,
		     const struct sdp_audio *theirs);
/* What we take of their offer: the suite of before, where it is still offered,
 * else their first that we have. *line: what we answer with. -ENOENT: none.   */
int secrecy_choose(struct srtp_crypto *crypto, struct sdp_crypto *line,
		   const struct sdp_audio *ours,
		   const struct sdp_audio *theirs);

#endif
