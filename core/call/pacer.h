/*
 * pacer.h - absolute deadlines at a rate, without bursts after a pause.
 *
 * Values; thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_PACER_H
#define CALL_PACER_H

#include <stdint.h>

struct pacer {
	int64_t next_ns;		/* the earliest next deadline          */
	int64_t interval_ns;		/* 0: no limit                         */
	int64_t promised;		/* deadlines that will be taken soon   */
};

/* per_s 0: no limit. Keeps the next deadline.                                 */
void pacer_set(struct pacer *p, int per_s);
/* The earliest deadline not before at_ns.                                     */
int64_t pacer_peek(const struct pacer *p, int64_t at_ns);
/* Takes the deadline at_ns, which pacer_peek() allowed.                       */
void pacer_take(struct pacer *p, int64_t at_ns);
/* How many deadlines lie in from_ns .. until_ns beside those that are promised,
 * `most` at most.                                                             */
int64_t pacer_room(const struct pacer *p, int64_t from_ns, int64_t until_ns,
		   int64_t most);

#endif
