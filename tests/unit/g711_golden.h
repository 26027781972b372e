/*
 * g711_golden.h - compares a G.711 plugin with its golden file, all inputs. To
 * be included behind the plugin itself.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_G711_GOLDEN_H
#define UNIT_G711_GOLDEN_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <carillon/plugin.h>

enum { G711_INPUTS = 65536 };

/* The build says where the sources are. */
static void golden_read(uint8_t table[G711_INPUTS], const char *name)
{
	const char *top = getenv("CARILLON_SOURCE");
	char path[1024];
	FILE *f;

	assert_true(snprintf(path, sizeof(path), "%s/tests/data/%s",
			     top ? top : ".", name) < (int)sizeof(path));
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(table, 1, G711_INPUTS, f), G711_INPUTS);
	fclose(f);
}

static void golden_check(const struct cln_codec *c, const char *name)
{
	static uint8_t want[G711_INPUTS], got[G711_INPUTS];
	static int16_t pcm[G711_INPUTS];

	golden_read(want, name);
	for (int i = 0; i < G711_INPUTS; i++)
		pcm[i] = (int16_t)(i - 32768);
	assert_int_equal(c->encode(NULL, pcm, G711_INPUTS, got, sizeof(got)),
			 G711_INPUTS);
	assert_memory_equal(got, want, sizeof(want));
	assert_int_equal(c->encode(NULL, pcm, 2, got, 1), -ENOBUFS);
}

/* Every code names a value that encodes to it again, but for mu-law's minus
 * zero, which only the one's complement of 0, that is -1, can reach.         */
static void decode_check(const struct cln_codec *c, int minus_zero)
{
	for (int code = 0; code < 256; code++) {
		uint8_t in = (uint8_t)code, back;
		int16_t pcm;

		assert_int_equal(c->decode(NULL, &in, 1, &pcm, 1), 1);
		assert_int_equal(c->encode(NULL, &pcm, 1, &back, 1), 1);
		if (code == minus_zero)
			assert_int_equal(pcm, 0);
		else
			assert_int_equal(back, code);
	}
}

static void conceal_check(const struct cln_codec *c)
{
	int16_t pcm[3] = { 7, 7, 7 };
	uint8_t byte = 0;

	assert_int_equal(c->decode(NULL, NULL, 0, pcm, 3), 1);
	assert_int_equal(pcm[0], 0);
	assert_int_equal(pcm[1], 7);
	assert_int_equal(c->decode(NULL, NULL, 3, pcm, 3), 3);
	assert_int_equal(pcm[2], 0);
	assert_int_equal(c->decode(NULL, &byte, 0, pcm, 3), -EBADMSG);
	assert_int_equal(c->decode(NULL, &byte, 1, pcm, 0), -ENOBUFS);
	assert_int_equal(c->frame_len(&byte, 1), 1);
	assert_int_equal(c->frame_len(&byte, 0), -EBADMSG);
}

static void table_check(const char *plugin, const char *name,
			const char *api_name, int payload_type)
{
	const struct cln_plugin *p = &carillon_plugin;
	const struct cln_codec *c = p->codecs[0];

	assert_int_equal(p->size, sizeof(*p));
	assert_int_equal(p->abi_major, CLN_ABI_MAJOR);
	assert_string_equal(p->name, plugin);
	assert_null(p->codecs[1]);
	assert_int_equal(c->size, sizeof(*c));
	assert_string_equal(c->name, name);
	assert_string_equal(c->api_name, api_name);
	assert_int_equal(c->payload_type, payload_type);
	assert_int_equal(c->flags, CLN_CODEC_STATELESS);
	assert_int_equal(c->frame_samples, 1);
	assert_int_equal(c->frame_bytes, 1);
	assert_int_equal(c->clock_rate, 8000);
	assert_int_equal(c->sample_rate, 8000);
	assert_int_equal(c->ptime_ms, 20);
}

#endif
