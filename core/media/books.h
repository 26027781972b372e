/*
 * books.h - the library's index: what was uploaded, in order of the ids.
 *
 * One thread at a time; library.c has the lock.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_BOOKS_H
#define MEDIA_BOOKS_H

#include <stddef.h>

#include <carillon/services.h>

#include "media/content.h"

struct book {
	struct cln_prompt_info info;
	struct content content;
};

struct books {
	struct book **items;		/* in order of their ids              */
	size_t n, cap;
	size_t bytes;			/* of all, see book_weight()          */
};

void books_init(struct books *bs);
void books_deinit(struct books *bs);
/* Copies; what is there already stays. 0 or -ENOMEM.                         */
int books_put(struct books *bs, const struct book *b);
void books_remove(struct books *bs, const char *id);
/* Lent, or NULL.                                                             */
const struct book *books_find(const struct books *bs, const char *id);
/* The first one behind this id, which need not be there; n: none.            */
size_t books_after(const struct books *bs, const char *id);
/* What a file counts for: more than its bytes, to bound their number too.    */
size_t book_weight(const struct book *b);

#endif
