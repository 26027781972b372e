#!/usr/bin/python3
"""docs - man pages are well formed and links between pages lead somewhere.

SPDX-License-Identifier: MIT
"""
import re
import subprocess
import sys

from sources import ROOT, files, report, text_of

LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
MAN = re.compile(r"\.[1-9](\.in)?$")


def man_problems(path):
    done = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", str(path)], cwd=ROOT,
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    out = (done.stdout + done.stderr).strip()
    return out.splitlines() if out else []


def link_problems(path):
    text = text_of(path) or ""
    for match in LINK.finditer(text):
        target = match[1]
        if re.match(r"[a-z]+:", target):
            continue
        if not (ROOT / path.parent / target).exists():
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: link to {target} leads nowhere"


def main():
    problems = []
    for path in files():
        if MAN.search(path.name) and "docs" in path.parts:
            problems += man_problems(path)
        elif path.suffix == ".md":
            problems += link_problems(path)
    return report("docs", problems)


if __name__ == "__main__":
    sys.exit(main())
