/*
 * receive.c - what comes in on one stream's ports: judged and counted.
 *
 * Only packets from the host that the signalling named count, hence none before
 * the answer: early media is thrown away unseen. Their port is not compared,
 * for a NAT or a far end without symmetric RTP (RFC 4961) may use another one.
 * We follow them there only where symmetric RTP is configured, once and for a
 * short while after the answer: whoever can send from that host later on cannot
 * draw the call to himself.
 *
 * RFC 3550 8.2: whoever chose the SSRC that we have is given way to, once. What
 * bears our new one soon afterwards is no accident but our own audio, sent back
 * by an echo or a loop.
 *
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/receive.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "media/rtp.h"

enum {
	/* Ten intervals of reports (8.2) without one of them, and a next
	 * collision is an accident again.                                    */
	LOOP_MS = 10 * 5000,
};

void receive_set_remote(struct receive *r, const struct addr *rtp,
			const struct addr *rtcp, int64_t now_ns)
{
	if (!r->has_remote || !addr_equal(rtp, &r->rtp)) {
		r->left = r->learnt ? r->from : r->rtp;
		r->left_until_ns = now_ns + RECEIVE_LEFT_MS * MS_NS;
		r->learnt = false;
		r->learn_until_ns = now_ns + RECEIVE_LEARN_MS * MS_NS;
	}
	r->rtp = *rtp;
	r->rtcp = *rtcp;
	r->has_remote = true;
}

void receive_expect(struct receive *r, const struct receive_type *types,
		    size_t n)
{
	assert(n <= sizeof(r->types) / sizeof(r->types[0]));
	memcpy(r->types, types, n * sizeof(*types));
	r->n_types = n;
}

void receive_learn(struct receive *r, int64_t now_ns)
{
	r->learn = true;
	r->learn_until_ns = now_ns + RECEIVE_LEARN_MS * MS_NS;
}

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
 * is passed over, but whoever sends it is no stranger.                       */
static void take_rtcp(struct receive *r, const struct datagram *d)
{
	int len = (int)d->len;

	if (d->cut || !rtp_is_rtcp(d->data, d->len)) {
		count_stranger(r);
		return;
	}
	if (r->srtp)
		len = srtp_open_rtcp(r->srtp, d->data, d->len);
	if (len < 0) {
		count_stranger(r);
		return;
	}
	if (control_take(r->control, d->data, (size_t)len,
			 arrived_ns(r, &d->at)) ||
	    bears_ours(r, r->control->reporter))
		return;
	r->reports++;
	r->last_ns = r->now_ns;
}

static const struct receive_type *find_type(const struct receive *r,
					    uint8_t payload_type)
{
	for (size_t i = 0; i < r->n_types; i++)
		if (r->types[i].payload_type == payload_type)
			return &r->types[i];
	return NULL;
}

/* The far end may send any codec of our description, and change between those
 * of different clock rates as it likes (RFC 7160 4).                         */
static void follow_rate(struct receive *r, uint8_t payload_type)
{
	const struct receive_type *t = find_type(r, payload_type);

	if (!t || !t->clock_rate || t->clock_rate == r->clock_rate)
		return;
	source_change_rate(&r->source, r->clock_rate, t->clock_rate);
	r->clock_rate = t->clock_rate;
}

static bool was_left(const struct receive *r, const struct addr *from)
{
	return r->now_ns < r->left_until_ns && addr_equal(from, &r->left);
}

static void learn_from(struct receive *r, const struct rtp_header *h,
		       const struct addr *from)
{
	if (r->learnt || r->now_ns >= r->learn_until_ns ||
	    !find_type(r, h->payload_type) || was_left(r, from))
		return;
	r->from = *from;
	r->learnt = true;
}

/* 0, or -EBADMSG for what is no RTP packet of the far end. */
static int open_rtp(struct receive *r, struct rtp_packet *p,
		    const struct datagram *d)
{
	int len = (int)d->len;

	if (d->cut)
		return -EBADMSG;
	if (r->srtp)
		len = srtp_open_rtp(r->srtp, d->data, d->len);
	return len < 0 ? len : rtp_parse(p, d->data, (size_t)len);
}

static void take_rtp(struct receive *r, const struct datagram *d)
{
	struct rtp_packet p;

	if (open_rtp(r, &p, d)) {
		count_stranger(r);
		return;
	}
	r->received++;
	tally_add(&r->tally->received, 1);
	if (bears_ours(r, p.header.ssrc))
		return;
	if (!r->first_ns)
		r->first_ns = r->now_ns;
	r->last_ns = r->now_ns;
	follow_rate(r, p.header.payload_type);
	source_take(&r->source, &p.header, arrival(r, &d->at));
	if (r->learn)
		learn_from(r, &p.header, d->from);
	if (r->hear)
		hear_take(r->hear, &p, r->now_ns);
}

/* It came before the answer, however late it is read. */
static bool is_early(const struct receive *r, const struct datagram *d)
{
	const struct timespec *from = &r->answered_at;

	return !r->has_remote || d->at.tv_sec < from->tv_sec ||
	       (d->at.tv_sec == from->tv_sec &&
		d->at.tv_nsec < from->tv_nsec);
}

static void on_rtp(void *arg, const struct datagram *d)
{
	struct receive *r = arg;

	if (is_early(r, d))
		return;
	if (!addr_same_ip(d->from, &r->rtp))
		count_stranger(r);
	else if (rtp_is_rtcp(d->data, d->len))
		take_rtcp(r, d);
	else
		take_rtp(r, d);
}

static void on_rtcp(void *arg, const struct datagram *d)
{
	struct receive *r = arg;

	if (is_early(r, d))
		return;
	if (!addr_same_ip(d->from, &r->rtcp))
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
