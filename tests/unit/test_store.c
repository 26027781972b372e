/*
 * test_store.c - jobs, claims, attempts and totals on a real disk: each
 * recipient in one state, claimed once, and nothing forgotten by a restart.
 * Needs: libcarillon.a, libsqlite3.
 */
/* SPDX-License-Identifier: MIT */
#include "base/random.h"
#include "store_bench.h"

static void job_comes_back_as_it_is_run(void **state)
{
	struct store_job *job;

	(void)state;
	assert_int_equal(job_add("job-1", 3, &job), 0);
	assert_string_equal(job->id, "job-1");
	assert_int_equal(job->created_at, 7);
	assert_int_equal(job->ring_timeout_s, 30);
	assert_int_equal(job->n_items, 2);
	assert_string_equal(job->items[0].text, "http://a/1.wav");
	assert_int_equal(job->items[1].type, CLN_ITEM_SAY);
	assert_string_equal(job->items[1].language, "en");
	assert_int_equal(job->n_lanes, 2);
	assert_string_equal(job->lanes[0].carrier_id, "");
	assert_int_equal(job->lanes[0].queued, 1);
	assert_string_equal(job->lanes[1].carrier_id, "aaaaaaaa");
	assert_int_equal(job->lanes[1].queued, 3);
	store_job_free(job);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_QUEUED], 4);
	assert_int_equal(job_get("job-1").state, CLN_JOB_QUEUED);
}

/* Both from the job's acceptance and from a restart. */
static void the_course_of_a_job_is_kept(void **state)
{
	static const struct cln_gather g = { .digits = 1, .timeout_ms = 5000 };
	static const struct cln_item items[] = {
		{ .type = CLN_ITEM_PAUSE, .pause_ms = 500, .repeat = 2 },
		{ .type = CLN_ITEM_GATHER, .gather = &g },
	};
	static const struct cln_recipient to = { .to = "1" };
	const struct cln_play play = {
		.request_id = "job-1", .carrier_id = "aaaaaaaa",
		.n_items = 2, .items = items, .n_recipients = 1,
		.recipients = &to, .start = CLN_START_SILENCE,
		.start_wait_ms = 1234, .repeat = 3,
	};
	struct store_req r = { .op = STORE_JOB_ADD, .job_add.play = &play };
	struct store_req open = { .op = STORE_JOB_LIST_OPEN };

	(void)state;
	assert_int_equal(call_store(&r), 0);
	store_restart();
	assert_int_equal(call_store(&open), 0);
	assert_int_equal(open.open.n, 1);
	for (int i = 0; i < 2; i++) {
		struct store_job *job = i ? open.open.items[0] : r.job_add.job;

		assert_int_equal(job->start, CLN_START_SILENCE);
		assert_int_equal(job->start_wait_ms, 1234);
		assert_int_equal(job->repeat, 3);
		assert_int_equal(job->items[0].pause_ms, 500);
		assert_int_equal(job->items[0].repeat, 2);
		assert_int_equal(job->items[1].gather->timeout_ms, 5000);
		store_job_free(job);
	}
	free(open.open.items);
}

static void job_id_is_used_once(void **state)
{
	(void)state;
	assert_int_equal(job_add("job-1", 1, NULL), 0);
	assert_int_equal(job_add("job-1", 1, NULL), -EEXIST);
	assert_int_equal(job_get("job-1").recipients, 2);
	assert_int_equal(query("SELECT count(*) FROM recipients"), 2);
}

/* A display name is of one caller: it does not go with another's number.      */
static void the_name_of_the_caller_goes_with_the_caller(void **state)
{
	static const struct cln_recipient to[] = {
		{ .to = "1" }, { .to = "2", .from = "me" },
		{ .to = "3", .from = "you" },
		{ .to = "4", .from = "you", .from_name = "You" },
		{ .to = "5", .from_name = "Me too" },
	};
	static const char *const names[] = { "Me", "Me", "", "You", "Me too" };
	static const struct cln_item item = { .text = "http://a/1.wav" };
	const struct cln_play play = {
		.request_id = "job-1", .from = "me", .carrier_id = "aaaaaaaa",
		.n_items = 1, .items = &item, .from_name = "Me",
		.n_recipients = ARRAY_LEN(to), .recipients = to,
	};
	struct store_req r = { .op = STORE_JOB_ADD, .job_add.play = &play };
	struct store_claim items[ARRAY_LEN(to)];
	size_t n;

	(void)state;
	assert_int_equal(call_store(&r), 0);
	store_job_free(r.job_add.job);
	assert_int_equal(claim("job-1", "aaaaaaaa", items, ARRAY_LEN(to), &n),
			 0);
	assert_int_equal(n, ARRAY_LEN(to));
	for (size_t i = 0; i < n; i++)
		assert_string_equal(items[i].from_name, names[i]);
}

static void claims_go_in_order_and_never_twice(void **state)
{
	struct store_claim items[4];
	size_t n;
	int64_t next = 0;

	(void)state;
	job_add("job-1", 10, NULL);
	do {
		assert_int_equal(claim("job-1", "aaaaaaaa", items, 4, &n), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(items[i].row, next++);
	} while (n);
	assert_int_equal(next, 10);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_CALLING], 10);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_QUEUED], 1);
	assert_int_equal(job_get("job-1").state, CLN_JOB_RUNNING);
	assert_int_equal(claim("job-1", "", items, 4, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(items[0].to, "SIP:alice@192.0.2.1");
	assert_int_equal(claim("job-2", "", items, 4, &n), -ENOENT);
}

static void claim_gives_number_and_caller(void **state)
{
	struct store_claim items[2];
	size_t n;

	(void)state;
	job_add("job-1", 2, NULL);
	claim("job-1", "aaaaaaaa", items, 2, &n);
	assert_string_equal(items[0].to, "+49");
	assert_string_equal(items[0].from, "you");
	assert_string_equal(items[1].to, "123456");
	assert_string_equal(items[1].from, "me");
}

static void last_outcome_ends_the_job(void **state)
{
	struct store_claim items[8];
	bool done;
	size_t n;

	(void)state;
	job_add("job-1", 1, NULL);
	claim("job-1", "aaaaaaaa", items, 8, &n);
	claim("job-1", "", items, 8, &n);
	assert_int_equal(set_state("job-1", 0, CLN_RCPT_ANSWERED, "", NULL,
				   &done), 0);
	assert_false(done);
	set_state("job-1", 0, CLN_RCPT_COMPLETED, "", NULL, &done);
	assert_false(done);
	set_state("job-1", 1, CLN_RCPT_BUSY, "", NULL, &done);
	assert_true(done);
	assert_int_equal(job_get("job-1").state, CLN_JOB_DONE);
	assert_int_equal(job_get("job-1").finished_at, 99);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_COMPLETED], 1);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_BUSY], 1);
}

static void unclaimed_recipient_is_claimed_again(void **state)
{
	struct store_claim items[8];
	size_t n;

	(void)state;
	job_add("job-1", 2, NULL);
	claim("job-1", "aaaaaaaa", items, 8, &n);
	set_state("job-1", 1, CLN_RCPT_QUEUED, "", NULL, NULL);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_QUEUED], 2);
	claim("job-1", "aaaaaaaa", items, 8, &n);
	assert_int_equal(n, 1);
	assert_int_equal(items[0].row, 1);
}

static void outcome_of_nobody_is_refused(void **state)
{
	(void)state;
	job_add("job-1", 1, NULL);
	assert_int_equal(set_state("job-1", 9, CLN_RCPT_BUSY, "", NULL, NULL),
			 -ENOENT);
	assert_int_equal(set_state("job-2", 0, CLN_RCPT_BUSY, "", NULL, NULL),
			 -ENOENT);
	job_get("job-1");
}

static void failed_lane_takes_the_queued_only(void **state)
{
	struct store_claim items[2];
	struct store_req r = {
		.op = STORE_FAIL_LANE,
		.fail = { .job_id = "job-1", .carrier_id = "aaaaaaaa",
			  .reason = "carrier_deleted", .at = 50 },
	};
	size_t n;

	(void)state;
	job_add("job-1", 5, NULL);
	claim("job-1", "aaaaaaaa", items, 2, &n);
	assert_int_equal(call_store(&r), 0);
	assert_int_equal(r.fail.n, 3);
	assert_false(r.fail.job_done);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_FAILED], 3);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_CALLING], 2);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_QUEUED], 1);
}

/* ---- restarts --------------------------------------------------------------- */

static void claimed_without_outcome_is_unknown_after_a_restart(void **state)
{
	struct store_claim items[8];
	size_t n;

	(void)state;
	job_add("job-1", 3, NULL);
	claim("job-1", "aaaaaaaa", items, 2, &n);
	set_state("job-1", 0, CLN_RCPT_ANSWERED, "", NULL, NULL);
	store_restart();
	assert_int_equal(recover(), 2);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_UNKNOWN], 2);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_QUEUED], 2);
	assert_int_equal(recover(), 0);
	assert_int_equal(query("SELECT count(*) FROM recipients WHERE "
			       "reason='server_restarted'"), 2);
}

static void job_whose_last_call_was_cut_off_is_done(void **state)
{
	struct store_claim items[8];
	size_t n;

	(void)state;
	job_add("job-1", 1, NULL);
	claim("job-1", "aaaaaaaa", items, 8, &n);
	claim("job-1", "", items, 8, &n);
	store_restart();
	assert_int_equal(recover(), 2);
	assert_int_equal(job_get("job-1").state, CLN_JOB_DONE);
	assert_int_equal(job_get("job-1").finished_at, 100);
}

/* One server at a time holds the directory: what is claimed was cut off. */
static void claims_under_a_former_node_id_are_recovered_too(void **state)
{
	struct store_claim items[8];
	size_t n;

	(void)state;
	job_add("job-1", 2, NULL);
	claim("job-1", "aaaaaaaa", items, 8, &n);
	assert_int_equal(query("SELECT count(*) FROM recipients "
			       "WHERE node_id='node-1'"), 2);
	store_down();
	assert_int_equal(open_store(&store, "node-2"), 0);
	assert_int_equal(recover(), 2);
	assert_int_equal(job_get("job-1").totals[CLN_RCPT_UNKNOWN], 2);
}

static void open_jobs_go_on_after_a_restart(void **state)
{
	struct store_req r = { .op = STORE_JOB_LIST_OPEN };
	struct store_claim items[8];
	size_t n;

	(void)state;
	job_add("job-1", 2, NULL);
	job_add("job-2", 1, NULL);
	job_add("job-3", 1, NULL);
	claim("job-2", "aaaaaaaa", items, 8, &n);
	claim("job-2", "", items, 8, &n);
	set_state("job-2", 0, CLN_RCPT_BUSY, "", NULL, NULL);
	set_state("job-2", 1, CLN_RCPT_BUSY, "", NULL, NULL);
	store_restart();
	assert_int_equal(call_store(&r), 0);
	assert_int_equal(r.open.n, 2);
	assert_string_equal(r.open.items[0]->id, "job-1");
	assert_int_equal(r.open.items[0]->n_lanes, 2);
	assert_int_equal(r.open.items[0]->lanes[1].queued, 2);
	assert_string_equal(r.open.items[1]->id, "job-3");
	for (size_t i = 0; i < r.open.n; i++)
		store_job_free(r.open.items[i]);
	free(r.open.items);
}

#define N 200

/* A story by chance, after each step of which the totals must add up. */
static void totals_add_up_whatever_happens(void **state)
{
	struct store_claim items[N];
	struct random random;
	int alive[N], n_alive = 0;
	size_t n;

	(void)state;
	random_seeded(&random, 7);
	job_add("job-1", N, NULL);
	for (int step = 0; step < 300; step++) {
		int pick = n_alive ? (int)random_below(&random,
						       (uint32_t)n_alive) : 0;
		int to = (int)random_below(&random, CLN_RCPT_STATES);

		if (!n_alive || step % 3 == 0) {
			claim("job-1", "aaaaaaaa", items,
			      1 + random_below(&random, 5), &n);
			for (size_t i = 0; i < n; i++)
				alive[n_alive++] = (int)items[i].row;
		} else {
			set_state("job-1", alive[pick], to, "", NULL, NULL);
			if (to == CLN_RCPT_QUEUED || to > CLN_RCPT_ANSWERED)
				alive[pick] = alive[--n_alive];
		}
		if (step % 50 == 49) {
			store_restart();
			assert_int_equal(recover(), n_alive);
			n_alive = 0;
		}
		job_get("job-1");
	}
	assert_int_equal(query("SELECT count(*) FROM jobs WHERE t0!=(SELECT "
			       "count(*) FROM recipients WHERE state=0)"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(job_comes_back_as_it_is_run),
		RULE(the_course_of_a_job_is_kept),
		RULE(job_id_is_used_once),
		RULE(the_name_of_the_caller_goes_with_the_caller),
		RULE(claims_go_in_order_and_never_twice),
		RULE(claim_gives_number_and_caller),
		RULE(last_outcome_ends_the_job),
		RULE(unclaimed_recipient_is_claimed_again),
		RULE(outcome_of_nobody_is_refused),
		RULE(failed_lane_takes_the_queued_only),
		RULE(claimed_without_outcome_is_unknown_after_a_restart),
		RULE(job_whose_last_call_was_cut_off_is_done),
		RULE(claims_under_a_former_node_id_are_recovered_too),
		RULE(open_jobs_go_on_after_a_restart),
		RULE(totals_add_up_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
