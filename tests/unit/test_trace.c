/*
 * test_trace.c - the ring of messages: bounded, in order, found by Call-ID.
 * Needs core/sip/{trace,trace_redact,lines,names}.c and core/base.
 */
/* SPDX-License-Identifier: MIT */
#include "trace_bench.h"

static const char *message(const char *call_id, unsigned int number,
			   size_t body)
{
	static char text[70000];
	int n = snprintf(text, sizeof(text), "MESSAGE sip:a@b SIP/2.0\r\n"
			 "CSeq: %u MESSAGE\r\nCall-ID: %s\r\n\r\n", number,
			 call_id);

	memset(text + n, 'b', body);
	text[(size_t)n + body] = '\0';
	return text;
}

static unsigned int number_of(const struct sip_trace_message *m)
{
	const char *p = strstr(m->data, "CSeq: ");

	assert_non_null(p);
	return (unsigned int)strtoul(p + 6, NULL, 10);
}

static void a_message_is_kept_as_it_was(void **state)
{
	struct hop h = hop_of(SIP_TLS, "[::1]:5061", "[2001:db8::2]:9");
	const char *text = "BYE x\r\nCall-ID: c@h\r\n\r\n\x00\xff";
	struct sip_trace_message m;

	(void)state;
	pass_us(1234567);
	add_bytes(true, &h, text, 25);
	assert_int_equal(read_call("c@h"), 1);
	m = nth(0);
	assert_true(m.sent);
	assert_int_equal(m.transport, SIP_TLS);
	assert_true(addr_equal(&m.local, &h.local));
	assert_true(addr_equal(&m.remote, &h.remote));
	assert_int_equal(m.wall_ms, WALL + 1234);
	assert_int_equal(m.mono_ns, 1000 * S_NS + 1234567000);
	assert_int_equal(m.len, 25);
	assert_int_equal(m.cut, 0);
	assert_memory_equal(m.data, text, 25);
}

static void a_call_comes_whole_and_in_order_among_others(void **state)
{
	char id[16];

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "call%u", i % 250);
		add(i % 2, message(id, i, i % 61));
	}
	for (unsigned int i = 0; i < 250; i++) {
		snprintf(id, sizeof(id), "call%u", i);
		assert_int_equal(read_call(id), 4);
		for (unsigned int k = 0; k < 4; k++) {
			struct sip_trace_message m = nth(k);

			assert_int_equal(number_of(&m), k * 250 + i);
			assert_int_equal(m.sent, i % 2);
		}
	}
	assert_int_equal(read_call("call250"), 0);
	assert_int_equal(read_call(""), 0);
	assert_int_equal(read_call("CALL1"), 0);
}

enum { CALLS = 7 };

/* The first number of each of the calls; their messages are without a gap.    */
static unsigned int first_of(unsigned int call, unsigned int last,
			     size_t *bytes)
{
	char id[16];
	unsigned int total;

	snprintf(id, sizeof(id), "call%u", call);
	total = (unsigned int)read_call(id);
	assert_in_range(total, 1, TRACE_CALL_MAX);
	*bytes += copy.len;
	for (unsigned int k = 0; k < total; k += 13) {
		struct sip_trace_message m = nth(k);

		assert_int_equal(number_of(&m),
				 last - (total - 1 - k) * CALLS);
	}
	return last - (total - 1) * CALLS;
}

/* The last messages stay, the first ones go, one after the other.             */
static void the_oldest_make_room(void **state)
{
	unsigned int before = 0, oldest, first;
	size_t bytes;
	char id[16];

	(void)state;
	for (unsigned int i = 1; i <= 20000; i++) {
		snprintf(id, sizeof(id), "call%u", i % CALLS);
		add(true, message(id, i, (i * 7919) % 3000));
		if (i % 97)
			continue;
		bytes = 0;
		oldest = i;
		for (unsigned int last = i; last > i - CALLS; last--) {
			first = first_of(last % CALLS, last, &bytes);
			if (first < oldest)
				oldest = first;
		}
		/* Never more than was asked for, and not much less.           */
		assert_true(bytes <= 1 << 20);
		assert_true(i < 2000 || bytes > (1 << 20) * 8 / 10);
		assert_true(oldest >= before);
		before = oldest;
	}
}

/* A registration may go on for weeks: its messages are not walked through.    */
static void of_a_long_call_the_last_messages_are_shown(void **state)
{
	const unsigned int n = 3000000, rest = TRACE_CALL_MAX;
	struct hop h = hop_of(SIP_UDP, "192.0.2.1:5060", "192.0.2.9:5062");
	struct sip_trace_message m;
	char text[64];

	(void)state;
	tear_down(NULL);
	assert_int_equal(open_with(16 << 20), 0);
	for (unsigned int i = 1; i <= n; i++) {
		/* Ours begins; theirs asks whether it is known.               */
		int len = snprintf(text, sizeof(text), "%s\r\nCSeq: %u x\r\n"
				   "i:one\r\n\r\n", i % 2 ? "M" : "SIP/2.0 ",
				   i);

		trace_add(trace, i % 2, &h, text, (size_t)len);
		if (i == rest || i == rest + 1 || i % 10000 == 0) {
			assert_int_equal(read_call("one"), rest);
			m = nth(0);
			assert_int_equal(number_of(&m), i - rest + 1);
		}
	}
	/* And it leaves the ring as any other does.                           */
	for (unsigned int i = 0; i < 20; i++) {
		size_t left = read_call("one");

		assert_true(left <= rest);
		if (left && left < rest) {
			m = nth(left - 1);
			assert_int_equal(number_of(&m), n);
		}
		for (unsigned int k = 0; k < 1000; k++)
			add(true, message("other", k, 1000));
	}
	assert_int_equal(read_call("one"), 0);
}

static void a_call_that_has_left_the_ring_is_not_found(void **state)
{
	(void)state;
	add(true, message("first", 1, 0));
	for (unsigned int i = 0; i < 3000; i++)
		add(true, message("other", i, 500));
	assert_int_equal(read_call("first"), 0);
	add(true, message("first", 2, 0));
	assert_int_equal(read_call("first"), 1);
}

static void a_flood_of_strangers_pushes_no_call_out(void **state)
{
	char id[16];

	(void)state;
	add(true, message("ours", 1, 500));
	for (unsigned int i = 0; i < 5000; i++) {
		str_printf(id, sizeof(id), "s%u", i);
		add(false, message(id, 1, 500));
		add(true, "SIP/2.0 403 Forbidden\r\nCall-ID: s\r\n\r\n");
	}
	add(false, message("ours", 2, 500));
	assert_int_equal(read_call("ours"), 2);
	assert_int_equal(read_call("s4999"), 1);
	assert_int_equal(read_call("s0"), 0);
}

static void a_message_longer_than_its_share_is_cut(void **state)
{
	struct sip_trace_message m;

	(void)state;
	add(true, message("long", 1, 66000));
	assert_int_equal(read_call("long"), 1);
	m = nth(0);
	assert_int_equal(m.len, TRACE_MESSAGE_MAX);
	assert_int_equal(m.len + m.cut, strlen(message("long", 1, 66000)));
}

static void the_smallest_ring_keeps_long_messages_too(void **state)
{
	(void)state;
	tear_down(NULL);
	assert_int_equal(open_with(1), 0);
	for (unsigned int i = 0; i < 500; i++) {
		add(true, message("long", i, (i * 131) % 66000));
		assert_in_range(read_call("long"), 1, 100);
		assert_true(copy.len <= TRACE_BYTES_MIN);
	}
}

static void what_has_no_call_id_is_not_kept(void **state)
{
	char id[400];

	(void)state;
	add(true, "");
	add(true, "\r\n\r\n");
	add(true, "OPTIONS sip:a SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n");
	memset(id, 'x', sizeof(id));
	id[TRACE_CALL_ID_MAX + 1] = '\0';
	add(true, message(id, 1, 0));
	assert_int_equal(read_call(id), 0);
	id[TRACE_CALL_ID_MAX] = '\0';
	add(true, message(id, 1, 0));
	assert_int_equal(read_call(id), 1);
}

static void secrets_are_gone_before_it_is_kept(void **state)
{
	(void)state;
	add(true, "REGISTER sip:h SIP/2.0\r\nCall-ID: r\r\n"
	    "Authorization: Digest username=\"bob\", response=\"0123\"\r\n\r\n");
	assert_int_equal(read_call("r"), 1);
	assert_non_null(strstr(nth(0).data, "username=\"bob\""));
	assert_non_null(strstr(nth(0).data, "response=\"****\""));
}

/* A Call-ID that looks like a URI with a password.                            */
static void a_call_is_found_by_the_id_that_was_on_the_wire(void **state)
{
	(void)state;
	add(true, message("sip:a:b@c", 1, 0));
	assert_int_equal(read_call("sip:a:b@c"), 1);
	assert_non_null(strstr(nth(0).data, "sip:a:*@c"));
}

static void no_trace_keeps_nothing(void **state)
{
	struct hop h = hop_of(SIP_UDP, "192.0.2.1:1", "192.0.2.2:2");

	(void)state;
	trace_add(NULL, true, &h, "x", 1);
	assert_int_equal(trace_copy(NULL, "x", &copy), -ENOENT);
	trace_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_message_is_kept_as_it_was),
		CASE(a_call_comes_whole_and_in_order_among_others),
		CASE(the_oldest_make_room),
		CASE(of_a_long_call_the_last_messages_are_shown),
		CASE(a_call_that_has_left_the_ring_is_not_found),
		CASE(a_flood_of_strangers_pushes_no_call_out),
		CASE(a_message_longer_than_its_share_is_cut),
		CASE(the_smallest_ring_keeps_long_messages_too),
		CASE(what_has_no_call_id_is_not_kept),
		CASE(secrets_are_gone_before_it_is_kept),
		CASE(a_call_is_found_by_the_id_that_was_on_the_wire),
		CASE(no_trace_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
