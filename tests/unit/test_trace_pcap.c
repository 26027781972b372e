/*
 * test_trace_pcap.c - the capture file, byte by byte and by its checksums.
 * Needs core/sip/{trace,trace_pcap,trace_redact,lines,names}.c and core/base.
 */
/* SPDX-License-Identifier: MIT */
#include "trace_bench.h"

#define TEXT "X\r\ni: c\r\n\r\n!"	/* of 12 bytes                         */
#define TEXT_LEN (sizeof(TEXT) - 1)

static const unsigned char *file_of(const char *call_id, size_t *len)
{
	assert_true(read_call(call_id) > 0);
	buf_reset(&out);
	sip_trace_pcap(&copy, &out);
	assert_int_equal(out.err, 0);
	*len = out.len;
	return (const unsigned char *)out.data;
}

static uint32_t le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static unsigned int be16(const unsigned char *p)
{
	return (unsigned int)(p[0] << 8 | p[1]);
}

/* The sum over what includes its own checksum.                                */
static unsigned int ones(const unsigned char *p, size_t len, uint32_t s)
{
	for (size_t i = 0; i < len; i++)
		s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static void the_file_begins_as_wireshark_expects(void **state)
{
	static const unsigned char head[] = {
		0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0xff, 0xff, 0, 0, 101, 0, 0, 0,
	};
	const unsigned char *p;
	size_t len;

	(void)state;
	add(true, TEXT);
	p = file_of("c", &len);
	assert_int_equal(len, sizeof(head) + 16 + 28 + TEXT_LEN);
	assert_memory_equal(p, head, sizeof(head));
}

static void an_ipv4_packet_is_exact(void **state)
{
	static const unsigned char ip[] = {
		0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 17,
	};
	const unsigned char *p;
	size_t len;

	(void)state;
	pass_us(2500);
	add(true, TEXT);
	p = file_of("c", &len) + 24;
	assert_int_equal(le32(p), WALL / 1000);
	assert_int_equal(le32(p + 4), 2000);
	assert_int_equal(le32(p + 8), 40);
	assert_int_equal(le32(p + 12), 40);
	p += 16;
	assert_memory_equal(p, ip, sizeof(ip));
	assert_int_equal(ones(p, 20, 0), 0xffff);
	assert_memory_equal(p + 12, "\xc0\x00\x02\x01\xc0\x00\x02\x09", 8);
	assert_int_equal(be16(p + 20), 5060);
	assert_int_equal(be16(p + 22), 5062);
	assert_int_equal(be16(p + 24), 20);
	assert_int_equal(ones(p + 12, 28, 17 + 20), 0xffff);
	assert_memory_equal(p + 28, TEXT, TEXT_LEN);
}

static void what_was_received_goes_the_other_way(void **state)
{
	const unsigned char *p;
	size_t len;

	(void)state;
	add(false, TEXT);
	p = file_of("c", &len) + 40;
	assert_memory_equal(p + 12, "\xc0\x00\x02\x09\xc0\x00\x02\x01", 8);
	assert_int_equal(be16(p + 20), 5062);
	assert_int_equal(be16(p + 22), 5060);
}

static void an_ipv6_packet_is_exact(void **state)
{
	struct hop h = hop_of(SIP_TLS, "[2001:db8::1]:40000", "[::2]:5061");
	const unsigned char *p;
	size_t len;

	(void)state;
	add_bytes(true, &h, TEXT, TEXT_LEN);
	p = file_of("c", &len) + 24;
	assert_int_equal(le32(p + 8), 60);
	p += 16;
	assert_memory_equal(p, "\x60\0\0\0\0\x14\x11\x40", 8);
	assert_memory_equal(p + 8, &h.local.in6.sin6_addr, 16);
	assert_memory_equal(p + 24, &h.remote.in6.sin6_addr, 16);
	assert_int_equal(be16(p + 40), 40000);
	assert_int_equal(be16(p + 42), 5061);
	assert_int_equal(be16(p + 44), 20);
	assert_int_equal(ones(p + 8, 52, 17 + 20), 0xffff);
	assert_memory_equal(p + 48, TEXT, TEXT_LEN);
}

static void a_mapped_address_is_ipv4(void **state)
{
	struct hop h = hop_of(SIP_UDP, "[::ffff:192.0.2.1]:1", "192.0.2.9:2");
	const unsigned char *p;
	size_t len;

	(void)state;
	add_bytes(true, &h, TEXT, TEXT_LEN);
	p = file_of("c", &len) + 40;
	assert_int_equal(p[0], 0x45);
	assert_memory_equal(p + 12, "\xc0\x00\x02\x01\xc0\x00\x02\x09", 8);
}

static void addresses_of_two_families_become_ipv6(void **state)
{
	struct hop h = hop_of(SIP_UDP, "192.0.2.1:1", "[2001:db8::9]:2");
	const unsigned char *p;
	size_t len;

	(void)state;
	add_bytes(true, &h, TEXT, TEXT_LEN);
	p = file_of("c", &len) + 40;
	assert_int_equal(p[0], 0x60);
	assert_memory_equal(p + 8, "\0\0\0\0\0\0\0\0\0\0\xff\xff"
			    "\xc0\x00\x02\x01", 16);
}

/* All lengths, so that odd ones are summed too, and times that only grow.     */
static void every_packet_of_a_row_is_whole(void **state)
{
	char text[TRACE_CALL_MAX] = "X\r\ni: c\r\n\r\n";
	const unsigned char *p;
	size_t len, from = strlen(text), at = 24;
	uint32_t n = 0, us = 0;

	(void)state;
	for (size_t i = from; i < sizeof(text) - 1; i++) {
		text[i] = (char)(i * 7 % 120 + 8);
		add(i % 3, text);
		pass_us(150);
	}
	p = file_of("c", &len);
	while (at < len) {
		uint32_t incl = le32(p + at + 8);
		const unsigned char *ip = p + at + 16;

		assert_int_equal(le32(p + at + 12), incl);
		assert_int_equal(le32(p + at + 4), n ? us + 150 : us);
		us = le32(p + at + 4);
		assert_int_equal(be16(ip + 2), incl);
		assert_int_equal(be16(ip + 4), n);
		assert_int_equal(be16(ip + 24), incl - 20);
		assert_int_equal(ones(ip, 20, 0), 0xffff);
		assert_int_equal(ones(ip + 12, incl - 12, 17 + incl - 20),
				 0xffff);
		assert_memory_equal(ip + 28, text, incl - 28);
		at += 16 + incl;
		n++;
	}
	assert_int_equal(at, len);
	assert_int_equal(n, sizeof(text) - 1 - from);
}

/* RFC 768: a sum of zero is written as all ones, for zero means none. Two bytes
 * that stand for a 16-bit word of the sum go through all their values.        */
static unsigned int count_all_ones(void)
{
	const unsigned char *p;
	unsigned int n = 0;
	size_t len;

	p = file_of("c", &len) + 40;
	for (; p < (unsigned char *)out.data + len; p += 16 + be16(p + 2)) {
		assert_int_not_equal(be16(p + 26), 0);
		n += be16(p + 26) == 0xffff;
	}
	return n;
}

static void a_checksum_is_never_zero(void **state)
{
	struct hop h = hop_of(SIP_UDP, "192.0.2.1:5060", "192.0.2.9:5062");
	char text[] = "X\r\ni: c\r\n\r\n.aa";
	unsigned int all_ones = 0;

	(void)state;
	for (unsigned int word = 0; word < 0x10000; word++) {
		text[12] = (char)(word >> 8);
		text[13] = (char)word;
		trace_add(trace, true, &h, text, sizeof(text) - 1);
		/* No more than these are kept of one call.                    */
		if (word % TRACE_CALL_MAX == TRACE_CALL_MAX - 1)
			all_ones += count_all_ones();
	}
	assert_true(all_ones);
}

static void the_longest_message_fits(void **state)
{
	static char text[70000];
	const unsigned char *p;
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "X\r\ni: c\r\n\r\n", 11);
	add(true, text);
	p = file_of("c", &len) + 24;
	assert_int_equal(le32(p + 8), TRACE_MESSAGE_MAX + 28);
	assert_int_equal(be16(p + 16 + 2), TRACE_MESSAGE_MAX + 28);
	assert_int_equal(be16(p + 16 + 24), TRACE_MESSAGE_MAX + 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_file_begins_as_wireshark_expects),
		CASE(an_ipv4_packet_is_exact),
		CASE(what_was_received_goes_the_other_way),
		CASE(an_ipv6_packet_is_exact),
		CASE(a_mapped_address_is_ipv4),
		CASE(addresses_of_two_families_become_ipv6),
		CASE(every_packet_of_a_row_is_whole),
		CASE(a_checksum_is_never_zero),
		CASE(the_longest_message_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
