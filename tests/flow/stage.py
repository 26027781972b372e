"""stage - a server with short SIP timers, prompts for it, and one call on it.

With T1 at 50 ms all that RFC 3261 gives up after 64*T1 is over in 3.2 s.
`Talk` is a call that a test has answered, and the requests it sends in it.

SPDX-License-Identifier: MIT
"""
import re

import g711
import judge
import prompts
from carillond import Carillond
from httpfiles import HttpFiles
from message import build, token
from netns import inside
from udp_peer import Answered
from waiting import PATIENCE

T1 = 0.05
PROMPTS = (6007, 14411, 10003)          # samples; no whole packets on purpose


class Stage:
    def __init__(self, folder, ports, *settings, namespace=None, **where):
        media = folder / "prompts"
        media.mkdir(parents=True)
        self.samples = [prompts.sound(size, size) for size in PROMPTS]
        self.files = inside(namespace, lambda: HttpFiles(media, ports.one()))
        self.urls = [self.files.url(f"{size}.wav") for size in PROMPTS]
        for size, samples in zip(PROMPTS, self.samples):
            prompts.write_wav(media / f"{size}.wav", samples)
        self.server = Carillond(folder / "server", ports,
                                ["sip.t1_ms=50", *settings],
                                namespace=namespace, **where)

    def call(self, peer, items=1, carrier=None, **job):
        """Asks for a call to the peer; returns the request's id. items of
        the prompts are played: 1 takes 0.76 s, all three 3.8 s."""
        carrier_id = self.server.carrier(peer.port if peer else 0,
                                         **(carrier or {}))
        return self.server.play("1", self.urls[:items],
                                carrier_id=carrier_id, **job)

    def talk(self, peer, receiver, items=1, **more):
        """A call that is answered; its audio goes to the receiver."""
        request_id = self.call(peer, items, **more)
        talk = Talk(peer, receiver.port)
        talk.request_id = request_id
        talk.ok()
        talk.first_ack = talk.ack()
        return talk

    def row(self, request_id, state=None, seconds=20):
        return judge.only_row(self.server.wait_done(request_id, seconds),
                              state)

    def heard_all(self, packets, items=1, codec="mulaw"):
        judge.heard_exactly(packets, codec, self.samples[:items])

    def goes_on(self, talk, receiver, items=1):
        """The call is played to its end, and not a sample is missing."""
        talk.take_bye(10)
        self.row(talk.request_id, "completed")
        self.heard_all(receiver.packets, items)

    def close(self):
        self.files.close()
        self.server.stop()


class Talk(Answered):
    def head(self, method, cseq, branch=None, extra=(), contact=None,
             tags=(None, None)):
        """The headers of a request within the dialog."""
        mine = self.invite.get("to") + f";tag={tags[0] or self.tag}"
        theirs = self.invite.get("from")
        if tags[1]:
            theirs = re.sub(r"tag=\S+", f"tag={tags[1]}", theirs)
        return [("Via", f"SIP/2.0/{self.peer.transport} "
                        f"{self.peer.address};rport;branch="
                        f"{branch or 'z9hG4bK' + token()}"),
                ("Max-Forwards", "70"), ("From", mine), ("To", theirs),
                ("Call-ID", self.invite.call_id),
                ("CSeq", f"{cseq} {method}"),
                ("Contact", f"<{contact or self.peer.contact}>"), *extra]

    def send(self, method, body=b"", cseq=None, **head):
        """Sends a request; returns its bytes."""
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        data = build(f"{method} {self.invite.contact_uri()} SIP/2.0",
                     self.head(method, cseq, **head), body)
        self.peer.send(data, self.invite.source)
        return data

    def final(self, method, seconds=5):
        return self.peer.expect(
            lambda m: m.is_response and m.code >= 200 and
            m.cseq[1] == method and m.call_id == self.invite.call_id, seconds)

    def ask(self, method, body=b"", **more):
        """Sends a request and returns its final answer."""
        self.send(method, body, **more)
        return self.final(method)

    def reinvite(self, body=b"", ack_body=b"", **more):
        """Changes the session; the final answer, acknowledged."""
        branch = "z9hG4bK" + token()
        answer = self.ask("INVITE", body, branch=branch, **more)
        self.send("ACK", ack_body, cseq=answer.cseq[0],
                  branch=None if answer.code < 300 else branch)
        return answer


def gaps(messages):
    return [b.at - a.at for a, b in zip(messages, messages[1:])]


def assert_spaced(messages, factors):
    """The same datagram again and again, so many T1 apart."""
    assert len({m.raw for m in messages}) == 1
    found = gaps(messages)
    assert len(found) == len(factors), found
    for gap, factor in zip(found, factors):
        assert abs(gap - factor * T1) < 0.03 * PATIENCE + factor * 0.002, \
            found


def assert_complete(request):
    """8.1.1: what every request must have, and once only."""
    for name in ("from", "to", "call-id", "cseq", "max-forwards",
                 "content-length"):
        assert len(request.all(name)) == 1, (name, request)
    assert len(request.all("via")) == 1 and ";rport" in request.get("via")
    assert re.fullmatch(r"z9hG4bK[0-9a-zA-Z]{16,}", request.branch)
    assert request.get("max-forwards") == "70"
    assert int(request.get("content-length")) == len(request.body)
    assert request.tag("from") and request.cseq[1] == request.method
    assert bool(request.body) == bool(request.get("content-type"))


def wanted(samples, codec="mulaw"):
    return g711.packets(codec, samples)


def describe(host, port, direction=None, version=1, codec="0",
             connection=None, more=""):
    """An SDP whose parts a test chooses."""
    names = {"0": "PCMU/8000", "8": "PCMA/8000", "18": "G729/8000"}
    lines = ["v=0", f"o=- 1 {version} IN IP4 {host}", "s=-",
             f"c=IN IP4 {connection or host}", "t=0 0",
             f"m=audio {port} RTP/AVP {codec}"]
    lines += [f"a=rtpmap:{n} {names[n]}" for n in codec.split()
              if n in names] + ["a=ptime:20"]
    if direction:
        lines.append(f"a={direction}")
    return ("\r\n".join(lines) + "\r\n" + more).encode()
