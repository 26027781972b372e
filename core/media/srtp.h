/*
 * srtp.h - RTP and RTCP under lock (RFC 3711, RFC 7714) through libsrtp2.
 *
 * Keys come from the signalling (SDES, RFC 4568). A session costs up to 60 KB,
 * so one is made only where it was negotiated. Thread: made and freed on the
 * signalling thread, used by the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_SRTP_H
#define MEDIA_SRTP_H

#include <stddef.h>
#include <stdint.h>

enum srtp_suite {
	SRTP_NONE,
	SRTP_AES_CM_128_HMAC_SHA1_80,
	SRTP_AES_CM_128_HMAC_SHA1_32,
	SRTP_AEAD_AES_128_GCM,
	SRTP_AEAD_AES_256_GCM,
	SRTP_SUITES,
};

enum {
	SRTP_KEY_MAX = 44,		/* master key and salt                */
	SRTP_GROWTH_MAX = 24,		/* bytes that sealing adds, at most   */
};

struct srtp_crypto {
	enum srtp_suite suite;		/* NONE: plain                        */
	uint8_t send[SRTP_KEY_MAX], receive[SRTP_KEY_MAX];
};

struct srtp;

/* Whether our libsrtp2 can do it. The first time sets the library up, which
 * takes 20 ms. Thread: signalling.                                           */
int srtp_has(enum srtp_suite suite);
/* Its name in SDP, its length of key and salt; "" and 0 for none. Any
 * thread.                                                                    */
const char *srtp_name(enum srtp_suite suite);
size_t srtp_key_len(enum srtp_suite suite);

/* 0, -ENOTSUP, -ENOMEM. One of either direction for all SSRCs.               */
int srtp_new(struct srtp **sp, const struct srtp_crypto *crypto);
void srtp_free(struct srtp *s);		/* NULL is fine                       */
/* Each direction whose suite and key are those of `before` goes on where that
 * one was, which is then only good for srtp_free(): a new beginning under the
 * same key would seal two packets with one key stream (RFC 3711 9.1), and open
 * again what was opened before. Allocates nothing. Media thread.             */
void srtp_take_over(struct srtp *s, struct srtp *before);

/* In place; the buffer has room for SRTP_GROWTH_MAX bytes more. Returns the new
 * length, or -errno and then nothing may leave.                              */
int srtp_seal_rtp(struct srtp *s, uint8_t *packet, size_t len);
int srtp_seal_rtcp(struct srtp *s, uint8_t *packet, size_t len);
/* In place. Returns the new length; -EBADMSG: too short, forged, replayed, or
 * of more sources than a far end has.                                        */
int srtp_open_rtp(struct srtp *s, uint8_t *packet, size_t len);
int srtp_open_rtcp(struct srtp *s, uint8_t *packet, size_t len);

#endif
