/*
 * test_content.c - the name of bytes.
 * Needs: core/media/content.c, core/base; -lcrypto.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "media/content.h"

/* FIPS 180-2, B.1. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void the_name_is_the_sha_256(void **state)
{
	char hex[CONTENT_HEX_LEN];
	struct content c;

	(void)state;
	assert_int_equal(content_of(&c, "abc", 3), 0);
	content_hex(&c, hex);
	assert_string_equal(hex, ABC);
}

static void pieces_and_whole_have_one_name(void **state)
{
	struct content whole, pieces;
	struct hasher *h;

	(void)state;
	assert_int_equal(content_of(&whole, "abc", 3), 0);
	assert_int_equal(hasher_new(&h), 0);
	for (int i = 0; i < 2; i++) {	/* it begins anew */
		hasher_add(h, "a", 1);
		hasher_add(h, "", 0);
		hasher_add(h, "bc", 2);
		assert_int_equal(hasher_end(h, &pieces), 0);
		assert_true(content_is(&whole, &pieces));
	}
	assert_int_equal(hasher_end(h, &pieces), 0);
	assert_false(content_is(&whole, &pieces));
	hasher_free(h);
	hasher_free(NULL);
}

static void parse_takes_64_small_digits_only(void **state)
{
	char text[CONTENT_HEX_LEN + 1] = ABC;
	struct content c, d;

	(void)state;
	assert_int_equal(content_parse(&c, ABC), 0);
	assert_int_equal(content_of(&d, "abc", 3), 0);
	assert_true(content_is(&c, &d));
	text[63] = 'D';
	assert_int_equal(content_parse(&c, text), -EINVAL);
	text[63] = 'g';
	assert_int_equal(content_parse(&c, text), -EINVAL);
	text[63] = '\0';
	assert_int_equal(content_parse(&c, text), -EINVAL);
	assert_int_equal(content_parse(&c, ABC "0"), -EINVAL);
	assert_int_equal(content_parse(&c, ""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_is_the_sha_256),
		cmocka_unit_test(pieces_and_whole_have_one_name),
		cmocka_unit_test(parse_takes_64_small_digits_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
