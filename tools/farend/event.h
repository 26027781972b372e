/* SPDX-License-Identifier: MIT */
/*
 * event.h - one line of JSON for everything that happens.
 */
#ifndef FAREND_EVENT_H
#define FAREND_EVENT_H

#include "txt.h"

#include <stdbool.h>

struct events;

/* "-" is stdout, NULL writes nowhere. NULL if the file cannot be written. */
struct events *events_open(const char *path);
void events_close(struct events *ev);
bool events_wanted(const struct events *ev);
/* Opens an event: name and time are written. */
void event_begin(struct txt *t, const char *name, int64_t at_ns);
/* Ends and writes it; frees the text. Any thread. */
void event_emit(struct events *ev, struct txt *t);

#endif
