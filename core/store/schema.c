/*
 * schema.c - the tables, and how an older file becomes a current one.
 *
 * PRAGMA user_version counts the steps that a file has been through. A step
 * that was released is never changed: the next change is a new step.
 * Thread: store (before it starts).
 */
/* SPDX-License-Identifier: MIT */
#include "store/db.h"

#include <errno.h>

#include "base/log.h"
#include "base/str.h"

static const char *const steps[] = {
	/* 1: the first release.
	 * recipients.state is enum cln_recipient_state; jobs.t0..t8 count the
	 * recipients in each, so that a summary reads one row.                */
	"CREATE TABLE carrier_ids(id TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE carriers(id TEXT PRIMARY KEY, request_id TEXT NOT NULL,"
	" version INTEGER NOT NULL, created_at INTEGER NOT NULL,"
	" updated_at INTEGER NOT NULL, fields TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE history(n INTEGER PRIMARY KEY, carrier_id TEXT NOT NULL,"
	" at INTEGER NOT NULL, state INTEGER NOT NULL, code INTEGER NOT NULL,"
	" reason TEXT NOT NULL);"
	"CREATE INDEX history_carrier ON history(carrier_id, n);"
	"CREATE TABLE jobs(num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	" created_at INTEGER NOT NULL, finished_at INTEGER NOT NULL DEFAULT 0,"
	" ring_timeout_s INTEGER NOT NULL, items TEXT NOT NULL,"
	" recipients INTEGER NOT NULL, t0 INTEGER NOT NULL,"
	" t1 INTEGER NOT NULL DEFAULT 0, t2 INTEGER NOT NULL DEFAULT 0,"
	" t3 INTEGER NOT NULL DEFAULT 0, t4 INTEGER NOT NULL DEFAULT 0,"
	" t5 INTEGER NOT NULL DEFAULT 0, t6 INTEGER NOT NULL DEFAULT 0,"
	" t7 INTEGER NOT NULL DEFAULT 0, t8 INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX jobs_open ON jobs(num) WHERE finished_at=0;"
	"CREATE TABLE recipients(job INTEGER NOT NULL, row INTEGER NOT NULL,"
	" state INTEGER NOT NULL, carrier_id TEXT NOT NULL,"
	" callee TEXT NOT NULL, caller TEXT NOT NULL,"
	" node_id TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',"
	" PRIMARY KEY(job, row)) WITHOUT ROWID;"
	"CREATE INDEX recipients_queued ON recipients(job, carrier_id, row)"
	" WHERE state=0;"
	"CREATE INDEX recipients_claimed ON recipients(job, state)"
	" WHERE state IN (1,2);"
	"CREATE TABLE attempts(job INTEGER NOT NULL, row INTEGER NOT NULL,"
	" number INTEGER NOT NULL, carrier_id TEXT NOT NULL,"
	" call_id TEXT NOT NULL, codec TEXT NOT NULL,"
	" started_at INTEGER NOT NULL, ringing_at INTEGER NOT NULL,"
	" answered_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,"
	" sip_code INTEGER NOT NULL, sip_reason TEXT NOT NULL,"
	" q850_cause INTEGER NOT NULL, hangup_by INTEGER NOT NULL,"
	" route TEXT NOT NULL, media TEXT NOT NULL,"
	" PRIMARY KEY(job, row, number)) WITHOUT ROWID;",
	/* 2: the display name of the caller.                                  */
	"ALTER TABLE jobs ADD COLUMN from_name TEXT NOT NULL DEFAULT '';",
	/* 3: one of a recipient's own; NULL: the job's.                       */
	"ALTER TABLE recipients ADD COLUMN caller_name TEXT;",
	/* 4: what STORE_PROBE writes; some files of schema 1 had it.          */
	"CREATE TABLE IF NOT EXISTS probe"
	"(one INTEGER PRIMARY KEY, at INTEGER NOT NULL);",
	/* 5: when an answered call begins to play, and how often.             */
	"ALTER TABLE jobs ADD COLUMN start INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE jobs ADD COLUMN start_wait_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE jobs ADD COLUMN repeat INTEGER NOT NULL DEFAULT 1;",
};

static int read_version(struct db *db, int *version)
{
	sqlite3_stmt *st;
	int err = db_error(sqlite3_prepare_v2(db->handle, "PRAGMA user_version",
					      -1, &st, NULL));

	if (err)
		return err;
	err = db_step(st);
	if (err == 1)
		*version = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return err == 1 ? 0 : -EIO;
}

static int take_step(struct db *db, size_t step)
{
	char mark[64];
	int err;

	str_printf(mark, sizeof(mark), "PRAGMA user_version=%zu", step + 1);
	err = db_exec(db, "BEGIN IMMEDIATE");
	if (!err)
		err = db_exec(db, steps[step]);
	if (!err)
		err = db_exec(db, mark);
	if (!err)
		err = db_exec(db, "COMMIT");
	if (err)
		db_exec(db, "ROLLBACK");
	return err;
}

int db_migrate(struct db *db, char *why, size_t cap)
{
	int version = 0, err = read_version(db, &version);

	if (!err && version > (int)ARRAY_LEN(steps)) {
		str_printf(why, cap, "the database has schema %d, this version "
			   "of Carillon knows %zu: it was written by a newer "
			   "one", version, ARRAY_LEN(steps));
		return -EPROTO;
	}
	for (size_t i = (size_t)version; !err && i < ARRAY_LEN(steps); i++) {
		err = take_step(db, i);
		if (!err)
			log_info("store: schema is now %zu", i + 1);
	}
	if (err)
		str_printf(why, cap, "the database cannot be brought to schema "
			   "%zu: %s", ARRAY_LEN(steps),
			   sqlite3_errmsg(db->handle));
	return err;
}
