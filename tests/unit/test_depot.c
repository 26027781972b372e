/*
 * test_depot.c - what was fetched and made, as files.
 * Needs: core/media/{depot,shelf,files,frames_file,record,coder,...}.c;
 * -lcurl -lsndfile -lspeexdsp -lcrypto -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>
#include <signal.h>

#include "codec_doubles.h"
#include "media/depot.h"
#include "media/encode.h"
#include "scratch_dir.h"

enum { MAX_FILE = 10000 };

static struct depot depot;
static struct content content;
static const uint8_t data[100] = "a file, whatever is in it";

static int setup(void **state)
{
	(void)state;
	scratch_make();
	memset(&depot, 0, sizeof(depot));
	assert_int_equal(content_of(&content, data, sizeof(data)), 0);
	depot_open(&depot, scratch, 1 << 20, MAX_FILE);
	assert_true(depot.is_open);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	depot_close(&depot);
	scratch_remove();
	return 0;
}

static void reopen(void)
{
	depot_close(&depot);
	memset(&depot, 0, sizeof(depot));
	depot_open(&depot, scratch, 1 << 20, MAX_FILE);
}

static int read_blob(void)
{
	uint8_t *found;
	size_t len;
	int err = depot_blob(&depot, &content, &found, &len);

	if (err)
		return err;
	assert_int_equal(len, sizeof(data));
	assert_memory_equal(found, data, len);
	free(found);
	return 0;
}

static int read_frames(const struct cln_codec *codec)
{
	struct prompt_frames f;
	uint32_t duration;
	int err = depot_frames(&depot, &content, codec, &f, &duration);

	if (err)
		return err;
	assert_int_equal(duration, 12);
	assert_int_equal(f.len, sizeof(data));
	frames_free(&f);
	return 0;
}

static void keep_frames(const struct cln_codec *codec)
{
	struct prompt_frames f = { .codec = codec, .data = data,
		.len = sizeof(data),
		.n_frames = sizeof(data) / codec->frame_bytes };

	depot_keep_frames(&depot, &content, &f, 12);
}

static struct origin *make_origin(const char *url)
{
	struct origin *o;

	assert_int_equal(origin_new(&o, url, url, NULL, NULL), 0);
	o->content = content;
	return o;
}

static void what_is_kept_is_there_also_later(void **state)
{
	struct origin *o = make_origin("http://a/"), *found;

	(void)state;
	assert_false(depot_has_blob(&depot, &content));
	assert_int_equal(read_blob(), -ENOENT);
	assert_int_equal(read_frames(&mulaw_codec), -ENOENT);
	assert_int_equal(depot_origin(&depot, "http://a/", &found), -ENOENT);
	depot_keep_blob(&depot, &content, data, sizeof(data));
	keep_frames(&mulaw_codec);
	keep_frames(&framed_codec);
	depot_keep_origin(&depot, o);
	origin_free(o);
	for (int i = 0; i < 2; i++) {
		assert_true(depot_has_blob(&depot, &content));
		assert_int_equal(read_blob(), 0);
		assert_int_equal(read_frames(&mulaw_codec), 0);
		assert_int_equal(read_frames(&framed_codec), 0);
		assert_int_equal(read_frames(&linear8_codec), -ENOENT);
		assert_int_equal(depot_origin(&depot, "http://a/", &found), 0);
		assert_true(content_is(&found->content, &content));
		origin_free(found);
		assert_true(atomic_load(&depot.bytes) == 4 * 4096);
		reopen();
	}
}

static int other_encode(void *state, const int16_t *pcm, size_t n, uint8_t *out,
			size_t cap)
{
	int len = mulaw_encode(state, pcm, n, out, cap);

	for (int i = 0; i < len; i++)
		out[i] ^= 1;
	return len;
}

static void frames_of_a_codec_that_changed_are_not_used(void **state)
{
	struct cln_codec changed = mulaw_codec;

	(void)state;
	keep_frames(&mulaw_codec);
	changed.encode = other_encode;
	assert_int_equal(read_frames(&changed), -ENOENT);
	assert_int_equal(read_frames(&mulaw_codec), 0);
}

static void what_is_broken_is_removed(void **state)
{
	struct origin *o = make_origin("http://a/"), *found;
	char path[512], name[256];

	(void)state;
	depot_keep_blob(&depot, &content, data, sizeof(data));
	keep_frames(&mulaw_codec);
	depot_keep_origin(&depot, o);
	scratch_list("prompts/blobs", 0, name);
	str_printf(path, sizeof(path), "prompts/blobs/%s", name);
	scratch_break(path, 5);
	scratch_list("prompts/frames", 0, name);
	str_printf(path, sizeof(path), "prompts/frames/%s", name);
	scratch_break(path, -1);
	scratch_list("prompts/urls", 0, name);
	str_printf(path, sizeof(path), "prompts/urls/%s", name);
	scratch_break(path, 40);
	assert_int_equal(read_blob(), -EBADMSG);
	assert_int_equal(read_frames(&mulaw_codec), -EBADMSG);
	assert_int_equal(depot_origin(&depot, "http://a/", &found), -EBADMSG);
	assert_int_equal(scratch_count("prompts/blobs"), 0);
	assert_int_equal(scratch_count("prompts/frames"), 0);
	assert_int_equal(scratch_count("prompts/urls"), 0);
	/* And the next time it is put in its place. */
	depot_keep_blob(&depot, &content, data, sizeof(data));
	keep_frames(&mulaw_codec);
	depot_keep_origin(&depot, o);
	assert_int_equal(read_blob(), 0);
	assert_int_equal(read_frames(&mulaw_codec), 0);
	assert_int_equal(depot_origin(&depot, "http://a/", &found), 0);
	origin_free(found);
	origin_free(o);
}

/* Two URLs whose hashes were mixed up by somebody. */
static void a_record_of_another_url_is_not_believed(void **state)
{
	struct origin *o = make_origin("http://a/"), *found;
	char a[256], b[256], from[600], to[600];

	(void)state;
	depot_keep_origin(&depot, o);
	origin_free(o);
	scratch_list("prompts/urls", 0, a);
	o = make_origin("http://b/");
	depot_keep_origin(&depot, o);
	origin_free(o);
	scratch_list("prompts/urls", 0, b);
	if (!strcmp(a, b))
		scratch_list("prompts/urls", 1, b);
	str_printf(from, sizeof(from), "prompts/urls/%s", a);
	str_printf(to, sizeof(to), "prompts/urls/%s", b);
	assert_int_equal(rename(scratch_path(from), scratch_path(to)), 0);
	assert_int_equal(depot_origin(&depot, "http://b/", &found), -EBADMSG);
	assert_int_equal(depot_origin(&depot, "http://a/", &found), -ENOENT);
}

/* A file that is longer than the process may write: as a full disk, at the
 * byte where it is full.                                                     */
static void a_disk_that_refuses_is_left_alone_for_a_while(void **state)
{
	struct rlimit old, small = { 50, 50 };
	struct origin *o = make_origin("http://a/");

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	depot_keep_blob(&depot, &content, data, sizeof(data));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(depot.failing);
	assert_int_equal(scratch_count("prompts/blobs"), 0);
	assert_false(depot_has_blob(&depot, &content));
	depot_keep_origin(&depot, o);
	assert_int_equal(scratch_count("prompts/urls"), 0);
	depot.retry_ms = 0;
	depot_keep_origin(&depot, o);
	assert_false(depot.failing);
	assert_int_equal(scratch_count("prompts/urls"), 1);
	origin_free(o);
}

static void what_is_larger_than_the_budget_is_not_kept(void **state)
{
	(void)state;
	depot_close(&depot);
	memset(&depot, 0, sizeof(depot));
	depot_open(&depot, scratch, 99, MAX_FILE);
	depot_keep_blob(&depot, &content, data, sizeof(data));
	assert_int_equal(scratch_count("prompts/blobs"), 0);
}

static void a_content_goes_with_all_that_was_made_of_it(void **state)
{
	(void)state;
	depot_keep_blob(&depot, &content, data, sizeof(data));
	keep_frames(&mulaw_codec);
	keep_frames(&linear8_codec);
	depot_use_content(&depot, &content);
	depot_use_url(&depot, "http://a/");
	depot_forget_content(&depot, &content);
	depot_forget_url(&depot, "http://a/");
	assert_int_equal(atomic_load(&depot.bytes), 0);
	assert_int_equal(scratch_count("prompts/frames"), 0);
	assert_int_equal(read_blob(), -ENOENT);
}

static void what_is_larger_than_the_budget_stays_outside(void **state)
{
	static const uint8_t large[4097];	/* two blocks */
	struct content other;

	(void)state;
	depot_close(&depot);
	memset(&depot, 0, sizeof(depot));
	depot_open(&depot, scratch, 5000, MAX_FILE);
	depot_keep_blob(&depot, &content, data, sizeof(data));
	assert_int_equal(content_of(&other, large, sizeof(large)), 0);
	depot_keep_blob(&depot, &other, large, sizeof(large));
	assert_false(depot_has_blob(&depot, &other));
	assert_int_equal(read_blob(), 0);
	assert_int_equal(atomic_load(&depot.bytes), 4096);
}

static void what_somebody_removed_counts_no_more(void **state)
{
	char name[256], path[300];

	(void)state;
	keep_frames(&mulaw_codec);
	assert_int_equal(scratch_list("prompts/frames", 0, name), 1);
	str_printf(path, sizeof(path), "prompts/frames/%s", name);
	remove(scratch_path(path));
	assert_int_equal(read_frames(&mulaw_codec), -ENOENT);
	assert_int_equal(atomic_load(&depot.bytes), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_larger_than_the_budget_stays_outside),
		TEST(what_somebody_removed_counts_no_more),
		TEST(what_is_kept_is_there_also_later),
		TEST(frames_of_a_codec_that_changed_are_not_used),
		TEST(what_is_broken_is_removed),
		TEST(a_record_of_another_url_is_not_believed),
		TEST(a_disk_that_refuses_is_left_alone_for_a_while),
		TEST(what_is_larger_than_the_budget_is_not_kept),
		TEST(a_content_goes_with_all_that_was_made_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
