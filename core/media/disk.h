/*
 * disk.h - the thread that reads and writes the cache's files.
 *
 * One thread, since one owner of the index needs no lock and one disk gains
 * nothing from several. It begins with the scan: what is asked meanwhile waits
 * for its end, because to be told "not there" would fetch everything anew, just
 * what the files are for. Nobody else waits: a start does not, and a prompt
 * that is in memory or has to be made needs no answer from here.
 * All functions are for the home thread, but where it says otherwise.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_DISK_H
#define MEDIA_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/inbox.h"
#include "media/content.h"
#include "media/maker.h"
#include "media/origin.h"
#include "media/prompt.h"

struct disk;

enum disk_what {
	DISK_LOOK,		/* what is known of `url`?                    */
	DISK_LOAD,		/* `content` in `codecs`, if it is there  */
	DISK_KEEP,		/* what is given                              */
};

struct disk_op {
	struct msg msg;			/* first: the disk's own              */
	struct disk *disk;		/* the disk's own                     */
	enum disk_what what;
	void (*done)(struct disk_op *);	/* runs on the home thread            */
	/* All that is pointed to is lent until `done`.                       */
	const char *url;		/* LOOK; KEEP without origin: forget  */
	struct content content;		/* LOAD, KEEP                         */
	size_t n_codecs;		/* LOAD                               */
	const struct cln_codec *codecs[MAKE_CODECS_MAX];
	const struct origin *origin;	/* KEEP, each of these may be NULL    */
	const uint8_t *data;
	size_t len;
	/* KEEP lends them, LOAD gives them: the caller's to free.            */
	size_t n_frames;
	struct prompt_frames frames[MAKE_CODECS_MAX];
	uint32_t duration_ms;
	struct origin *found;		/* LOOK: the caller's, or NULL        */
	bool has_blob;			/* LOOK, LOAD: the file is there too  */
};

/* `dir`, copied, is state.dir. Starts the thread and returns.                */
int disk_new(struct disk **dp, struct inbox *home, const char *dir,
	     size_t max_bytes, size_t max_file);
/* Ends the thread, when all that was asked is done; no op may follow.        */
void disk_stop(struct disk *d);
void disk_free(struct disk *d);			/* NULL is fine               */

void disk_start(struct disk *d, struct disk_op *op);
/* Counts as used, though it was in memory. Best effort.                      */
void disk_use(struct disk *d, const char *url, const struct content *c);
/* Any thread; best effort: the file and all that was made of it goes.        */
void disk_forget(struct disk *d, const struct content *c);

/* A maker's thread, for what LOOK or LOAD has found: see depot.h.            */
int disk_blob(const struct disk *d, const struct content *c, uint8_t **data,
	      size_t *len);
size_t disk_bytes(const struct disk *d);	/* any thread                 */

#endif
