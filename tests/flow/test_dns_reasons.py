"""What is said of a name that leads nowhere, what a name server's silence costs,
and that one carrier's wrong certificate is no other carrier's trouble.

SPDX-License-Identifier: MIT
"""
import time

import pytest

from certs import Certs
from dns_server import DnsServer
from stage import Stage
from tcp_peer import TcpPeer
from test_dns import busy, row_of
from waiting import PATIENCE, until


@pytest.fixture(scope="module")
def dns(ports):
    made = DnsServer(ports.one())
    yield made
    made.close()


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    return Certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory, ports, dns, certs):
    made = Stage(tmp_path_factory.mktemp("reasons"), ports,
                 f"dns.server=127.0.0.1:{dns.port}",
                 f"sip.tls.ca={certs.ca}")
    yield made
    made.close()


def call(stage, host, **fields):
    carrier_id = stage.server.carrier(0, host=host, **fields)
    return stage.server.play("1", stage.urls[:1], carrier_id=carrier_id)


def reason(stage, host, **fields):
    return row_of(stage, call(stage, host, **fields), "failed")["reason"]


# ---- why a name led nowhere ------------------------------------------------

def test_a_name_that_does_not_exist(stage):
    assert reason(stage, "gone.example").endswith(
        "not resolved: no such name: gone.example")
    assert reason(stage, "gone.example", transport="tls").endswith(
        "no such name: gone.example")


def test_rfc2782_a_service_that_is_refused(stage, dns):
    dns.srv("_sip._udp.refuses.example", 0, 0, 0, ".")
    assert "refuses the service, target \".\" of SRV " \
        "_sip._udp.refuses.example" in reason(stage, "refuses.example")


def test_a_server_of_srv_that_does_not_exist(stage, dns):
    dns.srv("_sip._udp.srv.example", 1, 0, 5060, "gw1.srv.example")
    assert "no such name: gw1.srv.example, of SRV _sip._udp.srv.example" \
        in reason(stage, "srv.example")


def test_ipv6_alone_and_no_way_there(stage, dns):
    """The server of the test listens on IPv4 only."""
    dns.a("six.example", "2001:db8::1")
    assert "only IPv6 addresses, and no sip.listen for IPv6: six.example" \
        in reason(stage, "six.example")
    assert "an IPv6 address, and no sip.listen for IPv6: ::1" \
        in reason(stage, "::1")


def test_rfc3263_4_1_naptr_of_other_transports_is_told(stage, dns):
    dns.naptr("sctp.example", 10, 10, "SIP+D2S", "_sip._sctp.sctp.example")
    assert "NAPTR offers SIP+D2S only" in reason(stage, "sctp.example")


def test_a_name_server_that_fails_is_named(stage, dns):
    dns.behave("fails.example", "servfail")
    assert f"the name server failed, 127.0.0.1:{dns.port}: NAPTR of " \
        "fails.example" in reason(stage, "fails.example")


def test_a_name_with_its_final_dot(stage, dns, new_peer):
    """RFC 1034 3.1: wholly qualified; SIP does not write the dot."""
    peer = new_peer()
    dns.srv("_sip._udp.dot.example", 1, 0, peer.port, "gw.dot.example")
    dns.a("gw.dot.example", "127.0.0.1")
    request_id = call(stage, "dot.example.")
    invite = busy(peer)
    assert invite.uri == "sip:1@dot.example"
    assert "@dot.example>" in invite.get("from")
    row_of(stage, request_id, "busy")


# ---- a name server that falls silent ---------------------------------------

def test_rfc8767_5_calls_do_not_wait_for_a_silent_name_server(stage, dns,
                                                            new_peer):
    """What was known is used: after 1.8 s a step where nobody knew yet that
    the name server is silent, and then at once."""
    peer = new_peer()
    dns.none_ttl = 1
    dns.srv("_sip._udp.stale.example", 1, 0, peer.port, "gw.stale.example",
            ttl=1)
    dns.a("gw.stale.example", "127.0.0.1", ttl=1)
    carrier_id = stage.server.carrier(0, host="stale.example")

    def once():
        start = time.monotonic()
        request_id = stage.server.play("1", stage.urls[:1],
                                       carrier_id=carrier_id)
        busy(peer, 10)
        took = time.monotonic() - start
        row_of(stage, request_id, "busy")
        return took

    once()
    try:
        dns.behave("*", "silent")
        asked = dns.count("gw.stale.example", "A")
        took = until("the address to be over", 30, lambda: (
            lambda t: t if dns.count("gw.stale.example", "A") > asked
            else None)(once()))
        assert took < 6.5 * PATIENCE
        assert max(once() for _ in range(3)) < 1 * PATIENCE
    finally:
        dns.behave("*")
        dns.none_ttl = 60


# ---- certificates and names ------------------------------------------------

def test_a_wrong_certificate_diverts_nobody_else(stage, dns, certs, ports,
                                                 stop_later):
    """Two names, the same two servers: one name is not the certificate's, and
    the calls to the other go on to the first server."""
    first, second = (stop_later(TcpPeer(ports.one(), context=certs.server(
        "right", "DNS:right.example"))) for _ in range(2))
    dns.a("gw.right.example", "127.0.0.1")
    for name in ("right.example", "wrong.example"):
        for place, peer in enumerate((first, second)):
            dns.srv(f"_sips._tcp.{name}", place, 0, peer.port,
                    "gw.right.example")
    request_id = call(stage, "wrong.example", transport="tls")
    for peer in (first, second):
        until("the handshake", 5, lambda p=peer: p.read(0.1) or p.links)
    assert "the certificate is not for wrong.example" \
        in row_of(stage, request_id, "failed")["reason"]
    request_id = call(stage, "right.example", transport="tls")
    invite = first.expect("INVITE")
    first.answer(invite, 486, "Busy Here", to_tag="x")
    row_of(stage, request_id, "busy")
    assert not second.seen
