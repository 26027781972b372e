/*
 * json.h - JSON text into a tree, with errors that a person can act on.
 *
 * A checker of our own walks the text first and says line, column and what
 * was expected there; jansson then builds the tree.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_JSON_H
#define API_JSON_H

#include <stddef.h>

#include <jansson.h>

enum {
	JSON_DEPTH_MAX = 64,
	/* A container costs some 300 bytes of memory for 3 of text: bound them.
	 * A text may hold JSON_CONTAINERS_FREE, or one in JSON_CONTAINER_BYTES
	 * where that is more: memory stays in proportion to the body, which is
	 * bounded, and 18 bytes is {"to":"180123456"}, a plain recipient.    */
	JSON_CONTAINERS_FREE = 300000,
	JSON_CONTAINER_BYTES = 18,
	JSON_WHY_LEN = 192,
	JSON_LOAD_FLAGS = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY |
			  JSON_ALLOW_NUL,
	/* The only fractions that are given out have two decimals: 4.38.     */
	JSON_DUMP_FLAGS = JSON_COMPACT | JSON_REAL_PRECISION(3),
};

/* 0; -EINVAL (broken) or -E2BIG (too many values) with
 * "line 3, column 25: expected ..." in why.                                  */
int json_check(const char *text, size_t len, char why[JSON_WHY_LEN]);
/* As json_check, and the tree (the caller's to json_decref). Also refuses a
 * member that stands twice. A \u0000 in a value arrives as \u0001.             */
int json_parse(json_t **treep, const char *text, size_t len,
	       char why[JSON_WHY_LEN]);
/* A string value of any bytes: what is not UTF-8 becomes '?'.                */
json_t *json_text(const char *s);
/* "" and 0 are null.                                                         */
json_t *json_text_or_null(const char *s);
json_t *json_time_or_null(long long ms);

#endif
