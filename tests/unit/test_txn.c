/*
 * test_txn.c - the transaction index and its timers.
 * Needs: sip_wire.h; all of core/sip and core/base; osip2, cares, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "sip_wire.h"

#include <time.h>

#include "sip/build.h"
#include "sip/msg.h"
#include "sip/txn.h"

static unsigned int n_told;
static int told_code;

/* The request is ours again with the final answer, and not one event longer.  */
static void told(void *arg, const osip_message_t *resp, int code,
		 const char *note)
{
	(void)resp;
	(void)note;
	n_told++;
	told_code = code;
	if (code >= 200)
		osip_message_free(arg);
}

static struct txn *send_request(const char *method)
{
	osip_message_t *m = NULL;
	char branch[STACK_BRANCH_LEN];
	struct addr to;
	struct hop hop;
	struct buf text;
	struct wire wire;
	struct txn *t = NULL;

	buf_init(&text, 2048);
	buf_printf(&text, "%s sip:example.com SIP/2.0\r\n"
		   "From: <sip:a@example.com>;tag=1\r\n"
		   "To: <sip:example.com>\r\nCall-ID: abc\r\n"
		   "CSeq: 1 %s\r\n\r\n", method, method);
	assert_int_equal(build_parse(&m, &text), 0);
	buf_deinit(&text);
	stack_branch(sip, branch);
	assert_int_equal(build_set_via(m, SIP_UDP, "198.51.100.1:5060", branch),
			 0);
	assert_int_equal(addr_parse(&to, PEER, 0), 0);
	wire_hop(&hop, &to);
	assert_int_equal(build_wire(m, &wire), 0);
	assert_int_equal(txn_client(&t, sip, m, wire, &hop, told, m), 0);
	return t;
}

static int set_up(void **state)
{
	n_told = 0;
	told_code = 0;
	return wire_set_up(state);
}

static size_t live(void)
{
	struct sip_stats st;

	sip_get_stats(sip, &st);
	return st.transactions;
}

static void timer_e_slows_to_t2_after_a_provisional(void **state)
{
	static const int64_t at[] = { 0, 500, 1500, 5500, 9500 };

	(void)state;
	send_request("OPTIONS");
	wire_pass(600);
	wire_simple(last(), 100);
	wire_pass(9400);
	assert_int_equal(n_sent, ARRAY_LEN(at));
	for (size_t i = 0; i < n_sent; i++)
		assert_int_equal(sent[i].at_ms, at[i]);
	wire_pass(22000);
	assert_int_equal(told_code, 408);
	assert_int_equal(live(), 0);
}

static void timer_k_absorbs_repeated_answers(void **state)
{
	struct sip_stats st;

	(void)state;
	send_request("OPTIONS");
	wire_simple(last(), 200);
	wire_pass(4999);
	wire_simple(sent[0].text, 200);
	assert_int_equal(n_told, 1);
	assert_int_equal(live(), 1);
	wire_pass(1);
	assert_int_equal(live(), 0);
	wire_simple(sent[0].text, 200);
	sip_get_stats(sip, &st);
	assert_int_equal(st.stray, 1);
}

static void a_2xx_ends_an_invite_at_once(void **state)
{
	(void)state;
	send_request("INVITE");
	wire_simple(last(), 200);
	assert_int_equal(told_code, 200);
	assert_int_equal(live(), 0);
	assert_int_equal(n_sent, 1);
}

static void a_detached_ringing_invite_is_bounded(void **state)
{
	struct txn *t;

	(void)state;
	t = send_request("INVITE");
	wire_simple(last(), 180);
	txn_detach(t);
	wire_pass(31999);
	assert_int_equal(live(), 1);
	wire_pass(2);
	assert_int_equal(live(), 0);
	assert_int_equal(n_told, 1);
}

static void answers_of_another_method_or_call_are_foreign(void **state)
{
	char text[1024];
	const char *via;
	struct txn *t;

	(void)state;
	t = send_request("OPTIONS");
	via = header(last(), "Via");
	str_printf(text, sizeof(text), "SIP/2.0 200 OK\r\nVia: %s\r\n"
		   "From: <sip:a@example.com>;tag=1\r\n"
		   "To: <sip:example.com>;tag=x\r\nCall-ID: abc\r\n"
		   "CSeq: 1 INVITE\r\n\r\n", via);
	wire_receive(text);
	str_printf(text, sizeof(text), "SIP/2.0 200 OK\r\nVia: %s\r\n"
		   "From: <sip:a@example.com>;tag=1\r\n"
		   "To: <sip:example.com>;tag=x\r\nCall-ID: other\r\n"
		   "CSeq: 1 OPTIONS\r\n\r\n", via);
	wire_receive(text);
	str_printf(text, sizeof(text), "SIP/2.0 200 OK\r\nVia: %s\r\n"
		   "From: <sip:a@example.com>;tag=2\r\n"
		   "To: <sip:example.com>;tag=x\r\nCall-ID: abc\r\n"
		   "CSeq: 1 OPTIONS\r\n\r\n", via);
	wire_receive(text);
	assert_int_equal(n_told, 0);
	txn_detach(t);
}

static struct txn *take_invite(void)
{
	static const char text[] = "INVITE sip:a@h SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKi\r\n"
		"From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\n"
		"Call-ID: i\r\nCSeq: 1 INVITE\r\n\r\n";
	osip_message_t *m = NULL;
	struct txn *t = NULL;
	struct addr to;
	struct hop hop;
	const char *why;

	assert_int_equal(addr_parse(&to, PEER, 0), 0);
	wire_hop(&hop, &to);
	assert_int_equal(msg_parse(&m, text, strlen(text), &why), 0);
	assert_int_equal(txn_server(&t, sip, m, &hop), 0);
	return t;
}

static osip_message_t *answer_of(const char *more)
{
	osip_message_t *m = NULL;
	const char *why;
	struct buf b;

	buf_init(&b, 100000);
	buf_puts(&b, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKi\r\n"
		 "From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>;tag=2\r\n"
		 "Call-ID: i\r\nCSeq: 1 INVITE\r\n\r\n");
	assert_int_equal(msg_parse(&m, b.data, b.len, &why), 0);
	buf_deinit(&b);
	assert_int_equal(build_add_header(m, "X", more), 0);
	return m;
}

static void count(void *arg)
{
	++*(int *)arg;
}

/* Nobody can hold it, nor has to wait for minutes until it goes.              */
static void what_cannot_be_answered_is_gone_at_once(void **state)
{
	static char more[BUILD_MESSAGE_MAX + 1];
	struct txn *t = take_invite();

	(void)state;
	memset(more, 'x', sizeof(more) - 1);
	assert_int_equal(txn_answer(t, answer_of(more)), -EMSGSIZE);
	assert_int_equal(live(), 0);
	assert_int_equal(n_sent, 0);
	t = take_invite();
	assert_int_equal(txn_answer(t, answer_of("x")), 0);
	assert_int_equal(txn_answer(t, answer_of("x")), -EALREADY);
	assert_int_equal(live(), 1);
	txn_confirm(t);
}

/* Whoever holds it hears of its end, however it came.                         */
static void the_end_without_ack_is_always_told(void **state)
{
	struct txn *t = take_invite();
	int n = 0;

	(void)state;
	txn_on_no_ack(t, count, &n);
	wire_pass(330000);
	assert_int_equal(n, 1);
	t = take_invite();
	assert_int_equal(txn_answer(t, answer_of("x")), 0);
	txn_on_no_ack(t, count, &n);
	wire_pass(32000);
	assert_int_equal(n, 2);
	assert_int_equal(live(), 0);
}

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cost_of(unsigned int n)
{
	double start = cpu_s();

	for (unsigned int i = 0; i < n; i++) {
		n_sent = 0;
		send_request("OPTIONS");
		wire_simple(last(), 100);
		free(sent[0].text);
	}
	n_sent = 0;
	return (cpu_s() - start) / n;
}

/* osip's own lists made this a hundred times dearer.                          */
static void ten_thousand_live_transactions_cost_no_more_than_few(void **state)
{
	double few, many;

	(void)state;
	few = cost_of(500);
	wire_mute = true;
	for (int i = 0; i < 10000; i++)
		send_request("INVITE");
	wire_mute = false;
	many = cost_of(500);
	print_message("%.1f us with few, %.1f us with 10,000 live\n",
		      few * 1e6, many * 1e6);
	assert_true(many < 10 * few);
	assert_int_equal(live(), 11000);
	wire_mute = true;
	wire_pass(40000);
	assert_int_equal(live(), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, wire_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(timer_e_slows_to_t2_after_a_provisional),
		CASE(timer_k_absorbs_repeated_answers),
		CASE(a_2xx_ends_an_invite_at_once),
		CASE(a_detached_ringing_invite_is_bounded),
		CASE(answers_of_another_method_or_call_are_foreign),
		CASE(what_cannot_be_answered_is_gone_at_once),
		CASE(the_end_without_ack_is_always_told),
		CASE(ten_thousand_live_transactions_cost_no_more_than_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
