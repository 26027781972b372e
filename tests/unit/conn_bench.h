/*
 * conn_bench.h - connections on real sockets of the loopback and on a clock
 * that the test moves. Included once per program.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_CONN_BENCH_H
#define UNIT_CONN_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/conn.h"
#include "sip/listener.h"

#define OPTIONS "OPTIONS sip:x SIP/2.0\r\nl: 0\r\n\r\n"
#define ANSWER "SIP/2.0 200 OK\r\nl: 0\r\n\r\n"

struct watcher {
	struct hop_watch w;
	int opened, lost;
	char why[TLS_WHY_LEN];
};

static struct clock bench_clock;
static struct random bench_random;
static struct loop *loop;
static struct conns *conns;
static struct addr door;		/* where `door_fd` listens            */
static int door_fd;

static size_t n_messages, n_broken;
static char message[70000], broken_why[64];
static struct hop message_from;
static const char *reply;		/* to every message and broken one    */

static inline void on_message(void *arg, const struct hop *from,
			      const char *data, size_t len)
{
	(void)arg;
	assert_true(len < sizeof(message));
	memcpy(message, data, len);
	message[len] = '\0';
	message_from = *from;
	n_messages++;
	if (reply)
		(void)conn_send(conns, from->conn, reply, strlen(reply));
}

static inline void on_broken(void *arg, const struct hop *from,
			     const char *head, size_t len, const char *why)
{
	(void)arg;
	(void)head;
	(void)len;
	n_broken++;
	str_copy(broken_why, sizeof(broken_why), why);
	if (reply)
		(void)conn_send(conns, from->conn, reply, strlen(reply));
}

static inline int open_door(struct addr *a, const char *ip)
{
	socklen_t len = sizeof(*a);
	int fd;

	if (addr_parse_ip(a, ip, 0))
		return -1;
	fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, &a->sa, addr_len(a)) || listen(fd, 64) ||
	    getsockname(fd, &a->sa, &len))
		return -1;
	return fd;
}

static inline int bench_set_up(void **state)
{
	struct conn_config cfg = {
		.message = on_message, .broken = on_broken,
	};

	(void)state;
	log_set_level(LOG_ERROR);
	clock_virtual(&bench_clock, 1000 * S_NS, INT64_C(1700000000000));
	random_seeded(&bench_random, 7);
	if (loop_new(&loop, &bench_clock, 16))
		return -1;
	cfg.loop = loop;
	cfg.random = &bench_random;
	n_messages = n_broken = 0;
	*message = *broken_why = '\0';
	reply = NULL;
	door_fd = open_door(&door, "127.0.0.1");
	return door_fd < 0 ? -1 : conns_new(&conns, &cfg);
}

static inline int bench_tear_down(void **state)
{
	(void)state;
	conns_free(conns);
	loop_free(loop);
	if (door_fd >= 0)
		close(door_fd);
	return 0;
}

/* Runs the loop until it is so, for some seconds at most.                    */
#define UNTIL(condition) \
	do { \
		int rounds_ = 0; \
		while (!(condition)) { \
			loop_once(loop, 5); \
			if (++rounds_ > 2000) \
				fail_msg("not so: %s", #condition); \
		} \
	} while (0)

/* All that is due and all that has arrived.                                  */
static inline void settle(void)
{
	for (int i = 0; i < 8; i++)
		loop_once(loop, 1);
}

static inline void pass_ms(int64_t ms)
{
	clock_advance(&bench_clock, ms * MS_NS);
	settle();
}

static inline void on_opened(struct hop_watch *w)
{
	((struct watcher *)w)->opened++;
}

static inline void on_lost(struct hop_watch *w, const char *why)
{
	struct watcher *watcher = (struct watcher *)w;

	watcher->lost++;
	str_copy(watcher->why, sizeof(watcher->why), why);
}

static inline void watch(struct watcher *w, const struct hop *h)
{
	*w = (struct watcher){ .w = { .opened = on_opened, .lost = on_lost } };
	conn_watch(conns, h->conn, &w->w);
	assert_int_equal(w->opened + w->lost, 0);
}

static inline struct hop go_to(const struct addr *to)
{
	struct conn_to there = { .transport = SIP_TCP, .remote = *to };
	struct hop h;

	assert_int_equal(conn_open(&h, conns, &there), 0);
	return h;
}

static inline int bench_send(const struct hop *h, const char *text)
{
	return conn_send(conns, h->conn, text, strlen(text));
}

/* ---- the far end --------------------------------------------------------- */

static inline void set_patience(int fd)
{
	struct timeval limit = { .tv_sec = 5 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static inline int take_in(void)
{
	int fd = accept4(door_fd, NULL, NULL, SOCK_CLOEXEC);

	assert_true(fd >= 0);
	set_patience(fd);
	settle();
	return fd;
}

/* An open connection of ours, and its far end.                               */
static inline struct hop open_pair(int *far)
{
	struct hop h = go_to(&door);
	struct watcher w;

	watch(&w, &h);
	*far = take_in();
	UNTIL(w.opened);
	hop_unwatch(&w.w);
	return h;
}

/* A connection of a stranger, who is the far end.                            */
static inline int call_in(const struct addr *to)
{
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t before = conns_count(conns);

	assert_true(fd >= 0);
	set_patience(fd);
	assert_int_equal(connect(fd, &to->sa, addr_len(to)), 0);
	UNTIL(conns_count(conns) > before);
	return fd;
}

static inline void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

/* Reads exactly that; "" is the end of the connection.                       */
static inline void hear(int fd, const char *text)
{
	char got[4096] = "";
	size_t len = strlen(text), n = 0;

	settle();
	while (n < len || !len) {
		ssize_t more = recv(fd, got + n, len ? len - n : 1, 0);

		if (!len)
			assert_int_equal(more, 0);
		if (more <= 0)
			break;
		n += (size_t)more;
	}
	got[n] = '\0';
	assert_string_equal(got, text);
}

static inline void hear_nothing(int fd)
{
	char byte;

	settle();
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

#endif
