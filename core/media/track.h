/*
 * track.h - a script in one codec, and the places in it.
 *
 *	round 0                      round 1
 *	step 0    step 0     step 1  step 0    step 0     step 1
 *	repeat 0  repeat 1           repeat 0  repeat 1
 *
 * Thread: made on the signalling thread, immutable; places are their owner's.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_TRACK_H
#define MEDIA_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/codec.h>

#include "media/prompt.h"
#include "media/script.h"

enum {
	FRAMING_PTIME_MAX = 100,	/* ms; longer wishes are cut to this  */
	FRAMING_PAYLOAD_MAX = 1400,	/* bytes; fits any path unfragmented  */
	/* In place of a step: silence before the first one.                  */
	TRACK_PRELUDE = -1,
};

#define TRACK_FOR_EVER UINT32_MAX	/* frames, or units                   */

/* What one packet holds.                                                     */
struct framing {
	const struct cln_codec *codec;
	uint32_t packet_frames;		/* frames in a packet                 */
	uint32_t packet_ms;		/* their time                         */
	uint32_t packet_units;		/* their time in RTP timestamp units  */
	uint32_t payload_max;		/* bytes                              */
};

struct track {
	struct framing framing;
	const struct script *script;	/* lent                               */
	const struct prompt_frames *silence;	/* NULL: none is needed       */
	bool events;			/* digits leave as events, not sound  */
};

/* A place in the script, and the sound that is there.                        */
struct place {
	int32_t step;			/* n_steps: the end                   */
	uint32_t round, repeat;
	uint32_t frame;			/* of this repetition                 */
	uint32_t length;		/* of a repetition, in frames         */
	uint32_t repeats;		/* of this step                       */
	const struct prompt_frames *frames;	/* NULL: none             */
	bool loops;			/* they go round and round            */
};

/* -EINVAL: the codec's frames do not make whole milliseconds; -EMSGSIZE: a
 * frame does not fit into a packet.                                          */
int framing_init(struct framing *f, const struct cln_codec *codec,
		 const struct cln_codec_params *params);
/* -ENOENT: a prompt was not made for this codec, or there is no silence where
 * it is needed, as it is for a prelude.                                      */
int track_init(struct track *t, const struct framing *framing,
	       const struct script *script, bool events, bool prelude);

uint32_t track_frames_of_ms(const struct track *t, uint64_t ms); /* rounds up */
uint32_t track_units(const struct track *t, uint32_t frames);	/* of RTP     */
/* The step there; NULL: the end, or the prelude.                             */
const struct script_step *track_step(const struct track *t,
				     const struct place *at);
bool track_is_event(const struct track *t, const struct place *at);

/* Steps without sound are never a place; a script that has none at all is at
 * its end.                                                                   */
void place_go(const struct track *t, struct place *at, int32_t step);
void place_next_step(const struct track *t, struct place *at);
/* So many frames are over, at most what is left of the repetition.           */
void place_forward(const struct track *t, struct place *at, uint32_t frames);
/* The same moment as that of `from` on another track of the script. What a
 * frame codec adds behind a recording has no counterpart elsewhere: that is the
 * beginning of what comes next. Digits that were begun are not said again.   */
void place_move(const struct track *t, struct place *at,
		const struct track *from);

#endif
