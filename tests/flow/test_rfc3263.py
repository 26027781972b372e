"""Where a request goes (RFC 3263); more of it, and what name servers do wrong,
is in test_dns.py.

SPDX-License-Identifier: MIT
"""
import pytest

import judge
from challenge import again, ask, make, right
from ports import is_free
from stage import Talk
from test_dns import busy, catch, check_moved, row_of
from test_dns import (call, carrier, dns, domain,       # noqa: F401
                      servers, stage)
from test_transport import has_ipv6
from udp_peer import UdpPeer

SIP_PORT = 5060


@pytest.fixture
def at_5060(ports, stop_later):
    """A peer at the default port of an address that nobody else uses."""
    slice_of_ours = ports.first // 100
    host = next(h for h in (f"127.53.{slice_of_ours}.{n}"
                            for n in range(1, 250))
                if is_free(SIP_PORT, h))
    return stop_later(UdpPeer(SIP_PORT, host))


def test_rfc3263_4_1_numeric_host_is_asked_of_nobody(
        stage, carrier, call, dns, at_5060):            # noqa: F811
    """UDP, and 5060 where no port is given (4.2)."""
    asked = dns.count()
    request_id = call(carrier(at_5060.host))
    invite = busy(at_5060)
    assert invite.get("via").startswith("SIP/2.0/UDP ")
    row_of(stage, request_id, "busy")
    assert dns.count() == asked


def test_rfc3263_4_2_name_without_srv_is_called_at_its_address(
        stage, carrier, call, dns, domain, at_5060):    # noqa: F811
    dns.a(domain, at_5060.host)
    request_id = call(carrier(domain))
    busy(at_5060)
    row_of(stage, request_id, "busy")
    kinds = [kind for name, kind, _ in dns.asked if name == domain]
    assert kinds[0] == "NAPTR" and kinds.count("A") == 1
    assert dns.count(f"_sip._udp.{domain}", "SRV") == 1


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_rfc3263_4_2_aaaa_records_are_called(
        new_server, article, dns, domain, ports, stop_later):  # noqa: F811
    peer = stop_later(UdpPeer(ports.one(), "::1"))
    dns.srv(f"_sip._udp.{domain}", 1, 0, peer.port, f"gw.{domain}")
    dns.a(f"gw.{domain}", "::1")
    server = new_server(f"dns.server=127.0.0.1:{dns.port}",
                        f"sip.listen=udp:[::1]:{ports.one()}")
    request_id = server.play("1", article.urls[:1],
                             carrier_id=server.carrier(0, host=domain))
    invite = busy(peer)
    assert "[::1]" in invite.get("via")
    judge.only_row(server.wait_done(request_id), "busy")


def test_rfc3263_4_3_each_address_of_a_name_is_tried(
        stage, call, dns, domain, ports, stop_later):   # noqa: F811
    """The order of A records says nothing, so either may be the first."""
    port = ports.one()
    peers = [stop_later(UdpPeer(port, f"127.0.0.{n}")) for n in (2, 3, 4)]
    dns.a(domain, *(peer.host for peer in peers))
    request_id = call(stage.server.carrier(port, host=domain))
    tried = []
    for _ in peers:
        peer = next(p for p in peers * 100 if p not in tried
                    and (p.waiting or p.sock and heard(p)))
        tried.append(peer)
        catch(peer).refuse(503, "Service Unavailable")
    row = row_of(stage, request_id, "failed")
    assert row["attempts"][0]["sip_code"] == 503
    invites = [p.taken[0] for p in tried]
    for before, after in zip(invites, invites[1:]):
        check_moved(before, after)


def heard(peer):
    """Has something come to it?"""
    message = peer.read(0.02)
    if message:
        peer.waiting.append(message)
    return message


def test_rfc3263_4_a_server_keeps_the_whole_transaction(
        stage, carrier, servers, domain):               # noqa: F811
    """The CANCEL, and the ACK of the refusal, go where the INVITE went,
    although another one comes first by the records."""
    first, second = servers(2)
    request_id = stage.server.play("1", stage.urls[:1], ring_timeout_s=1,
                                   carrier_id=carrier(domain))
    catch(first).refuse(503, "Service Unavailable")
    call = catch(second)                                # noqa: F811
    call.provisional()
    cancel = second.expect("CANCEL")
    assert cancel.branch == call.invite.branch
    second.answer(cancel, 200, "OK")
    call.refuse(487, "Request Terminated")
    row_of(stage, request_id, "no_answer")
    first.drain()
    assert {m.method for m in first.seen} == {"INVITE", "ACK"}


def test_rfc3665_3_4_session_with_proxy_failure(
        stage, carrier, servers, domain, receiver):     # noqa: F811
    """The first proxy says nothing, so the call goes through the second,
    which asks who it is."""
    first, second = servers(2)
    request_id = stage.server.play(
        "1", stage.urls[:1], carrier_id=carrier(
            domain, username="client1", password="password1"))
    tried = first.expect("INVITE")
    moved = second.expect("INVITE")
    check_moved(tried, moved)
    asked = ask(second, moved, make(), proxy=True)
    talk = Talk(second, receiver.port, invite=again(second, moved))
    right(talk.invite, asked, proxy=True)
    talk.request_id = request_id
    talk.provisional()
    talk.ok()
    talk.ack()
    stage.goes_on(talk, receiver)
    first.drain()
    assert {m.branch for m in first.seen} == {tried.branch}
