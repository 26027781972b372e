/*
 * test_coder.c - how a codec codes, as a short name.
 * Needs: core/media/{coder,encode,decode,resample,wav,content}.c, core/base;
 * -lsndfile -lspeexdsp -lcrypto -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "codec_doubles.h"
#include "media/coder.h"

static int louder(void *state, const int16_t *pcm, size_t n, uint8_t *out,
		  size_t cap)
{
	int err = mulaw_encode(state, pcm, n, out, cap);

	if (err > 0)
		out[n / 2] ^= 1;
	return err;
}

static struct content name_of(const struct cln_codec *codec)
{
	struct content c;

	assert_int_equal(coder_name(&c, codec), 0);
	return c;
}

static void the_same_codec_has_the_same_name(void **state)
{
	struct content a = name_of(&mulaw_codec), b = name_of(&mulaw_codec);

	(void)state;
	assert_true(content_is(&a, &b));
	a = name_of(&framed_codec);
	assert_false(content_is(&a, &b));
	assert_int_equal(atomic_load(&framed_open), 0);
}

static void a_codec_that_codes_otherwise_has_another(void **state)
{
	struct content a = name_of(&mulaw_codec), b;
	struct cln_codec changed = mulaw_codec;

	(void)state;
	changed.encode = louder;
	b = name_of(&changed);
	assert_false(content_is(&a, &b));
	changed = mulaw_codec;
	changed.api_name = "mulaw2";
	b = name_of(&changed);
	assert_false(content_is(&a, &b));
}

static void uneven_frames_have_a_name_too(void **state)
{
	struct content a = name_of(&uneven_codec), b = name_of(&uneven_codec);

	(void)state;
	assert_true(content_is(&a, &b));
}

static void a_codec_that_cannot_be_used_has_none(void **state)
{
	struct content c;

	(void)state;
	assert_int_equal(coder_name(&c, &failing_codec), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_codec_has_the_same_name),
		cmocka_unit_test(a_codec_that_codes_otherwise_has_another),
		cmocka_unit_test(uneven_frames_have_a_name_too),
		cmocka_unit_test(a_codec_that_cannot_be_used_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
