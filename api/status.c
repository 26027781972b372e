/*
 * status.c - GET /status/carrier/{id}: how registration and ping stand.
 * Thread: the worker of the connection.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "app.h"
#include "http.h"
#include "json.h"
#include "routes.h"

static const char *state_name(int state)
{
	static const char *const names[] = {
		[CLN_REG_NOT_REQUIRED] = "not_required",
		[CLN_REG_REGISTERING] = "registering",
		[CLN_REG_REGISTERED] = "registered",
		[CLN_REG_UNREGISTERED] = "unregistered",
		[CLN_REG_FAILED] = "failed",
		[CLN_REG_REJECTED] = "rejected",
	};
	const int n = sizeof(names) / sizeof(*names);

	return state >= 0 && state < n ? names[state] : "failed";
}

static json_t *code_or_null(int code)
{
	return code ? json_integer(code) : json_null();
}

static json_t *history_json(const struct cln_carrier_status *st)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < st->n_history && i < CLN_HISTORY_MAX; i++) {
		const struct cln_transition *t = &st->history[i];
		json_t *o = json_object();

		json_object_set_new(o, "at", json_time_or_null(t->at));
		json_object_set_new(o, "state",
				    json_string(state_name(t->state)));
		json_object_set_new(o, "code", code_or_null(t->code));
		json_object_set_new(o, "reason", json_text_or_null(t->reason));
		json_array_append_new(list, o);
	}
	return list;
}

/* What the last OPTIONS found out; all but `state` null until there was one.  */
static json_t *ping_json(const struct cln_carrier_status *st)
{
	static const char *const names[] = {
		[CLN_PING_OFF] = "off",
		[CLN_PING_UNKNOWN] = "unknown",
		[CLN_PING_UP] = "up",
		[CLN_PING_DOWN] = "down",
	};
	const int n = sizeof(names) / sizeof(*names);
	const int state = st->ping_state;
	json_t *o = json_object();

	json_object_set_new(o, "state", json_string(
		state >= 0 && state < n ? names[state] : "unknown"));
	json_object_set_new(o, "last_code", code_or_null(st->ping_code));
	json_object_set_new(o, "last_reason",
			    json_text_or_null(st->ping_reason));
	json_object_set_new(o, "at", json_time_or_null(st->ping_at));
	json_object_set_new(o, "rtt_ms", st->ping_at && st->ping_rtt_ms >= 0 ?
			    json_integer(st->ping_rtt_ms) : json_null());
	json_object_set_new(o, "server", json_text_or_null(st->ping_server));
	json_object_set_new(o, "call_id", json_text_or_null(st->ping_call_id));
	return o;
}

static json_t *result_json(const struct cln_carrier_status *st)
{
	json_t *o = json_object();

	json_object_set_new(o, "sip_registration",
			    json_string(state_name(st->state)));
	json_object_set_new(o, "expires_at",
			    json_time_or_null(st->expires_at));
	json_object_set_new(o, "next_attempt_at",
			    json_time_or_null(st->next_attempt_at));
	json_object_set_new(o, "last_code", code_or_null(st->last_code));
	json_object_set_new(o, "last_reason",
			    json_text_or_null(st->last_reason));
	json_object_set_new(o, "server", json_text_or_null(st->server));
	json_object_set_new(o, "call_id", json_text_or_null(st->call_id));
	json_object_set_new(o, "channels", json_integer(st->channels));
	json_object_set_new(o, "resting_until",
			    json_time_or_null(st->resting_until));
	json_object_set_new(o, "ping", ping_json(st));
	json_object_set_new(o, "history", history_json(st));
	return o;
}

void carrier_status(struct request *rq, struct answer *an)
{
	const struct cln_services *sv = rq->api->services;
	struct cln_carrier_status st = { .size = sizeof(st) };
	json_t *o;
	int err = -ENOENT;

	if (text_is_carrier_id(rq->args[0]))
		err = sv->carrier_status(sv->ctx, rq->args[0], &st);
	if (err) {
		answer_errno(rq, an, err, NULL, "carrier");
		return;
	}
	o = json_object();
	json_object_set_new(o, "carrier_id", json_string(rq->args[0]));
	json_object_set_new(o, "result", result_json(&st));
	/* As promised to users, the id of the POST that set the carrier up.  */
	answer_ok(rq, an, text_is_uuid(st.request_id) ? st.request_id : NULL,
		  o);
}
