/*
 * negotiate.h - our side of offer and answer: codecs to formats and back.
 *
 *   INVITE     our offer: all codecs of the carrier, in its order; DTMF events
 *              and keys, where it wants them
 *   2xx        their answer: the first of its formats that we can use
 *   re-INVITE  their offer: the codec that plays, if it is still offered, else
 *   or UPDATE  the first of the offer's that we can use; we answer with it alone
 *   without    our offer: the codec that plays, then the others; the answer in
 *   SDP        the ACK chooses as the one to the INVITE does
 *
 * Recordings are made in all codecs of the carrier before it is called, so each
 * can be changed to at once. Only the clock rate must stay: another one would
 * make another source of the stream (RFC 7160). Pure functions; thread:
 * signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_NEGOTIATE_H
#define CALL_NEGOTIATE_H

#include "call/room.h"
#include "call/secrecy.h"
#include "media/media.h"
#include "sip/sdp.h"

/* Of the packets that we send.                                                */
enum { PTIME_MIN_MS = 10, PTIME_MAX_MS = 60 };

/* What was settled for one call.                                              */
struct negotiated {
	const struct cln_codec *codec;
	struct cln_codec_params params;
	int payload_type;		/* as the far end numbers it           */
	struct addr rtp, rtcp;		/* port 0: the stream was ended        */
	bool rtcp_mux;
	bool send;			/* false: we are on hold               */
	bool far_silent;		/* it said that it will send nothing   */
	/* What the far end may send us, by the numbers of our description.    */
	struct hear_format hear[CLN_CODECS_MAX];
	size_t n_hear;
	/* telephone-event (RFC 4733) by our number and by theirs, -1: none.   */
	int event_in, event_out;
	struct srtp_crypto crypto;	/* suite SRTP_NONE: plain              */
};

/* What a carrier wants of the media of a call; all of it stays for the call.   */
struct negotiate_wishes {
	uint32_t ptime_ms;		/* 0: each codec's own                 */
	bool events;			/* telephone-event is offered          */
	enum secrecy secrecy;
	struct secrecy_keys *keys;	/* NULL while secrecy is off           */
};

/* What we can speak: `audio` has a format for each codec, in the same order, and
 * behind them one of telephone-event for each clock rate.                     */
struct negotiate_side {
	struct codec_order codecs;
	struct sdp_audio audio;
	size_t slot;			/* of it among our m= lines            */
	const struct negotiate_wishes *wishes;	/* lent                        */
};

/* Our description: all codecs of the set in order at this address. The same set
 * gives the same payload numbers throughout the call (RFC 3264 8.3.2), and the
 * same wishes the same keys.                                                  */
void negotiate_local(struct negotiate_side *us, const struct codec_order *set,
		     const struct negotiate_wishes *wishes,
		     const struct addr *address, uint16_t port);
/* After the first answer: the codec that plays goes first, those of another
 * clock rate go out.                                                          */
void negotiate_within(struct negotiate_side *us,
		      const struct cln_codec *playing);
/* Reads the answer to that description. -errno with a sentence in why.        */
int negotiate_answer(struct negotiated *n, const struct negotiate_side *us,
		     const char *sdp, size_t len, char *why, size_t cap);
/* Reads a later offer within the call, where n->codec plays, and writes our
 * answer. -errno: refuse with 488; n is then as it was.                       */
int negotiate_offer(struct negotiated *n, const struct negotiate_side *us,
		    const struct sdp_session *session, const char *sdp,
		    size_t len, char *answer, size_t cap);

#endif
