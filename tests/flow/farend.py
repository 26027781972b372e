"""farend - carillon-farend, the carrier on the desk, run for a test.

SPDX-License-Identifier: MIT
"""
import csv
import json
import queue
import re
import subprocess
import threading
import time

from carillond import build_dir
from process import Process
from rtp import Packet
from waiting import PATIENCE, TooLate, until


class FarCall:
    """A call as the far end saw it: figures["..."], and its packets."""

    def __init__(self, folder, figures):
        self.figures = figures
        self.number = figures["number"]
        self.uri = figures["request_uri"]
        self.violations = figures["violations"]
        self.rtp = figures["rtp"]
        self.before_answer = self.rtp["before_answer"]
        self.after_bye = self.rtp["after_bye"]
        self.first_after_ack_ms = self.rtp["first_packet_after_ack_ms"]
        self.base = next(iter(folder.glob(f"{figures['call']}-*.json"))
                         ).with_suffix("")
        self._packets = None

    @property
    def packets(self):
        """As rtp.Packet, in the order of their arrival."""
        if self._packets is None:
            rows = list(csv.DictReader(
                self.base.with_suffix(".csv").open(encoding="ascii")))
            payloads = self._payloads(rows)
            self._packets = [Packet(
                int(row["at_ns"]) / 1e9, int(row["seq"]), int(row["ts"]),
                int(row["ssrc"], 16), row["marker"] == "1", int(row["pt"]),
                payloads.get(int(row["seq"])), None) for row in rows]
        return self._packets

    def _payloads(self, rows):
        """{seq: bytes}; the far end keeps them joined, in order of seq."""
        raw = self.base.with_suffix(".raw").read_bytes() if rows else b""
        first = int(rows[0]["seq"]) if rows else 0
        lengths = {int(row["seq"]): int(row["len"]) for row in rows}
        found, at = {}, 0
        for seq in sorted(lengths, key=lambda s: (s - first + 0x8000)
                          & 0xFFFF):
            found[seq] = raw[at:at + lengths[seq]]
            at += lengths[seq]
        assert at == len(raw), "the recording and its packets disagree"
        return found


class FarEnd:
    """users: {name: password}; answers: {pattern of the number: script}."""

    def __init__(self, folder, port, users=None, answers=None, options=()):
        self.folder, self.port = folder, port
        folder.mkdir(parents=True, exist_ok=True)
        self.record = folder / "record"
        self.record.mkdir(exist_ok=True)
        command = [build_dir() / "carillon-farend", "--listen",
                   f"127.0.0.1:{port}", "--events", "-", "--record",
                   self.record, "--packets"]
        for user, password in (users or {}).items():
            command += ["--user", f"{user}:{password}"]
        for pattern, script in (answers or {}).items():
            command += ["--on", f"{pattern}={script}"]
        self.seen = []                  # every event, in order
        self.events = queue.Queue()
        self.listening = []
        self.process = Process([*command, *options], folder, "farend",
                               stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        until("the far end to listen", 10, self._listens)

    def _listens(self):
        assert self.process.alive() or self.listening, self.process.said()
        return self.listening

    def _read(self):
        for line in self.process.child.stdout:
            text = line.decode("utf-8", "replace").strip()
            address = re.match(r"listening (\w+:\S+)", text)
            if address:
                self.listening.append(address[1])
            elif text.startswith("{"):
                event = json.loads(text)
                self.seen.append(event)
                self.events.put(event)

    def wait_event(self, kind, seconds=5, predicate=lambda event: True):
        """The next event of a kind; those before it are passed over."""
        end = time.monotonic() + seconds * PATIENCE
        while True:
            try:
                event = self.events.get(timeout=max(
                    0.001, end - time.monotonic()))
            except queue.Empty:
                raise TooLate(f"no event {kind} within {seconds} s; seen: "
                              f"{self.seen[-12:]}") from None
            if event["event"] == kind and predicate(event):
                return event

    def wait_calls(self, count, seconds=10):
        """The calls that have ended, once there are so many of them."""
        until(f"{count} calls to be done at the far end", seconds,
              lambda: len(self.of_kind("done")) >= count)
        return [FarCall(self.record, event["figures"])
                for event in self.of_kind("done")]

    def of_kind(self, kind):
        return [event for event in self.seen if event["event"] == kind]

    def stop(self):
        self.process.terminate()
        self.reader.join(5)
