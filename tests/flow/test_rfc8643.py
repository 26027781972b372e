"""Opportunistic SRTP (RFC 8643): keys with RTP/AVP, for those who take them.

SPDX-License-Identifier: MIT
"""
import pytest

from rtp import parse
from sealed import CM80, OFFER, VOICE, SealedTalk, said, sealed_talk
from srtp import line, lines, new_key
from waiting import until


def test_rfc8643_3_1_offer_is_plain_with_keys(stage, peer, vault):
    talk = SealedTalk(stage, peer, vault, "optional")
    assert talk.profile == "RTP/AVP"
    assert [suite for _, suite, _ in lines(talk.invite)] == OFFER
    talk.refuse(486, "Busy Here")
    stage.row(talk.request_id, "busy")


def test_rfc8643_3_3_answer_without_a_key_is_plain(stage, peer, vault):
    talk = SealedTalk(stage, peer, vault, "optional").tell()
    vault.wait_packets(3, 5)
    talk.speak()
    stage.goes_on(talk, vault)
    attempt = talk.figures()
    assert attempt["srtp"] is None
    assert attempt["rtp"]["received"] == len(VOICE)


def test_rfc8643_3_3_answer_with_a_key_is_sealed(stage, peer, vault):
    talk = sealed_talk(stage, peer, vault, mode="optional")
    talk.speak()
    stage.goes_on(talk, vault)
    attempt = talk.figures()
    assert attempt["srtp"] == CM80
    assert attempt["rtp"]["received"] == len(VOICE)
    assert len(vault.sealed[0]) == 12 + 160 + 10


@pytest.mark.parametrize("crypto,profile,reason", [
    (line(9, CM80, new_key(CM80)), "RTP/AVP",
     "the answer has no usable a=crypto"),
    ("a=crypto:1\r\n", "RTP/AVP", "the answer has no usable a=crypto"),
    (line(1, CM80, new_key(CM80)), "RTP/SAVP",
     "the answer has no audio over RTP/AVP")],
    ids=["tag", "broken", "profile"])
def test_rfc8643_3_3_answer_with_a_key_that_is_no_answer_ends_the_call(
        stage, peer, vault, crypto, profile, reason):
    """The far end would seal, and nobody could open."""
    talk = SealedTalk(stage, peer, vault, "optional")
    talk.tell(crypto, profile=profile)
    talk.take_bye(5)
    row = stage.row(talk.request_id, "failed")
    assert row["reason"] == f"unusable_answer: {reason}"


def plain_or_opened(vault):
    """What came plain while there was a key is among the packets, too."""
    vault.packets += [parse(data, 0, None) for data in vault.broken
                      if len(data) == 12 + 160]


@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/SAVP"])
def test_rfc8643_3_4_later_offer_may_bring_a_key_and_take_it_away(
        stage, peer, vault, profile):
    """Not a sample is lost on the way."""
    talk = SealedTalk(stage, peer, vault, "optional", items=3).tell()
    vault.wait_packets(5, 5)
    answer = talk.reinvite(said(vault, talk.crypto(CM80, tag=4),
                                profile=profile, version=2))
    assert answer.sdp().profile == profile
    assert lines(answer) == [(4, CM80, talk.lines[CM80][1])]
    vault.wait_packets(len(vault.packets) + 10, 5)
    talk.speak()
    vault.wait_packets(len(vault.packets) + 10, 5)
    assert len(vault.sealed[-1]) == 12 + 160 + 10
    answer = talk.reinvite(said(vault, profile="RTP/AVP", version=3))
    assert answer.code == 200 and lines(answer) == []
    until("plain packets", 3, lambda: len(vault.sealed[-1]) == 12 + 160)
    vault.outgoing = None
    talk.speak(first=len(VOICE))
    talk.take_bye(10)
    attempt = talk.figures()
    assert attempt["srtp"] is None
    assert attempt["rtp"]["received"] == 2 * len(VOICE)
    plain_or_opened(vault)
    stage.heard_all(vault.packets, items=3)


def test_rfc8643_3_2_offer_with_keys_that_we_lack_is_answered_plain(
        stage, peer, vault):
    talk = SealedTalk(stage, peer, vault, "optional").tell()
    answer = talk.reinvite(said(
        vault, "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA\r\n",
        profile="RTP/AVP", version=2))
    assert answer.code == 200 and lines(answer) == []
    stage.goes_on(talk, vault)
    assert talk.figures()["srtp"] is None


def test_rfc8643_3_2_carrier_without_srtp_leaves_keys_alone(stage, peer,
                                                           vault):
    talk = SealedTalk(stage, peer, vault, "off")
    assert talk.profile == "RTP/AVP" and not talk.lines
    talk.tell(line(1, CM80, new_key(CM80)))
    crypto = line(1, CM80, new_key(CM80))
    answer = talk.reinvite(said(vault, crypto, profile="RTP/AVP", version=2))
    assert answer.code == 200 and lines(answer) == []
    assert talk.reinvite(said(vault, crypto, version=3)).code == 488
    stage.goes_on(talk, vault)
