/*
 * store.h - what must outlive the process: carriers, jobs, recipients, attempts.
 *
 * One thread owns the database (SQLite, WAL, synchronous=FULL). Others post
 * requests; those that wait together are committed together, and `done` runs on
 * the requester's inbox after the commit: when it says 0, it is on the disk.
 * A request is embedded in its owner, lives until `done`, and everything it
 * points to is lent until then. Results may be there even with an error: free
 * them in both cases.
 */
/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/services.h>

#include "base/clock.h"
#include "base/inbox.h"

struct store;
struct store_req;

#define STORE_TO_LEN 512
#define STORE_FROM_LEN 64

struct store_config {
	const char *dir;		/* state.dir: made 0700, locked        */
	const char *node_id;
	const struct clock *clock;
	const struct cln_field *const *carrier_fields;
};

/* -EBUSY: another server holds the directory; -EPROTO: written by a newer
 * version; why says it in a sentence. Applies migrations. Starts the thread.  */
int store_new(struct store **sp, const struct store_config *cfg, char *why,
	      size_t cap);
/* Works off what waits, closes, joins, unlocks.                               */
void store_free(struct store *s);

enum store_op {
	STORE_CARRIER_ADD,		/* -EEXIST: the id was given out once  */
	STORE_CARRIER_PUT,		/* replaces; -ENOENT                   */
	STORE_CARRIER_DELETE,		/* with its history; the id stays used */
	STORE_CARRIER_LIST,		/* all, with passwords; at start       */
	STORE_HISTORY_ADD,		/* one transition of a registration    */
	STORE_HISTORY_LIST,		/* the last CLN_HISTORY_MAX, oldest first */
	STORE_JOB_ADD,			/* the job and all its recipients      */
	STORE_JOB_GET,			/* summary, at the cost of one row     */
	STORE_JOB_ROWS,
	STORE_JOB_LIST_OPEN,		/* jobs that are not done, with lanes  */
	STORE_CLAIM,			/* queued -> calling, for this node    */
	STORE_ATTEMPT,			/* attempt record and recipient state  */
	STORE_FAIL_LANE,		/* all queued of a lane end failed     */
	STORE_PROBE,			/* writes something small: does it work? */
	STORE_RECOVER,			/* at start: claimed and
					 * without outcome -> unknown          */
};

/* Recipients of one job that go to the same carrier ("" for SIP URIs).        */
struct store_lane {
	char carrier_id[CLN_ID_LEN];
	int64_t queued;
};

/* One that was claimed.                                                       */
struct store_claim {
	int64_t row;			/* position in the job                 */
	char to[STORE_TO_LEN];	/* number or SIP URI as given          */
	char from[STORE_FROM_LEN];	/* "": none                            */
	char from_name[CLN_FROM_NAME_LEN];	/* display name of the caller, "": none */
};

/* A job as needed to run it.                                                  */
struct store_job {
	char id[CLN_UUID_LEN];
	int64_t created_at;
	int32_t ring_timeout_s;
	int32_t start;			/* enum cln_start                      */
	int32_t start_wait_ms;		/* 0: the default                      */
	uint32_t repeat;		/* the whole playlist, at least 1      */
	size_t n_items;
	struct cln_item *items;		/* owned copies                        */
	size_t n_lanes;
	struct store_lane *lanes;
};
void store_job_free(struct store_job *job);	/* contents and itself        */

/* A page of a report.                                                         */
struct store_rows {
	size_t n;
	struct cln_report_row *items;
};
void store_rows_free(struct store_rows *rows);	/* contents and itself        */

struct store_attempt {
	const char *job_id;
	int64_t row;
	int32_t number;			/* 0, 1, ... per recipient             */
	int32_t state;			/* the recipient's new enum cln_recipient_state */
	const char *reason;		/* of a failure, "" else               */
	const struct cln_attempt *attempt; /* NULL: only the state changes      */
};

struct store_req {
	struct msg msg;			/* the store's; do not touch           */
	struct inbox *home;		/* where `done` runs                   */
	void (*done)(struct store_req *);
	void *arg;			/* the requester's                     */
	enum store_op op;
	int err;			/* result: 0, -ENOENT, -EEXIST, -ENOSPC, -EIO */
	union {
		struct { const struct cln_carrier *carrier; } put;
		struct { const char *id; } del;
		/* Result arrays are the requester's to free().                */
		struct { struct cln_carrier *items; size_t n; } carriers;
		struct { const char *id; struct cln_transition t; } hist_add;
		struct { const char *id; struct cln_transition *items;
			 size_t n; } hist;
		struct { const struct cln_play *play; int64_t at;
			 struct store_job *job; } job_add; /* job: result      */
		struct { const char *id; struct cln_job *job; } job_get;
		struct { const char *id; int64_t from; uint32_t limit;
			 struct store_rows *rows; } rows;
		struct { struct store_job **items; size_t n; } open;
		struct { const char *job_id, *carrier_id; int64_t at;
			 struct store_claim *items; size_t cap, n; } claim;
		struct { struct store_attempt a; int64_t at; bool job_done;
			} attempt;	/* job_done: result: it was the last   */
		struct { const char *job_id, *carrier_id, *reason; int64_t at;
			 int64_t n; bool job_done; } fail;
		struct { int64_t at; int64_t n; } recover;
		struct { int64_t at; } probe;
	};
};

/* New work: 0, -EAGAIN (too much waits) or -ESHUTDOWN.                        */
int store_post(struct store *s, struct store_req *r);
/* Outcomes: never refused.                                                    */
void store_complete(struct store *s, struct store_req *r);

struct store_stats {
	uint64_t requests, commits;
	uint64_t waiting;
	int64_t last_commit_us;
	int last_err;			/* of the last write                   */
};
void store_get_stats(const struct store *s, struct store_stats *st);

#endif
