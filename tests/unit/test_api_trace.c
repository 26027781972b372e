/*
 * test_api_trace.c - the messages of a call in three forms, over a core that is
 * none.
 *
 * Needs all of api/ but with openapi.c; -lcivetweb -ljansson -lpthread.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "api_bench.h"

#define PATH "/traces/a84b4c76e66710%40192.0.2.1"

static void text_is_the_default(void **state)
{
	static const char *const accepts[] = {
		"", "Accept: */*\r\n", "Accept: text/plain\r\n",
		"Accept: text/html, */*;q=0.8\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(accepts) / sizeof(*accepts); i++) {
		assert_int_equal(ask("GET", PATH, accepts[i], NULL), 200);
		assert_true(says("Content-Type: text/plain; charset=utf-8"));
		assert_string_equal(body_of(), "the ladder\n");
	}
}

static void pcap_is_a_file_to_keep(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", PATH,
			     "Accept: application/vnd.tcpdump.pcap\r\n", NULL),
			 200);
	assert_true(says("Content-Type: application/vnd.tcpdump.pcap\r\n"));
	assert_true(says("Content-Disposition: attachment; filename="));
	assert_true(says("Content-Length: 6\r\n"));
	assert_memory_equal(body_of(), "\xd4\xc3\xb2\xa1\0\0", 6);
}

static void json_has_each_message(void **state)
{
	json_t *t, *list, *m;

	(void)state;
	assert_int_equal(ask("GET", PATH, "Accept: application/json\r\n",
			     NULL), 200);
	t = tree();
	assert_string_equal(text_at(t, "call_id"), TRACE_ID);
	list = json_object_get(t, "messages");
	assert_int_equal(json_array_size(list), 2);
	m = json_array_get(list, 0);
	assert_string_equal(text_at(m, "at"), "2023-11-14T22:13:20.123Z");
	assert_int_equal(int_at(m, "offset_us"), 0);
	assert_string_equal(text_at(m, "direction"), "sent");
	assert_string_equal(text_at(m, "transport"), "udp");
	assert_string_equal(text_at(m, "local"), "192.0.2.1:5060");
	assert_string_equal(text_at(m, "remote"), "192.0.2.9:5060");
	assert_string_equal(text_at(m, "text"), "BYE");
	assert_int_equal(int_at(m, "cut_bytes"), 0);
	m = json_array_get(list, 1);
	assert_string_equal(text_at(m, "direction"), "received");
	assert_int_equal(int_at(m, "offset_us"), 1500);
	assert_string_equal(text_at(m, "text"), "SIP/2.0 ? a?b");
	assert_int_equal(int_at(m, "cut_bytes"), 7);
	json_decref(t);
}

static void what_is_not_kept_is_a_404_that_says_why(void **state)
{
	static const char *const accepts[] = {
		"", "Accept: application/json\r\n",
		"Accept: application/vnd.tcpdump.pcap\r\n",
	};
	json_t *t;

	(void)state;
	for (size_t i = 0; i < sizeof(accepts) / sizeof(*accepts); i++) {
		assert_int_equal(ask("GET", "/traces/other", accepts[i], NULL),
				 404);
		assert_true(says("Content-Type: application/json\r\n"));
		t = tree();
		assert_int_equal(int_at(t, "code"), CLN_NOT_FOUND);
		assert_non_null(strstr(text_at(json_object_get(t, "error"),
					       "detail"), "sip.trace_kb"));
		json_decref(t);
	}
	assert_int_equal(ask("GET", "/traces/", "", NULL), 404);
	assert_int_equal(ask("GET", "/traces", "", NULL), 404);
	assert_int_equal(ask("GET", PATH "/x", "", NULL), 404);
	assert_int_equal(ask("DELETE", PATH, "", NULL), 405);
	assert_int_equal(ask("GET", PATH "?form=text", "", NULL), 422);
}

static void a_core_that_cannot_answer_is_a_503(void **state)
{
	(void)state;
	core.err = -EAGAIN;
	assert_int_equal(ask("GET", PATH, "", NULL), 503);
	assert_true(says("Retry-After: "));
	assert_int_equal(ask("GET", PATH, "Accept: application/json\r\n",
			     NULL), 503);
}

static void head_is_the_same_without_a_body(void **state)
{
	(void)state;
	assert_int_equal(ask("HEAD", PATH, "", NULL), 200);
	assert_true(says("Content-Length: 11\r\n"));
	assert_string_equal(body_of(), "");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(text_is_the_default),
		CASE(pcap_is_a_file_to_keep),
		CASE(json_has_each_message),
		CASE(what_is_not_kept_is_a_404_that_says_why),
		CASE(a_core_that_cannot_answer_is_a_503),
		CASE(head_is_the_same_without_a_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
