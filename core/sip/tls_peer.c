/*
 * tls_peer.c - whose certificate is this, and why was it refused?
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/tls_peer.h"

#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/addr.h"
#include "base/str.h"

/* ---- the name ------------------------------------------------------------ */

/* Host of "sip:example.com", which must be all of it: a certificate for one
 * user is none for the domain (RFC 5922 7.1).                                */
static bool uri_is(const ASN1_IA5STRING *uri, const char *name)
{
	const char *text = (const char *)ASN1_STRING_get0_data(uri);
	size_t len = (size_t)ASN1_STRING_length(uri);
	size_t n = strlen(name);

	return len == n + 4 && !strncasecmp(text, "sip:", 4) &&
	       !strncasecmp(text + 4, name, n);
}

static bool has_uri(X509 *cert, const char *name)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
						NULL, NULL);
	bool found = false;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_URI &&
		    uri_is(g->d.uniformResourceIdentifier, name))
			found = true;
	}
	GENERAL_NAMES_free(names);
	return found;
}

/* "[2001:db8::1]" and "2001:db8::1" are one.                                 */
static bool is_ip(const char *name, char text[ADDR_TEXT_LEN])
{
	struct addr a;

	if (addr_parse_ip(&a, name, 0))
		return false;
	addr_ip_text(&a, text);
	return true;
}

bool tls_peer_is(X509 *cert, const char *name)
{
	unsigned int flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	char ip[ADDR_TEXT_LEN];

	if (is_ip(name, ip))
		return X509_check_ip_asc(cert, ip, 0) == 1 ||
		       has_uri(cert, name);
	/* RFC 5922 7.1: the subject counts only where there is nothing else.  */
	if (X509_get_ext_by_NID(cert, NID_subject_alt_name, -1) >= 0)
		flags |= X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
	return X509_check_host(cert, name, strlen(name), flags, NULL) == 1 ||
	       has_uri(cert, name);
}

/* ---- the sentences ------------------------------------------------------- */

/* One name that it is for, to help the reader; "" if it says none.           */
static void first_name(X509 *cert, char *dst, size_t cap)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
						NULL, NULL);
	const ASN1_STRING *s = NULL;

	*dst = '\0';
	for (int i = 0; !s && names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_DNS)
			s = g->d.dNSName;
		else if (g->type == GEN_URI)
			s = g->d.uniformResourceIdentifier;
	}
	if (s)
		(void)str_copy_n(dst, cap,
				 (const char *)ASN1_STRING_get0_data(s),
				 (size_t)ASN1_STRING_length(s));
	else if (X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
					   NID_commonName, dst, (int)cap) < 0)
		*dst = '\0';
	GENERAL_NAMES_free(names);
	if (str_has_ctl(dst))
		*dst = '\0';
}

void tls_peer_other(X509 *cert, const char *name, char *why, size_t cap)
{
	char other[64];

	first_name(cert, other, sizeof(other));
	if (*other)
		(void)str_printf(why, cap, "the certificate is not for %s but "
				 "for %s", name, other);
	else
		(void)str_printf(why, cap, "the certificate is not for %s",
				 name);
}

static const struct {
	long verdict;
	const char *why;
} verdicts[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, "the certificate has expired" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "the certificate is not valid yet" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	  "the certificate is self-signed" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
	  "the certificate's authority is not trusted" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
	  "the certificate's authority is not trusted" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	  "the certificate's authority is not trusted" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
	  "the certificate's authority is not trusted" },
	{ X509_V_ERR_CERT_REVOKED, "the certificate was revoked" },
	{ X509_V_ERR_INVALID_PURPOSE,
	  "the certificate is not one for a server" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "the certificate's key is too weak" },
	{ X509_V_ERR_CA_MD_TOO_WEAK,
	  "the certificate's signature is too weak" },
};

static const struct {
	int reason;
	const char *why;
} reasons[] = {
	{ SSL_R_WRONG_VERSION_NUMBER, "the other side does not speak TLS" },
	{ SSL_R_HTTP_REQUEST, "the other side does not speak TLS" },
	{ SSL_R_UNSUPPORTED_PROTOCOL, "the other side has no TLS 1.2" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
	  "the other side has no TLS version of ours" },
	{ SSL_R_NO_SHARED_CIPHER, "no cipher in common" },
	{ SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
	  "the other side refused the TLS handshake" },
	{ SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
	  "the other side asks for a certificate of ours" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA,
	  "the other side does not trust our certificate" },
	{ SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
	  "the other side refused our certificate" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
	  "the other side says that our certificate has expired" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
	  "the other side refused our certificate" },
	{ SSL_R_TLSV1_UNRECOGNIZED_NAME,
	  "the other side does not know the name" },
};

static const char *verdict_text(long verdict)
{
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
		if (verdicts[i].verdict == verdict)
			return verdicts[i].why;
	return NULL;
}

void tls_peer_why(const SSL *ssl, char *why, size_t cap)
{
	long verdict = SSL_get_verify_result(ssl);
	unsigned long e = ERR_peek_last_error();
	int reason = ERR_GET_REASON(e);
	const char *text = verdict_text(verdict);

	for (size_t i = 0; !text && i < ARRAY_LEN(reasons); i++)
		if (reasons[i].reason == reason)
			text = reasons[i].why;
	if (text)
		(void)str_copy(why, cap, text);
	else if (verdict != X509_V_OK)
		(void)str_printf(why, cap, "the certificate was refused: %s",
				 X509_verify_cert_error_string(verdict));
	else
		(void)str_printf(why, cap, "TLS failed: %s",
				 e ? ERR_reason_error_string(e) : "no reason");
}
