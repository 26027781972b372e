"""TCP and TLS: calls end to end, who is trusted, connections that come and go.

SPDX-License-Identifier: MIT
"""
import re
import socket
import ssl
import subprocess
import time

import pytest

import challenge
from carillond import build_dir, plugins_dir
from certs import Certs
from message import make_sdp, token
from stage import Stage, Talk, describe
from tcp_peer import TcpPeer
from udp_peer import UdpPeer
from waiting import PATIENCE, until

REGISTER = {"register": True, "username": "client1", "password": "password1"}


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    return Certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory, ports, certs):
    """A server that listens on all transports and shows a certificate."""
    cert, key = certs.make("us", "DNS:us.example.com,IP:127.0.0.1")
    tcp, tls = ports.one(), ports.one()
    made = Stage(tmp_path_factory.mktemp("stage"), ports,
                 f"sip.listen=tcp:127.0.0.1:{tcp}",
                 f"sip.listen=tls:127.0.0.1:{tls}", f"sip.tls.ca={certs.ca}",
                 f"sip.tls.certificate={cert}", f"sip.tls.key={key}")
    made.tcp, made.tls = ("127.0.0.1", tcp), ("127.0.0.1", tls)
    yield made
    made.close()


@pytest.fixture
def new_tcp(ports, stop_later):
    def make(**more):
        return stop_later(TcpPeer(ports.one(), **more))
    return make


@pytest.fixture
def tls_peer(new_tcp, certs):
    return new_tcp(context=certs.server("peer", "IP:127.0.0.1,IP:::1"))


def register(server, peer, transport, **fields):
    """A carrier, whose REGISTER is challenged and then granted."""
    carrier_id = server.carrier(peer.port, transport=transport,
                                **{**REGISTER, **fields})
    asked = challenge.make()
    first = peer.expect("REGISTER")
    peer.answer(first, 401, "No", to_tag="r",
                extra=[("WWW-Authenticate", asked)])
    again = peer.expect("REGISTER")
    challenge.right(again, asked)
    grant(peer, again)
    server.wait_registration(carrier_id, "registered")
    return carrier_id, again


def grant(peer, request):
    contact = request.get("contact")
    peer.answer(request, 200, "OK", to_tag="r", extra=[
        ("Contact", re.sub(r";expires=\d+", "", contact) + ";expires=3600")])


def reason(server, carrier_id):
    """What the status says of a registration that failed."""
    return server.wait_registration(carrier_id, "failed")["last_reason"]


def check_way(request, transport):
    """Via and Contact name the transport (RFC 3261 18.1.1, 19.1.1)."""
    assert request.get("via").startswith(f"SIP/2.0/{transport.upper()} ")
    assert f";transport={transport}" in request.get("contact").lower()


# ---- calls -----------------------------------------------------------------

@pytest.mark.threads
@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_registers_and_calls(stage, new_tcp, certs, receiver, transport):
    peer = new_tcp(context=certs.server("peer", "IP:127.0.0.1,IP:::1")
                   if transport == "tls" else None)
    carrier_id, request = register(stage.server, peer, transport)
    check_way(request, transport)
    talk = stage.talk(peer, receiver, carrier={
        "transport": transport, **REGISTER, "register": False})
    check_way(talk.invite, transport)
    stage.goes_on(talk, receiver)
    assert len(peer.links) == 1
    status = stage.server.registration(carrier_id)
    assert transport in str(status["server"]).lower()
    stage.server.delete(f"/carriers/{carrier_id}").accepted()
    leave = peer.expect("REGISTER")
    assert leave.source is peer.links[0]
    peer.answer(leave, 200, "OK", to_tag="r")


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_calls_over_ipv6(stage, new_tcp, certs, receiver, transport):
    peer = new_tcp(host="::1", context=certs.server(
        "peer", "IP:127.0.0.1,IP:::1") if transport == "tls" else None)
    carrier_id = stage.server.carrier(peer.port, host="::1",
                                      transport=transport)
    request_id = stage.server.play("1", stage.urls[:1],
                                   carrier_id=carrier_id)
    invite = peer.expect("INVITE")
    peer.host, host = "127.0.0.1", peer.host        # for the media
    talk = Talk(peer, receiver.port, invite=invite)
    peer.host = host
    talk.request_id = request_id
    talk.ok()
    talk.ack()
    assert "[::1]" in invite.get("via")
    stage.goes_on(talk, receiver)


# ---- whom we trust ---------------------------------------------------------

def test_wrong_name_in_the_certificate_is_refused(stage, new_tcp, certs):
    peer = new_tcp(context=certs.server("other", "DNS:other.example.com"))
    carrier_id = stage.server.carrier(peer.port, transport="tls", **REGISTER)
    until("the handshake", 5, lambda: peer.read(0.1) or peer.links)
    assert "the certificate is not for 127.0.0.1 but for " \
        "other.example.com" in reason(stage.server, carrier_id)
    assert peer.links[0].gone() and not peer.seen       # not a byte of SIP


def test_unknown_authority_is_refused(stage, new_tcp, tmp_path):
    stranger = Certs(tmp_path / "stranger")
    peer = new_tcp(context=stranger.server("peer", "IP:127.0.0.1"))
    carrier_id = stage.server.carrier(peer.port, transport="tls", **REGISTER)
    until("a handshake", 5, lambda: peer.read(0.1) or peer.failed)
    assert "authority is not trusted" in reason(stage.server, carrier_id)
    assert not peer.seen


def test_self_signed_certificate_is_refused(stage, new_tcp, tmp_path):
    stranger = Certs(tmp_path / "stranger")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(stranger.ca, stranger.folder / "ca.key")
    peer = new_tcp(context=context)
    carrier_id = stage.server.carrier(peer.port, transport="tls", **REGISTER)
    until("a handshake", 5, lambda: peer.read(0.1) or peer.failed)
    assert "self-signed" in reason(stage.server, carrier_id)


def test_a_server_without_tls_is_named_so(stage, new_tcp):
    peer = new_tcp()
    carrier_id = stage.server.carrier(peer.port, transport="tls", **REGISTER)
    peer.accept()
    peer.links[0].send(b"SIP/2.0 400 Bad Request\r\n\r\n")
    assert "does not speak TLS" in reason(stage.server, carrier_id)


def test_nobody_there_is_named_so(stage, ports):
    carrier_id = stage.server.carrier(ports.one(), transport="tcp",
                                      **REGISTER)
    assert "the connection was refused" in reason(stage.server, carrier_id)


def test_shows_its_certificate_when_asked(stage, new_tcp, certs):
    peer = new_tcp(context=certs.server("peer", "IP:127.0.0.1,IP:::1",
                                        ask=True))
    register(stage.server, peer, "tls")
    names = peer.links[0].sock.getpeercert()["subjectAltName"]
    assert ("DNS", "us.example.com") in names


def test_without_a_certificate_it_says_what_is_missing(new_server, new_tcp,
                                                       certs):
    server = new_server(f"sip.tls.ca={certs.ca}")
    peer = new_tcp(context=certs.server("peer", "IP:127.0.0.1,IP:::1",
                                        ask=True))
    carrier_id = server.carrier(peer.port, transport="tls", **REGISTER)
    until("a handshake", 5, lambda: peer.read(0.1) or peer.failed)
    assert "asks for a certificate of ours" in reason(server, carrier_id)


def test_server_name_is_indicated(new_server, new_tcp, certs):
    """RFC 3261 26.3.1, RFC 6066: a name is sent and checked."""
    context = certs.server("local", "DNS:localhost")
    asked = []
    context.sni_callback = lambda _sock, name, _context: asked.append(name)
    server = new_server(f"sip.tls.ca={certs.ca}")
    peer = new_tcp(context=context)
    register(server, peer, "tls", host="localhost")
    assert asked == ["localhost"]


def test_a_contact_with_an_address_is_the_same_server(stage, new_tcp, certs,
                                                      receiver):
    """The certificate is for the carrier's name, its Contact an address."""
    peer = new_tcp(context=certs.server("local", "DNS:localhost"))
    talk = stage.talk(peer, receiver, carrier={"transport": "tls",
                                               "host": "localhost"})
    assert peer.contact.startswith("sip:peer@127.0.0.1:")
    stage.goes_on(talk, receiver)
    assert len(peer.links) == 1


# ---- connections -----------------------------------------------------------

def test_rfc3261_18_1_1_two_calls_share_one_connection(stage, new_tcp,
                                                       receiver):
    peer = new_tcp()
    carrier_id = stage.server.carrier(peer.port, transport="tcp")
    for _ in range(2):
        request_id = stage.server.play("1", stage.urls[:1],
                                       carrier_id=carrier_id)
        invite = peer.expect("INVITE")
        peer.answer(invite, 486, "Busy Here", to_tag="b")
        peer.expect("ACK", call_id=invite.call_id)
        stage.row(request_id, "busy")
    assert len(peer.links) == 1


def test_a_bye_finds_its_way_when_the_connection_is_gone(stage, new_tcp,
                                                         receiver):
    peer = new_tcp()
    talk = stage.talk(peer, receiver, carrier={"transport": "tcp"})
    talk.invite.source.close()
    bye = talk.take_bye(10)
    assert bye.source is peer.links[1]
    stage.row(talk.request_id, "completed")


def test_the_far_ends_bye_may_come_by_another_connection(stage, new_tcp,
                                                         receiver):
    """It calls the port of our Contact (RFC 3261 12.2.1.1)."""
    peer = new_tcp()
    talk = stage.talk(peer, receiver, items=3, carrier={"transport": "tcp"})
    assert f":{stage.tcp[1]}" in talk.invite.get("contact")
    talk.invite.source.close()
    talk.invite.source = peer.dial(stage.tcp)
    assert talk.bye().code == 200
    assert stage.server.wait_done(talk.request_id)


def test_rfc3261_18_2_2_an_answer_opens_a_connection(stage, new_tcp,
                                                     receiver):
    """The one that brought the request is gone: to the source, at the port
    of sent-by. The 200 to a re-INVITE is repeated until its ACK."""
    peer = new_tcp()
    talk = stage.talk(peer, receiver, items=3, carrier={"transport": "tcp"})
    for link in list(peer.links):
        link.close()
    talk.invite.source = asking = peer.dial(stage.tcp)
    first = talk.ask("INVITE", describe("127.0.0.1", receiver.port))
    assert first.code == 200 and first.source is asking
    asking.close()
    again = talk.final("INVITE")
    assert again.raw == first.raw and again.source is not asking
    assert again.source in peer.links[2:]
    third = talk.final("INVITE")
    assert third.source is again.source         # not one for each time
    talk.invite.source = again.source
    talk.send("ACK", cseq=first.cseq[0])
    assert talk.bye().code == 200
    assert stage.server.wait_done(talk.request_id)


def test_rfc3261_18_2_2_strangers_make_us_connect_nowhere(stage, new_tcp):
    """The 403 to an INVITE of nobody's is not sent after him."""
    peer = new_tcp()
    link = peer.dial(stage.tcp)
    link.send(options("tcp", peer).replace(b"OPTIONS", b"INVITE") * 20)
    link.close()
    assert answers_options(stage, new_tcp)
    assert peer.read(0.3) is None and len(peer.links) == 1


def test_rfc3261_17_1_4_closing_on_a_request_fails_the_call(stage, new_tcp):
    """RFC 3261 17.1.4: a transport error ends the transaction."""
    peer = new_tcp()
    request_id = stage.call(peer, carrier={"transport": "tcp"})
    invite = peer.expect("INVITE")
    invite.source.close()
    row = stage.row(request_id, "failed")
    assert "closed the connection" in str(row)


LONG = {"transport": "udp",
        "headers": {f"X-Long-{n}": 120 * "x" for n in range(8)}}


def refuse(peer, seconds=5):
    """Ends the call that comes; the INVITE."""
    invite = peer.expect("INVITE", seconds)
    peer.answer(invite, 486, "Busy Here", to_tag="b")
    peer.expect("ACK", call_id=invite.call_id)
    return invite


def test_rfc3261_18_1_1_a_long_request_goes_by_tcp(stage, new_tcp, stop_later):
    peer = new_tcp()
    datagrams = stop_later(UdpPeer(peer.port))
    request_id = stage.call(peer, carrier=LONG)
    invite = refuse(peer)
    assert len(invite.raw) > 1300
    assert invite.get("via").startswith("SIP/2.0/TCP ")
    assert "transport=" not in invite.get("contact")
    stage.row(request_id, "busy")
    datagrams.nothing("INVITE", 0.1)


def test_rfc3261_18_1_1_only_the_long_request_goes_by_tcp(stage, new_tcp,
                                                          stop_later,
                                                          receiver):
    """A Contact without transport is one of UDP, whatever INVITE went by."""
    peer = new_tcp()
    datagrams = stop_later(UdpPeer(peer.port))
    request_id = stage.call(peer, carrier=LONG)
    invite = peer.expect("INVITE")
    peer.answer(invite, 200, "OK", to_tag="callee", contact=datagrams.contact,
                body=make_sdp("127.0.0.1", receiver.port))
    datagrams.expect("ACK")
    bye = datagrams.expect("BYE", 10)
    datagrams.answer(bye, 200, "OK")
    stage.row(request_id, "completed")
    assert not [m for m in peer.seen if m.method == "ACK"]


def test_rfc3261_18_1_1_by_udp_after_all_where_tcp_is_refused(stage, peer):
    carrier_id = stage.server.carrier(peer.port, **LONG)
    for _ in range(2):
        request_id = stage.server.play("1", stage.urls[:1],
                                       carrier_id=carrier_id)
        invite = refuse(peer)
        assert invite.get("via").startswith("SIP/2.0/UDP ")
        assert "transport=tcp" not in invite.get("contact")
        stage.row(request_id, "busy")


def test_rfc3261_18_1_1_by_udp_where_tcp_does_not_open(stage, peer,
                                                       stop_later):
    """Within a second; the next one does not try TCP again."""
    door = socket.socket()
    stop_later(door).bind((peer.host, peer.port))
    door.listen(0)
    for _ in range(8):                          # its queue is full now
        filler = stop_later(socket.socket())
        filler.setblocking(False)
        filler.connect_ex((peer.host, peer.port))
    carrier_id = stage.server.carrier(peer.port, **LONG)
    began = time.monotonic()
    stage.server.play("1", stage.urls[:1], carrier_id=carrier_id)
    refuse(peer)
    assert time.monotonic() - began >= 1
    began = time.monotonic()
    stage.server.play("1", stage.urls[:1], carrier_id=carrier_id)
    refuse(peer)
    assert time.monotonic() - began < 1 * PATIENCE


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_options_is_answered(stage, new_tcp, certs, transport):
    peer = new_tcp()
    link = dial(stage, peer, certs, transport)
    link.send(options(transport, peer) * 3)
    for _ in range(3):
        answer = peer.expect(200)
        assert answer.source is link and "INVITE" in answer.get("allow")


def dial(stage, peer, certs, transport):
    if transport == "tcp":
        return peer.dial(stage.tcp)
    return peer.dial(stage.tls, certs.client(), "us.example.com")


def options(transport, peer, extra="Content-Length: 0\r\n"):
    return (f"OPTIONS sip:us@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/{transport.upper()} {peer.address};"
            f"branch=z9hG4bK{token()};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:peer@127.0.0.1>;tag=1\r\n"
            f"To: <sip:us@127.0.0.1>\r\nCall-ID: {token()}\r\n"
            f"CSeq: 1 OPTIONS\r\n{extra}\r\n").encode()


def answers_options(stage, new_tcp):
    peer = new_tcp()
    peer.dial(stage.tcp).send(options("tcp", peer))
    return peer.expect(200)


def test_rfc5626_4_4_1_a_ping_is_answered(stage):
    with socket.create_connection(stage.tcp, 5) as sock:
        sock.sendall(b"\r\n\r\n")
        assert sock.recv(16) == b"\r\n"


# ---- what strangers do -----------------------------------------------------

@pytest.mark.parametrize("length", [
    "", "Content-Length: -1\r\n", "Content-Length: x\r\n",
    "l: 4294967296\r\n", "l: 18446744073709551616\r\n", "l: 99999\r\n",
    "Content-Type: application/sdp\r\nContent-Length: 99999\r\n"])
def test_rfc3261_20_14_a_length_that_lies_gets_400(stage, new_tcp, length):
    peer = new_tcp()
    link = peer.dial(stage.tcp)
    link.send(options("tcp", peer, length))
    assert peer.expect(400).source is link
    assert link.gone()
    assert answers_options(stage, new_tcp)


@pytest.mark.parametrize("noise", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
    b"\0" * 5000, b"SIP\r\n\r\n", b"x" * 60000,
    b"OPTIONS sip:x SIP/2.0\r\nX: " + b"y" * 60000])
def test_noise_closes_the_connection(stage, new_tcp, noise):
    peer = new_tcp()
    link = peer.dial(stage.tcp)
    try:
        link.send(noise)
    except ConnectionError:
        pass                    # it did not listen to all of it
    assert link.gone() and not link.data
    assert answers_options(stage, new_tcp)


def test_who_asks_and_never_listens_is_closed(stage, new_tcp):
    """Long before the answers that he leaves lying take megabytes of us."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(stage.tcp)
        sock.settimeout(5)
        asks = options("tcp", new_tcp()) * 100
        with pytest.raises(ConnectionError):
            for _ in range(40):
                sock.sendall(asks)
                assert answers_options(stage, new_tcp)  # all was read


def test_plain_sip_on_the_tls_port_is_closed(stage, new_tcp):
    peer = new_tcp()
    link = peer.dial(stage.tls)
    link.send(options("tls", peer))
    assert link.gone()


def test_a_message_in_single_bytes_is_read(stage, new_tcp):
    peer = new_tcp()
    link = peer.dial(stage.tcp)
    link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in options("tcp", peer):
        link.send(bytes([byte]))
    assert peer.expect(200)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_300_idle_connections_do_not_stop_a_call(stage, new_tcp, receiver,
                                                 transport):
    address = stage.tcp if transport == "tcp" else stage.tls
    idle = [socket.create_connection(address, 5) for _ in range(300)]
    try:
        for n, sock in enumerate(idle):         # half of them half a message
            if n % 2:
                sock.sendall(b"INVITE sip:x SIP/2.0\r\nVia: ")
        talk = stage.talk(new_tcp(), receiver, carrier={"transport": "tcp"})
        stage.goes_on(talk, receiver)
        assert answers_options(stage, new_tcp)
    finally:
        for sock in idle:
            sock.close()


# ---- start -----------------------------------------------------------------

def run(tmp_path, *settings, options=()):
    command = [str(build_dir() / "carillond"), *options]
    for setting in ("api.listen=127.0.0.1:0", f"state.dir={tmp_path}/state",
                    f"plugins.dir={plugins_dir(tmp_path)}", *settings):
        command += ["--set", setting]
    return subprocess.run(command, capture_output=True, text=True, timeout=20,
                          check=False)


def refused_start(tmp_path, *settings):
    """What the start says, and --check-config too."""
    done = run(tmp_path, *settings)
    assert done.returncode != 0
    checked = run(tmp_path, *settings, options=["--check-config"])
    assert checked.returncode == 2
    said = checked.stderr.removeprefix("carillond: ").strip()
    assert said and said in done.stderr
    return done.stderr


def test_check_config_opens_the_files(tmp_path, certs):
    cert, key = certs.make("us", "DNS:us.example.com")
    checked = run(tmp_path, "sip.listen=tls:127.0.0.1:0",
                  f"sip.tls.certificate={cert}", f"sip.tls.key={key}",
                  f"sip.tls.ca={certs.ca}", options=["--check-config"])
    assert checked.returncode == 0, checked.stderr
    assert not (tmp_path / "state").exists()


def test_wrong_certificates_stop_the_start(tmp_path, certs):
    cert, key = certs.make("us", "DNS:us.example.com")
    _, other = certs.make("peer", "IP:127.0.0.1,IP:::1")
    listen = "sip.listen=tls:127.0.0.1:0"
    said = refused_start(tmp_path, listen)
    assert "sip.tls.certificate" in said
    said = refused_start(tmp_path, listen, f"sip.tls.certificate={cert}",
                         f"sip.tls.key={other}")
    assert "sip.tls.key" in said and "not the key of the certificate" in said
    said = refused_start(tmp_path, listen, "sip.tls.certificate=/no/such",
                         f"sip.tls.key={key}")
    assert "sip.tls.certificate: /no/such: No such file" in said
    said = refused_start(tmp_path, "sip.listen=udp:127.0.0.1:0",
                         f"sip.tls.ca={key}")
    assert "sip.tls.ca" in said
