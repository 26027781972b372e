/*
 * far_end.h - the other side of an RTP session on loopback: two sockets.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_FAR_END_H
#define UNIT_FAR_END_H

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "media/rtcp.h"
#include "media/rtp.h"

enum { FAR_WAIT_MS = 2000, FAR_MAX = 2048 };

struct far_end {
	int rtp_fd, rtcp_fd;
	struct addr rtp, rtcp;		/* where they are                     */
	uint8_t data[FAR_MAX];		/* of the packet read last            */
	size_t len;
};

static int far_socket(struct addr *at, const char *ip)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(addr_parse_ip(at, ip, 0), 0);
	assert_int_equal(bind(fd, &at->sa, addr_len(at)), 0);
	assert_int_equal(getsockname(fd, &at->sa, &len), 0);
	return fd;
}

static inline void far_open(struct far_end *f, const char *ip)
{
	f->rtp_fd = far_socket(&f->rtp, ip);
	f->rtcp_fd = far_socket(&f->rtcp, ip);
}

static inline void far_close(struct far_end *f)
{
	close(f->rtp_fd);
	close(f->rtcp_fd);
}

static inline bool far_read(struct far_end *f, int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, wait_ms) != 1)
		return false;
	n = recv(fd, f->data, sizeof(f->data), MSG_DONTWAIT);
	f->len = n < 0 ? 0 : (size_t)n;
	return n >= 0;
}

/* The next RTP packet; fails the test if none comes. */
static inline struct rtp_packet far_rtp(struct far_end *f)
{
	struct rtp_packet p;

	assert_true(far_read(f, f->rtp_fd, FAR_WAIT_MS));
	assert_int_equal(rtp_parse(&p, f->data, f->len), 0);
	return p;
}

static inline struct rtcp_news far_rtcp(struct far_end *f, int fd)
{
	struct rtcp_news n;

	assert_true(far_read(f, fd, FAR_WAIT_MS));
	assert_int_equal(rtcp_parse(&n, f->data, f->len, 0), 0);
	return n;
}

static inline void far_hears_nothing(struct far_end *f)
{
	assert_false(far_read(f, f->rtp_fd, 0));
	assert_false(far_read(f, f->rtcp_fd, 0));
}

static inline void far_send(int fd, const struct addr *ip, uint16_t port,
			    const void *data, size_t len)
{
	struct addr to = *ip;

	addr_set_port(&to, port);
	assert_int_equal(sendto(fd, data, len, 0, &to.sa, addr_len(&to)), len);
}

/* One packet of 20 ms to the port. */
static inline void far_send_rtp(int fd, const struct addr *ip, uint16_t port,
				uint16_t seq)
{
	uint8_t data[RTP_HEADER_LEN + 160];
	struct rtp_header h = { .seq = seq, .timestamp = seq * 160u,
				.ssrc = 77 };

	memset(data, 0xff, sizeof(data));
	rtp_pack(data, &h);
	far_send(fd, ip, port, data, sizeof(data));
}

#endif
