/*
 * measure.c - CPU time, memory, medians, and the table of a benchmark.
 */
/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)m.uordblks + (double)m.hblkhd;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static const char *verdict(const struct row *r)
{
	if (r->bound == 0.0)
		return "-";
	if (r->value > r->bound)
		return "BROKEN";
	return r->value > r->aim ? "within the bound" : "aim reached";
}

bool rows_print(const struct row *rows, size_t n)
{
	bool ok = true;

	printf("%-52s %9s %7s %7s  %-6s %s\n", "", "measured", "aim", "bound",
	       "unit", "verdict");
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];

		printf("%-52s %9.2f", r->name, r->value);
		if (r->bound == 0.0)
			printf(" %7s %7s", "-", "-");
		else
			printf(" %7.2f %7.2f", r->aim, r->bound);
		printf("  %-6s %s\n", r->unit, verdict(r));
		if (r->bound > 0.0 && r->value > r->bound)
			ok = false;
	}
	return ok;
}
