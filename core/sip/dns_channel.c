/*
 * dns_channel.c - c-ares on the loop: its sockets, its time-outs, its answers.
 *
 * A channel of c-ares keeps its socket, and so its port, while anything is under
 * way. Under load that would be for ever, and whoever wants to forge an answer
 * would have to guess its number only. So there is a new one for each round of
 * questions (RFC 5452 9.2); an old one ends with the last of its answers.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/dns_channel.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include "base/log.h"
#include "sip/dns_servers.h"

enum {
	TRY_MS = 1500,			/* first wait, then doubled */
	TRIES = 3,
	CLASS_IN = 1,
	ROUND = 32,			/* questions from one port */
};

struct round {
	struct round *next;
	struct dns_channel *channel;
	ares_channel ares;
	struct timer timer;		/* c-ares' own time-outs */
	struct watch *watches;
	unsigned int asked, open;	/* questions */
};

struct watch {
	struct watch *next;
	struct round *round;
	struct loop_fd fd;
};

struct dns_channel {
	struct loop *loop;
	bool has_library;
	struct round *rounds;		/* the first one takes questions */
};

struct question {
	struct round *round;
	enum dns_type type;
	dns_channel_fn *fn;
	void *arg;
};

/* ---- c-ares on the loop -------------------------------------------------- */

static void unwatch(struct watch **wp)
{
	struct watch *w = *wp;

	*wp = w->next;
	loop_remove(&w->fd);
	free(w);
}

/* Ends all its questions in on_answer(). */
static void round_free(struct round *r)
{
	struct timers *timers = loop_timers(r->channel->loop);

	if (r->ares)
		ares_destroy(r->ares);
	while (r->watches)
		unwatch(&r->watches);
	timer_stop(timers, &r->timer);
	free(r);
}

static void arm(struct round *r)
{
	struct timers *timers = loop_timers(r->channel->loop);
	struct timeval tv;

	if (!ares_timeout(r->ares, NULL, &tv)) {
		timer_stop(timers, &r->timer);
		return;
	}
	/* Rounded up, lest we wake just before c-ares thinks it is time. A full
	 * heap leaves the bounds of those who ask. */
	timer_set_ms(timers, &r->timer,
		     tv.tv_sec * S_MS + tv.tv_usec / 1000 + 1);
}

/* c-ares has been called, and r may be gone after this. An open question keeps
 * it where we stand inside one of its answers. */
static void settle(struct round *r)
{
	struct round **rp = &r->channel->rounds;

	if (r == *rp || r->open) {
		arm(r);
		return;
	}
	while (*rp != r)
		rp = &(*rp)->next;
	*rp = r->next;
	round_free(r);
}

static void on_timeout(struct timer *t)
{
	struct round *r = t->arg;

	ares_process_fd(r->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	settle(r);
}

static void on_ready(struct loop_fd *f, uint32_t events)
{
	struct round *r = ((struct watch *)f->arg)->round;
	int fd = f->fd;
	bool broken = events & (EPOLLERR | EPOLLHUP);

	/* The watch may be gone after this. */
	ares_process_fd(r->ares,
			broken || (events & EPOLLIN) ? fd : ARES_SOCKET_BAD,
			events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
	settle(r);
}

static struct watch **find_watch(struct round *r, int fd)
{
	struct watch **wp = &r->watches;

	while (*wp && (*wp)->fd.fd != fd)
		wp = &(*wp)->next;
	return wp;
}

/* A socket that cannot be watched is left to c-ares' time-outs. */
static void watch(struct round *r, int fd, uint32_t events)
{
	struct watch *w = calloc(1, sizeof(*w));
	int err = -ENOMEM;

	if (w) {
		w->round = r;
		w->fd = (struct loop_fd){ .fd = fd, .fn = on_ready, .arg = w };
		err = loop_add(r->channel->loop, &w->fd, events);
	}
	if (err) {
		log_error("dns: cannot watch a socket: %s", strerror(-err));
		free(w);
		return;
	}
	w->next = r->watches;
	r->watches = w;
}

/* c-ares tells what it wants to hear of a socket; nothing: it is closing. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct round *r = arg;
	uint32_t events = (readable ? EPOLLIN : 0u) |
			  (writable ? EPOLLOUT : 0u);
	struct watch **wp = find_watch(r, fd);

	if (!events && *wp)
		unwatch(wp);
	else if (events && *wp)
		loop_modify(&(*wp)->fd, events);
	else if (events)
		watch(r, fd, events);
}

/* ---- opening and closing ------------------------------------------------- */

/* A round without c-ares. */
static struct round *round_new(struct dns_channel *c)
{
	struct round *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->channel = c;
	timer_init(&r->timer, on_timeout, r);
	return r;
}

static int errno_of(int status)
{
	if (status == ARES_SUCCESS)
		return 0;
	log_error("dns: %s", ares_strerror(status));
	return status == ARES_ENOMEM ? -ENOMEM : -EIO;
}

/* The first round, by the system's configuration. */
static int open_first(struct dns_channel *c, const struct addr *servers,
		      size_t n)
{
	struct round *r = round_new(c);
	struct ares_options o = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = r,
	};
	int err;

	if (!r)
		return -ENOMEM;
	c->rounds = r;
	err = errno_of(ares_library_init(ARES_LIB_INIT_ALL));
	c->has_library = !err;
	if (!err)
		err = errno_of(ares_init_options(&r->ares, &o,
						 ARES_OPT_TIMEOUTMS |
						 ARES_OPT_TRIES |
						 ARES_OPT_SOCK_STATE_CB));
	return err ? err : dns_servers_set(r->ares, servers, n);
}

/* As the first one, without reading the system's configuration again. */
static int copy_ares(struct round *to, const struct round *from)
{
	struct ares_options o;
	int mask, status;

	memset(&o, 0, sizeof(o));
	status = ares_save_options(from->ares, &o, &mask);
	o.sock_state_cb_data = to;
	if (status == ARES_SUCCESS)
		status = ares_init_options(&to->ares, &o, mask);
	ares_destroy_options(&o);
	if (status == ARES_SUCCESS)
		status = dns_servers_copy(to->ares, from->ares);
	return errno_of(status);
}

/* The round for the next question. Without memory the old one goes on. */
static struct round *take_round(struct dns_channel *c)
{
	struct round *old = c->rounds, *r;

	if (old->asked < ROUND)
		return old;
	r = round_new(c);
	if (!r || copy_ares(r, old)) {
		if (r)
			round_free(r);
		return old;
	}
	r->next = old;
	c->rounds = r;
	settle(old);
	return r;
}

void dns_channel_servers(const struct dns_channel *c, char *text, size_t cap)
{
	dns_servers_text(c->rounds->ares, text, cap);
}

int dns_channel_new(struct dns_channel **cp, struct loop *loop,
		    const struct addr *servers, size_t n_servers)
{
	struct dns_channel *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->loop = loop;
	err = open_first(c, servers, n_servers);
	if (err)
		dns_channel_free(c);
	else
		*cp = c;
	return err;
}

/* Whoever is told that it ends asks no more. */
void dns_channel_free(struct dns_channel *c)
{
	struct round *r;

	if (!c)
		return;
	while ((r = c->rounds)) {
		c->rounds = r->next;
		round_free(r);
	}
	if (c->has_library)
		ares_library_cleanup();
	free(c);
}

/* ---- questions ----------------------------------------------------------- */

/* c-ares gives the bytes of "no such name" too, but not after it has tried
 * several search domains.                                                    */
static struct dns_answer *answer_of(enum dns_type type, int status,
				    const unsigned char *data, int len)
{
	switch (status) {
	case ARES_SUCCESS:
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
		if (data && len > 0)
			return dns_answer_parse(type, data, (size_t)len);
		return dns_answer_new(-ENOENT, NULL, 0);
	case ARES_EBADNAME:
	case ARES_ENONAME:
		return dns_answer_new(-ENOENT, NULL, 0);
	case ARES_ETIMEOUT:
		return dns_answer_new(-ETIMEDOUT, NULL, 0);
	default:
		return dns_answer_new(-EIO, NULL, 0);
	}
}

/* c-ares' verdict, also from inside ares_query(). */
static void on_answer(void *arg, int status, int timeouts, unsigned char *data,
		      int len)
{
	struct question *q = arg;
	struct dns_answer *a = answer_of(q->type, status, data, len);

	(void)timeouts;
	q->fn(q->arg, a);
	q->round->open--;
	free(q);
}

void dns_channel_ask(struct dns_channel *c, enum dns_type type,
		     const char *name, dns_channel_fn *fn, void *arg)
{
	struct question *q = calloc(1, sizeof(*q));
	bool is_address = type == DNS_A || type == DNS_AAAA;
	struct round *r;

	if (!q) {
		fn(arg, NULL);
		return;
	}
	r = take_round(c);
	r->asked++;
	r->open++;
	*q = (struct question){
		.round = r, .type = type, .fn = fn, .arg = arg,
	};
	/* A name with a dot is a whole one: to try it in our own domain too
	 * would tell a stranger there whom we call. */
	if (is_address && !strchr(name, '.'))
		ares_search(r->ares, name, CLASS_IN, (int)type, on_answer, q);
	else
		ares_query(r->ares, name, CLASS_IN, (int)type, on_answer, q);
	settle(r);
}
