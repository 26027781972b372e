/*
 * test_conn_in.c - connections that strangers open: how many, for how long.
 * Needs: core/sip/conn.c conn_io.c conn_time.c listener.c stream_frame.c tls.c
 * tls_peer.c names.c; core/base; ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "conn_bench.h"

#include <sys/resource.h>

#include "sip/conn_impl.h"

static struct listener *listener;
static struct addr bound;

static int listen_at(const char *ip)
{
	struct listener_config cfg = {
		.loop = loop, .conns = conns, .transport = SIP_TCP, .sock = 3,
	};

	if (addr_parse_ip(&cfg.addr, ip, 0))
		return -EINVAL;
	return listener_open(&listener, &cfg, &bound);
}

static int set_up(void **state)
{
	listener = NULL;
	return bench_set_up(state) || listen_at("127.0.0.1");
}

static int tear_down(void **state)
{
	listener_close(listener);
	return bench_tear_down(state);
}

static void a_request_is_answered_by_its_connection(void **state)
{
	int fd = call_in(&bound);
	struct addr own;
	socklen_t len = sizeof(own);

	(void)state;
	reply = ANSWER;
	say(fd, OPTIONS);
	hear(fd, ANSWER);
	assert_int_equal(getsockname(fd, &own.sa, &len), 0);
	assert_true(addr_equal(&message_from.remote, &own));
	assert_true(addr_equal(&message_from.local, &bound));
	assert_int_equal(message_from.sock, 3);
	close(fd);
	UNTIL(!conns_count(conns));
}

static void ipv6_is_taken_in_by_itself(void **state)
{
	int fd;

	(void)state;
	listener_close(listener);
	listener = NULL;
	if (listen_at("::1"))
		skip();
	fd = call_in(&bound);
	reply = ANSWER;
	say(fd, OPTIONS);
	hear(fd, ANSWER);
	close(fd);
}

static void a_taken_port_is_an_error(void **state)
{
	struct listener_config cfg = {
		.loop = loop, .conns = conns, .addr = bound,
	};
	struct listener *second = NULL;
	struct addr a;

	(void)state;
	assert_int_equal(listener_open(&second, &cfg, &a), -EADDRINUSE);
	assert_null(second);
}

/* RFC 3261 18.1.1: no second connection to whoever has one to us.            */
static void a_request_goes_back_by_the_connection_it_came_from(void **state)
{
	int fd = call_in(&bound);
	struct addr own;
	socklen_t len = sizeof(own);
	struct hop h;

	(void)state;
	assert_int_equal(getsockname(fd, &own.sa, &len), 0);
	h = go_to(&own);
	assert_int_equal(conns_count(conns), 1);
	assert_int_equal(bench_send(&h, "BYE"), 0);
	hear(fd, "BYE");
	close(fd);
}

static void a_stranger_who_says_nothing_is_sent_away(void **state)
{
	int silent = call_in(&bound), talker = call_in(&bound);

	(void)state;
	say(talker, OPTIONS);
	UNTIL(n_messages);
	/* Empty lines are no message.                                        */
	say(silent, "\r\n\r\n");
	hear(silent, "\r\n");
	pass_ms(CONN_STRANGER_MS - 1);
	assert_int_equal(conns_count(conns), 2);
	pass_ms(1);
	hear(silent, "");
	close(silent);
	UNTIL(conns_count(conns) == 1);
	hear_nothing(talker);
	close(talker);
}

/* A byte now and then does not buy more time.                                */
static void a_message_has_to_be_finished(void **state)
{
	int fd = call_in(&bound);
	int sent = 0;

	(void)state;
	say(fd, OPTIONS);
	UNTIL(n_messages);
	say(fd, "OPTIONS sip:");
	settle();
	for (; sent < 100 && conns_count(conns); sent++) {
		(void)send(fd, "x", 1, MSG_NOSIGNAL);
		pass_ms(1000);
	}
	assert_in_range(sent, CONN_HALF_MS / 1000 - 1,
			CONN_HALF_MS / 1000 + 3);
	close(fd);
}

static void a_message_in_small_pieces_is_fine(void **state)
{
	int fd = call_in(&bound);

	(void)state;
	for (const char *p = OPTIONS; *p; p++) {
		say(fd, (char[]){ *p, '\0' });
		pass_ms(500);
	}
	UNTIL(n_messages);
	assert_string_equal(message, OPTIONS);
	close(fd);
}

static void noise_is_closed_without_an_answer(void **state)
{
	int fd = call_in(&bound);

	(void)state;
	say(fd, "GET / HTTP/1.0\r\n\r\n");
	UNTIL(n_broken);
	hear(fd, "");
	assert_int_equal(n_messages, 0);
	close(fd);
	UNTIL(!conns_count(conns));
}

/* It keeps its end open: it is closed all the same.                          */
static void one_that_does_not_close_is_closed(void **state)
{
	int fd = call_in(&bound);

	(void)state;
	say(fd, "noise\r\n");
	UNTIL(n_broken);
	assert_int_equal(conns_count(conns), 1);
	pass_ms(1000);
	assert_int_equal(conns_count(conns), 0);
	close(fd);
}

static bool is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void the_number_of_strangers_is_bounded(void **state)
{
	struct rlimit old, more = { 4096, 4096 };
	static int fds[CONN_INBOUND_MAX + 10];

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	more.rlim_max = old.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &more))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		/* The first ones are good customers, and the oldest.         */
		bool customer = i < 5;
		size_t before = n_messages;

		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fds[i], &bound.sa, addr_len(&bound)),
				 0);
		clock_advance(&bench_clock, MS_NS);
		if (customer) {
			say(fds[i], OPTIONS);
			UNTIL(n_messages > before);
		}
		loop_once(loop, 0);
	}
	UNTIL(is_closed(fds[14]));
	assert_true(conns_count(conns) <= CONN_INBOUND_MAX);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		assert_int_equal(is_closed(fds[i]), i >= 5 && i < 15);
		close(fds[i]);
	}
	UNTIL(!conns_count(conns));
	setrlimit(RLIMIT_NOFILE, &old);
}

/* ---- those who ask and do not listen --------------------------------------- */

/* The kernel takes little of what is for it.                                 */
static int call_in_deaf(void)
{
	const int little = 4096;
	size_t before = conns_count(conns);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	assert_int_equal(connect(fd, &bound.sa, addr_len(&bound)), 0);
	UNTIL(conns_count(conns) > before);
	setsockopt(LIST_FIRST(&conns->list)->lfd.fd, SOL_SOCKET, SO_SNDBUF,
		   &little, sizeof(little));
	return fd;
}

static char *long_answer(size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	return text;
}

/* Asks once; false if the connection is gone.                                */
static bool asks(int fd)
{
	size_t before = n_messages, n = conns_count(conns);

	if (send(fd, OPTIONS, strlen(OPTIONS), MSG_NOSIGNAL) < 0)
		return false;
	UNTIL(n_messages > before || conns_count(conns) < n);
	loop_once(loop, 0);
	return n_messages > before && conns_count(conns) == n;
}

static void who_does_not_listen_is_given_up(void **state)
{
	int fd = call_in_deaf(), other = call_in(&bound);
	char *text = long_answer(3000);
	size_t n = 0;

	(void)state;
	reply = text;
	while (asks(fd)) {
		n++;
		assert_true(conns->held <= 2 * CONN_INBOUND_OUT_MAX);
	}
	assert_in_range(n, CONN_INBOUND_OUT_MAX / 3000,
			CONN_INBOUND_OUT_MAX / 3000 + 20);
	assert_int_equal(conns_count(conns), 1);
	assert_int_equal(conns->held, 0);
	reply = ANSWER;
	say(other, OPTIONS);
	hear(other, ANSWER);
	close(fd);
	close(other);
	free(text);
}

/* Who listens slowly gets all of it, in order.                               */
static void who_listens_slowly_hears_everything(void **state)
{
	int fd = call_in_deaf();
	char text[1000], got[1000];
	size_t n = 0, heard = 0;

	(void)state;
	memset(text, '.', sizeof(text));
	reply = text;
	for (; n < 300; n++) {
		str_printf(text, sizeof(text), "%0*zu", 999, n);
		assert_true(asks(fd));
		if (n < 100)
			continue;
		assert_int_equal(recv(fd, got, 999, MSG_WAITALL), 999);
		str_printf(text, sizeof(text), "%0*zu", 999, heard++);
		assert_memory_equal(got, text, 999);
		assert_true(conns->held <= 2 * CONN_INBOUND_OUT_MAX);
	}
	for (; heard < n; heard++) {
		settle();
		assert_int_equal(recv(fd, got, 999, MSG_WAITALL), 999);
		str_printf(text, sizeof(text), "%0*zu", 999, heard);
		assert_memory_equal(got, text, 999);
	}
	close(fd);
	UNTIL(!conns_count(conns));
	assert_int_equal(conns->held, 0);
}

/* Each within its own bound; the one that has most goes, and no other.       */
static void what_strangers_leave_lying_is_bounded(void **state)
{
	static int fds[400];
	char *much = long_answer(50000), *little = long_answer(20000);
	int modest = call_in_deaf();
	size_t n = 0;
	bool gone = false;

	(void)state;
	reply = little;
	assert_true(asks(modest));
	reply = much;
	for (; n < ARRAY_LEN(fds) && !gone; n++) {
		fds[n] = call_in_deaf();
		gone = !asks(fds[n]) || !asks(fds[n]);
		assert_true(conns->held <= CONN_INBOUND_HELD_MAX);
		assert_int_equal(conns_count(conns), n + 2 - gone);
	}
	assert_true(gone);
	assert_in_range(n, CONN_INBOUND_HELD_MAX / (256 << 10),
			CONN_INBOUND_HELD_MAX / (64 << 10) + 2);
	settle();
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	UNTIL(conns_count(conns) == 1);
	close(modest);
	UNTIL(!conns_count(conns));
	assert_int_equal(conns->held, 0);
	free(much);
	free(little);
}

/* ---- descriptors ----------------------------------------------------------- */

/* Without descriptors the oldest stranger makes room.                        */
static void descriptors_do_not_run_out(void **state)
{
	struct rlimit old, few;
	int first = call_in(&bound), second, third;

	(void)state;
	clock_advance(&bench_clock, MS_NS);
	second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(second, &bound.sa, addr_len(&bound)), 0);
	third = dup(second);		/* the next free one                  */
	close(third);
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = (rlim_t)third;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	UNTIL(is_closed(first));
	setrlimit(RLIMIT_NOFILE, &old);
	say(second, OPTIONS);
	UNTIL(n_messages);
	close(first);
	close(second);
}

static void without_anybody_to_send_away_it_rests(void **state)
{
	struct rlimit old, few;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int next;

	(void)state;
	assert_int_equal(connect(fd, &bound.sa, addr_len(&bound)), 0);
	next = dup(fd);
	close(next);
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	settle();
	setrlimit(RLIMIT_NOFILE, &old);
	settle();
	assert_int_equal(conns_count(conns), 0);
	pass_ms(1000);
	UNTIL(conns_count(conns) == 1);
	close(fd);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_is_answered_by_its_connection),
		T(ipv6_is_taken_in_by_itself),
		T(a_taken_port_is_an_error),
		T(a_request_goes_back_by_the_connection_it_came_from),
		T(a_stranger_who_says_nothing_is_sent_away),
		T(a_message_has_to_be_finished),
		T(a_message_in_small_pieces_is_fine),
		T(noise_is_closed_without_an_answer),
		T(one_that_does_not_close_is_closed),
		T(the_number_of_strangers_is_bounded),
		T(who_does_not_listen_is_given_up),
		T(who_listens_slowly_hears_everything),
		T(what_strangers_leave_lying_is_bounded),
		T(descriptors_do_not_run_out),
		T(without_anybody_to_send_away_it_rests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
