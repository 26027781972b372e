/*
 * test_register_answer.c - what each answer to a REGISTER leads to.
 * Needs: register_bench.h; core/sip/register.c register_answer.c binding.c
 * retry.c service_route.c msg.c names.c osip.c; all of core/base; osip2.
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

/* ---- the server, the connection, the way ---------------------------------- */

static void next_ones_go_to_the_server_that_answered(void **state)
{
	char text[ADDR_TEXT_LEN];

	(void)state;
	way = SIP_TCP;
	start();
	assert_int_equal(outstanding->p.target.prefer.sa.sa_family, AF_UNSPEC);
	answer(200, OWN ";expires=100");
	assert_string_equal(told.server, "tcp:192.0.2.9:5060");
	pass_ms(50000);
	assert_string_equal(outstanding->p.target.host, "proxy.example.com");
	addr_text(&outstanding->p.target.prefer, text);
	assert_string_equal(text, "192.0.2.9:5060");
	assert_int_equal(outstanding->p.target.prefer_transport, SIP_TCP);
	answer(200, OWN ";expires=100");
	registration_stop(reg, done, &n_done);
	run();
	assert_int_equal(outstanding->p.target.prefer_transport, SIP_TCP);
	answer(200, "");
	/* Without a binding it is anybody's again. */
	registration_start(reg, 0);
	run();
	assert_int_equal(outstanding->p.target.prefer.sa.sa_family, AF_UNSPEC);
}

static void contact_says_by_which_transport(void **state)
{
	osip_contact_t *c;
	osip_uri_param_t *p = NULL;
	char name[] = "transport";

	(void)state;
	way = SIP_TLS;
	start();
	c = osip_list_get(&request()->contacts, 0);
	osip_uri_uparam_get_byname(c->url, name, &p);
	assert_non_null(p);
	assert_string_equal(p->gvalue, "tls");
}

static void answers_are_challenged_by_one_account(void **state)
{
	(void)state;
	start();
	assert_ptr_equal(outstanding->p.auth, &account);
	assert_true(outstanding->p.own_target);
}

/* RFC 5626 4.5: soon, not at the time of the refresh. */
static void lost_connection_registers_again_soon(void **state)
{
	int64_t in_ms;

	(void)state;
	way = SIP_TLS;
	start_and_bind(OWN ";expires=3600");
	lose_connection("closed by the far end");
	run();
	assert_int_equal(told.state, REGISTRATION_REGISTERED);
	assert_string_equal(told.last_reason,
			    "connection lost: closed by the far end");
	in_ms = now().next_attempt_at - clock_wall_ms(&wall);
	assert_in_range(in_ms, 1000, 2000);
	pass_ms(in_ms);
	assert_int_equal(n_requests, 2);
	answer(200, OWN ";expires=3600");
	assert_string_equal(told.last_reason, "OK");
	assert_non_null(watching);
}

static void connections_lost_again_and_again_wait_longer(void **state)
{
	int64_t base = 2000, in_ms;

	(void)state;
	way = SIP_TCP;
	start_and_bind(OWN ";expires=86400");
	for (int i = 0; i < 14; i++) {
		lose_connection("reset");
		in_ms = now().next_attempt_at - clock_wall_ms(&wall);
		assert_in_range(in_ms, base / 2, base);
		pass_ms(in_ms);
		answer(200, OWN ";expires=86400");
		base = base * 2 < 1800000 ? base * 2 : 1800000;
	}
	/* One that lasted was no failure. */
	pass_ms(601 * S_MS);
	lose_connection("idle");
	in_ms = now().next_attempt_at - clock_wall_ms(&wall);
	assert_in_range(in_ms, 1000, 2000);
}

static void lost_connection_does_not_put_a_refresh_off(void **state)
{
	int64_t before;

	(void)state;
	way = SIP_TCP;
	start_and_bind(OWN ";expires=1");
	before = now().next_attempt_at;
	lose_connection("reset");
	assert_int_equal(now().next_attempt_at, before);
}

static void datagrams_have_no_connection_to_lose(void **state)
{
	(void)state;
	start_and_bind(OWN ";expires=100");
	assert_null(watching);
}

static void connection_of_a_binding_that_ends_is_nothing_to_us(void **state)
{
	(void)state;
	way = SIP_TCP;
	start_and_bind(OWN ";expires=100");
	assert_non_null(watching);
	registration_stop(reg, done, &n_done);
	assert_null(watching);
	run();
	answer(200, "");
	assert_null(watching);
}

static const char *nth_route(size_t n)
{
	const char *const *routes = registration_routes(reg);

	for (size_t i = 0; i < n; i++)
		assert_non_null(routes[i]);
	return routes[n];
}

/* RFC 3608 6.1: what the latest 2xx says, and no longer than it is bound. */
static void service_route_is_kept_while_bound(void **state)
{
	(void)state;
	start();
	assert_null(nth_route(0));
	answer(200, OWN ";expires=100\r\n"
	       "Service-Route: <sip:p1.example.com;lr>, \"a, b\" "
	       "<sip:p2.example.com;lr>\r\n"
	       "Service-Route: <sip:home.example.com;lr>");
	assert_string_equal(nth_route(0), "<sip:p1.example.com;lr>");
	assert_string_equal(nth_route(1), "<sip:p2.example.com;lr>");
	assert_string_equal(nth_route(2), "<sip:home.example.com;lr>");
	assert_null(nth_route(3));
	pass_ms(50000);
	answer(200, OWN ";expires=100\r\nService-Route: <sip:q.example.com>");
	assert_string_equal(nth_route(0), "<sip:q.example.com>");
	assert_null(nth_route(1));
	pass_ms(50000);
	answer(200, OWN ";expires=100");
	assert_null(nth_route(0));
	pass_ms(50000);
	answer(200, OWN ";expires=10\r\nService-Route: <sip:q.example.com>");
	pass_ms(10000);
	assert_int_equal(now().state, REGISTRATION_FAILED);
	assert_null(nth_route(0));
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
		CASE(next_ones_go_to_the_server_that_answered),
		CASE(contact_says_by_which_transport),
		CASE(answers_are_challenged_by_one_account),
		CASE(lost_connection_registers_again_soon),
		CASE(connections_lost_again_and_again_wait_longer),
		CASE(lost_connection_does_not_put_a_refresh_off),
		CASE(datagrams_have_no_connection_to_lose),
		CASE(connection_of_a_binding_that_ends_is_nothing_to_us),
		CASE(service_route_is_kept_while_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
