"""sources - which files of the checkout a lint looks at.

SPDX-License-Identifier: MIT
"""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED_DIRS = {".git", "build", "autom4te.cache", "__pycache__", ".libs",
                ".deps", ".pytest_cache", "build-aux", "m4"}
GENERATED = {"configure", "Makefile.in", "aclocal.m4", "config.h.in",
             "configure~", "config.status", "libtool", "Makefile"}


def files():
    """Paths relative to ROOT: what git tracks or would track."""
    try:
        out = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-co",
             "--exclude-standard", "-z"],
            cwd=ROOT, check=True, capture_output=True, text=True).stdout
        names = [n for n in out.split("\0") if n]
        if names:
            found = {Path(n) for n in names if (ROOT / n).is_file()}
            return sorted(p for p in found if is_ours(p))
    except (OSError, subprocess.CalledProcessError):
        pass
    return sorted(p for p in walk() if is_ours(p))


def is_ours(path):
    """Not something that a tool wrote."""
    return path.name not in GENERATED and \
        not SKIPPED_DIRS.intersection(path.parts)


def walk():
    for here, dirs, names in os.walk(ROOT):
        dirs[:] = [d for d in dirs if d not in SKIPPED_DIRS]
        for name in names:
            yield (Path(here) / name).relative_to(ROOT)


def text_of(path):
    """The text of a file, or None for one that is not text."""
    data = (ROOT / path).read_bytes()
    if b"\0" in data[:8192]:
        return None
    return data.decode("utf-8", "replace")


def report(name, problems):
    """Prints the problems; the exit status for the process."""
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problem(s)" if problems
          else f"{name}: clean")
    return 1 if problems else 0
