"""Where calls go: NAPTR, SRV, A and AAAA, and what happens when servers, or
the name server, fail (RFC 3263, 2782, 2308).

With T1 at 50 ms a server that says nothing is left for the next one after
8 * T1, which is 400 ms; with the default of 500 ms after 4 s.

SPDX-License-Identifier: MIT
"""
import select
import socket
import time

import pytest

import judge
from dns_server import DnsServer
from message import Message, response
from stage import Stage
from udp_peer import Answered, UdpPeer
from waiting import until

SHARE = 0.4


@pytest.fixture(scope="module")
def dns(ports):
    made = DnsServer(ports.one())
    yield made
    made.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory, ports, dns):
    """A server that asks the test's name server."""
    made = Stage(tmp_path_factory.mktemp("dns"), ports,
                 f"dns.server=127.0.0.1:{dns.port}")
    yield made
    made.close()


@pytest.fixture
def domain(dns, request):
    """A domain of the test's own; the name server behaves afterwards."""
    name = request.node.originalname.replace("_", "-")[:50]
    yield f"{name}.example"
    dns.none_ttl = 60
    dns.release()


@pytest.fixture
def carrier(stage):
    """carrier(host) makes a carrier without a port; returns its id."""
    return lambda host, **fields: stage.server.carrier(0, host=host, **fields)


@pytest.fixture
def call(stage):
    """call(carrier_id) asks for one call; returns its id."""
    return lambda carrier_id: stage.server.play("1", stage.urls[:1],
                                                carrier_id=carrier_id)


@pytest.fixture
def servers(dns, domain, new_peer):
    """servers(n): peers behind SRV records of rising priority."""
    def make(count, ttl=300):
        made = [new_peer() for _ in range(count)]
        dns.a(f"gw.{domain}", "127.0.0.1", ttl=ttl)
        for place, peer in enumerate(made):
            dns.srv(f"_sip._udp.{domain}", 10 * (count - place), 0,
                    peer.port, f"gw.{domain}", ttl=ttl)
        return made[::-1]               # the records stand worst first
    return make


def catch(peer, seconds=5):
    """The next call to a peer; one that comes again is no other."""
    taken = {m.call_id for m in getattr(peer, "taken", ())}
    invite = peer.expect(lambda m: m.method == "INVITE"
                         and not m.is_response
                         and m.call_id not in taken, seconds)
    peer.taken = [*getattr(peer, "taken", ()), invite]
    return Answered(peer, 4000, invite=invite)


def busy(peer, seconds=5):
    """Refuses the next call, so that it is over at once."""
    caught = catch(peer, seconds)
    caught.refuse(486, "Busy Here")
    return caught.invite


def busy_all(peers, count):
    """Refuses so many calls, whichever of the peers they come to."""
    seen = set()
    while len(seen) < count:
        ready, _, _ = select.select([p.sock for p in peers], [], [], 10)
        assert ready, f"only {len(seen)} calls came"
        for peer in (p for p in peers if p.sock in ready):
            message = peer.read(1)
            if message and message.method == "INVITE":
                peer.answer(message, 486, "Busy Here", to_tag="t")
                seen.add(message.call_id)


def row_of(stage, request_id, state, seconds=20):
    return judge.only_row(stage.server.wait_done(request_id, seconds), state)


class TcpPeer:
    """Takes one SIP connection, and refuses its call."""

    def __init__(self, port, host="127.0.0.1"):
        self.port = port
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((host, port))
        self.sock.listen(4)
        self.sock.settimeout(5)

    def busy(self):
        conn, source = self.sock.accept()
        with conn:
            conn.settimeout(5)
            data = b""
            while b"\r\n\r\n" not in data:
                more = conn.recv(65536)
                assert more, "the connection ended"
                data += more
            invite = Message(data, source, time.time())
            conn.sendall(response(invite, 486, "Busy Here", to_tag="t"))
            select.select([conn], [], [], 5)        # the ACK
        return invite

    def close(self):
        self.sock.close()


# ---- where a call goes -----------------------------------------------------

def test_rfc3263_4_2_priorities_are_obeyed(stage, carrier, call, servers,
                                           domain):
    """RFC 3263 4.2: the lowest number first, and its port."""
    first, second = servers(2)
    request_id = call(carrier(domain))
    invite = busy(first)
    assert domain in invite.uri         # the name, not the server's
    row_of(stage, request_id, "busy")
    assert not second.seen and second.read(0.01) is None


def test_rfc3263_4_2_weights_share_the_calls(stage, carrier, call, dns, domain,
                                             new_peer):
    """RFC 2782: both have their share, and 30 calls are enough to see it
    (none for one of them once in a thousand million times)."""
    peers = [new_peer(), new_peer()]
    dns.a(f"gw.{domain}", "127.0.0.1")
    for peer in peers:
        dns.srv(f"_sip._udp.{domain}", 1, 10, peer.port, f"gw.{domain}")
    carrier_id = carrier(domain)
    calls = [call(carrier_id) for _ in range(30)]
    busy_all(peers, len(calls))
    for request_id in calls:
        row_of(stage, request_id, "busy")
    assert all(p.seen for p in peers)


def test_rfc3263_4_1_naptr_picks_tcp(stage, carrier, call, dns, domain, ports,
                                     new_peer, stop_later):
    """RFC 3263 4.1: the domain wants TCP, and is called by TCP."""
    udp, tcp = new_peer(), stop_later(TcpPeer(ports.one()))
    dns.naptr(domain, 20, 10, "SIP+D2U", f"_sip._udp.{domain}")
    dns.naptr(domain, 10, 10, "SIP+D2T", f"_sip._tcp.{domain}")
    dns.srv(f"_sip._udp.{domain}", 1, 0, udp.port, f"gw.{domain}")
    dns.srv(f"_sip._tcp.{domain}", 1, 0, tcp.port, f"gw.{domain}")
    dns.a(f"gw.{domain}", "127.0.0.1")
    request_id = call(carrier(domain))
    invite = tcp.busy()
    assert invite.get("via").startswith("SIP/2.0/TCP ")
    row_of(stage, request_id, "busy")
    assert udp.read(0.01) is None


def test_rfc3263_4_1_a_given_transport_is_kept(stage, carrier, call, dns,
                                               domain, ports, new_peer,
                                               stop_later):
    udp, tcp = new_peer(), stop_later(TcpPeer(ports.one()))
    dns.naptr(domain, 10, 10, "SIP+D2T", f"_sip._tcp.{domain}")
    dns.srv(f"_sip._tcp.{domain}", 1, 0, tcp.port, f"gw.{domain}")
    dns.srv(f"_sip._udp.{domain}", 1, 0, udp.port, f"gw.{domain}")
    dns.a(f"gw.{domain}", "127.0.0.1")
    request_id = call(carrier(domain, transport="udp"))
    busy(udp)
    row_of(stage, request_id, "busy")
    assert not dns.count(domain, "NAPTR")


def test_rfc3263_4_2_a_port_needs_addresses_only(stage, dns, domain, ports,
                                                 call, stop_later):
    """RFC 3263 4.2: no SRV; and of several addresses the next one is tried."""
    port = ports.one()
    peer = stop_later(UdpPeer(port, "127.0.0.3"))
    dns.srv(f"_sip._udp.{domain}", 1, 0, 1, "nowhere.example")
    dns.a(domain, "127.0.0.2", "127.0.0.3")     # nobody is at .2
    request_id = call(stage.server.carrier(port, host=domain))
    busy(peer)
    row_of(stage, request_id, "busy")
    assert dns.count(domain, "A") == 1
    assert not dns.count(domain, "NAPTR")
    assert not dns.count(f"_sip._udp.{domain}")


def test_a_dot_means_no_service(stage, carrier, call, dns, domain):
    """RFC 2782: the domain says that it is not there for SIP."""
    dns.srv(f"_sip._udp.{domain}", 0, 0, 0, ".")
    dns.a(domain, "127.0.0.1")
    row = row_of(stage, call(carrier(domain)), "failed")
    assert "not resolved" in row["reason"]
    assert not dns.count(domain, "A")


def test_many_records_come_by_tcp(stage, carrier, call, dns, domain,
                                  new_peer):
    """What does not fit into a datagram is fetched by TCP (RFC 7766)."""
    peer = new_peer()
    for place in range(12):
        dns.srv(f"_sip._udp.{domain}", 20 - place, 0, 9,
                f"a-rather-long-name-{place}.{domain}")
    dns.srv(f"_sip._udp.{domain}", 1, 0, peer.port, f"gw.{domain}")
    dns.a(f"gw.{domain}", "127.0.0.1")
    request_id = call(carrier(domain))
    busy(peer)
    row_of(stage, request_id, "busy")
    assert (f"_sip._udp.{domain}", "SRV", "tcp") in dns.asked


# ---- what is kept ----------------------------------------------------------

def test_many_calls_make_one_set_of_queries(stage, carrier, call, servers,
                                            dns, domain):
    peer, = servers(1)
    carrier_id = carrier(domain)
    calls = [call(carrier_id) for _ in range(20)]
    busy_all([peer], len(calls))
    for request_id in calls:
        row_of(stage, request_id, "busy")
    assert dns.count(domain, "NAPTR") == 1
    assert dns.count(f"_sip._udp.{domain}", "SRV") == 1
    assert dns.count(f"_sip._tcp.{domain}", "SRV") == 1
    assert dns.count(f"gw.{domain}", "A") == 1


def test_rfc3263_4_2_what_is_over_is_asked_again(stage, carrier, call, servers,
                                                 dns, domain, new_peer):
    """A carrier that moves is followed once its records' time is over."""
    old, = servers(1, ttl=1)
    new = new_peer()
    carrier_id = carrier(domain)
    request_id = call(carrier_id)
    busy(old)
    row_of(stage, request_id, "busy")
    dns.forget(f"_sip._udp.{domain}")
    dns.srv(f"_sip._udp.{domain}", 1, 0, new.port, f"gw.{domain}", ttl=1)
    until("the records to be over", 5,
          lambda: followed(stage, call(carrier_id), old, new))
    assert dns.count(f"_sip._udp.{domain}", "SRV") == 2


def followed(stage, request_id, old, new):
    ready, _, _ = select.select([old.sock, new.sock], [], [], 5)
    peer = new if new.sock in ready else old
    busy(peer)
    row_of(stage, request_id, "busy")
    return peer is new


# ---- servers that fail -----------------------------------------------------

def check_moved(first, second):
    """RFC 3263 4.3: the same request, but a new transaction."""
    assert first.call_id == second.call_id
    assert first.tag("from") == second.tag("from")
    assert first.uri == second.uri
    assert first.branch != second.branch
    assert second.all("via")[1:] == []


def test_rfc3263_4_3_silent_server_is_left_for_the_next(stage, carrier, call,
                                                        servers, domain):
    first, second = servers(2)
    request_id = call(carrier(domain))
    tried = first.expect("INVITE")
    moved = busy(second)
    assert 0.8 * SHARE < moved.at - tried.at < SHARE + 0.4
    check_moved(tried, moved)
    row_of(stage, request_id, "busy")
    first.drain()
    assert {m.branch for m in first.seen} == {tried.branch}


@pytest.mark.slow
def test_silent_server_is_left_after_four_seconds(new_server, article, dns,
                                                  servers, domain):
    """The share of Timer B that docs/CONFIG.md promises."""
    server = new_server(f"dns.server=127.0.0.1:{dns.port}")
    first, second = servers(2)
    request_id = server.play("1", article.urls,
                             carrier_id=server.carrier(0, host=domain))
    tried = first.expect("INVITE")
    moved = busy(second, 8)
    assert 3.8 < moved.at - tried.at < 4.6
    check_moved(tried, moved)
    judge.only_row(server.wait_done(request_id), "busy")


def test_rfc3263_4_3_503_moves_on_at_once(stage, carrier, call, servers,
                                          domain):
    first, second = servers(2)
    request_id = call(carrier(domain))
    caught = catch(first)
    caught.refuse(503, "Service Unavailable")
    moved = busy(second)
    assert moved.at - caught.invite.at < 0.8 * SHARE
    check_moved(caught.invite, moved)
    row_of(stage, request_id, "busy")


@pytest.mark.parametrize("code", [404, 486, 500, 603])
def test_rfc3263_4_3_other_refusals_are_final(stage, carrier, call, dns,
                                              domain, new_peer, code):
    """Only 503 says that another server might do better (4.3)."""
    first, second = new_peer(), new_peer()
    host = f"c{code}.{domain}"
    dns.a(f"gw.{domain}", "127.0.0.1")
    dns.srv(f"_sip._udp.{host}", 1, 0, first.port, f"gw.{domain}")
    dns.srv(f"_sip._udp.{host}", 2, 0, second.port, f"gw.{domain}")
    request_id = call(carrier(host))
    catch(first).refuse(code, "No")
    row = judge.only_row(stage.server.wait_done(request_id))
    assert row["attempts"][-1]["sip_code"] == code
    assert second.read(0.01) is None


def test_rfc3263_4_3_closed_port_moves_on(stage, carrier, call, dns, domain,
                                          ports, new_peer):
    """What ICMP says of the first server is not waited out."""
    second = new_peer()
    dns.a(f"gw.{domain}", "127.0.0.1")
    dns.srv(f"_sip._udp.{domain}", 1, 0, ports.one(), f"gw.{domain}")
    dns.srv(f"_sip._udp.{domain}", 2, 0, second.port, f"gw.{domain}")
    request_id = call(carrier(domain))
    busy(second)
    row_of(stage, request_id, "busy")


def test_rfc3263_4_3_refused_connection_moves_on(stage, carrier, call, dns,
                                                 domain, ports, stop_later):
    second = stop_later(TcpPeer(ports.one()))
    dns.a(f"gw.{domain}", "127.0.0.1")
    dns.srv(f"_sip._tcp.{domain}", 1, 0, ports.one(), f"gw.{domain}")
    dns.srv(f"_sip._tcp.{domain}", 2, 0, second.port, f"gw.{domain}")
    request_id = call(carrier(domain, transport="tcp"))
    second.busy()
    row_of(stage, request_id, "busy")


def test_all_dead_is_a_failure_with_a_reason(stage, carrier, call, servers,
                                             domain):
    first, second = servers(2)
    request_id = call(carrier(domain))
    tried = first.expect("INVITE")
    moved = second.expect("INVITE")
    row = row_of(stage, request_id, "failed")
    assert row["attempts"][0]["sip_code"] == 408
    assert row["reason"]
    second.drain()
    # The last one is given all that Timer B gives (17.1.1.2).
    sent = [m for m in second.seen if m.branch == moved.branch]
    assert sent[-1].at - moved.at > 1.4
    check_moved(tried, moved)


def test_one_that_rests_is_tried_last(stage, carrier, call, servers, domain):
    """The next call does not find out again that a server is silent."""
    first, second = servers(2)
    carrier_id = carrier(domain)
    request_id = call(carrier_id)
    first.expect("INVITE")
    busy(second)
    row_of(stage, request_id, "busy")
    first.drain()
    first.seen.clear()
    request_id = call(carrier_id)
    caught = catch(second)
    assert first.read(0.01) is None
    # But it is tried when the other one has no room.
    caught.refuse(503, "Service Unavailable")
    busy(first)
    row_of(stage, request_id, "busy")


def test_the_only_one_is_tried_though_it_rests(stage, carrier, call, servers,
                                               domain):
    peer, = servers(1)
    carrier_id = carrier(domain)
    request_id = call(carrier_id)
    catch(peer).refuse(503, "Service Unavailable")
    row_of(stage, request_id, "failed")
    request_id = call(carrier_id)
    busy(peer)
    row_of(stage, request_id, "busy")


def test_registration_moves_on_too(stage, carrier, servers, domain):
    first, second = servers(2)
    carrier_id = carrier(domain, register=True, username="u", password="p")
    tried = first.expect("REGISTER")
    moved = second.expect("REGISTER")
    check_moved(tried, moved)
    second.answer(moved, 200, "OK", to_tag="t", extra=[
        ("Contact", f"{moved.get('contact')};expires=3600")])
    stage.server.wait_registration(carrier_id, "registered")
    stage.server.delete(f"/carriers/{carrier_id}").accepted()


# ---- name servers that fail ------------------------------------------------

def test_no_such_name_is_said(stage, carrier, call, dns, domain):
    row = row_of(stage, call(carrier(domain)), "failed")
    assert row["attempts"][0]["sip_code"] == 503
    assert "no such name" in row["reason"]
    assert dns.count(domain, "A") == 1


@pytest.mark.parametrize("word,reason", [
    ("servfail", "name server failed"), ("cut", "name server failed"),
    ("garbage", "name server"), ("silent", "does not answer")])
@pytest.mark.slow
def test_broken_name_server_is_said(stage, carrier, call, dns, domain,
                                    peer, word, reason):
    """A clear reason within 15 s, and the calls by others go on."""
    host = f"{word}.{domain}"
    for name in (host, f"_sip._udp.{host}", f"_sip._tcp.{host}"):
        dns.behave(name, word)
    start = time.monotonic()
    request_id = call(carrier(host))
    until("the name to be asked for", 5, lambda: dns.count(host))
    other = call(stage.server.carrier(peer.port))
    busy(peer, 2)
    row_of(stage, other, "busy", 2)
    row = row_of(stage, request_id, "failed", 20)
    assert time.monotonic() - start < 17
    assert row["attempts"][0]["sip_code"] == 503
    assert reason in row["reason"]


def test_registration_says_why_and_comes_back(stage, carrier, dns, domain,
                                              new_peer):
    dns.none_ttl = 1
    carrier_id = carrier(domain, register=True, username="u", password="p")
    status = until("the reason to be in the status", 10, lambda: (
        lambda s: s if "no such name" in str(s) else None)(
            stage.server.registration(carrier_id)))
    assert status["sip_registration"] != "registered"
    peer = new_peer()
    dns.srv(f"_sip._udp.{domain}", 1, 0, peer.port, f"gw.{domain}")
    dns.a(f"gw.{domain}", "127.0.0.1")
    asked = peer.expect("REGISTER", 20)
    peer.answer(asked, 200, "OK", to_tag="t", extra=[
        ("Contact", f"{asked.get('contact')};expires=3600")])
    stage.server.wait_registration(carrier_id, "registered")
    stage.server.delete(f"/carriers/{carrier_id}").accepted()


def test_failing_extras_are_done_without(stage, carrier, call, dns, domain,
                                         new_peer):
    """A name server that knows no NAPTR or SRV fails those queries only."""
    peer = new_peer()
    dns.behave(domain, "servfail")
    dns.srv(f"_sip._udp.{domain}", 1, 0, peer.port, f"gw.{domain}")
    dns.a(f"gw.{domain}", "127.0.0.1")
    request_id = call(carrier(domain))
    busy(peer)
    row_of(stage, request_id, "busy")


def test_answers_with_a_wrong_id_are_not_believed(stage, carrier, call, dns,
                                                  domain, new_peer):
    """Somebody guesses: what he says is passed over for the real answer."""
    peer = new_peer()
    for name in (domain, f"_sip._udp.{domain}", f"gw.{domain}"):
        dns.behave(name, "wrong_id")
    dns.srv(f"_sip._udp.{domain}", 1, 0, peer.port, f"gw.{domain}")
    dns.a(f"gw.{domain}", "127.0.0.1")
    request_id = call(carrier(domain))
    busy(peer)
    row_of(stage, request_id, "busy")


def test_call_that_is_cancelled_while_resolving(stage, carrier, dns, domain,
                                                new_peer):
    """The answer that comes later wakes nobody."""
    peer = new_peer()
    dns.behave(f"gw.{domain}", "held")
    dns.srv(f"_sip._udp.{domain}", 1, 0, peer.port, f"gw.{domain}")
    dns.a(f"gw.{domain}", "127.0.0.1")
    request_id = stage.server.play("1", stage.urls[:1], ring_timeout_s=1,
                                   carrier_id=carrier(domain))
    until("the address to be asked for", 5,
          lambda: dns.count(f"gw.{domain}"))
    judge.only_row(stage.server.wait_done(request_id))
    dns.release()
    assert peer.read(0.2) is None
