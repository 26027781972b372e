/*
 * hosts.c - the hosts file, read when it has changed and not before.
 *
 * A thousand names that are looked up again every few seconds would read it a
 * thousand times. Whether it has changed is told by its size and time.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/hosts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/map.h"
#include "base/str.h"

enum {
	NAMES_MAX = 100000,		/* of the whole file                  */
	OF_A_FAMILY_MAX = DNS_RECORDS_MAX / 2,
};

/* One address of a name; in the order of the file.                           */
struct host {
	struct host *next;
	struct addr addr;
};

struct hosts {
	char *path;
	struct map *names;		/* struct host; NULL: there is none   */
	struct stat seen;		/* st_ino 0: not read yet, or gone    */
};

/* ---- reading ------------------------------------------------------------- */

static void forget(struct hosts *h)
{
	struct host *e, *next;
	size_t pos = 0;

	while (h->names && (e = map_next(h->names, &pos)))
		for (; e; e = next) {
			next = e->next;
			free(e);
		}
	map_free(h->names);
	h->names = NULL;
	h->seen.st_ino = 0;
}

static int lower(char key[DNS_NAME_LEN], const char *name)
{
	int err = str_copy(key, DNS_NAME_LEN, name);

	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return err;
}

static int add_host(struct map *names, const char *name, const struct addr *a)
{
	struct host *made, *e, **end = NULL;
	char key[DNS_NAME_LEN];
	int same = 0;

	/* Nobody asks for a name that long.                                  */
	if (lower(key, name) || map_count(names) >= NAMES_MAX)
		return 0;
	for (e = map_get_str(names, key); e; e = e->next) {
		same += e->addr.sa.sa_family == a->sa.sa_family;
		end = &e->next;
	}
	if (same >= OF_A_FAMILY_MAX)
		return 0;
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->addr = *a;
	if (end)
		*end = made;
	else if (map_put_str(names, key, made)) {
		free(made);
		return -ENOMEM;
	}
	return 0;
}

/* "192.0.2.1 name other # remark"                                            */
static int take_line(struct map *names, char *line)
{
	static const char blank[] = " \t\r\n";
	char *rest = NULL, *word;
	struct addr a;
	int err = 0;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, blank, &rest);
	if (!word || addr_parse_ip(&a, word, 0))
		return 0;
	while (!err && (word = strtok_r(NULL, blank, &rest)))
		err = add_host(names, word, &a);
	return err;
}

static int read_file(struct hosts *h)
{
	FILE *f = fopen(h->path, "re");
	char *line = NULL;
	size_t cap = 0;
	int err = 0;

	if (!f)
		return -errno;
	err = map_new(&h->names);
	while (!err && getline(&line, &cap, f) >= 0)
		err = take_line(h->names, line);
	free(line);
	(void)fclose(f);
	return err;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Without memory it is as if there was no such file, and tried again.        */
static void refresh(struct hosts *h)
{
	struct stat now;
	int err;

	if (stat(h->path, &now)) {
		forget(h);
		return;
	}
	if (is_same(&now, &h->seen))
		return;
	forget(h);
	err = read_file(h);
	if (err == -ENOMEM)
		forget(h);
	else
		h->seen = now;
	if (err)
		log_warn("dns: cannot read %s: %s", h->path, strerror(-err));
}

/* ---- the door ------------------------------------------------------------ */

static size_t take_family(const struct host *e, int family,
			  struct dns_record *to)
{
	size_t n = 0;

	for (; e; e = e->next)
		if (e->addr.sa.sa_family == family)
			to[n++].addr = e->addr;
	return n;
}

struct dns_answer *hosts_find(struct hosts *h, const char *name)
{
	struct dns_record records[DNS_RECORDS_MAX];
	const struct host *e = NULL;
	char key[DNS_NAME_LEN];
	size_t n;

	refresh(h);
	if (h->names && !lower(key, name))
		e = map_get_str(h->names, key);
	memset(records, 0, sizeof(records));
	n = take_family(e, AF_INET6, records);
	n += take_family(e, AF_INET, records + n);
	return dns_answer_new(n ? 0 : -ENOENT, records, n);
}

int hosts_new(struct hosts **hp, const char *path)
{
	struct hosts *h = calloc(1, sizeof(*h));

	if (h)
		h->path = strdup(path);
	if (!h || !h->path) {
		free(h);
		return -ENOMEM;
	}
	*hp = h;
	return 0;
}

void hosts_free(struct hosts *h)
{
	if (!h)
		return;
	forget(h);
	free(h->path);
	free(h);
}
