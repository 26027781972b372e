/*
 * phones.c - thousands of far ends in one process.
 */
/* SPDX-License-Identifier: MIT */
#include "phones.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "media/wire.h"

enum {
	TURN_MS = 20,
	BATCH = 8,
	PACKET = 172,			/* 20 ms of G.711                      */
	DATAGRAM = 512,
	KEPT = PHONES_WINDOW_MS / TURN_MS + 16,
	RT_PRIORITY = 5,		/* below who is measured               */
	UNITS_PER_MS = 8,
};

struct arrival {
	int64_t at_ns;			/* wall clock, by the kernel           */
	uint32_t timestamp;
};

/* One phone, in shared memory.                                                */
struct phone {
	struct addr addr;
	uint32_t n;
	struct arrival kept[KEPT];
};

struct board {
	_Atomic bool ready, keeping, talking;
	_Atomic uint32_t rounds;	/* how often all were visited          */
	_Atomic int64_t from_ns;
};

struct phones {
	struct board *board;
	struct phone *phones;		/* shared, too                         */
	size_t n;
	int pid;
};

/* What the process alone has of a phone.                                      */
struct line {
	int fd;
	struct addr from;		/* who sent last                       */
	uint8_t packet[PACKET];		/* what is sent back                   */
};

struct exchange {
	struct phones *shared;
	struct line *lines;
	struct mmsghdr msgs[BATCH];
	struct iovec iovs[BATCH];
	struct addr from[BATCH];
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(struct timespec))];
	} control[BATCH];
	uint8_t data[BATCH][DATAGRAM];
};

static int64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * S_NS + t.tv_nsec;
}

/* ---- the process ---------------------------------------------------------- */

static int open_line(struct line *l, struct phone *p, uint32_t ssrc)
{
	int on = 1;
	socklen_t len = sizeof(p->addr);

	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return -errno;
	addr_parse_ip(&p->addr, "127.0.0.1", 0);
	if (setsockopt(l->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    bind(l->fd, &p->addr.sa, addr_len(&p->addr)) ||
	    getsockname(l->fd, &p->addr.sa, &len))
		return -errno;
	memset(l->packet, 0xff, PACKET);
	l->packet[0] = 0x80;
	l->packet[1] = 0;
	wire_put32(l->packet + 8, ssrc);
	return 0;
}

static void set_batch(struct exchange *x)
{
	for (size_t i = 0; i < BATCH; i++) {
		x->iovs[i] = (struct iovec){ x->data[i], DATAGRAM };
		x->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &x->from[i],
			.msg_iov = &x->iovs[i],
			.msg_iovlen = 1,
			.msg_control = &x->control[i],
		};
	}
}

static int64_t stamp_ns(struct msghdr *h)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	struct timespec t;

	if (!c || c->cmsg_type != SCM_TIMESTAMPNS)
		return wall_ns();
	memcpy(&t, CMSG_DATA(c), sizeof(t));
	return (int64_t)t.tv_sec * S_NS + t.tv_nsec;
}

static void keep(struct exchange *x, struct phone *p, size_t i)
{
	const uint8_t *d = x->data[i];
	int64_t at = stamp_ns(&x->msgs[i].msg_hdr);

	/* RTCP shares the port (RFC 5761) and is no part of the figures.      */
	if (x->msgs[i].msg_len < 12 || (d[1] >= 192 && d[1] <= 223))
		return;
	if (p->n < KEPT && at >= x->shared->board->from_ns)
		p->kept[p->n++] = (struct arrival){ at, wire_get32(d + 4) };
}

static void drain(struct exchange *x, size_t at)
{
	struct line *l = &x->lines[at];
	int n;

	for (size_t i = 0; i < BATCH; i++) {
		x->msgs[i].msg_hdr.msg_namelen = sizeof(x->from[i]);
		x->msgs[i].msg_hdr.msg_controllen = sizeof(x->control[i]);
	}
	n = recvmmsg(l->fd, x->msgs, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n && x->shared->board->keeping; i++)
		keep(x, &x->shared->phones[at], (size_t)i);
	if (n > 0)
		l->from = x->from[n - 1];
}

static void talk(struct line *l)
{
	if (!addr_port(&l->from))
		return;
	wire_put16(l->packet + 2, (uint16_t)(wire_get16(l->packet + 2) + 1));
	wire_put32(l->packet + 4, wire_get32(l->packet + 4) +
				  TURN_MS * UNITS_PER_MS);
	(void)sendto(l->fd, l->packet, PACKET, MSG_DONTWAIT, &l->from.sa,
		     addr_len(&l->from));
}

static void sleep_until(int64_t mono_ns)
{
	struct timespec t = { mono_ns / S_NS, mono_ns % S_NS };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

/* A twentieth of the phones each millisecond. */
static void run(struct exchange *x)
{
	int64_t at_ns = clock_now_ns(clock_system());
	struct board *b = x->shared->board;

	(void)thread_make_precise(RT_PRIORITY);
	b->ready = true;
	for (size_t slot = 0;; slot = (slot + 1) % TURN_MS) {
		for (size_t i = slot; i < x->shared->n; i += TURN_MS) {
			drain(x, i);
			if (b->talking)
				talk(&x->lines[i]);
		}
		if (slot == TURN_MS - 1)
			b->rounds++;
		at_ns += MS_NS;
		sleep_until(at_ns);
	}
}

static void be_phones(struct phones *p)
{
	struct exchange *x = calloc(1, sizeof(*x));
	int err = x ? 0 : -ENOMEM;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (x) {
		x->shared = p;
		x->lines = calloc(p->n, sizeof(*x->lines));
		set_batch(x);
	}
	if (!err && !x->lines)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < p->n; i++)
		err = open_line(&x->lines[i], &p->phones[i], (uint32_t)i + 1);
	if (err)
		_exit(-err);
	run(x);
}

/* ---- the bench's side ----------------------------------------------------- */

static void *share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void rest_ms(int ms)
{
	sleep_until(clock_now_ns(clock_system()) + ms * MS_NS);
}

/* Until all have been visited once more, from beginning to end.               */
static void wait_round(const struct phones *p)
{
	uint32_t from = p->board->rounds;

	while (p->board->rounds - from < 2)
		rest_ms(1);
}

int phones_start(struct phones **pp, size_t n)
{
	struct phones *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->n = n;
	p->board = share(sizeof(*p->board));
	p->phones = share(n * sizeof(*p->phones));
	if (!p->board || !p->phones)
		return -ENOMEM;
	p->pid = fork();
	if (p->pid < 0)
		return -errno;
	if (!p->pid)
		be_phones(p);
	while (!p->board->ready) {
		int status;

		if (waitpid(p->pid, &status, WNOHANG) == p->pid)
			return -WEXITSTATUS(status);
		rest_ms(1);
	}
	*pp = p;
	return 0;
}

void phones_stop(struct phones *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	munmap(p->board, sizeof(*p->board));
	munmap(p->phones, p->n * sizeof(*p->phones));
	free(p);
}

const struct addr *phones_addr(const struct phones *p, size_t i)
{
	return &p->phones[i].addr;
}

void phones_talk(struct phones *p, bool on)
{
	p->board->talking = on;
}

void phones_begin(struct phones *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->phones[i].n = 0;
	p->board->from_ns = wall_ns();
	p->board->keeping = true;
}

/* When the packet would have come had it been sent with timestamp 0 and with
 * no delay, in monotonic time and at the earliest that any of them allows: the
 * sender's deadlines are whole milliseconds of that clock.                    */
static int64_t origin_ns(const struct phone *p, int64_t to_mono_ns)
{
	int64_t least = INT64_MAX;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct arrival *a = &p->kept[i];
		uint32_t units = a->timestamp - p->kept[0].timestamp;
		int64_t ns = a->at_ns + to_mono_ns -
			     (int64_t)units * MS_NS / UNITS_PER_MS;

		if (ns < least)
			least = ns;
	}
	return least / MS_NS * MS_NS;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

void phones_end(struct phones *p, struct heard *h)
{
	int64_t end_ns = wall_ns();
	int64_t to_mono = clock_now_ns(clock_system()) - end_ns;
	float *late = calloc(p->n, KEPT * sizeof(*late));

	*h = (struct heard){ 0 };
	wait_round(p);
	p->board->keeping = false;
	wait_round(p);
	for (size_t k = 0; late && k < p->n; k++) {
		const struct phone *one = &p->phones[k];
		int64_t origin = origin_ns(one, to_mono);

		h->phones += one->n > 0;
		for (uint32_t i = 0; i < one->n; i++) {
			const struct arrival *a = &one->kept[i];
			uint32_t units = a->timestamp - one->kept[0].timestamp;

			if (a->at_ns >= end_ns)
				continue;
			late[h->packets++] = (float)(a->at_ns + to_mono -
				origin - (int64_t)units * MS_NS /
				UNITS_PER_MS) / 1e3f;
		}
	}
	if (h->packets) {
		qsort(late, h->packets, sizeof(*late), by_value);
		h->late_p99_us = late[h->packets * 99 / 100];
	}
	free(late);
}
