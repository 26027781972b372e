/*
 * container.c - which kind of file a recording is, and whether all is there.
 * Thread: any; it keeps no state.
 *
 * Decoders end quietly where a file ends, and half a message would then be
 * played to thousands. What a file says of its own length is held against it.
 */
/* SPDX-License-Identifier: MIT */
#include "media/container.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "media/mpeg.h"
#include "media/wav.h"

enum {
	ID3_HEADER = 10,
	ID3_FOOTER_FLAG = 0x10,
	OGG_HEADER = 27,
	OGG_END_FLAG = 0x04,
	OGG_SUM = 22,		/* where the page's checksum stands           */
};

#define OGG_POLYNOMIAL 0x04c11db7u

#define NO_RECORDING "not a recording in WAV, FLAC, OGG or MP3 format"

/* ---- none of ours -------------------------------------------------------- */

/* What it is instead, for people who took the wrong file; NULL: who knows.   */
static const char *other_kind(const uint8_t *data, size_t len)
{
	static const struct {
		size_t at, len;
		const char *magic, *name;
	} kinds[] = {
		{ 0, 4, "FORM", "an AIFF file" },
		{ 0, 4, ".snd", "an AU file" },
		{ 4, 4, "ftyp", "an MP4 or M4A file" },
		{ 0, 5, "#!AMR", "an AMR file" },
		{ 0, 4, "RF64", "an RF64 file" },
		{ 0, 4, "caff", "a CAF file" },
		{ 0, 4, "MThd", "a MIDI file" },
		{ 0, 4, "\x30\x26\xb2\x75", "a Windows Media file" },
		{ 0, 4, "\x1a\x45\xdf\xa3", "a Matroska or WebM file" },
		{ 0, 4, "PK\3\4", "a ZIP archive" },
		{ 0, 2, "\x1f\x8b", "compressed by gzip" },
		{ 0, 1, "<", "a web page" },
		{ 0, 2, "\xff\xf1", "an AAC stream" },
		{ 0, 2, "\xff\xf9", "an AAC stream" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (len >= kinds[i].at + kinds[i].len &&
		    !memcmp(data + kinds[i].at, kinds[i].magic, kinds[i].len))
			return kinds[i].name;
	return NULL;
}

static int refuse(const uint8_t *data, size_t len, char *why, size_t cap)
{
	static const uint8_t utf8_mark[] = { 0xef, 0xbb, 0xbf };
	const char *other;

	if (len >= 3 && !memcmp(data, utf8_mark, 3)) {
		data += 3;
		len -= 3;
	}
	while (len && strchr(" \t\r\n", *data) && *data) {
		data++;
		len--;
	}
	other = other_kind(data, len);
	if (!len)
		str_printf(why, cap, "empty, " NO_RECORDING);
	else if (other)
		str_printf(why, cap, "%s, " NO_RECORDING, other);
	else
		str_printf(why, cap, NO_RECORDING);
	return -ENOTSUP;
}

/* ---- OGG (RFC 3533 section 6) -------------------------------------------- */

/* The page at p; 0 where it is none, or not all there.                       */
static size_t ogg_page(const uint8_t *p, size_t len)
{
	size_t size;

	if (len < OGG_HEADER || memcmp(p, "OggS", 4) || p[4] ||
	    len < OGG_HEADER + (size_t)p[26])
		return 0;
	size = OGG_HEADER + (size_t)p[26];
	for (size_t i = 0; i < p[26]; i++)
		size += p[OGG_HEADER + i];
	return size <= len ? size : 0;
}

static void make_sums(uint32_t sums[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		sums[i] = i << 24;
		for (int bit = 0; bit < 8; bit++)
			sums[i] = sums[i] << 1 ^
				  (sums[i] >> 31 ? OGG_POLYNOMIAL : 0);
	}
}

/* The checksum is made over the page with zeros in its own place.            */
static bool ogg_is_whole(const uint8_t *p, size_t size,
			 const uint32_t sums[256])
{
	const uint8_t *said = p + OGG_SUM;
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		bool own = i >= OGG_SUM && i < OGG_SUM + 4;

		sum = sum << 8 ^ sums[(sum >> 24) ^ (own ? 0 : p[i])];
	}
	return sum == ((uint32_t)said[3] << 24 | (uint32_t)said[2] << 16 |
		       (uint32_t)said[1] << 8 | said[0]);
}

/* A decoder leaves out a page that is damaged, and a second of the message with
 * it. The last page of a stream says so. What follows it that is no page, such
 * as a tag, is no matter.                                                    */
static int check_ogg(const uint8_t *data, size_t len, char *why, size_t cap)
{
	size_t pos = 0, size;
	uint32_t sums[256];
	bool ended = false, whole = true;

	make_sums(sums);
	while ((size = ogg_page(data + pos, len - pos)) &&
	       (whole = ogg_is_whole(data + pos, size, sums))) {
		ended = data[pos + 5] & OGG_END_FLAG;
		pos += size;
	}
	if (ended && whole)
		return 0;
	if (whole && (len - pos < 4 || !memcmp(data + pos, "OggS", 4)))
		str_printf(why, cap, "truncated: the OGG stream stops after "
			   "%zu bytes, before its last page", pos);
	else
		str_printf(why, cap, "the OGG stream is damaged after %zu "
			   "bytes", pos);
	return -EBADMSG;
}

/* ---- tags ---------------------------------------------------------------- */

/* Length of an ID3v2 tag: four bytes of seven bits each (ID3v2.4 3.1).       */
static size_t id3_len(const uint8_t *p, size_t len)
{
	size_t size;

	if (len < ID3_HEADER || memcmp(p, "ID3", 3))
		return 0;
	size = (size_t)(p[6] & 0x7f) << 21 | (size_t)(p[7] & 0x7f) << 14 |
	       (size_t)(p[8] & 0x7f) << 7 | (p[9] & 0x7f);
	size += p[5] & ID3_FOOTER_FLAG ? 2 * ID3_HEADER : ID3_HEADER;
	return size < len ? size : len;
}

/* Of the tags at the front and the zeros that some writers leave behind them.
 * No decoder gets to parse them: their pictures and texts are not for us.    */
static size_t tags_len(const uint8_t *data, size_t len)
{
	size_t pos = 0, size;

	while ((size = id3_len(data + pos, len - pos)))
		pos += size;
	while (pos && pos < len && !data[pos])
		pos++;
	return pos;
}

int container_find(struct container *c, const uint8_t *data, size_t len,
		   char *why, size_t cap)
{
	size_t tag = tags_len(data, len);

	if (tag && tag == len) {
		str_printf(why, cap, "there is no audio in it");
		return -EBADMSG;
	}
	data += tag;
	len -= tag;
	c->data = data;
	c->len = len;
	if (wav_is(data, len)) {
		c->kind = CONTAINER_WAV;
		return 0;
	}
	if (len >= 4 && !memcmp(data, "fLaC", 4)) {
		c->kind = CONTAINER_FLAC;
		return 0;
	}
	if (len >= 4 && !memcmp(data, "OggS", 4)) {
		c->kind = CONTAINER_OGG;
		return check_ogg(data, len, why, cap);
	}
	if (mpeg_is(data, len)) {
		c->kind = CONTAINER_MP3;
		return mpeg_walk(&c->len, data, len, why, cap);
	}
	return refuse(data, len, why, cap);
}
