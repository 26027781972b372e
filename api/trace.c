/*
 * trace.c - GET /traces/{call_id}: the SIP messages of one call.
 * Thread: the worker of the connection; messages are copied where the core
 * lends them.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "errors.h"
#include "http.h"
#include "json.h"
#include "routes.h"

#define MEDIA_TEXT "text/plain"
#define MEDIA_PCAP "application/vnd.tcpdump.pcap"

/* A message of any bytes; what JSON cannot hold becomes '?'.                 */
static json_t *bytes_json(const char *data, size_t len)
{
	char *copy = malloc(len + 1);
	json_t *v;
	size_t i;

	if (!copy)
		return NULL;
	for (i = 0; i < len; i++)
		copy[i] = data[i] ? data[i] : '?';
	copy[len] = '\0';
	v = json_text(copy);
	free(copy);
	return v;
}

static void add_message(void *arg, const struct cln_trace_message *m)
{
	json_t *o = json_object();

	json_object_set_new(o, "at", json_time_or_null(m->at));
	json_object_set_new(o, "offset_us", json_integer(m->offset_us));
	json_object_set_new(o, "direction",
			    json_string(m->sent ? "sent" : "received"));
	json_object_set_new(o, "transport", json_text(m->transport));
	json_object_set_new(o, "local", json_text(m->local));
	json_object_set_new(o, "remote", json_text(m->remote));
	json_object_set_new(o, "text", bytes_json(m->data, m->len));
	json_object_set_new(o, "cut_bytes", json_integer((json_int_t)m->cut));
	json_array_append_new(arg, o);
}

static int answer_json(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	json_t *list = json_array(), *o;
	int err = sv->trace(sv->ctx, rq->args[0], add_message, list);

	if (err) {
		json_decref(list);
		return err;
	}
	o = json_object();
	json_object_set_new(o, "call_id", json_text(rq->args[0]));
	json_object_set_new(o, "messages", list);
	answer_ok(rq, an, NULL, o);
	return 0;
}

static void take_file(void *arg, const char *data, size_t len)
{
	text_write(arg, data, len);
}

static int answer_file(struct request *rq, struct answer *an, int32_t form)
{
	const struct cln_services *sv = rq->api->services;
	int err = sv->trace_file(sv->ctx, rq->args[0], form, take_file,
				 &an->body);

	if (!err)
		err = an->body.err;
	if (err)
		return err;
	an->status = 200;
	an->media = form == CLN_TRACE_PCAP ? MEDIA_PCAP :
		    MEDIA_TEXT "; charset=utf-8";
	if (form == CLN_TRACE_PCAP)
		answer_header(an, "Content-Disposition",
			      "attachment; filename=\"sip.pcap\"");
	return 0;
}

void call_trace(struct request *rq, struct answer *an)
{
	static const char *const offers[] = {
		MEDIA_TEXT, MEDIA_PCAP, "application/json", NULL,
	};
	size_t form = http_accept(rq, offers);
	int err;

	if (form == 2)
		err = answer_json(rq, an);
	else
		err = answer_file(rq, an, form == 1 ? CLN_TRACE_PCAP :
						      CLN_TRACE_TEXT);
	if (err == -ENOENT)
		answer_problem(rq, an, CLN_NOT_FOUND, "no SIP message with "
			       "this Call-ID is in memory (any more): the "
			       "server keeps the last sip.trace_kb KiB");
	else if (err)
		answer_errno(rq, an, err, NULL, "trace");
}
