#!/usr/bin/python3
"""style - what no source file may hold: calls without a ceiling, notes to
oneself, paths of one machine, and more lines than a reader can hold.

SPDX-License-Identifier: MIT
"""
import re
import sys

from sources import ROOT, files, report, text_of

MAX_LINES = 600
BANNED = re.compile(r"\b(sprintf|vsprintf|strcpy|strcat|gets|atoi|atol|atof"
                    r"|alloca)\s*\(")
NOTE = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
CODE = {".c", ".h"}
NOTED = {".c", ".h", ".py", ".sh", ".ac", ".am", ".inc", ".xml", ""}
BINARY = {".png", ".wav", ".bin", ".raw", ".gz"}

COMMENT_OR_STRING = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

# Folders that any machine may have, and that a file may therefore name.
COMMON = {"/", "/tmp", "/usr", "/usr/src", "/usr/local", "/usr/local/src",
          "/opt", "/srv", "/var", "/var/tmp", "/home", "/root", "/mnt"}


def bare(text):
    """C text without comments and strings, lines kept in place."""
    return COMMENT_OR_STRING.sub(
        lambda m: "\n" * m[0].count("\n") or " ", text)


def machine_paths():
    """Matches a path that exists on the writer's machine only."""
    own = {str(p) for p in (ROOT, ROOT.parent) if str(p) not in COMMON}
    names = [re.escape(p) for p in sorted(own)]
    names += [r"/home/\w+", "/ro" "ot"]
    return re.compile(r"(?<![\w.\-/$}])(?:" + "|".join(names) + r")/")


def line_of(text, match):
    return text.count("\n", 0, match.start()) + 1


def problems_of(path, text, paths):
    if path.suffix in CODE:
        code = bare(text)
        for m in BANNED.finditer(code):
            yield f"{path}:{line_of(code, m)}: {m[1]}() has no ceiling"
        lines = text.count("\n")
        if lines > MAX_LINES:
            yield f"{path}: {lines} lines, split it by noun " \
                  f"(at most {MAX_LINES})"
    if path.suffix in NOTED:
        for m in NOTE.finditer(text):
            yield f"{path}:{line_of(text, m)}: {m[1]} belongs in an issue"
    for m in paths.finditer(text):
        yield f"{path}:{line_of(text, m)}: path of one machine: {m[0]}"


def main():
    paths = machine_paths()
    problems = []
    for path in files():
        if path.suffix in BINARY or "corpus" in path.parts:
            continue
        text = text_of(path)
        if text is not None:
            problems += problems_of(path, text, paths)
    return report("style", problems)


if __name__ == "__main__":
    sys.exit(main())
