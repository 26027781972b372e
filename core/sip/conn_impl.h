/*
 * conn_impl.h - the inside of a connection, for conn.c, conn_io.c and
 * conn_time.c.
 *
 *	CONNECTING -> SECURING -> OPEN -> CLOSING --.
 *	     '------------'---------'------------> LOST -> freed by its timer
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_CONN_IMPL_H
#define SIP_CONN_IMPL_H

#include "base/map.h"
#include "base/slot.h"
#include "sip/conn.h"
#include "sip/stream_frame.h"

#define CONN_WHY_LEN TLS_WHY_LEN
#define CONN_KEY_LEN (SIP_HOST_LEN + 2 * ADDR_TEXT_LEN + 8)

enum conn_state {
	CONN_CONNECTING,
	CONN_SECURING,			/* the TLS handshake                  */
	CONN_OPEN,
	CONN_CLOSING,			/* what is queued still leaves        */
	CONN_LOST,			/* no socket any more                 */
};

struct conn {
	struct conns *all;
	LIST_ENTRY(conn) link;
	struct hop hop;
	enum conn_state state;
	bool inbound;
	bool proven;			/* brought a whole message            */
	bool pongs;			/* has answered a ping                */
	bool pinged;			/* and nothing came since             */
	int connect_error;		/* from connect() itself              */
	char key[CONN_KEY_LEN];		/* in the index, "": not              */
	struct loop_fd lfd;		/* .fd is -1 when closed              */
	bool wants_out;			/* EPOLLOUT is asked for              */
	struct tls_session *tls;	/* NULL: plain TCP                    */
	struct stream_frame frame;
	struct buf waiting;		/* messages, until it is open         */
	struct buf out;			/* bytes for the wire, from `sent` on */
	size_t sent;
	size_t held;			/* memory of `out`, as counted        */
	struct hop_watches fresh, told;	/* `opened` is still to be told, was  */
	struct timer timer;
	int64_t limit_ns;		/* for CONNECTING, SECURING, CLOSING  */
	int64_t used_ns;		/* the last message, either way       */
	int64_t sent_ns;
	int64_t half_ns;		/* since when one is half here; 0     */
	int64_t ping_after_ns;		/* of silence of ours                 */
	char why[CONN_WHY_LEN];
};

struct conns {
	struct conn_config cfg;
	struct slots slots;
	struct map *index;		/* by key                             */
	LIST_HEAD(, conn) list;
	size_t n, n_inbound;
	size_t held;			/* by `out` of those that came in     */
	struct hop_watches late;	/* of connections that are gone       */
	struct timer late_timer;
	char wire[STREAM_CHUNK_MAX];	/* what was just read                 */
	char plain[STREAM_CHUNK_MAX];	/* the same without TLS               */
};

static inline int64_t conn_now_ns(const struct conn *c)
{
	return clock_now_ns(loop_clock(c->all->cfg.loop));
}

/* Bytes that the other side may leave lying. `out` grows to twice as much, as it
 * is moved only when half of it has been sent.                               */
static inline size_t conn_out_max(const struct conn *c)
{
	return c->inbound ? CONN_INBOUND_OUT_MAX : CONN_OUT_MAX;
}

static inline bool conn_is_watched(const struct conn *c)
{
	return !LIST_EMPTY(&c->fresh) || !LIST_EMPTY(&c->told);
}

/* The socket is connected or connecting: its events begin.                   */
int conn_start(struct conn *c);
int conn_write(struct conn *c, const void *data, size_t len);
/* The wire takes it, or it waits in `out`.                                   */
void conn_put(struct conn *c, const void *data, size_t len);
void conn_drop_out(struct conn *c);
void conn_on_event(struct loop_fd *lfd, uint32_t events);
/* It is over now; those who wait are told by the timer.                      */
void conn_lose(struct conn *c, const char *why);
void conn_fail(struct conn *c, int err);	/* an errno, not negative */
/* The same after what is queued has left.                                    */
void conn_part(struct conn *c, const char *why);
/* The timer runs at `at_ns` at the latest.                                   */
void conn_wake(struct conn *c, int64_t at_ns);
/* Out of the index: nobody finds it any more.                                */
void conn_forget(struct conn *c);
void conn_free(struct conn *c);

#endif
