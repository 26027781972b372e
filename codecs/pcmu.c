/*
 * pcmu.c - the PCMU codec plugin: ITU-T G.711 mu-law.
 *
 * Thread: any; there is no state.
 */
/* SPDX-License-Identifier: MIT */
#include <carillon/plugin.h>

#include "g711.h"

static const int16_t decode_table[256] = { G711_TABLE(ULAW_DECODE) };

static int encode(void *state, const int16_t *pcm, size_t samples,
		  uint8_t *out, size_t cap)
{
	(void)state;
	if (samples > cap)
		return -ENOBUFS;
	for (size_t i = 0; i < samples; i++)
		out[i] = g711_ulaw_encode(pcm[i]);
	return (int)samples;
}

static int decode(void *state, const uint8_t *in, size_t len, int16_t *pcm,
		  size_t cap)
{
	(void)state;
	return g711_decode(decode_table, in, len, pcm, cap);
}

static const struct cln_codec pcmu = {
	.size = sizeof(struct cln_codec),
	.flags = CLN_CODEC_STATELESS,
	.name = "PCMU",
	.api_name = "mulaw",
	.payload_type = 0,		/* RFC 3551, table 4 */
	.clock_rate = 8000,
	.sample_rate = 8000,
	.channels = 1,
	.frame_samples = 1,
	.frame_bytes = 1,
	.ptime_ms = 20,
	.encode = encode,
	.frame_len = g711_frame_len,
	.decode = decode,
};

static const struct cln_codec *const codecs[] = { &pcmu, NULL };

CLN_PLUGIN_EXPORT const struct cln_plugin carillon_plugin = {
	.size = sizeof(struct cln_plugin),
	.abi_major = CLN_ABI_MAJOR,
	.abi_minor = CLN_ABI_MINOR,
	.name = "pcmu",
	.version = "1.0",
	.licence = "MIT",
	.summary = "G.711 mu-law, 64 kbit/s (PCMU)",
	.codecs = codecs,
};
