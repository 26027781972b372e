/*
 * test_loop.c - sockets, inbox and timers in one loop.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/loop.h"

static struct loop *loop;
static int called;

static int setup(void **state)
{
	(void)state;
	called = 0;
	return loop_new(&loop, clock_system(), 16);
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static void drain(struct loop_fd *f, uint32_t events)
{
	char c;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(f->fd, &c, 1), 1);
	called++;
}

static void ring(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static void loop_calls_for_a_readable_fd(void **state)
{
	struct loop_fd f = { .fn = drain };
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	f.fd = p[0];
	assert_int_equal(loop_add(loop, &f, EPOLLIN), 0);
	loop_once(loop, 0);
	assert_int_equal(called, 0);
	ring(p[1]);
	loop_once(loop, 5000);
	assert_int_equal(called, 1);
	ring(p[1]);
	assert_int_equal(loop_modify(&f, 0), 0);
	loop_once(loop, 0);
	assert_int_equal(called, 1);
	loop_remove(&f);
	loop_remove(&f);
	close(p[0]);
	close(p[1]);
}

static struct loop_fd pair[2];

static void remove_both(struct loop_fd *f, uint32_t events)
{
	(void)f;
	(void)events;
	called++;
	loop_remove(&pair[0]);
	loop_remove(&pair[1]);
	memset(pair, 0xff, sizeof(pair));
}

static void loop_removed_fd_is_not_called_in_the_same_round(void **state)
{
	int p[2][2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(p[i]), 0);
		pair[i] = (struct loop_fd){ .fd = p[i][0], .fn = remove_both };
		loop_add(loop, &pair[i], EPOLLIN);
		ring(p[i][1]);
	}
	loop_once(loop, 5000);
	assert_int_equal(called, 1);
	for (int i = 0; i < 2; i++) {
		close(p[i][0]);
		close(p[i][1]);
	}
}

static void note_timer(struct timer *t)
{
	called++;
	if (t->arg)
		loop_stop(t->arg);
}

static void loop_timer_fires_at_its_time(void **state)
{
	int64_t start = clock_now_ns(clock_system()), late;
	struct timer t;

	(void)state;
	timer_init(&t, note_timer, loop);
	timer_set_ns(loop_timers(loop), &t, start + 3 * MS_NS);
	loop_run(loop);
	late = clock_now_ns(clock_system()) - start - 3 * MS_NS;
	assert_int_equal(called, 1);
	assert_true(late >= 0);
	assert_true(late < S_NS);
}

static void loop_virtual_clock_moves_timers(void **state)
{
	struct clock c;
	struct loop *l;
	struct timer t;

	(void)state;
	clock_virtual(&c, 0, 0);
	assert_int_equal(loop_new(&l, &c, 1), 0);
	assert_ptr_equal(loop_clock(l), &c);
	timer_init(&t, note_timer, NULL);
	timer_set_ms(loop_timers(l), &t, 3600000);
	loop_once(l, 0);
	assert_int_equal(called, 0);
	clock_advance(&c, 3600 * S_NS);
	loop_once(l, 5000);
	assert_int_equal(called, 1);
	loop_free(l);
}

static void stop_by_message(struct msg *m)
{
	(void)m;
	called++;
	loop_stop(loop);
}

static void *post_stop(void *arg)
{
	inbox_post(loop_inbox(loop), arg);
	return NULL;
}

static void loop_runs_messages_of_other_threads(void **state)
{
	struct msg m = { .fn = stop_by_message };
	pthread_t other;

	(void)state;
	pthread_create(&other, NULL, post_stop, &m);
	loop_run(loop);
	pthread_join(other, NULL);
	assert_int_equal(called, 1);
}

static void *stop_from_outside(void *arg)
{
	(void)arg;
	loop_stop(loop);
	return NULL;
}

static void loop_stop_wakes_from_another_thread(void **state)
{
	pthread_t other;

	(void)state;
	pthread_create(&other, NULL, stop_from_outside, NULL);
	loop_run(loop);
	pthread_join(other, NULL);
}

static void loop_stop_before_run_ends_it_at_once(void **state)
{
	(void)state;
	loop_stop(loop);
	loop_run(loop);
	loop_stop(loop);
	loop_run(loop);
}

static void on_signal(int sig)
{
	(void)sig;
	loop_stop(loop);
}

static void loop_stop_works_in_a_signal_handler(void **state)
{
	struct sigaction sa = { .sa_handler = on_signal }, old;

	(void)state;
	sigaction(SIGALRM, &sa, &old);
	alarm(1);
	loop_run(loop);
	sigaction(SIGALRM, &old, NULL);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(loop_calls_for_a_readable_fd),
		T(loop_removed_fd_is_not_called_in_the_same_round),
		T(loop_timer_fires_at_its_time),
		T(loop_virtual_clock_moves_timers),
		T(loop_runs_messages_of_other_threads),
		T(loop_stop_wakes_from_another_thread),
		T(loop_stop_before_run_ends_it_at_once),
		T(loop_stop_works_in_a_signal_handler),
	};

	loop_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
