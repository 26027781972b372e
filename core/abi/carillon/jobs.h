/*
 * jobs.h - what is to be called and played, and what came of it.
 *
 * Values; the functions that take them are in services.h.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CARILLON_JOBS_H
#define CARILLON_JOBS_H

#include <stddef.h>
#include <stdint.h>

#include <carillon/carriers.h>

#define CLN_FROM_NAME_LEN 65	/* a caller's display name                     */
#define CLN_URL_MAX 2048	/* bytes of a URL that is played               */
#define CLN_ITEMS_MAX 64	/* of a playlist                               */
#define CLN_DIGITS_MAX 32	/* that one item sends or waits for            */
#define CLN_DIGITS "0123456789*#ABCD" /* of those, each is one of these      */
#define CLN_REPEAT_MAX 100	/* of an item, and of a whole playlist         */
#define CLN_PAUSE_MAX_MS 60000
#define CLN_GATHER_MAX_MS 120000 /* that a gather waits for a digit            */
#define CLN_START_WAIT_MAX_MS 120000
#define CLN_BRANCHES_MAX 16	/* of one gather                               */
#define CLN_GATHERED_MAX 16	/* gathers that one attempt's report keeps     */
#define CLN_SUITE_LEN 28	/* name of an SRTP crypto suite (RFC 4568)     */

enum cln_item_type {
	CLN_ITEM_PLAY,
	CLN_ITEM_SAY,
	CLN_ITEM_PAUSE,
	CLN_ITEM_DTMF,			/* digits are sent                     */
	CLN_ITEM_GATHER,		/* digits are waited for               */
};

/* Where a playlist goes on: the index of an item, or one of these.            */
enum cln_goto { CLN_GOTO_NEXT = -1, CLN_GOTO_STOP = -2 };

/* Ends with the last of `digits`, with the terminator, or when no digit came
 * for timeout_ms. Digits that were pressed since the gather before (or since
 * the answer) count.                                                          */
struct cln_gather {
	uint32_t digits;		/* at most: 1 to CLN_DIGITS_MAX        */
	uint32_t timeout_ms;		/* since it began, or the last digit   */
	char terminator;		/* one of 0-9*#A-D, or 0: none; it is
					 * taken and not reported              */
	uint8_t interrupt;		/* a digit cuts short what plays before */
	uint32_t n_branches;
	struct {
		char digits[CLN_DIGITS_MAX + 1];
		int32_t go;		/* index, or enum cln_goto             */
	} branches[CLN_BRANCHES_MAX];
	int32_t otherwise;		/* digits that no branch names         */
	int32_t on_timeout;		/* not one digit came                  */
};

struct cln_item {
	int32_t type;			/* enum cln_item_type                  */
	const char *text;		/* PLAY: a URL, or "prompt:ID"; SAY:
					 * what to say; DTMF: the digits       */
	const char *language;		/* SAY, or NULL                        */
	uint32_t repeat;		/* times in a row, 0 is 1; not GATHER  */
	uint32_t pause_ms;		/* PAUSE                               */
	const struct cln_gather *gather; /* GATHER                             */
};

struct cln_recipient {
	const char *to;
	const char *from;		/* NULL: the job's                     */
	const char *carrier_id;		/* NULL: the job's                     */
	const char *from_name;		/* NULL: the job's, unless `from` is its
					 * own                                 */
};

struct cln_play {
	uint32_t size;
	const char *request_id;		/* becomes the job's id                */
	const char *from;		/* may be NULL                         */
	const char *carrier_id;		/* may be NULL                         */
	int32_t ring_timeout_s;		/* 0: default                          */
	uint8_t single;			/* made from "to", not "recipients":
					 * pointers are /to, not /recipients/0/to */
	size_t n_items, n_recipients;
	const struct cln_item *items;
	const struct cln_recipient *recipients;
	const char *from_name;		/* the caller's display name; may be NULL */
	int32_t start;			/* enum cln_start                      */
	int32_t start_wait_ms;		/* for that at most; 0: the default    */
	uint32_t repeat;		/* the whole playlist, 0 is 1          */
};

/* When an answered call begins to play.                                       */
enum cln_start {
	CLN_START_ANSWER,		/* right after the ACK                 */
	CLN_START_MEDIA,		/* with the first RTP of the far end   */
	CLN_START_SILENCE,		/* when a greeting is over: after the
					 * beep, or when silence follows it    */
};

enum cln_recipient_state {
	CLN_RCPT_QUEUED,
	CLN_RCPT_CALLING,
	CLN_RCPT_ANSWERED,
	CLN_RCPT_COMPLETED,
	CLN_RCPT_BUSY,
	CLN_RCPT_NO_ANSWER,
	CLN_RCPT_FAILED,
	CLN_RCPT_CANCELED,
	CLN_RCPT_UNKNOWN,
	CLN_RCPT_STATES
};

enum cln_job_state {
	CLN_JOB_QUEUED,
	CLN_JOB_RUNNING,
	CLN_JOB_PAUSED,
	CLN_JOB_CANCELING,
	CLN_JOB_DONE,
	CLN_JOB_STATES
};

struct cln_job {
	uint32_t size;
	char id[CLN_UUID_LEN];
	int32_t state;			/* enum cln_job_state                  */
	int64_t created_at, finished_at;
	int64_t recipients;		/* all of them                         */
	int64_t totals[CLN_RCPT_STATES]; /* adds up to recipients              */
	char waiting_for[160];		/* why queued ones wait, "" if nothing */
};

enum cln_hangup_by { CLN_BY_NONE, CLN_BY_CALLER, CLN_BY_CALLEE, CLN_BY_SYSTEM };

struct cln_rtp_figures {
	uint64_t sent, sent_bytes;	/* RTP packets, payload bytes          */
	uint64_t received;		/* accepted from the far end           */
	uint64_t strangers;		/* dropped: wrong address or not RTP;
					 * counted from the answer on         */
	int64_t lost;			/* of what we should have received     */
	int32_t jitter_us;
	int64_t far_lost;		/* reported by the far end, -1: none   */
	int32_t far_jitter_us;		/* reported by the far end, -1: none   */
	int32_t round_trip_us;		/* -1: not known                       */
	int32_t late_max_us;		/* worst lateness of a sent packet     */
	/* Mean opinion score by the E-model (ITU-T G.107) times 100, of what
	 * we received and of what the far end reports; -1: not known.         */
	int32_t mos_x100, far_mos_x100;
};

struct cln_played {
	int32_t item;
	int32_t sent_ms;
	int32_t confirmed_ms;		/* -1: the far end sends no reports    */
};

enum cln_started {
	CLN_STARTED_NOT,		/* nothing was played                  */
	CLN_STARTED_ANSWER,
	CLN_STARTED_MEDIA,
	CLN_STARTED_SILENCE,
	CLN_STARTED_BEEP,
	CLN_STARTED_WAIT,		/* what was waited for did not come    */
};

enum cln_gather_end {
	CLN_GATHER_DIGITS,		/* as many as were asked for           */
	CLN_GATHER_TERMINATOR,
	CLN_GATHER_TIMEOUT,
	CLN_GATHER_HANGUP,		/* the call ended while it waited      */
};

struct cln_gathered {
	int32_t item;
	int32_t end;			/* enum cln_gather_end                 */
	char digits[CLN_DIGITS_MAX + 1];
};

struct cln_attempt {
	uint32_t size;
	char carrier_id[CLN_ID_LEN];	/* "" for a SIP URI                    */
	char call_id[64];
	char codec[16];			/* api name, "" before an answer       */
	int64_t started_at, ringing_at, answered_at, ended_at;
	int32_t sip_code;		/* 0: none                             */
	char sip_reason[96];
	int32_t q850_cause;		/* 0: none                             */
	int32_t hangup_by;		/* enum cln_hangup_by                  */
	char route[128];		/* why this carrier                    */
	struct cln_rtp_figures rtp;
	uint32_t n_played;
	struct cln_played *played;	/* one per item that was begun         */
	int32_t started;		/* enum cln_started                    */
	int32_t started_ms;		/* after the answer was acknowledged   */
	char srtp[CLN_SUITE_LEN];	/* "": plain RTP                       */
	uint32_t n_gathered;
	struct cln_gathered *gathered;	/* in order; the last ones where there
					 * were more than CLN_GATHERED_MAX     */
};

struct cln_report_row {
	int64_t row;			/* position in the job, from 0         */
	const char *to;
	int32_t state;			/* enum cln_recipient_state            */
	const char *reason;		/* failed: why, else ""                */
	size_t n_attempts;
	const struct cln_attempt *attempts;
};

#endif
