"""Keys in SDP (RFC 4568), for a carrier that wants SRTP.

SPDX-License-Identifier: MIT
"""
import pytest

from sealed import (CM32, CM80, GCM128, OFFER, VOICE, SealedTalk, said,
                    sealed_talk)
from srtp import SUITES, line, lines, new_key


def refused(stage, peer, vault, crypto, profile="RTP/SAVP"):
    """The reason why a call with that answer failed."""
    talk = SealedTalk(stage, peer, vault)
    talk.ok(sdp=said(vault, crypto, profile=profile))
    talk.ack()
    talk.take_bye(5)
    assert not vault.packets            # nothing was ever sent plain
    return stage.row(talk.request_id, "failed")["reason"]


def test_rfc4568_5_1_1_offer_lists_each_suite_with_its_own_tag(stage, peer,
                                                              vault):
    talk = SealedTalk(stage, peer, vault)
    assert talk.profile == "RTP/SAVP"
    assert [suite for _, suite, _ in lines(talk.invite)] == OFFER
    assert [tag for tag, _, _ in lines(talk.invite)] == [1, 2, 3, 4]
    talk.refuse(486, "Busy Here")
    stage.row(talk.request_id, "busy")


def test_rfc4568_6_1_key_has_the_length_of_its_suite(stage, peer, vault):
    talk = SealedTalk(stage, peer, vault)
    for suite, (_, key) in talk.lines.items():
        assert len(key) == sum(SUITES[suite][:2])
    assert "|" not in talk.invite.sdp().text    # neither lifetime nor MKI
    talk.refuse(486, "Busy Here")
    stage.row(talk.request_id, "busy")


def test_rfc4568_5_1_2_answer_has_one_line_with_the_tag_of_the_offer(
        stage, peer, vault):
    """And our own key, the one that we have for that suite."""
    talk = sealed_talk(stage, peer, vault)
    other = line(5, CM32, new_key(CM32))
    answer = talk.reinvite(said(vault, other + talk.crypto(CM80, tag=77),
                                version=2))
    assert answer.code == 200 and answer.sdp().profile == "RTP/SAVP"
    assert lines(answer) == [(77, CM80, talk.lines[CM80][1])]
    stage.goes_on(talk, vault)


def test_rfc4568_5_1_2_unknown_suites_are_passed_over(stage, peer, vault):
    talk = sealed_talk(stage, peer, vault)
    strange = "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA\r\n" \
              "a=crypto:nonsense\r\n"
    answer = talk.reinvite(said(vault, strange + talk.crypto(GCM128, tag=2),
                                version=2))
    assert [found[:2] for found in lines(answer)] == [(2, GCM128)]
    stage.goes_on(talk, vault)


@pytest.mark.parametrize("crypto", [
    "", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA\r\n",
    line(1, CM80, new_key(CM80), "|1:4"),
    line(1, CM80, new_key(CM80), " UNENCRYPTED_SRTP"),
    line(1, CM80, bytes(16))],
    ids=["none", "suite", "mki", "parameter", "length"])
def test_rfc4568_5_1_2_offer_without_a_usable_line_is_488(
        stage, peer, vault, crypto):
    """And the call goes on as it was."""
    talk = sealed_talk(stage, peer, vault)
    assert talk.reinvite(said(vault, crypto, version=2)).code == 488
    assert talk.reinvite(said(vault, crypto, profile="RTP/AVP", version=3)
                         ).code == 488
    talk.speak()
    stage.goes_on(talk, vault)
    assert talk.figures()["rtp"]["received"] == len(VOICE)


@pytest.mark.parametrize("crypto", [
    "", line(9, CM80, new_key(CM80)), line(1, CM32, new_key(CM32)),
    line(1, "F8_128_HMAC_SHA1_80", bytes(30)),
    line(1, "AES_256_CM_HMAC_SHA1_80", bytes(46)),
    line(1, CM80, bytes(29)), line(1, CM80, new_key(CM80), "|1:4"),
    line(1, CM80, new_key(CM80), " KDR=3"), "a=crypto:1\r\n"],
    ids=["none", "tag", "other tag", "suite", "not offered", "length", "mki",
         "parameter", "broken"])
def test_rfc4568_5_1_3_answer_that_takes_no_line_of_ours_ends_the_call(
        stage, peer, vault, crypto):
    assert refused(stage, peer, vault, crypto) == \
        "unusable_answer: the answer has no usable a=crypto"


def test_rfc4568_5_1_3_answer_of_another_profile_ends_the_call(stage, peer,
                                                              vault):
    assert refused(stage, peer, vault, line(1, CM80, new_key(CM80)),
                   "RTP/AVP") == \
        "unusable_answer: the answer has no audio over RTP/SAVP"


def test_rfc4568_5_1_3_late_line_of_the_offer_may_be_chosen(stage, peer,
                                                           vault):
    """With a lifetime, which is theirs to keep."""
    talk = SealedTalk(stage, peer, vault)
    talk.tell(talk.crypto(GCM128, more="|2^20"))
    talk.speak()
    stage.goes_on(talk, vault)
    attempt = talk.figures()
    assert attempt["srtp"] == GCM128
    assert attempt["rtp"]["received"] == len(VOICE)


def test_rfc4568_5_1_4_new_key_of_the_far_end_counts_from_its_offer_on(
        stage, peer, vault):
    """What we send goes on under our key, without a break."""
    talk = sealed_talk(stage, peer, vault)
    vault.wait_packets(3, 5)
    talk.speak(VOICE[:10])
    vault.wait_packets(len(vault.packets) + 5, 5)       # they were read
    old = vault.outgoing
    answer = talk.reinvite(said(vault, talk.crypto(CM80), version=2))
    assert lines(answer) == [(1, CM80, talk.lines[CM80][1])]
    vault.wait_packets(len(vault.packets) + 5, 5)
    new, vault.outgoing = vault.outgoing, old
    talk.speak(VOICE[:10], first=10)            # under the old key
    vault.outgoing = new
    talk.speak(VOICE[:10], first=20)
    stage.goes_on(talk, vault)
    assert talk.figures()["rtp"]["received"] == 20


def test_rfc4568_6_2_2_short_tag_is_for_rtp_alone(stage, peer, vault):
    """4 bytes; reports keep 10."""
    talk = sealed_talk(stage, peer, vault, CM32)
    stage.goes_on(talk, vault)
    assert {len(data) for data in vault.sealed} == {12 + 160 + 4}
    assert talk.figures()["srtp"] == CM32
    assert vault.rtcp                           # opened with a tag of 10


def test_rfc4568_6_3_7_unknown_parameter_makes_a_line_unusable(stage, peer,
                                                              vault):
    """Unless it begins with a dash."""
    talk = sealed_talk(stage, peer, vault)
    first = line(1, CM80, new_key(CM80), " NEW=1")
    answer = talk.reinvite(said(
        vault, first + talk.crypto(CM32, tag=2, more=" -NEW=1 WSH=128"),
        version=2))
    assert [found[:2] for found in lines(answer)] == [(2, CM32)]
    stage.goes_on(talk, vault)


def test_rfc4568_4_lines_belong_to_their_stream(stage, peer, vault):
    """Those of the session or of another stream are none of the audio's."""
    talk = sealed_talk(stage, peer, vault)
    crypto = line(1, CM80, new_key(CM80)).encode()
    body = said(vault, version=2)
    assert talk.reinvite(body.replace(b"m=audio", crypto + b"m=audio")
                         ).code == 488
    assert talk.reinvite(body + b"m=video 4000 RTP/SAVP 31\r\n" + crypto
                         ).code == 488
    stage.goes_on(talk, vault)
