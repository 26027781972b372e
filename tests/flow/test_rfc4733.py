"""A far end's telephone events (RFC 4733) disturb neither the choice of the
codec nor the stream.

SPDX-License-Identifier: MIT
"""
import struct

import pytest

import judge
from rtp import packet, send_paced
from stage import Talk, describe, wanted
from udp_peer import Answered

EVENTS = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"


def press(event, seq, stamp, volume=10):
    """The packets of one key, 100 ms long: one time stamp, the marker on the
    first, growing durations, the end three times (2.5.1.2 to 2.5.1.4)."""
    durations = [160, 320, 480, 640, 800, 800, 800]
    return [packet(seq + n, stamp, 9, struct.pack(
        "!BBH", event, (0x80 if n > 3 else 0) | volume, duration), 101,
        n == 0) for n, duration in enumerate(durations)]


def with_events(stage, peer, receiver):
    """A call whose far end may send events."""
    request_id = stage.call(peer)
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    talk.ok(sdp=describe("127.0.0.1", receiver.port, codec="0 101",
                         more=EVENTS))
    talk.ack()
    receiver.wait_packets(3, 5)
    return talk


def send_all(talk, receiver, packets):
    sdp = talk.invite.sdp()
    for data in packets:
        receiver.send(data, (sdp.host, sdp.port))


def goes_on(stage, talk, receiver, received):
    """Not one packet of ours is missing, late or of another kind."""
    stage.goes_on(talk, receiver)
    judge.paced(receiver.packets)
    row = stage.row(talk.request_id, "completed")
    counted = row["attempts"][0]["rtp"]
    assert counted["received"] == received and counted["lost"] == 0


@pytest.mark.parametrize("events", [range(16), (16, 66, 100, 192, 255)],
                         ids=["keys", "unknown"])
def test_rfc4733_2_5_2_events_disturb_nothing(stage, peer, receiver, events):
    """Every key; and numbers that are no keys of ours (2.5.2.4)."""
    talk = with_events(stage, peer, receiver)
    packets = []
    for n, event in enumerate(events):
        packets += press(event, 7 * n, 1600 * n)
    send_all(talk, receiver, packets)
    goes_on(stage, talk, receiver, len(packets))


ODD = {"empty": b"", "short": b"\x01\x0a\x00", "two": b"\x01\x0a\0\xa0" * 2,
       "endless": b"\x01\x0a\xff\xff", "reserved": b"\x01\x4a\0\xa0",
       "long": b"\x01\x8a\0\xa0" + b"\xff" * 1400}


def test_rfc4733_2_3_odd_events_disturb_nothing(stage, peer, receiver):
    talk = with_events(stage, peer, receiver)
    send_all(talk, receiver, [packet(n, 160, 9, body, 101, True)
                              for n, body in enumerate(ODD.values())])
    goes_on(stage, talk, receiver, len(ODD))


def test_rfc4733_2_6_events_between_audio_disturb_nothing(stage, peer,
                                                          receiver):
    """As keys are really pressed: in the voice's own sequence."""
    talk = with_events(stage, peer, receiver)
    sdp = talk.invite.sdp()
    send_paced(receiver, (sdp.host, sdp.port), wanted(stage.samples[:1])[:8],
               ssrc=9)
    send_all(talk, receiver, press(5, 8, 8 * 160))
    goes_on(stage, talk, receiver, 8 + 7)


@pytest.mark.parametrize("codec,more,kind,name", [
    ("101 8 0", EVENTS, 8, "alaw"), ("0 101 8", EVENTS, 0, "mulaw"),
    ("96 8", "a=rtpmap:96 telephone-event/8000\r\n", 8, "alaw"),
    ("0 101 100", EVENTS + "a=rtpmap:100 telephone-event/48000\r\n", 0,
     "mulaw"),
    ("0 101", "a=rtpmap:101 telephone-event/8000\r\n"
     "a=fmtp:101 0-11,66,70\r\n", 0, "mulaw")])
def test_rfc4733_2_4_1_events_are_no_codec(stage, peer, receiver, codec,
                                           more, kind, name):
    """Wherever they stand in the answer, the first voice is what is sent."""
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    call.ok(sdp=describe("127.0.0.1", receiver.port, codec=codec, more=more))
    call.ack()
    call.take_bye(10)
    row = stage.row(request_id, "completed")
    assert row["attempts"][0]["codec"] == name
    assert {p.kind for p in receiver.packets} == {kind}
    judge.heard_exactly(receiver.packets, name, stage.samples[:1])


@pytest.mark.parametrize("dtmf", [None, "auto", "rfc4733"])
def test_rfc4733_2_4_1_events_are_offered_behind_the_voice(stage, peer,
                                                           receiver, dtmf):
    """At the clock rate of the voice, the digits alone, with no say in what
    is played."""
    carrier = {"dtmf": dtmf} if dtmf else {}
    talk = stage.talk(peer, receiver, carrier=carrier)
    sdp = talk.invite.sdp()
    assert sdp.formats == [0, 8, 101]
    assert sdp.text.count("telephone-event") == 1
    assert "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n" in \
        sdp.text
    stage.goes_on(talk, receiver)


@pytest.mark.parametrize("dtmf", ["inband", "off"])
def test_rfc4733_2_4_1_carrier_that_wants_no_events_is_offered_none(
        stage, peer, receiver, dtmf):
    """Nor are they answered where the far end offers them."""
    talk = stage.talk(peer, receiver, carrier={"dtmf": dtmf})
    assert talk.invite.sdp().formats == [0, 8]
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2,
                                    codec="0 101", more=EVENTS))
    assert answer.sdp().formats == [0]
    stage.goes_on(talk, receiver)


@pytest.mark.parametrize("number", [96, 101])
def test_rfc4733_2_4_1_events_that_are_offered_are_answered(
        stage, peer, receiver, number):
    """By the number of the offer; those of another clock are none."""
    talk = stage.talk(peer, receiver)
    more = f"a=rtpmap:{number} telephone-event/8000\r\n" \
           "a=rtpmap:99 telephone-event/16000\r\n"
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2,
                                    codec=f"0 99 {number}", more=more))
    assert answer.sdp().formats == [0, number]
    assert f"a=rtpmap:{number} telephone-event/8000" in answer.sdp().text
    stage.goes_on(talk, receiver)


def test_rfc4733_2_4_1_offer_of_events_keeps_the_codec(stage, peer, receiver):
    """Their re-INVITE brings events: the voice goes on as it was."""
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2,
                                    codec="101 8 0", more=EVENTS))
    assert answer.code == 200
    assert answer.sdp().names() == ["PCMU"]
    stage.goes_on(talk, receiver)
