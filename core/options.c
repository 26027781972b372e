/*
 * options.c - the one table of the server's configuration keys.
 *
 * The loader, the sample file, the schema and docs/CONFIG.md all read it.
 * Defaults that depend on the machine stand in config.c.
 */
/* SPDX-License-Identifier: MIT */
#include "config.h"

#define TEXT(id, key, default, ...) \
	static const struct cln_option id = { \
		.size = sizeof(struct cln_option), .type = CLN_OPT_STRING, \
		.name = key, .def = default, .max = 1024, __VA_ARGS__ \
	}
#define INT(id, key, default, low, high, ...) \
	static const struct cln_option id = { \
		.size = sizeof(struct cln_option), .type = CLN_OPT_INT, \
		.name = key, .def = default, .min = low, .max = high, \
		__VA_ARGS__ \
	}
#define BOOL(id, key, default, ...) \
	static const struct cln_option id = { \
		.size = sizeof(struct cln_option), .type = CLN_OPT_BOOL, \
		.name = key, .def = default, __VA_ARGS__ \
	}
#define ENUM(id, key, default, words, ...) \
	static const struct cln_option id = { \
		.size = sizeof(struct cln_option), .type = CLN_OPT_ENUM, \
		.name = key, .def = default, .choices = words, __VA_ARGS__ \
	}
#define REPEAT .flags = CLN_OPT_REPEAT

/* ---- sip ----------------------------------------------------------------- */

TEXT(sip_listen, "sip.listen", "udp:127.0.0.1:5060", REPEAT,
     .help = "Transport, address and port to speak SIP on, such as "
	     "udp:192.0.2.1:5060, tcp:[::1]:5060 or tls:192.0.2.1:5061. "
	     "Carriers are reached by TCP and TLS without it, too.");
TEXT(sip_advertise, "sip.advertise", NULL,
     .help = "Host or address, with a port if need be, that other servers "
	     "reach this one at when it is behind a NAT.");
TEXT(sip_direct_allow, "sip.direct.allow", NULL, REPEAT,
     .help = "Host, address or network that a full SIP URI may call; where "
	     "none is given, loopback and private networks.");
INT(sip_t1_ms, "sip.t1_ms", "500", 10, 5000,
    .help = "SIP timer T1 in milliseconds, the estimate of a round trip that "
	    "retransmissions start from.");
TEXT(sip_user_agent, "sip.user_agent", "Carillon",
     .help = "Value of the User-Agent header; empty leaves it out.");
TEXT(sip_tls_certificate, "sip.tls.certificate", NULL,
     .help = "PEM file of our certificate and those that link it to its "
	     "authority: for tls: listeners, and shown to a server that asks "
	     "for one.");
TEXT(sip_tls_key, "sip.tls.key", NULL,
     .help = "PEM file of the certificate's key, without a password; where "
	     "none is given, the key stands in sip.tls.certificate.");
TEXT(sip_tls_ca, "sip.tls.ca", NULL,
     .help = "PEM file, or directory with hashed names, of the authorities "
	     "that a TLS server's certificate must come from; where none is "
	     "given, the system's.");
INT(sip_trace_kb, "sip.trace_kb", "4096", 0, 262144,
    .help = "Memory in KiB for the last SIP messages, to be looked at call by "
	    "call; 0 keeps none.");
TEXT(dns_server, "dns.server", NULL, REPEAT,
     .help = "Address of a name server, with a port if it is not 53; where "
	     "none is given, those of the system.");

/* ---- media --------------------------------------------------------------- */

TEXT(media_address, "media.address", "127.0.0.1",
     .help = "Local address that RTP is sent from and received at.");
TEXT(media_advertise, "media.advertise", NULL,
     .help = "Address that SDP names instead of media.address when the "
	     "server is behind a NAT.");
TEXT(media_ports, "media.ports", "16384-32767",
     .help = "First and last UDP port for RTP and RTCP; each call takes an "
	     "even port and the odd one above it.");
INT(media_threads, "media.threads", "0", 0, 64,
    .help = "Threads that send and receive RTP; 0 is one per processor, four "
	    "at most.");
BOOL(media_rtcp, "media.rtcp", "yes",
     .help = "Whether to send RTCP reports beside RTP.");
INT(media_rtp_timeout_s, "media.rtp_timeout_s", "60", 0, 86400,
    .help = "Seconds without a packet of a far end that had sent some, after "
	    "which a call is hung up; 0 waits for ever. A far end that "
	    "suppresses silence sends none while nobody speaks: allow for it.");

/* ---- api ----------------------------------------------------------------- */

TEXT(api_listen, "api.listen", "127.0.0.1:8080", REPEAT,
     .help = "Address and port of the REST API; one that is not loopback "
	     "needs an api.key.");
TEXT(api_key, "api.key", NULL, .flags = CLN_OPT_REPEAT | CLN_OPT_SECRET,
     .help = "A bearer key in clear or as sha256:HEX, then if need be a blank "
	     "and its scopes out of read,call,admin; without scopes, all.");
INT(api_max_body, "api.max_body", "8388608", 1024, 1073741824,
    .help = "Most bytes in the body of a request.");
TEXT(api_hostname, "api.hostname", NULL, REPEAT,
     .help = "A name, beside the listening addresses, that the Host header of "
	     "a request may hold.");
INT(api_workers, "api.workers", "24", 4, 512,
    .help = "Threads that answer HTTP requests, one per open connection.");

/* ---- state and fetching -------------------------------------------------- */

TEXT(state_dir, "state.dir", NULL,
     .help = "Directory of the database; where none is "
	     "given, /var/lib/carillon for the superuser, else carillon in "
	     "$XDG_STATE_HOME or ~/.local/state.");
INT(prompts_memory_mb, "prompts.memory_mb", "128", 0, 1048576,
    .help = "MiB of memory for prompts that no call plays; the longest unused "
	    "go first.");
INT(prompts_disk_mb, "prompts.disk_mb", "1024", 0, 16777216,
    .help = "MiB under state.dir for prompts that were fetched, so that they "
	    "are there after a restart; the longest unused go first. 0 keeps "
	    "none.");
INT(prompts_library_mb, "prompts.library_mb", "1024", 0, 16777216,
    .help = "MiB under state.dir for prompts that were uploaded; what does not "
	    "fit is refused.");
TEXT(fetch_allow, "fetch.allow", NULL, REPEAT,
     .help = "Host with port, address or network that prompts may be fetched "
	     "from although it is not a public one.");
INT(fetch_timeout_s, "fetch.timeout_s", "20", 1, 3600,
    .help = "Seconds that the fetch of a prompt may take.");
INT(fetch_max_bytes, "fetch.max_bytes", "67108864", 1024, 4294967296,
    .help = "Most bytes of a prompt, be it fetched or uploaded.");
INT(fetch_max_audio_s, "fetch.max_audio_s", "3600", 1, 86400,
    .help = "Longest prompt in seconds of audio.");
TEXT(fetch_proxy, "fetch.proxy", NULL,
     .help = "URL of a proxy to fetch through; it must itself refuse inner "
	     "addresses, since the server then cannot.");
TEXT(fetch_ca_file, "fetch.ca_file", NULL,
     .help = "File of the certificates to trust when fetching by HTTPS; where "
	     "none is given, the system's.");

/* ---- limits -------------------------------------------------------------- */

INT(max_channels, "limits.max_channels", "1000", 0, 1000000,
    .help = "Most calls at a time; 0 places none.");
INT(max_cps, "limits.max_cps", "50", 1, 100000,
    .help = "Most calls started in a second.");
INT(ring_timeout_s, "limits.ring_timeout_s", "60", 1, 600,
    .help = "Seconds that a call may ring, where the request does not say.");
INT(carrier_wait_s, "limits.carrier_wait_s", "60", 0, 86400,
    .help = "Seconds that a recipient waits for a carrier that is not usable "
	    "before it counts as failed.");

INT(call_max_s, "limits.call_max_s", "7200", 10, 604800,
    .help = "Seconds that any call may last once it was answered.");
INT(drain_s, "limits.drain_s", "10", 0, 86400,
    .help = "Seconds that calls may go on after the server was told to stop; "
	    "a second signal hangs them up at once.");

/* ---- plugins, log, node -------------------------------------------------- */

TEXT(plugins_dir, "plugins.dir", NULL,
     .help = "Directory of the plugins; where none is given, that of the "
	     "installation.");
TEXT(plugins_load, "plugins.load", NULL, REPEAT,
     .help = "Name or file of a plugin to load; where none is given, every "
	     "*.so in plugins.dir.");
static const char *const log_levels[] = {
	"error", "warn", "info", "debug", NULL
};
ENUM(log_level, "log.level", "info", log_levels,
     .help = "How much is logged to standard error.");
static const char *const log_formats[] = { "text", "json", NULL };
ENUM(log_format, "log.format", "text", log_formats,
     .help = "Format of a line of the log.");
TEXT(node_id, "node.id", NULL,
     .help = "Name of this server in claims and reports; where none is given, "
	     "the host's name.");

const struct cln_option *const config_options[] = {
	&sip_listen, &sip_advertise, &sip_direct_allow, &sip_t1_ms,
	&sip_user_agent, &sip_tls_certificate, &sip_tls_key, &sip_tls_ca,
	&sip_trace_kb, &dns_server, &media_address, &media_advertise,
	&media_ports, &media_threads, &media_rtcp, &media_rtp_timeout_s,
	&api_listen, &api_key, &api_max_body, &api_hostname, &api_workers,
	&state_dir, &prompts_memory_mb, &prompts_disk_mb, &prompts_library_mb,
	&fetch_allow, &fetch_timeout_s, &fetch_max_bytes, &fetch_max_audio_s,
	&fetch_proxy, &fetch_ca_file, &max_channels, &max_cps, &ring_timeout_s,
	&carrier_wait_s, &call_max_s, &drain_s, &plugins_dir, &plugins_load,
	&log_level, &log_format, &node_id, NULL
};
