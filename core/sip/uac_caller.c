/*
 * uac_caller.c - who calls: From, To, Contact, and the identity that carriers
 * assert (RFC 3323, 3325).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/build.h"
#include "sip/msg.h"
#include "sip/uac_call.h"

static bool has_text(const char *s)
{
	return s && *s;
}

static void write_host(struct buf *out, const char *host)
{
	bool bare_v6 = strchr(host, ':') && *host != '[';

	buf_printf(out, bare_v6 ? "[%s]" : "%s", host);
}

/* "Bob" <sip:bob@domain>                                                      */
static void write_identity(const struct uac *u, const char *domain,
			   struct buf *out)
{
	if (has_text(u->from_name)) {
		build_quoted(out, u->from_name);
		buf_putc(out, ' ');
	}
	buf_puts(out, "<sip:");
	if (has_text(u->from_user)) {
		build_user(out, u->from_user);
		buf_putc(out, '@');
	}
	write_host(out, domain);
	buf_putc(out, '>');
}

static void write_from(const struct uac *u, struct buf *out)
{
	buf_puts(out, "From: ");
	/* RFC 3323 4.1.1.3: these very words.                                 */
	if (u->caller_id == UAC_CALLER_PRIVATE)
		buf_puts(out, "\"Anonymous\" "
			      "<sip:anonymous@anonymous.invalid>");
	else	/* Without a domain, caller_complete() writes our address.     */
		write_identity(u, u->from_domain ? u->from_domain : "0.0.0.0",
			       out);
	buf_printf(out, ";tag=%s\r\n", u->tag);
}

/* 19.1.1, table 1: To holds no port and no parameter that says how to get there,
 * so only the user parameter is taken over from the Request-URI.              */
static int write_to(const struct uac *u, struct buf *out)
{
	osip_uri_t *uri = NULL, *to = NULL;
	osip_uri_param_t *user = NULL;
	char *text = NULL;
	int err = -ENOMEM;

	if (osip_uri_init(&uri) || osip_uri_init(&to) ||
	    osip_uri_parse(uri, u->request_uri))
		goto out;
	to->scheme = osip_strdup(uri->scheme);
	to->host = osip_strdup(uri->host);
	if (uri->username)
		to->username = osip_strdup(uri->username);
	osip_uri_uparam_get_byname(uri, "user", &user);
	if (user && user->gvalue && !strcasecmp(user->gvalue, "phone"))
		osip_uri_set_user_phone(to);
	if (osip_uri_to_str(to, &text))
		goto out;
	buf_printf(out, "To: <%s>\r\n", text);
	osip_free(text);
	err = out->err;
 out:
	osip_uri_free(uri);
	osip_uri_free(to);
	return err;
}

int caller_write(const struct uac *u, struct buf *out)
{
	write_from(u, out);
	return write_to(u, out);
}

/* ---- what depends on the way out ------------------------------------------ */

/* From must stay as it is when the request is tried again, also elsewhere.    */
static int set_domain(struct uac *u, osip_message_t *m,
		      const struct addr *local)
{
	const char *own = u->sip->advertise_host;
	char ip[ADDR_TEXT_LEN];
	char *host;

	if (u->from_domain)
		return 0;
	addr_ip_text(local, ip);
	/* osip keeps an IPv6 literal without its brackets.                    */
	own += *own == '[';
	u->from_domain = *own ? strndup(own, strcspn(own, "]")) : strdup(ip);
	if (!u->from_domain)
		return -ENOMEM;
	if (u->caller_id == UAC_CALLER_PRIVATE)
		return 0;
	host = osip_strdup(u->from_domain);
	if (!host)
		return -ENOMEM;
	osip_free(m->from->url->host);
	m->from->url->host = host;
	return 0;
}

/* RFC 3325 9.1: an identity that is no one's is not asserted.                 */
static int assert_identity(const struct uac *u, osip_message_t *m)
{
	struct buf out;
	int err;

	if (u->caller_id == UAC_CALLER_FROM || !has_text(u->from_user) ||
	    msg_header(m, "P-Asserted-Identity", 0))
		return 0;
	buf_init(&out, BUILD_MESSAGE_MAX);
	write_identity(u, u->from_domain, &out);
	err = out.err;
	if (!err)
		err = build_add_header(m, "P-Asserted-Identity", out.data);
	buf_deinit(&out);
	return err;
}

int caller_complete(struct uac *u, osip_message_t *m,
		    const struct addr *local)
{
	int err = set_domain(u, m, local);

	if (!err)
		err = assert_identity(u, m);
	/* RFC 3325 9.3                                                        */
	if (!err && u->caller_id == UAC_CALLER_PRIVATE)
		err = build_set_header(m, "Privacy", "id");
	return err;
}

/* RFC 3323 4.1.1.2: the Contact of who wants to be private tells no user.     */
int caller_contact(const struct uac *u, osip_message_t *m,
		   const struct hop *hop)
{
	struct buf out;
	int err;

	buf_init(&out, BUILD_MESSAGE_MAX);
	buf_puts(&out, "<sip:");
	if (has_text(u->from_user) && u->caller_id != UAC_CALLER_PRIVATE) {
		build_user(&out, u->from_user);
		buf_putc(&out, '@');
	}
	hop_sent_by(u->sip, hop, &out);
	build_transport(&out, hop->transport);
	buf_putc(&out, '>');
	osip_list_special_free(&m->contacts,
			       (void (*)(void *))osip_contact_free);
	err = out.err;
	if (!err && osip_message_set_contact(m, out.data))
		err = -ENOMEM;
	buf_deinit(&out);
	return err;
}
