/*
 * fuzz_json.c - the checker of JSON and jansson agree about every text.
 *
 * What the checker takes jansson must take, but for members given twice and
 * numbers that are too big; what it refuses jansson must refuse, but for what
 * we bound tighter (depth, number of containers) and NUL bytes, which jansson
 * takes for the end of the text. Needs api/json.c api/text.c;
 * -ljansson.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	char why[JSON_WHY_LEN] = "";
	json_error_t error;
	json_t *tree;
	int err = json_check(text, size, why);

	tree = json_loadb(text, size, JSON_LOAD_FLAGS, &error);
	if (!err && !tree &&
	    json_error_code(&error) != json_error_null_byte_in_key &&
	    json_error_code(&error) != json_error_duplicate_key &&
	    json_error_code(&error) != json_error_numeric_overflow)
		abort();
	if (err && tree && !strstr(why, "nested") && err != -E2BIG &&
	    !memchr(text, '\0', size))
		abort();
	if (err && !*why)
		abort();
	json_decref(tree);
	if (!json_parse(&tree, text, size, why))
		json_decref(tree);
	return 0;
}
