/*
 * field_lists.h - those fields of a table that are lists: codecs and headers.
 *
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_FIELD_LISTS_H
#define API_FIELD_LISTS_H

#include <stdbool.h>

#include <carillon/services.h>
#include <jansson.h>

/* The member `f` of the object at `base`: into `out` if all of it is right, else
 * a problem for each item that is wrong.                                     */
void field_codecs_read(const struct cln_field *f, const json_t *value,
		       const char *base, struct cln_codec_list *out,
		       struct cln_problems *ps);
void field_headers_read(const struct cln_field *f, json_t *value,
			const char *base, struct cln_header_list *out,
			struct cln_problems *ps);
/* What a merge patch (RFC 7396) makes of the headers that there are: an object
 * of all of them, with the members of `patch` set and, where null, left out.  */
json_t *field_headers_patched(const struct cln_header_list *now, json_t *patch);
json_t *field_codecs_write(const struct cln_codec_list *list);
json_t *field_headers_write(const struct cln_header_list *list);

/* One of the words that the field may hold; any where it names none.         */
bool field_is_choice(const struct cln_field *f, const char *s);

#endif
