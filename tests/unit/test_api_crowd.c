/*
 * test_api_crowd.c - 300 half-open connections do not shut the API.
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

enum { CROWD = 300, ENOUGH_MS = 5000 };

static const struct double_option plain[] = {
	{ "listen", "127.0.0.1:0" }, { NULL, NULL },	/* 24 workers         */
};

static int fds[CROWD];

static int up(void **state)
{
	(void)state;
	return api_up(plain);
}

static int down(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < CROWD; i++)
		close(fds[i]);
	api_down();
	return 0;
}

/* Opens the crowd, each with the same beginning, then asks as anybody would. */
static void ask_behind(const char *beginning)
{
	int64_t begun, took;
	int i;

	for (i = 0; i < CROWD; i++) {
		fds[i] = dial();
		put(fds[i], beginning, strlen(beginning));
	}
	begun = mono_ms(NULL);
	assert_int_equal(ask("GET", "/health/live", "", NULL), 200);
	took = mono_ms(NULL) - begun;
	print_message("answered after %lld ms\n", (long long)took);
	assert_true(took < ENOUGH_MS);
}

static void silent_connections_delay_little(void **state)
{
	(void)state;
	ask_behind("");
}

static void half_a_header_delays_little(void **state)
{
	(void)state;
	ask_behind("GET /health/live HTTP/1.1\r\nHost: loc");
}

static void half_a_body_delays_little(void **state)
{
	(void)state;
	ask_behind("POST /carriers HTTP/1.1\r\nHost: localhost\r\n"
		   "Content-Length: 100\r\n\r\n{");
}

static void *drip(void *arg)
{
	atomic_int *go = arg;
	int i;

	while (atomic_load(go)) {
		for (i = 0; i < CROWD; i++)
			put(fds[i], "x", 1);
		usleep(50000);
	}
	return NULL;
}

static void a_crowd_that_drips_delays_little(void **state)
{
	static const char beginning[] = "POST /carriers HTTP/1.1\r\nHost: "
					"localhost\r\nContent-Length: 9999"
					"\r\n\r\n{";
	atomic_int go = 1;
	int64_t begun;
	pthread_t thread;
	int i;

	(void)state;
	for (i = 0; i < CROWD; i++) {
		fds[i] = dial();
		put(fds[i], beginning, sizeof(beginning) - 1);
	}
	pthread_create(&thread, NULL, drip, &go);
	begun = mono_ms(NULL);
	assert_int_equal(ask("GET", "/health/live", "", NULL), 200);
	begun = mono_ms(NULL) - begun;
	print_message("answered after %lld ms\n", (long long)begun);
	assert_true(begun < ENOUGH_MS);
	atomic_store(&go, 0);
	pthread_join(thread, NULL);
}

static void idle_clients_do_not_keep_others_out(void **state)
{
	static const char request[] = "GET /health/live HTTP/1.1\r\n"
				      "Host: localhost\r\n\r\n";
	int64_t begun = mono_ms(NULL);
	int i;

	(void)state;
	for (i = 0; i < CROWD; i++) {
		fds[i] = dial();
		put(fds[i], request, sizeof(request) - 1);
		get(fds[i], false);
		assert_true(says("HTTP/1.1 200 "));
	}
	begun = mono_ms(NULL) - begun;
	print_message("%d kept clients served in %lld ms\n", CROWD,
		      (long long)begun);
	assert_true(begun < ENOUGH_MS);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(silent_connections_delay_little),
		TEST(half_a_header_delays_little),
		TEST(half_a_body_delays_little),
		TEST(a_crowd_that_drips_delays_little),
		TEST(idle_clients_do_not_keep_others_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
