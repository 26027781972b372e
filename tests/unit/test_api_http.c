/*
 * test_api_http.c - the plugin's app on a loopback port: envelope, methods,
 * paths, guard, media types, framing, bounds.
 *
 * Needs all of api/ but with openapi.c; -lcivetweb -ljansson -lpthread.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "api_client.h"

#define PLAY "{\"to\":\"123456\",\"from\":\"me\",\"carrier_id\":\"74445609\"," \
	     "\"playlist\":[{\"play\":\"http://h/a.wav\"}]}"
#define RAW(text) raw(text, sizeof(text) - 1)

static const struct double_option plain[] = {
	{ "listen", "127.0.0.1:0" }, { "max_body", "200000" },
	{ "hostname", "voice.example.com" }, { NULL, NULL },
};

static int up_plain(void **state)
{
	(void)state;
	return api_up(plain);
}

static int down(void **state)
{
	(void)state;
	api_down();
	return 0;
}

static void every_answer_is_the_envelope(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/health/live", "", NULL), 200);
	assert_non_null(strstr(body_of(), "{\"code\":0,\"status\":200,\"data\":"
			       "\"accepted\",\"request_id\":\""));
	assert_true(says("X-Request-Id: "));
	assert_true(says("Content-Type: application/json\r\n"));
	assert_int_equal(ask("GET", "/nothing", "", NULL), 404);
	assert_non_null(strstr(body_of(), "{\"code\":1200,\"status\":404,"
			       "\"data\":\"rejected\",\"request_id\":\""));
	assert_true(says("\"error\":{\"type\":\"urn:carillon:error:not_found\""
			 ",\"title\":\"Not found\",\"detail\":"));
	assert_true(says("\"pointer\":\"\""));
}

static void problem_json_comes_where_it_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/nothing",
			     "Accept: application/problem+json\r\n", NULL),
			 404);
	assert_true(says("Content-Type: application/problem+json"));
	assert_non_null(strstr(body_of(), "{\"code\":1200,\"type\":\"urn:"));
	assert_true(says("\"status\":404"));
	assert_int_equal(ask("GET", "/nothing", "Accept: application/problem"
			     "+json;q=0.5, */*\r\n", NULL), 404);
	assert_true(says("Content-Type: application/json"));
}

static void other_methods_get_405_with_allow(void **state)
{
	(void)state;
	assert_int_equal(ask("DELETE", "/carriers", "", NULL), 405);
	assert_true(says("Allow: GET, HEAD, POST, OPTIONS\r\n"));
	assert_true(says("\"code\":1201"));
	assert_int_equal(ask("GET", "/voice/call/play", "", NULL), 405);
	assert_true(says("Allow: POST, OPTIONS\r\n"));
	assert_int_equal(ask("OPTIONS", "/carriers/74445609", "", NULL), 200);
	assert_true(says("Allow: GET, HEAD, PUT, PATCH, DELETE, OPTIONS\r\n"));
}

static void head_is_get_without_the_body(void **state)
{
	(void)state;
	assert_int_equal(ask("HEAD", "/carriers", "", NULL), 200);
	assert_string_equal(body_of(), "");
	assert_false(says("Content-Length: 0\r\n"));
}

static void paths_are_matched_whole_and_decoded_once(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/carriers/", "", NULL), 404);
	assert_int_equal(ask("GET", "//carriers", "", NULL), 404);
	assert_int_equal(ask("GET", "/health/../carriers", "", NULL), 404);
	assert_int_equal(ask("GET", "/carriers/%37%34445609", "", NULL), 404);
	assert_int_equal(ask("GET", "/status/carrier/%37%34445609", "", NULL),
			 200);
	assert_int_equal(ask("GET", "/status/carrier/74445609%00", "", NULL),
			 404);
	assert_int_equal(ask("GET", "/health/live%00/x", "", NULL), 404);
	assert_int_equal(ask("GET", "/status/carrier/..%2f..%2fetc", "", NULL),
			 404);
}

static void unknown_query_parameters_are_named(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/carriers?limt=3", "", NULL), 422);
	assert_true(says("unknown query parameter \\\"limt\\\"; the nearest "
			 "known one is \\\"limit\\\""));
	assert_int_equal(ask("GET", "/carriers?limit=0", "", NULL), 422);
	assert_int_equal(ask("GET", "/carriers?limit=501", "", NULL), 422);
	assert_int_equal(ask("GET", "/carriers?limit=2x", "", NULL), 422);
	assert_int_equal(ask("GET", "/carriers?cursor=zzz", "", NULL), 422);
	assert_int_equal(ask("GET", "/carriers?limit=2&", "", NULL), 200);
}

static void host_must_name_the_server(void **state)
{
	(void)state;
	assert_int_equal(RAW("GET /health/live HTTP/1.1\r\n"
			     "Host: evil.example\r\n\r\n"), 421);
	assert_true(says("\"code\":1102"));
	assert_int_equal(RAW("GET /health/live HTTP/1.1\r\n"
			     "Host: voice.example.com:8443\r\n\r\n"), 200);
	assert_int_equal(RAW("GET /health/live HTTP/1.1\r\n\r\n"), 400);
	assert_int_equal(RAW("GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
			     "Host: localhost\r\n\r\n"), 400);
}

static void a_foreign_origin_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Origin: http://evil.example\r\n", PLAY), 403);
	assert_int_equal(ask("POST", "/voice/call/play", "Origin: null\r\n",
			     PLAY), 403);
	assert_int_equal(core.jobs, 0);
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Origin: http://127.0.0.1\r\n", PLAY), 200);
}

static void only_json_is_taken_and_no_type_is_json(void **state)
{
	static const char *const types[] = {
		"application/x-www-form-urlencoded", "text/plain",
		"multipart/form-data; boundary=x", "application/xml",
		"application/jsonx", "application/json; charset=latin1", NULL,
	};
	char header[128];
	size_t i;

	(void)state;
	for (i = 0; types[i]; i++) {
		snprintf(header, sizeof(header), "Content-Type: %s\r\n",
			 types[i]);
		assert_int_equal(ask("POST", "/voice/call/play", header, PLAY),
				 415);
	}
	assert_int_equal(ask("POST", "/voice/call/play", "", PLAY), 200);
	assert_int_equal(ask("POST", "/voice/call/play", "Content-Type: "
			     "application/json; charset=UTF-8\r\n", PLAY), 200);
}

static void broken_json_is_a_400_with_the_place(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/carriers", "", "{\n \"name\": \"c\",\n"
			     " \"username\": \"client1\",\n}"), 400);
	assert_true(says("line 4, column 1: expected a member name after ',' "
			 "(trailing comma)"));
	assert_true(says("\"code\":1000"));
	assert_int_equal(ask("POST", "/voice/call/play", "", "{\"to\": \"1\","
			     "\n\"from\": \"me\"\n\"carrier_id\": 7}"), 400);
	assert_true(says("line 3, column 1: expected ',' or '}' (a comma is "
			 "missing)"));
	assert_int_equal(ask("POST", "/carriers", "", ""), 400);
	assert_int_equal(ask("POST", "/carriers", "", NULL), 400);
	assert_int_equal(ask("POST", "/carriers", "", "[]"), 422);
}

static void doubtful_framing_is_refused_and_the_connection_closed(void **state)
{
	static const char *const bad[] = {
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
		"0\r\n\r\n",
		"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
		"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
		"Content-Length: +5\r\n\r\nabcde",
		"Content-Length: 0x5\r\n\r\nabcde",
		"Content-Length: 5, 5\r\n\r\nabcde",
		"Content-Length: -1\r\n\r\n",
		"Content-Length: 99999999999999999999\r\n\r\n",
		"Content-Length:\r\n\r\n",
		"Transfer-Encoding: identity\r\n\r\n",
		"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
		"Content-Length : 5\r\n\r\nabcde",
		"X: y\r\n folded\r\nContent-Length: 5\r\n\r\nabcde",
		"X: y\r\n\tfolded\r\n\r\n",
		"X: y\r\n\xff: z\r\nContent-Length: 5\r\n\r\nabcde",
		"no colon\r\n\r\n",
		"X: a\n\n",
		"Expect: something\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\n3\r\nabcX0\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
		"Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nabc",
		NULL,
	};
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; bad[i]; i++) {
		int fd = dial(), status;

		snprintf(text, sizeof(text), "POST /voice/call/play HTTP/1.1"
			 "\r\nHost: localhost\r\n%s", bad[i]);
		put(fd, text, strlen(text));
		shutdown(fd, SHUT_WR);
		get(fd, false);
		status = (int)strtol(answer + 9, NULL, 10);
		if (status != 400 || !says("Connection: close") ||
		    !says("\"data\":\"rejected\""))
			fail_msg("%s: %s", bad[i], answer);
		assert_int_equal(recv(fd, text, sizeof(text), 0), 0);
		close(fd);
	}
	assert_int_equal(core.jobs, 0);
}

static void what_is_no_http_gets_our_envelope_too(void **state)
{
	static char text[40000];
	size_t len;

	(void)state;
	assert_int_equal(RAW("GARBAGE\r\n\r\n"), 400);
	assert_true(says("\"code\":1008"));
	assert_false(says("civetweb"));
	assert_int_equal(RAW("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"), 505);
	assert_int_equal(RAW("GET nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"),
			 400);
	len = (size_t)snprintf(text, sizeof(text), "GET /health/live HTTP/1.1"
			       "\r\nHost: localhost\r\nX: ");
	memset(text + len, 'x', sizeof(text) - len);
	assert_int_equal(raw(text, sizeof(text)), 400);
	assert_true(says("\"data\":\"rejected\""));
}

static void too_many_headers_are_refused(void **state)
{
	char text[4096];
	int n = snprintf(text, sizeof(text), "GET /health/live HTTP/1.1\r\n"
			 "Host: localhost\r\n"), i;

	(void)state;
	for (i = 0; i < 80; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "X-%d: 1\r\n",
			      i);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "\r\n");
	assert_int_equal(raw(text, (size_t)n), 400);
}

static void large_bodies_are_refused_early(void **state)
{
	char text[256];
	int fd = dial(), n;
	int64_t begun = mono_ms(NULL);

	(void)state;
	n = snprintf(text, sizeof(text), "POST /carriers HTTP/1.1\r\nHost: "
		     "localhost\r\nExpect: 100-continue\r\n"
		     "Content-Length: 10000000\r\n\r\n");
	put(fd, text, (size_t)n);
	get(fd, false);
	assert_true(says("HTTP/1.1 413 "));
	assert_true(says("\"code\":1300"));
	assert_true(mono_ms(NULL) - begun < 1000);
	close(fd);
}

static void a_large_body_that_is_sent_anyway_still_hears_413(void **state)
{
	static char text[10000200];
	int n = snprintf(text, sizeof(text), "POST /carriers HTTP/1.1\r\n"
			 "Host: localhost\r\nContent-Length: 10000000\r\n\r\n");

	(void)state;
	memset(text + n, 'x', 10000000);
	assert_int_equal(raw(text, (size_t)n + 10000000), 413);
}

static void chunked_bodies_are_bounded(void **state)
{
	static char text[400000];
	size_t n = (size_t)snprintf(text, sizeof(text), "POST /carriers "
				    "HTTP/1.1\r\nHost: localhost\r\n"
				    "Transfer-Encoding: chunked\r\n\r\n");
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		n += (size_t)snprintf(text + n, 16, "3e8\r\n");
		memset(text + n, ' ', 1000);
		n += 1000;
		memcpy(text + n, "\r\n", 2);
		n += 2;
	}
	memcpy(text + n, "0\r\n\r\n", 5);
	assert_int_equal(raw(text, n + 5), 413);
}

static void chunked_bodies_are_read(void **state)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "POST /voice/call/play HTTP/1.1"
			 "\r\nHost: localhost\r\nTransfer-Encoding: chunked"
			 "\r\n\r\n5\r\n%.5s\r\n%zx\r\n%s\r\n0\r\n\r\n", PLAY,
			 sizeof(PLAY) - 6, &PLAY[5]);

	(void)state;
	assert_int_equal(raw(text, (size_t)n), 200);
	assert_int_equal(core.jobs, 1);
	assert_true(says("Connection: close"));
}

static void expect_100_is_answered(void **state)
{
	char text[256];
	int fd = dial(), n;

	(void)state;
	n = snprintf(text, sizeof(text), "POST /voice/call/play HTTP/1.1\r\n"
		     "Host: localhost\r\nExpect: 100-continue\r\n"
		     "Content-Length: %zu\r\n\r\n", sizeof(PLAY) - 1);
	put(fd, text, (size_t)n);
	get(fd, true);
	assert_string_equal(answer, "HTTP/1.1 100 Continue\r\n\r\n");
	put(fd, PLAY, sizeof(PLAY) - 1);
	get(fd, false);
	assert_true(says("HTTP/1.1 200 "));
	close(fd);
}

static void a_body_that_ends_early_is_no_request(void **state)
{
	char text[256];
	int fd = dial(), n;

	(void)state;
	n = snprintf(text, sizeof(text), "POST /voice/call/play HTTP/1.1\r\n"
		     "Host: localhost\r\nContent-Length: 5000\r\n\r\n" PLAY);
	put(fd, text, (size_t)n);
	shutdown(fd, SHUT_WR);
	get(fd, false);
	assert_true(says("HTTP/1.1 400 "));
	assert_int_equal(core.jobs, 0);
	close(fd);
}

static void a_body_that_stalls_is_a_408(void **state)
{
	int64_t begun = mono_ms(NULL);

	(void)state;
	assert_int_equal(RAW("POST /carriers HTTP/1.1\r\nHost: localhost\r\n"
			     "Content-Length: 50\r\n\r\n{"), 408);
	assert_true(mono_ms(NULL) - begun < 5000);
}

static void connections_are_kept_alive_and_pipelined(void **state)
{
	static const char two[] =
		"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
		"POST /voice/call/play HTTP/1.1\r\nHost: localhost\r\n"
		"Content-Length: 2\r\n\r\n{}";
	int fd = dial(), i;

	(void)state;
	for (i = 0; i < 3; i++) {
		put(fd, two, (size_t)(strstr(two, "POST") - two));
		get(fd, false);
		assert_true(says("HTTP/1.1 200 "));
		assert_true(says("Connection: keep-alive"));
	}
	close(fd);
	fd = dial();
	put(fd, two, sizeof(two) - 1);
	shutdown(fd, SHUT_WR);
	get(fd, false);
	if (!says("HTTP/1.1 422 "))	/* the second in a read of its own    */
		get(fd, false);
	assert_true(says("HTTP/1.1 422 "));
	close(fd);
}

#define PLAIN(test) cmocka_unit_test_setup_teardown(test, up_plain, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAIN(every_answer_is_the_envelope),
		PLAIN(problem_json_comes_where_it_is_asked_for),
		PLAIN(other_methods_get_405_with_allow),
		PLAIN(head_is_get_without_the_body),
		PLAIN(paths_are_matched_whole_and_decoded_once),
		PLAIN(unknown_query_parameters_are_named),
		PLAIN(host_must_name_the_server),
		PLAIN(a_foreign_origin_is_refused),
		PLAIN(only_json_is_taken_and_no_type_is_json),
		PLAIN(broken_json_is_a_400_with_the_place),
		PLAIN(doubtful_framing_is_refused_and_the_connection_closed),
		PLAIN(what_is_no_http_gets_our_envelope_too),
		PLAIN(too_many_headers_are_refused),
		PLAIN(large_bodies_are_refused_early),
		PLAIN(a_large_body_that_is_sent_anyway_still_hears_413),
		PLAIN(chunked_bodies_are_bounded),
		PLAIN(chunked_bodies_are_read),
		PLAIN(expect_100_is_answered),
		PLAIN(a_body_that_ends_early_is_no_request),
		PLAIN(a_body_that_stalls_is_a_408),
		PLAIN(connections_are_kept_alive_and_pipelined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
