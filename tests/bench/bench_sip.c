/*
 * bench_sip.c - what a call costs the signalling room: CPU and memory.
 *
 * Prints one row per rule with its aim and its bound, and ends with 1 if a bound
 * is broken. tests/bench/README.md says what the rows mean.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "far_end.h"
#include "floor.h"
#include "measure.h"
#include "office.h"

enum {
	ROUNDS = 15,
	CALLS = 400,			/* per round                           */
	AT_ONCE = 16,
	FEW = 10,
	MANY = 10000,
};

#define OWN_IP "127.0.0.1"

enum {
	ROW_CALL, ROW_CALL_QUIET, ROW_CALL_ANY, ROW_MANY, ROW_RINGING, ROW_FAILED, ROW_FLOOR,
	ROWS,
};

static struct row rows[ROWS] = {
	[ROW_CALL] = { "CPU of a call / floor", "times", 0, 1.8, 3 },
	[ROW_CALL_QUIET] = { "  the same without log lines", "times", 0, 0, 0 },
	[ROW_CALL_ANY] = { "  the same from a socket bound to 0.0.0.0", "times",
			   0, 0, 0 },
	[ROW_MANY] = { "CPU of a call among 10,000 ringing / among 10",
		       "times", 0, 1.2, 1.5 },
	[ROW_RINGING] = { "memory of a ringing call", "KiB", 0, 40, 40 },
	[ROW_FAILED] = { "memory of a failed INVITE after its ACK", "KiB", 0,
			 1, 4 },
	[ROW_FLOOR] = { "CPU of the floor", "us", 0, 0, 0 },
};

static void must(int err, const char *what)
{
	if (!err)
		return;
	printf("%s: %s\n", what, strerror(-err));
	exit(2);
}

/* CPU per call, with the end of what is kept for 64*T1.                       */
static double office_us(struct office *o)
{
	double from = cpu_us();

	must(office_calls(o, CALLS, "answer", AT_ONCE), "calls");
	office_pass(o);
	return (cpu_us() - from) / CALLS;
}

/* The same work on the bare floor.                                            */
static double floor_us(struct bare *b)
{
	double from = cpu_us();

	must(bare_calls(b, CALLS, AT_ONCE), "floor");
	return (cpu_us() - from) / CALLS;
}

/* Row a, log lines as an operator has them and without.                       */
static void against_floor(struct office *o, const struct far_end *far)
{
	double floor[ROUNDS], ratio[ROUNDS], quiet[ROUNDS], any[ROUNDS];
	struct office *any_office;
	struct bare *b;

	must(office_open(&any_office, &far->addr, "0.0.0.0"), "stack");
	must(bare_open(&b, far), "floor");
	(void)office_us(any_office);
	(void)floor_us(b);
	for (size_t i = 0; i < ROUNDS; i++) {
		floor[i] = floor_us(b);
		ratio[i] = office_us(o) / floor[i];
		any[i] = office_us(any_office) / floor[i];
		log_set_level(LOG_WARN);
		quiet[i] = office_us(o) / floor[i];
		log_set_level(LOG_INFO);
	}
	rows[ROW_CALL].value = median(ratio, ROUNDS);
	rows[ROW_CALL_QUIET].value = median(quiet, ROUNDS);
	rows[ROW_CALL_ANY].value = median(any, ROUNDS);
	rows[ROW_FLOOR].value = median(floor, ROUNDS);
	bare_close(b);
	office_close(any_office);
}

/* Row b, and what a ringing call takes.                                       */
static void among_many(struct office *few, const struct far_end *far)
{
	double ratio[ROUNDS], before;
	struct office *many;

	must(office_ring(few, FEW, AT_ONCE), "ringing");
	must(office_open(&many, &far->addr, OWN_IP), "stack");
	(void)office_us(many);
	before = heap_bytes();
	must(office_ring(many, MANY, AT_ONCE), "ringing");
	rows[ROW_RINGING].value = (heap_bytes() - before) / MANY / 1024;
	for (size_t i = 0; i < ROUNDS; i++) {
		double few_us = office_us(few);

		ratio[i] = office_us(many) / few_us;
	}
	if (office_transactions(many) != MANY)
		must(-EPROTO, "live transactions");
	rows[ROW_MANY].value = median(ratio, ROUNDS);
	office_close(many);
}

static void after_failures(const struct far_end *far)
{
	struct office *o;
	double before;

	must(office_open(&o, &far->addr, OWN_IP), "stack");
	(void)office_us(o);
	before = heap_bytes();
	must(office_calls(o, MANY, "busy", AT_ONCE), "failures");
	rows[ROW_FAILED].value = (heap_bytes() - before) / MANY / 1024;
	/* Each must still be there to repeat its ACK (Timer D).               */
	if (office_transactions(o) != MANY)
		must(-EPROTO, "records");
	office_close(o);
}

/* Lines are made and written, but not into the table.                         */
static void send_log_away(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		must(-errno, "/dev/null");
	close(fd);
}

int main(void)
{
	struct far_end far = { 0 };
	struct office *o;
	bool ok;

	send_log_away();
	must(far_end_start(&far), "far end");
	must(office_open(&o, &far.addr, OWN_IP), "stack");
	(void)office_us(o);
	against_floor(o, &far);
	among_many(o, &far);
	after_failures(&far);
	office_close(o);
	far_end_stop(&far);
	ok = rows_print(rows, ARRAY_LEN(rows));
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
