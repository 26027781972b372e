/*
 * api_client.h - a client that speaks raw HTTP to the API over a core that is
 * none.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TEST_API_CLIENT_H
#define TEST_API_CLIENT_H

#include "api_double.h"

static inline int dial(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)host_state.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval limit = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror("connect");
		abort();
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static inline void put(int fd, const char *text, size_t len)
{
	IN_TURN;
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* Where the answer that begins at `text` ends, 0 while it is not all there.  */
static inline size_t answer_end(const char *text, bool head)
{
	const char *body = strstr(text, "\r\n\r\n"), *p;

	if (!body)
		return 0;
	body += 4;
	p = strstr(text, "\r\nTransfer-Encoding: chunked");
	if (p && p < body && !head) {
		p = strstr(body, "0\r\n\r\n");
		return p ? (size_t)(p + 5 - text) : 0;
	}
	p = strstr(text, "Content-Length: ");
	if (head || !p || p > body)
		return (size_t)(body - text);
	return (size_t)(body - text) + strtoul(p + 16, NULL, 10);
}

static char answer[1 << 21];

/* Reads one answer, or to the end of the connection.                         */
static inline void get(int fd, bool head)
{
	IN_TURN;
	size_t len = 0, end;

	answer[0] = '\0';
	while (len + 1 < sizeof(answer)) {
		ssize_t n = recv(fd, answer + len, sizeof(answer) - 1 - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
		answer[len] = '\0';
		end = answer_end(answer, head);
		if (end && len >= end)
			break;
	}
}

/* Sends raw bytes on a connection of its own; the status of the answer.      */
static inline int raw(const char *text, size_t len)
{
	IN_TURN;
	int fd = dial();

	put(fd, text, len);
	get(fd, !strncmp(text, "HEAD", 4));
	close(fd);
	return !strncmp(answer, "HTTP/1.1 ", 9) ?
	       (int)strtol(answer + 9, NULL, 10) : 0;
}

/* One request; `headers`: whole lines with CRLF, or "".                      */
static inline int ask(const char *method, const char *target,
		      const char *headers, const char *body)
{
	static char text[1 << 20];
	int n = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\n"
			 "Host: 127.0.0.1\r\nConnection: close\r\n%s",
			 method, target, headers);

	if (body)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      "Content-Length: %zu\r\n", strlen(body));
	n += snprintf(text + n, sizeof(text) - (size_t)n, "\r\n%s",
		      body ? body : "");
	return raw(text, (size_t)n);
}

static inline const char *body_of(void)
{
	const char *body = strstr(answer, "\r\n\r\n");

	return body ? body + 4 : "";
}

static inline bool says(const char *text)
{
	return strstr(answer, text) != NULL;
}

#endif
