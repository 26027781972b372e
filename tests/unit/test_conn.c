/*
 * test_conn.c - connections: opened, shared, written to, read from, lost.
 * Needs: core/sip/conn.c conn_io.c conn_time.c stream_frame.c tls.c tls_peer.c
 * names.c; core/base; ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "conn_bench.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "sip/conn_impl.h"

/* ---- opening ------------------------------------------------------------- */

static void what_is_sent_early_waits_in_order(void **state)
{
	struct hop h = go_to(&door);
	struct watcher w;
	int far;

	(void)state;
	watch(&w, &h);
	assert_int_equal(bench_send(&h, "one "), 0);
	assert_int_equal(bench_send(&h, "two "), 0);
	far = take_in();
	UNTIL(w.opened);
	assert_int_equal(bench_send(&h, "three"), 0);
	hear(far, "one two three");
	assert_int_equal(w.lost, 0);
	hop_unwatch(&w.w);
	close(far);
}

static void what_waits_is_bounded(void **state)
{
	static char text[64 * 1024];
	struct hop h = go_to(&door);
	int err = 0, n = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	while (!err && n++ < 64)
		err = conn_send(conns, h.conn, text, sizeof(text));
	assert_int_equal(err, -ENOBUFS);
	assert_int_equal(n, CONN_WAITING_MAX / (int)sizeof(text) + 1);
}

static void rfc3261_18_1_1_one_connection_for_one_place(void **state)
{
	struct conn_to to = { .transport = SIP_TCP, .remote = door };
	struct hop a = go_to(&door), b = go_to(&door), c;
	struct addr from;
	int far = take_in();

	(void)state;
	assert_true(a.conn && a.conn == b.conn);
	assert_int_equal(conns_count(conns), 1);
	assert_true(addr_is_loopback(&a.local));
	assert_int_not_equal(addr_port(&a.local), 0);
	/* From another address of ours it is another one.                    */
	addr_parse_ip(&from, "127.0.0.2", 5060);
	to.from = &from;
	assert_int_equal(conn_open(&c, conns, &to), 0);
	assert_true(c.conn != a.conn);
	assert_true(addr_same_ip(&c.local, &from));
	to.name = "of no matter for TCP";
	assert_int_equal(conn_open(&b, conns, &to), 0);
	assert_true(b.conn == c.conn);
	close(far);
}

static void opened_is_told_later_and_once(void **state)
{
	struct watcher first, second;
	int far;
	struct hop h = open_pair(&far);

	(void)state;
	watch(&first, &h);		/* it is open already                 */
	settle();
	assert_int_equal(first.opened, 1);
	watch(&second, &h);
	settle();
	assert_int_equal(first.opened, 1);
	assert_int_equal(second.opened, 1);
	close(far);
	UNTIL(first.lost && second.lost);
	assert_int_equal(first.lost + second.lost, 2);
	assert_string_equal(first.why, "the other side closed the connection");
	assert_false(LIST_HAS(&first.w, link));
}

static void nobody_there_is_told_with_the_reason(void **state)
{
	struct hop h;
	struct watcher w;

	(void)state;
	close(door_fd);
	door_fd = -1;
	h = go_to(&door);
	watch(&w, &h);
	assert_int_equal(bench_send(&h, "x"), 0);
	UNTIL(w.lost);
	assert_int_equal(w.opened, 0);
	assert_string_equal(w.why, "the connection was refused");
	assert_false(conn_is_open(conns, h.conn));
	assert_int_equal(bench_send(&h, "x"), -EPIPE);
	assert_int_equal(conns_count(conns), 0);
}

static void what_the_kernel_refuses_is_told_later_too(void **state)
{
	struct conn_to to = { .transport = SIP_TCP, .remote = door };
	struct addr from;
	struct watcher w;
	struct hop h;

	(void)state;
	addr_parse_ip(&from, "192.0.2.1", 0);	/* not one of ours            */
	to.from = &from;
	assert_int_equal(conn_open(&h, conns, &to), 0);
	watch(&w, &h);
	UNTIL(w.lost);
	assert_string_equal(w.why, "Cannot assign requested address");
}

static void a_late_watcher_is_told(void **state)
{
	struct hop gone = { .transport = SIP_TCP, .conn = 99 };
	struct watcher w, x;

	(void)state;
	watch(&w, &gone);
	watch(&x, &gone);
	hop_unwatch(&x.w);
	settle();
	assert_int_equal(w.lost, 1);
	assert_int_equal(x.lost, 0);
	hop_unwatch(&w.w);
}

/* A listener whose queue is full answers no more connections.                */
static void a_silent_host_is_given_up_after_a_while(void **state)
{
	int fillers[8];
	struct watcher w;
	struct hop h;

	(void)state;
	assert_int_equal(listen(door_fd, 0), 0);
	for (size_t i = 0; i < ARRAY_LEN(fillers); i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], &door.sa, addr_len(&door));
	}
	h = go_to(&door);
	watch(&w, &h);
	pass_ms(CONN_OPEN_MS - 1);
	assert_int_equal(w.lost + w.opened, 0);
	pass_ms(1);
	assert_int_equal(w.lost, 1);
	assert_string_equal(w.why, "the connection was not open in time");
	for (size_t i = 0; i < ARRAY_LEN(fillers); i++)
		close(fillers[i]);
}

static void one_that_has_ended_is_not_used_again(void **state)
{
	int far, other;
	struct hop a = open_pair(&far), b;

	(void)state;
	close(far);
	/* The loop has not run: the end waits in the socket.                 */
	b = go_to(&door);
	assert_true(a.conn != b.conn);
	assert_false(conn_is_open(conns, a.conn));
	other = take_in();
	settle();
	assert_int_equal(bench_send(&b, "BYE"), 0);
	hear(other, "BYE");
	close(other);
}

/* ---- messages ------------------------------------------------------------ */

static void messages_come_with_their_way_back(void **state)
{
	int far;
	struct hop h = open_pair(&far);

	(void)state;
	reply = ANSWER;
	say(far, "\r\n" OPTIONS "OPTIONS sip:y SIP/2.0\r\nl: ");
	UNTIL(n_messages == 1);
	assert_string_equal(message, OPTIONS);
	assert_int_equal(message_from.conn, h.conn);
	assert_int_equal(message_from.transport, SIP_TCP);
	assert_true(addr_equal(&message_from.remote, &door));
	hear(far, ANSWER);
	say(far, "3\r\n\r\nabc");
	UNTIL(n_messages == 2);
	close(far);
}

static void what_cannot_be_read_is_answered_and_closed(void **state)
{
	struct watcher w;
	int far;
	struct hop h = open_pair(&far);

	(void)state;
	reply = "SIP/2.0 400 Bad Request\r\nl: 0\r\n\r\n";
	watch(&w, &h);
	say(far, OPTIONS "OPTIONS sip:x SIP/2.0\r\nl: nine\r\n\r\n" OPTIONS);
	UNTIL(n_broken);
	assert_int_equal(n_messages, 1);
	assert_string_equal(broken_why, "broken Content-Length");
	assert_false(conn_is_open(conns, h.conn));
	hear(far, reply);
	hear(far, reply);
	hear(far, "");
	UNTIL(w.lost);
	assert_string_equal(w.why,
		"what came cannot be read: broken Content-Length");
	close(far);
	UNTIL(!conns_count(conns));
}

static void a_peer_that_reads_nothing_is_left(void **state)
{
	static char text[256 * 1024];
	int far, err = 0, n = 0;
	struct hop h = open_pair(&far);
	struct watcher w;

	(void)state;
	watch(&w, &h);
	memset(text, 'x', sizeof(text));
	while (!err && n++ < 100)
		err = conn_send(conns, h.conn, text, sizeof(text));
	assert_int_equal(err, -EPIPE);
	assert_int_equal(w.lost, 0);
	UNTIL(w.lost);
	assert_string_equal(w.why,
			    "the other side does not take what we send");
	close(far);
}

static void what_does_not_fit_leaves_later(void **state)
{
	static char text[1024 * 1024], got[64 * 1024];
	int far, small = 16 * 1024;
	struct hop h = open_pair(&far);
	size_t n = 0;

	(void)state;
	/* The kernel would take it all at once.                               */
	assert_int_equal(setsockopt(LIST_FIRST(&conns->list)->lfd.fd,
				    SOL_SOCKET, SO_SNDBUF, &small,
				    sizeof(small)), 0);
	memset(text, 'x', sizeof(text));
	assert_int_equal(conn_send(conns, h.conn, text, sizeof(text)), 0);
	fcntl(far, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 10000 && n < sizeof(text); i++) {
		ssize_t more = recv(far, got, sizeof(got), 0);

		n += more > 0 ? (size_t)more : 0;
		loop_once(loop, more > 0 ? 0 : 1);
	}
	assert_int_equal(n, sizeof(text));
	assert_true(conn_is_open(conns, h.conn));
	close(far);
}

/* ---- keep-alive ---------------------------------------------------------- */

static void rfc5626_4_4_1_a_ping_is_answered(void **state)
{
	int far;
	struct hop h = open_pair(&far);

	(void)state;
	say(far, "\r\n");
	hear_nothing(far);
	say(far, "\r\n");
	hear(far, "\r\n");
	say(far, "\r\n\r\n\r\n\r\n");	/* in one piece: one answer           */
	hear(far, "\r\n");
	hear_nothing(far);
	assert_true(conn_is_open(conns, h.conn));
	close(far);
}

static void rfc5626_4_4_1_we_ping_after_95_to_120_s(void **state)
{
	int far;
	struct hop h = open_pair(&far);

	(void)state;
	pass_ms(94900);
	hear_nothing(far);
	pass_ms(25100);
	hear(far, "\r\n\r\n");
	/* It never answered one, so it may not know them.                    */
	pass_ms(60000);
	assert_true(conn_is_open(conns, h.conn));
	close(far);
}

static void a_peer_that_stops_answering_pings_is_lost(void **state)
{
	struct watcher w;
	int far;
	struct hop h = open_pair(&far);

	(void)state;
	watch(&w, &h);
	pass_ms(120000);
	hear(far, "\r\n\r\n");
	say(far, "\r\n");
	pass_ms(20000);
	assert_int_equal(w.lost, 0);
	pass_ms(100000);
	hear(far, "\r\n\r\n");
	pass_ms(CONN_PONG_MS - 1);
	assert_int_equal(w.lost, 0);
	pass_ms(1);
	assert_int_equal(w.lost, 1);
	assert_string_equal(w.why, "no answer to a keep-alive");
	close(far);
}

static void talk_makes_pings_needless(void **state)
{
	int far;
	struct hop h = open_pair(&far);

	(void)state;
	for (int i = 0; i < 4; i++) {
		pass_ms(90000);
		assert_int_equal(bench_send(&h, "x"), 0);
		hear(far, "x");
	}
	hear_nothing(far);
	close(far);
}

static void an_idle_connection_goes_unless_it_is_watched(void **state)
{
	struct watcher w;
	int far;
	struct hop h = open_pair(&far);

	(void)state;
	watch(&w, &h);
	for (int i = 0; i < 40; i++)
		pass_ms(30000);
	assert_true(conn_is_open(conns, h.conn));
	hop_unwatch(&w.w);
	for (int i = 0; i < 21; i++)
		pass_ms(30000);
	assert_false(conn_is_open(conns, h.conn));
	pass_ms(1000);
	assert_int_equal(conns_count(conns), 0);
	close(far);
}

/* Each Contact of a far end's may name another place. `from` makes each of these
 * another connection; the first one is waited for.                           */
static void what_nobody_waits_for_is_bounded(void **state)
{
	struct conn_to to = { .transport = SIP_TCP, .remote = door };
	struct rlimit old, more = { 4096, 4096 };
	static int fds[CONN_SPARE_MAX + 10];
	struct hop first = { 0 }, second = { 0 }, h;
	struct watcher w;
	struct addr from;
	char ip[16];

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	more.rlim_max = old.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &more))
		skip();
	to.from = &from;
	for (int i = 0; i < (int)ARRAY_LEN(fds); i++) {
		(void)str_printf(ip, sizeof(ip), "127.1.%d.%d", i / 200,
				 i % 200 + 1);
		addr_parse_ip(&from, ip, 0);
		assert_int_equal(conn_open(&h, conns, &to), 0);
		fds[i] = accept4(door_fd, NULL, NULL, SOCK_CLOEXEC);
		loop_once(loop, 5);
		clock_advance(&bench_clock, MS_NS);
		if (i == 0) {
			first = h;
			watch(&w, &h);
		} else if (i == 1) {
			second = h;
		}
	}
	assert_true(conn_is_open(conns, first.conn));
	assert_false(conn_is_open(conns, second.conn));
	assert_true(conn_is_open(conns, h.conn));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	UNTIL(!conns_count(conns));
	setrlimit(RLIMIT_NOFILE, &old);
}

static void watchers_are_let_go_at_the_end(void **state)
{
	static struct watcher w;
	struct hop h = go_to(&door);

	(void)state;
	watch(&w, &h);
	conns_free(conns);
	conns = NULL;
	assert_false(LIST_HAS(&w.w, link));
	assert_int_equal(w.lost, 0);
}

#define T(name) \
	cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_sent_early_waits_in_order),
		T(what_waits_is_bounded),
		T(rfc3261_18_1_1_one_connection_for_one_place),
		T(opened_is_told_later_and_once),
		T(nobody_there_is_told_with_the_reason),
		T(what_the_kernel_refuses_is_told_later_too),
		T(a_late_watcher_is_told),
		T(a_silent_host_is_given_up_after_a_while),
		T(one_that_has_ended_is_not_used_again),
		T(messages_come_with_their_way_back),
		T(what_cannot_be_read_is_answered_and_closed),
		T(a_peer_that_reads_nothing_is_left),
		T(what_does_not_fit_leaves_later),
		T(rfc5626_4_4_1_a_ping_is_answered),
		T(rfc5626_4_4_1_we_ping_after_95_to_120_s),
		T(a_peer_that_stops_answering_pings_is_lost),
		T(talk_makes_pings_needless),
		T(an_idle_connection_goes_unless_it_is_watched),
		T(what_nobody_waits_for_is_bounded),
		T(watchers_are_let_go_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
