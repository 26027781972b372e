/*
 * resolve.c - names to addresses through c-ares on the loop.
 *
 *	resolve_start -> c-ares (hosts file, name servers) -> found()
 *	     \-> numeric host, broken name ---------------------/ |
 *	                                    timer, at once -> fn  <
 *
 * Each query has one timer from its start: it bounds the look-up as a whole,
 * and is moved to "now" when the result is there, so that fn never runs inside
 * resolve_start() or inside c-ares. Moving a timer needs no memory.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/resolve.h"

#include <ares.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"

enum {
	TRY_MS = 1500,			/* first wait, then doubled */
	TRIES = 3,
	BOUND_MS = 15000,		/* of a query, whatever c-ares does */
	SERVERS_TEXT_MAX = 4096,
};

struct watch {
	struct watch *next;
	struct resolver *resolver;
	struct loop_fd fd;
};

struct resolver {
	struct loop *loop;
	ares_channel channel;
	bool has_library;
	struct timer timer;		/* c-ares' own time-outs */
	struct watch *watches;
	struct resolve_query *queries;
};

struct resolve_query {
	struct resolve_query *next, **prevp;
	struct resolver *resolver;
	struct timer timer;
	uint16_t port;
	int family;
	bool in_ares;			/* found() is still to come */
	bool done;			/* result is there */
	resolve_fn *fn;			/* NULL: cancelled */
	void *arg;
	struct resolve_result result;
};

/* ---- c-ares on the loop -------------------------------------------------- */

static void arm(struct resolver *r)
{
	struct timeval tv;

	if (!ares_timeout(r->channel, NULL, &tv)) {
		timer_stop(loop_timers(r->loop), &r->timer);
		return;
	}
	/* Rounded up, lest we wake just before c-ares thinks it is time. A full
	 * heap leaves the bound of the query itself. */
	timer_set_ms(loop_timers(r->loop), &r->timer,
		     tv.tv_sec * S_MS + tv.tv_usec / 1000 + 1);
}

static void on_timeout(struct timer *t)
{
	struct resolver *r = t->arg;

	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm(r);
}

static void on_ready(struct loop_fd *f, uint32_t events)
{
	struct resolver *r = ((struct watch *)f->arg)->resolver;
	int fd = f->fd;
	bool broken = events & (EPOLLERR | EPOLLHUP);

	/* The watch may be gone after this. */
	ares_process_fd(r->channel,
			broken || (events & EPOLLIN) ? fd : ARES_SOCKET_BAD,
			events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
	arm(r);
}

static struct watch **find_watch(struct resolver *r, int fd)
{
	struct watch **wp = &r->watches;

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
static void watch(struct resolver *r, int fd, uint32_t events)
{
	struct watch *w = calloc(1, sizeof(*w));
	int err = -ENOMEM;

	if (w) {
		w->resolver = r;
		w->fd = (struct loop_fd){ .fd = fd, .fn = on_ready, .arg = w };
		err = loop_add(r->loop, &w->fd, events);
	}
	if (err) {
		log_error("resolve: cannot watch a socket: %s", strerror(-err));
		free(w);
		return;
	}
	w->next = r->watches;
	r->watches = w;
}

/* c-ares tells what it wants to hear of a socket; nothing: it is closing. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver *r = arg;
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

static int set_servers(struct resolver *r, const struct addr *servers,
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
	if (!err && ares_set_servers_ports_csv(r->channel, csv.data))
		err = -EINVAL;
	buf_deinit(&csv);
	return err;
}

static int open_channel(struct resolver *r)
{
	char lookups[] = "fb";		/* the hosts file, then name servers */
	struct ares_options o = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.lookups = lookups,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = r,
	};
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	r->has_library = status == ARES_SUCCESS;
	if (r->has_library)
		status = ares_init_options(&r->channel, &o,
					   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					   ARES_OPT_LOOKUPS |
					   ARES_OPT_SOCK_STATE_CB);
	if (status == ARES_SUCCESS)
		return 0;
	log_error("resolve: %s", ares_strerror(status));
	r->channel = NULL;
	return status == ARES_ENOMEM ? -ENOMEM : -EIO;
}

int resolver_new(struct resolver **rp, struct loop *loop,
		 const struct addr *servers, size_t n_servers)
{
	struct resolver *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->loop = loop;
	timer_init(&r->timer, on_timeout, r);
	err = open_channel(r);
	if (!err)
		err = set_servers(r, servers, n_servers);
	if (err)
		resolver_free(r);
	else
		*rp = r;
	return err;
}

/* ---- queries ------------------------------------------------------------- */

static void query_free(struct resolve_query *q)
{
	timer_stop(loop_timers(q->resolver->loop), &q->timer);
	*q->prevp = q->next;
	if (q->next)
		q->next->prevp = q->prevp;
	free(q);
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	while (r->queries) {
		struct resolve_query *q = r->queries;

		q->fn = NULL;
		if (!q->in_ares)
			query_free(q);
		else
			ares_cancel(r->channel);	/* ends in found() */
	}
	if (r->channel)
		ares_destroy(r->channel);
	while (r->watches)
		unwatch(&r->watches);
	timer_stop(loop_timers(r->loop), &r->timer);
	if (r->has_library)
		ares_library_cleanup();
	free(r);
}

/* Leaves a query that c-ares still holds to found(). */
static void forget(struct resolve_query *q)
{
	q->fn = NULL;
	if (q->in_ares)
		timer_stop(loop_timers(q->resolver->loop), &q->timer);
	else
		query_free(q);
}

static void on_query_timer(struct timer *t)
{
	struct resolve_query *q = t->arg;
	struct resolve_result result = q->result;
	resolve_fn *fn = q->fn;
	void *arg = q->arg;

	if (!q->done)
		result = (struct resolve_result){ .err = -ETIMEDOUT };
	forget(q);
	fn(arg, &result);
}

static void finish(struct resolve_query *q, int err)
{
	q->done = true;
	q->result.err = err;
	timer_set_ms(loop_timers(q->resolver->loop), &q->timer, 0);
}

static int error_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
	case ARES_EBADNAME:
	case ARES_ENONAME:
		return -ENOENT;
	case ARES_ETIMEOUT:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

static void take(struct resolve_query *q, const struct addr *a)
{
	struct resolve_result *result = &q->result;

	if (q->family != AF_UNSPEC && a->sa.sa_family != q->family)
		return;
	if (result->n == RESOLVE_MAX)
		return;
	result->addrs[result->n] = *a;
	addr_set_port(&result->addrs[result->n++], q->port);
}

static void take_all(struct resolve_query *q, const struct ares_addrinfo *ai)
{
	const struct ares_addrinfo_node *node;

	for (node = ai->nodes; node; node = node->ai_next) {
		struct addr a;

		memset(&a, 0, sizeof(a));
		if (node->ai_family == AF_INET &&
		    node->ai_addrlen == sizeof(a.in4))
			memcpy(&a.in4, node->ai_addr, sizeof(a.in4));
		else if (node->ai_family == AF_INET6 &&
			 node->ai_addrlen == sizeof(a.in6))
			memcpy(&a.in6, node->ai_addr, sizeof(a.in6));
		else
			continue;
		take(q, &a);
	}
}

/* c-ares' verdict, also from inside ares_getaddrinfo(). */
static void found(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct resolve_query *q = arg;

	(void)timeouts;
	q->in_ares = false;
	if (q->fn) {
		int err = error_of(status);

		if (ai && !err)
			take_all(q, ai);
		finish(q, !err && q->result.n == 0 ? -ENOENT : err);
	}
	if (ai)
		ares_freeaddrinfo(ai);
	if (!q->fn)
		query_free(q);
}

static void look_up(struct resolve_query *q, const char *host)
{
	struct ares_addrinfo_hints hints = {
		.ai_family = q->family,
		.ai_socktype = SOCK_DGRAM,
	};

	q->in_ares = true;
	ares_getaddrinfo(q->resolver->channel, host, NULL, &hints, found, q);
	arm(q->resolver);
}

/* RFC 6761 6.3: such a name is this machine's loopback, and is nobody else's to
 * resolve, also where there is no hosts file.                                 */
static bool is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t len = strlen(host), n = strlen(name);

	if (len && host[len - 1] == '.')
		len--;
	return len >= n && !strncasecmp(host + len - n, name, n) &&
	       (len == n || host[len - n - 1] == '.');
}

static void take_text(struct resolve_query *q, const char *ip)
{
	struct addr a;

	if (!addr_parse_ip(&a, ip, q->port))
		take(q, &a);
}

static void begin(struct resolve_query *q, const char *host)
{
	struct addr numeric;

	if (addr_parse_ip(&numeric, host, q->port) == 0) {
		take(q, &numeric);
		finish(q, q->result.n ? 0 : -ENOENT);
	} else if (is_localhost(host)) {
		take_text(q, "127.0.0.1");
		take_text(q, "::1");
		finish(q, q->result.n ? 0 : -ENOENT);
	} else if (!host_is_valid(host)) {
		finish(q, -ENOENT);
	} else {
		look_up(q, host);
	}
}

static void link_query(struct resolver *r, struct resolve_query *q)
{
	q->resolver = r;
	q->next = r->queries;
	q->prevp = &r->queries;
	if (q->next)
		q->next->prevp = &q->next;
	r->queries = q;
}

int resolve_start(struct resolve_query **qp, struct resolver *r,
		  const struct sip_target *target, int family,
		  resolve_fn *fn, void *arg)
{
	struct resolve_query *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	timer_init(&q->timer, on_query_timer, q);
	if (timer_set_ms(loop_timers(r->loop), &q->timer, BOUND_MS)) {
		free(q);
		return -ENOMEM;
	}
	q->fn = fn;
	q->arg = arg;
	q->family = family;
	q->port = target->port;
	if (!q->port)
		q->port = target->transport == SIP_TLS ? 5061 : 5060;
	link_query(r, q);
	begin(q, target->host);
	*qp = q;
	return 0;
}

void resolve_cancel(struct resolve_query *q)
{
	if (q)
		forget(q);
}
