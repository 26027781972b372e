/*
 * test_uac_answer.c - answers that are useless, late, or never come, on a
 * virtual clock (RFC 3261 13.2.2.4).
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares,
 * ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

#include <sys/socket.h>
#include <unistd.h>

#define REL(rseq) "Require: 100rel\r\nRSeq: " rseq "\r\n"
#define B_TARGET "Contact: <sip:b@192.0.2.88>\r\n"
#define HOP "Record-Route: <sip:192.0.2.3;lr>\r\n"
#define HOPS_4 HOP HOP HOP HOP
#define HOPS_17 HOPS_4 HOPS_4 HOPS_4 HOPS_4 HOP

static int mute_fd;

/* With a name server that says nothing.                                       */
static int set_up_mute_dns(void **state)
{
	static struct addr server;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(server.in4);

	if (fd < 0 || addr_parse_ip(&server, "127.0.0.1", 0) ||
	    bind(fd, &server.sa, len) || getsockname(fd, &server.sa, &len))
		return -1;
	wire_dns = &server;
	mute_fd = fd;
	return set_up(state);
}

static int tear_down_mute_dns(void **state)
{
	wire_dns = NULL;
	close(mute_fd);
	return tear_down(state);
}

#define MUTE_CASE(test) \
	cmocka_unit_test_setup_teardown(test, set_up_mute_dns, \
					tear_down_mute_dns)

static void answer_by(const char *tag, const char *more)
{
	wire_answer(nth_sent("INVITE", 0), 200, tag, more, ANSWER);
}

/* ---- useless --------------------------------------------------------------- */

/* ACK and BYE go where the INVITE went, to whom it was for.                   */
static void assert_ended_blindly(void)
{
	const char *ack = nth_sent("ACK", 0), *bye = nth_sent("BYE", 0);

	assert_true(starts(ack, "ACK sip:8888123456@192.0.2.9:5062 SIP/2.0"));
	assert_true(starts(bye, "BYE sip:8888123456@192.0.2.9:5062 SIP/2.0"));
	assert_int_equal(number(ack, "CSeq"),
			 number(nth_sent("INVITE", 0), "CSeq"));
	assert_int_equal(number(bye, "CSeq"), number(ack, "CSeq") + 1);
	assert_null(header(ack, "Route"));
	assert_null(header(bye, "Route"));
	assert_non_null(strstr(header(bye, "To"), ";tag="));
	for (size_t i = 0; i < n_sent; i++)
		assert_int_equal(addr_port(&sent[i].to), 5060);
}

static void assert_no_use(const char *more)
{
	(void)set_up(NULL);
	invite();
	answer_by("peer", more);
	answer_by("peer", more);
	assert_int_equal(count_sent("ACK"), 2);
	assert_int_equal(count_sent("BYE"), 1);
	assert_ended_blindly();
	assert_string_equal(told, "");
	wire_simple(nth_sent("BYE", 0), 200);
	assert_string_equal(told, "ended");
	assert_int_equal(result.end, UAC_END_LOST);
	assert_int_equal(result.code, 200);
	assert_true(result.own_words);
	assert_non_null(strstr(result.reason, "lead nowhere"));
	(void)tear_down(NULL);
}

static void rfc3261_13_2_2_4_a_useless_2xx_is_acked_and_byed(void **state)
{
	(void)state;
	assert_no_use(TARGET SDP_TYPE HOPS_17);
	assert_no_use("Contact: <sip:gw@192.0.2.77;transport=ws>\r\n"
		      SDP_TYPE);
	assert_no_use("Contact: <sip:gw@192.0.2.77:99999>\r\n" SDP_TYPE);
}

static void a_2xx_whose_contact_is_not_found_is_hung_up(void **state)
{
	(void)state;
	invite();
	answer_by("peer", "Contact: <sip:gw@nowhere.invalid>\r\n" SDP_TYPE);
	assert_int_equal(count_sent("ACK"), 0);
	wire_pass(20000);
	assert_ended_blindly();
	wire_simple(nth_sent("BYE", 0), 200);
	assert_string_equal(told, "ended");
	assert_int_equal(result.end, UAC_END_LOST);
}

static void a_useless_2xx_of_a_fork_is_acked_and_byed(void **state)
{
	(void)state;
	invite();
	answer_by("peer", TARGET SDP_TYPE);
	answer_by("fork", B_TARGET HOPS_17 SDP_TYPE);
	assert_int_equal(count_sent("ACK"), 2);
	assert_int_equal(count_sent("BYE"), 1);
	assert_true(starts(last(), "BYE sip:8888123456@192.0.2.9:5062"));
	assert_non_null(strstr(header(last(), "To"), ";tag=fork"));
	wire_simple(last(), 200);
	assert_string_equal(told, "answered");
}

/* 19.1.1, table 1 */
static void a_contact_becomes_a_request_uri(void **state)
{
	(void)state;
	invite();
	answer_by("peer", "Contact: <sip:gw@192.0.2.77:5070;method=INVITE;x=y"
		  "?Route=%3Csip:192.0.2.1%3E>\r\n" SDP_TYPE);
	assert_true(starts(last(), "ACK sip:gw@192.0.2.77:5070;x=y SIP/2.0"));
}

/* ---- late ------------------------------------------------------------------ */

/* 12.2.1.1: also what an early dialog has asked counts.                       */
static void rfc3261_12_2_1_1_bye_of_a_fork_has_a_new_cseq(void **state)
{
	long prack;

	(void)state;
	invite();
	wire_answer(sent[0].text, 180, "b", B_TARGET REL("1"), "");
	wire_simple(last(), 200);
	wire_answer(sent[0].text, 183, "b", B_TARGET REL("2"), "");
	wire_simple(last(), 200);
	prack = number(last(), "CSeq");
	assert_true(starts(last(), "PRACK "));
	answer_by("a", TARGET SDP_TYPE);
	answer_by("b", B_TARGET SDP_TYPE);
	assert_true(number(nth_sent("BYE", 0), "CSeq") > prack);
	wire_simple(nth_sent("BYE", 0), 200);
}

static const char *refresh_then_hang_up(void)
{
	const char *again;

	invite();
	answer_by("peer", TARGET SDP_TYPE "Allow: INVITE\r\n"
		  "Session-Expires: 90;refresher=uac\r\n");
	wire_pass(45000);
	again = last();
	assert_true(starts(again, "INVITE "));
	uac_hangup(call, 16);
	wire_settle();
	assert_true(starts(last(), "BYE "));
	return again;
}

static void rfc3261_13_2_2_4_a_2xx_behind_our_bye_is_acked(void **state)
{
	const char *again;

	(void)state;
	again = refresh_then_hang_up();
	for (size_t n = 1; n < 4; n++) {
		wire_answer(again, 200, "peer", TARGET SDP_TYPE, ANSWER);
		assert_int_equal(count_sent("ACK"), 1 + n);
		assert_int_equal(number(last(), "CSeq"),
				 number(again, "CSeq"));
	}
	wire_simple(nth_sent("BYE", 0), 200);
	assert_string_equal(told, "answered hangup-us ended");
}

static void and_so_it_is_when_the_call_is_over(void **state)
{
	const char *again;

	(void)state;
	again = refresh_then_hang_up();
	wire_simple(nth_sent("BYE", 0), 200);
	assert_null(call);
	wire_pass(20000);
	wire_answer(again, 200, "peer", TARGET SDP_TYPE, ANSWER);
	assert_int_equal(count_sent("ACK"), 2);
	wire_pass(20000);
	wire_answer(again, 200, "peer", TARGET SDP_TYPE, ANSWER);
	assert_int_equal(count_sent("ACK"), 3);
}

static void a_refresh_does_not_move_to_where_nobody_is(void **state)
{
	(void)state;
	invite();
	answer_by("peer", TARGET SDP_TYPE "Allow: INVITE, UPDATE\r\n"
		  "Session-Expires: 90;refresher=uac\r\n");
	wire_pass(45000);
	wire_answer(last(), 200, "peer",
		    "Contact: <sip:gw@192.0.2.77;transport=ws>\r\n", "");
	uac_hangup(call, 16);
	wire_settle();
	assert_true(starts(last(), "BYE sip:gw@192.0.2.77:5070 SIP/2.0"));
	wire_simple(last(), 200);
}

/* ---- never ----------------------------------------------------------------- */

/* "No answer" is said of people, not of name servers.                         */
static void an_invite_that_never_left_is_a_failure(void **state)
{
	struct uac_params p = params();

	(void)state;
	assert_int_equal(sip_target_parse(&p.target, "nowhere.invalid"), 0);
	p.ring_timeout_ms = 2000;
	assert_int_equal(uac_new(&call, sip, &p, &events, &call), 0);
	assert_int_equal(uac_invite(call), 0);
	wire_pass(2000);
	assert_int_equal(n_sent, 0);
	assert_string_equal(told, "ended");
	assert_int_equal(result.end, UAC_END_FAILED);
	assert_false(result.ring_timeout);
	assert_true(result.local);
	assert_int_equal(result.code, 503);
	assert_string_equal(result.reason, "the INVITE did not leave in time");
}

/* The first try was heard, but the last one was not.                          */
static void silence_behind_another_try_is_no_ring_timeout(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.auth = account("bob", "secret");
	begin(&p);
	wire_simple(last(), 100);
	wire_answer(sent[0].text, 401, "gw",
		    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
		    "");
	assert_int_equal(count_sent("INVITE"), 2);
	wire_pass(40000);
	assert_string_equal(told, "ended");
	assert_int_equal(result.end, UAC_END_FAILED);
	assert_int_equal(result.code, 408);
	assert_false(result.ring_timeout);
}

static int hang_up_inside(void *arg, const struct addr *local, char *sdp,
			  size_t cap)
{
	uac_hangup(call, 16);
	return local_offer(arg, local, sdp, cap);
}

static int free_inside(void *arg, const struct addr *local, char *sdp,
		       size_t cap)
{
	uac_free(call);
	call = NULL;
	return local_offer(arg, local, sdp, cap);
}

static void invite_with(int (*offer_of)(void *, const struct addr *, char *,
					size_t))
{
	struct uac_events inside = events;
	struct uac_params p = params();

	p.sdp = NULL;
	inside.local_offer = offer_of;
	assert_int_equal(uac_new(&call, sip, &p, &inside, &call), 0);
	assert_int_equal(uac_invite(call), 0);
	wire_settle();
	assert_int_equal(n_sent, 0);
	assert_null(call);
}

static void who_hangs_up_while_it_offers_calls_nobody(void **state)
{
	(void)state;
	invite_with(hang_up_inside);
	assert_string_equal(told, "ended");
	assert_int_equal(result.end, UAC_END_CANCELED);
	told[0] = '\0';
	invite_with(free_inside);
	assert_string_equal(told, "");
}

static int acks_when_picked_up;

static void picked_up(void *arg)
{
	assert_ptr_equal(arg, &call);
	acks_when_picked_up = count_sent("ACK");
}

static void who_picked_up_is_told_of_before_the_ack(void **state)
{
	struct uac_events inside = events;
	struct uac_params p = params();

	(void)state;
	inside.picked_up = picked_up;
	acks_when_picked_up = -1;
	assert_int_equal(uac_new(&call, sip, &p, &inside, &call), 0);
	assert_int_equal(uac_invite(call), 0);
	wire_settle();
	answer_by("peer", TARGET SDP_TYPE);
	assert_int_equal(acks_when_picked_up, 0);
	assert_int_equal(count_sent("ACK"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			rfc3261_13_2_2_4_a_useless_2xx_is_acked_and_byed),
		MUTE_CASE(a_2xx_whose_contact_is_not_found_is_hung_up),
		CASE(a_useless_2xx_of_a_fork_is_acked_and_byed),
		CASE(a_contact_becomes_a_request_uri),
		CASE(rfc3261_12_2_1_1_bye_of_a_fork_has_a_new_cseq),
		CASE(rfc3261_13_2_2_4_a_2xx_behind_our_bye_is_acked),
		CASE(and_so_it_is_when_the_call_is_over),
		CASE(a_refresh_does_not_move_to_where_nobody_is),
		MUTE_CASE(an_invite_that_never_left_is_a_failure),
		CASE(silence_behind_another_try_is_no_ring_timeout),
		CASE(who_hangs_up_while_it_offers_calls_nobody),
		CASE(who_picked_up_is_told_of_before_the_ack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
