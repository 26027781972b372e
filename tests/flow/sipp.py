"""sipp - plays one of the scenarios in sipp/ as the called party.

The far end's audio goes to a receiver of the test's own, whose port is
written into the scenario's answer.

SPDX-License-Identifier: MIT
"""
import re
from pathlib import Path

from message import Message
from ports import udp_is_bound
from process import Process
from waiting import PATIENCE, until

SCENARIOS = Path(__file__).parent / "sipp"


class Sipp:
    def __init__(self, folder, port, scenario, rtp_port=0, calls=1,
                 seconds=40, **keys):
        self.port, self.scenario = port, scenario
        self.folder = folder / f"sipp-{scenario}-{port}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.trace = self.folder / "messages"
        self.error_path = self.folder / "errors"
        command = ["sipp", "-sf", SCENARIOS / f"{scenario}.xml", "-i",
                   "127.0.0.1", "-p", port, "-mi", "127.0.0.1", "-m", calls,
                   "-nostdin", "-trace_msg", "-message_file", self.trace,
                   "-trace_err", "-error_file", self.error_path,
                   "-timeout", f"{int(seconds * PATIENCE)}s",
                   "-timeout_error", "-key", "rtp_port", rtp_port]
        if scenario == "repeated_200":
            # Otherwise sipp takes our second, identical ACK for one that was
            # sent again, and answers it with a 200, for ever.
            command.append("-nr")
        for name, value in keys.items():
            command += ["-key", name, value]
        self.process = Process(command, self.folder, "sipp",
                               env={"TERM": "dumb"})
        until("sipp to listen", 10, self._listens)

    def _listens(self):
        assert self.process.alive(), self.said()
        return udp_is_bound(self.port)

    def said(self):
        errors = self.error_path.read_text() \
            if self.error_path.exists() else ""
        return f"{self.scenario}: {errors}\n{self.process.said()[-1500:]}" \
               f"\n{self.messages_text()}"

    def finish(self, seconds=40):
        """Waits for the scenario's end and asserts that it was followed."""
        status = self.process.wait(seconds)
        assert status == 0, f"sipp {self.scenario} ended with {status}\n" \
                            + self.said()
        return self.messages()

    def messages_text(self):
        return self.trace.read_text() if self.trace.exists() else ""

    def messages(self):
        """[(direction, Message)], direction being 'sent' or 'received'."""
        found = []
        for part in re.split(r"^-{20,} .*$", self.messages_text(),
                             flags=re.M):
            head = re.search(r"^UDP message (sent|received).*?:\n\n", part,
                             re.M | re.S)
            if head:
                text = part[head.end():].replace("\r\n", "\n")
                data = text.replace("\n", "\r\n").encode()
                found.append((head[1], Message(data.lstrip())))
        return found

    def received(self, method):
        return [m for way, m in self.messages()
                if way == "received" and m.method == method
                and not m.is_response]

    def stop(self):
        self.process.kill()
