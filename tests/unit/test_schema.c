/*
 * test_schema.c - from an empty file to the current schema; a newer one is
 * refused, and a broken one changes nothing.
 * Needs: libcarillon.a, libsqlite3.
 */
/* SPDX-License-Identifier: MIT */
#include "store_bench.h"

#define BARE(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

static void empty_file_becomes_a_current_one(void **state)
{
	(void)state;
	store_up();
	assert_true(query("PRAGMA user_version") >= 1);
	assert_int_equal(query("SELECT count(*) FROM sqlite_schema WHERE "
			       "type='table' AND name IN ('carrier_ids',"
			       "'carriers','history','jobs','recipients',"
			       "'attempts')"), 6);
}

static void current_file_is_left_alone(void **state)
{
	int64_t version, changes;

	(void)state;
	store_up();
	assert_int_equal(job_add("job-1", 2, NULL), 0);
	version = query("PRAGMA user_version");
	changes = query("PRAGMA schema_version");
	store_restart();
	assert_int_equal(query("PRAGMA user_version"), version);
	assert_int_equal(query("PRAGMA schema_version"), changes);
	assert_int_equal(job_get("job-1").recipients, 3);
}

static void newer_schema_is_refused_and_not_touched(void **state)
{
	(void)state;
	store_up();
	store_down();
	query("PRAGMA user_version=1000");
	assert_int_equal(open_store(&store, "node-1"), -EPROTO);
	assert_non_null(strstr(why, "schema 1000"));
	assert_non_null(strstr(why, "newer"));
	assert_int_equal(query("PRAGMA user_version"), 1000);
	store = NULL;
}

/* A job of before there were display names goes on without one, and plays its
 * list once, right after the answer. */
static void file_of_schema_1_is_brought_forward(void **state)
{
	struct store_req r = { .op = STORE_JOB_LIST_OPEN };
	struct store_req probe = { .op = STORE_PROBE, .probe.at = 1 };
	struct store_claim to;
	size_t n;

	(void)state;
	store_up();
	assert_int_equal(job_add("job-1", 2, NULL), 0);
	store_down();
	query("ALTER TABLE jobs DROP COLUMN from_name");
	query("ALTER TABLE jobs DROP COLUMN start");
	query("ALTER TABLE jobs DROP COLUMN start_wait_ms");
	query("ALTER TABLE jobs DROP COLUMN repeat");
	query("ALTER TABLE recipients DROP COLUMN caller_name");
	query("DROP TABLE probe");
	query("PRAGMA user_version=1");
	store_up();
	assert_int_equal(query("PRAGMA user_version"), 5);
	assert_int_equal(call_store(&probe), 0);
	assert_int_equal(call_store(&r), 0);
	assert_int_equal(r.open.n, 1);
	assert_string_equal(r.open.items[0]->id, "job-1");
	assert_int_equal(r.open.items[0]->start, CLN_START_ANSWER);
	assert_int_equal(r.open.items[0]->start_wait_ms, 0);
	assert_int_equal(r.open.items[0]->repeat, 1);
	assert_int_equal(claim("job-1", "aaaaaaaa", &to, 1, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(to.from_name, "");
	store_job_free(r.open.items[0]);
	free(r.open.items);
}

/* A step is one transaction: half of it is never seen. */
static void step_that_fails_leaves_nothing_behind(void **state)
{
	(void)state;
	query("CREATE TABLE recipients(x)");
	assert_int_not_equal(open_store(&store, "node-1"), 0);
	assert_non_null(strstr(why, "cannot be brought to schema"));
	assert_int_equal(query("PRAGMA user_version"), 0);
	assert_int_equal(query("SELECT count(*) FROM sqlite_schema WHERE "
			       "name='carriers'"), 0);
	store = NULL;
}

static void file_that_is_no_database_is_refused(void **state)
{
	FILE *f = fopen(db_path, "w");

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 200; i++)
		fputs("this is not a database\n", f);
	fclose(f);
	assert_int_equal(open_store(&store, "node-1"), -EIO);
	assert_non_null(strstr(why, "carillon.db"));
	store = NULL;
}

static void commits_are_durable_in_wal_mode(void **state)
{
	sqlite3_stmt *st;
	sqlite3 *db;

	(void)state;
	store_up();
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &st, NULL);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "wal");
	sqlite3_finalize(st);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BARE(empty_file_becomes_a_current_one),
		BARE(current_file_is_left_alone),
		BARE(newer_schema_is_refused_and_not_touched),
		BARE(file_of_schema_1_is_brought_forward),
		BARE(step_that_fails_leaves_nothing_behind),
		BARE(file_that_is_no_database_is_refused),
		BARE(commits_are_durable_in_wal_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
