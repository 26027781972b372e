/*
 * prompts.c - /prompts and /prompts/{id}: recordings that are kept here.
 * Thread: the worker of the connection.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "app.h"
#include "errors.h"
#include "http.h"
#include "json.h"
#include "routes.h"

static json_t *prompt_json(const struct cln_prompt_info *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", json_string(p->id));
	json_object_set_new(o, "name", json_text(p->name));
	json_object_set_new(o, "format", json_text(p->format));
	json_object_set_new(o, "rate", json_integer(p->rate));
	json_object_set_new(o, "channels", json_integer(p->channels));
	json_object_set_new(o, "bytes", json_integer(p->bytes));
	json_object_set_new(o, "duration_ms", json_integer(p->duration_ms));
	json_object_set_new(o, "created_at", json_time_or_null(p->created_at));
	return o;
}

/* ---- upload ----------------------------------------------------------------- */

static bool is_name(const char *name)
{
	size_t len = strlen(name), n;

	if (text_has_control(name))
		return false;
	for (size_t i = 0; i < len; i += n) {
		n = text_utf8((const unsigned char *)name + i, len - i);
		if (!n)
			return false;
	}
	return true;
}

static int read_name(struct request *rq, char *name, size_t cap,
		     struct cln_problems *ps)
{
	int err = http_query(rq, "name", name, cap);

	if (err == -ENOENT)
		name[0] = '\0';
	else if (err || !is_name(name))
		problem_add(ps, CLN_INVALID, "", NULL, "query parameter "
			    "\"name\" must be up to %zu bytes of UTF-8 without "
			    "control characters", cap - 1);
	return ps->n ? -EINVAL : 0;
}

static void answer_made(struct request *rq, struct answer *an,
			const struct cln_prompt_info *info)
{
	json_t *o = json_object();

	json_object_set_new(o, "prompt_id", json_string(info->id));
	json_object_set_new(o, "prompt", prompt_json(info));
	answer_ok(rq, an, NULL, o);
}

void prompts_create(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	struct cln_prompt_info info = { .size = sizeof(info) };
	struct cln_problems ps;
	int err;

	problems_init(&ps);
	err = read_name(rq, info.name, sizeof(info.name), &ps);
	if (!err) {
		char name[sizeof(info.name)];

		text_copy(name, sizeof(name), info.name);
		err = sv->prompt_add(sv->ctx, rq->body, rq->body_len, name,
				     &info, &ps);
	}
	if (ps.n)
		answer_problems(rq, an, &ps);
	else if (err)
		answer_errno(rq, an, err, NULL, "recording");
	else
		answer_made(rq, an, &info);
}

/* ---- one of them ------------------------------------------------------------ */

/* Refuses an id that cannot be one before the core is asked.                 */
static bool is_id(struct request *rq, struct answer *an)
{
	const char *id = rq->args[0];

	if (strlen(id) == CLN_PROMPT_ID_LEN - 1 &&
	    !id[strspn(id, "0123456789abcdef")])
		return true;
	answer_errno(rq, an, -ENOENT, NULL, "recording");
	return false;
}

void prompt_get(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	struct cln_prompt_info info = { .size = sizeof(info) };
	json_t *o;
	int err;

	if (!is_id(rq, an))
		return;
	err = sv->prompt_get(sv->ctx, rq->args[0], &info);
	if (err) {
		answer_errno(rq, an, err, NULL, "recording");
		return;
	}
	o = json_object();
	json_object_set_new(o, "prompt", prompt_json(&info));
	answer_ok(rq, an, NULL, o);
}

void prompt_delete(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	json_t *o;
	int err;

	if (!is_id(rq, an))
		return;
	err = sv->prompt_delete(sv->ctx, rq->args[0]);
	if (err == -EBUSY) {
		answer_problem(rq, an, CLN_CONFLICT, "a job that is not done "
			       "plays this recording");
		return;
	}
	if (err == -EIO) {
		answer_problem(rq, an, CLN_STORE, "the disk refused to forget "
			       "this recording: it is still there");
		return;
	}
	if (err) {
		answer_errno(rq, an, err, NULL, "recording");
		return;
	}
	o = json_object();
	json_object_set_new(o, "prompt_id", json_string(rq->args[0]));
	answer_ok(rq, an, NULL, o);
}

/* ---- all of them ------------------------------------------------------------ */

static void add_prompt(void *arg, const struct cln_prompt_info *info)
{
	struct list_page *page = arg;

	if (list_has_room(page))
		list_add(page, prompt_json(info), info->id);
}

void prompts_list(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	struct list_page page;
	int err;

	if (!list_begin(&page, rq, an, 'p'))
		return;
	err = sv->prompt_list(sv->ctx, page.after, page.limit + 1, add_prompt,
			      &page);
	if (err) {
		json_decref(page.items);
		answer_errno(rq, an, err, NULL, "recording");
		return;
	}
	list_answer(&page, rq, an, "prompts");
}
