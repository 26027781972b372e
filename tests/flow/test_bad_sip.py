"""Broken and hostile SIP is dropped or refused, and the server lives.

SPDX-License-Identifier: MIT
"""
import os
import random

import pytest

from message import make_sdp, token


def alive(server, peer):
    """OPTIONS is answered, by the same process."""
    assert server.process.alive(), server.process.said()
    call_id = token()
    peer.request("OPTIONS", f"sip:127.0.0.1:{server.sip_port}",
                 server.sip_address, call_id, 1, "<sip:a@b>;tag=1",
                 "<sip:c@d>")
    return peer.expect(lambda m: m.is_response and m.call_id == call_id)


def test_rfc3261_11_2_options_is_answered(server, peer):
    answer = alive(server, peer)
    assert answer.code == 200
    for name in ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"):
        assert name in answer.get("allow")
    assert answer.get("accept") and answer.tag("to")
    assert f"rport={peer.port}" in answer.get("via")


BROKEN = [
    b"", b"\r\n\r\n", b"\0" * 100, b"OPTIONS", b"OPTIONS sip:x SIP/2.0\r\n",
    b"OPTIONS sip:x SIP/2.0\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n",
    b"SIP/2.0 99999999999 OK\r\nVia: x\r\n\r\n",
    b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1"
    b"\r\nCSeq: 99999999999 OPTIONS\r\nCall-ID: x\r\nFrom: <sip:a@b>;tag=1"
    b"\r\nTo: \"\\\r\nContent-Length: 4294967297\r\n\r\n",
    b"INVITE sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n",
    b"A" * 65000, b"OPTIONS sip:" + b"a" * 60000 + b" SIP/2.0\r\n\r\n",
    b"OPTIONS sip:x SIP/2.0\r\n" + b"Via: x\r\n" * 5000 + b"\r\n"]


@pytest.mark.threads
def test_broken_messages_are_survived(server, peer):
    for data in BROKEN:
        peer.send(data, server.sip_address)
    chance = random.Random(475)
    whole = (f"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
             f"{peer.address};branch=z9hG4bKm;rport\r\nMax-Forwards: 70\r\n"
             f"From: \"A\" <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: m\r\n"
             f"CSeq: 1 OPTIONS\r\nContent-Type: application/sdp\r\n"
             f"Content-Length: 120\r\n\r\n").encode() \
        + make_sdp("127.0.0.1", 4000)
    for n in range(int(os.environ.get("CARILLON_MUTATIONS", "3000"))):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data))
            data[at:at + chance.choice((0, 1, 1, 4))] = bytes(
                chance.randrange(256) for _ in range(chance.choice((0, 1, 9))))
        peer.send(bytes(data), server.sip_address)
        if n % 200 == 199:
            peer.drain()
    peer.drain()
    assert alive(server, peer).code == 200


@pytest.mark.parametrize("method", ["INVITE", "SUBSCRIBE", "REGISTER",
                                    "MESSAGE", "REFER", "NOTIFY", "FOO"])
def test_strangers_request_is_refused(shared_server, peer, method):
    call_id = token()
    peer.request(method, "sip:x@127.0.0.1", shared_server.sip_address,
                 call_id, 1, "<sip:a@b>;tag=1", "<sip:c@d>",
                 make_sdp("127.0.0.1", 4000) if method == "INVITE" else b"")
    answer = peer.expect(lambda m: m.is_response and m.code >= 200
                         and m.call_id == call_id)
    assert 400 <= answer.code < 600


@pytest.mark.parametrize("method", ["BYE", "CANCEL"])
def test_rfc3261_12_2_2_request_outside_a_dialog_is_481(shared_server, peer,
                                                        method):
    peer.request(method, "sip:x@127.0.0.1", shared_server.sip_address,
                 token(), 1, "<sip:a@b>;tag=1", "<sip:c@d>;tag=2")
    assert peer.expect(481).cseq[1] == method
