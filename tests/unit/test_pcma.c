/*
 * test_pcma.c - the PCMA plugin against the table of ITU-T G.191.
 * The plugin is included whole, as a plugin links against nothing of ours.
 * Reads tests/data/g711_alaw.bin.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "../../codecs/pcma.c"
#include "g711_golden.h"

static const struct cln_codec *codec(void)
{
	return carillon_plugin.codecs[0];
}

static void pcma_encodes_all_inputs_as_g191_does(void **state)
{
	(void)state;
	golden_check(codec(), "g711_alaw.bin");
}

static void pcma_silence_is_d5(void **state)
{
	int16_t zero = 0;
	uint8_t code;

	(void)state;
	codec()->encode(NULL, &zero, 1, &code, 1);
	assert_int_equal(code, 0xd5);
}

static void pcma_decoding_reverses_encoding(void **state)
{
	(void)state;
	decode_check(codec(), -1);
}

static void pcma_lost_frame_is_silence(void **state)
{
	(void)state;
	conceal_check(codec());
}

static void pcma_table_is_what_rfc3551_says(void **state)
{
	(void)state;
	table_check("pcma", "PCMA", "alaw", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcma_encodes_all_inputs_as_g191_does),
		cmocka_unit_test(pcma_silence_is_d5),
		cmocka_unit_test(pcma_decoding_reverses_encoding),
		cmocka_unit_test(pcma_lost_frame_is_silence),
		cmocka_unit_test(pcma_table_is_what_rfc3551_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
