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
#include <string.h>

#include "sip/lines.h"

static void expect(const char *data, size_t *pos, const char *name,
		   const char *line)
{
	struct line l;

	assert_true(line_next(data, strlen(data), pos, &l));
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
	size_t pos = 0;
	struct line l;

	(void)state;
	expect(data, &pos, "", "INVITE x");
	expect(data, &pos, "A", "A: 1");
	expect(data, &pos, "B", "B:2");
	expect(data, &pos, "", "");
	expect(data, &pos, "", "body");
	assert_false(line_next(data, strlen(data), &pos, &l));
}

static void a_lone_cr_ends_a_line_only_where_no_lf_follows(void **state)
{
	const char *data = "A: 1\rx\r\nB: 2\rC: 3\r";
	size_t pos = 0;

	(void)state;
	expect(data, &pos, "A", "A: 1\rx");
	expect(data, &pos, "B", "B: 2");
	expect(data, &pos, "C", "C: 3");
	assert_int_equal(pos, strlen(data));
}

static void a_line_goes_on_behind_a_blank(void **state)
{
	const char *data = "A:\r\n 1\r\n\t2\nB\n : 3\n";
	size_t pos = 0;

	(void)state;
	expect(data, &pos, "A", "A:\r\n 1\r\n\t2");
	expect(data, &pos, "B", "B\n : 3");
}

static void an_empty_line_is_not_continued(void **state)
{
	const char *data = "A: 1\r\n\r\n body";
	size_t pos = 0;

	(void)state;
	expect(data, &pos, "A", "A: 1");
	expect(data, &pos, "", "");
	expect(data, &pos, "", " body");
}

static void names_stand_before_the_colon_without_space(void **state)
{
	const char *data = "Call-Id \t: x";
	size_t pos = 0;
	struct line l;

	(void)state;
	assert_true(line_next(data, strlen(data), &pos, &l));
	assert_true(line_is_named(data, &l, "call-ID"));
	assert_false(line_is_named(data, &l, "call-I"));
	assert_false(line_is_named(data, &l, "call-IDs"));
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
		cmocka_unit_test(call_id_is_found_in_every_spelling),
		cmocka_unit_test(call_id_is_none_of_the_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
