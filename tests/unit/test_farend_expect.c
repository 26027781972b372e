/*
 * test_farend_expect.c - the far end compares what it hears as it comes.
 * Sources: tools/farend/expect.c tools/farend/rtpstore.c
 * Libraries: cmocka
 */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/farend/rtpstore.h"

enum { PIECE = 160, PIECES = 5, FIRST_SEQ = 65533, AUDIO = 0, EVENT = 101 };

static uint8_t sound[PIECE * PIECES], wanted[PIECE * PIECES];
static struct expected expected = { wanted, sizeof(wanted) };
static struct rtp_store store;

static int start(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sound); i++)
		sound[i] = wanted[i] = (uint8_t)(i * 7 + i / 256);
	memset(&store, 0, sizeof(store));
	store.headers_only = true;
	rtp_store_expect(&store, &expected);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	rtp_store_free(&store);
	return 0;
}

/* Packet n of the stream, bearing piece `content`. */
static void put(unsigned int n, unsigned int content, uint8_t pt)
{
	uint8_t p[12 + PIECE] = { 0x80, pt };
	unsigned int seq = FIRST_SEQ + n;

	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	memcpy(p + 12, sound + (size_t)content * PIECE, PIECE);
	rtp_store_rtp(&store, p, sizeof(p), 1);
}

static void a_whole_stream_is_heard_across_the_wrap(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < PIECES; n++) {
		assert_false(heard_all(&store.heard));
		put(n, n, AUDIO);
	}
	assert_true(heard_all(&store.heard));
	assert_int_equal(store.payload_len, 0);
}

static void order_does_not_matter_and_events_are_no_sound(void **state)
{
	static const unsigned int order[] = { 0, 3, 1, 4, 2 };

	(void)state;
	for (size_t i = 0; i < PIECES; i++)
		put(order[i], order[i], AUDIO);
	put(PIECES, 0, EVENT);
	assert_true(heard_all(&store.heard));
}

static void a_wrong_byte_and_a_wrong_place_are_counted(void **state)
{
	(void)state;
	put(0, 0, AUDIO);
	put(1, 2, AUDIO);
	assert_int_equal(store.heard.wrong, 1);
	put(2, 2, AUDIO);
	assert_int_equal(store.heard.wrong, 1);
	sound[4 * PIECE - 1] ^= 1;
	put(3, 3, AUDIO);
	assert_int_equal(store.heard.wrong, 2);
	assert_false(heard_all(&store.heard));
}

static void what_is_missing_or_too_much_is_not_all(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < PIECES; n++)
		if (n != 2)
			put(n, n, AUDIO);
	assert_int_equal(store.heard.wrong, 0);
	assert_false(heard_all(&store.heard));
	put(2, 2, AUDIO);
	assert_true(heard_all(&store.heard));
	put(PIECES, 0, AUDIO);
	assert_int_equal(store.heard.wrong, 1);
	assert_false(heard_all(&store.heard));
}

static void the_file_is_read_or_refused(void **state)
{
	char path[] = "expected.XXXXXX";
	struct expected e;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(expected_read(&e, path), -EINVAL);
	assert_int_equal(write(fd, sound, sizeof(sound)), sizeof(sound));
	assert_int_equal(expected_read(&e, path), 0);
	assert_int_equal(e.len, sizeof(sound));
	assert_memory_equal(e.data, sound, e.len);
	expected_free(&e);
	close(fd);
	unlink(path);
	assert_int_equal(expected_read(&e, path), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_stream_is_heard_across_the_wrap),
		TEST(order_does_not_matter_and_events_are_no_sound),
		TEST(a_wrong_byte_and_a_wrong_place_are_counted),
		TEST(what_is_missing_or_too_much_is_not_all),
		TEST(the_file_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
