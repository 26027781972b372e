/*
 * test_header.c - extra headers: what an operator may add, and what not.
 * Needs: core/call/header.c, base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "call/header.h"

static bool takes(const char *line)
{
	char why[128] = "";
	int err = header_check(line, why, sizeof(why));

	/* A refusal says why. */
	assert_true(!err || why[0]);
	return !err;
}

static void header_is_a_token_and_a_text(void **state)
{
	(void)state;
	assert_true(takes("X-Account: 4711"));
	assert_true(takes("Subject:hello; a=\"b\" <c>"));
	assert_true(takes("X!%*_+`'~-.9: \xc3\xa4"));
	assert_true(takes("P-Preferred-Identity: <sip:1@example.com>"));
	assert_true(takes("P-Asserted-Identity: <sip:1@example.com>"));
}

static void what_is_no_header_is_refused(void **state)
{
	static const char *const bad[] = {
		"", ":", ": x", "X-A", "X-A:", "X-A:   ", "X A: b", "X\"A: b",
		"X(A): b", "\xc3\xa4: b", "X-A: b\r\nVia: c", "X-A: b\nc",
		"X-A: \x7f", "X-A: \t", "X-A\r\n: b", "X-A: \xff\xfe",
		"X-A-Name-That-Goes-On-And-On-And-On-And-On-And-On-And-On-And: b",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (takes(bad[i]))
			fail_msg("accepted %s", bad[i]);
}

static void what_the_stack_writes_itself_is_refused(void **state)
{
	static const char *const bad[] = {
		"Via: x", "VIA: x", "from: x", "To: x", "Call-ID: x",
		"CSeq: 1", "Contact: x", "Content-Length: 5",
		"content-anything: x", "Max-Forwards: 1", "Route: <sip:x>",
		"Record-Route: <sip:x>", "Authorization: x",
		"Proxy-Authorization: x", "Supported: x", "Require: x",
		"Proxy-Require: x", "Session-Expires: 90", "Min-SE: 90",
		"User-Agent: x", "Allow: x", "Reason: x", "RAck: 1 1 INVITE",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (takes(bad[i]))
			fail_msg("accepted %s", bad[i]);
}

static void the_true_reason_is_given(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "Via: x", "the server writes itself" },
		{ "content-type: x", "the server writes itself" },
		{ "Warning: x", "of answers or of proxies" },
		{ "record-route: <sip:x>", "of answers or of proxies" },
		{ "Replaces: x", "this server does not do" },
		{ "Date: x", "of one message" },
	};
	char why[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_not_equal(header_check(cases[i].line, why,
						  sizeof(why)), 0);
		assert_non_null(strstr(why, cases[i].why));
	}
}

static void short_forms_are_refused(void **state)
{
	char line[] = "a: x";

	(void)state;
	for (; line[0] <= 'z'; line[0]++)
		assert_false(takes(line));
}

static void headers_that_name_the_caller_are_known(void **state)
{
	(void)state;
	assert_true(header_names_caller("p-asserted-identity"));
	assert_true(header_names_caller("Privacy"));
	assert_false(header_names_caller("P-Preferred-Identity"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_a_token_and_a_text),
		cmocka_unit_test(what_is_no_header_is_refused),
		cmocka_unit_test(what_the_stack_writes_itself_is_refused),
		cmocka_unit_test(the_true_reason_is_given),
		cmocka_unit_test(short_forms_are_refused),
		cmocka_unit_test(headers_that_name_the_caller_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
