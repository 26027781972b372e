/*
 * srtp.c - RTP and RTCP under lock (RFC 3711, RFC 7714) through libsrtp2.
 *
 * libsrtp2 copies a template of ours for each SSRC that it meets, as soon as a
 * packet of that SSRC has proved to be genuine.
 *
 * Thread: made and freed on the signalling thread, where the library is set up,
 * too; used by the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/srtp.h"

#include <errno.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/rtp.h"
#include "media/wire.h"

enum {
	RTCP_HEADER = 8,
	RTCP_INDEX = 4,			/* E flag and SRTCP index             */
	PACKET_MAX = 65535,
	/* Packets that may come out of order, and for which it is known whether
	 * they came already (RFC 3711 3.3.2: at least 64).                   */
	WINDOW = 128,
	/* A far end has one source, and after a transfer another. Each costs
	 * memory, so that one which never ends would be an attack.           */
	SOURCES_MAX = 16,
};

struct suite {
	const char *name;
	size_t key_len;
	size_t rtp_tag, rtcp_tag;
	void (*rtp)(srtp_crypto_policy_t *policy);
	void (*rtcp)(srtp_crypto_policy_t *policy);
};

/* RFC 4568 6.2: the short tag is for RTP alone, RTCP keeps the long one.
 * RFC 7714 12: the tag of GCM has 16 bytes, the salt 12.                     */
static const struct suite suites[SRTP_SUITES] = {
	[SRTP_AES_CM_128_HMAC_SHA1_80] = {
		"AES_CM_128_HMAC_SHA1_80", SRTP_AES_ICM_128_KEY_LEN_WSALT,
		10, 10, srtp_crypto_policy_set_rtp_default,
		srtp_crypto_policy_set_rtcp_default,
	},
	[SRTP_AES_CM_128_HMAC_SHA1_32] = {
		"AES_CM_128_HMAC_SHA1_32", SRTP_AES_ICM_128_KEY_LEN_WSALT,
		4, 10, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
		srtp_crypto_policy_set_rtcp_default,
	},
	[SRTP_AEAD_AES_128_GCM] = {
		"AEAD_AES_128_GCM", SRTP_AES_GCM_128_KEY_LEN_WSALT,
		16, 16, srtp_crypto_policy_set_aes_gcm_128_16_auth,
		srtp_crypto_policy_set_aes_gcm_128_16_auth,
	},
	[SRTP_AEAD_AES_256_GCM] = {
		"AEAD_AES_256_GCM", SRTP_AES_GCM_256_KEY_LEN_WSALT,
		16, 16, srtp_crypto_policy_set_aes_gcm_256_16_auth,
		srtp_crypto_policy_set_aes_gcm_256_16_auth,
	},
};

struct srtp {
	const struct suite *suite;
	struct srtp_crypto crypto;
	srtp_t out, in;
	uint32_t sources[SOURCES_MAX];
	size_t n_sources;
};

static int errno_of(srtp_err_status_t status)
{
	switch (status) {
	case srtp_err_status_ok:
		return 0;
	case srtp_err_status_alloc_fail:
		return -ENOMEM;
	case srtp_err_status_key_expired:
		return -EKEYEXPIRED;
	case srtp_err_status_auth_fail:
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
	case srtp_err_status_parse_err:
	case srtp_err_status_bad_param:
	case srtp_err_status_cant_check:
	case srtp_err_status_no_ctx:
	case srtp_err_status_pkt_idx_old:
	case srtp_err_status_pkt_idx_adv:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

/* ---- suites -------------------------------------------------------------- */

static bool is_suite(enum srtp_suite suite)
{
	return suite > SRTP_NONE && suite < SRTP_SUITES;
}

const char *srtp_name(enum srtp_suite suite)
{
	return is_suite(suite) ? suites[suite].name : "";
}

size_t srtp_key_len(enum srtp_suite suite)
{
	return is_suite(suite) ? suites[suite].key_len : 0;
}

static int make(srtp_t *session, const struct suite *suite, const uint8_t *key,
		srtp_ssrc_type_t who)
{
	uint8_t copy[SRTP_KEY_MAX];
	srtp_policy_t policy;
	int err;

	memset(&policy, 0, sizeof(policy));
	suite->rtp(&policy.rtp);
	suite->rtcp(&policy.rtcp);
	policy.ssrc.type = who;
	memcpy(copy, key, sizeof(copy));
	policy.key = copy;		/* the library copies it, too         */
	policy.window_size = WINDOW;
	err = errno_of(srtp_create(session, &policy));
	explicit_bzero(copy, sizeof(copy));
	return err;
}

/* What the library was built without shows only when it is asked for: AES-GCM
 * needs OpenSSL, NSS or mbedTLS behind it.                                   */
static bool try_suite(const struct suite *suite)
{
	static const uint8_t key[SRTP_KEY_MAX];
	srtp_t session;

	if (make(&session, suite, key, ssrc_any_outbound))
		return false;
	srtp_dealloc(session);
	return true;
}

int srtp_has(enum srtp_suite suite)
{
	static bool asked, has[SRTP_SUITES];
	size_t i;

	if (!asked) {
		asked = true;
		if (!srtp_init()) {
			srtp_install_log_handler(NULL, NULL);
			for (i = SRTP_NONE + 1; i < SRTP_SUITES; i++)
				has[i] = try_suite(&suites[i]);
		}
	}
	return is_suite(suite) && has[suite];
}

/* ---- life ---------------------------------------------------------------- */

int srtp_new(struct srtp **sp, const struct srtp_crypto *crypto)
{
	struct srtp *s;
	int err;

	if (!srtp_has(crypto->suite))
		return -ENOTSUP;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->suite = &suites[crypto->suite];
	s->crypto = *crypto;
	err = make(&s->out, s->suite, crypto->send, ssrc_any_outbound);
	if (!err)
		err = make(&s->in, s->suite, crypto->receive,
			   ssrc_any_inbound);
	if (err)
		srtp_free(s);
	else
		*sp = s;
	return err;
}

void srtp_free(struct srtp *s)
{
	if (!s)
		return;
	if (s->out)
		srtp_dealloc(s->out);
	if (s->in)
		srtp_dealloc(s->in);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

static void swap(srtp_t *a, srtp_t *b)
{
	srtp_t t = *a;

	*a = *b;
	*b = t;
}

void srtp_take_over(struct srtp *s, struct srtp *before)
{
	size_t len = s->suite->key_len;

	if (s->suite != before->suite)
		return;
	if (!memcmp(s->crypto.send, before->crypto.send, len))
		swap(&s->out, &before->out);
	if (memcmp(s->crypto.receive, before->crypto.receive, len))
		return;
	swap(&s->in, &before->in);
	memcpy(s->sources, before->sources, sizeof(s->sources));
	s->n_sources = before->n_sources;
}

/* ---- sealing ------------------------------------------------------------- */

int srtp_seal_rtp(struct srtp *s, uint8_t *packet, size_t len)
{
	int n = (int)len, err;

	if (len < RTP_HEADER_LEN || len > PACKET_MAX)
		return -EMSGSIZE;
	err = errno_of(srtp_protect(s->out, packet, &n));
	return err ? err : n;
}

int srtp_seal_rtcp(struct srtp *s, uint8_t *packet, size_t len)
{
	int n = (int)len, err;

	if (len < RTCP_HEADER || len > PACKET_MAX)
		return -EMSGSIZE;
	err = errno_of(srtp_protect_rtcp(s->out, packet, &n));
	return err ? err : n;
}

/* ---- opening ------------------------------------------------------------- */

static bool knows(const struct srtp *s, uint32_t ssrc)
{
	size_t i;

	for (i = 0; i < s->n_sources; i++) {
		if (s->sources[i] == ssrc)
			return true;
	}
	return false;
}

static bool is_one_too_many(const struct srtp *s, uint32_t ssrc)
{
	return s->n_sources == SOURCES_MAX && !knows(s, ssrc);
}

/* The packet was genuine, and the library keeps a state for its source now.  */
static void note_source(struct srtp *s, uint32_t ssrc)
{
	if (!knows(s, ssrc))
		s->sources[s->n_sources++] = ssrc;
}

/* What has no room for header and tag never reaches the library, which in older
 * versions took the one from the other without a look.                       */
int srtp_open_rtp(struct srtp *s, uint8_t *packet, size_t len)
{
	size_t header = rtp_header_len(packet, len);
	int n = (int)len, err;
	uint32_t ssrc;

	if (!header || len > PACKET_MAX || len < header + s->suite->rtp_tag)
		return -EBADMSG;
	ssrc = wire_get32(packet + 8);
	if (is_one_too_many(s, ssrc))
		return -EBADMSG;
	err = errno_of(srtp_unprotect(s->in, packet, &n));
	if (err)
		return err;
	note_source(s, ssrc);
	return n;
}

int srtp_open_rtcp(struct srtp *s, uint8_t *packet, size_t len)
{
	int n = (int)len, err;
	uint32_t ssrc;

	if (len < RTCP_HEADER + RTCP_INDEX + s->suite->rtcp_tag ||
	    len > PACKET_MAX || packet[0] >> 6 != RTP_VERSION)
		return -EBADMSG;
	ssrc = wire_get32(packet + 4);
	if (is_one_too_many(s, ssrc))
		return -EBADMSG;
	err = errno_of(srtp_unprotect_rtcp(s->in, packet, &n));
	if (err)
		return err;
	note_source(s, ssrc);
	return n;
}
