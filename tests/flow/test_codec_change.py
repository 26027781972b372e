"""The codec or the packet time changes while the playlist is heard
(RFC 3264 8.3.2): not a sample is lost, said twice or in the wrong codec.

SPDX-License-Identifier: MIT
"""
from itertools import groupby

import pytest

import g711
import judge
from rtp import RtpReceiver
from stage import describe
from waiting import stays

NAMES = {0: "mulaw", 8: "alaw"}
MAPS = {"0": "", "8": "", "96": "a=rtpmap:96 PCMA/8000\r\n"}


def heard_across(packets, samples, kinds=None):
    """Every sample in the codec of its packet; one source, one time line.
    Returns the runs of packets as (payload type, bytes in a packet)."""
    kinds = kinds or NAMES
    whole = {name: b"".join(g711.packets(name, samples, 1))
             for name in set(kinds.values())}
    ordered = judge.in_order(packets)
    assert len({p.ssrc for p in ordered}) == 1, "the SSRC changed"
    at = 0
    for n, p in enumerate(ordered):
        name = kinds[p.kind]
        said = whole[name][at:at + len(p.payload)]
        filled = bytes([g711.SILENCE[name]]) * (len(p.payload) - len(said))
        assert p.payload == said + filled, f"packet {n} at sample {at}"
        assert not filled or n == len(ordered) - 1, f"silence in packet {n}"
        assert p.seq == (ordered[0].seq + n) & 0xFFFF, f"seq of packet {n}"
        assert p.marker == (n == 0), f"marker of packet {n}"
        assert p.stamp == (ordered[0].stamp + at) & 0xFFFFFFFF, \
            f"time stamp of packet {n}"
        at += len(p.payload)
    assert at >= len(whole["mulaw" if "mulaw" in whole else "alaw"])
    return [kind for kind, _ in groupby((p.kind, len(p.payload))
                                        for p in ordered)]


def ask(talk, method, body):
    return talk.reinvite(body) if method == "INVITE" else \
        talk.ask(method, body)


def formats(message):
    return message.sdp().formats


@pytest.mark.threads
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("codec,number", [("8", 8), ("96", 96)])
def test_rfc3264_8_3_2_other_codec_goes_on_at_the_very_sample(
        stage, peer, receiver, method, codec, number):
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    answer = ask(talk, method, describe(
        "127.0.0.1", receiver.port, version=2, codec=codec,
        more=MAPS[codec]))
    assert answer.code == 200
    assert formats(answer) == [number] and answer.sdp().names() == ["PCMA"]
    talk.take_bye(10)
    row = stage.row(talk.request_id, "completed")
    assert row["attempts"][0]["codec"] == "alaw"
    assert abs(row["attempts"][0]["played"][0]["sent_ms"] - 751) <= 1
    assert heard_across(receiver.packets, stage.samples[:1],
                        {0: "mulaw", 96: "alaw", 8: "alaw"}) == \
        [(0, 160), (number, 160)]
    judge.paced(receiver.packets)


def test_rfc3264_8_3_2_codec_may_change_again_and_again(stage, peer,
                                                       receiver):
    talk = stage.talk(peer, receiver, items=3)
    wanted = [(0, 160)]
    for version, codec in enumerate(("8", "0", "8", "0", "8"), 2):
        receiver.wait_packets(len(receiver.packets) + 12, 5)
        answer = talk.reinvite(describe("127.0.0.1", receiver.port,
                                        version=version, codec=codec))
        assert formats(answer) == [int(codec)]
        wanted.append((int(codec), 160))
    talk.take_bye(10)
    row = stage.row(talk.request_id, "completed")
    assert heard_across(receiver.packets, stage.samples) == wanted
    assert [p["item"] for p in row["attempts"][0]["played"]] == [0, 1, 2]
    for played, samples in zip(row["attempts"][0]["played"], stage.samples):
        assert abs(played["sent_ms"] - len(samples) / 8) <= 1


@pytest.mark.parametrize("codec", ["8 0", "0 8", "18 8 0"])
def test_rfc3264_6_1_codec_that_plays_is_kept(stage, peer, receiver, codec):
    """A session is refreshed with all that a far end can do; nothing has
    to change then."""
    talk = stage.talk(peer, receiver)
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2,
                                    codec=codec))
    assert formats(answer) == [0]
    stage.goes_on(talk, receiver)


def test_rfc3264_5_1_else_the_first_of_the_offer_counts(stage, peer,
                                                       receiver):
    """What cannot be used is passed over: G.729 is none of the carrier's,
    DTMF no voice."""
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    answer = talk.reinvite(describe(
        "127.0.0.1", receiver.port, version=2, codec="18 101 97 8",
        more="a=rtpmap:101 telephone-event/8000\r\n"
             "a=rtpmap:97 pcma/8000/1\r\n"))
    assert formats(answer) == [101, 97]
    talk.take_bye(10)
    assert heard_across(receiver.packets, stage.samples[:1],
                        {0: "mulaw", 97: "alaw"}) == [(0, 160), (97, 160)]


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("ptime", [10, 30, 60])
def test_packet_time_changes_in_mid_play(stage, peer, receiver, method,
                                         ptime):
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    body = describe("127.0.0.1", receiver.port, version=2).replace(
        b"ptime:20", b"ptime:%d" % ptime)
    answer = ask(talk, method, body)
    assert answer.code == 200 and b"a=ptime:%d\r\n" % ptime in answer.body
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    assert heard_across(receiver.packets, stage.samples[:1]) == \
        [(0, 160), (0, ptime * 8)]


def test_codec_packet_time_and_address_change_at_once(
        stage, peer, receiver, ports, stop_later):
    other = stop_later(RtpReceiver(ports.one()))
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    talk.reinvite(describe("127.0.0.1", other.port, version=2, codec="8"
                           ).replace(b"ptime:20", b"ptime:40"))
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    assert {p.kind for p in receiver.packets} == {0}
    assert {(p.kind, len(p.payload)) for p in other.packets} == {(8, 320)}
    heard_across(receiver.packets + other.packets, stage.samples[:1])


def test_codec_changes_during_a_hold(stage, peer, receiver):
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, "sendonly",
                                    2, codec="8"))
    assert formats(answer) == [8] and b"a=recvonly" in answer.body
    count = len(receiver.packets)
    assert stays(0.3, lambda: len(receiver.packets) <= count + 1)
    talk.reinvite(describe("127.0.0.1", receiver.port, version=3, codec="8"))
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    ordered = judge.in_order(receiver.packets)
    turn = [p.kind for p in ordered].index(8)
    assert {p.kind for p in ordered[turn:]} == {8}
    assert ordered[turn].marker                         # RFC 3551 4.1
    assert [p.payload for p in ordered] == \
        g711.packets("mulaw", stage.samples[:1])[:turn] + \
        g711.packets("alaw", stage.samples[:1])[turn:]


@pytest.mark.parametrize("held", [False, True])
def test_rfc3261_14_2_answer_in_ack_may_choose_another_codec(
        stage, peer, receiver, ports, stop_later, held):
    """Ours is the offer: what plays first, then all that it can become."""
    other = stop_later(RtpReceiver(ports.one()))
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    if held:
        talk.reinvite(describe("127.0.0.1", receiver.port, "inactive", 2))
    answer = talk.reinvite(b"", describe("127.0.0.1", other.port,
                                         version=3, codec="8"))
    assert formats(answer) == [0, 8, 101] and b"a=sendrecv" in answer.body
    talk.take_bye(10)
    row = stage.row(talk.request_id, "completed")
    assert row["attempts"][0]["codec"] == "alaw"
    assert {p.kind for p in other.packets} == {8}
    ordered = judge.in_order(receiver.packets + other.packets)
    turn = len(receiver.packets)
    assert [p.payload for p in ordered] == \
        g711.packets("mulaw", stage.samples[:1])[:turn] + \
        g711.packets("alaw", stage.samples[:1])[turn:]
    if not held:
        heard_across(ordered, stage.samples[:1])


def test_next_offer_of_ours_begins_with_the_codec_that_plays(stage, peer,
                                                             receiver):
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    talk.reinvite(describe("127.0.0.1", receiver.port, version=2, codec="8"))
    receiver.wait_packets(len(receiver.packets) + 4, 5)
    body = describe("127.0.0.1", receiver.port, version=3, codec="0 8")
    answer = talk.reinvite(b"", body)
    assert formats(answer) == [8, 0, 101]
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    assert heard_across(receiver.packets, stage.samples[:1]) == \
        [(0, 160), (8, 160), (0, 160)]


def test_codec_that_the_carrier_does_not_allow_is_488(stage, peer, receiver):
    """The recordings are made in the carrier's codecs only."""
    talk = stage.talk(peer, receiver, carrier={"codecs": ["mulaw"]})
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2,
                                    codec="8"))
    assert answer.code == 488
    answer = talk.reinvite(b"", describe("127.0.0.1", receiver.port,
                                         version=2, codec="0"))
    assert formats(answer) == [0, 101]
    stage.goes_on(talk, receiver)


def test_change_after_the_last_packet_harms_nothing(stage, peer, receiver):
    """In the tail there is nothing left to say in the new codec."""
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(38, 5)
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2,
                                    codec="8"))
    assert answer.code == 200
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    assert heard_across(receiver.packets, stage.samples[:1]) == [(0, 160)]
