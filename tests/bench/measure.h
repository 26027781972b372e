/*
 * measure.h - CPU time, memory, medians, and the table of a benchmark.
 *
 * All figures of a run come from that run: the machine may be slow, shared or
 * busy, and the ratios still mean something.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

/* CPU that this thread has used, with what the kernel did for it.             */
double cpu_us(void);
/* What malloc() has handed out and not got back, in bytes (mallinfo2).        */
double heap_bytes(void);
/* Sorts v.                                                                    */
double median(double *v, size_t n);

struct row {
	const char *name;
	const char *unit;		/* "times", "KiB"                      */
	double value;
	double aim, bound;		/* both 0: for information             */
};

/* Prints the table; false if a bound is broken.                               */
bool rows_print(const struct row *rows, size_t n);

#endif
