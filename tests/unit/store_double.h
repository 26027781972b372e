/*
 * store_double.h - a store in memory whose answers come when the test says so.
 *
 * Requests are read when they are answered, so that what was lent must still be
 * there. Defines all that core/store/store.h declares but store_new() and
 * store_free(), which the business does not call.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_STORE_DOUBLE_H
#define TESTS_STORE_DOUBLE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/items_json.h"
#include "store/store.h"

#define ROWS_MAX 512
#define JOBS_MAX 128

struct row {
	int state, n_claims;
	char carrier_id[CLN_ID_LEN], to[STORE_TO_LEN], from[STORE_FROM_LEN];
	char from_name[CLN_FROM_NAME_LEN];
	char reason[200];
	int n_written;
	bool has_attempt;
	struct cln_attempt attempt;
	struct cln_played played[64];
	struct cln_gathered gathered[CLN_GATHERED_MAX];
};

struct stored_job {
	char id[CLN_UUID_LEN];
	size_t n_items, n_rows;
	int ring_timeout_s;
	struct row rows[ROWS_MAX];
};

struct store {
	struct inbox *inbox;
	struct msg *held, **end;	/* taken, not answered                 */
	struct stored_job *jobs[JOBS_MAX];
	size_t n_jobs;
	bool hold;			/* answer nothing                      */
	int fail[STORE_RECOVER + 1];	/* error for each op, 0: works         */
	int refuse_post;		/* what new work is answered with      */
	int n_done[STORE_RECOVER + 1];
	int last_err;
	struct cln_carrier *carriers;	/* given once at start                 */
	size_t n_carriers;
	struct cln_transition history;	/* given for every carrier             */
	size_t n_history;
	char last_history[CLN_ID_LEN];
	struct cln_transition last_transition;
};

static struct store the_store;

static inline void store_double_init(void)
{
	the_store = (struct store){ .end = &the_store.held };
	if (inbox_new(&the_store.inbox, 1000))
		abort();
}

static inline void store_double_deinit(void)
{
	inbox_free(the_store.inbox);
	for (size_t i = 0; i < the_store.n_jobs; i++)
		free(the_store.jobs[i]);
}

/* ---- the door --------------------------------------------------------------- */

int store_post(struct store *s, struct store_req *r)
{
	return s->refuse_post ? s->refuse_post : inbox_post(s->inbox, &r->msg);
}

void store_complete(struct store *s, struct store_req *r)
{
	inbox_complete(s->inbox, &r->msg);
}

void store_get_stats(const struct store *s, struct store_stats *st)
{
	*st = (struct store_stats){ .last_err = s->last_err };
}

void store_job_free(struct store_job *job)
{
	if (!job)
		return;
	items_free(job->items, job->n_items);
	free(job->lanes);
	free(job);
}

void store_rows_free(struct store_rows *rows)
{
	if (rows)
		free(rows->items);
	free(rows);
}

/* ---- what it keeps ---------------------------------------------------------- */

static inline struct stored_job *stored(const char *id)
{
	for (size_t i = 0; i < the_store.n_jobs; i++)
		if (!strcmp(the_store.jobs[i]->id, id))
			return the_store.jobs[i];
	return NULL;
}

static inline int count_state(const struct stored_job *j, int state)
{
	int n = 0;

	for (size_t i = 0; i < j->n_rows; i++)
		n += j->rows[i].state == state;
	return n;
}

static inline void add_lane(struct store_job *job, const char *carrier_id)
{
	size_t i = 0;

	while (i < job->n_lanes &&
	       strcmp(job->lanes[i].carrier_id, carrier_id))
		i++;
	if (i == job->n_lanes) {
		job->lanes = reallocarray(job->lanes, ++job->n_lanes,
					  sizeof(*job->lanes));
		job->lanes[i] = (struct store_lane){ 0 };
		str_copy(job->lanes[i].carrier_id, CLN_ID_LEN, carrier_id);
	}
	job->lanes[i].queued++;
}

static inline int store_play(const struct cln_play *play,
			     struct store_job **jobp)
{
	struct stored_job *j = calloc(1, sizeof(*j));
	struct store_job *job = calloc(1, sizeof(*job));
	char *items;

	the_store.jobs[the_store.n_jobs++] = j;
	str_copy(j->id, sizeof(j->id), play->request_id);
	str_copy(job->id, sizeof(job->id), play->request_id);
	job->ring_timeout_s = play->ring_timeout_s;
	job->start = play->start;
	job->start_wait_ms = play->start_wait_ms;
	job->repeat = play->repeat ? play->repeat : 1;
	items = items_to_json(play->items, play->n_items);
	if (items_from_json(&job->items, &job->n_items, items))
		abort();
	free(items);
	j->n_rows = play->n_recipients;
	for (size_t i = 0; i < play->n_recipients; i++) {
		const struct cln_recipient *r = &play->recipients[i];
		const char *id = r->carrier_id ? r->carrier_id :
						 play->carrier_id;

		id = str_starts(r->to, "sip:") ? "" : id;
		str_copy(j->rows[i].carrier_id, CLN_ID_LEN, id);
		str_copy(j->rows[i].to, STORE_TO_LEN, r->to);
		str_copy(j->rows[i].from, STORE_FROM_LEN,
			 r->from ? r->from : play->from);
		str_copy(j->rows[i].from_name, CLN_FROM_NAME_LEN,
			 r->from_name || r->from ? r->from_name :
						   play->from_name);
		add_lane(job, id);
	}
	*jobp = job;
	return 0;
}

static inline int do_claim(struct store_req *r)
{
	struct stored_job *j = stored(r->claim.job_id);

	r->claim.n = 0;
	for (size_t i = 0; i < j->n_rows && r->claim.n < r->claim.cap; i++) {
		struct row *row = &j->rows[i];
		struct store_claim *c = &r->claim.items[r->claim.n];

		if (row->state || strcmp(row->carrier_id, r->claim.carrier_id))
			continue;
		row->state = CLN_RCPT_CALLING;
		row->n_claims++;
		*c = (struct store_claim){ .row = (int64_t)i };
		str_copy(c->to, sizeof(c->to), row->to);
		str_copy(c->from, sizeof(c->from), row->from);
		str_copy(c->from_name, sizeof(c->from_name), row->from_name);
		r->claim.n++;
	}
	return 0;
}

static inline int do_attempt(struct store_req *r)
{
	const struct store_attempt *a = &r->attempt.a;
	struct row *row = &stored(a->job_id)->rows[a->row];

	row->state = a->state;
	row->n_written++;
	str_copy(row->reason, sizeof(row->reason), a->reason);
	if (!a->attempt)
		return 0;
	row->has_attempt = true;
	row->attempt = *a->attempt;
	row->attempt.played = row->played;
	row->attempt.gathered = row->gathered;
	for (uint32_t i = 0; i < a->attempt->n_gathered; i++)
		row->gathered[i] = a->attempt->gathered[i];
	if (a->attempt->n_played)
		memcpy(row->played, a->attempt->played,
		       a->attempt->n_played * sizeof(row->played[0]));
	return 0;
}

static inline int do_fail(struct store_req *r)
{
	struct stored_job *j = stored(r->fail.job_id);

	for (size_t i = 0; i < j->n_rows; i++) {
		struct row *row = &j->rows[i];

		if (row->state || strcmp(row->carrier_id, r->fail.carrier_id))
			continue;
		row->state = CLN_RCPT_FAILED;
		str_copy(row->reason, sizeof(row->reason), r->fail.reason);
		r->fail.n++;
	}
	return 0;
}

static inline int do_history_list(struct store_req *r)
{
	if (!the_store.n_history)
		return 0;
	r->hist.items = calloc(1, sizeof(*r->hist.items));
	r->hist.items[0] = the_store.history;
	r->hist.n = 1;
	return 0;
}

static inline int store_apply(struct store_req *r)
{
	switch (r->op) {
	case STORE_CARRIER_LIST:
		r->carriers.items = the_store.carriers;
		r->carriers.n = the_store.n_carriers;
		the_store.carriers = NULL;
		return 0;
	case STORE_HISTORY_ADD:
		str_copy(the_store.last_history, CLN_ID_LEN, r->hist_add.id);
		the_store.last_transition = r->hist_add.t;
		return 0;
	case STORE_HISTORY_LIST:
		return do_history_list(r);
	case STORE_JOB_ADD:
		return store_play(r->job_add.play, &r->job_add.job);
	case STORE_JOB_GET:
		r->job_get.job->totals[CLN_RCPT_QUEUED] = 1;
		str_copy(r->job_get.job->id, CLN_UUID_LEN, r->job_get.id);
		return stored(r->job_get.id) ? 0 : -ENOENT;
	case STORE_JOB_ROWS:
		r->rows.rows = calloc(1, sizeof(*r->rows.rows));
		r->rows.rows->items = calloc(1, sizeof(*r->rows.rows->items));
		r->rows.rows->items[0].row = r->rows.from;
		r->rows.rows->n = 1;
		return 0;
	case STORE_CLAIM:
		return do_claim(r);
	case STORE_ATTEMPT:
		return do_attempt(r);
	case STORE_FAIL_LANE:
		return do_fail(r);
	default:
		return 0;
	}
}

/* ---- answers ---------------------------------------------------------------- */

static inline void store_home(struct msg *m)
{
	struct store_req *r = (struct store_req *)m;

	r->done(r);
}

/* Answers all that wait, in order; returns how many.                          */
static inline size_t store_answer(void)
{
	size_t n = 0;

	if (the_store.hold)
		return 0;
	for (struct msg *m = inbox_take(the_store.inbox), *next; m; m = next) {
		struct store_req *r = (struct store_req *)m;

		next = m->next;
		r->err = the_store.fail[r->op];
		if (!r->err)
			r->err = store_apply(r);
		the_store.n_done[r->op]++;
		m->fn = store_home;
		inbox_complete(r->home, m);
		n++;
	}
	return n;
}

#endif
