/*
 * test_rows.c - pages of a report, with the attempts of each recipient.
 * Needs: libcarillon.a, libsqlite3.
 */
/* SPDX-License-Identifier: MIT */
#include "store_bench.h"

static struct store_rows *rows(const char *id, int64_t from, uint32_t limit,
			       int *err)
{
	struct store_req r = {
		.op = STORE_JOB_ROWS,
		.rows = { .id = id, .from = from, .limit = limit },
	};

	*err = call_store(&r);
	return r.rows.rows;
}

static void pages_follow_each_other(void **state)
{
	struct store_rows *page;
	int64_t next = 0;
	int err;

	(void)state;
	job_add("job-1", 10, NULL);
	do {
		page = rows("job-1", next, 4, &err);
		assert_int_equal(err, 0);
		assert_true(page->n <= 4);
		for (size_t i = 0; i < page->n; i++)
			assert_int_equal(page->items[i].row, next++);
		err = page->n == 4;
		store_rows_free(page);
	} while (err);
	assert_int_equal(next, 11);
}

static void page_past_the_end_is_empty(void **state)
{
	struct store_rows *page;
	int err;

	(void)state;
	job_add("job-1", 1, NULL);
	page = rows("job-1", 500, 4, &err);
	assert_int_equal(err, 0);
	assert_int_equal(page->n, 0);
	store_rows_free(page);
	page = rows("job-1", 0, 0, &err);
	assert_int_equal(err, 0);
	assert_int_equal(page->n, 0);
	store_rows_free(page);
}

static void report_of_no_job_is_refused(void **state)
{
	int err;

	(void)state;
	store_rows_free(rows("job-1", 0, 4, &err));
	assert_int_equal(err, -ENOENT);
}

static struct cln_attempt an_attempt(struct cln_played *played)
{
	struct cln_attempt a = {
		.size = sizeof(a), .started_at = 100, .ringing_at = 200,
		.answered_at = 300, .ended_at = 400, .sip_code = 200,
		.q850_cause = 16, .hangup_by = CLN_BY_CALLEE,
		.rtp = { .sent = 50, .far_lost = -1 },
		.n_played = 1, .played = played,
	};

	str_copy(a.carrier_id, sizeof(a.carrier_id), "aaaaaaaa");
	str_copy(a.call_id, sizeof(a.call_id), "call-1");
	str_copy(a.codec, sizeof(a.codec), "mulaw");
	str_copy(a.sip_reason, sizeof(a.sip_reason), "OK");
	str_copy(a.route, sizeof(a.route), "carrier_id of the request");
	return a;
}

static void attempt_is_told_as_it_was_last_written(void **state)
{
	struct cln_played played = { 0, 1500, -1 };
	struct cln_attempt early = { .size = sizeof(early), .started_at = 100 };
	struct cln_attempt last = an_attempt(&played);
	const struct cln_attempt *got;
	struct store_rows *page;
	int err;

	(void)state;
	job_add("job-1", 1, NULL);
	set_state("job-1", 0, CLN_RCPT_CALLING, "", &early, NULL);
	set_state("job-1", 0, CLN_RCPT_COMPLETED, "", &last, NULL);
	set_state("job-1", 1, CLN_RCPT_FAILED, "sip: Not Found", NULL, NULL);
	store_restart();
	page = rows("job-1", 0, 10, &err);
	assert_int_equal(page->n, 2);
	assert_string_equal(page->items[0].to, "+49");
	assert_int_equal(page->items[0].state, CLN_RCPT_COMPLETED);
	assert_int_equal(page->items[0].n_attempts, 1);
	got = &page->items[0].attempts[0];
	assert_int_equal(got->n_played, 1);
	assert_int_equal(got->played[0].sent_ms, 1500);
	last.played = got->played;
	assert_memory_equal(got, &last, sizeof(last));
	assert_int_equal(page->items[1].n_attempts, 0);
	assert_string_equal(page->items[1].reason, "sip: Not Found");
	store_rows_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(pages_follow_each_other),
		RULE(page_past_the_end_is_empty),
		RULE(report_of_no_job_is_refused),
		RULE(attempt_is_told_as_it_was_last_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
