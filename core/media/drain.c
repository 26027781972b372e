/*
 * drain.c - empties a UDP socket in batches, with the kernel's time stamps.
 *
 * A stream is drained in its own slot every 20 ms or so, hence packets are read
 * long after they came: only the kernel's stamp tells the jitter truly.
 *
 * Thread: the worker that owns it.
 */
/* SPDX-License-Identifier: MIT */
#include "media/drain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	BATCH = 16,
	BATCHES_MAX = 16,	/* 256 packets a turn: 12,800 a second       */
	DATAGRAM_MAX = 2048,	/* longer ones are no RTP of ours            */
};

struct drain {
	struct mmsghdr msgs[BATCH];
	struct iovec iovs[BATCH];
	struct addr from[BATCH];
	struct {
		_Alignas(struct cmsghdr)
		uint8_t bytes[CMSG_SPACE(sizeof(struct timespec))];
	} control[BATCH];
	uint8_t data[BATCH][DATAGRAM_MAX];
	int used;			/* messages that the kernel wrote to  */
};

int drain_new(struct drain **dp)
{
	struct drain *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	for (size_t i = 0; i < BATCH; i++) {
		d->iovs[i] = (struct iovec){ d->data[i], DATAGRAM_MAX };
		d->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &d->from[i],
			.msg_iov = &d->iovs[i],
			.msg_iovlen = 1,
			.msg_control = &d->control[i],
		};
	}
	d->used = BATCH;
	*dp = d;
	return 0;
}

void drain_free(struct drain *d)
{
	free(d);
}

static void stamp(struct timespec *at, struct msghdr *h)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(at, CMSG_DATA(c), sizeof(*at));
			return;
		}
	clock_gettime(CLOCK_REALTIME, at);
}

/* The kernel overwrites these lengths with what it used. Most sockets are empty
 * or hold a packet or two.                                                   */
static void rearm(struct drain *d)
{
	for (int i = 0; i < d->used; i++) {
		d->msgs[i].msg_hdr.msg_namelen = sizeof(d->from[i]);
		d->msgs[i].msg_hdr.msg_controllen = sizeof(d->control[i]);
	}
	d->used = 0;
}

static void hand_over(struct drain *d, size_t n, drain_fn *fn, void *arg)
{
	for (size_t i = 0; i < n; i++) {
		struct datagram g = {
			.data = d->data[i],
			.len = d->msgs[i].msg_len,
			.cut = d->msgs[i].msg_hdr.msg_flags & MSG_TRUNC,
			.from = &d->from[i],
		};

		stamp(&g.at, &d->msgs[i].msg_hdr);
		fn(arg, &g);
	}
}

size_t drain_socket(struct drain *d, int fd, drain_fn *fn, void *arg)
{
	size_t total = 0;
	int n = BATCH;

	for (int turn = 0; turn < BATCHES_MAX && n == BATCH; turn++) {
		rearm(d);
		n = recvmmsg(fd, d->msgs, BATCH, MSG_DONTWAIT, NULL);
		/* An ICMP error that waits is read as an error once; it says
		 * nothing about the packets behind it.                       */
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			n = recvmmsg(fd, d->msgs, BATCH, MSG_DONTWAIT, NULL);
		if (n <= 0)
			break;
		d->used = n;
		hand_over(d, (size_t)n, fn, arg);
		total += (size_t)n;
	}
	return total;
}
