/* SPDX-License-Identifier: MIT */
/*
 * script.c - how a number answers, read from a small comma list.
 * Thread: signalling; pure.
 *
 * A word is NAME or NAME:ARGUMENT. To add one, add a line to the table.
 */
#include "script.h"

#include "txt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
	const char *name;
	bool (*take)(struct script *s, int which, const char *arg);
	int which;
};

static bool number(const char *s, int *out)
{
	char *end;
	long v;

	if (!s || !isdigit((unsigned char)*s))
		return false;
	v = strtol(s, &end, 10);
	if (*end || v > 86400000)
		return false;
	*out = (int)v;
	return true;
}

static struct step *step_new(struct script *s, enum step_kind kind)
{
	if (s->n == SCRIPT_STEPS)
		return NULL;
	s->steps[s->n].kind = kind;
	return &s->steps[s->n++];
}

/* A step whose argument is a time: wait:MS, bye:MS, options:MS. */
static bool take_timed(struct script *s, int which, const char *arg)
{
	struct step *st = step_new(s, (enum step_kind)which);

	if (!st)
		return false;
	return (!arg && which != STEP_WAIT) || number(arg, &st->ms);
}

static bool take_reoffer(struct script *s, int which, const char *arg)
{
	struct step *st = step_new(s, STEP_REOFFER);

	if (!st)
		return false;
	st->reoffer = (enum reoffer)which;
	return !arg || number(arg, &st->ms);
}

static bool take_fork(struct script *s, int which, const char *arg)
{
	(void)which;
	return !arg && step_new(s, STEP_FORK);
}

static bool take_play(struct script *s, int which, const char *arg)
{
	struct step *st = step_new(s, STEP_SEND);

	if (!st)
		return false;
	s->play_later = true;
	st->send = (enum send_mode)which;
	return !arg || number(arg, &st->ms);
}

static bool take_dtmf(struct script *s, int which, const char *arg)
{
	struct step *st = step_new(s, STEP_DTMF);

	(void)which;
	if (!st || !arg || !*arg || strlen(arg) >= sizeof(st->arg) ||
	    strspn(arg, "0123456789*#ABCD") != strlen(arg))
		return false;
	txt_copy(st->arg, sizeof(st->arg), arg);
	return true;
}

enum flag { FLAG_SILENT, FLAG_CANCEL, FLAG_BYE, FLAG_PORT, FLAG_ROUTE,
	FLAG_NO_RTP };

static bool take_flag(struct script *s, int which, const char *arg)
{
	bool *flags[] = { &s->silent, &s->ignore_cancel, &s->ignore_bye,
		&s->other_port, &s->record_route };

	if (arg)
		return false;
	if (which == FLAG_NO_RTP)
		s->send = SEND_NONE;
	else
		*flags[which] = true;
	return true;
}

static bool take_codec(struct script *s, int which, const char *arg)
{
	(void)which;
	if (!arg || !*arg || strlen(arg) >= sizeof(s->codec))
		return false;
	txt_copy(s->codec, sizeof(s->codec), arg);
	return true;
}

enum number_field { NUM_PTIME, NUM_DROP, NUM_BYE_CODE };

static bool take_number(struct script *s, int which, const char *arg)
{
	int *fields[] = { &s->ptime, &s->drop, &s->bye_code };

	return number(arg, fields[which]);
}

static bool take_send(struct script *s, int which, const char *arg)
{
	static const char *const names[] = { "", "none", "silence", "tone",
		"echo" };

	(void)which;
	for (int i = SEND_NONE; arg && i <= SEND_ECHO; i++)
		if (!strcmp(arg, names[i])) {
			s->send = (enum send_mode)i;
			return true;
		}
	return false;
}

static bool take_bad_sdp(struct script *s, int which, const char *arg)
{
	static const char *const names[] = { "", "garbage", "none", "port0",
		"foreign", "portbig", "ptime", "formats", "fmtp" };

	(void)which;
	if (!arg)
		arg = "garbage";
	for (int i = BAD_SDP_GARBAGE; i <= BAD_SDP_FMTP; i++)
		if (!strcmp(arg, names[i])) {
			s->bad_sdp = (enum bad_sdp)i;
			return true;
		}
	return false;
}

static const struct word words[] = {
	{ "wait", take_timed, STEP_WAIT },
	{ "bye", take_timed, STEP_BYE },
	{ "options", take_timed, STEP_OPTIONS },
	{ "fork", take_fork, 0 },
	{ "play", take_play, SEND_SILENCE },
	{ "tone", take_play, SEND_TONE },
	{ "echo", take_play, SEND_ECHO },
	{ "dtmf", take_dtmf, 0 },
	{ "reinvite", take_reoffer, REOFFER_SAME },
	{ "hold", take_reoffer, REOFFER_HOLD },
	{ "hold0", take_reoffer, REOFFER_HOLD0 },
	{ "resume", take_reoffer, REOFFER_RESUME },
	{ "delayed", take_reoffer, REOFFER_DELAYED },
	{ "moveport", take_reoffer, REOFFER_MOVE },
	{ "update", take_reoffer, REOFFER_UPDATE },
	{ "silent", take_flag, FLAG_SILENT },
	{ "ignore-cancel", take_flag, FLAG_CANCEL },
	{ "ignore-bye", take_flag, FLAG_BYE },
	{ "rtp-from-other-port", take_flag, FLAG_PORT },
	{ "record-route", take_flag, FLAG_ROUTE },
	{ "no-rtp", take_flag, FLAG_NO_RTP },
	{ "codec", take_codec, 0 },
	{ "ptime", take_number, NUM_PTIME },
	{ "drop", take_number, NUM_DROP },
	{ "bye-code", take_number, NUM_BYE_CODE },
	{ "send", take_send, 0 },
	{ "badsdp", take_bad_sdp, 0 },
};

/* NNN, NNNsdp, NNNrel, NNNxN, each with an argument such as Retry-After. */
static bool take_code(struct script *s, const char *w, const char *arg)
{
	struct step *st;
	int code = (w[0] - '0') * 100 + (w[1] - '0') * 10 + (w[2] - '0');
	const char *rest = w + 3;

	st = step_new(s, STEP_CODE);
	if (!st || code < 100 || code > 699)
		return false;
	st->code = code;
	if (!strcmp(rest, "sdp"))
		st->sdp = true;
	else if (!strcmp(rest, "rel"))
		st->reliable = st->sdp = true;
	else if (*rest && (*rest != 'x' || !number(rest + 1, &st->again)))
		return false;
	if ((st->reliable && (code < 101 || code > 199)) ||
	    (st->sdp && code > 199) || (st->again && code / 100 != 2))
		return false;
	if (arg && strlen(arg) >= sizeof(st->arg))
		return false;
	txt_copy(st->arg, sizeof(st->arg), arg ? arg : "");
	return true;
}

static bool take_word(struct script *s, char *w)
{
	char *arg = strchr(w, ':');

	if (arg)
		*arg++ = '\0';
	if (isdigit((unsigned char)w[0]) && isdigit((unsigned char)w[1]) &&
	    isdigit((unsigned char)w[2]))
		return take_code(s, w, arg);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(w, words[i].name))
			return words[i].take(s, words[i].which, arg);
	return false;
}

bool script_parse(struct script *s, const char *text, char *err, size_t err_len)
{
	char copy[1024], word[1024];
	char *save = NULL;

	memset(s, 0, sizeof(*s));
	if (strlen(text) >= sizeof(copy)) {
		snprintf(err, err_len, "script is too long");
		return false;
	}
	txt_copy(copy, sizeof(copy), text);
	for (char *w = strtok_r(copy, ", ", &save); w;
	     w = strtok_r(NULL, ", ", &save)) {
		txt_copy(word, sizeof(word), w);
		if (!take_word(s, w)) {
			snprintf(err, err_len, "script word '%.80s' is not "
				 "understood", word);
			return false;
		}
	}
	if (!s->n && !s->silent) {
		snprintf(err, err_len, "script is empty");
		return false;
	}
	return true;
}

const char *script_builtin(const char *number, char *buf, size_t size)
{
	int code;

	if (strlen(number) < 3 || strspn(number, "0123456789") < 3)
		return NULL;
	code = (number[0] - '0') * 100 + (number[1] - '0') * 10 +
		(number[2] - '0');
	if (code == 0)
		return "silent";
	if (code == 100)
		return "100";
	if (code == 180)
		return "100,180";
	if (code < 300 || code > 699)
		return NULL;
	snprintf(buf, size, "100,%d", code);
	return buf;
}
