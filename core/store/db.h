/*
 * db.h - SQLite with our error numbers and prepared statements kept by place.
 *
 * Thread: store. For files of core/store/ only.
 */
/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>

#include "store/store.h"

enum db_statement {
	DB_BEGIN, DB_COMMIT, DB_ROLLBACK,
	DB_SAVE, DB_RELEASE, DB_BACK,
	DB_ID_ADD, DB_CARRIER_ADD, DB_CARRIER_PUT, DB_CARRIER_DELETE,
	DB_CARRIER_LIST, DB_HISTORY_ADD, DB_HISTORY_TRIM, DB_HISTORY_DELETE,
	DB_HISTORY_LIST,
	DB_JOB_ADD, DB_RECIPIENT_ADD, DB_JOB_NUM, DB_JOB_GET, DB_JOB_OPEN,
	DB_JOB_LANES, DB_JOB_TOTALS, DB_JOB_FINISH,
	DB_CLAIM_SELECT, DB_CLAIM, DB_STATE_GET, DB_STATE_SET,
	DB_ATTEMPT_PUT, DB_FAIL_LANE, DB_RECOVER_SELECT, DB_RECOVER,
	DB_ROWS, DB_ROW_ATTEMPTS, DB_PROBE,
	DB_STATEMENTS
};

struct db {
	sqlite3 *handle;
	sqlite3_stmt *statements[DB_STATEMENTS];
	const struct cln_field *const *carrier_fields;
	const char *node_id;
};

/* Opens, sets the journal, migrates. -EPROTO: a newer schema.                 */
int db_open(struct db *db, const char *path, char *why, size_t cap);
void db_close(struct db *db);
int db_error(int sqlite_code);			/* as -errno                  */
int db_exec(struct db *db, const char *sql);
/* Brings the schema up to date (schema.c).                                    */
int db_migrate(struct db *db, char *why, size_t cap);

/* A statement ready to bind; it is reset by db_done(). NULL: db_failed().     */
sqlite3_stmt *db_get(struct db *db, enum db_statement which);
/* One step: 1 a row, 0 the end, -errno.                                       */
int db_step(sqlite3_stmt *st);
/* Steps a statement that gives no rows, and resets it.                        */
int db_run(sqlite3_stmt *st);
void db_done(sqlite3_stmt *st);
void db_bind_text(sqlite3_stmt *st, int n, const char *text);
void db_bind_text_or_null(sqlite3_stmt *st, int n, const char *text);
void db_bind_int(sqlite3_stmt *st, int n, int64_t value);
const char *db_text(sqlite3_stmt *st, int col);	/* "" for NULL                */

/* The operations, one per enum store_op; each runs in a savepoint of its own. */
int db_carrier_add(struct db *db, struct store_req *r);
int db_carrier_put(struct db *db, struct store_req *r);
int db_carrier_delete(struct db *db, struct store_req *r);
int db_carrier_list(struct db *db, struct store_req *r);
int db_history_add(struct db *db, struct store_req *r);
int db_history_list(struct db *db, struct store_req *r);
int db_job_add(struct db *db, struct store_req *r);
int db_job_get(struct db *db, struct store_req *r);
int db_job_list_open(struct db *db, struct store_req *r);
int db_job_rows(struct db *db, struct store_req *r);
int db_claim(struct db *db, struct store_req *r);
int db_attempt(struct db *db, struct store_req *r);
int db_fail_lane(struct db *db, struct store_req *r);
int db_recover(struct db *db, struct store_req *r);
int db_probe(struct db *db, struct store_req *r);

/* Number of a job by its id, or -ENOENT.                                      */
int db_job_num(struct db *db, const char *id, int64_t *num);
/* Moves n recipients between states in the job's totals.                      */
int db_job_move(struct db *db, int64_t num, int from, int to, int64_t n);
/* Ends the job if nothing of it is queued or alive.                           */
int db_job_finish(struct db *db, int64_t num, int64_t at, bool *done);

#endif
