/*
 * report_words.c - the words of a report, and what its figures are made of.
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "report.h"

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

const char *report_hangup_name(int by)
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

const char *report_started_name(int started)
{
	switch (started) {
	case CLN_STARTED_ANSWER:
		return "answer";
	case CLN_STARTED_MEDIA:
		return "media";
	case CLN_STARTED_SILENCE:
		return "silence";
	case CLN_STARTED_BEEP:
		return "beep";
	case CLN_STARTED_WAIT:
		return "wait";
	default:
		return "";
	}
}

const char *report_gather_name(int end)
{
	switch (end) {
	case CLN_GATHER_DIGITS:
		return "digits";
	case CLN_GATHER_TERMINATOR:
		return "terminator";
	case CLN_GATHER_TIMEOUT:
		return "timeout";
	default:
		return "hangup";
	}
}

int64_t report_talked_ms(const struct cln_attempt *a)
{
	if (!a->answered_at || a->ended_at < a->answered_at)
		return -1;
	return a->ended_at - a->answered_at;
}

int64_t report_talked_s(const struct cln_attempt *a)
{
	int64_t ms = report_talked_ms(a);

	return ms < 0 ? -1 : (ms + 500) / 1000;
}

bool report_has_figures(const struct cln_attempt *a)
{
	return a->ended_at > 0;
}
