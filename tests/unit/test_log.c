/*
 * test_log.c - one escaped line per event.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

static int saved_fd, file_fd;
static char text[65536];

static int capture(void **state)
{
	(void)state;
	saved_fd = dup(STDERR_FILENO);
	file_fd = memfd_create("log", MFD_CLOEXEC);
	assert_true(file_fd >= 0);
	fcntl(file_fd, F_SETFL, O_APPEND);
	dup2(file_fd, STDERR_FILENO);
	log_set_level(LOG_INFO);
	log_set_json(false);
	log_context(NULL);
	return 0;
}

static int release(void **state)
{
	(void)state;
	dup2(saved_fd, STDERR_FILENO);
	close(saved_fd);
	close(file_fd);
	log_set_json(false);
	log_context(NULL);
	return 0;
}

/* What was logged so far, without the time stamp of the first line.          */
static const char *logged(void)
{
	ssize_t n = pread(file_fd, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static const char *message(void)
{
	const char *blank = strchr(logged(), ' ');

	assert_non_null(blank);
	return blank + 1;
}

static void log_text_line_has_time_level_and_message(void **state)
{
	(void)state;
	log_info("call: answered after %d ms", 12);
	assert_string_equal(message(), "info call: answered after 12 ms\n");
	assert_int_equal(strchr(text, ' ') - text, 24);
	assert_int_equal(text[10], 'T');
	assert_int_equal(text[23], 'Z');
}

static void log_adds_the_context_of_the_thread(void **state)
{
	(void)state;
	log_context("63af");
	log_warn("hm");
	assert_string_equal(message(), "warn [63af] hm\n");
}

static void log_escapes_what_could_forge_a_line(void **state)
{
	(void)state;
	log_error("a\r\nb\x1b[31m\x7f\\ \t\"q\"");
	assert_string_equal(message(),
			    "error a\\r\\nb\\x1b[31m\\x7f\\\\ \\t\"q\"\n");
}

static void log_escapes_invalid_utf8_and_c1_controls(void **state)
{
	(void)state;
	log_info("\xc3\xa4 \xff \xc2\x9b \xc0\x80");
	assert_string_equal(message(),
			    "info \xc3\xa4 \\xff \\xc2\\x9b \\xc0\\x80\n");
}

static void log_json_is_one_object_per_line(void **state)
{
	const char *end;

	(void)state;
	log_set_json(true);
	log_context("i\"d");
	log_info("say \"x\"\n\x01\\");
	assert_true(str_starts(logged(), "{\"time\":\"2"));
	end = strstr(text, "\",\"level\"");
	assert_non_null(end);
	assert_string_equal(end, "\",\"level\":\"info\",\"id\":\"i\\\"d\","
			    "\"message\":\"say \\\"x\\\"\\n\\\\x01\\\\\"}\n");
}

static void log_json_escapes_quotes_for_the_reader(void **state)
{
	(void)state;
	log_set_json(true);
	log_info("\"");
	assert_non_null(strstr(logged(), "\"message\":\"\\\"\"}\n"));
}

static void log_level_keeps_lower_levels_out(void **state)
{
	(void)state;
	log_debug("unseen");
	log_set_level(LOG_ERROR);
	log_warn("unseen");
	assert_false(log_enabled(LOG_WARN));
	assert_string_equal(logged(), "");
	log_set_level(LOG_DEBUG);
	log_debug("seen");
	assert_string_equal(message(), "debug seen\n");
}

static void log_level_parse_knows_the_four_words(void **state)
{
	enum log_level level = LOG_INFO;

	(void)state;
	assert_int_equal(log_level_parse(&level, "debug"), 0);
	assert_int_equal(level, LOG_DEBUG);
	assert_int_equal(log_level_parse(&level, "error"), 0);
	assert_int_equal(level, LOG_ERROR);
	assert_int_equal(log_level_parse(&level, "Debug"), -EINVAL);
	assert_int_equal(level, LOG_ERROR);
}

static void log_cuts_an_endless_message_and_ends_the_line(void **state)
{
	char big[20000];

	(void)state;
	memset(big, '\x01', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_set_json(true);
	log_info("%s", big);
	logged();
	assert_true(strlen(text) < 13000);
	assert_string_equal(text + strlen(text) - 3, "\"}\n");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void log_keeps_errno(void **state)
{
	(void)state;
	errno = EBUSY;
	log_info("x");
	assert_int_equal(errno, EBUSY);
}

static void log_number_shows_the_last_two(void **state)
{
	const char *first;

	(void)state;
	first = log_number("+49301234567");
	assert_string_equal(log_number("030123456789"), "****89");
	assert_string_equal(log_number("123456"), "****56");
	assert_string_equal(first, "****67");
	assert_string_equal(log_number("12345"), "****45");
	assert_string_equal(log_number("1234"), "****");
	assert_string_equal(log_number("110"), "****");
	/* A prefix makes no more of it show. */
	assert_string_equal(log_number("8888123456"), "****56");
	assert_string_equal(log_number(""), "****");
	assert_string_equal(log_number(NULL), "****");
}

static void *chatter(void *arg)
{
	log_context(arg);
	for (int i = 0; i < 100; i++)
		log_info("from %s", (const char *)arg);
	return NULL;
}

static void log_lines_of_threads_do_not_mix(void **state)
{
	char a[] = "a", b[] = "b";
	pthread_t other;
	int lines = 0;

	(void)state;
	pthread_create(&other, NULL, chatter, a);
	chatter(b);
	pthread_join(other, NULL);
	logged();
	for (char *p = text; *p; p = strchr(p, '\n') + 1, lines++)
		assert_true(!strncmp(p + 25, "info [a] from a\n", 16) ||
			    !strncmp(p + 25, "info [b] from b\n", 16));
	assert_int_equal(lines, 200);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, capture, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(log_text_line_has_time_level_and_message),
		T(log_adds_the_context_of_the_thread),
		T(log_escapes_what_could_forge_a_line),
		T(log_escapes_invalid_utf8_and_c1_controls),
		T(log_json_is_one_object_per_line),
		T(log_json_escapes_quotes_for_the_reader),
		T(log_level_keeps_lower_levels_out),
		T(log_level_parse_knows_the_four_words),
		T(log_cuts_an_endless_message_and_ends_the_line),
		T(log_keeps_errno),
		T(log_number_shows_the_last_two),
		T(log_lines_of_threads_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
