/*
 * rows.c - pages of a job's report.
 *
 * Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/db.h"
#include "store/media_json.h"

void store_rows_free(struct store_rows *rows)
{
	if (!rows)
		return;
	for (size_t i = 0; i < rows->n; i++) {
		struct cln_report_row *row = &rows->items[i];

		for (size_t k = 0; k < row->n_attempts; k++) {
			free(row->attempts[k].played);
			free(row->attempts[k].gathered);
		}
		free((void *)row->attempts);
		free((char *)row->to);
		free((char *)row->reason);
	}
	free(rows->items);
	free(rows);
}

static void read_attempt(sqlite3_stmt *st, struct cln_attempt *a)
{
	*a = (struct cln_attempt){ .size = sizeof(*a) };
	str_copy(a->carrier_id, sizeof(a->carrier_id), db_text(st, 0));
	str_copy(a->call_id, sizeof(a->call_id), db_text(st, 1));
	str_copy(a->codec, sizeof(a->codec), db_text(st, 2));
	a->started_at = sqlite3_column_int64(st, 3);
	a->ringing_at = sqlite3_column_int64(st, 4);
	a->answered_at = sqlite3_column_int64(st, 5);
	a->ended_at = sqlite3_column_int64(st, 6);
	a->sip_code = sqlite3_column_int(st, 7);
	str_copy(a->sip_reason, sizeof(a->sip_reason), db_text(st, 8));
	a->q850_cause = sqlite3_column_int(st, 9);
	a->hangup_by = sqlite3_column_int(st, 10);
	str_copy(a->route, sizeof(a->route), db_text(st, 11));
}

static int read_attempts(struct db *db, int64_t num,
			 struct cln_report_row *row)
{
	sqlite3_stmt *st = db_get(db, DB_ROW_ATTEMPTS);
	int more;

	db_bind_int(st, 1, num);
	db_bind_int(st, 2, row->row);
	while ((more = db_step(st)) == 1) {
		struct cln_attempt *grown = reallocarray(
			(void *)row->attempts, row->n_attempts + 1,
			sizeof(*grown));

		if (!grown) {
			more = -ENOMEM;
			break;
		}
		row->attempts = grown;
		grown += row->n_attempts++;
		read_attempt(st, grown);
		more = media_from_json(grown, db_text(st, 12));
		if (more)
			break;
	}
	db_done(st);
	return more;
}

static int read_row(struct db *db, int64_t num, sqlite3_stmt *st,
		    struct cln_report_row *row)
{
	row->row = sqlite3_column_int64(st, 0);
	row->to = strdup(db_text(st, 1));
	row->state = sqlite3_column_int(st, 2);
	row->reason = strdup(db_text(st, 3));
	if (!row->to || !row->reason)
		return -ENOMEM;
	return read_attempts(db, num, row);
}

int db_job_rows(struct db *db, struct store_req *r)
{
	struct store_rows *rows = calloc(1, sizeof(*rows));
	sqlite3_stmt *st;
	int64_t num = 0;
	int err = db_job_num(db, r->rows.id, &num);

	r->rows.rows = rows;
	if (rows)
		rows->items = calloc((size_t)r->rows.limit + 1,
				     sizeof(*rows->items));
	if (err || !rows || !rows->items)
		return err ? err : -ENOMEM;
	st = db_get(db, DB_ROWS);
	db_bind_int(st, 1, num);
	db_bind_int(st, 2, r->rows.from);
	db_bind_int(st, 3, r->rows.limit);
	while (rows->n < r->rows.limit && (err = db_step(st)) == 1) {
		err = read_row(db, num, st, &rows->items[rows->n++]);
		if (err)
			break;
	}
	db_done(st);
	return err < 0 ? err : 0;
}
