/*
 * test_register.c - the life of a binding: requests, time, the end.
 * Needs: register_bench.h; core/sip/register.c register_answer.c binding.c
 * retry.c service_route.c msg.c names.c osip.c; all of core/base; osip2.
 */
/* SPDX-License-Identifier: MIT */
#include "register_bench.h"

/* ---- requests ------------------------------------------------------------ */

static void register_is_as_rfc_3261_10_2_wants_it(void **state)
{
	char *text = NULL;
	size_t len;

	(void)state;
	start();
	assert_int_equal(osip_message_to_str(request(), &text, &len), 0);
	assert_non_null(strstr(text, "REGISTER sip:example.com SIP/2.0\r\n"));
	assert_non_null(strstr(text, "From: <sip:bob@example.com>;tag="));
	assert_non_null(strstr(text, "To: <sip:bob@example.com>\r\n"));
	assert_non_null(strstr(text, OWN "\r\n"));
	assert_non_null(strstr(text, "CSeq: 1 REGISTER\r\n"));
	assert_non_null(strcasestr(text, "Expires: 3600\r\n"));
	assert_non_null(strcasestr(text, "Supported: path\r\n"));
	assert_null(strstr(text, "secret"));
	osip_free(text);
}

static void register_escapes_a_strange_user(void **state)
{
	struct registration_params p = params();
	char *text = NULL;
	size_t len;

	(void)state;
	registration_free(reg);
	p.aor_user = "a@b\">;tag=x";
	p.registrar_host = "[2001:db8::1]";
	p.registrar_port = 5070;
	p.aor_domain = "2001:db8::1";
	assert_int_equal(registration_new(&reg, &sip, &p, changed, &told), 0);
	start();
	assert_int_equal(osip_message_to_str(request(), &text, &len), 0);
	assert_non_null(strstr(text, "REGISTER sip:[2001:db8::1]:5070 SIP"));
	assert_non_null(strstr(text, "To: <sip:a%40b%22%3E;tag=x@"
				     "[2001:db8::1]>\r\n"));
	assert_non_null(strstr(text, "Contact: <sip:a%40b%22%3E;tag=x@"
				     "127.0.0.1:5060>\r\n"));
	osip_free(text);
}

static void new_refuses_what_would_break_a_line(void **state)
{
	static const char *const users[] = { NULL, "", "a\r\nb", "a\x7f" };
	static const char *const hosts[] = { NULL, "", "a b", "x\r\ny", "a;b" };
	struct registration_params p;
	struct registration *r = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(users); i++) {
		p = params();
		p.aor_user = users[i];
		assert_int_equal(registration_new(&r, &sip, &p, changed, NULL),
				 -EINVAL);
	}
	for (i = 0; i < ARRAY_LEN(hosts); i++) {
		p = params();
		p.registrar_host = hosts[i];
		assert_int_equal(registration_new(&r, &sip, &p, changed, NULL),
				 -EINVAL);
		p = params();
		p.aor_domain = hosts[i];
		assert_int_equal(registration_new(&r, &sip, &p, changed, NULL),
				 -EINVAL);
	}
	p = params();
	p.expires_s = 0;
	assert_int_equal(registration_new(&r, &sip, &p, changed, NULL),
			 -EINVAL);
	assert_null(r);
}

static void call_id_stays_and_cseq_rises(void **state)
{
	char *call_id;

	(void)state;
	start();
	call_id = strdup(request()->call_id->number);
	/* The client answered a challenge with the next number. */
	outstanding->cseq = 2;
	answer(200, OWN ";expires=60");
	pass_ms(31000);
	assert_string_equal(request()->call_id->number, call_id);
	assert_string_equal(request()->cseq->number, "3");
	answer(500, "");
	pass_ms(3000);
	assert_string_equal(request()->call_id->number, call_id);
	assert_string_equal(request()->cseq->number, "4");
	free(call_id);
}

static void only_one_register_is_outstanding(void **state)
{
	(void)state;
	start();
	registration_start(reg, 0);
	pass_ms(20000);
	assert_int_equal(n_requests, 1);
}

static void start_waits_for_its_delay(void **state)
{
	(void)state;
	registration_start(reg, 5000);
	assert_int_equal(now().state, REGISTRATION_REGISTERING);
	assert_int_equal(now().next_attempt_at, WALL + 5000);
	run();
	assert_int_equal(told.state, REGISTRATION_REGISTERING);
	pass_ms(4999);
	assert_int_equal(n_requests, 0);
	pass_ms(1);
	assert_int_equal(n_requests, 1);
	assert_int_equal(now().next_attempt_at, 0);
}

/* ---- time ---------------------------------------------------------------- */

static void refresh_comes_before_expiry(void **state)
{
	static const struct {
		int granted_s;
		int64_t first_ms, last_ms;
	} cases[] = {
		{ 3600, 3600000 - 75000, 3600000 - 60000 },
		{ 120, 45000, 60000 },
		{ 60, 22500, 30000 },
		{ 10, 3750, 5000 },
		{ 1, 375, 500 },
	};
	char headers[96];
	size_t i;

	(void)state;
	start();
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(headers, sizeof(headers), OWN ";expires=%d",
			 cases[i].granted_s);
		answer(200, headers);
		pass_ms(cases[i].first_ms - 1);
		assert_null(outstanding);
		pass_ms(cases[i].last_ms - cases[i].first_ms + 1);
		assert_non_null(outstanding);
		assert_int_equal(now().state, REGISTRATION_REGISTERED);
	}
	assert_int_equal(n_told, 2);
}

static void a_silent_registrar_is_not_shown_as_registered(void **state)
{
	(void)state;
	start_and_bind(OWN ";expires=10");
	/* The clock goes on, but the loop is late. */
	clock_advance(&wall, 9999 * MS_NS);
	assert_int_equal(now().state, REGISTRATION_REGISTERED);
	clock_advance(&wall, 1 * MS_NS);
	assert_int_equal(now().state, REGISTRATION_FAILED);
	assert_int_equal(now().expires_at, 0);
	run();
	assert_int_equal(told.state, REGISTRATION_FAILED);
	assert_string_equal(told.last_reason, "the binding expired");
}

/* ---- stopping ------------------------------------------------------------ */

static void stop_takes_the_binding_back(void **state)
{
	osip_contact_t *c;

	(void)state;
	start_and_bind(OWN ";expires=100");
	/* Whatever the route is by now, the binding is the old one. */
	local_text = "127.0.0.2:5060";
	registration_stop(reg, done, &n_done);
	assert_int_equal(n_requests, 1);
	run();
	assert_int_equal(n_requests, 2);
	assert_string_equal(expires_of(request()), "0");
	assert_string_equal(request()->cseq->number, "2");
	assert_int_equal(osip_list_size(&request()->contacts), 1);
	c = osip_list_get(&request()->contacts, 0);
	assert_string_equal(c->url->host, "127.0.0.1");
	assert_int_equal(n_done, 0);
	answer(200, "");
	assert_int_equal(n_done, 1);
	assert_int_equal(now().state, REGISTRATION_OFF);
	assert_int_equal(now().expires_at, 0);
	assert_int_equal(n_told, 2);
	pass_ms(3600 * S_MS);
	assert_int_equal(n_requests, 2);
}

static void stop_ends_whatever_the_answer(void **state)
{
	(void)state;
	start_and_bind(OWN ";expires=100");
	registration_stop(reg, done, &n_done);
	run();
	answer(500, "Retry-After: 5");
	assert_int_equal(n_done, 1);
	pass_ms(3600 * S_MS);
	assert_int_equal(n_requests, 2);
}

static void stop_waits_64_t1_at_most(void **state)
{
	(void)state;
	start_and_bind(OWN ";expires=100");
	registration_stop(reg, done, &n_done);
	pass_ms(31999);
	assert_int_equal(n_done, 0);
	pass_ms(1);
	assert_int_equal(n_done, 1);
	assert_null(outstanding);
}

static void stop_without_a_binding_has_nothing_to_do(void **state)
{
	(void)state;
	registration_stop(reg, done, &n_done);
	assert_int_equal(n_done, 0);
	run();
	assert_int_equal(n_done, 1);
	assert_int_equal(n_requests, 0);
	assert_int_equal(n_told, 0);
}

static void stop_lets_the_outstanding_register_end_first(void **state)
{
	(void)state;
	start();
	registration_stop(reg, done, &n_done);
	pass_ms(1000);
	assert_int_equal(n_requests, 1);
	answer(200, OWN ";expires=100");
	assert_int_equal(n_done, 0);
	assert_string_equal(expires_of(request()), "0");
	answer(200, "");
	assert_int_equal(n_done, 1);
}

static void stop_is_over_when_the_first_register_fails(void **state)
{
	(void)state;
	start();
	registration_stop(reg, done, &n_done);
	answer(403, "");
	assert_int_equal(n_done, 1);
	assert_int_equal(now().state, REGISTRATION_OFF);
}

static void it_can_be_started_again_after_stop(void **state)
{
	(void)state;
	start_and_bind(OWN ";expires=100");
	registration_stop(reg, done, &n_done);
	run();
	answer(200, "");
	registration_start(reg, 0);
	run();
	assert_int_equal(told.state, REGISTRATION_REGISTERING);
	answer(200, OWN ";expires=100");
	assert_int_equal(told.state, REGISTRATION_REGISTERED);
}

static void it_may_be_freed_when_told(void **state)
{
	(void)state;
	free_when_told = true;
	registration_start(reg, 0);
	run();
	assert_null(reg);
	assert_null(outstanding);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(register_is_as_rfc_3261_10_2_wants_it),
		CASE(register_escapes_a_strange_user),
		CASE(new_refuses_what_would_break_a_line),
		CASE(call_id_stays_and_cseq_rises),
		CASE(only_one_register_is_outstanding),
		CASE(start_waits_for_its_delay),
		CASE(refresh_comes_before_expiry),
		CASE(a_silent_registrar_is_not_shown_as_registered),
		CASE(stop_takes_the_binding_back),
		CASE(stop_ends_whatever_the_answer),
		CASE(stop_waits_64_t1_at_most),
		CASE(stop_without_a_binding_has_nothing_to_do),
		CASE(stop_lets_the_outstanding_register_end_first),
		CASE(stop_is_over_when_the_first_register_fails),
		CASE(it_can_be_started_again_after_stop),
		CASE(it_may_be_freed_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
