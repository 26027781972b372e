"""Datagrams: how long, from where, and where they end (RFC 3261 18).

SPDX-License-Identifier: MIT
"""
import pytest

from message import build, token
from stage import describe
from tcp_peer import TcpPeer
from udp_peer import Answered, UdpPeer


# ---- 18.1.1 -----------------------------------------------------------------

def test_rfc3261_18_1_1_more_than_1300_bytes_go_by_tcp(stage, ports,
                                                       stop_later):
    """Exactly 1,300 still are a datagram: the path's MTU is not known."""
    tcp = stop_later(TcpPeer(ports.one()))
    udp = stop_later(UdpPeer(tcp.port))
    pad = [120] * 4
    carrier_id = stage.server.carrier(udp.port, transport="udp")

    def invite(last):
        """Who got the INVITE with so much in its last header, and how long
        it was as a datagram."""
        headers = {f"X-Long-{n}": "x" * size for n, size in enumerate(
            [*pad, last])}
        stage.server.patch(f"/carriers/{carrier_id}",
                           {"headers": headers}).accepted()
        request_id = stage.server.play("1", stage.urls[:1],
                                       carrier_id=carrier_id)
        while True:
            for peer in (tcp, udp):
                message = peer.read(0.02)
                if message and message.method == "INVITE":
                    peer.answer(message, 486, "Busy", to_tag="b")
                    peer.expect("ACK", call_id=message.call_id)
                    stage.row(request_id, "busy")
                    more = ";transport=tcp" in message.get("contact")
                    return peer, len(message.raw) - more * len(
                        ";transport=tcp")

    peer, size = invite(10)
    assert peer is udp and 1100 < size < 1290
    exact, sizes = 10 + 1300 - size, {udp: [], tcp: []}
    for last in range(exact - 6, exact + 7):
        peer, size = invite(last)
        sizes[peer].append(size)
    assert max(sizes[udp]) <= 1300 < min(sizes[tcp])


# ---- 18.2.1 -----------------------------------------------------------------

def test_rfc3261_18_2_1_received_says_where_it_came_from(stage, peer,
                                                         new_peer):
    """Whenever sent-by is another host; the answer goes to its port at the
    source. What a sender claims in `received` is not believed."""
    other = new_peer()
    for more in ("", ";received=192.0.2.99"):
        call_id = token()
        peer.send(build("OPTIONS sip:x SIP/2.0", [
            ("Via", f"SIP/2.0/UDP 192.0.2.1:{other.port};branch=z9hG4bK"
                    f"{token()}{more}"),
            ("From", "<sip:a@b>;tag=1"), ("To", "<sip:c@d>"),
            ("Call-ID", call_id), ("CSeq", "1 OPTIONS")]),
            stage.server.sip_address)
        via = other.expect(200, call_id=call_id).get("via")
        assert via.count("received=") == 1 and "received=127.0.0.1" in via
    assert peer.read(0.05) is None


# ---- 18.3 -------------------------------------------------------------------

def lying(data, more):
    """The message with a Content-Length that is wrong by so much."""
    head, _, body = data.partition(b"\r\n\r\n")
    return head.replace(b"Content-Length: %d" % len(body),
                        b"Content-Length: %d" % (len(body) + more)) \
        + b"\r\n\r\n" + body


def test_rfc3261_18_3_bytes_beyond_the_length_are_dropped(stage, peer,
                                                          receiver):
    """Of an answer and of a request: the body ends where it says."""
    request_id = stage.call(peer, items=3)
    call = Answered(peer, receiver.port)
    length = len(call.sdp)
    call.sdp += b"m=audio 9 RTP/AVP 18\r\ngarbage"
    data = peer.answer(call.invite, 180, "Ringing", to_tag=call.tag,
                       contact=peer.contact, body=call.sdp)
    peer.send(data.replace(b"180 Ringing", b"200 OK").replace(
        b"Content-Length: %d" % len(call.sdp),
        b"Content-Length: %d" % length), call.invite.source)
    call.ack()
    body = describe("127.0.0.1", receiver.port)
    peer.request("UPDATE", call.invite.contact_uri(), call.invite.source,
                 call.invite.call_id, 200,
                 call.invite.get("to") + f";tag={call.tag}",
                 call.invite.get("from"))
    assert peer.expect(200).cseq[1] == "UPDATE"
    whole = build(f"UPDATE {call.invite.contact_uri()} SIP/2.0", [
        ("Via", f"SIP/2.0/UDP {peer.address};branch=z9hG4bK{token()}"),
        ("From", call.invite.get("to") + f";tag={call.tag}"),
        ("To", call.invite.get("from")), ("Call-ID", call.invite.call_id),
        ("CSeq", "201 UPDATE"), ("Contact", f"<{peer.contact}>")], body)
    peer.send(whole + b"m=video 9 RTP/AVP 96\r\nBYE sip:x SIP/2.0\r\n\r\n",
              call.invite.source)
    answer = peer.expect(lambda m: m.cseq == (201, "UPDATE"))
    assert answer.code == 200 and answer.body.count(b"m=") == 1
    call.take_bye(10)
    stage.row(request_id, "completed")
    stage.heard_all(receiver.packets, 3)


@pytest.mark.parametrize("more", [1, 100, 100000])
@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "BYE"])
def test_rfc3261_18_3_short_body_of_a_request_is_400(stage, peer, method,
                                                     more):
    call_id = token()
    data = build(f"{method} sip:x@127.0.0.1 SIP/2.0", [
        ("Via", f"SIP/2.0/UDP {peer.address};rport;branch=z9hG4bK{token()}"),
        ("Max-Forwards", "70"), ("From", "<sip:a@b>;tag=1"),
        ("To", "<sip:c@d>"), ("Call-ID", call_id), ("CSeq", f"1 {method}")],
        describe("127.0.0.1", 4000))
    peer.send(lying(data, more), stage.server.sip_address)
    answer = peer.expect(lambda m: m.is_response and m.call_id == call_id)
    assert answer.code == 400


def test_rfc3261_18_3_short_body_of_an_answer_is_dropped(stage, peer,
                                                         receiver):
    """As if it was lost: the whole one, which comes next, counts."""
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    data = peer.answer(call.invite, 180, "Ringing", to_tag=call.tag,
                       contact=peer.contact, body=call.sdp)
    peer.send(lying(data.replace(b"180 Ringing", b"200 OK"), 50),
              call.invite.source)
    peer.nothing("ACK", 0.2)
    call.ok()
    call.ack()
    call.take_bye(10)
    stage.row(request_id, "completed")
    stage.heard_all(receiver.packets)
