/*
 * test_stream_frame.c - where messages begin and end, whatever the pieces are.
 * Needs: core/sip/stream_frame.c; core/base/buf.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "sip/stream_frame.h"

#define LINE "OPTIONS sip:x@example.net SIP/2.0\r\n"
#define HEAD LINE "Call-ID: 1\r\n"

static char seen[4096];			/* one letter per event               */
static char last[70000];
static size_t last_len;
static const char *reason;

static void note(char ch)
{
	size_t n = strlen(seen);

	assert_true(n + 1 < sizeof(seen));
	seen[n] = ch;
	seen[n + 1] = '\0';
}

/* False when it is broken.                                                   */
static bool drain(struct stream_frame *f)
{
	static const char letters[] = ".MCPB";

	for (;;) {
		const char *data, *why;
		size_t len;
		enum stream_event e = stream_frame_next(f, &data, &len, &why);

		if (e == STREAM_MORE)
			return true;
		note(letters[e]);
		if (e == STREAM_MESSAGE || e == STREAM_BROKEN) {
			assert_true(len < sizeof(last));
			if (len)
				memcpy(last, data, len);
			last[len] = '\0';
			last_len = len;
			reason = why;
		}
		if (e == STREAM_BROKEN)
			return false;
	}
}

/* All of `text` in pieces of `step` bytes; the events as letters.            */
static const char *feed(const char *text, size_t len, size_t step)
{
	struct stream_frame f;

	stream_frame_init(&f);
	*seen = '\0';
	reason = NULL;
	for (size_t i = 0; i < len; i += step) {
		size_t n = len - i < step ? len - i : step;

		assert_int_equal(stream_frame_put(&f, text + i, n), 0);
		if (!drain(&f))
			break;
	}
	if (!reason && stream_frame_is_half(&f))
		note('h');
	stream_frame_deinit(&f);
	return seen;
}

/* The same events, and the same end, for all sizes of the pieces.            */
static void gives(const char *text, const char *events)
{
	static const size_t steps[] = { 1, 2, 3, 7, 64, 16384 };

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		assert_string_equal(feed(text, strlen(text), steps[i]),
				    events);
}

static void breaks(const char *text, const char *why)
{
	gives(text, "B");
	assert_string_equal(reason, why);
}

static void rfc3261_18_3_length_ends_a_message(void **state)
{
	(void)state;
	gives(HEAD "Content-Length: 0\r\n\r\n", "M");
	assert_string_equal(last, HEAD "Content-Length: 0\r\n\r\n");
	gives(HEAD "Content-Length: 5\r\n\r\nhello"
	      HEAD "Content-Length: 3\r\n\r\nyou", "MM");
	assert_string_equal(last, HEAD "Content-Length: 3\r\n\r\nyou");
	gives(HEAD "Content-Length: 5\r\n\r\nhell", "h");
	gives("SIP/2.0 200 OK\r\nl: 0\r\n\r\n", "M");
}

static void rfc3261_7_3_length_in_any_spelling(void **state)
{
	(void)state;
	gives(HEAD "l: 2\r\n\r\nab", "M");
	gives(HEAD "L:2\r\n\r\nab", "M");
	gives(HEAD "content-LENGTH \t: \t2 \r\n\r\nab", "M");
	gives(HEAD "Content-Length:\r\n 2\r\n\r\nab", "M");
	gives(HEAD "Content-Length: 00002\r\nl: 2\r\n\r\nab", "M");
	/* Not the header, but the beginning of another's continuation.       */
	gives(HEAD "Subject: x\r\n l: 9\r\nl: 2\r\n\r\nab", "M");
	gives(HEAD "Content-Lengthy: 9\r\nLx: 9\r\nl: 2\r\n\r\nab", "M");
	assert_memory_equal(last + last_len - 7, "2\r\n\r\nab", 7);
}

static void bare_line_feeds_end_lines_too(void **state)
{
	(void)state;
	gives("OPTIONS sip:x SIP/2.0\nl: 1\n\nx", "M");
	gives("OPTIONS sip:x SIP/2.0\r\nl: 1\n\r\nx", "M");
	gives("OPTIONS sip:x SIP/2.0\r\nl: 1\r\n\nx", "M");
}

static void rfc5626_4_4_1_empty_lines_are_keep_alives(void **state)
{
	(void)state;
	gives("\r\n", "C");
	gives("\r\n\r\n", "CP");
	gives("\r\n\r\n\r\n\r\n", "CPCP");
	gives("\r\n\r\n" HEAD "l: 0\r\n\r\n" "\r\n" HEAD "l: 0\r\n\r\n",
	      "CPMCM");
	gives("\r", "h");
	gives("\n\n", "CP");
}

static void rfc3261_20_14_no_length_is_an_error(void **state)
{
	(void)state;
	breaks(HEAD "\r\n", "no Content-Length");
	assert_string_equal(last, HEAD "\r\n");
	breaks(HEAD "X: l: 3\r\n\r\n", "no Content-Length");
}

static void a_length_that_lies_breaks_the_stream(void **state)
{
	static const char *const wrong[] = {
		"", "-1", "+1", "1 2", "0x10", "1.0", "1,1", "a", "1a", "\"1\"",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		str_printf(text, sizeof(text), HEAD "l: %s\r\n\r\nxx",
			   wrong[i]);
		breaks(text, "broken Content-Length");
		assert_int_equal(last_len, strlen(text) - 2);
	}
	breaks(HEAD "l: 1\r\nContent-Length: 2\r\n\r\nxx",
	       "broken Content-Length");
	/* What follows a body that is longer than it says is no message.     */
	gives(HEAD "l: 1\r\n\r\n<>", "MB");
	assert_string_equal(reason, "not SIP");
}

static void a_huge_length_does_not_overflow(void **state)
{
	static const char *const huge[] = {
		"65001", "99999", "2147483648", "4294967296", "4294967298",
		"18446744073709551616", "18446744073709551617",
		"999999999999999999999999999999999999999999",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(huge); i++) {
		str_printf(text, sizeof(text), HEAD "l: %s\r\n\r\nxx", huge[i]);
		breaks(text, "the message is too long");
	}
	/* The body alone would fit.                                          */
	breaks(HEAD "l: 64990\r\n\r\nxx", "the message is too long");
}

static void the_longest_message_fits(void **state)
{
	static char text[STREAM_MESSAGE_MAX];
	size_t head;

	(void)state;
	memset(text, 'b', sizeof(text));
	head = strlen(HEAD "l: 64941\r\n\r\n");
	memcpy(text, HEAD "l: 64941\r\n\r\n", head);
	assert_int_equal(head + 64941, sizeof(text));
	assert_string_equal(feed(text, sizeof(text), 16384), "M");
	assert_int_equal(last_len, sizeof(text));
	assert_string_equal(feed(text, sizeof(text), 999), "M");
}

static void headers_without_end_are_given_up(void **state)
{
	static char text[RAW_HEAD_MAX + 20000];
	size_t n = strlen(HEAD "X: ");

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, HEAD "X: ", n);
	assert_string_equal(feed(text, sizeof(text), 1000), "B");
	assert_string_equal(reason, "no end of headers");
	assert_int_equal(last_len, 0);
	/* A start line without end is no better.                             */
	memset(text, 'x', sizeof(text));
	assert_string_equal(feed(text, sizeof(text), 1000), "B");
	/* Complete, but too long, in one piece.                              */
	memcpy(text, HEAD "X: ", n);
	memcpy(text + RAW_HEAD_MAX + 100, "\r\nl: 0\r\n\r\n", 10);
	assert_string_equal(feed(text, RAW_HEAD_MAX + 110, 16384), "B");
}

/* What was looked at for the end of a line is not looked at again: a line end
 * that is put there later goes unseen.                                       */
static void a_start_line_in_pieces_is_searched_once(void **state)
{
	const char *data, *why;
	struct stream_frame f;
	size_t len;

	(void)state;
	stream_frame_init(&f);
	assert_int_equal(stream_frame_put(&f, "OPTIONS ??sip:x", 15), 0);
	assert_int_equal(stream_frame_next(&f, &data, &len, &why), STREAM_MORE);
	memcpy(f.in.data + 8, "\r\n", 2);
	assert_int_equal(stream_frame_put(&f, " SIP/2.0\r", 9), 0);
	assert_int_equal(stream_frame_next(&f, &data, &len, &why), STREAM_MORE);
	assert_int_equal(stream_frame_put(&f, "\n", 1), 0);
	assert_int_equal(stream_frame_next(&f, &data, &len, &why), STREAM_MORE);
	assert_int_equal(stream_frame_put(&f, "l: 0\r\n\r\n", 8), 0);
	assert_int_equal(stream_frame_next(&f, &data, &len, &why),
			 STREAM_MESSAGE);
	stream_frame_deinit(&f);
}

static void what_is_no_sip_is_known_at_once(void **state)
{
	(void)state;
	breaks("GET / HTTP/1.1\r\n", "not SIP");
	breaks("\x16\x03\x01", "not SIP");
	breaks(" OPTIONS sip:x SIP/2.0\r\n", "not SIP");
	breaks("v=0\r\no=", "not SIP");
	breaks("SIP\r\n", "not SIP");
	gives("HELLO", "h");
	/* Another version is somebody who gets an answer.                    */
	gives("OPTIONS sip:x SIP/7.0\r\nl: 0\r\n\r\n", "M");
}

static void nul_bytes_do_not_confuse_it(void **state)
{
	static const char text[] = HEAD "X: a\0b\r\nl: 3\r\n\r\na\0c";

	(void)state;
	assert_string_equal(feed(text, sizeof(text) - 1, 5), "M");
	assert_int_equal(last_len, sizeof(text) - 1);
	assert_string_equal(feed("\0\0\0", 3, 1), "B");
}

static void memory_of_a_long_message_is_given_back(void **state)
{
	struct stream_frame f;
	static char body[20000];
	const char *data, *why;
	size_t len;

	(void)state;
	stream_frame_init(&f);
	assert_int_equal(stream_frame_put(&f, HEAD "l: 20000\r\n\r\n",
					  strlen(HEAD "l: 20000\r\n\r\n")), 0);
	assert_int_equal(stream_frame_next(&f, &data, &len, &why),
			 STREAM_MORE);
	memset(body, 'b', sizeof(body));
	assert_int_equal(stream_frame_put(&f, body, 16384), 0);
	assert_int_equal(stream_frame_next(&f, &data, &len, &why),
			 STREAM_MORE);
	assert_int_equal(stream_frame_put(&f, body, 20000 - 16384), 0);
	assert_int_equal(stream_frame_next(&f, &data, &len, &why),
			 STREAM_MESSAGE);
	assert_true(f.in.cap > 16384);
	assert_int_equal(stream_frame_put(&f, "\r\n", 2), 0);
	assert_true(f.in.cap < 4096);
	stream_frame_deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc3261_18_3_length_ends_a_message),
		cmocka_unit_test(rfc3261_7_3_length_in_any_spelling),
		cmocka_unit_test(bare_line_feeds_end_lines_too),
		cmocka_unit_test(rfc5626_4_4_1_empty_lines_are_keep_alives),
		cmocka_unit_test(rfc3261_20_14_no_length_is_an_error),
		cmocka_unit_test(a_length_that_lies_breaks_the_stream),
		cmocka_unit_test(a_huge_length_does_not_overflow),
		cmocka_unit_test(the_longest_message_fits),
		cmocka_unit_test(headers_without_end_are_given_up),
		cmocka_unit_test(a_start_line_in_pieces_is_searched_once),
		cmocka_unit_test(what_is_no_sip_is_known_at_once),
		cmocka_unit_test(nul_bytes_do_not_confuse_it),
		cmocka_unit_test(memory_of_a_long_message_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
