/*
 * field_lists.c - those fields of a table that are lists: codecs and headers.
 * Thread: the caller's.
 */
/* SPDX-License-Identifier: MIT */
#include "field_lists.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "errors.h"
#include "json.h"
#include "text.h"

/* ---- codecs -------------------------------------------------------------- */

#define TEXT(n) TEXT_OF(n)
#define TEXT_OF(n) #n

/* What others call them: RFC 3551's names and the ITU's.                     */
static const struct {
	const char *said, *meant;
} other_names[] = {
	{ "pcmu", "mulaw" }, { "ulaw", "mulaw" }, { "g711u", "mulaw" },
	{ "g711ulaw", "mulaw" }, { "g.711u", "mulaw" }, { "g711", "mulaw" },
	{ "pcma", "alaw" }, { "g711a", "alaw" }, { "g711alaw", "alaw" },
	{ "g.711a", "alaw" }, { "g729a", "g729" }, { "g.729", "g729" },
	{ "g7231", "g723" }, { "g723.1", "g723" }, { "g.723", "g723" },
	{ "g.723.1", "g723" }, { "g.722", "g722" },
};

static const char *meant_codec(const struct cln_field *f, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(other_names) / sizeof(*other_names); i++)
		if (!strcasecmp(other_names[i].said, name))
			return other_names[i].meant;
	return text_nearest(name, f->choices);
}

/* Whether a name is known is for the core to say.                            */
static const char *codec_fault(const struct cln_field *f,
			       const struct cln_codec_list *list,
			       const json_t *value)
{
	const char *name = json_string_value(value);
	uint32_t i;

	if (!name)
		return "must be a string";
	if (!*name || strlen(name) >= sizeof(list->names[0]) ||
	    text_has_control(name))
		return "is not the name of a codec";
	if (!field_is_choice(f, name))
		return "is not a codec that is known here";
	if (list->n == CLN_CODECS_MAX)
		return "is one codec too many: at most " TEXT(CLN_CODECS_MAX);
	for (i = 0; i < list->n; i++)
		if (!strcmp(list->names[i], name))
			return "stands twice in the list";
	return NULL;
}

/* The pointer names the item, and a known codec that may have been meant.     */
static void wrong_codec(const struct cln_field *f, const char *base, size_t i,
			const json_t *item, const char *why,
			struct cln_problems *ps)
{
	const char *name = json_string_value(item), *near = NULL;
	const char *const *c = NULL;
	struct text known = { 0 };
	char list[96], nth[24];

	if (name && *name && f->choices && !field_is_choice(f, name)) {
		near = meant_codec(f, name);
		c = f->choices;
	}
	for (; c && *c; c++)
		text_printf(&known, "%s%s", known.len ? ", " : ": ", *c);
	snprintf(list, sizeof(list), "%s/%s", base, f->name);
	snprintf(nth, sizeof(nth), "%zu", i);
	problem_add(ps, CLN_INVALID, list, nth, "%s%s%s%s%s", why,
		    known.data ? known.data : "",
		    near ? "; did you mean \"" : "", near ? near : "",
		    near ? "\"?" : "");
	text_free(&known);
}

void field_codecs_read(const struct cln_field *f, const json_t *value,
		       const char *base, struct cln_codec_list *out,
		       struct cln_problems *ps)
{
	struct cln_codec_list list = { 0 };
	bool bad = false;
	size_t i;

	if (!json_is_array(value) || !json_array_size(value)) {
		problem_add(ps, CLN_INVALID, base, f->name,
			    "must be a list of at least one codec name");
		return;
	}
	for (i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);
		const char *why = codec_fault(f, &list, item);

		if (why) {
			wrong_codec(f, base, i, item, why, ps);
			bad = true;
			continue;
		}
		text_copy(list.names[list.n++], sizeof(list.names[0]),
			  json_string_value(item));
	}
	if (!bad)
		*out = list;
}

json_t *field_codecs_write(const struct cln_codec_list *list)
{
	json_t *array = json_array();
	uint32_t i;

	for (i = 0; i < list->n && i < CLN_CODECS_MAX; i++)
		json_array_append_new(array, json_text(list->names[i]));
	return array;
}

/* ---- headers ------------------------------------------------------------- */

/* Names of headers are the same in any case (RFC 3261 7.3.1).                */
static bool has_header(const struct cln_header_list *list, const char *name)
{
	uint32_t i;

	for (i = 0; i < list->n; i++)
		if (!strcasecmp(list->items[i].name, name))
			return true;
	return false;
}

static const char *header_fault(const struct cln_header_list *list,
				const char *name, const json_t *value)
{
	const char *s = json_string_value(value);

	if (!s)
		return "must be a string";
	if (strlen(name) >= CLN_HEADER_NAME_LEN)
		return "has too long a name: at most 39 bytes";
	if (json_string_length(value) >= CLN_HEADER_VALUE_LEN)
		return "has too long a value: at most 159 bytes";
	if (text_has_control(s))
		return "may not hold control characters such as CR or LF";
	if (has_header(list, name))
		return "stands twice in the list";
	if (list->n == CLN_HEADERS_MAX)
		return "is one header too many: at most "
		       TEXT(CLN_HEADERS_MAX);
	return NULL;
}

/* Puts a header at the end of the list, if it may stand there.               */
static bool take_header(const struct cln_field *f,
			struct cln_header_list *list, const char *name,
			const json_t *value, const char *base,
			struct cln_problems *ps)
{
	char line[CLN_HEADER_NAME_LEN + CLN_HEADER_VALUE_LEN + 2];
	const char *fault = header_fault(list, name, value);
	char why[160] = "is not valid";

	if (!fault) {
		snprintf(line, sizeof(line), "%s: %s", name,
			 json_string_value(value));
		if (f->check && f->check(line, why, sizeof(why)))
			fault = why;
	}
	if (fault) {
		problem_add(ps, CLN_INVALID, base, name, "%s", fault);
		return false;
	}
	text_copy(list->items[list->n].name, CLN_HEADER_NAME_LEN, name);
	text_copy(list->items[list->n++].value, CLN_HEADER_VALUE_LEN,
		  json_string_value(value));
	return true;
}

void field_headers_read(const struct cln_field *f, json_t *value,
			const char *base, struct cln_header_list *out,
			struct cln_problems *ps)
{
	struct cln_header_list list = { 0 };
	const char *name;
	char below[96];
	json_t *v;
	bool bad = false;

	if (!json_is_object(value)) {
		problem_add(ps, CLN_INVALID, base, f->name,
			    "must be an object of header names and values");
		return;
	}
	snprintf(below, sizeof(below), "%s/%s", base, f->name);
	json_object_foreach(value, name, v)
		bad |= !take_header(f, &list, name, v, below, ps);
	if (!bad)
		*out = list;
}

static bool names_header(json_t *object, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
		if (!strcasecmp(key, name))
			return true;
	return false;
}

json_t *field_headers_patched(const struct cln_header_list *now, json_t *patch)
{
	json_t *all = json_object(), *value;
	const char *name;
	uint32_t i;

	for (i = 0; i < now->n && i < CLN_HEADERS_MAX; i++)
		if (!names_header(patch, now->items[i].name))
			json_object_set_new(all, now->items[i].name,
					    json_text(now->items[i].value));
	json_object_foreach(patch, name, value)
		if (!json_is_null(value))
			json_object_set(all, name, value);
	return all;
}

json_t *field_headers_write(const struct cln_header_list *list)
{
	json_t *o = json_object();
	uint32_t i;

	for (i = 0; i < list->n && i < CLN_HEADERS_MAX; i++)
		json_object_set_new(o, list->items[i].name,
				    json_text(list->items[i].value));
	return o;
}
