"""Both sides end a call at once, a flood comes, sixty calls go wrong.

SPDX-License-Identifier: MIT
"""
import time
from pathlib import Path

import pytest

import judge
from message import build, make_sdp, token
from stage import describe
from udp_peer import Answered
from waiting import until

COUNT = 30


class Crowd:
    """Many calls at one peer; on_<method>(call, message) answers each."""

    def __init__(self, stage, peer, count=COUNT, **job):
        self.stage, self.peer, self.calls = stage, peer, []
        self.by_id, self.of_kind = {}, {}
        carrier_id = stage.server.carrier(peer.port)
        self.request_id = stage.server.post("/voice/call/play", {
            "recipients": [{"to": str(100 + n)} for n in range(count)],
            "from": "me", "playlist": [{"play": stage.urls[0]}],
            "carrier_id": carrier_id, **job}).accepted()["request_id"]

    def serve(self, handlers, seconds=9):
        """Answers until the job is done; returns the report's rows."""
        end, quiet = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            message = self.peer.read(0.05)
            if message:
                self.take(message, handlers)
                continue
            report = self.stage.server.report(self.request_id)
            quiet = quiet + 1 if report["state"] == "done" else 0
            if quiet > 2:
                judge.adds_up(report["totals"])
                return report["recipients"]
        raise AssertionError(f"not done; seen {self.peer.seen[-20:]}")

    def take(self, message, handlers):
        if message.is_response:
            self.of_kind.setdefault(("answer", message.method),
                                    []).append(message)
            return
        call = self.by_id.get(message.call_id)
        if call is None and message.method == "INVITE":
            call = Answered(self.peer, 4000, invite=message)
            call.number = len(self.calls)
            self.by_id[message.call_id] = call
            self.calls.append(call)
        self.of_kind.setdefault(message.method, []).append(message)
        if message.method in handlers:
            handlers[message.method](call, message)

    def ids(self, method):
        return {m.call_id for m in self.of_kind.get(method, [])}


def forward_bye(call):
    """A BYE of the far end's, whose answer is not waited for."""
    call.cseq += 1
    invite = call.invite
    return call.peer.request(
        "BYE", invite.contact_uri(), invite.source, invite.call_id,
        call.cseq, invite.get("to") + f";tag={call.tag}",
        invite.get("from"))


def test_rfc3261_9_1_answers_that_cross_cancel_are_each_ended(stage, peer):
    """RFC 3261 9.1: 200 before, after, twice, and with a late 487."""
    crowd = Crowd(stage, peer, ring_timeout_s=1)

    def cancelled(call, cancel):
        order = call.number % 5
        if order != 1:
            call.ok()
        peer.answer(cancel, 200, "OK")
        if order == 1:
            call.ok()
        if order == 2:
            call.ok()
        if order == 3:
            peer.answer(call.invite, 487, "Request Terminated",
                        to_tag=call.tag)
        if order == 4:
            forward_bye(call)

    rows = crowd.serve({
        "INVITE": lambda call, m: call.provisional(), "CANCEL": cancelled,
        "BYE": lambda call, m: peer.answer(m, 200, "OK")})
    assert {row["state"] for row in rows} == {"no_answer"}
    ids = {call.invite.call_id for call in crowd.calls}
    assert len(ids) == COUNT and crowd.ids("ACK") == ids
    ended = crowd.ids("BYE") | {m.call_id for m in
                                crowd.of_kind[("answer", "BYE")]}
    assert ended == ids


def test_rfc3261_15_1_2_byes_that_cross_end_each_call_once(stage, peer):
    """BYE x BYE, a duplicate of it, and requests after the end."""
    crowd = Crowd(stage, peer)

    def ending(call, bye):
        if call.cseq > 100:
            peer.answer(bye, 481, "Gone")
            return
        data = forward_bye(call)
        if call.number % 3 == 1:
            peer.send(data, call.invite.source)
        if call.number % 3 == 2:
            call.cseq += 1
            peer.request("INVITE", call.invite.contact_uri(),
                         call.invite.source, call.invite.call_id, call.cseq,
                         call.invite.get("to") + f";tag={call.tag}",
                         call.invite.get("from"),
                         describe("127.0.0.1", 4000))
        peer.answer(bye, (200, 481)[call.number % 2], "OK")

    rows = crowd.serve({"INVITE": lambda call, m: call.ok(), "BYE": ending})
    assert [row["state"] for row in rows] == ["completed"] * COUNT
    answers = crowd.of_kind[("answer", "BYE")]
    assert {m.code for m in answers} <= {200, 481}
    assert {m.call_id for m in answers} == crowd.ids("INVITE")
    late = crowd.of_kind.get(("answer", "INVITE"), [])
    assert {m.code for m in late} <= {481, 491}


def test_calls_that_end_in_every_way_leave_nothing_behind(stage, peer):
    """60 calls: refused, cancelled, hung up, forked, unusable, played."""
    server = stage.server
    stage.row(_one(stage, peer), "busy")
    fds, threads = server.fds(), server.threads()
    crowd = Crowd(stage, peer, count=60, ring_timeout_s=1)

    def invited(call, message):
        if call.invite is not message:
            return
        way = call.number % 6
        if way == 0:
            peer.answer(message, 503, "Overloaded", to_tag=call.tag)
        elif way == 1:
            call.provisional()
        elif way == 2:
            call.ok(sdp=b"garbage")
        else:
            call.ok()
            if way == 3:
                call.ok(tag="fork")

    def acked(call, ack):
        if call.number % 6 == 4:
            forward_bye(call)

    def cancelled(call, cancel):
        peer.answer(cancel, 200, "OK")
        peer.answer(call.invite, 487, "Terminated", to_tag=call.tag)

    rows = crowd.serve({
        "INVITE": invited, "ACK": acked, "CANCEL": cancelled,
        "BYE": lambda call, m: peer.answer(m, 200, "OK")})
    states = [row["state"] for row in rows]
    assert sorted(set(states)) == ["completed", "failed", "no_answer"]
    assert states.count("no_answer") == 10 and states.count("failed") == 20
    until("the descriptors to be closed", 5, lambda: server.fds() <= fds + 8)
    assert server.threads() <= threads + 4


def _one(stage, peer):
    request_id = stage.call(peer)
    Answered(peer, 4000).refuse(486, "Busy Here")
    return request_id


def flood(stranger, to, count):
    """Requests of every kind, none like another."""
    for n in range(count):
        method = ("OPTIONS", "INVITE", "REGISTER", "SUBSCRIBE", "MESSAGE",
                  "BYE", "CANCEL", "REFER")[n % 8]
        stranger.send(build(f"{method} sip:{n}@127.0.0.1 SIP/2.0", [
            ("Via", f"SIP/2.0/UDP {stranger.address};branch=z9hG4bK{n}"
                    f"{token(4)}"),
            ("From", f"<sip:a@b>;tag={n}"), ("To", "<sip:c@d>"),
            ("Call-ID", token()), ("CSeq", f"1 {method}")],
            make_sdp("127.0.0.1", 4000) if method == "INVITE" else b""), to)
        if n % 100 == 99:
            while stranger.read(0.0005):
                pass
            stranger.seen.clear()


def sanitized(server):
    return "libasan" in Path(f"/proc/{server.pid}/maps").read_text()


def test_flood_of_strangers_disturbs_no_call(stage, peer, new_peer,
                                             receiver):
    """FreeSWITCH CVE-2021-41145: 4,000 requests, and the memory returns."""
    server, stranger = stage.server, new_peer()
    rss = server.rss()
    talk = stage.talk(peer, receiver, items=3)
    receiver.wait_packets(5, 5)
    before = len(receiver.packets)
    flood(stranger, server.sip_address, 4000)
    assert before < len(receiver.packets) < 190         # it was during play
    stage.goes_on(talk, receiver, items=3)
    judge.paced(receiver.packets)
    if not sanitized(server):
        until("the memory to return", 6, lambda: server.rss() < rss + 6e6)
    assert server.process.alive()


@pytest.mark.parametrize("method", ["INVITE", "REFER", "SUBSCRIBE",
                                    "REGISTER", "MESSAGE", "PUBLISH"])
def test_stranger_starts_no_call_anywhere(stage, new_peer, method):
    """Toll fraud: refused, without a word to whoever was named."""
    stranger, victim = new_peer(), new_peer()
    call_id = token()
    stranger.request(method, f"sip:900@127.0.0.1:{victim.port}",
                     stage.server.sip_address, call_id, 1,
                     "<sip:a@b>;tag=1", "<sip:c@d>",
                     make_sdp("127.0.0.1", victim.port), extra=[
                         ("Refer-To", f"<{victim.contact}>"),
                         ("Route", f"<sip:{victim.address};lr>"),
                         ("Event", "refer"), ("Expires", "600")])
    answer = stranger.expect(lambda m: m.is_response and m.code >= 200)
    assert answer.code in (403, 405) and answer.tag("to")
    victim.nothing(lambda m: True, 0.1)
