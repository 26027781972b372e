"""What was on the wire can be read call by call, and holds no secret.

SPDX-License-Identifier: MIT
"""
import re
import subprocess
import time

import pytest

import challenge
import pcap
from challenge import again, ask, make
from message import Message, token
from udp_peer import Answered
from waiting import until

PCAP = "application/vnd.tcpdump.pcap"
CLIENT = {"username": "client1", "password": "password1"}


def challenged(stage, peer):
    """A call that is challenged and then busy: its Call-ID, and the parts of
    its answer to the challenge."""
    request_id = stage.call(peer, carrier=CLIENT)
    invite = peer.expect("INVITE")
    ask(peer, invite, make(), proxy=True)
    invite = again(peer, invite)
    answer = challenge.parse(invite.get("proxy-authorization"))
    Answered(peer, 4000, invite=invite).refuse(486, "Busy Here")
    row = stage.row(request_id, "busy")
    return row["attempts"][-1]["call_id"], answer


def trace(server, call_id, accept=None):
    more = {"Accept": accept} if accept else {}
    answer = server.get(f"/traces/{call_id}", **more)
    assert answer.status == 200, answer
    return answer


def starred(raw):
    """A message as the trace has to show it."""
    return re.sub(rb'((?:cnonce|response)=")([^"]*)',
                  lambda m: m[1] + b"*" * len(m[2]), raw)


def test_the_ladder_shows_each_message(stage, peer):
    call_id, _ = challenged(stage, peer)
    answer = trace(stage.server, call_id)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    text = answer.body.decode()
    own = f"127.0.0.1:{stage.server.sip_port}"
    far = peer.address
    ladder = [line for line in text.splitlines()
              if re.match(r" +\d+  \d{4}-\d\d-\d\dT", line)]
    steps = [re.fullmatch(
        r" +(\d+)  \S+Z +\+(\d+\.\d{3})  udp  (\S+) +(\S+) (\S+) +(\S.*)",
        line).groups() for line in ladder]
    assert [int(s[0]) for s in steps] == list(range(1, len(steps) + 1))
    assert float(steps[0][1]) == 0
    assert all(s[2] == own and s[4] == far for s in steps)
    firsts = [(s[3], s[5].split("  ")[0]) for s in steps
              if "(again)" not in s[5]]
    uri = f"sip:1@{peer.address}"
    assert firsts == [
        ("--->", f"INVITE {uri} SIP/2.0"),
        ("<---", "SIP/2.0 407 Who Are You"),
        ("--->", f"ACK {uri} SIP/2.0"),
        ("--->", f"INVITE {uri} SIP/2.0"),
        ("<---", "SIP/2.0 486 Busy Here"),
        ("--->", f"ACK {uri} SIP/2.0")]
    assert steps[0][5].endswith("  (SDP)")
    assert re.search(r"  \[\d+ INVITE\]$", steps[1][5])


def test_no_form_of_it_holds_a_secret(stage, peer):
    call_id, answer = challenged(stage, peer)
    for accept in (None, PCAP, "application/json"):
        body = trace(stage.server, call_id, accept).body
        assert answer["nonce"].encode() in body
        for secret in (answer["response"], answer["cnonce"], "password1"):
            assert secret.encode() not in body


def test_the_capture_file_holds_what_the_peer_saw(stage, peer):
    began = time.time()
    call_id, _ = challenged(stage, peer)
    answer = trace(stage.server, call_id, PCAP)
    assert answer.headers["content-type"] == PCAP
    packets = pcap.read(answer.body)
    own = ("127.0.0.1", stage.server.sip_port)
    far = ("127.0.0.1", peer.port)
    assert all({p.source, p.target} == {own, far} for p in packets)
    sent = [p.payload for p in packets if p.source == own]
    seen = [starred(m.raw) for m in peer.seen
            if m.call_id == call_id]
    assert sent[:len(seen)] == seen
    got = [Message(p.payload) for p in packets if p.source == far]
    assert [m.code for m in got[:2]] == [407, 486]
    times = [p.at for p in packets]
    assert times == sorted(times)
    assert began - 1 < times[0] <= times[-1] < time.time() + 1


def test_others_can_read_the_capture_file(stage, peer, tmp_path):
    call_id, _ = challenged(stage, peer)
    path = tmp_path / "sip.pcap"
    path.write_bytes(trace(stage.server, call_id, PCAP).body)
    out = subprocess.run(["tcpdump", "-vvn", "-r", path],
                         capture_output=True, text=True, check=True).stdout
    assert out.count("udp sum ok") == len(pcap.read(path.read_bytes()))
    assert "bad" not in out.lower()


def test_json_has_the_messages_one_by_one(stage, peer):
    call_id, _ = challenged(stage, peer)
    found = trace(stage.server, call_id, "application/json").accepted()
    assert found["call_id"] == call_id
    first = found["messages"][0]
    assert first["direction"] == "sent" and first["transport"] == "udp"
    assert first["remote"] == peer.address
    assert first["local"] == f"127.0.0.1:{stage.server.sip_port}"
    assert first["offset_us"] == 0 and first["cut_bytes"] == 0
    assert first["text"].encode() == next(
        m.raw for m in peer.seen if m.call_id == call_id)
    offsets = [m["offset_us"] for m in found["messages"]]
    assert offsets == sorted(offsets)


def test_a_registration_is_found_by_the_carriers_status(stage, peer):
    carrier_id = stage.server.carrier(peer.port, register=True, **CLIENT)
    register = peer.expect("REGISTER")
    ask(peer, register, make())
    register = again(peer, register)
    peer.answer(register, 200, "OK", to_tag="r", extra=[
        ("Contact", register.get("contact") + ";expires=600")])
    status = stage.server.wait_registration(carrier_id, "registered")
    call_id = status["call_id"]
    assert call_id == register.call_id
    text = trace(stage.server, call_id).body.decode()
    assert "REGISTER sip:" in text and "SIP/2.0 401" in text
    assert re.search(r'response="\*{32}"', text)


def test_calls_are_kept_apart(stage, peer):
    first, _ = challenged(stage, peer)
    second, _ = challenged(stage, peer)
    assert first != second
    assert second.encode() not in trace(stage.server, first).body
    assert first.encode() not in trace(stage.server, second).body


def test_a_stranger_with_an_odd_call_id(stage, peer):
    call_id = f"{token()}~%/?x@[::1]"
    uri = "sip:" + stage.server.host
    peer.request("OPTIONS", uri, stage.server.sip_address, call_id, 1,
                 "<sip:a@b>;tag=1", f"<{uri}>")
    peer.expect(200, call_id=call_id)
    path = "".join(f"%{ord(c):02x}" for c in call_id)
    messages = trace(stage.server, path,
                     "application/json").accepted()["messages"]
    assert [m["direction"] for m in messages] == ["received", "sent"]


def test_what_was_never_there_is_a_404(stage):
    for accept in ("text/plain", PCAP, "application/json"):
        found = stage.server.get("/traces/nobody", Accept=accept)
        found.rejected(404)
        assert "sip.trace_kb" in found.details()


def options(server, peer, call_id):
    uri = "sip:" + server.host
    peer.request("OPTIONS", uri, server.sip_address, call_id, 1,
                 "<sip:a@b>;tag=1", f"<{uri}>",
                 extra=[("X-Filler", "x" * 1000)])
    peer.expect(200, call_id=call_id)


def test_the_oldest_leave_a_small_ring(new_server, peer):
    server = new_server("sip.trace_kb=64")
    options(server, peer, "first")
    assert trace(server, "first").body

    def gone():
        options(server, peer, token())
        return server.get("/traces/first").status == 404

    until("the ring to be full", 10, gone, 0)
    options(server, peer, "last")
    assert trace(server, "last").body


def test_nothing_is_kept_where_it_is_off(new_server, peer):
    server = new_server("sip.trace_kb=0")
    options(server, peer, "first")
    server.get("/traces/first").rejected(404)


def test_a_call_is_read_while_it_lasts(stage, peer, receiver):
    talk = stage.talk(peer, receiver)
    assert isinstance(talk, Answered)
    text = trace(stage.server, talk.invite.call_id).body.decode()
    assert re.search(r"SIP/2.0 200 OK  \[\d+ INVITE\]  \(SDP\)\n", text)
    stage.goes_on(talk, receiver)
    text = trace(stage.server, talk.invite.call_id).body.decode()
    assert "BYE sip:" in text
