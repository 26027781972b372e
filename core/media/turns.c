/*
 * turns.c - how many fetches one server has to bear at once.
 * Thread: home (signalling).
 */
/* SPDX-License-Identifier: MIT */
#include "media/turns.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"

enum { KEY_LEN = TARGET_HOST_LEN + 8 };

struct host {
	char key[KEY_LEN];
	size_t users;
	size_t fetching;
};

int host_get(struct host **hp, struct map *hosts, const struct target *t)
{
	char key[KEY_LEN];
	struct host *h;
	int err;

	str_printf(key, sizeof(key), "%s:%u", t->host, t->port);
	h = map_get_str(hosts, key);
	if (!h) {
		h = calloc(1, sizeof(*h));
		if (!h)
			return -ENOMEM;
		str_copy(h->key, sizeof(h->key), key);
		err = map_put_str(hosts, h->key, h);
		if (err) {
			free(h);
			return err;
		}
	}
	h->users++;
	*hp = h;
	return 0;
}

void host_put(struct map *hosts, struct host *h)
{
	if (!h || --h->users)
		return;
	map_remove_str(hosts, h->key);
	free(h);
}

bool host_has_turn(const struct host *h)
{
	return h->fetching < TURNS_MAX;
}

void host_begin(struct host *h)
{
	h->fetching++;
}

void host_end(struct host *h)
{
	h->fetching--;
}
