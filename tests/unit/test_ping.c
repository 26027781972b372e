/*
 * test_ping.c - OPTIONS again and again: who counts as alive, and when the next
 * one leaves.
 * Needs: core/sip/ping.c build.c msg.c names.c osip.c; all of core/base; osip2.
 * client.h is played.
 */
/* SPDX-License-Identifier: MIT */
#include "client_double.h"
#include "sip/ping.h"

/* ---- the bench -------------------------------------------------------------- */

static struct ping *ping;
static struct ping_status told;
static unsigned int n_told, n_asked;
static bool not_now, free_when_told;

static bool target(void *arg, struct sip_target *t)
{
	assert_ptr_equal(arg, &told);
	n_asked++;
	*t = (struct sip_target){ .host = "proxy.example.com", .listen = -1 };
	return !not_now;
}

static void changed(void *arg, const struct ping_status *st)
{
	assert_ptr_equal(arg, &told);
	told = *st;
	n_told++;
	if (free_when_told) {
		ping_free(ping);
		ping = NULL;
	}
}

static struct ping_params params(void)
{
	return (struct ping_params){
		.host = "example.com", .user = "bob", .domain = "home.example",
		.auth = &account, .interval_s = 60, .target = target,
		.changed = changed, .arg = &told,
	};
}

static int set_up(void **state)
{
	struct ping_params p = params();

	(void)state;
	if (double_open())
		return -1;
	way = SIP_TCP;
	memset(&told, 0, sizeof(told));
	n_told = n_asked = 0;
	not_now = free_when_told = false;
	return ping_new(&ping, &sip, &p);
}

static int tear_down(void **state)
{
	(void)state;
	ping_free(ping);
	ping = NULL;
	double_close();
	return 0;
}

/* Nothing before `from_ms`, one by `to_ms`. */
static void comes_within(int64_t from_ms, int64_t to_ms)
{
	pass_ms(from_ms - 1);
	assert_null(outstanding);
	pass_ms(to_ms - from_ms + 1);
	assert_non_null(outstanding);
}

static struct ping_status now(void)
{
	struct ping_status st;

	ping_get(ping, &st);
	return st;
}

static void answer_with(int code, const char *headers)
{
	struct client *c = outstanding;
	osip_message_t *m;
	char text[1024];

	assert_non_null(c);
	snprintf(text, sizeof(text), "SIP/2.0 %d %s\r\n"
		 "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n"
		 "From: <sip:bob@example.com>;tag=1\r\n"
		 "To: <sip:example.com>;tag=2\r\nCall-ID: x\r\n"
		 "CSeq: 1 OPTIONS\r\n%sContent-Length: 0\r\n\r\n", code,
		 sip_reason_phrase(code), headers);
	assert_int_equal(osip_message_init(&m), 0);
	assert_int_equal(osip_message_parse(m, text, strlen(text)), 0);
	c->p.response(c->p.arg, m, code, true, NULL);
	osip_message_free(m);
	run();
}

static void answer(int code)
{
	answer_with(code, "");
}

static void verdict(int code, const char *note)
{
	assert_non_null(outstanding);
	outstanding->p.response(outstanding->p.arg, NULL, code, true, note);
	run();
}

static void start(void)
{
	ping_start(ping, 0);
	run();
}

/* ---- the request ------------------------------------------------------------ */

static void options_is_as_rfc_3261_11_1_wants_it(void **state)
{
	char *text = NULL;
	size_t len;

	(void)state;
	start();
	assert_int_equal(osip_message_to_str(outstanding->p.request, &text,
					     &len), 0);
	assert_non_null(strstr(text, "OPTIONS sip:example.com SIP/2.0\r\n"));
	assert_non_null(strstr(text, "From: <sip:bob@home.example>;tag="));
	assert_non_null(strstr(text, "To: <sip:example.com>\r\n"));
	assert_non_null(strstr(text, "CSeq: 1 OPTIONS\r\n"));
	assert_non_null(strstr(text, "Accept: application/sdp\r\n"));
	assert_string_equal(outstanding->p.target.host, "proxy.example.com");
	/* Silence is known after four transmissions, not after Timer F. */
	assert_int_equal(outstanding->p.silence_ms, 4000);
	assert_ptr_equal(outstanding->p.auth, &account);
	assert_true(outstanding->p.own_target);
	osip_free(text);
}

static void strange_users_and_addresses_are_written_soundly(void **state)
{
	struct ping_params p = params();
	char *text = NULL;
	size_t len;

	(void)state;
	ping_free(ping);
	p.host = "2001:db8::1";
	p.port = 5080;
	p.user = "a@b\">";
	p.domain = "[2001:db8::2]";
	p.auth = NULL;
	assert_int_equal(ping_new(&ping, &sip, &p), 0);
	start();
	assert_int_equal(osip_message_to_str(outstanding->p.request, &text,
					     &len), 0);
	assert_non_null(strstr(text, "OPTIONS sip:[2001:db8::1]:5080 SIP/2.0"));
	assert_non_null(strstr(text, "From: <sip:a%40b%22%3E@[2001:db8::2]>;"));
	assert_non_null(strstr(text, "To: <sip:[2001:db8::1]>\r\n"));
	osip_free(text);
}

static void new_refuses_what_would_break_a_line(void **state)
{
	struct ping_params p = params();
	struct ping *other = NULL;

	(void)state;
	p.host = "a b";
	assert_int_equal(ping_new(&other, &sip, &p), -EINVAL);
	p = params();
	p.domain = "x\r\ny";
	assert_int_equal(ping_new(&other, &sip, &p), -EINVAL);
	p = params();
	p.user = "a\nb";
	assert_int_equal(ping_new(&other, &sip, &p), -EINVAL);
	p = params();
	p.interval_s = 0;
	assert_int_equal(ping_new(&other, &sip, &p), -EINVAL);
	assert_null(other);
}

/* ---- who is alive ------------------------------------------------------------- */

static void any_answer_is_a_sign_of_life(void **state)
{
	static const int codes[] = { 200, 401, 403, 404, 405, 408, 480, 500,
				     501, 603 };

	(void)state;
	assert_int_equal(now().state, PING_UNKNOWN);
	start();
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		answer(codes[i]);
		assert_int_equal(now().state, PING_UP);
		assert_int_equal(now().last_code, codes[i]);
		pass_ms(66000);
	}
	assert_int_equal(n_told, 1);
}

static void two_misses_in_a_row_are_the_end(void **state)
{
	(void)state;
	start();
	answer(200);
	pass_ms(66000);
	verdict(408, NULL);
	assert_int_equal(now().state, PING_UP);
	pass_ms(66000);
	answer(200);
	pass_ms(66000);
	verdict(408, NULL);
	pass_ms(66000);
	assert_int_equal(n_told, 1);
	verdict(503, "connection refused");
	assert_int_equal(n_told, 2);
	assert_int_equal(told.state, PING_DOWN);
	assert_int_equal(told.last_code, 503);
	assert_string_equal(told.last_reason, "connection refused");
	pass_ms(66000);
	answer(405);
	assert_int_equal(n_told, 3);
	assert_int_equal(told.state, PING_UP);
}

static void who_never_answered_is_down_too(void **state)
{
	(void)state;
	start();
	verdict(408, NULL);
	assert_int_equal(now().state, PING_UNKNOWN);
	pass_ms(66000);
	verdict(408, NULL);
	assert_int_equal(told.state, PING_DOWN);
	assert_string_equal(told.last_reason, "Request Timeout");
	assert_int_equal(told.rtt_ms, -1);
}

static void a_503_is_no_sign_of_life(void **state)
{
	(void)state;
	start();
	answer(503);
	pass_ms(66000);
	answer(503);
	assert_int_equal(told.state, PING_DOWN);
}

static void status_tells_of_the_last_one(void **state)
{
	char call_id[PING_CALL_ID_LEN];

	(void)state;
	assert_int_equal(now().at, 0);
	assert_int_equal(now().rtt_ms, -1);
	start();
	assert_string_equal(now().call_id, "");
	str_copy(call_id, sizeof(call_id),
		 osip_message_get_call_id(outstanding->p.request)->number);
	pass_ms(37);
	answer(200);
	assert_string_equal(now().call_id, call_id);
	assert_int_equal(now().at, WALL + 37);
	assert_int_equal(now().rtt_ms, 37);
	assert_string_equal(now().server, "tcp:192.0.2.9:5060");
	assert_string_equal(now().last_reason, "OK");
}

static void name_that_is_not_resolved_has_no_server(void **state)
{
	(void)state;
	start();
	answer(200);
	pass_ms(66000);
	memset(&outstanding->hop, 0, sizeof(outstanding->hop));
	verdict(503, "name not resolved");
	assert_string_equal(now().server, "");
	assert_string_equal(now().last_reason, "name not resolved");
}

/* ---- time ----------------------------------------------------------------------- */

static void interval_varies_by_a_tenth(void **state)
{
	int early = 0;

	(void)state;
	start();
	for (int i = 0; i < 20; i++) {
		answer(200);
		pass_ms(53999);
		assert_null(outstanding);
		pass_ms(6001);
		early += outstanding != NULL;
		pass_ms(6000);
		assert_non_null(outstanding);
	}
	assert_in_range(early, 3, 17);
}

static void a_miss_is_looked_into_soon(void **state)
{
	(void)state;
	start();
	answer(200);
	comes_within(54000, 66000);
	verdict(408, NULL);
	comes_within(4500, 5500);
	verdict(408, NULL);
	assert_int_equal(told.state, PING_DOWN);
	/* And then every half minute at the latest. */
	comes_within(27000, 33000);
	verdict(408, NULL);
	comes_within(27000, 33000);
}

static void retry_after_is_kept_to(void **state)
{
	(void)state;
	start();
	answer_with(503, "Retry-After: 100\r\n");
	comes_within(100000, 132000);
	answer_with(503, "Retry-After: 4294967295\r\n");
	comes_within(3600000, 4752000);
}

static void one_at_a_time(void **state)
{
	(void)state;
	start();
	start();
	pass_ms(100000);
	assert_int_equal(n_requests, 1);
}

static void not_now_is_asked_again_later(void **state)
{
	(void)state;
	not_now = true;
	start();
	assert_int_equal(n_asked, 1);
	assert_int_equal(n_requests, 0);
	pass_ms(66000);
	assert_int_equal(n_asked, 2);
	not_now = false;
	ping_start(ping, 500);
	pass_ms(499);
	assert_int_equal(n_requests, 0);
	pass_ms(1);
	assert_int_equal(n_requests, 1);
}

static void one_that_cannot_leave_says_nothing_of_the_server(void **state)
{
	(void)state;
	start_error = -ENOMEM;
	start();
	assert_int_equal(now().state, PING_UNKNOWN);
	assert_int_equal(now().at, 0);
	start_error = 0;
	comes_within(54000, 66000);
}

static void it_may_be_freed_when_told(void **state)
{
	(void)state;
	free_when_told = true;
	start();
	answer(200);
	assert_null(ping);
	pass_ms(100000);
	assert_int_equal(n_requests, 1);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(options_is_as_rfc_3261_11_1_wants_it),
		RULE(strange_users_and_addresses_are_written_soundly),
		RULE(new_refuses_what_would_break_a_line),
		RULE(any_answer_is_a_sign_of_life),
		RULE(two_misses_in_a_row_are_the_end),
		RULE(who_never_answered_is_down_too),
		RULE(a_503_is_no_sign_of_life),
		RULE(status_tells_of_the_last_one),
		RULE(name_that_is_not_resolved_has_no_server),
		RULE(interval_varies_by_a_tenth),
		RULE(a_miss_is_looked_into_soon),
		RULE(retry_after_is_kept_to),
		RULE(one_at_a_time),
		RULE(not_now_is_asked_again_later),
		RULE(one_that_cannot_leave_says_nothing_of_the_server),
		RULE(it_may_be_freed_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
