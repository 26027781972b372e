/*
 * carriers.h - carriers as an app sets them up and sees them.
 *
 * Values; the functions that take them are in services.h.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CARILLON_CARRIERS_H
#define CARILLON_CARRIERS_H

#include <stdint.h>

#define CLN_ID_LEN 9		/* 8 hex digits and NUL                       */
#define CLN_UUID_LEN 37
#define CLN_CODECS_MAX 8
#define CLN_HISTORY_MAX 32
#define CLN_HEADERS_MAX 8
#define CLN_HEADER_NAME_LEN 40
#define CLN_HEADER_VALUE_LEN 160

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

#endif
