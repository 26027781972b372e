/*
 * fields.h - a JSON object to a C struct and back, by a table of cln_field.
 *
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_FIELDS_H
#define API_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include <carillon/services.h>
#include <jansson.h>

enum { FIELDS_MAX = 64 };	/* most entries of a table                    */

/* Reads `object` into `out`, which gets the defaults first. set[i] is 1 for
 * each field that stands in the object. `partial`: required fields may be
 * missing (PATCH). Every wrong member is a problem below `base`; members of
 * `ignored` (NULL-ended, may be NULL) are judged elsewhere.                  */
void fields_read(const struct cln_field *const *table, json_t *object,
		 const char *base, bool partial, const char *const *ignored,
		 void *out, uint8_t set[FIELDS_MAX], struct cln_problems *ps);
/* Sets a member for each field but the secret ones. 0 or -ENOMEM.            */
int fields_write(const struct cln_field *const *table, const void *in,
		 json_t *object);

/* One problem for each member that `known` (NULL-ended) lacks.               */
void fields_unknown(json_t *object, const char *const *known,
		    const char *base, struct cln_problems *ps);

/* null counts as missing.                                                    */
bool field_has(const json_t *object, const char *name);
/* Members of objects that have no table. NULL and no problem if the member is
 * missing or null; NULL and a problem if it is wrong.                        */
const char *field_text(json_t *object, const char *name, const char *base,
		       size_t max, struct cln_problems *ps);
/* `fallback` where missing or null.                                          */
int32_t field_int(json_t *object, const char *name, const char *base,
		  int32_t min, int32_t max, int32_t fallback,
		  struct cln_problems *ps);
const char *field_type_name(const json_t *value);

#endif
