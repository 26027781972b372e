/*
 * test_api_fields.c - a JSON object to a C struct and back, by a table.
 *
 * Needs api/fields.c api/field_lists.c api/errors.c api/json.c api/text.c; -ljansson.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../api/errors.h"
#include "../../api/field_lists.h"
#include "../../api/fields.h"

static int no_x(const char *value, char *why, size_t cap)
{
	if (!strchr(value, 'x'))
		return 0;
	snprintf(why, cap, "holds an x");
	return -EINVAL;
}

static const char *const colours[] = { "red", "green", NULL };

#define AT(member) .offset = offsetof(struct cln_carrier, member), \
		   .cap = sizeof(((struct cln_carrier *)0)->member)
#define FIELD(id, label, kind, ...) \
	static const struct cln_field id = { \
		.size = sizeof(id), .name = label, .type = kind, __VA_ARGS__ }

FIELD(f_name, "name", CLN_FIELD_STRING, .flags = CLN_FIELD_REQUIRED, AT(name));
FIELD(f_colour, "colour", CLN_FIELD_STRING, .choices = colours, .def = "red",
      AT(protocol));
FIELD(f_prefix, "prefix", CLN_FIELD_STRING, .check = no_x,
      .flags = CLN_FIELD_NULLABLE, AT(prefix));
FIELD(f_secret, "password", CLN_FIELD_STRING,
      .flags = CLN_FIELD_SECRET | CLN_FIELD_NULLABLE, AT(password));
FIELD(f_port, "port", CLN_FIELD_INT, .min = 1, .max = 65535, .def_int = 5060,
      AT(port));
FIELD(f_on, "enabled", CLN_FIELD_BOOL, .def_int = 1, AT(enabled));
FIELD(f_codecs, "codecs", CLN_FIELD_CODECS, .flags = CLN_FIELD_REQUIRED,
      AT(codecs));
FIELD(f_headers, "headers", CLN_FIELD_HEADERS, .check = no_x,
      .flags = CLN_FIELD_NULLABLE, AT(headers));
FIELD(f_fixed, "realm", CLN_FIELD_STRING, .flags = CLN_FIELD_READ_ONLY,
      AT(realm));

static const struct cln_field *const table[] = {
	&f_name, &f_colour, &f_prefix, &f_secret, &f_port, &f_on, &f_codecs,
	&f_fixed, &f_headers, NULL
};

struct result {
	struct cln_carrier c;
	struct cln_problems ps;
	uint8_t set[FIELDS_MAX];
};

static void read_with(struct result *r, const char *text, bool partial,
		      const char *const *ignored)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	memset(r, 0, sizeof(*r));
	problems_init(&r->ps);
	fields_read(table, o, "", partial, ignored, &r->c, r->set, &r->ps);
	json_decref(o);
}

static void problem_is(const struct result *r, uint32_t i, int code,
		       const char *pointer, const char *detail)
{
	assert_true(i < r->ps.n);
	assert_int_equal(r->ps.items[i].code, code);
	assert_string_equal(r->ps.items[i].pointer, pointer);
	assert_string_equal(r->ps.items[i].detail, detail);
}

static void good_members_reach_the_struct(void **state)
{
	struct result r;

	(void)state;
	read_with(&r, "{\"name\":\"n\",\"colour\":\"green\",\"port\":1,"
		  "\"enabled\":false,\"codecs\":[\"mulaw\",\"alaw\"],"
		  "\"password\":\"s\"}", false, NULL);
	assert_int_equal(r.ps.n, 0);
	assert_string_equal(r.c.name, "n");
	assert_string_equal(r.c.protocol, "green");
	assert_string_equal(r.c.password, "s");
	assert_int_equal(r.c.port, 1);
	assert_int_equal(r.c.enabled, 0);
	assert_int_equal(r.c.codecs.n, 2);
	assert_string_equal(r.c.codecs.names[1], "alaw");
	assert_int_equal(r.set[0] + r.set[1] + r.set[2] + r.set[3], 3);
}

static void missing_members_take_their_defaults(void **state)
{
	struct result r;

	(void)state;
	read_with(&r, "{\"name\":\"n\",\"codecs\":[\"mulaw\"]}", false, NULL);
	assert_int_equal(r.ps.n, 0);
	assert_string_equal(r.c.protocol, "red");
	assert_int_equal(r.c.port, 5060);
	assert_int_equal(r.c.enabled, 1);
	assert_int_equal(r.set[4], 0);
}

static void required_members_must_be_there_unless_partial(void **state)
{
	struct result r;

	(void)state;
	read_with(&r, "{}", false, NULL);
	problem_is(&r, 0, CLN_INVALID, "/name", "is required");
	problem_is(&r, 1, CLN_INVALID, "/codecs", "is required");
	assert_int_equal(r.ps.n, 2);
	read_with(&r, "{}", true, NULL);
	assert_int_equal(r.ps.n, 0);
}

static void all_wrong_members_are_reported_at_once(void **state)
{
	struct result r;

	(void)state;
	read_with(&r, "{\"name\":\"a\\nb\",\"colour\":\"blue\",\"prefix\":"
		  "\"1x\",\"port\":0,\"enabled\":1,\"codecs\":[],"
		  "\"realm\":\"r\",\"prt\":1}", false, NULL);
	assert_int_equal(r.ps.n, 8);
	problem_is(&r, 0, CLN_INVALID, "/name", "may not hold control "
		   "characters such as CR or LF");
	problem_is(&r, 1, CLN_INVALID, "/colour",
		   "must be one of \"red\", \"green\"");
	problem_is(&r, 2, CLN_INVALID, "/prefix", "holds an x");
	problem_is(&r, 3, CLN_INVALID, "/port",
		   "must be between 1 and 65535");
	problem_is(&r, 4, CLN_INVALID, "/enabled",
		   "must be true or false, not an integer");
	problem_is(&r, 5, CLN_INVALID, "/codecs",
		   "must be a list of at least one codec name");
	problem_is(&r, 6, CLN_INVALID, "/realm", "is set by the server");
	problem_is(&r, 7, CLN_UNKNOWN_FIELD, "/prt", "unknown field; the "
		   "nearest known one is \"port\"");
}

static void a_far_name_is_given_no_hint(void **state)
{
	struct result r;

	(void)state;
	read_with(&r, "{\"name\":\"a\",\"codecs\":[\"mulaw\"],"
		  "\"elephant\":1}", false, NULL);
	assert_int_equal(r.ps.n, 1);
	problem_is(&r, 0, CLN_UNKNOWN_FIELD, "/elephant", "unknown field");
}

static void wrong_types_are_named(void **state)
{
	struct result r;

	(void)state;
	read_with(&r, "{\"name\":1,\"port\":\"5060\",\"codecs\":\"mulaw\","
		  "\"colour\":null}", false, NULL);
	problem_is(&r, 0, CLN_INVALID, "/name",
		   "must be a string, not an integer");
	problem_is(&r, 1, CLN_INVALID, "/colour", "may not be null");
	problem_is(&r, 2, CLN_INVALID, "/port",
		   "must be an integer, not a string");
	read_with(&r, "{\"port\":1.0}", true, NULL);
	problem_is(&r, 0, CLN_INVALID, "/port", "must be an integer, not a "
		   "number with a fraction or exponent");
	read_with(&r, "{\"port\":4294972356}", true, NULL);
	problem_is(&r, 0, CLN_INVALID, "/port",
		   "must be between 1 and 65535");
}

static void null_clears_where_it_may(void **state)
{
	struct result r;

	(void)state;
	read_with(&r, "{\"password\":null}", true, NULL);
	assert_int_equal(r.ps.n, 0);
	assert_int_equal(r.set[3], 1);
	assert_string_equal(r.c.password, "");
}

static void codec_lists_are_checked_item_by_item(void **state)
{
	struct result r;

	(void)state;
	read_with(&r, "{\"codecs\":[\"mulaw\",\"mulaw\"]}", true, NULL);
	problem_is(&r, 0, CLN_INVALID, "/codecs/1",
		   "stands twice in the list");
	read_with(&r, "{\"codecs\":[\"mulaw\",7]}", true, NULL);
	problem_is(&r, 0, CLN_INVALID, "/codecs/1", "must be a string");
	read_with(&r, "{\"codecs\":[\"averyveryverylongname\"]}", true, NULL);
	problem_is(&r, 0, CLN_INVALID, "/codecs/0",
		   "is not the name of a codec");
	read_with(&r, "{\"codecs\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\","
		  "\"h\",\"i\"]}", true, NULL);
	problem_is(&r, 0, CLN_INVALID, "/codecs/8", 
		   "is one codec too many: at most 8");
}

/* What RFC 3551 calls PCMU is mulaw here. */
static void codecs_of_other_names_get_a_hint(void **state)
{
	static const char *const known[] = { "mulaw", "alaw", "g729", NULL };
	static const struct {
		const char *said, *detail;
	} cases[] = {
		{ "pcmu", "; did you mean \"mulaw\"?" },
		{ "PCMA", "; did you mean \"alaw\"?" },
		{ "G711u", "; did you mean \"mulaw\"?" },
		{ "mulow", "; did you mean \"mulaw\"?" },
		{ "speex", "" },
	};
	struct cln_field f = f_codecs;
	const struct cln_field *const one[] = { &f, NULL };
	char detail[256], text[64];
	struct cln_problems ps;
	struct cln_carrier c;
	uint8_t set[FIELDS_MAX];
	size_t i;

	(void)state;
	f.choices = known;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *o;

		snprintf(text, sizeof(text), "{\"codecs\":[\"%s\"]}",
			 cases[i].said);
		snprintf(detail, sizeof(detail), "is not a codec that is known "
			 "here: mulaw, alaw, g729%s", cases[i].detail);
		o = json_loads(text, 0, NULL);
		problems_init(&ps);
		fields_read(one, o, "", false, NULL, &c, set, &ps);
		json_decref(o);
		assert_int_equal(ps.n, 1);
		assert_string_equal(ps.items[0].pointer, "/codecs/0");
		assert_string_equal(ps.items[0].detail, detail);
	}
}

static void one_choice_is_no_list(void **state)
{
	static const char *const only[] = { "SIP", NULL };
	struct cln_field f = f_colour;
	const struct cln_field *const one[] = { &f, NULL };
	json_t *o = json_loads("{\"colour\":\"sip\"}", 0, NULL);
	struct cln_problems ps;
	struct cln_carrier c;
	uint8_t set[FIELDS_MAX];

	(void)state;
	f.choices = only;
	problems_init(&ps);
	fields_read(one, o, "", false, NULL, &c, set, &ps);
	json_decref(o);
	assert_int_equal(ps.n, 1);
	assert_string_equal(ps.items[0].detail, "must be \"SIP\"");
}

/* RFC 7396: an object is merged, null takes a member out. */
static void headers_are_patched_one_by_one(void **state)
{
	struct cln_header_list now = { .n = 3, .items = {
		{ "X-A", "1" }, { "X-B", "2" }, { "X-C", "3" },
	} };
	json_t *patch = json_loads("{\"x-a\":\"9\",\"X-B\":null,\"X-D\":"
				   "\"4\",\"X-E\":null}", 0, NULL);
	json_t *want = json_loads("{\"x-a\":\"9\",\"X-C\":\"3\",\"X-D\":"
				  "\"4\"}", 0, NULL);
	json_t *all = field_headers_patched(&now, patch);

	(void)state;
	assert_true(json_equal(all, want));
	json_decref(all);
	json_decref(want);
	json_decref(patch);
}

static void headers_are_an_object_of_strings(void **state)
{
	struct result r;
	json_t *o = json_object(), *headers;

	(void)state;
	read_with(&r, "{\"headers\":{\"A-B\":\"1\",\"C\":\"two 2\"}}",
		  true, NULL);
	assert_int_equal(r.ps.n, 0);
	assert_int_equal(r.c.headers.n, 2);
	assert_string_equal(r.c.headers.items[0].name, "A-B");
	assert_string_equal(r.c.headers.items[0].value, "1");
	assert_string_equal(r.c.headers.items[1].value, "two 2");
	assert_int_equal(fields_write(table, &r.c, o), 0);
	headers = json_object_get(o, "headers");
	assert_int_equal(json_object_size(headers), 2);
	assert_string_equal(json_string_value(json_object_get(headers, "C")),
			    "two 2");
	json_decref(o);
	read_with(&r, "{\"headers\":{}}", true, NULL);
	assert_int_equal(r.ps.n, 0);
	read_with(&r, "{\"headers\":null}", true, NULL);
	assert_int_equal(r.ps.n, 0);
	assert_int_equal(r.c.headers.n, 0);
}

static void headers_are_checked_one_by_one(void **state)
{
	char text[512];
	struct result r;

	(void)state;
	read_with(&r, "{\"headers\":[\"A: b\"]}", true, NULL);
	problem_is(&r, 0, CLN_INVALID, "/headers",
		   "must be an object of header names and values");
	read_with(&r, "{\"headers\":{\"A\":1,\"B\":\"x\",\"C\":\"a\\nb\","
		  "\"D\":\"1\",\"d\":\"2\",\"E/~\":null}}", true, NULL);
	assert_int_equal(r.ps.n, 5);
	problem_is(&r, 0, CLN_INVALID, "/headers/A", "must be a string");
	problem_is(&r, 1, CLN_INVALID, "/headers/B", "holds an x");
	problem_is(&r, 2, CLN_INVALID, "/headers/C", "may not hold control "
		   "characters such as CR or LF");
	problem_is(&r, 3, CLN_INVALID, "/headers/d",
		   "stands twice in the list");
	problem_is(&r, 4, CLN_INVALID, "/headers/E~1~0", "must be a string");
	assert_int_equal(r.c.headers.n, 0);
	read_with(&r, "{\"headers\":{\"1\":\"\",\"2\":\"\",\"3\":\"\","
		  "\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\",\"8\":\"\","
		  "\"9\":\"\"}}", true, NULL);
	assert_int_equal(r.ps.n, 1);
	problem_is(&r, 0, CLN_INVALID, "/headers/9",
		   "is one header too many: at most 8");
	snprintf(text, sizeof(text), "{\"headers\":{\"%039d\":\"%0159d\"}}",
		 1, 2);
	read_with(&r, text, true, NULL);
	assert_int_equal(r.ps.n, 0);
	snprintf(text, sizeof(text), "{\"headers\":{\"A\":\"%0160d\"}}", 1);
	read_with(&r, text, true, NULL);
	problem_is(&r, 0, CLN_INVALID, "/headers/A", 
		   "has too long a value: at most 159 bytes");
	snprintf(text, sizeof(text), "{\"headers\":{\"%040d\":\"1\"}}", 1);
	read_with(&r, text, true, NULL);
	assert_int_equal(r.ps.n, 1);
	assert_string_equal(r.ps.items[0].detail,
			    "has too long a name: at most 39 bytes");
}

static void a_string_must_fit(void **state)
{
	char text[64], digits[40];
	struct result r;

	(void)state;
	memset(digits, '1', sizeof(digits));
	snprintf(text, sizeof(text), "{\"prefix\":\"%.33s\"}", digits);
	read_with(&r, text, true, NULL);
	problem_is(&r, 0, CLN_INVALID, "/prefix", 
		   "may have 32 bytes at most, it has 33");
	snprintf(text, sizeof(text), "{\"prefix\":\"%.32s\"}", digits);
	read_with(&r, text, true, NULL);
	assert_int_equal(r.ps.n, 0);
}

static void pointers_are_escaped(void **state)
{
	struct result r;

	(void)state;
	read_with(&r, "{\"a/b~c\":1}", true, NULL);
	assert_string_equal(r.ps.items[0].pointer, "/a~1b~0c");
}

static void members_judged_elsewhere_are_left_alone(void **state)
{
	static const char *const ignored[] = { "version", NULL };
	struct result r;

	(void)state;
	read_with(&r, "{\"version\":3}", true, ignored);
	assert_int_equal(r.ps.n, 0);
}

static void more_problems_than_are_kept_are_counted(void **state)
{
	char text[4096] = "{";
	size_t len = 1;
	struct result r;
	int i;

	(void)state;
	for (i = 0; i < 40; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s\"u%d\":1", i ? "," : "", i);
	snprintf(text + len, sizeof(text) - len, "}");
	read_with(&r, text, true, NULL);
	assert_int_equal(r.ps.n, 40);
}

static void secrets_are_never_written(void **state)
{
	struct result r;
	json_t *o = json_object();

	(void)state;
	read_with(&r, "{\"name\":\"n\",\"codecs\":[\"mulaw\"],"
		  "\"password\":\"hush\"}", false, NULL);
	assert_int_equal(fields_write(table, &r.c, o), 0);
	assert_null(json_object_get(o, "password"));
	assert_string_equal(json_string_value(json_object_get(o, "name")),
			    "n");
	assert_true(json_is_null(json_object_get(o, "prefix")));
	assert_int_equal(json_integer_value(json_object_get(o, "port")), 5060);
	assert_true(json_is_true(json_object_get(o, "enabled")));
	assert_int_equal(json_array_size(json_object_get(o, "codecs")), 1);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_members_reach_the_struct),
		cmocka_unit_test(missing_members_take_their_defaults),
		cmocka_unit_test(required_members_must_be_there_unless_partial),
		cmocka_unit_test(all_wrong_members_are_reported_at_once),
		cmocka_unit_test(a_far_name_is_given_no_hint),
		cmocka_unit_test(wrong_types_are_named),
		cmocka_unit_test(null_clears_where_it_may),
		cmocka_unit_test(codec_lists_are_checked_item_by_item),
		cmocka_unit_test(codecs_of_other_names_get_a_hint),
		cmocka_unit_test(one_choice_is_no_list),
		cmocka_unit_test(headers_are_patched_one_by_one),
		cmocka_unit_test(headers_are_an_object_of_strings),
		cmocka_unit_test(headers_are_checked_one_by_one),
		cmocka_unit_test(a_string_must_fit),
		cmocka_unit_test(pointers_are_escaped),
		cmocka_unit_test(members_judged_elsewhere_are_left_alone),
		cmocka_unit_test(more_problems_than_are_kept_are_counted),
		cmocka_unit_test(secrets_are_never_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
