/*
 * server.c - the rooms together: made in order, run, and taken down.
 *
 *   plugins -> store -> sip -> media -> prompts -> exchange -> apps (REST API)
 *
 * Apps start last, when the exchange has read the store, so that nobody is
 * told "ready" too early; they stop when the calls have ended.
 * Thread: main = signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "base/str.h"
#include "base/thread.h"
#include "call/exchange.h"
#include "state_dir.h"

#define INBOX_LIMIT 10000

struct server {
	const struct config *cfg;
	const struct conf *conf;
	struct loop *loop;
	struct plugins *plugins;
	struct store *store;
	struct sip *sip;
	struct media *media;
	struct prompts *prompts;
	struct exchange *exchange;
	struct loop_fd signals;
	struct timer drain;
	struct thread stopper;		/* takes the apps down                 */
	struct msg apps_stopped;
	bool stopping, exchange_down;
	int err;
};

/* ---- stop ------------------------------------------------------------------- */

static void on_apps_stopped(struct msg *m)
{
	struct server *s = (struct server *)((char *)m -
		offsetof(struct server, apps_stopped));

	loop_stop(s->loop);
}

static void stop_apps(void *arg)
{
	struct server *s = arg;

	plugins_stop_apps(s->plugins);
	inbox_complete(loop_inbox(s->loop), &s->apps_stopped);
}

/* Apps go last, so that reports can be read while calls end. Their threads may
 * wait for ours: another thread takes them down.                              */
static void on_exchange_stopped(void *arg)
{
	struct server *s = arg;

	s->exchange_down = true;
	timer_stop(loop_timers(s->loop), &s->drain);
	s->apps_stopped.fn = on_apps_stopped;
	if (thread_start(&s->stopper, "stopper", stop_apps, s))
		stop_apps(s);
}

static void force(struct server *s)
{
	if (!s->exchange_down)
		exchange_stop(s->exchange, true, on_exchange_stopped, s);
}

static void on_drained(struct timer *t)
{
	force(t->arg);
}

static void stop(struct server *s)
{
	if (s->stopping) {
		log_info("server: hanging up");
		force(s);
		return;
	}
	s->stopping = true;
	log_info("server: stopping, %u calls alive",
		 exchange_calls(s->exchange));
	timer_init(&s->drain, on_drained, s);
	timer_set_ms(loop_timers(s->loop), &s->drain, s->cfg->drain_s * S_MS);
	exchange_stop(s->exchange, !s->cfg->drain_s, on_exchange_stopped, s);
}

static void on_signal(struct loop_fd *f, uint32_t events)
{
	struct server *s = f->arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(f->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		log_warn("server: SIGHUP: the configuration is read at the "
			 "start only; nothing is done");
	else
		stop(s);
}

static int watch_signals(struct server *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals.fn = on_signal;
	s->signals.arg = s;
	s->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals.fd < 0)
		return -errno;
	return loop_add(s->loop, &s->signals, EPOLLIN);
}

/* ---- the rooms -------------------------------------------------------------- */

static int make_plugins(struct server *s, char *why)
{
	int err = plugins_new(&s->plugins, s->conf);

	return err ? err : plugins_load_all(s->plugins, s->cfg->plugins_dir,
					    why, SERVER_WHY_LEN);
}

static int make_store(struct server *s, char *why)
{
	struct store_config cfg = {
		.dir = s->cfg->state_dir,
		.node_id = s->cfg->node_id,
		.clock = clock_system(),
		.carrier_fields = exchange_carrier_fields(),
	};
	int err = state_dir_make(s->cfg->state_dir, why);

	return err ? err : store_new(&s->store, &cfg, why, SERVER_WHY_LEN);
}

int server_check(const struct config *c, char why[SERVER_WHY_LEN])
{
	const struct sip_config cfg = {
		.listen = c->listen,
		.n_listen = c->n_listen,
		.tls = { c->tls_certificate, c->tls_key, c->tls_ca },
	};
	int err;

	*why = '\0';
	err = sip_check_files(&cfg, why, SERVER_WHY_LEN);
	if (err && !*why)
		str_copy(why, SERVER_WHY_LEN, strerror(-err));
	return err;
}

static int make_sip(struct server *s, char *why)
{
	const struct config *c = s->cfg;
	char advertise[ALLOW_HOST_LEN + 8];
	struct sip_config cfg = {
		.loop = s->loop,
		.random = random_system(),
		.listen = c->listen,
		.n_listen = c->n_listen,
		.user_agent = c->user_agent,
		.t1_ms = c->t1_ms,
		.dns_servers = c->dns,
		.n_dns_servers = c->n_dns,
		.tls = { c->tls_certificate, c->tls_key, c->tls_ca },
		.trace_bytes = c->trace_bytes,
	};
	int err;

	if (c->advertise_host[0]) {
		str_printf(advertise, sizeof(advertise), c->advertise_port ?
			   "%s:%u" : "%s", c->advertise_host,
			   c->advertise_port);
		cfg.advertise = advertise;
	}
	err = sip_new(&s->sip, &cfg, why, SERVER_WHY_LEN);
	if (err && !*why)
		str_printf(why, SERVER_WHY_LEN, "sip: %s", strerror(-err));
	return err;
}

static int make_media(struct server *s, char *why)
{
	const struct config *c = s->cfg;
	char cname[128];
	struct media_config cfg = {
		.home = loop_inbox(s->loop),
		.random = random_system(),
		.address = c->media_address,
		.port_min = c->port_first,
		.port_max = c->port_last,
		.threads = (unsigned int)c->media_threads,
		.rtcp = c->rtcp,
		.max_streams = (unsigned int)c->max_channels,
		.cname = cname,
	};
	int err;

	str_printf(cname, sizeof(cname), "carillon@%s", c->node_id);
	err = media_new(&s->media, &cfg);
	if (err)
		str_printf(why, SERVER_WHY_LEN, "%s: %s", err == -EADDRNOTAVAIL ?
			   "media.address" : "media", strerror(-err));
	return err;
}

static int make_prompts(struct server *s, char *why)
{
	const struct config *c = s->cfg;
	struct prompts_config cfg = {
		.home = loop_inbox(s->loop),
		.allow = c->fetch,
		.n_allow = c->n_fetch,
		.timeout_s = c->fetch_timeout_s,
		.max_bytes = (size_t)c->fetch_max_bytes,
		.max_audio_s = c->fetch_max_audio_s,
		.max_cache_bytes = (size_t)c->prompts_memory,
		.dir = c->state_dir,
		.max_disk_bytes = (size_t)c->prompts_disk,
		.max_library_bytes = (size_t)c->prompts_library,
		.proxy = c->fetch_proxy,
		.ca_file = c->fetch_ca_file,
		.user_agent = c->user_agent,
	};
	int err = prompts_new(&s->prompts, &cfg);

	if (err)
		str_printf(why, SERVER_WHY_LEN, "prompts: %s", strerror(-err));
	return err;
}

static bool direct_allowed(void *arg, const char *host,
			   const struct addr *addr)
{
	const struct config *c = arg;
	struct addr none;

	if (c->n_direct) {
		addr_parse_ip(&none, "0.0.0.0", 0);
		return allow_has(c->direct, c->n_direct, host,
				 addr ? addr : &none);
	}
	if (!addr)
		return !strcmp(host, "localhost");
	return addr_is_private(addr);
}

static int make_exchange(struct server *s, char *why)
{
	const struct config *c = s->cfg;
	struct exchange_config cfg = {
		.loop = s->loop,
		.random = random_system(),
		.sip = s->sip,
		.media = s->media,
		.prompts = s->prompts,
		.store = s->store,
		.plugins = s->plugins,
		.media_address = c->media_address,
		.has_media_advertise = c->has_media_advertise,
		.media_advertise = c->media_advertise,
		.max_channels = c->max_channels,
		.max_cps = c->max_cps,
		.ring_timeout_s = c->ring_timeout_s,
		.carrier_wait_s = c->carrier_wait_s,
		.call_max_s = c->call_max_s,
		.max_recording = (uint64_t)c->fetch_max_bytes,
		.rtp_timeout_s = c->rtp_timeout_s,
		.direct_allowed = direct_allowed,
		.direct_arg = (void *)c,
	};
	int err = exchange_new(&s->exchange, &cfg);

	if (err)
		str_printf(why, SERVER_WHY_LEN, "%s", strerror(-err));
	return err;
}

int server_new(struct server **sp, const struct config *cfg,
	       const struct conf *conf, char why[SERVER_WHY_LEN])
{
	static int (*const rooms[])(struct server *, char *) = {
		make_plugins, make_store, make_sip, make_media, make_prompts,
		make_exchange,
	};
	struct server *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	str_copy(why, SERVER_WHY_LEN, "not enough memory");
	s->cfg = cfg;
	s->conf = conf;
	s->signals.fd = -1;
	err = loop_new(&s->loop, clock_system(), INBOX_LIMIT);
	if (!err)
		err = watch_signals(s);
	for (size_t i = 0; !err && i < ARRAY_LEN(rooms); i++)
		err = rooms[i](s, why);
	if (err)
		server_free(s);
	else
		*sp = s;
	return err;
}

/* ---- run -------------------------------------------------------------------- */

static void log_ready(const struct server *s)
{
	struct addr addr;
	char text[ADDR_TEXT_LEN];

	for (size_t i = 0; !sip_listen_addr(s->sip, i, &addr); i++) {
		addr_text(&addr, text);
		/* As configured, but with the real port.                      */
		log_info("server: SIP on %s:%s",
			 sip_transport_name(s->cfg->listen[i].transport), text);
	}
	log_info("server: ready, state in %s", s->cfg->state_dir);
}

static void on_ready(void *arg, int err)
{
	struct server *s = arg;
	char why[SERVER_WHY_LEN] = "the store cannot be read";

	if (!err)
		err = plugins_start_apps(s->plugins,
					 exchange_services(s->exchange), why,
					 sizeof(why));
	if (!err) {
		log_ready(s);
		return;
	}
	log_error("server: %s", why);
	s->err = err;
	stop(s);
}

int server_run(struct server *s)
{
	thread_make_precise(0);
	exchange_start(s->exchange, on_ready, s);
	loop_run(s->loop);
	thread_join(&s->stopper);
	log_info("server: stopped");
	return s->err;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	exchange_free(s->exchange);
	if (s->sip)
		sip_free(s->sip);
	if (s->media)
		media_free(s->media);
	if (s->prompts)
		prompts_free(s->prompts);
	store_free(s->store);
	if (s->loop) {
		/* What the rooms sent home on their way out.                  */
		inbox_run(loop_inbox(s->loop));
		timer_stop(loop_timers(s->loop), &s->drain);
		if (s->signals.fd >= 0) {
			loop_remove(&s->signals);
			close(s->signals.fd);
		}
		loop_free(s->loop);
	}
	plugins_free(s->plugins);
	free(s);
}
