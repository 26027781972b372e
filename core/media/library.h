/*
 * library.h - recordings that were uploaded, kept until they are deleted.
 *
 *	library/ID		the file
 *	library/ID.about	what it is: its presence makes the file count
 *
 * Unlike the cache this is promised: what an add has answered survives a loss
 * of power. It is therefore read at the start before anything else, as the
 * database is. The index is in memory, so that a look-up waits for no disk.
 * Any thread, but those that say so may wait for the disk.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_LIBRARY_H
#define MEDIA_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include <carillon/services.h>

#include "base/clock.h"
#include "media/content.h"

struct library;

struct library_config {
	const char *dir;		/* state.dir                          */
	size_t max_bytes;		/* of all files                       */
	size_t max_file;		/* of one                             */
	int max_audio_s;
	const struct clock *clock;	/* NULL: the system's                 */
};

/* Reads what is there; waits for the disk. A library whose folder cannot be
 * had is an empty one that takes nothing, as the log says. 0 or -ENOMEM.     */
int library_new(struct library **lp, const struct library_config *cfg);
void library_free(struct library *l);		/* NULL is fine               */

/* Decodes all of it on the caller's thread, and waits for the disk. 0, -EINVAL
 * (no sound recording), -EFBIG (more than a prompt may have), -ENOSPC (the
 * library is full), -EIO, -ENOMEM with a sentence. The same file again is no
 * error and changes nothing, but mends what a disk has damaged.              */
int library_add(struct library *l, const void *data, size_t len,
		const char *name, struct cln_prompt_info *info, char *why,
		size_t cap);
/* 0 or -ENOENT; *content may be NULL.                                        */
int library_get(struct library *l, const char *id,
		struct cln_prompt_info *info, struct content *content);
/* 0, -ENOENT or -EIO. Waits for the disk.                                    */
int library_delete(struct library *l, const char *id, struct content *content);
int library_list(struct library *l, const char *after, uint32_t limit,
		 cln_prompt_fn *fn, void *arg);
/* The file itself, the caller's to free; waits for the disk. 0, -ENOENT,
 * -EBADMSG (it is not what was uploaded any more) or -errno.                 */
int library_read(struct library *l, const char *id, uint8_t **data,
		 size_t *len);

#endif
