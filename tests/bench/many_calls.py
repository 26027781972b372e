#!/usr/bin/python3
"""many_calls - thousands of calls from one request, held at the same time.

The real server on one core (or more), carillon-farend on the others; every
packet's sequence, time stamp and bytes are checked where it arrives, by the
kernel's stamps. tests/bench/README.md says what the rows mean.

    CARILLON_BUILD=build tests/bench/many_calls.py --calls 3000

SPDX-License-Identifier: MIT
"""
import argparse
import json
import os
import random
import re
import resource
import sys
import tempfile
import time
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "flow"))

import g711                                                     # noqa: E402
import prompts                                                  # noqa: E402
from carillond import Carillond, build_dir                      # noqa: E402
from httpfiles import HttpFiles                                 # noqa: E402
from ports import Ports                                         # noqa: E402
from process import Process                                     # noqa: E402
from waiting import until                                       # noqa: E402

# Addresses of their own: thousands of ports, and nobody else's among them.
SERVER, FAR = "127.0.0.3", "127.0.0.2"
MEDIA_PORTS = "10000-31999"
RATE, FRAME = 8000, 160
NICE = -10
WARM_CALLS = 1000         # fill what is bounded: traces, caches, pools


def pin(pid, cores):
    """All threads of a process; those that it starts later follow."""
    for task in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(task), cores)


def hurry(pid):
    """Ahead of what else this machine does, where permitted."""
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(task), NICE)
    except PermissionError:
        pass


def thread_cpu(pid, name):
    """Seconds that threads of a name have used."""
    found = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().startswith(name):
            found += int((task / "schedstat").read_text().split()[0])
    return found / 1e9


def private_bytes(pid):
    """What the process alone has in memory."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * sum(int(n) for n in re.findall(
        r"^Private_(?:Dirty|Clean):\s+(\d+)", text, re.M))


class FarEnd:
    """carillon-farend that answers all and compares what it hears."""

    def __init__(self, folder, port, expected, cores):
        self.summary = folder / "summary.json"
        self.process = Process(
            [build_dir() / "carillon-farend", "--listen", f"{FAR}:{port}",
             "--rtp-ports", MEDIA_PORTS, "--headers-only",
             "--expect", expected, "--summary", self.summary],
            folder, "farend")
        until("the far end to listen", 10,
              lambda: "listening" in self.process.output())
        pin(self.process.pid, cores)
        hurry(self.process.pid)

    def figures(self):
        """Ends it; what it counted."""
        self.process.terminate(60)
        return json.loads(self.summary.read_text())


class Bench:
    def __init__(self, folder, options):
        self.options = options
        self.ports = Ports()
        media = folder / "prompts"
        media.mkdir()
        sound = array("h", random.Random(1).randbytes(
            2 * RATE * options.seconds))
        prompts.write_wav(media / "long.wav", sound)
        prompts.write_wav(media / "short.wav", sound[:FRAME * 25])
        (folder / "expected").write_bytes(
            b"".join(g711.packets("mulaw", [sound], FRAME)))
        self.carrier = None
        self.files = HttpFiles(media, self.ports.one())
        self.far_port = self.ports.one()
        self.far = FarEnd(folder / "far", self.far_port, folder / "expected",
                          options.far_cores)
        self.server = Carillond(folder / "server", self.ports, [
            f"limits.max_channels={max(options.calls, WARM_CALLS)}",
            f"limits.max_cps={options.rate}",
            f"media.ports={MEDIA_PORTS}", "log.level=warn",
            f"media.threads={len(options.cores)}"], host=SERVER)
        pin(self.server.pid, options.cores)
        hurry(self.server.pid)
        os.sched_setaffinity(0, options.far_cores)

    def ask(self, calls, name):
        body = {"from": "me", "carrier_id": self.carrier,
                "recipients": [{"to": str(200000 + n)} for n in range(calls)],
                "playlist": [{"play": self.files.url(name)}]}
        return self.server.post("/voice/call/play", body
                                ).accepted()["request_id"]

    def totals(self, request_id):
        return self.server.get(
            f"/voice/call/status/{request_id}?limit=1"
            ).accepted()["report"]["totals"]

    def wait(self, request_id, state, count, seconds):
        return until(f"{count} calls to be {state}", seconds,
                     lambda: self.totals(request_id)[state] >= count, 0.2)

    def run(self):
        options, pid = self.options, self.server.pid
        self.carrier = self.server.carrier(self.far_port, host=FAR,
                                           codecs=["mulaw"])
        # What is made once, or kept up to a bound, is there from now on.
        warm = self.ask(WARM_CALLS, "short.wav")
        self.wait(warm, "completed", WARM_CALLS,
                  30 + WARM_CALLS / options.rate)
        empty = private_bytes(pid)
        asked = time.monotonic()
        request_id = self.ask(options.calls, "long.wav")
        self.wait(request_id, "answered", options.calls,
                  30 + options.calls / options.rate)
        ramp = time.monotonic() - asked
        full = private_bytes(pid)
        begin = time.monotonic(), thread_cpu(pid, "media-"), \
            self.server.cpu_seconds()
        end_at = asked + options.seconds - 2
        time.sleep(max(3.0, end_at - time.monotonic()))
        passed = time.monotonic() - begin[0]
        packets = options.calls * passed * RATE / FRAME
        media = thread_cpu(pid, "media-") - begin[1]
        whole = self.server.cpu_seconds() - begin[2]
        self.wait(request_id, "completed", options.calls,
                  ramp + options.seconds + 30)
        self.server.stop()
        self.files.close()
        return {"ramp": ramp, "memory": (full - empty) / options.calls,
                "media_us": media / packets * 1e6,
                "whole_us": whole / packets * 1e6,
                "load": whole / passed, "far": self.far.figures()}


def judge(found, options):
    """[(what, value, bound or None)]; the value must not be above."""
    far, rtp = found["far"], found["far"]["rtp"]
    return [
        ("calls that were not completed", options.calls + WARM_CALLS -
         far["ended_by_caller"], 0),
        ("calls that did not hear every byte", options.calls -
         rtp["calls_that_heard_all"], 0),
        ("packets with a wrong byte", rtp["packets_of_wrong_content"], 0),
        ("packets lost", rtp["lost"], 0),
        ("packets twice or out of order",
         rtp["duplicates"] + rtp["reordered"], 0),
        ("gaps outside 20 ms +- 20 ms, %", 100 * rtp["outside_share"], 1),
        ("calls at once, missing",
         max(0, options.calls - far["calls_active_max"]), 0),
        ("longest gap, ms", rtp["max_ms"], None),
        ("times that a stall was skipped", rtp["ts_jumps"], None),
        ("p99 of the gaps, ms", rtp["p99_ms"], None),
        ("memory of a talking call, KiB", found["memory"] / 1024, 16),
        ("CPU of a packet, media threads, us", found["media_us"], None),
        ("CPU of a packet, whole server, us", found["whole_us"], None),
        ("load of the server, cores", found["load"], None),
        ("until all had answered, s", found["ramp"], None),
    ]


def show(rows, title):
    print(title)
    for what, value, bound in rows:
        verdict = "-" if bound is None else \
            "ok" if value <= bound else "BROKEN"
        limit = "-" if bound is None else f"{bound:g}"
        print(f"  {what:42} {value:12.3f} {limit:>6}  {verdict}")
    return all(bound is None or value <= bound for _, value, bound in rows)


def give_up(why):
    """What cannot be measured here is not broken."""
    print(f"many_calls: {why}")
    sys.exit(77)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    cores = sorted(os.sched_getaffinity(0))
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--seconds", type=int, default=40,
                        help="of the prompt (%(default)s)")
    parser.add_argument("--rate", type=int, default=500,
                        help="calls started a second (%(default)s)")
    parser.add_argument("--cores", type=int, default=1,
                        help="for the server; the far end has the rest, or "
                             "all where there is no rest")
    options = parser.parse_args()
    if len(cores) < 2:
        give_up("needs two cores")
    options.far_cores = cores[options.cores:] or cores
    options.cores = cores[:options.cores]
    return options


def allow_files(need):
    """Two sockets a call, in either process."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < need:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (need, need))
        except (ValueError, OSError):
            give_up(f"needs {need} open files, may have {hard}")


def main():
    options = read_options()
    allow_files(2 * options.calls + 1000)
    with tempfile.TemporaryDirectory(prefix="carillon-bench.") as folder:
        found = Bench(Path(folder), options).run()
    title = f"{options.calls} calls of {options.seconds} s, server on " \
            f"{len(options.cores)} core(s)"
    return 0 if show(judge(found, options), title) else 1


if __name__ == "__main__":
    sys.exit(main())
