/*
 * test_secrecy.c - keys of a call and their lines (RFC 4568, RFC 8643), alone
 * and as the offers and answers of a call use them.
 * Needs: core/call/secrecy.c negotiate.c, core/media/srtp.c, core/sip/sdp*.c.
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
#include "call/negotiate.h"

#define CM80 "AES_CM_128_HMAC_SHA1_80"
#define CM32 "AES_CM_128_HMAC_SHA1_32"
/* 30 bytes of 1, and of 2. */
#define ONES "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
#define TWOS "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"
#define TOP "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n" \
	"c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define AVP TOP "m=audio 40000 RTP/AVP 0\r\n"
#define SAVP TOP "m=audio 40000 RTP/SAVP 0\r\n"
#define CRYPTO(tag, suite, key) "a=crypto:" tag " " suite " inline:" key "\r\n"

static const struct cln_codec pcmu = {
	.size = sizeof(pcmu), .name = "PCMU", .api_name = "mulaw",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
};

static const struct sdp_session session = { 5, 6 };

static struct random seeded;
static struct secrecy_keys keys;
static struct negotiate_wishes wishes;
static struct negotiate_side us;
static struct negotiated n;
static char why[128], text[4096];

static void begin(enum secrecy secrecy)
{
	static const struct codec_order set = { 1, { &pcmu } };
	struct addr address;

	random_seeded(&seeded, 5);
	addr_parse_ip(&address, "127.0.0.1", 0);
	wishes = (struct negotiate_wishes){ .secrecy = secrecy, .keys = &keys };
	secrecy_make_keys(&keys, &seeded);
	negotiate_local(&us, &set, &wishes, &address, 20000);
	n = (struct negotiated){ 0 };
	why[0] = '\0';
}

static int answer(const char *sdp)
{
	return negotiate_answer(&n, &us, sdp, strlen(sdp), why, sizeof(why));
}

static int offer(const char *sdp)
{
	return negotiate_offer(&n, &us, &session, sdp, strlen(sdp), text,
			       sizeof(text));
}

static bool is_all(const uint8_t *key, uint8_t byte)
{
	for (size_t i = 0; i < 30; i++)
		if (key[i] != byte)
			return false;
	return true;
}

/* ---- the offer ------------------------------------------------------------ */

static void fields_of_a_carrier_have_their_meaning(void **state)
{
	(void)state;
	assert_int_equal(secrecy_of("off"), SECRECY_OFF);
	assert_int_equal(secrecy_of(""), SECRECY_OFF);
	assert_int_equal(secrecy_of("optional"), SECRECY_OPTIONAL);
	assert_int_equal(secrecy_of("required"), SECRECY_REQUIRED);
}

static void offer_has_all_suites_and_first_what_all_can_do(void **state)
{
	(void)state;
	begin(SECRECY_REQUIRED);
	assert_true(us.audio.secure);
	assert_true(us.audio.n_crypto >= 2);
	assert_string_equal(us.audio.crypto[0].suite, CM80);
	assert_string_equal(us.audio.crypto[1].suite, CM32);
	for (size_t i = 0; i < us.audio.n_crypto; i++) {
		assert_int_equal(us.audio.crypto[i].tag, i + 1);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(us.audio.crypto[i].key,
						us.audio.crypto[j].key, 16);
	}
}

static void optional_offer_is_plain_with_keys(void **state)
{
	(void)state;
	begin(SECRECY_OPTIONAL);
	assert_false(us.audio.secure);
	assert_true(us.audio.n_crypto >= 2);
	begin(SECRECY_OFF);
	assert_false(us.audio.secure);
	assert_int_equal(us.audio.n_crypto, 0);
}

static void same_keys_give_the_same_lines_until_one_is_renewed(void **state)
{
	struct sdp_audio before;

	(void)state;
	begin(SECRECY_REQUIRED);
	before = us.audio;
	secrecy_offer(&us.audio, SECRECY_REQUIRED, &keys);
	assert_memory_equal(&before, &us.audio, sizeof(before));
	secrecy_renew(&keys, SRTP_AES_CM_128_HMAC_SHA1_80, &seeded);
	secrecy_offer(&us.audio, SECRECY_REQUIRED, &keys);
	assert_memory_not_equal(before.crypto[0].key, us.audio.crypto[0].key,
				30);
	assert_memory_equal(&before.crypto[1], &us.audio.crypto[1],
			    sizeof(before.crypto[1]));
}

/* ---- their answer --------------------------------------------------------- */

static void answer_takes_one_by_tag_and_suite(void **state)
{
	(void)state;
	begin(SECRECY_REQUIRED);
	assert_int_equal(answer(SAVP CRYPTO("2", CM32, ONES)), 0);
	assert_int_equal(n.crypto.suite, SRTP_AES_CM_128_HMAC_SHA1_32);
	assert_memory_equal(n.crypto.send, us.audio.crypto[1].key, 30);
	assert_true(is_all(n.crypto.receive, 1));
	assert_int_equal(answer(SAVP CRYPTO("1", "aes_cm_128_hmac_sha1_80",
					    ONES "|2^31")), 0);
	assert_int_equal(n.crypto.suite, SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_memory_equal(n.crypto.send, us.audio.crypto[0].key, 30);
}

static void answer_without_a_line_of_ours_is_unusable(void **state)
{
	static const char *const answers[] = {
		SAVP, SAVP CRYPTO("1", CM32, ONES), SAVP CRYPTO("9", CM80, ONES),
		SAVP CRYPTO("1", "F8_128_HMAC_SHA1_80", ONES),
		SAVP CRYPTO("1", CM80, "AQEB"),
		SAVP CRYPTO("1", CM80, ONES "|1:4"),
		SAVP CRYPTO("1", CM80, ONES " UNENCRYPTED_SRTP"),
	};
	struct negotiated before;

	(void)state;
	begin(SECRECY_REQUIRED);
	before = n;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		assert_int_equal(answer(answers[i]), -ENOENT);
		assert_string_equal(why, "the answer has no usable a=crypto");
		assert_memory_equal(&before, &n, sizeof(n));
	}
}

static void answer_of_the_other_profile_is_unusable(void **state)
{
	(void)state;
	begin(SECRECY_REQUIRED);
	assert_int_equal(answer(AVP CRYPTO("1", CM80, ONES)), -ENOTSUP);
	assert_string_equal(why, "the answer has no audio over RTP/SAVP");
	begin(SECRECY_OPTIONAL);
	assert_int_equal(answer(SAVP CRYPTO("1", CM80, ONES)), -ENOTSUP);
	assert_string_equal(why, "the answer has no audio over RTP/AVP");
	begin(SECRECY_OFF);
	assert_int_equal(answer(SAVP CRYPTO("1", CM80, ONES)), -ENOTSUP);
}

static void optional_falls_back_only_where_nothing_is_sealed(void **state)
{
	(void)state;
	begin(SECRECY_OPTIONAL);
	assert_int_equal(answer(AVP), 0);
	assert_int_equal(n.crypto.suite, SRTP_NONE);
	assert_int_equal(answer(AVP CRYPTO("1", CM80, ONES)), 0);
	assert_int_equal(n.crypto.suite, SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_int_equal(answer(AVP CRYPTO("7", CM80, ONES)), -ENOENT);
	assert_string_equal(why, "the answer has no usable a=crypto");
	assert_int_equal(answer(AVP), 0);
	assert_int_equal(n.crypto.suite, SRTP_NONE);
}

static void off_reads_no_keys(void **state)
{
	(void)state;
	begin(SECRECY_OFF);
	assert_int_equal(answer(AVP CRYPTO("1", CM80, ONES)), 0);
	assert_int_equal(n.crypto.suite, SRTP_NONE);
}

/* ---- their offer ---------------------------------------------------------- */

static void later_offer_goes_on_with_the_suite_that_runs(void **state)
{
	(void)state;
	begin(SECRECY_REQUIRED);
	assert_int_equal(answer(SAVP CRYPTO("2", CM32, ONES)), 0);
	assert_int_equal(offer(SAVP CRYPTO("5", CM80, TWOS)
			       CRYPTO("6", CM32, TWOS)), 0);
	assert_int_equal(n.crypto.suite, SRTP_AES_CM_128_HMAC_SHA1_32);
	assert_true(is_all(n.crypto.receive, 2));
	assert_memory_equal(n.crypto.send, us.audio.crypto[1].key, 30);
	assert_non_null(strstr(text, "m=audio 20000 RTP/SAVP 0\r\n"));
	assert_non_null(strstr(text, "a=crypto:6 " CM32 " inline:"));
	assert_null(strstr(text, CM80));
}

static void later_offer_without_it_takes_their_first_that_we_have(void **state)
{
	(void)state;
	begin(SECRECY_REQUIRED);
	assert_int_equal(answer(SAVP CRYPTO("2", CM32, ONES)), 0);
	assert_int_equal(offer(SAVP CRYPTO("1", "F8_128_HMAC_SHA1_80", TWOS)
			       CRYPTO("2", CM80, TWOS)), 0);
	assert_int_equal(n.crypto.suite, SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_non_null(strstr(text, "a=crypto:2 " CM80 " inline:"));
}

static void offer_without_a_key_is_refused_where_one_is_required(void **state)
{
	static const char *const offers[] = {
		AVP, SAVP, SAVP CRYPTO("1", "F8_128_HMAC_SHA1_80", TWOS),
		AVP CRYPTO("1", CM80, "AQEB"),
	};
	struct negotiated before;

	(void)state;
	begin(SECRECY_REQUIRED);
	assert_int_equal(answer(SAVP CRYPTO("1", CM80, ONES)), 0);
	before = n;
	for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
		assert_int_equal(offer(offers[i]), -ENOTSUP);
		assert_memory_equal(&n, &before, sizeof(n));
	}
}

static void required_prefers_sealed_and_takes_keys_with_avp(void **state)
{
	(void)state;
	begin(SECRECY_REQUIRED);
	assert_int_equal(answer(SAVP CRYPTO("1", CM80, ONES)), 0);
	assert_int_equal(offer(TOP "m=audio 4000 RTP/AVP 0\r\n"
			       "m=audio 4002 RTP/SAVP 0\r\n"
			       CRYPTO("1", CM80, TWOS)), 0);
	assert_int_equal(addr_port(&n.rtp), 4002);
	assert_non_null(strstr(text, "m=audio 0 RTP/AVP 0\r\n"
			       "m=audio 20000 RTP/SAVP 0\r\n"));
	assert_int_equal(offer(AVP CRYPTO("1", CM80, ONES)), 0);
	assert_true(is_all(n.crypto.receive, 1));
	assert_non_null(strstr(text, "RTP/AVP 0\r\n"));
	assert_non_null(strstr(text, "a=crypto:1 " CM80 " inline:"));
}

static void optional_goes_from_plain_to_sealed_and_back(void **state)
{
	(void)state;
	begin(SECRECY_OPTIONAL);
	assert_int_equal(answer(AVP), 0);
	assert_int_equal(offer(SAVP CRYPTO("1", CM80, ONES)), 0);
	assert_int_equal(n.crypto.suite, SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_non_null(strstr(text, "RTP/SAVP 0\r\n"));
	assert_int_equal(offer(SAVP CRYPTO("1", "X", ONES)), -ENOTSUP);
	/* What we do not know of a plain offer may be left alone. */
	assert_int_equal(offer(AVP CRYPTO("1", "X", ONES)), 0);
	assert_int_equal(n.crypto.suite, SRTP_NONE);
	assert_null(strstr(text, "a=crypto"));
}

static void off_refuses_what_must_be_sealed(void **state)
{
	(void)state;
	begin(SECRECY_OFF);
	assert_int_equal(answer(AVP), 0);
	assert_int_equal(offer(SAVP CRYPTO("1", CM80, ONES)), -ENOTSUP);
	assert_int_equal(offer(AVP CRYPTO("1", CM80, ONES)), 0);
	assert_int_equal(n.crypto.suite, SRTP_NONE);
	assert_null(strstr(text, "a=crypto"));
}

static void stream_that_is_ended_keeps_its_keys(void **state)
{
	(void)state;
	begin(SECRECY_REQUIRED);
	assert_int_equal(answer(SAVP CRYPTO("1", CM80, ONES)), 0);
	assert_int_equal(offer(TOP "m=audio 0 RTP/SAVP 0\r\n"), 0);
	assert_int_equal(addr_port(&n.rtp), 0);
	assert_int_equal(n.crypto.suite, SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_int_equal(sdp_slot(text), 0);
	assert_int_equal(offer(SAVP CRYPTO("1", CM80, ONES)), 0);
	assert_true(n.send);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_a_carrier_have_their_meaning),
		cmocka_unit_test(
			offer_has_all_suites_and_first_what_all_can_do),
		cmocka_unit_test(optional_offer_is_plain_with_keys),
		cmocka_unit_test(
			same_keys_give_the_same_lines_until_one_is_renewed),
		cmocka_unit_test(answer_takes_one_by_tag_and_suite),
		cmocka_unit_test(answer_without_a_line_of_ours_is_unusable),
		cmocka_unit_test(answer_of_the_other_profile_is_unusable),
		cmocka_unit_test(
			optional_falls_back_only_where_nothing_is_sealed),
		cmocka_unit_test(off_reads_no_keys),
		cmocka_unit_test(later_offer_goes_on_with_the_suite_that_runs),
		cmocka_unit_test(
			later_offer_without_it_takes_their_first_that_we_have),
		cmocka_unit_test(
			offer_without_a_key_is_refused_where_one_is_required),
		cmocka_unit_test(
			required_prefers_sealed_and_takes_keys_with_avp),
		cmocka_unit_test(optional_goes_from_plain_to_sealed_and_back),
		cmocka_unit_test(off_refuses_what_must_be_sealed),
		cmocka_unit_test(stream_that_is_ended_keeps_its_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
