/*
 * check.c - is this table one that the server can use?
 *
 * Looks at nothing beyond the plugin's own `size`, since an older or foreign
 * object may be shorter than our struct.
 */
/* SPDX-License-Identifier: MIT */
#include "plugin/check.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define HAS(p, member) \
	((p)->size >= offsetof(__typeof__(*(p)), member) + \
		      sizeof((p)->member))

static int fault(char *why, size_t cap, const char *what)
{
	str_copy(why, cap, what);
	return -EINVAL;
}

static int check_name(const char *name)
{
	size_t n;

	if (!name)
		return -EINVAL;
	n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	return n && n < 32 && !name[n] ? 0 : -EINVAL;
}

static int check_codec(const struct cln_codec *c, char *why, size_t cap)
{
	if (!HAS(c, close))
		return fault(why, cap, "a codec's table is too short for this "
			     "ABI; rebuild the plugin");
	if (!c->name || !*c->name || strlen(c->name) > 31)
		return fault(why, cap, "a codec has no encoding name");
	if (!c->api_name || check_name(c->api_name) ||
	    strlen(c->api_name) > 15)
		return fault(why, cap, "a codec's api_name is not "
			     "[a-z0-9_-]{1,15}");
	if (c->payload_type < CLN_PT_DYNAMIC || c->payload_type > 127)
		return fault(why, cap, "a codec's payload type is not -1..127");
	if (!c->clock_rate || !c->sample_rate || c->channels < 1 ||
	    c->channels > 2)
		return fault(why, cap, "a codec's rates or channels are wrong");
	if (!c->frame_samples || !c->frame_bytes || !c->ptime_ms)
		return fault(why, cap, "a codec's frame or ptime is 0");
	if (!c->encode || !c->frame_len || !c->decode)
		return fault(why, cap, "a codec lacks encode, frame_len or "
			     "decode");
	if (!c->open != !c->close)
		return fault(why, cap, "a codec has only one of open and close");
	return 0;
}

static int check_app(const struct cln_app *a, char *why, size_t cap)
{
	if (!HAS(a, stop) || !a->name || !*a->name || !a->start || !a->stop)
		return fault(why, cap, "an app lacks name, start or stop");
	return 0;
}

static int check_tables(const struct cln_plugin *pl, char *why, size_t cap)
{
	int err = 0;

	for (size_t i = 0; pl->codecs && pl->codecs[i] && !err; i++) {
		err = check_codec(pl->codecs[i], why, cap);
		for (size_t k = 0; k < i && !err; k++)
			if (!strcmp(pl->codecs[k]->api_name,
				    pl->codecs[i]->api_name))
				err = fault(why, cap, "two of its codecs have "
					    "the same api_name");
	}
	for (size_t i = 0; pl->apps && pl->apps[i] && !err; i++)
		err = check_app(pl->apps[i], why, cap);
	return err;
}

int plugin_check(const struct cln_plugin *pl, char *why, size_t cap)
{
	if (!HAS(pl, abi_minor))
		return fault(why, cap, "its table is too short to be one of a "
			     "plugin");
	if (pl->abi_major != CLN_ABI_MAJOR) {
		str_printf(why, cap, "it was built for ABI %u, this server has "
			   "ABI %u; rebuild it against the headers of this "
			   "server", pl->abi_major, CLN_ABI_MAJOR);
		return -EPROTO;
	}
	if (!HAS(pl, apps))
		return fault(why, cap, "its table is too short for ABI 1.0; "
			     "set .size = sizeof(struct cln_plugin)");
	/* Codecs are called by tables that say their size; what an app and the
	 * services hand to each other is copied whole.                        */
	if (pl->apps && pl->apps[0] && pl->abi_minor != CLN_ABI_MINOR) {
		str_printf(why, cap, "its app was built for ABI %u.%u, this "
			   "server has ABI %u.%u; rebuild it against the "
			   "headers of this server", pl->abi_major,
			   pl->abi_minor, CLN_ABI_MAJOR, CLN_ABI_MINOR);
		return -EPROTO;
	}
	if (check_name(pl->name))
		return fault(why, cap, "its name is not [a-z0-9_-]{1,31}");
	if (!pl->version || !pl->licence || !pl->summary)
		return fault(why, cap, "version, licence or summary is missing");
	return check_tables(pl, why, cap);
}
