/*
 * test_credentials_trust.c - to whom an answer goes, and for which realm.
 */
/* SPDX-License-Identifier: MIT */
#include "credentials_bench.h"

/* Another port of the carrier's host.                                         */
static struct hop neighbour(void)
{
	struct hop hop = home;

	addr_set_port(&hop.remote, 5070);
	return hop;
}

static void only_the_named_realm_is_answered(void **state)
{
	const struct sip_account pinned = { "bob", "secret", "r" };

	(void)state;
	use_account(&pinned);
	assert_int_equal(learn(401, WWW "realm=\"R\", nonce=\"n\"\r\n"),
			 -EACCES);
	assert_string_equal(note, "foreign realm: R");
	assert_int_equal(learn(401, WWW "realm=\"a secret\", nonce=\"n\"\r\n"),
			 -EACCES);
	assert_string_equal(note, "foreign realm");
	assert_int_equal(apply(), 0);
	assert_int_equal(learn(407, PROXY P_N1 WWW R_N1), 0);
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "realm=\"r\"");
}

static void server_from_the_wire_gets_no_answer_in_a_new_realm(void **state)
{
	const struct hop other = neighbour();

	(void)state;
	assert_int_equal(apply(), 0);	/* to the configured target            */
	use.known_realms_only = true;
	new_request("INVITE", "");
	assert_int_equal(apply_to(&other), 0);
	assert_int_equal(learn_from(&other, 401, WWW R_N1), -EACCES);
	assert_string_equal(note, "foreign realm: r");
	assert_int_equal(apply_to(&other), 0);
}

static void other_port_of_the_carrier_is_answered_in_a_known_realm(void **state)
{
	const struct hop other = neighbour();

	(void)state;
	asked_once("INVITE", 401, WWW R_N1);
	use.known_realms_only = true;
	new_request("BYE", "");
	assert_int_equal(apply_to(&other), 0);
	assert_int_equal(learn_from(&other, 407, PROXY R_N2), 0);
	assert_int_equal(apply_to(&other), 1);
	assert_holds("Proxy-Authorization", 0, "nonce=\"n2\"");
}

/* CVE-2021-41158: the realm is no secret, and the nonce is of its choice.     */
static void foreign_host_gets_no_hash_in_any_realm(void **state)
{
	const struct sip_account pinned = { "bob", "secret", "r" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		asked_once("INVITE", 401, WWW R_N1);
		use.known_realms_only = true;
		new_request("BYE", "");
		assert_int_equal(learn_from(&elsewhere, 407, PROXY R_N2),
				 -EACCES);
		assert_string_equal(note, "challenged by a server that is not "
				    "the carrier's");
		assert_int_equal(apply_to(&elsewhere), 0);
		use.known_realms_only = false;
		use_account(&pinned);
		new_request("INVITE", "");
	}
}

static void what_a_server_from_the_wire_asks_makes_no_realm_known(void **state)
{
	const struct sip_account pinned = { "bob", "secret", "r" };
	const struct hop other = neighbour();

	(void)state;
	use_account(&pinned);
	assert_int_equal(apply(), 0);
	use.known_realms_only = true;
	new_request("BYE", "");
	assert_int_equal(learn_from(&other, 401, WWW R_N1), 0);
	assert_false(auth_knows_realm(auth, "r"));
}

/* A Contact or Record-Route may well name the configured server itself.       */
static void own_server_is_trusted_wherever_its_name_came_from(void **state)
{
	(void)state;
	assert_int_equal(apply(), 0);
	use.known_realms_only = true;
	new_request("BYE", "");
	assert_int_equal(learn(401, WWW R_N1), 0);
	assert_int_equal(apply(), 1);
}

static void carrier_with_tls_is_not_answered_in_clear_text(void **state)
{
	struct hop other = neighbour();

	(void)state;
	home.transport = SIP_TLS;
	asked_once("INVITE", 401, WWW R_N1);
	use.known_realms_only = true;
	new_request("BYE", "");
	assert_int_equal(learn_from(&other, 401, WWW R_N1), -EACCES);
	assert_string_equal(note, "challenged without TLS");
	other.transport = SIP_TLS;
	assert_int_equal(learn_from(&other, 401, WWW R_N1), 0);
}

/* The ACK of a 2xx goes to the Contact in it.                                 */
static void copied_credentials_stay_with_the_carrier(void **state)
{
	struct hop clear = home;

	(void)state;
	asked_once("INVITE", 401, WWW R_N1);
	assert_true(credentials_may_go(auth, &home));
	assert_false(credentials_may_go(auth, &elsewhere));

	use_account(&bob);
	home.transport = SIP_TLS;
	asked_once("INVITE", 407, PROXY R_N1);
	assert_true(credentials_may_go(auth, &home));
	assert_false(credentials_may_go(auth, &clear));
	assert_false(credentials_may_go(NULL, &home));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(only_the_named_realm_is_answered),
		RULE(server_from_the_wire_gets_no_answer_in_a_new_realm),
		RULE(other_port_of_the_carrier_is_answered_in_a_known_realm),
		RULE(foreign_host_gets_no_hash_in_any_realm),
		RULE(what_a_server_from_the_wire_asks_makes_no_realm_known),
		RULE(own_server_is_trusted_wherever_its_name_came_from),
		RULE(carrier_with_tls_is_not_answered_in_clear_text),
		RULE(copied_credentials_stay_with_the_carrier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
