/*
 * report_row.c - one row of a report as JSON.
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "json.h"

static json_t *positive_or_null(int64_t n)
{
	return n > 0 ? json_integer(n) : json_null();
}

/* What the far end did not report is -1.                                     */
static json_t *known_or_null(int64_t n)
{
	return n >= 0 ? json_integer(n) : json_null();
}

static json_t *played_json(const struct cln_attempt *a)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < a->n_played; i++) {
		const struct cln_played *p = &a->played[i];
		json_t *o = json_object();

		json_object_set_new(o, "item", json_integer(p->item));
		json_object_set_new(o, "sent_ms", json_integer(p->sent_ms));
		json_object_set_new(o, "confirmed_ms",
				    known_or_null(p->confirmed_ms));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *gathered_json(const struct cln_attempt *a)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < a->n_gathered; i++) {
		const struct cln_gathered *g = &a->gathered[i];
		json_t *o = json_object();

		json_object_set_new(o, "item", json_integer(g->item));
		json_object_set_new(o, "digits", json_text(g->digits));
		json_object_set_new(o, "end",
				    json_string(report_gather_name(g->end)));
		json_array_append_new(list, o);
	}
	return list;
}

/* A score from 1 to 4.5, kept as hundredths.                                 */
static json_t *mos_json(int32_t hundredths)
{
	return hundredths > 0 ? json_real(hundredths / 100.0) : json_null();
}

static json_t *rtp_json(const struct cln_attempt *a)
{
	const struct cln_rtp_figures *r = &a->rtp;
	json_t *o;

	if (!report_has_figures(a))
		return json_null();
	o = json_object();
	json_object_set_new(o, "sent", json_integer((json_int_t)r->sent));
	json_object_set_new(o, "sent_bytes",
			    json_integer((json_int_t)r->sent_bytes));
	json_object_set_new(o, "received",
			    json_integer((json_int_t)r->received));
	json_object_set_new(o, "strangers",
			    json_integer((json_int_t)r->strangers));
	json_object_set_new(o, "lost", json_integer(r->lost));
	json_object_set_new(o, "jitter_us", json_integer(r->jitter_us));
	json_object_set_new(o, "far_lost", known_or_null(r->far_lost));
	json_object_set_new(o, "far_jitter_us",
			    known_or_null(r->far_jitter_us));
	json_object_set_new(o, "round_trip_us",
			    known_or_null(r->round_trip_us));
	json_object_set_new(o, "late_max_us", json_integer(r->late_max_us));
	json_object_set_new(o, "mos", mos_json(r->mos_x100));
	json_object_set_new(o, "far_mos", mos_json(r->far_mos_x100));
	return o;
}

static json_t *route_json(const struct cln_attempt *a)
{
	json_t *o = json_object();

	json_object_set_new(o, "carrier_id", json_text_or_null(a->carrier_id));
	json_object_set_new(o, "reason", json_text_or_null(a->route));
	return o;
}

static void put_times(json_t *o, const struct cln_attempt *a)
{
	json_object_set_new(o, "started_at", json_time_or_null(a->started_at));
	json_object_set_new(o, "ringing_at", json_time_or_null(a->ringing_at));
	json_object_set_new(o, "answered_at",
			    json_time_or_null(a->answered_at));
	json_object_set_new(o, "ended_at", json_time_or_null(a->ended_at));
	json_object_set_new(o, "duration_s", known_or_null(report_talked_s(a)));
	json_object_set_new(o, "duration_ms",
			    known_or_null(report_talked_ms(a)));
}

static void put_media(json_t *o, const struct cln_attempt *a)
{
	bool started = a->started != CLN_STARTED_NOT;

	json_object_set_new(o, "srtp", json_text_or_null(a->srtp));
	json_object_set_new(o, "started", json_text_or_null(
		report_started_name(a->started)));
	json_object_set_new(o, "started_ms", started ?
			    json_integer(a->started_ms) : json_null());
	json_object_set_new(o, "played", played_json(a));
	json_object_set_new(o, "gathered", gathered_json(a));
	json_object_set_new(o, "rtp", rtp_json(a));
}

static json_t *attempt_json(const struct cln_attempt *a)
{
	json_t *o = json_object();

	json_object_set_new(o, "carrier_id", json_text_or_null(a->carrier_id));
	json_object_set_new(o, "call_id", json_text_or_null(a->call_id));
	json_object_set_new(o, "codec", json_text_or_null(a->codec));
	put_times(o, a);
	json_object_set_new(o, "sip_code", positive_or_null(a->sip_code));
	json_object_set_new(o, "sip_reason", json_text_or_null(a->sip_reason));
	json_object_set_new(o, "q850_cause", positive_or_null(a->q850_cause));
	json_object_set_new(o, "hangup_by", json_text_or_null(
		report_hangup_name(a->hangup_by)));
	put_media(o, a);
	json_object_set_new(o, "route", route_json(a));
	return o;
}

json_t *report_row_json(const struct cln_report_row *row)
{
	json_t *o = json_object(), *attempts = json_array();
	size_t i;

	for (i = 0; i < row->n_attempts; i++)
		json_array_append_new(attempts,
				      attempt_json(&row->attempts[i]));
	json_object_set_new(o, "to", json_text(row->to));
	json_object_set_new(o, "state",
			    json_string(report_state_name(row->state)));
	json_object_set_new(o, "reason", json_text_or_null(row->reason));
	json_object_set_new(o, "row", json_integer(row->row));
	json_object_set_new(o, "attempts", attempts);
	return o;
}
