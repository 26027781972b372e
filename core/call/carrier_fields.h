/*
 * carrier_fields.h - the fields of a carrier, and what each may hold.
 *
 * Constant once carrier_fields_know() has run; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_CARRIER_FIELDS_H
#define CALL_CARRIER_FIELDS_H

#include <stdbool.h>

#include <carillon/services.h>

#include "plugin/plugin.h"

/* NULL-ended. The only list of them: API, store and documents read it.        */
extern const struct cln_field *const carrier_fields[];

/* Before any thread of an app runs: codecs that are loaded under names of their
 * own are known, too.                                                         */
void carrier_fields_know(const struct plugins *plugins);

/* Applies the fields marked in `set` from `from` to `to`; with `replace` those
 * not marked go back to their defaults, except secret ones.                   */
void carrier_fields_merge(struct cln_carrier *to,
			  const struct cln_carrier *from, const uint8_t *set,
			  bool replace);
/* Writes in one way what may be written in several: a host without the final
 * dot of a whole name, which no SIP message shows.                            */
void carrier_fields_settle(struct cln_carrier *c);
/* What one field cannot see by itself. Adds to problems.                      */
void carrier_fields_check(const struct cln_carrier *c,
			  struct cln_problems *problems);
/* Appends a problem; counts even when there is no room.                       */
void problem_add(struct cln_problems *p, int code, const char *pointer,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
