# embed.awk - a text file as the C array openapi_json.
#
# Bytes as numbers, not as a string: ISO C lets a compiler refuse a string
# literal beyond 4095 bytes.
#
# SPDX-License-Identifier: MIT
BEGIN {
	for (i = 1; i < 256; i++)
		code[sprintf("%c", i)] = i
	print "/* Made from openapi.json by embed.awk; do not edit. */"
	print "#include <stddef.h>\n"
	print "extern const char openapi_json[];"
	print "extern const size_t openapi_json_len;\n"
	print "const char openapi_json[] = {"
}
{
	sub(/^ +/, "")
	line = ""
	n = length($0)
	for (i = 1; i <= n; i++)
		line = line code[substr($0, i, 1)] ","
	print line "10,"
}
END {
	print "0 };"
	print "const size_t openapi_json_len = sizeof(openapi_json) - 1;"
}
