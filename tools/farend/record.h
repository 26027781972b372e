/* SPDX-License-Identifier: MIT */
/*
 * record.h - a finished call's figures and files.
 */
#ifndef FAREND_RECORD_H
#define FAREND_RECORD_H

#include "call.h"

/* Free with rtp_figures_free(). */
void record_figures(struct rtp_figures *f, const struct call *c,
		    const struct leg *l);
void record_json(struct txt *t, const struct call *c,
		 const struct rtp_figures *f);
/* Writes the files into --record's directory; false if one failed. */
bool record_write(const struct options *opt, const struct call *c,
		  const struct txt *json);

#endif
