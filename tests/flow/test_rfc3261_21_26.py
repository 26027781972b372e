"""Who asked to be left alone is, and what began by TLS never leaves it
(RFC 3261 20.33, 21.5.4, 26.2).

SPDX-License-Identifier: MIT
"""
import pytest

import challenge
from certs import Certs
from dns_server import DnsServer
from stage import Stage, Talk
from tcp_peer import TcpPeer
from test_overload import refuse
from udp_peer import UdpPeer
from waiting import until

CLIENT = {"username": "client1", "password": "password1"}


# ---- 503 --------------------------------------------------------------------

@pytest.mark.parametrize("value", ["2 (in a meeting)",
                                   "2;duration=3600", "  2"])
def test_rfc3261_20_33_comment_and_parameters_are_passed_over(stage, peer,
                                                              value):
    carrier_id = stage.server.carrier(peer.port)

    def play():
        return stage.server.play("1", stage.urls[:1], carrier_id=carrier_id)

    first = play()
    refused = refuse(peer, 503, "Later", Retry_After=value)
    stage.row(first, "failed")
    second = play()
    until("the reason to be shown", 5, lambda: "asked for no calls" in
          (stage.server.report(second)["waiting_for"] or ""))
    assert refuse(peer, 486, "Busy Here").at - refused.at >= 2
    stage.row(second, "busy")


@pytest.fixture
def pair(tmp_path, ports, stop_later, new_peer):
    """(stage, carrier's id, the first server, the second)."""
    dns = stop_later(DnsServer(ports.one()))
    peers = [new_peer(), new_peer()]
    dns.a("gw.pair.example", "127.0.0.1")
    for place, peer in enumerate(peers):
        dns.srv("_sip._udp.pair.example", 10 + place, 0, peer.port,
                "gw.pair.example")
    stage = stop_later(Stage(tmp_path / "stage", ports,
                             f"dns.server=127.0.0.1:{dns.port}"))
    return stage, stage.server.carrier(0, host="pair.example"), *peers


def test_rfc3261_21_5_4_the_next_server_takes_the_calls(pair):
    """The one that said 503 gets none of them, for as long as it asked."""
    stage, carrier_id, first, second = pair
    for n in range(3):
        request_id = stage.server.play("1", stage.urls[:1],
                                       carrier_id=carrier_id)
        if not n:
            refuse(first, 503, "Later", Retry_After=600)
        refuse(second, 486, "Busy Here")
        stage.row(request_id, "busy")
    first.nothing("INVITE", 0.1)


def test_rfc3261_21_5_4_not_even_when_the_others_fail(pair):
    """Another server's failure is no permission to ask this one."""
    stage, carrier_id, first, second = pair
    for n in range(3):
        request_id = stage.server.play("1", stage.urls[:1],
                                       carrier_id=carrier_id)
        if not n:
            refuse(first, 503, "Later", Retry_After=600)
        refuse(second, 503, "Later")
        stage.row(request_id, "failed")
    first.nothing("INVITE", 0.1)


# ---- TLS --------------------------------------------------------------------

@pytest.fixture
def secured(tmp_path, ports, stop_later):
    """(stage, a peer on TLS, one on UDP at the same port)."""
    certs = Certs(tmp_path / "certs")
    stage = stop_later(Stage(tmp_path / "stage", ports,
                             f"sip.tls.ca={certs.ca}"))
    peer = stop_later(TcpPeer(ports.one(), context=certs.server(
        "peer", "IP:127.0.0.1")))
    return stage, peer, stop_later(UdpPeer(peer.port))


@pytest.mark.parametrize("way", ["contact", "route"])
@pytest.mark.parametrize("more", ["", ";transport=udp", ";transport=tcp"])
def test_rfc3261_26_2_no_credentials_over_a_downgrade(secured, receiver, way,
                                                      more):
    """Contact and Record-Route may name what they like: ACK and BYE, and
    what they prove of us, go by TLS or not at all."""
    stage, peer, below = secured
    request_id = stage.call(peer, carrier={"transport": "tls", **CLIENT})
    first = peer.expect("INVITE")
    challenge.ask(peer, first, challenge.make())
    second = challenge.again(peer, first)
    talk = Talk(peer, receiver.port, invite=second)
    talk.request_id = request_id
    weak = f"sip:{peer.address}{more}"
    peer.answer(second, 200, "OK", to_tag=talk.tag, body=talk.sdp,
                contact=weak if way == "contact" else peer.contact,
                extra=[("Record-Route", f"<{weak};lr>")]
                if way == "route" else [])
    ack = talk.ack()
    bye = talk.take_bye(10)
    for request in (ack, bye):
        assert request.get("via").startswith("SIP/2.0/TLS ")
        assert request.get("authorization")
    stage.row(request_id, "completed")
    assert below.read(0.05) is None
