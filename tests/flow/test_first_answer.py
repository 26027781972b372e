"""The answer to the INVITE (RFC 3264 6, 7; RFC 3261 13.2.1): which codec, how
it is numbered and packed, from when on, and what cannot be used.

SPDX-License-Identifier: MIT
"""
import pytest

import g711
import judge
from rtp import RtpReceiver
from stage import Talk, describe
from udp_peer import Answered
from waiting import stays

EVENTS = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"


def heard(packets, codec, samples, kind, size=160):
    """As judge.heard_exactly, under any payload type."""
    ordered = judge.in_order(packets)
    assert [p.payload for p in ordered] == g711.packets(codec, samples, size)
    judge.well_formed(packets, kind, size)


def early(call, code, sdp, tag=None):
    call.peer.answer(call.invite, code, "Progress", to_tag=tag or call.tag,
                     contact=call.peer.contact, body=sdp)


def test_rfc3264_5_offer_lists_the_carriers_codecs_in_order(stage, peer):
    """With a description that says all there is: o=, ptime, direction."""
    stage.call(peer, carrier={"codecs": ["alaw", "mulaw"]})
    call = Answered(peer, 4000)
    lines = call.invite.body.decode().split("\r\n")
    sdp = call.invite.sdp()
    assert sdp.formats == [8, 0, 101] and sdp.profile == "RTP/AVP"
    assert lines[0] == "v=0" and lines[-1] == ""
    assert [line[0] for line in lines[:6]] == list("vosctm")
    assert {"a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=ptime:20",
            "a=sendrecv"} <= set(lines)
    _, number, version, *where = lines[1].split()
    assert 0 < int(number) < 1 << 63 and version == number
    assert where == ["IN", "IP4", "127.0.0.1"]
    call.refuse(486, "Busy Here")


FIRST = {                       # what is said, and what is then sent
    "order": (dict(codec="8 0"), 8, "alaw"),
    "subset": (dict(codec="0"), 0, "mulaw"),
    "events-first": (dict(codec="101 18 8 0", more=EVENTS), 8, "alaw"),
    "noise-first": (dict(codec="13 0"), 0, "mulaw"),
    "renumbered": (dict(codec="96", more="a=rtpmap:96 PCMA/8000\r\n"), 96,
                   "alaw"),
    "one-renumbered": (dict(codec="120 0", more="a=rtpmap:120 pcma/8000/1\r\n"
                            ), 120, "alaw"),
    "other-clock": (dict(codec="8 0", pcma="PCMA/16000"), 0, "mulaw"),
    "other-name": (dict(codec="8 0", pcma="opus/48000/2"), 0, "mulaw")}


@pytest.mark.parametrize("what", FIRST)
def test_rfc3264_7_first_usable_of_the_answer_is_sent(stage, peer, receiver,
                                                      what):
    parts, kind, name = FIRST[what]
    parts = dict(parts)
    pcma = parts.pop("pcma", "PCMA/8000").encode()
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    call.ok(sdp=describe("127.0.0.1", receiver.port, **parts).replace(
        b"a=rtpmap:8 PCMA/8000", b"a=rtpmap:8 " + pcma))
    call.ack()
    call.take_bye(10)
    row = stage.row(request_id, "completed")
    assert row["attempts"][0]["codec"] == name
    heard(receiver.packets, name, stage.samples[:1], kind)


@pytest.mark.parametrize("more,samples", [
    ("a=ptime:10", 80), ("a=ptime:30", 240), ("a=ptime:60", 480),
    ("a=maxptime:10", 80), ("a=ptime:40\r\na=maxptime:30", 240),
    ("a=ptime:200", 480), ("a=ptime:1", 80), ("a=ptime:22.5", 176),
    ("", 160)])
def test_packet_time_is_theirs_within_our_bounds(stage, peer, receiver, more,
                                                 samples):
    """RFC 8866 6.4: ptime is a wish, maxptime is a must."""
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    call.ok(sdp=describe("127.0.0.1", receiver.port).replace(
        b"a=ptime:20\r\n", b"") + (more + "\r\n" if more else "").encode())
    call.ack()
    call.take_bye(10)
    stage.row(request_id, "completed")
    heard(receiver.packets, "mulaw", stage.samples[:1], 0, samples)


@pytest.mark.parametrize("ptime", [10, 30, 60])
@pytest.mark.parametrize("theirs", [None, 20])
def test_packet_time_of_the_carrier_is_offered_and_sent(
        stage, peer, receiver, ptime, theirs):
    """Unless the far end names another."""
    request_id = stage.call(peer, carrier={"ptime": ptime})
    call = Answered(peer, receiver.port)
    assert f"a=ptime:{ptime}\r\n" in call.invite.sdp().text
    sdp = describe("127.0.0.1", receiver.port)
    call.ok(sdp=sdp if theirs else sdp.replace(b"a=ptime:20\r\n", b""))
    call.ack()
    call.take_bye(10)
    stage.row(request_id, "completed")
    heard(receiver.packets, "mulaw", stage.samples[:1], 0,
          8 * (theirs or ptime))


@pytest.mark.parametrize("how", [
    dict(direction="sendonly"), dict(direction="inactive"),
    dict(connection="0.0.0.0"), dict(direction="recvonly")],
    ids=["sendonly", "inactive", "zeros", "recvonly"])
def test_call_that_is_answered_on_hold_is_heard_later(stage, peer, receiver,
                                                      how):
    request_id = stage.call(peer)
    talk = Talk(peer, receiver.port)
    talk.ok(sdp=describe("127.0.0.1", receiver.port, **how))
    talk.ack()
    if how.get("direction") != "recvonly":
        assert stays(0.4, lambda: not receiver.packets)
        answer = talk.reinvite(describe("127.0.0.1", receiver.port,
                                        version=2))
        assert answer.code == 200
    talk.take_bye(10)
    stage.row(request_id, "completed")
    judge.heard_exactly(receiver.packets, "mulaw", stage.samples[:1])


WRONG = {
    "moved": ("m=audio 0 RTP/AVP 0\r\n{rest}",
              "the answer's media lines are not in the order of the offer's"),
    "behind": ("m=video 0 RTP/AVP 31\r\n{rest}",
               "the answer's media lines are not in the order of the offer's"),
    "refused": ("m=audio 0 RTP/AVP 0 8\r\n", "the answer refuses audio"),
    "fax": ("m=audio 0 RTP/AVP 0\r\nm=image 4000 udptl t38\r\n",
            "the answer refuses audio"),
    "foreign": ("m=audio 4000 RTP/AVP 18\r\n",
                "the answer holds no codec that was offered"),
    "number": ("m=audio 4000 RTP/AVP 96\r\n",
               "the answer holds no codec that was offered"),
    "overflow": ("m=audio 4000 RTP/AVP 4294967296\r\n",
                 "line 6: payload type out of range"),
    "long": ("{rest}a=ptime:4294967316\r\n",
             "line 9: packet time out of range"),
    "maxptime": ("{rest}a=maxptime:9\r\n",
                 "the answer's PCMU parameters do not suit"),
    "clock": ("m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/4294975296\r\n",
              "line 7: clock rate out of range")}


@pytest.mark.parametrize("what", WRONG)
def test_answer_that_cannot_be_used_gets_ack_bye_and_a_reason(
        stage, peer, receiver, what):
    media, reason = WRONG[what]
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    head, sep, rest = describe("127.0.0.1", receiver.port).decode(
        ).partition("m=")
    call.ok(sdp=(head + media.format(rest=sep + rest)).encode())
    call.ack()
    bye = call.take_bye()
    assert "cause=88" in bye.get("reason")
    row = stage.row(request_id, "failed")
    assert row["reason"] == f"unusable_answer: {reason}"
    assert row["attempts"][0]["hangup_by"] == "system"
    assert not receiver.packets


# RFC 3261 13.2.1: what an unreliable provisional says is a preview; the
# answer is that of the 2xx.


def test_early_media_does_not_start_the_playlist(stage, peer, receiver):
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    for _ in range(3):
        early(call, 183, call.sdp)
    assert stays(0.5, lambda: not receiver.packets)
    call.ok()
    ack = call.ack()
    call.take_bye(10)
    stage.row(request_id, "completed")
    judge.heard_exactly(receiver.packets, "mulaw", stage.samples[:1])
    assert receiver.packets[0].at > ack.at - 0.005


def test_answer_of_the_200_wins_over_that_of_the_183(stage, peer, receiver,
                                                     ports, stop_later):
    other = stop_later(RtpReceiver(ports.one()))
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    early(call, 183, describe("127.0.0.1", other.port, codec="0"))
    early(call, 183, b"v=0\r\nbroken")
    call.ok(sdp=describe("127.0.0.1", receiver.port, codec="8"))
    call.ack()
    call.take_bye(10)
    row = stage.row(request_id, "completed")
    assert row["attempts"][0]["codec"] == "alaw"
    judge.heard_exactly(receiver.packets, "alaw", stage.samples[:1])
    assert not other.packets and not other.rtcp


def test_early_dialogs_of_forks_are_not_mixed(stage, peer, receiver, ports,
                                              stop_later):
    """12.1: each tag is a dialog of its own, and one of them answers."""
    others = [stop_later(RtpReceiver(ports.one())) for _ in range(2)]
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    for n, other in enumerate(others):
        early(call, 183, describe("127.0.0.1", other.port, codec="8"),
              tag=f"fork{n}")
    call.ok(sdp=describe("127.0.0.1", receiver.port, codec="0"))
    call.ack()
    call.take_bye(10)
    stage.row(request_id, "completed")
    judge.heard_exactly(receiver.packets, "mulaw", stage.samples[:1])
    assert not any(other.packets or other.rtcp for other in others)
