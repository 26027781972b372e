/*
 * receive.c - what comes in on one stream's ports: judged and counted.
 *
 * Only packets from the host that the signalling named count. Their port is not
 * compared, for a NAT or a far end without symmetric RTP (RFC 4961) may use
 * another one; we do not follow them there either.
 *
 * RFC 3550 8.2: whoever chose the SSRC that we have is given way to, once. What
 * bears our new one soon afterwards is no accident but our own audio, sent back
 * by an echo or a loop.
 *
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/receive.h"

#include "base/clock.h"
#include "media/rtp.h"

enum {
	/* Ten intervals of reports (8.2) without one of them, and a next
	 * collision is an accident again.                                    */
	LOOP_MS = 10 * 5000,
};

static void count_stranger(struct receive *r)
{
	r->strangers++;
	tally_add(&r->tally->strangers, 1);
}

/* The kernel's stamp in RTP units; only differences of it are used. */
static uint32_t arrival(const struct receive *r, const struct timespec *at)
{
	return (uint32_t)((uint64_t)at->tv_sec * r->clock_rate +
			  (uint64_t)at->tv_nsec * r->clock_rate / S_NS);
}

/* The packet has waited in the socket since its stamp: back on the monotonic
 * clock. A stamp that the wall clock's steps made absurd is not used.        */
static int64_t arrived_ns(const struct receive *r, const struct timespec *at)
{
	struct timespec wall;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &wall);
	age = (int64_t)(wall.tv_sec - at->tv_sec) * S_NS +
	      (wall.tv_nsec - at->tv_nsec);
	return age > 0 && age < S_NS ? r->now_ns - age : r->now_ns;
}

/* True: a source of that SSRC is ours.                                       */
static bool bears_ours(struct receive *r, uint32_t ssrc)
{
	bool loop = r->looped_until_ns > r->now_ns;

	if (ssrc != r->control->ssrc)
		return false;
	r->looped_until_ns = r->now_ns + LOOP_MS * MS_NS;
	if (!loop)
		r->collided = true;
	return true;
}

/* Some far ends send a lone APP or BYE, which RFC 3550 6.1 does not allow: it
 * is passed over, but whoever sends it is no stranger.                        */
static void take_rtcp(struct receive *r, const struct datagram *d)
{
	if (d->cut || !rtp_is_rtcp(d->data, d->len))
		count_stranger(r);
	else if (!control_take(r->control, d->data, d->len,
			       arrived_ns(r, &d->at))) {
		r->reports++;
		(void)bears_ours(r, r->control->heard);
	}
}

static void take_rtp(struct receive *r, const struct datagram *d)
{
	struct rtp_packet p;

	if (d->cut || rtp_parse(&p, d->data, d->len)) {
		count_stranger(r);
		return;
	}
	r->received++;
	tally_add(&r->tally->received, 1);
	if (!bears_ours(r, p.header.ssrc))
		source_take(&r->source, &p.header, arrival(r, &d->at));
}

static void on_rtp(void *arg, const struct datagram *d)
{
	struct receive *r = arg;

	if (!r->has_remote || !addr_same_ip(d->from, &r->rtp))
		count_stranger(r);
	else if (rtp_is_rtcp(d->data, d->len))
		take_rtcp(r, d);
	else
		take_rtp(r, d);
}

static void on_rtcp(void *arg, const struct datagram *d)
{
	struct receive *r = arg;

	if (!r->has_remote || !addr_same_ip(d->from, &r->rtcp))
		count_stranger(r);
	else
		take_rtcp(r, d);
}

void receive_rtp(struct receive *r, struct drain *d, int fd, int64_t now_ns)
{
	r->now_ns = now_ns;
	drain_socket(d, fd, on_rtp, r);
}

void receive_rtcp(struct receive *r, struct drain *d, int fd, int64_t now_ns)
{
	r->now_ns = now_ns;
	drain_socket(d, fd, on_rtcp, r);
}
