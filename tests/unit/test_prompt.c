/*
 * test_prompt.c - the pool: from URL to shared frames, once for all who wait.
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

enum { SAMPLES = 8000, GATE_N = 20 };

struct told {
	int n, err;
	struct prompt *prompt;
	char why[PROMPT_WHY_LEN];
};

static struct http_server server;
static struct inbox *home;
static struct prompts *pool;
static struct clock now;
static struct allow allow;
static struct file wav;
static int16_t pcm[SAMPLES];
static int gate;		/* an eventfd: /gate waits for it             */

static const struct cln_codec *const mulaw[] = { &mulaw_codec };
static const struct cln_codec *const linear[] = { &linear8_codec };
static const struct cln_codec *const both[] = { &mulaw_codec, &framed_codec };

static void answer(struct http_server *s, int fd, const char *path)
{
	struct pollfd p[] = { { .fd = gate, .events = POLLIN },
			      { .fd = s->closing_fd, .events = POLLIN } };
	char flac[] = "fLaC and nothing more";

	if (!strncmp(path, "/gate", 5))
		poll(p, 2, 30000);
	if (!strncmp(path, "/gate", 5) || !strncmp(path, "/wav", 4))
		http_give(fd, "200 OK", "", wav.data, wav.len);
	else if (!strcmp(path, "/no-store"))
		http_give(fd, "200 OK", "Cache-Control: no-store\r\n",
			  wav.data, wav.len);
	else if (!strcmp(path, "/max-age"))
		http_give(fd, "200 OK", "Cache-Control: max-age=3600\r\n",
			  wav.data, wav.len);
	else if (!strcmp(path, "/bad"))
		http_give(fd, "200 OK", "", flac, sizeof(flac));
	else if (!strcmp(path, "/stalled"))
		http_stall(s, fd);
	else
		http_give(fd, "404 Not Found", "", "", 0);
}

static void open_gate(void)
{
	uint64_t one = 1;

	assert_int_equal(write(gate, &one, sizeof(one)), sizeof(one));
}

static const char *url_of(const char *path)
{
	static char url[8][128];
	static int turn;
	char *u = url[turn++ % 8];

	str_printf(u, 128, "http://127.0.0.1:%u%s", server.port, path);
	return u;
}

static int setup(void **state)
{
	struct prompts_config cfg = {
		.clock = &now,
		.threads = 2,
		.allow = &allow,
		.n_allow = 1,
		.timeout_s = 10,
		.max_bytes = 1 << 20,
		.max_audio_s = 60,
		.max_cache_bytes = 1 << 20,
	};

	(void)state;
	clock_virtual(&now, S_NS, 0);
	tone(pcm, SAMPLES, 440, 8000);
	wav = wav_pcm(8000, pcm, SAMPLES);
	gate = eventfd(0, 0);
	http_start(&server, answer);
	assert_int_equal(allow_parse(&allow, "127.0.0.0/8"), 0);
	assert_int_equal(inbox_new(&home, 1000), 0);
	cfg.home = home;
	assert_int_equal(prompts_new(&pool, &cfg), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	prompts_free(pool);
	inbox_run(home);
	inbox_free(home);
	http_stop(&server);
	close(gate);
	file_free(&wav);
	assert_int_equal(atomic_load(&framed_open), 0);
	return 0;
}

static void on_told(void *arg, int err, struct prompt *prompt, const char *why)
{
	struct told *t = arg;

	t->n++;
	t->err = err;
	t->prompt = prompt;
	str_copy(t->why, sizeof(t->why), why);
	assert_int_equal(!err, prompt != NULL);
	assert_int_equal(!err, !why[0]);
}

static struct prompt_get *ask_for(struct told *t, const char *url,
				  const struct cln_codec *const *codecs,
				  size_t n)
{
	struct prompt_get *g = NULL;

	memset(t, 0, sizeof(*t));
	assert_int_equal(prompt_get(&g, pool, url, codecs, n, on_told, t), 0);
	assert_int_equal(t->n, 0);	/* always later */
	return g;
}

static struct prompt_get *ask(struct told *t, const char *path)
{
	return ask_for(t, url_of(path), mulaw, 1);
}

static void await(struct told *t)
{
	int64_t until = clock_now_ns(clock_system()) + 20 * S_NS;

	while (!t->n && clock_now_ns(clock_system()) < until) {
		inbox_wait(home, 1000);
		inbox_run(home);
	}
	assert_int_equal(t->n, 1);
}

static struct prompt *get(const char *path)
{
	struct told t;

	ask(&t, path);
	await(&t);
	assert_int_equal(t.err, 0);
	return t.prompt;
}

static void refused(const char *url, int err, const char *sentence)
{
	struct told t;

	ask_for(&t, url, mulaw, 1);
	await(&t);
	assert_int_equal(t.err, err);
	assert_non_null(strstr(t.why, sentence));
}

static int hits_at_server(void)
{
	return atomic_load(&server.n_connections);
}

static void prompt_holds_the_frames_of_its_codecs(void **state)
{
	struct told t;
	const struct prompt_frames *f;
	struct prompts_stats st;

	(void)state;
	ask_for(&t, url_of("/wav"), both, 2);
	await(&t);
	assert_int_equal(t.err, 0);
	assert_int_equal(prompt_duration_ms(t.prompt), 1000);
	f = prompt_frames(t.prompt, &mulaw_codec);
	assert_int_equal(f->len, SAMPLES);
	for (int i = 0; i < SAMPLES; i++)
		assert_int_equal(f->data[i], mulaw_byte(pcm[i]));
	f = prompt_frames(t.prompt, &framed_codec);
	assert_int_equal(f->n_frames, SAMPLES / 80 + 4);
	assert_null(prompt_frames(t.prompt, &linear8_codec));
	prompts_get_stats(pool, &st);
	assert_int_equal(st.fetched, 1);
	assert_int_equal(st.bytes, SAMPLES + (SAMPLES / 80 + 4) * 10);
	prompt_unref(t.prompt);
}

static void one_fetch_serves_all_who_wait(void **state)
{
	struct told t[GATE_N];

	(void)state;
	for (int i = 0; i < GATE_N; i++)
		ask(&t[i], "/gate");
	open_gate();
	for (int i = 0; i < GATE_N; i++)
		await(&t[i]);
	assert_int_equal(hits_at_server(), 1);
	for (int i = 0; i < GATE_N; i++) {
		assert_ptr_equal(t[i].prompt, t[0].prompt);
		prompt_unref(t[i].prompt);
	}
}

static void a_fresh_prompt_is_not_fetched_again(void **state)
{
	struct prompts_stats st;
	struct prompt *a = get("/wav"), *b;

	(void)state;
	clock_advance(&now, (PROMPT_FRESH_S - 1) * S_NS);
	b = get("/wav");
	assert_ptr_equal(a, b);
	assert_int_equal(hits_at_server(), 1);
	prompts_get_stats(pool, &st);
	assert_int_equal(st.hits, 1);
	prompt_unref(a);
	prompt_unref(b);
}

static void a_stale_prompt_is_fetched_again(void **state)
{
	struct prompt *a = get("/wav"), *b;

	(void)state;
	clock_advance(&now, PROMPT_FRESH_S * S_NS);
	b = get("/wav");
	assert_int_equal(hits_at_server(), 2);
	/* Its bytes are the same, and so is what was made of them. */
	assert_ptr_equal(a, b);
	prompt_unref(a);
	prompt_unref(b);
}

static void cache_control_is_followed(void **state)
{
	(void)state;
	prompt_unref(get("/no-store"));
	prompt_unref(get("/no-store"));
	assert_int_equal(hits_at_server(), 2);
	prompt_unref(get("/max-age"));
	clock_advance(&now, 3599 * S_NS);
	prompt_unref(get("/max-age"));
	assert_int_equal(hits_at_server(), 3);
}

static void a_missing_codec_is_made_with_those_known(void **state)
{
	struct prompt *a = get("/wav");
	struct told t;

	(void)state;
	prompt_unref(a);
	ask_for(&t, url_of("/wav"), linear, 1);
	await(&t);
	assert_int_equal(t.err, 0);
	assert_non_null(prompt_frames(t.prompt, &linear8_codec));
	assert_non_null(prompt_frames(t.prompt, &mulaw_codec));
	prompt_unref(t.prompt);
	prompt_unref(get("/wav"));
	assert_int_equal(hits_at_server(), 2);
}

static void another_codec_meanwhile_is_the_same_fetch(void **state)
{
	struct told a, b, c;

	(void)state;
	ask_for(&a, url_of("/gate"), mulaw, 1);
	ask_for(&b, url_of("/gate"), linear, 1);
	ask_for(&c, url_of("/gate"), mulaw, 1);
	open_gate();
	await(&a);
	await(&b);
	await(&c);
	assert_int_equal(hits_at_server(), 1);
	assert_ptr_equal(a.prompt, c.prompt);
	assert_non_null(prompt_frames(b.prompt, &linear8_codec));
	prompt_unref(a.prompt);
	prompt_unref(b.prompt);
	prompt_unref(c.prompt);
	ask_for(&a, url_of("/gate"), linear, 1);
	await(&a);
	assert_int_equal(hits_at_server(), 1);
	prompt_unref(a.prompt);
}

static void two_urls_of_the_same_bytes_share_frames(void **state)
{
	struct prompts_stats st;
	struct told a, b;

	(void)state;
	ask_for(&a, url_of("/gate/1"), both, 2);
	ask_for(&b, url_of("/gate/2"), mulaw, 1);
	open_gate();
	await(&a);
	await(&b);
	assert_int_equal(hits_at_server(), 2);
	prompts_get_stats(pool, &st);
	assert_int_equal(st.bytes, SAMPLES + (SAMPLES / 80 + 4) * 10);
	assert_ptr_equal(prompt_frames(a.prompt, &mulaw_codec),
			 prompt_frames(b.prompt, &mulaw_codec));
	prompt_unref(a.prompt);
	prompt_unref(b.prompt);
}

static void silence_and_digits_are_made(void **state)
{
	const struct prompt_frames *f;
	struct told t;

	(void)state;
	ask_for(&t, "silence:250", mulaw, 1);
	await(&t);
	assert_int_equal(t.err, 0);
	f = prompt_frames(t.prompt, &mulaw_codec);
	assert_int_equal(f->len, 2000);
	for (size_t i = 0; i < f->len; i++)
		assert_int_equal(f->data[i], 0xff);
	prompt_unref(t.prompt);
	ask_for(&t, "dtmf:1#", linear, 1);
	await(&t);
	assert_int_equal(t.err, 0);
	assert_true(prompt_duration_ms(t.prompt) >= 300);
	prompt_unref(t.prompt);
	refused("silence:0", -EINVAL, "silence: takes 1 to");
	refused("silence:3000000", -EINVAL, "silence: takes 1 to");
	refused("dtmf:12X", -EINVAL, "dtmf: takes 1 to 32 digits");
	refused("dtmf:", -EINVAL, "dtmf: takes 1 to 32 digits");
	refused("prompt:0123456789abcdef0123456789abcdef", -ENOENT,
		"no prompt has this id");
	assert_int_equal(hits_at_server(), 0);
}

static void failures_come_with_a_sentence(void **state)
{
	struct prompts_stats st;

	(void)state;
	refused(url_of("/nothing"), -EBADMSG, "http status 404");
	refused(url_of("/bad"), -EBADMSG, "the recording cannot be read");
	refused("http://10.0.0.1/x", -EPERM, "may not be fetched from");
	refused("file:///etc/passwd", -EINVAL, "scheme file");
	prompts_get_stats(pool, &st);
	assert_int_equal(st.failed, 2);
	assert_int_equal(st.bytes, 0);
}

static void check_url_agrees_with_get(void **state)
{
	char why[PROMPT_WHY_LEN];

	(void)state;
	assert_int_equal(prompt_check_url(pool, "http://example.org/a", why,
					  sizeof(why)), 0);
	assert_int_equal(prompt_check_url(pool, "http://10.0.0.1/", why,
					  sizeof(why)), -EPERM);
	assert_int_equal(prompt_check_url(pool, "ftp://example.org/", why,
					  sizeof(why)), -EINVAL);
}

static void a_cancelled_get_is_not_told(void **state)
{
	struct told t[4];
	struct prompt_get *g[4];
	struct prompt *p;

	(void)state;
	for (int i = 0; i < 3; i++)
		g[i] = ask(&t[i], "/gate");
	prompt_get_cancel(g[1]);
	prompt_get_cancel(g[0]);
	open_gate();
	await(&t[2]);
	p = t[2].prompt;
	/* Also one that was ready, with its message on the way. */
	g[3] = ask(&t[3], "/gate");
	prompt_get_cancel(g[3]);
	inbox_run(home);
	assert_int_equal(t[0].n + t[1].n + t[3].n, 0);
	prompt_get_cancel(NULL);
	prompt_unref(p);
}

static void all_may_cancel_and_the_next_still_gets_it(void **state)
{
	struct told a, b;

	(void)state;
	prompt_get_cancel(ask(&a, "/gate"));
	ask(&b, "/gate");
	open_gate();
	await(&b);
	assert_int_equal(b.err, 0);
	assert_int_equal(hits_at_server(), 1);
	prompt_unref(b.prompt);
}

struct chain {
	struct told told;
	struct prompt_get *own, *other;
	struct told next;
};

static void on_chain(void *arg, int err, struct prompt *prompt, const char *why)
{
	struct chain *c = arg;
	struct prompt_get *g;

	on_told(&c->told, err, prompt, why);
	prompt_get_cancel(c->own);
	prompt_get_cancel(c->other);
	assert_int_equal(prompt_get(&g, pool, url_of("/gate"), mulaw, 1,
				    on_told, &c->next), 0);
}

static void a_callback_may_cancel_and_get(void **state)
{
	struct chain c = {0};
	struct told other;

	(void)state;
	assert_int_equal(prompt_get(&c.own, pool, url_of("/gate"), mulaw, 1,
				    on_chain, &c), 0);
	c.other = ask(&other, "/gate");
	open_gate();
	await(&c.told);
	await(&c.next);
	assert_int_equal(other.n, 0);
	assert_ptr_equal(c.told.prompt, c.next.prompt);
	prompt_unref(c.told.prompt);
	prompt_unref(c.next.prompt);
}

static void fetches_of_one_host_are_bounded(void **state)
{
	struct told t[GATE_N];

	(void)state;
	for (int i = 0; i < GATE_N; i++) {
		char path[32];

		str_printf(path, sizeof(path), "/gate/%d", i);
		ask(&t[i], path);
	}
	open_gate();
	for (int i = 0; i < GATE_N; i++) {
		await(&t[i]);
		assert_int_equal(t[i].err, 0);
		prompt_unref(t[i].prompt);
	}
	assert_int_equal(hits_at_server(), GATE_N);
	assert_in_range(atomic_load(&server.most_open), 1, 8);
}

static void a_prompt_outlives_its_pool(void **state)
{
	struct prompt *p = get("/wav");

	(void)state;
	prompts_free(pool);
	pool = NULL;
	assert_int_equal(prompt_frames(p, &mulaw_codec)->len, SAMPLES);
	prompt_unref(p);
	/* teardown runs home, which frees both. */
}

static void the_pool_may_go_while_fetches_run(void **state)
{
	struct told t[GATE_N];

	(void)state;
	for (int i = 0; i < GATE_N; i++) {
		char path[32];

		str_printf(path, sizeof(path), "/gate/%d", i);
		prompt_get_cancel(ask(&t[i], path));
	}
	prompt_get_cancel(ask(&t[0], "/stalled"));
	prompts_free(pool);
	pool = NULL;
	inbox_run(home);
}

static void the_pool_may_go_with_a_prompt_just_made(void **state)
{
	struct told t;
	struct prompt_get *g = ask(&t, "/wav");

	(void)state;
	inbox_wait(home, 10000);	/* fetched ... */
	inbox_run(home);
	inbox_wait(home, 10000);	/* ... and made, but not yet told */
	assert_int_equal(inbox_fill(home), 1);
	assert_int_equal(t.n, 0);
	prompt_get_cancel(g);
	prompts_free(pool);
	pool = NULL;
}

struct reader {
	pthread_t thread;
	struct prompt *prompt;
};

static void *read_and_drop(void *arg)
{
	struct reader *r = arg;
	const struct prompt_frames *f = prompt_frames(r->prompt, &mulaw_codec);

	for (size_t i = 0; i < f->len; i++) {
		if (f->data[i] != mulaw_byte(pcm[i]))
			abort();
	}
	prompt_unref(prompt_ref(r->prompt));
	prompt_unref(r->prompt);
	return NULL;
}

/* What media threads do, while the pool replaces the prompt under them. */
static void many_threads_read_one_prompt(void **state)
{
	struct reader r[8];

	(void)state;
	for (int round = 0; round < 5; round++) {
		struct prompt *p = get("/no-store");

		for (int i = 0; i < 8; i++) {
			r[i].prompt = prompt_ref(p);
			assert_int_equal(pthread_create(&r[i].thread, NULL,
							read_and_drop, &r[i]),
					 0);
		}
		prompt_unref(p);
		prompt_unref(get("/no-store"));
		for (int i = 0; i < 8; i++)
			pthread_join(r[i].thread, NULL);
		inbox_run(home);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(prompt_holds_the_frames_of_its_codecs),
		TEST(one_fetch_serves_all_who_wait),
		TEST(a_fresh_prompt_is_not_fetched_again),
		TEST(a_stale_prompt_is_fetched_again),
		TEST(cache_control_is_followed),
		TEST(a_missing_codec_is_made_with_those_known),
		TEST(another_codec_meanwhile_is_the_same_fetch),
		TEST(two_urls_of_the_same_bytes_share_frames),
		TEST(silence_and_digits_are_made),
		TEST(failures_come_with_a_sentence),
		TEST(check_url_agrees_with_get),
		TEST(a_cancelled_get_is_not_told),
		TEST(all_may_cancel_and_the_next_still_gets_it),
		TEST(a_callback_may_cancel_and_get),
		TEST(fetches_of_one_host_are_bounded),
		TEST(a_prompt_outlives_its_pool),
		TEST(the_pool_may_go_while_fetches_run),
		TEST(the_pool_may_go_with_a_prompt_just_made),
		TEST(many_threads_read_one_prompt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
