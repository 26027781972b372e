"""Offers and answers within a call (RFC 3264, 6337, 3311). Those that change
the codec or the packet time are in test_codec_change.py, answers to the INVITE
in test_first_answer.py.

SPDX-License-Identifier: MIT
"""
import pytest

import judge
from rtp import RtpReceiver
from stage import describe, wanted
from udp_peer import Answered
from waiting import stays, until

HOLDS = {"sendonly": ("sendonly", None, "recvonly"),
         "inactive": ("inactive", None, "inactive"),
         "0.0.0.0": (None, "0.0.0.0", "recvonly")}


def direction(answer):
    lines = answer.body.decode().split("\r\n")
    found = [line[2:] for line in lines if line[2:] in
             ("sendrecv", "sendonly", "recvonly", "inactive")]
    assert len(found) == 1, lines
    return found[0]


def version(message):
    """(session id, version) of o=."""
    words = message.body.decode().split("o=")[1].split()
    return words[1], int(words[2])


def media(message):
    """[["m=audio", port], ...], one for each m= line."""
    return [line.split()[:2] for line in message.body.decode().split("\r\n")
            if line.startswith("m=")]


def answer_of(talk, receiver, lines):
    """A description with these m= lines, each with a fitting rest."""
    rest = {"m=audio": " RTP/AVP 0", "m=video": " RTP/AVP 31",
            "m=image": " udptl t38"}
    body = describe("127.0.0.1", receiver.port, version=5).split(b"m=")[0]
    return body + "".join(
        line.format(port=receiver.port) + rest[line.split()[0]] + "\r\n"
        for line in lines).encode()


def silent(receiver, seconds=0.3):
    count = len(receiver.packets)
    return stays(seconds, lambda: len(receiver.packets) <= count + 1)


def heard_with_a_pause(packets, samples):
    """Not a sample lost or said twice; time goes on during the pause."""
    ordered = judge.in_order(packets)
    assert [p.payload for p in ordered] == wanted(samples)
    assert len({p.ssrc for p in ordered}) == 1
    pauses = 0
    for a, b in zip(ordered, ordered[1:]):
        step = (b.stamp - a.stamp) & 0xFFFFFFFF
        assert b.seq == (a.seq + 1) & 0xFFFF and step % 160 == 0
        assert b.marker == (step != 160)                # RFC 3551 4.1
        if step == 160:
            continue
        pauses += 1
        assert abs((b.at - a.at) * 8000 - step) < 480
    return pauses


@pytest.mark.parametrize("how", HOLDS)
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_rfc3264_8_4_hold_stops_and_resume_goes_on(stage, peer, receiver, how,
                                                   method):
    talk = stage.talk(peer, receiver)
    asked, connection, said = HOLDS[how]
    ask = talk.reinvite if method == "INVITE" else \
        lambda body: talk.ask("UPDATE", body)
    receiver.wait_packets(10, 5)
    answer = ask(describe("127.0.0.1", receiver.port, asked, 2,
                          connection=connection))
    assert answer.code == 200 and direction(answer) == said
    first = version(talk.invite)
    assert version(answer) == (first[0], first[1] + 1)
    until("the stream to stop", 2, lambda: silent(receiver))
    assert len(receiver.packets) < len(wanted(stage.samples[:1]))
    answer = ask(describe("127.0.0.1", receiver.port, "sendrecv", 3))
    assert answer.code == 200 and direction(answer) == "sendrecv"
    assert version(answer) == (first[0], first[1] + 2)
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    assert heard_with_a_pause(receiver.packets, stage.samples[:1]) == 1


def test_rfc3264_8_3_2_codec_may_get_another_number(stage, peer, receiver):
    """RFC 3264 8.3.2: the packets bear the number that was offered last."""
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    answer = talk.reinvite(describe(
        "127.0.0.1", receiver.port, version=2, codec="96",
        more="a=rtpmap:96 PCMU/8000\r\n"))
    assert answer.code == 200
    assert b"RTP/AVP 96\r\n" in answer.body
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    types = [p.kind for p in judge.in_order(receiver.packets)]
    assert set(types) == {0, 96}
    assert types == sorted(types)                       # changed once


def test_held_call_is_ended_by_the_far_end(stage, peer, receiver):
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    talk.reinvite(describe("127.0.0.1", receiver.port, "inactive", 2))
    assert talk.bye().code == 200
    row = stage.row(talk.request_id)
    assert row["attempts"][0]["hangup_by"] == "callee"


def test_rfc3264_8_same_offer_again_changes_nothing(stage, peer, receiver):
    """8: the version of o= rises with a change, and only then."""
    talk = stage.talk(peer, receiver)
    versions = {version(talk.reinvite(describe(
        "127.0.0.1", receiver.port, version=n))) for n in (1, 1, 2)}
    assert len(versions) == 1
    stage.goes_on(talk, receiver)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_rfc3264_8_3_1_new_address_gets_the_rest(stage, peer, receiver, ports,
                                                 stop_later, method):
    """8.3.1: the audio moves; what is left is all that comes there."""
    other = stop_later(RtpReceiver(ports.one()))
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    body = describe("127.0.0.1", other.port, version=2)
    answer = talk.reinvite(body) if method == "INVITE" else \
        talk.ask("UPDATE", body)
    assert answer.code == 200
    other.wait_packets(5, 5)
    before = len(receiver.packets)
    talk.take_bye(10)
    assert len(receiver.packets) == before              # nothing to the old
    judge.heard_exactly(receiver.packets + other.packets, "mulaw",
                        stage.samples[:1])
    assert receiver.packets[-1].at < other.packets[0].at
    stage.row(talk.request_id, "completed")


def test_rfc6337_5_2_5_offer_is_made_when_asked_for(stage, peer, receiver,
                                                    ports, stop_later):
    """RFC 3261 14.2: without SDP ours is the offer, the answer is in ACK."""
    other = stop_later(RtpReceiver(ports.one()))
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    answer = talk.reinvite(b"", describe("127.0.0.1", other.port))
    assert answer.code == 200 and direction(answer) == "sendrecv"
    assert answer.sdp().port == talk.invite.sdp().port
    assert answer.sdp().names() == ["PCMU", "PCMA"]
    talk.take_bye(10)
    judge.heard_exactly(receiver.packets + other.packets, "mulaw",
                        stage.samples[:1])
    assert other.packets
    stage.row(talk.request_id, "completed")


def test_rfc3311_5_2_update_without_an_offer_has_no_answer(stage, peer,
                                                           receiver):
    talk = stage.talk(peer, receiver)
    answer = talk.ask("UPDATE")
    assert answer.code == 200 and not answer.body and answer.get("contact")
    stage.goes_on(talk, receiver)


USELESS = {
    "codec": dict(codec="18"), "fax": dict(
        port=0, more="m=image 4006 udptl t38\r\n"),
    "profile": dict(more="", profile="RTP/SAVP"),
    "maxptime": dict(more="a=maxptime:5\r\n"),
    "events": dict(codec="101", more="a=rtpmap:101 telephone-event/8000\r\n"),
    "other-ip": dict(connection="::1"),
    "name": dict(connection="example.com"),
    "group": dict(connection="224.1.2.3"),
    "broadcast": dict(connection="255.255.255.255"),
    "ptime": dict(more="a=ptime:0\r\n"),
    "clock": dict(more="a=rtpmap:0 PCMU/16000\r\n"),
    "port": dict(port=4294967296), "negative": dict(port=-1)}


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_rfc6337_2_3_unusable_offer_is_488(stage, peer, receiver, method):
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(3, 5)
    for what, parts in USELESS.items():
        parts = {"port": receiver.port, **parts}
        profile = parts.pop("profile", "RTP/AVP").encode()
        body = describe("127.0.0.1", version=2, **parts).replace(
            b"RTP/AVP", profile).replace(b"c=IN IP4 ::1", b"c=IN IP6 ::1")
        answer = talk.reinvite(body) if method == "INVITE" else \
            talk.ask("UPDATE", body)
        assert answer.code == 488 and not answer.body, what
    # What was refused was never said (8): the next change is the first.
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2))
    assert version(answer)[1] == version(talk.invite)[1] + 1
    stage.goes_on(talk, receiver)


def test_unusable_answer_in_an_ack_ends_the_call(stage, peer, receiver):
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    assert talk.reinvite(b"", b"garbage").code == 200
    talk.take_bye()
    row = stage.row(talk.request_id, "failed")
    assert row["reason"].startswith("unusable_answer")
    judge.heard_beginning(receiver.packets, "mulaw", stage.samples[:1])


def test_rfc6337_4_2_second_offer_before_the_ack_is_491(stage, peer, receiver):
    """RFC 6337: our own offer waits for its answer."""
    talk = stage.talk(peer, receiver)
    first = talk.ask("INVITE")
    talk.send("UPDATE", describe("127.0.0.1", receiver.port, version=2))
    assert talk.final("UPDATE").code == 491
    talk.send("ACK", describe("127.0.0.1", receiver.port, version=2),
              cseq=first.cseq[0])
    stage.goes_on(talk, receiver)


def test_rfc3264_6_other_media_is_refused_in_its_place(stage, peer, receiver):
    """6: as many m= lines, in their order, ours the audio with a port."""
    talk = stage.talk(peer, receiver)
    body = describe("127.0.0.1", receiver.port, version=2, more=(
        "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        "m=audio 4004 RTP/AVP 0\r\nm=image 4006 udptl t38\r\n"))
    answer = talk.reinvite(body)
    port = str(talk.invite.sdp().port)
    assert media(answer) == [["m=audio", port], ["m=video", "0"],
                             ["m=audio", "0"], ["m=image", "0"]]
    # 8: there are never fewer lines, in our own offers either.
    answer = talk.reinvite(b"", answer_of(talk, receiver, (
        "m=audio {port}", "m=video 0", "m=audio 0", "m=image 0")))
    assert media(answer) == [["m=audio", port], ["m=video", "0"],
                             ["m=audio", "0"], ["m=image", "0"]]
    stage.goes_on(talk, receiver)


def test_rfc3264_6_audio_may_stand_behind_other_media(stage, peer, receiver):
    talk = stage.talk(peer, receiver)
    body = answer_of(talk, receiver, ("m=image 4006", "m=audio {port}"))
    port = str(talk.invite.sdp().port)
    answer = talk.reinvite(body)
    assert media(answer) == [["m=image", "0"], ["m=audio", port]]
    answer = talk.reinvite(b"", answer_of(talk, receiver, (
        "m=image 0", "m=audio {port}")))
    assert media(answer) == [["m=image", "0"], ["m=audio", port]]
    stage.goes_on(talk, receiver)


def test_rfc3264_6_answer_in_another_place_ends_the_call(stage, peer,
                                                         receiver):
    """6: the first line of the answer belongs to the first of the offer."""
    talk = stage.talk(peer, receiver)
    talk.reinvite(b"", answer_of(talk, receiver, (
        "m=audio 0", "m=audio {port}")))
    talk.take_bye()
    row = stage.row(talk.request_id, "failed")
    assert row["reason"].startswith("unusable_answer: the answer's media")


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_rfc3264_8_2_stream_is_ended_and_brought_back(stage, peer, receiver,
                                                      method):
    """Port 0 in the offer is port 0 in the answer; the playlist waits."""
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    for number, port in ((2, 0), (3, receiver.port)):
        body = describe("127.0.0.1", port, version=number)
        answer = talk.reinvite(body) if method == "INVITE" else \
            talk.ask("UPDATE", body)
        assert answer.code == 200
        assert bool(answer.sdp().port) == bool(port)
        assert version(answer)[1] == version(talk.invite)[1] + number - 1
        if not port:
            until("the stream to stop", 2, lambda: silent(receiver))
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    assert heard_with_a_pause(receiver.packets, stage.samples[:1]) == 1


def test_session_level_says_what_the_stream_does_not(stage, peer, receiver):
    """RFC 8866 5.13: a=inactive and c= of the session, until the stream's
    own say otherwise."""
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    body = describe("127.0.0.1", receiver.port, version=2)
    answer = talk.reinvite(body.replace(b"t=0 0\r\n",
                                        b"t=0 0\r\na=inactive\r\n"))
    assert direction(answer) == "inactive"
    until("the stream to stop", 2, lambda: silent(receiver))
    answer = talk.reinvite(describe(
        "127.0.0.1", receiver.port, "sendrecv", 3, connection="0.0.0.0",
        more="c=IN IP4 127.0.0.1\r\n").replace(
            b"t=0 0\r\n", b"t=0 0\r\na=inactive\r\n"))
    assert direction(answer) == "sendrecv"
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    assert heard_with_a_pause(receiver.packets, stage.samples[:1]) == 1


@pytest.mark.parametrize("theirs,ours", [
    ("sendrecv", "sendrecv"), ("sendonly", "recvonly"),
    ("recvonly", "sendonly"), ("inactive", "inactive")])
def test_rfc3264_6_1_direction_is_mirrored(stage, peer, receiver, theirs,
                                           ours):
    talk = stage.talk(peer, receiver)
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, theirs, 2))
    assert direction(answer) == ours
    talk.reinvite(describe("127.0.0.1", receiver.port, version=3))
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")


@pytest.mark.parametrize("how", ["next", "elsewhere", "muxed"])
def test_reports_go_where_the_offer_says(stage, peer, receiver, ports,
                                         stop_later, how):
    """RFC 3550 11, RFC 3605, RFC 5761 5.1.1."""
    other = stop_later(RtpReceiver(ports.one()))
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    more = {"next": "", "muxed": "a=rtcp-mux\r\n",
            "elsewhere": f"a=rtcp:{other.port + 1}\r\n"}[how]
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2,
                                    more=more))
    assert (b"a=rtcp-mux" in answer.body) == (how == "muxed")
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    # 6.6: at the latest the BYE has come.
    heard = {"next": lambda: receiver.rtcp, "elsewhere": lambda: other.rtcp,
             "muxed": lambda: [p for p in receiver.packets
                               if p.kind | 0x80 in (200, 201)]}
    until("a report", 2, heard[how])
    assert [name for name in heard if heard[name]()] == [how]


def test_delayed_offer_that_is_not_answered_changes_nothing(stage, peer,
                                                            receiver):
    """13.2.1 asks for an answer in the ACK; without one all stays."""
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    assert talk.reinvite(b"").code == 200
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2))
    assert answer.code == 200
    stage.goes_on(talk, receiver)


@pytest.mark.parametrize("ptime,samples", [(10, 80), (40, 320), (60, 480)])
def test_packet_time_of_the_answer_is_kept(stage, peer, receiver, ptime,
                                           samples):
    request_id = stage.call(peer)
    call = Answered(peer, receiver.port)
    call.ok(sdp=call.sdp.replace(b"ptime:20", b"ptime:%d" % ptime))
    call.ack()
    call.take_bye(10)
    stage.row(request_id, "completed")
    judge.heard_exactly(receiver.packets, "mulaw", stage.samples[:1],
                        samples)
