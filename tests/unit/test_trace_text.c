/*
 * test_trace_text.c - the ladder that people read.
 * Needs core/sip/{trace,trace_text,trace_redact,lines,names}.c and core/base.
 */
/* SPDX-License-Identifier: MIT */
#include "trace_bench.h"

#define INVITE "INVITE sip:8888@192.0.2.9 SIP/2.0\r\nCall-ID: c\r\n" \
	"CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"
#define TRYING "SIP/2.0 100 Trying\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n"

static const char *text_of(const char *call_id)
{
	assert_true(read_call(call_id) > 0);
	buf_reset(&out);
	sip_trace_text(&copy, &out);
	assert_int_equal(out.err, 0);
	return out.data;
}

static void each_message_is_a_line_and_a_section(void **state)
{
	struct hop tls = hop_of(SIP_TLS, "192.0.2.1:40001",
				"[2001:db8::9]:5061");

	(void)state;
	add(true, INVITE);
	pass_us(1500);
	add(false, TRYING);
	pass_us(61 * 1000000);
	add_bytes(true, &tls, INVITE, strlen(INVITE));
	assert_string_equal(text_of("c"),
		"3 SIP messages; secrets are shown as *\n"
		"\n"
		"   1  2023-11-14T22:13:20.000Z      +0.000  "
		"udp  192.0.2.1:5060  ---> 192.0.2.9:5062    "
		"  INVITE sip:8888@192.0.2.9 SIP/2.0  (SDP)\n"
		"   2  2023-11-14T22:13:20.001Z      +0.001  "
		"udp  192.0.2.1:5060  <--- 192.0.2.9:5062    "
		"  SIP/2.0 100 Trying  [1 INVITE]\n"
		"   3  2023-11-14T22:14:21.001Z     +61.001  "
		"tls  192.0.2.1:40001 ---> [2001:db8::9]:5061"
		"  INVITE sip:8888@192.0.2.9 SIP/2.0  (SDP)\n"
		"\n"
		"---- 1  2023-11-14T22:13:20.000Z  udp  192.0.2.1:5060  ---> "
		"192.0.2.9:5062      101 bytes ----\n"
		"\n"
		"INVITE sip:8888@192.0.2.9 SIP/2.0\nCall-ID: c\n"
		"CSeq: 1 INVITE\nContent-Type: application/sdp\n\nv=0\n"
		"\n"
		"---- 2  2023-11-14T22:13:20.001Z  udp  192.0.2.1:5060  <--- "
		"192.0.2.9:5062      50 bytes ----\n"
		"\n"
		"SIP/2.0 100 Trying\nCall-ID: c\nCSeq: 1 INVITE\n\n"
		"\n"
		"---- 3  2023-11-14T22:14:21.001Z  tls  192.0.2.1:40001 ---> "
		"[2001:db8::9]:5061  101 bytes ----\n"
		"\n"
		"INVITE sip:8888@192.0.2.9 SIP/2.0\nCall-ID: c\n"
		"CSeq: 1 INVITE\nContent-Type: application/sdp\n\nv=0\n");
}

static void repetitions_are_marked(void **state)
{
	const char *p;

	(void)state;
	add(true, INVITE);
	add(true, INVITE);
	add(false, TRYING);
	add(true, TRYING);
	add(false, TRYING);
	p = text_of("c");
	assert_non_null(p = strstr(p, "(SDP)\n"));
	assert_non_null(p = strstr(p, "(SDP)  (again)\n"));
	assert_non_null(p = strstr(p, "[1 INVITE]\n"));
	assert_non_null(p = strstr(p, "[1 INVITE]\n"));
	assert_non_null(p = strstr(p, "[1 INVITE]  (again)\n"));
	assert_null(strstr(p + 20, "(again)"));
}

static void a_terminal_takes_no_orders(void **state)
{
	const char *p;

	(void)state;
	add(false, "SIP/2.0 200 \x1b[2J\xc2\x9bz\x07\r\nCall-ID: c\r\n"
	    "CSeq: 1\x1b INVITE\r\nSubject: gr\xc3\xbc\xc3\x9f\xff\tx\x7f\rA");
	p = text_of("c");
	assert_non_null(strstr(p, "SIP/2.0 200 \\x1b[2J\\xc2\\x9bz\\x07  "
			       "[1\\x1b INVITE]\n"));
	assert_non_null(strstr(p, "\nSubject: gr\xc3\xbc\xc3\x9f\\xff\tx\\x7f"
			       "\\x0dA\n"));
	for (; *p; p++)
		assert_true(*p == '\n' || *p == '\t' ||
			    ((unsigned char)*p >= ' ' && *p != 0x7f));
}

static void zero_bytes_are_shown(void **state)
{
	static const char text[] = "X\0Y\r\ni: c\r\n\r\n\0";
	struct hop h = hop_of(SIP_UDP, "192.0.2.1:1", "192.0.2.2:2");

	(void)state;
	add_bytes(false, &h, text, sizeof(text) - 1);
	assert_non_null(strstr(text_of("c"), "\nX\\x00Y\ni: c\n\n\\x00\n"));
	assert_int_equal(strlen(out.data), out.len);
}

static void what_was_cut_is_told(void **state)
{
	static char text[66000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "X\r\ni: c\r\n\r\n", 11);
	add(true, text);
	assert_non_null(strstr(text_of("c"), "  65999 bytes ----\n"));
	assert_non_null(strstr(text_of("c"),
			       "xxx\n(999 more bytes were not kept)\n"));
}

static void compact_headers_are_read(void **state)
{
	(void)state;
	add(true, "X\r\ni: c\r\nc: application/SDP;x\r\n\r\n");
	assert_non_null(strstr(text_of("c"), "  X  (SDP)\n"));
	assert_non_null(strstr(text_of("c"), "1 SIP message; "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_message_is_a_line_and_a_section),
		CASE(repetitions_are_marked),
		CASE(a_terminal_takes_no_orders),
		CASE(zero_bytes_are_shown),
		CASE(what_was_cut_is_told),
		CASE(compact_headers_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
