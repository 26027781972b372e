/*
 * test_made.c - silence and digits as files.
 * Needs: core/media/{made,tone,wav,decode,container}.c; -lsndfile -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/decode.h"
#include "media/made.h"
#include "media/tone.h"

static size_t listen_to(const char *url, char *digits, size_t cap, int *peak)
{
	int16_t pcm[160];
	struct decoder *d;
	struct tone tone;
	uint8_t *data;
	char why[200];
	size_t len, total = 0, n_digits = 0;
	ssize_t n;

	*peak = 0;
	tone_init(&tone, 8000);
	assert_int_equal(made_file(url, &data, &len), 0);
	assert_int_equal(decode_open(&d, data, len, 3600, why, sizeof(why)), 0);
	while ((n = decode_read(d, pcm, 160, why, sizeof(why))) > 0) {
		total += (size_t)n;
		for (ssize_t i = 0; i < n; i++)
			*peak = abs(pcm[i]) > *peak ? abs(pcm[i]) : *peak;
		n_digits += tone_feed(&tone, pcm, (size_t)n, digits + n_digits,
				      cap - 1 - n_digits);
	}
	assert_int_equal(n, 0);
	digits[n_digits] = '\0';
	decode_close(d);
	free(data);
	return total;
}

static void silence_is_as_long_as_asked(void **state)
{
	char digits[40];
	int peak;

	(void)state;
	assert_int_equal(listen_to("silence:1", digits, sizeof(digits), &peak),
			 8);
	assert_int_equal(listen_to("silence:1234", digits, sizeof(digits),
				   &peak), 1234 * 8);
	assert_int_equal(peak, 0);
	assert_string_equal(digits, "");
}

static void digits_are_heard_as_such(void **state)
{
	char digits[40];
	int peak;

	(void)state;
	listen_to("dtmf:0123456789*#ABCD", digits, sizeof(digits), &peak);
	assert_string_equal(digits, "0123456789*#ABCD");
	assert_true(peak > 1000);
}

static void others_are_refused_with_a_sentence(void **state)
{
	static const char *const in[] = {
		"silence:", "silence:0", "silence:-1", "silence:1s",
		"silence:600001", "dtmf:", "dtmf:12a", "dtmf:1 2",
		"dtmf:123456789012345678901234567890123",
	};
	char why[200];
	uint8_t *data;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		why[0] = '\0';
		assert_true(made_is(in[i]));
		assert_int_equal(made_check(in[i], why, sizeof(why)), -EINVAL);
		assert_true(why[0]);
		assert_int_equal(made_file(in[i], &data, &len), -EINVAL);
	}
	assert_int_equal(made_check("dtmf:1A#", why, sizeof(why)), 0);
	assert_int_equal(made_check("silence:600000", why, sizeof(why)), 0);
	assert_false(made_is("http://a/silence:1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_as_long_as_asked),
		cmocka_unit_test(digits_are_heard_as_such),
		cmocka_unit_test(others_are_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
