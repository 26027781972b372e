/*
 * test_fetch.c - fetching over http, and what must never be fetched.
 * Needs: core/media/{fetch,fetcher,access}.c, core/base; -lcurl.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "http_server.h"
#include "media/fetch.h"

enum { MAX_BYTES = 1 << 20 };

static struct http_server server, canary;
static struct inbox *home;
static struct fetcher *fetcher;
static struct allow allow[2];
static int n_done;
static void *last_done;		/* what the last one was started with         */
static uint8_t big[MAX_BYTES];

static const struct { const char *path, *headers; } kinds[] = {
	{ "/html", "Content-Type: text/html; charset=utf-8\r\n" },
	{ "/json", "Content-Type: application/json\r\n" },
	{ "/gzip", "Content-Encoding: gzip\r\n" },
	{ "/identity", "Content-Encoding: identity\r\n"
		       "Content-Type: audio/wav\r\n" },
	{ "/age-100", "Cache-Control: public, max-age=100\r\n" },
	{ "/age-70", "Cache-Control: max-age=100\r\nAge: 30\r\n" },
	{ "/age-old", "Cache-Control: max-age=100\r\nAge: 300\r\n" },
	{ "/age-year", "Cache-Control: max-age=31536000\r\n" },
	{ "/age-junk", "Cache-Control: max-age=junk, s-maxage=9\r\n" },
	{ "/no-store", "Cache-Control: max-age=100\r\n"
		       "Cache-Control: private, No-Store\r\n" },
};

static void redirect(int fd, const char *status, const char *to)
{
	char header[300];

	snprintf(header, sizeof(header), "Location: %s\r\n", to);
	http_give(fd, status, header, "moved", 5);
}

static void answer_redirect(struct http_server *s, int fd, const char *path)
{
	char to[256];
	int n;

	(void)s;
	if (sscanf(path, "/redirect/%d", &n) == 1) {
		snprintf(to, sizeof(to), n > 1 ? "%d" : "/file", n - 1);
		redirect(fd, n % 2 ? "302 Found" : "307 Over there", to);
	} else if (!strcmp(path, "/redirect/canary")) {
		snprintf(to, sizeof(to), "http://2130706433:%u/x", canary.port);
		redirect(fd, "301 Moved", to);
	} else if (!strcmp(path, "/redirect/localhost")) {
		snprintf(to, sizeof(to), "http://localhost:%u/x", canary.port);
		redirect(fd, "303 See", to);
	} else if (!strcmp(path, "/redirect/file")) {
		redirect(fd, "302 Found", "file:///etc/passwd");
	} else if (!strcmp(path, "/redirect/user")) {
		redirect(fd, "302 Found", "http://me:x@127.0.0.1/");
	}
}

static void send_endless(int fd)
{
	http_say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	while (!http_send(fd, big, 65536))
		;
}

static void send_header_flood(int fd)
{
	char line[1000];

	memset(line, 'x', sizeof(line));
	memcpy(line, "X-Y: ", 5);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	http_say(fd, "HTTP/1.1 200 OK\r\n");
	while (!http_send(fd, line, sizeof(line)))
		;
}

static void answer(struct http_server *s, int fd, const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!strcmp(path, kinds[i].path))
			http_give(fd, "200 OK", kinds[i].headers, "abc", 3);
	}
	if (!strcmp(path, "/file"))
		http_give(fd, "200 OK", "", "hello", 5);
	else if (!strcmp(path, "/big"))
		http_give(fd, "200 OK", "", big, sizeof(big));
	else if (!strcmp(path, "/empty"))
		http_give(fd, "200 OK", "", "", 0);
	else if (!strcmp(path, "/404"))
		http_give(fd, "404 Not Found", kinds[0].headers, "no", 2);
	else if (!strcmp(path, "/500"))
		http_give(fd, "500 Oops", "", big, sizeof(big));
	else if (!strcmp(path, "/announced"))
		http_say(fd, "HTTP/1.1 200 OK\r\n"
			 "Content-Length: 1048577\r\n\r\n");
	else if (!strcmp(path, "/short"))
		http_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
	else if (!strcmp(path, "/endless"))
		send_endless(fd);
	else if (!strcmp(path, "/headers"))
		send_header_flood(fd);
	else if (!strcmp(path, "/stalled"))
		http_stall(s, fd);
	else if (!strncmp(path, "/redirect/", 10))
		answer_redirect(s, fd, path);
}

static void on_done(void *arg)
{
	last_done = arg;
	n_done++;
}

static void await(int n)
{
	for (int i = 0; i < 100 && n_done < n; i++) {
		inbox_wait(home, 1000);
		inbox_run(home);
	}
	assert_int_equal(n_done, n);
}

static struct fetch *get_url(const char *url)
{
	int64_t began = clock_now_ms(clock_system());
	struct fetch *f = NULL;

	n_done = 0;
	assert_int_equal(fetch_start(&f, fetcher, url, NULL, on_done,
				     NULL), 0);
	await(1);
	if (f->err)
		assert_null(f->data);
	else
		assert_in_range(f->asked_ms, began,
				clock_now_ms(clock_system()));
	return f;
}

static struct fetch *get(const char *path)
{
	char url[256];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port, path);
	return get_url(url);
}

static void refused(struct fetch *f, int err, const char *sentence)
{
	assert_int_equal(f->err, err);
	if (!strstr(f->why, sentence))
		print_error("%s\n", f->why);
	assert_non_null(strstr(f->why, sentence));
	fetch_release(f);
}

/* Only the server itself is allowed; the canary listens beside it. */
static int setup_with(int timeout_s)
{
	struct fetcher_config cfg = {
		.timeout_s = timeout_s,
		.max_bytes = MAX_BYTES,
		.max_held = MAX_BYTES,
	};
	char text[64];

	http_start(&canary, NULL);
	http_start(&server, answer);
	str_printf(text, sizeof(text), "127.0.0.1:%u", server.port);
	assert_int_equal(allow_parse(&allow[0], text), 0);
	cfg.access.allow = allow;
	cfg.access.n_allow = 1;
	assert_int_equal(inbox_new(&home, 100), 0);
	cfg.home = home;
	assert_int_equal(fetcher_new(&fetcher, &cfg), 0);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return setup_with(20);
}

/* For those that wait for its end. */
static int setup_hasty(void **state)
{
	(void)state;
	return setup_with(1);
}

static int teardown(void **state)
{
	(void)state;
	fetcher_stop(fetcher);
	fetcher_free(fetcher);
	inbox_run(home);
	inbox_free(home);
	http_stop(&server);
	http_stop(&canary);
	return 0;
}

static void fetch_gives_the_file(void **state)
{
	struct fetch *f = get("/file");

	(void)state;
	assert_int_equal(f->err, 0);
	assert_int_equal(f->len, 5);
	assert_memory_equal(f->data, "hello", 5);
	assert_int_equal(f->keep.fresh_s, -1);
	fetch_release(f);
	f = get("/identity");
	assert_int_equal(f->err, 0);
	fetch_release(f);
}

static void fetch_wants_status_200(void **state)
{
	(void)state;
	refused(get("/404"), -EBADMSG, "http status 404 from 127.0.0.1");
	refused(get("/500"), -EBADMSG, "http status 500");
}

static void fetch_refuses_pages(void **state)
{
	(void)state;
	refused(get("/html"), -EBADMSG,
		"got text/html from 127.0.0.1, not audio");
	refused(get("/json"), -EBADMSG, "got application/json");
}

static void fetch_refuses_compressed_answers(void **state)
{
	(void)state;
	refused(get("/gzip"), -EBADMSG, "content encoding gzip is refused");
}

static void fetch_bounds_the_file(void **state)
{
	struct fetch *f = get("/big");

	(void)state;
	assert_int_equal(f->err, 0);
	assert_int_equal(f->len, MAX_BYTES);
	fetch_release(f);
	refused(get("/announced"), -EFBIG, "larger than 1048576 bytes");
	refused(get("/endless"), -EFBIG, "larger than 1048576 bytes");
	refused(get("/headers"), -EBADMSG, "header is larger");
}

static void fetch_notices_what_is_missing(void **state)
{
	(void)state;
	refused(get("/short"), -EBADMSG, "closed the connection in mid-file");
	refused(get("/empty"), -EBADMSG, "sent an empty file");
	refused(get("/nothing"), -EIO, "fetching from 127.0.0.1 failed");
}

static void fetch_times_out(void **state)
{
	(void)state;
	refused(get("/stalled"), -ETIMEDOUT, "timed out after 1 s");
}

static void fetch_follows_five_redirects_and_no_more(void **state)
{
	struct fetch *f = get("/redirect/5");

	(void)state;
	assert_int_equal(f->err, 0);
	assert_memory_equal(f->data, "hello", 5);
	fetch_release(f);
	refused(get("/redirect/6"), -ELOOP, "more than 5 redirects");
}

static void fetch_never_touches_a_forbidden_address(void **state)
{
	static const char *const hosts[] = {
		"127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1",
		"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "0",
		"0.0.0.0", "user@127.0.0.1", "127.0.0.2", "[::1]",
	};
	char url[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct fetch *f;

		str_printf(url, sizeof(url), "http://%s:%u/x", hosts[i],
			   canary.port);
		f = get_url(url);
		assert_true(f->err == -EPERM || f->err == -EINVAL);
		assert_string_not_equal(f->why, "");
		fetch_release(f);
	}
	assert_int_equal(atomic_load(&canary.n_connections), 0);
}

static void fetch_judges_redirects_like_the_first_url(void **state)
{
	(void)state;
	refused(get("/redirect/canary"), -EPERM,
		"redirected: address 127.0.0.1 may not be fetched from");
	refused(get("/redirect/localhost"), -EPERM, "redirected: address ");
	refused(get("/redirect/file"), -EINVAL,
		"redirected: scheme file is not supported");
	refused(get("/redirect/user"), -EINVAL, "redirected: a user part");
	assert_int_equal(atomic_load(&canary.n_connections), 0);
}

static void fetch_judges_a_name_by_its_address(void **state)
{
	char url[128];
	struct fetch *f;

	(void)state;
	/* localhost leads to the allowed address and port. */
	str_printf(url, sizeof(url), "http://localhost:%u/file", server.port);
	f = get_url(url);
	assert_int_equal(f->err, 0);
	fetch_release(f);
}

static void fetch_ignores_a_proxy_of_the_environment(void **state)
{
	char url[128];
	struct fetch *f;

	(void)state;
	str_printf(url, sizeof(url), "http://127.0.0.1:%u", canary.port);
	setenv("http_proxy", url, 1);
	setenv("all_proxy", url, 1);
	f = get("/file");
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	assert_int_equal(f->err, 0);
	fetch_release(f);
	assert_int_equal(atomic_load(&canary.n_connections), 0);
}

static void fetch_reads_cache_control(void **state)
{
	static const struct { const char *path; int fresh_s; } in[] = {
		{ "/age-100", 100 }, { "/age-70", 70 }, { "/age-old", 0 },
		{ "/age-year", 86400 }, { "/age-junk", 0 }, { "/no-store", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct fetch *f = get(in[i].path);

		assert_int_equal(f->err, 0);
		assert_int_equal(f->keep.fresh_s, in[i].fresh_s);
		fetch_release(f);
	}
}

/* ---- what we have already ------------------------------------------------ */

static void tell(struct http_server *s, int fd, const char *path,
		 const char *request)
{
	bool knows = strstr(request, "If-None-Match: \"one\"\r\n") &&
		     strstr(request, "If-Modified-Since: a day\r\n");

	(void)s;
	if (!strcmp(path, "/bare"))
		http_give(fd, "304 Not Modified", "", "", 0);
	else if (!strcmp(path, "/for-once"))
		http_give(fd, "302 Found", "Location: /tagged\r\n", "", 0);
	else if (!strcmp(path, "/for-good"))
		http_give(fd, "301 Moved Permanently",
			  "Location: /tagged\r\n", "", 0);
	else if (!strcmp(path, "/for-an-hour"))
		http_give(fd, "302 Found", "Location: /tagged\r\n"
			  "Cache-Control: max-age=3600\r\n", "", 0);
	else if (knows)
		http_give(fd, "304 Not Modified", "ETag: \"two\"\r\n"
			  "Cache-Control: max-age=7\r\n", "", 0);
	else
		http_give(fd, "200 OK", "ETag: \"one\"\r\n"
			  "Cache-Control: max-age=5000\r\n"
			  "Last-Modified: a day\r\n", "hello", 5);
}

static struct fetch *ask_again(const char *path, const char *from,
			       const char *etag)
{
	char url[128], had[128];
	struct fetch *f = NULL;
	struct origin *o;

	n_done = 0;
	str_printf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port,
		   path);
	str_printf(had, sizeof(had), "http://127.0.0.1:%u%s", server.port,
		   from);
	assert_int_equal(origin_new(&o, url, had, etag, "a day"), 0);
	assert_int_equal(fetch_start(&f, fetcher, url, o, on_done, NULL), 0);
	await(1);
	origin_free(o);
	return f;
}

static void fetch_tells_what_to_ask_with_next_time(void **state)
{
	struct content c;
	struct fetch *f;

	(void)state;
	server.answer_to = tell;
	f = get("/tagged");
	assert_int_equal(f->err, 0);
	assert_string_equal(f->etag, "\"one\"");
	assert_string_equal(f->modified, "a day");
	assert_non_null(strstr(f->from, "/tagged"));
	assert_int_equal(content_of(&c, "hello", 5), 0);
	assert_true(content_is(&c, &f->content));
	fetch_release(f);
}

static void fetch_of_what_we_have_brings_nothing(void **state)
{
	struct fetch *f;

	(void)state;
	server.answer_to = tell;
	f = ask_again("/tagged", "/tagged", "\"one\"");
	assert_int_equal(f->err, 0);
	assert_true(f->unchanged);
	assert_null(f->data);
	assert_string_equal(f->etag, "\"two\"");
	assert_int_equal(f->keep.fresh_s, 7);
	fetch_release(f);
	f = ask_again("/tagged", "/tagged", "\"zero\"");
	assert_int_equal(f->err, 0);
	assert_false(f->unchanged);
	assert_int_equal(f->len, 5);
	fetch_release(f);
	/* It moved, and is still what it was there. */
	f = ask_again("/for-good", "/tagged", "\"one\"");
	assert_true(f->unchanged);
	fetch_release(f);
}

static void fetch_names_what_we_have_only_where_it_was_from(void **state)
{
	struct fetch *f;

	(void)state;
	server.answer_to = tell;
	f = ask_again("/tagged", "/elsewhere", "\"one\"");
	assert_int_equal(f->err, 0);
	assert_false(f->unchanged);
	fetch_release(f);
	refused(get("/bare"), -EBADMSG, "http status 304");
}

static void a_redirect_limits_the_time(void **state)
{
	static const struct { const char *path; int fresh_s; } in[] = {
		{ "/for-once", 0 }, { "/for-good", 5000 },
		{ "/for-an-hour", 3600 },
	};

	(void)state;
	server.answer_to = tell;
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct fetch *f = get(in[i].path);

		assert_int_equal(f->keep.fresh_s, in[i].fresh_s);
		assert_non_null(strstr(f->from, "/tagged"));
		fetch_release(f);
	}
}

static void a_server_that_fails_is_told_from_one_that_refuses(void **state)
{
	struct fetch *f = get("/500");

	(void)state;
	assert_true(f->unreachable);
	fetch_release(f);
	f = get("/404");
	assert_false(f->unreachable);
	fetch_release(f);
	f = get("/stalled");
	assert_true(f->unreachable);
	fetch_release(f);
	f = get_url("http://10.0.0.1/");
	assert_false(f->unreachable);
	fetch_release(f);
}

/* All memory is lent to the first file until it is released; the second waits
 * and then comes in whole.                                                   */
static void fetch_waits_for_memory(void **state)
{
	struct fetch *f[2] = { NULL, NULL };
	char url[128];
	size_t first;

	(void)state;
	n_done = 0;
	str_printf(url, sizeof(url), "http://127.0.0.1:%u/big", server.port);
	for (int i = 0; i < 2; i++)
		assert_int_equal(fetch_start(&f[i], fetcher, url, NULL,
					     on_done, &f[i]), 0);
	await(1);
	first = last_done == &f[1];
	assert_int_equal(f[first]->len, MAX_BYTES);
	fetch_release(f[first]);
	await(2);
	assert_int_equal(f[!first]->err, 0);
	assert_int_equal(f[!first]->len, MAX_BYTES);
	fetch_release(f[!first]);
}

static void fetch_under_way_is_told_when_the_fetcher_stops(void **state)
{
	struct fetch *f[3];
	char url[128];

	(void)state;
	n_done = 0;
	str_printf(url, sizeof(url), "http://127.0.0.1:%u/stalled",
		   server.port);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fetch_start(&f[i], fetcher, url, NULL,
					     on_done, NULL), 0);
	fetcher_stop(fetcher);
	await(3);
	for (int i = 0; i < 3; i++)
		refused(f[i], -ECANCELED, "stopping");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define HASTY(name) cmocka_unit_test_setup_teardown(name, setup_hasty, teardown)
	const struct CMUnitTest tests[] = {
		TEST(fetch_gives_the_file),
		TEST(fetch_wants_status_200),
		TEST(fetch_refuses_pages),
		TEST(fetch_refuses_compressed_answers),
		TEST(fetch_bounds_the_file),
		TEST(fetch_notices_what_is_missing),
		HASTY(fetch_times_out),
		TEST(fetch_follows_five_redirects_and_no_more),
		TEST(fetch_never_touches_a_forbidden_address),
		TEST(fetch_judges_redirects_like_the_first_url),
		TEST(fetch_judges_a_name_by_its_address),
		TEST(fetch_ignores_a_proxy_of_the_environment),
		TEST(fetch_reads_cache_control),
		TEST(fetch_tells_what_to_ask_with_next_time),
		TEST(fetch_of_what_we_have_brings_nothing),
		TEST(fetch_names_what_we_have_only_where_it_was_from),
		TEST(a_redirect_limits_the_time),
		HASTY(a_server_that_fails_is_told_from_one_that_refuses),
		TEST(fetch_waits_for_memory),
		TEST(fetch_under_way_is_told_when_the_fetcher_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
