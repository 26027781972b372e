/*
 * test_accepted_leg.c - a 2xx to a try that is over, and the call's own.
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares,
 * crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_calls_own_2xx_ends_its_being_surplus),
		CASE(repeated_2xx_to_an_old_try_gets_its_ack_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
