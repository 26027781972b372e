/*
 * test_accepted_leg.c - a 2xx to a try that is over, and the call's own.
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares,
 * crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

#include "sip/build.h"
#include "sip/uac_call.h"

/* The INVITE without credentials, and the one with them, both on the wire.    */
static void challenge_it(void)
{
	struct uac_params p = params();

	p.auth = account("bob", "secret");
	begin(&p);
	wire_answer(nth_sent("INVITE", 0), 401, "gw",
		    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
		    "");
	assert_int_equal(count_sent("INVITE"), 2);
}

static void answer_try(size_t nth)
{
	wire_answer(nth_sent("INVITE", nth), 200, "peer", TARGET SDP_TYPE,
		    ANSWER);
}

/* A peer that challenges and answers all the same is hung up (13.2.2.4); if then
 * the call's own 2xx has the same To tag, the call goes on.                   */
static void the_calls_own_2xx_ends_its_being_surplus(void **state)
{
	(void)state;
	challenge_it();
	answer_try(0);
	assert_int_equal(count_sent("BYE"), 1);
	assert_string_equal(told, "");
	answer_try(1);
	assert_string_equal(told, "answered");
	wire_pass(40000);
	assert_string_equal(told, "answered");
	assert_string_equal(branch_of(last()),
			    branch_of(nth_sent("BYE", 0)));
	uac_hangup(call, 16);
	wire_settle();
	wire_simple(last(), 200);
	assert_non_null(strstr(told, "ended"));
}

static void repeated_2xx_to_an_old_try_gets_its_ack_again(void **state)
{
	(void)state;
	challenge_it();
	answer_try(0);
	wire_simple(last(), 200);
	answer_try(0);
	assert_int_equal(count_sent("BYE"), 1);
	assert_true(starts(last(), "ACK "));
	uac_hangup(call, 0);
	wire_pass(40000);
}

/* A refresh by re-INVITE leaves, and then its owner forgets it.               */
static const char *leave_a_reinvite_behind(void)
{
	struct dialog *d = &call->dialog;
	static char branch[STACK_BRANCH_LEN];
	struct dialog_way way = *accepted_way(call->accepted);
	osip_message_t *m;

	assert_int_equal(dialog_request(d, "INVITE", d->local_cseq + 1, &m),
			 0);
	stack_branch(sip, branch);
	assert_int_equal(build_set_via(m, SIP_UDP, "198.51.100.1:5060",
				       branch), 0);
	assert_int_equal(accepted_invite(call->accepted, m, &way), 0);
	osip_message_free(m);
	assert_int_equal(accepted_expect(call->accepted, d,
					 d->local_cseq + 1), 0);
	return branch;
}

/* The record of the first 2xx ends 64*T1 after it; a re-INVITE that is left
 * behind shortly before that is waited for all the same (13.2.2.4).           */
static void left_behind_2xx_is_awaited_from_then_on(void **state)
{
	struct uac_params p = params();
	char text[1024];

	(void)state;
	begin(&p);
	answer_try(0);
	wire_pass(31000);
	str_printf(text, sizeof(text), "SIP/2.0 200 OK\r\n"
		   "Via: SIP/2.0/UDP 198.51.100.1:5060;branch=%s\r\n"
		   "From: %s\r\nTo: %s\r\nCall-ID: %s\r\n"
		   "CSeq: %u INVITE\r\n" TARGET "\r\n",
		   leave_a_reinvite_behind(), call->dialog.local,
		   call->dialog.remote, call->dialog.call_id,
		   call->dialog.local_cseq + 1);
	uac_hangup(call, 0);
	wire_settle();
	wire_simple(last(), 200);
	wire_pass(20000);
	assert_int_equal(count_sent("ACK"), 1);
	wire_receive(text);
	assert_int_equal(count_sent("ACK"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_calls_own_2xx_ends_its_being_surplus),
		CASE(left_behind_2xx_is_awaited_from_then_on),
		CASE(repeated_2xx_to_an_old_try_gets_its_ack_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
