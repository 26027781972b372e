/*
 * depot.c - what was fetched, and what was made of it, as files.
 * Thread: the disk's, except depot_blob(): any of the prompt pool.
 */
/* SPDX-License-Identifier: MIT */
#include "media/depot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "media/coder.h"
#include "media/encode.h"
#include "media/files.h"
#include "media/frames_file.h"
#include "media/record.h"

enum {
	RETRY_S = 60,			/* after a write that was refused     */
	CODER_HEX = 32,			/* digits of a coder in a file's name */
	HASH_HEX = CONTENT_HEX_LEN - 1,
};

#define FRAMES_FILE_MAX ((size_t)1 << 30)

static const char *const folder_names[] = {
	[DEPOT_BLOBS] = "blobs", [DEPOT_FRAMES] = "frames",
	[DEPOT_URLS] = "urls",
};

static bool is_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdef") >= n;
}

static bool is_hash(const char *name)
{
	return strlen(name) == HASH_HEX && is_hex(name, HASH_HEX);
}

static bool is_frames(const char *name)
{
	return strlen(name) == HASH_HEX + 1 + CODER_HEX &&
	       is_hex(name, HASH_HEX) && name[HASH_HEX] == '-' &&
	       is_hex(name + HASH_HEX + 1, CODER_HEX);
}

static void note_now(struct depot *d)
{
	d->shelf.now_s = clock_wall_ms(clock_system()) / S_MS;
	atomic_store_explicit(&d->bytes, d->shelf.bytes, memory_order_relaxed);
}

static int open_folders(struct depot *d, int top)
{
	int err = 0;

	for (int i = 0; i < DEPOT_FOLDERS && !err; i++)
		err = files_open(&d->fds[i], top, folder_names[i]);
	for (int i = 0; i < DEPOT_FOLDERS && !err; i++)
		err = shelf_scan(&d->shelf, d->fds[i],
				 i == DEPOT_FRAMES ? is_frames : is_hash);
	return err;
}

static int open_all(struct depot *d, const char *dir)
{
	int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), top, err;

	if (root < 0)
		return -errno;
	err = files_open(&top, root, "prompts");
	close(root);
	if (err)
		return err;
	err = open_folders(d, top);
	close(top);
	return err;
}

void depot_open(struct depot *d, const char *dir, size_t max_bytes,
		size_t max_file)
{
	int err;

	for (int i = 0; i < DEPOT_FOLDERS; i++)
		d->fds[i] = -1;
	d->max_file = max_file;
	err = shelf_init(&d->shelf, max_bytes);
	if (!err)
		err = open_all(d, dir);
	if (err) {
		log_warn("prompts on disk: %s/prompts: %s; none are kept", dir,
			 strerror(-err));
		return;
	}
	d->is_open = max_bytes > 0;
	shelf_settle(&d->shelf);
	note_now(d);
	log_debug("prompts on disk: %zu bytes", d->shelf.bytes);
}

void depot_close(struct depot *d)
{
	shelf_deinit(&d->shelf);
	for (int i = 0; i < DEPOT_FOLDERS; i++)
		if (d->fds[i] >= 0)
			close(d->fds[i]);
	d->is_open = false;
}

static int url_name(char name[CONTENT_HEX_LEN], const char *url)
{
	struct content c;
	int err = content_of(&c, url, strlen(url));

	if (!err)
		content_hex(&c, name);
	return err;
}

/* A codec's way of coding is found out once.                                 */
static int coder_of(struct depot *d, const struct cln_codec *codec,
		    struct content *name)
{
	struct depot_coder *k = d->coders;

	for (; k < d->coders + d->n_coders; k++) {
		if (k->codec == codec)
			goto out;
	}
	if (d->n_coders == DEPOT_CODERS_MAX)
		return -ENOSPC;
	d->n_coders++;
	k->codec = codec;
	k->err = coder_name(&k->name, codec);
out:
	*name = k->name;
	return k->err;
}

static int frames_name(struct depot *d, char name[SHELF_NAME_LEN],
		       struct frames_key *key, const struct content *c,
		       const struct cln_codec *codec)
{
	char hash[CONTENT_HEX_LEN], coder[CONTENT_HEX_LEN];
	int err;

	key->content = *c;
	err = coder_of(d, codec, &key->coder);
	if (err)
		return err;
	content_hex(c, hash);
	content_hex(&key->coder, coder);
	return str_printf(name, SHELF_NAME_LEN, "%s-%.*s", hash, CODER_HEX,
			  coder);
}

/* What is broken goes at once, so that it is made again; what somebody else
 * has removed counts no more.                                                */
static void judge(struct depot *d, int folder, const char *name, int err)
{
	if (!err) {
		shelf_use(&d->shelf, folder, name);
	} else if (err == -EBADMSG || err == -EFBIG) {
		log_info("prompts on disk: %s/%s is broken and goes",
			 folder_names[folder], name);
		shelf_remove(&d->shelf, folder, name);
	} else if (err == -ENOENT) {
		shelf_remove(&d->shelf, folder, name);
	}
	note_now(d);
}

int depot_origin(struct depot *d, const char *url, struct origin **op)
{
	char name[CONTENT_HEX_LEN];
	struct origin *o = NULL;
	uint8_t *data = NULL;
	size_t len;
	int err;

	note_now(d);
	if (!d->is_open || url_name(name, url) ||
	    !shelf_has(&d->shelf, DEPOT_URLS, name))
		return -ENOENT;
	err = files_read(d->fds[DEPOT_URLS], name, RECORD_LEN_MAX, &data, &len);
	if (!err)
		err = record_read(&o, (char *)data, len);
	free(data);
	if (!err && strcmp(o->url, url)) {
		origin_free(o);
		err = -EBADMSG;
	}
	judge(d, DEPOT_URLS, name, err);
	if (!err)
		*op = o;
	return err;
}

int depot_frames(struct depot *d, const struct content *c,
		 const struct cln_codec *codec, struct prompt_frames *f,
		 uint32_t *duration_ms)
{
	char name[SHELF_NAME_LEN];
	struct frames_key key;
	uint8_t *data = NULL;
	size_t len;
	int err;

	note_now(d);
	if (!d->is_open || frames_name(d, name, &key, c, codec) ||
	    !shelf_has(&d->shelf, DEPOT_FRAMES, name))
		return -ENOENT;
	err = files_read(d->fds[DEPOT_FRAMES], name, FRAMES_FILE_MAX, &data,
			 &len);
	if (!err)
		err = frames_file_read(f, duration_ms, &key, codec, data, len);
	free(data);
	judge(d, DEPOT_FRAMES, name, err);
	return err;
}

bool depot_has_blob(struct depot *d, const struct content *c)
{
	char name[CONTENT_HEX_LEN];

	content_hex(c, name);
	return d->is_open && shelf_has(&d->shelf, DEPOT_BLOBS, name);
}

int depot_blob(const struct depot *d, const struct content *c, uint8_t **datap,
	       size_t *lenp)
{
	char name[CONTENT_HEX_LEN];
	struct content found;
	uint8_t *data;
	size_t len;
	int err;

	if (!d->is_open)
		return -ENOENT;
	content_hex(c, name);
	err = files_read(d->fds[DEPOT_BLOBS], name, d->max_file, &data, &len);
	if (err)
		return err;
	err = content_of(&found, data, len);
	if (!err && !content_is(&found, c)) {
		/* The index learns of it when the file is fetched anew. */
		files_remove(d->fds[DEPOT_BLOBS], name, false);
		err = -EBADMSG;
	}
	if (err) {
		free(data);
		return err;
	}
	*datap = data;
	*lenp = len;
	return 0;
}

static void note_write(struct depot *d, int err)
{
	if (!err) {
		if (d->failing)
			log_info("prompts are kept on disk again");
		d->failing = false;
		return;
	}
	if (!d->failing)
		log_warn("prompts on disk: %s; going on without",
			 strerror(-err));
	d->failing = true;
	d->retry_ms = clock_now_ms(clock_system()) + RETRY_S * S_MS;
}

static void keep(struct depot *d, int folder, const char *name,
		 const struct piece *pieces, size_t n)
{
	size_t len = 0;
	int err;

	for (size_t i = 0; i < n; i++)
		len += pieces[i].len;
	if (!d->is_open || !shelf_fits(&d->shelf, len) ||
	    (d->failing && clock_now_ms(clock_system()) < d->retry_ms))
		return;
	err = files_write(d->fds[folder], name, pieces, n, false);
	note_now(d);
	if (!err)
		shelf_add(&d->shelf, folder, name, len);
	note_write(d, err);
	note_now(d);
}

void depot_keep_blob(struct depot *d, const struct content *c,
		     const uint8_t *data, size_t len)
{
	struct piece piece = { data, len };
	char name[CONTENT_HEX_LEN];

	content_hex(c, name);
	/* It may be known to the index and yet be gone: see depot_blob(). */
	if (shelf_has(&d->shelf, DEPOT_BLOBS, name) &&
	    !faccessat(d->fds[DEPOT_BLOBS], name, F_OK, 0))
		shelf_use(&d->shelf, DEPOT_BLOBS, name);
	else
		keep(d, DEPOT_BLOBS, name, &piece, 1);
}

void depot_keep_frames(struct depot *d, const struct content *c,
		       const struct prompt_frames *f, uint32_t duration_ms)
{
	char name[SHELF_NAME_LEN];
	struct frames_head head;
	struct frames_key key;
	struct piece pieces[] = {
		{ &head, sizeof(head) }, { f->data, f->len },
		{ f->offsets, frames_offsets_bytes(f) },
	};

	if (d->is_open && !frames_name(d, name, &key, c, f->codec) &&
	    !frames_file_head(&head, &key, f, duration_ms))
		keep(d, DEPOT_FRAMES, name, pieces, ARRAY_LEN(pieces));
}

void depot_keep_origin(struct depot *d, const struct origin *o)
{
	char name[CONTENT_HEX_LEN];
	struct piece piece;
	struct buf b;

	buf_init(&b, RECORD_LEN_MAX);
	record_write(&b, o);
	piece = (struct piece){ b.data, b.len };
	if (!b.err && !url_name(name, o->url))
		keep(d, DEPOT_URLS, name, &piece, 1);
	buf_deinit(&b);
}

void depot_use_url(struct depot *d, const char *url)
{
	char name[CONTENT_HEX_LEN];

	note_now(d);
	if (d->is_open && !url_name(name, url))
		shelf_use(&d->shelf, DEPOT_URLS, name);
}

void depot_use_content(struct depot *d, const struct content *c)
{
	char name[CONTENT_HEX_LEN];

	note_now(d);
	if (!d->is_open)
		return;
	content_hex(c, name);
	shelf_use(&d->shelf, DEPOT_BLOBS, name);
	shelf_use_all(&d->shelf, DEPOT_FRAMES, name);
}

void depot_forget_url(struct depot *d, const char *url)
{
	char name[CONTENT_HEX_LEN];

	if (d->is_open && !url_name(name, url) &&
	    shelf_has(&d->shelf, DEPOT_URLS, name))
		shelf_remove(&d->shelf, DEPOT_URLS, name);
	note_now(d);
}

void depot_forget_content(struct depot *d, const struct content *c)
{
	char name[CONTENT_HEX_LEN];

	if (!d->is_open)
		return;
	content_hex(c, name);
	shelf_remove(&d->shelf, DEPOT_BLOBS, name);
	shelf_remove_all(&d->shelf, DEPOT_FRAMES, name);
	note_now(d);
}
