/*
 * test_register_answer.c - what each answer to a REGISTER leads to.
 * Needs: register_bench.h; core/sip/register.c register_answer.c binding.c
 * retry.c names.c osip.c; all of core/base; osip2.
 */
/* SPDX-License-Identifier: MIT */
#include "register_bench.h"

/* ---- what is granted ----------------------------------------------------- */

static void success_tells_all(void **state)
{
	(void)state;
	start();
	clock_advance(&wall, 250 * MS_NS);
	answer(200, OWN ";expires=100");
	assert_int_equal(told.state, REGISTRATION_REGISTERED);
	assert_int_equal(told.expires_at, WALL + 250 + 100000);
	assert_int_equal(told.last_code, 200);
	assert_string_equal(told.last_reason, "OK");
	assert_string_equal(told.server, "udp:192.0.2.9:5060");
	assert_int_equal(addr_port(&told.server_addr), 5060);
	assert_in_range(told.next_attempt_at, told.expires_at - 63000,
			told.expires_at - 50000);
	assert_int_equal(n_told, 2);
}

static void own_contact_wins_over_all_else(void **state)
{
	static const struct {
		const char *headers;
		int granted_s;
	} cases[] = {
		{ "Contact: <sip:bob@127.0.0.1:5062>;expires=10, "
		  "\"B\" <SIP:bob@127.0.0.1:5060;x=y>;q=0.5;expires=\"200\", "
		  "<sip:eve@127.0.0.1:5060>;expires=20\r\nExpires: 30", 200 },
		{ "Contact: <sip:bob@127.0.0.1>;expires=201", 201 },
		{ "Contact: <sip:%62ob@127.0.0.1:5060>;expires=202", 202 },
		{ OWN "\r\nExpires: 300", 300 },
		{ OWN, 3600 },
		{ "", 3600 },
		{ "Expires: 400", 400 },
		{ OWN ";expires=soon\r\nExpires: 500", 500 },
		{ OWN ";expires=99999999999999", 30 * 24 * 3600 },
		{ "Contact: <sip:bob@a:5060>;expires=9, "
		  "<sip:bob@b:5060>;expires=8\r\nExpires: 600", 600 },
		/* A border controller has put itself into our binding. */
		{ "Contact: <sip:bob@198.51.100.1>;expires=50", 50 },
		{ "Contact: <sip:bob@198.51.100.1>;expires=7200", 3600 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		registration_start(reg, 0);
		run();
		answer(200, cases[i].headers);
		assert_int_equal(now().expires_at, clock_wall_ms(&wall) +
				 cases[i].granted_s * S_MS);
	}
}

static void own_contact_is_found_with_ipv6(void **state)
{
	(void)state;
	local_text = "[2001:db8::7]:5060";
	start();
	answer(200, "Contact: <sip:bob@[2001:db8::8]:5060>;expires=10, "
		    "<sip:bob@[2001:DB8::7]:5060>;expires=70");
	assert_int_equal(now().expires_at, WALL + 70000);
}

static void nothing_granted_is_a_failure(void **state)
{
	(void)state;
	start();
	answer(200, OWN ";expires=0");
	assert_int_equal(told.state, REGISTRATION_FAILED);
	assert_string_equal(told.last_reason, "the registrar granted no time");
	assert_int_equal(n_requests, 1);
}

/* ---- failures ------------------------------------------------------------ */

static void a_failed_refresh_leaves_the_binding_until_its_expiry(void **state)
{
	(void)state;
	start_and_bind(OWN ";expires=100");
	pass_ms(50000);
	time_out();
	assert_int_equal(told.state, REGISTRATION_REGISTERED);
	assert_int_equal(told.last_code, 408);
	assert_string_equal(told.server, "udp:192.0.2.9:5060");
	pass_ms(3000);
	assert_int_equal(n_requests, 3);
	pass_ms(15000);
	assert_int_equal(told.state, REGISTRATION_FAILED);
	assert_int_equal(told.last_code, 408);
	assert_string_equal(told.last_reason, "Request Timeout");
	assert_string_equal(told.server, "");
	assert_int_equal(told.expires_at, 0);
	answer(200, OWN ";expires=100");
	assert_int_equal(told.state, REGISTRATION_REGISTERED);
}

static void back_off_doubles_up_to_a_ceiling(void **state)
{
	int64_t base = 2000, wait;
	int i;

	(void)state;
	start();
	for (i = 0; i < 12; i++) {
		answer(i % 2 ? 500 : 603, "");
		assert_int_equal(now().state, REGISTRATION_FAILED);
		wait = now().next_attempt_at - clock_wall_ms(&wall);
		assert_in_range(wait, base * 3 / 4, base * 5 / 4);
		pass_ms(wait - 1);
		assert_null(outstanding);
		pass_ms(1);
		assert_non_null(outstanding);
		base = base * 2 < 300000 ? base * 2 : 300000;
	}
	answer(200, OWN ";expires=60");
	pass_ms(31000);
	answer(500, "");
	wait = now().next_attempt_at - clock_wall_ms(&wall);
	assert_in_range(wait, 1500, 2500);
}

static void retry_after_is_kept_to(void **state)
{
	(void)state;
	start();
	answer(503, "Retry-After: 120 (maintenance);duration=60");
	assert_in_range(now().next_attempt_at, WALL + 120000, WALL + 132000);
	pass_ms(119999);
	assert_int_equal(n_requests, 1);
	pass_ms(13000);
	assert_int_equal(n_requests, 2);
	answer(503, "Retry-After: 4294967295");
	assert_in_range(now().next_attempt_at - clock_wall_ms(&wall),
			24 * 3600000, 27 * 3600000);
}

static void what_no_repetition_cures_is_tried_rarely(void **state)
{
	(void)state;
	start();
	answer(404, "");
	assert_int_equal(told.state, REGISTRATION_FAILED);
	assert_in_range(now().next_attempt_at, WALL + 225000, WALL + 375000);
	pass_ms(375000);
	assert_int_equal(n_requests, 2);
}

static void a_request_that_cannot_leave_is_a_failure(void **state)
{
	(void)state;
	start_error = -ENOMEM;
	start();
	assert_int_equal(told.state, REGISTRATION_FAILED);
	assert_int_equal(told.last_code, 503);
	start_error = 0;
	pass_ms(2500);
	assert_int_equal(n_requests, 1);
}

static void a_phrase_that_is_no_text_is_not_shown(void **state)
{
	(void)state;
	start();
	final_answer(500, "\x1b[31m\xff", "", NULL);
	assert_string_equal(told.last_reason, "Server Internal Error");
}

static void the_same_failure_is_told_once(void **state)
{
	(void)state;
	start();
	answer(500, "");
	assert_int_equal(n_told, 2);
	pass_ms(2500);
	answer(500, "");
	assert_int_equal(n_told, 2);
	pass_ms(5000);
	answer(480, "");
	assert_int_equal(n_told, 3);
}

/* ---- refused ------------------------------------------------------------- */

static void refused_credentials_are_final(void **state)
{
	static const struct {
		int code;
		const char *note, *reason;
	} cases[] = {
		{ 401, "no password", "no password" },
		{ 407, "wrong credentials", "wrong credentials" },
		{ 403, NULL, "Account blocked" },
		{ 401, NULL, "Account blocked" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		registration_start(reg, 0);
		run();
		assert_int_equal(now().state, REGISTRATION_REGISTERING);
		n_requests = 0;
		final_answer(cases[i].code, "Account blocked", "",
			     cases[i].note);
		assert_int_equal(told.state, REGISTRATION_REJECTED);
		assert_int_equal(told.last_code, cases[i].code);
		assert_string_equal(told.last_reason, cases[i].reason);
		assert_int_equal(told.next_attempt_at, 0);
		pass_ms(48 * 3600 * S_MS);
		assert_int_equal(n_requests, 0);
	}
}

static void refused_at_refresh_is_final_too(void **state)
{
	(void)state;
	start_and_bind(OWN ";expires=60");
	pass_ms(31000);
	answer(403, "");
	assert_int_equal(told.state, REGISTRATION_REJECTED);
	assert_int_equal(told.expires_at, 0);
	pass_ms(3600 * S_MS);
	assert_int_equal(n_requests, 2);
}

static void too_brief_an_interval_is_raised_at_once(void **state)
{
	(void)state;
	start();
	answer(423, "Min-Expires: 7200");
	assert_int_equal(n_requests, 2);
	assert_string_equal(expires_of(request()), "7200");
	assert_int_equal(now().state, REGISTRATION_REGISTERING);
	answer(200, OWN ";expires=7200");
	pass_ms(7200 * S_MS - 60000);
	assert_string_equal(expires_of(request()), "7200");
}

static void too_brief_an_interval_is_raised_a_few_times_only(void **state)
{
	(void)state;
	start();
	answer(423, "Min-Expires: 4000");
	answer(423, "Min-Expires: 5000");
	answer(423, "Min-Expires: 6000");
	assert_int_equal(n_requests, 3);
	assert_int_equal(told.state, REGISTRATION_FAILED);
	assert_int_equal(told.last_code, 423);
}

static void a_senseless_423_is_a_failure(void **state)
{
	static const char *const headers[] = {
		"", "Min-Expires: 10", "Min-Expires: x",
		"Min-Expires: 4294967295",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(headers); i++) {
		registration_start(reg, 0);
		run();
		answer(423, headers[i]);
		assert_int_equal(now().state, REGISTRATION_FAILED);
		assert_int_equal(n_requests, i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(success_tells_all),
		CASE(own_contact_wins_over_all_else),
		CASE(own_contact_is_found_with_ipv6),
		CASE(nothing_granted_is_a_failure),
		CASE(a_failed_refresh_leaves_the_binding_until_its_expiry),
		CASE(back_off_doubles_up_to_a_ceiling),
		CASE(retry_after_is_kept_to),
		CASE(what_no_repetition_cures_is_tried_rarely),
		CASE(a_request_that_cannot_leave_is_a_failure),
		CASE(a_phrase_that_is_no_text_is_not_shown),
		CASE(the_same_failure_is_told_once),
		CASE(refused_credentials_are_final),
		CASE(refused_at_refresh_is_final_too),
		CASE(too_brief_an_interval_is_raised_at_once),
		CASE(too_brief_an_interval_is_raised_a_few_times_only),
		CASE(a_senseless_423_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
