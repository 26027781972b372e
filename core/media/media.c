/*
 * media.c - the room itself: its threads, its ports, its limits, its figures.
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "media/media.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "media/stream.h"

enum {
	THREADS_MAX = 64,
	/* Descriptors left to the rest of the house: SIP, HTTP, database.    */
	FILES_RESERVED = 256,
	CNAME_DIGITS = 24,		/* 96 bits (RFC 7022 5)               */
};

/* Raises the limit of open files towards `need`; returns what it is now. */
static rlim_t raise_files(rlim_t need)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return need;
	if (r.rlim_cur < need && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max < need ? r.rlim_max : need;
		if (setrlimit(RLIMIT_NOFILE, &r))
			getrlimit(RLIMIT_NOFILE, &r);
	}
	return r.rlim_cur;
}

/* How many streams may be open; UINT_MAX: files are no limit. A stream holds
 * its descriptors for a whole call, and running out of them would also stop
 * signalling: better refuse a call in time.                                  */
static unsigned int max_open(const struct media *m)
{
	rlim_t each = m->cfg.rtcp ? 2 : 1, streams = ports_capacity(m->ports);
	rlim_t need, files;

	if (m->cfg.max_streams && m->cfg.max_streams < streams)
		streams = m->cfg.max_streams;
	need = streams * each + FILES_RESERVED;
	files = raise_files(need);
	if (files >= need)
		return UINT_MAX;
	/* Even a tiny limit leaves half to calls. */
	streams = files > 2 * FILES_RESERVED ?
		  (files - FILES_RESERVED) / each : files / 2 / each;
	log_warn("media: the limit of open files (%llu) allows %llu calls",
		 (unsigned long long)files, (unsigned long long)streams);
	return (unsigned int)streams;
}

static unsigned int thread_count(unsigned int configured)
{
	long n = configured ? (long)configured : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned int)n;
}

static int start_threads(struct media *m)
{
	unsigned int n = thread_count(m->cfg.threads);
	int err;

	m->threads = calloc(n, sizeof(*m->threads));
	if (!m->threads)
		return -ENOMEM;
	for (; m->n_threads < n; m->n_threads++) {
		err = worker_new(&m->threads[m->n_threads].worker,
				 m->n_threads);
		if (err)
			return err;
	}
	return 0;
}

static void set_cname(struct media *m)
{
	if (m->cfg.cname && *m->cfg.cname)
		str_copy(m->cname, sizeof(m->cname), m->cfg.cname);
	else
		random_hex(m->cfg.random, m->cname, CNAME_DIGITS);
	m->cfg.cname = m->cname;
}

/* An address that is not this machine's would fail every call.               */
static int check_address(const struct addr *address)
{
	int fd = socket(address->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct addr any_port = *address;
	int err = fd < 0 ? -errno : 0;

	addr_set_port(&any_port, 0);
	if (!err && bind(fd, &any_port.sa, addr_len(&any_port)))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

int media_new(struct media **mp, const struct media_config *cfg)
{
	struct media *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->cfg = *cfg;
	set_cname(m);
	err = check_address(&cfg->address);
	if (!err)
		err = ports_new(&m->ports, &cfg->address, cfg->port_min,
				cfg->port_max, cfg->rtcp, worker_clock(),
				cfg->random);
	if (!err) {
		m->max_open = max_open(m);
		err = start_threads(m);
	}
	if (err)
		media_free(m);
	else
		*mp = m;
	return err;
}

void media_free(struct media *m)
{
	if (!m)
		return;
	assert(!m->n_streams);
	for (unsigned int i = 0; i < m->n_threads; i++)
		worker_free(m->threads[i].worker);
	free(m->threads);
	ports_free(m->ports);
	free(m);
}

void media_get_stats(const struct media *m, struct media_stats *st)
{
	const struct tally *tallies[THREADS_MAX];

	*st = (struct media_stats){ .streams = m->n_streams };
	for (unsigned int i = 0; i < m->n_threads; i++) {
		const struct tally *t = worker_tally(m->threads[i].worker);

		tallies[i] = t;
		st->sent += tally_get(&t->sent);
		st->received += tally_get(&t->received);
		st->strangers += tally_get(&t->strangers);
	}
	st->late_p99_us = tally_percentile_us(tallies, m->n_threads, 99);
}
