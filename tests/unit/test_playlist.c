/*
 * test_playlist.c - what an app asks to be played is judged before it is kept.
 * Needs: libcarillon.a, media_double.h (a double of the prompts).
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "call/playlist.h"
#include "media_double.h"

static const struct cln_gather one_digit = {
	.digits = 1, .timeout_ms = 5000, .otherwise = CLN_GOTO_NEXT,
	.on_timeout = CLN_GOTO_STOP,
};

static struct cln_problems check(const struct cln_play *play)
{
	struct cln_problems problems = { .size = sizeof(problems) };

	playlist_check(NULL, play, &problems);
	return problems;
}

static void assert_wrong(const struct cln_play *play, int code,
			 const char *pointer)
{
	struct cln_problems problems = check(play);

	assert_int_equal(problems.n, 1);
	assert_int_equal(problems.items[0].code, code);
	assert_string_equal(problems.items[0].pointer, pointer);
	assert_true(problems.items[0].detail[0]);
}

/* The second of two items, the first being sound. */
static void wrong_item(struct cln_item item, int code, const char *pointer)
{
	const struct cln_item items[] = { { .text = "http://a/1.wav" }, item };
	const struct cln_play play = { .n_items = 2, .items = items };

	assert_wrong(&play, code, pointer);
}

static void wrong_gather(const struct cln_gather *g)
{
	wrong_item((struct cln_item){ .type = CLN_ITEM_GATHER, .gather = g },
		   CLN_INVALID, "/playlist/1");
}

static void sound_playlist_has_no_problem(void **state)
{
	const struct cln_item items[] = {
		{ .text = "http://a/1.wav", .repeat = CLN_REPEAT_MAX },
		{ .type = CLN_ITEM_PAUSE, .pause_ms = CLN_PAUSE_MAX_MS },
		{ .type = CLN_ITEM_DTMF, .text = "0123456789*#ABCD" },
		{ .type = CLN_ITEM_GATHER, .gather = &one_digit },
	};
	const struct cln_play play = {
		.n_items = ARRAY_LEN(items), .items = items,
		.start = CLN_START_SILENCE, .repeat = CLN_REPEAT_MAX,
		.start_wait_ms = CLN_START_WAIT_MAX_MS,
	};

	(void)state;
	assert_int_equal(check(&play).n, 0);
}

static void empty_or_endless_list_is_refused(void **state)
{
	struct cln_play play = { .n_items = 0 };

	(void)state;
	assert_wrong(&play, CLN_INVALID, "/playlist");
	play.n_items = CLN_ITEMS_MAX + 1;
	assert_wrong(&play, CLN_INVALID, "/playlist");
}

static void item_that_cannot_be_is_refused(void **state)
{
	(void)state;
	wrong_item((struct cln_item){ .text = NULL }, CLN_INVALID,
		   "/playlist/1");
	wrong_item((struct cln_item){ .text = "http://a", .repeat = 101 },
		   CLN_INVALID, "/playlist/1");
	wrong_item((struct cln_item){ .type = CLN_ITEM_PAUSE }, CLN_INVALID,
		   "/playlist/1");
	wrong_item((struct cln_item){ .type = CLN_ITEM_PAUSE,
				      .pause_ms = CLN_PAUSE_MAX_MS + 1 },
		   CLN_INVALID, "/playlist/1");
	wrong_item((struct cln_item){ .type = CLN_ITEM_DTMF, .text = "12x" },
		   CLN_INVALID, "/playlist/1");
	wrong_item((struct cln_item){ .type = CLN_ITEM_DTMF,
		   .text = "123456789012345678901234567890123" },
		   CLN_INVALID, "/playlist/1");
	wrong_item((struct cln_item){ .type = 17, .text = "x" }, CLN_INVALID,
		   "/playlist/1");
	wrong_item((struct cln_item){ .type = CLN_ITEM_SAY, .text = "x" },
		   CLN_NO_SPEECH_SOURCE, "/playlist/1/say");
}

/* What the server makes for itself is nobody's to ask for; and an address that
 * must not be fetched from is another matter than one that is none. */
static void only_recordings_are_played(void **state)
{
	(void)state;
	wrong_item((struct cln_item){ .text = "http://169.254.169.254/" },
		   CLN_FORBIDDEN_TARGET, "/playlist/1/play");
	wrong_item((struct cln_item){ .text = "ftp://a/1.wav" },
		   CLN_INVALID, "/playlist/1/play");
	wrong_item((struct cln_item){ .text = "prompt:unknown" },
		   CLN_INVALID, "/playlist/1/play");
	wrong_item((struct cln_item){ .text = "silence:200" },
		   CLN_INVALID, "/playlist/1/play");
	wrong_item((struct cln_item){ .text = "DTMF:1" },
		   CLN_INVALID, "/playlist/1/play");
}

static void gather_that_cannot_be_is_refused(void **state)
{
	struct cln_gather g = one_digit;

	(void)state;
	wrong_gather(NULL);
	g.digits = CLN_DIGITS_MAX + 1;
	wrong_gather(&g);
	g = one_digit;
	g.timeout_ms = 0;
	wrong_gather(&g);
	g.timeout_ms = CLN_GATHER_MAX_MS + 1;
	wrong_gather(&g);
	g = one_digit;
	g.terminator = 'x';
	wrong_gather(&g);
	g = one_digit;
	g.otherwise = 2;
	wrong_gather(&g);
	g = one_digit;
	g.on_timeout = -3;
	wrong_gather(&g);
}

static void branch_that_cannot_be_is_refused(void **state)
{
	struct cln_gather g = one_digit;

	(void)state;
	g.n_branches = CLN_BRANCHES_MAX + 1;
	wrong_gather(&g);
	g.n_branches = 1;
	str_copy(g.branches[0].digits, sizeof(g.branches[0].digits), "12");
	wrong_gather(&g);		/* longer than what is gathered */
	str_copy(g.branches[0].digits, sizeof(g.branches[0].digits), "1");
	g.branches[0].go = 2;
	wrong_gather(&g);
	g.branches[0].go = 0;
	g.branches[0].digits[0] = '\0';
	wrong_gather(&g);
	memset(g.branches[0].digits, '1', sizeof(g.branches[0].digits));
	wrong_gather(&g);		/* without an end */
}

static void course_has_its_bounds(void **state)
{
	const struct cln_item item = { .text = "http://a/1.wav" };
	const struct cln_play sound = { .n_items = 1, .items = &item };
	struct cln_play play = sound;

	(void)state;
	play.repeat = CLN_REPEAT_MAX + 1;
	assert_wrong(&play, CLN_INVALID, "/repeat");
	play = sound;
	play.start = CLN_START_SILENCE + 1;
	assert_wrong(&play, CLN_INVALID, "/start");
	play = sound;
	play.start_wait_ms = CLN_START_WAIT_MAX_MS + 1;
	assert_wrong(&play, CLN_INVALID, "/start_wait_ms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_playlist_has_no_problem),
		cmocka_unit_test(empty_or_endless_list_is_refused),
		cmocka_unit_test(item_that_cannot_be_is_refused),
		cmocka_unit_test(only_recordings_are_played),
		cmocka_unit_test(gather_that_cannot_be_is_refused),
		cmocka_unit_test(branch_that_cannot_be_is_refused),
		cmocka_unit_test(course_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
