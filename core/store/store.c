/*
 * store.c - the thread that owns the database, and its group commits.
 *
 *   inbox -> BEGIN, each request in a savepoint, COMMIT -> done on its home
 *
 * What waits when the thread comes round is one group: under load a commit
 * (one fsync) serves many, and alone it serves one at once.
 * Thread: store.
 */
/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "store/db.h"

#define INBOX_LIMIT 4096
#define GROUP_MAX 512		/* requests under one commit */

struct store {
	struct db db;
	struct inbox *inbox;
	struct thread thread;
	const struct clock *clock;
	char node_id[128];
	int lock_fd;
	struct msg stop;
	bool stopping;
	struct store_req *group[GROUP_MAX];
	size_t n_group;
	int changes;			/* rows written so far                 */
	int group_err;			/* of its requests: the disk's refusal */
	atomic_uint_fast64_t requests, commits;
	atomic_int_fast64_t last_commit_us;
	atomic_int last_err;
};

static int (*const operations[])(struct db *, struct store_req *) = {
	[STORE_CARRIER_ADD] = db_carrier_add,
	[STORE_CARRIER_PUT] = db_carrier_put,
	[STORE_CARRIER_DELETE] = db_carrier_delete,
	[STORE_CARRIER_LIST] = db_carrier_list,
	[STORE_HISTORY_ADD] = db_history_add,
	[STORE_HISTORY_LIST] = db_history_list,
	[STORE_JOB_ADD] = db_job_add,
	[STORE_JOB_GET] = db_job_get,
	[STORE_JOB_ROWS] = db_job_rows,
	[STORE_JOB_LIST_OPEN] = db_job_list_open,
	[STORE_CLAIM] = db_claim,
	[STORE_ATTEMPT] = db_attempt,
	[STORE_FAIL_LANE] = db_fail_lane,
	[STORE_PROBE] = db_probe,
	[STORE_RECOVER] = db_recover,
};

/* ---- the store's thread ----------------------------------------------------- */

static void home_message(struct msg *m)
{
	struct store_req *r = (struct store_req *)m;

	r->done(r);
}

static void answer(struct store_req *r)
{
	r->msg.fn = home_message;
	inbox_complete(r->home, &r->msg);
}

/* Is it the disk's fault, not the request's?                                  */
static bool is_refusal(int err)
{
	return err && err != -ENOENT && err != -EEXIST;
}

/* A failed request takes back only what it did itself.                        */
static void execute(struct store *s, struct store_req *r)
{
	int err = db_run(db_get(&s->db, DB_SAVE));

	if (!err)
		err = operations[r->op](&s->db, r);
	if (err)
		db_run(db_get(&s->db, DB_BACK));
	db_run(db_get(&s->db, DB_RELEASE));
	r->err = err;
	if (is_refusal(err))
		s->group_err = err;
	atomic_fetch_add(&s->requests, 1);
}

/* Once for each kind of trouble: a full disk would fill with lines, too.      */
static void complain(const struct store *s, const char *what, int err)
{
	if (atomic_load(&s->last_err) != err)
		log_error("store: %s: %s", what, strerror(-err));
}

/* That something could be read says nothing of a disk that is full.           */
static void set_last_err(struct store *s, int err)
{
	int changes = sqlite3_total_changes(s->db.handle);

	if (err || changes != s->changes)
		atomic_store(&s->last_err, err);
	s->changes = changes;
}

static void commit(struct store *s, int64_t began_ns)
{
	int err = db_run(db_get(&s->db, DB_COMMIT));

	/* What ended the transaction says more than that there is none.       */
	if (err && s->group_err)
		err = s->group_err;
	if (err) {
		complain(s, "commit", err);
		db_run(db_get(&s->db, DB_ROLLBACK));
	}
	atomic_fetch_add(&s->commits, 1);
	set_last_err(s, err ? err : s->group_err);
	atomic_store(&s->last_commit_us,
		     (clock_now_ns(s->clock) - began_ns) / 1000);
	for (size_t i = 0; i < s->n_group; i++) {
		if (err)
			s->group[i]->err = err;
		answer(s->group[i]);
	}
	s->n_group = 0;
	s->group_err = 0;
}

static void refuse(struct store_req *r, int err)
{
	r->err = err;
	answer(r);
}

static struct msg *run_group(struct store *s, struct msg *m)
{
	int64_t began = clock_now_ns(s->clock);
	int err = db_run(db_get(&s->db, DB_BEGIN));

	if (err) {
		complain(s, "begin", err);
		atomic_store(&s->last_err, err);
	}
	while (m && s->n_group < GROUP_MAX) {
		struct msg *next = m->next;

		if (m == &s->stop) {
			s->stopping = true;
		} else if (err) {
			refuse((struct store_req *)m, err);
		} else {
			s->group[s->n_group++] = (struct store_req *)m;
			execute(s, (struct store_req *)m);
			/* A full disk ends the transaction by itself: the
			 * COMMIT then fails, and with it the whole group.     */
			if (sqlite3_get_autocommit(s->db.handle)) {
				m = next;
				break;
			}
		}
		m = next;
	}
	if (!err)
		commit(s, began);
	return m;
}

static void store_thread(void *arg)
{
	struct store *s = arg;

	while (!s->stopping) {
		struct msg *m;

		inbox_wait(s->inbox, -1);
		m = inbox_take(s->inbox);
		while (m)
			m = run_group(s, m);
	}
}

/* ---- the door --------------------------------------------------------------- */

static int lock_dir(struct store *s, const char *dir, char *why, size_t cap)
{
	char path[512];
	int err;

	if ((mkdir(dir, 0700) && errno != EEXIST) || chmod(dir, 0700)) {
		err = -errno;
		str_printf(why, cap, "state.dir %s: %s", dir, strerror(-err));
		return err;
	}
	err = str_printf(path, sizeof(path), "%s/lock", dir);
	if (err) {
		str_printf(why, cap, "state.dir: its name is too long");
		return err;
	}
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0 || flock(s->lock_fd, LOCK_EX | LOCK_NB)) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		str_printf(why, cap, "state.dir %s: %s", dir,
			   err == -EBUSY ? "another carillond uses it" :
					   strerror(-err));
	}
	return err;
}

int store_new(struct store **sp, const struct store_config *cfg, char *why,
	      size_t cap)
{
	struct store *s = calloc(1, sizeof(*s));
	char path[512];
	int err;

	if (!s)
		return -ENOMEM;
	s->lock_fd = -1;
	s->clock = cfg->clock;
	s->db.carrier_fields = cfg->carrier_fields;
	str_copy(s->node_id, sizeof(s->node_id), cfg->node_id);
	s->db.node_id = s->node_id;
	err = lock_dir(s, cfg->dir, why, cap);
	if (!err)
		err = str_printf(path, sizeof(path), "%s/carillon.db",
				 cfg->dir);
	if (!err)
		err = db_open(&s->db, path, why, cap);
	if (!err)
		err = inbox_new(&s->inbox, INBOX_LIMIT);
	if (!err)
		err = thread_start(&s->thread, "store", store_thread, s);
	if (err)
		store_free(s);
	else
		*sp = s;
	return err;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	if (s->inbox) {
		inbox_close(s->inbox);
		if (s->thread.running)
			inbox_complete(s->inbox, &s->stop);
		thread_join(&s->thread);
		inbox_free(s->inbox);
	}
	if (s->db.handle)
		db_close(&s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
}

int store_post(struct store *s, struct store_req *r)
{
	return inbox_post(s->inbox, &r->msg);
}

void store_complete(struct store *s, struct store_req *r)
{
	inbox_complete(s->inbox, &r->msg);
}

void store_get_stats(const struct store *s, struct store_stats *st)
{
	st->requests = atomic_load(&s->requests);
	st->commits = atomic_load(&s->commits);
	st->waiting = inbox_fill(s->inbox);
	st->last_commit_us = atomic_load(&s->last_commit_us);
	st->last_err = atomic_load(&s->last_err);
}
