/*
 * fuzz_playlist.c - whatever is taken for a playlist is within its bounds, and
 * comes back from the disk as it was.
 *
 * The text is that of a request's "playlist". Needs libapi.la,
 * core/store/items_json.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/errors.h"
#include "../../api/json.h"
#include "../../api/playlist.h"
#include "store/items_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_target(int32_t go, size_t n)
{
	must(go == CLN_GOTO_NEXT || go == CLN_GOTO_STOP ||
	     (go >= 0 && (size_t)go < n));
}

static void check_gather(const struct cln_gather *g, size_t n)
{
	must(g->digits >= 1 && g->digits <= CLN_DIGITS_MAX);
	must(g->timeout_ms >= 1 && g->timeout_ms <= CLN_GATHER_MAX_MS);
	must(!g->terminator || strchr(CLN_DIGITS, g->terminator));
	must(g->n_branches <= CLN_BRANCHES_MAX);
	for (uint32_t i = 0; i < g->n_branches; i++) {
		size_t len = strlen(g->branches[i].digits);

		must(len >= 1 && len <= g->digits);
		check_target(g->branches[i].go, n);
	}
	check_target(g->otherwise, n);
	check_target(g->on_timeout, n);
}

static void check_item(const struct cln_item *item, size_t n)
{
	must(item->repeat <= CLN_REPEAT_MAX);
	switch (item->type) {
	case CLN_ITEM_PAUSE:
		must(item->pause_ms >= 1 && item->pause_ms <= CLN_PAUSE_MAX_MS);
		break;
	case CLN_ITEM_GATHER:
		check_gather(item->gather, n);
		break;
	case CLN_ITEM_DTMF:
		must(strlen(item->text) <= CLN_DIGITS_MAX &&
		     !item->text[strspn(item->text, CLN_DIGITS)]);
		break;
	default:
		must(item->text && *item->text);
	}
}

static void same_text(const char *a, const char *b)
{
	must(!a == !b && (!a || !strcmp(a, b)));
}

static void check_disk(const struct playlist *list)
{
	char *text = items_to_json(list->items, list->n);
	struct cln_item *items = NULL;
	size_t n = 0;

	must(text && !items_from_json(&items, &n, text) && n == list->n);
	for (size_t i = 0; i < n; i++) {
		must(items[i].type == list->items[i].type &&
		     items[i].repeat == list->items[i].repeat &&
		     items[i].pause_ms == list->items[i].pause_ms);
		same_text(items[i].text, list->items[i].text);
		same_text(items[i].language, list->items[i].language);
		must(!items[i].gather == !list->items[i].gather);
		if (items[i].gather)
			must(!memcmp(items[i].gather, list->items[i].gather,
				     sizeof(*items[i].gather)));
	}
	items_free(items, n);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *tree, *body = json_object();
	struct cln_problems problems;
	struct playlist list;
	char why[JSON_WHY_LEN];

	if (!json_parse(&tree, (const char *)data, size, why)) {
		json_object_set_new(body, "playlist", tree);
		problems_init(&problems);
		playlist_read(&list, body, &problems);
		for (size_t i = 0; !problems.n && i < list.n; i++)
			check_item(&list.items[i], list.n);
		if (!problems.n)
			check_disk(&list);
		playlist_free(&list);
	}
	json_decref(body);
	return 0;
}
