/*
 * test_thread.c - threads and one-shot events.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/thread.h"

struct seen {
	char name[16];
	bool blocked, precise;
	int slack;
	struct waiter done;
};

static void look(void *arg)
{
	struct seen *s = arg;
	sigset_t mask;

	pthread_getname_np(pthread_self(), s->name, sizeof(s->name));
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	s->blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT);
	s->precise = thread_make_precise(1);
	s->slack = prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL);
	waiter_done(&s->done);
}

static void thread_has_its_name_and_no_signals(void **state)
{
	struct seen s = { .name = "" };
	struct thread t;
	sigset_t mask;

	(void)state;
	waiter_init(&s.done);
	assert_int_equal(thread_start(&t, "a-name-that-is-too-long", look, &s),
			 0);
	waiter_wait(&s.done);
	waiter_wait(&s.done);
	thread_join(&t);
	waiter_deinit(&s.done);
	assert_string_equal(s.name, "a-name-that-is-");
	assert_true(s.blocked);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
}

static void thread_made_precise_has_the_least_slack(void **state)
{
	struct seen s = { .slack = 0 };
	struct thread t;

	(void)state;
	waiter_init(&s.done);
	assert_int_equal(thread_start(&t, "precise", look, &s), 0);
	thread_join(&t);
	waiter_deinit(&s.done);
	/* The kernel reports 0 for real-time threads, which know no slack. */
	assert_true(s.slack == 1 || (s.precise && s.slack == 0));
}

static void thread_join_is_fine_without_a_start(void **state)
{
	struct thread t = { .running = false };

	(void)state;
	thread_join(&t);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void thread_join_twice_is_fine(void **state)
{
	struct thread t;

	(void)state;
	assert_int_equal(thread_start(&t, "short", nothing, NULL), 0);
	assert_true(t.running);
	thread_join(&t);
	assert_false(t.running);
	thread_join(&t);
}

static void waiter_done_before_wait_does_not_block(void **state)
{
	struct waiter w;

	(void)state;
	waiter_init(&w);
	waiter_done(&w);
	waiter_wait(&w);
	waiter_deinit(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thread_has_its_name_and_no_signals),
		cmocka_unit_test(thread_made_precise_has_the_least_slack),
		cmocka_unit_test(thread_join_is_fine_without_a_start),
		cmocka_unit_test(thread_join_twice_is_fine),
		cmocka_unit_test(waiter_done_before_wait_does_not_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
