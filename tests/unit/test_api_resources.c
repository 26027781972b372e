/*
 * test_api_resources.c - carriers, status, play and service routes, as a client
 * sees them, over a core that is none.
 *
 * Needs all of api/ but with openapi.c; -lcivetweb -ljansson -lpthread.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "api_bench.h"

#define CARRIER1 \
	"{\"name\": \"carrier 1\", \"host\": \"sip.carrier1.com\", " \
	"\"protocol\": \"SIP\", \"prefix\": \"8888\", " \
	"\"codecs\": [\"mulaw\", \"alaw\"], \"register\": false}"
#define CARRIER2 \
	"{\"name\": \"carrier 2\", \"host\": \"10.2.2.22\", " \
	"\"protocol\": \"SIP\", \"codecs\": [\"mulaw\", \"alaw\", \"g729\", " \
	"\"g723\"], \"register\": true, \"username\": \"client1\"}"
#define LIST "\"playlist\":[{\"play\":\"http://h/a.wav\"}]"

/* A 422 with this code and pointer among its errors.                         */
static void wrong(const char *body, int code, const char *pointer)
{
	json_t *t, *e;
	size_t i;
	bool found = false;

	assert_int_equal(ask("POST", "/voice/call/play", "", body), 422);
	t = tree();
	json_array_foreach(json_object_get(t, "errors"), i, e)
		found |= int_at(e, "code") == code &&
			 !strcmp(text_at(e, "pointer"), pointer);
	if (!found)
		fail_msg("no %d at %s: %s", code, pointer, body_of());
	json_decref(t);
	assert_int_equal(core.jobs, 0);
}

/* ---- carriers ------------------------------------------------------------ */

static void the_articles_carriers_are_taken(void **state)
{
	json_t *t;

	(void)state;
	assert_int_equal(ask("POST", "/carriers", "", CARRIER1), 200);
	t = tree();
	assert_int_equal(int_at(t, "code"), 0);
	assert_int_equal(int_at(t, "status"), 200);
	assert_string_equal(text_at(t, "data"), "accepted");
	assert_int_equal(strlen(text_at(t, "request_id")), 36);
	assert_string_equal(text_at(t, "carrier_id"), "74445600");
	assert_null(json_object_get(t, "warnings"));
	json_decref(t);
	assert_true(says("ETag: \"1\"\r\n"));
	assert_int_equal(ask("POST", "/carriers", "", CARRIER2), 200);
	t = tree();
	assert_int_equal(json_array_size(json_object_get(t, "warnings")), 2);
	json_decref(t);
	assert_int_equal(core.carriers[1].do_register, 1);
	assert_string_equal(core.carriers[1].username, "client1");
	assert_string_equal(core.carriers[1].password, "");
}

static void wrong_fields_come_all_at_once(void **state)
{
	json_t *t;

	(void)state;
	assert_int_equal(ask("POST", "/carriers", "", "{\"name\":1,\"usrname\":"
			     "\"x\",\"register\":\"yes\"}"), 422);
	t = tree();
	assert_int_equal(json_array_size(json_object_get(t, "errors")), 5);
	assert_string_equal(text_at(json_object_get(t, "error"), "pointer"),
			    "/name");
	assert_int_equal(int_at(t, "code"), 1001);
	json_decref(t);
	assert_true(says("the nearest known one is \\\"username\\\""));
	assert_int_equal(core.n_carriers, 0);
}

static void what_the_server_sets_cannot_be_posted(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/carriers", "", "{\"name\":\"n\",\"host\""
			     ":\"h\",\"codecs\":[\"mulaw\"],\"carrier_id\":"
			     "\"74445609\",\"version\":null}"), 422);
	assert_true(says("\"detail\":\"is set by the server\",\"pointer\":"
			 "\"/carrier_id\""));
	assert_true(says("\"pointer\":\"/version\""));
	assert_false(says("nearest"));
	assert_int_equal(core.n_carriers, 0);
}

static void what_the_core_refuses_is_told(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/carriers", "", "{\"name\":\"n\",\"host\""
			     ":\"h\",\"codecs\":[\"nonsense\"]}"), 422);
	assert_true(says("\"pointer\":\"/codecs/0\""));
}

static void the_password_never_comes_back(void **state)
{
	static const char with[] =
		"{\"name\":\"n\",\"host\":\"h\",\"codecs\":[\"mulaw\"],"
		"\"password\":\"hush-hush\"}";

	(void)state;
	assert_int_equal(ask("POST", "/carriers", "", with), 200);
	assert_false(says("hush"));
	assert_int_equal(ask("GET", "/carriers/74445600", "", NULL), 200);
	assert_false(says("hush"));
	assert_true(says("\"password_set\":true"));
	assert_int_equal(ask("GET", "/carriers", "", NULL), 200);
	assert_false(says("hush"));
	assert_int_equal(ask("PUT", "/carriers/74445600", "", with), 200);
	assert_false(says("hush"));
	assert_false(log_has("hush"));
}

static void if_match_guards_changes(void **state)
{
	(void)state;
	ask("POST", "/carriers", "", CARRIER1);
	assert_int_equal(ask("GET", "/carriers/74445600", "", NULL), 200);
	assert_true(says("ETag: \"1\"\r\n"));
	assert_int_equal(ask("PATCH", "/carriers/74445600", "If-Match: \"1\""
			     "\r\n", "{\"name\":\"new\"}"), 200);
	assert_true(says("ETag: \"2\"\r\n"));
	assert_true(says("\"name\":\"new\""));
	assert_int_equal(ask("PATCH", "/carriers/74445600", "If-Match: \"1\""
			     "\r\n", "{\"name\":\"newer\"}"), 412);
	assert_int_equal(ask("PATCH", "/carriers/74445600", "If-Match: W/\"2\""
			     "\r\n", "{}"), 412);
	assert_int_equal(ask("PATCH", "/carriers/74445600", "If-Match: \"9\", "
			     "\"2\"\r\n", "{}"), 200);
	assert_int_equal(ask("PATCH", "/carriers/74445600", "If-Match: *\r\n",
			     "{}"), 200);
	assert_int_equal(ask("DELETE", "/carriers/74445600", "If-Match: \"1\""
			     "\r\n", NULL), 412);
	assert_int_equal(ask("DELETE", "/carriers/74445600", "", NULL), 200);
	assert_int_equal(ask("GET", "/carriers/74445600", "", NULL), 404);
	assert_int_equal(ask("DELETE", "/carriers/74445600", "", NULL), 404);
}

static void patch_sets_what_is_given_and_put_the_rest(void **state)
{
	(void)state;
	ask("POST", "/carriers", "", CARRIER1);
	assert_int_equal(ask("PATCH", "/carriers/74445600", "Content-Type: "
			     "application/merge-patch+json\r\n",
			     "{\"name\":\"x\",\"password\":null}"), 200);
	assert_int_equal(core.replace, 0);
	assert_int_equal(core.set[0], 1);
	assert_int_equal(core.set[1], 0);
	assert_int_equal(core.set[8], 1);
	assert_int_equal(ask("PUT", "/carriers/74445600", "",
			     "{\"name\":\"x\"}"), 422);
	assert_int_equal(ask("PUT", "/carriers/74445600", "", CARRIER1), 200);
	assert_int_equal(core.replace, 1);
	assert_int_equal(core.set[8], 0);
}

static void what_was_got_may_be_sent_back(void **state)
{
	json_t *t;
	char *body;

	(void)state;
	ask("POST", "/carriers", "", CARRIER1);
	ask("GET", "/carriers/74445600", "", NULL);
	t = tree();
	body = json_dumps(json_object_get(t, "carrier"), 0);
	json_decref(t);
	assert_int_equal(ask("PUT", "/carriers/74445600", "", body), 200);
	/* The version has grown: now it says what is not so.                 */
	assert_int_equal(ask("PUT", "/carriers/74445600", "", body), 422);
	assert_true(says("\"pointer\":\"/version\""));
	assert_true(says("is 1, the carrier is at 2: GET it again"));
	assert_false(says("is set by the server"));
	free(body);
}

static void the_list_pages_by_cursor(void **state)
{
	char target[300], next[160];
	size_t seen = 0, pages = 0, i;
	json_t *t;

	(void)state;
	for (i = 0; i < 5; i++)
		ask("POST", "/carriers", "", CARRIER1);
	snprintf(target, sizeof(target), "/carriers?limit=2");
	do {
		assert_int_equal(ask("GET", target, "", NULL), 200);
		t = tree();
		seen += json_array_size(json_object_get(t, "carriers"));
		snprintf(next, sizeof(next), "%s", text_at(t, "next"));
		json_decref(t);
		snprintf(target, sizeof(target), "/carriers?limit=2&cursor=%s",
			 next);
		pages++;
	} while (*next);
	assert_int_equal(seen, 5);
	assert_int_equal(pages, 3);
}

static void the_status_names_the_post_that_made_the_carrier(void **state)
{
	json_t *t, *r, *ping;

	(void)state;
	assert_int_equal(ask("GET", "/status/carrier/74445609", "", NULL),
			 200);
	t = tree();
	assert_string_equal(text_at(t, "request_id"), REQUEST_ID);
	r = json_object_get(t, "result");
	assert_string_equal(text_at(r, "sip_registration"), "registered");
	assert_string_equal(text_at(r, "expires_at"),
			    "2023-11-14T22:13:20.123Z");
	assert_true(json_is_null(json_object_get(r, "next_attempt_at")));
	assert_int_equal(int_at(r, "last_code"), 200);
	assert_string_equal(text_at(r, "last_reason"), "O?K");
	assert_string_equal(text_at(r, "server"), "udp:192.0.2.1:5060");
	assert_string_equal(text_at(r, "call_id"), "registration-1");
	ping = json_object_get(r, "ping");
	assert_string_equal(text_at(ping, "state"), "down");
	assert_int_equal(int_at(ping, "last_code"), 408);
	assert_string_equal(text_at(ping, "last_reason"), "Request Timeout");
	assert_string_equal(text_at(ping, "at"), "2023-11-14T22:13:20.000Z");
	assert_true(json_is_null(json_object_get(ping, "rtt_ms")));
	assert_string_equal(text_at(ping, "server"), "udp:192.0.2.1:5060");
	assert_string_equal(text_at(ping, "call_id"), "ping-1");
	r = json_array_get(json_object_get(r, "history"), 0);
	assert_string_equal(text_at(r, "state"), "registering");
	json_decref(t);
	assert_int_equal(ask("GET", "/status/carrier/ffffffff", "", NULL),
			 404);
}

/* ---- play ---------------------------------------------------------------- */

static void the_articles_call_becomes_a_job(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/voice/call/play", "",
		"{\"to\": \"123456\", \"from\": \"me\", \"carrier_id\": "
		"\"74445609\", \"playlist\": [{\"play\": "
		"\"http://server.domain.com/voices/hello.wav\"}, {\"play\": "
		"\"http://server.domain.com/voices/main-message.wav\"}]}"),
		200);
	assert_int_equal(core.single, 1);
	assert_int_equal(core.n_recipients, 1);
	assert_int_equal(core.n_items, 2);
	assert_string_equal(core.to, "123456");
	assert_string_equal(core.from, "me");
	assert_string_equal(core.carrier_id, "74445609");
	assert_string_equal(core.item,
			    "http://server.domain.com/voices/hello.wav");
	assert_int_equal(core.ring_timeout_s, 0);
}

static void many_recipients_become_one_job(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/voice/call/play", "",
		"{\"recipients\":[{\"to\":\"sip:alice@192.168.1.1:5060\"},"
		"{\"to\":\"1\",\"carrier_id\":\"74445609\",\"from\":null}],"
		"\"ring_timeout_s\":30,\"from_name\":\"M\xc3\xa4r \\\"X\\\"\","
		LIST "}"), 200);
	assert_string_equal(core.from_name, "M\xc3\xa4r \"X\"");
	assert_int_equal(core.single, 0);
	assert_int_equal(core.n_recipients, 2);
	assert_string_equal(core.to, "sip:alice@192.168.1.1:5060");
	assert_int_equal(core.ring_timeout_s, 30);
}

static void each_fault_of_a_call_has_its_pointer(void **state)
{
	(void)state;
	wrong("{}", CLN_INVALID, "/to");
	wrong("{}", CLN_INVALID, "/playlist");
	wrong("{\"to\":\"1\",\"recipients\":[]," LIST "}", CLN_INVALID,
	      "/recipients");
	wrong("{\"recipients\":[]," LIST "}", CLN_INVALID, "/recipients");
	wrong("{\"recipients\":{}," LIST "}", CLN_INVALID, "/recipients");
	wrong("{\"recipients\":[7]," LIST "}", CLN_INVALID, "/recipients/0");
	wrong("{\"recipients\":[{\"to\":\"1\"},{}]," LIST "}", CLN_INVALID,
	      "/recipients/1/to");
	wrong("{\"recipients\":[{\"to\":\"1\"},{\"to\":\"x\"}]," LIST "}",
	      CLN_INVALID, "/recipients/1/to");
	wrong("{\"recipients\":[{\"to\":\"1\",\"form\":\"me\"}]," LIST "}",
	      CLN_UNKNOWN_FIELD, "/recipients/0/form");
	wrong("{\"to\":\"1\",\"from\":\"me@evil\"," LIST "}", CLN_INVALID,
	      "/from");
	wrong("{\"to\":\"1\\r\\nX: y\"," LIST "}", CLN_INVALID, "/to");
	wrong("{\"to\":1," LIST "}", CLN_INVALID, "/to");
	wrong("{\"to\":\"sip:a@h\",\"carrier_id\":\"74445609\"," LIST "}",
	      CLN_INVALID, "/to");
	wrong("{\"recipients\":[{\"to\":\"sip:a@h\"}],\"carrier_id\":"
	      "\"74445609\"," LIST "}", CLN_INVALID, "/recipients/0/to");
	wrong("{\"to\":\"1\",\"carrier_id\":\"7444560\"," LIST "}",
	      CLN_INVALID, "/carrier_id");
	wrong("{\"to\":\"1\",\"from_name\":7," LIST "}", CLN_INVALID,
	      "/from_name");
	wrong("{\"to\":\"1\",\"from_name\":\"a\\r\\nb\"," LIST "}",
	      CLN_INVALID, "/from_name");
	wrong("{\"to\":\"1\",\"from_name\":\"12345678901234567890123456789012"
	      "345678901234567890123456789012345\"," LIST "}", CLN_INVALID,
	      "/from_name");
	wrong("{\"to\":\"1\",\"ring_timeout_s\":0," LIST "}", CLN_INVALID,
	      "/ring_timeout_s");
	wrong("{\"to\":\"1\",\"ring_timeout_s\":601," LIST "}", CLN_INVALID,
	      "/ring_timeout_s");
	wrong("{\"to\":\"1\",\"playlits\":[]," LIST "}", CLN_UNKNOWN_FIELD,
	      "/playlits");
}

static void each_fault_of_a_playlist_has_its_pointer(void **state)
{
	(void)state;
	wrong("{\"to\":\"1\",\"playlist\":[]}", CLN_INVALID, "/playlist");
	wrong("{\"to\":\"1\",\"playlist\":[\"x\"]}", CLN_INVALID,
	      "/playlist/0");
	wrong("{\"to\":\"1\",\"playlist\":[{}]}", CLN_INVALID, "/playlist/0");
	wrong("{\"to\":\"1\",\"playlist\":[{\"play\":\"u\",\"say\":\"t\"}]}",
	      CLN_INVALID, "/playlist/0");
	wrong("{\"to\":\"1\",\"playlist\":[{\"play\":\"u\"},{\"play\":7}]}",
	      CLN_INVALID, "/playlist/1/play");
	wrong("{\"to\":\"1\",\"playlist\":[{\"play\":\"\"}]}", CLN_INVALID,
	      "/playlist/0/play");
	wrong("{\"to\":\"1\",\"playlist\":[{\"play\":\"a\\nb\"}]}",
	      CLN_INVALID, "/playlist/0/play");
	wrong("{\"to\":\"1\",\"playlist\":[{\"play\":\"u\",\"language\":"
	      "\"en\"}]}", CLN_INVALID, "/playlist/0/language");
	wrong("{\"to\":\"1\",\"playlist\":[{\"say\":\"t\",\"language\":"
	      "\"e n\"}]}", CLN_INVALID, "/playlist/0/language");
	wrong("{\"to\":\"1\",\"playlist\":[{\"plya\":\"u\"}]}",
	      CLN_UNKNOWN_FIELD, "/playlist/0/plya");
}

static void a_start_is_told_to_the_core(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/voice/call/play", "",
			     "{\"to\":\"1\"," LIST "}"), 200);
	assert_int_equal(core.start, CLN_START_ANSWER);
	assert_int_equal(core.start_wait_ms, 0);
	assert_int_equal(core.repeat, 1);
	assert_int_equal(ask("POST", "/voice/call/play", "",
			     "{\"to\":\"1\",\"start\":\"silence\","
			     "\"start_wait_ms\":120000,\"repeat\":100,"
			     "\"playlist\":[{\"pause_ms\":1}]}"), 200);
	assert_int_equal(core.start, CLN_START_SILENCE);
	assert_int_equal(core.start_wait_ms, 120000);
	assert_int_equal(core.repeat, 100);
	assert_int_equal(core.item_type, CLN_ITEM_PAUSE);
	assert_int_equal(ask("POST", "/voice/call/play", "",
			     "{\"to\":\"1\",\"start\":\"media\","
			     LIST "}"), 200);
	assert_int_equal(core.start, CLN_START_MEDIA);
}

static void each_fault_of_a_start_has_its_pointer(void **state)
{
	(void)state;
	wrong("{\"to\":\"1\",\"start\":\"now\"," LIST "}", CLN_INVALID,
	      "/start");
	wrong("{\"to\":\"1\",\"start\":1," LIST "}", CLN_INVALID, "/start");
	wrong("{\"to\":\"1\",\"start_wait_ms\":5," LIST "}", CLN_INVALID,
	      "/start_wait_ms");
	wrong("{\"to\":\"1\",\"start\":\"media\",\"start_wait_ms\":0,"
	      LIST "}", CLN_INVALID, "/start_wait_ms");
	wrong("{\"to\":\"1\",\"start\":\"media\",\"start_wait_ms\":"
	      "120001," LIST "}", CLN_INVALID, "/start_wait_ms");
	wrong("{\"to\":\"1\",\"repeat\":0," LIST "}", CLN_INVALID,
	      "/repeat");
	wrong("{\"to\":\"1\",\"repeat\":101," LIST "}", CLN_INVALID,
	      "/repeat");
	wrong("{\"to\":\"1\",\"strat\":\"media\"," LIST "}",
	      CLN_UNKNOWN_FIELD, "/strat");
}

/* What follows from a fault that was told already is none of its own. */
static void what_only_the_core_sees_is_told_beside_the_rest(void **state)
{
	static const char *const seen[] = {
		"/playlist/0", "/playlist/1/play", "/repeat", "/from/x",
		"/playlist/10",
	};
	json_t *t;

	(void)state;
	memcpy(core.wrong, seen, sizeof(seen));
	assert_int_equal(ask("POST", "/voice/call/play", "", "{\"to\":\"1\","
			     "\"repeat\":0,\"from\":7,\"playlist\":[{\"play\":7},"
			     "{\"play\":\"u\"}]}"), 422);
	t = tree();
	assert_int_equal(json_array_size(json_object_get(t, "errors")), 5);
	json_decref(t);
	assert_true(says("\"pointer\":\"/repeat\""));
	assert_true(says("\"pointer\":\"/from\""));
	assert_true(says("\"pointer\":\"/playlist/0/play\""));
	assert_true(says("\"pointer\":\"/playlist/1/play\""));
	assert_true(says("\"pointer\":\"/playlist/10\""));
	assert_int_equal(core.jobs, 0);
}

static void start_that_was_not_understood_is_one_fault(void **state)
{
	json_t *t;

	(void)state;
	assert_int_equal(ask("POST", "/voice/call/play", "", "{\"to\":\"1\","
			     "\"start\":7,\"start_wait_ms\":5," LIST "}"), 422);
	t = tree();
	assert_int_equal(json_array_size(json_object_get(t, "errors")), 1);
	json_decref(t);
	assert_true(says("\"pointer\":\"/start\""));
}

static void speech_is_the_cores_to_refuse(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/voice/call/play", "", "{\"to\":\"1\","
			     "\"playlist\":[{\"say\":\"hello\",\"language\":"
			     "\"en\"}]}"), 422);
	assert_true(says("\"code\":1004"));
	assert_true(says("urn:carillon:error:no_speech_source"));
	assert_true(says("\"pointer\":\"/playlist/0/say\""));
}

static void more_errors_than_are_listed_are_counted(void **state)
{
	static char body[8192];
	size_t n = (size_t)snprintf(body, sizeof(body),
				    "{" LIST ",\"recipients\":[");
	json_t *t;
	int i;

	(void)state;
	for (i = 0; i < 50; i++)
		n += (size_t)snprintf(body + n, sizeof(body) - n,
				      "%s{\"to\":\"x\"}", i ? "," : "");
	snprintf(body + n, sizeof(body) - n, "]}");
	assert_int_equal(ask("POST", "/voice/call/play", "", body), 422);
	t = tree();
	assert_int_equal(json_array_size(json_object_get(t, "errors")), 32);
	assert_int_equal(int_at(t, "errors_total"), 50);
	json_decref(t);
}

/* ---- service ------------------------------------------------------------- */

static void readiness_follows_the_core(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/health/ready", "", NULL), 200);
	core.err = -EIO;
	assert_int_equal(ask("GET", "/health/ready", "", NULL), 503);
	assert_true(says("Retry-After: "));
	assert_true(says("the store is away"));
	assert_int_equal(ask("GET", "/health/live", "", NULL), 200);
}

static void plugins_are_listed(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/plugins", "", NULL), 200);
	assert_true(says("\"plugins\":[{\"name\":\"pcmu\",\"version\":\"1\","
			 "\"licence\":\"MIT\""));
}

static void the_openapi_document_is_served(void **state)
{
	json_t *t;

	(void)state;
	assert_int_equal(ask("GET", "/openapi.json", "", NULL), 200);
	t = tree();
	assert_string_equal(text_at(t, "openapi"), "3.1.0");
	json_decref(t);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_articles_carriers_are_taken),
		TEST(wrong_fields_come_all_at_once),
		TEST(what_the_server_sets_cannot_be_posted),
		TEST(what_the_core_refuses_is_told),
		TEST(the_password_never_comes_back),
		TEST(if_match_guards_changes),
		TEST(patch_sets_what_is_given_and_put_the_rest),
		TEST(what_was_got_may_be_sent_back),
		TEST(the_list_pages_by_cursor),
		TEST(the_status_names_the_post_that_made_the_carrier),
		TEST(the_articles_call_becomes_a_job),
		TEST(many_recipients_become_one_job),
		TEST(each_fault_of_a_call_has_its_pointer),
		TEST(each_fault_of_a_playlist_has_its_pointer),
		TEST(a_start_is_told_to_the_core),
		TEST(each_fault_of_a_start_has_its_pointer),
		TEST(what_only_the_core_sees_is_told_beside_the_rest),
		TEST(start_that_was_not_understood_is_one_fault),
		TEST(speech_is_the_cores_to_refuse),
		TEST(more_errors_than_are_listed_are_counted),
		TEST(readiness_follows_the_core),
		TEST(plugins_are_listed),
		TEST(the_openapi_document_is_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
