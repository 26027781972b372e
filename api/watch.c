/*
 * watch.c - frees workers from connections that give them nothing to do.
 * Thread: workers report to it; a thread of its own looks and cuts.
 *
 * civetweb does not tell the socket of a connection, so the watcher finds it
 * among the open files by its two addresses. A slot is in the watcher's lock
 * from before the socket is used until before it is closed, so that the one
 * found is the one meant. Only the receiving side is shut: the worker wakes
 * with "end of input" and can still answer.
 */
/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct watch_slot {
	struct watch *watch;
	const struct mg_connection *conn;
	enum watch_phase phase;
	int64_t since_ms;
	bool due;		/* to be cut in this look             */
	bool cut;		/* was cut while it waited            */
};

struct watch {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool ending, hurry;
	char knock_host[INET6_ADDRSTRLEN];
	uint16_t knock_port;
	unsigned int n_slots, n_taken, n_active;
	struct watch_slot slots[];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The two ends of a TCP connection as civetweb writes them.                  */
struct ends {
	char far[INET_ADDRSTRLEN];
	int far_port, near_port;
};

static bool ends_of(struct ends *e, int fd)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
	} far, near;
	socklen_t far_len = sizeof(far), near_len = sizeof(near);

	if (getpeername(fd, &far.sa, &far_len) ||
	    getsockname(fd, &near.sa, &near_len) ||
	    far.sa.sa_family != AF_INET || near.sa.sa_family != AF_INET)
		return false;
	e->far_port = ntohs(far.in.sin_port);
	e->near_port = ntohs(near.in.sin_port);
	return inet_ntop(AF_INET, &far.in.sin_addr, e->far, sizeof(e->far));
}

static bool is_due(const struct watch_slot *s, const struct ends *e)
{
	const struct mg_request_info *info;

	if (!s->due)
		return false;
	info = mg_get_request_info(s->conn);
	return info && e->far_port == info->remote_port &&
	       e->near_port == info->server_port &&
	       !strcmp(e->far, info->remote_addr);
}

/* Shuts the sockets of all slots that are due, in one pass over the files.   */
static void shut_due(struct watch *w)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	struct ends ends;
	unsigned int i;

	while (dir && (entry = readdir(dir))) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] == '.' || !ends_of(&ends, fd))
			continue;
		for (i = 0; i < w->n_taken; i++)
			if (is_due(&w->slots[i], &ends))
				shutdown(fd, w->slots[i].phase == WATCH_WRITE ?
					 SHUT_RDWR : SHUT_RD);
	}
	if (dir)
		closedir(dir);
}

/* How long may this slot go on as it does? -1: for ever.                     */
static int64_t patience_ms(const struct watch *w, const struct watch_slot *s,
			   bool crowded)
{
	switch (s->phase) {
	case WATCH_HEADER:
	case WATCH_IDLE:
		/* While there is room, civetweb's own timeouts decide.       */
		return w->hurry ? 0 : crowded ? WATCH_CROWDED_MS : -1;
	case WATCH_BODY:
		return w->hurry ? 0 : crowded ? WATCH_CROWDED_MS
					      : WATCH_BODY_MS;
	case WATCH_WRITE:
		return w->hurry ? WATCH_CROWDED_MS :
		       crowded ? 10 * WATCH_CROWDED_MS : WATCH_WRITE_MS;
	case WATCH_WORK:
	case WATCH_FREE:
		break;
	}
	return -1;
}

static void look(struct watch *w)
{
	bool crowded = w->n_active >= w->n_slots, any = false;
	int64_t now = now_ms();
	unsigned int i;

	for (i = 0; i < w->n_taken; i++) {
		struct watch_slot *s = &w->slots[i];
		int64_t patience = patience_ms(w, s, crowded);

		s->due = patience >= 0 && now - s->since_ms >= patience &&
			 (!s->cut || s->phase == WATCH_WRITE);
		s->cut |= s->due;
		any |= s->due;
	}
	if (any)
		shut_due(w);
}

/* civetweb's accepting thread sleeps up to two seconds at a time; a connection
 * wakes it, and it then sees that it shall end.                              */
static void knock(const struct watch *w)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(w->knock_port),
	};
	int fd;

	if (inet_pton(AF_INET, w->knock_host, &to.sin_addr) != 1)
		return;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Refused or not: the knock was heard, or nobody is there any more.  */
	(void)!connect(fd, (const struct sockaddr *)&to, sizeof(to));
	close(fd);
}

static void pause_tick(struct watch *w)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WATCH_TICK_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&w->wake, &w->lock, &until);
}

static void *run(void *arg)
{
	struct watch *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->ending) {
		if (!w->n_active && !w->hurry) {
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		pause_tick(w);
		look(w);
		if (w->hurry)
			knock(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int watch_new(struct watch **wp, unsigned int n_workers)
{
	struct watch *w = calloc(1, sizeof(*w) +
				 n_workers * sizeof(struct watch_slot));
	pthread_condattr_t attr;
	int err;

	if (!w)
		return -ENOMEM;
	w->n_slots = n_workers;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
	err = pthread_create(&w->thread, NULL, run, w);
	if (err) {
		pthread_cond_destroy(&w->wake);
		pthread_mutex_destroy(&w->lock);
		free(w);
		return -err;
	}
	*wp = w;
	return 0;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct watch_slot *watch_take(struct watch *w)
{
	struct watch_slot *s = NULL;

	pthread_mutex_lock(&w->lock);
	if (w->n_taken < w->n_slots) {
		s = &w->slots[w->n_taken++];
		s->watch = w;
	}
	pthread_mutex_unlock(&w->lock);
	return s;
}

void watch_phase(struct watch_slot *s, const struct mg_connection *conn,
		 enum watch_phase phase)
{
	struct watch *w;

	if (!s)
		return;
	w = s->watch;
	pthread_mutex_lock(&w->lock);
	if (s->phase == WATCH_FREE && phase != WATCH_FREE) {
		s->cut = false;
		if (w->n_active++ == 0)
			pthread_cond_signal(&w->wake);
	} else if (s->phase != WATCH_FREE && phase == WATCH_FREE) {
		w->n_active--;
	}
	s->conn = conn;
	s->phase = phase;
	s->since_ms = now_ms();
	pthread_mutex_unlock(&w->lock);
}

bool watch_was_cut(struct watch_slot *s)
{
	bool cut;

	if (!s)
		return false;
	pthread_mutex_lock(&s->watch->lock);
	cut = s->cut;
	pthread_mutex_unlock(&s->watch->lock);
	return cut;
}

bool watch_is_busy(struct watch *w)
{
	bool busy;

	pthread_mutex_lock(&w->lock);
	busy = w->n_active * 2 > w->n_slots || w->hurry;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

static bool is_settled(struct watch *w)
{
	unsigned int i;

	for (i = 0; i < w->n_taken; i++)
		if (w->slots[i].phase == WATCH_WORK ||
		    w->slots[i].phase == WATCH_WRITE)
			return false;
	return true;
}

void watch_settle(struct watch *w, unsigned int ms)
{
	const struct timespec tick = { 0, 5 * 1000000 };
	int64_t until = now_ms() + ms;

	pthread_mutex_lock(&w->lock);
	while (!is_settled(w) && now_ms() < until) {
		pthread_mutex_unlock(&w->lock);
		nanosleep(&tick, NULL);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
}

void watch_hurry(struct watch *w, const char *host, uint16_t port)
{
	pthread_mutex_lock(&w->lock);
	w->hurry = true;
	snprintf(w->knock_host, sizeof(w->knock_host), "%s", host);
	w->knock_port = port;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}
