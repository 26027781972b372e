/* SPDX-License-Identifier: MIT */
/*
 * compare.c - is a recording what the prompts said? The prompts are encoded
 * here by G.191's rules, joined without a gap and held against the recording
 * byte by byte.
 * Thread: main; the whole program in this mode.
 */
#include "compare.h"

#include "g711.h"
#include "wav.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAVE_COLUMNS = 1000 };

static double decode(enum compare_codec codec, uint8_t byte)
{
	if (codec == CODEC_ALAW)
		return g711_alaw_decode(byte);
	return codec == CODEC_MULAW ? g711_mulaw_decode(byte) : 0;
}

static double snr(const uint8_t *want, const uint8_t *got, size_t n,
		  enum compare_codec codec)
{
	double signal = 0, noise = 0;

	for (size_t i = 0; i < n; i++) {
		double w = decode(codec, want[i]);
		double d = w - decode(codec, got[i]);

		signal += w * w;
		noise += d * d;
	}
	/* Without noise the ratio has no end; JSON then says null. */
	return noise > 0 ? 10 * log10(signal / noise) : INFINITY;
}

static bool all_silence(const uint8_t *p, size_t n, enum compare_codec codec)
{
	for (size_t i = 0; i < n; i++)
		if (codec == CODEC_MULAW ? (p[i] | 0x80) != 0xff :
		    (p[i] | 0x80) != G711_ALAW_SILENCE)
			return false;
	return true;
}

void compare_bytes(struct comparison *c, const uint8_t *want, size_t want_len,
		   const uint8_t *got, size_t got_len,
		   enum compare_codec codec, size_t frame)
{
	memset(c, 0, sizeof(*c));
	c->expected = want_len;
	c->received = got_len;
	c->compared = want_len < got_len ? want_len : got_len;
	c->first_difference = -1;
	for (size_t i = 0; i < c->compared; i++) {
		if (want[i] == got[i])
			c->matched++;
		else if (c->first_difference < 0)
			c->first_difference = (int64_t)i;
	}
	if (c->first_difference < 0 && got_len < want_len)
		c->first_difference = (int64_t)got_len;
	c->padding = got_len > want_len ? got_len - want_len : 0;
	c->padding_is_silence = codec == CODEC_RAW ? c->padding == 0 :
		all_silence(got + c->compared, c->padding, codec);
	c->snr_db = codec == CODEC_RAW ? NAN :
		snr(want, got, c->compared, codec);
	c->match = want_len > 0 && c->first_difference < 0 &&
		c->padding <= frame && c->padding_is_silence;
}

static void print_result(const struct comparison *c)
{
	struct txt t = { 0 };

	json_begin(&t, NULL, '{');
	json_bool(&t, "match", c->match);
	json_int(&t, "expected", (int64_t)c->expected);
	json_int(&t, "received", (int64_t)c->received);
	json_int(&t, "compared", (int64_t)c->compared);
	json_int(&t, "matched", (int64_t)c->matched);
	json_int(&t, "first_difference", c->first_difference);
	json_int(&t, "padding_bytes", (int64_t)c->padding);
	json_bool(&t, "padding_is_silence", c->padding_is_silence);
	json_num(&t, "snr_db", c->snr_db);
	json_end(&t, '}');
	puts(t.err ? "{}" : t.p);
	txt_free(&t);
}

/* Encodes a prompt, or takes over what is encoded in this law already. */
static bool add_wav(struct txt *out, const char *path,
		    enum compare_codec codec)
{
	int own = codec == CODEC_ALAW ? WAV_ALAW : WAV_MULAW;
	char err[256];
	struct wav w;

	if (wav_read(&w, path, err, sizeof(err))) {
		fprintf(stderr, "carillon-farend: %s\n", err);
		return false;
	}
	if (w.rate != 8000 || w.channels != 1 ||
	    (w.format != WAV_PCM && w.format != own)) {
		fprintf(stderr, "carillon-farend: %s: must be 8 kHz mono, "
			"PCM or the codec's own\n", path);
		wav_free(&w);
		return false;
	}
	if (w.format == own)
		txt_add(out, w.data, w.len);
	for (size_t i = 0; w.format == WAV_PCM && i + 1 < w.len; i += 2) {
		int16_t s = (int16_t)(w.data[i] | w.data[i + 1] << 8);
		uint8_t b = codec == CODEC_ALAW ? g711_alaw_encode(s) :
			g711_mulaw_encode(s);

		txt_add(out, &b, 1);
	}
	wav_free(&w);
	return !out->err;
}

static bool add_raw(struct txt *out, const char *path)
{
	uint8_t *data;
	size_t len;
	int err = file_read(&data, &len, path);

	if (err) {
		fprintf(stderr, "carillon-farend: %s: %s\n", path,
			strerror(-err));
		return false;
	}
	txt_add(out, data, len);
	free(data);
	return !out->err;
}

static void envelope(FILE *f, const struct txt *t, size_t from, size_t to,
		     enum compare_codec codec)
{
	double lo = 0, hi = 0;

	for (size_t i = from; i < to && i < t->len; i++) {
		double v = decode(codec, (uint8_t)t->p[i]) / 32768;

		if (i == from || v < lo)
			lo = v;
		if (i == from || v > hi)
			hi = v;
	}
	fprintf(f, ",%.5f,%.5f", lo, hi);
}

/* One line for each of about a thousand columns of a picture. */
static bool write_waveform(const char *path, const struct txt *want,
			   const struct txt *got, enum compare_codec codec)
{
	size_t len = want->len > got->len ? want->len : got->len;
	size_t step = (len + WAVE_COLUMNS - 1) / WAVE_COLUMNS;
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	fprintf(f, "time_s,prompt_min,prompt_max,heard_min,heard_max\n");
	for (size_t at = 0; step && at < len; at += step) {
		fprintf(f, "%.4f", (double)at / 8000);
		envelope(f, want, at, at + step, codec);
		envelope(f, got, at, at + step, codec);
		fprintf(f, "\n");
	}
	return fclose(f) == 0;
}

static int usage(FILE *f)
{
	fprintf(f, "Usage: carillon-farend compare [--codec mulaw|alaw|raw] "
		"[--frame BYTES]\n           [--waveform FILE.csv] "
		"RECORDING.raw PROMPT.wav...\n\n"
		"Exit status: 0 equal, 1 different, 2 trouble. Up to one "
		"frame (160 bytes)\nof silence may follow. With raw the "
		"prompts are files of encoded bytes.\n");
	return f == stdout ? 0 : 2;
}

static int run(char **files, int n, enum compare_codec codec, size_t frame,
	       const char *waveform)
{
	struct txt got = { 0 }, want = { 0 };
	struct comparison c = { 0 };
	bool ok = add_raw(&got, files[0]);

	for (int i = 1; ok && i < n; i++)
		ok = codec == CODEC_RAW ? add_raw(&want, files[i]) :
			add_wav(&want, files[i], codec);
	if (ok) {
		compare_bytes(&c, (const uint8_t *)(want.p ? want.p : ""),
			      want.len, (const uint8_t *)(got.p ? got.p : ""),
			      got.len, codec, frame);
		print_result(&c);
		if (waveform && !write_waveform(waveform, &want, &got,
						codec)) {
			perror(waveform);
			ok = false;
		}
	}
	txt_free(&got);
	txt_free(&want);
	if (!ok)
		return 2;
	return c.match ? 0 : 1;
}

int compare_main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "codec", required_argument, NULL, 'c' },
		{ "frame", required_argument, NULL, 'f' },
		{ "waveform", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static const char *const names[] = { "mulaw", "alaw", "raw" };
	enum compare_codec codec = CODEC_MULAW;
	const char *waveform = NULL;
	size_t frame = 160;
	int c, i;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout);
		if (c == 'f') {
			frame = strtoul(optarg, NULL, 10);
		} else if (c == 'w') {
			waveform = optarg;
		} else if (c == 'c') {
			for (i = 0; i < 3 && strcmp(optarg, names[i]); i++)
				;
			if (i == 3)
				return usage(stderr);
			codec = (enum compare_codec)i;
		} else {
			return usage(stderr);
		}
	}
	if (argc - optind < 2)
		return usage(stderr);
	return run(argv + optind, argc - optind, codec, frame, waveform);
}
