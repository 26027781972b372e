/*
 * play.c - POST /voice/call/play: a request into a job.
 * Thread: the worker of the connection.
 *
 * The tree of the body stays until the core has copied the job, so the structs
 * lend its strings.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "errors.h"
#include "fields.h"
#include "http.h"
#include "playlist.h"
#include "routes.h"
#include "target.h"

enum {
	RECIPIENTS_MAX = 1000000,
	RING_MAX_S = 600,
};

static const char *const play_fields[] = {
	"to", "recipients", "from", "carrier_id", "playlist",
	"ring_timeout_s", "from_name", "repeat", "start", "start_wait_ms",
	NULL,
};
static const char *const recipient_fields[] = {
	"to", "from", "from_name", "carrier_id", NULL,
};

static const char *read_from(json_t *o, const char *base,
			     struct cln_problems *ps)
{
	const char *from = field_text(o, "from", base, CLN_URL_MAX, ps);
	const char *why = from ? target_from_fault(from) : NULL;

	if (why)
		problem_add(ps, CLN_INVALID, base, "from", "%s", why);
	return from;
}

/* What is wrong stays one, so that nobody is told that none was given.       */
static const char *read_carrier_id(json_t *o, const char *base,
				   struct cln_problems *ps)
{
	const char *id = field_text(o, "carrier_id", base, CLN_URL_MAX, ps);

	if (!id && field_has(o, "carrier_id"))
		return "";
	if (id && !text_is_carrier_id(id))
		problem_add(ps, CLN_INVALID, base, "carrier_id",
			    "must be the 8 lower-case hexadecimal digits that "
			    "POST /carriers answered");
	return id;
}

/* `carrier_id`: the one that would be used, or NULL.                         */
static const char *read_to(json_t *o, const char *base, const char *carrier_id,
			   struct cln_problems *ps)
{
	const char *to, *why;

	if (!field_has(o, "to")) {
		problem_add(ps, CLN_INVALID, base, "to", "is required");
		return NULL;
	}
	to = field_text(o, "to", base, CLN_URL_MAX, ps);
	why = to ? target_fault(to) : NULL;
	if (why)
		problem_add(ps, CLN_INVALID, base, "to", "%s", why);
	else if (to && carrier_id && target_is_uri(to))
		problem_add(ps, CLN_INVALID, base, "to", "a SIP URI goes "
			    "without carrier_id; with a carrier, give the "
			    "number");
	return to;
}

static void read_recipient(json_t *o, size_t i, const struct cln_play *p,
			   struct cln_recipient *r, struct cln_problems *ps)
{
	char base[48];

	snprintf(base, sizeof(base), "/recipients/%zu", i);
	if (!json_is_object(o)) {
		problem_add(ps, CLN_INVALID, base, NULL,
			    "must be an object such as {\"to\": \"123456\"}");
		return;
	}
	fields_unknown(o, recipient_fields, base, ps);
	r->from = read_from(o, base, ps);
	r->from_name = field_text(o, "from_name", base, CLN_FROM_NAME_LEN - 1,
				  ps);
	r->carrier_id = read_carrier_id(o, base, ps);
	r->to = read_to(o, base, r->carrier_id ? r->carrier_id :
			p->carrier_id, ps);
}

/* The recipients, the caller's to free(); NULL with a problem.               */
static struct cln_recipient *read_recipients(json_t *body, struct cln_play *p,
					     struct cln_problems *ps)
{
	json_t *list = json_object_get(body, "recipients");
	size_t n = p->single ? 1 : json_array_size(list), i;
	struct cln_recipient *all;

	if (n < 1 || n > RECIPIENTS_MAX) {
		problem_add(ps, CLN_INVALID, "", "recipients",
			    "must be a list of 1 to %d recipients",
			    RECIPIENTS_MAX);
		return NULL;
	}
	all = calloc(n, sizeof(*all));
	if (!all) {
		problem_add(ps, CLN_BUSY, "", NULL, "out of memory");
		return NULL;
	}
	if (p->single)
		all[0].to = read_to(body, "", p->carrier_id, ps);
	for (i = 0; !p->single && i < n; i++)
		read_recipient(json_array_get(list, i), i, p, &all[i], ps);
	p->recipients = all;
	p->n_recipients = n;
	return all;
}

/* When an answered call begins to play, and what again.                      */
static void read_course(json_t *body, struct cln_play *p,
			struct cln_problems *ps)
{
	static const char *const starts[] = {
		[CLN_START_ANSWER] = "answer", [CLN_START_MEDIA] = "media",
		[CLN_START_SILENCE] = "silence",
	};
	const char *start = field_text(body, "start", "", CLN_URL_MAX, ps);

	p->repeat = (uint32_t)field_int(body, "repeat", "", 1, CLN_REPEAT_MAX,
					1, ps);
	while (start && p->start <= CLN_START_SILENCE &&
	       strcmp(start, starts[p->start]))
		p->start++;
	if (p->start > CLN_START_SILENCE)
		problem_add(ps, CLN_INVALID, "", "start", "must be one of "
			    "\"answer\", \"media\", \"silence\"");
	p->start_wait_ms = field_int(body, "start_wait_ms", "", 1,
				     CLN_START_WAIT_MAX_MS, 0, ps);
	if (p->start == CLN_START_ANSWER && field_has(body, "start_wait_ms") &&
	    (start || !field_has(body, "start")))
		problem_add(ps, CLN_INVALID, "", "start_wait_ms", "goes with "
			    "\"start\": \"media\" or \"silence\"");
}

/* What the caller frees goes to *recipients and `list`.                      */
static void read_job(json_t *body, struct cln_play *p, struct playlist *list,
		     struct cln_recipient **recipients,
		     struct cln_problems *ps)
{
	bool to = field_has(body, "to"), many = field_has(body, "recipients");

	fields_unknown(body, play_fields, "", ps);
	read_course(body, p, ps);
	p->from = read_from(body, "", ps);
	p->from_name = field_text(body, "from_name", "",
				  CLN_FROM_NAME_LEN - 1, ps);
	p->carrier_id = read_carrier_id(body, "", ps);
	p->ring_timeout_s = field_int(body, "ring_timeout_s", "", 1,
				      RING_MAX_S, 0, ps);
	p->single = to;
	if (to == many)
		problem_add(ps, CLN_INVALID, "", to ? "recipients" : "to", to ?
			    "stands beside \"to\"; give one of them" :
			    "is required, or \"recipients\"");
	else
		*recipients = read_recipients(body, p, ps);
	playlist_read(list, body, ps);
	p->items = list->items;
	p->n_items = list->n;
}

/* All faults are told at once: those that only the core can see, too.        */
static void check_the_rest(const struct cln_services *sv,
			   const struct cln_play *p, struct cln_problems *ps)
{
	struct cln_problems more;

	problems_init(&more);
	if (sv->job_check(sv->ctx, p, &more) == -EINVAL)
		problems_join(ps, &more);
}

void voice_play(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	struct cln_play p = { .size = sizeof(p), .request_id = rq->id };
	struct playlist list;
	struct cln_recipient *recipients = NULL;
	struct cln_problems ps;
	json_t *body;
	int err = 0;

	body = request_object(rq, an);
	if (!body)
		return;
	problems_init(&ps);
	read_job(body, &p, &list, &recipients, &ps);
	if (ps.n)
		check_the_rest(sv, &p, &ps);
	else
		err = sv->job_create(sv->ctx, &p, &ps);
	if (err || ps.n)
		answer_errno(rq, an, err ? err : -EINVAL, &ps, "carrier");
	else
		answer_ok(rq, an, NULL, NULL);
	playlist_free(&list);
	free(recipients);
	json_decref(body);
}
