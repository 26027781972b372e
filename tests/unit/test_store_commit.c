/*
 * test_store_commit.c - group commits, a disk that refuses, and who may open
 * the directory.
 * Needs: libcarillon.a, libsqlite3.
 */
/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>

#include "store_bench.h"

static struct store_stats stats(void)
{
	struct store_stats st;

	store_get_stats(store, &st);
	return st;
}

/* The database is locked from outside, and the store's thread stands before it
 * with a request of its own (which counts as answered in wait_for). */
static sqlite3 *block(void)
{
	static struct store_req first;
	sqlite3 *db;

	first = (struct store_req){ .op = STORE_JOB_GET,
				    .job_get = { .id = "none" } };
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	ask(&first);
	while (stats().waiting)
		usleep(100);
	return db;
}

static void unblock(sqlite3 *db)
{
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
}

#define N 64

static void what_waits_together_is_committed_together(void **state)
{
	struct store_req r[N];
	uint64_t before;
	sqlite3 *db;

	(void)state;
	carrier_add("aaaaaaaa");
	before = stats().commits;
	db = block();
	for (int i = 0; i < N; i++) {
		r[i] = (struct store_req){
			.op = STORE_HISTORY_ADD,
			.hist_add = { .id = "aaaaaaaa", .t = { .at = i } },
		};
		ask(&r[i]);
	}
	unblock(db);
	wait_for(N + 1);
	for (int i = 0; i < N; i++)
		assert_int_equal(r[i].err, 0);
	assert_int_equal(stats().commits - before, 2);
	assert_int_equal(stats().requests, N + 2);
}

static void request_that_fails_takes_back_its_own_work_only(void **state)
{
	struct cln_carrier c[3] = {
		a_carrier("bbbbbbbb"), a_carrier("aaaaaaaa"),
		a_carrier("cccccccc"),
	};
	struct store_req r[3];
	sqlite3 *db;

	(void)state;
	carrier_add("aaaaaaaa");
	db = block();
	for (int i = 0; i < 3; i++) {
		r[i] = (struct store_req){
			.op = STORE_CARRIER_ADD, .put = { .carrier = &c[i] },
		};
		ask(&r[i]);
	}
	unblock(db);
	wait_for(4);
	assert_int_equal(r[0].err, 0);
	assert_int_equal(r[1].err, -EEXIST);
	assert_int_equal(r[2].err, 0);
	assert_int_equal(query("SELECT count(*) FROM carriers"), 3);
	assert_int_equal(stats().last_err, 0);
}

/* ---- a full disk ------------------------------------------------------------ */

/* SQLite's own file system, except that the disk can be full. */
static sqlite3_vfs full_vfs, *real_vfs;
static sqlite3_io_methods methods[2];	/* of the database, of its logs */
static int (*real_write)(sqlite3_file *, const void *, int, sqlite3_int64);
static atomic_bool disk_is_full;

static int full_write(sqlite3_file *f, const void *data, int n,
		      sqlite3_int64 at)
{
	return atomic_load(&disk_is_full) ? SQLITE_FULL :
					    real_write(f, data, n, at);
}

static int full_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
		     int flags, int *out)
{
	int code = real_vfs->xOpen(real_vfs, name, f, flags, out);
	sqlite3_io_methods *m = &methods[!(flags & SQLITE_OPEN_MAIN_DB)];

	(void)vfs;
	if (code || !f->pMethods)
		return code;
	real_write = f->pMethods->xWrite;
	*m = *f->pMethods;
	m->xWrite = full_write;
	f->pMethods = m;
	return SQLITE_OK;
}

static int setup_full(void **state)
{
	real_vfs = sqlite3_vfs_find(NULL);
	full_vfs = *real_vfs;
	full_vfs.zName = "full";
	full_vfs.xOpen = full_open;
	full_vfs.pNext = NULL;
	sqlite3_vfs_register(&full_vfs, 1);
	atomic_store(&disk_is_full, false);
	return setup(state);
}

static int teardown_full(void **state)
{
	int err;

	atomic_store(&disk_is_full, false);
	err = remove_dir(state);
	sqlite3_vfs_unregister(&full_vfs);
	sqlite3_vfs_register(real_vfs, 1);
	return err;
}

static void full_disk_is_told_and_nothing_is_torn(void **state)
{
	struct store_claim items[8];
	size_t n;

	(void)state;
	assert_int_equal(job_add("job-1", 3, NULL), 0);
	atomic_store(&disk_is_full, true);
	assert_int_equal(job_add("job-2", 2000, NULL), -ENOSPC);
	assert_int_equal(stats().last_err, -ENOSPC);
	/* So large that SQLite writes before the commit. */
	assert_int_equal(job_add("job-2", 50000, NULL), -ENOSPC);
	assert_int_equal(stats().last_err, -ENOSPC);
	assert_int_equal(claim("job-1", "aaaaaaaa", items, 8, &n), -ENOSPC);
	assert_int_equal(carrier_add("aaaaaaaa"), -ENOSPC);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_QUEUED], 4);
	atomic_store(&disk_is_full, false);
	assert_int_equal(claim("job-1", "aaaaaaaa", items, 8, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(stats().last_err, 0);
	assert_int_equal(job_add("job-2", 2, NULL), 0);
	assert_int_equal(query("SELECT count(*) FROM recipients"), 7);
	assert_int_equal(carrier_add("aaaaaaaa"), 0);
}

static void commit_that_fails_fails_its_whole_group(void **state)
{
	struct cln_carrier c[N];
	struct store_req r[N];
	char id[CLN_ID_LEN];
	sqlite3 *db = block();

	(void)state;
	for (int i = 0; i < N; i++) {
		str_printf(id, sizeof(id), "%08x", (unsigned int)i);
		c[i] = a_carrier(id);
		r[i] = (struct store_req){
			.op = STORE_CARRIER_ADD, .put = { .carrier = &c[i] },
		};
		ask(&r[i]);
	}
	atomic_store(&disk_is_full, true);
	unblock(db);
	wait_for(N + 1);
	atomic_store(&disk_is_full, false);
	for (int i = 0; i < N; i++)
		assert_int_equal(r[i].err, -ENOSPC);
	assert_int_equal(query("SELECT count(*) FROM carriers"), 0);
	assert_int_equal(carrier_add("aaaaaaaa"), 0);
}

/* ---- who may open it -------------------------------------------------------- */

static unsigned int mode_of(const char *name)
{
	char path[128];
	struct stat st;

	str_printf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void nobody_else_may_read_it(void **state)
{
	mode_t old;

	(void)state;
	store_down();
	chmod(dir, 0755);
	unlink(db_path);
	old = umask(0);
	store_up();
	umask(old);
	carrier_add("aaaaaaaa");
	assert_int_equal(mode_of("."), 0700);
	assert_int_equal(mode_of("carillon.db"), 0600);
	assert_int_equal(mode_of("carillon.db-wal"), 0600);
	assert_int_equal(mode_of("carillon.db-shm"), 0600);
	assert_int_equal(mode_of("lock"), 0600);
}

static void one_server_holds_the_directory(void **state)
{
	struct store *second;

	(void)state;
	assert_int_equal(open_store(&second, "node-1"), -EBUSY);
	assert_non_null(strstr(why, "another carillond uses it"));
	store_restart();
}

static void directory_that_cannot_be_made_is_told(void **state)
{
	struct store *second;
	char keep[sizeof(dir)];

	(void)state;
	str_copy(keep, sizeof(keep), dir);
	str_copy(dir, sizeof(dir), "no-such-place/state");
	assert_int_equal(open_store(&second, "node-1"), -ENOENT);
	assert_non_null(strstr(why, "no-such-place/state"));
	str_copy(dir, sizeof(dir), keep);
}

static void what_waits_at_the_end_is_still_written(void **state)
{
	struct store_req r[N];
	struct cln_carrier c[N];
	sqlite3 *db = block();

	(void)state;
	for (int i = 0; i < N; i++) {
		char id[CLN_ID_LEN];

		str_printf(id, sizeof(id), "%08x", (unsigned int)i);
		c[i] = a_carrier(id);
		r[i] = (struct store_req){
			.op = STORE_CARRIER_ADD, .put = { .carrier = &c[i] },
		};
		ask(&r[i]);
	}
	unblock(db);
	store_down();
	wait_for(N + 1);
	for (int i = 0; i < N; i++)
		assert_int_equal(r[i].err, 0);
	store_up();
	assert_int_equal(query("SELECT count(*) FROM carriers"), N);
}

static void new_work_is_bounded_and_outcomes_are_not(void **state)
{
	enum { LIMIT = 4096 };
	struct store_req *r = calloc(LIMIT + 2, sizeof(*r));
	sqlite3 *db = block();

	(void)state;
	for (int i = 0; i < LIMIT + 2; i++)
		r[i] = (struct store_req){
			.home = home, .done = on_done, .op = STORE_JOB_GET,
			.job_get = { .id = "none" },
		};
	for (int i = 0; i < LIMIT; i++)
		assert_int_equal(store_post(store, &r[i]), 0);
	assert_int_equal(store_post(store, &r[LIMIT]), -EAGAIN);
	store_complete(store, &r[LIMIT + 1]);
	unblock(db);
	wait_for(LIMIT + 2);
	assert_int_equal(r[LIMIT + 1].err, -ENOENT);
	free(r);
}

#define FULL(f) cmocka_unit_test_setup_teardown(f, setup_full, teardown_full)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(what_waits_together_is_committed_together),
		RULE(request_that_fails_takes_back_its_own_work_only),
		FULL(full_disk_is_told_and_nothing_is_torn),
		FULL(commit_that_fails_fails_its_whole_group),
		RULE(nobody_else_may_read_it),
		RULE(one_server_holds_the_directory),
		RULE(directory_that_cannot_be_made_is_told),
		RULE(what_waits_at_the_end_is_still_written),
		RULE(new_work_is_bounded_and_outcomes_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
