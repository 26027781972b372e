/*
 * test_carrier.c - a carrier alive: registration, history, changes that cross
 * an un-registration, and what others ask of it.
 * Needs: libcarillon.a, business.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "business.h"
#include "call/carrier.h"

static const struct cln_transition *last(const struct carrier *c)
{
	return &c->history[c->n_history - 1];
}

static int shown(struct carrier *c)
{
	struct cln_carrier_status st = { 0 };

	carrier_status_fill(c, &st);
	return st.state;
}

static void carrier_that_does_not_register_sends_nothing(void **state)
{
	struct carrier *c = plain_carrier("aaaaaaaa");
	char why[LANE_WHY_LEN];

	(void)state;
	assert_int_equal(n_registrations, 0);
	assert_int_equal(shown(c), CLN_REG_NOT_REQUIRED);
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_USABLE);
}

static void carrier_registers_with_its_credentials(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");

	(void)state;
	assert_int_equal(n_registrations, 1);
	assert_string_equal(registrations[0]->user, "client1");
	assert_string_equal(registrations[0]->password, "password1");
	assert_string_equal(registrations[0]->host, "192.0.2.1");
	assert_int_equal(registrations[0]->expires_s, 3600);
	assert_int_equal(shown(c), CLN_REG_REGISTERING);
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	assert_int_equal(shown(c), CLN_REG_REGISTERED);
}

static void history_keeps_transitions_and_no_refreshes(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");

	(void)state;
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	for (int i = 0; i < 5; i++)
		registration_becomes(0, REGISTRATION_FAILED, 408, "Timeout");
	assert_int_equal(c->n_history, 3);
	assert_int_equal(last(c)->code, 408);
	registration_becomes(0, REGISTRATION_FAILED, 503, "Unavailable");
	assert_int_equal(c->n_history, 4);
	run();
	assert_int_equal(the_store.last_transition.code, 503);
	assert_string_equal(the_store.last_history, "aaaaaaaa");
}

static void history_keeps_the_newest(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");

	(void)state;
	for (int i = 0; i < 100; i++)
		registration_becomes(0, REGISTRATION_FAILED, 500 + i, "No");
	assert_int_equal(c->n_history, CLN_HISTORY_MAX);
	assert_int_equal(c->history[0].code, 500 + 100 - CLN_HISTORY_MAX);
	assert_int_equal(last(c)->code, 599);
}

static void rejected_is_terminal_until_changed(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");
	struct cln_carrier d = c->data;
	char why[LANE_WHY_LEN];

	(void)state;
	registration_becomes(0, REGISTRATION_REJECTED, 403, "Forbidden");
	assert_int_equal(shown(c), CLN_REG_REJECTED);
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_NEVER);
	carrier_start(c);
	assert_int_equal(n_registrations, 1);
	str_copy(d.password, sizeof(d.password), "better");
	carrier_change(c, &d);
	registration_left(0);
	assert_int_equal(n_registrations, 2);
	assert_string_equal(registrations[1]->password, "better");
	assert_int_equal(shown(c), CLN_REG_REGISTERING);
}

static void change_of_a_name_leaves_the_binding_alone(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");
	struct cln_carrier d = c->data;

	(void)state;
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	str_copy(d.name, sizeof(d.name), "another");
	d.max_cps = 10;
	carrier_change(c, &d);
	assert_int_equal(n_registrations, 1);
	assert_false(registrations[0]->stopping);
	assert_int_equal(shown(c), CLN_REG_REGISTERED);
	assert_int_equal(c->pacer.interval_ns, S_NS / 10);
}

static void change_of_address_unregisters_the_old_one_first(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");
	struct cln_carrier d = c->data;

	(void)state;
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	str_copy(d.username, sizeof(d.username), "client2");
	carrier_change(c, &d);
	assert_true(registrations[0]->stopping);
	assert_string_equal(registrations[0]->password, "password1");
	assert_int_equal(n_registrations, 1);
	assert_int_equal(shown(c), CLN_REG_REGISTERING);
	registration_left(0);
	assert_null(registrations[0]);
	assert_int_equal(n_registrations, 2);
	assert_string_equal(registrations[1]->user, "client2");
}

/* The un-registration would take the new binding down with the old one. */
static void second_change_waits_for_the_old_binding_too(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");
	struct cln_carrier d = c->data;

	(void)state;
	str_copy(d.username, sizeof(d.username), "client2");
	carrier_change(c, &d);
	str_copy(d.username, sizeof(d.username), "client3");
	carrier_change(c, &d);
	assert_int_equal(n_registrations, 1);
	registration_left(0);
	assert_int_equal(n_registrations, 2);
	assert_string_equal(registrations[1]->user, "client3");
}

static void carrier_enabled_again_waits_for_the_old_binding(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");
	struct cln_carrier d = c->data;

	(void)state;
	d.enabled = 0;
	carrier_change(c, &d);
	assert_int_equal(shown(c), CLN_REG_UNREGISTERED);
	d.enabled = 1;
	carrier_change(c, &d);
	assert_int_equal(n_registrations, 1);
	assert_int_equal(shown(c), CLN_REG_REGISTERING);
	registration_left(0);
	assert_int_equal(n_registrations, 2);
}

static void carrier_disabled_meanwhile_does_not_register_again(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");
	struct cln_carrier d = c->data;

	(void)state;
	str_copy(d.username, sizeof(d.username), "client2");
	carrier_change(c, &d);
	d.enabled = 0;
	carrier_change(c, &d);
	registration_left(0);
	assert_int_equal(n_registrations, 1);
	assert_int_equal(shown(c), CLN_REG_UNREGISTERED);
	assert_int_equal(last(c)->state, CLN_REG_UNREGISTERED);
}

static void carrier_without_registration_says_so_in_its_history(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");
	struct cln_carrier d = c->data;

	(void)state;
	d.do_register = 0;
	carrier_change(c, &d);
	registration_left(0);
	assert_int_equal(last(c)->state, CLN_REG_NOT_REQUIRED);
	assert_int_equal(shown(c), CLN_REG_NOT_REQUIRED);
}

static void deleted_carrier_unregisters_in_the_background(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");

	(void)state;
	carrier_remove(c);
	assert_null(carrier_find(x, "aaaaaaaa"));
	assert_true(registrations[0]->stopping);
	registration_left(0);
	assert_null(registrations[0]);
	assert_int_equal(x->n_leaving, 0);
}

static void registration_that_cannot_begin_is_shown_as_failed(void **state)
{
	struct carrier *c;
	struct cln_carrier_status st = { 0 };

	(void)state;
	registration_new_err = -EINVAL;
	c = registering_carrier("aaaaaaaa");
	carrier_status_fill(c, &st);
	assert_int_equal(st.state, CLN_REG_FAILED);
	assert_string_equal(st.last_reason, "Invalid argument");
}

static void calls_go_to_the_proxy_unless_registered_elsewhere(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct sip_target t;
	struct carrier *c;

	(void)state;
	d.port = 5080;
	str_copy(d.listen, sizeof(d.listen), "udp:127.0.0.1:5060");
	c = add_carrier(&d);
	carrier_target(c, &t);
	assert_string_equal(t.host, "192.0.2.1");
	assert_int_equal(t.port, 5080);
	assert_int_equal(t.listen, 0);
	str_copy(d.outbound_proxy, sizeof(d.outbound_proxy), "192.0.2.3:5090");
	d.listen[0] = '\0';
	carrier_change(c, &d);
	carrier_target(c, &t);
	assert_string_equal(t.host, "192.0.2.3");
	assert_int_equal(t.port, 5090);
	assert_int_equal(t.listen, -1);
}

static void calls_go_to_the_server_that_took_the_binding(void **state)
{
	char server[ADDR_TEXT_LEN];
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct sip_target t;
	struct carrier *c;

	(void)state;
	d.do_register = 1;
	str_copy(d.host, sizeof(d.host), "sip.example");
	str_copy(d.transport, sizeof(d.transport), "auto");
	c = add_carrier(&d);
	carrier_target(c, &t);
	assert_string_equal(t.host, "sip.example");
	assert_int_equal(t.transport, SIP_ANY);
	assert_int_equal(registrations[0]->target.transport, SIP_ANY);
	registrations[0]->status.server_transport = SIP_TLS;
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	carrier_target(c, &t);
	/* That one first, and then the others of the name. */
	addr_text(&t.prefer, server);
	assert_string_equal(server, "192.0.2.7:5070");
	assert_int_equal(t.prefer_transport, SIP_TLS);
	assert_string_equal(t.host, "sip.example");
	assert_int_equal(t.transport, SIP_ANY);
	assert_string_equal(t.name, "sip.example");
	assert_string_equal(registrations[0]->target.name, "sip.example");
}

static void routes_are_those_of_the_binding(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");

	(void)state;
	registrations[0]->routes[0] = "<sip:192.0.2.8;lr>";
	assert_null(carrier_routes(c));
	registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	assert_string_equal(carrier_routes(c)[0], "<sip:192.0.2.8;lr>");
	assert_null(carrier_routes(c)[1]);
	assert_null(carrier_routes(plain_carrier("bbbbbbbb")));
}

static void one_account_serves_registration_calls_and_pings(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct carrier *c;

	(void)state;
	d.do_register = 1;
	d.options_ping_s = 30;
	d.password_set = 1;
	str_copy(d.username, sizeof(d.username), "client1");
	c = add_carrier(&d);
	assert_int_equal(live_auths, 1);
	assert_ptr_equal(registrations[0]->auth, c->auth);
	assert_ptr_equal(pings[0]->p.auth, c->auth);
}

static void account_prefers_the_user_name_of_digest(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct carrier *c;

	(void)state;
	c = add_carrier(&d);
	assert_false(c->auth->has_username);
	assert_false(c->auth->has_password);
	assert_false(c->auth->has_realm);
	str_copy(d.username, sizeof(d.username), "client1");
	str_copy(d.auth_username, sizeof(d.auth_username), "digest1");
	str_copy(d.realm, sizeof(d.realm), "here");
	d.password_set = 1;
	carrier_change(c, &d);
	assert_string_equal(c->auth->username, "digest1");
	assert_true(c->auth->has_password);
	assert_string_equal(c->auth->password, "");
	assert_string_equal(c->auth->realm, "here");
}

/* Nonces and realms of one user or server are nothing to another. */
static void account_is_made_anew_when_its_owner_or_server_is_another(void **state)
{
	struct carrier *c = registering_carrier("aaaaaaaa");
	struct cln_carrier d = c->data;
	struct sip_auth *before = c->auth;

	(void)state;
	d.max_cps = 7;
	d.strip = 2;
	carrier_change(c, &d);
	assert_ptr_equal(c->auth, before);
	str_copy(d.host, sizeof(d.host), "192.0.2.2");
	carrier_change(c, &d);
	assert_ptr_not_equal(c->auth, before);
	/* The old binding leaves with the old one. */
	assert_ptr_equal(registrations[0]->auth, before);
	assert_int_equal(live_auths, 2);
}

static void many_that_begin_together_are_spread(void **state)
{
	int64_t last_ms = -1;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		int ms = carrier_slot_ms(x);

		assert_int_equal(ms, i * 10);
		last_ms = ms;
	}
	assert_int_equal(last_ms, 29990);
	for (int i = 0; i < 3000; i++)
		assert_in_range(carrier_slot_ms(x), 0, 29999);
	/* Later it is free again. */
	clock_advance(&now, 31 * S_NS);
	assert_int_equal(carrier_slot_ms(x), 0);
}

/* RFC 3261 21.5.4 */
static void carrier_rests_for_as_long_as_its_503_asked(void **state)
{
	struct carrier *c = plain_carrier("aaaaaaaa");
	char why[LANE_WHY_LEN];

	(void)state;
	carrier_rest(c, 10);
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_RESTS);
	assert_string_equal(why, "carrier aaaaaaaa said 503, and asked for no "
			    "calls for 10 s more");
	clock_advance(&now, 10 * S_NS - 1);
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_RESTS);
	clock_advance(&now, 1 * MS_NS);
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_USABLE);
	/* Whatever it asks for, an hour is the most.                          */
	carrier_rest(c, 1000000);
	clock_advance(&now, 3601 * S_NS);
	assert_int_equal(carrier_usable(c, why, sizeof(why)), CARRIER_USABLE);
}

static void codecs_that_are_not_loaded_are_left_out(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct codec_order set;

	(void)state;
	d.codecs = (struct cln_codec_list){ 3, { "g729", "alaw", "mulaw" } };
	carrier_codecs(add_carrier(&d), &set);
	assert_int_equal(set.n, 2);
	assert_ptr_equal(set.codecs[0], &pcma);
	assert_ptr_equal(set.codecs[1], &pcmu);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(carrier_that_does_not_register_sends_nothing),
		RULE(carrier_registers_with_its_credentials),
		RULE(history_keeps_transitions_and_no_refreshes),
		RULE(history_keeps_the_newest),
		RULE(rejected_is_terminal_until_changed),
		RULE(change_of_a_name_leaves_the_binding_alone),
		RULE(change_of_address_unregisters_the_old_one_first),
		RULE(second_change_waits_for_the_old_binding_too),
		RULE(carrier_enabled_again_waits_for_the_old_binding),
		RULE(carrier_disabled_meanwhile_does_not_register_again),
		RULE(carrier_without_registration_says_so_in_its_history),
		RULE(deleted_carrier_unregisters_in_the_background),
		RULE(registration_that_cannot_begin_is_shown_as_failed),
		RULE(calls_go_to_the_proxy_unless_registered_elsewhere),
		RULE(calls_go_to_the_server_that_took_the_binding),
		RULE(routes_are_those_of_the_binding),
		RULE(one_account_serves_registration_calls_and_pings),
		RULE(account_prefers_the_user_name_of_digest),
		RULE(account_is_made_anew_when_its_owner_or_server_is_another),
		RULE(many_that_begin_together_are_spread),
		RULE(carrier_rests_for_as_long_as_its_503_asked),
		RULE(codecs_that_are_not_loaded_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
