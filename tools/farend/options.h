/* SPDX-License-Identifier: MIT */
/*
 * options.h - what the command line asked for.
 */
#ifndef FAREND_OPTIONS_H
#define FAREND_OPTIONS_H

#include "script.h"

enum { LISTEN_MAX = 8, USERS_MAX = 4096, RULES_MAX = 64 };

struct user {
	const char *name;
	const char *password;
	const char *realm;      /* NULL: --realm */
};

struct rule {
	const char *pattern;    /* a glob on the number */
	struct script script;
};

struct options {
	const char *listen[LISTEN_MAX];
	int n_listen;
	struct user *users;     /* owned, USERS_MAX of them */
	int n_users;
	struct rule *rules;     /* owned, RULES_MAX of them */
	int n_rules;
	struct script answer_default;
	bool no_builtin;
	const char *prefix;
	const char *codec;      /* answer with this one, NULL: the first */

	bool no_auth;
	bool auth_invite;
	const char *realm;
	bool offer_md5;
	bool offer_sha256;
	char qop[32];           /* empty: none */
	int nonce_uses;         /* 0: no limit */
	int nonce_life_s;
	int expires_max;
	int min_expires;
	int silent_after;       /* -1: never */
	int register_code;      /* 0: none */
	int register_retry_after;
	int register_code_count; /* 0: for ever */
	int options_code;

	int rtp_lo;             /* 0: the kernel picks */
	int rtp_hi;
	enum send_mode send;
	bool rtcp;
	bool any_source;        /* RTP may come from anywhere */
	int t1_ms;
	int linger_ms;

	const char *record_dir;
	bool packets;
	bool headers_only;      /* payloads are not kept */
	const char *expect;     /* what every call should hear; NULL: unknown */
	const char *summary;
	const char *events;
	int exit_after_calls;   /* 0: never */
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* Strings stay owned by argv. Help and complaints are printed. */
enum options_result options_parse(struct options *o, int argc, char **argv);
void options_deinit(struct options *o);

#endif
