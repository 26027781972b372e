/*
 * test_services.c - what an app asks for from its own threads: carriers and
 * their versions, jobs and their faults, readiness.
 * Needs: libcarillon.a, app_bench.h (doubles of sip, media, prompt and store).
 * The test's thread is the signalling thread.
 */
/* SPDX-License-Identifier: MIT */
#include "app_bench.h"

static const char *pointer(const struct app *a, uint32_t i)
{
	assert_true(i < a->problems.n);
	return a->problems.items[i].pointer;
}

/* ---- carriers --------------------------------------------------------------- */

static void create(struct app *a)
{
	a->err = a->s->carrier_create(a->s->ctx, &a->carrier, &a->warnings,
				      &a->problems);
}

/* Sets max_cps of the carrier, at the version that was named. */
static void update(struct app *a)
{
	uint8_t set[64] = { 0 };

	for (size_t i = 0; a->s->carrier_fields[i]; i++)
		set[i] = !strcmp(a->s->carrier_fields[i]->name, "max_cps");
	a->err = a->s->carrier_update(a->s->ctx, a->id, &a->carrier, set, 0,
				      a->version, &a->warnings, &a->problems);
}

/* Of a PUT that names nothing new. */
static void put(struct app *a)
{
	uint8_t set[64];

	memset(set, 1, sizeof(set));
	a->err = a->s->carrier_update(a->s->ctx, a->id, &a->carrier, set, 1,
				      0, &a->warnings, &a->problems);
}

static void status(struct app *a)
{
	a->err = a->s->carrier_status(a->s->ctx, a->id, &a->status);
}

static void delete(struct app *a)
{
	a->err = a->s->carrier_delete(a->s->ctx, a->id, a->version);
}

static void get(struct app *a)
{
	a->err = a->s->carrier_get(a->s->ctx, a->id, &a->carrier);
}

static void keep_id(void *arg, const struct cln_carrier *c)
{
	struct app *a = arg;

	str_copy(a->ids[a->n++], CLN_ID_LEN, c->id);
	assert_string_equal(c->password, "");
}

static void list(struct app *a)
{
	a->n = 0;
	a->err = a->s->carrier_list(a->s->ctx, a->id, 2, keep_id, a);
}

static struct app app_with_carrier(void)
{
	struct app a = { .carrier = carrier_data("") };

	a.carrier.do_register = 1;
	str_copy(a.carrier.username, sizeof(a.carrier.username), "client1");
	str_copy(a.carrier.password, sizeof(a.carrier.password), "secret");
	return a;
}

static void created_carrier_has_an_id_and_registers(void **state)
{
	struct app a = app_with_carrier();

	(void)state;
	app_run(&a, create);
	assert_int_equal(a.err, 0);
	assert_int_equal(strlen(a.carrier.id), 8);
	assert_int_equal(strspn(a.carrier.id, "0123456789abcdef"), 8);
	assert_int_equal(a.carrier.version, 1);
	assert_int_equal(a.carrier.password_set, 1);
	assert_string_equal(a.carrier.password, "");
	assert_int_equal(n_registrations, 1);
	assert_string_equal(registrations[0]->password, "secret");
	assert_non_null(carrier_find(x, a.carrier.id));
}

static void id_that_was_given_out_once_is_not_used_again(void **state)
{
	struct app a = app_with_carrier();

	(void)state;
	the_store.fail[STORE_CARRIER_ADD] = -EEXIST;
	app_run(&a, create);
	assert_int_equal(a.err, -EEXIST);
	assert_int_equal(the_store.n_done[STORE_CARRIER_ADD], 16);
}

static void carrier_that_the_store_refuses_does_not_exist(void **state)
{
	struct app a = app_with_carrier();

	(void)state;
	the_store.fail[STORE_CARRIER_ADD] = -ENOSPC;
	app_run(&a, create);
	assert_int_equal(a.err, -ENOSPC);
	the_store.refuse_post = -EAGAIN;
	app_run(&a, create);
	assert_int_equal(a.err, -EAGAIN);
	assert_int_equal(map_count(x->carriers), 0);
	assert_int_equal(n_registrations, 0);
}

static void all_faults_of_a_carrier_are_told_at_once(void **state)
{
	struct app a = app_with_carrier();

	(void)state;
	a.carrier.username[0] = '\0';
	a.carrier.codecs = (struct cln_codec_list){
		3, { "mulav", "alaw", "alaw" }
	};
	str_copy(a.carrier.listen, sizeof(a.carrier.listen),
		 "udp:127.0.0.1:9");
	app_run(&a, create);
	assert_int_equal(a.err, -EINVAL);
	assert_int_equal(a.problems.n, 4);
	assert_string_equal(pointer(&a, 0), "/username");
	assert_string_equal(pointer(&a, 1), "/codecs/0");
	assert_non_null(strstr(a.problems.items[1].detail, "mulaw"));
	assert_string_equal(pointer(&a, 2), "/codecs/2");
	assert_string_equal(pointer(&a, 3), "/listen");
}

static void known_codec_is_a_warning_and_alone_a_fault(void **state)
{
	struct app a = app_with_carrier();

	(void)state;
	a.carrier.codecs = (struct cln_codec_list){ 2, { "g729", "alaw" } };
	app_run(&a, create);
	assert_int_equal(a.err, 0);
	assert_int_equal(a.warnings.n, 1);
	assert_string_equal(a.warnings.names[0], "g729");
	a = app_with_carrier();
	a.carrier.codecs = (struct cln_codec_list){ 1, { "g729" } };
	app_run(&a, create);
	assert_int_equal(a.err, -EINVAL);
	assert_int_equal(a.problems.items[0].code, CLN_NO_CODEC);
}

static struct app app_for(const char *id, int64_t version)
{
	struct app a = { .version = version };

	str_copy(a.id, sizeof(a.id), id);
	a.carrier.max_cps = 7;
	return a;
}

static void update_counts_versions_and_refuses_old_ones(void **state)
{
	struct app a = app_for("aaaaaaaa", 1);
	struct carrier *c = plain_carrier("aaaaaaaa");

	(void)state;
	app_run(&a, update);
	assert_int_equal(a.err, 0);
	assert_int_equal(a.carrier.version, 2);
	assert_int_equal(c->data.max_cps, 7);
	assert_string_equal(c->data.host, "192.0.2.1");
	a = app_for("aaaaaaaa", 1);
	app_run(&a, update);
	assert_int_equal(a.err, -ESTALE);
	a = app_for("bbbbbbbb", 0);
	app_run(&a, update);
	assert_int_equal(a.err, -ENOENT);
}

/* Who says a carrier anew means that it is worth a try now. */
static void put_ends_the_rest_of_a_carrier(void **state)
{
	struct carrier *c = plain_carrier("aaaaaaaa");
	struct app a = app_for("aaaaaaaa", 0);

	(void)state;
	app_run(&a, status);
	assert_int_equal(a.status.resting_until, 0);
	carrier_rest(c, 60);
	app_run(&a, status);
	assert_int_equal(a.status.resting_until,
			 exchange_wall_ms(x) + 60 * S_MS);
	app_run(&a, update);
	app_run(&a, status);
	assert_int_not_equal(a.status.resting_until, 0);
	a.carrier = c->data;
	app_run(&a, put);
	assert_int_equal(a.err, 0);
	app_run(&a, status);
	assert_int_equal(a.status.resting_until, 0);
}

static void a_final_dot_is_dropped(void **state)
{
	struct app a = { .carrier = carrier_data("") };

	(void)state;
	str_copy(a.carrier.host, sizeof(a.carrier.host), "sip.example.");
	app_run(&a, create);
	assert_int_equal(a.err, 0);
	assert_string_equal(a.carrier.host, "sip.example");
}

static void foreign_listen_is_told_ours(void **state)
{
	struct app a = { .carrier = carrier_data("") };

	(void)state;
	str_copy(a.carrier.listen, sizeof(a.carrier.listen),
		 "udp:192.0.2.9:5060");
	app_run(&a, create);
	assert_int_equal(a.err, -EINVAL);
	assert_string_equal(pointer(&a, 0), "/listen");
	assert_non_null(strstr(a.problems.items[0].detail,
			       "udp:127.0.0.1:5060"));
}

/* Both name version 1: only one may win, though neither is on the disk yet. */
static void two_updates_of_one_version_do_not_both_win(void **state)
{
	struct app a = app_for("aaaaaaaa", 1), b = app_for("aaaaaaaa", 1);
	struct carrier *c = plain_carrier("aaaaaaaa");

	(void)state;
	the_store.hold = true;
	app_start(&a, update);
	app_start(&b, update);
	for (int i = 0; i < 50; i++)
		loop_once(x->cfg.loop, 1);
	the_store.hold = false;
	app_join(&a);
	app_join(&b);
	assert_int_equal(a.err + b.err, -ESTALE);
	assert_int_equal(c->data.version, 2);
	assert_false(c->changing);
}

static void update_behind_a_delete_finds_nothing(void **state)
{
	struct app a = app_for("aaaaaaaa", 0), b = app_for("aaaaaaaa", 0);

	(void)state;
	plain_carrier("aaaaaaaa");
	the_store.hold = true;
	app_start(&a, delete);
	for (int i = 0; i < 20; i++)
		loop_once(x->cfg.loop, 1);
	app_start(&b, update);
	for (int i = 0; i < 20; i++)
		loop_once(x->cfg.loop, 1);
	the_store.hold = false;
	app_join(&a);
	app_join(&b);
	assert_int_equal(a.err, 0);
	assert_int_equal(b.err, -ENOENT);
}

static void refused_change_lets_the_next_one_in(void **state)
{
	struct app a = app_for("aaaaaaaa", 0);
	struct carrier *c = plain_carrier("aaaaaaaa");

	(void)state;
	the_store.fail[STORE_CARRIER_PUT] = -EIO;
	app_run(&a, update);
	assert_int_equal(a.err, -EIO);
	assert_int_equal(c->data.version, 1);
	the_store.fail[STORE_CARRIER_PUT] = 0;
	the_store.refuse_post = -EAGAIN;
	app_run(&a, update);
	assert_int_equal(a.err, -EAGAIN);
	the_store.refuse_post = 0;
	app_run(&a, update);
	assert_int_equal(a.err, 0);
	app_run(&a, delete);
	assert_int_equal(a.err, 0);
	app_run(&a, get);
	assert_int_equal(a.err, -ENOENT);
}

static void list_goes_by_id_from_a_cursor(void **state)
{
	struct app a = app_for("", 0);

	(void)state;
	plain_carrier("cccccccc");
	plain_carrier("aaaaaaaa");
	plain_carrier("bbbbbbbb");
	app_run(&a, list);
	assert_int_equal(a.n, 2);
	assert_string_equal(a.ids[0], "aaaaaaaa");
	assert_string_equal(a.ids[1], "bbbbbbbb");
	str_copy(a.id, sizeof(a.id), "bbbbbbbb");
	app_run(&a, list);
	assert_int_equal(a.n, 1);
	assert_string_equal(a.ids[0], "cccccccc");
}

/* ---- jobs ------------------------------------------------------------------- */

static const struct cln_item hello = { .text = "http://a/hello.wav" };

static void create_job(struct app *a)
{
	a->err = a->s->job_create(a->s->ctx, a->play, &a->problems);
}

static void check_job(struct app *a)
{
	a->err = a->s->job_check(a->s->ctx, a->play, &a->problems);
}

static void get_job(struct app *a)
{
	a->err = a->s->job_get(a->s->ctx, "job-1", &a->job);
}

static void keep_row(void *arg, const struct cln_report_row *row)
{
	struct app *a = arg;

	a->version = row->row;
	a->n++;
}

static void get_rows(struct app *a)
{
	a->err = a->s->job_rows(a->s->ctx, "job-1", 17, 10, keep_row, a);
}

static struct cln_play play_to(const struct cln_recipient *to, size_t n)
{
	return (struct cln_play){
		.size = sizeof(struct cln_play), .request_id = "job-1",
		.from = "me", .carrier_id = "aaaaaaaa", .n_items = 1,
		.items = &hello, .n_recipients = n, .recipients = to,
	};
}

static void accepted_job_is_stored_and_dialled(void **state)
{
	const struct cln_recipient to = { .to = "123456" };
	struct cln_play play = play_to(&to, 1);
	struct app a = { .play = &play };

	(void)state;
	plain_carrier("aaaaaaaa");
	app_run(&a, create_job);
	assert_int_equal(a.err, 0);
	assert_non_null(job_find(x, "job-1"));
	run();
	assert_int_equal(n_gets, 1);
	app_run(&a, get_job);
	assert_int_equal(a.err, 0);
	assert_string_equal(a.job.waiting_for,
			    "recordings are being fetched");
	app_run(&a, get_rows);
	assert_int_equal(a.err, 0);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.version, 17);
}

static void job_that_the_store_refuses_does_not_exist(void **state)
{
	const struct cln_recipient to = { .to = "123456" };
	struct cln_play play = play_to(&to, 1);
	struct app a = { .play = &play };

	(void)state;
	plain_carrier("aaaaaaaa");
	the_store.fail[STORE_JOB_ADD] = -ENOSPC;
	app_run(&a, create_job);
	assert_int_equal(a.err, -ENOSPC);
	the_store.refuse_post = -EAGAIN;
	app_run(&a, create_job);
	assert_int_equal(a.err, -EAGAIN);
	assert_null(x->jobs);
}

/* A million rows take their time. */
static void job_that_is_being_stored_holds_its_recordings(void **state)
{
	const struct cln_recipient to = { .to = "123456" };
	struct cln_play play = play_to(&to, 1);
	struct app a = { .play = &play };

	(void)state;
	plain_carrier("aaaaaaaa");
	the_store.hold = true;
	app_start(&a, create_job);
	while (LIST_EMPTY(&x->adding))
		loop_once(x->cfg.loop, 1);
	assert_null(x->jobs);
	assert_true(exchange_plays(x, "http://a/hello.wav"));
	the_store.hold = false;
	the_store.fail[STORE_JOB_ADD] = -ENOSPC;
	app_join(&a);
	assert_int_equal(a.err, -ENOSPC);
	assert_false(exchange_plays(x, "http://a/hello.wav"));
	the_store.fail[STORE_JOB_ADD] = 0;
	app_run(&a, create_job);
	assert_true(LIST_EMPTY(&x->adding));
	assert_true(exchange_plays(x, "http://a/hello.wav"));
}

static void all_faults_of_a_job_are_told_at_once(void **state)
{
	static const struct cln_recipient to[] = {
		{ .to = "12 34" },
		{ .to = "1234", .carrier_id = "ffffffff" },
		{ .to = "sip:alice@127.0.0.1" },
		{ .to = "1234", .from = "me@evil" },
		{ .to = "1234", .from = "me\r\nX: y" },
	};
	static const struct cln_item items[] = {
		{ .text = "file:///etc/passwd" },
		{ .type = CLN_ITEM_SAY, .text = "hello" },
	};
	static const char *const where[] = {
		"/playlist/0/play", "/playlist/1/say", "/recipients/0/to",
		"/recipients/2/to", "/recipients/3/from", "/recipients/4/from",
		"/recipients/1/carrier_id",
	};
	struct cln_play play = play_to(to, ARRAY_LEN(to));
	struct app a = { .play = &play };

	(void)state;
	plain_carrier("aaaaaaaa");
	play.items = items;
	play.n_items = 2;
	app_run(&a, create_job);
	assert_int_equal(a.err, -EINVAL);
	assert_int_equal(a.problems.n, ARRAY_LEN(where));
	for (uint32_t i = 0; i < ARRAY_LEN(where); i++)
		assert_string_equal(pointer(&a, i), where[i]);
	assert_int_equal(the_store.n_done[STORE_JOB_ADD], 0);
}

/* An app that could not read all of it has checked what it could. */
static void job_of_which_a_part_is_missing_is_checked(void **state)
{
	static const struct cln_recipient to[] = { { 0 }, { .to = "1234" } };
	struct cln_play play = play_to(to, ARRAY_LEN(to));
	struct app a = { .play = &play };

	(void)state;
	plain_carrier("aaaaaaaa");
	play.n_items = 0;
	app_run(&a, check_job);
	assert_int_equal(a.err, -EINVAL);
	assert_int_equal(a.problems.n, 2);
	assert_string_equal(pointer(&a, 0), "/playlist");
	assert_string_equal(pointer(&a, 1), "/recipients/0/to");
	play = play_to(&to[1], 1);
	app_run(&a, check_job);
	assert_int_equal(a.err, 0);
	assert_int_equal(the_store.n_done[STORE_JOB_ADD], 0);
}

static void recipients_without_a_way_are_refused(void **state)
{
	static const struct cln_recipient to[] = {
		{ .to = "1234" },
		{ .to = "sip:alice@8.8.8.8" },
		{ .to = "sip:alice" },
	};
	struct cln_play play = play_to(to, ARRAY_LEN(to));
	struct app a = { .play = &play };

	(void)state;
	play.carrier_id = NULL;
	app_run(&a, create_job);
	assert_int_equal(a.problems.n, 3);
	assert_int_equal(a.problems.items[0].code, CLN_NO_ROUTE);
	assert_int_equal(a.problems.items[1].code, CLN_FORBIDDEN_TARGET);
	assert_int_equal(a.problems.items[2].code, CLN_INVALID);
}

static void single_recipient_has_short_pointers(void **state)
{
	static const struct cln_recipient to = { .to = "x" };
	struct cln_play play = play_to(&to, 1);
	struct app a = { .play = &play };

	(void)state;
	play.single = 1;
	play.carrier_id = "ffffffff";
	play.n_items = 0;
	app_run(&a, create_job);
	assert_int_equal(a.problems.n, 3);
	assert_string_equal(pointer(&a, 0), "/playlist");
	assert_string_equal(pointer(&a, 1), "/to");
	assert_string_equal(pointer(&a, 2), "/carrier_id");
}

/* ---- readiness -------------------------------------------------------------- */

static void ready(struct app *a)
{
	a->err = a->s->ready(a->s->ctx, a->why, sizeof(a->why));
}

static void readiness_tells_what_is_wrong(void **state)
{
	struct app a = { .err = 1 };

	(void)state;
	app_run(&a, ready);
	assert_int_equal(a.err, 0);
	the_store.last_err = -ENOSPC;
	the_store.fail[STORE_PROBE] = -ENOSPC;
	app_run(&a, ready);
	assert_int_equal(a.err, -ENOSPC);
	assert_string_equal(a.why,
			    "the store refuses: No space left on device");
	/* The trouble is over, though nothing else was written since. */
	the_store.fail[STORE_PROBE] = 0;
	app_run(&a, ready);
	assert_int_equal(a.err, 0);
	exchange_stop(x, false, on_stopped, NULL);
	app_run(&a, ready);
	assert_int_equal(a.err, -ESHUTDOWN);
	assert_string_equal(a.why, "the server is stopping");
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(created_carrier_has_an_id_and_registers),
		RULE(id_that_was_given_out_once_is_not_used_again),
		RULE(carrier_that_the_store_refuses_does_not_exist),
		RULE(all_faults_of_a_carrier_are_told_at_once),
		RULE(known_codec_is_a_warning_and_alone_a_fault),
		RULE(update_counts_versions_and_refuses_old_ones),
		RULE(put_ends_the_rest_of_a_carrier),
		RULE(a_final_dot_is_dropped),
		RULE(foreign_listen_is_told_ours),
		RULE(two_updates_of_one_version_do_not_both_win),
		RULE(update_behind_a_delete_finds_nothing),
		RULE(refused_change_lets_the_next_one_in),
		RULE(list_goes_by_id_from_a_cursor),
		RULE(accepted_job_is_stored_and_dialled),
		RULE(job_that_the_store_refuses_does_not_exist),
		RULE(job_that_is_being_stored_holds_its_recordings),
		RULE(job_of_which_a_part_is_missing_is_checked),
		RULE(all_faults_of_a_job_are_told_at_once),
		RULE(recipients_without_a_way_are_refused),
		RULE(single_recipient_has_short_pointers),
		RULE(readiness_tells_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
