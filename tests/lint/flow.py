#!/usr/bin/python3
"""flow - what the documents say of the code is there.

docs/FLOW.md: each `file.c` in backticks exists, and each `function()` is
defined in the file that was named last before it in the same paragraph, item
or table row. Other documents: each file in backticks exists. docs/CONFIG.md:
its table has the keys of core/options.c, in that order.

SPDX-License-Identifier: MIT
"""
import re
import sys

from sources import files, report, text_of

TICKS = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w.\-/]+\.(?:c|h|py)")
CALL = re.compile(r"(\w+)\(\)")
BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.)\s)")
# Files that a document speaks of without their being there.
EXAMPLES = {"x.c", "test_x.c", "alaw.c"}
KEY = re.compile(r'^(?:TEXT|INT|BOOL|ENUM)\(\w+, "([^"]+)"', re.M)
TABLE = re.compile(r"<!-- options -->\n(.*?)<!-- /options -->", re.S)
ROW = re.compile(r"^\| `([^`]+)` \|", re.M)


def prose(text):
    """The text without its indented blocks, lines kept in place."""
    lines = text.split("\n")
    quoted = False
    for i, line in enumerate(lines):
        before = lines[i - 1] if i else ""
        if line.startswith("    ") and (quoted or not before.strip()):
            quoted = True
            lines[i] = ""
        elif line.strip():
            quoted = False
    return "\n".join(lines)


def blocks(text):
    """Each paragraph, list item or table row, with the line it begins at."""
    at = 0
    for match in list(BLOCK.finditer(text)) + [None]:
        end = match.start() if match else len(text)
        yield text.count("\n", 0, at) + 1, text[at:end]
        at = match.end() if match else end


def find(name, known):
    """The files that a document may mean: the one of that path from the top
    or from core/, else all of that name."""
    for path in (name, f"core/{name}", f"core/abi/{name}"):
        if path in known:
            return [path]
    return [path for path in known if path.endswith("/" + name)]


def defines(text, function):
    """Does this C text hold the body of the function?"""
    return re.search(rf"^[A-Za-z_][\w \t*]*\b{function}\([^;{{}}]*\)\s*\{{",
                     text, re.M) is not None


def problems_of_block(path, line, block, known, functions):
    current = None
    for match in TICKS.finditer(block):
        word = match[1]
        here = line + block.count("\n", 0, match.start())
        call = CALL.fullmatch(word)
        if FILE.fullmatch(word) and word.split("/")[-1] not in EXAMPLES:
            found = find(word, known)
            current = found[0] if len(found) == 1 else None
            if not found:
                yield f"{path}:{here}: there is no file {word}"
            elif functions and not current:
                yield f"{path}:{here}: there are several files {word}"
        elif call and functions:
            if not current:
                yield f"{path}:{here}: {word} stands without its file"
            elif not defines(text_of(current) or "", call[1]):
                yield f"{path}:{here}: {current} has no {word}"


def document_problems(known):
    for name in sorted(known):
        if not name.endswith(".md") or name == "CHANGELOG.md":
            continue
        text = prose(text_of(name) or "")
        for line, block in blocks(text):
            yield from problems_of_block(name, line, block, known,
                                         name == "docs/FLOW.md")


def table_problems():
    keys = KEY.findall(text_of("core/options.c") or "")
    table = TABLE.search(text_of("docs/CONFIG.md") or "")
    if not table:
        yield "docs/CONFIG.md: no table between the options markers"
        return
    rows = ROW.findall(table[1])
    for key in keys:
        if key not in rows:
            yield f"docs/CONFIG.md: {key} of core/options.c is missing"
    for row in rows:
        if row not in keys:
            yield f"docs/CONFIG.md: {row} is no key of core/options.c"
    if sorted(rows) == sorted(keys) and rows != keys:
        yield "docs/CONFIG.md: the table is in another order"


def main():
    known = {str(p) for p in files()}
    problems = list(document_problems(known)) + list(table_problems())
    return report("flow", problems)


if __name__ == "__main__":
    sys.exit(main())
