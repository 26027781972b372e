/*
 * report.h - one row of a report as JSON and as CSV.
 *
 * Any thread: rows are turned into text where the core lends them.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_REPORT_H
#define API_REPORT_H

#include <carillon/services.h>
#include <jansson.h>

#include "text.h"

const char *report_state_name(int recipient_state);
const char *report_job_state_name(int job_state);

/* New reference, NULL without memory.                                        */
json_t *report_row_json(const struct cln_report_row *row);

extern const char report_csv_head[];
/* One line per attempt; a recipient that was not tried yet has one too.      */
void report_row_csv(struct text *t, const struct cln_report_row *row);

#endif
