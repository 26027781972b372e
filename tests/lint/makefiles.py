#!/usr/bin/python3
"""makefiles - every C file is named in a Makefile.inc, and nothing else is.

A test that no list names would never run, a header that no list names would
be missing from the distribution.

SPDX-License-Identifier: MIT
"""
import re
import sys

from sources import files, report, text_of

NAMED = re.compile(r"(?<![\w./-])((?:core|codecs|api|plugins|tools|tests)/"
                   r"[\w./-]+\.[ch])\b")
PROGRAM = re.compile(r"(?<![\w./-])(tests/(?:unit/test|fuzz/fuzz)_\w+)(?=\s|$)")
MADE = {"api/openapi.c"}


def main():
    listed = set(MADE)
    for path in files():
        if path.name == "Makefile.inc":
            text = text_of(path) or ""
            listed.update(NAMED.findall(text))
            listed.update(name + ".c" for name in PROGRAM.findall(text))
    there = {str(path) for path in files() if path.suffix in {".c", ".h"}
             and path.parts[0] != "docs"} | MADE
    problems = [f"{name}: in no Makefile.inc" for name in
                sorted(there - listed)]
    problems += [f"{name}: named in a Makefile.inc, but not there"
                 for name in sorted(listed - there)]
    return report("makefiles", problems)


if __name__ == "__main__":
    sys.exit(main())
