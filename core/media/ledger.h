/*
 * ledger.h - how far each step of a script was sent, and how far it was heard.
 *
 *	position 0         160          400     560
 *	         | step 0  | step 1     | none  | step 0 ...	runs
 *	         [pkt 0  ][pkt 1  ][pkt 2  ][pkt 3  ][pkt 4 ..
 *
 * A receiver report tells how many packets the far end has seen. Which sound
 * was in them stands in a short list of runs; what a report confirms is added
 * up for each step and its runs are forgotten. Where they come faster than
 * reports, the oldest goes: then less is told than was heard, never more.
 * Positions count units of the RTP clock that packets took, not the time that
 * passed.
 *
 * Thread: made and freed on the signalling thread, kept by the media worker.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_LEDGER_H
#define MEDIA_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/services.h>

enum {
	/* Reports come every 2.5 to 7.5 s: room for what a short script plays
	 * in between, up to steps of 120 ms.                                 */
	LEDGER_RUNS_MIN = 8, LEDGER_RUNS_MAX = 64,
	LEDGER_NONE = -1,		/* in place of a step: nobody's sound */
};

/* Sound of one step, from its beginning or a place in it, said once or again
 * and again.                                                                 */
struct ledger_run {
	uint64_t begin;			/* position                           */
	uint32_t length;		/* of one repetition, in units        */
	uint32_t audible;		/* of it: before what only fills up   */
	uint32_t offset;		/* of the beginning in its repetition */
	int32_t step;			/* or LEDGER_NONE                     */
};

struct ledger_sum {
	uint64_t sent, heard;		/* units; runs that are over          */
};

/* From packet number `packets` on each one takes so many units.              */
struct ledger_pace {
	uint64_t packets, position;
	uint32_t packet_units;
};

struct ledger {
	uint64_t position;		/* what was sent                      */
	uint64_t heard;			/* what was confirmed                 */
	uint64_t begun;			/* a bit for each step                */
	struct ledger_pace pace, pace_before;
	struct ledger_run *runs;	/* behind the sums                    */
	uint8_t max_runs, first, n_runs; /* the last one is under way         */
	size_t n_steps;
	struct ledger_sum sums[];
};

/* At most CLN_ITEMS_MAX steps, said in so many rounds, and free() it. NULL: no
 * memory.                                                                    */
struct ledger *ledger_new(size_t n_steps, uint32_t rounds);

/* Packets of another size begin; `packets` left before.                      */
void ledger_set_pace(struct ledger *l, uint32_t packet_units,
		     uint64_t packets);
/* Another run begins, at l->position or within the packet that follows it.   */
void ledger_begin(struct ledger *l, const struct ledger_run *run);
/* It was come to, though it may have no sound.                               */
void ledger_note(struct ledger *l, int32_t step);
static inline void ledger_packet(struct ledger *l)
{
	l->position += l->pace.packet_units;
}

/* The far end has seen the first `packets` packets.                          */
void ledger_confirm(struct ledger *l, uint64_t packets);
/* The steps that were begun, in order, at most `cap`; with `told` false the far
 * end never reported. Returns how many.                                      */
uint32_t ledger_report(const struct ledger *l, uint32_t clock_rate, bool told,
		       struct cln_played *items, uint32_t cap);

#endif
