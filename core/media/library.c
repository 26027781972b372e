/*
 * library.c - recordings that were uploaded, kept until they are deleted.
 * Thread: any; see library.h for what may wait for the disk.
 *
 * Two locks: `writing` is held by one add or delete for all of its disk work,
 * `lock` for a look into the index. Whoever needs both takes `writing` first.
 */
/* SPDX-License-Identifier: MIT */
#include "media/library.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/log.h"
#include "base/str.h"
#include "media/about.h"
#include "media/books.h"
#include "media/decode.h"
#include "media/files.h"

enum {
	BLOCK = 2048,			/* samples decoded at once            */
	ABOUT_NAME_LEN = CLN_PROMPT_ID_LEN + 8,
};

#define ABOUT ".about"

struct library {
	struct library_config cfg;
	int fd;				/* -1: it takes nothing               */
	struct lock writing, lock;
	struct books books;
};

static void about_name(char name[ABOUT_NAME_LEN], const char *id)
{
	str_printf(name, ABOUT_NAME_LEN, "%s" ABOUT, id);
}

/* ---- at the start -------------------------------------------------------- */

static bool is_id(const char *s, size_t len)
{
	return len == CLN_PROMPT_ID_LEN - 1 &&
	       strspn(s, "0123456789abcdef") >= len;
}

static int read_book(const struct library *l, const char *name, struct book *b)
{
	uint8_t *data;
	struct stat st;
	size_t len;
	int err;

	err = files_read(l->fd, name, ABOUT_LEN_MAX, &data, &len);
	if (err)
		return err;
	err = about_read(&b->info, &b->content, (char *)data, len);
	free(data);
	if (err || strncmp(name, b->info.id, CLN_PROMPT_ID_LEN - 1))
		return -EBADMSG;
	if (fstatat(l->fd, b->info.id, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	return st.st_size == b->info.bytes ? 0 : -EBADMSG;
}

/* What was promised is never removed here, also where it cannot be read: only
 * what no add has ever answered for.                                         */
static bool on_name(void *arg, const char *name)
{
	struct library *l = arg;
	size_t len = strlen(name), rest = sizeof(ABOUT) - 1;
	struct book b;
	int err;

	if (str_starts(name, FILES_TMP)) {
		files_remove(l->fd, name, false);
		return true;
	}
	if (len <= rest || strcmp(name + len - rest, ABOUT) ||
	    !is_id(name, len - rest))
		return true;
	err = read_book(l, name, &b);
	if (!err)
		err = books_put(&l->books, &b);
	if (err)
		log_warn("library: %s: %s; it is not offered", name,
			 strerror(-err));
	return true;
}

/* Without what makes it count: its add or its delete was cut short.          */
static bool on_orphan(void *arg, const char *name)
{
	struct library *l = arg;
	char about[ABOUT_NAME_LEN];

	if (!is_id(name, strlen(name)))
		return true;
	about_name(about, name);
	if (faccessat(l->fd, about, F_OK, AT_SYMLINK_NOFOLLOW) &&
	    errno == ENOENT)
		files_remove(l->fd, name, false);
	return true;
}

static int open_folder(struct library *l)
{
	int root = open(l->cfg.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (root < 0)
		return -errno;
	err = files_open(&l->fd, root, "library");
	if (!err && fsync(root))
		err = -errno;
	close(root);
	if (!err)
		err = files_each(l->fd, on_name, l);
	if (!err)
		err = files_each(l->fd, on_orphan, l);
	return err;
}

int library_new(struct library **lp, const struct library_config *cfg)
{
	struct library *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->cfg = *cfg;
	l->fd = -1;
	books_init(&l->books);
	lock_init(&l->writing);
	lock_init(&l->lock);
	err = open_folder(l);
	if (err)
		log_warn("library: %s/library: %s", cfg->dir, strerror(-err));
	*lp = l;
	return 0;
}

void library_free(struct library *l)
{
	if (!l)
		return;
	books_deinit(&l->books);
	if (l->fd >= 0)
		close(l->fd);
	lock_deinit(&l->writing);
	lock_deinit(&l->lock);
	free(l);
}

/* ---- add ----------------------------------------------------------------- */

/* Decodes all of it: a file that is cut in its middle must not be found out by
 * a call.                                                                    */
static int listen(const struct library *l, const void *data, size_t len,
		  struct cln_prompt_info *info, char *why, size_t cap)
{
	int16_t pcm[BLOCK];
	struct decoder *d;
	ssize_t n;
	int err;

	err = decode_open(&d, data, len, l->cfg.max_audio_s, why, cap);
	if (err)
		return err;
	while ((n = decode_read(d, pcm, BLOCK, why, cap)) > 0)
		;
	err = (int)n;
	if (!err && !decode_frames(d)) {
		str_printf(why, cap, "there is no audio in it");
		err = -EBADMSG;
	}
	info->rate = (int32_t)decode_rate(d);
	info->channels = (int32_t)decode_channels(d);
	str_copy(info->format, sizeof(info->format), decode_format(d));
	info->duration_ms = (int64_t)(decode_frames(d) * 1000 /
				      decode_rate(d));
	decode_close(d);
	return err;
}

static void note_name(struct cln_prompt_info *info, const char *name)
{
	size_t len;

	str_copy(info->name, sizeof(info->name), name);
	/* Cut between two characters, and one line. */
	for (len = strlen(info->name); !str_is_utf8(info->name, len) && len;)
		info->name[--len] = '\0';
	for (char *c = info->name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
}

static int write_files(struct library *l, const struct book *b,
		       const void *data, size_t len)
{
	char about[ABOUT_NAME_LEN];
	struct piece file = { data, len }, piece;
	struct buf text;
	int err;

	buf_init(&text, ABOUT_LEN_MAX);
	about_write(&text, &b->info, &b->content);
	about_name(about, b->info.id);
	err = text.err;
	if (!err)
		err = files_write(l->fd, b->info.id, &file, 1, true);
	piece = (struct piece){ text.data, text.len };
	if (!err)
		err = files_write(l->fd, about, &piece, 1, true);
	buf_deinit(&text);
	return err;
}

/* What was refused must not come back with the next start. */
static void unwrite_files(struct library *l, const struct book *b)
{
	char about[ABOUT_NAME_LEN];

	about_name(about, b->info.id);
	files_remove(l->fd, about, false);
	files_remove(l->fd, b->info.id, false);
}

/* Under `writing`.                                                           */
static int put(struct library *l, const struct book *b, const void *data,
	       size_t len, char *why, size_t cap)
{
	int err;

	if (l->books.bytes + book_weight(b) > l->cfg.max_bytes) {
		str_printf(why, cap, "the library is full (%zu bytes): delete "
			   "what is not played any more", l->cfg.max_bytes);
		return -ENOSPC;
	}
	err = write_files(l, b, data, len);
	if (!err) {
		lock_take(&l->lock);
		err = books_put(&l->books, b);
		lock_give(&l->lock);
	}
	if (err) {
		unwrite_files(l, b);
		log_error("library: %s: %s", b->info.id, strerror(-err));
		str_printf(why, cap, "the disk refused it: %s", strerror(-err));
		return err == -ENOSPC || err == -ENOMEM ? err : -EIO;
	}
	return 0;
}

static int check(const struct library *l, size_t len, char *why, size_t cap)
{
	if (l->fd < 0) {
		str_printf(why, cap, "the library's folder cannot be used");
		return -EIO;
	}
	if (len <= l->cfg.max_file)
		return 0;
	str_printf(why, cap, "the file is larger than %zu bytes",
		   l->cfg.max_file);
	return -EFBIG;
}

/* Is the file that it has on disk still what was uploaded?                   */
static bool is_whole(struct library *l, const char *id)
{
	uint8_t *data = NULL;
	size_t len;
	int err = library_read(l, id, &data, &len);

	if (!err)
		free(data);
	return !err || err == -ENOMEM;
}

/* Of what is there already: mends what a disk has damaged. 0, -ENOENT: it is
 * not there, or as put().                                                    */
static int add_again(struct library *l, const char *id, const void *data,
		     size_t len, struct cln_prompt_info *info, char *why,
		     size_t cap)
{
	struct piece file = { data, len };
	int err;

	lock_take(&l->writing);
	err = library_get(l, id, info, NULL);
	if (!err && !is_whole(l, id)) {
		err = files_write(l->fd, id, &file, 1, true);
		log_warn("library: %s was damaged and came again: %s", id,
			 err ? strerror(-err) : "it is whole");
		if (err)
			str_printf(why, cap, "the disk refused it: %s",
				   strerror(-err));
		if (err && err != -ENOSPC)
			err = -EIO;
	}
	lock_give(&l->writing);
	return err;
}

int library_add(struct library *l, const void *data, size_t len,
		const char *name, struct cln_prompt_info *info, char *why,
		size_t cap)
{
	const struct clock *clock = l->cfg.clock ? l->cfg.clock :
				    clock_system();
	struct book b = {0};
	int err;

	why[0] = '\0';
	err = check(l, len, why, cap);
	if (!err && content_of(&b.content, data, len)) {
		str_printf(why, cap, "out of memory");
		err = -ENOMEM;
	}
	if (err)
		return err;
	b.info.size = sizeof(b.info);
	about_id(b.info.id, &b.content);
	err = add_again(l, b.info.id, data, len, info, why, cap);
	if (err != -ENOENT)
		return err;
	note_name(&b.info, name);
	b.info.bytes = (int64_t)len;
	b.info.created_at = clock_wall_ms(clock);
	err = listen(l, data, len, &b.info, why, cap);
	if (err)
		return err == -ENOMEM || err == -EFBIG ? err : -EINVAL;
	lock_take(&l->writing);
	/* Another may have brought the same meanwhile. */
	if (library_get(l, b.info.id, info, NULL)) {
		err = put(l, &b, data, len, why, cap);
		if (!err)
			*info = b.info;
	}
	lock_give(&l->writing);
	return err;
}

/* ---- the rest ------------------------------------------------------------ */

int library_get(struct library *l, const char *id,
		struct cln_prompt_info *info, struct content *content)
{
	const struct book *b;

	lock_take(&l->lock);
	b = books_find(&l->books, id);
	if (b) {
		*info = b->info;
		if (content)
			*content = b->content;
	}
	lock_give(&l->lock);
	return b ? 0 : -ENOENT;
}

/* From here on it is not there, whatever happens: what makes it count goes
 * first.                                                                     */
int library_delete(struct library *l, const char *id, struct content *content)
{
	struct cln_prompt_info info;
	char about[ABOUT_NAME_LEN];
	int err;

	lock_take(&l->writing);
	err = library_get(l, id, &info, content);
	if (!err) {
		about_name(about, id);
		err = files_remove(l->fd, about, true);
		if (err == -ENOENT)
			err = 0;
		if (err)
			log_error("library: %s: %s", about, strerror(-err));
		err = err ? -EIO : 0;
	}
	if (!err) {
		lock_take(&l->lock);
		books_remove(&l->books, id);
		lock_give(&l->lock);
		files_remove(l->fd, id, true);
	}
	lock_give(&l->writing);
	return err;
}

/* A copy, since fn may take its time and ask again.                          */
int library_list(struct library *l, const char *after, uint32_t limit,
		 cln_prompt_fn *fn, void *arg)
{
	struct cln_prompt_info *page;
	size_t at, n;

	lock_take(&l->lock);
	at = books_after(&l->books, after);
	n = l->books.n - at < limit ? l->books.n - at : limit;
	page = n ? calloc(n, sizeof(*page)) : NULL;
	for (size_t i = 0; page && i < n; i++)
		page[i] = l->books.items[at + i]->info;
	lock_give(&l->lock);
	if (n && !page)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		fn(arg, &page[i]);
	free(page);
	return 0;
}

int library_read(struct library *l, const char *id, uint8_t **datap,
		 size_t *lenp)
{
	struct cln_prompt_info info;
	struct content want, found;
	uint8_t *data;
	size_t len;
	int err;

	err = library_get(l, id, &info, &want);
	if (!err)
		err = files_read(l->fd, id, (size_t)info.bytes, &data, &len);
	if (err)
		return err;
	err = content_of(&found, data, len);
	if (!err && !content_is(&found, &want))
		err = -EBADMSG;
	if (err) {
		free(data);
		return err;
	}
	*datap = data;
	*lenp = len;
	return 0;
}
