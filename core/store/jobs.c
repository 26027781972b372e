/*
 * jobs.c - jobs and their recipients on disk: accepted, counted, ended.
 *
 * Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "store/db.h"
#include "store/items_json.h"

void store_job_free(struct store_job *job)
{
	if (!job)
		return;
	items_free(job->items, job->n_items);
	free(job->lanes);
	free(job);
}

/* ---- a job as needed to run it ---------------------------------------------- */

static int read_lanes(struct db *db, int64_t num, struct store_job *job)
{
	sqlite3_stmt *st = db_get(db, DB_JOB_LANES);
	int more;

	db_bind_int(st, 1, num);
	while ((more = db_step(st)) == 1) {
		struct store_lane *lanes = reallocarray(
			job->lanes, job->n_lanes + 1, sizeof(*lanes));

		if (!lanes) {
			more = -ENOMEM;
			break;
		}
		job->lanes = lanes;
		lanes += job->n_lanes++;
		str_copy(lanes->carrier_id, sizeof(lanes->carrier_id),
			 db_text(st, 0));
		lanes->queued = sqlite3_column_int64(st, 1);
	}
	db_done(st);
	return more;
}

static int read_job(struct db *db, sqlite3_stmt *st, struct store_job **jobp)
{
	struct store_job *job = calloc(1, sizeof(*job));
	int err;

	if (!job)
		return -ENOMEM;
	str_copy(job->id, sizeof(job->id), db_text(st, 1));
	job->created_at = sqlite3_column_int64(st, 2);
	job->ring_timeout_s = sqlite3_column_int(st, 3);
	job->start = sqlite3_column_int(st, 5);
	job->start_wait_ms = sqlite3_column_int(st, 6);
	job->repeat = (uint32_t)sqlite3_column_int(st, 7);
	err = items_from_json(&job->items, &job->n_items, db_text(st, 4));
	if (!err)
		err = read_lanes(db, sqlite3_column_int64(st, 0), job);
	if (err)
		store_job_free(job);
	else
		*jobp = job;
	return err;
}

int db_job_list_open(struct db *db, struct store_req *r)
{
	sqlite3_stmt *st = db_get(db, DB_JOB_OPEN);
	int more;

	while ((more = db_step(st)) == 1) {
		struct store_job **items = reallocarray(
			r->open.items, r->open.n + 1, sizeof(*items));

		if (!items) {
			more = -ENOMEM;
			break;
		}
		r->open.items = items;
		more = read_job(db, st, &items[r->open.n]);
		if (more)
			break;
		r->open.n++;
	}
	db_done(st);
	return more;
}

/* ---- accepting -------------------------------------------------------------- */

/* NULL: the job's. That name is of the job's caller, and of no other.         */
static const char *caller_name(const struct cln_recipient *to,
			       const struct cln_play *play)
{
	if (to->from_name || !to->from)
		return to->from_name;
	return play->from && !strcmp(to->from, play->from) ? NULL : "";
}

static int add_recipients(struct db *db, int64_t num,
			  const struct cln_play *play)
{
	sqlite3_stmt *st = db_get(db, DB_RECIPIENT_ADD);
	int err = 0;

	for (size_t i = 0; !err && i < play->n_recipients; i++) {
		const struct cln_recipient *to = &play->recipients[i];
		const char *carrier = to->carrier_id ? to->carrier_id :
						       play->carrier_id;

		db_bind_int(st, 1, num);
		db_bind_int(st, 2, (int64_t)i);
		/* A SIP URI goes its own way, whatever the job's carrier.     */
		db_bind_text(st, 3, strncasecmp(to->to, "sip:", 4) ? carrier : "");
		db_bind_text(st, 4, to->to);
		db_bind_text(st, 5, to->from ? to->from : play->from);
		db_bind_text_or_null(st, 6, caller_name(to, play));
		err = db_run(st);
	}
	return err;
}

static int job_from_play(struct db *db, int64_t num, struct store_req *r,
			 const char *items)
{
	const struct cln_play *play = r->job_add.play;
	struct store_job *job = calloc(1, sizeof(*job));
	int err;

	if (!job)
		return -ENOMEM;
	str_copy(job->id, sizeof(job->id), play->request_id);
	job->created_at = r->job_add.at;
	job->ring_timeout_s = play->ring_timeout_s;
	job->start = play->start;
	job->start_wait_ms = play->start_wait_ms;
	job->repeat = play->repeat ? play->repeat : 1;
	err = items_from_json(&job->items, &job->n_items, items);
	if (!err)
		err = read_lanes(db, num, job);
	if (err)
		store_job_free(job);
	else
		r->job_add.job = job;
	return err;
}

static int put_job(struct db *db, const struct store_req *r, const char *items)
{
	const struct cln_play *play = r->job_add.play;
	sqlite3_stmt *st = db_get(db, DB_JOB_ADD);

	db_bind_text(st, 1, play->request_id);
	db_bind_int(st, 2, r->job_add.at);
	db_bind_int(st, 3, play->ring_timeout_s);
	db_bind_text(st, 4, items);
	db_bind_int(st, 5, (int64_t)play->n_recipients);
	db_bind_text(st, 6, play->from_name);
	db_bind_int(st, 7, play->start);
	db_bind_int(st, 8, play->start_wait_ms);
	db_bind_int(st, 9, play->repeat ? play->repeat : 1);
	return db_run(st);
}

int db_job_add(struct db *db, struct store_req *r)
{
	const struct cln_play *play = r->job_add.play;
	char *items = items_to_json(play->items, play->n_items);
	int64_t num;
	int err;

	if (!items)
		return -ENOMEM;
	err = put_job(db, r, items);
	num = sqlite3_last_insert_rowid(db->handle);
	if (!err)
		err = add_recipients(db, num, play);
	if (!err)
		err = job_from_play(db, num, r, items);
	free(items);
	return err;
}

/* ---- counting --------------------------------------------------------------- */

int db_job_num(struct db *db, const char *id, int64_t *num)
{
	sqlite3_stmt *st = db_get(db, DB_JOB_NUM);
	int more;

	db_bind_text(st, 1, id);
	more = db_step(st);
	if (more == 1)
		*num = sqlite3_column_int64(st, 0);
	db_done(st);
	return more == 1 ? 0 : more ? more : -ENOENT;
}

int db_job_move(struct db *db, int64_t num, int from, int to, int64_t n)
{
	sqlite3_stmt *st = db_get(db, DB_JOB_TOTALS);

	if (from == to || !n)
		return 0;
	db_bind_int(st, 1, num);
	for (int i = 0; i < CLN_RCPT_STATES; i++)
		db_bind_int(st, i + 2, i == from ? -n : i == to ? n : 0);
	return db_run(st);
}

int db_job_finish(struct db *db, int64_t num, int64_t at, bool *done)
{
	sqlite3_stmt *st = db_get(db, DB_JOB_FINISH);
	int err;

	db_bind_int(st, 1, num);
	db_bind_int(st, 2, at);
	err = db_run(st);
	*done = !err && sqlite3_changes(db->handle) > 0;
	return err;
}

int db_job_get(struct db *db, struct store_req *r)
{
	struct cln_job *job = r->job_get.job;
	sqlite3_stmt *st = db_get(db, DB_JOB_GET);
	int more;

	db_bind_text(st, 1, r->job_get.id);
	more = db_step(st);
	if (more == 1) {
		str_copy(job->id, sizeof(job->id), r->job_get.id);
		job->created_at = sqlite3_column_int64(st, 0);
		job->finished_at = sqlite3_column_int64(st, 1);
		job->recipients = sqlite3_column_int64(st, 2);
		for (int i = 0; i < CLN_RCPT_STATES; i++)
			job->totals[i] = sqlite3_column_int64(st, 3 + i);
		job->state = job->finished_at ? CLN_JOB_DONE :
			job->totals[CLN_RCPT_QUEUED] == job->recipients ?
			CLN_JOB_QUEUED : CLN_JOB_RUNNING;
	}
	db_done(st);
	return more == 1 ? 0 : more ? more : -ENOENT;
}
