/*
 * fields.c - a JSON object to a C struct and back, by a table of cln_field.
 * Thread: the caller's.
 */
/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "errors.h"
#include "field_lists.h"
#include "json.h"
#include "text.h"

/* One member on its way in.                                                  */
struct reading {
	const struct cln_field *field;
	const char *base;
	void *at;			/* where it lives in the struct       */
	struct cln_problems *ps;
};

#define WRONG(r, ...) \
	problem_add((r)->ps, CLN_INVALID, (r)->base, (r)->field->name, \
		    __VA_ARGS__)

const char *field_type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "an integer";
	case JSON_REAL:
		return "a number with a fraction or exponent";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	default:
		return "null";
	}
}

static void set_default(const struct cln_field *f, void *at)
{
	const int32_t number = f->def_int;

	switch (f->type) {
	case CLN_FIELD_STRING:
		text_copy(at, f->cap, f->def ? f->def : "");
		break;
	case CLN_FIELD_INT:
		memcpy(at, &number, sizeof(number));
		break;
	case CLN_FIELD_BOOL:
		*(uint8_t *)at = f->def_int != 0;
		break;
	case CLN_FIELD_CODECS:
		memset(at, 0, sizeof(struct cln_codec_list));
		break;
	case CLN_FIELD_HEADERS:
		memset(at, 0, sizeof(struct cln_header_list));
		break;
	}
}

bool field_is_choice(const struct cln_field *f, const char *s)
{
	const char *const *c;

	for (c = f->choices; c && *c; c++)
		if (!strcmp(*c, s))
			return true;
	return !f->choices;
}

static void wrong_choice(struct reading *r)
{
	const char *const *c;
	struct text words = { 0 };

	for (c = r->field->choices; *c; c++)
		text_printf(&words, "%s\"%s\"", words.len ? ", " : "", *c);
	WRONG(r, "must be %s%s", c - r->field->choices > 1 ? "one of " : "",
	      words.data ? words.data : "no word");
	text_free(&words);
}

static void read_string(struct reading *r, const json_t *value)
{
	const struct cln_field *f = r->field;
	const char *s = json_string_value(value);
	char why[160] = "";

	if (!s)
		WRONG(r, "must be a string, not %s", field_type_name(value));
	else if (text_has_control(s))
		WRONG(r, "may not hold control characters such as CR or LF");
	else if ((f->flags & CLN_FIELD_REQUIRED) && !*s)
		WRONG(r, "must not be empty");
	else if (json_string_length(value) >= f->cap)
		WRONG(r, "may have %u bytes at most, it has %zu",
		      (unsigned int)f->cap - 1, json_string_length(value));
	else if (!field_is_choice(f, s))
		wrong_choice(r);
	else if (f->check && f->check(s, why, sizeof(why)))
		WRONG(r, "%s", *why ? why : "is not valid");
	else
		text_copy(r->at, f->cap, s);
}

static void read_int(struct reading *r, const json_t *value)
{
	const struct cln_field *f = r->field;
	json_int_t v = json_integer_value(value);
	int32_t number = (int32_t)v;

	if (!json_is_integer(value))
		WRONG(r, "must be an integer, not %s", field_type_name(value));
	else if (v < f->min || v > f->max)
		WRONG(r, "must be between %d and %d", (int)f->min, (int)f->max);
	else
		memcpy(r->at, &number, sizeof(number));
}

static void read_bool(struct reading *r, const json_t *value)
{
	if (!json_is_boolean(value))
		WRONG(r, "must be true or false, not %s",
		      field_type_name(value));
	else
		*(uint8_t *)r->at = json_is_true(value);
}

static void read_value(struct reading *r, json_t *value)
{
	if (r->field->flags & CLN_FIELD_READ_ONLY) {
		WRONG(r, "is set by the server");
		return;
	}
	if (json_is_null(value)) {
		if (!(r->field->flags & CLN_FIELD_NULLABLE))
			WRONG(r, "may not be null");
		return;
	}
	switch (r->field->type) {
	case CLN_FIELD_STRING:
		read_string(r, value);
		break;
	case CLN_FIELD_INT:
		read_int(r, value);
		break;
	case CLN_FIELD_BOOL:
		read_bool(r, value);
		break;
	case CLN_FIELD_CODECS:
		field_codecs_read(r->field, value, r->base, r->at, r->ps);
		break;
	case CLN_FIELD_HEADERS:
		field_headers_read(r->field, value, r->base, r->at, r->ps);
		break;
	}
}

static bool is_in(const char *name, const char *const *list)
{
	for (; list && *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

static void unknown_field(struct cln_problems *ps, const char *base,
			  const char *name, const char *const *known)
{
	const char *near = text_nearest(name, known);

	problem_add(ps, CLN_UNKNOWN_FIELD, base, name, "unknown field%s%s%s",
		    near ? "; the nearest known one is \"" : "",
		    near ? near : "", near ? "\"" : "");
}

void fields_unknown(json_t *object, const char *const *known,
		    const char *base, struct cln_problems *ps)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
		if (!is_in(name, known))
			unknown_field(ps, base, name, known);
}

/* The names of the table and, behind them, those judged elsewhere.           */
static void unknown_members(const struct cln_field *const *table,
			    json_t *object, const char *base,
			    const char *const *ignored,
			    struct cln_problems *ps)
{
	const char *writable[FIELDS_MAX + 1];
	const char *name;
	json_t *value;
	size_t n = 0, i;

	for (i = 0; table[i]; i++)
		writable[n++] = table[i]->name;
	writable[n] = NULL;
	json_object_foreach(object, name, value)
		if (!is_in(name, writable) && !is_in(name, ignored))
			unknown_field(ps, base, name, writable);
}

void fields_read(const struct cln_field *const *table, json_t *object,
		 const char *base, bool partial, const char *const *ignored,
		 void *out, uint8_t set[FIELDS_MAX], struct cln_problems *ps)
{
	size_t i;

	memset(set, 0, FIELDS_MAX);
	for (i = 0; table[i]; i++) {
		const struct cln_field *f = table[i];
		json_t *value = json_object_get(object, f->name);
		struct reading r = {
			.field = f, .base = base, .ps = ps,
			.at = (char *)out + f->offset,
		};

		assert(i < FIELDS_MAX);
		set_default(f, r.at);
		set[i] = value != NULL;
		if (value)
			read_value(&r, value);
		else if (!partial && (f->flags & CLN_FIELD_REQUIRED))
			WRONG(&r, "is required");
	}
	unknown_members(table, object, base, ignored, ps);
}

static json_t *write_value(const struct cln_field *f, const void *at)
{
	int32_t number;

	switch (f->type) {
	case CLN_FIELD_INT:
		memcpy(&number, at, sizeof(number));
		return json_integer(number);
	case CLN_FIELD_BOOL:
		return json_boolean(*(const uint8_t *)at);
	case CLN_FIELD_CODECS:
		return field_codecs_write(at);
	case CLN_FIELD_HEADERS:
		return field_headers_write(at);
	case CLN_FIELD_STRING:
		break;
	}
	if ((f->flags & CLN_FIELD_NULLABLE) && !*(const char *)at)
		return json_null();
	return json_text(at);
}

int fields_write(const struct cln_field *const *table, const void *in,
		 json_t *object)
{
	for (; *table; table++) {
		const struct cln_field *f = *table;

		if (f->flags & CLN_FIELD_SECRET)
			continue;
		if (json_object_set_new(object, f->name,
					write_value(f, (const char *)in +
						    f->offset)))
			return -ENOMEM;
	}
	return 0;
}

bool field_has(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return value && !json_is_null(value);
}

const char *field_text(json_t *object, const char *name, const char *base,
		       size_t max, struct cln_problems *ps)
{
	const json_t *value = json_object_get(object, name);
	const char *s = json_string_value(value);

	if (!value || json_is_null(value))
		return NULL;
	if (!s)
		problem_add(ps, CLN_INVALID, base, name,
			    "must be a string, not %s", field_type_name(value));
	else if (!*s)
		problem_add(ps, CLN_INVALID, base, name, "must not be empty");
	else if (json_string_length(value) > max)
		problem_add(ps, CLN_INVALID, base, name,
			    "may have %zu bytes at most, it has %zu", max,
			    json_string_length(value));
	else if (text_has_control(s))
		problem_add(ps, CLN_INVALID, base, name, "may not hold "
			    "control characters such as CR or LF");
	else
		return s;
	return NULL;
}

int32_t field_int(json_t *object, const char *name, const char *base,
		  int32_t min, int32_t max, int32_t fallback,
		  struct cln_problems *ps)
{
	const json_t *value = json_object_get(object, name);
	json_int_t v = json_integer_value(value);

	if (!value || json_is_null(value))
		return fallback;
	if (!json_is_integer(value))
		problem_add(ps, CLN_INVALID, base, name,
			    "must be an integer, not %s",
			    field_type_name(value));
	else if (v < min || v > max)
		problem_add(ps, CLN_INVALID, base, name,
			    "must be between %d and %d", (int)min, (int)max);
	else
		return (int32_t)v;
	return fallback;
}
