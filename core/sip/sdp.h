/*
 * sdp.h - offers we make and answers we get (RFC 4566, 3264), audio only.
 *
 * Pure functions over text; no I/O. Hostile input: every number is range
 * checked, every list bounded. Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_SDP_H
#define SIP_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"

#define SDP_FORMATS_MAX 32
#define SDP_CRYPTO_MAX 16
#define SDP_KEY_MAX 48

/* Kinds of audio stream, by their profile: RTP/AVP and RTP/SAVP (RFC 3711). */
enum { SDP_AVP = 1, SDP_SAVP = 2 };

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

struct sdp_format {
	int pt;
	char name[32];			/* rtpmap encoding name; static types
					 * without rtpmap get theirs (RFC 3551),
					 * dynamic ones "" */
	uint32_t clock_rate;
	uint32_t channels;
	char fmtp[128];
};

/* A line a=crypto (RFC 4568). */
struct sdp_crypto {
	uint32_t tag;
	char suite[32];
	uint8_t key[SDP_KEY_MAX];	/* master key and salt, in one */
	size_t key_len;
};

struct sdp_audio {
	bool secure;			/* RTP/SAVP, else RTP/AVP */
	struct addr rtp;		/* c= and port */
	struct addr rtcp;		/* a=rtcp (RFC 3605), else port + 1; with
					 * rtcp_mux for those who do not mux */
	bool rtcp_mux;			/* can do it (RFC 5761 5.1.1) */
	/* Of the writer of the text: SENDONLY is a far end that holds us.
	 * c=0.0.0.0 takes its receiving away (RFC 3264 8.4). */
	enum sdp_direction direction;
	uint32_t ptime_ms, maxptime_ms;	/* 0: not given */
	size_t n_formats;
	struct sdp_format formats[SDP_FORMATS_MAX];
	bool has_crypto;		/* read: lines of it, usable or not */
	size_t n_crypto;		/* the usable ones, in their order */
	struct sdp_crypto crypto[SDP_CRYPTO_MAX];
};

struct sdp_session {			/* our side, for o= (RFC 3264 5, 8) */
	uint64_t id, version;
};

/* Writes an offer with one audio stream. Later in a session its m= lines are
 * those of `before`, our description up to now (NULL: the first offer), all but
 * the audio stream unused: their number never falls (RFC 3264 8). */
void sdp_write(struct buf *out, const struct sdp_session *s,
	       const struct sdp_audio *audio, const char *before);
/* Which m= line of a description of ours is, or was, the audio stream. */
size_t sdp_slot(const char *ours);

struct sdp_parsed {
	struct sdp_audio audio;		/* the first usable audio stream */
	size_t n_media, audio_index;	/* m= lines in all, and which it was */
	size_t n_open;			/* m= lines that have a port */
};

/* 0; -EBADMSG broken (why says the line); -ENOTSUP no audio stream of these
 * profiles; -ECONNREFUSED audio rejected (port 0). A c= that is a name, a group
 * address or missing, a packet time of 0 or over a second, and a payload type
 * over 127 are broken. Formats past SDP_FORMATS_MAX and those whose name or
 * fmtp does not fit are left out, and so are keys that we could not use as they
 * are meant. n_media and n_open are right also with -ENOTSUP and
 * -ECONNREFUSED. */
int sdp_parse(struct sdp_parsed *p, unsigned int profiles, const char *text,
	      size_t len, char *why, size_t cap);
/* Index in `answer`, at or after `from`, of the first voice format (not DTMF or
 * comfort noise) that was offered, by name, clock and channels, or by number
 * where a dynamic one came without rtpmap; -ENOENT if none. *offered: its index
 * in the offer. */
int sdp_match(const struct sdp_audio *offer, const struct sdp_audio *answer,
	      size_t from, size_t *offered);
/* The same of telephone-event (RFC 4733) at that clock rate. */
int sdp_match_events(const struct sdp_audio *offer,
		     const struct sdp_audio *answer, uint32_t clock_rate,
		     size_t *offered);
/* Answers a later offer (RFC 3264 6): the offer's m= lines in their order, all
 * but its audio stream refused, its payload numbers, its direction mirrored and
 * narrowed to ours. `ours` holds our address, the formats that we can go on
 * with, the profile of the stream that is meant, and our key. An offer that
 * ends all streams (port 0, 8.2) is answered alike. 0; -ENOENT none of our
 * formats is offered; else as sdp_parse(). Writes nothing on an error; test
 * out->err afterwards. */
int sdp_answer(struct buf *out, const struct sdp_session *s, const char *offer,
	       size_t len, const struct sdp_audio *ours);

#endif
