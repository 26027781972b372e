/*
 * test_api_json.c - broken JSON is refused with line, column and expectation.
 *
 * Needs api/json.c api/text.c; -ljansson.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/json.h"

static void refused(const char *text, const char *expected)
{
	char why[JSON_WHY_LEN] = "";
	json_t *tree = NULL;

	assert_int_equal(json_parse(&tree, text, strlen(text), why), -EINVAL);
	assert_null(tree);
	assert_string_equal(why, expected);
}

static void taken(const char *text)
{
	char why[JSON_WHY_LEN] = "";
	json_t *tree = NULL;
	int err = json_parse(&tree, text, strlen(text), why);

	if (err)
		fail_msg("%s: %s", text, why);
	json_decref(tree);
}

static void trailing_comma_of_the_article_is_named(void **state)
{
	(void)state;
	refused("{\n  \"register\": true,\n  \"username\": \"client1\",\n}",
		"line 4, column 1: expected a member name after ',' "
		"(trailing comma)");
	refused("{\n \"a\": 1,\n \"username\":\"client1\",}",
		"line 3, column 23: expected a member name after ',' "
		"(trailing comma)");
	refused("[1, 2, ]",
		"line 1, column 8: expected a value after ',' "
		"(trailing comma)");
}

static void missing_comma_of_the_article_is_named(void **state)
{
	(void)state;
	refused("{\n  \"to\": \"123456\",\n  \"from\": \"me\"\n"
		"  \"carrier_id\": \"74445609\"\n}",
		"line 4, column 3: expected ',' or '}' (a comma is missing)");
	refused("[1 2]",
		"line 1, column 4: expected ',' or ']' (a comma is missing)");
}

static void each_place_says_what_may_stand_there(void **state)
{
	(void)state;
	refused("", "line 1, column 1: expected a value, but the text ends "
		"here");
	refused("{", "line 1, column 2: expected a member name or '}', but "
		"the text ends here");
	refused("{\"a\"", "line 1, column 5: expected ':' after the member "
		"name");
	refused("{\"a\":}", "line 1, column 6: expected a value");
	refused("{\"a\":1", "line 1, column 7: expected ',' or '}', but the "
		"text ends here");
	refused("{a:1}", "line 1, column 2: expected a member name or '}' in "
		"double quotes");
	refused("{'a':1}", "line 1, column 2: expected a member name or '}' "
		"in double quotes");
	refused("{\"a\":'x'}", "line 1, column 6: expected a value (text "
		"stands in double quotes)");
	refused("{\"a\":True}", "line 1, column 6: expected a value (words "
		"are true, false and null; text stands in double quotes)");
	refused("{} {}", "line 1, column 4: expected nothing more");
	refused("{\"a\":1]", "line 1, column 7: expected ',' or '}'");
	refused("[", "line 1, column 2: expected a value or ']', but the text "
		"ends here");
}

static void numbers_are_strict(void **state)
{
	(void)state;
	refused("01", "line 1, column 2: a number may not begin with 0");
	refused("-", "line 1, column 2: expected a digit after '-'");
	refused("1.", "line 1, column 3: expected a digit after '.'");
	refused("1e", "line 1, column 3: expected a digit in the exponent");
	refused("+1", "line 1, column 1: expected a value");
	taken("[0, -0, 1.5, 1e3, -2E-2, 9223372036854775807]");
}

static void nul_in_a_string_becomes_a_control_character(void **state)
{
	char why[JSON_WHY_LEN];
	json_t *tree = NULL;
	const char text[] = "{\"a\":[\"x\\u0000y\"]}";

	(void)state;
	assert_int_equal(json_parse(&tree, text, strlen(text), why), 0);
	assert_string_equal(json_string_value(json_array_get(
		json_object_get(tree, "a"), 0)), "x\x01y");
	json_decref(tree);
}

static void strings_are_strict_utf8(void **state)
{
	(void)state;
	refused("\"\xff\"", "line 1, column 2: expected UTF-8");
	refused("\"\xc0\x80\"", "line 1, column 2: expected UTF-8");
	refused("\"\xed\xa0\x80\"", "line 1, column 2: expected UTF-8");
	refused("\"\\ud800\"", "line 1, column 8: expected the second half of "
		"a surrogate pair");
	refused("\"\\x\"", "line 1, column 3: expected one of \" \\ / b f n r "
		"t u after \\");
	refused("\"a\nb\"", "line 1, column 3: expected '\"' or a character; "
		"control characters in a string are written \\n or \\u0009");
	refused("{\"a\": \"x", "line 1, column 7: expected the string that "
		"begins here to end with '\"'");
	taken("\"\xc3\xa4 \\u00e4 \\ud83d\\ude00 \xf0\x9f\x98\x80\"");
}

static void nul_byte_in_the_text_is_refused(void **state)
{
	static const char text[] = "{\"a\":1}\0";
	char why[JSON_WHY_LEN];

	(void)state;
	assert_int_equal(json_check(text, sizeof(text) - 1, why), -EINVAL);
	assert_string_equal(why, "line 1, column 8: expected nothing more");
}

static void columns_count_characters_not_bytes(void **state)
{
	(void)state;
	refused("{\"\xc3\xa4\xc3\xb6\": }",
		"line 1, column 8: expected a value");
}

static void a_member_given_twice_is_refused(void **state)
{
	char why[JSON_WHY_LEN];
	json_t *tree;

	(void)state;
	assert_int_equal(json_parse(&tree, "{\"a\":1,\n\"a\":2}", 14, why),
			 -EINVAL);
	assert_non_null(strstr(why, "line 2"));
	assert_non_null(strstr(why, "this member was given before"));
}

static void deep_nesting_is_refused_and_does_not_recurse(void **state)
{
	const size_t n = 100000;
	char *text = malloc(n), why[JSON_WHY_LEN];

	(void)state;
	assert_non_null(text);
	memset(text, '[', n);
	assert_int_equal(json_check(text, n, why), -EINVAL);
	assert_string_equal(why, "line 1, column 65: nested deeper than 64");
	memset(text, ']', 2 * JSON_DEPTH_MAX);
	memset(text, '[', JSON_DEPTH_MAX);
	assert_int_equal(json_check(text, 2 * JSON_DEPTH_MAX, why), 0);
	free(text);
}

static void a_flood_of_containers_is_too_large(void **state)
{
	const size_t n = 3 * (JSON_CONTAINERS_FREE + 10);
	char *text = malloc(n), why[JSON_WHY_LEN];
	size_t i;

	(void)state;
	assert_non_null(text);
	text[0] = '[';
	for (i = 1; i + 3 <= n; i += 3)
		memcpy(text + i, "{},", 3);
	assert_int_equal(json_check(text, i, why), -E2BIG);
	free(text);
}

/* The promise of the README; the body is 19 bytes for each of them.          */
static void a_million_recipients_pass(void **state)
{
	static const char head[] = "{\"recipients\":[";
	const size_t n = 1000000, item = 19;
	char *text = malloc(sizeof(head) + n * item + 2), *p = text;
	char why[JSON_WHY_LEN] = "";
	size_t i;

	(void)state;
	assert_non_null(text);
	memcpy(p, head, sizeof(head) - 1);
	p += sizeof(head) - 1;
	for (i = 0; i < n; i++, p += item)
		snprintf(p, item + 1, "{\"to\":\"180%06zu\"},", i);
	memcpy(p - 1, "]}", 2);		/* over the last comma                */
	p++;
	assert_int_equal(json_check(text, (size_t)(p - text), why), 0);
	assert_string_equal(why, "");
	free(text);
}

static void text_that_is_not_utf8_becomes_question_marks(void **state)
{
	json_t *v = json_text("a\xff" "b\xc3\xa4");

	(void)state;
	assert_string_equal(json_string_value(v), "a?b\xc3\xa4");
	json_decref(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trailing_comma_of_the_article_is_named),
		cmocka_unit_test(missing_comma_of_the_article_is_named),
		cmocka_unit_test(each_place_says_what_may_stand_there),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(strings_are_strict_utf8),
		cmocka_unit_test(nul_in_a_string_becomes_a_control_character),
		cmocka_unit_test(nul_byte_in_the_text_is_refused),
		cmocka_unit_test(columns_count_characters_not_bytes),
		cmocka_unit_test(a_member_given_twice_is_refused),
		cmocka_unit_test(deep_nesting_is_refused_and_does_not_recurse),
		cmocka_unit_test(a_flood_of_containers_is_too_large),
		cmocka_unit_test(a_million_recipients_pass),
		cmocka_unit_test(text_that_is_not_utf8_becomes_question_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
