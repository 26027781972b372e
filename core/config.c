/*
 * config.c - turns configuration texts into the values the server uses.
 *
 * Main thread, before the others start.
 */
/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "state_dir.h"

#ifndef PLUGINDIR
#define PLUGINDIR "/usr/local/lib/carillon/plugins"
#endif

enum {
	DNS_PORT = 53,
	THREADS_MOST = 4,
	SHA256_HEX = 64,
};

/* What each step needs: where to read, where to put, where to complain.      */
struct fill {
	struct config *cfg;
	const struct conf *c;
	char *error;
};

static unsigned int count(const struct conf *c, const char *key)
{
	unsigned int n = 0;

	while (conf_nth(c, key, n))
		n++;
	return n;
}

/* One parser per kind of item; each returns 0 or -EINVAL.                    */
static int parse_listen(void *item, const char *text)
{
	/* The transport must be said here, lest anybody forget the others.   */
	if (!str_starts(text, "udp:") && !str_starts(text, "tcp:") &&
	    !str_starts(text, "tls:"))
		return -EINVAL;
	return sip_listen_parse(item, text);
}

static int parse_allow(void *item, const char *text)
{
	return allow_parse(item, text);
}

static int parse_dns(void *item, const char *text)
{
	return addr_parse(item, text, DNS_PORT);
}

static int parse_plugin(void *item, const char *text)
{
	const char **name = item;

	*name = text;
	return *text ? 0 : -EINVAL;
}

struct list_kind {
	const char *key;
	size_t item_size;
	int (*parse)(void *item, const char *text);
	const char *expected;
};

/* Reads all values of a repeatable key into a fresh array.                   */
static int fill_list(const struct fill *f, const struct list_kind *kind,
		     void **items, size_t *n)
{
	unsigned int total = count(f->c, kind->key);
	char *array;

	if (!total)
		return 0;
	array = calloc(total, kind->item_size);
	if (!array) {
		str_copy(f->error, CONF_ERROR_LEN, "no memory");
		return -ENOMEM;
	}
	*items = array;
	*n = total;
	for (unsigned int i = 0; i < total; i++) {
		const char *text = conf_nth(f->c, kind->key, i);

		if (kind->parse(array + i * kind->item_size, text))
			return conf_refuse(f->c, kind->key, i, f->error,
					   "\"%.80s\" is not %s", text,
					   kind->expected);
	}
	return 0;
}

static const struct list_kind listen_kind = {
	"sip.listen", sizeof(struct sip_listen), parse_listen,
	"udp:, tcp: or tls: with an IP address and a port"
};
static const struct list_kind direct_kind = {
	"sip.direct.allow", sizeof(struct allow), parse_allow,
	"a host, an address or a network"
};
static const struct list_kind dns_kind = {
	"dns.server", sizeof(struct addr), parse_dns, "an IP address"
};
static const struct list_kind fetch_kind = {
	"fetch.allow", sizeof(struct allow), parse_allow,
	"a host with a port, an address or a network"
};
static const struct list_kind plugins_kind = {
	"plugins.load", sizeof(char *), parse_plugin, "the name of a plugin"
};

static int fill_lists(const struct fill *f)
{
	struct config *cfg = f->cfg;
	void *items[5] = { NULL };
	int err = fill_list(f, &listen_kind, &items[0], &cfg->n_listen);

	if (!err)
		err = fill_list(f, &direct_kind, &items[1], &cfg->n_direct);
	if (!err)
		err = fill_list(f, &dns_kind, &items[2], &cfg->n_dns);
	if (!err)
		err = fill_list(f, &fetch_kind, &items[3], &cfg->n_fetch);
	if (!err)
		err = fill_list(f, &plugins_kind, &items[4], &cfg->n_plugins);
	/* Also on an error: config_free() finds them there. */
	cfg->listen = items[0];
	cfg->direct = items[1];
	cfg->dns = items[2];
	cfg->fetch = items[3];
	cfg->plugins = items[4];
	return err;
}

static int fill_ports(const struct fill *f)
{
	const char *text = conf_str(f->c, "media.ports");
	const char *dash = strchr(text, '-');
	char first[8];
	int64_t low = 0, high = 0;

	if (!dash || str_copy_n(first, sizeof(first), text,
				(size_t)(dash - text)) ||
	    str_to_i64(&low, first, 1024, 65535) ||
	    str_to_i64(&high, dash + 1, 1024, 65535))
		return conf_refuse(f->c, "media.ports", 0, f->error,
				   "\"%.40s\" is not FIRST-LAST with ports "
				   "between 1024 and 65535", text);
	low += low & 1;
	high -= !(high & 1);
	if (low >= high)
		return conf_refuse(f->c, "media.ports", 0, f->error,
				   "\"%.40s\" holds no even port with the odd "
				   "one above it", text);
	f->cfg->port_first = (uint16_t)low;
	f->cfg->port_last = (uint16_t)high;
	return 0;
}

static int fill_threads(const struct conf *c)
{
	int n = (int)conf_int(c, "media.threads");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (n)
		return n;
	return cores < 1 ? 1 : cores > THREADS_MOST ? THREADS_MOST : (int)cores;
}

/* One IP address without a port.                                             */
static int fill_ip(const struct fill *f, const char *key, struct addr *a)
{
	const char *text = conf_str(f->c, key);

	if (!addr_parse_ip(a, text, 0))
		return 0;
	return conf_refuse(f->c, key, 0, f->error,
			   "\"%.80s\" is not an IP address", text);
}

static int fill_media(const struct fill *f)
{
	struct config *cfg = f->cfg;
	int err = fill_ip(f, "media.address", &cfg->media_address);

	cfg->has_media_advertise = conf_str(f->c, "media.advertise") != NULL;
	if (!err && cfg->has_media_advertise)
		err = fill_ip(f, "media.advertise", &cfg->media_advertise);
	if (!err && cfg->has_media_advertise &&
	    addr_is_any(&cfg->media_advertise))
		err = conf_refuse(f->c, "media.advertise", 0, f->error,
				  "nobody can send to this address");
	if (!err && cfg->has_media_advertise &&
	    cfg->media_advertise.sa.sa_family !=
	    cfg->media_address.sa.sa_family)
		err = conf_refuse(f->c, "media.advertise", 0, f->error,
				  "media.address is of the other IP version");
	cfg->media_threads = fill_threads(f->c);
	cfg->rtcp = conf_bool(f->c, "media.rtcp");
	cfg->rtp_timeout_s = (int)conf_int(f->c, "media.rtp_timeout_s");
	return err ? err : fill_ports(f);
}

/* Whether the files are good is seen when they are read.                     */
static int fill_tls(const struct fill *f)
{
	struct config *cfg = f->cfg;
	const char *certificate = conf_str(f->c, "sip.tls.certificate");

	cfg->tls_certificate = certificate;
	cfg->tls_key = conf_str(f->c, "sip.tls.key");
	cfg->tls_ca = conf_str(f->c, "sip.tls.ca");
	for (size_t i = 0; !certificate && i < cfg->n_listen; i++)
		if (cfg->listen[i].transport == SIP_TLS)
			return conf_refuse(f->c, "sip.listen", (unsigned int)i,
					   f->error, "\"%.60s\" needs "
					   "sip.tls.certificate and sip.tls.key",
					   conf_nth(f->c, "sip.listen",
						    (unsigned int)i));
	if (cfg->tls_key && !certificate)
		return conf_refuse(f->c, "sip.tls.key", 0, f->error,
				   "there is no sip.tls.certificate for it");
	return 0;
}

static int fill_sip(const struct fill *f)
{
	struct config *cfg = f->cfg;
	const char *text = conf_str(f->c, "sip.advertise");

	cfg->t1_ms = (int)conf_int(f->c, "sip.t1_ms");
	cfg->user_agent = conf_str(f->c, "sip.user_agent");
	cfg->trace_bytes = (size_t)conf_int(f->c, "sip.trace_kb") * 1024;
	if (!text || !host_port_parse(cfg->advertise_host,
				      &cfg->advertise_port, text))
		return 0;
	return conf_refuse(f->c, "sip.advertise", 0, f->error,
			   "\"%.80s\" is not a host or an address", text);
}

/* ---- the API's keys, which its plugin reads as texts: checked here, where
 * the line is known                                                          */

static bool scopes_are_fine(const char *s)
{
	static const char *const words[] = { "read", "call", "admin" };

	for (;;) {
		size_t len = strcspn(s, ","), i = 0;

		while (i < ARRAY_LEN(words) &&
		       (strlen(words[i]) != len || strncmp(words[i], s, len)))
			i++;
		if (i == ARRAY_LEN(words))
			return false;
		if (!s[len])
			return true;
		s += len + 1;
	}
}

static const char *key_problem(const char *text)
{
	const char *blank = strchr(text, ' ');
	size_t len = blank ? (size_t)(blank - text) : strlen(text);

	if (!len)
		return "the key is empty";
	if (blank && !scopes_are_fine(blank + 1))
		return "scopes are read, call and admin, with commas between";
	if (str_starts(text, "sha256:") &&
	    (strspn(text + 7, "0123456789abcdefABCDEF") != SHA256_HEX ||
	     len != 7 + SHA256_HEX))
		return "sha256: must be followed by 64 hex digits";
	return NULL;
}

static int check_api(const struct fill *f)
{
	const char *text, *why;
	struct addr a;

	for (unsigned int i = 0; (text = conf_nth(f->c, "api.listen", i));
	     i++) {
		if (addr_parse(&a, text, 8080))
			return conf_refuse(f->c, "api.listen", i, f->error,
					   "\"%.80s\" is not an IP address and "
					   "a port", text);
	}
	for (unsigned int i = 0; (text = conf_nth(f->c, "api.key", i)); i++) {
		why = key_problem(text);
		if (why)
			return conf_refuse(f->c, "api.key", i, f->error, "%s",
					   why);
	}
	return 0;
}

/* ---- the rest ------------------------------------------------------------ */

static int fill_state_dir(const struct fill *f)
{
	const char *text = conf_str(f->c, "state.dir");
	int err = state_dir_choose(&f->cfg->state_dir, text);

	if (err == -ENOENT)
		return conf_refuse(f->c, "state.dir", 0, f->error,
				   "not given, and HOME is not set");
	if (err)
		str_copy(f->error, CONF_ERROR_LEN, "no memory");
	return err;
}

static int fill_node(const struct fill *f)
{
	const char *text = conf_str(f->c, "node.id");
	char *id = f->cfg->node_id;
	size_t cap = sizeof(f->cfg->node_id);

	if (text && (!*text || str_copy(id, cap, text)))
		return conf_refuse(f->c, "node.id", 0, f->error,
				   "it must have 1 to %zu bytes", cap - 1);
	if (!text && (gethostname(id, cap) || !*id))
		str_copy(id, cap, "localhost");
	id[cap - 1] = '\0';
	return 0;
}

static void fill_plain(struct config *cfg, const struct conf *c)
{
	const char *dir = conf_str(c, "plugins.dir");

	cfg->prompts_memory = conf_int(c, "prompts.memory_mb") << 20;
	cfg->prompts_disk = conf_int(c, "prompts.disk_mb") << 20;
	cfg->prompts_library = conf_int(c, "prompts.library_mb") << 20;
	cfg->fetch_timeout_s = (int)conf_int(c, "fetch.timeout_s");
	cfg->fetch_max_bytes = conf_int(c, "fetch.max_bytes");
	cfg->fetch_max_audio_s = (int)conf_int(c, "fetch.max_audio_s");
	cfg->fetch_proxy = conf_str(c, "fetch.proxy");
	cfg->fetch_ca_file = conf_str(c, "fetch.ca_file");
	cfg->max_channels = (int)conf_int(c, "limits.max_channels");
	cfg->max_cps = (int)conf_int(c, "limits.max_cps");
	cfg->ring_timeout_s = (int)conf_int(c, "limits.ring_timeout_s");
	cfg->carrier_wait_s = (int)conf_int(c, "limits.carrier_wait_s");
	cfg->call_max_s = (int)conf_int(c, "limits.call_max_s");
	cfg->drain_s = (int)conf_int(c, "limits.drain_s");
	cfg->plugins_dir = dir ? dir : PLUGINDIR;
	log_level_parse(&cfg->log_level, conf_str(c, "log.level"));
	cfg->log_json = !strcmp(conf_str(c, "log.format"), "json");
}

int config_fill(struct config *cfg, const struct conf *c,
		char error[CONF_ERROR_LEN])
{
	const struct fill f = { .cfg = cfg, .c = c, .error = error };
	int err;

	*cfg = (struct config){ .log_level = LOG_INFO };
	error[0] = '\0';
	fill_plain(cfg, c);
	err = fill_lists(&f);
	if (!err)
		err = fill_sip(&f);
	if (!err)
		err = fill_tls(&f);
	if (!err)
		err = fill_media(&f);
	if (!err)
		err = check_api(&f);
	if (!err)
		err = fill_node(&f);
	if (!err)
		err = fill_state_dir(&f);
	if (err)
		config_free(cfg);
	return err;
}

void config_free(struct config *cfg)
{
	free(cfg->listen);
	free(cfg->direct);
	free(cfg->dns);
	free(cfg->fetch);
	free(cfg->plugins);
	free(cfg->state_dir);
	*cfg = (struct config){ .log_level = LOG_INFO };
}
