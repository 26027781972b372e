/*
 * hear.h - what the far end says, decoded for those who listen to it.
 *
 * Exists only while somebody listens: a gather, or a start after a greeting.
 * Otherwise nothing that comes in is decoded. Thread: made and freed on the
 * signalling thread, used by the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_HEAR_H
#define MEDIA_HEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/codec.h>
#include <carillon/services.h>

#include "media/greeting.h"
#include "media/rtp.h"

/* A payload type that the far end may send us.                               */
struct hear_format {
	int payload_type;
	const struct cln_codec *codec;
};

struct hear_config {
	struct hear_format formats[CLN_CODECS_MAX];
	size_t n_formats;
	int event_type;			/* payload type of RFC 4733, -1: none */
	bool tones;			/* listens for digits in the sound    */
	bool greeting;			/* whether it is over, too            */
};

struct hear;

/* Codecs that must not run on a media thread are not heard. 0 or -ENOMEM.    */
int hear_new(struct hear **hp, const struct hear_config *cfg);
void hear_free(struct hear *h);			/* NULL is fine               */

/* A packet of the far end, in the order of its coming; late ones and
 * repetitions are passed over, gaps are heard as silence.                    */
void hear_take(struct hear *h, const struct rtp_packet *p, int64_t now_ns);
/* Nothing came for a while: silence passes too.                              */
void hear_tick(struct hear *h, int64_t now_ns);
/* In place of another ear, which heard all that came until now and is good for
 * nothing afterwards but to be freed: what had begun is heard to its end, and
 * nothing twice. Allocates nothing. Media thread.                            */
void hear_take_over(struct hear *h, struct hear *before);
/* The digits since the last time, NUL-ended; returns how many. A digit that
 * comes as event and as tone counts once.                                    */
size_t hear_digits(struct hear *h, char digits[CLN_DIGITS_MAX + 1]);
enum greeting_verdict hear_greeting(const struct hear *h);
/* Judges only what is said from now on.                                      */
void hear_greeting_anew(struct hear *h);

#endif
