/*
 * claims.c - a recipient's way on disk: claimed, called, ended.
 *
 * Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "store/db.h"
#include "store/media_json.h"

/* ---- claiming --------------------------------------------------------------- */

static int mark_claimed(struct db *db, int64_t num, struct store_req *r)
{
	sqlite3_stmt *st = db_get(db, DB_CLAIM);
	int err = 0;

	for (size_t i = 0; !err && i < r->claim.n; i++) {
		db_bind_int(st, 1, num);
		db_bind_int(st, 2, r->claim.items[i].row);
		db_bind_text(st, 3, db->node_id);
		err = db_run(st);
	}
	if (!err)
		err = db_job_move(db, num, CLN_RCPT_QUEUED, CLN_RCPT_CALLING,
				  (int64_t)r->claim.n);
	return err;
}

int db_claim(struct db *db, struct store_req *r)
{
	sqlite3_stmt *st;
	int64_t num = 0;
	int err = db_job_num(db, r->claim.job_id, &num);

	if (err)
		return err;
	st = db_get(db, DB_CLAIM_SELECT);
	db_bind_int(st, 1, num);
	db_bind_text(st, 2, r->claim.carrier_id);
	db_bind_int(st, 3, (int64_t)r->claim.cap);
	r->claim.n = 0;
	while (r->claim.n < r->claim.cap && (err = db_step(st)) == 1) {
		struct store_claim *c = &r->claim.items[r->claim.n++];

		c->row = sqlite3_column_int64(st, 0);
		str_copy(c->to, sizeof(c->to), db_text(st, 1));
		str_copy(c->from, sizeof(c->from), db_text(st, 2));
		str_copy(c->from_name, sizeof(c->from_name), db_text(st, 3));
	}
	db_done(st);
	return err < 0 ? err : mark_claimed(db, num, r);
}

/* ---- attempts --------------------------------------------------------------- */

static int put_attempt(struct db *db, int64_t num,
		       const struct store_attempt *a)
{
	const struct cln_attempt *t = a->attempt;
	sqlite3_stmt *st = db_get(db, DB_ATTEMPT_PUT);
	char *media = media_to_json(t);
	int err;

	if (!media)
		return -ENOMEM;
	db_bind_int(st, 1, num);
	db_bind_int(st, 2, a->row);
	db_bind_int(st, 3, a->number);
	db_bind_text(st, 4, t->carrier_id);
	db_bind_text(st, 5, t->call_id);
	db_bind_text(st, 6, t->codec);
	db_bind_int(st, 7, t->started_at);
	db_bind_int(st, 8, t->ringing_at);
	db_bind_int(st, 9, t->answered_at);
	db_bind_int(st, 10, t->ended_at);
	db_bind_int(st, 11, t->sip_code);
	db_bind_text(st, 12, t->sip_reason);
	db_bind_int(st, 13, t->q850_cause);
	db_bind_int(st, 14, t->hangup_by);
	db_bind_text(st, 15, t->route);
	db_bind_text(st, 16, media);
	err = db_run(st);
	free(media);
	return err;
}

static int set_state(struct db *db, int64_t num, const struct store_attempt *a)
{
	sqlite3_stmt *st = db_get(db, DB_STATE_GET);
	int more, old = 0;

	db_bind_int(st, 1, num);
	db_bind_int(st, 2, a->row);
	more = db_step(st);
	if (more == 1)
		old = sqlite3_column_int(st, 0);
	db_done(st);
	if (more != 1)
		return more ? more : -ENOENT;
	st = db_get(db, DB_STATE_SET);
	db_bind_int(st, 1, num);
	db_bind_int(st, 2, a->row);
	db_bind_int(st, 3, a->state);
	db_bind_text(st, 4, a->reason);
	more = db_run(st);
	return more ? more : db_job_move(db, num, old, a->state, 1);
}

int db_attempt(struct db *db, struct store_req *r)
{
	const struct store_attempt *a = &r->attempt.a;
	int64_t num = 0;
	int err = db_job_num(db, a->job_id, &num);

	if (!err && a->attempt)
		err = put_attempt(db, num, a);
	if (!err)
		err = set_state(db, num, a);
	if (!err && a->state > CLN_RCPT_ANSWERED)
		err = db_job_finish(db, num, r->attempt.at,
				    &r->attempt.job_done);
	return err;
}

/* ---- ends that need no call ------------------------------------------------- */

int db_fail_lane(struct db *db, struct store_req *r)
{
	sqlite3_stmt *st;
	int64_t num = 0;
	int err = db_job_num(db, r->fail.job_id, &num);

	if (err)
		return err;
	st = db_get(db, DB_FAIL_LANE);
	db_bind_int(st, 1, num);
	db_bind_text(st, 2, r->fail.carrier_id);
	db_bind_text(st, 3, r->fail.reason);
	err = db_run(st);
	r->fail.n = sqlite3_changes(db->handle);
	if (!err)
		err = db_job_move(db, num, CLN_RCPT_QUEUED, CLN_RCPT_FAILED,
				  r->fail.n);
	return err ? err : db_job_finish(db, num, r->fail.at,
					 &r->fail.job_done);
}

/* The lock on state.dir says that no other server lives on this database, so
 * whatever is claimed was cut off, also under a former node.id.               */
struct recovered {
	int64_t num, n;
	int state;
};

static int list_claimed(struct db *db, struct recovered **listp, size_t *np)
{
	sqlite3_stmt *st = db_get(db, DB_RECOVER_SELECT);
	struct recovered *list = NULL;
	size_t n = 0;
	int more;

	while ((more = db_step(st)) == 1) {
		struct recovered *grown = reallocarray(list, n + 1,
						       sizeof(*list));

		if (!grown) {
			more = -ENOMEM;
			break;
		}
		list = grown;
		list[n++] = (struct recovered){
			.num = sqlite3_column_int64(st, 0),
			.state = sqlite3_column_int(st, 1),
			.n = sqlite3_column_int64(st, 2),
		};
	}
	db_done(st);
	*listp = list;
	*np = n;
	return more;
}

static int recover_one(struct db *db, const struct recovered *c, int64_t at)
{
	sqlite3_stmt *st = db_get(db, DB_RECOVER);
	bool done;
	int err;

	db_bind_int(st, 1, c->num);
	db_bind_int(st, 2, c->state);
	err = db_run(st);
	if (!err)
		err = db_job_move(db, c->num, c->state, CLN_RCPT_UNKNOWN, c->n);
	return err ? err : db_job_finish(db, c->num, at, &done);
}

int db_recover(struct db *db, struct store_req *r)
{
	struct recovered *list = NULL;
	size_t n = 0;
	int err = list_claimed(db, &list, &n);

	r->recover.n = 0;
	for (size_t i = 0; !err && i < n; i++) {
		err = recover_one(db, &list[i], r->recover.at);
		r->recover.n += list[i].n;
	}
	free(list);
	return err;
}
