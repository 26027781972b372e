/*
 * http_server.h - a web server on loopback that behaves as a test wants.
 *
 * One thread listens, one more serves each connection, for one request.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HTTP_CONNECTIONS_MAX = 512 };

struct http_server;

/* Writes the whole answer to the request for this path.                      */
typedef void http_answer_fn(struct http_server *s, int fd, const char *path);
/* The same for a test that looks at the request's header.                    */
typedef void http_answer_to_fn(struct http_server *s, int fd, const char *path,
			       const char *request);

struct http_server {
	int fd, closing_fd;
	uint16_t port;
	pthread_t thread;
	pthread_t connections[HTTP_CONNECTIONS_MAX];
	atomic_int n_connections, n_open, most_open;
	http_answer_fn *answer;			/* fixed while it runs        */
	/* In its place where it is not NULL; a test may set it at any time.  */
	_Atomic(http_answer_to_fn *) answer_to;
};

struct http_connection {
	struct http_server *server;
	int fd;
};

static inline int http_send(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static inline int http_say(int fd, const char *text)
{
	return http_send(fd, text, strlen(text));
}

/* A complete answer; `headers` are more lines, each with its CRLF. */
static inline void http_give(int fd, const char *status, const char *headers,
			     const void *body, size_t len)
{
	char head[1024];

	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n"
		 "Connection: close\r\n%s\r\n", status, len, headers);
	if (!http_say(fd, head) && len)
		http_send(fd, body, len);
}

/* Waits for the end of the test or of the connection: never a plain sleep. */
static inline void http_stall(struct http_server *s, int fd)
{
	struct pollfd p[] = { { .fd = s->closing_fd, .events = POLLIN },
			      { .fd = fd, .events = POLLRDHUP } };

	poll(p, 2, 30000);
}

static inline void http_note_open(struct http_server *s)
{
	int now = atomic_fetch_add(&s->n_open, 1) + 1;
	int most = atomic_load(&s->most_open);

	while (now > most &&
	       !atomic_compare_exchange_weak(&s->most_open, &most, now))
		;
}

static inline void *http_serve(void *arg)
{
	struct http_connection *c = arg;
	http_answer_to_fn *answer_to;
	char request[8192], path[4096];
	size_t len = 0;
	ssize_t n;

	http_note_open(c->server);
	do {
		n = read(c->fd, request + len, sizeof(request) - 1 - len);
		len += n > 0 ? (size_t)n : 0;
		request[len] = '\0';
	} while (n > 0 && !strstr(request, "\r\n\r\n"));
	if (n > 0 && sscanf(request, "GET %4095s ", path) == 1) {
		answer_to = atomic_load(&c->server->answer_to);
		if (answer_to)
			answer_to(c->server, c->fd, path, request);
		else if (c->server->answer)
			c->server->answer(c->server, c->fd, path);
	}
	atomic_fetch_sub(&c->server->n_open, 1);
	shutdown(c->fd, SHUT_WR);
	close(c->fd);
	free(c);
	return NULL;
}

static inline void *http_listen(void *arg)
{
	struct http_server *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		struct http_connection *c = malloc(sizeof(*c));
		int n = atomic_load(&s->n_connections);

		if (!c || n == HTTP_CONNECTIONS_MAX)
			abort();
		c->server = s;
		c->fd = fd;
		/* Counted before it is served: a test may look right after.  */
		atomic_store(&s->n_connections, n + 1);
		if (pthread_create(&s->connections[n], NULL, http_serve, c))
			abort();
	}
	return NULL;
}

static inline void http_start(struct http_server *s, http_answer_fn *answer)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	memset(s, 0, sizeof(*s));
	s->answer = answer;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	s->closing_fd = eventfd(0, 0);
	if (s->fd < 0 || s->closing_fd < 0 ||
	    bind(s->fd, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(s->fd, 128) ||
	    getsockname(s->fd, (struct sockaddr *)&a, &len))
		abort();
	s->port = ntohs(a.sin_port);
	if (pthread_create(&s->thread, NULL, http_listen, s))
		abort();
}

static inline void http_stop(struct http_server *s)
{
	uint64_t one = 1;
	int n;

	if (write(s->closing_fd, &one, sizeof(one)) != sizeof(one))
		abort();
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	n = atomic_load(&s->n_connections);
	for (int i = 0; i < n; i++)
		pthread_join(s->connections[i], NULL);
	close(s->fd);
	close(s->closing_fd);
}

#endif
