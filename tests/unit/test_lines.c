/*
 * test_lines.c - lines of any bytes, and the Call-ID among them.
 * Needs core/sip/lines.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sip/lines.h"

static void expect(struct lines *w, const char *name, const char *line)
{
	const char *data = w->data;
	struct line l;

	assert_true(line_next(w, &l));
	assert_int_equal(l.len, strlen(line));
	assert_memory_equal(data + l.at, line, l.len);
	assert_int_equal(l.name_len, strlen(name));
	assert_memory_equal(data + l.name_at, name, l.name_len);
	if (*name)
		assert_int_equal(data[l.value_at - 1], ':');
}

static void lines_end_with_crlf_or_lf(void **state)
{
	const char *data = "INVITE x\r\nA: 1\nB:2\r\n\r\nbody";
	struct lines w = lines_of(data, strlen(data));
	struct line l;

	(void)state;
	expect(&w, "", "INVITE x");
	expect(&w, "A", "A: 1");
	expect(&w, "B", "B:2");
	expect(&w, "", "");
	expect(&w, "", "body");
	assert_false(line_next(&w, &l));
}

static void a_lone_cr_ends_a_line_only_where_no_lf_follows(void **state)
{
	const char *data = "A: 1\rx\r\nB: 2\rC: 3\r";
	struct lines w = lines_of(data, strlen(data));

	(void)state;
	expect(&w, "A", "A: 1\rx");
	expect(&w, "B", "B: 2");
	expect(&w, "C", "C: 3");
	assert_int_equal(w.pos, strlen(data));
}

static void a_line_goes_on_behind_a_blank(void **state)
{
	const char *data = "A:\r\n 1\r\n\t2\nB\n : 3\n";
	struct lines w = lines_of(data, strlen(data));

	(void)state;
	expect(&w, "A", "A:\r\n 1\r\n\t2");
	expect(&w, "B", "B\n : 3");
}

static void an_empty_line_is_not_continued(void **state)
{
	const char *data = "A: 1\r\n\r\n body";
	struct lines w = lines_of(data, strlen(data));

	(void)state;
	expect(&w, "A", "A: 1");
	expect(&w, "", "");
	expect(&w, "", " body");
}

static void names_stand_before_the_colon_without_space(void **state)
{
	const char *data = "Call-Id \t: x";
	struct lines w = lines_of(data, strlen(data));
	struct line l;

	(void)state;
	assert_true(line_next(&w, &l));
	assert_true(line_is_named(data, &l, "call-ID"));
	assert_false(line_is_named(data, &l, "call-I"));
	assert_false(line_is_named(data, &l, "call-IDs"));
}

/* Minutes, if each of them were looked for up to the end.                     */
static void a_line_end_is_looked_for_once(void **state)
{
	size_t len = 16 << 20, n = 0, at, id_len;
	char *data = malloc(len);
	struct lines w;
	struct line l;

	(void)state;
	assert_non_null(data);
	memset(data, '\r', len);
	for (w = lines_of(data, len); line_next(&w, &l); n++)
		assert_int_equal(l.len, 0);
	assert_int_equal(n, len);
	for (n = 0; n < len; n += 4)
		memcpy(data + n, "x\r y", 4);
	for (n = 0, w = lines_of(data, len); line_next(&w, &l);)
		n++;
	assert_int_equal(n, 1);
	for (n = 0; n < len; n += 4)
		memcpy(data + n, "x:y\r", 4);
	assert_int_equal(lines_call_id(data, len, &at, &id_len), -ENOENT);
	free(data);
}

static void expect_id(const char *data, const char *id)
{
	size_t at = 0, len = 0;
	int err = lines_call_id(data, strlen(data), &at, &len);

	if (!id) {
		assert_int_equal(err, -ENOENT);
		return;
	}
	assert_int_equal(err, 0);
	assert_int_equal(len, strlen(id));
	assert_memory_equal(data + at, id, len);
}

static void call_id_is_found_in_every_spelling(void **state)
{
	(void)state;
	expect_id("BYE x\r\nCall-ID: a@b\r\n\r\n", "a@b");
	expect_id("BYE x\r\ni:a@b\r\n\r\n", "a@b");
	expect_id("BYE x\r\nVia: z\r\nI \t: \t a@b \t\r\n", "a@b");
	expect_id("BYE x\ncALL-id:\n a@b", "a@b");
	expect_id("BYE x\rVia: z\rCall-ID: a@b\r\r", "a@b");
	expect_id("\r\n\r\nBYE x\r\nCall-ID: a@b\r\n", "a@b");
	expect_id("BYE x\r\nCall-ID: one\r\nCall-ID: two\r\n\r\n", "one");
}

static void call_id_is_none_of_the_body(void **state)
{
	(void)state;
	expect_id("", NULL);
	expect_id("\r\n\r\n", NULL);
	expect_id("BYE x\r\n\r\nCall-ID: a@b\r\n", NULL);
	expect_id("BYE x\r\nCall-ID:\r\n\r\n", NULL);
	expect_id("BYE x\r\nXCall-ID: a\r\nCall-IDs: b\r\nCall-ID\r\n", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_with_crlf_or_lf),
		cmocka_unit_test(
			a_lone_cr_ends_a_line_only_where_no_lf_follows),
		cmocka_unit_test(a_line_goes_on_behind_a_blank),
		cmocka_unit_test(an_empty_line_is_not_continued),
		cmocka_unit_test(names_stand_before_the_colon_without_space),
		cmocka_unit_test(a_line_end_is_looked_for_once),
		cmocka_unit_test(call_id_is_found_in_every_spelling),
		cmocka_unit_test(call_id_is_none_of_the_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
