/*
 * services.h - what the core does for an app plugin such as the REST API.
 *
 * All functions may be called from any thread of the app; they wait for the
 * thread that owns the matter and copy values in and out, so no pointer to a
 * live object ever crosses. Times are wall-clock milliseconds since 1970 UTC,
 * 0 meaning "not (yet)". Strings are UTF-8, NUL-ended.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CARILLON_SERVICES_H
#define CARILLON_SERVICES_H

#include <stddef.h>
#include <stdint.h>

#include <carillon/carriers.h>
#include <carillon/jobs.h>

#define CLN_PROBLEMS_MAX 32
#define CLN_PROMPT_ID_LEN 33	/* 32 hex digits and NUL                       */
#define CLN_PROMPT_SCHEME "prompt:" /* before an id that is played             */

/* ---- what was wrong with a request ---------------------------------------- */

/* Stable application codes; also listed in the OpenAPI file.                  */
enum cln_code {
	CLN_OK = 0,
	CLN_BAD_JSON = 1000,
	CLN_INVALID = 1001,		/* a field is wrong                    */
	CLN_UNKNOWN_FIELD = 1002,
	CLN_NO_ROUTE = 1003,
	CLN_NO_SPEECH_SOURCE = 1004,
	CLN_NO_CODEC = 1005,		/* none of the codecs is loaded        */
	CLN_FORBIDDEN_TARGET = 1006,	/* URL or SIP URI that is not allowed  */
	CLN_IDEMPOTENCY_MISMATCH = 1007,
	CLN_BAD_REQUEST = 1008,		/* HTTP itself is broken               */
	CLN_TIMEOUT = 1009,		/* the body did not come in time       */
	CLN_UNAUTHORIZED = 1100,
	CLN_FORBIDDEN = 1101,
	CLN_MISDIRECTED = 1102,		/* Host names another server           */
	CLN_NOT_FOUND = 1200,
	CLN_METHOD = 1201,
	CLN_CONFLICT = 1202,
	CLN_PRECONDITION = 1203,	/* If-Match did not match              */
	CLN_TOO_LARGE = 1300,
	CLN_MEDIA_TYPE = 1301,
	CLN_FULL = 1302,		/* no room for another recording       */
	CLN_BUSY = 1400,		/* try again later                     */
	CLN_STORE = 1401,		/* the disk refused                    */
	CLN_STOPPING = 1402,
	CLN_INTERNAL = 1500,
};

struct cln_problem {
	int code;			/* enum cln_code                       */
	char pointer[96];		/* JSON Pointer of the field, ""       */
	char detail[224];		/* a sentence for people               */
};

/* All wrong fields of one request; `n` may exceed what was kept.             */
struct cln_problems {
	uint32_t size;			/* sizeof(struct cln_problems)         */
	uint32_t n;
	struct cln_problem items[CLN_PROBLEMS_MAX];
};

/* ---- recordings of the house ---------------------------------------------- */

/* A file that was uploaded. The same bytes have the same id.                  */
struct cln_prompt_info {
	uint32_t size;
	char id[CLN_PROMPT_ID_LEN];
	char name[128];			/* given with it, may be ""            */
	char format[32];		/* "wav pcm_16", "flac", "ogg opus"    */
	int32_t rate, channels;
	int64_t bytes;
	int64_t duration_ms;
	int64_t created_at;
};

/* ---- the rest ------------------------------------------------------------- */

struct cln_plugin_info {
	uint32_t size;
	char name[32], version[32], licence[64], summary[128], file[128];
	uint16_t abi_major, abi_minor;
	char state[16];			/* "loaded" or "refused"               */
	char reason[160];		/* refused: why                        */
	char offers[160];		/* "codec PCMU (mulaw), app api"       */
};

/* One SIP message as it was on the wire, but for its secrets.                 */
struct cln_trace_message {
	uint32_t size;
	uint8_t sent;			/* by us                               */
	char transport[8];		/* "udp"                               */
	char local[64], remote[64];	/* "192.0.2.1:5060", "[::1]:5060"      */
	int64_t at;
	int64_t offset_us;		/* since the first one                 */
	const char *data;		/* any bytes, no NUL behind            */
	size_t len;
	size_t cut;			/* bytes behind that were not kept     */
};

enum cln_trace_form {
	CLN_TRACE_TEXT,			/* a ladder, then the messages in full */
	CLN_TRACE_PCAP,			/* a capture file for Wireshark        */
};

/* Calls of the app's own that receive rows; they copy what they keep.         */
typedef void cln_carrier_fn(void *arg, const struct cln_carrier *carrier);
typedef void cln_row_fn(void *arg, const struct cln_report_row *row);
typedef void cln_prompt_fn(void *arg, const struct cln_prompt_info *info);
typedef void cln_plugin_fn(void *arg, const struct cln_plugin_info *info);
typedef void cln_trace_fn(void *arg, const struct cln_trace_message *m);
typedef void cln_bytes_fn(void *arg, const char *data, size_t len);

/*
 * Every function returns 0 or -errno: -ENOENT no such thing, -EINVAL problems
 * were filled in, -EAGAIN busy (answer 503, Retry-After), -ESHUTDOWN the server
 * is stopping, -ESTALE version mismatch, -EIO the store refused.
 */
struct cln_services {
	uint32_t size;
	void *ctx;			/* first argument of every function    */

	/* NULL-ended table of the carrier's JSON fields.                      */
	const struct cln_field *const *carrier_fields;

	/* `c` is the checked request; on success it is overwritten with what
	 * was stored (id, version). `warnings` receives codecs that are known
	 * but not loaded (n = 0 for none).                                    */
	int (*carrier_create)(void *ctx, struct cln_carrier *c,
			      struct cln_codec_list *warnings,
			      struct cln_problems *problems);
	/* Takes the fields named in `set` (index in carrier_fields, 1 = in the
	 * request) from `c`; with `replace` the others go back to defaults,
	 * except the password. version 0: any. On success `c` is overwritten
	 * with what was stored, as by carrier_create.                         */
	int (*carrier_update)(void *ctx, const char *id, struct cln_carrier *c,
			      const uint8_t *set, int replace, int64_t version,
			      struct cln_codec_list *warnings,
			      struct cln_problems *problems);
	int (*carrier_get)(void *ctx, const char *id, struct cln_carrier *c);
	int (*carrier_delete)(void *ctx, const char *id, int64_t version);
	/* In order of id, starting after `after` ("" = from the first).       */
	int (*carrier_list)(void *ctx, const char *after, uint32_t limit,
			    cln_carrier_fn *fn, void *arg);
	int (*carrier_status)(void *ctx, const char *id,
			      struct cln_carrier_status *st);

	/* Durable when it returns 0.                                          */
	int (*job_create)(void *ctx, const struct cln_play *play,
			  struct cln_problems *problems);
	int (*job_get)(void *ctx, const char *id, struct cln_job *job);
	/* Rows from position `from` on, `limit` at most.                      */
	int (*job_rows)(void *ctx, const char *id, int64_t from,
			uint32_t limit, cln_row_fn *fn, void *arg);

	int (*plugins)(void *ctx, cln_plugin_fn *fn, void *arg);
	/* 0 when work is accepted, else -errno with a sentence.               */
	int (*ready)(void *ctx, char *why, size_t cap);

	/* All SIP messages of one Call-ID, oldest first; -ENOENT: none is kept
	 * (any more).                                                         */
	int (*trace)(void *ctx, const char *call_id, cln_trace_fn *fn,
		     void *arg);
	/* The same as one file, in one piece. `form`: enum cln_trace_form.    */
	int (*trace_file)(void *ctx, const char *call_id, int32_t form,
			  cln_bytes_fn *fn, void *arg);

	/* Keeps a recording that play items name "prompt:ID". It is decoded
	 * before this returns, so that what it holds is known to be sound.
	 * Whatever the library refuses has a problem: -EINVAL where it is no
	 * sound, -ENOSPC where the library or the disk is full, -EIO, -ENOMEM.
	 * The same file again is no error.                                    */
	int (*prompt_add)(void *ctx, const void *data, size_t len,
			  const char *name, struct cln_prompt_info *info,
			  struct cln_problems *problems);
	int (*prompt_get)(void *ctx, const char *id,
			  struct cln_prompt_info *info);
	/* -EBUSY: a job that is not done plays it.                            */
	int (*prompt_delete)(void *ctx, const char *id);
	/* In order of id, starting after `after` ("" = from the first).       */
	int (*prompt_list)(void *ctx, const char *after, uint32_t limit,
			   cln_prompt_fn *fn, void *arg);
	uint64_t prompt_max_bytes;	/* of a file that prompt_add() takes   */

	/* The checks of job_create alone, for a request of which not all could
	 * be read: what could not is NULL, 0 or left out.                     */
	int (*job_check)(void *ctx, const struct cln_play *play,
			 struct cln_problems *problems);
};

#endif
