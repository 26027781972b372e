#!/usr/bin/python3
"""conformance - docs/CONFORMANCE.md and the tests named after RFCs agree.

Each row of its tables says "RFC 3261 9.1" (or "RFC 3261 22.2, 22.4"), what is
kept to, and the tests that show it. Each test of a row is there, its name
begins with one of the row's sections, and each test of tests/flow that is
named after an RFC stands in a row.

SPDX-License-Identifier: MIT
"""
import re
import sys

from sources import files, report, text_of

PAGE = "docs/CONFORMANCE.md"
ROW = re.compile(r"^\| RFC (\d+) ([\d., A-Z]*?)\s*\|(.*)\|(.*)\|$")
NAME = re.compile(r"`(test_\w+)`")
TEST = re.compile(r"^def (test_\w+)\(", re.M)
NAMED = re.compile(r"test_rfc\d+_")


def tests():
    """{name: files it stands in} of the flow tests."""
    found = {}
    for path in files():
        if path.parts[:2] == ("tests", "flow") and path.suffix == ".py":
            for name in TEST.findall(text_of(path) or ""):
                found.setdefault(name, []).append(str(path))
    return found


def begins(rfc, sections):
    """How the names of a row's tests may begin."""
    parts = [s.strip() for s in sections.split(",") if s.strip()]
    return [f"test_rfc{rfc}_{s.replace('.', '_').lower()}_"
            for s in parts] or [f"test_rfc{rfc}_"]


def row_problems(where, row, there):
    names = NAME.findall(row[4])
    if not row[3].strip():
        yield f"{where}: a row that says nothing"
    if not names:
        yield f"{where}: a row without a test"
    for name in names:
        if name not in there:
            yield f"{where}: there is no test {name}"
        elif not name.startswith(tuple(begins(row[1], row[2]))):
            yield f"{where}: {name} is not named after its section"


def problems_of(text, there):
    shown = set()
    for number, line in enumerate(text.split("\n"), 1):
        row = ROW.match(line)
        where = f"{PAGE}:{number}"
        if row:
            yield from row_problems(where, row, there)
            shown.update(NAME.findall(row[4]))
        elif "`test_" in line:
            yield f"{where}: a test outside a row that begins with an RFC"
    for name in sorted(there):
        if NAMED.match(name) and name not in shown:
            yield f"{there[name][0]}: {name} is not in {PAGE}"


def main():
    there = tests()
    problems = list(problems_of(text_of(PAGE) or "", there))
    problems += [f"{paths[1]}: {name} is in {paths[0]} too"
                 for name, paths in sorted(there.items())
                 if NAMED.match(name) and len(paths) > 1]
    return report("conformance", problems)


if __name__ == "__main__":
    sys.exit(main())
