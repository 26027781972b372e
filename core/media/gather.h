/*
 * gather.h - digits that a script waits for: taken, judged, reported.
 *
 *	digits --> typed --> digits of the gather under way --> where to go on
 *	           (ahead of it, too)                      \--> report
 *
 * Thread: made and freed on the signalling thread, kept by the media worker
 * that owns the stream; no I/O.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_GATHER_H
#define MEDIA_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/services.h>

#include "media/playout.h"

enum {
	/* So many gathers end in one call; then the script is over: a far end
	 * may be led back as often as it likes, but not for ever.            */
	GATHER_ENDS_MAX = 1000,
};

struct gather {
	char typed[CLN_DIGITS_MAX];	/* not taken by a gather yet          */
	uint8_t n_typed;
	bool waiting;			/* one is under way                   */
	uint8_t n_digits;		/* that it has taken                  */
	char digits[CLN_DIGITS_MAX + 1];
	int64_t since_ns;		/* it began, or took its last digit   */
	uint32_t n_ended;		/* the last CLN_GATHERED_MAX are kept */
	struct cln_gathered ended[CLN_GATHERED_MAX];
};

/* NULL: no memory. free() it.                                                */
struct gather *gather_new(void);
bool gather_wanted(const struct script *s);

/* The far end pressed them. What is more than CLN_DIGITS_MAX ahead is lost.  */
void gather_type(struct gather *g, const char *digits, size_t n);
/* Moves the cursor where digits, or their lack, lead to. While `held` no time
 * passes.                                                                    */
void gather_turn(struct gather *g, struct playout *p, bool held,
		 int64_t now_ns);
/* The call is over: what was typed until then counts, then who still waits has
 * been hung up on.                                                           */
void gather_end(struct gather *g, struct playout *p, int64_t now_ns);
/* The last ones in order; returns how many.                                  */
uint32_t gather_report(const struct gather *g,
		       struct cln_gathered to[CLN_GATHERED_MAX]);

#endif
