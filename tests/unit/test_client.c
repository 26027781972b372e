/*
 * test_client.c - challenges, addresses in turn, local verdicts.
 * Needs: sip_wire.h; all of core/sip and core/base; osip2, cares, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "sip_wire.h"

#include "sip/build.h"
#include "sip/client.h"
#include "sip/credentials.h"
#include "sip/uac.h"

#define NONCE(n) "Digest realm=\"r\", nonce=\"" n "\", qop=\"auth\", opaque=\"\""

static const struct sip_account account = { "bob", "secret", NULL };
static struct sip_auth *auth;		/* of `account`                        */
static bool from_the_wire;		/* the target was learned              */
static struct client *client;
static int code;			/* of the final answer                 */
static char note[96];
static int silence_ms;
static unsigned int n_finals, n_asked;

static void response(void *arg, const osip_message_t *resp, int c, bool final,
		     const char *n)
{
	assert_ptr_equal(arg, &client);
	(void)resp;
	if (!final)
		return;
	n_finals++;
	code = c;
	str_copy(note, sizeof(note), n);
	client_free(client);
	client = NULL;
}

static bool again(void *arg, const osip_message_t *resp, osip_message_t *req,
		  struct sip_target *target)
{
	(void)arg;
	(void)req;
	n_asked++;
	if (resp->status_code == 302)
		return !sip_target_parse(target, "192.0.2.77:5070");
	return resp->status_code == 420;
}

static void start_by(struct sip_auth *a, const char *host)
{
	struct client_params p = {
		.auth = a, .own_target = !from_the_wire, .again = again,
		.response = response, .arg = &client, .silence_ms = silence_ms,
	};
	struct buf text;

	buf_init(&text, 4096);
	buf_puts(&text, "OPTIONS sip:example.com SIP/2.0\r\n"
			"From: <sip:a@example.com>;tag=1\r\n"
			"To: <sip:example.com>\r\nCall-ID: abc\r\n"
			"CSeq: 5 OPTIONS\r\n\r\n");
	assert_int_equal(build_parse(&p.request, &text), 0);
	buf_deinit(&text);
	assert_int_equal(sip_target_parse(&p.target, host), 0);
	assert_int_equal(client_new(&client, sip, &p), 0);
	assert_int_equal(client_start(client), 0);
	assert_int_equal(n_sent, 0);
	wire_settle();
}

static void start_with(const struct sip_account *other, const char *host)
{
	struct sip_auth *a;

	assert_int_equal(sip_auth_new(&a, other), 0);
	start_by(a, host);
	sip_auth_unref(a);
}

static void start(void)
{
	start_by(auth, PEER);
}

static int begin(void **state, bool v6)
{
	assert_int_equal(sip_auth_new(&auth, &account), 0);
	code = 0;
	n_finals = n_asked = 0;
	silence_ms = 0;
	from_the_wire = false;
	wire_has_v6 = v6;
	note[0] = '\0';
	return wire_set_up(state);
}

static int set_up(void **state)
{
	return begin(state, false);
}

static int set_up_two(void **state)
{
	return begin(state, true);
}

static int tear_down(void **state)
{
	client_free(client);
	client = NULL;
	sip_auth_unref(auth);
	auth = NULL;
	return wire_tear_down(state);
}

static void challenge(int c, const char *values)
{
	char more[2048];

	str_printf(more, sizeof(more), "%s: %s\r\n",
		   c == 401 ? "WWW-Authenticate" : "Proxy-Authenticate",
		   values);
	wire_answer(last(), c, "t", more, "");
}

static void a_challenge_is_answered_with_a_new_branch_and_cseq(void **state)
{
	const char *a, *b;

	(void)state;
	start();
	challenge(401, NONCE("n1"));
	assert_int_equal(n_sent, 2);
	a = sent[0].text;
	b = sent[1].text;
	assert_string_not_equal(branch_of(a), branch_of(b));
	assert_string_equal(header(b, "CSeq"), "6 OPTIONS");
	assert_string_equal(header(b, "Call-ID"), "abc");
	assert_string_equal(header(b, "From"), header(a, "From"));
	assert_string_equal(header(b, "To"), "<sip:example.com>");
	assert_null(header_nth(b, "Via", 1));
	assert_non_null(strstr(header(b, "Authorization"), "nonce=\"n1\""));
	assert_non_null(strstr(header(b, "Authorization"), "nc=00000001"));
	assert_non_null(strstr(header(b, "Authorization"), "opaque=\"\""));
	wire_simple(b, 200);
	assert_int_equal(code, 200);
	assert_int_equal(n_finals, 1);
}

static void a_407_is_answered_to_the_proxy(void **state)
{
	(void)state;
	start();
	challenge(407, NONCE("n1"));
	assert_non_null(header(last(), "Proxy-Authorization"));
	assert_null(header(last(), "Authorization"));
	challenge(401, NONCE("n2"));
	assert_non_null(header(last(), "Proxy-Authorization"));
	assert_non_null(strstr(header(last(), "Authorization"), "n2"));
	assert_non_null(strstr(header(last(), "Proxy-Authorization"),
			       "nc=00000002"));
	wire_simple(last(), 200);
	assert_int_equal(code, 200);
}

static void a_second_refusal_means_wrong_credentials(void **state)
{
	(void)state;
	start();
	challenge(401, NONCE("n1"));
	challenge(401, NONCE("n2"));
	assert_int_equal(n_sent, 2);
	assert_int_equal(code, 401);
	assert_string_equal(note, "wrong credentials");
}

static void stale_is_believed_once(void **state)
{
	(void)state;
	start();
	challenge(401, NONCE("n1"));
	challenge(401, NONCE("n2") ", stale=true");
	assert_int_equal(n_sent, 3);
	challenge(401, NONCE("n3") ", stale=true");
	assert_int_equal(n_sent, 3);
	assert_string_equal(note, "wrong credentials");
}

static void ever_new_realms_are_bounded(void **state)
{
	char value[128];

	(void)state;
	start();
	for (int i = 0; i < 10 && !n_finals; i++) {
		str_printf(value, sizeof(value),
			   "Digest realm=\"r%d\", nonce=\"n\"", i);
		challenge(401, value);
	}
	assert_int_equal(n_sent, 1 + CREDENTIALS_OF_KIND);
	assert_int_equal(code, 401);
}

static void a_known_nonce_is_used_before_being_asked(void **state)
{
	(void)state;
	start();
	challenge(401, NONCE("n1"));
	wire_simple(last(), 200);
	wire_forget();
	start();
	assert_non_null(strstr(header(last(), "Authorization"),
			       "nc=00000002"));
	/* It has become old; being told so without "stale" is no refusal. */
	challenge(401, NONCE("n2"));
	assert_int_equal(n_sent, 2);
	assert_non_null(strstr(header(last(), "Authorization"),
			       "nc=00000001"));
	wire_simple(last(), 200);
	assert_int_equal(code, 200);
}

static void without_password_no_hash_leaves(void **state)
{
	static const struct sip_account none = { "bob", NULL, NULL };
	static const struct sip_account foreign = { "bob", "s", "mine" };

	(void)state;
	start_with(&none, PEER);
	challenge(401, NONCE("n1"));
	assert_string_equal(note, "no password");
	wire_forget();
	start_by(NULL, PEER);
	challenge(401, NONCE("n1"));
	assert_string_equal(note, "no account");
	wire_forget();
	start_with(&foreign, PEER);
	challenge(401, NONCE("n1"));
	assert_string_equal(note, "foreign realm: r");
	assert_int_equal(n_sent, 1);
}

static void the_first_known_of_several_challenges_is_taken(void **state)
{
	(void)state;
	start();
	wire_answer(last(), 401, "t",
		    "WWW-Authenticate: Digest realm=\"r\", nonce=\"x\", "
		    "algorithm=SHA-512\r\n"
		    "WWW-Authenticate: Digest realm=\"r\", nonce=\"y\", "
		    "algorithm=SHA-256\r\n"
		    "WWW-Authenticate: Digest realm=\"r\", nonce=\"z\"\r\n", "");
	assert_non_null(strstr(header(last(), "Authorization"),
			       "nonce=\"y\""));
	assert_null(header_nth(last(), "Authorization", 1));
}

/* RFC 3261 22.3: a proxy that forked collects them.                           */
static void challenges_of_both_kinds_are_answered_together(void **state)
{
	static const int codes[] = { 401, 407 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sip_auth_unref(auth);
		assert_int_equal(sip_auth_new(&auth, &account), 0);
		wire_forget();
		start();
		wire_answer(last(), codes[i], "t",
			    "Proxy-Authenticate: Digest realm=\"p\", "
			    "nonce=\"x\"\r\n"
			    "WWW-Authenticate: Digest realm=\"w\", "
			    "nonce=\"y\"\r\n", "");
		assert_non_null(strstr(header(last(), "Authorization"),
				       "realm=\"w\""));
		assert_non_null(strstr(header(last(), "Proxy-Authorization"),
				       "realm=\"p\""));
		wire_simple(last(), 200);
		assert_int_equal(code, 200);
	}
}

static void an_unknown_challenge_is_final(void **state)
{
	(void)state;
	start();
	challenge(401, "NTLM xyz");
	assert_int_equal(code, 401);
	assert_string_equal(note, "no known challenge: NTLM");
	wire_forget();
	start();
	wire_answer(last(), 407, "t", "", "");
	assert_int_equal(code, 407);
	assert_string_equal(note, "no known challenge: none at all");
}

static void a_503_of_the_only_address_is_final(void **state)
{
	(void)state;
	start();
	wire_simple(last(), 503);
	assert_int_equal(n_sent, 1);
	assert_int_equal(code, 503);
}

/* "localhost" has two addresses in the hosts file of most machines; only the
 * IPv4 one can be reached from here.                                          */
static void a_name_is_resolved_before_it_is_tried(void **state)
{
	(void)state;
	start_by(auth, "localhost:5099");
	for (int i = 0; i < 200 && !n_sent && !n_finals; i++)
		loop_once(wire_loop, 10);
	assert_int_equal(n_sent, 1);
	assert_int_equal(addr_port(&sent[0].to), 5099);
	assert_int_equal(sent[0].to.sa.sa_family, AF_INET);
}

static void a_family_without_socket_is_no_way(void **state)
{
	(void)state;
	start_by(auth, "[2001:db8::1]:5060");
	wire_pass(1);
	assert_int_equal(code, 503);
	assert_int_equal(n_sent, 0);
}

/* ---- RFC 3263 4.3: the next server ----------------------------------------- */

static void a_silent_server_is_left_after_its_share_of_timer_f(void **state)
{
	(void)state;
	start_by(auth, "localhost:5099");
	assert_int_equal(sent[0].to.sa.sa_family, AF_INET);
	wire_pass(64 * 500 / CLIENT_SHARE - 1);
	assert_int_equal(sent[n_sent - 1].to.sa.sa_family, AF_INET);
	wire_pass(1);
	assert_int_equal(sent[n_sent - 1].to.sa.sa_family, AF_INET6);
	assert_string_not_equal(branch_of(last()), branch_of(sent[0].text));
	assert_string_equal(header(last(), "Call-ID"), "abc");
	/* The last one has all of Timer F.                                   */
	wire_pass(31999);
	assert_int_equal(n_finals, 0);
	wire_pass(1);
	assert_int_equal(code, 408);
}

static void who_has_little_time_gives_the_last_server_no_more(void **state)
{
	(void)state;
	silence_ms = 4000;
	start();
	wire_pass(3999);
	assert_int_equal(n_finals, 0);
	assert_int_equal(n_sent, 4);
	wire_pass(1);
	assert_int_equal(code, 408);
	assert_string_equal(note, "no answer from udp:" PEER);
}

static void after_503_the_next_server_is_asked_at_once(void **state)
{
	(void)state;
	start_by(auth, "localhost:5099");
	wire_simple(last(), 503);
	assert_int_equal(n_sent, 2);
	assert_int_equal(sent[1].to.sa.sa_family, AF_INET6);
	wire_simple(last(), 200);
	assert_int_equal(code, 200);
	/* The one that was unwell rests: it comes last for the next request. */
	wire_forget();
	start_by(auth, "localhost:5099");
	assert_int_equal(sent[0].to.sa.sa_family, AF_INET6);
}

static void a_refusal_of_the_request_is_not_taken_elsewhere(void **state)
{
	(void)state;
	start_by(auth, "localhost:5099");
	wire_simple(last(), 486);
	assert_int_equal(n_sent, 1);
	assert_int_equal(code, 486);
}

/* ---- 8.1.3.4, 8.1.3.5: the owner may have it sent again ------------------- */

static void the_owner_may_repeat_it_a_few_times(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 10 && !n_finals; i++)
		wire_simple(last(), 420);
	assert_int_equal(n_sent, 1 + CLIENT_MAX_AGAIN);
	assert_int_equal(n_asked, CLIENT_MAX_AGAIN);
	assert_string_equal(header(last(), "CSeq"), "9 OPTIONS");
	assert_int_equal(code, 420);
}

static void the_owner_may_send_it_elsewhere(void **state)
{
	(void)state;
	start();
	wire_simple(last(), 302);
	assert_int_equal(n_sent, 2);
	assert_int_equal(addr_port(&sent[1].to), 5070);
	assert_string_equal(header(last(), "CSeq"), "6 OPTIONS");
	wire_simple(last(), 200);
	assert_int_equal(code, 200);
}

/* A realm that is met first at a server that the wire has named.              */
static void a_learned_target_gets_no_hash_for_a_new_realm(void **state)
{
	(void)state;
	from_the_wire = true;
	start();
	challenge(401, NONCE("n1"));
	assert_int_equal(n_sent, 1);
	assert_int_equal(code, 401);
	assert_string_equal(note, "challenged by a server that is not the "
			    "carrier's");
}

static void freed_early_it_tells_nothing(void **state)
{
	(void)state;
	start();
	client_free(client);
	client = NULL;
	wire_simple(last(), 200);
	assert_int_equal(n_finals, 0);
}

#define TWO(test) cmocka_unit_test_setup_teardown(test, set_up_two, tear_down)
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_challenge_is_answered_with_a_new_branch_and_cseq),
		CASE(a_407_is_answered_to_the_proxy),
		CASE(a_second_refusal_means_wrong_credentials),
		CASE(stale_is_believed_once),
		CASE(ever_new_realms_are_bounded),
		CASE(a_known_nonce_is_used_before_being_asked),
		CASE(without_password_no_hash_leaves),
		CASE(the_first_known_of_several_challenges_is_taken),
		CASE(challenges_of_both_kinds_are_answered_together),
		CASE(an_unknown_challenge_is_final),
		CASE(a_503_of_the_only_address_is_final),
		CASE(a_name_is_resolved_before_it_is_tried),
		CASE(a_family_without_socket_is_no_way),
		TWO(a_silent_server_is_left_after_its_share_of_timer_f),
		CASE(who_has_little_time_gives_the_last_server_no_more),
		TWO(after_503_the_next_server_is_asked_at_once),
		TWO(a_refusal_of_the_request_is_not_taken_elsewhere),
		CASE(the_owner_may_repeat_it_a_few_times),
		CASE(the_owner_may_send_it_elsewhere),
		CASE(a_learned_target_gets_no_hash_for_a_new_realm),
		CASE(freed_early_it_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
