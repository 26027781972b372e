"""Where a request goes (RFC 3263); more of it, and what name servers do wrong,
is in test_dns.py.

SPDX-License-Identifier: MIT
"""
import pytest

import judge
from challenge import again, ask, make, right
from dns_server import DnsServer
from netns import inside
from stage import Stage, Talk
from test_dns import busy, catch, check_moved, row_of
from test_dns import (call, carrier, dns, domain,       # noqa: F401
                      servers, stage)
from test_transport import has_ipv6
from udp_peer import UdpPeer

SIP_PORT = 5060


class Hosts:
    """A server, its name server, and a peer at the default port: in
    namespaces, where nobody else has that port."""

    def __init__(self, netns, folder, ports, stop_later):
        self.dns = stop_later(inside(netns.left,
                                     lambda: DnsServer(ports.one())))
        self.peer = stop_later(inside(
            netns.right, lambda: UdpPeer(SIP_PORT, netns.right_ip)))
        self.stage = stop_later(Stage(
            folder, ports, f"dns.server=127.0.0.1:{self.dns.port}",
            host=netns.left_ip, namespace=netns.left))

    def busy_at(self, host):
        """The INVITE of a call to a carrier that is given without a port."""
        request_id = self.stage.call(None, carrier={"host": host})
        invite = busy(self.peer)
        row_of(self.stage, request_id, "busy")
        return invite


@pytest.fixture
def hosts(netns, tmp_path, ports, stop_later):
    return Hosts(netns, tmp_path, ports, stop_later)


def test_rfc3263_4_1_numeric_host_is_asked_of_nobody(hosts):
    """UDP, and 5060 where no port is given (4.2)."""
    invite = hosts.busy_at(hosts.peer.host)
    assert invite.get("via").startswith("SIP/2.0/UDP ")
    assert hosts.dns.count() == 0


def test_rfc3263_4_2_name_without_srv_is_called_at_its_address(hosts):
    name = "gw.example"
    hosts.dns.a(name, hosts.peer.host)
    hosts.busy_at(name)
    kinds = [kind for asked, kind, _ in hosts.dns.asked if asked == name]
    assert kinds[0] == "NAPTR" and kinds.count("A") == 1
    assert hosts.dns.count(f"_sip._udp.{name}", "SRV") == 1


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
