/*
 * inbox.h - how threads speak to each other: bounded queues of messages.
 *
 * A message is embedded in an object that its sender prepared; it carries the
 * function that the receiving thread runs. New work is refused when the inbox
 * is full (-EAGAIN); a completion, whose message was there from the start, is
 * never refused and never waits. Any thread posts; one thread takes.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_INBOX_H
#define BASE_INBOX_H

#include <stdbool.h>
#include <stddef.h>

struct msg {
	struct msg *next;
	void (*fn)(struct msg *);	/* runs on the receiving thread       */
};

struct inbox;

/* `limit`: how much new work may wait.                                       */
int inbox_new(struct inbox **inp, size_t limit);
void inbox_free(struct inbox *in);		/* must be empty              */
int inbox_fd(const struct inbox *in);	/* eventfd: readable if filled        */
/* New work: 0, -EAGAIN full, -ESHUTDOWN closed. The message stays the
 * caller's on an error.                                                      */
int inbox_post(struct inbox *in, struct msg *m);
/* A completion: always taken, also after inbox_close().                      */
void inbox_complete(struct inbox *in, struct msg *m);
/* Takes all that waits, oldest first, as a list; NULL if none.               */
struct msg *inbox_take(struct inbox *in);
/* Takes and runs all that waits; returns how many.                           */
size_t inbox_run(struct inbox *in);
/* Blocks until something waits or timeout_ms passed (-1: for ever).          */
void inbox_wait(struct inbox *in, int timeout_ms);
void inbox_close(struct inbox *in);		/* refuses new work from now  */
size_t inbox_fill(const struct inbox *in);	/* how many wait, for metrics */

#endif
