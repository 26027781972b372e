/*
 * maker.c - decodes, resamples and encodes on threads of its own.
 * Thread: make_now() on a maker's, the rest on the home thread.
 */
/* SPDX-License-Identifier: MIT */
#include "media/maker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/thread.h"
#include "media/encode.h"

enum { THREADS_MAX = 64, INBOX_LIMIT = 4 };

struct maker {
	struct makers *makers;
	struct thread thread;
	struct inbox *inbox;
	struct msg stop_msg;
	bool stopping;			/* its own thread                     */
	struct maker *next_idle;	/* home thread                        */
};

struct makers {
	struct inbox *home;
	int max_audio_s;
	atomic_bool stop;		/* ends work early                    */
	bool stopped;
	struct maker *idle;
	unsigned int n;
	struct maker items[];
};

static void make_frames(struct make *mk, const uint8_t *data, size_t len,
			int max_audio_s, const atomic_bool *stop)
{
	struct decoder *d = NULL;

	mk->err = decode_open(&d, data, len, max_audio_s, mk->why,
			      sizeof(mk->why));
	if (mk->err)
		return;
	mk->err = encode_recording(mk->frames, mk->codecs, mk->n_codecs, d,
				   stop, mk->why, sizeof(mk->why));
	if (!mk->err)
		mk->duration_ms = (uint32_t)(decode_frames(d) * 1000 /
					     decode_rate(d));
	decode_close(d);
}

void make_now(struct make *mk, int max_audio_s, const atomic_bool *stop)
{
	uint8_t *own = NULL;
	size_t len = 0;

	mk->not_loaded = false;
	if (mk->data) {
		make_frames(mk, mk->data, mk->len, max_audio_s, stop);
		return;
	}
	mk->err = mk->load(mk, &own, &len);
	if (mk->err) {
		mk->not_loaded = true;
		str_printf(mk->why, sizeof(mk->why), "the file cannot be read: "
			   "%s", strerror(-mk->err));
		return;
	}
	make_frames(mk, own, len, max_audio_s, stop);
	free(own);
}

static void on_home_done(struct msg *m)
{
	struct make *mk = (struct make *)m;
	struct maker *k = mk->maker;

	k->next_idle = k->makers->idle;
	k->makers->idle = k;
	mk->done(mk);
}

static void on_make(struct msg *m)
{
	struct make *mk = (struct make *)m;
	struct makers *all = mk->maker->makers;

	make_now(mk, all->max_audio_s, &all->stop);
	mk->msg.fn = on_home_done;
	inbox_complete(all->home, &mk->msg);
}

static void on_stop(struct msg *m)
{
	struct maker *k = (struct maker *)
		((char *)m - offsetof(struct maker, stop_msg));

	k->stopping = true;
}

static void maker_main(void *arg)
{
	struct maker *k = arg;

	while (!k->stopping) {
		inbox_wait(k->inbox, -1);
		inbox_run(k->inbox);
	}
}

static int maker_start(struct makers *m, struct maker *k)
{
	char name[16];
	int err;

	k->makers = m;
	k->stop_msg.fn = on_stop;
	err = inbox_new(&k->inbox, INBOX_LIMIT);
	if (err)
		return err;
	str_printf(name, sizeof(name), "prompt-%td", k - m->items);
	err = thread_start(&k->thread, name, maker_main, k);
	if (err) {
		inbox_free(k->inbox);
		k->inbox = NULL;
		return err;
	}
	k->next_idle = m->idle;
	m->idle = k;
	return 0;
}

static unsigned int threads_wanted(unsigned int threads)
{
	long cores;

	if (threads)
		return threads < THREADS_MAX ? threads : THREADS_MAX;
	cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (cores < 1)
		return 1;
	return cores < THREADS_MAX ? (unsigned int)cores : THREADS_MAX;
}

int makers_new(struct makers **mp, struct inbox *home, unsigned int threads,
	       int max_audio_s)
{
	unsigned int n = threads_wanted(threads);
	struct makers *m = calloc(1, sizeof(*m) + n * sizeof(m->items[0]));
	int err;

	if (!m)
		return -ENOMEM;
	m->home = home;
	m->max_audio_s = max_audio_s;
	atomic_init(&m->stop, false);
	for (unsigned int i = 0; i < n; i++) {
		err = maker_start(m, &m->items[i]);
		if (err) {
			makers_free(m);
			return err;
		}
		m->n++;
	}
	*mp = m;
	return 0;
}

void makers_stop(struct makers *m)
{
	if (!m || m->stopped)
		return;
	atomic_store(&m->stop, true);
	for (unsigned int i = 0; i < m->n; i++)
		inbox_complete(m->items[i].inbox, &m->items[i].stop_msg);
	for (unsigned int i = 0; i < m->n; i++)
		thread_join(&m->items[i].thread);
	m->stopped = true;
}

void makers_free(struct makers *m)
{
	if (!m)
		return;
	makers_stop(m);
	for (unsigned int i = 0; i < m->n; i++)
		inbox_free(m->items[i].inbox);
	free(m);
}

bool makers_idle(const struct makers *m)
{
	return m->idle && !m->stopped;
}

void make_start(struct makers *m, struct make *mk)
{
	struct maker *k = m->idle;

	m->idle = k->next_idle;
	mk->maker = k;
	mk->msg.fn = on_make;
	/* Never full: a maker is given one piece of work at a time. */
	inbox_complete(k->inbox, &mk->msg);
}
