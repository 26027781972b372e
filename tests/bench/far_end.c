/*
 * far_end.c - a carrier in a process of its own, so that its CPU is not counted.
 */
/* SPDX-License-Identifier: MIT */
#include "far_end.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

enum { SOCKET_BUFFER = 8 * 1024 * 1024 };

#define SERVER "Server: Bench carrier 1.0\r\n"
#define CONTACT "Contact: <sip:gateway@127.0.0.1:%u>\r\n"
#define ALLOW "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, PRACK, UPDATE\r\n"
#define SDP \
	"v=0\r\n" \
	"o=carrier 20518 20518 IN IP4 127.0.0.1\r\n" \
	"s=-\r\n" \
	"c=IN IP4 127.0.0.1\r\n" \
	"t=0 0\r\n" \
	"m=audio 40000 RTP/AVP 8 101\r\n" \
	"a=rtpmap:8 PCMA/8000\r\n" \
	"a=rtpmap:101 telephone-event/8000\r\n" \
	"a=fmtp:101 0-16\r\n" \
	"a=ptime:20\r\n" \
	"a=sendrecv\r\n"

/* A request in hand.                                                          */
struct request {
	const char *data;
	size_t len;
	struct addr from;
	/* The lines that an answer repeats, To last and without its end.      */
	char repeated[MESSAGE_MAX];
	size_t repeated_len;
	bool to_tag;
};

struct carrier {
	int fd;
	struct far_end *shared;
	char tail_180[512], tail_200[1024];	/* headers, empty line, body   */
};

/* ---- answers -------------------------------------------------------------- */

static void see(struct carrier *c, enum message m, const char *data,
		size_t len)
{
	if (c->shared->seen[m].len)
		return;
	memcpy(c->shared->seen[m].data, data, len);
	__atomic_store_n(&c->shared->seen[m].len, len, __ATOMIC_RELEASE);
}

/* A header line without its end; NULL if there is none.                        */
static const char *find_line(const struct request *r, const char *start,
			     size_t *len)
{
	const char *line = strstr(r->data, start), *end;

	if (!line)
		return NULL;
	line += 2;
	end = strchr(line, '\r');
	*len = end ? (size_t)(end - line) : 0;
	return end ? line : NULL;
}

/* Whole lines; To goes to the end, where a tag may follow it.                 */
static void take_lines(struct request *r)
{
	static const char *const starts[] = { "\r\nVia: ", "\r\nFrom: ",
					      "\r\nCall-ID: ", "\r\nCSeq: ",
					      "\r\nTo: " };
	const char *line = NULL;
	char *out = r->repeated;
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		if (i) {
			memcpy(out, "\r\n", 2);
			out += 2;
		}
		line = find_line(r, starts[i], &len);
		if (!line)
			exit(1);	/* no request of ours                  */
		memcpy(out, line, len);
		out += len;
	}
	r->to_tag = memmem(line, len, ";tag=", 5);
	r->repeated_len = (size_t)(out - r->repeated);
}

static void answer(struct carrier *c, const struct request *r,
		   enum message m, const char *status, const char *tail)
{
	static const char tag[] = ";tag=as58f4c2a1";
	char out[2 * MESSAGE_MAX];
	size_t len = strlen(status), tail_len = strlen(tail);
	ssize_t n;

	memcpy(out, status, len);
	memcpy(out + len, r->repeated, r->repeated_len);
	len += r->repeated_len;
	if (m != M_100 && !r->to_tag) {
		memcpy(out + len, tag, strlen(tag));
		len += strlen(tag);
	}
	memcpy(out + len, "\r\n", 2);
	memcpy(out + len + 2, tail, tail_len);
	len += 2 + tail_len;
	if (m < MESSAGES)
		see(c, m, out, len);
	n = sendto(c->fd, out, len, 0, &r->from.sa, addr_len(&r->from));
	(void)n;
}

static void on_invite(struct carrier *c, const struct request *r)
{
	static const char none[] = SERVER "Content-Length: 0\r\n\r\n";
	const char *user = r->data + strlen("INVITE sip:");

	if (!strncmp(user, "answer", 6))
		see(c, M_INVITE, r->data, r->len);
	answer(c, r, M_100, "SIP/2.0 100 Trying\r\n", none);
	if (!strncmp(user, "busy", 4)) {
		answer(c, r, MESSAGES, "SIP/2.0 486 Busy Here\r\n", none);
		return;
	}
	answer(c, r, M_180, "SIP/2.0 180 Ringing\r\n", c->tail_180);
	if (!strncmp(user, "answer", 6))
		answer(c, r, M_200, "SIP/2.0 200 OK\r\n", c->tail_200);
}

static void on_request(struct carrier *c, struct request *r)
{
	static const char none[] = SERVER "Content-Length: 0\r\n\r\n";

	take_lines(r);
	if (!strncmp(r->data, "INVITE ", 7)) {
		on_invite(c, r);
	} else if (!strncmp(r->data, "BYE ", 4)) {
		see(c, M_BYE, r->data, r->len);
		answer(c, r, M_BYE_200, "SIP/2.0 200 OK\r\n", none);
	} else if (!strncmp(r->data, "ACK sip:gateway", 15)) {
		see(c, M_ACK, r->data, r->len);
	}
}

/* ---- the process ---------------------------------------------------------- */

/* It polls: to wake it would cost whoever sends to it more than the datagram. */
static void run(struct carrier *c)
{
	static char data[MESSAGE_MAX];
	static struct request r = { .data = data };

	for (;;) {
		socklen_t len = sizeof(r.from);
		ssize_t n = recvfrom(c->fd, data, sizeof(data) - 1,
				     MSG_DONTWAIT, &r.from.sa, &len);

		if (n <= 0) {
			sched_yield();
			continue;
		}
		data[n] = '\0';
		r.len = (size_t)n;
		on_request(c, &r);
	}
}

static void write_tails(struct carrier *c)
{
	unsigned int port = addr_port(&c->shared->addr);

	(void)str_printf(c->tail_180, sizeof(c->tail_180),
			 CONTACT SERVER "Content-Length: 0\r\n\r\n", port);
	(void)str_printf(c->tail_200, sizeof(c->tail_200),
			 CONTACT SERVER ALLOW "Supported: replaces, timer\r\n"
			 "Content-Type: application/sdp\r\n"
			 "Content-Length: %zu\r\n\r\n" SDP, port, strlen(SDP));
}

static int open_socket(struct far_end *f, int *fdp)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int size = SOCKET_BUFFER;
	socklen_t len = sizeof(f->addr);

	if (fd < 0)
		return -errno;
	*fdp = fd;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	addr_parse_ip(&f->addr, "127.0.0.1", 0);
	if (bind(fd, &f->addr.sa, addr_len(&f->addr)) ||
	    getsockname(fd, &f->addr.sa, &len))
		return -errno;
	return 0;
}

int far_end_start(struct far_end *f)
{
	struct carrier c = { .fd = -1, .shared = f };
	int err = open_socket(f, &c.fd);

	if (err)
		return err;
	f->seen = mmap(NULL, MESSAGES * sizeof(*f->seen),
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);
	if (f->seen == MAP_FAILED)
		return -errno;
	f->pid = fork();
	if (f->pid < 0)
		return -errno;
	if (!f->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		write_tails(&c);
		run(&c);
	}
	close(c.fd);
	return 0;
}

void far_end_stop(struct far_end *f)
{
	kill(f->pid, SIGKILL);
	waitpid(f->pid, NULL, 0);
	munmap(f->seen, MESSAGES * sizeof(*f->seen));
}
