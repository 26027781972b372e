/*
 * report.h - one row of a report as JSON and as CSV.
 *
 * Any thread: rows are turned into text where the core lends them.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_REPORT_H
#define API_REPORT_H

#include <stdbool.h>

#include <carillon/services.h>
#include <jansson.h>

#include "text.h"

/* Words for what the core counts in numbers; "" for none.                    */
const char *report_state_name(int recipient_state);
const char *report_job_state_name(int job_state);
const char *report_hangup_name(int by);
const char *report_started_name(int started);
const char *report_gather_name(int end);

/* How long was talked, -1: not at all or not yet; in whole seconds rounded.  */
int64_t report_talked_ms(const struct cln_attempt *a);
int64_t report_talked_s(const struct cln_attempt *a);
/* The figures are final or none: while a call is alive, and where the server
 * died before its end was on disk, nobody knows them.                        */
bool report_has_figures(const struct cln_attempt *a);

/* New reference, NULL without memory.                                        */
json_t *report_row_json(const struct cln_report_row *row);

extern const char report_csv_head[];
/* One line per attempt; a recipient that was not tried yet has one too.      */
void report_row_csv(struct text *t, const struct cln_report_row *row);

#endif
