/*
 * db.c - SQLite with our error numbers and prepared statements kept by place.
 *
 * Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#include "store/db.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"

static const char *const texts[DB_STATEMENTS] = {
	[DB_BEGIN] = "BEGIN IMMEDIATE",
	[DB_COMMIT] = "COMMIT",
	[DB_ROLLBACK] = "ROLLBACK",
	[DB_SAVE] = "SAVEPOINT one",
	[DB_RELEASE] = "RELEASE one",
	[DB_BACK] = "ROLLBACK TO one",
	[DB_ID_ADD] = "INSERT INTO carrier_ids(id) VALUES(?1)",
	[DB_CARRIER_ADD] =
		"INSERT INTO carriers(id,request_id,version,created_at,"
		"updated_at,fields) VALUES(?1,?2,?3,?4,?5,?6)",
	[DB_CARRIER_PUT] =
		"UPDATE carriers SET request_id=?2,version=?3,created_at=?4,"
		"updated_at=?5,fields=?6 WHERE id=?1",
	[DB_CARRIER_DELETE] = "DELETE FROM carriers WHERE id=?1",
	[DB_CARRIER_LIST] =
		"SELECT id,request_id,version,created_at,updated_at,fields "
		"FROM carriers ORDER BY id",
	[DB_HISTORY_ADD] =
		"INSERT INTO history(carrier_id,at,state,code,reason) "
		"SELECT ?1,?2,?3,?4,?5 "
		"WHERE EXISTS(SELECT 1 FROM carriers WHERE id=?1)",
	[DB_HISTORY_TRIM] =
		"DELETE FROM history WHERE carrier_id=?1 AND n<=(SELECT n FROM "
		"history WHERE carrier_id=?1 ORDER BY n DESC LIMIT 1 OFFSET ?2)",
	[DB_HISTORY_DELETE] = "DELETE FROM history WHERE carrier_id=?1",
	[DB_HISTORY_LIST] =
		"SELECT at,state,code,reason FROM history WHERE carrier_id=?1 "
		"ORDER BY n",
	[DB_JOB_ADD] =
		"INSERT INTO jobs(id,created_at,ring_timeout_s,items,recipients,"
		"t0,from_name,start,start_wait_ms,repeat) "
		"VALUES(?1,?2,?3,?4,?5,?5,?6,?7,?8,?9)",
	[DB_RECIPIENT_ADD] =
		"INSERT INTO recipients(job,row,state,carrier_id,callee,caller,"
		"caller_name) VALUES(?1,?2,0,?3,?4,?5,?6)",
	[DB_JOB_NUM] = "SELECT num FROM jobs WHERE id=?1",
	[DB_JOB_GET] =
		"SELECT created_at,finished_at,recipients,t0,t1,t2,t3,t4,t5,t6,"
		"t7,t8 FROM jobs WHERE id=?1",
	[DB_JOB_OPEN] =
		"SELECT num,id,created_at,ring_timeout_s,items,start,"
		"start_wait_ms,repeat FROM jobs "
		"WHERE finished_at=0 ORDER BY num",
	[DB_JOB_LANES] =
		"SELECT carrier_id,count(*) FROM recipients "
		"WHERE job=?1 AND state=0 GROUP BY carrier_id",
	[DB_JOB_TOTALS] =
		"UPDATE jobs SET t0=t0+?2,t1=t1+?3,t2=t2+?4,t3=t3+?5,t4=t4+?6,"
		"t5=t5+?7,t6=t6+?8,t7=t7+?9,t8=t8+?10 WHERE num=?1",
	[DB_JOB_FINISH] =
		"UPDATE jobs SET finished_at=?2 "
		"WHERE num=?1 AND finished_at=0 AND t0+t1+t2=0",
	[DB_CLAIM_SELECT] =
		"SELECT row,callee,caller,coalesce(caller_name,"
		"(SELECT from_name FROM jobs WHERE num=?1)) FROM recipients "
		"WHERE job=?1 AND carrier_id=?2 AND state=0 "
		"ORDER BY row LIMIT ?3",
	[DB_CLAIM] =
		"UPDATE recipients SET state=1,node_id=?3 "
		"WHERE job=?1 AND row=?2",
	[DB_STATE_GET] = "SELECT state FROM recipients WHERE job=?1 AND row=?2",
	[DB_STATE_SET] =
		"UPDATE recipients SET state=?3,reason=?4 "
		"WHERE job=?1 AND row=?2",
	[DB_ATTEMPT_PUT] =
		"INSERT OR REPLACE INTO attempts(job,row,number,carrier_id,"
		"call_id,codec,started_at,ringing_at,answered_at,ended_at,"
		"sip_code,sip_reason,q850_cause,hangup_by,route,media) VALUES("
		"?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)",
	[DB_FAIL_LANE] =
		"UPDATE recipients SET state=6,reason=?3 "
		"WHERE job=?1 AND carrier_id=?2 AND state=0",
	[DB_RECOVER_SELECT] =
		"SELECT job,state,count(*) FROM recipients "
		"WHERE state IN (1,2) GROUP BY job,state",
	[DB_RECOVER] =
		"UPDATE recipients SET state=8,reason='server_restarted' "
		"WHERE job=?1 AND state=?2",
	[DB_ROWS] =
		"SELECT row,callee,state,reason FROM recipients "
		"WHERE job=?1 AND row>=?2 ORDER BY row LIMIT ?3",
	[DB_PROBE] = "INSERT OR REPLACE INTO probe(one,at) VALUES(1,?1)",
	[DB_ROW_ATTEMPTS] =
		"SELECT carrier_id,call_id,codec,started_at,ringing_at,"
		"answered_at,ended_at,sip_code,sip_reason,q850_cause,hangup_by,"
		"route,media FROM attempts WHERE job=?1 AND row=?2 "
		"ORDER BY number",
};

int db_error(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	default:
		return -EIO;
	}
}

int db_exec(struct db *db, const char *sql)
{
	return db_error(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

sqlite3_stmt *db_get(struct db *db, enum db_statement which)
{
	sqlite3_stmt **st = &db->statements[which];

	if (!*st && sqlite3_prepare_v3(db->handle, texts[which], -1,
				       SQLITE_PREPARE_PERSISTENT, st, NULL))
		log_error("store: %s: %s", texts[which],
			  sqlite3_errmsg(db->handle));
	return *st;
}

int db_step(sqlite3_stmt *st)
{
	int code = st ? sqlite3_step(st) : SQLITE_ERROR;

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : db_error(code);
}

int db_run(sqlite3_stmt *st)
{
	int err = db_step(st);

	db_done(st);
	return err;
}

void db_done(sqlite3_stmt *st)
{
	if (!st)			/* it could not be prepared            */
		return;
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

void db_bind_text(sqlite3_stmt *st, int n, const char *text)
{
	sqlite3_bind_text(st, n, text ? text : "", -1, SQLITE_TRANSIENT);
}

void db_bind_text_or_null(sqlite3_stmt *st, int n, const char *text)
{
	sqlite3_bind_text(st, n, text, -1, SQLITE_TRANSIENT);
}

void db_bind_int(sqlite3_stmt *st, int n, int64_t value)
{
	sqlite3_bind_int64(st, n, value);
}

const char *db_text(sqlite3_stmt *st, int col)
{
	const char *text = (const char *)sqlite3_column_text(st, col);

	return text ? text : "";
}

int db_open(struct db *db, const char *path, char *why, size_t cap)
{
	int err = db_error(sqlite3_open_v2(path, &db->handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		SQLITE_OPEN_NOMUTEX, NULL));

	if (!err && chmod(path, 0600))
		err = -errno;
	if (!err)
		sqlite3_busy_timeout(db->handle, 5000);
	if (!err)
		err = db_exec(db, "PRAGMA journal_mode=WAL;"
			      "PRAGMA synchronous=FULL;"
			      "PRAGMA temp_store=MEMORY;");
	if (err)
		str_printf(why, cap, "%s: %s", path,
			   db->handle ? sqlite3_errmsg(db->handle) :
					"out of memory");
	else
		err = db_migrate(db, why, cap);
	if (err)
		db_close(db);
	return err;
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < DB_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->handle);
	db->handle = NULL;
}

int db_probe(struct db *db, struct store_req *r)
{
	sqlite3_stmt *st = db_get(db, DB_PROBE);

	db_bind_int(st, 1, r->probe.at);
	return db_run(st);
}
