/*
 * test_carrier.c - a carrier alive: registration, history, changes that cross
 * an un-registration, and what others ask of it.
 * Needs: libcarillon.a, business.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "business.h"

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
	carrier_start(c, 0);
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

static void account_prefers_the_user_name_of_digest(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct sip_account account;
	struct carrier *c;

	(void)state;
	c = add_carrier(&d);
	carrier_account(c, &account);
	assert_null(account.username);
	assert_null(account.password);
	assert_null(account.realm);
	str_copy(c->data.username, sizeof(d.username), "client1");
	str_copy(c->data.auth_username, sizeof(d.auth_username), "digest1");
	str_copy(c->data.realm, sizeof(d.realm), "here");
	c->data.password_set = 1;
	carrier_account(c, &account);
	assert_string_equal(account.username, "digest1");
	assert_string_equal(account.password, "");
	assert_string_equal(account.realm, "here");
}

static void codecs_that_are_not_loaded_are_left_out(void **state)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");
	struct codec_set set;

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
		RULE(account_prefers_the_user_name_of_digest),
		RULE(codecs_that_are_not_loaded_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
