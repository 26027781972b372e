/*
 * test_api_serve.c - the plugin's app on a loopback port: Idempotency-Key,
 * API keys, errors of the core, log lines, start and stop.
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

static const struct double_option plain[] = {
	{ "listen", "127.0.0.1:0" }, { NULL, NULL },
};
static const struct double_option keyed[] = {
	{ "listen", "127.0.0.1:0" }, { "key", "reader-secret read" },
	{ "key", "caller-secret call" }, { "key", "boss-secret" },
	{ NULL, NULL },
};

static int up_plain(void **state)
{
	(void)state;
	return api_up(plain);
}

static int up_keyed(void **state)
{
	(void)state;
	return api_up(keyed);
}

static int down(void **state)
{
	(void)state;
	api_down();
	return 0;
}

static void same_key_and_body_is_the_same_answer(void **state)
{
	char first[512], id[64] = "";

	(void)state;
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: k1\r\n", PLAY), 200);
	snprintf(first, sizeof(first), "%s", body_of());
	snprintf(id, sizeof(id), "%.52s", strstr(answer, "X-Request-Id: "));
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: k1\r\n", PLAY), 200);
	assert_string_equal(body_of(), first);
	assert_false(says(id));
	assert_true(says("Idempotency-Replayed: true"));
	assert_int_equal(core.jobs, 1);
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: k2\r\n", PLAY), 200);
	assert_int_equal(core.jobs, 2);
}

static void same_key_and_another_body_is_a_422(void **state)
{
	(void)state;
	ask("POST", "/voice/call/play", "Idempotency-Key: k1\r\n", PLAY);
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: k1\r\n", PLAY " "), 422);
	assert_true(says("\"code\":1007"));
	assert_int_equal(ask("POST", "/carriers",
			     "Idempotency-Key: k1\r\n", PLAY), 422);
	assert_true(says("\"code\":1007"));
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: \r\n", PLAY), 400);
}

static void an_error_is_repeated_but_a_passing_one_is_tried_again(void **state)
{
	(void)state;
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: e\r\n", "{}"), 422);
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: e\r\n", "{}"), 422);
	assert_true(says("Idempotency-Replayed: true"));
	core.err = -EAGAIN;
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: k\r\n", PLAY), 503);
	assert_true(says("Retry-After: 1\r\n"));
	assert_true(says("\"code\":1400"));
	core.err = 0;
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: k\r\n", PLAY), 200);
}

static void *play_once(void *arg)
{
	int fd = dial();
	char text[512];
	int n = snprintf(text, sizeof(text), "POST /voice/call/play HTTP/1.1"
			 "\r\nHost: localhost\r\nIdempotency-Key: k\r\n"
			 "Content-Length: %zu\r\n\r\n" PLAY, sizeof(PLAY) - 1);

	(void)arg;
	put(fd, text, (size_t)n);
	(void)!recv(fd, text, sizeof(text), 0);
	close(fd);
	return NULL;
}

static void while_the_first_runs_the_second_is_a_409(void **state)
{
	pthread_t thread;

	(void)state;
	atomic_store(&core.block, 1);
	pthread_create(&thread, NULL, play_once, NULL);
	while (!atomic_load(&core.jobs))
		usleep(1000);
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: k\r\n", PLAY), 409);
	assert_true(says("\"code\":1202"));
	assert_true(says("Retry-After: 1"));
	atomic_store(&core.block, 0);
	pthread_join(thread, NULL);
	assert_int_equal(ask("POST", "/voice/call/play",
			     "Idempotency-Key: k\r\n", PLAY), 200);
	assert_int_equal(core.jobs, 1);
}

static void errors_of_the_core_have_their_status(void **state)
{
	static const struct {
		int err, status;
	} map[] = {
		{ -EAGAIN, 503 }, { -ESHUTDOWN, 503 }, { -EIO, 503 },
		{ -ENOSPC, 503 }, { -ENOENT, 404 }, { -ESTALE, 412 },
		{ -EPERM, 500 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(map) / sizeof(*map); i++) {
		core.err = map[i].err;
		assert_int_equal(ask("GET", "/carriers/74445609", "", NULL),
				 map[i].status);
		assert_int_equal(says("Retry-After: 1\r\n"),
				 map[i].status == 503);
	}
}

static void keys_open_what_their_scopes_say(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/carriers", "", NULL), 401);
	assert_true(says("WWW-Authenticate: Bearer realm=\"carillon\"\r\n"));
	assert_int_equal(ask("GET", "/carriers",
			     "Authorization: Bearer wrong\r\n", NULL), 401);
	assert_true(says("error=\"invalid_token\""));
	assert_int_equal(ask("GET", "/carriers", "Authorization: Bearer "
			     "reader-secret\r\n", NULL), 200);
	assert_int_equal(ask("POST", "/voice/call/play", "Authorization: "
			     "Bearer reader-secret\r\n", PLAY), 403);
	assert_true(says("lacks the scope \\\"call\\\""));
	assert_int_equal(ask("POST", "/voice/call/play", "Authorization: "
			     "Bearer caller-secret\r\n", PLAY), 200);
	assert_int_equal(ask("POST", "/carriers", "Authorization: Bearer "
			     "caller-secret\r\n", "{}"), 403);
	assert_int_equal(ask("POST", "/carriers", "Authorization: Bearer "
			     "boss-secret\r\n", "{}"), 422);
	assert_int_equal(ask("GET", "/nothing", "", NULL), 401);
	assert_int_equal(ask("GET", "/health/live", "", NULL), 200);
	assert_int_equal(ask("GET", "/openapi.json", "", NULL), 200);
	assert_false(log_has("secret"));
}

static void without_keys_only_loopback_is_served(void **state)
{
	static const struct double_option open[] = {
		{ "listen", "0.0.0.0:0" }, { NULL, NULL },
	};
	static const struct double_option locked[] = {
		{ "listen", "0.0.0.0:0" }, { "key", "k" }, { NULL, NULL },
	};

	(void)state;
	assert_int_equal(api_up(open), -EPERM);
	assert_true(log_has("without an API key"));
	carillon_plugin.close(api_state);
	assert_int_equal(api_up(locked), 0);
	api_down();
}

static void a_taken_port_is_a_clear_error(void **state)
{
	struct double_option twice[] = {
		{ "listen", NULL }, { NULL, NULL },
	};
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(at);
	char listen_at[32];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	getsockname(fd, (struct sockaddr *)&at, &len);
	snprintf(listen_at, sizeof(listen_at), "127.0.0.1:%d",
		 ntohs(at.sin_port));
	twice[0].value = listen_at;
	assert_int_not_equal(api_up(twice), 0);
	assert_true(log_has("cannot listen on"));
	carillon_plugin.close(api_state);
	close(fd);
}

static void each_request_has_one_log_line(void **state)
{
	(void)state;
	ask("POST", "/voice/call/play", "", PLAY);
	/* The line is written when the answer is out.                         */
	while (!log_has("request_id="))
		usleep(1000);
	assert_true(log_has("POST /voice/call/play 200 in "));
	assert_false(log_has("123456"));
}

static void stop_does_not_wait_for_idle_clients(void **state)
{
	static const char half[] = "POST /carriers HTTP/1.1\r\n"
				   "Host: localhost\r\n"
				   "Content-Length: 9\r\n\r\n{";
	int64_t begun;
	int fds[3], i;

	(void)state;
	assert_int_equal(api_up(plain), 0);
	for (i = 0; i < 3; i++)
		fds[i] = dial();
	put(fds[1], half, strlen(half) / 2);
	put(fds[2], half, strlen(half));
	usleep(50000);
	begun = mono_ms(NULL);
	api_down();
	assert_true(mono_ms(NULL) - begun < 1900);
	for (i = 0; i < 3; i++)
		close(fds[i]);
}

static void stop_lets_answers_under_way_out(void **state)
{
	char text[512];
	int fd, n;

	(void)state;
	assert_int_equal(api_up(plain), 0);
	atomic_store(&core.block, 1);
	n = snprintf(text, sizeof(text), "POST /voice/call/play HTTP/1.1\r\n"
		     "Host: localhost\r\nContent-Length: %zu\r\n\r\n" PLAY,
		     sizeof(PLAY) - 1);
	fd = dial();
	put(fd, text, (size_t)n);
	while (!atomic_load(&core.jobs))
		usleep(1000);
	atomic_store(&core.block, 0);
	api_down();
	get(fd, false);
	assert_true(says("HTTP/1.1 200 "));
	close(fd);
}

#define PLAIN(test) cmocka_unit_test_setup_teardown(test, up_plain, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAIN(same_key_and_body_is_the_same_answer),
		PLAIN(same_key_and_another_body_is_a_422),
		PLAIN(an_error_is_repeated_but_a_passing_one_is_tried_again),
		PLAIN(while_the_first_runs_the_second_is_a_409),
		PLAIN(errors_of_the_core_have_their_status),
		cmocka_unit_test_setup_teardown(keys_open_what_their_scopes_say,
						up_keyed, down),
		cmocka_unit_test(without_keys_only_loopback_is_served),
		cmocka_unit_test(a_taken_port_is_a_clear_error),
		PLAIN(each_request_has_one_log_line),
		cmocka_unit_test(stop_does_not_wait_for_idle_clients),
		cmocka_unit_test(stop_lets_answers_under_way_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
