/* SPDX-License-Identifier: MIT */
/*
 * test_farend_script.c - the far end's scripts and its reading of SDP.
 * Sources: tools/farend/script.c tools/farend/sdp.c tools/farend/net.c
 *          tools/farend/txt.c
 * Libraries: cmocka, m
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../tools/farend/script.h"
#include "../../tools/farend/sdp.h"

#include <string.h>

static struct script parse(const char *text)
{
	struct script s;
	char err[128];

	assert_true(script_parse(&s, text, err, sizeof(err)));
	return s;
}

static void script_reads_steps_in_order(void **state)
{
	struct script s = parse("100,wait:50,180,wait:200,200,play:0,"
				"bye:1500");

	(void)state;
	assert_int_equal(s.n, 7);
	assert_int_equal(s.steps[0].code, 100);
	assert_int_equal(s.steps[1].kind, STEP_WAIT);
	assert_int_equal(s.steps[1].ms, 50);
	assert_int_equal(s.steps[4].code, 200);
	assert_int_equal(s.steps[5].kind, STEP_SEND);
	assert_int_equal(s.steps[5].send, SEND_SILENCE);
	assert_int_equal(s.steps[6].kind, STEP_BYE);
	assert_int_equal(s.steps[6].ms, 1500);
}

static void script_reads_kinds_of_codes(void **state)
{
	struct script s = parse("183sdp,183rel,200x3,302:sip:a@b,503:9");

	(void)state;
	assert_true(s.steps[0].sdp);
	assert_true(s.steps[1].reliable);
	assert_int_equal(s.steps[2].again, 3);
	assert_string_equal(s.steps[3].arg, "sip:a@b");
	assert_string_equal(s.steps[4].arg, "9");
}

static void script_flags_hold_wherever_they_stand(void **state)
{
	struct script s = parse("200,ignore-cancel,codec:alaw,ptime:30,"
				"drop:2,bye-code:481,no-rtp,badsdp:fmtp,"
				"rtp-from-other-port,record-route,hold:10");

	(void)state;
	assert_int_equal(s.n, 2);
	assert_true(s.ignore_cancel);
	assert_true(s.other_port);
	assert_true(s.record_route);
	assert_string_equal(s.codec, "alaw");
	assert_int_equal(s.ptime, 30);
	assert_int_equal(s.drop, 2);
	assert_int_equal(s.bye_code, 481);
	assert_int_equal(s.send, SEND_NONE);
	assert_int_equal(s.bad_sdp, BAD_SDP_FMTP);
	assert_int_equal(s.steps[1].reoffer, REOFFER_HOLD);
	assert_true(parse("silent").silent);
}

static void script_refuses_what_it_does_not_know(void **state)
{
	static const char *const wrong[] = { "", ",", "20", "99", "700",
		"200sdp", "486x3", "180xy", "wait", "wait:x", "wait:-1",
		"bye:1x", "fork:1", "dtmf", "dtmf:z", "badsdp:maybe",
		"send:music", "hello", "silent:1", "200rel" };
	struct script s;
	char err[128], big[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(script_parse(&s, wrong[i], err, sizeof(err)));
	memset(big, ',', sizeof(big));
	for (size_t i = 0; i + 4 < 1000; i += 4)
		memcpy(big + i, "180", 3);
	big[1000] = '\0';
	assert_false(script_parse(&s, big, err, sizeof(err)));
}

static void numbers_name_their_answer(void **state)
{
	char buf[16];

	(void)state;
	assert_string_equal(script_builtin("486001", buf, 16), "100,486");
	assert_string_equal(script_builtin("603", buf, 16), "100,603");
	assert_string_equal(script_builtin("0001", buf, 16), "silent");
	assert_string_equal(script_builtin("100", buf, 16), "100");
	assert_string_equal(script_builtin("1805551", buf, 16), "100,180");
	assert_null(script_builtin("123456", buf, 16));
	assert_null(script_builtin("+486001", buf, 16));
	assert_null(script_builtin("70", buf, 16));
	assert_null(script_builtin("700123", buf, 16));
	assert_null(script_builtin("", buf, 16));
}

static const char offer[] = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\n"
	"c=IN IP4 10.0.0.1\r\nt=0 0\r\nm=video 5000 RTP/AVP 31\r\n"
	"m=audio 4000 RTP/AVP 18 8 0 101\r\nc=IN IP4 10.0.0.2\r\n"
	"a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n"
	"a=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\na=sendonly\r\n";

static void sdp_reads_an_offer(void **state)
{
	char text[ADDR_TEXT];
	struct sdp s;

	(void)state;
	assert_true(sdp_parse(&s, offer, strlen(offer)));
	assert_true(s.usable);
	addr_text(&s.remote, text);
	assert_string_equal(text, "10.0.0.2:4000");
	assert_int_equal(s.n_codecs, 4);
	assert_string_equal(s.codecs[0].name, "G729");
	assert_string_equal(s.codecs[0].fmtp, "annexb=no");
	assert_string_equal(s.codecs[1].name, "PCMA");
	assert_int_equal(s.event_pt, 101);
	assert_int_equal(s.ptime, 30);
	assert_int_equal(s.dir, DIR_SENDONLY);
	assert_int_equal(sdp_choose(&s, NULL)->pt, 18);
	assert_int_equal(sdp_choose(&s, "alaw")->pt, 8);
	assert_int_equal(sdp_choose(&s, "mulaw")->pt, 0);
	assert_null(sdp_choose(&s, "g723"));
	assert_null(sdp_choose(&s, "telephone-event"));
}

static void sdp_answers_every_media_line(void **state)
{
	struct addr rtp;
	struct sdp s, back;
	struct txt t = { 0 };
	struct sdp_local l = { .rtp = &rtp, .event_pt = 101,
		.dir = DIR_RECVONLY, .session = 7, .version = 2 };

	(void)state;
	assert_true(addr_parse(&rtp, "127.0.0.1:6000"));
	assert_true(sdp_parse(&s, offer, strlen(offer)));
	l.codec = sdp_choose(&s, "alaw");
	sdp_write(&t, &s, &l);
	assert_non_null(strstr(t.p, "m=video 0 RTP/AVP 31\r\n"));
	assert_non_null(strstr(t.p, "m=audio 6000 RTP/AVP 8 101\r\n"));
	assert_true(sdp_parse(&back, t.p, t.len));
	assert_int_equal(back.dir, DIR_RECVONLY);
	assert_int_equal(back.n_media, 2);
	txt_free(&t);
}

static void sdp_survives_nonsense(void **state)
{
	static const char *const wrong[] = { "", "m=", "m=audio", "a=",
		"v=0\r\nm=audio x RTP/AVP 0\r\n", "\r\n\r\n", "garbage" };
	struct sdp s;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(sdp_parse(&s, wrong[i], strlen(wrong[i])));
	assert_true(sdp_parse(&s, "m=audio 0 RTP/AVP 0\r\n", 21));
	assert_false(s.usable);
	assert_null(sdp_choose(&s, NULL));
	assert_true(sdp_parse(&s, "c=IN IP4 host.name\r\n"
			      "m=audio 9 RTP/AVP 999 -1 0\r\n", 48));
	assert_false(s.usable);
	assert_int_equal(s.n_codecs, 1);
}

static void addresses_are_numeric_with_a_port(void **state)
{
	struct addr a, b;
	char text[ADDR_TEXT];

	(void)state;
	assert_true(addr_parse(&a, "[::1]:5060"));
	addr_text(&a, text);
	assert_string_equal(text, "[::1]:5060");
	assert_true(addr_parse(&b, "127.0.0.1:5060"));
	assert_false(addr_same(&a, &b));
	assert_true(addr_same(&b, &b));
	assert_false(addr_parse(&a, "127.0.0.1"));
	assert_false(addr_parse(&a, "127.0.0.1:99999"));
	assert_false(addr_parse(&a, "localhost:5060"));
	assert_false(addr_parse(&a, "[::1]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(script_reads_steps_in_order),
		cmocka_unit_test(script_reads_kinds_of_codes),
		cmocka_unit_test(script_flags_hold_wherever_they_stand),
		cmocka_unit_test(script_refuses_what_it_does_not_know),
		cmocka_unit_test(numbers_name_their_answer),
		cmocka_unit_test(sdp_reads_an_offer),
		cmocka_unit_test(sdp_answers_every_media_line),
		cmocka_unit_test(sdp_survives_nonsense),
		cmocka_unit_test(addresses_are_numeric_with_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
