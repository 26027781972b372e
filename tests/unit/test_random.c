/*
 * test_random.c - unpredictable and repeatable bytes.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/random.h"

static void random_seeded_repeats_itself(void **state)
{
	struct random a, b, c;
	char x[100], y[100], z[100];

	(void)state;
	random_seeded(&a, 1);
	random_seeded(&b, 1);
	random_seeded(&c, 2);
	random_fill(&a, x, sizeof(x));
	random_fill(&b, y, sizeof(y));
	random_fill(&c, z, sizeof(z));
	assert_memory_equal(x, y, sizeof(x));
	assert_memory_not_equal(x, z, sizeof(x));
}

static void random_system_never_repeats(void **state)
{
	static uint64_t seen[2000];
	unsigned char big[1000] = { 0 };
	int zeros = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		random_fill(random_system(), &seen[i], sizeof(seen[i]));
		for (int k = 0; k < i; k++)
			assert_true(seen[k] != seen[i]);
	}
	random_fill(random_system(), big, sizeof(big));
	for (size_t i = 0; i < sizeof(big); i++)
		zeros += !big[i];
	assert_true(zeros < 50);
	random_fill(random_system(), big, 0);
}

static void random_below_is_even_and_in_range(void **state)
{
	struct random r;
	int counts[6] = { 0 };

	(void)state;
	random_seeded(&r, 42);
	for (int i = 0; i < 60000; i++) {
		uint32_t n = random_below(&r, 6);

		assert_true(n < 6);
		counts[n]++;
	}
	for (int i = 0; i < 6; i++)
		assert_in_range(counts[i], 9500, 10500);
	assert_int_equal(random_below(&r, 1), 0);
	assert_true(random_below(&r, UINT32_MAX) < UINT32_MAX);
}

static void random_hex_gives_hex_digits(void **state)
{
	char s[9];

	(void)state;
	random_hex(random_system(), s, 8);
	assert_int_equal(strlen(s), 8);
	assert_int_equal(strspn(s, "0123456789abcdef"), 8);
}

static void random_uuid_is_of_version_4(void **state)
{
	char s[UUID_LEN];

	(void)state;
	for (int i = 0; i < 100; i++) {
		random_uuid(random_system(), s);
		assert_int_equal(strlen(s), 36);
		assert_int_equal(strspn(s, "0123456789abcdef-"), 36);
		assert_int_equal(s[8], '-');
		assert_int_equal(s[13], '-');
		assert_int_equal(s[14], '4');
		assert_int_equal(s[18], '-');
		assert_non_null(strchr("89ab", s[19]));
		assert_int_equal(s[23], '-');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_seeded_repeats_itself),
		cmocka_unit_test(random_system_never_repeats),
		cmocka_unit_test(random_below_is_even_and_in_range),
		cmocka_unit_test(random_hex_gives_hex_digits),
		cmocka_unit_test(random_uuid_is_of_version_4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
