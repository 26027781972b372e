/*
 * test_extension.c - option tags, RSeq, Session-Expires and Min-SE, as they come.
 * Needs: core/sip/extension.c msg.c osip.c; core/base/log.c str.c buf.c clock.c;
 * osip2.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "sip/extension.h"
#include "sip/msg.h"

/* A message with those lines.                                                 */
static osip_message_t *with(const char *lines)
{
	osip_message_t *m = NULL;
	char text[4096];
	const char *why;

	assert_int_equal(str_printf(text, sizeof(text),
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
		"From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n"
		"Call-ID: c\r\nCSeq: 1 INVITE\r\n%s\r\n", lines), 0);
	assert_int_equal(msg_parse(&m, text, strlen(text), &why), 0);
	return m;
}

static void tags_are_found_however_they_are_listed(void **state)
{
	osip_message_t *m = with("Supported: replaces,100rel ,\r\n  timer\r\n"
				 "k: gruu\r\nRequire: 100REL\r\n");

	(void)state;
	assert_true(extension_named(m, "supported", "100rel"));
	assert_true(extension_named(m, "supported", "timer"));
	assert_true(extension_named(m, "supported", "gruu"));
	assert_true(extension_named(m, "require", "100rel"));
	assert_false(extension_named(m, "require", "timer"));
	assert_false(extension_named(m, "supported", "100re"));
	assert_false(extension_named(m, "supported", "100rell"));
	assert_false(extension_named(m, "unsupported", "gruu"));
	osip_message_free(m);
}

static void allow_lists_methods_or_says_nothing(void **state)
{
	osip_message_t *m = with("Allow: INVITE,BYE\r\nAllow: UPDATE\r\n");
	bool says;

	(void)state;
	assert_true(extension_allows(m, "UPDATE", &says));
	assert_true(says);
	assert_false(extension_allows(m, "PRACK", &says));
	assert_true(says);
	osip_message_free(m);
	m = with("");
	assert_false(extension_allows(m, "UPDATE", &says));
	assert_false(says);
	osip_message_free(m);
}

static void unknown_requirements_are_named_in_order(void **state)
{
	osip_message_t *m = with("Require: a, timer, 100rel\r\n"
				 "Require: b\r\n");
	char list[EXTENSION_UNKNOWN_LEN], line[512];

	(void)state;
	assert_true(extension_unknown(m, list));
	assert_string_equal(list, "a, b");
	osip_message_free(m);
	m = with("Require: 100rel,timer\r\n");
	assert_false(extension_unknown(m, list));
	osip_message_free(m);
	m = with("Require: a,b,A,c,d,e\r\nRequire: f,g,h,i,j\r\n");
	assert_true(extension_unknown(m, list));
	assert_string_equal(list, "a, b, c, d, e, f, g");
	osip_message_free(m);
	/* One without end is unknown as well. */
	memset(line, 't', sizeof(line));
	memcpy(line, "Require: ", 9);
	memcpy(line + sizeof(line) - 3, "\r\n", 3);
	m = with(line);
	assert_true(extension_unknown(m, list));
	assert_int_equal(strlen(list), 127);
	osip_message_free(m);
}

static void rseq_has_its_range(void **state)
{
	static const struct {
		const char *line;
		uint32_t rseq;		/* 0: none                             */
	} cases[] = {
		{ "RSeq: 1\r\n", 1 }, { "rseq:  4294967295 \r\n", 4294967295 },
		{ "RSeq: 0\r\n", 0 }, { "RSeq: 4294967296\r\n", 0 },
		{ "RSeq: 99999999999999999999\r\n", 0 },
		{ "RSeq: -1\r\n", 0 }, { "RSeq: 1 2\r\n", 0 },
		{ "RSeq: \r\n", 0 }, { "", 0 },
	};
	uint32_t rseq;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		osip_message_t *m = with(cases[i].line);

		rseq = 0;
		assert_int_equal(extension_rseq(m, &rseq),
				 cases[i].rseq != 0);
		assert_int_equal(rseq, cases[i].rseq);
		osip_message_free(m);
	}
}

static void session_expires_is_read_with_its_refresher(void **state)
{
	static const struct {
		const char *line;
		int s;			/* 0: none                             */
		enum session_refresher refresher;
	} cases[] = {
		{ "Session-Expires: 1800\r\n", 1800, REFRESHER_UNSAID },
		{ "Session-Expires: 90;refresher=uac\r\n", 90, REFRESHER_UAC },
		{ "x: 91 ; a=b ; Refresher = UAS ;c\r\n", 91, REFRESHER_UAS },
		{ "Session-Expires: 90;refresher=uax\r\n", 90,
		  REFRESHER_UNSAID },
		{ "Session-Expires: 90;refresher\r\n", 90, REFRESHER_UNSAID },
		{ "Session-Expires: 90;refresher=\r\n", 90, REFRESHER_UNSAID },
		{ "Session-Expires: 90;\r\n", 90, REFRESHER_UNSAID },
		{ "Session-Expires: 4294967295\r\n", EXTENSION_SECONDS_MAX,
		  REFRESHER_UNSAID },
		{ "Session-Expires: 0\r\n", 0, 0 },
		{ "Session-Expires: -90\r\n", 0, 0 },
		{ "Session-Expires: 90s\r\n", 0, 0 },
		{ "Session-Expires: ;refresher=uac\r\n", 0, 0 },
		{ "Session-Expires: \r\n", 0, 0 }, { "", 0, 0 },
	};
	struct session_expires se;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		osip_message_t *m = with(cases[i].line);

		assert_int_equal(extension_session(m, &se), cases[i].s != 0);
		assert_int_equal(se.s, cases[i].s);
		if (se.s)
			assert_int_equal(se.refresher, cases[i].refresher);
		osip_message_free(m);
	}
}

static void min_se_is_a_number_or_nothing(void **state)
{
	osip_message_t *m = with("Min-SE: 120;foo=bar\r\n");

	(void)state;
	assert_int_equal(extension_min_se(m), 120);
	osip_message_free(m);
	m = with("Min-SE: soon\r\n");
	assert_int_equal(extension_min_se(m), 0);
	osip_message_free(m);
	m = with("");
	assert_int_equal(extension_min_se(m), 0);
	osip_message_free(m);
}

static int start_parser(void **state)
{
	(void)state;
	parser_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_found_however_they_are_listed),
		cmocka_unit_test(allow_lists_methods_or_says_nothing),
		cmocka_unit_test(unknown_requirements_are_named_in_order),
		cmocka_unit_test(rseq_has_its_range),
		cmocka_unit_test(session_expires_is_read_with_its_refresher),
		cmocka_unit_test(min_se_is_a_number_or_nothing),
	};

	return cmocka_run_group_tests(tests, start_parser, NULL);
}
