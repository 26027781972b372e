/*
 * store_bench.h - a real store in a directory of its own, and requests that
 * are waited for.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_STORE_BENCH_H
#define TESTS_STORE_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "call/carrier_fields.h"
#include "store/store.h"

static char dir[64], db_path[96], why[256];
static struct store *store;
static struct inbox *home;
static struct clock now;

static inline int open_store(struct store **sp, const char *node_id)
{
	struct store_config cfg = {
		.dir = dir, .node_id = node_id, .clock = &now,
		.carrier_fields = carrier_fields,
	};

	why[0] = '\0';
	return store_new(sp, &cfg, why, sizeof(why));
}

static inline void store_up(void)
{
	assert_int_equal(open_store(&store, "node-1"), 0);
}

static inline void store_down(void)
{
	store_free(store);
	store = NULL;
}

static inline void store_restart(void)
{
	store_down();
	store_up();
}

static inline int make_dir(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	clock_virtual(&now, S_NS, 1700000000000);
	str_copy(dir, sizeof(dir), "store-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	str_printf(db_path, sizeof(db_path), "%s/carillon.db", dir);
	assert_int_equal(inbox_new(&home, 10), 0);
	return 0;
}

static inline int remove_dir(void **state)
{
	static const char *const names[] = {
		"carillon.db", "carillon.db-wal", "carillon.db-shm", "lock",
	};
	char path[128];

	(void)state;
	store_down();
	inbox_free(home);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		str_printf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static inline int setup(void **state)
{
	make_dir(state);
	store_up();
	return 0;
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, remove_dir)

/* ---- requests --------------------------------------------------------------- */

static int n_answered;

static inline void on_done(struct store_req *r)
{
	(void)r;
	n_answered++;
}

static inline void ask(struct store_req *r)
{
	r->home = home;
	r->done = on_done;
	store_complete(store, r);
}

static inline void wait_for(int n)
{
	while (n_answered < n) {
		inbox_wait(home, 5000);
		inbox_run(home);
	}
	n_answered = 0;
}

static inline int call_store(struct store_req *r)
{
	ask(r);
	wait_for(1);
	return r->err;
}

/* A statement of the test's own, past the store.                              */
static inline int64_t query(const char *sql)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	int64_t value = -1;

	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL),
			 SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		value = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return value;
}

/* ---- what is put in --------------------------------------------------------- */

static inline struct cln_carrier a_carrier(const char *id)
{
	struct cln_carrier c = {
		.size = sizeof(c), .version = 3, .created_at = 5,
		.updated_at = 6, .port = 5080, .enabled = 1, .do_register = 1,
		.expires_s = 600, .password_set = 1,
		.codecs = { .n = 2, .names = { "mulaw", "g729" } },
	};

	str_copy(c.id, sizeof(c.id), id);
	str_copy(c.request_id, sizeof(c.request_id), "req-1");
	str_copy(c.name, sizeof(c.name), "carrier \"\xc3\xa4\"");
	str_copy(c.host, sizeof(c.host), "192.0.2.1");
	str_copy(c.username, sizeof(c.username), "client1");
	str_copy(c.password, sizeof(c.password), "password1");
	str_copy(c.transport, sizeof(c.transport), "tls");
	c.strip = 2;
	str_copy(c.number_format, sizeof(c.number_format), "e164");
	c.options_ping_s = 30;
	str_copy(c.caller_id, sizeof(c.caller_id), "privacy");
	c.headers.n = 2;
	str_copy(c.headers.items[0].name, CLN_HEADER_NAME_LEN, "X-Zulu");
	str_copy(c.headers.items[0].value, CLN_HEADER_VALUE_LEN, "\"1\" <2>");
	str_copy(c.headers.items[1].name, CLN_HEADER_NAME_LEN, "X-Alpha");
	str_copy(c.headers.items[1].value, CLN_HEADER_VALUE_LEN, "\xc3\xa4");
	c.session_expires_s = 1800;
	return c;
}

static inline int carrier_add(const char *id)
{
	struct cln_carrier c = a_carrier(id);
	struct store_req r = {
		.op = STORE_CARRIER_ADD, .put = { .carrier = &c },
	};

	return call_store(&r);
}

/* n numbers by carrier aaaaaaaa, then one SIP URI.                            */
static inline int job_add(const char *id, size_t n, struct store_job **jobp)
{
	static const struct cln_item items[] = {
		{ .text = "http://a/1.wav" },
		{ .type = CLN_ITEM_SAY, .text = "hello", .language = "en" },
	};
	struct cln_recipient *to = calloc(n + 1, sizeof(*to));
	struct cln_play play = {
		.request_id = id, .from = "me", .carrier_id = "aaaaaaaa",
		.ring_timeout_s = 30, .n_items = 2, .items = items,
		.n_recipients = n + 1, .recipients = to,
		.from_name = "Main \"Office\"",
	};
	struct store_req r = {
		.op = STORE_JOB_ADD, .job_add = { .play = &play, .at = 7 },
	};

	for (size_t i = 0; i < n; i++)
		to[i] = (struct cln_recipient){ .to = i ? "123456" : "+49",
						.from = i ? NULL : "you" };
	to[n] = (struct cln_recipient){ .to = "SIP:alice@192.0.2.1" };
	call_store(&r);
	free(to);
	if (jobp)
		*jobp = r.job_add.job;
	else
		store_job_free(r.job_add.job);
	return r.err;
}

static inline struct cln_job job_get(const char *id)
{
	struct cln_job job = { .size = sizeof(job) };
	struct store_req r = {
		.op = STORE_JOB_GET, .job_get = { .id = id, .job = &job },
	};
	int64_t sum = 0;

	assert_int_equal(call_store(&r), 0);
	for (int i = 0; i < CLN_RCPT_STATES; i++) {
		assert_true(job.totals[i] >= 0);
		sum += job.totals[i];
	}
	/* The promise of the API, after whatever was done. */
	assert_int_equal(sum, job.recipients);
	return job;
}

static inline int claim(const char *id, const char *carrier_id,
			struct store_claim *items, size_t cap, size_t *n)
{
	struct store_req r = {
		.op = STORE_CLAIM,
		.claim = { .job_id = id, .carrier_id = carrier_id,
			   .items = items, .cap = cap },
	};

	call_store(&r);
	*n = r.claim.n;
	return r.err;
}

static inline int set_state(const char *id, int64_t row, int state,
			    const char *reason, const struct cln_attempt *a,
			    bool *job_done)
{
	struct store_req r = {
		.op = STORE_ATTEMPT,
		.attempt = {
			.a = { .job_id = id, .row = row, .state = state,
			       .reason = reason, .attempt = a },
			.at = 99,
		},
	};

	call_store(&r);
	if (job_done)
		*job_done = r.attempt.job_done;
	return r.err;
}

static inline int64_t recover(void)
{
	struct store_req r = { .op = STORE_RECOVER, .recover = { .at = 100 } };

	assert_int_equal(call_store(&r), 0);
	return r.recover.n;
}

#endif
