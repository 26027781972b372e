/*
 * test_media_json.c - the figures of an attempt as text and back.
 * Needs: core/store/media_json.c, base; libjansson.
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

#include "store/media_json.h"

static void figures_come_back_as_they_were(void **state)
{
	struct cln_played played[] = { { 0, 1500, 1480 }, { 1, 20, -1 } };
	struct cln_gathered gathered[] = {
		{ 1, CLN_GATHER_TERMINATOR, "*12" },
		{ 3, CLN_GATHER_TIMEOUT, "" },
	};
	struct cln_attempt a = {
		.rtp = {
			.sent = UINT64_C(5000000000), .sent_bytes = 800000,
			.received = 7, .strangers = 3, .lost = -2,
			.jitter_us = 125, .far_lost = -1, .far_jitter_us = -1,
			.round_trip_us = -1, .late_max_us = 42,
			.mos_x100 = 438, .far_mos_x100 = -1,
		},
		.n_played = 2, .played = played,
		.started = CLN_STARTED_BEEP, .started_ms = 2345,
		.srtp = "AEAD_AES_128_GCM",
		.n_gathered = 2, .gathered = gathered,
	}, b = { .size = 0 };
	char *text = media_to_json(&a);

	(void)state;
	assert_non_null(text);
	assert_int_equal(media_from_json(&b, text), 0);
	assert_memory_equal(&a.rtp, &b.rtp, sizeof(a.rtp));
	assert_int_equal(b.n_played, 2);
	assert_memory_equal(b.played, played, sizeof(played));
	assert_int_equal(b.n_gathered, 2);
	for (uint32_t i = 0; i < b.n_gathered; i++) {
		assert_int_equal(b.gathered[i].item, gathered[i].item);
		assert_int_equal(b.gathered[i].end, gathered[i].end);
		assert_string_equal(b.gathered[i].digits, gathered[i].digits);
	}
	assert_int_equal(b.started, CLN_STARTED_BEEP);
	assert_int_equal(b.started_ms, 2345);
	assert_string_equal(b.srtp, "AEAD_AES_128_GCM");
	free(b.played);
	free(b.gathered);
	free(text);
}

/* What is on the disk of a server that was brought up to date. */
static void what_an_older_version_did_not_know_is_unknown(void **state)
{
	struct cln_attempt a = { .size = 0 };

	(void)state;
	assert_int_equal(media_from_json(&a, "{\"rtp\":{\"sent\":5,"
			 "\"lost\":1},\"played\":[[0,20,-1]]}"), 0);
	assert_int_equal(a.rtp.sent, 5);
	assert_int_equal(a.rtp.mos_x100, -1);
	assert_int_equal(a.rtp.far_mos_x100, -1);
	assert_int_equal(a.started, CLN_STARTED_NOT);
	assert_string_equal(a.srtp, "");
	assert_int_equal(a.n_gathered, 0);
	assert_null(a.gathered);
	free(a.played);
}

static void nothing_played_is_no_list(void **state)
{
	struct cln_attempt a = { .size = 0 }, b = { .size = 0 };
	char *text = media_to_json(&a);

	(void)state;
	assert_int_equal(media_from_json(&b, text), 0);
	assert_null(b.played);
	assert_int_equal(b.n_played, 0);
	free(text);
}

static void broken_text_is_an_error_and_strange_text_is_none(void **state)
{
	static const char *const broken[] = { "", "{", "[]", "1", "null" };
	static const char *const strange[] = {
		"{}", "{\"rtp\":[],\"played\":{}}",
		"{\"rtp\":{\"sent\":\"x\"},\"played\":[1,[],[\"a\"]]}",
		"{\"started\":7,\"srtp\":[],\"gathered\":[1,[],[2,3,4]]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		struct cln_attempt a = { .size = 0 };

		assert_int_equal(media_from_json(&a, broken[i]), -EIO);
		assert_null(a.played);
	}
	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		struct cln_attempt a = { .size = 0 };

		assert_int_equal(media_from_json(&a, strange[i]), 0);
		free(a.played);
		free(a.gathered);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_come_back_as_they_were),
		cmocka_unit_test(what_an_older_version_did_not_know_is_unknown),
		cmocka_unit_test(nothing_played_is_no_list),
		cmocka_unit_test(
			broken_text_is_an_error_and_strange_text_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
