/*
 * test_prompt_harm.c - the pool and what a disk may have done; uploads on it.
 * Needs: core/media, all of the prompt pool; -lcurl -lsndfile -lspeexdsp -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <semaphore.h>

#include "media/files.h"
#include "prompt_bench.h"

enum { PIPES = 300 };		/* more than files are written here   */

static char *only_file(const char *folder)
{
	static char path[512];
	char name[256];

	assert_int_equal(scratch_list(folder, 0, name), 1);
	str_printf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

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

static void what_was_held_leaves_memory_once_it_is_idle(void **state)
{
	struct told a, b;

	(void)state;
	stop();
	max_memory = SAMPLES + SAMPLES / 2;
	start();
	a = get("/file1", mulaw);
	speak(550);
	b = get("/file2", mulaw);
	assert_int_equal(stats().bytes, 2 * SAMPLES);
	prompt_unref(a.prompt);
	prompt_unref(b.prompt);
	hear("/file2");
	assert_int_equal(stats().bytes, SAMPLES);
	assert_int_equal(stats().hits, 1);
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

static atomic_bool gated;
static sem_t at_gate, gate;

static int gated_encode(void *state, const int16_t *in, size_t n, uint8_t *out,
			size_t cap)
{
	if (atomic_exchange(&gated, false)) {
		sem_post(&at_gate);
		while (sem_wait(&gate))
			;
	}
	return mulaw_encode(state, in, n, out, cap);
}

static const struct cln_codec gated_codec = {
	.size = sizeof(struct cln_codec), .flags = CLN_CODEC_STATELESS,
	.name = "GATED", .api_name = "gated",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
	.encode = gated_encode,
};

/* Pipes under the names that the next files will be written to: to open one
 * blocks until somebody reads.                                               */
static void clog_disk(bool open_them, int fds[PIPES])
{
	char name[64];

	for (int i = 0; i < PIPES; i++) {
		str_printf(name, sizeof(name), "prompts/blobs/" FILES_TMP
			   "%d-%d", (int)getpid(), i);
		if (!open_them)
			assert_int_equal(mkfifo(scratch_path(name), 0600), 0);
		else
			fds[i] = open(scratch_path(name),
				      O_RDONLY | O_NONBLOCK);
	}
}

static void ask(struct told *t, const char *url, const struct cln_codec *codec)
{
	struct prompt_get *g;

	memset(t, 0, sizeof(*t));
	assert_int_equal(prompt_get(&g, pool, url, &codec, 1, on_told, t), 0);
}

static bool is_told(const struct told *t)
{
	for (int i = 0; i < 5 && !t->n; i++) {
		inbox_wait(home, 1000);
		inbox_run(home);
	}
	prompt_unref(t->prompt);
	return t->n == 1 && !t->err;
}

/* One maker. While it makes a file the next is asked for; the disk does not
 * take the first.                                                            */
static void a_disk_that_hangs_holds_up_no_maker(void **state)
{
	const struct cln_codec *const codec = &gated_codec;
	struct told first, second;
	bool both_told;
	char url[128];
	int fds[PIPES];

	(void)state;
	stop();
	n_makers = 1;
	start();
	first = get("/file0", &codec);	/* how it codes is known from now on */
	prompt_unref(first.prompt);
	while (!inbox_run(home))	/* the disk: it is written */
		inbox_wait(home, 1000);
	sem_init(&at_gate, 0, 0);
	sem_init(&gate, 0, 0);
	clog_disk(false, fds);
	atomic_store(&gated, true);
	speak(550);
	str_printf(url, sizeof(url), "http://127.0.0.1:%u/file1", server.port);
	ask(&first, url, codec);
	while (sem_trywait(&at_gate)) {
		inbox_wait(home, 10);
		inbox_run(home);
	}
	ask(&second, "silence:100", &mulaw_codec);
	sem_post(&gate);
	both_told = is_told(&first) && is_told(&second);
	clog_disk(true, fds);
	if (!second.n)
		is_told(&second);
	restart();
	for (int i = 0; i < PIPES; i++)
		close(fds[i]);
	assert_true(both_told);
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

static void delete_when_told(void *arg, int err, struct prompt *prompt,
			     const char *why)
{
	struct cln_prompt_info *info = arg;

	assert_int_equal(err, 0);
	assert_string_equal(why, "");
	prompt_unref(prompt);
	assert_int_equal(prompts_library_delete(pool, info->id), 0);
	info->id[0] = '\0';
}

/* Frames are written when all are told: what was deleted by then must not come
 * back.                                                                      */
static void what_is_deleted_while_it_is_made_leaves_nothing(void **state)
{
	struct cln_prompt_info info;
	char url[64], why[PROMPT_WHY_LEN];
	struct prompt_get *g;

	(void)state;
	assert_int_equal(prompts_library_add(pool, says.wav.data, says.wav.len,
					     "", &info, why, sizeof(why)), 0);
	str_printf(url, sizeof(url), "prompt:%s", info.id);
	assert_int_equal(prompt_get(&g, pool, url, mulaw, 1, delete_when_told,
				    &info), 0);
	while (info.id[0]) {
		inbox_wait(home, 1000);
		inbox_run(home);
	}
	while (!inbox_run(home))		/* the disk: it is written */
		inbox_wait(home, 1000);
	restart();
	assert_int_equal(scratch_count("prompts/frames"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(broken_frames_are_made_again_from_the_file),
		TEST(cut_frames_are_made_again_from_the_file),
		TEST(a_broken_file_is_fetched_again),
		TEST(a_file_that_is_gone_is_fetched_again),
		TEST(a_broken_url_is_asked_anew),
		TEST(leftovers_of_a_crash_are_swept),
		TEST(the_longest_unused_goes_from_disk),
		TEST(what_was_held_leaves_memory_once_it_is_idle),
		TEST(no_budget_keeps_nothing),
		TEST(a_disk_that_hangs_holds_up_no_maker),
		TEST(a_folder_that_cannot_be_had_stops_nobody),
		TEST(an_upload_is_played_and_survives),
		TEST(what_is_deleted_while_it_is_made_leaves_nothing),
		TEST(an_upload_shares_frames_with_a_url_of_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
