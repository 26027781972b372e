/*
 * services_jobs.c - jobs, plugins and readiness as an app sees them.
 *
 * Threads: the app's; functions named on_* run on the signalling thread.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/ask.h"
#include "call/carrier_fields.h"
#include "call/number.h"
#include "call/playlist.h"

struct job_ask {
	struct ask ask;
	const struct cln_play *play;
	struct job_adding adding;
	struct cln_problems *problems;
	struct cln_job *job;
};

/* ---- checks ----------------------------------------------------------------- */

/* What is wrong with one recipient, or (at i = NOBODY) with the whole.         */
#define NOBODY SIZE_MAX

static void complain(struct cln_problems *problems, int code,
		     const struct cln_play *play, size_t i, const char *field,
		     const char *detail)
{
	char pointer[64];

	if (play->single || i == NOBODY)
		str_printf(pointer, sizeof(pointer), "/%s", field);
	else
		str_printf(pointer, sizeof(pointer), "/recipients/%zu/%s", i,
			   field);
	problem_add(problems, code, pointer, "%s", detail);
}

/* On the app's thread from here, since there may be a million of them.        */
static void check_uri(struct exchange *x, const struct cln_play *play, size_t i,
		      struct cln_problems *problems)
{
	char host[SIP_HOST_LEN], text[160];
	struct addr addr;
	uint16_t port;
	bool numeric;

	if (number_uri_split(play->recipients[i].to, host, sizeof(host),
			     &port)) {
		complain(problems, CLN_INVALID, play, i, "to", "is not like "
			 "sip:user@host or sip:user@host:port");
		return;
	}
	numeric = !addr_parse_ip(&addr, host, port);
	if (x->cfg.direct_allowed(x->cfg.direct_arg, numeric ? NULL : host,
				  numeric ? &addr : NULL))
		return;
	str_printf(text, sizeof(text), "%s may not be dialled directly (see "
		   "sip.direct.allow)", host);
	complain(problems, CLN_FORBIDDEN_TARGET, play, i, "to", text);
}

static void check_from(const struct cln_play *play, size_t i, const char *from,
		       struct cln_problems *problems)
{
	if (from && (strlen(from) >= STORE_FROM_LEN ||
		     !number_user_is_valid(from)))
		complain(problems, CLN_INVALID, play, i, "from", "is a user "
			 "part of 63 bytes at most, without spaces and "
			 "@ ; ? < > \" \\ : /");
}

static void check_from_name(const struct cln_play *play, size_t i,
			    const char *name, struct cln_problems *problems)
{
	if (name && (strlen(name) >= CLN_FROM_NAME_LEN ||
		     str_has_ctl(name) || !str_is_utf8(name, strlen(name))))
		complain(problems, CLN_INVALID, play, i, "from_name",
			 "is a display name in UTF-8 without control "
			 "characters, not longer than the API takes");
}

static void check_recipient(struct exchange *x, const struct cln_play *play,
			    size_t i, struct cln_problems *problems)
{
	const struct cln_recipient *r = &play->recipients[i];
	bool has_carrier = r->carrier_id || play->carrier_id;

	check_from(play, i, r->from, problems);
	check_from_name(play, i, r->from_name, problems);
	if (!r->to)
		complain(problems, CLN_INVALID, play, i, "to", "is required");
	else if (strlen(r->to) >= STORE_TO_LEN)
		complain(problems, CLN_INVALID, play, i, "to", "is too long");
	else if (number_is_uri(r->to) && has_carrier)
		complain(problems, CLN_INVALID, play, i, "to", "a SIP URI goes "
			 "without carrier_id; with a carrier, give the "
			 "number");
	else if (number_is_uri(r->to))
		check_uri(x, play, i, problems);
	else if (!number_is_valid(r->to))
		complain(problems, CLN_INVALID, play, i, "to", "is neither a "
			 "number (+, digits, * and #) nor a SIP URI");
	else if (!has_carrier)
		complain(problems, CLN_NO_ROUTE, play, i, "to", "a number needs "
			 "a carrier_id: no route matches it");
}

static void check_play(struct exchange *x, const struct cln_play *play,
		       struct cln_problems *problems)
{
	playlist_check(x->cfg.prompts, play, problems);
	check_from(play, NOBODY, play->from, problems);
	check_from_name(play, NOBODY, play->from_name, problems);
	for (size_t i = 0; i < play->n_recipients; i++)
		check_recipient(x, play, i, problems);
}

static void check_carrier(struct exchange *x, const struct cln_play *play,
			  size_t i, const char *id,
			  struct cln_problems *problems)
{
	char text[64];

	if (!id || carrier_find(x, id))
		return;
	str_printf(text, sizeof(text), "there is no carrier \"%s\"", id);
	complain(problems, CLN_INVALID, play, i, "carrier_id", text);
}

/* Carriers belong to the signalling thread.                                   */
static void check_carriers(struct exchange *x, const struct cln_play *play,
			   struct cln_problems *problems)
{
	check_carrier(x, play, NOBODY, play->carrier_id, problems);
	for (size_t i = 0; i < play->n_recipients; i++)
		check_carrier(x, play, i, play->recipients[i].carrier_id,
			      problems);
}

static void on_job_check(struct ask *a)
{
	struct job_ask *q = (struct job_ask *)a;

	check_carriers(a->x, q->play, q->problems);
	ask_done(a, q->problems->n ? -EINVAL : 0);
}

static int job_check(void *ctx, const struct cln_play *play,
		     struct cln_problems *problems)
{
	struct job_ask q = {
		.ask.is_read = true, .play = play, .problems = problems,
	};

	check_play(ctx, play, problems);
	return ask_run(ctx, &q.ask, on_job_check);
}

/* ---- create ----------------------------------------------------------------- */

static void on_job_added(struct store_req *req)
{
	struct job_ask *q = req->arg;
	struct exchange *x = q->ask.x;
	struct store_job *data = req->job_add.job;
	struct job *j;

	LIST_REMOVE(&q->adding, link);
	if (req->err) {
		store_job_free(data);
	} else if (job_new(&j, x, data)) {
		/* It is accepted, since it is on the disk.                    */
		log_error("job %s: no memory; it waits for the next start",
			  data->id);
		store_job_free(data);
	} else {
		log_info("job %s: %zu recipients, %zu items", data->id,
			 q->play->n_recipients, q->play->n_items);
		dialer_wake(x);
	}
	ask_done(&q->ask, req->err);
}

static void on_job_create(struct ask *a)
{
	struct job_ask *q = (struct job_ask *)a;

	check_carriers(a->x, q->play, q->problems);
	if (q->problems->n) {
		ask_done(a, -EINVAL);
		return;
	}
	a->req = (struct store_req){
		.op = STORE_JOB_ADD,
		.job_add = { .play = q->play, .at = exchange_wall_ms(a->x) },
	};
	q->adding.play = q->play;
	LIST_INSERT_HEAD(&a->x->adding, &q->adding, link);
	ask_store(a, on_job_added);
}

static int job_create(void *ctx, const struct cln_play *play,
		      struct cln_problems *problems)
{
	struct job_ask q = { .play = play, .problems = problems };

	check_play(ctx, play, problems);
	return ask_run(ctx, &q.ask, on_job_create);
}

/* ---- read ------------------------------------------------------------------- */

static void fill_waiting(const struct exchange *x, struct cln_job *job)
{
	const struct job *j = job_find(x, job->id);

	for (size_t i = 0; j && i < j->n_lanes; i++)
		if (j->lanes[i].queued && j->lanes[i].waiting[0])
			str_copy(job->waiting_for, sizeof(job->waiting_for),
				 j->lanes[i].waiting);
}

static void on_waiting(struct ask *a)
{
	struct job_ask *q = (struct job_ask *)a;

	fill_waiting(a->x, q->job);
	ask_done(a, 0);
}

static int job_get(void *ctx, const char *id, struct cln_job *job)
{
	struct job_ask q = { .job = job };
	int err;

	*job = (struct cln_job){ .size = sizeof(*job) };
	q.ask.req = (struct store_req){
		.op = STORE_JOB_GET, .job_get = { .id = id, .job = job },
	};
	err = ask_store_run(ctx, &q.ask);
	if (!err && job->totals[CLN_RCPT_QUEUED])
		ask_run(ctx, &q.ask, on_waiting);
	return err;
}

static int job_rows(void *ctx, const char *id, int64_t from, uint32_t limit,
		    cln_row_fn *fn, void *arg)
{
	struct ask a = {
		.req = {
			.op = STORE_JOB_ROWS,
			.rows = { .id = id, .from = from, .limit = limit },
		},
	};
	int err = ask_store_run(ctx, &a);
	struct store_rows *rows = a.req.rows.rows;

	for (size_t i = 0; !err && rows && i < rows->n; i++)
		fn(arg, &rows->items[i]);
	store_rows_free(rows);
	return err;
}

static int list_plugins(void *ctx, cln_plugin_fn *fn, void *arg)
{
	struct exchange *x = ctx;

	plugins_list(x->cfg.plugins, fn, arg);
	return 0;
}

static void on_ready(struct ask *a)
{
	ask_done(a, a->x->ready ? 0 : -EAGAIN);
}

/* After trouble, is it over? Perhaps nobody else writes any more.             */
static int probe_store(struct exchange *x)
{
	struct ask a = {
		.req = {
			.op = STORE_PROBE,
			.probe = { .at = exchange_wall_ms(x) },
		},
	};

	return ask_store_run(x, &a);
}

static int is_ready(void *ctx, char *why, size_t cap)
{
	struct exchange *x = ctx;
	struct store_stats st;
	struct ask a = { 0 };
	int err = ask_run(x, &a, on_ready);

	if (err) {
		str_copy(why, cap, err == -ESHUTDOWN ?
			 "the server is stopping" : "the server is starting");
		return err;
	}
	store_get_stats(x->cfg.store, &st);
	if (!st.last_err)
		return 0;
	err = probe_store(x);
	if (err)
		str_printf(why, cap, "the store refuses: %s", strerror(-err));
	return err;
}

void services_jobs(struct cln_services *s)
{
	s->job_create = job_create;
	s->job_check = job_check;
	s->job_get = job_get;
	s->job_rows = job_rows;
	s->plugins = list_plugins;
	s->ready = is_ready;
}
