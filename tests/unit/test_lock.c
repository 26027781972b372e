/*
 * test_lock.c - one thread at a time.
 * Needs: core/base/lock.c; -lpthread.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/lock.h"

enum { THREADS = 4, ROUNDS = 20000 };

static struct lock lock;
static int value, other;

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		lock_take(&lock);
		value++;
		other = value;
		lock_give(&lock);
	}
	return NULL;
}

static void a_lock_lets_one_in_at_a_time(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	lock_init(&lock);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, count, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	lock_deinit(&lock);
	assert_int_equal(value, THREADS * ROUNDS);
	assert_int_equal(other, value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_lets_one_in_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
