"""Strangers at a media port: not one packet goes to them, and nothing that they
send changes the call. What the wire's parsers survive is in
test_hostile_media.py, keys in test_srtp.py.

SPDX-License-Identifier: MIT
"""
import random
import threading

import pytest

import g711
import judge
import keys
import prompts
import rtcp
from rtp import RtpReceiver, packet, send_paced
from sealed import CM80, SealedTalk, sealed_talk
from srtp import Context, SrtpReceiver, new_key
from stage import Stage, Talk, describe
from strangers import (ELSEWHERE, HOST, LOUD, STUN, THEIRS, Stranger,
                       forgeries)
from waiting import PATIENCE, until

QUIET = b"\xff" * 160


@pytest.fixture(scope="module")
def strict(tmp_path_factory, ports):
    """A server that waits for RTP for a second only."""
    made = Stage(tmp_path_factory.mktemp("strict"), ports,
                 "media.rtp_timeout_s=1")
    yield made
    made.close()


@pytest.fixture
def new_stranger(ports, stop_later):
    return lambda host=HOST: stop_later(Stranger(ports.one(), host))


@pytest.fixture
def stranger(new_stranger):
    return new_stranger()


@pytest.fixture
def outside(ports, stop_later):
    """Another port of the far end's own host, as behind a NAT."""
    return stop_later(RtpReceiver(ports.one()))


def media_of(talk):
    sdp = talk.invite.sdp()
    return sdp.host, sdp.port


def voice(seqs, kind=0, ssrc=THEIRS):
    return [packet(n, n * 160, ssrc, QUIET, kind) for n in seqs]


def say(receiver, talk, packets):
    for data in packets:
        receiver.send(data, media_of(talk))


def newest(receiver):
    return lambda: receiver.packets[-1] if receiver.packets else None


def ended(stage, talk, state="completed"):
    """The attempt, once we have hung up."""
    talk.take_bye(20)
    return stage.row(talk.request_id, state)["attempts"][0]


def in_background(work, *args):
    thread = threading.Thread(target=work, args=args, daemon=True)
    thread.start()
    return thread


def untouched(counted, received=0):
    """Nothing but the far end is in the figures, and all of it."""
    assert counted["received"] == received and counted["lost"] == 0
    assert counted["far_lost"] is None and counted["far_jitter_us"] is None
    assert counted["round_trip_us"] is None


# ---- a spray ----------------------------------------------------------------

def with_a_gather(stage, peer, receiver, **gather):
    """A call that waits for digits between two recordings; not answered yet."""
    request_id = stage.call(peer, playlist=[
        {"play": stage.urls[0]}, {"gather": gather},
        {"play": stage.urls[2]}])
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    talk.sdp = keys.answer_with_events(receiver)
    return talk


def test_spray_during_the_whole_call_changes_nothing(
        stage, peer, receiver, new_stranger):
    """4,000 packets a second from two hosts, of all that an eavesdropper can
    make up, from before the answer to the BYE: the stream is exact and on
    time, no digit is taken, the far end's voice alone is in the figures."""
    talk = with_a_gather(stage, peer, receiver, timeout_s=1, interrupt=True)
    strangers = [new_stranger(), new_stranger(ELSEWHERE)]
    for one in strangers:
        one.spray(media_of(talk), newest(receiver))
    until("the spray", 5, lambda: strangers[1].sent > 200)
    talk.ok()
    talk.ack()
    speaker = in_background(send_paced, receiver, media_of(talk), [QUIET] * 120,
                            0, 0.02, THEIRS)
    attempt = ended(stage, talk)
    speaker.join()
    assert all(one.got_nothing() for one in strangers)
    sound = b"".join(p.payload for p in judge.in_order(receiver.packets))
    first, last = (b"".join(g711.packets("mulaw", [stage.samples[n]]))
                   for n in (0, 2))
    begin = len(stage.samples[0])
    assert sound.startswith(first[:begin]) and sound.endswith(last)
    between = sound[begin:len(sound) - len(last)]
    assert not between.strip(b"\xff")
    assert 8000 - 320 <= len(between) <= 8000 + 800 * PATIENCE
    judge.well_formed(receiver.packets, 0)
    judge.paced(receiver.packets)
    assert attempt["gathered"] == [{"item": 1, "digits": "",
                                    "end": "timeout"}]
    counted = attempt["rtp"]
    # The socket has room for a stall of so many ms; what is beyond is lost.
    assert counted["received"] > 120 - 30 * PATIENCE
    assert counted["received"] + counted["lost"] in (119, 120)
    assert counted["far_lost"] is None and counted["round_trip_us"] is None
    sent = sum(one.sent for one in strangers)
    assert sent / 2 < counted["strangers"] <= sent
    assert [i["confirmed_ms"] for i in attempt["played"]] == [None] * 3


def test_each_packet_of_a_stranger_is_counted_once(stage, peer, receiver,
                                                   stranger):
    """One of each kind, from either of its ports to either of ours."""
    talk = stage.talk(peer, receiver, items=2)
    receiver.wait_packets(3, 5)
    chance = random.Random(4)
    for n in range(3):
        # No more at once than a socket holds.
        receiver.wait_packets(3 + 8 * n, 5)
        stranger.say_all(forgeries(receiver.packets[-1], n, chance),
                         media_of(talk))
    say(receiver, talk, voice(range(7)))
    attempt = ended(stage, talk)
    assert attempt["rtp"]["strangers"] == stranger.sent > 100
    untouched(attempt["rtp"], 7)
    stage.heard_all(receiver.packets, 2)
    assert stranger.got_nothing()


def test_flood_makes_no_packet_late(stage, peer, receiver, stranger):
    """As fast as one thread can send, during all of a recording."""
    talk = stage.talk(peer, receiver)
    over = threading.Event()

    def flood():
        to = media_of(talk)
        while not over.is_set():
            for _ in range(64):
                stranger.say(packet(1, 160, THEIRS, LOUD), to)

    flooding = in_background(flood)
    attempt = ended(stage, talk)
    over.set()
    flooding.join()
    stage.heard_all(receiver.packets)
    judge.paced(receiver.packets)
    assert attempt["rtp"]["strangers"] > 500
    assert stranger.got_nothing()


def test_digits_of_the_far_end_alone_are_taken(stage, peer, receiver,
                                               stranger):
    """A stranger presses keys between them, under the far end's own numbers
    and time stamps, before it and after it."""
    talk = with_a_gather(stage, peer, receiver, digits=4, timeout_s=20)
    talk.ok()
    talk.ack()
    receiver.wait_packets(len(stage.samples[0]) // 160 + 2, 10)
    for n, digit in enumerate("1234"):
        forged = keys.press("9", 7 * n, 1600 * n, THEIRS)
        for data in forged:
            stranger.say(data, media_of(talk))
        say(receiver, talk, keys.press(digit, 7 * n, 1600 * n, THEIRS))
        for data in forged:
            stranger.say(data, media_of(talk))
    attempt = ended(stage, talk)
    assert attempt["gathered"] == [{"item": 1, "digits": "1234",
                                    "end": "digits"}]
    assert attempt["rtp"]["strangers"] == stranger.sent == 56
    assert attempt["rtp"]["received"] == 28


# ---- symmetric RTP ----------------------------------------------------------

def natted(stage, peer, receiver, items=1):
    """A call whose far end may send events, too."""
    request_id = stage.call(peer, items, carrier={"symmetric_rtp": True})
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    talk.ok(sdp=keys.answer_with_events(receiver))
    talk.ack()
    return talk


def moved(*receivers):
    """All of them got a part of the stream, one after the other."""
    packets = judge.in_order([p for r in receivers for p in r.packets])
    at = 0
    for one in receivers:
        part = packets[at:at + len(one.packets)]
        assert part and {p.seq for p in part} == {p.seq for p in one.packets}
        at += len(part)
    return packets


def test_rfc7362_5_stranger_is_not_learnt_before_the_far_end(
        stage, peer, receiver, outside, stranger):
    """It is there first, with all that a packet of the far end has; then the
    far end is learnt from its first, in the middle of the spray."""
    request_id = stage.call(peer, 2, carrier={"symmetric_rtp": True})
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    stranger.spray(media_of(talk), newest(receiver))
    until("the spray", 5, lambda: stranger.sent > 100)
    talk.ok()
    talk.ack()
    receiver.wait_packets(15, 5)
    assert not outside.packets
    say(outside, talk, voice([0]))
    outside.wait_packets(20, 5)
    attempt = ended(stage, talk)
    assert stranger.got_nothing()
    stage.heard_all(moved(receiver, outside), 2)
    untouched(attempt["rtp"], 1)
    assert not outside.rtcp and receiver.rtcp


@pytest.mark.parametrize("what", [
    "voice", "marker", "events", "stun", "rtcp", "broken", "other-type"])
def test_rfc7362_5_it_is_learnt_once(stage, peer, receiver, outside, ports,
                                     stop_later, what):
    """By the first packet that the far end may send, and not by what is none;
    whoever sends from there later on cannot draw the stream to himself."""
    talk = natted(stage, peer, receiver)
    receiver.wait_packets(3, 5)
    nothing = {"stun": [STUN], "rtcp": [rtcp.report(THEIRS, [])],
               "broken": [packet(1, 1, 1, b"")[:11]],
               "other-type": voice(range(5), kind=96)}
    other = stop_later(RtpReceiver(ports.one()))
    if what in nothing:
        say(other, talk, nothing[what])
        receiver.wait_packets(10, 5)
    say(outside, talk, keys.press("1", 1, 1) if what == "events" else
        [packet(1, 160, THEIRS, QUIET, marker=what == "marker")])
    outside.wait_packets(3, 5)
    say(other, talk, voice(range(2, 20)))
    attempt = ended(stage, talk)
    assert not other.packets and not other.rtcp
    stage.heard_all(moved(receiver, outside))
    assert attempt["rtp"]["strangers"] == (what in ("stun", "broken"))


def test_rfc7362_5_new_address_is_learnt_anew(stage, peer, receiver, outside,
                                              ports, stop_later):
    """The same one is not; who was the far end before is a stranger then."""
    talk = natted(stage, peer, receiver, 2)
    receiver.wait_packets(3, 5)
    say(outside, talk, voice(range(3)))
    outside.wait_packets(3, 5)
    assert talk.reinvite(describe("127.0.0.1", receiver.port,
                                  version=2)).code == 200
    say(receiver, talk, voice(range(3, 6)))
    outside.wait_packets(12, 5)
    signalled, behind = (stop_later(RtpReceiver(ports.one(), ELSEWHERE))
                         for _ in range(2))
    assert talk.reinvite(describe(ELSEWHERE, signalled.port,
                                  version=3)).code == 200
    signalled.wait_packets(3, 5)
    say(outside, talk, voice(range(6, 9)))
    signalled.wait_packets(8, 5)
    say(behind, talk, voice(range(9, 12)))
    behind.wait_packets(8, 5)
    say(outside, talk, voice(range(12, 15)))
    say(signalled, talk, voice(range(15, 18)))
    attempt = ended(stage, talk)
    stage.heard_all(moved(receiver, outside, signalled, behind), 2)
    assert attempt["rtp"]["strangers"] == 6
    assert attempt["rtp"]["received"] == 12


def test_rfc7362_5_source_that_is_left_is_not_learnt_again(
        stage, peer, receiver, outside, ports, stop_later):
    """A far end that moves to other ports of its host sends from the old ones
    until it has our answer, and a little longer."""
    talk = natted(stage, peer, receiver, 2)
    receiver.wait_packets(3, 5)
    say(outside, talk, voice(range(3)))
    outside.wait_packets(3, 5)
    signalled, behind = (stop_later(RtpReceiver(ports.one()))
                         for _ in range(2))
    assert talk.reinvite(describe("127.0.0.1", signalled.port,
                                  version=2)).code == 200
    send_paced(outside, media_of(talk), [QUIET] * 10, ssrc=THEIRS)
    say(behind, talk, voice(range(20, 23)))
    behind.wait_packets(3, 5)
    ended(stage, talk)
    stage.heard_all(moved(receiver, outside, signalled, behind), 2)


def test_rfc7362_5_it_is_learnt_anew_after_a_hold_by_address(
        stage, peer, receiver, outside, stranger):
    """c=0.0.0.0 is nobody's address; then it is where it was before, also
    behind the NAT."""
    talk = natted(stage, peer, receiver, 2)
    receiver.wait_packets(3, 5)
    say(outside, talk, voice(range(3)))
    outside.wait_packets(3, 5)
    assert talk.reinvite(describe("127.0.0.1", receiver.port, version=2,
                                  connection="0.0.0.0")).code == 200
    stranger.say_all(voice(range(3, 6)), media_of(talk))
    before = len(receiver.packets), len(outside.packets)
    assert talk.reinvite(describe("127.0.0.1", receiver.port,
                                  version=3)).code == 200
    receiver.wait_packets(before[0] + 5, 5)
    say(outside, talk, voice(range(6, 9)))
    outside.wait_packets(before[1] + 20, 5)
    ended(stage, talk)
    packets = judge.in_order(receiver.packets + outside.packets)
    assert [p.payload for p in packets] == \
        g711.packets("mulaw", stage.samples[:2])
    assert packets[-1] in outside.packets
    assert stranger.got_nothing()


# ---- keys -------------------------------------------------------------------

def forged_by(receiver, talk):
    """What the far end's own address may bring without its key: plain, with a
    changed bit, cut, under another key, and what had come already."""
    good = receiver.outgoing.seal(packet(500, 80000, THEIRS, QUIET))
    other = Context(CM80, new_key(CM80))
    digit = keys.press("9", 600, 90000, THEIRS)
    return [packet(501, 80160, THEIRS, QUIET), STUN, b"", *digit,
            good[:-1] + bytes([good[-1] ^ 1]), good[:-4], good[:12],
            good[:20] + bytes([good[20] ^ 1]) + good[21:],
            *(other.seal(data) for data in digit), *receiver.replay]


def test_rfc3711_3_3_2_forged_and_replayed_packets_change_nothing(
        stage, peer, vault):
    """Of the far end's own address: counted as strangers', no digit is taken
    twice, no report believed twice, no figure moves."""
    talk = SealedTalk(stage, peer, vault, job={"playlist": [
        {"play": stage.urls[0]}, {"gather": {"digits": 3, "timeout_s": 1}}]})
    talk.tell(keys.EVENTS + talk.crypto(CM80), codec=f"0 {keys.TYPE}")
    vault.wait_packets(40, 5)
    genuine = keys.press("1", 1, 160, THEIRS) + \
        keys.press("2", 8, 1760, THEIRS)
    vault.replay = [vault.outgoing.seal(data) for data in genuine]
    reports = []
    for lost in (3, 7):
        block = rtcp.Block(vault.packets[0].ssrc, 0, lost,
                           vault.packets[0].seq + 9 + lost, 8, 0, 0)
        reports.append(vault.outgoing.seal_rtcp(
            rtcp.report(THEIRS, [block])))
    host, port = talk.theirs
    for data in vault.replay:
        vault.rtp_socket.sendto(data, (host, port))
    for data in [*reports, *reports, rtcp.report(THEIRS, []),
                 reports[0][:-1] + b"\0"]:
        vault.rtcp_socket.sendto(data, (host, port + 1))
    forged = forged_by(vault, talk)
    for data in forged:
        vault.rtp_socket.sendto(data, (host, port))
    talk.take_bye(10)
    attempt = talk.figures()
    assert attempt["gathered"] == [{"item": 1, "digits": "12",
                                    "end": "timeout"}]
    counted = attempt["rtp"]
    assert counted["strangers"] == len(forged) + 4
    assert counted["received"] == len(genuine) and counted["lost"] == 0
    assert counted["far_lost"] == 7 and counted["far_jitter_us"] == 1000
    assert attempt["played"][0]["confirmed_ms"] == 17 * 20
    assert not vault.broken


def test_nobody_is_learnt_without_the_key(stage, peer, vault, ports,
                                          stop_later):
    """Not from the far end's own host either: neither what is forged before
    the far end was heard, nor what is replayed after that."""
    talk = sealed_talk(stage, peer, vault, symmetric_rtp=True)
    behind, other = (stop_later(SrtpReceiver(ports.one())) for _ in range(2))
    behind.incoming, behind.outgoing = vault.incoming, vault.outgoing
    vault.wait_packets(3, 5)
    good = [vault.outgoing.seal(data) for data in voice(range(6))]
    vault.replay = []
    forged = forged_by(vault, talk)
    for data in forged:
        other.rtp_socket.sendto(data, talk.theirs)
    vault.wait_packets(10, 5)
    for data in good:
        behind.rtp_socket.sendto(data, talk.theirs)
    behind.wait_packets(3, 5)
    for data in good:
        other.rtp_socket.sendto(data, talk.theirs)
    talk.take_bye(10)
    counted = talk.figures()["rtp"]
    assert not other.sealed and not other.rtcp
    stage.heard_all(moved(vault, behind))
    assert counted["strangers"] == len(forged) + 6
    assert counted["received"] == 6 and counted["lost"] == 0


# ---- the start, and the end -------------------------------------------------

def test_stranger_does_not_begin_the_playlist(stage, peer, receiver,
                                              stranger):
    """Nor do a report and junk of the far end itself: it begins with its first
    RTP packet."""
    talk = stage.talk(peer, receiver, start="media", start_wait_ms=20000)
    stranger.spray(media_of(talk), newest(receiver))
    receiver.rtcp_socket.sendto(rtcp.report(THEIRS, []), (
        media_of(talk)[0], media_of(talk)[1] + 1))
    say(receiver, talk, [rtcp.report(THEIRS, []), STUN, b"\x80" * 11])
    peer.nothing(lambda _: any(p.payload.strip(b"\xff")
                               for p in receiver.packets), 0.6)
    say(receiver, talk, voice([1]))
    attempt = ended(stage, talk)
    assert attempt["started"] == "media"
    assert 600 <= attempt["started_ms"] <= 1000 + 2000 * PATIENCE
    assert stranger.got_nothing()


def test_without_the_key_nothing_begins(stage, peer, vault):
    talk = SealedTalk(stage, peer, vault,
                      job={"start": "media", "start_wait_ms": 700})
    talk.tell(talk.crypto(CM80))
    vault.replay = []
    for data in forged_by(vault, talk):
        vault.rtp_socket.sendto(data, talk.theirs)
    talk.take_bye(10)
    assert talk.figures()["started"] == "wait"


def test_voice_of_a_stranger_is_no_greeting(stage, peer, receiver, stranger):
    """Who never speaks is silent after four seconds, whoever else speaks, and
    whatever beeps."""
    talk = stage.talk(peer, receiver, start="silence", start_wait_ms=20000)
    speech = g711.packets("mulaw", [prompts.sound(40000, 3),
                                    keys.tone("1", on=0.5)])
    speaker = in_background(send_paced, stranger, media_of(talk), speech, 0,
                            0.02, THEIRS)
    attempt = ended(stage, talk)
    assert attempt["started"] == "silence"
    assert abs(attempt["started_ms"] - 4000) <= 300 + 300 * PATIENCE
    speaker.join()


def test_stranger_keeps_no_call_alive(strict, peer, receiver, stranger):
    talk = strict.talk(peer, receiver, items=3)
    stranger.spray(media_of(talk), newest(receiver))
    send_paced(receiver, media_of(talk), [QUIET] * 10, ssrc=THEIRS)
    last = receiver.packets[-1].at
    bye = talk.take_bye(5)
    row = strict.row(talk.request_id, "failed")
    assert row["reason"] == "rtp_timeout"
    assert 0.9 <= bye.at - last <= 1.3 + 0.5 * PATIENCE


def test_without_the_key_no_call_is_kept_alive(strict, peer, vault):
    talk = sealed_talk(strict, peer, vault, items=3)
    vault.wait_packets(3, 5)
    talk.speak()
    vault.replay = [vault.outgoing.seal(data) for data in voice([700])]
    vault.rtp_socket.sendto(vault.replay[0], talk.theirs)
    until("the end", 5, lambda: forge_on(talk, vault), 0.1)
    row = strict.row(talk.request_id, "failed")
    assert row["reason"] == "rtp_timeout"


def forge_on(talk, vault):
    """Forgeries again; true when our BYE has come."""
    for data in forged_by(vault, talk):
        vault.rtp_socket.sendto(data, talk.theirs)
    talk.peer.read(0.001)
    byes = [m for m in talk.peer.seen if m.method == "BYE"]
    if byes:
        talk.peer.answer(byes[0], 200, "OK")
    return byes


def test_who_only_reports_owes_no_rtp(strict, peer, receiver):
    """A far end that never sent any, but for a report at its beginning."""
    talk = strict.talk(peer, receiver, items=3)
    host, port = media_of(talk)
    receiver.rtcp_socket.sendto(rtcp.report(THEIRS, []), (host, port + 1))
    strict.goes_on(talk, receiver, 3)
