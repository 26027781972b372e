/*
 * test_api_report.c - the report of a job as JSON, NDJSON and CSV, as a client
 * sees it, over a core that is none.
 *
 * Needs all of api/ but with openapi.c; -lcivetweb -ljansson -lpthread.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "../../api/report.h"
#include "api_bench.h"

#define REPORT "/voice/call/status/" REQUEST_ID

static void the_report_has_every_promised_member(void **state)
{
	json_t *t, *report, *row, *a;

	(void)state;
	core.rows = 2;
	assert_int_equal(ask("GET", REPORT, "", NULL), 200);
	t = tree();
	assert_string_equal(text_at(t, "request_id"), REQUEST_ID);
	report = json_object_get(t, "report");
	assert_string_equal(text_at(report, "id"), REQUEST_ID);
	assert_string_equal(text_at(report, "state"), "running");
	assert_true(json_is_null(json_object_get(report, "finished_at")));
	assert_int_equal(int_at(json_object_get(report, "totals"),
				"completed"), 2);
	assert_int_equal(json_object_size(json_object_get(report, "totals")),
			 10);
	row = json_array_get(json_object_get(report, "recipients"), 1);
	assert_string_equal(text_at(row, "state"), "completed");
	a = json_array_get(json_object_get(row, "attempts"), 0);
	assert_string_equal(text_at(a, "codec"), "mulaw");
	assert_string_equal(text_at(a, "answered_at"),
			    "2023-11-14T22:13:21.000Z");
	assert_int_equal(int_at(a, "duration_s"), 3);
	assert_int_equal(int_at(a, "duration_ms"), 2700);
	assert_string_equal(text_at(a, "hangup_by"), "callee");
	assert_int_equal(int_at(a, "q850_cause"), 16);
	assert_true(json_is_null(json_object_get(json_array_get(
		json_object_get(a, "played"), 0), "confirmed_ms")));
	assert_true(json_is_null(json_object_get(json_object_get(a, "rtp"),
						 "far_lost")));
	assert_string_equal(text_at(json_object_get(a, "route"), "reason"),
			    "named by the request");
	json_decref(t);
}

static void the_report_says_what_was_heard(void **state)
{
	json_t *t, *a, *g;

	(void)state;
	core.rows = 2;
	assert_int_equal(ask("GET", REPORT, "", NULL), 200);
	assert_true(says("\"mos\":4.38,\"far_mos\":null"));
	t = tree();
	a = json_array_get(json_object_get(json_array_get(json_object_get(
		json_object_get(t, "report"), "recipients"), 1),
		"attempts"), 0);
	assert_string_equal(text_at(a, "srtp"), "AES_CM_128_HMAC_SHA1_80");
	assert_string_equal(text_at(a, "started"), "beep");
	assert_int_equal(int_at(a, "started_ms"), 0);
	g = json_object_get(a, "gathered");
	assert_int_equal(json_array_size(g), 2);
	assert_int_equal(int_at(json_array_get(g, 0), "item"), 1);
	assert_string_equal(text_at(json_array_get(g, 0), "digits"), "12");
	assert_string_equal(text_at(json_array_get(g, 0), "end"),
			    "terminator");
	assert_string_equal(text_at(json_array_get(g, 1), "end"), "timeout");
	json_decref(t);
	assert_int_equal(ask("GET", REPORT, "Accept: text/csv\r\n", NULL),
			 200);
	assert_true(says(",\"AES_CM_128_HMAC_SHA1_80\",\"beep\",0,"
			 "\"item 1: 12; item 2: \",4.38,\r\n"));
}

static size_t cells(const char *line)
{
	const char *end = strchr(line, '\r');
	size_t n = 1;

	for (; line < end; line++)
		n += *line == ',';
	return n;
}

static void each_line_of_csv_has_a_cell_for_each_column(void **state)
{
	struct cln_report_row row = { .to = "1" };
	struct cln_attempt a = { .started = CLN_STARTED_NOT };
	struct text t = { 0 };

	(void)state;
	report_row_csv(&t, &row);
	assert_int_equal(cells(t.data), cells(report_csv_head));
	t.len = 0;
	row.attempts = &a;
	row.n_attempts = 1;
	report_row_csv(&t, &row);
	assert_int_equal(cells(t.data), cells(report_csv_head));
	text_free(&t);
}

static void rows_page_by_cursor(void **state)
{
	char target[300], next[160] = "";
	int64_t row = 0;
	json_t *t, *report, *item;
	size_t i;

	(void)state;
	core.rows = 25;
	snprintf(target, sizeof(target), REPORT "?limit=10");
	do {
		assert_int_equal(ask("GET", target, "", NULL), 200);
		t = tree();
		report = json_object_get(t, "report");
		json_array_foreach(json_object_get(report, "recipients"), i,
				   item)
			assert_int_equal(int_at(item, "row"), row++);
		snprintf(next, sizeof(next), "%s", text_at(report, "next"));
		json_decref(t);
		snprintf(target, sizeof(target), REPORT "?limit=10&cursor=%s",
			 next);
	} while (*next);
	assert_int_equal(row, 25);
}

static size_t count(const char *needle)
{
	const char *p = answer;
	size_t n = 0;

	for (; (p = strstr(p, needle)); p++)
		n++;
	return n;
}

static void ndjson_brings_all_rows_in_pages(void **state)
{
	(void)state;
	core.rows = 1000;
	assert_int_equal(ask("GET", REPORT,
			     "Accept: application/x-ndjson\r\n", NULL), 200);
	assert_true(says("Content-Type: application/x-ndjson\r\n"));
	assert_int_equal(count("{\"to\":"), 1000);
	assert_true(says("\r\n0\r\n\r\n"));
	assert_true(core.rows_asked_max <= 256);
}

static void csv_cells_are_no_formulas(void **state)
{
	(void)state;
	core.rows = 4;
	assert_int_equal(ask("GET", REPORT, "Accept: text/csv\r\n", NULL),
			 200);
	assert_true(says("row,to,state,"));
	assert_true(says("1,\"+4930\",\"completed\",\"\",1,\"74445609\","));
	assert_true(says(",\"'=HYPERLINK(\"\"x\"\")\","));
	assert_true(says("0,\"+4930\",\"queued\",\"\",,,"));
}

static void only_what_computes_gets_an_apostrophe(void **state)
{
	static const char *const cells[][2] = {
		{ "+4930*1#", "0,\"+4930*1#\"," },
		{ "*100#", "0,\"*100#\"," },
		{ "", "0,\"\"," },
		{ "+", "0,\"'+\"," },
		{ "+49+30", "0,\"'+49+30\"," },
		{ "-4930", "0,\"'-4930\"," },
		{ "@SUM(1)", "0,\"'@SUM(1)\"," },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		struct cln_report_row row = { .to = cells[i][0] };
		struct text t = { 0 };

		report_row_csv(&t, &row);
		assert_non_null(strstr(t.data, cells[i][1]));
		text_free(&t);
	}
}

static void a_call_that_has_not_ended_has_no_figures(void **state)
{
	json_t *t, *row, *a;

	(void)state;
	core.rows = 2;
	core.alive = true;
	assert_int_equal(ask("GET", REPORT, "", NULL), 200);
	t = tree();
	row = json_array_get(json_object_get(json_object_get(t, "report"),
					     "recipients"), 1);
	a = json_array_get(json_object_get(row, "attempts"), 0);
	assert_true(json_is_null(json_object_get(a, "rtp")));
	assert_true(json_is_null(json_object_get(a, "started")));
	assert_true(json_is_null(json_object_get(a, "started_ms")));
	assert_int_equal(json_array_size(json_object_get(a, "gathered")), 0);
	assert_true(json_is_null(json_object_get(a, "ended_at")));
	assert_true(json_is_null(json_object_get(a, "duration_ms")));
	json_decref(t);
	assert_int_equal(ask("GET", REPORT, "Accept: text/csv\r\n", NULL),
			 200);
	assert_true(says(",\"callee\",,,,\"named by the request\","
			 "\"AES_CM_128_HMAC_SHA1_80\",\"\",,\"\",,\r\n"));
}

static void pages_are_for_the_json_form(void **state)
{
	(void)state;
	core.rows = 2;
	assert_int_equal(ask("GET", REPORT "?limit=1",
			     "Accept: text/csv\r\n", NULL), 422);
	assert_true(says("\"limit\\\" is for the JSON form"));
	assert_int_equal(ask("GET", REPORT "?cursor=r31",
			     "Accept: application/x-ndjson\r\n", NULL), 422);
	assert_int_equal(ask("GET", REPORT "?limit=1", "", NULL), 200);
}

static void http_1_0_streams_to_the_end_of_the_connection(void **state)
{
	static const char text[] = "GET " REPORT " HTTP/1.0\r\nHost: localhost"
				   "\r\nAccept: text/csv\r\n\r\n";
	int fd = dial();
	size_t n = 0;
	ssize_t got;

	(void)state;
	core.rows = 300;
	put(fd, text, sizeof(text) - 1);
	while ((got = recv(fd, answer + n, sizeof(answer) - 1 - n, 0)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
	assert_false(says("chunked"));
	assert_int_equal(count("4930"), 300);
}

static void a_report_that_is_none_is_a_404(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/voice/call/status/63af", "", NULL), 404);
	assert_int_equal(ask("GET", "/voice/call/status/"
			     "63af0000-0000-4000-8000-000000000002", "", NULL),
			 404);
	assert_int_equal(ask("HEAD", REPORT, "Accept: text/csv\r\n", NULL),
			 200);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_report_has_every_promised_member),
		TEST(the_report_says_what_was_heard),
		TEST(each_line_of_csv_has_a_cell_for_each_column),
		TEST(rows_page_by_cursor),
		TEST(ndjson_brings_all_rows_in_pages),
		TEST(csv_cells_are_no_formulas),
		TEST(only_what_computes_gets_an_apostrophe),
		TEST(a_call_that_has_not_ended_has_no_figures),
		TEST(pages_are_for_the_json_form),
		TEST(http_1_0_streams_to_the_end_of_the_connection),
		TEST(a_report_that_is_none_is_a_404),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
