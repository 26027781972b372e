/*
 * test_sdp_crypto.c - lines a=crypto (RFC 4568), read and written.
 * Needs: core/sip/sdp_crypto.c sdp.c sdp_parse.c sdp_format.c sdp_text.c;
 * core/base/addr.c buf.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sip/sdp.h"
#include "sip/sdp_text.h"

#define TOP "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n" \
	"t=0 0\r\n"
/* The example of RFC 4568 4.1: 30 bytes. */
#define KEY "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
#define LINE "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY

static int read_line(struct sdp_crypto *c, const char *text)
{
	return sdp_read_crypto(c, (struct sdp_text){ text, strlen(text) });
}

static int verdict(const char *text)
{
	struct sdp_crypto c;

	return read_line(&c, text);
}

static void line_is_read_in_all_its_parts(void **state)
{
	struct sdp_crypto c;

	(void)state;
	assert_int_equal(read_line(&c, LINE "|2^20"), 0);
	assert_int_equal(c.tag, 1);
	assert_string_equal(c.suite, "AES_CM_128_HMAC_SHA1_80");
	assert_int_equal(c.key_len, 30);
	assert_memory_equal(c.key, "=-n@%^x!Bjufr9)?,#5h\\`=&]{qiPQ", 30);
}

static void what_is_written_is_read_again(void **state)
{
	struct sdp_crypto c = { .tag = 999999999, .suite = "X" }, again;
	struct buf b;

	(void)state;
	for (size_t len = 1; len <= SDP_KEY_MAX; len++) {
		c.key_len = len;
		c.key[len - 1] = (uint8_t)(len * 37);
		buf_init(&b, 256);
		sdp_put_crypto(&b, &c);
		assert_int_equal(b.err, 0);
		assert_memory_equal(b.data, "a=crypto:", 9);
		assert_string_equal(b.data + b.len - 2, "\r\n");
		b.data[b.len - 2] = '\0';
		assert_int_equal(read_line(&again, b.data + 9), 0);
		assert_memory_equal(&again, &c, sizeof(c));
		buf_deinit(&b);
	}
}

static void padding_may_be_missing(void **state)
{
	struct sdp_crypto c;

	(void)state;
	assert_int_equal(read_line(&c, "1 X inline:AAECAw=="), 0);
	assert_int_equal(c.key_len, 4);
	assert_int_equal(read_line(&c, "1 X inline:AAECAw"), 0);
	assert_int_equal(c.key_len, 4);
	assert_memory_equal(c.key, "\0\1\2\3", 4);
}

static void lifetime_is_taken_in_both_forms(void **state)
{
	(void)state;
	assert_int_equal(verdict(LINE "|2^48"), 0);
	assert_int_equal(verdict(LINE "|1048576"), 0);
	assert_int_equal(verdict(LINE "|2^49"), -EINVAL);
	assert_int_equal(verdict(LINE "|2^"), -EINVAL);
	assert_int_equal(verdict(LINE "|0"), -EINVAL);
	assert_int_equal(verdict(LINE "|"), -EINVAL);
	assert_int_equal(verdict(LINE "|x"), -EINVAL);
	assert_int_equal(verdict(LINE "|9999999999999999"), -EINVAL);
}

/* With a key identifier packets are longer than we read them. */
static void key_identifier_makes_a_line_unusable(void **state)
{
	(void)state;
	assert_int_equal(verdict(LINE "|1:4"), -EINVAL);
	assert_int_equal(verdict(LINE "|2^20|1:4"), -EINVAL);
	assert_int_equal(verdict(LINE "|2^20|1:4;inline:" KEY "|2^20|2:4"),
			 -EINVAL);
	assert_int_equal(verdict(LINE ";inline:" KEY), -EINVAL);
}

/* RFC 4568 6.3. */
static void only_parameters_that_change_nothing_are_taken(void **state)
{
	(void)state;
	assert_int_equal(verdict(LINE " WSH=64"), 0);
	assert_int_equal(verdict(LINE " KDR=0 -future=1"), 0);
	assert_int_equal(verdict(LINE " KDR=1"), -ENOTSUP);
	assert_int_equal(verdict(LINE " UNENCRYPTED_SRTP"), -ENOTSUP);
	assert_int_equal(verdict(LINE " WSH=64 UNENCRYPTED_SRTCP"), -ENOTSUP);
	assert_int_equal(verdict(LINE " UNAUTHENTICATED_SRTP"), -ENOTSUP);
	assert_int_equal(verdict(LINE " FEC_ORDER=FEC_SRTP"), -ENOTSUP);
	assert_int_equal(verdict(LINE " future=1"), -ENOTSUP);
}

#define BYTES_24 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void broken_line_is_not_for_us(void **state)
{
	static const char *const broken[] = {
		"", "1", "1 X", "1 X inline:", "1 X inline:A", "x X inline:AAAA",
		"-1 X inline:AAAA", "1000000000 X inline:AAAA",
		"1 X uri:AAAA", "1 X AAAA", "1 X inline:AA=A",
		"1 X inline:AA-_", "1 X inline:AAAAA", "1 X inline:====",
		"1 X inline:AAAA\xc3\xa9",
		"1 A_SUITE_WHOSE_NAME_IS_LONGER_THAN_ANY inline:AAAA",
		"1 X inline:" BYTES_24 BYTES_24 "AA==",
	};
	struct sdp_crypto c = { .tag = 7 }, before = c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		assert_int_equal(read_line(&c, broken[i]), -EINVAL);
		assert_memory_equal(&c, &before, sizeof(c));
	}
}

/* ---- in a description ---------------------------------------------------- */

static int parse(struct sdp_parsed *p, unsigned int profiles, const char *text)
{
	return sdp_parse(p, profiles, text, strlen(text), NULL, 0);
}

static void lines_keep_their_order_and_unusable_ones_are_left_out(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, SDP_SAVP, TOP "a=crypto:9 S inline:AAAA\r\n"
		"m=audio 4000 RTP/SAVP 0\r\n"
		"a=crypto:3 C inline:AAAA\r\na=crypto:1 A inline:AAAA x\r\n"
		"a=crypto:nonsense\r\na=crypto:2 B inline:AAAA\r\n"
		"a=crypto:3 D inline:AAAA\r\n"
		"m=video 4002 RTP/SAVP 31\r\na=crypto:4 V inline:AAAA\r\n"), 0);
	assert_true(p.audio.secure);
	assert_true(p.audio.has_crypto);
	assert_int_equal(p.audio.n_crypto, 2);
	assert_string_equal(p.audio.crypto[0].suite, "C");
	assert_string_equal(p.audio.crypto[1].suite, "B");
}

static void unusable_line_alone_shows_that_they_would_encrypt(void **state)
{
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, SDP_AVP, TOP "m=audio 4000 RTP/AVP 0\r\n"
			       "a=crypto:x\r\n"), 0);
	assert_true(p.audio.has_crypto);
	assert_int_equal(p.audio.n_crypto, 0);
	assert_int_equal(parse(&p, SDP_AVP, TOP "m=audio 4000 RTP/AVP 0\r\n"),
			 0);
	assert_false(p.audio.has_crypto);
}

static void number_of_lines_is_bounded(void **state)
{
	struct sdp_parsed p;
	struct buf b;

	(void)state;
	buf_init(&b, 60000);
	buf_puts(&b, TOP "m=audio 4000 RTP/SAVP 0\r\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "a=crypto:%d S%d inline:AAAA\r\n", i, i);
	assert_int_equal(parse(&p, SDP_SAVP, b.data), 0);
	assert_int_equal(p.audio.n_crypto, SDP_CRYPTO_MAX);
	assert_string_equal(p.audio.crypto[SDP_CRYPTO_MAX - 1].suite, "S15");
	buf_deinit(&b);
}

static void stream_is_the_first_of_a_wanted_profile(void **state)
{
	static const char both[] = TOP "m=audio 4000 RTP/SAVP 0\r\n"
		"m=audio 4002 RTP/AVP 0\r\nm=audio 4004 RTP/SAVPF 0\r\n";
	struct sdp_parsed p;

	(void)state;
	assert_int_equal(parse(&p, SDP_AVP, both), 0);
	assert_int_equal(p.audio_index, 1);
	assert_false(p.audio.secure);
	assert_int_equal(parse(&p, SDP_SAVP, both), 0);
	assert_int_equal(p.audio_index, 0);
	assert_int_equal(parse(&p, SDP_AVP | SDP_SAVP, both), 0);
	assert_int_equal(p.audio_index, 0);
	assert_int_equal(parse(&p, SDP_AVP | SDP_SAVP, TOP
			       "m=audio 4004 RTP/SAVPF 0\r\n"
			       "m=audio 4004 RTP/AVPF 0\r\n"), -ENOTSUP);
}

static void answer_keeps_the_profile_and_writes_our_key(void **state)
{
	static const struct sdp_session us = { .id = 1, .version = 2 };
	static const char offer[] = TOP "m=audio 4000 RTP/AVP 0\r\n"
		"m=audio 4002 RTP/SAVP 0\r\na=crypto:1 S inline:AAAA\r\n";
	struct sdp_parsed p;
	struct sdp_audio ours;
	struct buf b;

	(void)state;
	assert_int_equal(parse(&p, SDP_SAVP, offer), 0);
	ours = p.audio;
	buf_init(&b, 4096);
	assert_int_equal(sdp_answer(&b, &us, offer, strlen(offer), &ours), 0);
	assert_non_null(strstr(b.data, "m=audio 0 RTP/AVP 0\r\n"
			       "m=audio 4002 RTP/SAVP 0\r\n"));
	assert_non_null(strstr(b.data, "a=crypto:1 S inline:AAAA\r\n"));
	assert_int_equal(sdp_slot(b.data), 1);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_is_read_in_all_its_parts),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(padding_may_be_missing),
		cmocka_unit_test(lifetime_is_taken_in_both_forms),
		cmocka_unit_test(key_identifier_makes_a_line_unusable),
		cmocka_unit_test(only_parameters_that_change_nothing_are_taken),
		cmocka_unit_test(broken_line_is_not_for_us),
		cmocka_unit_test(
			lines_keep_their_order_and_unusable_ones_are_left_out),
		cmocka_unit_test(
			unusable_line_alone_shows_that_they_would_encrypt),
		cmocka_unit_test(number_of_lines_is_bounded),
		cmocka_unit_test(stream_is_the_first_of_a_wanted_profile),
		cmocka_unit_test(answer_keeps_the_profile_and_writes_our_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
