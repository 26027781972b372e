/*
 * fetcher.c - the thread that drives all transfers.
 * Thread: functions of fetch.h on the home thread, the rest on its own.
 *
 *   home: fetch_start --msg--> begin -> transfers <-> network
 *   home: done <-------msg---- ended
 *   home: fetch_release -msg-> memory back, paused transfers go on
 */
/* SPDX-License-Identifier: MIT */
#include "media/fetcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	INBOX_LIMIT = 1024,
	POLL_MS = 1000,
	IDLE_CONNECTIONS = 16,
};

bool fetcher_reserve(struct transfer *t, size_t want)
{
	struct fetcher *f = t->fetcher;

	if (want > f->cfg.max_held - f->held)
		return false;
	f->held += want;
	t->reserved = want;
	return true;
}

static void link_transfer(struct transfer *t)
{
	struct fetcher *f = t->fetcher;

	t->prev = f->last;
	t->next = NULL;
	if (f->last)
		f->last->next = t;
	else
		f->first = t;
	f->last = t;
}

static void unlink_transfer(struct transfer *t)
{
	struct fetcher *f = t->fetcher;

	if (t->prev)
		t->prev->next = t->next;
	else
		f->first = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		f->last = t->prev;
}

/* Those that wait for memory go on, oldest first, until one must wait again:
 * a big file must not starve behind small ones.                              */
static void resume_paused(struct fetcher *f)
{
	for (struct transfer *t = f->first; t; t = t->next) {
		if (!t->paused)
			continue;
		t->paused = false;
		curl_easy_pause(t->easy, CURLPAUSE_CONT);
		if (t->paused)
			break;
	}
}

static void give_back(struct transfer *t)
{
	struct fetcher *f = t->fetcher;

	f->held -= t->reserved;
	t->reserved = 0;
}

static void on_home_done(struct msg *m)
{
	struct transfer *t = transfer_of(m);

	t->done(t->arg);
}

static void tell_home(struct transfer *t)
{
	struct inbox *home = t->fetcher->cfg.home;

	transfer_close(t);
	if (t->fetch.err) {
		free(t->fetch.data);
		t->fetch.data = NULL;
		t->fetch.len = 0;
		give_back(t);
	}
	t->msg.fn = on_home_done;
	inbox_complete(home, &t->msg);
}

static void on_start(struct msg *m)
{
	struct transfer *t = transfer_of(m);
	int err;

	if (t->fetcher->stopping) {
		transfer_fail(t, -ECANCELED, "the server is stopping");
		tell_home(t);
		return;
	}
	err = transfer_begin(t);
	if (err)
		tell_home(t);
	else
		link_transfer(t);
}

static void on_release(struct msg *m)
{
	struct transfer *t = transfer_of(m);
	struct fetcher *f = t->fetcher;

	give_back(t);
	transfer_free(t);
	resume_paused(f);
}

static void on_stop(struct msg *m)
{
	struct fetcher *f = (struct fetcher *)
		((char *)m - offsetof(struct fetcher, stop_msg));

	f->stopping = true;
}

static void take_ended(struct fetcher *f)
{
	struct transfer *t;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(f->multi, &left))) {
		CURL *easy = m->easy_handle;
		CURLcode result = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
		curl_multi_remove_handle(f->multi, easy);
		if (!transfer_ended(t, result))
			continue;
		unlink_transfer(t);
		tell_home(t);
		resume_paused(f);
	}
}

static void cancel_all(struct fetcher *f)
{
	while (f->first) {
		struct transfer *t = f->first;

		transfer_fail(t, -ECANCELED, "the server is stopping");
		curl_multi_remove_handle(f->multi, t->easy);
		unlink_transfer(t);
		tell_home(t);
	}
}

static void fetcher_main(void *arg)
{
	struct fetcher *f = arg;
	struct curl_waitfd inbox = {
		.fd = inbox_fd(f->inbox),
		.events = CURL_WAIT_POLLIN,
	};
	int running;

	while (!f->stopping) {
		inbox_run(f->inbox);
		curl_multi_perform(f->multi, &running);
		take_ended(f);
		if (!f->stopping)
			curl_multi_poll(f->multi, &inbox, 1, POLL_MS, NULL);
	}
	cancel_all(f);
}

int fetcher_new(struct fetcher **fp, const struct fetcher_config *cfg)
{
	struct fetcher *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->cfg = *cfg;
	/* Counted by libcurl: each has its own curl_global_cleanup(). */
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(f);
		return -ENOMEM;
	}
	f->stopped = true;
	err = inbox_new(&f->inbox, INBOX_LIMIT);
	if (err)
		goto fail;
	f->multi = curl_multi_init();
	err = f->multi ? 0 : -ENOMEM;
	if (err)
		goto fail;
	curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS,
			  (long)IDLE_CONNECTIONS);
	err = thread_start(&f->thread, "fetch", fetcher_main, f);
	if (err)
		goto fail;
	f->stopped = false;
	*fp = f;
	return 0;
fail:
	fetcher_free(f);
	return err;
}

void fetcher_stop(struct fetcher *f)
{
	if (!f || f->stopped)
		return;
	inbox_close(f->inbox);
	f->stop_msg.fn = on_stop;
	inbox_complete(f->inbox, &f->stop_msg);
	thread_join(&f->thread);
	f->stopped = true;
	/* What came in behind the stop message is answered here. */
	inbox_run(f->inbox);
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	fetcher_stop(f);
	if (f->multi)
		curl_multi_cleanup(f->multi);
	if (f->inbox)
		inbox_free(f->inbox);
	free(f);
	curl_global_cleanup();
}

int fetch_start(struct fetch **fetchp, struct fetcher *f, const char *url,
		const struct origin *known, void (*done)(void *arg), void *arg)
{
	struct transfer *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->fetcher = f;
	t->done = done;
	t->arg = arg;
	t->known = known;
	t->way = (struct freshness){ .fresh_s = -1, .stale_s = FRESH_MAX_S };
	t->fetch.keep.fresh_s = -1;
	t->msg.fn = on_start;
	t->url = strdup(url);
	err = t->url ? inbox_post(f->inbox, &t->msg) : -ENOMEM;
	if (err)
		transfer_free(t);
	else
		*fetchp = &t->fetch;
	return err;
}

void fetch_release(struct fetch *fetch)
{
	struct transfer *t;

	if (!fetch)
		return;
	t = (struct transfer *)((char *)fetch -
				offsetof(struct transfer, fetch));
	t->msg.fn = on_release;
	if (t->fetcher->stopped)
		on_release(&t->msg);
	else
		inbox_complete(t->fetcher->inbox, &t->msg);
}
