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

#define CLN_ID_LEN 9		/* 8 hex digits and NUL                       */
#define CLN_UUID_LEN 37
#define CLN_CODECS_MAX 8
#define CLN_HISTORY_MAX 32
#define CLN_HEADERS_MAX 8
#define CLN_FROM_NAME_LEN 65	/* a caller's display name                     */
#define CLN_HEADER_NAME_LEN 40
#define CLN_HEADER_VALUE_LEN 160
#define CLN_ITEMS_MAX 64	/* of a playlist                               */
#define CLN_PROBLEMS_MAX 32
#define CLN_DIGITS_MAX 32	/* that one item sends or waits for            */
#define CLN_DIGITS "0123456789*#ABCD" /* of those, each is one of these      */
#define CLN_REPEAT_MAX 100	/* of an item, and of a whole playlist         */
#define CLN_PAUSE_MAX_MS 60000
#define CLN_GATHER_MAX_MS 120000 /* that a gather waits for a digit            */
#define CLN_START_WAIT_MAX_MS 120000
#define CLN_BRANCHES_MAX 16	/* of one gather                               */
#define CLN_GATHERED_MAX 16	/* gathers that one attempt's report keeps     */
#define CLN_PROMPT_ID_LEN 33	/* 32 hex digits and NUL                       */
#define CLN_SUITE_LEN 28	/* name of an SRTP crypto suite (RFC 4568)     */

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

/* ---- carriers ------------------------------------------------------------- */

enum cln_field_type {
	CLN_FIELD_STRING,		/* char[cap] at offset                 */
	CLN_FIELD_INT,			/* int32_t, min..max                   */
	CLN_FIELD_BOOL,			/* uint8_t                             */
	CLN_FIELD_CODECS,		/* struct cln_codec_list               */
	CLN_FIELD_HEADERS,		/* struct cln_header_list; in JSON an
					 * object of strings                   */
};

enum cln_field_flags {
	CLN_FIELD_REQUIRED = 1u << 0,
	CLN_FIELD_SECRET = 1u << 1,	/* taken, kept, never given            */
	CLN_FIELD_NULLABLE = 1u << 2,	/* null sets the default               */
	CLN_FIELD_READ_ONLY = 1u << 3,
};

/* One member of a JSON object and where it lives in the C struct: the only
 * list of the fields; parser, store, answers and OpenAPI test read it.       */
struct cln_field {
	uint32_t size;			/* sizeof(struct cln_field)            */
	const char *name;
	enum cln_field_type type;
	uint32_t flags;
	uint32_t offset;
	uint32_t cap;			/* STRING: bytes with NUL              */
	int32_t min, max, def_int;	/* INT and BOOL                        */
	const char *def;		/* STRING                              */
	const char *const *choices;	/* STRING, CODECS: NULL-ended, or NULL */
	/* STRING: 0, or -EINVAL with a sentence in why[cap]. HEADERS: asked of
	 * each "Name: value".                                                 */
	int (*check)(const char *value, char *why, size_t cap);
	const char *help;
};

struct cln_codec_list {
	uint32_t n;
	char names[CLN_CODECS_MAX][16];	/* api names in offer order            */
};

/* Lines of a SIP message that an operator adds.                               */
struct cln_header_list {
	uint32_t n;
	struct {
		char name[CLN_HEADER_NAME_LEN];
		char value[CLN_HEADER_VALUE_LEN];
	} items[CLN_HEADERS_MAX];
};

struct cln_carrier {
	uint32_t size;			/* sizeof(struct cln_carrier)          */
	char id[CLN_ID_LEN];
	char request_id[CLN_UUID_LEN];	/* of the POST that made it            */
	int64_t version;		/* grows with each change: the ETag    */
	int64_t created_at, updated_at;
	uint8_t password_set;		/* password is never given out         */

	char name[128];
	char host[256];
	int32_t port;			/* 0: default of the transport         */
	char protocol[8];		/* "SIP"                               */
	char transport[8];		/* "udp", "tcp", "tls"; "auto": by DNS */
	char prefix[33];
	struct cln_codec_list codecs;
	uint8_t do_register;		/* JSON "register"                     */
	char username[128];
	char password[128];
	char auth_username[128];	/* "": username                        */
	char realm[128];		/* "": any realm of this carrier       */
	char from_user[64];
	char from_domain[256];
	char outbound_proxy[272];	/* [sip:]host[:port][;transport=tls]   */
	char listen[64];		/* which sip.listen to send from       */
	int32_t expires_s;
	int32_t max_channels;		/* 0: no limit of its own              */
	int32_t max_cps;		/* 0: no limit of its own              */
	uint8_t enabled;
	int32_t strip;			/* digits taken off a number's front   */
	char number_format[8];		/* "as_is", "e164", "plain"            */
	int32_t options_ping_s;		/* 0: none                             */
	char caller_id[24];		/* "from", "p_asserted_identity",
					 * "privacy"                           */
	struct cln_header_list headers;	/* added to each INVITE                */
	int32_t session_expires_s;	/* asked for; 0: only if the far end asks */
	int32_t ptime;			/* ms to ask for and to send where the far
					 * end says nothing; 0: each codec's own */
	char srtp[12];			/* "off", "optional" (RFC 8643), "required" */
	char dtmf[12];			/* "auto": RFC 4733, else tones; "rfc4733",
					 * "inband", "off"                     */
	uint8_t symmetric_rtp;		/* send to the port that the signalled
					 * host sends from, learnt once        */
};

enum cln_registration {
	CLN_REG_NOT_REQUIRED,
	CLN_REG_REGISTERING,
	CLN_REG_REGISTERED,
	CLN_REG_UNREGISTERED,
	CLN_REG_FAILED,			/* will be tried again                 */
	CLN_REG_REJECTED,		/* credentials refused: terminal       */
};

struct cln_transition {
	int64_t at;
	int32_t state;			/* enum cln_registration               */
	int32_t code;			/* SIP status, 0: none                 */
	char reason[96];
};

enum cln_ping {
	CLN_PING_OFF,			/* not asked for, or not now           */
	CLN_PING_UNKNOWN,		/* no answer yet, and none missed      */
	CLN_PING_UP,
	CLN_PING_DOWN,			/* takes no calls until it answers     */
};

struct cln_carrier_status {
	uint32_t size;
	char request_id[CLN_UUID_LEN];
	int32_t state;			/* enum cln_registration               */
	int64_t expires_at, next_attempt_at;
	int32_t last_code;
	char last_reason[96];
	char server[64];		/* "udp:192.0.2.1:5060"                */
	uint32_t channels;		/* calls now                           */
	uint32_t n_history;		/* newest last                         */
	struct cln_transition history[CLN_HISTORY_MAX];
	int32_t ping_state;		/* enum cln_ping                       */
	int32_t ping_code;		/* of the last one; 0: none yet        */
	char ping_reason[96];
	int64_t ping_at;		/* when the last one ended             */
	int32_t ping_rtt_ms;		/* of the last answer, -1: none        */
	char ping_server[64];		/* that was asked last                 */
	char call_id[64];		/* of its REGISTERs, "" for none       */
	char ping_call_id[64];		/* of the last OPTIONS, "" for none    */
	int64_t resting_until;		/* by a 503's Retry-After; 0: it does not */
};

/* ---- jobs ----------------------------------------------------------------- */

enum cln_item_type {
	CLN_ITEM_PLAY,
	CLN_ITEM_SAY,
	CLN_ITEM_PAUSE,
	CLN_ITEM_DTMF,			/* digits are sent                     */
	CLN_ITEM_GATHER,		/* digits are waited for               */
};

/* Where a playlist goes on: the index of an item, or one of these.            */
enum cln_goto { CLN_GOTO_NEXT = -1, CLN_GOTO_STOP = -2 };

/* Ends with the last of `digits`, with the terminator, or when no digit came
 * for timeout_ms. Digits that were pressed since the gather before (or since
 * the start) count.                                                           */
struct cln_gather {
	uint32_t digits;		/* at most: 1 to CLN_DIGITS_MAX        */
	uint32_t timeout_ms;		/* since it began, or the last digit   */
	char terminator;		/* one of 0-9*#A-D, or 0: none; it is
					 * taken and not reported              */
	uint8_t interrupt;		/* a digit cuts short what plays before */
	uint32_t n_branches;
	struct {
		char digits[CLN_DIGITS_MAX + 1];
		int32_t go;		/* index, or enum cln_goto             */
	} branches[CLN_BRANCHES_MAX];
	int32_t otherwise;		/* digits that no branch names         */
	int32_t on_timeout;		/* not one digit came                  */
};

struct cln_item {
	int32_t type;			/* enum cln_item_type                  */
	const char *text;		/* PLAY: a URL, or "prompt:ID"; SAY:
					 * what to say; DTMF: the digits       */
	const char *language;		/* SAY, or NULL                        */
	uint32_t repeat;		/* times in a row, 0 is 1; not GATHER  */
	uint32_t pause_ms;		/* PAUSE                               */
	const struct cln_gather *gather; /* GATHER                             */
};

struct cln_recipient {
	const char *to;
	const char *from;		/* NULL: the job's                     */
	const char *carrier_id;		/* NULL: the job's                     */
	const char *from_name;		/* NULL: the job's, unless `from` is its
					 * own                                 */
};

struct cln_play {
	uint32_t size;
	const char *request_id;		/* becomes the job's id                */
	const char *from;		/* may be NULL                         */
	const char *carrier_id;		/* may be NULL                         */
	int32_t ring_timeout_s;		/* 0: default                          */
	uint8_t single;			/* made from "to", not "recipients":
					 * pointers are /to, not /recipients/0/to */
	size_t n_items, n_recipients;
	const struct cln_item *items;
	const struct cln_recipient *recipients;
	const char *from_name;		/* the caller's display name; may be NULL */
	int32_t start;			/* enum cln_start                      */
	int32_t start_wait_ms;		/* for that at most; 0: the default    */
	uint32_t repeat;		/* the whole playlist, 0 is 1          */
};

/* When an answered call begins to play.                                       */
enum cln_start {
	CLN_START_ANSWER,		/* right after the ACK                 */
	CLN_START_MEDIA,		/* with the first RTP of the far end   */
	CLN_START_SILENCE,		/* when a greeting is over: after the
					 * beep, or when silence follows it    */
};

enum cln_recipient_state {
	CLN_RCPT_QUEUED,
	CLN_RCPT_CALLING,
	CLN_RCPT_ANSWERED,
	CLN_RCPT_COMPLETED,
	CLN_RCPT_BUSY,
	CLN_RCPT_NO_ANSWER,
	CLN_RCPT_FAILED,
	CLN_RCPT_CANCELED,
	CLN_RCPT_UNKNOWN,
	CLN_RCPT_STATES
};

enum cln_job_state {
	CLN_JOB_QUEUED,
	CLN_JOB_RUNNING,
	CLN_JOB_PAUSED,
	CLN_JOB_CANCELING,
	CLN_JOB_DONE,
	CLN_JOB_STATES
};

struct cln_job {
	uint32_t size;
	char id[CLN_UUID_LEN];
	int32_t state;			/* enum cln_job_state                  */
	int64_t created_at, finished_at;
	int64_t recipients;		/* all of them                         */
	int64_t totals[CLN_RCPT_STATES]; /* adds up to recipients              */
	char waiting_for[160];		/* why queued ones wait, "" if nothing */
};

enum cln_hangup_by { CLN_BY_NONE, CLN_BY_CALLER, CLN_BY_CALLEE, CLN_BY_SYSTEM };

struct cln_rtp_figures {
	uint64_t sent, sent_bytes;	/* RTP packets, payload bytes          */
	uint64_t received;		/* accepted from the far end           */
	uint64_t strangers;		/* dropped: wrong address or not RTP   */
	int64_t lost;			/* of what we should have received     */
	int32_t jitter_us;
	int64_t far_lost;		/* reported by the far end, -1: none   */
	int32_t far_jitter_us;		/* reported by the far end, -1: none   */
	int32_t round_trip_us;		/* -1: not known                       */
	int32_t late_max_us;		/* worst lateness of a sent packet     */
	/* Mean opinion score by the E-model (ITU-T G.107) times 100, of what
	 * we received and of what the far end reports; -1: not known.         */
	int32_t mos_x100, far_mos_x100;
};

struct cln_played {
	int32_t item;
	int32_t sent_ms;
	int32_t confirmed_ms;		/* -1: the far end sends no reports    */
};

enum cln_started {
	CLN_STARTED_NOT,		/* nothing was played                  */
	CLN_STARTED_ANSWER,
	CLN_STARTED_MEDIA,
	CLN_STARTED_SILENCE,
	CLN_STARTED_BEEP,
	CLN_STARTED_WAIT,		/* what was waited for did not come    */
};

enum cln_gather_end {
	CLN_GATHER_DIGITS,		/* as many as were asked for           */
	CLN_GATHER_TERMINATOR,
	CLN_GATHER_TIMEOUT,
	CLN_GATHER_HANGUP,		/* the call ended while it waited      */
};

struct cln_gathered {
	int32_t item;
	int32_t end;			/* enum cln_gather_end                 */
	char digits[CLN_DIGITS_MAX + 1];
};

struct cln_attempt {
	uint32_t size;
	char carrier_id[CLN_ID_LEN];	/* "" for a SIP URI                    */
	char call_id[64];
	char codec[16];			/* api name, "" before an answer       */
	int64_t started_at, ringing_at, answered_at, ended_at;
	int32_t sip_code;		/* 0: none                             */
	char sip_reason[96];
	int32_t q850_cause;		/* 0: none                             */
	int32_t hangup_by;		/* enum cln_hangup_by                  */
	char route[128];		/* why this carrier                    */
	struct cln_rtp_figures rtp;
	uint32_t n_played;
	struct cln_played *played;	/* one per item that was begun         */
	int32_t started;		/* enum cln_started                    */
	int32_t started_ms;		/* after the answer was acknowledged   */
	char srtp[CLN_SUITE_LEN];	/* "": plain RTP                       */
	uint32_t n_gathered;
	struct cln_gathered *gathered;	/* in order; the last ones where there
					 * were more than CLN_GATHERED_MAX     */
};

struct cln_report_row {
	int64_t row;			/* position in the job, from 0         */
	const char *to;
	int32_t state;			/* enum cln_recipient_state            */
	const char *reason;		/* failed: why, else ""                */
	size_t n_attempts;
	const struct cln_attempt *attempts;
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
	 * before this returns, so that what it holds is known to be sound:
	 * -EINVAL with a problem where it is not, -ENOSPC with one where the
	 * library is full. The same file again is no error.                   */
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
};

#endif
