/*
 * disk.c - the thread that reads and writes the cache's files.
 * Thread: functions of disk.h on the home thread, the rest on its own.
 */
/* SPDX-License-Identifier: MIT */
#include "media/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "media/depot.h"

enum { NOTES_MAX = 256 };

struct disk {
	struct inbox *home, *inbox;
	struct thread thread;
	struct msg stop_msg;
	bool stopping;			/* its own thread                     */
	bool stopped;			/* home thread                        */
	char *dir;
	size_t max_bytes, max_file;
	struct depot depot;		/* its own thread                     */
};

/* For what nobody waits for. */
struct note {
	struct msg msg;			/* first                              */
	struct disk *disk;
	struct content content;
	char url[];
};

static void on_home_done(struct msg *m)
{
	struct disk_op *op = (struct disk_op *)m;

	op->done(op);
}

static void look(struct depot *d, struct disk_op *op)
{
	if (depot_origin(d, op->url, &op->found))
		return;
	op->has_blob = depot_has_blob(d, &op->found->content);
}

static void load(struct depot *d, struct disk_op *op)
{
	op->n_frames = 0;
	op->has_blob = depot_has_blob(d, &op->content);
	for (size_t i = 0; i < op->n_codecs; i++) {
		if (!depot_frames(d, &op->content, op->codecs[i],
				  &op->frames[op->n_frames], &op->duration_ms))
			op->n_frames++;
	}
}

/* The URL last: what it leads to is there by then. */
static void keep(struct depot *d, struct disk_op *op)
{
	if (op->data)
		depot_keep_blob(d, &op->content, op->data, op->len);
	for (size_t i = 0; i < op->n_frames; i++)
		depot_keep_frames(d, &op->content, &op->frames[i],
				  op->duration_ms);
	if (op->origin)
		depot_keep_origin(d, op->origin);
	else if (op->url)
		depot_forget_url(d, op->url);
}

static void on_op(struct msg *m)
{
	struct disk_op *op = (struct disk_op *)m;
	struct disk *disk = op->disk;

	if (op->what == DISK_LOOK)
		look(&disk->depot, op);
	else if (op->what == DISK_LOAD)
		load(&disk->depot, op);
	else
		keep(&disk->depot, op);
	op->msg.fn = on_home_done;
	inbox_complete(disk->home, &op->msg);
}

static void on_stop(struct msg *m)
{
	struct disk *d = (struct disk *)
		((char *)m - offsetof(struct disk, stop_msg));

	d->stopping = true;
}

static void disk_main(void *arg)
{
	struct disk *d = arg;

	depot_open(&d->depot, d->dir, d->max_bytes, d->max_file);
	while (!d->stopping) {
		inbox_wait(d->inbox, -1);
		inbox_run(d->inbox);
	}
}

int disk_new(struct disk **dp, struct inbox *home, const char *dir,
	     size_t max_bytes, size_t max_file)
{
	struct disk *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->home = home;
	d->max_bytes = max_bytes;
	d->max_file = max_file;
	d->stop_msg.fn = on_stop;
	d->dir = strdup(dir);
	err = d->dir ? inbox_new(&d->inbox, NOTES_MAX) : -ENOMEM;
	if (!err)
		err = thread_start(&d->thread, "prompt-disk", disk_main, d);
	if (err) {
		inbox_free(d->inbox);
		free(d->dir);
		free(d);
		return err;
	}
	*dp = d;
	return 0;
}

void disk_stop(struct disk *d)
{
	if (!d || d->stopped)
		return;
	inbox_close(d->inbox);
	inbox_complete(d->inbox, &d->stop_msg);
	thread_join(&d->thread);
	d->stopped = true;
	/* Notes that came in behind the stop message. */
	inbox_run(d->inbox);
}

void disk_free(struct disk *d)
{
	if (!d)
		return;
	disk_stop(d);
	depot_close(&d->depot);
	inbox_free(d->inbox);
	free(d->dir);
	free(d);
}

void disk_start(struct disk *d, struct disk_op *op)
{
	op->disk = d;
	op->found = NULL;
	op->has_blob = false;
	op->msg.fn = on_op;
	/* Never refused: there are no more of them than prompts under way. */
	inbox_complete(d->inbox, &op->msg);
}

static void on_use(struct msg *m)
{
	struct note *n = (struct note *)m;

	depot_use_url(&n->disk->depot, n->url);
	depot_use_content(&n->disk->depot, &n->content);
	free(n);
}

static void on_forget(struct msg *m)
{
	struct note *n = (struct note *)m;

	depot_forget_content(&n->disk->depot, &n->content);
	free(n);
}

static void leave_note(struct disk *d, void (*fn)(struct msg *),
		       const struct content *c, const char *url)
{
	size_t cap = strlen(url) + 1;
	struct note *n = malloc(sizeof(*n) + cap);

	if (!n)
		return;
	n->msg.fn = fn;
	n->disk = d;
	n->content = *c;
	memcpy(n->url, url, cap);
	if (inbox_post(d->inbox, &n->msg))
		free(n);
}

void disk_use(struct disk *d, const char *url, const struct content *c)
{
	leave_note(d, on_use, c, url);
}

void disk_forget(struct disk *d, const struct content *c)
{
	leave_note(d, on_forget, c, "");
}

int disk_blob(const struct disk *d, const struct content *c, uint8_t **data,
	      size_t *len)
{
	return depot_blob(&d->depot, c, data, len);
}

size_t disk_bytes(const struct disk *d)
{
	return atomic_load_explicit(&d->depot.bytes, memory_order_relaxed);
}
