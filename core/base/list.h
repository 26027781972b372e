/*
 * list.h - lists whose links are embedded in what they hold.
 *
 * The C library's LIST_ macros, and one more for an element that is in a list at
 * times: it knows whether it is, as long as it leaves by LIST_LEAVE().
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stddef.h>
#include <sys/queue.h>

/* Zeroed memory is in no list.                                                */
#define LIST_HAS(elm, field) ((elm)->field.le_prev != NULL)

/* Fine when it is in none.                                                    */
#define LIST_LEAVE(elm, field)					\
	do {							\
		if (LIST_HAS(elm, field))			\
			LIST_REMOVE(elm, field);		\
		(elm)->field.le_prev = NULL;			\
	} while (0)

#endif
