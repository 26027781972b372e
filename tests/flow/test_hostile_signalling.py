"""What a hostile far end tries by SIP alone: to fill our memory, to get a hash
of the password, to have one shown, to end what it cannot have.

SPDX-License-Identifier: MIT
"""
import json
import socket

import pytest

from certs import Certs
from challenge import ask, make, no_hash, parse
from message import make_sdp
from tcp_peer import TcpPeer
from udp_peer import Answered, UdpPeer

FLOOD = 700                     # more than one call may ask in 64*T1


@pytest.fixture
def account(stage, peer):
    """A carrier with a password, at the peer."""
    return stage.server.carrier(peer.port, username="client1",
                                password="password1")


def challenged(stage, peer, carrier_id, **more):
    """A call whose INVITE has answered a challenge: (id, INVITE)."""
    request_id = stage.server.play("1", stage.urls[:1],
                                   carrier_id=carrier_id)
    ask(peer, peer.expect("INVITE"), make(**more), proxy=True)
    return request_id, peer.expect("INVITE")


# ---- floods ----------------------------------------------------------------

@pytest.mark.parametrize("method", ["INFO", "OPTIONS", "UPDATE"])
def test_flood_inside_a_call_takes_no_memory(stage, peer, receiver, method):
    """Every answer is kept for 64*T1, so there must be an end of them; what is
    too much gets a 500 that nobody repeats, and the call goes on."""
    talk = stage.talk(peer, receiver, items=3)
    answers = [talk.ask(method) for _ in range(FLOOD)]
    kinds = [answer.code for answer in answers]
    assert kinds[0] == 200 and kinds[-1] == 500
    assert kinds == sorted(kinds) and 400 < kinds.index(500) < 600
    assert answers[-1].get("retry-after")
    stage.goes_on(talk, receiver, items=3)


def test_bye_behind_a_flood_ends_the_call(stage, peer, receiver):
    talk = stage.talk(peer, receiver, items=3)
    while talk.ask("INFO").code == 200:
        pass
    assert talk.ask("BYE").code == 200
    row = stage.row(talk.request_id, "completed")
    assert row["attempts"][0]["hangup_by"] == "callee"


# ---- hashes ----------------------------------------------------------------

@pytest.mark.parametrize("way", ["Contact", "Record-Route"])
def test_cve_2021_41158_foreign_host_gets_no_hash_in_our_realm(
        stage, peer, ports, stop_later, account, way):
    """Who is called names another host, and that one asks our BYE in the
    carrier's realm with a nonce of its choice."""
    evil = stop_later(UdpPeer(ports.one(), "127.0.0.2"))
    request_id, invite = challenged(stage, peer, account)
    contact = evil.contact if way == "Contact" else peer.contact
    extra = [] if way == "Contact" else [
        ("Record-Route", f"<sip:{evil.address};lr>")]
    peer.answer(invite, 200, "OK", to_tag="t", contact=contact, extra=extra,
                body=make_sdp("127.0.0.1", 4000))
    no_hash(evil.expect("ACK"))
    bye = evil.expect("BYE", 10)
    no_hash(bye)
    evil.answer(bye, 407, "Tell Me", extra=[("Proxy-Authenticate", make())])
    stage.row(request_id, "completed")
    evil.drain()
    for message in evil.seen:
        no_hash(message)


def test_hash_that_is_quoted_elsewhere_is_not_shown(stage, peer, account):
    """A far end that quotes our own answer: in its phrase, in headers, in a
    body. None of it is in the trace."""
    request_id, invite = challenged(stage, peer, account)
    value = invite.get("proxy-authorization")
    secret = parse(value)["response"]
    single, escaped = (value.replace('"', q) for q in ("'", '\\"'))
    peer.answer(invite, 480, "No " + value, to_tag="t", extra=[
        ("Warning", f'399 evil "{single}"'), ("X-Echo", value),
        ("Subject", f'"{escaped}"'), ("Proxy-Authorization", value)],
        body=invite.raw)
    stage.row(request_id, "no_answer")
    for kind in ("text/plain", "application/json",
                 "application/vnd.tcpdump.pcap"):
        answer = stage.server.get(f"/traces/{invite.call_id}", Accept=kind)
        assert answer.status == 200 and b"X-Echo" in answer.body
        assert secret.encode() not in answer.body
    assert secret not in json.dumps(stage.server.report(request_id))


# ---- what must go on all the same -------------------------------------------

def test_header_that_begins_with_a_colon_is_sent_whole(stage, peer):
    stage.call(peer, carrier={"headers": {"X-Address": "::1"}})
    call = Answered(peer, 4000)
    assert call.invite.get("x-address") == "::1"
    call.refuse(486, "Busy Here")


def test_server_that_closes_behind_its_401_is_asked_by_another_connection(
        stage, ports, stop_later):
    far = stop_later(TcpPeer(ports.one()))
    carrier_id = stage.server.carrier(far.port, transport="tcp",
                                      username="client1",
                                      password="password1")
    request_id = stage.server.play("1", stage.urls[:1],
                                   carrier_id=carrier_id)
    first = far.expect("INVITE")
    # Answer and end in one segment: the end is there when it is read.
    first.source.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    far.answer(first, 401, "Who Are You", to_tag="t",
               extra=[("WWW-Authenticate", make())])
    first.source.close()
    second = far.expect("INVITE")
    assert second.source is not first.source
    assert second.get("authorization")
    far.answer(second, 486, "Busy Here", to_tag="t")
    stage.row(request_id, "busy")


def test_wrong_certificate_is_named_though_another_address_refuses(
        new_server, tmp_path, ports, stop_later):
    """localhost has two addresses; nobody listens at the second one."""
    certs = Certs(tmp_path / "certs")
    server = new_server(f"sip.tls.ca={certs.ca}")
    far = stop_later(TcpPeer(ports.one(),
                             context=certs.server("x", "DNS:other.example")))
    carrier_id = server.carrier(far.port, host="localhost", transport="tls",
                                username="client1", register=True)
    far.read(1)
    result = server.wait_registration(carrier_id, "failed")
    assert result["last_reason"].startswith(
        "the certificate is not for localhost but for other.example")
