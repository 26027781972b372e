/*
 * test_maker.c - the threads that turn files into frames.
 * Needs: core/media/{maker,encode,decode,resample,wav}.c, core/base;
 * -lsndfile -lspeexdsp -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "codec_doubles.h"
#include "media/encode.h"
#include "media/maker.h"
#include "recordings.h"

enum { THREADS = 2 };

static struct inbox *home;
static struct makers *makers;
static int n_done;

static void on_done(struct make *mk)
{
	(void)mk;
	n_done++;
}

static int setup(void **state)
{
	(void)state;
	n_done = 0;
	assert_int_equal(inbox_new(&home, 10), 0);
	assert_int_equal(makers_new(&makers, home, THREADS, 100), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	makers_free(makers);
	inbox_run(home);
	inbox_free(home);
	return 0;
}

static void prepare(struct make *mk, const struct file *f)
{
	memset(mk, 0, sizeof(*mk));
	mk->data = f->data;
	mk->len = f->len;
	mk->codecs[0] = &mulaw_codec;
	mk->n_codecs = 1;
	mk->done = on_done;
}

static void await(int n)
{
	for (int i = 0; i < 20 && n_done < n; i++) {
		inbox_wait(home, 1000);
		inbox_run(home);
	}
	assert_int_equal(n_done, n);
}

static void makers_work_side_by_side(void **state)
{
	static int16_t pcm[4000];
	struct file f = wav_pcm(8000, pcm, 4000);
	struct make mk[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		assert_true(makers_idle(makers));
		prepare(&mk[i], &f);
		make_start(makers, &mk[i]);
	}
	assert_false(makers_idle(makers));
	await(THREADS);
	assert_true(makers_idle(makers));
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(mk[i].err, 0);
		assert_int_equal(mk[i].duration_ms, 500);
		assert_int_equal(mk[i].frames[0].len, 4000);
		frames_free(&mk[i].frames[0]);
	}
	file_free(&f);
}

static void makers_tell_what_was_wrong(void **state)
{
	struct file f = {0};
	struct make mk;

	(void)state;
	file_put(&f, "no audio at all", 15);
	prepare(&mk, &f);
	make_start(makers, &mk);
	await(1);
	assert_int_equal(mk.err, -ENOTSUP);
	assert_string_not_equal(mk.why, "");
	file_free(&f);
}

static void makers_that_stop_tell_what_was_under_way(void **state)
{
	size_t n = 99 * 48000;
	int16_t *pcm = calloc(n, sizeof(*pcm));
	struct file f;
	struct make mk;

	(void)state;
	assert_non_null(pcm);
	f = wav_pcm(48000, pcm, n);
	free(pcm);
	prepare(&mk, &f);
	make_start(makers, &mk);
	makers_stop(makers);
	assert_false(makers_idle(makers));
	await(1);
	assert_int_equal(mk.err, -ECANCELED);
	file_free(&f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(makers_work_side_by_side),
		TEST(makers_tell_what_was_wrong),
		TEST(makers_that_stop_tell_what_was_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
