"""udp_peer - a scripted SIP peer on a raw UDP socket, for the odd cases.

A test reads what came with expect() and answers what it likes, in any
order and as broken as it likes. `Call` holds what a dialog needs.

SPDX-License-Identifier: MIT
"""
import hashlib
import re
import socket
import time

from message import Message, build, make_sdp, response, token
from waiting import PATIENCE, TooLate


class UdpPeer:
    transport = "UDP"           # in Via

    def __init__(self, port, host="127.0.0.1"):
        self.host, self.port = host, port
        self.sock = socket.socket(
            socket.AF_INET6 if ":" in host else socket.AF_INET,
            socket.SOCK_DGRAM)
        self.sock.bind((host, port))
        self.seen = []          # every message, in order
        self.waiting = []       # read, and not yet expected

    @property
    def address(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def contact(self):
        return f"sip:peer@{self.address}"

    def read(self, seconds):
        """The next message from the socket, or None."""
        self.sock.settimeout(max(seconds, 0.001))
        try:
            data, source = self.sock.recvfrom(65536)
        except (socket.timeout, ConnectionError):
            return None
        if not data.strip():
            return None
        message = Message(data, source, time.time())
        self.seen.append(message)
        return message

    def expect(self, what, seconds=5, **fields):
        """Waits for a method or a code; others are kept for later.

        what is "INVITE", 200, or a function of the message; fields compare
        attributes, e.g. call_id="...".
        """
        def wanted(message):
            if callable(what):
                fits = what(message)
            elif isinstance(what, int):
                fits = message.is_response and message.code == what
            else:
                fits = not message.is_response and message.method == what
            return fits and all(getattr(message, name) == value
                                for name, value in fields.items())

        end = time.monotonic() + seconds * PATIENCE
        for message in self.waiting:
            if wanted(message):
                self.waiting.remove(message)
                return message
        while time.monotonic() < end:
            message = self.read(end - time.monotonic())
            if message is None:
                continue
            if wanted(message):
                return message
            self.waiting.append(message)
        raise TooLate(f"no {what} within {seconds} s; seen: {self.seen}")

    def nothing(self, what, seconds):
        """Asserts that what does not come for some seconds."""
        try:
            message = self.expect(what, seconds / PATIENCE)
        except TooLate:
            return
        raise AssertionError(f"unexpected {message}\n{message.raw!r}")

    def drain(self):
        while self.read(0.01):
            pass
        self.waiting.clear()

    def send(self, data, to):
        self.sock.sendto(data, to)

    def answer(self, request, code, reason, **more):
        data = response(request, code, reason, **more)
        self.send(data, request.source)
        return data

    def request(self, method, uri, to, call_id, cseq, from_value, to_value,
                body=b"", branch=None, extra=()):
        headers = [
            ("Via", f"SIP/2.0/{self.transport} {self.address};rport;branch="
                    f"{branch or 'z9hG4bK' + token()}"),
            ("Max-Forwards", "70"), ("From", from_value), ("To", to_value),
            ("Call-ID", call_id), ("CSeq", f"{cseq} {method}"),
            ("Contact", f"<{self.contact}>")]
        data = build(f"{method} {uri} SIP/2.0", headers + list(extra), body)
        self.send(data, to)
        return data

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Answered:
    """One incoming call of a UdpPeer, answered by the test's script."""

    def __init__(self, peer, rtp_port, seconds=5, invite=None):
        self.peer = peer
        self.invite = invite or peer.expect("INVITE", seconds)
        self.tag = token(4)
        self.sdp = make_sdp(peer.host, rtp_port)
        self.cseq = 100

    def provisional(self, code=180, reason="Ringing"):
        self.peer.answer(self.invite, code, reason, to_tag=self.tag,
                         contact=self.peer.contact)

    def ok(self, tag=None, sdp=None):
        return self.peer.answer(self.invite, 200, "OK",
                                to_tag=tag or self.tag,
                                contact=self.peer.contact,
                                body=self.sdp if sdp is None else sdp)

    def refuse(self, code, reason):
        self.peer.answer(self.invite, code, reason, to_tag=self.tag)
        return self.peer.expect("ACK", call_id=self.invite.call_id)

    def ack(self, seconds=5):
        return self.peer.expect("ACK", seconds, call_id=self.invite.call_id)

    def bye(self):
        """Sends our BYE and returns the answer to it."""
        self.cseq += 1
        self.peer.request(
            "BYE", self.invite.contact_uri(), self.invite.source,
            self.invite.call_id, self.cseq,
            self.invite.get("to") + f";tag={self.tag}",
            self.invite.get("from"))
        return self.peer.expect(lambda m: m.is_response and
                                m.cseq == (self.cseq, "BYE"))

    def take_bye(self, seconds=5):
        bye = self.peer.expect("BYE", seconds, call_id=self.invite.call_id)
        self.peer.answer(bye, 200, "OK")
        return bye


def digest(challenge, method, uri, user, password):
    """The value of an Authorization header for a challenge's value."""
    def field(name):
        found = re.search(rf'{name}="?([^",]+)"?', challenge)
        return found[1] if found else ""

    algorithm = field("algorithm") or "MD5"
    kind = "sha256" if algorithm.upper() == "SHA-256" else "md5"

    def h(text):
        return hashlib.new(kind, text.encode()).hexdigest()

    realm, nonce = field("realm"), field("nonce")
    first, second = h(f"{user}:{realm}:{password}"), h(f"{method}:{uri}")
    parts = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"',
             f'uri="{uri}"', f"algorithm={algorithm}"]
    if "auth" in field("qop"):
        cnonce = token()
        answer = h(f"{first}:{nonce}:00000001:{cnonce}:auth:{second}")
        parts += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    else:
        answer = h(f"{first}:{nonce}:{second}")
    return "Digest " + ", ".join(parts + [f'response="{answer}"'])
