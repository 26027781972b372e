/*
 * negotiate.h - our side of offer and answer: codecs to formats and back.
 *
 * Pure functions; thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_NEGOTIATE_H
#define CALL_NEGOTIATE_H

#include "call/room.h"
#include "sip/sdp.h"

/* What was settled for one call.                                              */
struct negotiated {
	const struct cln_codec *codec;
	struct cln_codec_params params;
	int payload_type;		/* as the far end numbers it           */
	struct addr rtp, rtcp;
	bool rtcp_mux;
	bool send;			/* false: we are on hold               */
};

/* Our description: all codecs of the set in order at this address.            */
void negotiate_local(struct sdp_audio *local, const struct codec_set *set,
		     const struct addr *address, uint16_t port);
/* Reads the answer to that description. -errno with a sentence in why.        */
int negotiate_answer(struct negotiated *n, const struct codec_set *set,
		     const struct sdp_audio *local, const char *sdp,
		     size_t len, char *why, size_t cap);
/* Our description within the call: the one codec that the stream is playing.  */
void negotiate_narrow(struct sdp_audio *local, const struct cln_codec *codec);
/* Reads a later offer within the call: it must still hold our codec. Writes
 * our answer. -errno: refuse with 488.                                        */
int negotiate_offer(struct negotiated *n, const struct sdp_session *session,
		    const struct sdp_audio *local, const char *sdp,
		    size_t len, char *answer, size_t cap);

#endif
