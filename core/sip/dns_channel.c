/*
 * dns_channel.c - c-ares on the loop: its sockets, its time-outs, its answers.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/dns_channel.h"

#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include "base/buf.h"
#include "base/log.h"

enum {
	TRY_MS = 1500,			/* first wait, then doubled */
	TRIES = 3,
	CLASS_IN = 1,
	SERVERS_TEXT_MAX = 4096,
};

struct watch {
	struct watch *next;
	struct dns_channel *channel;
	struct loop_fd fd;
};

struct dns_channel {
	struct loop *loop;
	ares_channel ares;
	bool has_library;
	struct timer timer;		/* c-ares' own time-outs */
	struct watch *watches;
};

struct question {
	enum dns_type type;
	dns_channel_fn *fn;
	void *arg;
};

/* ---- c-ares on the loop -------------------------------------------------- */

static void arm(struct dns_channel *c)
{
	struct timeval tv;

	if (!ares_timeout(c->ares, NULL, &tv)) {
		timer_stop(loop_timers(c->loop), &c->timer);
		return;
	}
	/* Rounded up, lest we wake just before c-ares thinks it is time. A full
	 * heap leaves the bounds of those who ask. */
	timer_set_ms(loop_timers(c->loop), &c->timer,
		     tv.tv_sec * S_MS + tv.tv_usec / 1000 + 1);
}

static void on_timeout(struct timer *t)
{
	struct dns_channel *c = t->arg;

	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm(c);
}

static void on_ready(struct loop_fd *f, uint32_t events)
{
	struct dns_channel *c = ((struct watch *)f->arg)->channel;
	int fd = f->fd;
	bool broken = events & (EPOLLERR | EPOLLHUP);

	/* The watch may be gone after this. */
	ares_process_fd(c->ares,
			broken || (events & EPOLLIN) ? fd : ARES_SOCKET_BAD,
			events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
	arm(c);
}

static struct watch **find_watch(struct dns_channel *c, int fd)
{
	struct watch **wp = &c->watches;

	while (*wp && (*wp)->fd.fd != fd)
		wp = &(*wp)->next;
	return wp;
}

static void unwatch(struct watch **wp)
{
	struct watch *w = *wp;

	*wp = w->next;
	loop_remove(&w->fd);
	free(w);
}

/* A socket that cannot be watched is left to c-ares' time-outs. */
static void watch(struct dns_channel *c, int fd, uint32_t events)
{
	struct watch *w = calloc(1, sizeof(*w));
	int err = -ENOMEM;

	if (w) {
		w->channel = c;
		w->fd = (struct loop_fd){ .fd = fd, .fn = on_ready, .arg = w };
		err = loop_add(c->loop, &w->fd, events);
	}
	if (err) {
		log_error("dns: cannot watch a socket: %s", strerror(-err));
		free(w);
		return;
	}
	w->next = c->watches;
	c->watches = w;
}

/* c-ares tells what it wants to hear of a socket; nothing: it is closing. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns_channel *c = arg;
	uint32_t events = (readable ? EPOLLIN : 0u) |
			  (writable ? EPOLLOUT : 0u);
	struct watch **wp = find_watch(c, fd);

	if (!events && *wp)
		unwatch(wp);
	else if (events && *wp)
		loop_modify(&(*wp)->fd, events);
	else if (events)
		watch(c, fd, events);
}

/* ---- opening and closing ------------------------------------------------- */

static int set_servers(struct dns_channel *c, const struct addr *servers,
		       size_t n)
{
	char one[ADDR_TEXT_LEN];
	struct buf csv;
	int err;
	size_t i;

	if (n == 0)
		return 0;
	buf_init(&csv, SERVERS_TEXT_MAX);
	for (i = 0; i < n; i++) {
		struct addr a = servers[i];

		if (!addr_port(&a))
			addr_set_port(&a, 53);
		addr_text(&a, one);
		buf_printf(&csv, "%s%s", i ? "," : "", one);
	}
	err = csv.err;
	if (!err && ares_set_servers_ports_csv(c->ares, csv.data))
		err = -EINVAL;
	buf_deinit(&csv);
	return err;
}

static int open_ares(struct dns_channel *c)
{
	struct ares_options o = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = c,
	};
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	c->has_library = status == ARES_SUCCESS;
	if (c->has_library)
		status = ares_init_options(&c->ares, &o,
					   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					   ARES_OPT_SOCK_STATE_CB);
	if (status == ARES_SUCCESS)
		return 0;
	log_error("dns: %s", ares_strerror(status));
	c->ares = NULL;
	return status == ARES_ENOMEM ? -ENOMEM : -EIO;
}

int dns_channel_new(struct dns_channel **cp, struct loop *loop,
		    const struct addr *servers, size_t n_servers)
{
	struct dns_channel *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->loop = loop;
	timer_init(&c->timer, on_timeout, c);
	err = open_ares(c);
	if (!err)
		err = set_servers(c, servers, n_servers);
	if (err)
		dns_channel_free(c);
	else
		*cp = c;
	return err;
}

void dns_channel_free(struct dns_channel *c)
{
	if (!c)
		return;
	if (c->ares)
		ares_destroy(c->ares);	/* ends all questions in on_answer() */
	while (c->watches)
		unwatch(&c->watches);
	timer_stop(loop_timers(c->loop), &c->timer);
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
	free(q);
}

void dns_channel_ask(struct dns_channel *c, enum dns_type type,
		     const char *name, dns_channel_fn *fn, void *arg)
{
	struct question *q = calloc(1, sizeof(*q));
	bool is_address = type == DNS_A || type == DNS_AAAA;

	if (!q) {
		fn(arg, NULL);
		return;
	}
	*q = (struct question){ .type = type, .fn = fn, .arg = arg };
	/* A name with a dot is a whole one: to try it in our own domain too
	 * would tell a stranger there whom we call. */
	if (is_address && !strchr(name, '.'))
		ares_search(c->ares, name, CLASS_IN, (int)type, on_answer, q);
	else
		ares_query(c->ares, name, CLASS_IN, (int)type, on_answer, q);
	arm(c);
}

/* ---- the hosts file ------------------------------------------------------ */

static size_t take_hosts(struct dns_channel *c, const char *name, int family,
			 struct dns_record *to, size_t max)
{
	struct hostent *h = NULL;
	size_t n = 0;

	if (ares_gethostbyname_file(c->ares, name, family, &h) != ARES_SUCCESS)
		return 0;
	for (; h->h_addr_list[n] && n < max; n++) {
		struct addr *a = &to[n].addr;

		a->sa.sa_family = (sa_family_t)family;
		if (family == AF_INET)
			memcpy(&a->in4.sin_addr, h->h_addr_list[n],
			       sizeof(a->in4.sin_addr));
		else
			memcpy(&a->in6.sin6_addr, h->h_addr_list[n],
			       sizeof(a->in6.sin6_addr));
	}
	ares_free_hostent(h);
	return n;
}

struct dns_answer *dns_channel_hosts(struct dns_channel *c, const char *name)
{
	struct dns_record records[DNS_RECORDS_MAX];
	size_t n;

	memset(records, 0, sizeof(records));
	n = take_hosts(c, name, AF_INET6, records, DNS_RECORDS_MAX / 2);
	n += take_hosts(c, name, AF_INET, records + n, DNS_RECORDS_MAX / 2);
	return dns_answer_new(n ? 0 : -ENOENT, records, n);
}
