/*
 * conf_xml.c - reads a configuration file with libxml2 and has it judged by
 * the RELAX NG schema that is made from the option table.
 *
 *	file -> parser (no DOCTYPE, no network) -> conf_walk -> schema
 *
 * libxml2 never prints by itself: every complaint ends in `error`.
 * Main thread.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>
#include <unistd.h>

#include "base/conf_impl.h"
#include "base/str.h"

/* Where complaints of libxml2 go: the first one is the cause, the others are
 * its consequences.                                                          */
struct judge {
	const char *file;
	char *error;
	bool doctype;
};

static void complain(struct judge *j, int line, const char *message)
{
	size_t len = strcspn(message, "\r\n");

	if (j->error[0])
		return;
	str_printf(j->error, CONF_ERROR_LEN, "%.100s:%d: %.*s", j->file, line,
		   (int)(len < 300 ? len : 300), message);
}

static void on_schema_error(void *arg, xmlErrorPtr e)
{
	complain(arg, e->line, e->message ? e->message : "not valid");
}

static void on_parser_error(void *arg, xmlErrorPtr e)
{
	const xmlParserCtxt *ctxt = arg;

	complain(ctxt->_private, e->line,
		 e->message ? e->message : "not well-formed XML");
}

/* Entities are of no use in a configuration, and a handful of them can fill
 * the memory: the parser stops where a DOCTYPE begins.                       */
static void on_doctype(void *arg, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	xmlParserCtxt *ctxt = arg;
	struct judge *j = ctxt->_private;

	(void)name;
	(void)external;
	(void)system;
	complain(j, ctxt->input ? ctxt->input->line : 0,
		 "a DOCTYPE is not allowed here");
	j->doctype = true;
	xmlStopParser(ctxt);
}

static xmlDocPtr parse(struct judge *j, const char *xml, size_t len)
{
	const int options = XML_PARSE_NONET | XML_PARSE_BIG_LINES;
	xmlParserCtxt *ctxt = xmlNewParserCtxt();
	xmlDocPtr doc;

	if (!ctxt)
		return NULL;
	ctxt->_private = j;
	ctxt->sax->serror = on_parser_error;
	ctxt->sax->internalSubset = on_doctype;
	doc = xmlCtxtReadMemory(ctxt, xml, (int)len, j->file, NULL, options);
	if (doc && j->doctype) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(ctxt);
	return doc;
}

/* The schema is ours: if it does not compile, that is our own mistake, and
 * the message says so.                                                       */
static int make_schema(struct conf *c, struct judge *j)
{
	xmlRelaxNGParserCtxtPtr parser = NULL;
	struct buf text;

	if (c->schema)
		return 0;
	buf_init(&text, CONF_FILE_MAX);
	conf_print_schema(c->table, &text);
	if (!text.err)
		parser = xmlRelaxNGNewMemParserCtxt(text.data, (int)text.len);
	if (parser) {
		xmlRelaxNGSetParserStructuredErrors(parser, on_schema_error, j);
		c->schema = xmlRelaxNGParse(parser);
		xmlRelaxNGFreeParserCtxt(parser);
	}
	buf_deinit(&text);
	return c->schema ? 0 : -ENOMEM;
}

static int validate(struct conf *c, struct judge *j, xmlDocPtr doc)
{
	xmlRelaxNGValidCtxtPtr ctxt;
	int err = make_schema(c, j);

	if (err)
		return err;
	ctxt = xmlRelaxNGNewValidCtxt(c->schema);
	if (!ctxt)
		return -ENOMEM;
	xmlRelaxNGSetValidStructuredErrors(ctxt, on_schema_error, j);
	if (xmlRelaxNGValidateDoc(ctxt, doc))
		err = -EINVAL;
	xmlRelaxNGFreeValidCtxt(ctxt);
	return err;
}

static void forget_file(struct conf *c)
{
	for (size_t i = 0; i < c->n; i++)
		conf_value_free(&c->values[i].file);
	conf_plugins_forget(c);
}

int conf_load_mem(struct conf *c, const char *name, const char *xml, size_t len,
		  char error[CONF_ERROR_LEN])
{
	struct judge j = { .file = name, .error = error };
	int err = -EINVAL;
	xmlDocPtr doc;

	error[0] = '\0';
	forget_file(c);
	if (len > CONF_FILE_MAX) {
		complain(&j, 1, "the file is too large");
		return -EFBIG;
	}
	doc = parse(&j, xml, len);
	if (doc && xmlDocGetRootElement(doc))
		err = conf_walk(c, name, xmlDocGetRootElement(doc), error);
	if (!err)
		err = validate(c, &j, doc);
	xmlFreeDoc(doc);
	if (err) {
		complain(&j, 1, "this is not a configuration file");
		forget_file(c);
	}
	return err;
}

static int read_file(struct buf *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char part[4096];
	ssize_t n = 1;
	int err = 0;

	if (fd < 0)
		return -errno;
	while (n && !b->err) {
		n = read(fd, part, sizeof(part));
		if (n > 0)
			buf_write(b, part, (size_t)n);
		else if (n < 0 && errno != EINTR) {
			err = -errno;
			break;
		}
	}
	close(fd);
	return err ? err : b->err == -ENOBUFS ? -EFBIG : b->err;
}

int conf_load(struct conf *c, const char *path, char error[CONF_ERROR_LEN])
{
	struct buf b;
	int err;

	buf_init(&b, CONF_FILE_MAX);
	err = read_file(&b, path);
	if (err)
		str_printf(error, CONF_ERROR_LEN, "%.300s: %s", path,
			   strerror(-err));
	else
		err = conf_load_mem(c, path, b.data ? b.data : "", b.len,
				    error);
	buf_deinit(&b);
	return err;
}
