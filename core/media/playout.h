/*
 * playout.h - a cursor over a script: the payload of the next packet.
 *
 *	step 0          step 1       step 2
 *	|f|f|f|f|f|f|f| |f|f|f|f|f| |f|f|f|
 *	 packet 0     packet 1     packet 2 + silence
 *
 * Set up on the signalling thread, moved by the media worker. It owns nothing:
 * script and ledger outlive it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_PLAYOUT_H
#define MEDIA_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/ledger.h"
#include "media/track.h"

enum { PLAYOUT_REST_MAX = 16 };	/* bytes of a frame to pad with              */

struct playout {
	struct place at;		/* what the next packet begins with   */
	struct ledger *ledger;		/* lent                               */
	struct track track;
	uint8_t rest_len;		/* 0: the last packet is not padded   */
	uint8_t rest[PLAYOUT_REST_MAX];	/* one encoded frame of zeros         */
};

struct playout_config {
	struct framing framing;
	const struct cln_codec_params *params;
	const struct script *script;
	struct ledger *ledger;
	bool events;			/* digits leave as events, not sound  */
	bool prelude;			/* begins with silence                */
};

/* Errors as of track_init(), or what the codec said.                         */
int playout_init(struct playout *p, const struct playout_config *cfg);
/* The first packet is due: the ledger's first run.                           */
void playout_start(struct playout *p);
/* Takes a new cursor over the same script, of another codec or packet time, to
 * the place where `from` stands. Where that is within one of its frames it says
 * the frame again: less than one frame twice, and nothing is lost. The stream
 * has sent `sent` packets.                                                   */
void playout_take_over(struct playout *p, const struct playout *from,
		       uint64_t sent);

/* Writes the payload of the next packet (at most payload_max bytes) and returns
 * its length, 0 at the end of the script. The cursor stays: asked again, it
 * gives the same.                                                            */
size_t playout_peek(const struct playout *p, uint8_t *dst);
/* A packet of it has left.                                                   */
void playout_advance(struct playout *p);
static inline bool playout_at_end(const struct playout *p)
{
	return p->at.step >= (int32_t)p->track.script->n_steps;
}

/* What the next packet begins with; NULL: the end, or the prelude.           */
static inline const struct script_step *playout_step(const struct playout *p)
{
	return track_step(&p->track, &p->at);
}

/* The digit that leaves as an event from the next packet on; 0: none.        */
char playout_event(const struct playout *p);
/* Such a digit has begun and is not over.                                    */
bool playout_in_event(const struct playout *p);
/* Goes on elsewhere: at a step, or CLN_GOTO_NEXT or CLN_GOTO_STOP.           */
void playout_go(struct playout *p, int32_t go);
/* Leaves for the next gather, of this round or the following, where that one
 * cuts short what plays before it. False: it does not, or there is none.     */
bool playout_interrupt(struct playout *p);

#endif
