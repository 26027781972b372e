/*
 * answer.c - the envelope: one form for every success and every error.
 * Thread: the worker of the connection.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "http.h"
#include "json.h"

#define MEDIA_JSON "application/json"
#define MEDIA_PROBLEM "application/problem+json"

void answer_free(struct answer *an)
{
	text_free(&an->headers);
	text_free(&an->body);
}

void answer_header(struct answer *an, const char *name, const char *fmt, ...)
{
	char value[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	text_printf(&an->headers, "%s: %s\r\n", name, value);
}

static int put_json(const char *data, size_t len, void *arg)
{
	struct text *t = arg;

	text_write(t, data, len);
	return t->err;
}

/* Takes tree. Without memory for it the status alone must do.                */
static void set_body(struct answer *an, const char *media, json_t *tree)
{
	text_free(&an->body);
	an->media = media;
	if (!tree || json_dump_callback(tree, put_json, &an->body,
					JSON_DUMP_FLAGS)) {
		text_free(&an->body);
		an->status = 503;
		an->media = MEDIA_JSON;
	}
	text_putc(&an->body, '\n');
	json_decref(tree);
}

void answer_ok(struct request *rq, struct answer *an, const char *request_id,
	       json_t *members)
{
	json_t *o = json_pack("{s:i, s:i, s:s, s:s}", "code", CLN_OK,
			      "status", 200, "data", "accepted", "request_id",
			      request_id ? request_id : rq->id);

	if (members && json_object_update(o, members)) {
		json_decref(o);
		o = NULL;
	}
	json_decref(members);
	an->status = 200;
	set_body(an, MEDIA_JSON, o);
}

static bool wants_problem(const struct request *rq)
{
	static const char *const offers[] = { MEDIA_JSON, MEDIA_PROBLEM, NULL };

	return rq->info && http_accept(rq, offers) == 1;
}

static json_t *problem_object(const struct cln_problem *p, bool with_code)
{
	const struct error_kind *kind = error_kind(p->code);
	json_t *o = json_object();

	if (with_code)
		json_object_set_new(o, "code", json_integer(p->code));
	json_object_set_new(o, "type", json_string(kind->type));
	json_object_set_new(o, "title", json_string(kind->title));
	json_object_set_new(o, "detail", json_text(p->detail));
	json_object_set_new(o, "pointer", json_text(p->pointer));
	return o;
}

/* "errors" and, where some were not kept, how many there are.                */
static void set_errors(json_t *o, const struct cln_problems *ps)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < ps->n && i < CLN_PROBLEMS_MAX; i++)
		json_array_append_new(list, problem_object(&ps->items[i],
							   true));
	json_object_set_new(o, "errors", list);
	if (ps->n > CLN_PROBLEMS_MAX)
		json_object_set_new(o, "errors_total", json_integer(ps->n));
}

/* RFC 9457: the facts stand at the top.                                      */
static json_t *problem_document(const struct request *rq, int status,
				const struct cln_problem *first)
{
	json_t *o = problem_object(first, true);

	json_object_set_new(o, "status", json_integer(status));
	json_object_set_new(o, "request_id", json_string(rq->id));
	return o;
}

static json_t *rejected(const struct request *rq, int status,
			const struct cln_problem *first)
{
	json_t *o = json_pack("{s:i, s:i, s:s, s:s}", "code", first->code,
			      "status", status, "data", "rejected",
			      "request_id", rq->id);

	json_object_set_new(o, "error", problem_object(first, false));
	return o;
}

void answer_problems(struct request *rq, struct answer *an,
		     const struct cln_problems *ps)
{
	const struct cln_problem *first = &ps->items[0];
	bool plain = wants_problem(rq);
	json_t *o;

	if (!an->status)
		an->status = error_kind(first->code)->status;
	o = plain ? problem_document(rq, an->status, first) :
	    rejected(rq, an->status, first);
	set_errors(o, ps);
	if (an->status == 503)
		answer_header(an, "Retry-After", "1");
	set_body(an, plain ? MEDIA_PROBLEM : MEDIA_JSON, o);
}

void answer_problem(struct request *rq, struct answer *an, int code,
		    const char *fmt, ...)
{
	struct cln_problems ps;
	char detail[sizeof(ps.items[0].detail)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	problems_init(&ps);
	problem_add(&ps, code, "", NULL, "%s", detail);
	answer_problems(rq, an, &ps);
}

json_t *request_object(struct request *rq, struct answer *an)
{
	char why[JSON_WHY_LEN] = "";
	json_t *tree = NULL;
	int err = json_parse(&tree, rq->body ? rq->body : "", rq->body_len,
			     why);

	if (err == -ENOMEM)
		answer_problem(rq, an, CLN_BUSY, "out of memory");
	else if (err)
		answer_problem(rq, an, err == -E2BIG ? CLN_TOO_LARGE :
			       CLN_BAD_JSON, "%s", why);
	if (!err && !json_is_object(tree)) {
		answer_problem(rq, an, CLN_INVALID,
			       "the body must be a JSON object");
		json_decref(tree);
		tree = NULL;
	}
	return tree;
}

void answer_errno(struct request *rq, struct answer *an, int err,
		  const struct cln_problems *ps, const char *what)
{
	int code = error_code_of(err);

	if (err == -EINVAL && ps && ps->n)
		answer_problems(rq, an, ps);
	else if (err == -ENOENT)
		answer_problem(rq, an, code, "there is no such %s", what);
	else if (err == -ESTALE)
		answer_problem(rq, an, code, "If-Match does not name the "
			       "current version of the %s", what);
	else
		answer_problem(rq, an, code, "%s", error_kind(code)->title);
}
