/* SPDX-License-Identifier: MIT */
/*
 * event.c - one line of JSON for everything that happens.
 * Thread: any; a line is written as a whole.
 */
#include "event.h"

#include "clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct events {
	FILE *file;
	pthread_mutex_t lock;
};

struct events *events_open(const char *path)
{
	struct events *ev = calloc(1, sizeof(*ev));

	if (!ev)
		return NULL;
	pthread_mutex_init(&ev->lock, NULL);
	if (path)
		ev->file = strcmp(path, "-") ? fopen(path, "w") : stdout;
	if (path && !ev->file) {
		events_close(ev);
		return NULL;
	}
	return ev;
}

void events_close(struct events *ev)
{
	if (!ev)
		return;
	if (ev->file && ev->file != stdout)
		fclose(ev->file);
	pthread_mutex_destroy(&ev->lock);
	free(ev);
}

bool events_wanted(const struct events *ev)
{
	return ev->file != NULL;
}

void event_begin(struct txt *t, const char *name, int64_t at_ns)
{
	json_begin(t, NULL, '{');
	json_str(t, "event", name);
	json_int(t, "at_ns", at_ns ? at_ns : clock_ns());
}

void event_emit(struct events *ev, struct txt *t)
{
	json_end(t, '}');
	txt_str(t, "\n");
	if (ev->file && !t->err) {
		pthread_mutex_lock(&ev->lock);
		fwrite(t->p, 1, t->len, ev->file);
		fflush(ev->file);
		pthread_mutex_unlock(&ev->lock);
	}
	txt_free(t);
}
