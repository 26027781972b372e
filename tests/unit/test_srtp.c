/*
 * test_srtp.c - sealing and opening, against a second implementation of RFC
 * 3711 and RFC 7714 that keeps to the RFCs' own test vectors.
 * Needs: core/media/srtp.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/srtp.h"
#include "media/wire.h"

enum { HEADER = 12, VOICE = 160, PACKET = HEADER + VOICE, ROOM = 512 };

/* RFC 3711 4.3.1: what the keys of a session are for. */
enum label { RTP_KEY, RTP_AUTH, RTP_SALT, RTCP_KEY, RTCP_AUTH, RTCP_SALT };

static const enum srtp_suite all[] = {
	SRTP_AES_CM_128_HMAC_SHA1_80, SRTP_AES_CM_128_HMAC_SHA1_32,
	SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM,
};

/* ---- a second implementation ---------------------------------------------- */

static void from_hex(uint8_t *dst, const char *hex)
{
	for (; hex[0]; hex += 2) {
		char pair[3] = { hex[0], hex[1], '\0' };

		*dst++ = (uint8_t)strtoul(pair, NULL, 16);
	}
}

/* AES in counter mode from `iv` on, over data in place (RFC 3711 4.1.1). */
static void counter_mode(const uint8_t *key, size_t key_len,
			 const uint8_t iv[16], uint8_t *data, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert_int_equal(EVP_EncryptInit_ex(ctx, key_len == 32 ?
			EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL, key, iv),
			1);
	assert_int_equal(EVP_EncryptUpdate(ctx, data, &n, data, (int)len), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* RFC 3711 4.3.3, with a rate of 0. The salt of GCM is shorter, and ends in
 * zeros (RFC 7714 11). */
static void derive(enum label label, const uint8_t *master, size_t key_len,
		   size_t salt_len, uint8_t *out, size_t len)
{
	uint8_t iv[16] = { 0 };

	memcpy(iv, master + key_len, salt_len);
	iv[7] ^= (uint8_t)label;
	memset(out, 0, len);
	counter_mode(master, key_len, iv, out, len);
}

static void sha1_tag(const uint8_t *key, const uint8_t *data, size_t len,
		     uint32_t roc, uint8_t *tag, size_t tag_len)
{
	uint8_t text[ROOM], full[20];
	unsigned int n;

	memcpy(text, data, len);
	wire_put32(text + len, roc);
	HMAC(EVP_sha1(), key, 20, text, len + 4, full, &n);
	memcpy(tag, full, tag_len);
}

/* RFC 3711 4.1.1, 4.2: with roll-over counter 0. */
static size_t seal_cm(const uint8_t *master, uint8_t *p, size_t len,
		      size_t tag_len)
{
	uint8_t key[16], auth[20], iv[16] = { 0 };
	size_t i;

	derive(RTP_KEY, master, 16, 14, key, 16);
	derive(RTP_AUTH, master, 16, 14, auth, 20);
	derive(RTP_SALT, master, 16, 14, iv, 14);
	for (i = 0; i < 4; i++)
		iv[4 + i] ^= p[8 + i];
	iv[12] ^= p[2];
	iv[13] ^= p[3];
	counter_mode(key, 16, iv, p + HEADER, len - HEADER);
	sha1_tag(auth, p, len, 0, p + len, tag_len);
	return len + tag_len;
}

/* RFC 7714 8.1: 2 bytes of 0, SSRC, roll-over counter, sequence number. */
static size_t gcm(const uint8_t *key, size_t key_len, const uint8_t *salt,
		  uint8_t *p, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[12] = { 0 };
	int n;
	size_t i;

	memcpy(iv + 2, p + 8, 4);
	memcpy(iv + 10, p + 2, 2);
	for (i = 0; i < sizeof(iv); i++)
		iv[i] ^= salt[i];
	EVP_EncryptInit_ex(ctx, key_len == 32 ? EVP_aes_256_gcm() :
			   EVP_aes_128_gcm(), NULL, key, iv);
	EVP_EncryptUpdate(ctx, NULL, &n, p, HEADER);
	EVP_EncryptUpdate(ctx, p + HEADER, &n, p + HEADER,
			  (int)(len - HEADER));
	EVP_EncryptFinal_ex(ctx, p + len, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, p + len);
	EVP_CIPHER_CTX_free(ctx);
	return len + 16;
}

static size_t seal_gcm(const uint8_t *master, size_t key_len, uint8_t *p,
		       size_t len)
{
	uint8_t key[32], salt[12];

	derive(RTP_KEY, master, key_len, 12, key, key_len);
	derive(RTP_SALT, master, key_len, 12, salt, 12);
	return gcm(key, key_len, salt, p, len);
}

static size_t seal(enum srtp_suite suite, const uint8_t *master, uint8_t *p,
		   size_t len)
{
	switch (suite) {
	case SRTP_AES_CM_128_HMAC_SHA1_80:
		return seal_cm(master, p, len, 10);
	case SRTP_AES_CM_128_HMAC_SHA1_32:
		return seal_cm(master, p, len, 4);
	case SRTP_AEAD_AES_128_GCM:
		return seal_gcm(master, 16, p, len);
	default:
		return seal_gcm(master, 32, p, len);
	}
}

/* ---- it keeps to the RFCs -------------------------------------------------- */

/* RFC 3711 B.2 and B.3. */
static void reference_keeps_to_the_vectors_of_rfc3711(void **state)
{
	uint8_t master[30], out[48] = { 0 }, want[48], iv[16];

	(void)state;
	from_hex(master, "2B7E151628AED2A6ABF7158809CF4F3C");
	from_hex(iv, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
	from_hex(want, "E03EAD0935C95E80E166B16DD92B4EB4"
		 "D23513162B02D0F72A43A2FE4A5F97AB"
		 "41E95B3BB0A2E8DD477901E4FCA894C0");
	counter_mode(master, 16, iv, out, sizeof(out));
	assert_memory_equal(out, want, sizeof(want));

	from_hex(master, "E1F97A0D3E018BE0D64FA32C06DE4139"
		 "0EC675AD498AFEEBB6960B3AABE6");
	from_hex(want, "C61E7A93744F39EE10734AFE3FF7A087");
	derive(RTP_KEY, master, 16, 14, out, 16);
	assert_memory_equal(out, want, 16);
	from_hex(want, "30CBBC08863D8C85D49DB34A9AE1");
	derive(RTP_SALT, master, 16, 14, out, 14);
	assert_memory_equal(out, want, 14);
	from_hex(want, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
	derive(RTP_AUTH, master, 16, 14, out, 20);
	assert_memory_equal(out, want, 20);
}

/* RFC 7714 16.1.1. */
static void reference_keeps_to_the_vector_of_rfc7714(void **state)
{
	static const char text[] = "Gallia est omnis divisa in partes tres";
	uint8_t key[16], packet[ROOM], want[54];
	size_t len = HEADER + strlen(text);

	(void)state;
	from_hex(key, "000102030405060708090a0b0c0d0e0f");
	from_hex(packet, "8040f17b8041f8d35501a0b2");
	memcpy(packet + HEADER, text, strlen(text));
	assert_int_equal(gcm(key, 16, (const uint8_t *)"Quid pro quo", packet,
			     len), len + 16);
	from_hex(want, "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f"
		 "42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765e"
		 "e4390cce");
	assert_memory_equal(packet + HEADER, want, sizeof(want));
}

/* ---- ours ------------------------------------------------------------------ */

static struct srtp *ours, *theirs;
static struct srtp_crypto crypto;

static void turn_round(struct srtp_crypto *dst, const struct srtp_crypto *src)
{
	dst->suite = src->suite;
	memcpy(dst->send, src->receive, sizeof(dst->send));
	memcpy(dst->receive, src->send, sizeof(dst->receive));
}

static void begin(enum srtp_suite suite)
{
	struct srtp_crypto far;

	crypto.suite = suite;
	for (uint8_t i = 0; i < SRTP_KEY_MAX; i++) {
		crypto.send[i] = i;
		crypto.receive[i] = (uint8_t)(i * 7 + 100);
	}
	turn_round(&far, &crypto);
	assert_int_equal(srtp_new(&ours, &crypto), 0);
	assert_int_equal(srtp_new(&theirs, &far), 0);
}

static void end(void)
{
	srtp_free(ours);
	srtp_free(theirs);
	ours = theirs = NULL;
}

static size_t rtp_of(uint8_t *p, uint16_t seq, uint32_t ssrc)
{
	memset(p, 0, HEADER);
	p[0] = 0x80;
	wire_put16(p + 2, seq);
	wire_put32(p + 4, seq * 160u);
	wire_put32(p + 8, ssrc);
	for (size_t i = 0; i < VOICE; i++)
		p[HEADER + i] = (uint8_t)(i + seq);
	return PACKET;
}

/* An empty receiver report. */
static size_t rtcp_of(uint8_t *p, uint32_t ssrc)
{
	wire_put32(p, 0x80c90001);
	wire_put32(p + 4, ssrc);
	return 8;
}

static int sealed(uint8_t *p, uint16_t seq, uint32_t ssrc)
{
	return srtp_seal_rtp(theirs, p, rtp_of(p, seq, ssrc));
}

static void each_suite_seals_as_the_rfcs_say(void **state)
{
	uint8_t mine[ROOM] = { 0 }, want[ROOM] = { 0 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t len;

		if (!srtp_has(all[i]))
			continue;
		begin(all[i]);
		len = seal(all[i], crypto.send, want, rtp_of(want, 7, 99));
		assert_int_equal(srtp_seal_rtp(ours, mine,
					       rtp_of(mine, 7, 99)), len);
		assert_memory_equal(mine, want, len);
		len = seal(all[i], crypto.receive, want,
			   rtp_of(want, 8, 1234));
		assert_int_equal(srtp_open_rtp(ours, want, len), PACKET);
		rtp_of(mine, 8, 1234);
		assert_memory_equal(mine, want, PACKET);
		end();
	}
}

static void suites_that_all_can_do_are_there(void **state)
{
	(void)state;
	assert_true(srtp_has(SRTP_AES_CM_128_HMAC_SHA1_80));
	assert_true(srtp_has(SRTP_AES_CM_128_HMAC_SHA1_32));
	assert_false(srtp_has(SRTP_NONE));
	assert_false(srtp_has(SRTP_SUITES));
	assert_string_equal(srtp_name(SRTP_AES_CM_128_HMAC_SHA1_32),
			    "AES_CM_128_HMAC_SHA1_32");
	assert_string_equal(srtp_name(SRTP_NONE), "");
	assert_int_equal(srtp_key_len(SRTP_AES_CM_128_HMAC_SHA1_80), 30);
	assert_int_equal(srtp_key_len(SRTP_AEAD_AES_128_GCM), 28);
	assert_int_equal(srtp_key_len(SRTP_AEAD_AES_256_GCM), 44);
	assert_int_equal(srtp_key_len(SRTP_NONE), 0);
	crypto.suite = SRTP_NONE;
	assert_int_equal(srtp_new(&ours, &crypto), -ENOTSUP);
	srtp_free(NULL);
}

/* RFC 4568 6.2.2: the reports of the short suite keep the long tag. */
static void reports_go_both_ways_with_a_long_tag(void **state)
{
	static const int growth[] = { 14, 14, 20, 20 };
	uint8_t p[ROOM], copy[ROOM];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int len;

		if (!srtp_has(all[i]))
			continue;
		begin(all[i]);
		len = srtp_seal_rtcp(theirs, p, rtcp_of(p, 5));
		assert_int_equal(len, 8 + growth[i]);
		memcpy(copy, p, sizeof(p));
		assert_int_equal(srtp_open_rtcp(ours, p, (size_t)len), 8);
		assert_int_equal(wire_get32(p), 0x80c90001);
		assert_int_equal(srtp_open_rtcp(ours, copy, (size_t)len),
				 -EBADMSG);
		end();
	}
}

static void replayed_packet_is_refused(void **state)
{
	uint8_t p[ROOM], again[ROOM];
	int len;

	(void)state;
	begin(SRTP_AES_CM_128_HMAC_SHA1_80);
	len = sealed(p, 10, 5);
	memcpy(again, p, sizeof(p));
	assert_int_equal(srtp_open_rtp(ours, p, (size_t)len), PACKET);
	assert_int_equal(srtp_open_rtp(ours, again, (size_t)len), -EBADMSG);
	end();
}

/* Reordered within the window (RFC 3711 3.3.2) is no replay; behind it nobody
 * can say. */
static void late_packet_is_taken_within_the_window(void **state)
{
	uint8_t late[ROOM], older[ROOM], p[ROOM];
	int late_len, older_len, len;

	(void)state;
	begin(SRTP_AES_CM_128_HMAC_SHA1_80);
	older_len = sealed(older, 10, 5);
	late_len = sealed(late, 200, 5);
	len = sealed(p, 300, 5);
	assert_int_equal(srtp_open_rtp(ours, p, (size_t)len), PACKET);
	assert_int_equal(srtp_open_rtp(ours, late, (size_t)late_len), PACKET);
	assert_int_equal(srtp_open_rtp(ours, older, (size_t)older_len),
			 -EBADMSG);
	end();
}

static void every_changed_bit_is_seen(void **state)
{
	uint8_t p[ROOM], forged[ROOM];
	int len;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		if (!srtp_has(all[i]))
			continue;
		begin(all[i]);
		len = sealed(p, 10, 5);
		for (int bit = 0; bit < len * 8; bit += 3) {
			memcpy(forged, p, (size_t)len);
			forged[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(srtp_open_rtp(ours, forged,
						  (size_t)len) < 0);
		}
		assert_int_equal(srtp_open_rtp(ours, p, (size_t)len), PACKET);
		end();
	}
}

/* The buffer is exactly as long as what came, so that a read behind it shows
 * under the address sanitizer. */
static int open_exactly(const uint8_t *p, size_t len, bool rtcp)
{
	uint8_t *copy = malloc(len ? len : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, p, len);
	err = rtcp ? srtp_open_rtcp(ours, copy, len) :
		     srtp_open_rtp(ours, copy, len);
	free(copy);
	return err;
}

static void what_was_cut_is_refused_at_every_length(void **state)
{
	uint8_t p[ROOM];
	int len;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		if (!srtp_has(all[i]))
			continue;
		begin(all[i]);
		len = sealed(p, 10, 5);
		for (size_t n = 0; n < (size_t)len; n++)
			assert_int_equal(open_exactly(p, n, false), -EBADMSG);
		len = srtp_seal_rtcp(theirs, p, rtcp_of(p, 5));
		for (size_t n = 0; n < (size_t)len; n++)
			assert_int_equal(open_exactly(p, n, true), -EBADMSG);
		end();
	}
}

/* CSRCs and an extension that leave no room for the tag. */
static void header_that_is_longer_than_the_packet_is_refused(void **state)
{
	uint8_t p[40] = { 0x8f }, x[40] = { 0x90 };

	(void)state;
	begin(SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_int_equal(open_exactly(p, sizeof(p), false), -EBADMSG);
	wire_put16(x + 14, 0xffff);
	assert_int_equal(open_exactly(x, sizeof(x), false), -EBADMSG);
	assert_int_equal(open_exactly(x, 14, false), -EBADMSG);
	x[0] = 0x40;
	assert_int_equal(open_exactly(x, sizeof(x), false), -EBADMSG);
	assert_int_equal(open_exactly(x, sizeof(x), true), -EBADMSG);
	end();
}

static void plain_packet_is_refused(void **state)
{
	uint8_t p[ROOM];

	(void)state;
	begin(SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_int_equal(srtp_open_rtp(ours, p, rtp_of(p, 1, 5)), -EBADMSG);
	end();
}

static void what_is_no_packet_is_not_sealed(void **state)
{
	uint8_t p[ROOM] = { 0x80 };

	(void)state;
	begin(SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_int_equal(srtp_seal_rtp(ours, p, 11), -EMSGSIZE);
	assert_int_equal(srtp_seal_rtcp(ours, p, 7), -EMSGSIZE);
	assert_int_equal(srtp_seal_rtp(ours, p, 65536), -EMSGSIZE);
	end();
}

static void stream_goes_on_over_the_end_of_its_numbers(void **state)
{
	uint8_t p[ROOM];

	(void)state;
	begin(SRTP_AEAD_AES_128_GCM);
	for (uint32_t i = 0; i < 70000; i += 100) {
		int len = sealed(p, (uint16_t)i, 5);

		assert_int_equal(srtp_open_rtp(ours, p, (size_t)len), PACKET);
	}
	end();
}

static void sources_are_bounded_and_those_that_are_known_go_on(void **state)
{
	uint8_t p[ROOM];
	uint32_t ssrc;
	int taken = 0, len;

	(void)state;
	begin(SRTP_AES_CM_128_HMAC_SHA1_80);
	for (ssrc = 1; ssrc <= 100; ssrc++) {
		len = sealed(p, 10, ssrc);
		taken += srtp_open_rtp(ours, p, (size_t)len) == PACKET;
	}
	assert_int_equal(taken, 16);
	len = sealed(p, 11, 1);
	assert_int_equal(srtp_open_rtp(ours, p, (size_t)len), PACKET);
	len = srtp_seal_rtcp(theirs, p, rtcp_of(p, 99));
	assert_int_equal(srtp_open_rtcp(ours, p, (size_t)len), -EBADMSG);
	end();
}

/* The far end changed its key: what we send goes on under ours. */
static void rekeying_one_direction_leaves_the_other_where_it_was(void **state)
{
	struct srtp_crypto next;
	struct srtp *before;
	uint8_t p[ROOM], old[ROOM];
	int len, old_len;

	(void)state;
	begin(SRTP_AES_CM_128_HMAC_SHA1_80);
	/* Past the end of the sequence numbers, so that the counter shows.  */
	for (uint32_t i = 0; i < 70000; i += 100) {
		len = srtp_seal_rtp(ours, p, rtp_of(p, (uint16_t)i, 77));
		assert_int_equal(srtp_open_rtp(theirs, p, (size_t)len),
				 PACKET);
	}
	old_len = sealed(old, 1, 5);
	next = crypto;
	next.receive[0] ^= 1;
	before = ours;
	assert_int_equal(srtp_new(&ours, &next), 0);
	srtp_take_over(ours, before);
	srtp_free(before);
	len = srtp_seal_rtp(ours, p, rtp_of(p, (uint16_t)70001, 77));
	assert_int_equal(srtp_open_rtp(theirs, p, (size_t)len), PACKET);
	assert_int_equal(srtp_open_rtp(ours, old, (size_t)old_len), -EBADMSG);
	end();
}

static void same_keys_again_open_no_replay(void **state)
{
	uint8_t p[ROOM], again[ROOM];
	struct srtp *before;
	int len;

	(void)state;
	begin(SRTP_AES_CM_128_HMAC_SHA1_80);
	len = sealed(p, 10, 5);
	memcpy(again, p, sizeof(p));
	assert_int_equal(srtp_open_rtp(ours, p, (size_t)len), PACKET);
	before = ours;
	assert_int_equal(srtp_new(&ours, &crypto), 0);
	srtp_take_over(ours, before);
	srtp_free(before);
	assert_int_equal(srtp_open_rtp(ours, again, (size_t)len), -EBADMSG);
	end();
}

static void another_suite_takes_nothing_over(void **state)
{
	struct srtp_crypto next;
	struct srtp *before;
	uint8_t p[ROOM];
	int len;

	(void)state;
	begin(SRTP_AES_CM_128_HMAC_SHA1_80);
	next = crypto;
	next.suite = SRTP_AES_CM_128_HMAC_SHA1_32;
	before = ours;
	assert_int_equal(srtp_new(&ours, &next), 0);
	srtp_take_over(ours, before);
	srtp_free(before);
	len = srtp_seal_rtp(ours, p, rtp_of(p, 1, 77));
	assert_int_equal(len, PACKET + 4);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reference_keeps_to_the_vectors_of_rfc3711),
		cmocka_unit_test(reference_keeps_to_the_vector_of_rfc7714),
		cmocka_unit_test(suites_that_all_can_do_are_there),
		cmocka_unit_test(each_suite_seals_as_the_rfcs_say),
		cmocka_unit_test(reports_go_both_ways_with_a_long_tag),
		cmocka_unit_test(replayed_packet_is_refused),
		cmocka_unit_test(late_packet_is_taken_within_the_window),
		cmocka_unit_test(every_changed_bit_is_seen),
		cmocka_unit_test(what_was_cut_is_refused_at_every_length),
		cmocka_unit_test(
			header_that_is_longer_than_the_packet_is_refused),
		cmocka_unit_test(plain_packet_is_refused),
		cmocka_unit_test(what_is_no_packet_is_not_sealed),
		cmocka_unit_test(stream_goes_on_over_the_end_of_its_numbers),
		cmocka_unit_test(
			sources_are_bounded_and_those_that_are_known_go_on),
		cmocka_unit_test(
			rekeying_one_direction_leaves_the_other_where_it_was),
		cmocka_unit_test(same_keys_again_open_no_replay),
		cmocka_unit_test(another_suite_takes_nothing_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
