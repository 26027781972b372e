/*
 * worker.h - a media thread: paces its sessions on an absolute clock.
 *
 * Thread: as each function says. All that concerns a session comes in by
 * message, so that the worker alone touches it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_WORKER_H
#define MEDIA_WORKER_H

#include <stdint.h>

#include "base/inbox.h"
#include "media/drain.h"
#include "media/session.h"
#include "media/tally.h"

struct worker;

/* Signalling thread. */
int worker_new(struct worker **wp, unsigned int number);
void worker_free(struct worker *w);	/* no session left; joins the thread  */

/* Any thread. */
struct inbox *worker_inbox(struct worker *w);
struct tally *worker_tally(struct worker *w);
struct drain *worker_drain(struct worker *w);	/* to lend to sessions        */
const struct clock *worker_clock(void);

/* The worker's own thread. */
void worker_add(struct worker *w, struct session *s);
void worker_start(struct worker *w, struct session *s,
		  const struct session_play *play);
void worker_end(struct worker *w, struct session *s);

#endif
