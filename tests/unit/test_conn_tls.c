/*
 * test_conn_tls.c - TLS on real connections, both ends in one loop.
 * Needs: core/sip/conn.c conn_io.c conn_time.c listener.c stream_frame.c tls.c
 * tls_peer.c names.c; core/base; ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "conn_bench.h"

#include "tls_certs.h"

static struct listener *listener;
static struct addr bound;
static struct tls *ours, *theirs;

static int set_up_all(void **state)
{
	static const struct cert_wish wish = {
		.file = "server", .cn = "x", .names = "DNS:sip.example.com",
	};

	(void)state;
	cert_begin();
	cert_make(&wish);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	cert_end();
	return 0;
}

static int listen_at(const char *ip)
{
	struct listener_config cfg = {
		.loop = loop, .conns = conns, .transport = SIP_TLS,
		.tls = theirs,
	};

	if (addr_parse_ip(&cfg.addr, ip, 0))
		return -EINVAL;
	return listener_open(&listener, &cfg, &bound);
}

static int set_up(void **state)
{
	const struct sip_tls server = {
		.certificate = cert_path("server.pem"),
		.key = cert_path("server.key"),
	};
	const struct sip_tls client = { .ca = cert_path("ca.pem") };
	char why[TLS_WHY_LEN];

	return bench_set_up(state) ||
	       tls_new(&theirs, &server, true, why, sizeof(why)) ||
	       tls_new(&ours, &client, false, why, sizeof(why)) ||
	       listen_at("127.0.0.1");
}

static int tear_down(void **state)
{
	int err;

	listener_close(listener);
	err = bench_tear_down(state);
	tls_free(ours);
	tls_free(theirs);
	return err;
}

static struct hop secure(const char *name)
{
	struct conn_to to = {
		.transport = SIP_TLS, .remote = bound, .name = name,
		.tls = ours,
	};
	struct hop h;

	assert_int_equal(conn_open(&h, conns, &to), 0);
	return h;
}

static void talk(void)
{
	struct hop h = secure("sip.example.com");
	struct watcher w;

	watch(&w, &h);
	assert_int_equal(bench_send(&h, OPTIONS), 0);
	UNTIL(n_messages == 1 && w.opened);
	assert_string_equal(message, OPTIONS);
	assert_int_equal(message_from.transport, SIP_TLS);
	/* And back by the same one.                                          */
	assert_int_equal(bench_send(&message_from, ANSWER), 0);
	UNTIL(n_messages == 2);
	assert_int_equal(message_from.conn, h.conn);
	assert_string_equal(message, ANSWER);
	assert_int_equal(w.lost, 0);
	hop_unwatch(&w.w);
}

static void messages_go_both_ways(void **state)
{
	(void)state;
	talk();
}

static void messages_go_both_ways_over_ipv6(void **state)
{
	(void)state;
	listener_close(listener);
	listener = NULL;
	if (listen_at("::1"))
		skip();
	talk();
}

static void the_longest_message_arrives(void **state)
{
	static char text[65000];
	struct hop h = secure("sip.example.com");
	size_t head = strlen("OPTIONS sip:x SIP/2.0\r\nl: 64965\r\n\r\n");

	(void)state;
	memset(text, 'b', sizeof(text));
	memcpy(text, "OPTIONS sip:x SIP/2.0\r\nl: 64965\r\n\r\n", head);
	assert_int_equal(head + 64965, sizeof(text));
	for (int i = 0; i < 5; i++)
		assert_int_equal(conn_send(conns, h.conn, text, sizeof(text)),
				 0);
	UNTIL(n_messages == 5);
	assert_memory_equal(message, text, sizeof(text));
}

static void a_wrong_name_is_told_and_nothing_was_sent(void **state)
{
	struct hop h = secure("sip.example.net");
	struct watcher w;

	(void)state;
	watch(&w, &h);
	assert_int_equal(bench_send(&h, OPTIONS), 0);
	UNTIL(w.lost);
	assert_int_equal(w.opened, 0);
	assert_string_equal(w.why, "the certificate is not for "
			    "sip.example.net but for sip.example.com");
	UNTIL(!conns_count(conns));
	assert_int_equal(n_messages, 0);
}

/* Whoever is trusted under one name is not under another.                    */
static void names_do_not_share_a_connection(void **state)
{
	struct hop a = secure("sip.example.com"), b = secure("SIP.example.COM");
	struct hop c = secure("sip.example.net");

	(void)state;
	assert_true(a.conn == b.conn);
	assert_true(a.conn != c.conn);
}

/* A connection of ours, whose far end the test plays.                         */
static int meet(struct watcher *w)
{
	struct hop h;

	bound = door;
	h = secure("sip.example.com");
	watch(w, &h);
	return take_in();
}

static void a_server_that_speaks_no_tls_is_named_so(void **state)
{
	struct watcher w;
	int far = meet(&w);

	(void)state;
	say(far, "SIP/2.0 400 Bad Request\r\n\r\n");
	UNTIL(w.lost);
	assert_string_equal(w.why, "the other side does not speak TLS");
	close(far);
}

static void a_server_that_never_shakes_hands_is_left(void **state)
{
	struct watcher w;
	int far = meet(&w);

	(void)state;
	settle();
	pass_ms(CONN_OPEN_MS);
	assert_int_equal(w.lost, 1);
	assert_string_equal(w.why, "the TLS handshake was not done in time");
	close(far);
}

static void a_stranger_who_never_shakes_hands_is_sent_away(void **state)
{
	int fd = call_in(&bound);

	(void)state;
	pass_ms(CONN_OPEN_MS);
	hear(fd, "");
	close(fd);
	assert_int_equal(conns_count(conns), 0);
}

static void plain_sip_to_a_tls_port_is_closed(void **state)
{
	int fd = call_in(&bound);
	char got[64];

	(void)state;
	say(fd, OPTIONS);
	UNTIL(!conns_count(conns));
	/* An alert, which is no SIP.                                         */
	while (recv(fd, got, sizeof(got), 0) > 0)
		assert_int_equal(got[0], 0x15);
	assert_int_equal(n_messages + n_broken, 0);
	close(fd);
}

/* RFC 5923: a connection from a stranger proves no name, so nothing of ours
 * goes by it but answers.                                                    */
static void requests_do_not_go_by_a_strangers_connection(void **state)
{
	struct hop h = secure("sip.example.com"), back;
	struct conn_to to = {
		.transport = SIP_TLS, .name = "sip.example.com", .tls = ours,
	};

	(void)state;
	assert_int_equal(bench_send(&h, OPTIONS), 0);
	UNTIL(n_messages == 1);
	to.remote = message_from.remote;
	assert_int_equal(conn_open(&back, conns, &to), 0);
	assert_true(back.conn != message_from.conn);
}

static void the_end_is_heard_on_both_sides(void **state)
{
	struct hop h = secure("sip.example.com");
	struct watcher w;

	(void)state;
	watch(&w, &h);
	assert_int_equal(bench_send(&h, "noise\r\n"), 0);
	UNTIL(n_broken && w.lost);
	assert_string_equal(w.why, "the other side closed the connection");
	pass_ms(1000);
	UNTIL(!conns_count(conns));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(messages_go_both_ways),
		T(messages_go_both_ways_over_ipv6),
		T(the_longest_message_arrives),
		T(a_wrong_name_is_told_and_nothing_was_sent),
		T(names_do_not_share_a_connection),
		T(a_server_that_speaks_no_tls_is_named_so),
		T(a_server_that_never_shakes_hands_is_left),
		T(a_stranger_who_never_shakes_hands_is_sent_away),
		T(plain_sip_to_a_tls_port_is_closed),
		T(requests_do_not_go_by_a_strangers_connection),
		T(the_end_is_heard_on_both_sides),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
