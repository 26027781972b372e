/*
 * shelf.c - the files of some folders under one budget of bytes.
 * Thread: the disk's.
 */
/* SPDX-License-Identifier: MIT */
#include "media/shelf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "media/files.h"

enum {
	BLOCK = 4096,		/* what the smallest file takes               */
	KEY_LEN = SHELF_NAME_LEN + 2,
	TOUCH_S = 60,
};

int shelf_init(struct shelf *s, size_t max_bytes)
{
	memset(s, 0, sizeof(*s));
	s->max_bytes = max_bytes;
	TAILQ_INIT(&s->list);
	return map_new(&s->items);
}

static void key_of(char key[KEY_LEN], int folder, const char *name)
{
	str_printf(key, KEY_LEN, "%d/%s", folder, name);
}

static struct shelf_item *find(const struct shelf *s, int folder,
			       const char *name)
{
	char key[KEY_LEN];

	key_of(key, folder, name);
	return map_get_str(s->items, key);
}

static void forget(struct shelf *s, struct shelf_item *item)
{
	char key[KEY_LEN];

	key_of(key, item->folder, item->name);
	map_remove_str(s->items, key);
	TAILQ_REMOVE(&s->list, item, link);
	s->bytes -= item->bytes;
	free(item);
}

void shelf_deinit(struct shelf *s)
{
	if (!s->items)
		return;
	while (!TAILQ_EMPTY(&s->list))
		forget(s, TAILQ_FIRST(&s->list));
	map_free(s->items);
	s->items = NULL;
}

/* As the file system counts: whole blocks, and one for the name at least.    */
static size_t weight(size_t len)
{
	size_t blocks = len / BLOCK + (len % BLOCK != 0);

	return (blocks ? blocks : 1) * BLOCK;
}

/* Newest. NULL where there is no memory: then the file is one that nobody
 * knows of, until the next start.                                            */
static struct shelf_item *put(struct shelf *s, int folder, const char *name,
			      size_t len, int64_t used_s)
{
	size_t cap = strlen(name) + 1;
	struct shelf_item *item = malloc(sizeof(*item) + cap);
	char key[KEY_LEN];

	key_of(key, folder, name);
	if (!item || map_put_str(s->items, key, item)) {
		free(item);
		return NULL;
	}
	memcpy(item->name, name, cap);
	item->folder = folder;
	item->bytes = weight(len);
	item->used_s = used_s;
	TAILQ_INSERT_TAIL(&s->list, item, link);
	s->bytes += item->bytes;
	return item;
}

static void discard(struct shelf *s, struct shelf_item *item)
{
	files_remove(s->folders[item->folder], item->name, false);
	forget(s, item);
}

static void trim(struct shelf *s, const struct shelf_item *but)
{
	struct shelf_item *item = TAILQ_FIRST(&s->list), *next;

	for (; item && s->bytes > s->max_bytes; item = next) {
		next = TAILQ_NEXT(item, link);
		if (item != but)
			discard(s, item);
	}
}

struct scan {
	struct shelf *shelf;
	int folder;
	bool (*is_ours)(const char *name);
};

static bool on_name(void *arg, const char *name)
{
	struct scan *scan = arg;
	struct shelf *s = scan->shelf;
	int fd = s->folders[scan->folder];
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return true;
	if (S_ISREG(st.st_mode) && strlen(name) < SHELF_NAME_LEN &&
	    scan->is_ours(name))
		put(s, scan->folder, name, (size_t)st.st_size,
		    st.st_mtim.tv_sec);
	else if (!S_ISDIR(st.st_mode))
		files_remove(fd, name, false);
	return true;
}

int shelf_scan(struct shelf *s, int fd, bool (*is_ours)(const char *name))
{
	struct scan scan = { .shelf = s, .folder = s->n_folders,
			     .is_ours = is_ours };

	assert(s->n_folders < SHELF_FOLDERS_MAX);
	s->folders[s->n_folders++] = fd;
	return files_each(fd, on_name, &scan);
}

static int older_first(const void *a, const void *b)
{
	const struct shelf_item *const *x = a, *const *y = b;

	return ((*x)->used_s > (*y)->used_s) - ((*x)->used_s < (*y)->used_s);
}

void shelf_settle(struct shelf *s)
{
	size_t n = map_count(s->items), i = 0;
	struct shelf_item **all = n ? calloc(n, sizeof(*all)) : NULL;
	struct shelf_item *item;

	/* Without memory they stay in the order of the folders. */
	if (all) {
		TAILQ_FOREACH(item, &s->list, link)
			all[i++] = item;
		qsort(all, n, sizeof(*all), older_first);
		TAILQ_INIT(&s->list);
		for (i = 0; i < n; i++)
			TAILQ_INSERT_TAIL(&s->list, all[i], link);
	}
	free(all);
	trim(s, NULL);
}

bool shelf_has(const struct shelf *s, int folder, const char *name)
{
	return find(s, folder, name) != NULL;
}

bool shelf_fits(const struct shelf *s, size_t len)
{
	return len <= s->max_bytes && weight(len) <= s->max_bytes;
}

void shelf_add(struct shelf *s, int folder, const char *name, size_t len)
{
	struct shelf_item *item = find(s, folder, name);

	if (item)
		forget(s, item);
	trim(s, put(s, folder, name, len, s->now_s));
}

static void use(struct shelf *s, struct shelf_item *item)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, {0} };

	TAILQ_REMOVE(&s->list, item, link);
	TAILQ_INSERT_TAIL(&s->list, item, link);
	if (s->now_s >= item->used_s && s->now_s < item->used_s + TOUCH_S)
		return;
	item->used_s = s->now_s;
	times[1].tv_sec = s->now_s;
	utimensat(s->folders[item->folder], item->name, times,
		  AT_SYMLINK_NOFOLLOW);
}

void shelf_use(struct shelf *s, int folder, const char *name)
{
	struct shelf_item *item = find(s, folder, name);

	if (item)
		use(s, item);
}

void shelf_remove(struct shelf *s, int folder, const char *name)
{
	struct shelf_item *item = find(s, folder, name);

	files_remove(s->folders[folder], name, false);
	if (item)
		forget(s, item);
}

static void each(struct shelf *s, int folder, const char *prefix,
		 void (*fn)(struct shelf *, struct shelf_item *))
{
	struct shelf_item *item = TAILQ_FIRST(&s->list), *next;

	/* Counted, since use puts an item at the end. */
	for (size_t left = map_count(s->items); left; left--, item = next) {
		next = TAILQ_NEXT(item, link);
		if (item->folder == folder && str_starts(item->name, prefix))
			fn(s, item);
	}
}

void shelf_use_all(struct shelf *s, int folder, const char *prefix)
{
	each(s, folder, prefix, use);
}

void shelf_remove_all(struct shelf *s, int folder, const char *prefix)
{
	each(s, folder, prefix, discard);
}
