/*
 * test_inbox.c - messages between threads.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/inbox.h"

enum { POSTERS = 4, EACH = 5000 };

static int order[16], n_run;

struct note {
	struct msg msg;		/* first: a msg is its note */
	int id;
};

static void run_note(struct msg *m)
{
	order[n_run++] = ((struct note *)m)->id;
}

static int setup(void **state)
{
	struct inbox *in;

	n_run = 0;
	if (inbox_new(&in, 2))
		return -1;
	*state = in;
	return 0;
}

static int teardown(void **state)
{
	inbox_free(*state);
	return 0;
}

static bool readable(const struct inbox *in)
{
	struct pollfd p = { .fd = inbox_fd(in), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void inbox_runs_oldest_first(void **state)
{
	struct inbox *in = *state;
	struct note a = { { NULL, run_note }, 1 };
	struct note b = { { NULL, run_note }, 2 };

	assert_int_equal(inbox_run(in), 0);
	assert_int_equal(inbox_post(in, &a.msg), 0);
	assert_int_equal(inbox_post(in, &b.msg), 0);
	assert_int_equal(inbox_fill(in), 2);
	assert_int_equal(inbox_run(in), 2);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
	assert_int_equal(inbox_fill(in), 0);
}

static void inbox_refuses_new_work_when_full_but_no_completion(void **state)
{
	struct inbox *in = *state;
	struct note n[5];

	for (int i = 0; i < 5; i++)
		n[i] = (struct note){ { NULL, run_note }, i };
	inbox_complete(in, &n[0].msg);
	assert_int_equal(inbox_post(in, &n[1].msg), 0);
	assert_int_equal(inbox_post(in, &n[2].msg), 0);
	assert_int_equal(inbox_post(in, &n[3].msg), -EAGAIN);
	inbox_complete(in, &n[4].msg);
	assert_int_equal(inbox_run(in), 4);
	assert_int_equal(inbox_post(in, &n[3].msg), 0);
	assert_int_equal(inbox_run(in), 1);
}

static void inbox_closed_takes_completions_only(void **state)
{
	struct inbox *in = *state;
	struct note a = { { NULL, run_note }, 1 };

	inbox_close(in);
	assert_int_equal(inbox_post(in, &a.msg), -ESHUTDOWN);
	inbox_complete(in, &a.msg);
	assert_int_equal(inbox_run(in), 1);
}

static void inbox_fd_is_readable_exactly_while_filled(void **state)
{
	struct inbox *in = *state;
	struct note a = { { NULL, run_note }, 1 };
	struct note b = { { NULL, run_note }, 2 };

	assert_false(readable(in));
	inbox_post(in, &a.msg);
	inbox_post(in, &b.msg);
	assert_true(readable(in));
	assert_ptr_equal(inbox_take(in), &a.msg);
	assert_ptr_equal(a.msg.next, &b.msg);
	assert_null(b.msg.next);
	assert_false(readable(in));
	assert_null(inbox_take(in));
	inbox_post(in, &a.msg);
	assert_true(readable(in));
	inbox_run(in);
	inbox_wait(in, 0);
}

static struct inbox *again_in;

static void run_again(struct msg *m)
{
	if (++n_run < 3)
		inbox_complete(again_in, m);
}

static void inbox_message_may_be_posted_anew_when_it_runs(void **state)
{
	struct note a = { { NULL, run_again }, 1 };

	again_in = *state;
	inbox_complete(again_in, &a.msg);
	assert_int_equal(inbox_run(again_in), 1);
	assert_int_equal(inbox_run(again_in), 1);
	assert_int_equal(inbox_run(again_in), 1);
	assert_int_equal(inbox_run(again_in), 0);
}

struct poster {
	pthread_t id;
	struct inbox *in;
	struct count {
		struct msg msg;
		int seq;
		struct poster *owner;
	} counts[EACH];
	int next;		/* written by the taker only */
};

static void run_count(struct msg *m)
{
	struct count *c = (struct count *)m;

	assert_int_equal(c->seq, c->owner->next);
	c->owner->next++;
	n_run++;
}

static void *post_all(void *arg)
{
	struct poster *p = arg;

	for (int i = 0; i < EACH; i++)
		inbox_complete(p->in, &p->counts[i].msg);
	return NULL;
}

static void inbox_loses_nothing_between_many_threads(void **state)
{
	static struct poster posters[POSTERS];
	struct inbox *in = *state;

	for (int i = 0; i < POSTERS; i++) {
		struct poster *p = &posters[i];

		p->in = in;
		for (int k = 0; k < EACH; k++)
			p->counts[k] = (struct count){
				{ NULL, run_count }, k, p
			};
		pthread_create(&p->id, NULL, post_all, p);
	}
	while (n_run < POSTERS * EACH) {
		inbox_wait(in, -1);
		inbox_run(in);
	}
	for (int i = 0; i < POSTERS; i++) {
		pthread_join(posters[i].id, NULL);
		assert_int_equal(posters[i].next, EACH);
	}
	assert_int_equal(inbox_fill(in), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(inbox_runs_oldest_first),
		T(inbox_refuses_new_work_when_full_but_no_completion),
		T(inbox_closed_takes_completions_only),
		T(inbox_fd_is_readable_exactly_while_filled),
		T(inbox_message_may_be_posted_anew_when_it_runs),
		T(inbox_loses_nothing_between_many_threads),
	};

	inbox_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
