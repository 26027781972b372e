/* SPDX-License-Identifier: MIT */
/*
 * finish.h - what is done with a call when it is over.
 */
#ifndef FAREND_FINISH_H
#define FAREND_FINISH_H

#include "event.h"
#include "options.h"

struct call;
struct finisher;

/* wake_fd (an eventfd) is written when --exit-after-calls is reached. */
struct finisher *finisher_start(const struct options *opt,
				struct events *events, int wake_fd);
/* Takes the call; waits while the queue is full. */
void finisher_put(struct finisher *f, struct call *c);
/* Adds the totals of all calls so far to an object. */
void finisher_totals(struct finisher *f, struct txt *t);
/* Finishes what is queued; the totals may still be asked for. */
void finisher_stop(struct finisher *f);
void finisher_free(struct finisher *f);

#endif
