/* SPDX-License-Identifier: MIT */
/*
 * options.c - the command line, read and described from one table.
 * Thread: main, before everything.
 */
#include "options.h"

#include "txt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#include "config.h"
#endif

struct option_row;

typedef bool take_fn(struct options *o, const struct option_row *row,
		     char *arg);

struct option_row {
	const char *name;
	const char *arg;        /* how the help calls it; NULL: a flag */
	take_fn *take;
	size_t offset;          /* of the field, where take is generic */
	const char *help;
};

static bool take_text(struct options *o, const struct option_row *row,
		      char *arg)
{
	*(const char **)((char *)o + row->offset) = arg;
	return true;
}

static bool take_flag(struct options *o, const struct option_row *row,
		      char *arg)
{
	(void)arg;
	*(bool *)((char *)o + row->offset) = true;
	return true;
}

static bool take_int(struct options *o, const struct option_row *row, char *arg)
{
	char *end;
	long v = strtol(arg, &end, 10);

	if (end == arg || *end || v < 0 || v > 1000000000)
		return false;
	*(int *)((char *)o + row->offset) = (int)v;
	return true;
}

static bool take_listen(struct options *o, const struct option_row *row,
			char *arg)
{
	(void)row;
	if (o->n_listen == LISTEN_MAX)
		return false;
	o->listen[o->n_listen++] = strncmp(arg, "udp:", 4) ? arg : arg + 4;
	return true;
}

/* name:password[@realm]; the last "@" counts, passwords may have some. */
static bool take_user(struct options *o, const struct option_row *row,
		      char *arg)
{
	struct user *u = &o->users[o->n_users];
	char *colon = strchr(arg, ':'), *at;

	(void)row;
	if (o->n_users == USERS_MAX || !colon || colon == arg)
		return false;
	*colon = '\0';
	u->name = arg;
	u->password = colon + 1;
	at = strrchr(colon + 1, '@');
	if (at) {
		*at = '\0';
		u->realm = at + 1;
	}
	o->n_users++;
	return true;
}

static bool take_algorithm(struct options *o, const struct option_row *row,
			   char *arg)
{
	bool both = !strcmp(arg, "both");

	(void)row;
	o->offer_md5 = both || !strcmp(arg, "MD5");
	o->offer_sha256 = both || !strcmp(arg, "SHA-256");
	return o->offer_md5 || o->offer_sha256;
}

static bool take_qop(struct options *o, const struct option_row *row, char *arg)
{
	(void)row;
	if (!strcmp(arg, "none"))
		arg = "";
	else if (strcmp(arg, "auth") && strcmp(arg, "auth,auth-int") &&
		 strcmp(arg, "auth-int") && strcmp(arg, "auth-int,auth"))
		return false;
	txt_copy(o->qop, sizeof(o->qop), arg);
	return true;
}

/* CODE[:RETRY-AFTER[:COUNT]] */
static bool take_register_code(struct options *o, const struct option_row *row,
			       char *arg)
{
	(void)row;
	return sscanf(arg, "%d:%d:%d", &o->register_code,
		      &o->register_retry_after, &o->register_code_count) >= 1
		&& o->register_code >= 300 && o->register_code < 700;
}

static bool take_ports(struct options *o, const struct option_row *row,
		       char *arg)
{
	(void)row;
	return sscanf(arg, "%d-%d", &o->rtp_lo, &o->rtp_hi) == 2 &&
		o->rtp_lo > 0 && o->rtp_hi < 65536 && o->rtp_lo < o->rtp_hi;
}

static bool take_send(struct options *o, const struct option_row *row,
		      char *arg)
{
	static const char *const names[] = { "", "none", "silence", "tone",
		"echo" };

	(void)row;
	for (int i = SEND_NONE; i <= SEND_ECHO; i++)
		if (!strcmp(arg, names[i])) {
			o->send = (enum send_mode)i;
			return true;
		}
	return false;
}

static bool take_script(struct script *s, const char *text)
{
	char err[160];

	if (script_parse(s, text, err, sizeof(err)))
		return true;
	fprintf(stderr, "carillon-farend: %s\n", err);
	return false;
}

static bool take_default(struct options *o, const struct option_row *row,
			 char *arg)
{
	(void)row;
	return take_script(&o->answer_default, arg);
}

static bool take_on(struct options *o, const struct option_row *row, char *arg)
{
	char *eq = strchr(arg, '=');
	struct rule *r = &o->rules[o->n_rules];

	(void)row;
	if (!eq || o->n_rules == RULES_MAX)
		return false;
	*eq = '\0';
	r->pattern = arg;
	o->n_rules++;
	return take_script(&r->script, eq + 1);
}

#define AT(field) offsetof(struct options, field)

static const struct option_row rows[] = {
	{ "listen", "HOST:PORT", take_listen, 0,
	  "UDP address for SIP, repeatable; port 0 is a free one" },
	{ "user", "NAME:PASSWORD[@REALM]", take_user, 0,
	  "who may register or call, repeatable" },
	{ "realm", "TEXT", take_text, AT(realm), "realm of the challenges" },
	{ "algorithm", "MD5|SHA-256|both", take_algorithm, 0,
	  "digest algorithms of the challenges (MD5)" },
	{ "qop", "auth|auth-int|auth,auth-int|none", take_qop, 0,
	  "protection offered (auth)" },
	{ "nonce-uses", "N", take_int, AT(nonce_uses),
	  "after N uses a nonce is stale" },
	{ "nonce-life", "S", take_int, AT(nonce_life_s),
	  "after S seconds a nonce is stale (300)" },
	{ "no-auth", NULL, take_flag, AT(no_auth),
	  "register without credentials" },
	{ "auth-invite", NULL, take_flag, AT(auth_invite),
	  "challenge INVITE with 407" },
	{ "expires-max", "S", take_int, AT(expires_max),
	  "longest registration granted (3600)" },
	{ "min-expires", "S", take_int, AT(min_expires),
	  "shorter ones are refused with 423" },
	{ "registrar-silent-after", "N", take_int, AT(silent_after),
	  "no answer to REGISTER after N were accepted" },
	{ "register-code", "CODE[:RETRY[:COUNT]]", take_register_code, 0,
	  "refuse REGISTER (COUNT times), with Retry-After" },
	{ "options-code", "CODE", take_int, AT(options_code),
	  "answer to OPTIONS (200)" },
	{ "prefix", "P", take_text, AT(prefix),
	  "digits to strip before the number is looked at" },
	{ "on", "PATTERN=SCRIPT", take_on, 0,
	  "script for numbers that match a glob, repeatable" },
	{ "answer-default", "SCRIPT", take_default, 0,
	  "script for ordinary numbers (100,180,200)" },
	{ "no-builtin", NULL, take_flag, AT(no_builtin),
	  "numbers have no meaning of their own" },
	{ "codec", "NAME", take_text, AT(codec),
	  "answer with this codec only: mulaw, alaw, g729, g723, PT" },
	{ "rtp-ports", "A-B", take_ports, 0,
	  "range of RTP ports (the kernel's choice)" },
	{ "send", "none|silence|tone|echo", take_send, 0,
	  "RTP to the caller after the answer (none)" },
	{ "rtcp", NULL, take_flag, AT(rtcp), "send RTCP sender reports" },
	{ "any-source", NULL, take_flag, AT(any_source),
	  "take RTP from whoever sends first, not only from the SDP address" },
	{ "t1", "MS", take_int, AT(t1_ms), "SIP timer T1 (500)" },
	{ "linger", "MS", take_int, AT(linger_ms),
	  "how long to listen on after the BYE (500)" },
	{ "record", "DIR", take_text, AT(record_dir),
	  "write the files of each call there" },
	{ "packets", NULL, take_flag, AT(packets),
	  "write a CSV line for every packet too" },
	{ "headers-only", NULL, take_flag, AT(headers_only),
	  "keep no payload: figures without recordings, for load" },
	{ "expect", "FILE", take_text, AT(expect),
	  "compare what each call hears with these payloads" },
	{ "events", "FILE|-", take_text, AT(events),
	  "write events as lines of JSON" },
	{ "summary", "FILE", take_text, AT(summary),
	  "write the totals at the end, and on SIGUSR1" },
	{ "exit-after-calls", "N", take_int, AT(exit_after_calls),
	  "end after N finished calls" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void print_help(void)
{
	printf("Usage: carillon-farend [OPTION]...\n"
	       "       carillon-farend compare --help\n\n"
	       "A carrier on your desk: registers, answers, records and "
	       "judges SIP calls.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[80];

		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name,
			 rows[i].arg ? " " : "", rows[i].arg ? rows[i].arg :
			 "");
		printf(strlen(left) > 29 ? "  %s\n%33s%s\n" :
		       "  %-29s%2.0s%s\n", left, "", rows[i].help);
	}
	printf("  --help, --version\n\n"
	       "Numbers, after --prefix is stripped; --on comes first:\n"
	       "  000...       not a word\n"
	       "  100...       100 Trying only\n"
	       "  180...       rings until CANCEL\n"
	       "  300 to 699   the first three digits are the final answer\n"
	       "  others       --answer-default\n\n"
	       "Script words, separated by commas:\n"
	       "  CODE[:ARG]  180sdp  183rel  200xN  fork  wait:MS  bye:MS\n"
	       "  reinvite:MS  hold:MS  hold0:MS  resume:MS  delayed:MS\n"
	       "  moveport:MS  update:MS  options:MS  play:MS  tone:MS\n"
	       "  echo:MS  dtmf:DIGITS  silent  ignore-cancel  ignore-bye\n"
	       "  bye-code:CODE  drop:N  no-rtp  send:MODE  codec:NAME\n"
	       "  ptime:MS  badsdp[:KIND]  record-route  "
	       "rtp-from-other-port\n"
	       "See carillon-farend(1) for what each of them does.\n");
}

static bool options_defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->users = calloc(USERS_MAX, sizeof(*o->users));
	o->rules = calloc(RULES_MAX, sizeof(*o->rules));
	o->realm = "farend";
	o->offer_md5 = true;
	txt_copy(o->qop, sizeof(o->qop), "auth");
	o->nonce_life_s = 300;
	o->expires_max = 3600;
	o->silent_after = -1;
	o->options_code = 200;
	o->send = SEND_NONE;
	o->t1_ms = 500;
	o->linger_ms = 500;
	return o->users && o->rules &&
		take_script(&o->answer_default, "100,180,200");
}

void options_deinit(struct options *o)
{
	free(o->users);
	free(o->rules);
	o->users = NULL;
	o->rules = NULL;
}

static enum options_result read_all(struct options *o, int argc, char **argv)
{
	struct option longs[ROWS + 3] = { 0 };
	int which, c;

	for (size_t i = 0; i < ROWS; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].arg ? required_argument :
			no_argument;
	}
	longs[ROWS] = (struct option){ "help", no_argument, NULL, 'h' };
	longs[ROWS + 1] = (struct option){ "version", no_argument, NULL, 'V' };
	while ((c = getopt_long(argc, argv, "hV", longs, &which)) != -1) {
		if (c == 'h') {
			print_help();
			return OPTIONS_DONE;
		}
		if (c == 'V') {
			printf("carillon-farend %s\n", PACKAGE_VERSION);
			return OPTIONS_DONE;
		}
		if (c)
			return OPTIONS_WRONG;
		if (!rows[which].take(o, &rows[which], optarg)) {
			fprintf(stderr, "carillon-farend: --%s: '%s' is not "
				"%s\n", rows[which].name, optarg,
				rows[which].arg);
			return OPTIONS_WRONG;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "carillon-farend: unexpected '%s'\n",
			argv[optind]);
		return OPTIONS_WRONG;
	}
	if (!o->n_listen)
		o->listen[o->n_listen++] = "127.0.0.1:5080";
	return OPTIONS_RUN;
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
	enum options_result r = options_defaults(o) ? read_all(o, argc, argv) :
		OPTIONS_WRONG;

	if (r != OPTIONS_RUN)
		options_deinit(o);
	return r;
}
