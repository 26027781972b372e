/*
 * test_library.c - recordings that were uploaded.
 * Needs: core/media/{library,books,about,files,decode,...}.c, core/base;
 * -lsndfile -lcrypto -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "media/library.h"
#include "recordings.h"
#include "scratch_dir.h"

enum { SAMPLES = 4000, WHY = 200, THREADS = 4, EACH = 20 };

static struct library *library;
static struct clock now;
static size_t max_bytes;
static int16_t pcm[SAMPLES];
static char why[WHY];

static void start(void)
{
	struct library_config cfg = {
		.dir = scratch, .max_bytes = max_bytes, .max_file = 100000,
		.max_audio_s = 10, .clock = &now,
	};

	assert_int_equal(library_new(&library, &cfg), 0);
}

static void restart(void)
{
	library_free(library);
	start();
}

static int setup(void **state)
{
	(void)state;
	clock_virtual(&now, 0, 1700000000000);
	max_bytes = 1 << 20;
	scratch_make();
	start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	library_free(library);
	scratch_remove();
	return 0;
}

static struct file recording(int pitch)
{
	tone(pcm, SAMPLES, pitch, 8000);
	return wav_pcm(8000, pcm, SAMPLES);
}

static int add_as(int pitch, const char *name, struct cln_prompt_info *info)
{
	struct file f = recording(pitch);
	int err = library_add(library, f.data, f.len, name, info, why, WHY);

	file_free(&f);
	return err;
}

static void add(int pitch, struct cln_prompt_info *info)
{
	assert_int_equal(add_as(pitch, "welcome", info), 0);
}

static void an_upload_is_known_and_readable_also_later(void **state)
{
	struct file f = recording(440);
	struct cln_prompt_info info, again;
	struct content c;
	uint8_t *data;
	size_t len;

	(void)state;
	add(440, &info);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(library_get(library, info.id, &again, &c), 0);
		assert_int_equal(strlen(again.id), 32);
		assert_string_equal(again.name, "welcome");
		assert_string_equal(again.format, "wav pcm_16");
		assert_int_equal(again.rate, 8000);
		assert_int_equal(again.channels, 1);
		assert_int_equal(again.bytes, f.len);
		assert_int_equal(again.duration_ms, 500);
		assert_true(again.created_at == 1700000000000);
		assert_int_equal(library_read(library, info.id, &data, &len),
				 0);
		assert_int_equal(len, f.len);
		assert_memory_equal(data, f.data, len);
		free(data);
		restart();
	}
	file_free(&f);
}

static void the_same_file_again_changes_nothing(void **state)
{
	struct cln_prompt_info a, b;

	(void)state;
	add(440, &a);
	clock_advance(&now, S_NS);
	assert_int_equal(add_as(440, "other", &b), 0);
	assert_string_equal(a.id, b.id);
	assert_string_equal(b.name, "welcome");
	assert_true(b.created_at == a.created_at);
	assert_int_equal(scratch_count("library"), 2);
}

static void only_sound_recordings_are_taken(void **state)
{
	static const char page[] = "<!doctype html><title>Log in</title>";
	struct cln_prompt_info info;
	struct file f = recording(440);
	static uint8_t big[100001];

	(void)state;
	assert_int_equal(library_add(library, page, sizeof(page), "", &info,
				     why, WHY), -EINVAL);
	assert_non_null(strstr(why, "not a recording"));
	assert_int_equal(library_add(library, "", 0, "", &info, why, WHY),
			 -EINVAL);
	assert_true(why[0]);
	assert_int_equal(library_add(library, f.data, 44, "", &info, why, WHY),
			 -EINVAL);
	assert_true(why[0]);
	assert_int_equal(library_add(library, big, sizeof(big), "", &info, why,
				     WHY), -EFBIG);
	assert_non_null(strstr(why, "larger than 100000"));
	file_free(&f);
	assert_int_equal(scratch_count("library"), 0);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct cln_prompt_info info;

	(void)state;
	library_free(library);
	max_bytes = 30000;		/* two, with what each counts beside */
	start();
	add(440, &info);
	add(550, &info);
	assert_int_equal(add_as(660, "", &info), -ENOSPC);
	assert_non_null(strstr(why, "the library is full"));
	add(440, &info);		/* it is there */
	assert_int_equal(library_delete(library, info.id, NULL), 0);
	add(660, &info);
	restart();
	assert_int_equal(add_as(440, "", &info), -ENOSPC);
}

static void what_is_deleted_is_gone(void **state)
{
	struct cln_prompt_info info;
	struct content c;
	uint8_t *data;
	size_t len;

	(void)state;
	add(440, &info);
	assert_int_equal(library_delete(library, info.id, &c), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(library_get(library, info.id, &info, NULL),
				 -ENOENT);
		assert_int_equal(library_read(library, info.id, &data, &len),
				 -ENOENT);
		assert_int_equal(library_delete(library, info.id, NULL),
				 -ENOENT);
		assert_int_equal(scratch_count("library"), 0);
		restart();
	}
}

static void on_info(void *arg, const struct cln_prompt_info *info)
{
	struct cln_prompt_info **next = arg;

	*(*next)++ = *info;
}

static void pages_follow_each_other(void **state)
{
	struct cln_prompt_info info, all[8], *next = all;
	const char *after = "";

	(void)state;
	for (int i = 0; i < 5; i++)
		add(400 + 10 * i, &info);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(library_list(library, after, 2, on_info,
					      &next), 0);
		after = next[-1].id;
	}
	assert_int_equal(next - all, 5);
	for (int i = 1; i < 5; i++)
		assert_true(strcmp(all[i - 1].id, all[i].id) < 0);
	assert_int_equal(library_list(library, after, 2, on_info, &next), 0);
	assert_int_equal(next - all, 5);
}

static void a_name_is_one_line_of_whole_characters(void **state)
{
	struct cln_prompt_info info;
	char name[300];

	(void)state;
	assert_int_equal(add_as(440, "a\nb\tc", &info), 0);
	assert_string_equal(info.name, "a b c");
	memset(name, 0, sizeof(name));
	for (int i = 0; i < 200; i += 2)
		memcpy(name + i, "\xc3\xbc", 2);
	assert_int_equal(add_as(550, name, &info), 0);
	assert_int_equal(strlen(info.name), 126);
	restart();
	assert_int_equal(library_get(library, info.id, &info, NULL), 0);
	assert_int_equal(strlen(info.name), 126);
}

/* ---- what a crash or a disk may have done -------------------------------- */

static void what_no_add_answered_for_is_swept(void **state)
{
	struct cln_prompt_info info;

	(void)state;
	add(440, &info);
	library_free(library);
	scratch_write("library/tmp-1-7", "half", 4);
	scratch_write("library/00000000000000000000000000000000", "no about",
		      8);
	start();
	assert_int_equal(scratch_count("library"), 2);
	assert_int_equal(library_get(library, info.id, &info, NULL), 0);
}

static void what_is_broken_is_not_offered_but_kept(void **state)
{
	struct cln_prompt_info a, b, c;
	char path[128];
	uint8_t *data;
	size_t len;

	(void)state;
	add(440, &a);
	add(550, &b);
	add(660, &c);
	str_printf(path, sizeof(path), "library/%s.about", a.id);
	scratch_break(path, 30);
	str_printf(path, sizeof(path), "library/%s", b.id);
	scratch_break(path, -1);
	str_printf(path, sizeof(path), "library/%s", c.id);
	scratch_break(path, 1000);
	restart();
	assert_int_equal(library_get(library, a.id, &a, NULL), -ENOENT);
	assert_int_equal(library_get(library, b.id, &b, NULL), -ENOENT);
	/* Only reading finds out. */
	assert_int_equal(library_get(library, c.id, &c, NULL), 0);
	assert_int_equal(library_read(library, c.id, &data, &len), -EBADMSG);
	assert_int_equal(scratch_count("library"), 6);
	add(440, &a);			/* and it is whole again */
	restart();
	assert_int_equal(library_get(library, a.id, &a, NULL), 0);
}

static void the_same_file_again_mends_what_was_damaged(void **state)
{
	struct cln_prompt_info info, again;
	struct file f = recording(440);
	char path[128];
	uint8_t *data;
	size_t len;

	(void)state;
	add(440, &info);
	str_printf(path, sizeof(path), "library/%s", info.id);
	for (int i = 0; i < 2; i++) {
		if (i)
			remove(scratch_path(path));
		else
			scratch_break(path, 1000);
		assert_int_equal(add_as(440, "other", &again), 0);
		assert_string_equal(again.name, "welcome");
		assert_int_equal(library_read(library, info.id, &data, &len),
				 0);
		assert_int_equal(len, f.len);
		free(data);
	}
	file_free(&f);
	assert_int_equal(scratch_count("library"), 2);
}

static void a_disk_that_refuses_leaves_nothing_behind(void **state)
{
	struct rlimit old, small = { 1000, 1000 };
	struct cln_prompt_info info;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(add_as(440, "", &info), -EIO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_non_null(strstr(why, "the disk refused it"));
	assert_int_equal(scratch_count("library"), 0);
	add(440, &info);
}

static void a_folder_that_cannot_be_had_takes_nothing(void **state)
{
	struct cln_prompt_info info;

	(void)state;
	library_free(library);
	scratch_remove();
	scratch_make();
	scratch_write("library", "", 0);
	start();
	assert_int_equal(add_as(440, "", &info), -EIO);
	assert_true(why[0]);
	assert_int_equal(library_list(library, "", 10, on_info, NULL), 0);
}

static void *add_many(void *arg)
{
	struct cln_prompt_info info;
	char own_why[WHY];

	for (int i = 0; i < EACH; i++) {
		struct file *f = arg;

		if (library_add(library, f[i].data, f[i].len, "", &info,
				own_why, WHY) ||
		    library_get(library, info.id, &info, NULL))
			abort();
	}
	return NULL;
}

static void many_may_bring_the_same_at_once(void **state)
{
	struct file files[EACH];
	pthread_t t[THREADS];

	(void)state;
	for (int i = 0; i < EACH; i++)
		files[i] = recording(300 + i);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, add_many, files),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(scratch_count("library"), 2 * EACH);
	for (int i = 0; i < EACH; i++)
		file_free(&files[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_upload_is_known_and_readable_also_later),
		TEST(the_same_file_again_changes_nothing),
		TEST(only_sound_recordings_are_taken),
		TEST(what_does_not_fit_is_refused),
		TEST(what_is_deleted_is_gone),
		TEST(pages_follow_each_other),
		TEST(a_name_is_one_line_of_whole_characters),
		TEST(what_no_add_answered_for_is_swept),
		TEST(what_is_broken_is_not_offered_but_kept),
		TEST(the_same_file_again_mends_what_was_damaged),
		TEST(a_disk_that_refuses_leaves_nothing_behind),
		TEST(a_folder_that_cannot_be_had_takes_nothing),
		TEST(many_may_bring_the_same_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
