/*
 * prompt_bench.h - a prompt pool with a disk below it, which may be started
 * again, and a server that says what the test wants.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PROMPT_BENCH_H
#define TESTS_PROMPT_BENCH_H

#include <errno.h>
#include <stdbool.h>

#include "base/str.h"
#include "codec_doubles.h"
#include "http_server.h"
#include "media/prompt.h"
#include "recordings.h"
#include "scratch_dir.h"

enum { SAMPLES = 8000, SLOW_MS = 20 };

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

/* Held by who reads or changes what the server says. */
static pthread_mutex_t says_lock = PTHREAD_MUTEX_INITIALIZER;

static struct http_server server;
static atomic_int n_304, n_200;
static struct inbox *home;
static struct prompts *pool;
static struct clock now;
static struct allow allow;
static int16_t pcm[SAMPLES];
static size_t max_disk, max_memory;
static unsigned int n_makers;

static const struct cln_codec *const mulaw[] = { &mulaw_codec };
static const struct cln_codec *const linear[] = { &linear8_codec };

static inline void give_answer(int fd, const char *path, const char *request)
{
	char headers[512], wanted[128];

	if (!strncmp(path, "/slow", 5))
		poll(NULL, 0, SLOW_MS);
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

static inline void answer(struct http_server *s, int fd, const char *path,
		   const char *request)
{
	(void)s;
	pthread_mutex_lock(&says_lock);
	give_answer(fd, path, request);
	pthread_mutex_unlock(&says_lock);
}

static inline void start(void)
{
	struct prompts_config cfg = {
		.clock = &now, .threads = n_makers, .allow = &allow, .n_allow = 1,
		.timeout_s = 10, .max_bytes = 1 << 20, .max_audio_s = 60,
		.max_cache_bytes = max_memory, .dir = scratch,
		.max_disk_bytes = max_disk, .max_library_bytes = 1 << 20,
	};

	assert_int_equal(inbox_new(&home, 1000), 0);
	cfg.home = home;
	assert_int_equal(prompts_new(&pool, &cfg), 0);
}

static inline void stop(void)
{
	prompts_free(pool);
	inbox_run(home);
	inbox_free(home);
}

static inline void restart(void)
{
	stop();
	start();
}

static inline void speak(int pitch)
{
	pthread_mutex_lock(&says_lock);
	file_free(&says.wav);
	tone(pcm, SAMPLES, pitch, 8000);
	says.wav = wav_pcm(8000, pcm, SAMPLES);
	pthread_mutex_unlock(&says_lock);
}

static inline void change(const char **what, const char *to)
{
	pthread_mutex_lock(&says_lock);
	*what = to;
	pthread_mutex_unlock(&says_lock);
}

static inline void say_terms(const char *cache_control)
{
	change(&says.cache_control, cache_control);
}

static inline void say_tag(const char *etag)
{
	change(&says.etag, etag);
}

static inline void say_status(const char *status)
{
	change(&says.status, status);
}

static inline int setup(void **state)
{
	(void)state;
	clock_virtual(&now, S_NS, 1700000000000);
	memset(&says, 0, sizeof(says));
	say_terms("");
	say_tag("\"v1\"");
	max_disk = max_memory = 1 << 20;
	n_makers = 2;
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

static inline int teardown(void **state)
{
	(void)state;
	stop();
	http_stop(&server);
	file_free(&says.wav);
	scratch_remove();
	return 0;
}

static inline void on_told(void *arg, int err, struct prompt *prompt,
			   const char *why)
{
	struct told *t = arg;

	t->n++;
	t->err = err;
	t->prompt = prompt;
	str_copy(t->why, sizeof(t->why), why);
}

static inline struct told get_as(const char *url,
				 const struct cln_codec *const *codec)
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

static inline struct told get(const char *path,
		       const struct cln_codec *const *codec)
{
	char url[128];

	str_printf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port,
		   path);
	return get_as(url, codec);
}

/* Gets it and looks at every sample. */
static inline void hear(const char *path)
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

static inline void requests(int full, int unchanged)
{
	assert_int_equal(atomic_load(&n_200), full);
	assert_int_equal(atomic_load(&n_304), unchanged);
}

static inline struct prompts_stats stats(void)
{
	struct prompts_stats st;

	prompts_get_stats(pool, &st);
	return st;
}

#endif
