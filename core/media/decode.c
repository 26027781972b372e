/*
 * decode.c - reads recordings from memory through libsndfile.
 * Thread: one of the prompt pool.
 *
 *   WAV  --wav_parse--> header of our own + audio --+
 *   FLAC, OGG, MP3 ------------------------------- libsndfile --> mono PCM
 *
 * Only formats that we promise reach libsndfile: it knows dozens more, each a
 * parser of a stranger's bytes.
 */
/* SPDX-License-Identifier: MIT */
#include "media/decode.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

#include "base/str.h"
#include "media/container.h"
#include "media/wav.h"

enum {
	BLOCK = 2048,		/* frames that are read at once               */
	CHANNELS_MAX = 2,
	MP3_LEFT_MAX = 4096,	/* more than a frame                          */
};

struct decoder {
	/* The file that libsndfile sees: a header of ours, then the body. */
	uint8_t head[WAV_HEADER_MAX];
	size_t head_len;
	const uint8_t *body;
	size_t body_len;
	size_t pos;
	bool is_mp3;

	SNDFILE *file;
	SF_INFO info;
	bool as_real;		/* the format holds no integers               */
	bool exact;		/* it says truly how many frames it has       */
	enum law law;
	uint64_t frames;	/* read so far                                */
	uint64_t max_frames;
	int max_audio_s;
	union {
		int i[BLOCK * CHANNELS_MAX];
		double r[BLOCK * CHANNELS_MAX];
	} block;
};

static sf_count_t vio_len(void *arg)
{
	const struct decoder *d = arg;

	return (sf_count_t)(d->head_len + d->body_len);
}

static sf_count_t vio_seek(sf_count_t offset, int whence, void *arg)
{
	struct decoder *d = arg;
	sf_count_t from = 0;

	/* An MP3's length can only be guessed from its first frame, and what is
	 * past the guess would be lost. Without an end nothing is guessed.   */
	if (whence == SEEK_END && d->is_mp3)
		return -1;
	if (whence == SEEK_CUR)
		from = (sf_count_t)d->pos;
	else if (whence == SEEK_END)
		from = vio_len(arg);
	/* Offsets come from the file: clamped, never added blindly. */
	if (offset < -from)
		offset = -from;
	if (offset > vio_len(arg) - from)
		offset = vio_len(arg) - from;
	d->pos = (size_t)(from + offset);
	return (sf_count_t)d->pos;
}

static sf_count_t vio_read(void *dst, sf_count_t count, void *arg)
{
	struct decoder *d = arg;
	size_t left = (size_t)vio_len(arg) - d->pos;
	size_t n = count < 0 ? 0 : (size_t)count, from_head = 0, at;

	if (n > left)
		n = left;
	if (d->pos < d->head_len) {
		from_head = d->head_len - d->pos;
		if (from_head > n)
			from_head = n;
		memcpy(dst, d->head + d->pos, from_head);
	}
	if (n > from_head) {
		at = d->pos + from_head - d->head_len;
		memcpy((char *)dst + from_head, d->body + at, n - from_head);
	}
	d->pos += n;
	return (sf_count_t)n;
}

static sf_count_t vio_tell(void *arg)
{
	const struct decoder *d = arg;

	return (sf_count_t)d->pos;
}

static int choose_file(struct decoder *d, const uint8_t *data, size_t len,
		       char *why, size_t cap)
{
	struct container c;
	struct wav w;
	int err = container_find(&c, data, len, why, cap);

	if (err)
		return err;
	d->body = c.data;
	d->body_len = c.len;
	d->is_mp3 = c.kind == CONTAINER_MP3;
	if (c.kind != CONTAINER_WAV)
		return 0;
	err = wav_parse(&w, c.data, c.len, why, cap);
	if (err)
		return err;
	d->head_len = wav_header(&w, d->head);
	d->body = c.data + w.offset;
	d->body_len = w.len;
	return 0;
}

/* libsndfile has its own view of what it opened: it is held to ours. An OGG may
 * hold what is not promised, such as Speex or video.                         */
static bool format_is_fine(const struct decoder *d)
{
	int sub = d->info.format & SF_FORMAT_SUBMASK;

	switch (d->info.format & SF_FORMAT_TYPEMASK) {
	case SF_FORMAT_WAV:
		return d->head_len > 0;
	case SF_FORMAT_OGG:
		return sub == SF_FORMAT_VORBIS || sub == SF_FORMAT_OPUS;
	case SF_FORMAT_FLAC:
		return true;
	case SF_FORMAT_MPEG:
		return d->is_mp3;
	default:
		return false;
	}
}

static int check_info(const struct decoder *d, char *why, size_t cap)
{
	const SF_INFO *i = &d->info;

	if ((i->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_OGG &&
	    !format_is_fine(d))
		str_printf(why, cap, "OGG that holds neither Vorbis nor Opus");
	else if (!format_is_fine(d))
		str_printf(why, cap,
			   "not a recording in WAV, FLAC, OGG or MP3 format");
	else if (i->channels < 1 || i->channels > CHANNELS_MAX)
		str_printf(why, cap,
			   "the recording has %d channels, not 1 or 2",
			   i->channels);
	else if (i->samplerate < AUDIO_RATE_MIN ||
		 i->samplerate > AUDIO_RATE_MAX)
		str_printf(why, cap, "a sample rate of %d Hz, not %d to %d",
			   i->samplerate, AUDIO_RATE_MIN, AUDIO_RATE_MAX);
	else
		return 0;
	return -EBADMSG;
}

static void note_format(struct decoder *d)
{
	int major = d->info.format & SF_FORMAT_TYPEMASK;

	d->exact = major == SF_FORMAT_WAV || major == SF_FORMAT_FLAC;
	switch (d->info.format & SF_FORMAT_SUBMASK) {
	case SF_FORMAT_PCM_S8:
	case SF_FORMAT_PCM_U8:
	case SF_FORMAT_PCM_16:
	case SF_FORMAT_PCM_24:
	case SF_FORMAT_PCM_32:
		break;
	case SF_FORMAT_ULAW:
		d->law = d->info.channels == 1 ? LAW_MULAW : LAW_NONE;
		break;
	case SF_FORMAT_ALAW:
		d->law = d->info.channels == 1 ? LAW_ALAW : LAW_NONE;
		break;
	default:
		d->as_real = true;
		break;
	}
}

static int too_long(const struct decoder *d, char *why, size_t cap)
{
	str_printf(why, cap, "the recording is longer than %d s",
		   d->max_audio_s);
	return -EFBIG;
}

static int open_file(struct decoder *d, char *why, size_t cap)
{
	SF_VIRTUAL_IO io = {
		.get_filelen = vio_len,
		.seek = vio_seek,
		.read = vio_read,
		.tell = vio_tell,
	};
	int err;

	d->file = sf_open_virtual(&io, SFM_READ, &d->info, d);
	if (!d->file) {
		str_printf(why, cap, "the recording cannot be read: %s",
			   sf_strerror(NULL));
		return -EBADMSG;
	}
	err = check_info(d, why, cap);
	if (err)
		return err;
	note_format(d);
	d->max_frames = (uint64_t)d->max_audio_s *
			(uint64_t)d->info.samplerate;
	if (d->exact && (uint64_t)d->info.frames > d->max_frames)
		return too_long(d, why, cap);
	return 0;
}

int decode_open(struct decoder **dp, const uint8_t *data, size_t len,
		int max_audio_s, char *why, size_t cap)
{
	struct decoder *d = calloc(1, sizeof(*d));
	int err;

	if (!d) {
		str_printf(why, cap, "out of memory");
		return -ENOMEM;
	}
	d->max_audio_s = max_audio_s;
	err = choose_file(d, data, len, why, cap);
	if (!err)
		err = open_file(d, why, cap);
	if (err)
		decode_close(d);
	else
		*dp = d;
	return err;
}

void decode_close(struct decoder *d)
{
	if (!d)
		return;
	if (d->file)
		sf_close(d->file);
	free(d);
}

unsigned int decode_rate(const struct decoder *d)
{
	return (unsigned int)d->info.samplerate;
}

unsigned int decode_channels(const struct decoder *d)
{
	return (unsigned int)d->info.channels;
}

const char *decode_format(const struct decoder *d)
{
	static const struct {
		int format;
		const char *name;
	} wavs[] = {
		{ SF_FORMAT_PCM_U8, "wav pcm_u8" },
		{ SF_FORMAT_PCM_16, "wav pcm_16" },
		{ SF_FORMAT_PCM_24, "wav pcm_24" },
		{ SF_FORMAT_PCM_32, "wav pcm_32" },
		{ SF_FORMAT_FLOAT, "wav float_32" },
		{ SF_FORMAT_DOUBLE, "wav float_64" },
		{ SF_FORMAT_ULAW, "wav mulaw" },
		{ SF_FORMAT_ALAW, "wav alaw" },
	};
	int sub = d->info.format & SF_FORMAT_SUBMASK;

	switch (d->info.format & SF_FORMAT_TYPEMASK) {
	case SF_FORMAT_FLAC:
		return "flac";
	case SF_FORMAT_OGG:
		return sub == SF_FORMAT_OPUS ? "ogg opus" : "ogg vorbis";
	case SF_FORMAT_MPEG:
		return "mp3";
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(wavs) / sizeof(wavs[0]); i++)
		if (wavs[i].format == sub)
			return wavs[i].name;
	return "wav";
}

enum law decode_law(const struct decoder *d)
{
	return d->law;
}

uint64_t decode_frames(const struct decoder *d)
{
	return d->frames;
}

/* One rule for all formats: the mean of the channels, exactly, and then to the
 * nearest of 16 bits, halves upward. No dither: G.711's own steps are 8 and
 * more, and a recording in 16 bits must pass unchanged.                      */
static int16_t from_int(const int *v, int channels)
{
	int64_t sum = v[0];

	/* Left-aligned in 32 bits.                                           */
	if (channels == 2)
		sum = (sum + v[1]) >> 1;
	sum = (sum + 0x8000) >> 16;
	return (int16_t)(sum > INT16_MAX ? INT16_MAX : sum);
}

static int16_t from_real(const double *v, int channels)
{
	double sum = v[0];

	if (channels == 2)
		sum = v[0] / 2 + v[1] / 2;
	sum = floor(sum * 32768.0 + 0.5);
	if (!(sum > INT16_MIN))		/* also not a number                  */
		return isnan(sum) ? 0 : INT16_MIN;
	return sum >= INT16_MAX ? INT16_MAX : (int16_t)sum;
}

static size_t read_block(struct decoder *d, int16_t *pcm, size_t cap)
{
	int ch = d->info.channels;
	sf_count_t n, want = cap < BLOCK ? (sf_count_t)cap : BLOCK;

	if (d->as_real)
		n = sf_readf_double(d->file, d->block.r, want);
	else
		n = sf_readf_int(d->file, d->block.i, want);
	for (sf_count_t i = 0; i < n; i++)
		pcm[i] = d->as_real ? from_real(d->block.r + i * ch, ch) :
				       from_int(d->block.i + i * ch, ch);
	return n > 0 ? (size_t)n : 0;
}

/* libmpg123 ends quietly where it is lost, which is told from what it left
 * unread.                                                                    */
static bool is_abandoned(const struct decoder *d)
{
	return d->is_mp3 && d->body_len - d->pos > MP3_LEFT_MAX;
}

/* Judges a read of n frames.                                                 */
static ssize_t account(struct decoder *d, size_t n, char *why, size_t cap)
{
	d->frames += n;
	if (d->frames > d->max_frames)
		return too_long(d, why, cap);
	if (n)
		return (ssize_t)n;
	if (d->exact && d->frames < (uint64_t)d->info.frames &&
	    d->pos >= d->head_len + d->body_len)
		str_printf(why, cap,
			   "truncated: %.1f s of audio announced, %.1f s there",
			   (double)d->info.frames / d->info.samplerate,
			   (double)d->frames / d->info.samplerate);
	else if (sf_error(d->file) || is_abandoned(d) ||
		 (d->exact && d->frames < (uint64_t)d->info.frames))
		str_printf(why, cap, "the recording is damaged after %.1f s",
			   (double)d->frames / d->info.samplerate);
	else
		return 0;
	return -EBADMSG;
}

ssize_t decode_read(struct decoder *d, int16_t *pcm, size_t cap, char *why,
		    size_t why_cap)
{
	return account(d, read_block(d, pcm, cap), why, why_cap);
}

ssize_t decode_read_law(struct decoder *d, uint8_t *dst, size_t cap, char *why,
			size_t why_cap)
{
	sf_count_t n = sf_read_raw(d->file, dst, (sf_count_t)cap);

	return account(d, n > 0 ? (size_t)n : 0, why, why_cap);
}

int decode_rewind(struct decoder *d)
{
	if (d->frames == 0)
		return 0;
	if (sf_seek(d->file, 0, SEEK_SET) != 0)
		return -EBADMSG;
	d->frames = 0;
	return 0;
}
