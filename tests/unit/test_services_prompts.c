/*
 * test_services_prompts.c - an app keeps recordings, reads and deletes them.
 * Needs: libcarillon.a, app_bench.h. The test's thread is the signalling thread.
 */
/* SPDX-License-Identifier: MIT */
#include "app_bench.h"

#define ID "0123456789abcdef0123456789abcdef"

static struct cln_prompt_info info;
static size_t n_listed;

static void add(struct app *a)
{
	a->err = a->s->prompt_add(a->s->ctx, "RIFF", 4, "hello", &info,
				  &a->problems);
}

static void get(struct app *a)
{
	a->err = a->s->prompt_get(a->s->ctx, ID, &info);
}

static void drop(struct app *a)
{
	a->err = a->s->prompt_delete(a->s->ctx, ID);
}

static void count(void *arg, const struct cln_prompt_info *one)
{
	(void)arg;
	n_listed += !strcmp(one->id, ID);
}

static void list(struct app *a)
{
	a->err = a->s->prompt_list(a->s->ctx, "", 10, count, NULL);
}

static void added_recording_is_there_until_it_is_deleted(void **state)
{
	struct app a = { 0 };

	(void)state;
	app_run(&a, add);
	assert_int_equal(a.err, 0);
	assert_string_equal(info.name, "hello");
	assert_int_equal(info.bytes, 4);
	app_run(&a, get);
	assert_int_equal(a.err, 0);
	app_run(&a, list);
	assert_int_equal(n_listed, 1);
	app_run(&a, drop);
	assert_int_equal(a.err, 0);
	app_run(&a, drop);
	assert_int_equal(a.err, -ENOENT);
}

static void refused(int err, int told, int code)
{
	struct app a = { 0 };

	library_err = err;
	app_run(&a, add);
	assert_int_equal(a.err, told);
	assert_int_equal(a.problems.n, code ? 1 : 0);
	if (code) {
		assert_int_equal(a.problems.items[0].code, code);
		assert_string_equal(a.problems.items[0].pointer, "");
		assert_string_equal(a.problems.items[0].detail,
				    "no audio in it");
	}
}

static void refusals_say_why(void **state)
{
	(void)state;
	refused(-EINVAL, -EINVAL, CLN_INVALID);
	refused(-EFBIG, -EINVAL, CLN_INVALID);
	refused(-ENOSPC, -ENOSPC, CLN_FULL);
	refused(-EIO, -EIO, CLN_STORE);
	refused(-ENOMEM, -ENOMEM, CLN_BUSY);
}

static void recording_that_an_open_job_plays_is_not_deleted(void **state)
{
	struct cln_item *item;
	struct app a = { 0 };
	const char *before;

	(void)state;
	plain_carrier("00000001");
	add_job("00000000-0000-4000-8000-000000000001", "00000001", 1);
	item = (struct cln_item *)x->jobs->data->items;
	before = item->text;
	item->text = "prompt:" ID;
	app_run(&a, drop);
	assert_int_equal(a.err, -EBUSY);
	assert_string_equal(the_recording.id, ID);
	item->text = before;
	app_run(&a, drop);
	assert_int_equal(a.err, 0);
}

static const struct cln_item uploaded = { .text = "prompt:" ID };
static const struct cln_recipient anybody = { .to = "sip:a@127.0.0.1" };
static const struct cln_play plays_it = {
	.size = sizeof(plays_it), .n_items = 1, .items = &uploaded,
	.request_id = "00000000-0000-4000-8000-000000000002",
	.n_recipients = 1, .recipients = &anybody,
};

/* A million recipients take their time: the job must not find it gone. */
static void recording_of_a_job_that_is_being_stored_is_not_deleted(void **state)
{
	struct job_adding adding = { .play = &plays_it };
	struct app a = { 0 };

	(void)state;
	LIST_INSERT_HEAD(&x->adding, &adding, link);
	app_run(&a, drop);
	assert_int_equal(a.err, -EBUSY);
	LIST_REMOVE(&adding, link);
	app_run(&a, drop);
	assert_int_equal(a.err, 0);
}

static void server_that_stops_is_only_read(void **state)
{
	struct app a = { 0 };

	(void)state;
	x->stopping = true;
	app_run(&a, add);
	assert_int_equal(a.err, -ESHUTDOWN);
	app_run(&a, drop);
	assert_int_equal(a.err, -ESHUTDOWN);
	app_run(&a, get);
	assert_int_equal(a.err, 0);
	app_run(&a, list);
	assert_int_equal(a.err, 0);
	x->stopping = false;
}

static int set_up(void **state)
{
	(void)state;
	business_new();
	business_start();
	library_err = 0;
	n_listed = 0;
	the_recording = (struct cln_prompt_info){ .size = sizeof(info) };
	str_copy(the_recording.id, sizeof(the_recording.id), ID);
	return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(added_recording_is_there_until_it_is_deleted),
		CASE(refusals_say_why),
		CASE(recording_that_an_open_job_plays_is_not_deleted),
		CASE(recording_of_a_job_that_is_being_stored_is_not_deleted),
		CASE(server_that_stops_is_only_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
