/*
 * bench_media.c - what a packet costs the media room, and when it leaves.
 *
 * Prints one row per rule with its aim and its bound, and ends with 1 if a bound
 * is broken. tests/bench/README.md says what the rows mean.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bare_rtp.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "measure.h"
#include "phones.h"
#include "player.h"
#include "studio.h"

enum {
	ROUNDS = 11,
	FEW = 1000,
	MANY = 3000,
	WARM_MS = 200,			/* after who sends has changed         */
	MEASURE_MS = 600,
	FILES_MAX = 3 * 2 * MANY,
};

enum {
	ROW_FEW, ROW_FEW_TALK, ROW_FEW_LATE, ROW_FEW_LATE_TALK,
	ROW_MANY, ROW_MANY_TALK, ROW_MANY_LATE, ROW_MANY_LATE_TALK,
	ROW_LOW_RATE, ROW_BARE, ROW_BARE_LATE, ROWS,
};

static struct row rows[ROWS] = {
	[ROW_FEW] = { "CPU of a packet / bare loop, 1,000 calls", "times",
		      0, 1.25, 1.5 },
	[ROW_FEW_TALK] = { "  with 50 packets a second from each far end",
			   "times", 0, 1.25, 1.5 },
	[ROW_FEW_LATE] = { "p99 lateness / bare loop's, 1,000 calls", "times",
			   0, 1.25, 2 },
	[ROW_FEW_LATE_TALK] = { "  with 50 packets a second from each far end",
				"times", 0, 1.25, 2 },
	[ROW_MANY] = { "CPU of a packet / bare loop, 3,000 calls", "times",
		       0, 1.25, 1.5 },
	[ROW_MANY_TALK] = { "  with 50 packets a second from each far end",
			    "times", 0, 1.25, 1.5 },
	[ROW_MANY_LATE] = { "p99 lateness / bare loop's, 3,000 calls",
			    "times", 0, 1.25, 2 },
	[ROW_MANY_LATE_TALK] = { "  with 50 packets a second from each far end",
				 "times", 0, 1.25, 2 },
	[ROW_LOW_RATE] = { "CPU of a low-rate codec's packet / mu-law's",
			   "times", 0, 1.05, 1.15 },
	[ROW_BARE] = { "CPU of the bare loop's packet", "us", 0, 0, 0 },
	[ROW_BARE_LATE] = { "p99 lateness of the bare loop's packets", "us",
			    0, 0, 0 },
};

static void must(int err, const char *what)
{
	if (!err)
		return;
	printf("%s: %s\n", what, strerror(-err));
	exit(2);
}

static void pass(int ms)
{
	struct timespec t = { ms / S_MS, ms % S_MS * MS_NS };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

struct sample {
	double cpu_us;			/* of a packet                         */
	double late_us;			/* the 99th of a hundred               */
};

static struct sample measure(const struct player *p, struct phones *phones,
			     size_t n)
{
	struct heard heard;
	double cpu;

	player_go(p);
	pass(WARM_MS);
	phones_begin(phones);
	cpu = player_cpu_us(p);
	pass(MEASURE_MS);
	cpu = player_cpu_us(p) - cpu;
	phones_end(phones, &heard);
	player_hold(p);
	/* Who is not heard of is not paid for: then all figures mean nothing.  */
	if (heard.phones != n)
		must(-EPROTO, "calls that are silent");
	return (struct sample){ cpu / (double)heard.packets,
				heard.late_p99_us };
}

struct result {
	double cpu, late;		/* subject / floor                     */
	double floor_us, floor_late_us;
};

/* Both play to the same phones, in turn.                                      */
static void compare(const struct player_config *subject,
		    const struct player_config *floor, struct phones *phones,
		    struct result *r)
{
	double cpu[ROUNDS], late[ROUNDS], us[ROUNDS], late_us[ROUNDS];
	struct player s, f;

	must(player_start(&s, subject), "studio");
	must(player_start(&f, floor), "floor");
	(void)measure(&s, phones, subject->n);
	for (size_t i = 0; i < ROUNDS; i++) {
		struct sample of_floor = measure(&f, phones, floor->n);
		struct sample of_subject = measure(&s, phones, subject->n);

		us[i] = of_floor.cpu_us;
		late_us[i] = of_floor.late_us;
		cpu[i] = of_subject.cpu_us / of_floor.cpu_us;
		late[i] = of_subject.late_us / of_floor.late_us;
	}
	r->cpu = median(cpu, ROUNDS);
	r->late = median(late, ROUNDS);
	r->floor_us = median(us, ROUNDS);
	r->floor_late_us = median(late_us, ROUNDS);
	player_stop(&s);
	player_stop(&f);
}

/* Against the bare loop: far ends that only listen, and such that talk.       */
static void with_calls(size_t n, struct row *row, struct result *r)
{
	struct player_config studio = { .n = n, .run = studio_run };
	struct player_config bare = { .n = n, .run = bare_rtp_run };
	struct result talk;
	struct phones *phones;

	must(phones_start(&phones, n), "phones");
	studio.phones = bare.phones = phones;
	compare(&studio, &bare, phones, r);
	bare.drains = true;
	phones_talk(phones, true);
	compare(&studio, &bare, phones, &talk);
	phones_stop(phones);
	row[0].value = r->cpu;
	row[1].value = talk.cpu;
	row[2].value = r->late;
	row[3].value = talk.late;
}

static void with_low_rate(size_t n, struct row *row)
{
	struct player_config framed = { .n = n, .low_rate = true,
					.run = studio_run };
	struct player_config mulaw = { .n = n, .run = studio_run };
	struct phones *phones;
	struct result r;

	must(phones_start(&phones, n), "phones");
	framed.phones = mulaw.phones = phones;
	compare(&framed, &mulaw, phones, &r);
	phones_stop(phones);
	row->value = r.cpu;
}

/* Each of the processes has thousands of sockets.                             */
static void allow_files(void)
{
	struct rlimit r = { FILES_MAX, FILES_MAX };
	struct rlimit now;

	must(getrlimit(RLIMIT_NOFILE, &now) ? -errno : 0, "open files");
	if (now.rlim_max > r.rlim_max)
		r.rlim_max = now.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &r) ? -errno : 0, "open files");
}

int main(void)
{
	struct result r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	log_set_level(LOG_WARN);
	allow_files();
	with_calls(FEW, &rows[ROW_FEW], &r);
	rows[ROW_BARE].value = r.floor_us;
	rows[ROW_BARE_LATE].value = r.floor_late_us;
	with_calls(MANY, &rows[ROW_MANY], &r);
	with_low_rate(FEW, &rows[ROW_LOW_RATE]);
	return rows_print(rows, ARRAY_LEN(rows)) ? EXIT_SUCCESS : EXIT_FAILURE;
}
