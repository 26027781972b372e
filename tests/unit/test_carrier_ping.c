/*
 * test_carrier_ping.c - is a carrier asked whether it is alive, and what follows
 * from its answer.
 * Needs: libcarillon.a, business.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "business.h"
#include "call/carrier.h"

static struct carrier *pinging_carrier(const char *id, int do_register)
{
	struct cln_carrier d = carrier_data(id);

	d.options_ping_s = 30;
	d.do_register = (uint8_t)do_register;
	str_copy(d.username, sizeof(d.username), "client1");
	return add_carrier(&d);
}

static int ping_shown(struct carrier *c)
{
	struct cln_carrier_status st = { 0 };

	carrier_status_fill(c, &st);
	return st.ping_state;
}

static void nobody_is_pinged_who_did_not_ask_for_it(void **state)
{
	struct cln_carrier d = carrier_data("bbbbbbbb");

	(void)state;
	assert_int_equal(ping_shown(plain_carrier("aaaaaaaa")), CLN_PING_OFF);
	d.options_ping_s = 30;
	d.enabled = 0;
	assert_int_equal(ping_shown(add_carrier(&d)), CLN_PING_OFF);
	assert_int_equal(n_pings, 0);
}

static void ping_goes_where_calls_go(void **state)
{
	struct carrier *c = pinging_carrier("aaaaaaaa", 0);
	struct sip_target t;

	(void)state;
	assert_int_equal(pings[0]->p.interval_s, 30);
	assert_string_equal(pings[0]->who, "carrier aaaaaaaa");
	assert_int_equal(pings[0]->delay_ms, 0);
	assert_string_equal(pings[0]->host, "192.0.2.1");
	assert_string_equal(pings[0]->user, "client1");
	assert_string_equal(pings[0]->domain, "192.0.2.1");
	assert_true(pings[0]->p.target(pings[0]->p.arg, &t));
	assert_string_equal(t.host, "192.0.2.1");
	assert_int_equal(ping_shown(c), CLN_PING_UNKNOWN);
	pinging_carrier("bbbbbbbb", 0);
	assert_int_equal(pings[1]->delay_ms, 10);
}

static void registering_carrier_is_pinged_while_registered(void **state)
{
	struct sip_target t;

	(void)state;
	pinging_carrier("aaaaaaaa", 1);
	assert_int_equal(pings[0]->delay_ms, 30000);
	assert_false(pings[0]->p.target(pings[0]->p.arg, &t));
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	assert_true(pings[0]->p.target(pings[0]->p.arg, &t));
	assert_int_equal(addr_port(&t.prefer), 5070);
	/* Soon, not after a whole interval. */
	assert_int_equal(pings[0]->n_starts, 2);
	assert_in_range(pings[0]->delay_ms, 0, 999);
}

static void ping_that_is_asked_for_later_comes_soon(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");
	struct cln_carrier d = c->data;

	(void)state;
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	d.options_ping_s = 3600;
	carrier_change(c, &d);
	assert_in_range(pings[0]->delay_ms, 0, 999);
}

static void carrier_that_is_down_takes_no_calls_until_it_answers(void **state)
{
	struct carrier *c = pinging_carrier("aaaaaaaa", 0);
	char why[LANE_WHY_LEN];

	(void)state;
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_USABLE);
	ping_becomes(0, PING_DOWN, 408, "Request Timeout");
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_WAIT);
	assert_string_equal(why, "carrier aaaaaaaa does not answer OPTIONS: "
			    "Request Timeout");
	assert_string_equal(carrier_wait_reason(c), "carrier_down");
	/* It did answer, and said no. */
	pings[0]->status.rtt_ms = 3;
	pings[0]->status.last_code = 503;
	str_copy(pings[0]->status.last_reason,
		 sizeof(pings[0]->status.last_reason), "Overloaded");
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_WAIT);
	assert_string_equal(why, "carrier aaaaaaaa says 503 Overloaded to "
			    "OPTIONS");
	ping_becomes(0, PING_UP, 404, "Not Found");
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_USABLE);
	assert_string_equal(carrier_wait_reason(c), "carrier_not_registered");
}

static void status_shows_the_last_ping(void **state)
{
	struct carrier *c = pinging_carrier("aaaaaaaa", 0);
	struct cln_carrier_status st = { 0 };

	(void)state;
	ping_becomes(0, PING_UP, 200, "OK");
	carrier_status_fill(c, &st);
	assert_int_equal(st.ping_state, CLN_PING_UP);
	assert_int_equal(st.ping_code, 200);
	assert_string_equal(st.ping_reason, "OK");
	assert_int_equal(st.ping_at, 1700000000000);
	assert_int_equal(st.ping_rtt_ms, 12);
	assert_string_equal(st.ping_server, "udp:192.0.2.1:5060");
}

static void down_makes_a_binding_look_for_another_server(void **state)
{
	(void)state;
	pinging_carrier("aaaaaaaa", 1);
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	assert_int_equal(registrations[0]->n_starts, 1);
	ping_becomes(0, PING_DOWN, 503, "Service Unavailable");
	assert_int_equal(registrations[0]->n_starts, 2);
	assert_in_range(registrations[0]->delay_ms, 0, 999);
	ping_becomes(0, PING_UP, 200, "OK");
	assert_int_equal(registrations[0]->n_starts, 2);
}

/* A registration that failed says more than a ping of before. */
static void carrier_that_is_not_registered_is_not_called_down(void **state)
{
	struct carrier *c = pinging_carrier("aaaaaaaa", 1);
	char why[LANE_WHY_LEN];

	(void)state;
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	ping_becomes(0, PING_DOWN, 503, "Service Unavailable");
	registration_becomes(0, REGISTRATION_FAILED, 408, "Request Timeout");
	assert_string_equal(carrier_wait_reason(c), "carrier_not_registered");
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_WAIT);
	assert_string_equal(why, "carrier aaaaaaaa did not register: "
			    "408 Request Timeout");
}

static void change_keeps_the_ping_unless_it_concerns_it(void **state)
{
	struct carrier *c = pinging_carrier("aaaaaaaa", 0);
	struct cln_carrier d = c->data;

	(void)state;
	ping_becomes(0, PING_DOWN, 408, "Request Timeout");
	str_copy(d.name, sizeof(d.name), "another");
	carrier_change(c, &d);
	assert_int_equal(ping_shown(c), CLN_PING_DOWN);
	d.options_ping_s = 60;
	carrier_change(c, &d);
	assert_null(pings[0]);
	assert_int_equal(pings[1]->p.interval_s, 60);
	str_copy(d.host, sizeof(d.host), "192.0.2.2");
	carrier_change(c, &d);
	assert_null(pings[1]);
	assert_string_equal(pings[2]->host, "192.0.2.2");
	d.options_ping_s = 0;
	carrier_change(c, &d);
	assert_null(pings[2]);
	assert_int_equal(ping_shown(c), CLN_PING_OFF);
}

static void server_that_stops_pings_no_more(void **state)
{
	(void)state;
	pinging_carrier("aaaaaaaa", 0);
	exchange_stop(x, false, on_stopped, NULL);
	run();
	assert_int_equal(n_stopped, 1);
	assert_null(pings[0]);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(nobody_is_pinged_who_did_not_ask_for_it),
		RULE(ping_goes_where_calls_go),
		RULE(registering_carrier_is_pinged_while_registered),
		RULE(ping_that_is_asked_for_later_comes_soon),
		RULE(carrier_that_is_down_takes_no_calls_until_it_answers),
		RULE(status_shows_the_last_ping),
		RULE(down_makes_a_binding_look_for_another_server),
		RULE(carrier_that_is_not_registered_is_not_called_down),
		RULE(change_keeps_the_ping_unless_it_concerns_it),
		RULE(server_that_stops_pings_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
