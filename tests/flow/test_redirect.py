"""Refusals that lead to another INVITE: 3xx within the carrier, 420
(RFC 3261 8.1.3).

SPDX-License-Identifier: MIT
"""
import pytest

from certs import Certs
from stage import Stage, Talk
from tcp_peer import TcpPeer
from udp_peer import UdpPeer


def refuse(peer, code, contacts=(), extra=(), seconds=5):
    invite = peer.expect("INVITE", seconds)
    peer.answer(invite, code, "Elsewhere", to_tag="x", extra=[
        *(("Contact", c) for c in contacts), *extra])
    peer.expect("ACK", call_id=invite.call_id)
    return invite


def finish(stage, request_id, peer, receiver):
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    talk.ok()
    talk.ack()
    stage.goes_on(talk, receiver)
    return talk.invite


@pytest.mark.parametrize("code", [300, 301, 302, 399])
def test_rfc3261_8_1_3_4_followed_within_the_carrier(stage, peer, new_peer,
                                                     receiver, code):
    other = new_peer()
    request_id = stage.call(peer)
    first = refuse(peer, code, [f"<sip:999@{other.address}>"])
    second = finish(stage, request_id, other, receiver)
    assert second.uri == f"sip:999@{other.address}"
    assert second.cseq[0] == first.cseq[0] + 1
    assert second.branch != first.branch and second.body == first.body
    for name in ("call-id", "from", "to"):
        assert second.get(name) == first.get(name)


def test_rfc3261_8_1_3_4_the_best_comes_first(stage, peer, new_peer,
                                              receiver):
    worst, best = new_peer(), new_peer()
    request_id = stage.call(peer)
    refuse(peer, 300, [f"<sip:1@{worst.address}>;q=0.1",
                       f"<sip:2@{best.address}>;q=0.9"])
    refuse(best, 480)
    finish(stage, request_id, worst, receiver)


def test_rfc3261_8_1_3_4_never_the_same_twice(stage, peer):
    request_id = stage.call(peer)
    first = refuse(peer, 302, [f"<sip:2@{peer.address}>"])
    refuse(peer, 302, [f"<{first.uri}>", f"<sip:2@{peer.address}>"])
    row = stage.row(request_id, "failed")
    assert row["attempts"][0]["sip_code"] == 302


def test_rfc3261_8_1_3_4_chain_is_bounded(stage, peer):
    request_id = stage.call(peer)
    for n in range(5):
        refuse(peer, 302, [f"<sip:n{n}@{peer.address}>"])
    assert stage.row(request_id, "failed")["attempts"][0]["sip_code"] == 302
    assert len([m for m in peer.seen if m.method == "INVITE"
                and not m.is_response]) == 5


@pytest.mark.parametrize("how", [
    "<sip:9@{other}>", "<sip:9@{peer};maddr={host}>", "<tel:+15551234>",
    "<sip:9@{peer}?Route=%3Csip:{other}%3E>", "<sip:9@{peer};method=BYE>"])
def test_rfc3261_8_1_3_4_not_followed_elsewhere(stage, peer, ports,
                                                stop_later, how):
    """Nor is anything that proves who we are sent there."""
    other = stop_later(UdpPeer(ports.one(), "127.0.0.9"))
    request_id = stage.call(peer, carrier={"username": "u",
                                           "password": "p"})
    refuse(peer, 302, [how.format(other=other.address, peer=peer.address,
                                  host="127.0.0.9")])
    row = stage.row(request_id, "failed")
    assert row["attempts"][0]["sip_code"] == 302
    assert other.read(0.05) is None


def test_rfc3261_8_1_3_5_420_is_asked_without_it(stage, peer, receiver):
    request_id = stage.call(peer)
    refuse(peer, 420, extra=[("Unsupported", "100rel")])
    second = finish(stage, request_id, peer, receiver)
    assert second.all("supported") == ["timer"]


@pytest.mark.parametrize("uri", ["sip:9@{};transport=udp", "sip:9@{}",
                                 "sip:9@{};transport=tcp", "sips:9@{}"])
def test_rfc3261_26_no_way_down_from_tls(tmp_path, ports, stop_later,
                                         receiver, uri):
    certs = Certs(tmp_path / "certs")
    stage = stop_later(Stage(tmp_path / "stage", ports,
                             f"sip.tls.ca={certs.ca}"))
    peer = stop_later(TcpPeer(ports.one(), context=certs.server(
        "peer", "IP:127.0.0.1")))
    below = stop_later(UdpPeer(peer.port))
    request_id = stage.call(peer, carrier={"transport": "tls"})
    refuse(peer, 302, [f"<{uri.format(peer.address)}>"])
    second = finish(stage, request_id, peer, receiver)
    assert second.get("via").startswith("SIP/2.0/TLS ")
    assert below.read(0.01) is None
