/*
 * test_plugin_check.c - which plugin tables are refused, and what is said.
 * Needs: core/plugin/check.c, base.
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

#include "plugin/check.h"

static char why[256];
static struct cln_codec codec;
static struct cln_app app;
static struct cln_plugin plugin;
static const struct cln_codec *codecs[3];
static const struct cln_app *apps[2];

static int encode(void *state, const int16_t *pcm, size_t n, uint8_t *out,
		  size_t cap)
{
	(void)state;
	(void)pcm;
	(void)out;
	(void)cap;
	return (int)n;
}

static int frame_len(const uint8_t *payload, size_t len)
{
	(void)payload;
	return (int)len;
}

static int decode(void *state, const uint8_t *in, size_t len, int16_t *pcm,
		  size_t cap)
{
	(void)state;
	(void)in;
	(void)pcm;
	(void)cap;
	return (int)len;
}

static int open_state(void **statep, const struct cln_codec_params *params)
{
	(void)params;
	*statep = NULL;
	return 0;
}

static int start(void *state, const struct cln_services *services)
{
	(void)state;
	(void)services;
	return 0;
}

static void stop(void *state)
{
	(void)state;
}

/* A table without a fault. */
static int setup(void **state)
{
	(void)state;
	codec = (struct cln_codec){
		.size = sizeof(codec), .name = "PCMU", .api_name = "mulaw",
		.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
		.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
		.encode = encode, .frame_len = frame_len, .decode = decode,
	};
	app = (struct cln_app){ .size = sizeof(app), .name = "api",
				.start = start, .stop = stop };
	codecs[0] = &codec;
	codecs[1] = NULL;
	apps[0] = &app;
	plugin = (struct cln_plugin){
		.size = sizeof(plugin), .abi_major = CLN_ABI_MAJOR,
		.abi_minor = CLN_ABI_MINOR, .name = "pcmu", .version = "1",
		.licence = "MIT", .summary = "x", .codecs = codecs,
		.apps = apps,
	};
	why[0] = '\0';
	return 0;
}

static void refused(const char *word)
{
	assert_int_equal(plugin_check(&plugin, why, sizeof(why)), -EINVAL);
	if (!strstr(why, word))
		fail_msg("\"%s\" does not say %s", why, word);
	setup(NULL);
}

static void sound_table_is_taken(void **state)
{
	(void)state;
	assert_int_equal(plugin_check(&plugin, why, sizeof(why)), 0);
	plugin.codecs = NULL;
	plugin.apps = NULL;
	assert_int_equal(plugin_check(&plugin, why, sizeof(why)), 0);
	plugin.abi_minor = CLN_ABI_MINOR + 5;
	plugin.size = sizeof(plugin) + 64;
	assert_int_equal(plugin_check(&plugin, why, sizeof(why)), 0);
}

static void another_major_is_refused_with_what_to_do(void **state)
{
	(void)state;
	plugin.abi_major = CLN_ABI_MAJOR + 1;
	/* Whatever comes behind may have another shape. */
	plugin.name = NULL;
	assert_int_equal(plugin_check(&plugin, why, sizeof(why)), -EPROTO);
	assert_non_null(strstr(why, "rebuild"));
}

/* An object of exactly `size` bytes, so that a sanitizer sees a look beyond. */
static void nothing_beyond_the_size_is_read(void **state)
{
	static const size_t sizes[] = {
		sizeof(uint32_t), offsetof(struct cln_plugin, name),
		offsetof(struct cln_plugin, apps),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct cln_plugin *cut = malloc(sizes[i]);

		plugin.size = (uint32_t)sizes[i];
		memcpy(cut, &plugin, sizes[i]);
		assert_int_equal(plugin_check(cut, why, sizeof(why)), -EINVAL);
		assert_non_null(strstr(why, "too short"));
		free(cut);
	}
}

static void plugin_needs_name_and_words(void **state)
{
	(void)state;
	plugin.name = NULL;
	refused("name");
	plugin.name = "Big";
	refused("name");
	plugin.name = "";
	refused("name");
	plugin.name = "a123456789012345678901234567890123";
	refused("name");
	plugin.licence = NULL;
	refused("licence");
}

static void codec_needs_names_rates_frames_and_functions(void **state)
{
	(void)state;
	codec.size = offsetof(struct cln_codec, close);
	refused("too short");
	codec.name = "";
	refused("encoding name");
	codec.api_name = "sixteen-letters-";
	refused("api_name");
	codec.payload_type = 128;
	refused("payload type");
	codec.payload_type = -2;
	refused("payload type");
	codec.channels = 3;
	refused("channels");
	codec.clock_rate = 0;
	refused("rates");
	codec.frame_samples = 0;
	refused("frame");
	codec.ptime_ms = 0;
	refused("ptime");
	codec.decode = NULL;
	refused("decode");
	codec.open = open_state;
	refused("only one of open and close");
}

static void two_codecs_of_one_name_are_refused(void **state)
{
	(void)state;
	codecs[1] = &codec;
	refused("same api_name");
}

static void app_needs_name_start_and_stop(void **state)
{
	(void)state;
	app.stop = NULL;
	refused("app");
	app.name = NULL;
	refused("app");
	app.size = 4;
	refused("app");
}

#define RULE(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(sound_table_is_taken),
		RULE(another_major_is_refused_with_what_to_do),
		RULE(nothing_beyond_the_size_is_read),
		RULE(plugin_needs_name_and_words),
		RULE(codec_needs_names_rates_frames_and_functions),
		RULE(two_codecs_of_one_name_are_refused),
		RULE(app_needs_name_start_and_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
