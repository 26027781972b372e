/*
 * ask.c - how a thread of an app has something done on the signalling thread.
 *
 * Threads: the app's and signalling, as each function says.
 */
/* SPDX-License-Identifier: MIT */
#include "call/ask.h"

#include <errno.h>

static void on_message(struct msg *m)
{
	struct ask *a = (struct ask *)m;

	if (a->x->stopping && !a->is_read)
		ask_done(a, -ESHUTDOWN);
	else
		a->fn(a);
}

int ask_run(struct exchange *x, struct ask *a, void (*fn)(struct ask *))
{
	int err;

	a->msg.fn = on_message;
	a->x = x;
	a->fn = fn;
	waiter_init(&a->waiter);
	err = inbox_post(loop_inbox(x->cfg.loop), &a->msg);
	if (!err) {
		waiter_wait(&a->waiter);
		err = a->err;
	}
	waiter_deinit(&a->waiter);
	return err;
}

void ask_done(struct ask *a, int err)
{
	a->err = err;
	waiter_done(&a->waiter);
}

static void prepare(struct ask *a, struct exchange *x,
		    void (*done)(struct store_req *))
{
	a->req.home = loop_inbox(x->cfg.loop);
	a->req.done = done;
	a->req.arg = a;
	a->req.err = 0;
}

void ask_store(struct ask *a, void (*done)(struct store_req *))
{
	int err;

	prepare(a, a->x, done);
	err = store_post(a->x->cfg.store, &a->req);
	if (err) {
		a->req.err = err;
		done(&a->req);
	}
}

static void on_answer(struct store_req *req)
{
	ask_done(req->arg, req->err);
}

int ask_store_run(struct exchange *x, struct ask *a)
{
	int err;

	a->x = x;
	prepare(a, x, on_answer);
	waiter_init(&a->waiter);
	err = store_post(x->cfg.store, &a->req);
	if (!err) {
		waiter_wait(&a->waiter);
		err = a->err;
	}
	waiter_deinit(&a->waiter);
	return err;
}
