/* SPDX-License-Identifier: MIT */
/*
 * sdp.h - offers and answers, RFC 4566 and 3264, one audio stream.
 */
#ifndef FAREND_SDP_H
#define FAREND_SDP_H

#include "net.h"
#include "script.h"
#include "txt.h"

enum { SDP_CODECS = 32, SDP_MEDIA = 8 };

enum sdp_dir { DIR_SENDRECV, DIR_SENDONLY, DIR_RECVONLY, DIR_INACTIVE };

struct sdp_codec {
	int pt;
	int rate;
	char name[24];          /* as in rtpmap: PCMU, G729 */
	char fmtp[96];
};

struct sdp {
	struct addr remote;     /* where its audio wants our RTP */
	bool usable;            /* an RTP/AVP audio line with a port */
	int n_codecs;
	struct sdp_codec codecs[SDP_CODECS];
	int event_pt;           /* telephone-event, -1: none */
	int ptime;              /* 0: not said */
	enum sdp_dir dir;
	int n_media;
	int audio;              /* which m= line, -1: none */
	char media[SDP_MEDIA][48]; /* "audio RTP/AVP 0", for the answer */
};

/* What we say about ourselves. */
struct sdp_local {
	const struct addr *rtp;
	const struct sdp_codec *codec;  /* NULL: an offer of ours */
	int event_pt;
	int ptime;
	enum sdp_dir dir;
	uint64_t session;
	int version;
	bool hold0;             /* c=0.0.0.0 */
	enum bad_sdp bad;
};

bool sdp_parse(struct sdp *s, const char *text, size_t len);
/* The first codec that a name allows ("mulaw", "G729", "96"; NULL: any). */
const struct sdp_codec *sdp_choose(const struct sdp *s, const char *name);
enum sdp_dir sdp_mirror(enum sdp_dir dir);
const char *sdp_dir_name(enum sdp_dir dir);
/* Writes an answer to offer, or an offer if that is NULL. */
void sdp_write(struct txt *t, const struct sdp *offer,
	       const struct sdp_local *local);

#endif
