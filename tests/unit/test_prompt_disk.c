/*
 * test_prompt_disk.c - the pool across restarts: what is fetched again, what is
 * only asked for again, and what a disk may have done to it meanwhile.
 * Needs: core/media, all of the prompt pool; -lcurl -lsndfile -lspeexdsp -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>

#include "base/str.h"
#include "codec_doubles.h"
#include "http_server.h"
#include "media/prompt.h"
#include "recordings.h"
#include "scratch_dir.h"

enum { SAMPLES = 8000 };

struct told {
	int n, err;
	struct prompt *prompt;
	char why[PROMPT_WHY_LEN];
};

/* What the server says just now. */
static struct {
	const char *cache_control;	/* whole header lines                 */
	const char *etag;
	const char *status;		/* NULL: 200 or 304                   */
	struct file wav;
} says;

static struct http_server server;
static atomic_int n_304, n_200;
static struct inbox *home;
static struct prompts *pool;
static struct clock now;
static struct allow allow;
static int16_t pcm[SAMPLES];
static size_t max_disk;

static const struct cln_codec *const mulaw[] = { &mulaw_codec };
static const struct cln_codec *const linear[] = { &linear8_codec };

static void answer(struct http_server *s, int fd, const char *path,
		   const char *request)
{
	char headers[512], wanted[128];

	(void)s;
	if (!strncmp(path, "/moved", 6)) {
		http_give(fd, "302 Found", "Location: /file\r\n", "", 0);
		return;
	}
	str_printf(headers, sizeof(headers), "%s%s%s%s", says.cache_control,
		   says.etag ? "ETag: " : "", says.etag ? says.etag : "",
		   says.etag ? "\r\n" : "");
	str_printf(wanted, sizeof(wanted), "If-None-Match: %s\r\n",
		   says.etag ? says.etag : "none");
	if (says.status) {
		http_give(fd, says.status, "", "", 0);
	} else if (says.etag && strstr(request, wanted)) {
		atomic_fetch_add(&n_304, 1);
		http_give(fd, "304 Not Modified", headers, "", 0);
	} else {
		atomic_fetch_add(&n_200, 1);
		http_give(fd, "200 OK", headers, says.wav.data, says.wav.len);
	}
}

static void start(void)
{
	struct prompts_config cfg = {
		.clock = &now, .threads = 2, .allow = &allow, .n_allow = 1,
		.timeout_s = 10, .max_bytes = 1 << 20, .max_audio_s = 60,
		.max_cache_bytes = 1 << 20, .dir = scratch,
		.max_disk_bytes = max_disk, .max_library_bytes = 1 << 20,
	};

	assert_int_equal(inbox_new(&home, 1000), 0);
	cfg.home = home;
	assert_int_equal(prompts_new(&pool, &cfg), 0);
}

static void stop(void)
{
	prompts_free(pool);
	inbox_run(home);
	inbox_free(home);
}

static void restart(void)
{
	stop();
	start();
}

static void speak(int pitch)
{
	file_free(&says.wav);
	tone(pcm, SAMPLES, pitch, 8000);
	says.wav = wav_pcm(8000, pcm, SAMPLES);
}

static int setup(void **state)
{
	(void)state;
	clock_virtual(&now, S_NS, 1700000000000);
	memset(&says, 0, sizeof(says));
	says.cache_control = "";
	says.etag = "\"v1\"";
	max_disk = 1 << 20;
	atomic_store(&n_304, 0);
	atomic_store(&n_200, 0);
	speak(440);
	scratch_make();
	http_start(&server, NULL);
	server.answer_to = answer;
	assert_int_equal(allow_parse(&allow, "127.0.0.0/8"), 0);
	start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stop();
	http_stop(&server);
	file_free(&says.wav);
	scratch_remove();
	return 0;
}

static void on_told(void *arg, int err, struct prompt *prompt, const char *why)
{
	struct told *t = arg;

	t->n++;
	t->err = err;
	t->prompt = prompt;
	str_copy(t->why, sizeof(t->why), why);
}

static struct told get_as(const char *url, const struct cln_codec *const *codec)
{
	int64_t until = clock_now_ns(clock_system()) + 20 * S_NS;
	struct told t = {0};
	struct prompt_get *g;

	assert_int_equal(prompt_get(&g, pool, url, codec, 1, on_told, &t), 0);
	while (!t.n && clock_now_ns(clock_system()) < until) {
		inbox_wait(home, 1000);
		inbox_run(home);
	}
	assert_int_equal(t.n, 1);
	return t;
}

static struct told get(const char *path,
		       const struct cln_codec *const *codec)
{
	char url[128];

	str_printf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port,
		   path);
	return get_as(url, codec);
}

/* Gets it and looks at every sample. */
static void hear(const char *path)
{
	struct told t = get(path, mulaw);
	const struct prompt_frames *f;

	if (t.err)
		print_error("%s\n", t.why);
	assert_int_equal(t.err, 0);
	f = prompt_frames(t.prompt, &mulaw_codec);
	assert_int_equal(f->len, SAMPLES);
	for (int i = 0; i < SAMPLES; i++)
		assert_int_equal(f->data[i], mulaw_byte(pcm[i]));
	assert_int_equal(prompt_duration_ms(t.prompt), 1000);
	prompt_unref(t.prompt);
}

static void requests(int full, int unchanged)
{
	assert_int_equal(atomic_load(&n_200), full);
	assert_int_equal(atomic_load(&n_304), unchanged);
}

static struct prompts_stats stats(void)
{
	struct prompts_stats st;

	prompts_get_stats(pool, &st);
	return st;
}

static char *only_file(const char *folder)
{
	static char path[512];
	char name[256];

	assert_int_equal(scratch_list(folder, 0, name), 1);
	str_printf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void a_restart_finds_what_is_fresh_without_a_request(void **state)
{
	(void)state;
	hear("/file");
	restart();
	hear("/file");
	requests(1, 0);
	assert_int_equal(stats().disk_hits, 1);
	assert_true(stats().disk_bytes > SAMPLES);
}

static void a_restart_asks_once_for_what_is_stale(void **state)
{
	(void)state;
	hear("/file");
	clock_advance(&now, PROMPT_FRESH_S * S_NS);
	restart();
	hear("/file");
	hear("/file");
	requests(1, 1);
	assert_int_equal(stats().unchanged, 1);
	assert_int_equal(stats().fetched, 1);
	restart();			/* and it is fresh again from there on */
	hear("/file");
	requests(1, 1);
}

static void what_changed_is_fetched(void **state)
{
	(void)state;
	hear("/file");
	clock_advance(&now, PROMPT_FRESH_S * S_NS);
	speak(880);
	says.etag = "\"v2\"";
	hear("/file");
	requests(2, 0);
	restart();
	hear("/file");
	requests(2, 0);
}

static void a_304_keeps_what_was_said_of_the_time(void **state)
{
	(void)state;
	says.cache_control = "Cache-Control: max-age=1000\r\n";
	hear("/file");
	clock_advance(&now, 1000 * S_NS);
	says.cache_control = "";
	hear("/file");
	requests(1, 1);
	clock_advance(&now, 999 * S_NS);
	hear("/file");
	requests(1, 1);
	clock_advance(&now, S_NS);
	hear("/file");
	requests(1, 2);
}

static void no_cache_is_asked_each_time(void **state)
{
	(void)state;
	says.cache_control = "Cache-Control: no-cache\r\n";
	hear("/file");
	hear("/file");
	restart();
	hear("/file");
	requests(1, 2);
}

static void no_store_never_reaches_the_disk(void **state)
{
	(void)state;
	says.cache_control = "Cache-Control: no-store\r\n";
	hear("/file");
	hear("/file");
	/* Nobody holds it: it goes, once the disk has said that it is gone. */
	for (int i = 0; i < 20 && stats().bytes; i++) {
		inbox_run(home);
		inbox_wait(home, 100);
	}
	assert_int_equal(stats().bytes, 0);
	restart();
	assert_int_equal(scratch_count("prompts/blobs"), 0);
	assert_int_equal(scratch_count("prompts/frames"), 0);
	assert_int_equal(scratch_count("prompts/urls"), 0);
	hear("/file");
	requests(3, 0);
}

static void no_store_is_obeyed_from_the_moment_it_is_said(void **state)
{
	(void)state;
	says.cache_control = "Cache-Control: no-cache\r\n";
	hear("/file");
	says.cache_control = "Cache-Control: no-store\r\n";
	hear("/file");
	requests(1, 1);
	stop();
	assert_int_equal(scratch_count("prompts/urls"), 0);
	start();
	hear("/file");
	requests(2, 1);
}

static void a_redirect_for_once_is_asked_each_time(void **state)
{
	(void)state;
	says.cache_control = "Cache-Control: max-age=1000\r\n";
	hear("/moved");
	restart();
	hear("/moved");
	requests(1, 1);
}

static void another_codec_comes_from_the_file_on_disk(void **state)
{
	struct told t;

	(void)state;
	hear("/file");
	restart();
	t = get("/file", linear);
	assert_int_equal(t.err, 0);
	assert_memory_equal(prompt_frames(t.prompt, &linear8_codec)->data, pcm,
			    sizeof(pcm));
	prompt_unref(t.prompt);
	restart();
	assert_int_equal(scratch_count("prompts/frames"), 2);
	requests(1, 0);
}

static void a_server_that_fails_fails_the_get(void **state)
{
	struct told t;

	(void)state;
	hear("/file");
	clock_advance(&now, PROMPT_FRESH_S * S_NS);
	says.status = "503 Service Unavailable";
	t = get("/file", mulaw);
	assert_int_equal(t.err, -EBADMSG);
	assert_non_null(strstr(t.why, "http status 503"));
	says.status = NULL;
	hear("/file");
	requests(1, 1);
}

static void stale_if_error_is_used_as_long_as_it_says(void **state)
{
	struct told t;

	(void)state;
	says.cache_control =
		"Cache-Control: max-age=10, stale-if-error=100\r\n";
	hear("/file");
	clock_advance(&now, 10 * S_NS);
	restart();
	says.status = "500 Internal Server Error";
	hear("/file");
	clock_advance(&now, 99 * S_NS);
	hear("/file");
	clock_advance(&now, S_NS);
	t = get("/file", mulaw);
	assert_int_equal(t.err, -EBADMSG);
	says.status = "404 Not Found";	/* no failure, but a word */
	clock_advance(&now, -100 * S_NS);
	t = get("/file", mulaw);
	assert_int_equal(t.err, -EBADMSG);
}

static void a_clock_that_went_back_is_not_believed(void **state)
{
	(void)state;
	hear("/file");
	clock_advance(&now, -3600 * S_NS);
	hear("/file");
	requests(1, 1);
}

/* ---- what a disk may have done ------------------------------------------- */

static void broken_frames_are_made_again_from_the_file(void **state)
{
	(void)state;
	hear("/file");
	stop();
	scratch_break(only_file("prompts/frames"), 500);
	start();
	hear("/file");
	restart();
	hear("/file");
	assert_int_equal(scratch_count("prompts/frames"), 1);
	requests(1, 0);
}

static void cut_frames_are_made_again_from_the_file(void **state)
{
	(void)state;
	hear("/file");
	stop();
	scratch_break(only_file("prompts/frames"), -1);
	start();
	hear("/file");
	requests(1, 0);
}

static void a_broken_file_is_fetched_again(void **state)
{
	char blob[512];

	(void)state;
	hear("/file");
	stop();
	str_copy(blob, sizeof(blob), only_file("prompts/blobs"));
	scratch_break(blob, 2000);
	remove(scratch_path(only_file("prompts/frames")));
	start();
	hear("/file");
	requests(2, 0);
	restart();
	remove(scratch_path(only_file("prompts/frames")));
	restart();
	hear("/file");			/* from the file that was put right */
	requests(2, 0);
}

static void a_file_that_is_gone_is_fetched_again(void **state)
{
	(void)state;
	hear("/file");
	clock_advance(&now, PROMPT_FRESH_S * S_NS);
	stop();
	remove(scratch_path(only_file("prompts/blobs")));
	remove(scratch_path(only_file("prompts/frames")));
	start();
	hear("/file");
	requests(2, 0);
}

static void a_broken_url_is_asked_anew(void **state)
{
	(void)state;
	hear("/file");
	stop();
	scratch_break(only_file("prompts/urls"), 30);
	start();
	hear("/file");
	requests(2, 0);
	restart();
	hear("/file");
	requests(2, 0);
}

static void leftovers_of_a_crash_are_swept(void **state)
{
	(void)state;
	hear("/file");
	stop();
	scratch_write("prompts/blobs/tmp-1-0", "half", 4);
	scratch_write("prompts/frames/tmp-1-1", "half", 4);
	scratch_write("prompts/urls/what is this", "", 0);
	start();
	hear("/file");
	requests(1, 0);
	assert_int_equal(scratch_count("prompts/blobs"), 1);
	assert_int_equal(scratch_count("prompts/frames"), 1);
	assert_int_equal(scratch_count("prompts/urls"), 1);
}

static void the_longest_unused_goes_from_disk(void **state)
{
	(void)state;
	stop();
	max_disk = 100000;		/* three files with their frames */
	start();
	for (int i = 0; i < 8; i++) {
		char path[16];

		speak(300 + 50 * i);
		str_printf(path, sizeof(path), "/file%d", i);
		hear(path);
	}
	requests(8, 0);
	restart();
	assert_in_range(stats().disk_bytes, 0, 100000);
	hear("/file7");
	requests(8, 0);
	speak(300);
	hear("/file0");
	requests(9, 0);
}

static void no_budget_keeps_nothing(void **state)
{
	(void)state;
	hear("/file");
	stop();
	max_disk = 0;
	start();
	hear("/file");
	requests(2, 0);
	assert_int_equal(scratch_count("prompts/blobs"), 0);
}

static void a_folder_that_cannot_be_had_stops_nobody(void **state)
{
	(void)state;
	stop();
	scratch_remove();
	scratch_make();
	scratch_write("prompts", "a file in its place", 19);
	start();
	hear("/file");
	hear("/file");
	restart();
	hear("/file");
	requests(2, 0);
}

static void an_upload_is_played_and_survives(void **state)
{
	struct cln_prompt_info info;
	char url[64], why[PROMPT_WHY_LEN];
	struct told t;

	(void)state;
	assert_int_equal(prompts_library_add(pool, says.wav.data, says.wav.len,
					     "welcome", &info, why,
					     sizeof(why)), 0);
	str_printf(url, sizeof(url), "prompt:%s", info.id);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(prompt_check_url(pool, url, why, sizeof(why)),
				 0);
		t = get_as(url, linear);
		assert_int_equal(t.err, 0);
		assert_memory_equal(prompt_frames(t.prompt,
						  &linear8_codec)->data, pcm,
				    sizeof(pcm));
		prompt_unref(t.prompt);
		restart();
	}
	assert_int_equal(scratch_count("prompts/frames"), 1);
	assert_int_equal(prompts_library_delete(pool, info.id), 0);
	assert_int_equal(prompt_check_url(pool, url, why, sizeof(why)),
			 -ENOENT);
	assert_string_equal(why, "no prompt has this id");
	assert_int_equal(get_as(url, mulaw).err, -ENOENT);
	restart();
	assert_int_equal(scratch_count("prompts/frames"), 0);
	assert_int_equal(get_as(url, mulaw).err, -ENOENT);
	requests(0, 0);
}

static void an_upload_shares_frames_with_a_url_of_the_same_bytes(void **state)
{
	struct cln_prompt_info info;
	char url[64], why[PROMPT_WHY_LEN];
	struct told t;

	(void)state;
	hear("/file");
	assert_int_equal(prompts_library_add(pool, says.wav.data, says.wav.len,
					     "", &info, why, sizeof(why)), 0);
	str_printf(url, sizeof(url), "prompt:%s", info.id);
	t = get_as(url, mulaw);
	assert_int_equal(t.err, 0);
	assert_int_equal(stats().hits, 1);
	assert_int_equal(stats().bytes, SAMPLES);
	prompt_unref(t.prompt);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_restart_finds_what_is_fresh_without_a_request),
		TEST(a_restart_asks_once_for_what_is_stale),
		TEST(what_changed_is_fetched),
		TEST(a_304_keeps_what_was_said_of_the_time),
		TEST(no_cache_is_asked_each_time),
		TEST(no_store_never_reaches_the_disk),
		TEST(no_store_is_obeyed_from_the_moment_it_is_said),
		TEST(a_redirect_for_once_is_asked_each_time),
		TEST(another_codec_comes_from_the_file_on_disk),
		TEST(a_server_that_fails_fails_the_get),
		TEST(stale_if_error_is_used_as_long_as_it_says),
		TEST(a_clock_that_went_back_is_not_believed),
		TEST(broken_frames_are_made_again_from_the_file),
		TEST(cut_frames_are_made_again_from_the_file),
		TEST(a_broken_file_is_fetched_again),
		TEST(a_file_that_is_gone_is_fetched_again),
		TEST(a_broken_url_is_asked_anew),
		TEST(leftovers_of_a_crash_are_swept),
		TEST(the_longest_unused_goes_from_disk),
		TEST(no_budget_keeps_nothing),
		TEST(a_folder_that_cannot_be_had_stops_nobody),
		TEST(an_upload_is_played_and_survives),
		TEST(an_upload_shares_frames_with_a_url_of_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
