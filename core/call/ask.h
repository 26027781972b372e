/*
 * ask.h - how a thread of an app has something done on the signalling thread.
 *
 * The asker waits; what it lent stays valid until the answer. Where the answer
 * needs the store, the question is kept open across its completions.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_ASK_H
#define CALL_ASK_H

#include "base/thread.h"
#include "call/room.h"

struct ask {
	struct msg msg;
	struct exchange *x;
	void (*fn)(struct ask *);	/* runs on the signalling thread; must
					 * lead to ask_done(), now or later    */
	bool is_read;			/* answered also while the server stops */
	struct waiter waiter;
	struct store_req req;		/* for what the answer needs           */
	int err;
};

/* App's thread: 0 or -errno of the answer, -EAGAIN too busy, -ESHUTDOWN.      */
int ask_run(struct exchange *x, struct ask *a, void (*fn)(struct ask *));
/* Signalling thread: answers.                                                 */
void ask_done(struct ask *a, int err);
/* Signalling thread: posts a->req, whose op and arguments are set; `done` gets
 * it back with arg = the ask: at once with an error where the store is busy.  */
void ask_store(struct ask *a, void (*done)(struct store_req *));
/* App's thread: the same without the signalling thread in between.            */
int ask_store_run(struct exchange *x, struct ask *a);

#endif
