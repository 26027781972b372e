/*
 * test_container.c - which kind of file a recording is, and whether all of it
 * is there. Needs: core/media/{container,mpeg,wav}.c, core/base; -lsndfile -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "media/container.h"
#include "recordings.h"

static char why[192];
static struct container found;

static int find(const void *data, size_t len)
{
	why[0] = '\0';
	return container_find(&found, data, len, why, sizeof(why));
}

static void refused(const void *data, size_t len, int err, const char *sentence)
{
	assert_int_equal(find(data, len), err);
	if (!strstr(why, sentence))
		fail_msg("\"%s\" is not in \"%s\"", sentence, why);
}

static struct file second(int format)
{
	static float t[8000];

	for (int i = 0; i < 8000; i++)
		t[i] = (float)(0.3 * sin(i * 0.3));
	return sound_make(format, 1, 8000, t, 8000);
}

static void container_knows_its_kinds(void **state)
{
	struct file wav = wav_make(1, 1, 8000, 16, "abcd", 4);
	struct file flac = second(SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
	struct file ogg = second(SF_FORMAT_OGG | SF_FORMAT_VORBIS);

	(void)state;
	assert_int_equal(find(wav.data, wav.len), 0);
	assert_int_equal(found.kind, CONTAINER_WAV);
	assert_int_equal(find(flac.data, flac.len), 0);
	assert_int_equal(found.kind, CONTAINER_FLAC);
	assert_int_equal(find(ogg.data, ogg.len), 0);
	assert_int_equal(found.kind, CONTAINER_OGG);
	assert_ptr_equal(found.data, ogg.data);
	assert_int_equal(found.len, ogg.len);
	file_free(&wav);
	file_free(&flac);
	file_free(&ogg);
}

static void container_says_what_it_is_instead(void **state)
{
	(void)state;
	refused("", 0, -ENOTSUP, "empty, not a recording in WAV, FLAC, OGG");
	refused(" \r\n", 3, -ENOTSUP, "empty, not a recording");
	refused("\xef\xbb\xbf\n<!doctype html>", 18, -ENOTSUP,
		"a web page, not a recording");
	refused("FORM....AIFF", 12, -ENOTSUP, "an AIFF file, ");
	refused("\0\0\0\x18" "ftypM4A ", 12, -ENOTSUP, "an MP4 or M4A file, ");
	refused("\xff\xf1\x50\x80", 4, -ENOTSUP, "an AAC stream, ");
	refused("\x1f\x8b\x08\0", 4, -ENOTSUP, "compressed by gzip, ");
	refused("hello\n", 6, -ENOTSUP, "not a recording in");
	refused("<", 1, -ENOTSUP, "a web page");
	refused("R", 1, -ENOTSUP, "not a recording in");
}

static void container_skips_tags_and_zeros_behind_them(void **state)
{
	static const uint8_t in[] = "ID3\x04\0\x10\0\0\0\2xx3DI\4\0\0\0\0\0\0"
		"ID3\x03\0\0\0\0\0\1y\0\0\0fLaC";

	(void)state;
	assert_int_equal(find(in, sizeof(in) - 1), 0);
	assert_int_equal(found.kind, CONTAINER_FLAC);
	assert_int_equal(found.len, 4);
	refused(in, 22, -EBADMSG, "there is no audio in it");
	refused("ID3\x04\0\0\x7f\x7f\x7f\x7fxx", 12, -EBADMSG,
		"there is no audio in it");
}

static void container_wants_the_last_page_of_an_ogg(void **state)
{
	struct file f = second(SF_FORMAT_OGG | SF_FORMAT_VORBIS);
	size_t last = 0;

	(void)state;
	refused(f.data, f.len - 1, -EBADMSG, "truncated: the OGG stream");
	for (size_t i = 0; i + 4 < f.len; i++)
		if (!memcmp(f.data + i, "OggS", 4))
			last = i;
	refused(f.data, last, -EBADMSG, "truncated: the OGG stream");
	refused(f.data, 30, -EBADMSG, "truncated: the OGG stream");
	memcpy(f.data + last, "Oggs", 4);
	refused(f.data, f.len, -EBADMSG, "the OGG stream is damaged after");
	memcpy(f.data + last, "OggS", 4);
	f.pos = f.len;
	file_put(&f, "TAG of another program", 22);
	assert_int_equal(find(f.data, f.len), 0);
	file_free(&f);
}

/* One bit anywhere is a hole in the message or worse.                        */
static void container_wants_every_page_of_an_ogg_whole(void **state)
{
	struct file f = second(SF_FORMAT_OGG | SF_FORMAT_VORBIS);
	struct file g = second(SF_FORMAT_OGG | SF_FORMAT_VORBIS);

	(void)state;
	for (size_t i = 30; i < f.len; i += 7) {
		f.data[i] ^= 0x10;
		assert_int_equal(find(f.data, f.len), -EBADMSG);
		assert_string_not_equal(why, "");
		f.data[i] ^= 0x10;
	}
	/* Also where another stream has ended before it.                     */
	g.data[40] ^= 1;
	refused(g.data, g.len, -EBADMSG, "the OGG stream is damaged after 0");
	f.pos = f.len;
	file_put(&f, g.data, g.len);
	refused(f.data, f.len, -EBADMSG, "the OGG stream is damaged after");
	file_free(&f);
	file_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(container_knows_its_kinds),
		cmocka_unit_test(container_says_what_it_is_instead),
		cmocka_unit_test(container_skips_tags_and_zeros_behind_them),
		cmocka_unit_test(container_wants_the_last_page_of_an_ogg),
		cmocka_unit_test(container_wants_every_page_of_an_ogg_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
