/*
 * test_api_prompts.c - recordings are uploaded, listed and deleted over a core
 * that is none.
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

#define WAV "Content-Type: audio/wav\r\n"

static void upload_answers_what_it_is(void **state)
{
	json_t *t, *p;

	(void)state;
	assert_int_equal(ask("POST", "/prompts?name=h%C3%A9llo%20you", WAV,
			     "RIFF..."), 200);
	t = tree();
	p = json_object_get(t, "prompt");
	assert_string_equal(text_at(t, "prompt_id"), PROMPT_ID);
	assert_string_equal(text_at(p, "id"), PROMPT_ID);
	assert_string_equal(text_at(p, "name"), "h\xc3\xa9llo you");
	assert_string_equal(text_at(p, "format"), "wav pcm_16");
	assert_string_equal(text_at(p, "created_at"),
			    "2023-11-14T22:13:20.123Z");
	assert_int_equal(int_at(p, "rate"), 8000);
	assert_int_equal(int_at(p, "channels"), 1);
	assert_int_equal(int_at(p, "bytes"), 7);
	assert_int_equal(int_at(p, "duration_ms"), 50);
	json_decref(t);
}

static void upload_takes_audio_and_no_form(void **state)
{
	static const struct { const char *header; int status; } in[] = {
		{ "", 200 },
		{ "Content-Type: audio/x-flac\r\n", 200 },
		{ "Content-Type: AUDIO/ogg; codecs=opus\r\n", 200 },
		{ "Content-Type: application/ogg\r\n", 200 },
		{ "Content-Type: application/octet-stream\r\n", 200 },
		{ "Content-Type: application/json\r\n", 415 },
		{ "Content-Type: text/plain\r\n", 415 },
		{ "Content-Type: multipart/form-data; boundary=x\r\n", 415 },
		{ "Content-Type: application/x-www-form-urlencoded\r\n", 415 },
		{ "Content-Type: audio\r\n", 415 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		assert_int_equal(ask("POST", "/prompts", in[i].header, "RIFF"),
				 in[i].status);
	assert_true(says("such as audio/wav"));
	/* And nobody else takes audio. */
	assert_int_equal(ask("POST", "/carriers", WAV, "{}"), 415);
}

static void upload_that_is_no_sound_is_a_422(void **state)
{
	json_t *t;

	(void)state;
	assert_int_equal(ask("POST", "/prompts", WAV, "<html>"), 422);
	t = tree();
	assert_string_equal(text_at(json_object_get(t, "error"), "pointer"),
			    "");
	assert_string_equal(text_at(json_object_get(t, "error"), "detail"),
			    "the core says no");
	json_decref(t);
	assert_int_equal(ask("POST", "/prompts", WAV, ""), 422);
}

static void upload_to_a_full_library_is_a_507(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/prompts", WAV, "FULL"), 507);
	assert_true(says("507 Insufficient Storage"));
	assert_true(says("urn:carillon:error:full"));
	assert_false(says("Retry-After"));
	core.err = -EIO;
	assert_int_equal(ask("POST", "/prompts", WAV, "RIFF"), 503);
	assert_true(says("Retry-After"));
}

static void upload_is_bounded_by_the_core_not_by_max_body(void **state)
{
	static char big[PROMPT_MAX + 2];

	(void)state;
	memset(big, 'x', PROMPT_MAX + 1);
	memcpy(big, "RIFF", 4);
	assert_int_equal(ask("POST", "/prompts", WAV, big), 413);
	assert_true(says("larger than 5000 bytes (fetch.max_bytes)"));
	/* Before any of it was sent. */
	assert_int_equal(ask("POST", "/prompts", WAV
			     "Content-Length: 1000000000\r\n", NULL), 413);
	big[PROMPT_MAX] = '\0';
	assert_int_equal(ask("POST", "/prompts", WAV, big), 200);
	/* api.max_body is 1,024 here. */
	assert_int_equal(ask("POST", "/carriers", "", big), 413);
	assert_true(says("(api.max_body)"));
}

static void upload_in_chunks_arrives_whole(void **state)
{
	static const char text[] = "POST /prompts HTTP/1.1\r\n"
		"Host: 127.0.0.1\r\nConnection: close\r\n" WAV
		"Transfer-Encoding: chunked\r\n\r\n"
		"4\r\nRIFF\r\n6\r\nsound!\r\n0\r\n\r\n";

	(void)state;
	assert_int_equal(raw(text, sizeof(text) - 1), 200);
	assert_true(says("\"bytes\":10"));
}

static void upload_names_are_text(void **state)
{
	static const char *const bad[] = {
		"/prompts?name=a%0Ab", "/prompts?name=%FF",
		"/prompts?nam=a",
	};
	char target[200] = "/prompts?name=";

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(ask("POST", bad[i], WAV, "RIFF"), 422);
	assert_true(says("nearest known one is \\\"name\\\""));
	memset(target + 14, 'n', 127);
	assert_int_equal(ask("POST", target, WAV, "RIFF"), 200);
	target[14 + 127] = 'n';
	assert_int_equal(ask("POST", target, WAV, "RIFF"), 422);
}

static void upload_is_done_once_by_its_idempotency_key(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/prompts", WAV
			     "Idempotency-Key: k1\r\n", "RIFF"), 200);
	assert_int_equal(ask("POST", "/prompts", WAV
			     "Idempotency-Key: k1\r\n", "RIFF"), 200);
	assert_true(says("Idempotency-Replayed: true"));
	assert_int_equal(atomic_load(&core.jobs), 1);
	assert_int_equal(ask("POST", "/prompts", WAV
			     "Idempotency-Key: k1\r\n", "RIFX"), 422);
	/* A full library may have room later. */
	assert_int_equal(ask("POST", "/prompts", WAV
			     "Idempotency-Key: k2\r\n", "FULL"), 507);
	assert_int_equal(ask("POST", "/prompts", WAV
			     "Idempotency-Key: k2\r\n", "FULL"), 507);
	assert_int_equal(atomic_load(&core.jobs), 3);
}

static void one_is_got_and_deleted_by_its_id(void **state)
{
	static const char *const bad[] = {
		"/prompts/x", "/prompts/0123456789ABCDEF0123456789ABCDEF",
		"/prompts/0123456789abcdef0123456789abcdee",
		("/prompts/" PROMPT_ID "0"), ("/prompts/..%2F" PROMPT_ID),
	};
	json_t *t;

	(void)state;
	assert_int_equal(ask("GET", "/prompts/" PROMPT_ID, "", NULL), 200);
	t = tree();
	assert_string_equal(text_at(json_object_get(t, "prompt"), "id"),
			    PROMPT_ID);
	json_decref(t);
	assert_int_equal(ask("DELETE", "/prompts/" PROMPT_ID, "", NULL), 200);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(ask("GET", bad[i], "", NULL), 404);
		assert_int_equal(ask("DELETE", bad[i], "", NULL), 404);
	}
	assert_true(says("there is no such recording"));
	core.err = -EBUSY;
	assert_int_equal(ask("DELETE", "/prompts/" PROMPT_ID, "", NULL), 409);
	assert_true(says("a job that is not done plays this recording"));
}

static void list_pages_by_an_opaque_cursor(void **state)
{
	char target[200] = "/prompts?limit=2";
	size_t got = 0, pages = 0;

	(void)state;
	core.rows = 5;
	for (;; pages++) {
		json_t *t, *next;

		assert_int_equal(ask("GET", target, "", NULL), 200);
		t = tree();
		got += json_array_size(json_object_get(t, "prompts"));
		next = json_object_get(t, "next");
		snprintf(target, sizeof(target), "/prompts?limit=2&cursor=%s",
			 json_is_string(next) ? json_string_value(next) : "");
		if (json_is_null(next)) {
			json_decref(t);
			break;
		}
		json_decref(t);
	}
	assert_int_equal(got, 5);
	assert_int_equal(pages, 2);
	assert_int_equal(ask("GET", "/prompts?cursor=made-up", "", NULL), 422);
	assert_int_equal(ask("GET", "/prompts?limit=501", "", NULL), 422);
}

static void scopes_are_call_to_upload_and_admin_to_delete(void **state)
{
	static const struct double_option keys[] = {
		{ "listen", "127.0.0.1:0" },
		{ "key", "0123456789abcdef-call call" },
		{ "key", "0123456789abcdef-read read" },
		{ NULL, NULL },
	};
	static const char caller[] =
		"Authorization: Bearer 0123456789abcdef-call\r\n" WAV;
	static const char reader[] =
		"Authorization: Bearer 0123456789abcdef-read\r\n" WAV;

	(void)state;
	api_down();
	assert_int_equal(api_up(keys), 0);
	assert_int_equal(ask("POST", "/prompts", caller, "RIFF"), 200);
	assert_int_equal(ask("POST", "/prompts", reader, "RIFF"), 403);
	assert_int_equal(ask("GET", "/prompts", caller, NULL), 200);
	assert_int_equal(ask("GET", "/prompts", reader, NULL), 200);
	assert_int_equal(ask("DELETE", "/prompts/" PROMPT_ID, caller, NULL),
			 403);
}

static int small(void **state)
{
	static const struct double_option options[] = {
		{ "listen", "127.0.0.1:0" }, { "max_body", "1024" },
		{ NULL, NULL },
	};

	(void)state;
	return api_up(options);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, small, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(upload_answers_what_it_is),
		TEST(upload_takes_audio_and_no_form),
		TEST(upload_that_is_no_sound_is_a_422),
		TEST(upload_to_a_full_library_is_a_507),
		TEST(upload_is_bounded_by_the_core_not_by_max_body),
		TEST(upload_in_chunks_arrives_whole),
		TEST(upload_names_are_text),
		TEST(upload_is_done_once_by_its_idempotency_key),
		TEST(one_is_got_and_deleted_by_its_id),
		TEST(list_pages_by_an_opaque_cursor),
		TEST(scopes_are_call_to_upload_and_admin_to_delete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
