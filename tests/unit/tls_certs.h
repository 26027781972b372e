/*
 * tls_certs.h - an authority of the test's own, and certificates by it, as PEM
 * files in a folder that goes with the test. Included once per program.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_TLS_CERTS_H
#define UNIT_TLS_CERTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/str.h"

#define CERT_FILES 32
#define CERT_DAY 86400L

struct cert_wish {
	const char *file;		/* FILE.pem and FILE.key              */
	const char *cn;
	const char *names;		/* "DNS:a,IP:::1,URI:sip:b", NULL     */
	long from_s, to_s;		/* from now; 0, 0: a day each way     */
	const char *usage;		/* NULL: serverAuth,clientAuth        */
	bool stranger;			/* signed by itself                   */
};

static char cert_dir[64];
static char cert_files[CERT_FILES][128];
static size_t n_cert_files;
static EVP_PKEY *cert_ca_key;
static X509 *cert_ca;

/* The path of a file in the folder; removed at the end.                      */
static inline const char *cert_path(const char *name)
{
	char path[128];

	if (str_printf(path, sizeof(path), "%s/%s", cert_dir, name))
		abort();
	for (size_t i = 0; i < n_cert_files; i++)
		if (!strcmp(cert_files[i], path))
			return cert_files[i];
	if (n_cert_files == CERT_FILES)
		abort();
	memcpy(cert_files[n_cert_files], path, sizeof(path));
	return cert_files[n_cert_files++];
}

static inline void cert_extend(X509 *cert, X509 *issuer, int nid,
			       const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!ext || !X509_add_ext(cert, ext, -1))
		abort();
	X509_EXTENSION_free(ext);
}

static inline X509 *cert_new(EVP_PKEY *key, const struct cert_wish *w)
{
	static long serial = 1;
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	const unsigned char *cn = (const unsigned char *)w->cn;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(cert),
			w->from_s ? w->from_s : -CERT_DAY);
	X509_gmtime_adj(X509_getm_notAfter(cert),
			w->to_s ? w->to_s : CERT_DAY);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, cn, -1, -1, 0);
	X509_set_pubkey(cert, key);
	return cert;
}

static inline FILE *cert_open(const char *file, const char *suffix)
{
	char name[64];
	FILE *f;

	if (str_printf(name, sizeof(name), "%s.%s", file, suffix))
		abort();
	f = fopen(cert_path(name), "w");
	if (!f)
		abort();
	return f;
}

static inline void cert_write(const char *file, X509 *cert, EVP_PKEY *key)
{
	FILE *f = cert_open(file, "pem");

	PEM_write_X509(f, cert);
	fclose(f);
	f = cert_open(file, "key");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

static inline void cert_make(const struct cert_wish *w)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = cert_new(key, w);
	X509 *issuer = w->stranger ? cert : cert_ca;

	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	if (w->names)
		cert_extend(cert, issuer, NID_subject_alt_name, w->names);
	cert_extend(cert, issuer, NID_ext_key_usage,
		    w->usage ? w->usage : "serverAuth,clientAuth");
	X509_sign(cert, w->stranger ? key : cert_ca_key, EVP_sha256());
	cert_write(w->file, cert, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* ca.pem and ca.key.                                                         */
static inline void cert_begin(void)
{
	const struct cert_wish wish = { .cn = "Test authority" };

	if (str_copy(cert_dir, sizeof(cert_dir), "/tmp/carillon-certs.XXXXXX") ||
	    !mkdtemp(cert_dir))
		abort();
	cert_ca_key = EVP_EC_gen("P-256");
	cert_ca = cert_new(cert_ca_key, &wish);
	X509_set_issuer_name(cert_ca, X509_get_subject_name(cert_ca));
	cert_extend(cert_ca, cert_ca, NID_basic_constraints,
		    "critical,CA:TRUE");
	X509_sign(cert_ca, cert_ca_key, EVP_sha256());
	cert_write("ca", cert_ca, cert_ca_key);
}

static inline void cert_end(void)
{
	for (size_t i = 0; i < n_cert_files; i++)
		unlink(cert_files[i]);
	rmdir(cert_dir);
	X509_free(cert_ca);
	EVP_PKEY_free(cert_ca_key);
}

#endif
