#!/usr/bin/python3
"""arrows - the include arrows between the rooms of the house point down.

    abi <- base <- sip|media|store|plugin <- call <- server, main

A room sees the doors of the rooms below it, never of one beside or above.
Codecs, plugins and the API see nothing of ours but the plugin contract.

SPDX-License-Identifier: MIT
"""
import re
import sys
from pathlib import Path

from sources import files, report, text_of

# Headers that other rooms may include. "*" opens a whole room.
DOORS = {
    "abi": "*",
    "base": "*",
    "sip": {"sip.h", "uac.h", "register.h", "sdp.h", "auth.h", "ping.h"},
    "media": {"media.h", "prompt.h"},
    "store": {"store.h"},
    "plugin": {"plugin.h"},
    "call": {"exchange.h"},
    "server": "*",
}

# What each room may look into, beside itself.
BELOW = {
    "abi": set(),
    "base": {"abi"},
    "sip": {"abi", "base"},
    "media": {"abi", "base"},
    "store": {"abi", "base"},
    "plugin": {"abi", "base"},
    "call": {"abi", "base", "sip", "media", "store", "plugin"},
    "server": {"abi", "base", "sip", "media", "store", "plugin", "call"},
}

OUTSIDERS = {"codecs", "plugins", "api"}    # the public contract only
GENERATED = {"config.h"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    """The room that a file lives in: core/<room>/... or the lobby."""
    parts = path.parts
    if parts[0] == "core":
        return parts[1] if len(parts) > 2 else "server"
    return parts[0]


def find(path, kind, name, known):
    """The file of ours that an include means, or None for the system's."""
    if name.startswith("carillon/"):
        return Path("core/abi") / name
    if kind == "<":
        return None
    for base in (path.parent, Path("core"), Path(".")):
        candidate = normal(base / name)
        if candidate in known:
            return candidate
    first = name.split("/")[0]
    if "/" in name and first in BELOW:      # a header not yet written
        return Path("core") / name
    return None


def normal(path):
    parts = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return Path(*parts)


def judge(path, kind, name, known):
    """Why an include is wrong, or None."""
    if name in GENERATED:
        return None
    target = find(path, kind, name, known)
    if target is None:
        return None
    here, there = room_of(path), room_of(target)
    if here in OUTSIDERS:
        own = here == there and (here != "plugins" or
                                 path.parts[:2] == target.parts[:2])
        if there == "abi" or own:
            return None
        return f"{here}/ may include <carillon/...> only"
    if here not in BELOW:
        return f"core/{here}/ is not a room of the house"
    if here == there:
        return None
    if there not in BELOW[here]:
        return f"no arrow from {here} to {there}"
    doors = DOORS[there]
    if doors != "*" and target.name not in doors:
        return f"{target.name} is no door of {there} " \
               f"(doors: {', '.join(sorted(doors))})"
    return None


def main():
    known = set(files())
    problems = []
    for path in sorted(known):
        if path.suffix not in {".c", ".h"}:
            continue
        if path.parts[0] not in OUTSIDERS | {"core"}:
            continue
        text = text_of(path) or ""
        for match in INCLUDE.finditer(text):
            why = judge(path, match[1], match[2], known)
            if why:
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{path}:{line}: includes {match[2]}: {why}")
    return report("arrows", problems)


if __name__ == "__main__":
    sys.exit(main())
