/*
 * exchange.c - the business as a whole: made, started from the store, freed.
 *
 *   recover -> carriers -> their history -> open jobs -> ready
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/carrier_fields.h"
#include "call/room.h"

/* ---- start ------------------------------------------------------------------ */

static void start_done(struct exchange *x, int err)
{
	x->starting = false;
	if (err)
		log_error("start: the store: %s", strerror(-err));
	if (x->stopping) {
		stop_check(x);
		return;
	}
	x->ready = !err;
	x->on_ready(x->ready_arg, err);
	dialer_wake(x);
}

static void ask_store_for(struct exchange *x, enum store_op op,
			  void (*done)(struct store_req *))
{
	x->start_req = (struct store_req){
		.home = loop_inbox(x->cfg.loop),
		.done = done,
		.arg = x,
		.op = op,
	};
	if (op == STORE_RECOVER)
		x->start_req.recover.at = exchange_wall_ms(x);
	store_complete(x->cfg.store, &x->start_req);
}

static void on_jobs(struct store_req *req)
{
	struct exchange *x = req->arg;
	int err = x->start_err ? x->start_err : req->err;
	struct job *j;

	for (size_t i = 0; i < req->open.n; i++) {
		if (!err)
			err = job_new(&j, x, req->open.items[i]);
		if (err)
			store_job_free(req->open.items[i]);
	}
	if (req->open.n && !err)
		log_info("start: %zu open jobs go on", req->open.n);
	free(req->open.items);
	start_done(x, err);
}

struct history_read {
	struct store_req req;
	char id[CLN_ID_LEN];
};

static void on_history(struct store_req *req)
{
	struct history_read *h = (struct history_read *)req;
	struct exchange *x = req->arg;
	struct carrier *c = carrier_find(x, h->id);

	if (c && !req->err && req->hist.n) {
		memcpy(c->history, req->hist.items,
		       req->hist.n * sizeof(c->history[0]));
		c->n_history = (uint32_t)req->hist.n;
		c->rejected = c->n_history && c->data.do_register &&
			c->history[c->n_history - 1].state == CLN_REG_REJECTED;
	}
	if (c)
		carrier_start(c);
	free(req->hist.items);
	free(h);
}

static int read_history(struct exchange *x, const char *id)
{
	struct history_read *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	str_copy(h->id, sizeof(h->id), id);
	h->req = (struct store_req){
		.home = loop_inbox(x->cfg.loop),
		.done = on_history,
		.arg = x,
		.op = STORE_HISTORY_LIST,
		.hist = { .id = h->id },
	};
	store_complete(x->cfg.store, &h->req);
	return 0;
}

/* The store works in order: all histories are back before the open jobs, which
 * are therefore asked for even after an error.                                */
static void on_carriers(struct store_req *req)
{
	struct exchange *x = req->arg;
	struct cln_carrier *items = req->carriers.items;
	size_t n = req->carriers.n;
	int err = req->err;
	struct carrier *c;

	for (size_t i = 0; !err && i < n; i++) {
		err = carrier_new(&c, x, &items[i]);
		if (!err)
			err = read_history(x, items[i].id);
	}
	if (items)
		explicit_bzero(items, n * sizeof(*items));
	free(items);
	x->start_err = err;
	ask_store_for(x, STORE_JOB_LIST_OPEN, on_jobs);
}

static void on_recovered(struct store_req *req)
{
	struct exchange *x = req->arg;

	if (req->err) {
		start_done(x, req->err);
		return;
	}
	if (req->recover.n)
		log_warn("start: %lld calls were cut off by the last end of "
			 "this server: unknown", (long long)req->recover.n);
	ask_store_for(x, STORE_CARRIER_LIST, on_carriers);
}

void exchange_start(struct exchange *x, void (*ready)(void *arg, int err),
		    void *arg)
{
	x->starting = true;
	x->on_ready = ready;
	x->ready_arg = arg;
	ask_store_for(x, STORE_RECOVER, on_recovered);
}

/* ---- life ------------------------------------------------------------------- */

int exchange_new(struct exchange **xp, const struct exchange_config *cfg)
{
	struct exchange *x = calloc(1, sizeof(*x));
	int err;

	if (!x)
		return -ENOMEM;
	x->cfg = *cfg;
	dialer_init(x);
	x->services.size = sizeof(x->services);
	x->services.ctx = x;
	carrier_fields_know(cfg->plugins);
	services_carriers(&x->services);
	services_jobs(&x->services);
	services_trace(&x->services);
	services_prompts(x, &x->services);
	err = map_new(&x->carriers);
	if (!err)
		err = map_new(&x->jobs_by_id);
	if (err)
		exchange_free(x);
	else
		*xp = x;
	return err;
}

void exchange_free(struct exchange *x)
{
	struct carrier *c;
	size_t pos = 0;

	if (!x)
		return;
	timer_stop(loop_timers(x->cfg.loop), &x->stop_timer);
	carriers_abandon(x);
	jobs_free(x);
	timer_stop(loop_timers(x->cfg.loop), &x->tick);
	while (x->carriers && (c = map_next(x->carriers, &pos)))
		carrier_free(c);
	map_free(x->carriers);
	map_free(x->jobs_by_id);
	free(x);
}

const struct cln_services *exchange_services(struct exchange *x)
{
	return &x->services;
}

unsigned int exchange_calls(const struct exchange *x)
{
	return x->n_calls;
}

const struct cln_field *const *exchange_carrier_fields(void)
{
	return carrier_fields;
}
