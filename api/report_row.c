/*
 * report_row.c - one row of a report as JSON and as CSV.
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <string.h>

#include "json.h"

const char *report_state_name(int state)
{
	static const char *const names[CLN_RCPT_STATES] = {
		[CLN_RCPT_QUEUED] = "queued",
		[CLN_RCPT_CALLING] = "calling",
		[CLN_RCPT_ANSWERED] = "answered",
		[CLN_RCPT_COMPLETED] = "completed",
		[CLN_RCPT_BUSY] = "busy",
		[CLN_RCPT_NO_ANSWER] = "no_answer",
		[CLN_RCPT_FAILED] = "failed",
		[CLN_RCPT_CANCELED] = "canceled",
		[CLN_RCPT_UNKNOWN] = "unknown",
	};

	return state >= 0 && state < CLN_RCPT_STATES ? names[state] : "unknown";
}

const char *report_job_state_name(int state)
{
	static const char *const names[CLN_JOB_STATES] = {
		[CLN_JOB_QUEUED] = "queued",
		[CLN_JOB_RUNNING] = "running",
		[CLN_JOB_PAUSED] = "paused",
		[CLN_JOB_CANCELING] = "canceling",
		[CLN_JOB_DONE] = "done",
	};

	return state >= 0 && state < CLN_JOB_STATES ? names[state] : "running";
}

static const char *hangup_name(int by)
{
	switch (by) {
	case CLN_BY_CALLER:
		return "caller";
	case CLN_BY_CALLEE:
		return "callee";
	case CLN_BY_SYSTEM:
		return "system";
	default:
		return "";
	}
}

static json_t *positive_or_null(int64_t n)
{
	return n > 0 ? json_integer(n) : json_null();
}

/* What the far end did not report is -1.                                     */
static json_t *known_or_null(int64_t n)
{
	return n >= 0 ? json_integer(n) : json_null();
}

/* How long was talked, -1: not at all or not yet.                            */
static int64_t talked_ms(const struct cln_attempt *a)
{
	if (!a->answered_at || a->ended_at < a->answered_at)
		return -1;
	return a->ended_at - a->answered_at;
}

/* Whole seconds, rounded; the exact figure is duration_ms.                   */
static int64_t talked_s(const struct cln_attempt *a)
{
	int64_t ms = talked_ms(a);

	return ms < 0 ? -1 : (ms + 500) / 1000;
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

/* The figures are final or none: while a call is alive, and where the server
 * died before its end was on disk, nobody knows them.                        */
static bool has_figures(const struct cln_attempt *a)
{
	return a->ended_at > 0;
}

static json_t *rtp_json(const struct cln_attempt *a)
{
	const struct cln_rtp_figures *r = &a->rtp;
	json_t *o;

	if (!has_figures(a))
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
	json_object_set_new(o, "duration_s", known_or_null(talked_s(a)));
	json_object_set_new(o, "duration_ms", known_or_null(talked_ms(a)));
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
	json_object_set_new(o, "hangup_by",
			    json_text_or_null(hangup_name(a->hangup_by)));
	json_object_set_new(o, "played", played_json(a));
	json_object_set_new(o, "rtp", rtp_json(a));
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

const char report_csv_head[] =
	"row,to,state,reason,attempt,carrier_id,call_id,codec,started_at,"
	"ringing_at,answered_at,ended_at,duration_s,duration_ms,sip_code,"
	"sip_reason,q850_cause,hangup_by,played_ms,packets_sent,packets_lost,"
	"route\r\n";

/* Numbers to dial, "+4930123" too, compute nothing and stay as they are.     */
static bool is_formula(const char *s)
{
	const char *digits = s + (*s == '+');

	return *s && strchr("=+-@\t\r", *s) &&
	       (!*digits || digits[strspn(digits, "0123456789*#")]);
}

/* RFC 4180 quoting. A cell that a spreadsheet would take for a formula gets
 * an apostrophe in front, which is how one says "text" there.                */
static void put_cell(struct text *t, const char *s)
{
	text_puts(t, ",\"");
	if (is_formula(s))
		text_putc(t, '\'');
	for (; *s; s++) {
		if (*s == '"')
			text_putc(t, '"');
		text_putc(t, *s);
	}
	text_putc(t, '"');
}

static void put_time(struct text *t, int64_t ms)
{
	char s[TEXT_TIME_LEN];

	text_time(s, ms);
	text_printf(t, ",%s", ms ? s : "");
}

static void put_number(struct text *t, int64_t n, bool known)
{
	if (known)
		text_printf(t, ",%lld", (long long)n);
	else
		text_putc(t, ',');
}

static int64_t played_ms(const struct cln_attempt *a)
{
	int64_t sum = 0;
	uint32_t i;

	for (i = 0; i < a->n_played; i++)
		sum += a->played[i].sent_ms;
	return sum;
}

static void put_attempt(struct text *t, size_t number,
			const struct cln_attempt *a)
{
	put_number(t, (int64_t)number, true);
	put_cell(t, a->carrier_id);
	put_cell(t, a->call_id);
	put_cell(t, a->codec);
	put_time(t, a->started_at);
	put_time(t, a->ringing_at);
	put_time(t, a->answered_at);
	put_time(t, a->ended_at);
	put_number(t, talked_s(a), talked_s(a) >= 0);
	put_number(t, talked_ms(a), talked_ms(a) >= 0);
	put_number(t, a->sip_code, a->sip_code > 0);
	put_cell(t, a->sip_reason);
	put_number(t, a->q850_cause, a->q850_cause > 0);
	put_cell(t, hangup_name(a->hangup_by));
	put_number(t, played_ms(a), has_figures(a));
	put_number(t, (int64_t)a->rtp.sent, has_figures(a));
	put_number(t, a->rtp.lost, has_figures(a));
	put_cell(t, a->route);
}

static void put_recipient(struct text *t, const struct cln_report_row *row)
{
	text_printf(t, "%lld", (long long)row->row);
	put_cell(t, row->to);
	put_cell(t, report_state_name(row->state));
	put_cell(t, row->reason ? row->reason : "");
}

void report_row_csv(struct text *t, const struct cln_report_row *row)
{
	size_t i;

	for (i = 0; i < row->n_attempts; i++) {
		put_recipient(t, row);
		put_attempt(t, i + 1, &row->attempts[i]);
		text_puts(t, "\r\n");
	}
	if (!row->n_attempts) {
		put_recipient(t, row);
		text_puts(t, ",,,,,,,,,,,,,,,,,,\r\n");
	}
}
