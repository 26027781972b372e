"""Encrypted calls with a scripted far end: both ways, each suite, and what must
not be heard. Rules of an RFC are in test_rfc4568.py and its neighbours, a real
phone in test_srtp_baresip.py.

SPDX-License-Identifier: MIT
"""
import base64
import time

import pytest

import judge
import rtcp
import rtp
from sealed import (CM32, CM80, GCM128, OFFER, VOICE, SealedTalk, said,
                    sealed_talk)
from srtp import Context, SrtpReceiver, line, lines, new_key
from stage import wanted
from test_offer_answer import heard_with_a_pause, silent, version
from udp_peer import Answered
from waiting import until


def count(receiver, more):
    return receiver.wait_packets(len(receiver.packets) + more, 5)


@pytest.mark.threads
@pytest.mark.parametrize("mode", ["required", "optional"])
@pytest.mark.parametrize("suite", OFFER)
def test_rfc4568_6_2_each_suite_goes_both_ways(stage, peer, vault, suite, mode):
    talk = sealed_talk(stage, peer, vault, suite, mode=mode)
    vault.wait_packets(3, 5)
    talk.speak()
    talk.report(7)
    stage.goes_on(talk, vault)
    attempt = talk.figures()
    assert attempt["srtp"] == suite
    assert attempt["rtp"]["received"] == len(VOICE)
    assert attempt["rtp"]["strangers"] == 0 and attempt["rtp"]["lost"] == 0
    assert attempt["rtp"]["far_lost"] == 7          # the report was read
    assert not vault.broken
    # Under no other key, and sealed on the wire.
    assert all(a[12:172] != b.payload for a, b in
               zip(vault.sealed, vault.packets))
    until("the good-bye", 3, lambda: vault.rtcp)
    assert rtcp.says_bye(rtcp.split(vault.rtcp[-1][1])) == \
        [vault.packets[0].ssrc]
    judge.paced(vault.packets)


def test_rfc3711_3_3_what_is_not_genuine_is_not_received(stage, peer, vault):
    """Plain, forged, cut, replayed, under another key: none counts, and
    nothing of it reaches the stream that is played."""
    talk = sealed_talk(stage, peer, vault)
    vault.wait_packets(3, 5)
    packets = [rtp.packet(n, n * 160, 9, VOICE[n]) for n in range(6)]
    good = [vault.outgoing.seal(p) for p in packets]
    wire = [packets[0], good[0][:-1] + bytes([good[0][-1] ^ 1]),
            good[0][:20], good[0][:12], b"", *good, *good,
            Context(CM80, new_key(CM80)).seal(packets[2])]
    for data in wire:
        vault.rtp_socket.sendto(data, talk.theirs)
    vault.rtcp_socket.sendto(
        b"\x81\xc9\x00\x07" + bytes(28), (talk.theirs[0], talk.theirs[1] + 1))
    stage.goes_on(talk, vault)
    counted = talk.figures()["rtp"]
    assert counted["received"] == len(good)
    assert counted["far_lost"] is None


def test_keys_are_fresh_for_each_call_and_suite(stage, peer, vault):
    keys = []
    for _ in range(3):
        talk = SealedTalk(stage, peer, vault)
        assert list(talk.lines) == OFFER
        keys += [key for _, key in talk.lines.values()]
        talk.refuse(486, "Busy Here")
        stage.row(talk.request_id, "busy")
    heads = {key[:16] for key in keys}
    assert len(heads) == len(keys)


def test_keys_are_in_no_log_and_no_trace(stage, peer, vault):
    talk = sealed_talk(stage, peer, vault)
    answer = talk.reinvite(said(vault, talk.crypto(CM80), version=2))
    assert answer.code == 200
    talk.take_bye(10)
    attempt = talk.figures()
    secrets = [base64.b64encode(key).decode().rstrip("=") for key in
               [talk.key, *(key for _, key in talk.lines.values())]]
    trace = stage.server.get(f"/traces/{attempt['call_id']}").body.decode()
    assert f"a=crypto:1 {CM80} inline:****" in trace
    for text in (trace, stage.server.process.output(),
                 str(stage.server.report(talk.request_id))):
        for secret in secrets:
            assert secret not in text


@pytest.mark.parametrize("how", ["sendonly", "inactive"])
def test_hold_and_resume_keep_the_keys(stage, peer, vault, how):
    talk = sealed_talk(stage, peer, vault)
    vault.wait_packets(10, 5)
    crypto = talk.crypto(CM80, key=talk.key)
    first = version(talk.invite)
    for n, direction in enumerate((how, "sendrecv"), 2):
        answer = talk.reinvite(said(vault, crypto, version=n,
                                    direction=direction))
        assert answer.code == 200
        assert [line[:2] for line in lines(answer)] == [(1, CM80)]
        assert version(answer) == (first[0], first[1] + n - 1)
        if n == 2:
            until("the stream to stop", 2, lambda: silent(vault))
    talk.take_bye(10)
    talk.figures()
    assert heard_with_a_pause(vault.packets, stage.samples[:1]) == 1


@pytest.mark.threads
def test_same_offer_again_changes_nothing(stage, peer, vault):
    """A refresh of the session: the answers are the same, byte by byte."""
    talk = sealed_talk(stage, peer, vault)
    crypto = talk.crypto(CM80, key=talk.key)
    answers = [talk.reinvite(said(vault, crypto, version=2)).body
               for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    count(vault, 3)
    talk.speak()
    stage.goes_on(talk, vault)
    assert talk.figures()["rtp"]["received"] == len(VOICE)


def test_change_of_suite_goes_on_at_the_very_sample(stage, peer, vault):
    """And the key that was left is offered no more."""
    talk = sealed_talk(stage, peer, vault, items=3)
    vault.wait_packets(10, 5)
    assert talk.reinvite(said(vault, talk.crypto(GCM128, tag=1),
                              version=2)).code == 200
    count(vault, 10)
    crypto = talk.crypto(GCM128, key=talk.key)
    offer = talk.reinvite(b"", ack_body=said(vault, crypto, version=3))
    now = {suite: key for _, suite, key in lines(offer)}
    before = {suite: key for suite, (_, key) in talk.lines.items()}
    assert [suite for suite in OFFER if now[suite] != before[suite]] == [CM80]
    stage.goes_on(talk, vault, items=3)
    assert not vault.broken
    assert talk.figures()["srtp"] == GCM128


def test_offer_of_ours_repeats_the_keys_and_ack_chooses(stage, peer, vault):
    talk = sealed_talk(stage, peer, vault)
    vault.wait_packets(5, 5)
    offer = talk.reinvite(b"", ack_body=said(vault, talk.crypto(CM32),
                                             version=2))
    assert {s: (t, k) for t, s, k in lines(offer)} == talk.lines
    assert offer.sdp().profile == "RTP/SAVP"
    count(vault, 5)
    talk.speak(first=1000)
    stage.goes_on(talk, vault)
    attempt = talk.figures()
    assert attempt["srtp"] == CM32
    assert attempt["rtp"]["received"] == len(VOICE)


def test_unusable_answer_in_an_ack_ends_the_call(stage, peer, vault):
    talk = sealed_talk(stage, peer, vault)
    talk.reinvite(b"", ack_body=said(vault, version=2))
    talk.take_bye(5)
    row = stage.row(talk.request_id, "failed")
    assert row["reason"] == \
        "unusable_answer: the answer has no usable a=crypto"


def test_key_may_come_with_another_address(stage, peer, vault, ports,
                                           stop_later):
    other = stop_later(SrtpReceiver(ports.one()))
    talk = sealed_talk(stage, peer, vault)
    vault.wait_packets(10, 5)
    key = new_key(CM80)
    other.set_keys(CM80, talk.lines[CM80][1], key)
    assert talk.reinvite(said(other, line(1, CM80, key), version=2)
                         ).code == 200
    talk.take_bye(10)
    talk.figures()
    assert not other.broken and not vault.broken
    stage.heard_all(vault.packets + other.packets)


def test_sip_uri_without_a_carrier_is_plain(stage, peer, receiver):
    stage.server.play(f"sip:someone@{peer.address}", stage.urls[:1])
    invite = peer.expect("INVITE")
    sdp = invite.sdp()
    assert sdp.profile == "RTP/AVP" and "crypto" not in sdp.text
    assert "telephone-event/8000" in sdp.text
    call = Answered(peer, receiver.port, invite=invite)
    call.ok()
    call.ack()
    call.take_bye(10)
    stage.heard_all(receiver.packets)


@pytest.mark.threads
def test_many_sealed_calls_at_once(stage, new_peer, ports, stop_later):
    """Each under its own keys."""
    start = time.monotonic()
    talks = []
    for n in range(8):
        vault = stop_later(SrtpReceiver(ports.one()))
        talk = SealedTalk(stage, new_peer(), vault, items=3)
        talks.append(talk.tell(talk.crypto(OFFER[n % 4])))
    for talk in talks:
        talk.speak()
    for talk in talks:
        talk.take_bye(20)
        counted = talk.figures()["rtp"]
        assert counted["received"] == len(VOICE)
        assert not talk.receiver.broken
        ordered = judge.in_order(talk.receiver.packets)
        assert [p.payload for p in ordered] == wanted(stage.samples)
    assert time.monotonic() - start < 60
