/*
 * report.c - GET /voice/call/status/{request_id}: what became of a job.
 * Thread: the worker of the connection; rows are copied where the core lends
 * them.
 *
 * As JSON the rows page; as NDJSON and CSV they all come, a page at a time, so
 * that a million of them take no more memory than a page.
 */
/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "errors.h"
#include "http.h"
#include "json.h"
#include "routes.h"

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000, STREAM_PAGE = 256 };

static json_t *totals_json(const struct cln_job *job)
{
	json_t *o = json_object();
	int i;

	json_object_set_new(o, "recipients", json_integer(job->recipients));
	for (i = 0; i < CLN_RCPT_STATES; i++)
		json_object_set_new(o, report_state_name(i),
				    json_integer(job->totals[i]));
	return o;
}

static json_t *report_json(const struct cln_job *job)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", json_text(job->id));
	json_object_set_new(o, "state",
			    json_string(report_job_state_name(job->state)));
	json_object_set_new(o, "created_at",
			    json_time_or_null(job->created_at));
	json_object_set_new(o, "finished_at",
			    json_time_or_null(job->finished_at));
	json_object_set_new(o, "waiting_for",
			    json_text_or_null(job->waiting_for));
	json_object_set_new(o, "totals", totals_json(job));
	return o;
}

/* Rows on their way into a JSON answer.                                      */
struct page {
	json_t *rows;
	uint32_t limit;
	int64_t next;
	bool more;
};

static void add_row(void *arg, const struct cln_report_row *row)
{
	struct page *page = arg;

	if (json_array_size(page->rows) == page->limit) {
		page->more = true;
		return;
	}
	json_array_append_new(page->rows, report_row_json(row));
	page->next = row->row + 1;
}

static void put_rows(json_t *report, struct page *page)
{
	char position[24], cursor[TEXT_CURSOR_LEN];

	snprintf(position, sizeof(position), "%lld", (long long)page->next);
	text_cursor(cursor, 'r', position);
	json_object_set_new(report, "recipients", page->rows);
	json_object_set_new(report, "next", page->more ? json_string(cursor)
						       : json_null());
}

/* ?limit= and ?cursor=. false with the answer filled in.                     */
static bool read_page(struct request *rq, struct answer *an,
		      struct page *page)
{
	char cursor[TEXT_CURSOR_LEN], position[24] = "0";
	struct cln_problems ps;
	int err;

	problems_init(&ps);
	page->limit = http_query_limit(rq, PAGE_DEFAULT, PAGE_MAX, &ps);
	err = http_query(rq, "cursor", cursor, sizeof(cursor));
	if (err != -ENOENT &&
	    (err || text_cursor_read(cursor, 'r', position,
				     sizeof(position)) ||
	     strlen(position) > 18 ||
	     position[strspn(position, "0123456789")]))
		problem_add(&ps, CLN_INVALID, "", NULL, "query parameter "
			    "\"cursor\" is not one that a report gave out");
	if (ps.n) {
		answer_problems(rq, an, &ps);
		return false;
	}
	page->next = strtoll(position, NULL, 10);
	return true;
}

static void answer_json(struct request *rq, struct answer *an,
			const struct cln_job *job)
{
	const struct cln_services *sv = rq->api->services;
	struct page page = { 0 };
	json_t *o, *report;
	int err;

	if (!read_page(rq, an, &page))
		return;
	page.rows = json_array();
	err = sv->job_rows(sv->ctx, job->id, page.next, page.limit + 1,
			   add_row, &page);
	if (err) {
		json_decref(page.rows);
		answer_errno(rq, an, err, NULL, "call request");
		return;
	}
	report = report_json(job);
	put_rows(report, &page);
	o = json_object();
	json_object_set_new(o, "report", report);
	answer_ok(rq, an, job->id, o);
}

/* A page of text on its way out.                                             */
struct stream {
	struct text text;
	bool csv;
	uint32_t n;
	int64_t next;
};

static int put_line(const char *data, size_t len, void *arg)
{
	text_write(arg, data, len);
	return 0;
}

static void stream_row(void *arg, const struct cln_report_row *row)
{
	struct stream *s = arg;
	json_t *o;

	s->n++;
	s->next = row->row + 1;
	if (s->csv) {
		report_row_csv(&s->text, row);
		return;
	}
	o = report_row_json(row);
	if (!o || json_dump_callback(o, put_line, &s->text, JSON_DUMP_FLAGS))
		s->text.err = -ENOMEM;
	text_putc(&s->text, '\n');
	json_decref(o);
}

/* Once the head is out an error can only be told by ending in mid-air: the
 * last chunk is missing, which clients report.                               */
static void stream_rows(struct request *rq, const struct cln_job *job, bool csv)
{
	const struct cln_services *sv = rq->api->services;
	struct stream s = { .csv = csv };
	int err = 0;

	if (csv)
		text_puts(&s.text, report_csv_head);
	do {
		s.n = 0;
		err = sv->job_rows(sv->ctx, job->id, s.next, STREAM_PAGE,
				   stream_row, &s);
		if (!err)
			err = s.text.err ? s.text.err :
			      http_send_piece(rq, &s.text);
		s.text.len = 0;
	} while (!err && s.n == STREAM_PAGE);
	text_free(&s.text);
	if (!err)
		http_send_end(rq);
	else
		mg_disable_connection_keep_alive(rq->conn);
}

/* ?limit= and ?cursor= are about pages, and a stream has none.               */
static bool pass_pages(struct request *rq, struct answer *an)
{
	static const char *const names[] = { "limit", "cursor", NULL };
	struct cln_problems ps;
	char value[TEXT_CURSOR_LEN];
	size_t i;

	problems_init(&ps);
	for (i = 0; names[i]; i++)
		if (http_query(rq, names[i], value, sizeof(value)) != -ENOENT)
			problem_add(&ps, CLN_INVALID, "", NULL,
				    "query parameter \"%s\" is for the JSON "
				    "form; the others bring all rows",
				    names[i]);
	if (ps.n)
		answer_problems(rq, an, &ps);
	return !ps.n;
}

static void answer_stream(struct request *rq, struct answer *an,
			  const struct cln_job *job, bool csv)
{
	if (!pass_pages(rq, an))
		return;
	an->status = 200;
	an->media = csv ? "text/csv; charset=utf-8; header=present" :
		    "application/x-ndjson";
	an->streamed = true;
	/* The head says "chunked", or on HTTP/1.0 "until the end".           */
	if (!strcmp(rq->info->http_version, "1.0"))
		an->close = true;
	http_send_head(rq, an, -1);
	if (!rq->head)
		stream_rows(rq, job, csv);
}

void voice_report(struct request *rq, struct answer *an)
{
	static const char *const offers[] = {
		"application/json", "application/x-ndjson", "text/csv", NULL,
	};
	const struct cln_services *sv = rq->api->services;
	struct cln_job job = { .size = sizeof(job) };
	size_t form = http_accept(rq, offers);
	int err = -ENOENT;

	if (text_is_uuid(rq->args[0]))
		err = sv->job_get(sv->ctx, rq->args[0], &job);
	if (err)
		answer_errno(rq, an, err, NULL, "call request");
	else if (form == 0)
		answer_json(rq, an, &job);
	else
		answer_stream(rq, an, &job, form == 2);
}
