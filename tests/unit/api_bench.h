/*
 * api_bench.h - the app over a core that is none, and its answers as JSON.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_API_BENCH_H
#define TESTS_API_BENCH_H

#include <jansson.h>

#include "api_client.h"

static const struct double_option plain[] = {
	{ "listen", "127.0.0.1:0" }, { NULL, NULL },
};

static inline int up(void **state)
{
	(void)state;
	return api_up(plain);
}

static inline int down(void **state)
{
	(void)state;
	api_down();
	return 0;
}

/* The body as a tree; the test's to decref.                                  */
static inline json_t *tree(void)
{
	json_t *t = json_loads(body_of(), 0, NULL);

	if (!t)
		fail_msg("no JSON: %s", answer);
	return t;
}

static const char *text_at(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static inline int64_t int_at(json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

#endif
