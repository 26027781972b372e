/*
 * test_disk.c - the thread that reads and writes the cache.
 * Needs: core/media/{disk,depot,...}.c, core/base; -lcurl -lsndfile
 * -lspeexdsp -lcrypto -lm -lpthread.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "codec_doubles.h"
#include "media/disk.h"
#include "media/encode.h"
#include "scratch_dir.h"

static struct inbox *home;
static struct disk *disk;
static struct content content;
static int n_done;
static const uint8_t data[100] = "a file, whatever is in it";

static int setup(void **state)
{
	(void)state;
	n_done = 0;
	scratch_make();
	assert_int_equal(content_of(&content, data, sizeof(data)), 0);
	assert_int_equal(inbox_new(&home, 10), 0);
	assert_int_equal(disk_new(&disk, home, scratch, 1 << 20, 1 << 20), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	disk_free(disk);
	inbox_run(home);
	inbox_free(home);
	scratch_remove();
	return 0;
}

static void on_done(struct disk_op *op)
{
	(void)op;
	n_done++;
}

static void await(int n)
{
	for (int i = 0; i < 20 && n_done < n; i++) {
		inbox_wait(home, 1000);
		inbox_run(home);
	}
	assert_int_equal(n_done, n);
}

static void start_keep(struct disk_op *op, const struct origin *o)
{
	memset(op, 0, sizeof(*op));
	op->what = DISK_KEEP;
	op->done = on_done;
	op->content = content;
	op->data = data;
	op->len = sizeof(data);
	op->origin = o;
	op->frames[0] = (struct prompt_frames){ .codec = &mulaw_codec,
		.data = data, .len = sizeof(data), .n_frames = sizeof(data) };
	op->n_frames = 1;
	op->duration_ms = 9;
	disk_start(disk, op);
}

static void look(struct disk_op *op)
{
	memset(op, 0, sizeof(*op));
	op->what = DISK_LOOK;
	op->done = on_done;
	op->url = "http://a/";
	disk_start(disk, op);
}

static void load(struct disk_op *op)
{
	memset(op, 0, sizeof(*op));
	op->what = DISK_LOAD;
	op->done = on_done;
	op->content = content;
	op->codecs[0] = &linear8_codec;
	op->codecs[1] = &mulaw_codec;
	op->n_codecs = 2;
	disk_start(disk, op);
}

static struct origin *make_origin(void)
{
	struct origin *o;

	assert_int_equal(origin_new(&o, "http://a/", "http://a/", NULL, NULL),
			 0);
	o->content = content;
	return o;
}

/* One after the other, though nobody waited for any of them. */
static void what_is_kept_is_found_by_what_follows(void **state)
{
	struct disk_op ops[4];
	struct origin *o = make_origin();
	uint8_t *blob;
	size_t len;

	(void)state;
	look(&ops[0]);
	start_keep(&ops[1], o);
	look(&ops[2]);
	load(&ops[3]);
	await(4);
	assert_null(ops[0].found);
	assert_false(ops[0].has_blob);
	assert_true(ops[2].has_blob);
	assert_true(content_is(&ops[2].found->content, &content));
	assert_int_equal(ops[3].n_frames, 1);
	assert_ptr_equal(ops[3].frames[0].codec, &mulaw_codec);
	assert_int_equal(ops[3].duration_ms, 9);
	assert_true(ops[3].has_blob);
	assert_true(disk_bytes(disk) > 0);
	assert_int_equal(disk_blob(disk, &content, &blob, &len), 0);
	assert_int_equal(len, sizeof(data));
	free(blob);
	frames_free(&ops[3].frames[0]);
	origin_free(ops[2].found);
	origin_free(o);
}

static void what_was_asked_is_done_before_the_end(void **state)
{
	struct origin *o = make_origin();
	struct disk_op op;

	(void)state;
	start_keep(&op, o);
	disk_use(disk, "http://a/", &content);
	disk_stop(disk);
	await(1);
	assert_int_equal(scratch_count("prompts/urls"), 1);
	origin_free(o);
	disk_forget(disk, &content);	/* too late, and no harm */
}

static void a_url_may_be_forgotten(void **state)
{
	struct origin *o = make_origin();
	struct disk_op keep, forget, found;

	(void)state;
	start_keep(&keep, o);
	memset(&forget, 0, sizeof(forget));
	forget.what = DISK_KEEP;
	forget.done = on_done;
	forget.url = "http://a/";
	disk_start(disk, &forget);
	look(&found);
	await(3);
	assert_null(found.found);
	disk_forget(disk, &content);
	load(&found);
	await(4);
	assert_int_equal(found.n_frames, 0);
	assert_false(found.has_blob);
	origin_free(o);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_kept_is_found_by_what_follows),
		TEST(what_was_asked_is_done_before_the_end),
		TEST(a_url_may_be_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
