/*
 * bare_rtp.c - the least that paced RTP can cost.
 */
/* SPDX-License-Identifier: MIT */
#include "bare_rtp.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"
#include "media/wire.h"

enum {
	TURN_MS = 20,
	UNITS = 160,			/* of RTP time in a turn               */
	PACKET = 172,
	BATCH = 16,
	DATAGRAM = 2048,
	RECEIVE_BUFFER = 64 * 1024,
	RT_PRIORITY = 10,
	LATE_MAX = 3 * TURN_MS,		/* later ones are passed over          */
};

struct bare_call {
	int fd;
	struct mmsghdr msg;
	struct iovec iov;
	uint8_t packet[PACKET];
};

struct inlet {
	struct mmsghdr msgs[BATCH];
	struct iovec iovs[BATCH];
	struct addr from[BATCH];
	uint8_t control[BATCH][CMSG_SPACE(sizeof(struct timespec))];
	uint8_t data[BATCH][DATAGRAM];
};

struct loop {
	struct bare_call *calls;
	size_t n;
	struct inlet *in;		/* NULL: nothing is read               */
};

/* As core/media/ports.c opens its own.                                        */
static int open_call(struct bare_call *c, const struct addr *to)
{
	int on = 1, room = RECEIVE_BUFFER;
	struct addr own;

	c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	addr_parse_ip(&own, "127.0.0.1", 0);
	if (setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) ||
	    bind(c->fd, &own.sa, addr_len(&own)))
		return -errno;
	memset(c->packet, 0xff, PACKET);
	c->packet[0] = 0x80;
	c->packet[1] = 0;
	c->iov = (struct iovec){ c->packet, PACKET };
	c->msg.msg_hdr = (struct msghdr){
		.msg_name = (void *)(uintptr_t)to,
		.msg_namelen = addr_len(to),
		.msg_iov = &c->iov,
		.msg_iovlen = 1,
	};
	return 0;
}

static struct inlet *inlet_new(void)
{
	struct inlet *in = calloc(1, sizeof(*in));

	for (size_t i = 0; in && i < BATCH; i++) {
		in->iovs[i] = (struct iovec){ in->data[i], DATAGRAM };
		in->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &in->from[i],
			.msg_iov = &in->iovs[i],
			.msg_iovlen = 1,
			.msg_control = in->control[i],
		};
	}
	return in;
}

static void drain(struct inlet *in, int fd)
{
	for (size_t i = 0; i < BATCH; i++) {
		in->msgs[i].msg_hdr.msg_namelen = sizeof(in->from[i]);
		in->msgs[i].msg_hdr.msg_controllen = sizeof(in->control[i]);
	}
	(void)recvmmsg(fd, in->msgs, BATCH, MSG_DONTWAIT, NULL);
}

static void run_slot(struct loop *l, int64_t ms)
{
	uint32_t turn = (uint32_t)(ms / TURN_MS);

	for (size_t i = (size_t)(ms % TURN_MS); i < l->n; i += TURN_MS) {
		struct bare_call *c = &l->calls[i];

		wire_put16(c->packet + 2, (uint16_t)turn);
		wire_put32(c->packet + 4, turn * UNITS);
		(void)sendmmsg(c->fd, &c->msg, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (l->in)
			drain(l->in, c->fd);
	}
}

static void pace(struct loop *l)
{
	int64_t now, ms = clock_now_ms(clock_system()) + 1;

	for (;; ms++) {
		struct timespec t = { ms / S_MS, ms % S_MS * MS_NS };

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t,
				       NULL))
			;
		now = clock_now_ms(clock_system());
		if (now - ms > LATE_MAX)
			ms = now;
		run_slot(l, ms);
	}
}

void bare_rtp_run(struct player *p, const struct player_config *cfg)
{
	struct loop l = { .n = cfg->n };
	int err = 0;

	prctl(PR_SET_NAME, PLAYER_THREAD "bare");
	l.calls = calloc(cfg->n, sizeof(*l.calls));
	if (cfg->drains)
		l.in = inlet_new();
	if (!l.calls || (cfg->drains && !l.in))
		player_fail(-ENOMEM, "bare loop");
	for (size_t i = 0; !err && i < cfg->n; i++)
		err = open_call(&l.calls[i], phones_addr(cfg->phones, i));
	if (err)
		player_fail(err, "bare loop");
	(void)thread_make_precise(RT_PRIORITY);
	player_ready(p);
	pace(&l);
}
