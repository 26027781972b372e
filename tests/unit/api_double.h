/*
 * api_double.h - a core that is none: services and host for tests of the API.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TEST_API_DOUBLE_H
#define TEST_API_DOUBLE_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <carillon/plugin.h>

extern const struct cln_plugin carillon_plugin;

/* ---- the host ------------------------------------------------------------ */

struct double_option {
	const char *name, *value;
};

static struct {
	const struct double_option *options;	/* ended by a NULL name       */
	pthread_mutex_t lock;
	char log[65536];
	size_t log_len;
	int port;			/* from the line about listening      */
} host_state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static inline void host_log(void *ctx, enum cln_log_level level,
			    const char *text)
{
	const char *at = strstr(text, "listening on http://");
	size_t left;

	(void)ctx;
	(void)level;
	pthread_mutex_lock(&host_state.lock);
	left = sizeof(host_state.log) - host_state.log_len;
	if (strlen(text) + 2 < left)
		host_state.log_len += (size_t)snprintf(
			host_state.log + host_state.log_len, left, "%s\n",
			text);
	if (at)
		host_state.port = (int)strtol(strrchr(at, ':') + 1, NULL, 10);
	pthread_mutex_unlock(&host_state.lock);
}

static inline bool log_has(const char *text)
{
	bool has;

	pthread_mutex_lock(&host_state.lock);
	has = strstr(host_state.log, text) != NULL;
	pthread_mutex_unlock(&host_state.lock);
	return has;
}

static inline const char *host_option(void *ctx, const char *name,
				      unsigned int nth)
{
	const struct double_option *o = host_state.options;

	(void)ctx;
	for (; o->name; o++)
		if (!strcmp(o->name, name) && nth-- == 0)
			return o->value;
	return NULL;
}

static inline int64_t mono_ms(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const struct cln_host test_host = {
	.size = sizeof(test_host), .abi_major = CLN_ABI_MAJOR,
	.abi_minor = CLN_ABI_MINOR, .server_version = "0.0-test",
	.log = host_log, .option = host_option, .now_ms = mono_ms,
};

/* ---- the services -------------------------------------------------------- */

#define REQUEST_ID "63af0000-0000-4000-8000-000000000001"
#define CARRIERS_MAX 16

/* What the test sets, and what it finds.                                     */
static struct {
	int err;			/* returned by everything if not 0    */
	atomic_int block;		/* job_create waits while this is 1   */
	atomic_int jobs;
	size_t n_recipients, n_items;
	char to[512], from[64], carrier_id[16], item[256], from_name[96];
	int single, item_type, ring_timeout_s, start, start_wait_ms;
	uint32_t repeat;
	const char *wrong[8];		/* pointers, for job_check            */
	uint8_t set[64];
	int replace;
	int64_t rows;			/* of the only job                    */
	bool alive;			/* its calls have not ended           */
	uint32_t rows_asked_max;
	size_t n_carriers;
	struct cln_carrier carriers[CARRIERS_MAX];
} core;

#define F_AT(m) .offset = offsetof(struct cln_carrier, m), \
		.cap = sizeof(((struct cln_carrier *)0)->m)
#define F_DEF(id, label, kind, ...) \
	static const struct cln_field id = { \
		.size = sizeof(id), .name = label, .type = kind, __VA_ARGS__ }

F_DEF(c_name, "name", CLN_FIELD_STRING, .flags = CLN_FIELD_REQUIRED,
      F_AT(name));
F_DEF(c_host, "host", CLN_FIELD_STRING, .flags = CLN_FIELD_REQUIRED,
      F_AT(host));
F_DEF(c_port, "port", CLN_FIELD_INT, .max = 65535, F_AT(port));
F_DEF(c_protocol, "protocol", CLN_FIELD_STRING, .def = "SIP",
      F_AT(protocol));
F_DEF(c_prefix, "prefix", CLN_FIELD_STRING, F_AT(prefix));
F_DEF(c_codecs, "codecs", CLN_FIELD_CODECS, .flags = CLN_FIELD_REQUIRED,
      F_AT(codecs));
F_DEF(c_register, "register", CLN_FIELD_BOOL, F_AT(do_register));
F_DEF(c_username, "username", CLN_FIELD_STRING, .flags = CLN_FIELD_NULLABLE,
      F_AT(username));
F_DEF(c_password, "password", CLN_FIELD_STRING,
      .flags = CLN_FIELD_NULLABLE | CLN_FIELD_SECRET, F_AT(password));

static const struct cln_field *const core_fields[] = {
	&c_name, &c_host, &c_port, &c_protocol, &c_prefix, &c_codecs,
	&c_register, &c_username, &c_password, NULL
};

static inline struct cln_carrier *core_find(const char *id)
{
	size_t i;

	for (i = 0; i < core.n_carriers; i++)
		if (!strcmp(core.carriers[i].id, id))
			return &core.carriers[i];
	return NULL;
}

/* The test and the server's threads take turns by way of the socket, which a
 * thread sanitizer does not see: both touch this as they go in and out.      */
static atomic_int turns;

static inline int turn_begin(void)
{
	return atomic_fetch_add(&turns, 1);
}

static inline void turn_end(const int *unused)
{
	(void)unused;
	atomic_fetch_add(&turns, 1);
}

#define IN_TURN \
	int turn __attribute__((cleanup(turn_end), unused)) = turn_begin()

static inline void core_problem(struct cln_problems *ps, int code,
				const char *pointer)
{
	ps->n = 1;
	ps->items[0].code = code;
	snprintf(ps->items[0].pointer, sizeof(ps->items[0].pointer), "%s",
		 pointer);
	snprintf(ps->items[0].detail, sizeof(ps->items[0].detail),
		 "the core says no");
}

static inline int core_carrier_create(void *ctx, struct cln_carrier *c,
				      struct cln_codec_list *warnings,
				      struct cln_problems *problems)
{
	IN_TURN;
	(void)ctx;
	if (core.err)
		return core.err;
	if (!strcmp(c->codecs.names[0], "nonsense")) {
		core_problem(problems, CLN_INVALID, "/codecs/0");
		return -EINVAL;
	}
	warnings->n = 0;
	for (uint32_t i = 0; i < c->codecs.n; i++)
		if (c->codecs.names[i][0] == 'g')
			memcpy(warnings->names[warnings->n++],
			       c->codecs.names[i], 16);
	snprintf(c->id, sizeof(c->id), "%08x",
		 0x74445600u + (unsigned int)core.n_carriers);
	c->version = 1;
	c->created_at = c->updated_at = 1700000000123;
	c->password_set = c->password[0] != '\0';
	if (core.n_carriers < CARRIERS_MAX)
		core.carriers[core.n_carriers++] = *c;
	return 0;
}

static inline int core_carrier_update(void *ctx, const char *id,
				      struct cln_carrier *c,
				      const uint8_t *set, int replace,
				      int64_t version,
				      struct cln_codec_list *warnings,
				      struct cln_problems *problems)
{
	IN_TURN;
	struct cln_carrier *old = core_find(id);

	(void)ctx;
	(void)problems;
	warnings->n = 0;
	if (core.err || !old)
		return core.err ? core.err : -ENOENT;
	if (version && version != old->version)
		return -ESTALE;
	memcpy(core.set, set, sizeof(core.set));
	core.replace = replace;
	if (set[0])
		memcpy(old->name, c->name, sizeof(old->name));
	old->version++;
	*c = *old;
	return 0;
}

static inline int core_carrier_get(void *ctx, const char *id,
				   struct cln_carrier *c)
{
	IN_TURN;
	(void)ctx;
	if (core.err || !core_find(id))
		return core.err ? core.err : -ENOENT;
	*c = *core_find(id);
	return 0;
}

static inline int core_carrier_delete(void *ctx, const char *id,
				      int64_t version)
{
	IN_TURN;
	struct cln_carrier *c = core_find(id);

	(void)ctx;
	if (core.err || !c)
		return core.err ? core.err : -ENOENT;
	if (version && version != c->version)
		return -ESTALE;
	*c = core.carriers[--core.n_carriers];
	return 0;
}

static inline int core_carrier_list(void *ctx, const char *after,
				    uint32_t limit, cln_carrier_fn *fn,
				    void *arg)
{
	IN_TURN;
	size_t i;

	(void)ctx;
	for (i = 0; !core.err && i < core.n_carriers && limit; i++) {
		if (strcmp(core.carriers[i].id, after) <= 0)
			continue;
		fn(arg, &core.carriers[i]);
		limit--;
	}
	return core.err;
}

static inline int core_carrier_status(void *ctx, const char *id,
				      struct cln_carrier_status *st)
{
	static const struct cln_carrier_status is = {
		.size = sizeof(is), .request_id = REQUEST_ID,
		.state = CLN_REG_REGISTERED, .expires_at = 1700000000123,
		.last_code = 200, .last_reason = "O\xff" "K",
		.server = "udp:192.0.2.1:5060", .call_id = "registration-1",
		.n_history = 1, .history[0].at = 1700000000000,
		.history[0].state = CLN_REG_REGISTERING,
		.ping_state = CLN_PING_DOWN, .ping_code = 408,
		.ping_reason = "Request Timeout", .ping_at = 1700000000000,
		.ping_rtt_ms = -1, .ping_server = "udp:192.0.2.1:5060",
		.ping_call_id = "ping-1",
	};
	IN_TURN;
	(void)ctx;
	*st = is;
	return core.err ? core.err : strcmp(id, "74445609") ? -ENOENT : 0;
}

static inline int core_job_create(void *ctx, const struct cln_play *play,
				  struct cln_problems *problems)
{
	IN_TURN;
	(void)ctx;
	atomic_fetch_add(&core.jobs, 1);
	while (atomic_load(&core.block))
		usleep(1000);
	if (core.err)
		return core.err;
	core.n_recipients = play->n_recipients;
	core.n_items = play->n_items;
	core.single = play->single;
	core.ring_timeout_s = play->ring_timeout_s;
	snprintf(core.from_name, sizeof(core.from_name), "%s",
		 play->from_name ? play->from_name : "");
	core.start = play->start;
	core.start_wait_ms = play->start_wait_ms;
	core.repeat = play->repeat;
	core.item_type = play->items[0].type;
	snprintf(core.to, sizeof(core.to), "%s", play->recipients[0].to);
	snprintf(core.from, sizeof(core.from), "%s",
		 play->from ? play->from : "");
	snprintf(core.carrier_id, sizeof(core.carrier_id), "%s",
		 play->carrier_id ? play->carrier_id : "");
	snprintf(core.item, sizeof(core.item), "%s",
		 play->items[0].text ? play->items[0].text : "");
	if (core.item_type == CLN_ITEM_SAY) {
		core_problem(problems, CLN_NO_SPEECH_SOURCE,
			     "/playlist/0/say");
		return -EINVAL;
	}
	return 0;
}

/* What a test says is wrong with what could be read.                         */
static inline int core_job_check(void *ctx, const struct cln_play *play,
				 struct cln_problems *problems)
{
	IN_TURN;
	size_t i;

	(void)ctx;
	(void)play;
	for (i = 0; core.wrong[i]; i++) {
		problems->items[i].code = CLN_FORBIDDEN_TARGET;
		snprintf(problems->items[i].pointer,
			 sizeof(problems->items[i].pointer), "%s",
			 core.wrong[i]);
		snprintf(problems->items[i].detail,
			 sizeof(problems->items[i].detail), "the core says no");
	}
	problems->n = (uint32_t)i;
	return i ? -EINVAL : 0;
}

static inline int core_job_get(void *ctx, const char *id, struct cln_job *job)
{
	IN_TURN;
	(void)ctx;
	if (core.err || strcmp(id, REQUEST_ID))
		return core.err ? core.err : -ENOENT;
	snprintf(job->id, sizeof(job->id), "%s", REQUEST_ID);
	job->state = CLN_JOB_RUNNING;
	job->created_at = 1700000000123;
	job->recipients = core.rows;
	job->totals[CLN_RCPT_COMPLETED] = core.rows;
	return 0;
}

static inline void core_row(int64_t n, cln_row_fn *fn, void *arg)
{
	struct cln_gathered gathered[2] = {
		{ 1, CLN_GATHER_TERMINATOR, "12" },
		{ 2, CLN_GATHER_TIMEOUT, "" },
	};
	struct cln_played played[2] = { { 0, 1500, -1 }, { 1, 20, 20 } };
	struct cln_attempt a = {
		.size = sizeof(a), .carrier_id = "74445609", .codec = "mulaw",
		.call_id = "c1", .started_at = 1700000000000,
		.ringing_at = 1700000000100, .answered_at = 1700000001000,
		.ended_at = core.alive ? 0 : 1700000003700, .sip_code = 200,
		.sip_reason = "=HYPERLINK(\"x\")", .q850_cause = 16,
		.hangup_by = CLN_BY_CALLEE, .route = "named by the request",
		.rtp = { .sent = 100, .far_lost = -1, .far_jitter_us = -1,
			 .round_trip_us = -1, .mos_x100 = 438,
			 .far_mos_x100 = -1 },
		.srtp = "AES_CM_128_HMAC_SHA1_80",
		.n_played = 2, .played = played,
		.started = core.alive ? CLN_STARTED_NOT : CLN_STARTED_BEEP,
		.started_ms = 0, .n_gathered = core.alive ? 0 : 2,
		.gathered = gathered,
	};
	struct cln_report_row row = {
		.row = n, .to = "+4930", .state = n % 2 ? CLN_RCPT_COMPLETED
							: CLN_RCPT_QUEUED,
		.reason = "", .n_attempts = n % 2, .attempts = &a,
	};

	fn(arg, &row);
}

static inline int core_job_rows(void *ctx, const char *id, int64_t from,
				uint32_t limit, cln_row_fn *fn, void *arg)
{
	IN_TURN;
	(void)ctx;
	(void)id;
	if (limit > core.rows_asked_max)
		core.rows_asked_max = limit;
	for (; from < core.rows && limit; from++, limit--)
		core_row(from, fn, arg);
	return 0;
}

static inline int core_plugins(void *ctx, cln_plugin_fn *fn, void *arg)
{
	IN_TURN;
	struct cln_plugin_info p = {
		.size = sizeof(p), .name = "pcmu", .version = "1",
		.licence = "MIT", .abi_major = 1, .state = "loaded",
		.offers = "codec PCMU (mulaw)",
	};

	(void)ctx;
	fn(arg, &p);
	return 0;
}

static inline int core_ready(void *ctx, char *why, size_t cap)
{
	IN_TURN;
	(void)ctx;
	if (core.err)
		snprintf(why, cap, "the store is away");
	return core.err;
}

#define TRACE_ID "a84b4c76e66710@192.0.2.1"

/* Two messages, the second of them broken and not kept to its end.           */
static inline int core_trace(void *ctx, const char *call_id, cln_trace_fn *fn,
			     void *arg)
{
	IN_TURN;
	static const char broken[] = "SIP/2.0 \x80 a\0b";
	struct cln_trace_message m = {
		.size = sizeof(m), .sent = 1, .transport = "udp",
		.local = "192.0.2.1:5060", .remote = "192.0.2.9:5060",
		.at = 1700000000123, .data = "BYE", .len = 3,
	};

	(void)ctx;
	if (core.err || strcmp(call_id, TRACE_ID))
		return core.err ? core.err : -ENOENT;
	fn(arg, &m);
	m.sent = 0, m.cut = 7, m.at++, m.offset_us = 1500;
	m.data = broken, m.len = sizeof(broken) - 1;
	fn(arg, &m);
	return 0;
}

static inline int core_trace_file(void *ctx, const char *call_id, int32_t form,
				  cln_bytes_fn *fn, void *arg)
{
	IN_TURN;
	(void)ctx;
	if (core.err || strcmp(call_id, TRACE_ID))
		return core.err ? core.err : -ENOENT;
	if (form == CLN_TRACE_PCAP)
		fn(arg, "\xd4\xc3\xb2\xa1\0\0", 6);
	else
		fn(arg, "the ladder\n", 11);
	return 0;
}

/* ---- recordings ---------------------------------------------------------- */

#define PROMPT_ID "0123456789abcdef0123456789abcdef"
#define PROMPT_MAX 5000

static inline void core_prompt(struct cln_prompt_info *info, unsigned int n)
{
	*info = (struct cln_prompt_info){
		.size = sizeof(*info), .name = "h\xc3\xa9llo",
		.format = "wav pcm_16", .rate = 8000, .channels = 1,
		.bytes = 844, .duration_ms = 50, .created_at = 1700000000123,
	};
	snprintf(info->id, sizeof(info->id), "0123456789abcdef0123456789abcd%02x",
		 n & 0xff);
}

/* Sound is what begins with "RIFF"; "FULL" finds the library full.           */
static inline int core_prompt_add(void *ctx, const void *data, size_t len,
				  const char *name,
				  struct cln_prompt_info *info,
				  struct cln_problems *problems)
{
	IN_TURN;
	bool full = len >= 4 && !memcmp(data, "FULL", 4);

	(void)ctx;
	atomic_fetch_add(&core.jobs, 1);
	if (core.err)
		return core.err;
	if (full || len < 4 || memcmp(data, "RIFF", 4)) {
		core_problem(problems, full ? CLN_FULL : CLN_INVALID, "");
		return full ? -ENOSPC : -EINVAL;
	}
	core_prompt(info, 0xef);
	snprintf(info->name, sizeof(info->name), "%s", name);
	info->bytes = (int64_t)len;
	return 0;
}

static inline int core_prompt_get(void *ctx, const char *id,
				  struct cln_prompt_info *info)
{
	IN_TURN;
	(void)ctx;
	if (core.err || strcmp(id, PROMPT_ID))
		return core.err ? core.err : -ENOENT;
	core_prompt(info, 0xef);
	return 0;
}

static inline int core_prompt_delete(void *ctx, const char *id)
{
	IN_TURN;
	(void)ctx;
	return core.err ? core.err : strcmp(id, PROMPT_ID) ? -ENOENT : 0;
}

/* core.rows of them.                                                         */
static inline int core_prompt_list(void *ctx, const char *after,
				   uint32_t limit, cln_prompt_fn *fn,
				   void *arg)
{
	struct cln_prompt_info info;
	IN_TURN;

	(void)ctx;
	for (int64_t i = 0; !core.err && i < core.rows && limit; i++) {
		core_prompt(&info, (unsigned int)i);
		if (strcmp(info.id, after) <= 0)
			continue;
		fn(arg, &info);
		limit--;
	}
	return core.err;
}

static const struct cln_services test_services = {
	.size = sizeof(test_services), .carrier_fields = core_fields,
	.carrier_create = core_carrier_create,
	.carrier_update = core_carrier_update,
	.carrier_get = core_carrier_get,
	.carrier_delete = core_carrier_delete,
	.carrier_list = core_carrier_list,
	.carrier_status = core_carrier_status,
	.job_create = core_job_create, .job_get = core_job_get,
	.job_rows = core_job_rows, .plugins = core_plugins,
	.ready = core_ready, .trace = core_trace,
	.trace_file = core_trace_file,
	.prompt_add = core_prompt_add, .prompt_get = core_prompt_get,
	.prompt_delete = core_prompt_delete, .prompt_list = core_prompt_list,
	.prompt_max_bytes = PROMPT_MAX, .job_check = core_job_check,
};

/* ---- the API, started ---------------------------------------------------- */

static void *api_state;

static inline int api_up(const struct double_option *options)
{
	int err;

	memset(&core, 0, sizeof(core));
	host_state.options = options;
	host_state.log_len = 0;
	host_state.log[0] = '\0';
	host_state.port = 0;
	err = carillon_plugin.open(&test_host, &api_state);
	if (!err)
		err = carillon_plugin.apps[0]->start(api_state,
						     &test_services);
	return err;
}

static inline void api_down(void)
{
	carillon_plugin.apps[0]->stop(api_state);
	carillon_plugin.close(api_state);
}

#endif
