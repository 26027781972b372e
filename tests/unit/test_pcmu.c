/*
 * test_pcmu.c - the PCMU plugin against the table of ITU-T G.191.
 * The plugin is included whole, as a plugin links against nothing of ours.
 * Reads tests/data/g711_ulaw.bin.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "../../codecs/pcmu.c"
#include "g711_golden.h"

static const struct cln_codec *codec(void)
{
	return carillon_plugin.codecs[0];
}

static void pcmu_encodes_all_inputs_as_g191_does(void **state)
{
	(void)state;
	golden_check(codec(), "g711_ulaw.bin");
}

static void pcmu_silence_is_ff(void **state)
{
	int16_t zero = 0;
	uint8_t code;

	(void)state;
	codec()->encode(NULL, &zero, 1, &code, 1);
	assert_int_equal(code, 0xff);
}

static void pcmu_decoding_reverses_encoding(void **state)
{
	(void)state;
	decode_check(codec(), 0x7f);
}

static void pcmu_lost_frame_is_silence(void **state)
{
	(void)state;
	conceal_check(codec());
}

static void pcmu_table_is_what_rfc3551_says(void **state)
{
	(void)state;
	table_check("pcmu", "PCMU", "mulaw", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcmu_encodes_all_inputs_as_g191_does),
		cmocka_unit_test(pcmu_silence_is_ff),
		cmocka_unit_test(pcmu_decoding_reverses_encoding),
		cmocka_unit_test(pcmu_lost_frame_is_silence),
		cmocka_unit_test(pcmu_table_is_what_rfc3551_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
