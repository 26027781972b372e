/*
 * test_drain.c - emptying a UDP socket in batches.
 * Needs: core/media/drain.c, core/base/addr.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <time.h>

#include "base/clock.h"
#include "far_end.h"
#include "media/drain.h"

struct seen {
	size_t n, bytes, cut;
	struct addr from;
	struct timespec at;
};

static struct drain *drain;
static struct far_end far, us;

static int start(void **state)
{
	int on = 1;

	(void)state;
	far_open(&far, "127.0.0.1");
	far_open(&us, "127.0.0.1");
	setsockopt(us.rtp_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	return drain_new(&drain);
}

static int stop(void **state)
{
	(void)state;
	drain_free(drain);
	far_close(&far);
	far_close(&us);
	return 0;
}

static void look(void *arg, const struct datagram *d)
{
	struct seen *s = arg;

	s->n++;
	s->bytes += d->len;
	s->cut += d->cut;
	s->from = *d->from;
	s->at = d->at;
}

static void send_many(size_t n, size_t len)
{
	uint8_t data[4096] = { 0 };

	while (n--)
		far_send(far.rtp_fd, &us.rtp, addr_port(&us.rtp), data, len);
}

static void drain_of_nothing_returns_at_once(void **state)
{
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(drain_socket(drain, us.rtp_fd, look, &s), 0);
	assert_int_equal(drain_socket(drain, -1, look, &s), 0);
	assert_int_equal(s.n, 0);
}

static void drain_hands_over_all_that_waits(void **state)
{
	struct seen s = { 0 };

	(void)state;
	send_many(50, 172);
	assert_int_equal(drain_socket(drain, us.rtp_fd, look, &s), 50);
	assert_int_equal(s.n, 50);
	assert_int_equal(s.bytes, 50 * 172);
	assert_true(addr_equal(&s.from, &far.rtp));
	send_many(16, 0);
	assert_int_equal(drain_socket(drain, us.rtp_fd, look, &s), 16);
	assert_int_equal(s.bytes, 50 * 172);
}

/* How long before its reading the packet was stamped. */
static int64_t stamped_before_ns(void)
{
	struct timespec after, pause = { 0, 20 * MS_NS };
	struct seen s = { 0 };

	send_many(1, 10);
	nanosleep(&pause, NULL);
	drain_socket(drain, us.rtp_fd, look, &s);
	clock_gettime(CLOCK_REALTIME, &after);
	assert_int_equal(s.n, 1);
	return (after.tv_sec - s.at.tv_sec) * S_NS + after.tv_nsec -
	       s.at.tv_nsec;
}

/* The kernel's time of arrival, however long the packet has waited. Where no
 * other socket asked for stamps, Linux begins to make them a moment after the
 * first one does; till then it stamps at the reading. */
static void drain_tells_when_the_packet_came(void **state)
{
	int64_t before = 0;

	(void)state;
	for (int i = 0; i < 50 && before < 19 * MS_NS; i++)
		before = stamped_before_ns();
	assert_true(before >= 19 * MS_NS);
	assert_true(before < S_NS);
}

static void drain_marks_what_was_too_long(void **state)
{
	struct seen s = { 0 };

	(void)state;
	send_many(1, 4096);
	send_many(1, 2048);
	drain_socket(drain, us.rtp_fd, look, &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.cut, 1);
}

static void drain_is_not_held_up_by_a_flood(void **state)
{
	struct seen s = { 0 };
	int room = 4 << 20;

	(void)state;
	setsockopt(us.rtp_fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	send_many(400, 0);
	assert_true(drain_socket(drain, us.rtp_fd, look, &s) <= 256);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drain_of_nothing_returns_at_once),
		TEST(drain_hands_over_all_that_waits),
		TEST(drain_tells_when_the_packet_came),
		TEST(drain_marks_what_was_too_long),
		TEST(drain_is_not_held_up_by_a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
