/*
 * test_credentials.c - which challenges are answered, and how often.
 */
/* SPDX-License-Identifier: MIT */
#include "credentials_bench.h"

/* ---- being asked ---------------------------------------------------------- */

static void challenge_is_answered(void **state)
{
	(void)state;
	assert_int_equal(apply(), 0);
	assert_int_equal(learn(401, WWW R_N1), 0);
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "username=\"bob\"");
	assert_holds("Authorization", 0, "uri=\"sip:carrier.example\"");
	assert_holds("Authorization", 0, "nonce=\"n1\"");
	assert_holds("Authorization", 0, "nc=00000001");
}

static void answers_replace_older_ones(void **state)
{
	(void)state;
	assert_int_equal(learn(407, PROXY P_N1), 0);
	assert_int_equal(apply(), 1);
	assert_int_equal(apply(), 1);
	assert_holds("Proxy-Authorization", 0, "nc=00000002");
}

static void proxy_and_server_are_answered_side_by_side(void **state)
{
	(void)state;
	assert_int_equal(learn(407, PROXY P_N1 WWW R_N1), 0);
	assert_int_equal(apply(), 2);
	assert_holds("Authorization", 0, "realm=\"r\"");
	assert_holds("Proxy-Authorization", 0, "realm=\"p\"");
}

static void proxy_and_server_may_ask_in_turn(void **state)
{
	(void)state;
	assert_int_equal(learn(407, PROXY P_N1), 0);
	assert_int_equal(apply(), 1);
	assert_int_equal(learn(401, WWW R_N1), 0);
	assert_int_equal(apply(), 2);
	assert_holds("Proxy-Authorization", 0, "nc=00000002");
	assert_holds("Authorization", 0, "nc=00000001");
}

static void several_proxies_are_answered(void **state)
{
	(void)state;
	assert_int_equal(learn(407, PROXY P_N1 PROXY R_N1), 0);
	assert_int_equal(apply(), 2);
	assert_holds("Proxy-Authorization", 0, "realm=\"p\"");
	assert_holds("Proxy-Authorization", 1, "realm=\"r\"");
}

/* RFC 8760 2.4.                                                               */
static void first_known_algorithm_of_a_realm_is_taken(void **state)
{
	(void)state;
	assert_int_equal(learn(401,
		WWW "realm=\"r\", nonce=\"a\", algorithm=SHA-512-256\r\n"
		WWW "realm=\"r\", nonce=\"b\", algorithm=SHA-256\r\n"
		WWW "realm=\"r\", nonce=\"c\", algorithm=MD5\r\n"), 0);
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "nonce=\"b\"");
	assert_holds("Authorization", 0, "algorithm=SHA-256");
}

static void auth_int_covers_the_body(void **state)
{
	char first[256];

	(void)state;
	for (int i = 0; i < 2; i++) {
		new_request("INVITE", i ? "body 2" : "body 1");
		random_seeded(&seeded, 1);
		assert_int_equal(learn(401, i ?
			WWW "realm=\"r\", nonce=\"a\", qop=auth-int\r\n" :
			WWW "realm=\"r\", nonce=\"b\", qop=auth-int\r\n"), 0);
		assert_int_equal(apply(), 1);
		assert_holds("Authorization", 0, "qop=auth-int");
		if (!i)
			(void)str_copy(first, sizeof(first), strstr(
				msg_header(req, "Authorization", 0),
				"response="));
	}
	assert_string_not_equal(first, strstr(
		msg_header(req, "Authorization", 0), "response="));
}

static void request_without_account_is_left_alone(void **state)
{
	const struct sip_account nameless = { NULL, "secret", NULL };
	const struct sip_account open = { "bob", NULL, NULL };
	osip_message_t *resp = answer(401, WWW R_N1);

	(void)state;
	assert_int_equal(credentials_learn(NULL, &use, resp, &home, &note),
			 -EACCES);
	assert_string_equal(note, "no account");
	osip_message_free(resp);
	assert_int_equal(credentials_apply(NULL, &use, req, &home, &seeded),
			 0);
	credentials_info(NULL, req, &home);
	use_account(&nameless);
	assert_int_equal(learn(401, WWW R_N1), -EACCES);
	use_account(&open);
	assert_int_equal(learn(401, WWW R_N1), -EACCES);
	assert_string_equal(note, "no password");
	assert_int_equal(apply(), 0);
}

static void nothing_to_answer_ends_it(void **state)
{
	(void)state;
	assert_int_equal(learn(401, ""), -EACCES);
	assert_string_equal(note, "no known challenge: none at all");
	assert_int_equal(learn(401, "WWW-Authenticate: Basic realm=\"r\"\r\n"
			       "Proxy-Authenticate: Digest realm=\"r\", "
			       "nonce=\"n\", algorithm=SHA-512\r\n"), -EACCES);
	assert_string_equal(note, "no known challenge: Basic, Digest SHA-512");
	assert_int_equal(apply(), 0);
}

/* ---- how often ------------------------------------------------------------ */

static void same_challenge_again_means_wrong_credentials(void **state)
{
	(void)state;
	assert_int_equal(learn(401, WWW R_N1), 0);
	assert_int_equal(apply(), 1);
	assert_int_equal(learn(401, WWW R_N2), -EACCES);
	assert_string_equal(note, "wrong credentials");
	new_request("INVITE", "");
	assert_int_equal(apply(), 0);
}

static void stale_is_believed_once(void **state)
{
	(void)state;
	assert_int_equal(learn(401, WWW R_N1), 0);
	assert_int_equal(apply(), 1);
	assert_int_equal(learn(401, WWW "stale=true, " R_N2), 0);
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "nonce=\"n2\"");
	assert_holds("Authorization", 0, "nc=00000001");
	assert_int_equal(learn(401, WWW "stale=true, " R_N3), -EACCES);
	assert_string_equal(note, "wrong credentials");
}

static void changing_realms_are_not_followed_for_ever(void **state)
{
	char header[128];
	int code, n;

	(void)state;
	for (n = 0; n < 10; n++) {
		(void)str_printf(header, sizeof(header),
				 WWW "realm=\"r%d\", nonce=\"n\"\r\n", n);
		if (learn(401, header))
			break;
	}
	assert_int_equal(n, 2);		/* three requests                      */
	new_request("INVITE", "");
	for (n = 0; n < 10; n++) {
		code = n % 2 ? 401 : 407;
		(void)str_printf(header, sizeof(header),
				 "%srealm=\"s%d\", nonce=\"n\"\r\n",
				 n % 2 ? WWW : PROXY, n);
		if (learn(code, header))
			break;
	}
	assert_int_equal(n, 3);		/* four, for a proxy and a registrar   */
}

static void each_server_may_ask_for_itself(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		addr_set_port(&home.remote, (uint16_t)(6000 + i));
		assert_int_equal(learn(401, WWW R_N1), 0);
	}
}

/* Some servers take a nonce for one request only, and do not say stale.       */
static void second_use_of_a_nonce_may_be_refused(void **state)
{
	(void)state;
	assert_int_equal(learn(407, PROXY P_N1), 0);
	assert_int_equal(apply(), 1);
	assert_int_equal(learn(401, WWW R_N1), 0);
	assert_int_equal(apply(), 2);
	assert_int_equal(learn(407, PROXY "realm=\"p\", nonce=\"p2\"\r\n"), 0);
}

/* ---- unasked -------------------------------------------------------------- */

static void next_request_answers_before_it_is_asked(void **state)
{
	(void)state;
	asked_once("INVITE", 401, WWW R_N1);
	new_request("INVITE", "");
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "nc=00000002");
	new_request("BYE", "");
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "nc=00000003");
}

static void old_nonce_that_is_refused_is_not_wrong(void **state)
{
	(void)state;
	asked_once("INVITE", 401, WWW R_N1);
	new_request("INVITE", "");
	assert_int_equal(apply(), 1);
	assert_int_equal(learn(401, WWW R_N2), 0);
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "nonce=\"n2\"");
	assert_holds("Authorization", 0, "nc=00000001");
	assert_int_equal(learn(401, WWW R_N3), -EACCES);
}

static void same_nonce_counts_on(void **state)
{
	(void)state;
	asked_once("INVITE", 401, WWW R_N1);
	new_request("INVITE", "");
	assert_int_equal(apply(), 1);
	assert_int_equal(learn(401, WWW R_N1), 0);
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "nc=00000003");
}

static void only_the_server_that_asked_is_answered(void **state)
{
	struct hop port = home, tls = home;

	(void)state;
	addr_set_port(&port.remote, 5070);
	tls.transport = SIP_TLS;
	asked_once("INVITE", 401, WWW R_N1);
	assert_int_equal(apply_to(&elsewhere), 0);
	assert_int_equal(apply_to(&port), 0);
	assert_int_equal(apply_to(&tls), 0);
	assert_int_equal(apply_to(&home), 1);
}

static void calls_are_spared_what_only_registration_is_asked(void **state)
{
	(void)state;
	asked_once("REGISTER", 401, WWW R_N1);
	new_request("INVITE", "");
	assert_int_equal(apply(), 1);	/* it might do                         */
	assert_int_equal(learn(407, PROXY P_N1), 0);
	assert_int_equal(apply(), 1);	/* it does not                         */
	assert_int_equal(count("Proxy-Authorization"), 1);
	new_request("REGISTER", "");
	assert_int_equal(apply(), 1);
	assert_int_equal(count("Authorization"), 1);
}

static void realm_that_is_no_longer_asked_for_is_dropped(void **state)
{
	(void)state;
	asked_once("INVITE", 401, WWW R_N1);
	new_request("INVITE", "");
	assert_int_equal(apply(), 1);
	assert_int_equal(learn(401, WWW "realm=\"new\", nonce=\"n\"\r\n"), 0);
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "realm=\"new\"");
}

static void realm_that_this_request_was_asked_for_stays(void **state)
{
	(void)state;
	assert_int_equal(learn(407, PROXY P_N1), 0);
	assert_int_equal(apply(), 1);
	assert_int_equal(learn(407, PROXY R_N1), 0);
	assert_int_equal(apply(), 2);
}

/* ---- Authentication-Info -------------------------------------------------- */

static void next_nonce_is_taken(void **state)
{
	(void)state;
	asked_once("INVITE", 401, WWW R_N1);
	inform("Authentication-Info: qop=auth, rspauth=\"00\", cnonce=\"c\", "
	       "nc=00000001, nextnonce=\"a \\\"next\\\" one\"\r\n");
	new_request("INVITE", "");
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "nonce=\"a \\\"next\\\" one\"");
	assert_holds("Authorization", 0, "nc=00000001");
	assert_holds("Authorization", 0, "qop=auth");
}

static void next_nonce_of_a_proxy_is_its_own(void **state)
{
	(void)state;
	asked_once("INVITE", 407, PROXY P_N1 WWW R_N1);
	inform("Proxy-Authentication-Info: nextnonce=\"p2\"\r\n");
	new_request("INVITE", "");
	assert_int_equal(apply(), 2);
	assert_holds("Proxy-Authorization", 0, "nonce=\"p2\"");
	assert_holds("Authorization", 0, "nonce=\"n1\"");
}

static void unclear_or_broken_next_nonce_is_passed_over(void **state)
{
	(void)state;
	inform("Authentication-Info: nextnonce=\"x\"\r\n");
	asked_once("INVITE", 407, PROXY P_N1 PROXY R_N1);
	inform("Proxy-Authentication-Info: nextnonce=\"x\"\r\n");
	inform("Authentication-Info: nextnonce=\"x\"\r\n");
	inform("Authentication-Info: qop=auth\r\n");
	new_request("INVITE", "");
	assert_int_equal(apply(), 2);
	assert_holds("Proxy-Authorization", 0, "nonce=\"p1\"");
	assert_holds("Proxy-Authorization", 1, "nonce=\"n1\"");
}

static void session_key_keeps_its_nonce(void **state)
{
	(void)state;
	asked_once("INVITE", 401, WWW "algorithm=MD5-sess, " R_N1);
	inform("Authentication-Info: nextnonce=\"x\"\r\n");
	new_request("INVITE", "");
	assert_int_equal(apply(), 1);
	assert_holds("Authorization", 0, "nonce=\"n1\"");
	assert_holds("Authorization", 0, "nc=00000002");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(challenge_is_answered),
		RULE(answers_replace_older_ones),
		RULE(proxy_and_server_are_answered_side_by_side),
		RULE(proxy_and_server_may_ask_in_turn),
		RULE(several_proxies_are_answered),
		RULE(first_known_algorithm_of_a_realm_is_taken),
		RULE(auth_int_covers_the_body),
		RULE(request_without_account_is_left_alone),
		RULE(nothing_to_answer_ends_it),
		RULE(same_challenge_again_means_wrong_credentials),
		RULE(stale_is_believed_once),
		RULE(changing_realms_are_not_followed_for_ever),
		RULE(each_server_may_ask_for_itself),
		RULE(second_use_of_a_nonce_may_be_refused),
		RULE(next_request_answers_before_it_is_asked),
		RULE(old_nonce_that_is_refused_is_not_wrong),
		RULE(same_nonce_counts_on),
		RULE(only_the_server_that_asked_is_answered),
		RULE(calls_are_spared_what_only_registration_is_asked),
		RULE(realm_that_is_no_longer_asked_for_is_dropped),
		RULE(realm_that_this_request_was_asked_for_stays),
		RULE(next_nonce_is_taken),
		RULE(next_nonce_of_a_proxy_is_its_own),
		RULE(unclear_or_broken_next_nonce_is_passed_over),
		RULE(session_key_keeps_its_nonce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
