/*
 * secrecy.c - our keys of one call, and the a=crypto lines that carry them.
 *
 * Thread: signalling. RFC 4568 5, 6.
 */
/* SPDX-License-Identifier: MIT */
#include "call/secrecy.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

static const enum srtp_suite order[] = {
	SRTP_AES_CM_128_HMAC_SHA1_80, SRTP_AES_CM_128_HMAC_SHA1_32,
	SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM,
};

enum secrecy secrecy_of(const char *field)
{
	if (!strcmp(field, "required"))
		return SECRECY_REQUIRED;
	return strcmp(field, "optional") ? SECRECY_OFF : SECRECY_OPTIONAL;
}

void secrecy_make_keys(struct secrecy_keys *keys, struct random *random)
{
	random_fill(random, keys, sizeof(*keys));
}

void secrecy_renew(struct secrecy_keys *keys, enum srtp_suite suite,
		   struct random *random)
{
	random_fill(random, keys->of[suite], sizeof(keys->of[suite]));
}

void secrecy_offer(struct sdp_audio *ours, enum secrecy secrecy,
		   const struct secrecy_keys *keys)
{
	ours->secure = secrecy == SECRECY_REQUIRED;
	ours->n_crypto = 0;
	if (secrecy == SECRECY_OFF)
		return;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct sdp_crypto *c = &ours->crypto[ours->n_crypto];

		if (!srtp_has(order[i]))
			continue;
		*c = (struct sdp_crypto){
			.tag = (uint32_t)++ours->n_crypto,
			.key_len = srtp_key_len(order[i]),
		};
		str_copy(c->suite, sizeof(c->suite), srtp_name(order[i]));
		memcpy(c->key, keys->of[order[i]], c->key_len);
	}
}

static enum srtp_suite suite_of(const struct sdp_crypto *c)
{
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (!strcasecmp(srtp_name(order[i]), c->suite))
			return order[i];
	return SRTP_NONE;
}

/* Our line for the suite of theirs; NULL: not ours, or its key is not as long as
 * it must be (RFC 4568 6.1).                                                  */
static const struct sdp_crypto *find_ours(const struct sdp_audio *ours,
					  const struct sdp_crypto *theirs)
{
	for (size_t i = 0; i < ours->n_crypto; i++) {
		const struct sdp_crypto *c = &ours->crypto[i];

		if (!strcasecmp(c->suite, theirs->suite) &&
		    c->key_len == theirs->key_len)
			return c;
	}
	return NULL;
}

static void settle(struct srtp_crypto *crypto, const struct sdp_crypto *ours,
		   const struct sdp_crypto *theirs)
{
	*crypto = (struct srtp_crypto){ .suite = suite_of(ours) };
	memcpy(crypto->send, ours->key, ours->key_len);
	memcpy(crypto->receive, theirs->key, theirs->key_len);
}

int secrecy_answered(struct srtp_crypto *crypto, const struct sdp_audio *ours,
		     const struct sdp_audio *theirs)
{
	for (size_t i = 0; i < theirs->n_crypto; i++) {
		const struct sdp_crypto *t = &theirs->crypto[i];
		const struct sdp_crypto *o = find_ours(ours, t);

		if (o && o->tag == t->tag) {
			settle(crypto, o, t);
			return 0;
		}
	}
	return -ENOENT;
}

int secrecy_choose(struct srtp_crypto *crypto, struct sdp_crypto *line,
		   const struct sdp_audio *ours,
		   const struct sdp_audio *theirs)
{
	const struct sdp_crypto *chosen = NULL, *mine = NULL;

	for (size_t i = 0; i < theirs->n_crypto; i++) {
		const struct sdp_crypto *t = &theirs->crypto[i];
		const struct sdp_crypto *o = find_ours(ours, t);

		if (o && (!chosen || suite_of(t) == crypto->suite)) {
			chosen = t;
			mine = o;
			if (suite_of(t) == crypto->suite)
				break;
		}
	}
	if (!chosen)
		return -ENOENT;
	*line = *mine;
	line->tag = chosen->tag;
	settle(crypto, mine, chosen);
	return 0;
}
