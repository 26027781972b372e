"""Encrypted calls to a real phone, baresip, whose SRTP is libre's own: both
ways, each suite that it has.

SPDX-License-Identifier: MIT
"""
import re
import socket
import threading

import pytest

import correlate
import judge
import prompts
from baresip import Baresip
from carillond import Carillond
from httpfiles import HttpFiles
from message import Message, build
from netns import inside
from sealed import CM80, OFFER


class OneSuite:
    """A SIP relay that takes out of an offer all keys but those of one suite,
    and lets the answers through. What follows goes past it."""

    def __init__(self, port, host, far, suite):
        self.far, self.suite = far, suite
        self.near = None
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, port))
        self.sock.settimeout(0.2)
        self.closed = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _less(self, data):
        message = Message(data)
        if message.is_response or message.method != "INVITE":
            return data
        body = re.sub(rf"a=crypto:\d+ (?!{self.suite} )\S+ \S+\r\n", "",
                      message.body.decode())
        return build(message.start, [h for h in message.headers if
                                     h[0].lower() not in
                                     ("content-length", "content-type")],
                     body.encode())

    def _run(self):
        while not self.closed:
            try:
                data, source = self.sock.recvfrom(65536)
            except socket.timeout:
                continue
            if source == self.far:
                self.sock.sendto(data, self.near)
            else:
                self.near = source
                self.sock.sendto(self._less(data), self.far)

    def close(self):
        self.closed = True
        self.thread.join(2)
        self.sock.close()


class Line:
    """A server, a phone, and what is played from one to the other."""

    def __init__(self, netns, folder, ports, stop_later, mediaenc):
        media = folder / "prompts"
        media.mkdir()
        self.samples = prompts.make_article(media)
        self.netns, self.ports, self.stop_later = netns, ports, stop_later
        self.files = stop_later(inside(
            netns.left, lambda: HttpFiles(media, ports.one())))
        self.far = (netns.right_ip, 5060)
        self.phone = stop_later(Baresip(folder, netns.prefix(netns.right),
                                        netns.right_ip, user="1",
                                        mediaenc=mediaenc))
        self.server = stop_later(Carillond(
            folder / "server", ports, host=netns.left_ip,
            namespace=netns.left))

    def through(self, suite):
        """The way to the phone that offers it one suite."""
        relay = self.stop_later(inside(self.netns.left, lambda: OneSuite(
            self.ports.one(), self.netns.left_ip, self.far, suite)))
        return relay.sock.getsockname()

    def call(self, mode, to=None):
        """The row of a call that is over."""
        host, port = to or self.far
        carrier_id = self.server.carrier(port, host=host, srtp=mode,
                                         transport="udp", codecs=["mulaw"])
        urls = [self.files.url(name) for name, _, _ in prompts.ARTICLE]
        request_id = self.server.play("1", urls, carrier_id=carrier_id)
        return judge.only_row(self.server.wait_done(request_id, 30))

    def heard(self):
        """All that was played was heard, not a sample lost or added."""
        self.phone.wait_said("terminated", 5)
        self.phone.stop()
        rate, heard = self.phone.recording()
        assert rate == 8000
        whole = [s for prompt in self.samples for s in prompt]
        worst, mean, lags = correlate.match(whole, list(heard))
        assert mean > 0.99 and worst > 0.95
        assert len(set(lags)) == 1


@pytest.fixture
def new_line(netns, tmp_path, ports, stop_later):
    return lambda mediaenc: Line(netns, tmp_path, ports, stop_later, mediaenc)


def both_ways(row, suite):
    assert row["state"] == "completed", row
    attempt = row["attempts"][0]
    assert attempt["srtp"] == suite
    # The phone talks as long as we do, 50 packets a second.
    sent, received = (attempt["rtp"][k] for k in ("sent", "received"))
    assert received > 0.8 * sent > 100
    assert attempt["rtp"]["lost"] == 0
    # It begins with two pings in RTCP, one of them before it has its keys.
    assert attempt["rtp"]["strangers"] <= (2 if suite else 0)


@pytest.mark.parametrize("mediaenc", ["srtp", "srtp-mand"])
@pytest.mark.parametrize("suite", OFFER)
def test_baresip_hears_and_is_heard_in_each_suite(new_line, suite, mediaenc):
    line = new_line(mediaenc)
    row = line.call("required", line.through(suite))
    both_ways(row, suite)
    line.heard()
    assert f"SRTP is Enabled (cryptosuite={suite})" in \
        line.phone.process.output()


def test_baresip_takes_the_first_suite_of_ours(new_line):
    line = new_line("srtp-mand")
    both_ways(line.call("required"), CM80)
    line.heard()


def test_baresip_takes_keys_that_are_optional(new_line):
    line = new_line("srtp")
    both_ways(line.call("optional"), CM80)
    line.heard()


def test_baresip_without_srtp_gets_what_is_optional_plain(new_line):
    line = new_line(None)
    both_ways(line.call("optional"), None)
    line.heard()


def test_baresip_without_srtp_is_not_called_where_it_is_required(new_line):
    """It refuses, or its answer is of no use; nothing is sent to it plain."""
    line = new_line(None)
    row = line.call("required")
    assert row["state"] == "failed"
    attempt = row["attempts"][0]
    assert attempt["rtp"]["sent"] == 0 and attempt["srtp"] is None
    assert attempt["sip_code"] == 488 or \
        row["reason"].startswith("unusable_answer")


def test_baresip_that_requires_it_is_not_reached_plain(new_line):
    line = new_line("srtp-mand")
    row = line.call("off")
    assert row["state"] == "failed" and row["attempts"][0]["rtp"]["sent"] == 0
