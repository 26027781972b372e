/*
 * test_api_openapi.c - the OpenAPI document tells the truth: every route, and
 * every error code, with its status and type.
 *
 * Needs all of api/ but with openapi.c; -lcivetweb -ljansson -lpthread.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "../../api/errors.h"
#include "../../api/openapi.h"
#include "../../api/routes.h"

static json_t *document;

static int load(void **state)
{
	(void)state;
	document = json_loadb(openapi_json, openapi_json_len,
			      JSON_REJECT_DUPLICATES, NULL);
	return document ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	json_decref(document);
	return 0;
}

/* Follows "/a/b/c" by names.                                                 */
static json_t *at(json_t *o, const char *path)
{
	char name[64];

	while (o && *path) {
		size_t len = strcspn(++path, "/");

		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		o = json_object_get(o, name);
		path += len;
	}
	return o;
}

/* "/carriers/{}" as the document writes it: "/carriers/{id}".                */
static json_t *operation(const struct route *r)
{
	char path[96], method[8];
	const char *hole = strstr(r->path, "{}");
	size_t i;

	snprintf(path, sizeof(path), "%.*s%s%s",
		 hole ? (int)(hole - r->path) : (int)strlen(r->path), r->path,
		 hole ? "{id}" : "", hole ? hole + 2 : "");
	for (i = 0; r->method[i]; i++)
		method[i] = (char)tolower((unsigned char)r->method[i]);
	method[i] = '\0';
	return json_object_get(json_object_get(json_object_get(document,
		"paths"), path), method);
}

static void each_route_is_described(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; route_at(i); i++) {
		const struct route *r = route_at(i);
		json_t *op = operation(r);

		if (!op)
			fail_msg("%s %s is missing", r->method, r->path);
		assert_non_null(at(op, "/responses/200"));
		assert_non_null(at(op, "/responses/503"));
		if (!r->scopes)
			assert_int_equal(json_array_size(
				json_object_get(op, "security")), 0);
		assert_int_equal(json_is_array(json_object_get(op,
			"security")), !r->scopes);
		assert_int_equal(at(op, "/responses/401") != NULL,
				 r->scopes != 0);
	}
}

static void nothing_is_described_that_is_not_there(void **state)
{
	json_t *item, *op;
	const char *path, *method;
	unsigned int routes = 0, described = 0;

	(void)state;
	while (route_at(routes))
		routes++;
	json_object_foreach(json_object_get(document, "paths"), path, item)
		json_object_foreach(item, method, op)
			described += strcmp(method, "parameters") != 0;
	assert_int_equal(described, routes);
}

static void each_code_is_listed_with_its_status_and_type(void **state)
{
	json_t *codes = at(document, "/components/schemas/Code/enum");
	json_t *types = at(document, "/components/schemas/ErrorType/enum");
	const char *text = json_string_value(at(document,
		"/components/schemas/Code/description"));
	unsigned int n = 0;

	(void)state;
	for (; error_kind_at(n); n++) {
		const struct error_kind *kind = error_kind_at(n);
		bool code = false, type = false;
		char line[96];
		json_t *v;
		size_t i;

		json_array_foreach(codes, i, v)
			code |= json_integer_value(v) == kind->code;
		json_array_foreach(types, i, v)
			type |= !strcmp(json_string_value(v), kind->type);
		if (!code || !type)
			fail_msg("%d %s is missing", kind->code, kind->type);
		snprintf(line, sizeof(line), "%d %s (%d)", kind->code,
			 strrchr(kind->type, ':') + 1, kind->status);
		if (!strstr(text, line))
			fail_msg("%s is missing", line);
	}
	assert_int_equal(json_array_size(codes), n);
	assert_int_equal(json_array_size(types), n);
}

static void check_refs(json_t *o)
{
	const char *name;
	json_t *v;
	size_t i;

	if (json_is_array(o))
		json_array_foreach(o, i, v)
			check_refs(v);
	json_object_foreach(o, name, v) {
		if (!strcmp(name, "$ref") && json_is_string(v) &&
		    !at(document, json_string_value(v) + 1))
			fail_msg("%s leads nowhere", json_string_value(v));
		check_refs(v);
	}
}

static void each_reference_leads_somewhere(void **state)
{
	(void)state;
	check_refs(document);
}

static void query_parameters_are_described(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; route_at(i); i++) {
		const struct route *r = route_at(i);
		json_t *list = json_object_get(operation(r), "parameters");
		size_t known = 0, described = 0, k;
		json_t *p;

		while (known < ROUTE_QUERY_MAX && r->query[known])
			known++;
		json_array_foreach(list, k, p) {
			const char *ref = json_string_value(
				json_object_get(p, "$ref"));
			const char *in = json_string_value(json_object_get(
				at(document, ref + 1), "in"));

			described += !strcmp(in, "query");
		}
		assert_int_equal(described, known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_route_is_described),
		cmocka_unit_test(nothing_is_described_that_is_not_there),
		cmocka_unit_test(each_code_is_listed_with_its_status_and_type),
		cmocka_unit_test(each_reference_leads_somewhere),
		cmocka_unit_test(query_parameters_are_described),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
