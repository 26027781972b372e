/*
 * plugin.c - loads shared objects and keeps what they offer.
 *
 * Thread: main, until plugins_load_all() returns; read-only afterwards.
 */
/* SPDX-License-Identifier: MIT */
#include "plugin/plugin.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "plugin/check.h"

#define CODECS_MAX 64

/* A codec that has a place in the API, whether or not a plugin for it is
 * loaded here: such a name is accepted with a warning.                        */
const char *const plugins_known_codecs[] = {
	"mulaw", "alaw", "g729", "g723", "g722", "opus", NULL
};

struct entry {
	struct entry *next;
	struct plugins *owner;
	struct cln_host host;
	struct cln_plugin_info info;
	const struct cln_plugin *plugin;	/* NULL: refused               */
	void *handle, *state;
	size_t apps_started;
};

struct plugins {
	const struct conf *conf;
	struct entry *first;
	const struct cln_codec *codecs[CODECS_MAX];
	size_t n_codecs;
};

/* ---- the host --------------------------------------------------------------- */

static void host_log(void *ctx, enum cln_log_level level, const char *text)
{
	static const enum log_level levels[] = {
		LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG
	};
	const struct entry *e = ctx;

	log_write(levels[level & 3], "%s: %s", e->info.name, text);
}

static const char *default_of(const struct cln_plugin *pl, const char *name)
{
	const struct cln_option *const *o = pl->options;

	for (; o && *o; o++)
		if (!strcmp((*o)->name, name))
			return (*o)->def;
	return NULL;
}

static const char *host_option(void *ctx, const char *name, unsigned int nth)
{
	const struct entry *e = ctx;
	const struct conf *conf = e->owner->conf;
	const char *value;
	char key[96];

	if (str_printf(key, sizeof(key), "%s.%s", e->info.name, name) == 0 &&
	    conf_has(conf, key))
		return conf_nth(conf, key, nth);
	value = conf_plugin_nth(conf, e->info.name, name, nth);
	return value || nth ? value : default_of(e->plugin, name);
}

static int64_t host_now_ms(void *ctx)
{
	(void)ctx;
	return clock_now_ms(clock_system());
}

static void host_fill(struct entry *e)
{
	e->host = (struct cln_host){
		.size = sizeof(e->host),
		.abi_major = CLN_ABI_MAJOR,
		.abi_minor = CLN_ABI_MINOR,
		.server_version = PACKAGE_VERSION,
		.ctx = e,
		.log = host_log,
		.option = host_option,
		.now_ms = host_now_ms,
	};
}

/* ---- loading ---------------------------------------------------------------- */

static bool is_taken(const struct plugins *p, const struct cln_plugin *pl,
		     char *why, size_t cap)
{
	for (const struct entry *e = p->first; e; e = e->next) {
		if (e->plugin && !strcmp(e->plugin->name, pl->name)) {
			str_printf(why, cap, "the name \"%s\" is taken by %s; "
				   "remove one of the two", pl->name,
				   e->info.file);
			return true;
		}
	}
	for (size_t i = 0; pl->codecs && pl->codecs[i]; i++) {
		if (plugins_codec(p, pl->codecs[i]->api_name)) {
			str_printf(why, cap, "the codec \"%s\" is already "
				   "offered; remove one of the two plugins",
				   pl->codecs[i]->api_name);
			return true;
		}
		if (p->n_codecs + i == CODECS_MAX) {
			str_printf(why, cap, "more than %d codecs are too many",
				   CODECS_MAX);
			return true;
		}
	}
	return false;
}

static int open_object(struct entry *e, const char *file, char *why, size_t cap)
{
	const struct cln_plugin *pl;
	int err;

	e->handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!e->handle) {
		str_copy(why, cap, dlerror());
		return -ENOEXEC;
	}
	pl = dlsym(e->handle, CLN_PLUGIN_SYMBOL);
	if (!pl) {
		str_copy(why, cap, "it exports no \"" CLN_PLUGIN_SYMBOL "\": "
			 "not a plugin, or built without CLN_PLUGIN_EXPORT");
		return -ENOEXEC;
	}
	err = plugin_check(pl, why, cap);
	if (!err && is_taken(e->owner, pl, why, cap))
		err = -EEXIST;
	if (!err)
		e->plugin = pl;
	return err;
}

static void describe(struct entry *e)
{
	const struct cln_plugin *pl = e->plugin;
	struct cln_plugin_info *info = &e->info;
	struct buf b;

	str_copy(info->name, sizeof(info->name), pl->name);
	str_copy(info->version, sizeof(info->version), pl->version);
	str_copy(info->licence, sizeof(info->licence), pl->licence);
	str_copy(info->summary, sizeof(info->summary), pl->summary);
	info->abi_major = pl->abi_major;
	info->abi_minor = pl->abi_minor;
	buf_init(&b, sizeof(info->offers) - 1);
	for (size_t i = 0; pl->codecs && pl->codecs[i]; i++)
		buf_printf(&b, "%scodec %s (%s)", b.len ? ", " : "",
			   pl->codecs[i]->name, pl->codecs[i]->api_name);
	for (size_t i = 0; pl->apps && pl->apps[i]; i++)
		buf_printf(&b, "%sapp %s", b.len ? ", " : "",
			   pl->apps[i]->name);
	str_copy(info->offers, sizeof(info->offers), b.data ? b.data : "");
	buf_deinit(&b);
}

static int open_plugin(struct entry *e, char *why, size_t cap)
{
	const struct cln_plugin *pl = e->plugin;
	char error[CONF_ERROR_LEN];
	int err;

	describe(e);
	host_fill(e);
	if (conf_plugin_check(e->owner->conf, pl->name, pl->options, error)) {
		str_copy(why, cap, error);
		return -EINVAL;
	}
	err = pl->open ? pl->open(&e->host, &e->state) : 0;
	if (err)
		str_printf(why, cap, "its open() failed: %s", strerror(-err));
	return err;
}

static void take_codecs(struct plugins *p, const struct cln_plugin *pl)
{
	for (size_t i = 0; pl->codecs && pl->codecs[i]; i++)
		p->codecs[p->n_codecs++] = pl->codecs[i];
}

static struct entry *entry_new(struct plugins *p, const char *file)
{
	struct entry *e = calloc(1, sizeof(*e)), **end = &p->first;
	const char *base = strrchr(file, '/');

	if (!e)
		return NULL;
	e->owner = p;
	e->info.size = sizeof(e->info);
	base = base ? base + 1 : file;
	str_copy(e->info.file, sizeof(e->info.file), base);
	str_copy_n(e->info.name, sizeof(e->info.name), base,
		   strcspn(base, "."));
	while (*end)
		end = &(*end)->next;
	*end = e;
	return e;
}

int plugins_load(struct plugins *p, const char *file, char *why, size_t cap)
{
	struct entry *e = entry_new(p, file);
	int err;

	if (!e)
		return -ENOMEM;
	err = open_object(e, file, why, cap);
	if (!err)
		err = open_plugin(e, why, cap);
	str_copy(e->info.state, sizeof(e->info.state),
		 err ? "refused" : "loaded");
	if (!err) {
		take_codecs(p, e->plugin);
		log_info("plugin: %s %s loaded: %s", e->info.name,
			 e->info.version, e->info.offers);
		return 0;
	}
	str_copy(e->info.reason, sizeof(e->info.reason), why);
	log_error("plugin: %s refused: %s", file, why);
	e->plugin = NULL;
	if (e->handle)
		dlclose(e->handle);
	e->handle = NULL;
	return err;
}

static int only_objects(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 3 && !strcmp(d->d_name + n - 3, ".so");
}

static int load_one(struct plugins *p, const char *dir, const char *name,
		    char *why, size_t cap)
{
	char path[512], text[256] = "";
	const char *suffix = strstr(name, ".so") ? "" : ".so";
	const char *slash = strrchr(name, '/');
	int err;

	if (slash)
		err = str_copy(path, sizeof(path), name);
	else
		err = str_printf(path, sizeof(path), "%s/%s%s", dir, name,
				 suffix);
	if (!err)
		err = plugins_load(p, path, text, sizeof(text));
	if (!err)
		return 0;
	name = slash ? slash + 1 : name;
	str_copy_n(path, sizeof(path), name, strcspn(name, "."));
	if (!conf_plugin_required(p->conf, path))
		return 0;
	str_printf(why, cap, "plugin %s is required, but: %s", path, text);
	return err;
}

static int load_dir(struct plugins *p, const char *dir, char *why, size_t cap)
{
	struct dirent **names;
	int n = scandir(dir, &names, only_objects, alphasort), err = 0;

	if (n < 0) {
		err = -errno;
		str_printf(why, cap, "plugins.dir %s: %s", dir,
			   strerror(-err));
		return err;
	}
	for (int i = 0; i < n; i++) {
		if (!err)
			err = load_one(p, dir, names[i]->d_name, why, cap);
		free(names[i]);
	}
	free(names);
	return err;
}

static int load_named(struct plugins *p, const char *dir, char *why, size_t cap)
{
	const char *name;
	int err = 0;

	for (unsigned int i = 0;
	     !err && (name = conf_nth(p->conf, "plugins.load", i)); i++)
		err = load_one(p, dir, name, why, cap);
	return err;
}

static bool is_loaded(const struct plugins *p, const char *name)
{
	for (const struct entry *e = p->first; e; e = e->next)
		if (e->plugin && !strcmp(e->plugin->name, name))
			return true;
	return false;
}

/* A section whose plugin is nowhere is a slip, or the plugin is missed.       */
static int check_sections(const struct plugins *p, const char *dir, char *why,
			  size_t cap)
{
	const char *name;

	for (unsigned int i = 0; (name = conf_plugin_at(p->conf, i)); i++) {
		if (is_loaded(p, name))
			continue;
		if (conf_plugin_required(p->conf, name)) {
			str_printf(why, cap, "plugin %s is required, but it "
				   "was not found in %s", name, dir);
			return -ENOENT;
		}
		log_warn("plugin: the configuration has a section for \"%s\", "
			 "which is not loaded", name);
	}
	return 0;
}

int plugins_load_all(struct plugins *p, const char *dir, char *why, size_t cap)
{
	int err = conf_nth(p->conf, "plugins.load", 0) ?
		  load_named(p, dir, why, cap) : load_dir(p, dir, why, cap);

	return err ? err : check_sections(p, dir, why, cap);
}

int plugins_new(struct plugins **pp, const struct conf *conf)
{
	struct plugins *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->conf = conf;
	*pp = p;
	return 0;
}

void plugins_free(struct plugins *p)
{
	struct entry *e, *next;

	if (!p)
		return;
	for (e = p->first; e; e = next) {
		next = e->next;
		if (e->plugin && e->plugin->close)
			e->plugin->close(e->state);
		/* It stays loaded to the end of the process: a thread of its
		 * libraries may still be on its way out.                      */
		free(e);
	}
	free(p);
}

/* ---- what they offer -------------------------------------------------------- */

const struct cln_codec *plugins_codec(const struct plugins *p,
				      const char *api_name)
{
	for (size_t i = 0; i < p->n_codecs; i++)
		if (!strcmp(p->codecs[i]->api_name, api_name))
			return p->codecs[i];
	return NULL;
}

int plugins_codec_known(const char *api_name)
{
	for (size_t i = 0; plugins_known_codecs[i]; i++)
		if (!strcmp(plugins_known_codecs[i], api_name))
			return 1;
	return 0;
}

const char *plugins_codec_nearest(const char *api_name)
{
	return str_nearest(api_name, plugins_known_codecs);
}

const struct cln_codec *plugins_codec_at(const struct plugins *p, size_t n)
{
	return n < p->n_codecs ? p->codecs[n] : NULL;
}

int plugins_start_apps(struct plugins *p, const struct cln_services *services,
		       char *why, size_t cap)
{
	for (struct entry *e = p->first; e; e = e->next) {
		for (size_t i = 0; e->plugin && e->plugin->apps &&
		     e->plugin->apps[i]; i++) {
			const struct cln_app *app = e->plugin->apps[i];
			int err = app->start(e->state, services);

			if (err) {
				str_printf(why, cap, "app %s did not start: %s",
					   app->name, strerror(-err));
				return err;
			}
			e->apps_started++;
		}
	}
	return 0;
}

void plugins_stop_apps(struct plugins *p)
{
	for (struct entry *e = p->first; e; e = e->next)
		while (e->apps_started)
			e->plugin->apps[--e->apps_started]->stop(e->state);
}

void plugins_list(const struct plugins *p, cln_plugin_fn *fn, void *arg)
{
	for (const struct entry *e = p->first; e; e = e->next)
		fn(arg, &e->info);
}
