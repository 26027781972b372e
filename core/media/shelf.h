/*
 * shelf.h - the files of some folders under one budget of bytes.
 *
 * Known by an index in memory, which is made by a scan and by nothing else: a
 * crash leaves no index that could be wrong. The longest unused go first; use
 * is written down as the file's time of change, so that it outlives the
 * process. The disk's thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_SHELF_H
#define MEDIA_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/map.h"

enum { SHELF_FOLDERS_MAX = 4, SHELF_NAME_LEN = 160 };

struct shelf_item {
	TAILQ_ENTRY(shelf_item) link;
	size_t bytes;			/* as the file system counts          */
	int64_t used_s;
	int folder;
	char name[];
};

struct shelf {
	size_t max_bytes, bytes;
	int n_folders;
	int folders[SHELF_FOLDERS_MAX];	/* lent                               */
	struct map *items;		/* by folder and name                 */
	TAILQ_HEAD(shelf_list, shelf_item) list;	/* oldest first       */
	int64_t now_s;			/* set by its owner before each use   */
};

int shelf_init(struct shelf *s, size_t max_bytes);
void shelf_deinit(struct shelf *s);		/* touches no file            */
/* Takes in what is in the folder, and removes what was left half written or
 * has no name that `is_ours` knows. 0 or -errno.                             */
int shelf_scan(struct shelf *s, int fd, bool (*is_ours)(const char *name));
/* After the last scan: in the order of their use, within the budget.         */
void shelf_settle(struct shelf *s);

bool shelf_has(const struct shelf *s, int folder, const char *name);
/* May a file of so many bytes be there, if need be alone?                    */
bool shelf_fits(const struct shelf *s, size_t len);
/* A file was written. What is too many then goes, but this.                  */
void shelf_add(struct shelf *s, int folder, const char *name, size_t len);
/* A file was used; its time is written once a minute at most.                */
void shelf_use(struct shelf *s, int folder, const char *name);
/* The file goes, known or not.                                               */
void shelf_remove(struct shelf *s, int folder, const char *name);
/* The same of all whose names begin so.                                      */
void shelf_use_all(struct shelf *s, int folder, const char *prefix);
void shelf_remove_all(struct shelf *s, int folder, const char *prefix);

#endif
