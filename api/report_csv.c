/*
 * report_csv.c - one row of a report as lines of CSV (RFC 4180).
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <string.h>

const char report_csv_head[] =
	"row,to,state,reason,attempt,carrier_id,call_id,codec,started_at,"
	"ringing_at,answered_at,ended_at,duration_s,duration_ms,sip_code,"
	"sip_reason,q850_cause,hangup_by,played_ms,packets_sent,packets_lost,"
	"route,srtp,started,started_ms,gathered,mos,far_mos\r\n";

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

/* "item 2: 12; item 5: ": no spreadsheet takes that for a date.              */
static void put_gathered(struct text *t, const struct cln_attempt *a)
{
	uint32_t i;

	text_puts(t, ",\"");
	for (i = 0; i < a->n_gathered; i++)
		text_printf(t, "%sitem %d: %s", i ? "; " : "",
			    (int)a->gathered[i].item, a->gathered[i].digits);
	text_putc(t, '"');
}

static void put_mos(struct text *t, int32_t hundredths)
{
	if (hundredths > 0)
		text_printf(t, ",%d.%02d", (int)hundredths / 100,
			    (int)hundredths % 100);
	else
		text_putc(t, ',');
}

static void put_media(struct text *t, const struct cln_attempt *a)
{
	put_cell(t, a->srtp);
	put_cell(t, report_started_name(a->started));
	put_number(t, a->started_ms, a->started != CLN_STARTED_NOT);
	put_gathered(t, a);
	put_mos(t, report_has_figures(a) ? a->rtp.mos_x100 : -1);
	put_mos(t, report_has_figures(a) ? a->rtp.far_mos_x100 : -1);
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
	put_number(t, report_talked_s(a), report_talked_s(a) >= 0);
	put_number(t, report_talked_ms(a), report_talked_ms(a) >= 0);
	put_number(t, a->sip_code, a->sip_code > 0);
	put_cell(t, a->sip_reason);
	put_number(t, a->q850_cause, a->q850_cause > 0);
	put_cell(t, report_hangup_name(a->hangup_by));
	put_number(t, played_ms(a), report_has_figures(a));
	put_number(t, (int64_t)a->rtp.sent, report_has_figures(a));
	put_number(t, a->rtp.lost, report_has_figures(a));
	put_cell(t, a->route);
	put_media(t, a);
}

static void put_recipient(struct text *t, const struct cln_report_row *row)
{
	text_printf(t, "%lld", (long long)row->row);
	put_cell(t, row->to);
	put_cell(t, report_state_name(row->state));
	put_cell(t, row->reason ? row->reason : "");
}

/* The cells behind those of the recipient.                                   */
static void put_nothing(struct text *t)
{
	const char *c = strstr(report_csv_head, ",attempt");

	for (; *c; c++)
		if (*c == ',')
			text_putc(t, ',');
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
		put_nothing(t);
		text_puts(t, "\r\n");
	}
}
